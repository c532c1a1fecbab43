//! The page, as the core sees it: events in, patches out. What touches elements is `js/dom.js`; nothing is decided here.
//!
//! Elements are touched from JavaScript because a call to one costs a few bytes there and some forty here: the same
//! adapter in Rust was 9 KB (brotli) more to download.

use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};

use crate::core::asset::{Item, Medium, Op, Patch, Shape};
use crate::core::base::json_write::{push_comma, push_string};
use crate::core::ids::ElementId;

#[wasm_bindgen]
extern "C" {
    /// `js/dom.js`
    #[derive(Clone)]
    pub type Page;

    #[wasm_bindgen(method)]
    fn scan(this: &Page);
    #[wasm_bindgen(method)]
    fn stop(this: &Page);
    #[wasm_bindgen(method)]
    fn begin(this: &Page);
    #[wasm_bindgen(method)]
    fn end(this: &Page);
    #[wasm_bindgen(method)]
    fn toggle(this: &Page, id: u32, names: &str, on: bool);
    #[wasm_bindgen(method)]
    fn attribute(this: &Page, id: u32, name: &str, value: Option<&str>);
    #[wasm_bindgen(method)]
    fn progress(this: &Page, id: u32, progress: u32);
    #[wasm_bindgen(method)]
    fn bar(this: &Page, id: u32, progress: i32, name: &str, text: &str, shown: bool);
    #[wasm_bindgen(method)]
    fn status(this: &Page, id: u32, text: &str, state: &str, yields: bool);
    #[wasm_bindgen(method)]
    fn text(this: &Page, id: u32, text: &str);
    #[wasm_bindgen(method)]
    fn source(this: &Page, id: u32, medium: u32, url: &str, name: &str, track: &str, eager: bool);
    #[wasm_bindgen(method)]
    fn items(this: &Page, id: u32, medium: u32, items: &str);
    #[wasm_bindgen(method)]
    fn retry(this: &Page, id: u32, label: Option<&str>, pending: bool, upgrade: &str, url: &str);
    #[wasm_bindgen(method)]
    fn announce(this: &Page, text: &str);
    #[wasm_bindgen(method)]
    fn fire(this: &Page, id: u32, name: &str, detail: &JsValue, cancelable: bool) -> bool;
}

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

/// How `js/dom.js` tells: kind, id, story, asset, medium, whether it is a list, priority; -1 is none.
type Tell = dyn FnMut(u32, u32, String, String, i32, bool, i32);

/// The elements of one page.
pub struct Dom {
    page: Page,
    /// What the page calls; it ends with the page.
    _tell: Closure<Tell>,
}

impl Dom {
    /// `make` gives the page, which is to tell what happens by the function it gets. Nothing is found before
    /// [`Dom::scan`].
    pub fn new(make: impl FnOnce(&JsValue) -> Page, on_event: impl Fn(DomEvent) + 'static) -> Dom {
        let tell = Closure::<Tell>::new(move |kind, id, story, asset, medium, is_list, priority| {
            let medium = usize::try_from(medium).ok().and_then(Medium::from_number);
            let shape = Shape { medium, is_list, priority: u8::try_from(priority).ok() };
            on_event(event(kind, ElementId(id), story, asset, shape));
        });
        Dom { page: make(tell.as_ref().unchecked_ref()), _tell: tell }
    }

    /// Finds what is there, and from then on what comes, changes and goes. Calling it again does no harm.
    pub fn scan(&self) {
        self.page.scan();
    }

    /// What is changed from here to [`Dom::end`] is not taken for a change by the page.
    pub fn begin(&self) {
        self.page.begin();
    }

    /// See [`Dom::begin`].
    pub fn end(&self) {
        self.page.end();
    }

    /// Carries out a patch.
    pub fn apply(&self, patch: &Patch) {
        for op in &patch.ops {
            self.perform(patch.element.0, op);
        }
    }

    /// Fires an event at an element, bubbling and through shadow roots. `false` if it can be cancelled and a listener
    /// did so.
    pub fn dispatch(&self, element: ElementId, name: &str, detail: &JsValue, cancelable: bool) -> bool {
        self.page.fire(element.0, name, detail, cancelable)
    }

    fn perform(&self, id: u32, op: &Op) {
        let page = &self.page;
        match op {
            Op::Class { names, on } => page.toggle(id, names, *on),
            Op::Attribute { name, value } => page.attribute(id, name, value.as_deref()),
            Op::Progress(progress) => page.progress(id, u32::from(*progress)),
            Op::Bar { progress, name, text, shown } => page.bar(id, progress.map_or(-1, i32::from), name, text, *shown),
            Op::Status { text, state, yields } => page.status(id, text, state, *yields),
            Op::Text(text) => page.text(id, text),
            Op::Source { medium, url, name, track, eager } => page.source(id, *medium as u32, url, name, track, *eager),
            Op::Items { medium, items } => page.items(id, *medium as u32, &list(items)),
            Op::Retry(None) => page.retry(id, None, false, "", ""),
            Op::Retry(Some(button)) => {
                let (text, url) = button.upgrade.as_ref().map_or(("", ""), |(text, url)| (text, url));
                page.retry(id, Some(&button.label), button.pending, text, url);
            }
            Op::Announce(text) => page.announce(text),
        }
    }
}

impl Drop for Dom {
    fn drop(&mut self) {
        self.page.stop();
    }
}

/// The kinds in the order of `kinds` in `js/dom.js`.
fn event(kind: u32, element: ElementId, story: String, asset: String, shape: Shape) -> DomEvent {
    match kind {
        0 => DomEvent::Mounted { element, story, asset, shape },
        1 => DomEvent::StoryMounted { element, story },
        2 => DomEvent::Unmounted(element),
        3 | 4 => DomEvent::Visible(element, kind == 3),
        5 => DomEvent::Loaded(element),
        6 => DomEvent::Failed(element),
        7 => DomEvent::RetryClicked(element),
        _ => DomEvent::Stray,
    }
}

/// `[state, [[name, value, isUrl], …]]` for each item.
fn list(items: &[Item]) -> String {
    let mut out = String::from("[");
    for item in items {
        push_comma(&mut out);
        out.push('[');
        push_string(&mut out, item.status.code());
        out.push_str(",[");
        for field in &item.fields {
            push_comma(&mut out);
            out.push('[');
            push_string(&mut out, &field.name);
            out.push(',');
            push_string(&mut out, &field.value);
            out.push_str(if field.is_url { ",true]" } else { ",false]" });
        }
        out.push_str("]]");
    }
    out.push(']');
    out
}
