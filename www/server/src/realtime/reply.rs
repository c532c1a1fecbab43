//! The frames the server says of its own accord, with the real server's words.

use serde_json::{Value, json};

use super::frame::Outgoing;
use super::hub::message;

/// `phx_reply` with a status; `response` is an object nearly always.
pub fn reply(join_ref: Value, r#ref: Value, topic: &str, status: &str, response: Value) -> Outgoing {
    let payload = json!({ "status": status, "response": response });
    Outgoing::Message { join_ref, r#ref, topic: topic.to_owned(), event: "phx_reply", payload }
}

pub fn ok(join_ref: Value, r#ref: Value, topic: &str) -> Outgoing {
    reply(join_ref, r#ref, topic, "ok", json!({}))
}

pub fn error(join_ref: Value, r#ref: Value, topic: &str, reason: &str) -> Outgoing {
    reply(join_ref, r#ref, topic, "error", json!({ "reason": reason }))
}

/// The answer to a push to a topic that was not joined; its join_ref is always null.
pub fn unmatched(r#ref: Value, topic: &str) -> Outgoing {
    error(Value::Null, r#ref, topic, "unmatched topic")
}

/// `phx_close` carries the join_ref twice: as join_ref and as ref.
pub fn close(join_ref: &Value, topic: &str) -> Outgoing {
    ended(join_ref, topic, "phx_close", json!({}))
}

/// `phx_error`, as after a crash of the channel's process.
pub fn crash(join_ref: &Value, topic: &str) -> Outgoing {
    ended(join_ref, topic, "phx_error", json!({ "reason": "channel_crash" }))
}

fn ended(join_ref: &Value, topic: &str, event: &'static str, payload: Value) -> Outgoing {
    let (join_ref, r#ref) = (join_ref.clone(), join_ref.clone());
    Outgoing::Message { join_ref, r#ref, topic: topic.to_owned(), event, payload }
}

/// A `system` message; `channel` is the topic without `realtime:`.
pub fn system(join_ref: &Value, topic: &str, extension: &str, status: &str, text: &str) -> Outgoing {
    let channel = topic.strip_prefix("realtime:").unwrap_or(topic);
    let payload = json!({ "message": text, "status": status, "extension": extension, "channel": channel });
    message(join_ref.clone(), topic, "system", payload)
}

/// Comes before a close with 1012 to each channel; it has no join_ref and no `channel`.
pub fn disconnect(topic: &str) -> Outgoing {
    let payload = json!({ "message": "Server requested disconnect", "status": "ok", "extension": "system" });
    message(Value::Null, topic, "system", payload)
}
