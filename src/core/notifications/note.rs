//! One notification: what a page shows of it, and whether it has been read.

use std::borrow::Cow;

use crate::core::asset::is_link;
use crate::core::base::json_write::{push_comma, push_name, push_string};
use crate::core::base::{Instant, Json, Kind, Timestamp, product};

/// The longest texts that are shown, in characters; what is longer is cut.
const TITLE_LIMIT: usize = 200;
const MESSAGE_LIMIT: usize = 1_000;
const WORD_LIMIT: usize = 60;

/// An address that is longer is none.
const URL_LIMIT: usize = 2_048;

/// What is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Card {
    /// The id, as text.
    pub id: String,
    /// `type`, or empty.
    pub kind: String,
    /// `title`, or empty.
    pub title: String,
    /// `message`, or empty.
    pub message: String,
    /// An address that may be linked, or empty.
    pub url: String,
    /// `created_at` as the server writes it, or empty.
    pub time: String,
}

impl Card {
    /// Reads a row, or the payload of a broadcast. `None` without an id.
    pub(super) fn parse(row: Json<'_>) -> Option<Card> {
        let cut = |name: &str, limit: usize| -> String {
            row.get_str(name).unwrap_or_default().trim().chars().take(limit).collect()
        };
        Some(Card {
            id: id_of(row)?.into_owned(),
            kind: cut("type", WORD_LIMIT),
            title: cut("title", TITLE_LIMIT),
            message: cut("message", MESSAGE_LIMIT),
            url: url_of(row),
            time: cut("created_at", WORD_LIMIT),
        })
    }

    /// Whether it says that something went wrong.
    pub(super) fn is_failure(&self) -> bool {
        self.kind == "error" || self.kind == "failed" || self.kind.ends_with("_failed") || self.kind.ends_with("_error")
    }

    /// How many characters there are to read.
    pub(super) fn length(&self) -> usize {
        self.title.chars().count() + self.message.chars().count()
    }

    /// Appends it as the members of a JSON object.
    pub(super) fn write(&self, out: &mut String) {
        for (name, text) in [
            ("id", &self.id),
            ("type", &self.kind),
            ("title", &self.title),
            ("message", &self.message),
            ("url", &self.url),
            ("time", &self.time),
        ] {
            push_name(out, name);
            push_string(out, text);
        }
    }
}

/// The id of a row: a text that is not empty, or a number.
fn id_of(row: Json<'_>) -> Option<Cow<'_, str>> {
    let id = row.get("id")?;
    match id.kind() {
        Kind::String => id.as_str().filter(|id| !id.is_empty() && id.len() <= URL_LIMIT),
        Kind::Number => Some(Cow::Borrowed(id.text())),
        _ => None,
    }
}

/// The first address that there is, if a link may go there.
fn url_of(row: Json<'_>) -> String {
    let data = row.get("data");
    let places = [
        row.get("action_url"),
        row.get("url"),
        data.and_then(|data| data.get("action_url")),
        data.and_then(|data| data.get("url")),
    ];
    let first = places.into_iter().flatten().filter_map(Json::as_str).find(|url| !url.is_empty());
    first.filter(|url| url.len() <= URL_LIMIT && is_link(url)).unwrap_or_default().into_owned()
}

/// Whether a row says that it has been read: `true`, or the time at which it was.
fn says_read(row: Json<'_>, column: &str) -> bool {
    let Some(value) = row.get(column) else { return false };
    match value.kind() {
        Kind::Null | Kind::Array | Kind::Object => false,
        Kind::Bool => value.as_bool() == Some(true),
        Kind::Number => value.text() != "0",
        Kind::String => value.as_str().is_some_and(|text| !text.is_empty() && text != "false"),
    }
}

/// What this page has done about it, beyond what the row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    No,
    /// Marked as read; the server has not said yet whether it is.
    Pending(u32),
    /// And the server took it. It holds until the row says so too.
    Done,
}

/// One that is known.
#[derive(Clone, Debug)]
pub(super) struct Note {
    pub(super) card: Card,
    /// When it was made; when it was first heard of, if nobody says.
    pub(super) created: Timestamp,
    pub(super) heard: Instant,
    /// What the row says.
    row_read: bool,
    pub(super) mark: Mark,
    /// It came as a row, and so is not just something that was said.
    pub(super) stored: bool,
    /// Its row has gone. It is remembered, so that a broadcast that comes late does not bring it back.
    pub(super) gone: bool,
    /// The page was told of it as news.
    pub(super) announced: bool,
}

impl Note {
    pub(super) fn new(now: Instant, card: Card, row: Json<'_>, column: &str, stored: bool) -> Note {
        let created = Timestamp::parse(&card.time).unwrap_or(Timestamp(product(now.0, 1_000)));
        let row_read = says_read(row, column);
        Note { card, created, heard: now, row_read, mark: Mark::No, stored, gone: false, announced: false }
    }

    pub(super) fn is_unread(&self) -> bool {
        !self.gone && !self.row_read && self.mark == Mark::No
    }

    /// Whether it stands before another in a list; those of one moment stand in the order of their ids.
    pub(super) fn is_newer_than(&self, other: &Note) -> bool {
        self.created > other.created || (self.created == other.created && self.card.id > other.card.id)
    }

    /// Whether it is forgotten before another: what is gone first, then what is read, then what is old.
    pub(super) fn is_less_than(&self, other: &Note) -> bool {
        let rank = |note: &Note| u8::from(note.is_unread()) * 2 + u8::from(!note.gone);
        rank(self) < rank(other) || (rank(self) == rank(other) && self.created < other.created)
    }

    /// Whether the table has it as unread, whatever this page did.
    pub(super) fn is_stored_unread(&self) -> bool {
        self.stored && !self.gone && !self.row_read
    }

    /// Takes a later row of it.
    pub(super) fn update(&mut self, card: Card, row: Json<'_>, column: &str) {
        self.created = Timestamp::parse(&card.time).unwrap_or(self.created);
        self.card = card;
        self.row_read = says_read(row, column);
        if self.row_read && self.mark == Mark::Done {
            self.mark = Mark::No;
        }
        self.stored = true;
        self.gone = false;
    }

    /// Appends it as a JSON object.
    pub(super) fn write(&self, out: &mut String) {
        push_comma(out);
        out.push('{');
        self.card.write(out);
        push_name(out, "read");
        out.push_str(if self.is_unread() { "false" } else { "true" });
        out.push('}');
    }
}
