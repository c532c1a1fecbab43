//! Repeats a `<template>`, or the first `[data-asset-item]`, for the items of a list.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlTemplateElement, Node};

use super::content::slot;
use super::element::{after, elements, make, own, replace, set, set_text};
use super::{Record, Shared};
use crate::core::asset::{Field, Item, Medium, Status};

/// What takes a `src`.
const SOURCES: &str = "img,audio,video,iframe,source";

impl Shared {
    /// The clones are found in the page each time, so those that came with a clone of the whole element count too.
    pub(super) fn show_items(&self, record: &Record, medium: Medium, items: &[Item]) {
        let template = own(&record.element, "template").next();
        let mut nodes: Vec<Element> = own(&record.element, "[data-asset-item]").collect();
        for (at, item) in items.iter().enumerate() {
            if nodes.len() == at {
                let Some(node) = self.new_item(record, template.as_ref(), nodes.last(), medium, item) else { return };
                nodes.push(node);
            }
            if let Some(node) = nodes.get(at) {
                set(node, "hidden", None);
                set(node, "data-asset-state", Some(item.status.code()));
                set(node, "aria-busy", (item.status == Status::Generating).then_some("true"));
                self.fill(node, item, medium, template.is_none());
            }
        }
        for (at, node) in nodes.iter().enumerate().skip(items.len()) {
            if at == 0 && template.is_none() {
                // It is the only template there is.
                set(node, "hidden", Some(""));
            } else {
                node.remove();
            }
        }
    }

    fn new_item(
        &self,
        record: &Record,
        template: Option<&Element>,
        last: Option<&Element>,
        medium: Medium,
        item: &Item,
    ) -> Option<Element> {
        if let Some(template) = template {
            let design = template.dyn_ref::<HtmlTemplateElement>()?.content().first_element_child()?;
            let node: Element = clone(&design)?;
            set(&node, "data-asset-item", Some(""));
            let _ = template.insert_adjacent_element("beforebegin", &node);
            return Some(node);
        }
        if let Some(last) = last {
            let node = clone(last)?;
            after(last, &node);
            return Some(node);
        }
        let has_url = item.fields.iter().any(|field| field.is_url);
        let tag = match medium {
            Medium::Image | Medium::Background => "img",
            Medium::Audio => "audio",
            Medium::Video => "video",
            Medium::Text | Medium::Frame | Medium::Link | Medium::Source if has_url => "a",
            Medium::Text | Medium::Frame | Medium::Link | Medium::Source => "p",
        };
        let node = make(&self.document, tag, "item")?;
        set(&node, "data-asset-item", Some(""));
        slot(record).append_child(&node).ok()?;
        Some(node)
    }

    /// `is_used`: the item is a clone of one that may have been filled before.
    fn fill(&self, node: &Element, item: &Item, medium: Medium, is_used: bool) {
        let value = |name: &str| item.fields.iter().find(|field| field.name == name);
        let is_marked = node.has_attribute("data-asset-field");
        let marked =
            elements(node.query_selector_all("[data-asset-field]").ok()).chain(is_marked.then(|| node.clone()));
        let mut has_marked = false;
        for place in marked {
            has_marked = true;
            let name = place.get_attribute("data-asset-field").unwrap_or_default();
            match value(&name) {
                Some(field) => put(&place, field),
                None if is_used => clear(&place),
                None => {}
            }
        }
        if has_marked {
            return;
        }
        // Without marks: the address goes where an address can go, the words where words can go.
        let takes_url = [SOURCES, ",a"].concat();
        let place = if node.matches(&takes_url).unwrap_or(false) {
            Some(node.clone())
        } else {
            node.query_selector(&takes_url).ok().flatten()
        };
        let words = value("title").or(value("text")).or(value("name"));
        match (value("url"), place) {
            (Some(url), Some(place)) => {
                put(&place, url);
                if let Some(words) = words.filter(|_| !is_picture(&place)) {
                    set_text(&place, &words.value);
                } else if is_picture(&place) && !place.has_attribute("alt") {
                    set(&place, "alt", Some(words.map_or("", |words| &words.value)));
                }
            }
            (Some(url), None) => {
                if is_used {
                    clear(node);
                }
                let tag = if medium.is_picture() { "img" } else { "a" };
                if let Some(made) = make(&self.document, tag, "content") {
                    set(&made, "alt", if tag == "img" { Some("") } else { None });
                    set_text(&made, words.map_or("", |words| &words.value));
                    put(&made, url);
                    let _ = node.append_child(&made);
                }
            }
            (None, Some(place)) if is_used => clear(&place),
            (None, _) => {
                if let Some(words) = words.filter(|_| node.first_element_child().is_none()) {
                    set_text(node, &words.value);
                }
            }
        }
    }
}

fn clone(node: &Element) -> Option<Element> {
    node.unchecked_ref::<Node>().clone_node_with_deep(true).ok()?.dyn_into().ok()
}

fn is_picture(element: &Element) -> bool {
    element.tag_name() == "IMG"
}

/// Puts a field where it fits: an address into `src` or `href`, anything else as text.
fn put(place: &Element, field: &Field) {
    if place.matches(SOURCES).unwrap_or(false) {
        if !field.is_url {
            // The words of a picture are its alternative.
            if is_picture(place) {
                set(place, "alt", Some(&field.value));
            }
            return;
        }
        if is_picture(place) {
            set(place, "srcset", None);
            if !place.has_attribute("loading") {
                set(place, "loading", Some("lazy"));
            }
        }
        replace(place, "src", &field.value);
    } else if place.tag_name() == "A" && field.is_url {
        replace(place, "href", &field.value);
        if place.first_element_child().is_none() && place.text_content().is_none_or(|text| text.is_empty()) {
            set_text(place, &field.value);
        }
    } else {
        set_text(place, &field.value);
    }
}

fn clear(place: &Element) {
    if place.matches(SOURCES).unwrap_or(false) {
        set(place, "src", None);
    } else if place.first_element_child().is_none() {
        set_text(place, "");
    }
}
