//! What the page lives through, as far as a stream cares. A worker hears of the network alone.

use std::rc::Weak;

use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::{Document, Event, EventTarget};

use super::driver::Driver;
use crate::browser::listener::Listener;
use crate::core::sse::{Input, PageEvent};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = document)]
    static DOCUMENT: Option<Document>;
    #[wasm_bindgen(thread_local_v2, js_name = globalThis)]
    static GLOBAL: EventTarget;
}

/// Tells `driver` until they are dropped.
pub(super) fn listeners(driver: &Weak<Driver>) -> Vec<Listener> {
    let global = GLOBAL.with(Clone::clone);
    let listen = |target: &EventTarget, kind| {
        let driver = driver.clone();
        Listener::new(target, kind, move |event: Event| {
            if let (Some(driver), Some(event)) = (driver.upgrade(), page_event(&event.type_())) {
                driver.handle(Input::Page(event));
            }
        })
    };
    let mut listeners = vec![listen(&global, "online"), listen(&global, "pagehide"), listen(&global, "pageshow")];
    if let Some(document) = DOCUMENT.with(Clone::clone) {
        listeners.push(listen(&document, "visibilitychange"));
        listeners.push(listen(&document, "resume"));
    }
    listeners
}

fn page_event(kind: &str) -> Option<PageEvent> {
    match kind {
        "pagehide" => Some(PageEvent::Left),
        "pageshow" => Some(PageEvent::Restored),
        "visibilitychange" if DOCUMENT.with(|document| document.as_ref().is_some_and(Document::hidden)) => None,
        _ => Some(PageEvent::Awake),
    }
}
