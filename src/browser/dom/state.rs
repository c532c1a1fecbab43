//! Bars, words, and the one live region.

use wasm_bindgen::JsCast;
use web_sys::Element;

use super::element::{make, replace, set, set_text, style};
use super::{Record, Shared};
use crate::core::base::json_write::push_number;

/// Moves a bar by `transform`, which costs no layout; a page's own `width` is the full width of the bar then.
pub(super) fn set_bar(bar: &Element, progress: Option<u8>, name: &str, text: &str, shown: bool) {
    let style = style(bar);
    if replace(bar, "role", "progressbar") || style.get_property_value("transform").is_ok_and(|value| value.is_empty())
    {
        let is_rtl = bar.matches(":dir(rtl)").unwrap_or(false);
        for (property, value) in [
            ("width", "100%"),
            ("transform-origin", if is_rtl { "100% 50%" } else { "0 50%" }),
            ("transform", "scaleX(var(--asset-progress, 0))"),
        ] {
            let _ = style.set_property(property, value);
        }
        if !bar.has_attribute("aria-label") && !bar.has_attribute("aria-labelledby") {
            set(bar, "aria-label", Some(name));
        }
    }
    set(bar, "hidden", if shown { None } else { Some("") });
    let mut number = String::new();
    push_number(&mut number, u64::from(progress.unwrap_or(0)));
    // 0 to 1, without floating point.
    let share = match progress {
        Some(100) => "1".to_owned(),
        Some(10..) => ["0.", &number].concat(),
        _ => ["0.0", &number].concat(),
    };
    let _ = style.set_property("--asset-progress", &share);
    set(bar, "aria-valuenow", progress.map(|_| number.as_str()));
    set(bar, "aria-valuetext", if progress.is_none() { Some(text) } else { None });
}

/// Writes the status texts: the page's words for the state, or its words for the time of waiting, or ours.
pub(super) fn set_words(record: &Record, text: &str, state: &str, yields: bool) {
    for status in &record.statuses {
        let named = status.get_attribute(&["data-text-", state].concat());
        let own = (yields && !record.own_words.is_empty()).then_some(record.own_words.as_str());
        set_text(status, named.as_deref().or(own).unwrap_or(text));
    }
}

impl Shared {
    /// The live region has to be in the page before its first message.
    pub(super) fn ensure_region(&self) -> Option<Element> {
        let known = self.region.borrow().clone();
        if let Some(region) = known.filter(|region| region.is_connected()) {
            return Some(region);
        }
        let body = self.document.body()?;
        let region = make(&self.document, "div", "status")?;
        set(&region, "role", Some("status"));
        // By the style object, because a strict content security policy forbids the attribute.
        style(&region).set_css_text("position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)");
        body.append_child(&region).ok()?;
        *self.region.borrow_mut() = Some(region.clone());
        Some(region)
    }

    /// Adds a line to the live region; the oldest of more than three goes.
    pub(super) fn announce(&self, text: &str) {
        let Some(region) = self.ensure_region() else { return };
        let Ok(line) = self.document.create_element("p") else { return };
        line.set_text_content(Some(text));
        let _ = region.append_child(&line);
        if region.child_element_count() > 3
            && let Some(oldest) = region.first_element_child()
        {
            oldest.unchecked_ref::<Element>().remove();
        }
    }
}
