//! Reads what a row of `stories` says about its assets, in either of the forms that backends use: the column
//! `asset_generation_status`, and columns that hold the content itself.

use std::borrow::Cow;

use super::config::AssetConfig;
use super::progress::percent;
use super::status::{Medium, Oddity, Status};
use crate::core::base::{Json, Kind, Timestamp};

/// The most assets of one story; further ones are left out.
pub const ASSET_LIMIT: usize = 64;

/// The longest name of an asset, in bytes.
const NAME_LIMIT: usize = 64;

/// What one row says about one asset. Empty strings are "not said".
pub(super) struct Reading<'a> {
    /// The page's name.
    pub(super) name: String,
    /// The backend's name, for a retry.
    pub(super) raw: String,
    /// `None` if only content was there.
    pub(super) status: Option<Status>,
    /// Percent.
    pub(super) progress: Option<u8>,
    /// The address, not checked yet.
    pub(super) url: String,
    /// The address of captions, not checked yet.
    pub(super) track: String,
    /// The text of a text asset.
    pub(super) text: String,
    /// A JSON array.
    pub(super) list: Cow<'a, str>,
    /// The asset's own `updatedAt`.
    pub(super) version: Option<Timestamp>,
}

impl Reading<'_> {
    /// Whether the content is there.
    pub(super) fn has_content(&self) -> bool {
        !self.url.is_empty() || !self.text.is_empty() || !self.list.is_empty()
    }
}

/// Reads the column `asset_generation_status`, and then the columns with content.
///
/// `is_known` says whether the story already has an asset; a column `<asset>_url` counts only for those. `odd` is told
/// what was not expected: the asset, what, and the value.
pub(super) fn read<'a>(
    config: &AssetConfig,
    row: Json<'a>,
    states: Option<Json<'a>>,
    is_known: &dyn Fn(&str) -> bool,
    odd: &mut dyn FnMut(&str, Oddity, &str),
) -> Vec<Reading<'a>> {
    let mut readings = Vec::new();
    if let Some(states) = states {
        // Some backends put the assets right into the column.
        for (raw, state) in states.get("assets").unwrap_or(states).members() {
            if let Some(reading) = read_state(config, raw.into_owned(), state, odd) {
                join(&mut readings, reading, odd);
            }
        }
    }
    for (column, value) in row.members() {
        let plain = column.strip_suffix("_url").map(|name| config.asset(name));
        let known = |name: &&str| is_known(name) || readings.iter().any(|reading| reading.name == *name);
        let Some(target) = config.column(&column).or(plain.filter(known)) else { continue };
        // A column that ends in `_url` holds an address, also that of a text.
        let (name, field) = target.split_once('.').unwrap_or((target, if plain.is_some() { "url" } else { "" }));
        let (name, field) = (name.to_owned(), field.to_owned());
        if let Some(reading) = readings.iter_mut().find(|reading| reading.name == name) {
            read_content(config, reading, &field, value);
        } else {
            let mut reading = blank(name.clone(), name);
            read_content(config, &mut reading, &field, value);
            if reading.has_content() || !reading.track.is_empty() {
                join(&mut readings, reading, odd);
            }
        }
    }
    readings
}

/// Keeps one reading for each asset: the newer one, or else the one that is further.
fn join<'a>(readings: &mut Vec<Reading<'a>>, reading: Reading<'a>, odd: &mut dyn FnMut(&str, Oddity, &str)) {
    let order = |reading: &Reading<'_>| (reading.version, reading.status.map(|status| status as u8));
    let is_full = readings.len() == ASSET_LIMIT;
    match readings.iter_mut().find(|other| other.name == reading.name) {
        Some(other) if order(other) < order(&reading) => *other = reading,
        Some(_) => {}
        None if is_full => odd("", Oddity::TooMany, ""),
        None => readings.push(reading),
    }
}

fn blank<'a>(name: String, raw: String) -> Reading<'a> {
    Reading {
        name,
        raw,
        status: None,
        progress: None,
        url: String::new(),
        track: String::new(),
        text: String::new(),
        list: Cow::Borrowed(""),
        version: None,
    }
}

/// One entry of `assets`: an object, or the status word alone. Other values say nothing.
fn read_state<'a>(
    config: &AssetConfig,
    raw: String,
    state: Json<'a>,
    odd: &mut dyn FnMut(&str, Oddity, &str),
) -> Option<Reading<'a>> {
    if raw.is_empty() || raw.len() > NAME_LIMIT || !matches!(state.kind(), Kind::Object | Kind::String) {
        return None;
    }
    let mut reading = blank(config.asset(&raw).to_owned(), raw);
    let mut word = (state.kind() == Kind::String).then_some(state);
    for (field, value) in state.members() {
        match &*field {
            _ if value.is_null() => {}
            "status" | "state" => word = Some(value),
            "progress" => {
                reading.progress = percent(value);
                if reading.progress.is_none() {
                    odd(&reading.name, Oddity::BadProgress, value.text());
                }
            }
            "updatedAt" | "updated_at" => reading.version = value.as_str().and_then(|text| Timestamp::parse(&text)),
            "url" | "urls" | "items" => read_content(config, &mut reading, "url", value),
            "text" => read_content(config, &mut reading, "text", value),
            _ => {}
        }
    }
    // A url without a word is content; nothing at all is pending.
    if word.is_some() || !reading.has_content() {
        let status = word.and_then(|word| config.status(&word.as_str()?));
        if let (None, Some(word)) = (status, word) {
            odd(&reading.name, Oddity::UnknownStatus, word.text());
        }
        let status = status.unwrap_or(Status::Pending);
        if status != Status::Ready {
            // What stands beside "generating" is left over from before.
            reading.url.clear();
            reading.text.clear();
        }
        reading.status = Some(status);
    }
    Some(reading)
}

/// A string is a text or an address, an array is a list, an object has either inside.
fn read_content<'a>(config: &AssetConfig, reading: &mut Reading<'a>, field: &str, value: Json<'a>) {
    match value.kind() {
        Kind::Array if value.items().next().is_some() => reading.list = Cow::Borrowed(value.text()),
        Kind::Object => {
            for field in ["text", "url"] {
                if let Some(value) = value.get(field).filter(|value| value.kind() == Kind::String) {
                    read_content(config, reading, field, value);
                }
            }
        }
        Kind::String => {
            let text = value.as_str().unwrap_or_default();
            let slot = match field {
                "text" => &mut reading.text,
                "track" => &mut reading.track,
                "" if config.medium(&reading.name, "") == Medium::Text => &mut reading.text,
                _ => &mut reading.url,
            };
            if !text.trim_ascii().is_empty() {
                *slot = text.trim_ascii().to_owned();
            }
        }
        Kind::Array | Kind::Null | Kind::Bool | Kind::Number => {}
    }
}
