//! The retry button: the page's own, or one of ours, inside the element or, where a button may not be, behind it.

use std::rc::Rc;

use js_sys::{Object, Reflect};
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement};

use super::element::{closest, fire, make, own, set, set_text};
use super::{DomEvent, Record, Shared};
use crate::core::asset::RetryButton;

/// Elements in which a button may not stand, or would not be seen.
const NO_PLACE: &str = "a,img,picture,audio,video,iframe,source,ul,ol,button";

impl Shared {
    pub(super) fn show_retry(&self, record: &Rc<Record>, wanted: Option<&RetryButton>) {
        if let Some(own_button) = own(&record.element, "[data-asset-retry]").next() {
            set(&own_button, "hidden", if wanted.is_some() { None } else { Some("") });
            let is_pending = wanted.is_some_and(|wanted| wanted.pending);
            set(&own_button, "aria-disabled", is_pending.then_some("true"));
            return;
        }
        let inside = own(&record.element, "[data-storywire=retry]").next();
        let known = inside.or_else(|| record.button.borrow().clone());
        let Some(wanted) = wanted else {
            if let Some(known) = known {
                self.remove_retry(record, &known);
            }
            return;
        };
        let Some(place) = known.or_else(|| self.new_retry(record)) else { return };
        let Some(button) = place.first_element_child() else { return };
        set_text(&button, &wanted.label);
        // Not `disabled`: it would lose the focus.
        set(&button, "aria-disabled", wanted.pending.then_some("true"));
        let link = button.next_element_sibling();
        match (&wanted.upgrade, link) {
            (None, None) => {}
            (None, Some(link)) => link.remove(),
            (Some((text, url)), link) => {
                let made = || make(&self.document, "a", "upgrade").inspect(|made| drop(place.append_child(made)));
                if let Some(link) = link.or_else(made) {
                    set_text(&link, text);
                    set(&link, "href", Some(url));
                }
            }
        }
    }

    /// A place with the button in it: what belongs to the button comes and goes with it.
    fn new_retry(&self, record: &Rc<Record>) -> Option<Element> {
        let place = make(&self.document, "span", "retry")?;
        let button = make(&self.document, "button", "button")?;
        set(&button, "type", Some("button"));
        place.append_child(&button).ok()?;
        let around = closest(&record.element, "a");
        let element = around.as_ref().unwrap_or(&record.element);
        if around.is_some() || element.matches(NO_PLACE).unwrap_or(false) {
            // A source stands within its medium, where nothing is seen.
            let parent = closest(element, "audio,video,picture");
            super::element::after(parent.as_ref().unwrap_or(element), &place);
            self.asset_ids.set(&button, &record.id.0.into());
            *record.button.borrow_mut() = Some(place.clone());
        } else {
            element.append_child(&place).ok()?;
        }
        Some(place)
    }

    fn remove_retry(&self, record: &Record, place: &Element) {
        let has_focus = self.document.active_element().is_some_and(|active| place.contains(Some(&active)));
        place.remove();
        record.button.take();
        if has_focus {
            // Who pressed it stays where they are.
            let element = record.element.unchecked_ref::<HtmlElement>();
            if !element.has_attribute("tabindex") && !element.has_attribute("href") {
                set(element, "tabindex", Some("-1"));
            }
            let _ = element.focus();
        }
    }

    pub(super) fn handle_click(self: &Rc<Self>, event: &Event) {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let button = target.and_then(|target| closest(&target, "[data-storywire=button],[data-asset-retry]"));
        let Some(button) = button else { return };
        let owner = || self.known(&self.asset_ids, &closest(&button, "[data-asset]")?);
        let Some(record) = self.known(&self.asset_ids, &button).or_else(owner) else { return };
        // Pages often have a link for a button.
        event.prevent_default();
        if button.has_attribute("aria-disabled") {
            return;
        }
        let detail = Object::new();
        for (name, value) in [("story", &record.story), ("asset", &record.asset)] {
            let _ = Reflect::set(&detail, &name.into(), &value.as_str().into());
        }
        if fire(&record.element, "storywire:before-retry", &detail, true) {
            self.tell(DomEvent::RetryClicked(record.id));
        }
    }
}
