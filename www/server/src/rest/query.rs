//! The query string: filters, `select`, `order`, `limit`, `offset`.

use std::cmp::Ordering;
use std::sync::Arc;

use serde_json::Value;

use crate::db::{Kind, PgError, Row, Table, compare};
use crate::filter::{Filter, split_list};

/// Parameters that are no filters.
const RESERVED: [&str; 8] = ["select", "order", "limit", "offset", "apikey", "columns", "on_conflict", "and"];

pub struct Query {
    filters: Vec<Filter>,
    /// Output name and column, in order; `None` means every column.
    select: Option<Vec<(String, String)>>,
    order: Vec<Order>,
    limit: Option<usize>,
    pub offset: usize,
}

struct Order {
    column: String,
    kind: Kind,
    descending: bool,
    nulls_first: bool,
}

impl Query {
    pub fn parse(table: &Table, pairs: &[(String, String)]) -> Result<Self, PgError> {
        let last = |name: &str| pairs.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let number = |name: &str| {
            last(name)
                .map(|text| text.parse().map_err(|_| PgError::bad("PGRST100", format!("\"failed to parse {name}\""))))
                .transpose()
        };
        let filters = pairs
            .iter()
            .filter(|(name, _)| !RESERVED.contains(&name.as_str()))
            .map(|(name, value)| filter(table, name, value))
            .collect::<Result<_, _>>()?;
        let select = match last("select").map(str::trim) {
            None | Some("" | "*") => None,
            Some(text) => Some(select(table, text)?),
        };
        let order = split_list(last("order").unwrap_or_default());
        let order = order.iter().map(|term| Order::parse(table, term)).collect::<Result<_, _>>()?;
        Ok(Self { filters, select, order, limit: number("limit")?, offset: number("offset")?.unwrap_or(0) })
    }

    pub fn matches(&self, row: &Row) -> bool {
        self.filters.iter().all(|filter| filter.matches(row))
    }

    /// Sorts and cuts out the page that was asked for.
    pub fn page(&self, _table: &Table, mut rows: Vec<Arc<Row>>) -> Vec<Arc<Row>> {
        rows.sort_by(|left, right| {
            self.order
                .iter()
                .map(|term| term.compare(left, right))
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal)
        });
        rows.into_iter().skip(self.offset).take(self.limit.unwrap_or(usize::MAX)).collect()
    }

    /// The columns of a row that were asked for.
    pub fn project(&self, row: &Row) -> Value {
        match &self.select {
            None => Value::Object(row.clone()),
            Some(select) => select
                .iter()
                .map(|(name, column)| (name.clone(), row.get(column).cloned().unwrap_or(Value::Null)))
                .collect::<Row>()
                .into(),
        }
    }
}

fn filter(table: &Table, name: &str, text: &str) -> Result<Filter, PgError> {
    let unparsed = || {
        PgError::bad("PGRST100", format!("\"failed to parse filter ({text})\" (line 1, column 1)"))
            .details("unexpected end of input expecting operator (eq, gt, ...)")
    };
    let column = table.column(name).ok_or_else(|| PgError::unknown_column_in_query(name, table.name))?;
    let (negate, rest) = text.strip_prefix("not.").map_or((false, text), |rest| (true, rest));
    let (operator, operand) = rest.split_once('.').ok_or_else(unparsed)?;
    Filter::new(column, negate, operator, operand)
}

/// `a,b`, `name:column`, `*`; casts are left out of account, embedded tables are refused.
fn select(table: &Table, text: &str) -> Result<Vec<(String, String)>, PgError> {
    let mut chosen = Vec::new();
    for item in split_list(text) {
        let item = item.trim();
        if item == "*" {
            chosen.extend(table.columns.iter().map(|column| (column.name.to_owned(), column.name.to_owned())));
            continue;
        }
        if let Some((embedded, _)) = item.split_once('(') {
            let message =
                format!("Could not find a relationship between '{}' and '{embedded}' in the schema cache", table.name);
            return Err(PgError::bad("PGRST200", message));
        }
        let item = item.split("::").next().unwrap_or(item);
        let (name, column) = item.split_once(':').unwrap_or((item, item));
        if table.column(column).is_none() {
            return Err(PgError::unknown_column_in_query(column, table.name));
        }
        chosen.push((name.to_owned(), column.to_owned()));
    }
    Ok(chosen)
}

impl Order {
    /// `column[.asc|.desc][.nullsfirst|.nullslast]`
    fn parse(table: &Table, term: &str) -> Result<Self, PgError> {
        let mut parts = term.trim().split('.');
        let name = parts.next().unwrap_or_default();
        let column = table.column(name).ok_or_else(|| PgError::unknown_column_in_query(name, table.name))?;
        let mut order = Self { column: name.to_owned(), kind: column.kind, descending: false, nulls_first: false };
        let mut nulls = None;
        for part in parts {
            match part {
                "asc" => order.descending = false,
                "desc" => order.descending = true,
                "nullsfirst" => nulls = Some(true),
                "nullslast" => nulls = Some(false),
                _ => return Err(PgError::bad("PGRST100", format!("\"failed to parse order ({term})\""))),
            }
        }
        // As in PostgreSQL, null counts as larger than everything.
        order.nulls_first = nulls.unwrap_or(order.descending);
        Ok(order)
    }

    fn compare(&self, left: &Row, right: &Row) -> Ordering {
        let value = |row: &Row| row.get(&self.column).cloned().unwrap_or(Value::Null);
        let (left, right) = (value(left), value(right));
        let null_side = if self.nulls_first { Ordering::Less } else { Ordering::Greater };
        match (left.is_null(), right.is_null()) {
            (true, true) => Ordering::Equal,
            (true, false) => null_side,
            (false, true) => null_side.reverse(),
            (false, false) => {
                let order = compare(self.kind, &left, &right).unwrap_or(Ordering::Equal);
                if self.descending { order.reverse() } else { order }
            }
        }
    }
}

/// The pairs of a query string, percent-decoded, in order.
pub fn decode(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decode(name), percent_decode(value))
        })
        .collect()
}

/// `%20` and `+` as what they stand for; what is no escape stays.
pub fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let mut ahead = rest.clone();
                let digits = (ahead.next().and_then(hex), ahead.next().and_then(hex));
                if let (Some(high), Some(low)) = digits {
                    bytes.push(high * 16 + low);
                    rest = ahead;
                } else {
                    bytes.push(b'%');
                }
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
