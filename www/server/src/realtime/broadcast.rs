//! Broadcasts that do not come over a socket: the REST endpoint, and `realtime.send` of the database.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::frame::{Encoding, Outgoing};
use super::hub::{Kept, RoomKey, message};
use crate::app::{Server, Shared};
use crate::rest::decode;

/// `POST /realtime/v1/api/broadcast`: `{messages: [{topic, event, payload, private}]}`, answered with 202.
pub async fn post_broadcast(State(server): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let claims = match server.authorize(&headers, None) {
        Ok(claims) => claims,
        Err(refused) => return refused.into_response(),
    };
    let json = headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !json.starts_with("application/json") {
        return refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, json!({ "error": "Unsupported media type" }));
    }
    let Ok(body) = serde_json::from_slice::<Value>(&body) else {
        return refusal(StatusCode::BAD_REQUEST, json!({ "error": "Invalid JSON" }));
    };
    let Some(messages) = body.get("messages").and_then(Value::as_array) else {
        return unprocessable(json!({ "messages": ["can't be blank"] }));
    };
    let limit = server.knobs().payload_bytes;
    let mut ready = Vec::new();
    for entry in messages {
        let text = |name: &str| entry.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let (Some(topic), Some(event), Some(payload)) = (text("topic"), text("event"), entry.get("payload")) else {
            let blank = |name: &str| text(name).is_none().then(|| (name.to_owned(), json!(["can't be blank"])));
            let mut errors: serde_json::Map<_, _> = ["topic", "event"].into_iter().filter_map(blank).collect();
            if entry.get("payload").is_none() {
                errors.insert("payload".into(), json!(["can't be blank"]));
            }
            return unprocessable(json!({ "messages": [errors] }));
        };
        if payload.to_string().len() > limit {
            return unprocessable(json!({ "messages": [{ "payload": ["Payload size exceeds tenant limit"] }] }));
        }
        let private = entry.get("private").and_then(Value::as_bool).unwrap_or(false);
        ready.push((topic, event, payload, private));
    }
    for (topic, event, payload, private) in ready {
        // What the policies forbid is left out in silence; the answer stays 202.
        if private && !server.policy(topic, Some(&claims)).write {
            continue;
        }
        let full = format!("realtime:{topic}");
        let payload = json!({ "type": "broadcast", "event": event, "payload": payload });
        let frame = message(Value::Null, &full, "broadcast", payload);
        let key = RoomKey { name: topic.to_owned(), private };
        server.hub.room(&key, |room| room.send(None, None, &frame));
        server.counters.count_broadcast();
    }
    StatusCode::ACCEPTED.into_response()
}

/// `POST /realtime/v1/api/broadcast/:topic/events/:event?private=true`: one message, its payload being the body, JSON or
/// `application/octet-stream`. Goes out as kind 4, like a binary push over a socket. Answered with 202.
pub async fn post_event(
    State(server): State<Shared>,
    Path((topic, event)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let claims = match server.authorize(&headers, None) {
        Ok(claims) => claims,
        Err(refused) => return refused.into_response(),
    };
    let kind = headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let encoding = match kind.split(';').next().unwrap_or_default().trim() {
        "application/json" => Encoding::Json,
        "application/octet-stream" => Encoding::Binary,
        _ => return refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, json!({ "error": "Unsupported media type" })),
    };
    if encoding == Encoding::Json && serde_json::from_slice::<Value>(&bytes).is_err() {
        return refusal(StatusCode::BAD_REQUEST, json!({ "error": "Invalid JSON" }));
    }
    if bytes.len() > server.knobs().payload_bytes {
        return unprocessable(json!({ "payload": ["Payload size exceeds tenant limit"] }));
    }
    let private = decode(query.as_deref().unwrap_or_default()).contains(&("private".into(), "true".into()));
    if !private || server.policy(&topic, Some(&claims)).write {
        let frame = Outgoing::User { topic: format!("realtime:{topic}"), event, meta: None, encoding, bytes };
        server.hub.room(&RoomKey { name: topic, private }, |room| room.send(None, None, &frame));
        server.counters.count_broadcast();
    }
    StatusCode::ACCEPTED.into_response()
}

/// What the database sends.
#[derive(Clone, Debug)]
pub enum Content {
    Json(Value),
    Binary(Bytes),
}

/// What `realtime.send(payload, event, topic, private)` does in SQL: binary kind 4 with `{id}` as meta, an `id` in the
/// payload when it has none, and the message is kept for replay. Returns the id.
pub fn send_from_database(server: &Server, topic: &str, event: &str, content: Content, private: bool) -> String {
    let id = uuid::Uuid::new_v4().to_string();
    let (encoding, bytes) = match content {
        Content::Json(mut payload) => {
            if let Some(object) = payload.as_object_mut() {
                object.entry("id").or_insert_with(|| json!(id));
            }
            (Encoding::Json, Bytes::from(payload.to_string()))
        }
        Content::Binary(bytes) => (Encoding::Binary, bytes),
    };
    let key = RoomKey { name: topic.to_owned(), private };
    let frame = Outgoing::User {
        topic: format!("realtime:{topic}"),
        event: event.to_owned(),
        meta: Some(json!({ "id": id })),
        encoding,
        bytes: bytes.clone(),
    };
    let inserted = Timestamp::now();
    server.hub.keep(Kept { id: id.clone(), key: key.clone(), event: event.to_owned(), encoding, bytes, inserted });
    server.hub.room(&key, |room| room.send(None, Some(&id), &frame));
    server.counters.count_broadcast();
    id
}

fn unprocessable(errors: Value) -> Response {
    refusal(StatusCode::UNPROCESSABLE_ENTITY, json!({ "errors": errors }))
}

fn refusal(status: StatusCode, body: Value) -> Response {
    (status, Json(body)).into_response()
}
