//! The browser's own EventSource, where a page asks for it or cannot stream a body.

use std::rc::Weak;

use wasm_bindgen::JsCast;
use web_sys::{Event, EventSource, EventSourceInit, EventTarget, MessageEvent};

use super::driver::Driver;
use crate::browser::listener::Listener;
use crate::core::sse::{Attempt, Input, NativeEvent};

/// Dropping it closes the source. It tries again by itself while its state is CONNECTING, with the id; the core decides
/// about the rest.
pub(super) struct NativeSource {
    attempt: Attempt,
    source: Option<EventSource>,
    listeners: Vec<Listener>,
}

impl NativeSource {
    pub(super) fn open(
        driver: &Weak<Driver>,
        attempt: Attempt,
        url: &str,
        with_credentials: bool,
        names: &[String],
    ) -> NativeSource {
        let init = EventSourceInit::new();
        init.set_with_credentials(with_credentials);
        let source = EventSource::new_with_event_source_init_dict(url, &init).ok();
        let mut native = NativeSource { attempt, source, listeners: Vec::new() };
        for name in ["open", "error", "message"] {
            native.listen(driver, name);
        }
        for name in names {
            native.listen(driver, name);
        }
        native
    }

    /// Whether the browser refused to make one.
    pub(super) fn is_refused(&self) -> bool {
        self.source.is_none()
    }

    /// Hears events named `name` too: the browser tells of a named event only who asked for it.
    pub(super) fn listen(&mut self, driver: &Weak<Driver>, name: &str) {
        let Some(source) = &self.source else { return };
        if self.listeners.iter().any(|listener| listener.kind() == name) {
            return;
        }
        let (driver, attempt, asked) = (driver.clone(), self.attempt, source.clone());
        let target: &EventTarget = source;
        self.listeners.push(Listener::named(target, name.to_owned(), move |event: Event| {
            let Some(driver) = driver.upgrade() else { return };
            match event.dyn_ref::<MessageEvent>() {
                Some(message) => {
                    let data = message.data().as_string().unwrap_or_default();
                    let (name, id) = (event.type_(), message.last_event_id());
                    let event = NativeEvent::Message { name: &name, data: &data, id: &id };
                    driver.handle(Input::Native { attempt, event });
                }
                None => driver.native(attempt, asked.ready_state()),
            }
        }));
    }
}

impl Drop for NativeSource {
    fn drop(&mut self) {
        if let Some(source) = &self.source {
            source.close();
        }
    }
}
