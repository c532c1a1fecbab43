//! Rows, transactions over them, and the feed of committed changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value};
use tokio::sync::mpsc::UnboundedSender;

use super::error::PgError;
use super::table::{Default, Table};
use super::value::store;

pub type Row = Map<String, Value>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    Insert,
    Update,
    Delete,
}

impl ChangeKind {
    pub fn wire_name(self) -> &'static str {
        match self {
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }
}

/// One row's part in one commit.
#[derive(Debug)]
pub struct Change {
    pub table: Arc<Table>,
    pub kind: ChangeKind,
    /// The row after the change; empty for a delete.
    pub record: Arc<Row>,
    /// The primary key alone, or the whole row before the change when the table's replica identity is full. Empty for
    /// an insert.
    pub old_record: Arc<Row>,
    pub committed: Timestamp,
}

/// All tables. One lock: a transaction sees and leaves a consistent state, and commits have an order.
pub struct Db {
    tables: BTreeMap<&'static str, Arc<Table>>,
    state: Mutex<State>,
    feed: UnboundedSender<Arc<Change>>,
}

struct State {
    rows: BTreeMap<&'static str, Vec<Arc<Row>>>,
    last_commit: Timestamp,
    full_identity: BTreeSet<String>,
}

impl Db {
    /// Committed changes go to `feed`, in the order of their commits.
    pub fn new(tables: Vec<Table>, feed: UnboundedSender<Arc<Change>>) -> Self {
        let tables: BTreeMap<_, _> = tables.into_iter().map(|table| (table.name, Arc::new(table))).collect();
        let rows = tables.keys().map(|name| (*name, Vec::new())).collect();
        let state = State { rows, last_commit: Timestamp::UNIX_EPOCH, full_identity: BTreeSet::new() };
        Self { tables, state: Mutex::new(state), feed }
    }

    pub fn table(&self, name: &str) -> Result<Arc<Table>, PgError> {
        self.tables.get(name).cloned().ok_or_else(|| PgError::unknown_table(name))
    }

    pub fn tables(&self) -> impl Iterator<Item = &Arc<Table>> {
        self.tables.values()
    }

    /// Makes updates and deletes of `table` report the whole old row (`REPLICA IDENTITY FULL`), or the key again.
    pub fn set_full_identity(&self, table: &str, full: bool) {
        let mut state = self.lock();
        if full {
            state.full_identity.insert(table.to_owned());
        } else {
            state.full_identity.remove(table);
        }
    }

    /// Forgets every row without reporting it, as TRUNCATE does.
    pub fn truncate(&self) {
        let mut state = self.lock();
        state.full_identity.clear();
        state.rows.values_mut().for_each(Vec::clear);
    }

    /// The rows of `table` in insertion order.
    pub fn rows(&self, table: &str) -> Vec<Arc<Row>> {
        self.lock().rows.get(table).cloned().unwrap_or_default()
    }

    /// Runs `work`; its changes are committed together when it succeeds and undone when it fails.
    pub fn transaction<T>(&self, work: impl FnOnce(&mut Transaction<'_>) -> Result<T, PgError>) -> Result<T, PgError> {
        let mut state = self.lock();
        let committed = next_commit(state.last_commit);
        let before = state.rows.clone();
        let mut transaction = Transaction { tables: &self.tables, state: &mut state, committed, changes: Vec::new() };
        match work(&mut transaction) {
            Ok(result) => {
                let changes = std::mem::take(&mut transaction.changes);
                state.last_commit = committed;
                for change in changes {
                    // The feed ends only when the server does.
                    let _ = self.feed.send(Arc::new(change));
                }
                Ok(result)
            }
            Err(error) => {
                state.rows = before;
                Err(error)
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads and writes that are committed together.
pub struct Transaction<'a> {
    tables: &'a BTreeMap<&'static str, Arc<Table>>,
    state: &'a mut State,
    committed: Timestamp,
    changes: Vec<Change>,
}

impl Transaction<'_> {
    pub fn committed(&self) -> Timestamp {
        self.committed
    }

    pub fn rows(&self, table: &str) -> Vec<Arc<Row>> {
        self.state.rows.get(table).cloned().unwrap_or_default()
    }

    /// Adds a row; columns that `given` does not name get their defaults.
    pub fn insert(&mut self, table: &str, mut given: Row) -> Result<Arc<Row>, PgError> {
        let table = self.table(table)?;
        let mut row = Row::new();
        for column in &table.columns {
            let value = match given.remove(column.name) {
                Some(value) => store(column.kind, value)?,
                None => match &column.default {
                    Default::Null => Value::Null,
                    Default::NewUuid => Value::String(uuid::Uuid::new_v4().to_string()),
                    Default::Now => Value::String(timestamptz(self.committed)),
                    Default::Value(value) => value.clone(),
                },
            };
            row.insert(column.name.to_owned(), value);
        }
        if let Some(column) = given.keys().next() {
            return Err(PgError::unknown_column_in_body(column, table.name));
        }
        check_not_null(&table, &row)?;
        let rows = self.state.rows.entry(table.name).or_default();
        if rows.iter().any(|other| other.get("id") == row.get("id")) {
            let id = row.get("id").map(super::value::text_of).unwrap_or_default();
            let message = format!("duplicate key value violates unique constraint \"{}_pkey\"", table.name);
            return Err(PgError::new(StatusCode::CONFLICT, "23505", message)
                .details(format!("Key (id)=({id}) already exists.")));
        }
        let row = Arc::new(row);
        rows.push(row.clone());
        self.record(table, ChangeKind::Insert, row.clone(), Arc::default());
        Ok(row)
    }

    /// Changes every row that `matches`; `updated_at` follows unless the patch names it.
    pub fn update(
        &mut self,
        table: &str,
        matches: impl Fn(&Row) -> bool,
        patch: impl Fn(&mut Row),
    ) -> Result<Vec<Arc<Row>>, PgError> {
        let table = self.table(table)?;
        let mut updated = Vec::new();
        for index in 0..self.state.rows.get(table.name).map_or(0, Vec::len) {
            let Some(old) = self.state.rows.get(table.name).and_then(|rows| rows.get(index)).cloned() else { continue };
            if !matches(&old) {
                continue;
            }
            let mut row = Row::clone(&old);
            patch(&mut row);
            if table.column("updated_at").is_some() && row.get("updated_at") == old.get("updated_at") {
                row.insert("updated_at".into(), Value::String(timestamptz(self.committed)));
            }
            check_not_null(&table, &row)?;
            let row = Arc::new(row);
            if let Some(slot) = self.state.rows.get_mut(table.name).and_then(|rows| rows.get_mut(index)) {
                *slot = row.clone();
            }
            let old = self.identity(&table, &old);
            self.record(table.clone(), ChangeKind::Update, row.clone(), old);
            updated.push(row);
        }
        Ok(updated)
    }

    /// Removes every row that `matches` and returns them.
    pub fn delete(&mut self, table: &str, matches: impl Fn(&Row) -> bool) -> Result<Vec<Arc<Row>>, PgError> {
        let table = self.table(table)?;
        let rows = self.state.rows.entry(table.name).or_default();
        let (gone, kept): (Vec<_>, Vec<_>) = std::mem::take(rows).into_iter().partition(|row| matches(row));
        *rows = kept;
        for row in &gone {
            let old = self.identity(&table, row);
            self.record(table.clone(), ChangeKind::Delete, Arc::default(), old);
        }
        Ok(gone)
    }

    fn table(&self, name: &str) -> Result<Arc<Table>, PgError> {
        self.tables.get(name).cloned().ok_or_else(|| PgError::unknown_table(name))
    }

    fn identity(&self, table: &Table, row: &Arc<Row>) -> Arc<Row> {
        if self.state.full_identity.contains(table.name) {
            return row.clone();
        }
        Arc::new(row.get_key_value("id").map(|(key, id)| (key.clone(), id.clone())).into_iter().collect())
    }

    fn record(&mut self, table: Arc<Table>, kind: ChangeKind, record: Arc<Row>, old_record: Arc<Row>) {
        self.changes.push(Change { table, kind, record, old_record, committed: self.committed });
    }
}

fn check_not_null(table: &Table, row: &Row) -> Result<(), PgError> {
    for column in table.columns.iter().filter(|column| column.not_null) {
        if row.get(column.name).is_none_or(Value::is_null) {
            let values: Vec<_> = row.values().map(super::value::text_of).collect();
            return Err(PgError::bad(
                "23502",
                format!(
                    "null value in column \"{}\" of relation \"{}\" violates not-null constraint",
                    column.name, table.name
                ),
            )
            .details(format!("Failing row contains ({}).", values.join(", "))));
        }
    }
    Ok(())
}

/// The moment of the next commit: now, but at least a millisecond after the last one, so that the order of commits is
/// the order of their timestamps.
fn next_commit(last: Timestamp) -> Timestamp {
    let now = Timestamp::now().as_millisecond().max(last.as_millisecond() + 1);
    Timestamp::from_millisecond(now).unwrap_or(last)
}

/// A moment as PostgreSQL writes a `timestamptz` into JSON.
pub fn timestamptz(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.f+00:00").to_string()
}

/// A moment as `commit_timestamp` has it: ISO, milliseconds, `Z`.
pub fn iso_millis(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_later_than_the_one_before_even_within_a_millisecond() {
        let ahead = Timestamp::now() + std::time::Duration::from_secs(60);
        assert!(next_commit(ahead).as_millisecond() > ahead.as_millisecond());
        assert_eq!(iso_millis(Timestamp::UNIX_EPOCH), "1970-01-01T00:00:00.000Z");
        assert_eq!(timestamptz(Timestamp::UNIX_EPOCH), "1970-01-01T00:00:00+00:00");
    }
}
