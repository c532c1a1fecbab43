//! What two frames are compared by: everything but what differs between any two runs.

use regex_lite::Regex;
use serde_json::{Map, Value, json};
use storywire_server::realtime::Content;

/// An expected frame as JSON: text as it is, binary described, the few that were captured decoded put together again.
pub fn raw_expected(event: &Value) -> Value {
    match (event["hex"].as_str(), event["data"].as_str()) {
        (Some(hex), _) => described(&bytes_of(hex)),
        (None, Some(text)) => serde_json::from_str(text).expect("captured frames are JSON"),
        (None, None) => Value::Null,
    }
}

/// A binary frame of kind 2 or 4 as an object.
pub fn described(bytes: &[u8]) -> Value {
    let text = |from: usize, length: u8| {
        String::from_utf8_lossy(bytes.get(from..from + usize::from(length)).unwrap_or_default()).into_owned()
    };
    match bytes {
        [4, topic, event, meta, encoding, ..] => {
            let (at_event, at_meta) = (5 + usize::from(*topic), 5 + usize::from(*topic) + usize::from(*event));
            let payload = &bytes[at_meta + usize::from(*meta)..];
            let meta: Value = serde_json::from_str(&text(at_meta, *meta)).unwrap_or(Value::Null);
            let shown = serde_json::from_slice(payload).ok().filter(|_| *encoding == 1);
            json!({
                "kind": 4,
                "topic": text(5, *topic),
                "event": text(at_event, *event),
                "meta": meta,
                "encoding": encoding,
                "payload": shown.unwrap_or_else(|| json!(payload)),
            })
        }
        [2, topic, event, ..] => {
            let payload = &bytes[3 + usize::from(*topic) + usize::from(*event)..];
            json!({ "kind": 2, "topic": text(3, *topic), "event": text(3 + usize::from(*topic), *event), "payload": payload })
        }
        other => json!({ "kind": other.first() }),
    }
}

/// Event and payload of a frame of either version.
pub fn parts(frame: &Value) -> (&str, &Value) {
    match frame {
        Value::Array(items) if items.len() == 5 => (items[3].as_str().unwrap_or_default(), &items[4]),
        _ => (frame["event"].as_str().unwrap_or_default(), &frame["payload"]),
    }
}

/// Whether the database caused a frame, rather than a client.
pub fn is_from_database(frame: &Value) -> bool {
    let (event, _) = parts(frame);
    matches!(event, "postgres_changes" | "INSERT" | "UPDATE" | "DELETE") || from_database(frame).is_some()
}

/// Topic, event and payload of a message sent by `realtime.send`.
pub fn from_database(frame: &Value) -> Option<(String, String, Content)> {
    let (topic, event, meta, payload) = if frame["kind"] == 4 {
        (&frame["topic"], &frame["event"], &frame["meta"], &frame["payload"])
    } else {
        let inner = &frame["payload"];
        (&frame["topic"], inner.get("event")?, inner.get("meta")?, inner.get("payload")?)
    };
    if meta["id"].is_null() || meta["replayed"] == true {
        return None;
    }
    let content = match payload {
        Value::Array(bytes) => {
            Content::Binary(bytes.iter().filter_map(Value::as_u64).map(|byte| byte as u8).collect::<Vec<_>>().into())
        }
        payload => Content::Json(payload.clone()),
    };
    let topic = topic.as_str()?.strip_prefix("realtime:")?.to_owned();
    Some((topic, event.as_str()?.to_owned(), content))
}

/// Replaces what differs between any two runs by its kind.
pub fn normalise(value: &Value, ids: &mut Vec<Value>) -> Value {
    let frame = shape(value, "", ids);
    // Rows and their ids: the order of `ids` says nothing.
    sorted_ids(frame)
}

fn shape(value: &Value, key: &str, ids: &mut Vec<Value>) -> Value {
    match (key, value) {
        ("phx_ref" | "phx_ref_prev", Value::String(_)) => json!("<phx_ref>"),
        ("id" | "ids", Value::Number(_)) if value.as_u64().is_some_and(|id| id > 1000 && id < 1 << 27) => {
            let index = ids.iter().position(|id| id == value).unwrap_or_else(|| {
                ids.push(value.clone());
                ids.len() - 1
            });
            json!(format!("<binding {index}>"))
        }
        ("record" | "old_record", Value::Object(row)) => {
            row.iter().map(|(name, value)| (name.clone(), kind(value))).collect::<Map<_, _>>().into()
        }
        ("ids", Value::Array(items)) => items.iter().map(|item| shape(item, "ids", ids)).collect(),
        (_, Value::Array(items)) => items.iter().map(|item| shape(item, "", ids)).collect(),
        (_, Value::Object(map)) => {
            map.iter().map(|(name, value)| (name.clone(), shape(value, name, ids))).collect::<Map<_, _>>().into()
        }
        (_, Value::String(text)) => json!(constant(text)),
        (_, other) => other.clone(),
    }
}

/// A row's value: its kind, and what it says when that is a text.
fn kind(value: &Value) -> Value {
    match value {
        Value::Number(_) => json!("<number>"),
        Value::String(text) => json!(constant(text)),
        other => other.clone(),
    }
}

fn constant(text: &str) -> String {
    let uuid = Regex::new("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").expect("a pattern");
    let time = Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3}Z|(\.\d+)?\+00:00)").expect("a pattern");
    let seconds = Regex::new(r"\d+ seconds ago").expect("a pattern");
    let text = uuid.replace_all(text, "<uuid>");
    let text = time.replace_all(
        &text,
        |found: &regex_lite::Captures<'_>| {
            if found[0].ends_with('Z') { "<time Z>" } else { "<timestamptz>" }
        },
    );
    seconds.replace_all(&text, "N seconds ago").into_owned()
}

fn sorted_ids(mut frame: Value) -> Value {
    let payload = if frame.is_array() { frame.get_mut(4) } else { frame.get_mut("payload") };
    if let Some(ids) = payload.and_then(|payload| payload.get_mut("ids")).and_then(Value::as_array_mut) {
        ids.sort_by_key(ToString::to_string);
    }
    frame
}

/// The first words about a frame: its event, and what a system message says.
pub fn kind_of(frame: &Value) -> String {
    let (event, payload) = parts(frame);
    let message = payload["message"].as_str().unwrap_or_default().split(' ').next().unwrap_or_default();
    format!("{event} {message}").trim().to_owned()
}

pub fn abbreviated(value: &Value) -> String {
    value.to_string().chars().take(500).collect()
}

pub fn bytes_of(hex: &str) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(hex.as_bytes()).expect("captured bytes are hex")
}
