//! Merging what was read with what changed: by primary key, newer over older.

use super::{News, Set, key_text};
use crate::core::WHOLE;
use crate::core::base::json_write::push_name;
use crate::core::base::{Json, Timestamp, is_equal};
use crate::core::effect::RowsEvent;
use crate::core::ids::RowsId;

/// The column that orders the versions of a row, where a table has it.
const VERSION_COLUMN: &str = "updated_at";

/// One row.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    /// `updated_at`, if the row has it.
    version: Option<Timestamp>,
    /// The commit of the change that brought it; 0 if it was read.
    commit: Timestamp,
    /// How many columns it has.
    columns: usize,
    /// The row as JSON.
    pub(crate) text: String,
}

impl Entry {
    /// `None` if the row does not have the column of its key. One walk: it is the largest part of every message.
    fn read(key_column: &str, row: Json<'_>, commit: Timestamp) -> Option<Entry> {
        let (mut key, mut version, mut columns) = (None, None, 0);
        for (name, value) in row.members() {
            columns += 1;
            if name == key_column {
                key = Some(value);
            }
            if name == VERSION_COLUMN {
                version = time_of(value);
            }
        }
        Some(Entry { key: key_text(key?).into_owned(), version, commit, columns, text: row.text().to_owned() })
    }

    fn news(&self) -> News {
        News::Put(self.key.clone(), self.text.clone(), self.version)
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
    row.get(VERSION_COLUMN).and_then(time_of)
}

fn time_of(value: Json<'_>) -> Option<Timestamp> {
    Timestamp::parse(&value.as_str()?)
}

/// The `data` of a change, found in one walk.
pub(super) struct Change<'a> {
    /// The row is not there any more.
    pub(super) gone: bool,
    /// The server could not send it whole: it is too large, or its table has no primary key.
    pub(super) cut: bool,
    row: Option<Json<'a>>,
    old: Option<Json<'a>>,
    /// Can be null.
    commit: Option<Json<'a>>,
}

impl<'a> Change<'a> {
    pub(super) fn read(data: Json<'a>) -> Change<'a> {
        let [kind, errors, row, old, commit] =
            data.pick(["type", "errors", "record", "old_record", "commit_timestamp"]);
        let gone = kind.is_some_and(|kind| kind.text() == "\"DELETE\"");
        Change { gone, cut: errors.is_some_and(|errors| errors.items().next().is_some()), row, old, commit }
    }

    /// Whether it can be ordered against the rows by itself.
    pub(super) fn has_version(&self) -> bool {
        self.row.is_some_and(|row| version_of(row).is_some())
    }
}

impl Set {
    /// The key of the row that a change is about.
    pub(super) fn key_of(&self, change: &Change<'_>) -> Option<String> {
        let key = change.row.or(change.old)?.get(&self.query.key)?;
        Some(key_text(key).into_owned())
    }

    /// Takes one change.
    pub(super) fn apply_change(&mut self, change: &Change<'_>, news: &mut Vec<(RowsId, News)>) {
        if let Some(key) = self.drop_renamed(change) {
            news.push((self.id, News::Event(RowsEvent::Gone(key))));
        }
        if let Some(one) = self.change(change) {
            news.push((self.id, one));
        }
    }

    /// A row that has another key now is not there under the one that it had, which is returned.
    fn drop_renamed(&mut self, change: &Change<'_>) -> Option<String> {
        // A story page follows rows by their keys, and hears nothing of one that has another.
        let (row, old) = change.row.zip(change.old).filter(|_| WHOLE)?;
        let key = key_text(old.get(&self.query.key)?);
        if key == key_text(row.get(&self.query.key)?) {
            return None;
        }
        let at = self.entries.iter().position(|entry| entry.key == key)?;
        Some(self.entries.remove(at).key)
    }

    /// Takes one change; what has become of the row, if anything has.
    fn change(&mut self, change: &Change<'_>) -> Option<News> {
        let Some(row) = change.row else {
            let key = self.key_of(change)?;
            let at = self.entries.iter().position(|entry| entry.key == key)?;
            self.entries.remove(at);
            return Some(News::Event(RowsEvent::Gone(key)));
        };
        let mut entry = Entry::read(&self.query.key, row, change.commit.and_then(time_of).unwrap_or_default())?;
        if let Some(known) = self.entries.iter().find(|known| known.key == entry.key)
            && entry.columns != known.columns // hardly ever
            && let Some(text) = completed(row, &known.text)
        {
            entry.columns = Json::known(&text).members().count();
            entry.text = text;
        }
        self.put(entry)
    }

    /// Takes the rows of a whole read, and then the changes that were held back meanwhile. What the read does not hold any
    /// more is gone, unless a change spoke of it in the meantime. The page is told what has become of it all, once.
    pub(super) fn apply_read(&mut self, rows: &[Json<'_>], news: &mut Vec<(RowsId, News)>) {
        let before = self.entries.clone();
        let held = core::mem::take(&mut self.held);
        let mut kept = Vec::new();
        for data in &held {
            if let Some(key) = self.key_of(&Change::read(Json::known(data))) {
                kept.push(key);
            }
        }
        for row in rows {
            let Some(entry) = Entry::read(&self.query.key, *row, Timestamp(0)) else { continue };
            kept.push(entry.key.clone());
            self.put(entry);
        }
        self.entries.retain(|entry| kept.contains(&entry.key));
        for data in &held {
            let change = Change::read(Json::known(data));
            self.drop_renamed(&change);
            self.change(&change);
        }
        for old in &before {
            if !self.entries.iter().any(|entry| entry.key == old.key) {
                news.push((self.id, News::Event(RowsEvent::Gone(old.key.clone()))));
            }
        }
        for entry in &self.entries {
            if !before.iter().any(|old| entry.key == old.key && is_same(&old.text, &entry.text)) {
                news.push((self.id, entry.news()));
            }
        }
    }

    fn put(&mut self, entry: Entry) -> Option<News> {
        self.missing = false;
        let news = entry.news();
        match self.entries.iter_mut().find(|known| known.key == entry.key) {
            None => self.entries.push(entry),
            Some(known) if entry.is_older_than(known) => return None,
            Some(known) => {
                let same = is_same(&known.text, &entry.text);
                *known = Entry { commit: known.commit.max(entry.commit), ..entry };
                if same {
                    return None;
                }
            }
        }
        Some(news)
    }
}

/// A changed row with the columns that only the known one has: Postgres does not send a large value that stayed the same.
/// `None` if there are none.
fn completed(row: Json<'_>, known: &str) -> Option<String> {
    let known = Json::known(known);
    let mut text = row.text().strip_suffix('}')?.to_owned();
    let before = text.len();
    for (name, value) in known.members().filter(|(name, _)| row.get(name).is_none()) {
        push_name(&mut text, &name);
        text.push_str(value.text());
    }
    if text.len() == before {
        return None;
    }
    text.push('}');
    Some(text)
}

/// Whether two rows hold the same, in whatever order their columns stand.
fn is_same(one: &str, other: &str) -> bool {
    let is_same = is_equal(one.as_bytes(), other.as_bytes());
    if !WHOLE || is_same {
        // An asset takes nothing from a row that says the same in other words.
        return is_same;
    }
    let (this, that) = (Json::known(one), Json::known(other));
    this.members().count() == that.members().count()
        && this
            .members()
            .all(|(name, value)| that.get(&name).is_some_and(|of| significant(of.text()).eq(significant(value.text()))))
}

/// The bytes of a JSON text without the white space between its parts.
fn significant(text: &str) -> impl Iterator<Item = u8> {
    let (mut quoted, mut escaped) = (false, false);
    text.bytes().filter(move |byte| {
        let inside = quoted;
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            _ => {}
        }
        inside || !matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
    })
}
