//! Puts content into elements: text, pictures, media, frames and links.

use std::rc::Rc;

use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlImageElement, HtmlMediaElement};

use super::element::{MADE, make, own, replace, set, set_text, style};
use super::{DomEvent, Record, Shared};
use crate::core::asset::Medium;

#[wasm_bindgen]
extern "C" {
    type Promise;

    /// `promise.then(done, failed)` with functions that free themselves.
    #[wasm_bindgen(method, js_name = then)]
    fn then_either(this: &Promise, done: &JsValue, failed: &JsValue);
}

impl Shared {
    /// Text goes into an element without a design, or else into a child of ours.
    pub(super) fn show_text(&self, record: &Record, text: &str) {
        let slot = slot(record);
        let target = match own(&record.element, "[data-storywire=content]").next() {
            Some(made) => Some(made),
            None if slot.first_element_child().is_none() => Some(slot),
            None => make(&self.document, "div", "content").inspect(|made| drop(slot.append_child(made))),
        };
        if let Some(target) = target {
            set_text(&target, text);
        }
    }

    pub(super) fn show(
        self: &Rc<Self>,
        record: &Rc<Record>,
        medium: Medium,
        url: &str,
        name: &str,
        track: &str,
        eager: bool,
    ) {
        let is_again = record.has_failed.replace(false);
        url.clone_into(&mut record.wanted.borrow_mut());
        let tag = match medium {
            Medium::Image | Medium::Background => return self.load_picture(record, medium, url, name, eager),
            Medium::Audio => "AUDIO",
            Medium::Video => "VIDEO",
            Medium::Frame => "IFRAME",
            Medium::Link | Medium::Text => "A",
            Medium::Source => "SOURCE",
        };
        let Some(target) = self.target(record, tag) else { return };
        let attribute = if tag == "A" { "href" } else { "src" };
        let is_made = target.has_attribute(MADE);
        if tag == "A" {
            // A link needs a name; a page that gave it one keeps it.
            if is_made
                || (target.first_element_child().is_none()
                    && target.text_content().is_none_or(|text| text.trim_ascii().is_empty()))
            {
                set_text(&target, name);
            }
        } else if is_made {
            set(&target, if tag == "IFRAME" { "title" } else { "aria-label" }, Some(name));
            set(
                &target,
                if tag == "IFRAME" { "loading" } else { "controls" },
                Some(if tag == "IFRAME" { "lazy" } else { "" }),
            );
        }
        if !track.is_empty() {
            self.show_track(&target, track);
        }
        // The same address again would start what plays from the beginning.
        let is_new = replace(&target, attribute, url);
        if is_again && !is_new {
            set(&target, attribute, Some(url));
        }
        let parent = target.parent_element();
        if tag == "SOURCE"
            && is_new
            && let Some(parent) = parent
        {
            if parent.tag_name() == "PICTURE" {
                set(&target, "srcset", Some(url));
            } else if let Some(media) = parent.dyn_ref::<HtmlMediaElement>() {
                media.load();
            }
        }
    }

    fn show_track(&self, media: &Element, url: &str) {
        let known = media.query_selector("track").ok().flatten();
        let track = known.or_else(|| {
            let track = make(&self.document, "track", "track")?;
            set(&track, "kind", Some("captions"));
            media.append_child(&track).ok()?;
            Some(track)
        });
        if let Some(track) = track {
            replace(&track, "src", url);
        }
    }

    /// Loads and decodes a picture beside the page, and shows it then, so that nothing flashes. The page takes it from
    /// memory: the browser keeps what the document has loaded.
    fn load_picture(self: &Rc<Self>, record: &Rc<Record>, medium: Medium, url: &str, name: &str, eager: bool) {
        let Ok(picture) = HtmlImageElement::new() else { return };
        let target = if medium == Medium::Image { self.find_target(record, "IMG") } else { None };
        if let Some(target) = &target {
            if target.get_attribute("src").as_deref() == Some(url) && !target.has_attribute("srcset") {
                let shown = target.unchecked_ref::<HtmlImageElement>();
                if shown.complete() && shown.natural_width() > 0 {
                    return self.tell(DomEvent::Loaded(record.id));
                }
            }
            if let Some(mode) = target.get_attribute("crossorigin") {
                set(&picture, "crossorigin", Some(&mode));
            }
        }
        set(&picture, "alt", Some(name));
        if eager {
            set(&picture, "fetchpriority", Some("high"));
        }
        picture.set_src(url);
        let decoded: Promise = picture.decode().unchecked_into();
        let (shared, record, url) = (Rc::downgrade(self), Rc::downgrade(record), url.to_owned());
        let done = Closure::once_into_js(move |error: JsValue| {
            let (Some(shared), Some(record)) = (shared.upgrade(), record.upgrade()) else { return };
            // The element may have gone, or may want another picture by now.
            if *record.wanted.borrow() != url || !shared.is_current(&record) {
                return;
            }
            // Some formats load and do not decode beside a page.
            if !error.is_undefined() && picture.natural_width() == 0 {
                shared.tell(DomEvent::Failed(record.id));
                return;
            }
            shared.show_picture(&record, medium, &url, &picture);
            shared.mutations.take_records();
            shared.tell(DomEvent::Loaded(record.id));
        });
        // One callback for both ends: it is called once, and frees itself then.
        decoded.then_either(&done, &done);
    }

    fn is_current(&self, record: &Rc<Record>) -> bool {
        self.record(record.id).is_some_and(|known| Rc::ptr_eq(&known, record))
    }

    fn show_picture(&self, record: &Record, medium: Medium, url: &str, picture: &HtmlImageElement) {
        if medium == Medium::Background {
            // Within quotes, only these two could end the address.
            let safe = url.replace('\\', "%5C").replace('"', "%22");
            let _ = style(&record.element).set_property("background-image", &["url(\"", &safe, "\")"].concat());
            return;
        }
        let Some(target) = self.find_target(record, "IMG") else {
            set(picture, MADE, Some("content"));
            let _ = slot(record).insert_adjacent_element("afterbegin", picture);
            return;
        };
        for source in own(&record.element, "source") {
            set(&source, "srcset", None);
        }
        // They would win over the address.
        set(&target, "srcset", None);
        set(&target, "sizes", None);
        replace(&target, "src", url);
    }

    /// The element itself, if it is of the tag; or the first of the tag in it.
    fn find_target(&self, record: &Record, tag: &str) -> Option<Element> {
        let element = &record.element;
        if element.tag_name() == tag || tag == "SOURCE" { Some(element.clone()) } else { own(element, tag).next() }
    }

    fn target(&self, record: &Record, tag: &str) -> Option<Element> {
        self.find_target(record, tag).or_else(|| {
            let made = make(&self.document, tag, "content")?;
            slot(record).insert_adjacent_element("afterbegin", &made).ok()?;
            Some(made)
        })
    }
}

/// Where children of ours go: the page's place for them, or the element.
pub(super) fn slot(record: &Record) -> Element {
    own(&record.element, "[data-asset-content]").next().unwrap_or_else(|| record.element.clone())
}
