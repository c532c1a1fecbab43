//! What is to change in the page, as data: a small closed vocabulary that the DOM adapter carries out.

use super::status::{Medium, Status};
use crate::core::ids::ElementId;

/// The changes to one element, in the order in which they are to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// The element.
    pub element: ElementId,
    /// At least one.
    pub ops: Vec<Op>,
}

/// One change. Names are ours or the page's; texts and addresses may be the server's, and are never markup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Adds or removes classes; `names` may be several, separated by spaces, or none.
    Class {
        /// From the configuration.
        names: String,
        /// Whether the element has them.
        on: bool,
    },
    /// Sets an attribute of the element, or removes it.
    Attribute {
        /// The attribute.
        name: &'static str,
        /// `None` removes it.
        value: Option<String>,
    },
    /// Moves bars that have moved before: the progress, 0 to 100, is all that is new.
    Progress(u8),
    /// Moves the bars inside the element.
    Bar {
        /// 0 to 100; `None` is unknown.
        progress: Option<u8>,
        /// What it measures.
        name: String,
        /// What the bar says while the progress is unknown.
        text: String,
        /// Whether there is progress to show at all.
        shown: bool,
    },
    /// Writes the status texts inside the element.
    Status {
        /// The text.
        text: String,
        /// Which state it is for: an attribute `data-text-<state>` of the page takes precedence.
        state: &'static str,
        /// Whether words that the page itself wrote there take precedence.
        yields: bool,
    },
    /// Puts text into the element.
    Text(String),
    /// Shows what is at a checked address.
    Source {
        /// How.
        medium: Medium,
        /// Checked against the allowed schemes; never empty.
        url: String,
        /// What a child that has to be made is called (`alt`, the text of a link).
        name: String,
        /// The address of captions, checked; empty if there are none.
        track: String,
        /// Whether it is what the visitor waits for first.
        eager: bool,
    },
    /// Repeats the element's template.
    Items {
        /// What an item becomes that has no template.
        medium: Medium,
        /// At most [`super::ITEM_LIMIT`].
        items: Vec<Item>,
    },
    /// Shows the retry button, or takes it away.
    Retry(Option<RetryButton>),
    /// Tells a screen reader, once, through the page's one live region.
    Announce(String),
}

/// One item of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// An item that has no content yet keeps its place.
    pub status: Status,
    /// What the item says, by name; a bare string is the field `url` or `text`.
    pub fields: Vec<Field>,
}

/// One field of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// As in the row.
    pub name: String,
    /// Text.
    pub value: String,
    /// Whether the value is a checked address and may become a `src` or `href`.
    pub is_url: bool,
}

/// How the retry button is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryButton {
    /// Its text.
    pub label: String,
    /// A retry is under way; another click does nothing.
    pub pending: bool,
    /// A link beside it: its text and its checked address.
    pub upgrade: Option<(String, String)>,
}
