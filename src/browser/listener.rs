//! An event listener that ends with its owner.

use std::borrow::Cow;

use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Event, EventTarget};

/// Dropping it removes the listener, so that no event reaches a closure that is gone.
#[must_use = "the listener is removed as soon as it is dropped"]
pub struct Listener {
    target: EventTarget,
    kind: Cow<'static, str>,
    closure: Closure<dyn FnMut(Event)>,
}

impl Listener {
    /// Calls `on_event` for each event of the type `kind` at `target`.
    pub fn new(
        target: &EventTarget,
        kind: impl Into<Cow<'static, str>>,
        on_event: impl FnMut(Event) + 'static,
    ) -> Listener {
        let kind = kind.into();
        let closure = Closure::<dyn FnMut(Event)>::new(on_event);
        // Adding fails for no target that exists: the standard names no error.
        let _ = target.add_event_listener_with_callback(&kind, closure.as_ref().unchecked_ref());
        Listener { target: target.clone(), kind, closure }
    }

    /// The type of event that it hears.
    pub fn kind(&self) -> &str {
        &self.kind
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.target.remove_event_listener_with_callback(&self.kind, self.closure.as_ref().unchecked_ref());
    }
}
