//! Reads what a row of `stories` says about its assets, in either of the forms that backends use: the column
//! `asset_generation_status`, and columns that hold the content itself.

use super::config::AssetConfig;
use super::progress::percent;
use super::record::Asset;
use super::status::{Medium, Oddity, Status};
use crate::core::base::{Json, Kind, Timestamp};

/// The most assets of one story; further ones are left out.
pub const ASSET_LIMIT: usize = 64;

/// The longest name of an asset, in bytes.
const NAME_LIMIT: usize = 64;

/// The kinds of content: an address, the address of captions, a text, a JSON array. Empty is none.
pub(super) type Content = [String; 4];
pub(super) const URL: usize = 0;
pub(super) const TRACK: usize = 1;
pub(super) const TEXT: usize = 2;
pub(super) const LIST: usize = 3;

/// Whether there is anything to show; captions alone are nothing.
pub(super) fn is_something(content: &Content) -> bool {
    content.iter().enumerate().any(|(at, part)| at != TRACK && !part.is_empty())
}

/// What was not expected: the asset, what, and the value.
pub(super) type Oddities = Vec<(String, Oddity, String)>;

/// What one row says about one asset.
#[derive(Default)]
pub(super) struct Reading {
    /// The page's name.
    pub(super) name: String,
    /// The backend's name, for a retry.
    pub(super) raw: String,
    /// `None` if only content was there.
    pub(super) status: Option<Status>,
    /// Percent.
    pub(super) progress: Option<u8>,
    /// Addresses are not checked yet.
    pub(super) content: Content,
    /// The asset's own `updatedAt`; 0 is none.
    pub(super) version: Timestamp,
    /// The state as it stands in the row, if all that is said of the asset is in it, with a time of its own; or else empty.
    pub(super) told: String,
}

/// Reads the column `asset_generation_status`, and then the columns with content.
///
/// `assets` are those that the story has; a column `<asset>_url` counts only for those. With `skips`, states that those were
/// told before are left out: of a story that is being made nearly every row says one thing that the row before did not.
/// `None`: something else is said of one of them, so nothing may be left out.
pub(super) fn read(
    config: &AssetConfig,
    row: Json<'_>,
    states: Option<Json<'_>>,
    assets: &[Asset],
    skips: bool,
    odd: &mut Oddities,
) -> Option<Vec<Reading>> {
    let mut readings = Vec::new();
    let mut skipped = 0u64;
    if let Some(states) = states {
        // Some backends put the assets right into the column.
        for (raw, state) in states.get("assets").unwrap_or(states).members() {
            match assets.iter().position(|asset| asset.was_told(&raw, state)) {
                Some(at) if skips => skipped |= 1 << at,
                _ => read_state(config, &mut readings, &raw, state, odd),
            }
        }
    }
    let is_known = |name: &str| assets.iter().any(|asset| asset.name == name);
    for (column, value) in row.members() {
        let plain = column.strip_suffix("_url").map(|name| config.asset(name));
        let known = |name: &&str| is_known(name) || readings.iter().any(|reading: &Reading| reading.name == *name);
        let Some(target) = config.column(&column).or(plain.filter(known)) else { continue };
        let (name, slot) = match target.strip_suffix(".track") {
            Some(name) => (name, Some(TRACK)),
            // A column that ends in `_url` holds an address, also that of a text.
            None => (target, plain.is_some().then_some(URL)),
        };
        let mut content = Content::default();
        read_content(config, &mut content, name, slot, value);
        match readings.iter_mut().find(|reading| reading.name == name) {
            Some(reading) => {
                for (old, new) in reading.content.iter_mut().zip(content) {
                    if !new.is_empty() {
                        *old = new;
                        reading.told.clear();
                    }
                }
            }
            None if content.iter().all(String::is_empty) => {}
            None => {
                let reading = Reading { name: name.to_owned(), raw: name.to_owned(), content, ..Reading::default() };
                join(&mut readings, reading, odd);
            }
        }
    }
    let is_skipped = |reading: &Reading| {
        let at = assets.iter().position(|asset| asset.name == reading.name);
        at.is_some_and(|at| skipped >> at & 1 == 1)
    };
    (!readings.iter().any(is_skipped)).then_some(readings)
}

/// Keeps one reading for each asset: the newer one, or else the one that is further.
fn join(readings: &mut Vec<Reading>, reading: Reading, odd: &mut Oddities) {
    let order = |reading: &Reading| (reading.version, reading.status.map(|status| status as u8));
    let is_full = readings.len() == ASSET_LIMIT;
    match readings.iter_mut().find(|other| other.name == reading.name) {
        Some(other) if order(other) >= order(&reading) => {}
        Some(other) => *other = reading,
        None if is_full => odd.push((String::new(), Oddity::TooMany, String::new())),
        None => readings.push(reading),
    }
}

/// One entry of `assets`: an object, or the status word alone. Other values say nothing.
fn read_state(config: &AssetConfig, readings: &mut Vec<Reading>, raw: &str, state: Json<'_>, odd: &mut Oddities) {
    if raw.is_empty() || raw.len() > NAME_LIMIT || !matches!(state.kind(), Kind::Object | Kind::String) {
        return;
    }
    let name = config.asset(raw).to_owned();
    let mut reading = Reading { name, raw: raw.to_owned(), ..Reading::default() };
    let mut word = (state.kind() == Kind::String).then_some(state);
    for (field, value) in state.members() {
        match &*field {
            _ if value.is_null() => {}
            "status" | "state" => word = Some(value),
            "progress" => {
                reading.progress = percent(value);
                if reading.progress.is_none() {
                    odd.push((reading.name.clone(), Oddity::BadProgress, value.text().to_owned()));
                }
            }
            "updatedAt" | "updated_at" => {
                reading.version = value.as_str().and_then(|text| Timestamp::parse(&text)).unwrap_or_default();
            }
            "url" | "urls" | "items" => read_content(config, &mut reading.content, &reading.name, Some(URL), value),
            "text" => read_content(config, &mut reading.content, &reading.name, Some(TEXT), value),
            _ => {}
        }
    }
    // A url without a word is content; nothing at all is pending.
    if word.is_some() || !is_something(&reading.content) {
        let status = word.and_then(|word| config.status(&word.as_str()?));
        if let (None, Some(word)) = (status, word) {
            odd.push((reading.name.clone(), Oddity::UnknownStatus, word.text().to_owned()));
        }
        let status = status.unwrap_or(Status::Pending);
        if status != Status::Ready {
            // What stands beside "generating" is left over from before; parts of a list may be new.
            for (at, part) in reading.content.iter_mut().enumerate() {
                if at != LIST {
                    part.clear();
                }
            }
        }
        reading.status = Some(status);
    }
    if reading.version != Timestamp(0) {
        reading.told = state.text().to_owned();
    }
    join(readings, reading, odd);
}

/// A string is a text or an address, an array is a list, an object has either inside.
fn read_content(config: &AssetConfig, content: &mut Content, name: &str, slot: Option<usize>, value: Json<'_>) {
    let plain = if config.medium(name, "") == Medium::Text { TEXT } else { URL };
    let (slot, text) = match value.kind() {
        Kind::Array if value.items().next().is_some() => (LIST, Some(value.text().into())),
        Kind::Object => {
            for (field, slot) in [("text", TEXT), ("url", URL)] {
                if let Some(value) = value.get(field).filter(|value| value.kind() == Kind::String) {
                    read_content(config, content, name, Some(slot), value);
                }
            }
            return;
        }
        Kind::String => (slot.unwrap_or(plain), value.as_str()),
        Kind::Array | Kind::Null | Kind::Bool | Kind::Number => return,
    };
    let text = text.unwrap_or_default();
    if let Some(place) = content.get_mut(slot)
        && !text.trim_ascii().is_empty()
    {
        *place = text.trim_ascii().to_owned();
    }
}
