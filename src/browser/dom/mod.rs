//! The page: finds the elements of stories and assets, tells what happens to them, and carries out patches.
//!
//! Only the files of this folder touch elements. Nothing from the server becomes markup here: texts go in as text,
//! addresses have been checked. What is known of an element is kept beside it, never on it, because pages clone elements
//! with all their attributes.

mod content;
mod element;
mod find;
mod list;
mod retry;
mod state;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, WeakMap};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Document, Element, Event, IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit,
    MutationObserver, MutationObserverInit,
};

use super::listener::Listener;
use crate::core::asset::{Op, Patch, Shape};
use crate::core::ids::ElementId;

/// What happens to elements. Comes while the browser calls the page, so it should only be noted.
#[derive(Clone, Debug, PartialEq)]
pub enum DomEvent {
    /// An element shows an asset, or has to be painted anew.
    Mounted {
        /// The element.
        element: ElementId,
        /// The value of the nearest `data-story-id`.
        story: String,
        /// The value of `data-asset`.
        asset: String,
        /// What the element is.
        shape: Shape,
    },
    /// An element is the container of a story.
    StoryMounted {
        /// The element.
        element: ElementId,
        /// The value of `data-story-id`.
        story: String,
    },
    /// An element has gone, or is no asset any more.
    Unmounted(ElementId),
    /// An element has come near the view, or has left it.
    Visible(ElementId, bool),
    /// The content is decoded and in the page.
    Loaded(ElementId),
    /// The content could not be loaded.
    Failed(ElementId),
    /// The visitor wants a retry, and the page's listeners did not prevent it.
    RetryClicked(ElementId),
    /// An element with `data-asset` stands outside any `data-story-id`, so it stays as it is. Told once.
    Stray,
}

/// How far outside the view an element counts as in view, so that its picture is there when it comes.
const NEAR_VIEW: &str = "300px";

/// The elements of one page.
pub struct Dom {
    shared: Rc<Shared>,
    /// The callbacks that the observers call; they end with them.
    _on_mutation: Closure<dyn FnMut(Array)>,
    _on_view: Closure<dyn FnMut(Array)>,
    _listeners: [Listener; 2],
}

struct Shared {
    root: Element,
    document: Document,
    on_event: Box<dyn Fn(DomEvent)>,
    /// In the order of their ids.
    records: RefCell<Vec<Rc<Record>>>,
    next_id: Cell<u32>,
    /// Elements and retry buttons → ids; containers → ids. An element may be both.
    asset_ids: WeakMap,
    story_ids: WeakMap,
    mutations: MutationObserver,
    views: IntersectionObserver,
    /// The live region, once it is in the page.
    region: RefCell<Option<Element>>,
    has_told_stray: Cell<bool>,
}

/// What is known of one element.
struct Record {
    id: ElementId,
    element: Element,
    story: String,
    /// Empty for a container.
    asset: String,
    shape: Shape,
    /// The parts of the page's design that are kept up to date.
    bars: Vec<Element>,
    statuses: Vec<Element>,
    /// The words that the page wrote into the first status text; empty if we wrote there before.
    own_words: String,
    /// The address that is shown or being loaded.
    wanted: RefCell<String>,
    /// Whether that address could not be loaded, so that setting it again is no repetition.
    has_failed: Cell<bool>,
    /// The retry button that stands outside the element.
    button: RefCell<Option<Element>>,
}

impl Dom {
    /// Watches `root` and everything in it. Nothing is found before [`Dom::scan`]. `None` if the browser has no
    /// observers, or `root` no document.
    pub fn new(root: &Element, on_event: impl Fn(DomEvent) + 'static) -> Option<Dom> {
        let document = root.owner_document()?;
        let place: Rc<RefCell<std::rc::Weak<Shared>>> = Rc::default();
        let on_mutation = calls(&place, Shared::handle_mutations);
        let on_view = calls(&place, Shared::handle_views);
        let init = IntersectionObserverInit::new();
        init.set_root_margin(NEAR_VIEW);
        let views = IntersectionObserver::new_with_options(on_view.as_ref().unchecked_ref(), &init).ok()?;
        let shared = Rc::new(Shared {
            root: root.clone(),
            document,
            on_event: Box::new(on_event),
            records: RefCell::default(),
            next_id: Cell::new(0),
            asset_ids: WeakMap::new(),
            story_ids: WeakMap::new(),
            mutations: MutationObserver::new(on_mutation.as_ref().unchecked_ref()).ok()?,
            views,
            region: RefCell::default(),
            has_told_stray: Cell::new(false),
        });
        *place.borrow_mut() = Rc::downgrade(&shared);
        let listen = |kind, handle: fn(&Rc<Shared>, &Event)| {
            let shared = Rc::downgrade(&shared);
            Listener::capture(root, kind, move |event| {
                if let Some(shared) = shared.upgrade() {
                    handle(&shared, &event);
                }
            })
        };
        let listeners = [listen("click", Shared::handle_click), listen("error", Shared::handle_error)];
        Some(Dom { shared, _on_mutation: on_mutation, _on_view: on_view, _listeners: listeners })
    }

    /// Finds what is there, and from then on what comes, changes and goes. Calling it again does no harm.
    pub fn scan(&self) {
        let init = MutationObserverInit::new();
        init.set_child_list(true);
        init.set_subtree(true);
        let watched = ["data-story-id", "data-asset", "data-asset-as", "data-asset-priority"];
        let watched: Array = watched.into_iter().map(JsValue::from_str).collect();
        init.set_attribute_filter(&watched);
        // It fails for options that contradict each other; these do not.
        let _ = self.shared.mutations.observe_with_options(&self.shared.root, &init);
        self.shared.ensure_region();
        self.shared.visit_all(&self.shared.root);
    }

    /// Carries out a patch. What it changes is not taken for a change by the page.
    pub fn apply(&self, patch: &Patch) {
        let shared = &self.shared;
        let Some(record) = shared.record(patch.element) else { return };
        // The page may have changed something since the observer was last heard.
        shared.handle_mutations(shared.mutations.take_records().unchecked_into());
        for op in &patch.ops {
            shared.apply(&record, op);
        }
        shared.mutations.take_records();
    }

    /// Fires an event at an element, bubbling and through shadow roots. `false` if it can be cancelled and a listener
    /// did so.
    pub fn dispatch(&self, element: ElementId, name: &str, detail: &JsValue, cancelable: bool) -> bool {
        let Some(record) = self.shared.record(element) else { return true };
        element::fire(&record.element, name, detail, cancelable)
    }
}

impl Drop for Dom {
    fn drop(&mut self) {
        self.shared.mutations.disconnect();
        self.shared.views.disconnect();
    }
}

impl Shared {
    fn record(&self, id: ElementId) -> Option<Rc<Record>> {
        let records = self.records.borrow();
        let at = records.binary_search_by_key(&id, |record| record.id).ok()?;
        records.get(at).cloned()
    }

    /// The record of an element, of a button, or of neither.
    fn known(&self, ids: &WeakMap, element: &Element) -> Option<Rc<Record>> {
        self.record(ElementId(ids.get(element).as_f64()? as u32))
    }

    fn tell(&self, event: DomEvent) {
        (self.on_event)(event);
    }

    fn apply(self: &Rc<Self>, record: &Rc<Record>, op: &Op) {
        match op {
            Op::Class { names, on } => {
                for name in names.split(' ').filter(|name| !name.is_empty()) {
                    let _ = record.element.class_list().toggle_with_force(name, *on);
                }
            }
            Op::Attribute { name, value } => element::set(&record.element, name, value.as_deref()),
            Op::Bar { progress, name, text, shown } => {
                for bar in &record.bars {
                    state::set_bar(bar, *progress, name, text, *shown);
                }
            }
            Op::Status { text, state, yields } => state::set_words(record, text, state, *yields),
            Op::Text(text) => self.show_text(record, text),
            Op::Source { medium, url, name, track, eager } => self.show(record, *medium, url, name, track, *eager),
            Op::Items { medium, items } => self.show_items(record, *medium, items),
            Op::Retry(button) => self.show_retry(record, button.as_ref()),
            Op::Announce(text) => self.announce(text),
        }
    }

    fn handle_views(self: &Rc<Self>, entries: Array) {
        for entry in entries.iter() {
            let entry: IntersectionObserverEntry = entry.unchecked_into();
            if let Some(record) = self.known(&self.asset_ids, &entry.target()) {
                self.tell(DomEvent::Visible(record.id, entry.is_intersecting()));
            }
        }
    }

    /// Media and frames that do not load say so themselves; pictures are loaded beside the page.
    fn handle_error(self: &Rc<Self>, event: &Event) {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let Some(target) = target.filter(|target| target.tag_name() != "IMG") else { return };
        let owner = element::closest(&target, "[data-asset]");
        let Some(record) = owner.and_then(|owner| self.known(&self.asset_ids, &owner)) else { return };
        if target.get_attribute("src").is_some_and(|url| url == *record.wanted.borrow()) {
            record.has_failed.set(true);
            self.tell(DomEvent::Failed(record.id));
        }
    }
}

/// An observer's callback: it ends with `Shared`, which owns the observer.
fn calls(place: &Rc<RefCell<std::rc::Weak<Shared>>>, handle: fn(&Rc<Shared>, Array)) -> Closure<dyn FnMut(Array)> {
    let place = place.clone();
    Closure::new(move |entries| {
        let shared = place.borrow().upgrade();
        if let Some(shared) = shared {
            handle(&shared, entries);
        }
    })
}
