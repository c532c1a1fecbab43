//! The tables that a page can extend: words, names, columns, texts, order.

use super::source;
use super::status::{Medium, Status};
use crate::core::base::{Json, Kind};

/// Names and what they stand for. The last entry of a name counts, so what a page adds overrides what was there.
type Table = Vec<(String, String)>;

/// The settings of everything that this module reads and shows. Starts with the defaults in `defaults.json`; a page
/// extends it by JSON of the same form.
pub struct AssetConfig {
    classes: Table,
    words: Table,
    aliases: Table,
    parts: Table,
    columns: Table,
    media: Table,
    texts: Table,
    /// What matters first, first. Painted and loaded in this order.
    pub order: Vec<String>,
    /// The allowed schemes of addresses, in lower case.
    pub schemes: Vec<String>,
    /// How many of `texts` are the defaults.
    built_in_texts: usize,
}

impl AssetConfig {
    /// The defaults.
    pub fn new() -> AssetConfig {
        let mut config = AssetConfig {
            classes: Table::new(),
            words: Table::new(),
            aliases: Table::new(),
            parts: Table::new(),
            columns: Table::new(),
            media: Table::new(),
            texts: Table::new(),
            order: Vec::new(),
            schemes: Vec::new(),
            built_in_texts: 0,
        };
        config.extend(include_str!("defaults.json"));
        config.built_in_texts = config.texts.len();
        config
    }

    /// Adds what the JSON object `settings` says; its members are those of `defaults.json`:
    ///
    /// - `classes`: `skeleton`, `animating`, `error`, each one class, several, or none;
    /// - `words`: a backend's status word → `pending`, `generating`, `ready` or `failed`;
    /// - `aliases`: a backend's asset name → the page's; `parts`: `scene` → `scenes` gathers `scene_1`, `scene_2`, …;
    /// - `columns`: a column of the row → the asset whose content it is (`audio.track`: captions);
    /// - `media`: an asset → `text`, `image`, `audio`, `video`, `frame`, `link` or `background`;
    /// - `texts`: `state` or `asset.state` → text, where `{}` is the asset's name; nested by asset is fine too;
    /// - `order` and `schemes`: lists, which replace what was there.
    ///
    /// Members with other names and values that are no strings are skipped. `false` if this is no JSON object.
    pub fn extend(&mut self, settings: &str) -> bool {
        let Some(settings) = Json::parse(settings).filter(|json| json.kind() == Kind::Object) else { return false };
        for (name, value) in settings.members() {
            let table = match &*name {
                "classes" => &mut self.classes,
                "words" => &mut self.words,
                "aliases" => &mut self.aliases,
                "parts" => &mut self.parts,
                "columns" => &mut self.columns,
                "media" => &mut self.media,
                "texts" => &mut self.texts,
                "order" | "schemes" => {
                    let list = value.items().filter_map(|item| Some(item.as_str()?.into_owned())).collect();
                    *(if name == "order" { &mut self.order } else { &mut self.schemes }) = list;
                    continue;
                }
                _ => continue,
            };
            add(table, "", value);
        }
        true
    }

    /// The class names for `skeleton`, `animating` or `error`.
    pub fn class<'a>(&'a self, name: &'a str) -> &'a str {
        find(&self.classes, name).unwrap_or(name)
    }

    /// The status that a backend's word stands for, in any case; `None` if nobody knows it.
    pub fn status(&self, word: &str) -> Option<Status> {
        let known = self.words.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case(word.trim_ascii()))?;
        Status::from_code(&known.1)
    }

    /// The page's name for what a backend calls `asset`.
    pub fn asset<'a>(&'a self, asset: &'a str) -> &'a str {
        find(&self.aliases, asset).unwrap_or(asset)
    }

    /// The asset and the number for a name such as `scene_3`; counted from 1.
    pub fn part_of(&self, asset: &str) -> Option<(&str, u32)> {
        let (name, number) = asset.rsplit_once(['_', '-'])?;
        let number = number.parse().ok().filter(|number| *number > 0)?;
        Some((find(&self.parts, name)?, number))
    }

    /// The asset (and, behind a dot, the field) whose content is in the column.
    pub fn column(&self, column: &str) -> Option<&str> {
        find(&self.columns, column)
    }

    /// How the asset is shown in an element that does not say so itself.
    pub fn medium(&self, asset: &str, url: &str) -> Medium {
        find(&self.media, asset).and_then(Medium::from_code).unwrap_or_else(|| source::medium_of(url))
    }

    /// The place of `asset` in the order; what is not in it comes last.
    pub fn rank(&self, asset: &str) -> usize {
        self.order.iter().position(|one| one == asset).unwrap_or(self.order.len())
    }

    /// The text for `asset` and `key`, or else for `key` alone, with `{}` filled in by `value`.
    pub fn text(&self, asset: &str, key: &str, value: &str) -> String {
        let text = self.entry(asset, key).map(|(_, text)| text).unwrap_or_default();
        let (before, after) = text.split_once("{}").unwrap_or((text, ""));
        let value = if before.len() == text.len() { "" } else { value };
        [before, value, after].concat()
    }

    /// Whether the page set this text itself.
    pub fn is_own_text(&self, asset: &str, key: &str) -> bool {
        self.entry(asset, key).is_some_and(|(at, _)| at >= self.built_in_texts)
    }

    /// What the asset is called.
    pub fn name<'a>(&'a self, asset: &'a str) -> &'a str {
        self.entry(asset, "name").map_or(asset, |(_, text)| text)
    }

    fn entry(&self, asset: &str, key: &str) -> Option<(usize, &str)> {
        let find = |prefix: &str| {
            let at = self.texts.iter().rposition(|(name, _)| {
                name.strip_prefix(prefix)
                    .and_then(|rest| if prefix.is_empty() { Some(rest) } else { rest.strip_prefix('.') })
                    == Some(key)
            })?;
            Some((at, self.texts.get(at)?.1.as_str()))
        };
        find(asset).or_else(|| find(""))
    }
}

impl Default for AssetConfig {
    fn default() -> AssetConfig {
        AssetConfig::new()
    }
}

fn find<'a>(table: &'a Table, name: &str) -> Option<&'a str> {
    table.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// Adds the members of an object; those of an object within it under `outer.inner`.
fn add(table: &mut Table, prefix: &str, value: Json<'_>) {
    for (name, value) in value.members() {
        let name = if prefix.is_empty() { name.into_owned() } else { [prefix, ".", &name].concat() };
        if let Some(text) = value.as_str() {
            table.push((name, text.into_owned()));
        } else if prefix.is_empty() {
            add(table, &name, value);
        }
    }
}
