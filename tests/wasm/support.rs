//! What the browser's tests share.

use wasm_bindgen::{JsCast, JsValue};

/// The page.
pub(crate) fn window() -> web_sys::EventTarget {
    js_sys::global().unchecked_into()
}

/// Lets the browser work for a while: timers here are the browser's own.
pub(crate) async fn pause(millis: u32) {
    gloo_timers::future::TimeoutFuture::new(millis).await;
}

/// Lets the microtasks that are queued run.
pub(crate) async fn settle() {
    for _ in 0..5 {
        let _ = wasm_bindgen_futures::JsFuture::from(js_sys::Promise::resolve(&JsValue::NULL)).await;
    }
}
