//! What happens to the page: seen or hidden, frozen or thawed, with a network or without.

use js_sys::Reflect;
use wasm_bindgen::JsValue;
use web_sys::EventTarget;

use super::listener::Listener;
use crate::core::input::PageEvent;

/// Listens until it is dropped.
pub struct Page {
    _listeners: Vec<Listener>,
}

/// Where an event happens, its type, and what it means; `visibilitychange`, `pagehide` and `pageshow` mean two things each.
const EVENTS: [(bool, &str); 7] = [
    (true, "visibilitychange"),
    (true, "freeze"),
    (true, "resume"),
    (false, "pagehide"),
    (false, "pageshow"),
    (false, "online"),
    (false, "offline"),
];

impl Page {
    /// Reports every event. A worker has no document; it is never hidden.
    pub fn listen(report: impl Fn(PageEvent) + Clone + 'static) -> Page {
        let window = js_sys::global();
        let document = get(&window, "document");
        let mut listeners = Vec::new();
        for (at_document, kind) in EVENTS {
            let target: &JsValue = if at_document { &document } else { &window };
            if target.is_undefined() {
                continue;
            }
            let report = report.clone();
            let document = document.clone();
            let target: &EventTarget = wasm_bindgen::JsCast::unchecked_ref(target);
            listeners.push(Listener::new(target, kind, move |event| {
                let persisted = get(&event, "persisted").is_truthy();
                let hidden = get(&document, "hidden").is_truthy();
                let meaning = match kind {
                    "visibilitychange" => Some(if hidden { PageEvent::Hidden } else { PageEvent::Visible }),
                    "freeze" => Some(PageEvent::Frozen),
                    "pagehide" => persisted.then_some(PageEvent::Frozen),
                    "resume" => Some(PageEvent::Resumed),
                    "pageshow" => persisted.then_some(PageEvent::Resumed),
                    "online" => Some(PageEvent::Online),
                    _ => Some(PageEvent::Offline),
                };
                if let Some(meaning) = meaning {
                    report(meaning);
                }
            }));
        }
        Page { _listeners: listeners }
    }
}

/// Whether the browser says that there is no network.
pub fn is_offline() -> bool {
    let navigator = get(&js_sys::global(), "navigator");
    get(&navigator, "onLine") == JsValue::FALSE
}

/// Whether the page cannot be seen, or there is none, so that no frame will come.
pub fn is_hidden() -> bool {
    get(&get(&js_sys::global(), "document"), "hidden") != JsValue::FALSE
}

fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}
