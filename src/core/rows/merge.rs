//! Merging what was read with what changed: by primary key, newer over older.

use super::{Set, key_text};
use crate::core::base::{Json, Timestamp};
use crate::core::effect::RowsEvent;

/// The column that orders the versions of a row, where a table has it.
const VERSION_COLUMN: &str = "updated_at";

/// One row.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    /// `updated_at`, if the row has it.
    version: Option<Timestamp>,
    /// The commit of the change that brought it; 0 if it was read.
    commit: Timestamp,
    /// The row as JSON.
    pub(crate) text: String,
}

impl Entry {
    fn new(key: &str, row: Json<'_>, commit: Timestamp) -> Entry {
        Entry { key: key.to_owned(), version: version_of(row), commit, text: row.text().to_owned() }
    }

    /// Whether `self` is older than `other`. Rows are ordered by their version; without one, changes by their commit.
    fn is_older_than(&self, other: &Entry) -> bool {
        match (self.version, other.version) {
            (Some(mine), Some(theirs)) if mine != theirs => mine < theirs,
            _ => self.commit.0 != 0 && self.commit < other.commit,
        }
    }
}

fn version_of(row: Json<'_>) -> Option<Timestamp> {
    row.get_str(VERSION_COLUMN).and_then(|text| Timestamp::parse(&text))
}

/// The commit time of a change; it can be null.
fn commit_of(data: Json<'_>) -> Timestamp {
    data.get_str("commit_timestamp").and_then(|text| Timestamp::parse(&text)).unwrap_or_default()
}

impl Set {
    /// Whether a change can be ordered against the rows by itself.
    pub(super) fn has_version(&self, data: Json<'_>) -> bool {
        data.get("record").is_some_and(|row| version_of(row).is_some())
    }

    /// Takes one change.
    pub(super) fn apply_change(&mut self, data: Json<'_>, events: &mut Vec<RowsEvent>) {
        if data.get_str("type").as_deref() == Some("DELETE") {
            let key = data.get("old_record").and_then(|old| old.get(&self.query.key));
            if let Some(key) = key {
                self.remove(&key_text(key), events);
            }
            return;
        }
        let Some(row) = data.get("record") else { return };
        let Some(key) = row.get(&self.query.key) else { return };
        self.put(Entry::new(&key_text(key), row, commit_of(data)), events);
    }

    /// Takes the rows of a whole read, and then the changes that were held back meanwhile. What the read does not hold any
    /// more is gone, unless a change brought it in the meantime.
    pub(super) fn apply_read(&mut self, rows: &[Json<'_>], events: &mut Vec<RowsEvent>) {
        let held = core::mem::take(&mut self.held);
        let held: Vec<Json<'_>> = held.iter().filter_map(|data| Json::parse(data)).collect();
        let keyed = |row: &Json<'_>| row.get(&self.query.key).map(|key| key_text(key).into_owned());
        let fresh: Vec<(String, Json<'_>)> = rows.iter().filter_map(|row| Some((keyed(row)?, *row))).collect();
        let changed: Vec<Option<String>> =
            held.iter().map(|data| data.get("record").as_ref().and_then(keyed)).collect();
        let gone = self.entries.iter().map(|entry| &entry.key).filter(|key| {
            !fresh.iter().any(|(of, _)| of == *key) && !changed.iter().any(|of| of.as_ref() == Some(key))
        });
        for key in gone.cloned().collect::<Vec<_>>() {
            self.remove(&key, events);
        }
        for (key, row) in &fresh {
            self.put(Entry::new(key, *row, Timestamp(0)), events);
        }
        for (at, data) in held.iter().enumerate() {
            // A row without a version: the changes up to the one that the read shows are in the read.
            let is_in_read = |later: usize| {
                let same_key = changed.get(later) == changed.get(at);
                let record = held.get(later).and_then(|data| data.get("record"));
                let read = fresh.iter().find(|(key, _)| changed.get(at).is_some_and(|of| of.as_ref() == Some(key)));
                matches!((record, read), (Some(record), Some((_, read))) if same_key && same_row(record, *read))
            };
            if !self.has_version(*data) && (at..held.len()).any(is_in_read) {
                continue;
            }
            self.apply_change(*data, events);
        }
    }

    fn put(&mut self, entry: Entry, events: &mut Vec<RowsEvent>) {
        let event = RowsEvent::Put(entry.key.clone(), entry.text.clone());
        match self.entries.iter_mut().find(|known| known.key == entry.key) {
            None => self.entries.push(entry),
            Some(known) if entry.is_older_than(known) => return,
            Some(known) => {
                let same = match (Json::parse(&known.text), Json::parse(&entry.text)) {
                    (Some(known), Some(entry)) => same_row(known, entry),
                    _ => false,
                };
                *known = Entry { commit: known.commit.max(entry.commit), ..entry };
                if same {
                    return;
                }
            }
        }
        self.missing = false;
        events.push(event);
    }

    fn remove(&mut self, key: &str, events: &mut Vec<RowsEvent>) {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.key != key);
        if self.entries.len() != before {
            events.push(RowsEvent::Gone(key.to_owned()));
        }
    }
}

/// Whether two rows hold the same, in whatever order their columns stand.
fn same_row(one: Json<'_>, other: Json<'_>) -> bool {
    one.text() == other.text()
        || one.members().count() == other.members().count()
            && one.members().all(|(name, value)| other.get(&name).is_some_and(|of| of.text() == value.text()))
}
