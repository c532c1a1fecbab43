//! The database: tables of JSON rows, transactions, and the feed of what was committed.

mod error;
mod rows;
mod table;
mod value;

pub use error::PgError;
pub use rows::{Change, ChangeKind, Db, Row, Transaction, iso_millis, timestamptz};
pub use table::{Column, Default, Kind, Table, story_tables};
pub use value::{compare, parse_text, store, text_of};
