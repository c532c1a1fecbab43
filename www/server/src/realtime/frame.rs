//! The wire: Phoenix vsn 1.0.0 (objects) and 2.0.0 (arrays, and binary kinds 0, 2, 3 and 4).

use axum::extract::ws::Message;
use bytes::Bytes;
use serde_json::{Map, Value, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vsn {
    V1,
    V2,
}

impl Vsn {
    /// The query's `vsn`; nothing means 1.0.0. Anything else than the two is refused.
    pub fn parse(text: Option<&str>) -> Option<Self> {
        match text {
            None | Some("1.0.0") => Some(Self::V1),
            Some("2.0.0") => Some(Self::V2),
            Some(_) => None,
        }
    }
}

/// What the last byte of a user broadcast's header says about its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Binary,
    Json,
}

/// A frame from the client. Refs are kept as they came: numbers stay numbers.
#[derive(Debug, PartialEq)]
pub struct Incoming {
    pub join_ref: Value,
    pub r#ref: Value,
    pub topic: String,
    pub event: String,
    pub payload: Payload,
}

#[derive(Debug, PartialEq)]
pub enum Payload {
    Json(Value),
    /// Kind 3: a broadcast whose payload is not looked into.
    User {
        event: String,
        encoding: Encoding,
        bytes: Bytes,
    },
    /// Kind 0: Phoenix's own binary push.
    Raw(Bytes),
}

/// A frame to the client.
#[derive(Clone, Debug, PartialEq)]
pub enum Outgoing {
    Message {
        join_ref: Value,
        r#ref: Value,
        topic: String,
        event: &'static str,
        payload: Value,
    },
    /// Kind 4 on vsn 2; on vsn 1 an object when the payload is JSON, and nothing when it is not.
    User {
        topic: String,
        event: String,
        meta: Option<Value>,
        encoding: Encoding,
        bytes: Bytes,
    },
    /// Kind 2: what a kind 0 push of `broadcast` becomes. Nothing on vsn 1.
    Raw {
        topic: String,
        event: &'static str,
        bytes: Bytes,
    },
    /// Text as given, for faults.
    Text(String),
}

/// Reads a text frame; what is no frame is silence.
pub fn decode_text(vsn: Vsn, text: &str) -> Option<Incoming> {
    let value: Value = serde_json::from_str(text).ok()?;
    match (vsn, value) {
        (Vsn::V1, Value::Object(mut object)) => Some(Incoming {
            join_ref: object.remove("join_ref").unwrap_or(Value::Null),
            r#ref: object.remove("ref")?,
            topic: string(object.remove("topic")?)?,
            event: string(object.remove("event")?)?,
            payload: Payload::Json(object.remove("payload")?),
        }),
        (Vsn::V2, Value::Array(items)) => {
            let [join_ref, r#ref, topic, event, payload]: [Value; 5] = items.try_into().ok()?;
            Some(Incoming {
                join_ref,
                r#ref,
                topic: string(topic)?,
                event: string(event)?,
                payload: Payload::Json(payload),
            })
        }
        _ => None,
    }
}

/// Reads a binary frame of kind 0 or 3.
pub fn decode_binary(frame: &Bytes) -> Option<Incoming> {
    match frame.first()? {
        0 => {
            let [join_ref, r#ref, topic, event] = *frame.get(1..5)? else { return None };
            let mut rest = frame.slice(5..);
            Some(Incoming {
                join_ref: reference(&take(&mut rest, join_ref)?)?,
                r#ref: reference(&take(&mut rest, r#ref)?)?,
                topic: utf8(&take(&mut rest, topic)?)?,
                event: utf8(&take(&mut rest, event)?)?,
                payload: Payload::Raw(rest),
            })
        }
        3 => {
            let [join_ref, r#ref, topic, event, meta, encoding] = *frame.get(1..7)? else { return None };
            let mut rest = frame.slice(7..);
            let (join_ref, r#ref) = (reference(&take(&mut rest, join_ref)?)?, reference(&take(&mut rest, r#ref)?)?);
            let (topic, event) = (utf8(&take(&mut rest, topic)?)?, utf8(&take(&mut rest, event)?)?);
            take(&mut rest, meta)?;
            let encoding = if encoding == 1 { Encoding::Json } else { Encoding::Binary };
            let payload = Payload::User { event, encoding, bytes: rest };
            Some(Incoming { join_ref, r#ref, topic, event: "broadcast".into(), payload })
        }
        _ => None,
    }
}

/// Writes a frame; `None` when this version has no way to say it.
pub fn encode(vsn: Vsn, frame: &Outgoing) -> Option<Message> {
    let text = match (vsn, frame) {
        (_, Outgoing::Text(text)) => text.clone(),
        (Vsn::V1, Outgoing::Message { r#ref, topic, event, payload, .. }) => {
            json!({ "ref": r#ref, "event": event, "payload": payload, "topic": topic }).to_string()
        }
        (Vsn::V2, Outgoing::Message { join_ref, r#ref, topic, event, payload }) => {
            json!([join_ref, r#ref, topic, event, payload]).to_string()
        }
        (Vsn::V1, Outgoing::User { topic, event, meta, encoding: Encoding::Json, bytes }) => {
            let mut payload = Map::new();
            payload.insert("event".into(), json!(event));
            payload.insert("payload".into(), serde_json::from_slice(bytes).ok()?);
            payload.insert("type".into(), json!("broadcast"));
            if let Some(meta) = meta {
                payload.insert("meta".into(), meta.clone());
            }
            json!({ "ref": null, "event": "broadcast", "payload": payload, "topic": topic }).to_string()
        }
        (Vsn::V1, Outgoing::User { encoding: Encoding::Binary, .. } | Outgoing::Raw { .. }) => return None,
        (Vsn::V2, Outgoing::User { topic, event, meta, encoding, bytes }) => {
            let meta = meta.as_ref().map(Value::to_string).unwrap_or_default();
            let mut frame =
                vec![4, length(topic)?, length(event)?, length(&meta)?, (*encoding == Encoding::Json).into()];
            for part in [topic.as_bytes(), event.as_bytes(), meta.as_bytes(), bytes] {
                frame.extend_from_slice(part);
            }
            return Some(Message::Binary(frame.into()));
        }
        (Vsn::V2, Outgoing::Raw { topic, event, bytes }) => {
            let mut frame = vec![2, length(topic)?, length(event)?];
            for part in [topic.as_bytes(), event.as_bytes(), bytes] {
                frame.extend_from_slice(part);
            }
            return Some(Message::Binary(frame.into()));
        }
    };
    Some(Message::Text(text.into()))
}

fn string(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

fn take(rest: &mut Bytes, length: u8) -> Option<Bytes> {
    (rest.len() >= length.into()).then(|| rest.split_to(length.into()))
}

fn utf8(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes).ok().map(str::to_owned)
}

/// An empty ref of a binary frame is null.
fn reference(bytes: &[u8]) -> Option<Value> {
    let text = utf8(bytes)?;
    Some(if text.is_empty() { Value::Null } else { Value::String(text) })
}

fn length(text: &str) -> Option<u8> {
    u8::try_from(text.len()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_captured_kind_3_frame_becomes_the_captured_kind_4_frame() {
        let sent = Bytes::from_static(b"\x03\x01\x02\x0b\x07\x00\x01750realtime:bcbinjson{\"a\":1}");
        let incoming = decode_binary(&sent).unwrap();
        assert_eq!((&incoming.join_ref, &incoming.r#ref), (&json!("7"), &json!("50")));
        let Payload::User { event, encoding, bytes } = incoming.payload else { panic!("not a user broadcast") };
        let out = Outgoing::User { topic: incoming.topic, event, meta: None, encoding, bytes };
        let expected = b"\x04\x0b\x07\x00\x01realtime:bcbinjson{\"a\":1}";
        assert_eq!(encode(Vsn::V2, &out), Some(Message::Binary(Bytes::from_static(expected))));
    }

    #[test]
    fn what_is_no_frame_is_silence() {
        for text in ["", "not json", "{}", "[]", "[1,2]", "null", r#"{"topic":"realtime:x"}"#] {
            assert_eq!(decode_text(Vsn::V1, text), None);
            assert_eq!(decode_text(Vsn::V2, text), None);
        }
        assert_eq!(decode_binary(&Bytes::from_static(&[9, 9, 9])), None);
        assert_eq!(decode_binary(&Bytes::from_static(&[3, 255, 255, 255])), None);
        assert_eq!(decode_binary(&Bytes::new()), None);
    }
}
