//! A page without a browser: carries out patches on a few plain elements, as the DOM adapter does on real ones.

use std::collections::{BTreeMap, BTreeSet};

use storywire::core::asset::{
    AssetChange, AssetConfig, Assets, Item, Medium, Oddity, Op, Patch, RetryButton, Shape, Status,
};
use storywire::core::base::{Json, Timestamp};
use storywire::core::ids::ElementId;

/// What an element shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Shown {
    pub classes: BTreeSet<String>,
    pub attributes: BTreeMap<&'static str, String>,
    pub bar: Option<(Option<u8>, String, bool)>,
    pub status: String,
    pub text: String,
    pub source: String,
    pub medium: Option<Medium>,
    pub items: Vec<Item>,
    pub retry: Option<RetryButton>,
    /// How often a source was set: a second time restarts what plays.
    pub loads: u32,
}

impl Shown {
    pub(crate) fn state(&self) -> &str {
        self.attributes.get("data-asset-state").map_or("", String::as_str)
    }

    pub(crate) fn is(&self, class: &str) -> bool {
        self.classes.contains(class)
    }
}

pub(crate) struct Page {
    pub assets: Assets,
    pub shown: BTreeMap<u32, Shown>,
    pub said: Vec<String>,
    pub patches: Vec<Patch>,
    /// Whether pictures are decoded as soon as they are asked for.
    pub decodes: bool,
}

impl Page {
    pub(crate) fn new() -> Page {
        Page::with(AssetConfig::new())
    }

    pub(crate) fn with(config: AssetConfig) -> Page {
        Page {
            assets: Assets::new(config),
            shown: BTreeMap::new(),
            said: Vec::new(),
            patches: Vec::new(),
            decodes: true,
        }
    }

    /// One container without a tag of its own, in view.
    pub(crate) fn showing(asset: &str) -> Page {
        let mut page = Page::new();
        page.mount(1, "s", asset, Shape::default());
        page
    }

    pub(crate) fn mount(&mut self, element: u32, story: &str, asset: &str, shape: Shape) {
        self.assets.mount(ElementId(element), story, asset, shape);
        self.assets.set_visible(ElementId(element), true);
        self.paint();
    }

    /// A row of the story `s` at a version, painted.
    pub(crate) fn row(&mut self, version: u64, row: &serde_json::Value) {
        self.assets.apply_row("s", Json::parse(&row.to_string()).unwrap(), Timestamp(version));
        self.paint();
    }

    /// A row that has one asset, with the version in `updatedAt`.
    pub(crate) fn asset(&mut self, version: u64, asset: &str, state: serde_json::Value) {
        self.row(version, &serde_json::json!({ "asset_generation_status": { "assets": { asset: state } } }));
    }

    /// Everything there is to paint; the patches of this call alone are kept.
    pub(crate) fn paint(&mut self) {
        self.patches.clear();
        while let Some(patch) = self.assets.next_patch(true) {
            let shown = self.shown.entry(patch.element.0).or_default();
            let mut loaded = false;
            for op in &patch.ops {
                loaded |= apply(shown, &mut self.said, op);
            }
            if loaded && self.decodes {
                self.assets.content_loaded(patch.element);
            }
            self.patches.push(patch);
        }
    }

    pub(crate) fn at(&self, element: u32) -> &Shown {
        &self.shown[&element]
    }

    pub(crate) fn changes(&mut self) -> Vec<AssetChange> {
        std::iter::from_fn(|| self.assets.poll_change()).collect()
    }

    pub(crate) fn oddities(&mut self) -> Vec<(String, Oddity, String)> {
        let odd = |change| match change {
            AssetChange::Odd { asset, oddity, value, .. } => Some((asset, oddity, value)),
            AssetChange::Asset { .. } | AssetChange::Story { .. } => None,
        };
        self.changes().into_iter().filter_map(odd).collect()
    }

    pub(crate) fn status(&self, asset: &str) -> Status {
        self.assets.asset("s", asset).unwrap().status()
    }
}

pub(crate) fn apply(shown: &mut Shown, said: &mut Vec<String>, op: &Op) -> bool {
    match op.clone() {
        Op::Class { names, on } => {
            for name in names.split_whitespace() {
                if on {
                    shown.classes.insert(name.to_owned())
                } else {
                    shown.classes.remove(name)
                };
            }
        }
        Op::Attribute { name, value: Some(value) } => drop(shown.attributes.insert(name, value)),
        Op::Attribute { name, value: None } => drop(shown.attributes.remove(name)),
        Op::Progress(progress) => {
            shown.attributes.insert("data-progress", progress.to_string());
            if let Some((shown, ..)) = &mut shown.bar {
                *shown = Some(progress);
            }
        }
        Op::Bar { progress, text, shown: is_shown, .. } => shown.bar = Some((progress, text, is_shown)),
        Op::Status { text, .. } => shown.status = text,
        Op::Text(text) => shown.text = text,
        Op::Source { url, medium, .. } => {
            assert_ne!(url, "");
            shown.loads += 1;
            shown.medium = Some(medium);
            shown.source = url;
            return true;
        }
        Op::Items { items, .. } => shown.items = items,
        Op::Retry(button) => shown.retry = button,
        Op::Announce(text) => said.push(text),
    }
    false
}
