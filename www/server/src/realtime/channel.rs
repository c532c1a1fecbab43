//! A joined channel: what its join asked for and what the server keeps for it.

use std::time::Duration;

use serde_json::{Map, Value};
use tokio::time::Instant;

use super::changes::{Binding, Subscription};
use super::hub::{MemberId, RoomKey};

pub struct Channel {
    /// With `realtime:`.
    pub topic: String,
    pub key: RoomKey,
    pub member: MemberId,
    /// As the client sent it; null stays null.
    pub join_ref: Value,
    /// What a reply carries: the join_ref, or the ref of the join when that was null.
    pub reply_ref: Value,
    pub options: Options,
    /// Whether the token may write to a private channel. Public channels are open to all.
    pub may_write: bool,
    pub token: Option<String>,
    pub jti: Option<String>,
    /// When the token expires. `None` for keys that are no tokens.
    pub expires: Option<Instant>,
    pub subscribing: Subscribing,
    /// Presence calls in the current window, and when it ends.
    pub presence_window: (u32, Option<Instant>),
    pub tracked: Option<Map<String, Value>>,
    /// Broadcasts in the current second, and when it began.
    pub message_window: (u32, Instant),
    /// Messages that a replay has shown already.
    pub replayed: Vec<String>,
}

/// Where the channel is on the way to its changes.
#[derive(Default)]
pub struct Subscribing {
    pub bindings: Vec<Binding>,
    /// Changes flow while this is not empty.
    pub active: Vec<Subscription>,
    /// When the next `system` message about it is due.
    pub due: Option<Instant>,
}

impl Channel {
    /// The next moment at which something is due of itself.
    pub fn deadline(&self) -> Option<Instant> {
        [self.expires, self.subscribing.due].into_iter().flatten().min()
    }

    /// A private channel that neither enabled presence nor tracked anything is not told who comes and goes.
    pub fn sees_presence(&self) -> bool {
        !self.options.private || self.options.presence_enabled || self.tracked.is_some()
    }

    /// Counts one presence call; false when the window is full.
    pub fn count_presence_call(&mut self, limit: u32, window: Duration) -> bool {
        let now = Instant::now();
        let (calls, ends) = &mut self.presence_window;
        if ends.is_none_or(|ends| now > ends) {
            (*calls, *ends) = (0, Some(now + window));
        }
        *calls += 1;
        *calls <= limit
    }

    /// Counts one broadcast; false when this second is full.
    pub fn count_message(&mut self, limit: Option<u32>) -> bool {
        let (messages, since) = &mut self.message_window;
        if since.elapsed() >= Duration::from_secs(1) {
            (*messages, *since) = (0, Instant::now());
        }
        *messages += 1;
        limit.is_none_or(|limit| *messages <= limit)
    }
}

/// What the payload of a join asks for. What is missing or of another type has its default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    pub private: bool,
    pub ack: bool,
    pub self_broadcast: bool,
    pub replication_ready: bool,
    pub replay: Option<Value>,
    pub presence_enabled: bool,
    pub presence_key: String,
    /// Joined without `config`: the topic names schema, table and filter, and changes arrive under their own names.
    pub old_api: bool,
}

impl Options {
    pub fn parse(payload: &Value) -> Self {
        let config = payload.get("config");
        let at =
            |group: &str, name: &str| config.and_then(|config| config.get(group)).and_then(|group| group.get(name));
        let flag = |group: &str, name: &str| at(group, name).and_then(Value::as_bool).unwrap_or(false);
        let key = at("presence", "key").and_then(Value::as_str).unwrap_or_default();
        Self {
            private: config.and_then(|config| config.get("private")).and_then(Value::as_bool).unwrap_or(false),
            ack: flag("broadcast", "ack"),
            self_broadcast: flag("broadcast", "self"),
            replication_ready: flag("broadcast", "replication_ready"),
            replay: at("broadcast", "replay").filter(|replay| !replay.is_null()).cloned(),
            presence_enabled: flag("presence", "enabled"),
            presence_key: if key.is_empty() { uuid::Uuid::new_v4().to_string() } else { key.to_owned() },
            old_api: config.is_none(),
        }
    }
}

/// The bindings of a join. The old way has them in the topic: `schema`, `schema:table`, `schema:table:filter`.
pub fn bindings(payload: &Value, name: &str) -> Vec<Binding> {
    let Some(config) = payload.get("config") else {
        let mut asked = Map::new();
        for (field, value) in ["schema", "table", "filter"].into_iter().zip(name.splitn(3, ':')) {
            asked.insert(field.into(), Value::String(value.into()));
        }
        return vec![Binding::new(asked)];
    };
    let entries = config.get("postgres_changes").and_then(Value::as_array);
    entries.into_iter().flatten().filter_map(Value::as_object).cloned().map(Binding::new).collect()
}
