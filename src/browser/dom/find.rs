//! Finds the elements of stories and assets: at the start, when they come, change, are cloned, moved or wiped, and go.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::JsCast;
use web_sys::{Element, MutationRecord, Node, NodeList};

use super::element::{closest, elements, own};
use super::{DomEvent, Record, Shared};
use crate::core::asset::{Medium, Shape};
use crate::core::ids::ElementId;

const SELECTOR: &str = "[data-story-id],[data-asset]";

impl Shared {
    /// Visits an element and everything in it.
    pub(super) fn visit_all(&self, element: &Element) {
        // Whatever it is: its attributes may just have gone.
        self.visit(element, false);
        for one in elements(element.query_selector_all(SELECTOR).ok()) {
            self.visit(&one, false);
        }
    }

    /// Brings what is known of an element up to date. `wiped`: its content is not what it was.
    fn visit(&self, element: &Element, wiped: bool) {
        let is_here = element.is_connected();
        let story = element.get_attribute("data-story-id").filter(|id| is_here && is_id(id));
        let known = self.known(&self.story_ids, element);
        if known.as_ref().map(|record| &record.story) != story.as_ref() {
            self.forget(known);
            if let Some(story) = story {
                let id = self.new_id();
                self.story_ids.set(element, &id.0.into());
                self.keep(Record::new(id, element, story.clone(), String::new(), Shape::default()));
                self.tell(DomEvent::StoryMounted { element: id, story });
            }
        }
        let known = self.known(&self.asset_ids, element);
        let Some((story, asset)) = self.asset_of(element).filter(|_| is_here) else {
            self.forget(known);
            return;
        };
        let shape = shape_of(element);
        let is_same = |record: &Rc<Record>| record.story == story && record.asset == asset && record.shape == shape;
        let known = match known {
            Some(record) if is_same(&record) && !wiped => return,
            // The same element keeps its id, and the words that the page wrote into it.
            Some(record) if is_same(&record) => Some(record),
            other => {
                self.forget(other);
                None
            }
        };
        let id = known.as_ref().map_or_else(|| self.new_id(), |record| record.id);
        let mut record = Record::new(id, element, story.clone(), asset.clone(), shape);
        if let Some(known) = known {
            record.own_words.clone_from(&known.own_words);
            record.wanted = known.wanted.clone();
            record.has_failed = known.has_failed.clone();
            record.button = known.button.clone();
        } else {
            self.asset_ids.set(element, &id.0.into());
            self.views.observe(element);
        }
        self.keep(record);
        self.tell(DomEvent::Mounted { element: id, story, asset, shape });
    }

    /// The story and the asset that an element shows, if both are there.
    fn asset_of(&self, element: &Element) -> Option<(String, String)> {
        let asset = element.get_attribute("data-asset").filter(|asset| is_id(asset))?;
        let Some(container) = closest(element, "[data-story-id]") else {
            if element.is_connected() && !self.has_told_stray.replace(true) {
                self.tell(DomEvent::Stray);
            }
            return None;
        };
        // Webflow keeps what its conditions hide in the page.
        if closest(element, ".w-condition-invisible").is_some() {
            return None;
        }
        Some((container.get_attribute("data-story-id").filter(|id| is_id(id))?, asset))
    }

    pub(super) fn handle_mutations(self: &Rc<Self>, mutations: Array) {
        let mut wiped: Vec<Element> = Vec::new();
        for mutation in mutations.iter() {
            let mutation: MutationRecord = mutation.unchecked_into();
            let Some(target) = mutation.target().filter(is_element).map(JsCast::unchecked_into::<Element>) else {
                continue;
            };
            if mutation.type_() == "attributes" {
                self.visit_all(&target);
                continue;
            }
            // Gone or moved: those in the page stay.
            for gone in inside(&mutation.removed_nodes()) {
                self.visit_all(&gone);
            }
            for new in inside(&mutation.added_nodes()) {
                self.visit_all(&new);
            }
            if let Some(owner) = closest(&target, "[data-asset]")
                && !wiped.contains(&owner)
            {
                wiped.push(owner);
            }
        }
        for owner in wiped {
            if self.known(&self.asset_ids, &owner).is_some() {
                self.visit(&owner, true);
            }
        }
    }

    fn new_id(&self) -> ElementId {
        let id = self.next_id.get();
        self.next_id.set(id + 1);
        ElementId(id)
    }

    fn keep(&self, record: Record) {
        let mut records = self.records.borrow_mut();
        let record = Rc::new(record);
        match records.binary_search_by_key(&record.id, |one| one.id) {
            Ok(at) => {
                if let Some(slot) = records.get_mut(at) {
                    *slot = record;
                }
            }
            Err(at) => records.insert(at, record),
        }
    }

    fn forget(&self, record: Option<Rc<Record>>) {
        let Some(record) = record else { return };
        self.records.borrow_mut().retain(|one| one.id != record.id);
        if !record.asset.is_empty() {
            self.views.unobserve(&record.element);
        }
        if let Some(button) = record.button.take() {
            button.remove();
        }
        self.tell(DomEvent::Unmounted(record.id));
    }
}

impl Record {
    fn new(id: ElementId, element: &Element, story: String, asset: String, shape: Shape) -> Record {
        let is_asset = !asset.is_empty();
        let find = |selector| if is_asset { own(element, selector).collect() } else { Vec::new() };
        let statuses: Vec<Element> = find(".status,[data-asset-status]");
        // A clone of an element that we have painted has our words in it.
        let is_fresh =
            element.get_attribute("data-asset-state").is_none_or(|state| state == "pending" || state == "generating");
        let words = statuses.first().filter(|_| is_fresh).and_then(|status| status.text_content());
        Record {
            id,
            element: element.clone(),
            story,
            asset,
            shape,
            bars: find(".progress-bar,[data-asset-bar]"),
            statuses,
            own_words: words.unwrap_or_default(),
            wanted: RefCell::default(),
            has_failed: Cell::new(false),
            button: RefCell::default(),
        }
    }
}

/// Whether a value is one, and not the name of a Wized variable that has still to be filled in.
fn is_id(value: &str) -> bool {
    !value.is_empty() && !value.starts_with("wized:")
}

fn shape_of(element: &Element) -> Shape {
    let named = element.get_attribute("data-asset-as").and_then(|name| Medium::from_code(&name));
    let tag = match element.tag_name().as_str() {
        "IMG" | "PICTURE" => Some(Medium::Image),
        "AUDIO" => Some(Medium::Audio),
        "VIDEO" => Some(Medium::Video),
        "IFRAME" => Some(Medium::Frame),
        "A" => Some(Medium::Link),
        "SOURCE" => Some(Medium::Source),
        _ => None,
    };
    Shape {
        medium: named.or(tag),
        is_list: own(element, "template,[data-asset-item]").next().is_some(),
        priority: element.get_attribute("data-asset-priority").and_then(|text| text.parse().ok()),
    }
}

fn is_element(node: &Node) -> bool {
    node.node_type() == Node::ELEMENT_NODE
}

fn inside(nodes: &NodeList) -> impl Iterator<Item = Element> {
    (0..nodes.length()).filter_map(|at| Some(nodes.get(at).filter(is_element)?.unchecked_into()))
}
