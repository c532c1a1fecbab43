//! The few things that are done to elements again and again.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CssStyleDeclaration, CustomEvent, CustomEventInit, Document, Element, HtmlElement, NodeList};

/// Marks what we made, so that a clone of it is found too.
pub(super) const MADE: &str = "data-storywire";

pub(super) fn set(element: &Element, name: &str, value: Option<&str>) {
    match value {
        Some(value) => drop(element.set_attribute(name, value)),
        None => drop(element.remove_attribute(name)),
    }
}

/// Sets an attribute that has another value, or none; says whether it did.
pub(super) fn replace(element: &Element, name: &str, value: &str) -> bool {
    let is_new = element.get_attribute(name).as_deref() != Some(value);
    if is_new {
        set(element, name, Some(value));
    }
    is_new
}

pub(super) fn set_text(element: &Element, text: &str) {
    if element.text_content().as_deref() != Some(text) {
        element.set_text_content(Some(text));
    }
}

pub(super) fn closest(element: &Element, selector: &str) -> Option<Element> {
    element.closest(selector).ok().flatten()
}

/// Every HTML element has a style; what has none takes this as another property.
pub(super) fn style(element: &Element) -> CssStyleDeclaration {
    element.unchecked_ref::<HtmlElement>().style()
}

/// The elements within `element` that belong to it, and not to another asset inside it.
pub(super) fn own(element: &Element, selector: &str) -> impl Iterator<Item = Element> {
    let found = element.query_selector_all(selector).ok();
    let owner = element.clone();
    elements(found).filter(move |one| {
        // A part may be an asset itself (`<img data-asset>` in a list): then it is not this one's.
        closest(one, "[data-asset]").as_ref() == Some(&owner)
    })
}

pub(super) fn elements(list: Option<NodeList>) -> impl Iterator<Item = Element> {
    let length = list.as_ref().map_or(0, NodeList::length);
    (0..length).filter_map(move |at| Some(list.as_ref()?.get(at)?.unchecked_into()))
}

/// A new element that is marked as ours. `None` for a name that is none.
pub(super) fn make(document: &Document, tag: &str, mark: &str) -> Option<Element> {
    let made = document.create_element(tag).ok()?;
    set(&made, MADE, Some(mark));
    Some(made)
}

pub(super) fn after(element: &Element, next: &Element) {
    let _ = element.insert_adjacent_element("afterend", next);
}

/// `false` if the event can be cancelled and a listener did so.
pub(super) fn fire(element: &Element, name: &str, detail: &JsValue, cancelable: bool) -> bool {
    let init = CustomEventInit::new();
    init.set_bubbles(true);
    init.set_composed(true);
    init.set_cancelable(cancelable);
    init.set_detail(detail);
    let event = CustomEvent::new_with_event_init_dict(name, &init);
    event.and_then(|event| element.dispatch_event(&event)).unwrap_or(true)
}
