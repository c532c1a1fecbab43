//! The tables that a page can extend: words, names, columns, texts, order.

use super::source::{ending, is_image};
use super::status::{Medium, Status};
use crate::core::base::json_write::push_number;
use crate::core::base::{Json, Kind, join};

/// The settings of everything that this module reads and shows. Starts with the defaults in `defaults.json`; a page
/// extends it by JSON of the same form.
///
/// All tables are one: `words.queued` is `pending`. The last entry of a name counts, so what a page adds overrides what
/// was there. An item of a list is a name too, and stands for its place: `order.cover` is `1`.
pub struct AssetConfig {
    entries: Vec<(String, String)>,
    /// How many of them are the defaults.
    built_in: usize,
}

impl AssetConfig {
    /// The defaults.
    pub fn new() -> AssetConfig {
        let mut config = AssetConfig { entries: Vec::new(), built_in: 0 };
        config.extend(include_str!("defaults.json"));
        config.built_in = config.entries.len();
        config
    }

    /// Adds what the JSON object `settings` says; its members are those of `defaults.json`:
    ///
    /// - `classes`: `skeleton`, `animating`, `error`, each one class, several, or none;
    /// - `words`: a backend's status word → `pending`, `generating`, `ready` or `failed`;
    /// - `aliases`: a backend's asset name → the page's; `parts`: `scene` → `scenes` gathers `scene_1`, `scene_2`, …;
    /// - `columns`: a column of the row → the asset whose content it is (`audio.track`: captions);
    /// - `media`: an asset → `text`, `image`, `audio`, `video`, `frame`, `link` or `background`; `endings`: the same for
    ///   the endings of addresses;
    /// - `texts`: `state` or `asset.state` → text, where `{}` is the asset's name; nested by asset is fine too;
    /// - `order` and `schemes`: lists, which replace what was there.
    ///
    /// Members with other names and values that are no strings are skipped. `false` if this is no JSON object.
    pub fn extend(&mut self, settings: &str) -> bool {
        let Some(settings) = Json::parse(settings).filter(|json| json.kind() == Kind::Object) else { return false };
        self.add("", settings);
        true
    }

    /// The class names for `skeleton`, `animating` or `error`.
    pub fn class<'a>(&'a self, name: &'a str) -> &'a str {
        self.find("classes.", name).unwrap_or(name)
    }

    /// The status that a backend's word stands for, in any case; `None` if nobody knows it.
    pub fn status(&self, word: &str) -> Option<Status> {
        self.find("words.", word.trim_ascii()).and_then(Status::from_code)
    }

    /// The page's name for what a backend calls `asset`.
    pub fn asset<'a>(&'a self, asset: &'a str) -> &'a str {
        self.find("aliases.", asset).unwrap_or(asset)
    }

    /// The asset and the number for a name such as `scene_3`; counted from 1.
    pub fn part_of(&self, asset: &str) -> Option<(&str, usize)> {
        let at = asset.bytes().rposition(|byte| byte == b'_' || byte == b'-')?;
        let number = Json::parse(asset.get(at + 1..)?)?.as_u64().filter(|number| *number > 0)?;
        Some((self.find("parts.", asset.get(..at)?)?, usize::try_from(number).ok()?))
    }

    /// The asset (and, behind a dot, the field) whose content is in the column.
    pub fn column(&self, column: &str) -> Option<&str> {
        self.find("columns.", column)
    }

    /// How the asset is shown in an element that does not say so itself: by its name, or by the ending of its address;
    /// a link if neither says anything.
    pub fn medium(&self, asset: &str, url: &str) -> Medium {
        let named = self.find("media.", asset).or_else(|| self.find("endings.", ending(url)));
        let plain = if is_image(url) { Medium::Image } else { Medium::Link };
        named.and_then(Medium::from_code).unwrap_or(plain)
    }

    /// The place of `asset` in the order; what is not in it comes last.
    pub fn rank(&self, asset: &str) -> u64 {
        self.find("order.", asset).and_then(Json::parse).and_then(Json::as_u64).unwrap_or(u64::MAX)
    }

    /// Whether addresses of the scheme may come into the page.
    pub fn allows(&self, scheme: &str) -> bool {
        self.find("schemes.", scheme).is_some()
    }

    /// The text for `asset` and `key`, or else for `key` alone, with `{}` filled in by `value`.
    pub fn text(&self, asset: &str, key: &str, value: &str) -> String {
        let text = self.text_at(asset, key).map(|(_, text)| text).unwrap_or_default();
        match text.bytes().position(|byte| byte == b'{') {
            Some(at) => {
                let (before, after) = (text.get(..at), text.get(at + 2..));
                join(&[before.unwrap_or_default(), value, after.unwrap_or_default()])
            }
            None => text.to_owned(),
        }
    }

    /// Whether the page set this text itself.
    pub fn is_own_text(&self, asset: &str, key: &str) -> bool {
        self.text_at(asset, key).is_some_and(|(at, _)| at >= self.built_in)
    }

    /// What the asset is called.
    pub fn name<'a>(&'a self, asset: &'a str) -> &'a str {
        self.text_at(asset, "name").map_or(asset, |(_, text)| text)
    }

    fn text_at(&self, asset: &str, key: &str) -> Option<(usize, &str)> {
        let own = join(&["texts.", asset, "."]);
        let (special, general) = (self.find_at(&own, key), self.find_at("texts.", key));
        // What the page says of all assets counts before what we say of one.
        let is_theirs = |found: &(usize, &str)| found.0 >= self.built_in;
        special.filter(is_theirs).or(general.filter(is_theirs)).or(special).or(general)
    }

    fn find(&self, table: &str, name: &str) -> Option<&str> {
        self.find_at(table, name).map(|(_, value)| value)
    }

    #[inline(never)]
    fn find_at(&self, table: &str, name: &str) -> Option<(usize, &str)> {
        // The length tells most of them apart.
        let length = table.len() + name.len();
        let is_it = |key: &str| key.strip_prefix(table).is_some_and(|rest| rest.eq_ignore_ascii_case(name));
        let at = self.entries.iter().rposition(|(key, _)| key.len() == length && is_it(key))?;
        self.entries.get(at).map(|(_, value)| (at, value.as_str()))
    }

    /// Adds the members of an object, the items of a list, or a text, under a name that ends with a dot.
    fn add(&mut self, name: &str, value: Json<'_>) {
        for (member, value) in value.members() {
            let name = join(&[name, &member, "."]);
            match value.as_str() {
                Some(text) => self.put(&name, &text),
                None => self.add(&name, value),
            }
        }
        if value.kind() == Kind::Array {
            self.entries.retain(|(key, _)| !key.starts_with(name));
        }
        for (at, item) in value.items().enumerate() {
            let mut place = String::new();
            push_number(&mut place, at as u64);
            self.put(&join(&[name, &item.as_str().unwrap_or_default(), "."]), &place);
        }
    }

    fn put(&mut self, name: &str, value: &str) {
        self.entries.push((name.strip_suffix('.').unwrap_or(name).to_owned(), value.to_owned()));
    }
}

impl Default for AssetConfig {
    fn default() -> AssetConfig {
        AssetConfig::new()
    }
}
