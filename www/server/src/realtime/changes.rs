//! `postgres_changes`: bindings, their ids, what a commit looks like, and the feed from the database to the sockets.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until};

use crate::app::Shared;
use crate::db::{Change, ChangeKind, Column, Db, Row, Table, iso_millis, text_of};
use crate::filter::{self, Filter};

/// Carries commits to the sockets in their order, late by the configured delay; ends with the server.
pub async fn feed(server: Shared, mut commits: UnboundedReceiver<Arc<Change>>) {
    while let Some(change) = commits.recv().await {
        server.streams.tell(&change);
        let delay = server.knobs().changes_delay;
        if delay > Duration::ZERO {
            sleep_until(Instant::now() + delay).await;
        }
        let times = server.faults().copies_of_change();
        for _ in 0..times {
            server.hub.tell_change(&change);
        }
    }
}

/// One entry of `config.postgres_changes`: how it was asked for, and its id.
#[derive(Clone, Debug)]
pub struct Binding {
    pub id: u32,
    asked: Map<String, Value>,
}

impl Binding {
    /// The id is a hash of the parameters, so equal parameters share one; below 2^27, as in the real server.
    pub fn new(asked: Map<String, Value>) -> Self {
        let hash = Value::Object(asked.clone())
            .to_string()
            .bytes()
            .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        Self { id: (hash >> 5) ^ (hash & 0x1f), asked }
    }

    /// Its entry in the join reply: the parameters and the id.
    pub fn echo(&self) -> Value {
        let mut echo = self.asked.clone();
        echo.insert("id".into(), json!(self.id));
        Value::Object(echo)
    }

    /// Subscribes it, or says why not in the real server's words.
    pub fn compile(&self, db: &Db) -> Result<Subscription, String> {
        let asked = Asked::parse(&self.asked)?;
        let tables: Vec<_> = db
            .tables()
            .filter(|table| asked.schema_matches() && (asked.table == "*" || asked.table == table.name))
            .cloned()
            .collect();
        if tables.is_empty() {
            return Err(format!(
                "Unable to subscribe to changes with given parameters. Please check Realtime is enabled for the given \
                 connect parameters: [{}]",
                asked.log()
            ));
        }
        let failed = |exception: String| {
            format!(
                "Unable to subscribe to changes with given parameters. An exception happened so please check your \
                 connect parameters: [{}]. Exception: ERROR {exception}",
                asked.log()
            )
        };
        let mut compiled = Vec::new();
        for table in tables {
            let filters = asked.filters.iter().map(|part| part.compile(&table));
            let filters = filters.collect::<Result<Vec<_>, _>>().map_err(failed)?;
            if let Some(column) = asked.select.iter().flatten().find(|name| table.column(name).is_none()) {
                return Err(failed(format!("P0001 (raise_exception) invalid column for select {column}")));
            }
            compiled.push((table.name, filters));
        }
        Ok(Subscription { id: self.id, event: asked.event, tables: compiled, select: asked.select })
    }
}

/// A binding that the database agreed to.
#[derive(Debug)]
pub struct Subscription {
    pub id: u32,
    /// `None` means every event.
    event: Option<ChangeKind>,
    tables: Vec<(&'static str, Vec<Filter>)>,
    pub select: Option<Vec<String>>,
}

impl Subscription {
    /// A delete is judged by the old record, which is the key alone as a rule.
    pub fn wants(&self, change: &Change) -> bool {
        let row = if change.kind == ChangeKind::Delete { &change.old_record } else { &change.record };
        self.event.is_none_or(|event| event == change.kind)
            && self
                .tables
                .iter()
                .any(|(table, filters)| *table == change.table.name && filters.iter().all(|filter| filter.matches(row)))
    }
}

/// The `data` of a change. `refused` is the text of a row that the subscriber may not see.
pub fn data(change: &Change, select: Option<&[String]>, row_bytes: usize, refused: Option<&str>) -> Value {
    let shown = |name: &str| select.is_none_or(|select| select.iter().any(|column| column == name));
    let columns: Vec<_> = change.table.columns.iter().filter(|column| shown(column.name)).map(describe).collect();
    let mut data = json!({
        "schema": "public",
        "table": change.table.name,
        "type": change.kind.wire_name(),
        "commit_timestamp": iso_millis(change.committed),
        "columns": columns,
        "errors": null,
    });
    let Some(fields) = data.as_object_mut() else { return data };
    if let Some(error) = refused {
        fields.insert("errors".into(), json!([error]));
        fields.insert("columns".into(), json!([]));
        fields.insert("commit_timestamp".into(), Value::Null);
        fields.insert("record".into(), json!({}));
        return data;
    }
    let size = |row: &Row| row.values().map(|value| text_of(value).len()).sum::<usize>();
    let too_large = size(&change.record) > row_bytes || size(&change.old_record) > row_bytes;
    if too_large {
        fields.insert("errors".into(), json!(["Error 413: Payload Too Large"]));
    }
    let visible = |row: &Row| -> Map<String, Value> {
        let fits = |value: &Value| !too_large || (!value.is_null() && text_of(value).len() <= 64);
        row.iter()
            .filter(|(name, value)| shown(name) && fits(value))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    };
    if change.kind != ChangeKind::Delete {
        fields.insert("record".into(), Value::Object(visible(&change.record)));
    }
    if change.kind != ChangeKind::Insert {
        fields.insert("old_record".into(), Value::Object(visible(&change.old_record)));
    }
    data
}

fn describe(column: &Column) -> Value {
    json!({ "name": column.name, "type": column.kind.wire_name() })
}

/// The parameters of a binding, parsed.
struct Asked {
    event: Option<ChangeKind>,
    event_name: &'static str,
    schema: String,
    table: String,
    filters: Vec<Part>,
    select: Option<Vec<String>>,
}

/// One comparison of a filter, as text.
struct Part {
    column: String,
    operator: String,
    value: String,
    negate: bool,
}

impl Asked {
    fn parse(asked: &Map<String, Value>) -> Result<Self, String> {
        let upper = asked.get("event").and_then(Value::as_str).unwrap_or("*").to_ascii_uppercase();
        let (event, event_name) = match upper.as_str() {
            "INSERT" => (Some(ChangeKind::Insert), "INSERT"),
            "UPDATE" => (Some(ChangeKind::Update), "UPDATE"),
            "DELETE" => (Some(ChangeKind::Delete), "DELETE"),
            _ => (None, "*"),
        };
        let select = match asked.get("select") {
            Some(Value::Array(columns)) => {
                let columns: Vec<_> = columns.iter().filter_map(Value::as_str).map(str::to_owned).collect();
                (!columns.is_empty()).then_some(columns)
            }
            Some(Value::String(_)) => {
                return Err("Error parsing `select` params: expected a list of column name strings, e.g. select: \
                            [\"col1\", \"col2\"]"
                    .into());
            }
            _ => None,
        };
        let text = |name: &str| asked.get(name).and_then(Value::as_str);
        // A null filter counts as a given one that is no text, as in the real server.
        let (schema, table, filter) = match (asked.get("schema"), asked.get("table"), asked.get("filter")) {
            (Some(Value::String(schema)), Some(Value::String(table)), None | Some(Value::String(_))) => {
                (schema.clone(), table.clone(), text("filter"))
            }
            (Some(Value::String(schema)), None, None) => (schema.clone(), "*".into(), None),
            (None, Some(Value::String(table)), None) => ("public".into(), table.clone(), None),
            _ => {
                return Err(format!(
                    "No subscription params provided. Please provide at least a `schema` or `table` to subscribe to: {}",
                    inspect(&Value::Object(asked.clone()))
                ));
            }
        };
        if select.is_some() && (schema == "*" || table == "*") {
            return Err(
                "Column selection is not supported for wildcard subscriptions. Provide an explicit schema and \
                        table name."
                    .into(),
            );
        }
        let filter = filter.map(str::trim).unwrap_or_default();
        let filters = if filter.is_empty() {
            Vec::new()
        } else {
            let parts =
                filter::split_list(filter).iter().map(|part| Part::parse(part.trim())).collect::<Result<_, _>>();
            parts.map_err(|reason: String| format!("Error parsing `filter` params: {reason}"))?
        };
        Ok(Self { event, event_name, schema, table, filters, select })
    }

    fn schema_matches(&self) -> bool {
        matches!(self.schema.as_str(), "public" | "*")
    }

    /// As the server logs it: Elixir's way of showing tuples and lists.
    fn log(&self) -> String {
        let filters: Vec<_> = self
            .filters
            .iter()
            .map(|part| {
                format!("{{{:?}, {:?}, {:?}, {}}}", part.column, part.operator, part.shown_value(), part.negate)
            })
            .collect();
        let select = self.select.as_ref().map_or("nil".to_owned(), |select| format!("{select:?}"));
        format!(
            "event: {}, schema: {}, table: {}, filters: [{}], select: {select}",
            self.event_name,
            self.schema,
            self.table,
            filters.join(", ")
        )
    }
}

impl Part {
    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("filter must not contain empty segments (check for extra commas)".into());
        }
        let Some((column, rest)) = text.split_once('=') else { return Err(format!("[{text:?}]")) };
        let (negate, rest) = rest.strip_prefix("not.").map_or((false, rest), |rest| (true, rest));
        let Some((operator, value)) = rest.split_once('.') else { return Err(format!("[{rest:?}]")) };
        if !filter::OPERATORS.contains(&operator) {
            return Err(format!("[{operator:?}, {value:?}]"));
        }
        if operator == "in" && !(value.starts_with('(') && value.ends_with(')')) {
            return Err("`in` filter value must be wrapped by parentheses".into());
        }
        let value = if operator == "in" { value.to_owned() } else { filter::unquote(value) };
        Ok(Self { column: column.into(), operator: operator.into(), value, negate })
    }

    fn shown_value(&self) -> String {
        if self.operator == "in" {
            return format!("{{{}}}", self.value.trim_start_matches('(').trim_end_matches(')'));
        }
        self.value.clone()
    }

    fn compile(&self, table: &Table) -> Result<Filter, String> {
        let raised = |text: String| format!("P0001 (raise_exception) {text}");
        let column =
            table.column(&self.column).ok_or_else(|| raised(format!("invalid column for filter {}", self.column)))?;
        if self.operator == "in" && filter::split_list(&self.value[1..self.value.len() - 1]).len() > filter::IN_VALUES {
            return Err(raised(format!("too many values for `in` filter. Maximum {}", filter::IN_VALUES)));
        }
        Filter::new(column, self.negate, &self.operator, &self.value).map_err(|error| match error.code {
            "22P02" => format!("22P02 (invalid_text_representation) {}", error.message),
            "22007" => format!("22007 (invalid_datetime_format) {}", error.message),
            "2201B" => format!("2201B (invalid_regular_expression) {}", error.message),
            _ => raised(error.message),
        })
    }
}

/// A JSON value as Elixir shows it.
fn inspect(value: &Value) -> String {
    match value {
        Value::Null => "nil".into(),
        Value::Array(items) => format!("[{}]", items.iter().map(inspect).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let pairs: Vec<_> = map.iter().map(|(key, value)| format!("{key:?} => {}", inspect(value))).collect();
            format!("%{{{}}}", pairs.join(", "))
        }
        other => other.to_string(),
    }
}
