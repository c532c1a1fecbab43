//! Functions of the database: `/rest/v1/rpc/<name>`. Each is one transaction.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::app::{Server, Shared};
use crate::db::{Kind, PgError, Row, iso_millis, parse_text};
use crate::realtime::{Content, send_from_database};
use crate::rest::faulty;

/// The states of an asset.
const STATES: [&str; 4] = ["pending", "generating", "ready", "failed"];

pub async fn call(State(server): State<Shared>, Path(name): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    server.counters.count_request();
    if let Some(response) = faulty(&server, &format!("/rest/v1/rpc/{name}")).await {
        return response;
    }
    if let Err(refused) = server.authorize(&headers, None) {
        return refused.into_response();
    }
    let arguments = match serde_json::from_slice(&body) {
        Ok(Value::Object(arguments)) => arguments,
        _ if body.is_empty() => Map::new(),
        _ => return PgError::bad("PGRST102", "Empty or invalid json").into_response(),
    };
    let result = match name.as_str() {
        "update_asset_progress" => AssetProgress::parse(&arguments).and_then(|progress| progress.apply(&server)),
        "send_notification" => send_notification(&server, &arguments),
        "mark_notifications_read" => mark_read(&server, &arguments),
        "send" => send(&server, &arguments),
        _ => {
            let shown = arguments.keys().cloned().collect::<Vec<_>>().join(", ");
            let message = format!("Could not find the function public.{name}({shown}) in the schema cache");
            Err(PgError::new(StatusCode::NOT_FOUND, "PGRST202", message))
        }
    };
    match result {
        Ok(Value::Null) => StatusCode::NO_CONTENT.into_response(),
        Ok(value) => Json(value).into_response(),
        Err(error) => error.into_response(),
    }
}

/// One asset's news: merged into the story by itself, so that concurrent writers lose nothing.
#[derive(Clone, Debug)]
pub struct AssetProgress {
    pub story: String,
    pub asset: String,
    pub status: String,
    pub progress: Value,
    pub url: Option<String>,
}

impl AssetProgress {
    fn parse(arguments: &Map<String, Value>) -> Result<Self, PgError> {
        let progress = arguments.get("progress").cloned().unwrap_or(Value::Null);
        if !progress.is_null() && !progress.is_number() {
            return Err(PgError::invalid_text("numeric", &crate::db::text_of(&progress)));
        }
        let status = text(arguments, "status")?;
        if !STATES.contains(&status.as_str()) {
            return Err(PgError::bad("22P02", format!("invalid input value for enum asset_status: \"{status}\"")));
        }
        Ok(Self {
            story: uuid(arguments, "story")?,
            asset: text(arguments, "asset")?,
            status,
            progress,
            url: arguments.get("url").and_then(Value::as_str).map(str::to_owned),
        })
    }

    /// Merges and returns the story's row.
    pub fn apply(&self, server: &Server) -> Result<Value, PgError> {
        self.apply_with(server, &Row::new())
    }

    /// The same, and sets further columns in the same commit.
    pub fn apply_with(&self, server: &Server, columns: &Row) -> Result<Value, PgError> {
        let table = server.db.table("stories")?;
        let updated = server.db.transaction(|transaction| {
            let at = iso_millis(transaction.committed());
            transaction.update(
                "stories",
                |row| row.get("id").and_then(Value::as_str) == Some(&self.story),
                |row| {
                    let status = row.remove("asset_generation_status");
                    row.insert("asset_generation_status".into(), self.merge(status, &at));
                    let column = format!("{}_url", self.asset);
                    if let Some(url) = self.url.as_ref().filter(|url| self.status == "ready" && !url.is_empty())
                        && table.column(&column).is_some()
                    {
                        row.insert(column, json!(url));
                    }
                    row.extend(columns.clone());
                },
            )
        })?;
        match updated.into_iter().next() {
            Some(row) => Ok(Value::Object(Row::clone(&row))),
            None => Err(PgError::new(StatusCode::NOT_FOUND, "P0002", format!("story {} does not exist", self.story))),
        }
    }

    fn merge(&self, status: Option<Value>, at: &str) -> Value {
        let mut status = status.and_then(|status| status.as_object().cloned()).unwrap_or_default();
        let mut assets = status.remove("assets").and_then(|assets| assets.as_object().cloned()).unwrap_or_default();
        let mut asset = Map::new();
        asset.insert("status".into(), json!(self.status));
        if !self.progress.is_null() {
            asset.insert("progress".into(), self.progress.clone());
        }
        if let Some(url) = &self.url {
            asset.insert("url".into(), json!(url));
        }
        asset.insert("updatedAt".into(), json!(at));
        assets.insert(self.asset.clone(), Value::Object(asset));
        status.insert("overall".into(), json!(overall(&assets)));
        status.insert("assets".into(), Value::Object(assets));
        Value::Object(status)
    }
}

/// Completed when all are ready, partial when some failed, generating while some run, and else pending.
pub fn overall(assets: &Map<String, Value>) -> &'static str {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for asset in assets.values() {
        *counts.entry(asset.get("status").and_then(Value::as_str).unwrap_or("pending")).or_default() += 1;
    }
    let of = |state: &str| counts.get(state).copied().unwrap_or_default();
    match (assets.len(), of("ready"), of("failed"), of("generating")) {
        (all, ready, ..) if all > 0 && ready == all => "completed",
        (_, _, failed, _) if failed > 0 => "partial",
        (.., generating) if generating > 0 => "generating",
        _ => "pending",
    }
}

/// Stores a notification and broadcasts it on `notifications:<user_id>` in one step.
fn send_notification(server: &Server, arguments: &Map<String, Value>) -> Result<Value, PgError> {
    let mut row = Row::new();
    row.insert("user_id".into(), json!(uuid(arguments, "user_id")?));
    for name in ["type", "title", "message", "data"] {
        if let Some(value) = arguments.get(name) {
            row.insert(name.into(), value.clone());
        }
    }
    let private = arguments.get("private").and_then(Value::as_bool).unwrap_or(false);
    let row = server.db.transaction(|transaction| transaction.insert("notifications", row))?;
    let row = Value::Object(Row::clone(&row));
    let user = row.get("user_id").and_then(Value::as_str).unwrap_or_default();
    send_from_database(
        server,
        &format!("notifications:{user}"),
        "new_notification",
        Content::Json(row.clone()),
        private,
    );
    Ok(row)
}

/// Marks the given ones, or all of a user's, as read; returns how many became so.
fn mark_read(server: &Server, arguments: &Map<String, Value>) -> Result<Value, PgError> {
    let user = uuid(arguments, "user_id")?;
    let ids = match arguments.get("ids") {
        None | Some(Value::Null) => None,
        Some(Value::Array(ids)) => Some(ids.iter().map(uuid_of).collect::<Result<Vec<_>, _>>()?),
        // An argument that is not understood must not mean all.
        Some(other) => return Err(PgError::invalid_text("uuid[]", &crate::db::text_of(other))),
    };
    let updated = server.db.transaction(|transaction| {
        transaction.update(
            "notifications",
            |row| {
                row.get("user_id").and_then(Value::as_str) == Some(&user)
                    && row.get("read") == Some(&Value::Bool(false))
                    && ids.as_ref().is_none_or(|ids| row.get("id").is_some_and(|id| ids.contains(id)))
            },
            |row| {
                row.insert("read".into(), Value::Bool(true));
            },
        )
    })?;
    Ok(json!(updated.len()))
}

/// `realtime.send(payload, event, topic, private)`, which a project exposes under this name.
fn send(server: &Server, arguments: &Map<String, Value>) -> Result<Value, PgError> {
    let payload = arguments.get("payload").cloned().unwrap_or(json!({}));
    let private = arguments.get("private").and_then(Value::as_bool).unwrap_or(true);
    send_from_database(server, &text(arguments, "topic")?, &text(arguments, "event")?, Content::Json(payload), private);
    Ok(Value::Null)
}

fn text(arguments: &Map<String, Value>, name: &str) -> Result<String, PgError> {
    let text = arguments.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    text.map(str::to_owned).ok_or_else(|| PgError::bad("P0001", format!("the argument {name} must be a text")))
}

fn uuid(arguments: &Map<String, Value>, name: &str) -> Result<String, PgError> {
    parse_text(Kind::Uuid, &text(arguments, name)?).map(|id| crate::db::text_of(&id))
}

/// An item of a list, as a row has it.
fn uuid_of(item: &Value) -> Result<Value, PgError> {
    parse_text(Kind::Uuid, &crate::db::text_of(item))
}
