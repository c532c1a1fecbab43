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
    /// Whether it hears events on their way down, before the page's own listeners can stop them.
    capture: bool,
}

impl Listener {
    /// Calls `on_event` for each event of the type `kind` at `target`.
    pub fn new(target: &EventTarget, kind: &'static str, on_event: impl FnMut(Event) + 'static) -> Listener {
        Listener::add(target, kind.into(), false, Closure::new(on_event))
    }

    /// The same for a type that is not known beforehand.
    pub fn named(target: &EventTarget, kind: String, on_event: impl FnMut(Event) + 'static) -> Listener {
        Listener::add(target, kind.into(), false, Closure::new(on_event))
    }

    /// The same for events on their way down to a descendant of `target`, those that do not bubble included.
    pub fn capture(target: &EventTarget, kind: &'static str, on_event: impl FnMut(Event) + 'static) -> Listener {
        Listener::add(target, kind.into(), true, Closure::new(on_event))
    }

    fn add(
        target: &EventTarget,
        kind: Cow<'static, str>,
        capture: bool,
        closure: Closure<dyn FnMut(Event)>,
    ) -> Listener {
        // Adding fails for no target that exists: the standard names no error.
        let callback = closure.as_ref().unchecked_ref();
        let _ = target.add_event_listener_with_callback_and_bool(&kind, callback, capture);
        Listener { target: target.clone(), kind, closure, capture }
    }

    /// The type of event that it hears.
    pub fn kind(&self) -> &str {
        &self.kind
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let callback = self.closure.as_ref().unchecked_ref();
        let _ = self.target.remove_event_listener_with_callback_and_bool(&self.kind, callback, self.capture);
    }
}
