//! The wire: Phoenix messages as Supabase Realtime speaks them, versions 1.0.0 and 2.0.0, text and binary.
//!
//! The only file that knows a word of the wire. Sources: the Realtime protocol page of Supabase, and frames of a real
//! server (`tests/fixtures/frames.jsonl`).

use std::borrow::Cow;

use crate::core::WHOLE;
use crate::core::base::json_write::{push_comma, push_name, push_number, push_string};
use crate::core::base::{Json, Kind};

/// Which serialisation the socket was opened with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Version {
    /// Objects; replies carry no `join_ref`, no binary frames.
    V1,
    /// Arrays of five, and binary frames for broadcasts of users.
    #[default]
    V2,
}

impl Version {
    /// The value of the `vsn` parameter in the socket's URL.
    pub fn text(self) -> &'static str {
        match self {
            Version::V1 => "1.0.0",
            Version::V2 => "2.0.0",
        }
    }
}

/// A reference that we gave out; on the wire a decimal string. 0 is never given out and stands for one that is not ours.
pub type Reference = u32;

/// A message from the server.
#[derive(Clone, Debug, PartialEq)]
pub struct Incoming<'a> {
    /// The join that the message belongs to; `None` where the server left it out.
    pub join_ref: Option<Reference>,
    /// The message of ours that this one answers.
    pub reference: Option<Reference>,
    /// With its prefix `realtime:`, or `phoenix`.
    pub topic: Cow<'a, str>,
    /// What it says.
    pub message: Message<'a>,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq)]
pub enum Message<'a> {
    /// The answer to a message of ours.
    Reply {
        /// Whether the status was `ok`.
        ok: bool,
        /// What came with it.
        response: Json<'a>,
    },
    /// The channel crashed on the server; it can be joined again.
    Error(Json<'a>),
    /// The channel is closed on the server.
    Close,
    /// `{extension, status, message, channel}`
    System(Json<'a>),
    /// Everyone who is present.
    PresenceState(Json<'a>),
    /// Who came and who went.
    PresenceDiff(Json<'a>),
    /// `{ids, data}`: a change in the database.
    Changes(Json<'a>),
    /// A message of another user, or of the database.
    Broadcast {
        /// The user's name for it; `None` in a malformed one.
        event: Option<Cow<'a, str>>,
        /// What was sent.
        payload: BroadcastPayload<'a>,
        /// `{id, replayed?}`
        meta: Option<Json<'a>>,
    },
    /// An event that this version does not know.
    Other,
}

/// What a broadcast carries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BroadcastPayload<'a> {
    /// JSON.
    Json(Json<'a>),
    /// Bytes, as they were sent.
    Bytes(&'a [u8]),
}

/// A message of ours.
#[derive(Clone, Copy, Debug)]
pub enum Outgoing<'a> {
    /// Joins a topic: the parameters, as JSON.
    Join(&'a str),
    /// Leaves it.
    Leave,
    /// Shows that the link lives.
    Heartbeat,
    /// Replaces the token of a channel.
    AccessToken(&'a str),
    /// A message for the others: its event, its payload as JSON.
    Broadcast(&'a str, &'a str),
    /// Shows this client to the others: what is to be seen, as JSON.
    Track(&'a str),
    /// Takes it back.
    Untrack,
}

const TOPIC_PREFIX: &str = "realtime:";
/// The topic of heartbeats.
pub const PHOENIX: &str = "phoenix";

/// The topic on the wire for a channel's name.
pub fn topic_of(name: &str) -> String {
    let mut topic = String::from(TOPIC_PREFIX);
    topic.push_str(name);
    topic
}

/// Reads a text frame; `None` if it is no Phoenix message.
pub fn decode_text(version: Version, text: &str) -> Option<Incoming<'_>> {
    let version = if WHOLE { version } else { Version::V2 };
    let [join_ref, reference, topic, event, payload] = match version {
        Version::V2 => Json::parse_items(text)?,
        Version::V1 => {
            let parts = Json::parse(text)?.pick(["join_ref", "ref", "topic", "event", "payload"]);
            parts.map(|part| part.unwrap_or(Json::NULL))
        }
    };
    let event = event.as_str()?;
    Some(Incoming {
        join_ref: read_reference(join_ref),
        reference: read_reference(reference),
        topic: topic.as_str()?,
        message: read_message(&event, payload),
    })
}

fn read_message<'a>(event: &str, payload: Json<'a>) -> Message<'a> {
    match event {
        "phx_reply" => Message::Reply {
            ok: payload.get_str("status").as_deref() == Some("ok"),
            response: payload.get("response").unwrap_or(payload),
        },
        "phx_error" => Message::Error(payload),
        "phx_close" => Message::Close,
        "system" => Message::System(payload),
        _ if !WHOLE && event != "postgres_changes" => Message::Other,
        "presence_state" => Message::PresenceState(payload),
        "presence_diff" => Message::PresenceDiff(payload),
        "postgres_changes" => Message::Changes(payload),
        "broadcast" => Message::Broadcast {
            event: payload.get_str("event"),
            payload: BroadcastPayload::Json(payload.get("payload").unwrap_or(payload)),
            meta: payload.get("meta"),
        },
        _ => Message::Other,
    }
}

fn read_reference(json: Json<'_>) -> Option<Reference> {
    match json.kind() {
        Kind::Null => None,
        Kind::String => {
            let text = json.as_str()?;
            Some(Json::parse(&text).and_then(Json::as_u64).and_then(|number| u32::try_from(number).ok()).unwrap_or(0))
        }
        _ => Some(json.as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or(0)),
    }
}

/// Reads a binary frame of version 2.0.0: kind 4, a user's broadcast. `None` for other kinds and for cut frames.
pub fn decode_binary(bytes: &[u8]) -> Option<Incoming<'_>> {
    let (header, mut rest) = bytes.split_at_checked(5)?;
    let &[4, topic, event, meta, encoding] = header else { return None };
    let topic = take_text(&mut rest, topic)?;
    let event = take_text(&mut rest, event)?;
    let meta = take_text(&mut rest, meta)?;
    let payload = match encoding {
        0 => BroadcastPayload::Bytes(rest),
        _ => BroadcastPayload::Json(Json::parse(core::str::from_utf8(rest).ok()?)?),
    };
    Some(Incoming {
        join_ref: None,
        reference: None,
        topic: Cow::Borrowed(topic),
        message: Message::Broadcast { event: Some(Cow::Borrowed(event)), payload, meta: Json::parse(meta) },
    })
}

fn take_text<'a>(rest: &mut &'a [u8], length: u8) -> Option<&'a str> {
    let (text, tail) = rest.split_at_checked(usize::from(length))?;
    *rest = tail;
    core::str::from_utf8(text).ok()
}

/// Writes a text frame.
pub fn encode_text(
    version: Version,
    join_ref: Option<Reference>,
    reference: Reference,
    topic: &str,
    message: Outgoing<'_>,
) -> String {
    let version = if WHOLE { version } else { Version::V2 };
    let mut out = String::with_capacity(96 + topic.len());
    let event = match message {
        Outgoing::Join(_) => "phx_join",
        Outgoing::Leave => "phx_leave",
        Outgoing::Heartbeat => "heartbeat",
        Outgoing::AccessToken(_) => "access_token",
        Outgoing::Broadcast(..) => "broadcast",
        Outgoing::Track(_) | Outgoing::Untrack => "presence",
    };
    match version {
        Version::V2 => {
            out.push('[');
            push_reference(&mut out, join_ref);
            out.push(',');
            push_reference(&mut out, Some(reference));
            out.push(',');
            push_string(&mut out, topic);
            out.push(',');
            push_string(&mut out, event);
            out.push(',');
            push_payload(&mut out, message);
            out.push(']');
        }
        Version::V1 => {
            out.push('{');
            push_name(&mut out, "topic");
            push_string(&mut out, topic);
            push_name(&mut out, "event");
            push_string(&mut out, event);
            push_name(&mut out, "payload");
            push_payload(&mut out, message);
            push_name(&mut out, "ref");
            push_reference(&mut out, Some(reference));
            push_name(&mut out, "join_ref");
            push_reference(&mut out, join_ref);
            out.push('}');
        }
    }
    out
}

fn push_reference(out: &mut String, reference: Option<Reference>) {
    match reference {
        None => out.push_str("null"),
        Some(reference) => {
            out.push('"');
            push_number(out, u64::from(reference));
            out.push('"');
        }
    }
}

fn push_payload(out: &mut String, message: Outgoing<'_>) {
    match message {
        Outgoing::Join(parameters) => out.push_str(parameters),
        Outgoing::Leave | Outgoing::Heartbeat => out.push_str("{}"),
        Outgoing::AccessToken(token) => {
            out.push('{');
            push_name(out, "access_token");
            push_string(out, token);
            out.push('}');
        }
        Outgoing::Broadcast(event, payload) => {
            push_envelope(out, "broadcast", event, Some(payload));
        }
        Outgoing::Track(meta) => push_envelope(out, "presence", "track", Some(meta)),
        Outgoing::Untrack => push_envelope(out, "presence", "untrack", None),
    }
}

fn push_envelope(out: &mut String, kind: &str, event: &str, payload: Option<&str>) {
    out.push('{');
    push_name(out, "type");
    push_string(out, kind);
    push_name(out, "event");
    push_string(out, event);
    if let Some(payload) = payload {
        push_name(out, "payload");
        out.push_str(payload);
    }
    out.push('}');
}

/// Writes a binary frame of kind 3, a broadcast of bytes; `None` if the topic or the event is over 255 bytes.
pub fn encode_bytes(
    join_ref: Reference,
    reference: Reference,
    topic: &str,
    event: &str,
    payload: &[u8],
) -> Option<Vec<u8>> {
    let mut join_ref_text = String::new();
    push_number(&mut join_ref_text, u64::from(join_ref));
    let mut reference_text = String::new();
    push_number(&mut reference_text, u64::from(reference));
    let fields = [&join_ref_text, &reference_text, topic, event];
    let mut out = Vec::with_capacity(7 + topic.len() + event.len() + payload.len() + 20);
    out.push(3);
    for field in fields {
        out.push(u8::try_from(field.len()).ok()?);
    }
    out.extend_from_slice(&[0, 0]); // no meta; encoding: bytes
    for field in fields {
        out.extend_from_slice(field.as_bytes());
    }
    out.extend_from_slice(payload);
    Some(out)
}

/// One `postgres_changes` entry of a join, as the page wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeParams {
    /// `*`, `INSERT`, `UPDATE` or `DELETE`.
    pub event: String,
    /// The schema, or `*`.
    pub schema: String,
    /// The table; `None` for all of the schema.
    pub table: Option<String>,
    /// `column=[not.]op.value`; `None` for every row.
    pub filter: Option<String>,
    /// Column names; empty for all.
    pub select: Vec<String>,
}

/// How a channel is joined: the `config` of `phx_join`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelOptions {
    /// Broadcasts are answered by the server.
    pub ack: bool,
    /// Own broadcasts come back.
    pub own: bool,
    /// Replay broadcasts since this time (milliseconds since the epoch), and how many, at most 25. Private channels only.
    pub replay: Option<(u64, u32)>,
    /// The server says by a system message when changes of the database can be broadcast.
    pub replication_ready: bool,
    /// The key under which this client is present; empty: the server makes one.
    pub presence_key: String,
    /// Presence is wanted.
    pub presence: bool,
    /// The channel is private: row level security of `realtime.messages` decides.
    pub private: bool,
}

/// The parameters of a join, as JSON.
pub fn join_parameters(options: &ChannelOptions, changes: &[ChangeParams], token: Option<&str>) -> String {
    let mut out = String::with_capacity(256);
    if WHOLE {
        push_options(&mut out, options);
    } else {
        out.push_str(PLAIN_OPTIONS);
    }
    out.push('[');
    for change in changes {
        push_change(&mut out, change);
    }
    out.push_str("]}");
    if let Some(token) = token {
        push_name(&mut out, "access_token");
        push_string(&mut out, token);
    }
    out.push('}');
    out
}

/// The beginning of the parameters, up to the list of changes, at the options that all channels of a story page have.
pub const PLAIN_OPTIONS: &str = concat!(
    r#"{"config":{"broadcast":{"ack":false,"self":false},"presence":{"key":"","enabled":false},"#,
    r#""private":false,"postgres_changes":"#
);

fn push_options(out: &mut String, options: &ChannelOptions) {
    out.push('{');
    push_name(out, "config");
    out.push('{');
    push_name(out, "broadcast");
    out.push('{');
    push_flag(out, "ack", options.ack);
    push_flag(out, "self", options.own);
    if let Some((since, limit)) = options.replay {
        push_name(out, "replay");
        out.push('{');
        push_name(out, "since");
        push_number(out, since);
        push_name(out, "limit");
        push_number(out, u64::from(limit));
        out.push('}');
    }
    if options.replication_ready {
        push_flag(out, "replication_ready", true);
    }
    out.push('}');
    push_name(out, "presence");
    out.push('{');
    push_name(out, "key");
    push_string(out, &options.presence_key);
    push_flag(out, "enabled", options.presence);
    out.push('}');
    push_flag(out, "private", options.private);
    push_name(out, "postgres_changes");
}

fn push_flag(out: &mut String, name: &str, value: bool) {
    push_name(out, name);
    out.push_str(if value { "true" } else { "false" });
}

fn push_change(out: &mut String, change: &ChangeParams) {
    push_comma(out);
    out.push('{');
    push_name(out, "event");
    push_string(out, &change.event);
    push_name(out, "schema");
    push_string(out, &change.schema);
    for (name, value) in [("table", &change.table), ("filter", &change.filter)] {
        if let Some(value) = value {
            push_name(out, name);
            push_string(out, value);
        }
    }
    if !change.select.is_empty() {
        push_name(out, "select");
        out.push('[');
        for column in &change.select {
            push_comma(out);
            push_string(out, column);
        }
        out.push(']');
    }
    out.push('}');
}
