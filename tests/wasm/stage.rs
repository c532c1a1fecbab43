//! A piece of a page with `Assets` and `Dom` on it, and the loop that a driver would run.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use storywire::core::asset::{AssetConfig, Assets, Patch, RetryRequest, Shape};
use storywire::core::base::{Json, Timestamp};
use storywire::core::ids::ElementId;
use storywire::core::port::{patch_json, shape};
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Element, HtmlElement};

/// A picture that decodes: one red pixel.
pub(crate) const PIXEL: &str = "data:image/gif;base64,R0lGODlhAQABAIAAAP8AAAAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==";
/// Another one.
pub(crate) const OTHER_PIXEL: &str = "data:image/gif;base64,R0lGODlhAQABAIAAAAUEBAAAACwAAAAAAQABAAACAkQBADs=";

#[wasm_bindgen(module = "/js/dom.js")]
extern "C" {
    #[wasm_bindgen(js_name = Dom)]
    type JsDom;
    #[wasm_bindgen(constructor, js_class = Dom)]
    fn new(root: &Element, tell: &JsValue) -> JsDom;
    #[wasm_bindgen(method, js_class = Dom)]
    fn scan(this: &JsDom);
    #[wasm_bindgen(method, js_class = Dom)]
    fn stop(this: &JsDom);
    #[wasm_bindgen(method, js_class = Dom)]
    fn begin(this: &JsDom);
    #[wasm_bindgen(method, js_class = Dom)]
    fn end(this: &JsDom);
    #[wasm_bindgen(method, js_class = Dom)]
    fn apply(this: &JsDom, calls: &JsValue);
    #[wasm_bindgen(method, js_class = Dom)]
    fn fire(this: &JsDom, id: u32, name: &str, detail: &JsValue, cancelable: bool) -> bool;
}

/// What happens to elements.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum DomEvent {
    Mounted { element: ElementId, story: String, asset: String, shape: Shape },
    StoryMounted { element: ElementId, story: String },
    Unmounted(ElementId),
    Visible(ElementId, bool),
    Loaded(ElementId),
    Failed(ElementId),
    RetryClicked(ElementId),
    Stray,
}

type Text = Option<String>;
type Number = Option<u32>;
type Tell = dyn FnMut(String, Number, Text, Text, Number);

/// The elements below a root; they are let go when it is dropped.
pub(crate) struct Dom {
    dom: JsDom,
    _tell: Closure<Tell>,
}

impl Dom {
    pub(crate) fn scan(&self) {
        self.dom.scan();
    }

    fn perform(&self, patch: &Patch) {
        self.dom.begin();
        self.dom.apply(&js_sys::JSON::parse(&patch_json(patch)).unwrap());
        self.dom.end();
    }

    pub(crate) fn dispatch(&self, element: ElementId, name: &str, detail: &JsValue, cancelable: bool) -> bool {
        self.dom.fire(element.0, name, detail, cancelable)
    }
}

impl Drop for Dom {
    fn drop(&mut self) {
        self.dom.stop();
    }
}

// A module comes with those that are imported from here alone, so those that it imports itself are named too.
#[wasm_bindgen(module = "/js/element.js")]
extern "C" {
    #[wasm_bindgen(js_name = setText)]
    fn set_text(element: &Element, text: &str);
}
#[wasm_bindgen(module = "/js/list.js")]
extern "C" {
    #[wasm_bindgen(js_name = showItems)]
    fn show_items(element: &Element, tag: &str, items: &js_sys::Array);
}

// As if both had come already, so that what they do is done at once.
#[wasm_bindgen(module = "/js/retry-button.js")]
extern "C" {
    #[wasm_bindgen(js_name = showButton)]
    fn show_button(entry: &js_sys::Object, put: &js_sys::Function);
}
#[wasm_bindgen(module = "/js/later.js")]
extern "C" {
    #[wasm_bindgen(js_name = isComing)]
    fn is_coming(name: &str) -> bool;
}
#[wasm_bindgen(module = "/js/persist.js")]
extern "C" {
    fn persist(load: &js_sys::Function) -> js_sys::Promise;
}
#[wasm_bindgen(module = "/js/settings.js")]
extern "C" {
    #[wasm_bindgen(js_name = isBound)]
    fn is_bound(setting: &str) -> bool;
}
#[wasm_bindgen(module = "/js/listeners.js")]
extern "C" {
    fn call(listener: &js_sys::Function);
}

/// The page below `root`, as `js/driver.js` makes it.
pub(crate) fn page(root: &Element, on_event: impl Fn(DomEvent) + 'static) -> Dom {
    set_text(&document().create_element("p").unwrap(), "");
    show_items(&document().create_element("p").unwrap(), "p", &js_sys::Array::new());
    let entry = js_sys::Object::new();
    js_sys::Reflect::set(&entry, &"element".into(), &document().create_element("p").unwrap()).unwrap();
    show_button(&entry, &js_sys::Function::new_no_args(""));
    assert!(is_coming("button") && is_coming("list"));
    let _ = persist(&js_sys::Function::new_no_args("return Promise.resolve()"));
    is_bound("");
    call(&js_sys::Function::new_no_args(""));
    let tell = Closure::<Tell>::new(move |kind: String, id: Number, story: Text, asset: Text, number: Number| {
        let (element, story) = (ElementId(id.unwrap_or_default()), story.unwrap_or_default());
        on_event(match kind.as_str() {
            "mounted" => {
                let shape = shape(number.unwrap_or_default());
                DomEvent::Mounted { element, story, asset: asset.unwrap_or_default(), shape }
            }
            "mounted-story" => DomEvent::StoryMounted { element, story },
            "unmounted" => DomEvent::Unmounted(element),
            "seen" | "unseen" => DomEvent::Visible(element, kind == "seen"),
            "loaded" => DomEvent::Loaded(element),
            "failed" => DomEvent::Failed(element),
            "clicked" => DomEvent::RetryClicked(element),
            "stray" => DomEvent::Stray,
            other => panic!("{other}"),
        });
    });
    Dom { dom: JsDom::new(root, tell.as_ref()), _tell: tell }
}

pub(crate) struct Stage {
    pub(crate) root: Element,
    pub(crate) dom: Dom,
    pub(crate) assets: RefCell<Assets>,
    pub(crate) seen: RefCell<Vec<DomEvent>>,
    inbox: Rc<RefCell<VecDeque<DomEvent>>>,
}

pub(crate) fn document() -> Document {
    web_sys::window().unwrap().document().unwrap()
}

/// Gives the browser its turns: microtasks, observers, decoding.
pub(crate) async fn turn() {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        Timeout::new(5, move || drop(resolve.call0(&wasm_bindgen::JsValue::NULL))).forget();
    });
    wasm_bindgen_futures::JsFuture::from(promise).await.unwrap();
}

impl Stage {
    /// A root with this markup, in the page, found.
    pub(crate) fn new(html: &str) -> Stage {
        let root = document().create_element("main").unwrap();
        root.set_inner_html(html);
        document().body().unwrap().append_child(&root).unwrap();
        let inbox: Rc<RefCell<VecDeque<DomEvent>>> = Rc::default();
        let sink = inbox.clone();
        let dom = page(&root, move |event| sink.borrow_mut().push_back(event));
        dom.scan();
        let assets = RefCell::new(Assets::new(AssetConfig::new()));
        Stage { root, dom, assets, seen: RefCell::default(), inbox }
    }

    /// A story `s` with one element.
    pub(crate) fn with(asset: &str) -> Stage {
        Stage::new(&format!("<div data-story-id=s>{asset}</div>"))
    }

    /// What a driver does: events in, patches out.
    pub(crate) fn pump(&self) {
        let mut assets = self.assets.borrow_mut();
        loop {
            let event = self.inbox.borrow_mut().pop_front();
            if let Some(event) = event {
                self.seen.borrow_mut().push(event.clone());
                match event {
                    DomEvent::Mounted { element, story, asset, shape } => assets.mount(element, &story, &asset, shape),
                    DomEvent::StoryMounted { element, story } => assets.mount_story(element, &story),
                    DomEvent::Unmounted(element) => assets.unmount(element),
                    DomEvent::Visible(element, visible) => assets.set_visible(element, visible),
                    DomEvent::Loaded(element) => assets.content_loaded(element),
                    DomEvent::Failed(element) => assets.content_failed(element),
                    DomEvent::RetryClicked(element) => assets.retry_clicked(element),
                    DomEvent::Stray => {}
                }
            } else if let Some(patch) = assets.next_patch(true) {
                self.dom.perform(&patch);
            } else {
                return;
            }
        }
    }

    /// Pumps until the page has come to rest as `is_so` wants it.
    pub(crate) async fn until(&self, what: &str, is_so: impl Fn(&Stage) -> bool) {
        for _ in 0..400 {
            self.pump();
            if is_so(self) {
                return;
            }
            turn().await;
        }
        panic!("{what}, in {}", self.root.outer_html());
    }

    /// Pumps for a few turns, so that what should not happen could have happened.
    pub(crate) async fn rest(&self) {
        for _ in 0..10 {
            self.pump();
            turn().await;
        }
        self.pump();
    }

    /// A row of the story `s`.
    pub(crate) fn row(&self, version: u64, row: &str) {
        self.pump();
        self.assets.borrow_mut().apply_row("s", Json::parse(row).expect(row), Timestamp(version));
        self.pump();
    }

    /// A row with one asset.
    pub(crate) fn asset(&self, version: u64, asset: &str, state: &str) {
        self.row(version, &format!(r#"{{"asset_generation_status":{{"assets":{{"{asset}":{state}}}}}}}"#));
    }

    pub(crate) fn ready(&self, version: u64, asset: &str, url: &str) {
        self.asset(version, asset, &format!(r#"{{"status":"ready","url":"{url}"}}"#));
    }

    pub(crate) fn find(&self, selector: &str) -> Option<HtmlElement> {
        self.root.query_selector(selector).unwrap().map(JsCast::unchecked_into)
    }

    pub(crate) fn at(&self, selector: &str) -> HtmlElement {
        self.find(selector).unwrap_or_else(|| panic!("no {selector} in {}", self.root.outer_html()))
    }

    pub(crate) fn count(&self, selector: &str) -> u32 {
        self.root.query_selector_all(selector).unwrap().length()
    }

    /// The state that the first asset of the page shows.
    pub(crate) fn state(&self) -> String {
        self.at("[data-asset]").get_attribute("data-asset-state").unwrap_or_default()
    }

    pub(crate) fn saw(&self, event: impl Fn(&DomEvent) -> bool) -> usize {
        self.seen.borrow().iter().filter(|one| event(one)).count()
    }

    pub(crate) fn retry(&self) -> Option<RetryRequest> {
        self.assets.borrow_mut().poll_retry()
    }

    pub(crate) fn first_id(&self) -> ElementId {
        self.assets.borrow().elements("s", "cover").next().unwrap()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.root.remove();
    }
}
