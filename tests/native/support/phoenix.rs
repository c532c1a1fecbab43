//! A small Supabase: Phoenix channels, a table with changes, presence. Written against the protocol's description, with
//! serde_json, and without a line of the SDK.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// What the server sends, and how long after it was caused.
#[derive(Clone, Debug)]
pub struct Sent {
    pub socket: u32,
    pub after: u64,
    pub text: String,
}

/// How long a join is refused for, during which the server is deaf to the whole socket.
pub const REFUSAL: u64 = 5_000;
/// Changes committed so long before a join can still arrive after it.
const RECENT: u64 = 300;

/// One subscription to changes, from the moment on that the server says so.
pub struct Joined {
    pub socket: u32,
    pub topic: String,
    pub join_ref: String,
    pub config: Value,
    /// Changes flow from then on.
    pub flows_at: Option<u64>,
    pub token: Option<String>,
    pub presence: Option<(String, Value)>,
    /// When the last calls of presence came.
    pub presence_calls: Vec<u64>,
}

pub struct Phoenix {
    pub rows: BTreeMap<String, Value>,
    pub joined: Vec<Joined>,
    /// How long after a join changes flow.
    pub subscribe_delay: u64,
    /// Never says that changes flow.
    pub silent_changes: bool,
    /// The database is away: changes are lost, and nobody is told.
    pub database_away: bool,
    /// Refuses joins with this reason, after five seconds.
    pub refuse_join: Option<String>,
    /// The same, one reason for each of the next joins.
    pub refuse_next: Vec<String>,
    /// Closes channels whose token has expired, and refuses joins with such a token.
    pub checks_tokens: bool,
    /// Does not answer anything.
    pub mute: bool,
    /// Answers everything but joins.
    pub ignores_joins: bool,
    /// The longest URL that is let through to a read.
    pub longest_url: usize,
    /// Values that the column of the id cannot hold: a read that names one is refused whole, and so are all changes of a join.
    pub malformed: Vec<String>,
    /// The table is not published: no changes can be had.
    pub unpublished: bool,
    /// How the database writes ids: in lower case, as with UUIDs.
    pub lowers: bool,
    /// So many calls of presence are answered with an error, and change nothing.
    pub refuse_presence: u32,
    /// Every frame that came in, in order: time, socket, frame.
    pub received: Vec<(u64, u32, Value)>,
    /// How long a change takes from its commit to its frame.
    pub feed_delay: u64,
    /// Deaf until then, by socket: a join is being refused.
    pub deaf: BTreeMap<u32, u64>,
    recent: Vec<(u64, String, String, Value)>,
    last_feed: u64,
    clock: u64,
    next_presence: u32,
}

impl Default for Phoenix {
    fn default() -> Phoenix {
        Phoenix {
            rows: BTreeMap::new(),
            joined: Vec::new(),
            subscribe_delay: 100,
            silent_changes: false,
            database_away: false,
            refuse_join: None,
            refuse_next: Vec::new(),
            checks_tokens: false,
            mute: false,
            ignores_joins: false,
            longest_url: 100_000,
            received: Vec::new(),
            feed_delay: 50,
            deaf: BTreeMap::new(),
            recent: Vec::new(),
            last_feed: 0,
            clock: 1_795_000_000_000,
            next_presence: 0,
            refuse_presence: 0,
            malformed: Vec::new(),
            unpublished: false,
            lowers: false,
        }
    }
}

impl Phoenix {
    /// The frames named `event` that came in for `topic`.
    pub fn count(&self, event: &str) -> usize {
        self.received.iter().filter(|(_, _, frame)| frame[3] == event).count()
    }

    pub fn topics(&self) -> Vec<&str> {
        let mut topics: Vec<&str> = self.joined.iter().map(|joined| joined.topic.as_str()).collect();
        topics.sort_unstable();
        topics
    }

    pub fn lose_socket(&mut self, socket: u32) {
        self.joined.retain(|joined| joined.socket != socket);
    }

    /// Takes a frame of the client.
    pub fn receive(&mut self, now: u64, socket: u32, text: &str) -> Vec<Sent> {
        let frame: Value = serde_json::from_str(text).expect("the client sends JSON");
        self.received.push((now, socket, frame.clone()));
        if self.mute {
            return Vec::new();
        }
        let topic = frame[2].as_str().unwrap().to_owned();
        let (join_ref, reference) = (frame[0].clone(), frame[1].clone());
        let reply = |after: u64, status: &str, response: Value| Sent {
            socket,
            after,
            text: json!([join_ref, reference, topic, "phx_reply", {"status": status, "response": response}])
                .to_string(),
        };
        match frame[3].as_str().unwrap() {
            "heartbeat" => vec![reply(0, "ok", json!({}))],
            "phx_join" if self.ignores_joins => Vec::new(),
            "phx_join" => self.join(now, socket, &frame),
            "phx_leave" => {
                self.joined.retain(|joined| joined.socket != socket || joined.topic != topic);
                let close = json!([join_ref, join_ref, topic, "phx_close", {}]).to_string();
                vec![reply(0, "ok", json!({})), Sent { socket, after: 0, text: close }]
            }
            "access_token" => {
                let mut sent = Vec::new();
                for joined in self.joined.iter_mut().filter(|joined| joined.socket == socket && joined.topic == topic) {
                    joined.token = frame[4]["access_token"].as_str().map(str::to_owned);
                    if joined.flows_at.is_some() {
                        // The subscription is made anew, but nothing is lost in between.
                        sent.push(system(joined, 1_000, "postgres_changes", "ok", "Subscribed to PostgreSQL"));
                    }
                }
                sent
            }
            "broadcast" => {
                let mut sent = Vec::new();
                for joined in self.joined.iter().filter(|joined| joined.topic == topic) {
                    if joined.socket != socket || joined.config["broadcast"]["self"] == true {
                        let text = json!([null, null, topic, "broadcast", frame[4]]).to_string();
                        sent.push(Sent { socket: joined.socket, after: 0, text });
                    }
                }
                let acked = self.joined.iter().any(|joined| {
                    joined.socket == socket && joined.topic == topic && joined.config["broadcast"]["ack"] == true
                });
                if acked {
                    sent.push(reply(0, "ok", json!({})));
                }
                sent
            }
            "presence" => {
                if self.refuse_presence > 0 {
                    self.refuse_presence -= 1;
                    return vec![reply(0, "error", json!({}))];
                }
                let mut sent = self.presence(now, socket, &topic, &frame[4]);
                // The answer and the difference come in either order.
                sent.insert(
                    usize::from(self.next_presence.is_multiple_of(2)).min(sent.len()),
                    reply(0, "ok", json!({})),
                );
                sent
            }
            event => panic!("the client sent {event}"),
        }
    }

    /// Takes a binary frame of the client: kind 3, a broadcast of bytes.
    pub fn receive_bytes(&mut self, socket: u32, bytes: &[u8]) -> Vec<(u32, Vec<u8>)> {
        let &[3, join_ref, reference, topic, event, meta, encoding, ref rest @ ..] = bytes else { panic!("{bytes:?}") };
        let [join_ref, reference, topic, event] = [join_ref, reference, topic, event].map(usize::from);
        assert_eq!((meta, encoding), (0, 0));
        let name = std::str::from_utf8(&rest[join_ref + reference..][..topic]).unwrap();
        let mut out = vec![4, topic as u8, event as u8, 0, 0];
        out.extend_from_slice(&rest[join_ref + reference..]);
        let others = self.joined.iter().filter(|joined| joined.topic == name);
        let others = others.filter(|joined| joined.socket != socket || joined.config["broadcast"]["self"] == true);
        others.map(|joined| (joined.socket, out.clone())).collect()
    }

    /// The next moment at which a token expires.
    pub fn next_expiry(&self) -> Option<u64> {
        let tokens = self.joined.iter().filter_map(|joined| joined.token.as_deref());
        if self.checks_tokens { tokens.filter_map(super::world::expiry).min() } else { None }
    }

    /// Closes the channels whose token has expired.
    pub fn close_expired(&mut self, now: u64) -> Vec<Sent> {
        let expired =
            |joined: &mut Joined| joined.token.as_deref().and_then(super::world::expiry).is_some_and(|at| at <= now);
        let joined: Vec<Joined> = self.joined.extract_if(.., expired).collect();
        joined.iter().flat_map(expire).collect()
    }

    fn join(&mut self, now: u64, socket: u32, frame: &Value) -> Vec<Sent> {
        let topic = frame[2].as_str().unwrap().to_owned();
        let answer = |after: u64, status: &str, response: Value| Sent {
            socket,
            after,
            text: json!([frame[0], frame[1], topic, "phx_reply", {"status": status, "response": response}]).to_string(),
        };
        let token = frame[4]["access_token"].as_str().map(str::to_owned);
        let expired = token.as_deref().and_then(super::world::expiry).is_some_and(|at| at <= now) && self.checks_tokens;
        let expired = expired.then(|| String::from("InvalidJWTToken: Token has expired 3 seconds ago"));
        let next = if self.refuse_next.is_empty() { None } else { Some(self.refuse_next.remove(0)) };
        if let Some(reason) = self.refuse_join.clone().or(next).or(expired) {
            self.deaf.insert(socket, now + REFUSAL);
            return vec![answer(REFUSAL, "error", json!({"reason": reason}))];
        }
        let config = frame[4]["config"].clone();
        let mut changes = Vec::new();
        for change in config["postgres_changes"].as_array().unwrap() {
            let mut echo = change.clone();
            echo["id"] = json!(hash(&change.to_string()));
            changes.push(echo);
        }
        let mut sent = vec![answer(0, "ok", json!({"postgres_changes": changes}))];
        // A second join of a topic closes the first, after its own answer.
        self.joined.retain(|joined| {
            let same = joined.socket == socket && joined.topic == topic;
            if same {
                let text = json!([joined.join_ref, joined.join_ref, topic, "phx_close", {}]).to_string();
                sent.push(Sent { socket, after: 0, text });
            }
            !same
        });
        let join_ref = frame[0].as_str().unwrap().to_owned();
        let refused = self.refusal(&changes);
        let flows = !changes.is_empty() && !self.silent_changes && refused.is_none();
        let joined = Joined {
            socket,
            topic: topic.clone(),
            join_ref: join_ref.clone(),
            config: config.clone(),
            flows_at: flows.then_some(now + self.subscribe_delay),
            token,
            presence: None,
            presence_calls: Vec::new(),
        };
        if let Some(reason) = refused {
            sent.push(system(&joined, self.subscribe_delay, "postgres_changes", "error", &reason));
        }
        if flows {
            let delay = self.subscribe_delay;
            sent.push(system(&joined, delay, "postgres_changes", "ok", "Subscribed to PostgreSQL"));
            let after = self.subscribe_delay + 1;
            for (_, id, kind, data) in self.recent.iter().filter(|(at, ..)| at + RECENT >= now + after) {
                sent.extend(change_for(&joined, id, kind, data, after, self.lowers));
            }
            self.last_feed = self.last_feed.max(now + after);
        }
        self.joined.push(joined);
        if config["presence"]["enabled"] == true {
            let text = json!([join_ref, null, topic, "presence_state", self.state(&topic)]).to_string();
            sent.push(Sent { socket, after: 0, text });
        }
        sent
    }

    fn state(&self, topic: &str) -> Value {
        let mut state = serde_json::Map::new();
        for joined in self.joined.iter().filter(|joined| joined.topic == topic) {
            if let Some((key, meta)) = &joined.presence {
                let entry = state.entry(key.clone()).or_insert(json!({"metas": []}));
                entry["metas"].as_array_mut().unwrap().push(meta.clone());
            }
        }
        state.into()
    }

    fn presence(&mut self, now: u64, socket: u32, topic: &str, payload: &Value) -> Vec<Sent> {
        let (mut joins, mut leaves) = (json!({}), json!({}));
        self.next_presence += 1;
        let reference = format!("ref-{}", self.next_presence);
        for joined in self.joined.iter_mut().filter(|joined| joined.socket == socket && joined.topic == topic) {
            joined.presence_calls.retain(|at| at + 30_000 > now);
            joined.presence_calls.push(now);
            assert!(joined.presence_calls.len() <= 5, "Client presence rate limit exceeded");
            let key = joined.config["presence"]["key"].as_str().unwrap().to_owned();
            if let Some((key, meta)) = joined.presence.take() {
                leaves[key] = json!({"metas": [meta]});
            }
            if payload["event"] == "track" {
                let mut meta = payload["payload"].clone();
                meta["phx_ref"] = json!(reference);
                joins[&key] = json!({"metas": [meta]});
                joined.presence = Some((key, meta));
            }
        }
        let text = json!([null, null, topic, "presence_diff", {"joins": joins, "leaves": leaves}]).to_string();
        let others = self.joined.iter().filter(|joined| joined.topic == topic);
        others.map(|joined| Sent { socket: joined.socket, after: 0, text: text.clone() }).collect()
    }

    /// Writes a row and tells those who follow it.
    pub fn write(&mut self, now: u64, id: &str, mut row: Value) -> Vec<Sent> {
        self.clock += 7;
        let stamp = stamp(self.clock);
        row["id"] = json!(id);
        if row.get("updated_at").is_some() {
            row["updated_at"] = json!(stamp);
        }
        let old = self.rows.insert(id.to_owned(), row.clone());
        let kind = if old.is_some() { "UPDATE" } else { "INSERT" };
        let mut errors = json!(null);
        if let Some(old) = old
            && old["large"] == row["large"]
        {
            // A large value that stayed the same is not in the log that changes are read from.
            row.as_object_mut().unwrap().remove("large");
        }
        if row.get("huge").is_some() {
            row = json!({"id": id});
            errors = json!(["Error 413: Payload Too Large"]);
        }
        let mut data = json!({"schema": "public", "table": "stories", "type": kind, "commit_timestamp": stamp,
            "columns": [{"name": "id", "type": "uuid"}], "record": row, "errors": errors});
        if kind == "UPDATE" {
            data["old_record"] = json!({"id": id});
        }
        self.publish(now, id, kind, &data)
    }

    pub fn delete(&mut self, now: u64, id: &str) -> Vec<Sent> {
        if self.rows.remove(id).is_none() {
            return Vec::new();
        }
        self.clock += 7;
        let data = json!({"schema": "public", "table": "stories", "type": "DELETE", "commit_timestamp": stamp(self.clock),
            "columns": [], "old_record": {"id": id}, "errors": null});
        self.publish(now, id, "DELETE", &data)
    }

    fn publish(&mut self, now: u64, id: &str, kind: &str, data: &Value) -> Vec<Sent> {
        if self.database_away || self.mute {
            return Vec::new();
        }
        self.recent.push((now, id.to_owned(), kind.to_owned(), data.clone()));
        self.recent.retain(|(at, ..)| at + 2 * RECENT >= now);
        // Changes keep their order.
        self.last_feed = self.last_feed.max(now + self.feed_delay);
        let flowing = self.joined.iter().filter(|joined| joined.flows_at.is_some_and(|at| at <= now));
        flowing.filter_map(|joined| change_for(joined, id, kind, data, self.last_feed - now, self.lowers)).collect()
    }

    /// Why the server does not send the changes that a join asks for. One bad entry is enough for none of them.
    fn refusal(&self, changes: &[Value]) -> Option<String> {
        let given = "Unable to subscribe to changes with given parameters.";
        let asked = json!(changes);
        for change in changes {
            let values = asked_for(change);
            if self.unpublished {
                return Some(format!(
                    "{given} Please check Realtime is enabled for the given connect parameters: {asked}"
                ));
            }
            let bad = values.iter().find(|value| self.malformed.contains(value));
            let reason = match bad {
                Some(bad) => format!("22P02 (invalid_text_representation) invalid input syntax for type uuid: {bad:?}"),
                None if values.len() > 100 => String::from("P0001 too many values for `in` filter. Maximum 100"),
                None => continue,
            };
            return Some(format!(
                "{given} An exception happened, check your connect parameters: {asked}. ERROR {reason}"
            ));
        }
        None
    }

    /// The database is back: subscriptions are made again, and say so.
    pub fn database_back(&mut self) -> Vec<Sent> {
        self.database_away = false;
        let flowing = self.joined.iter().filter(|joined| joined.flows_at.is_some());
        flowing.map(|joined| system(joined, 200, "postgres_changes", "ok", "Subscribed to PostgreSQL")).collect()
    }

    /// One channel crashes.
    pub fn crash(&mut self, which: usize) -> Vec<Sent> {
        if which >= self.joined.len() {
            return Vec::new();
        }
        let joined = self.joined.remove(which);
        let reason = json!({"reason": "channel_crash"});
        let text = json!([joined.join_ref, joined.join_ref, joined.topic, "phx_error", reason]).to_string();
        vec![Sent { socket: joined.socket, after: 0, text }]
    }

    /// The token of every channel has expired.
    pub fn expire(&mut self) -> Vec<Sent> {
        self.joined.drain(..).flat_map(|joined| expire(&joined)).collect()
    }

    /// `GET /rest/v1/stories?…`
    pub fn read(&self, url: &str) -> (u16, String) {
        if url.len() > self.longest_url {
            return (414, String::from("<html>Request-URI Too Large</html>"));
        }
        let filter = url.split_once("&id=").map(|(_, rest)| decoded(rest.split('&').next().unwrap_or_default()));
        // The value of `eq` is taken as it stands.
        let ids = filter.map(|filter| match filter.strip_prefix("eq.") {
            Some(id) => vec![id.to_owned()],
            None => asked_for(&json!({"filter": format!("id={filter}")})),
        });
        if let Some(id) = self.malformed.iter().find(|id| ids.as_ref().is_some_and(|ids| ids.contains(id))) {
            let message = format!("invalid input syntax for type uuid: \"{id}\"");
            return (400, json!({"code": "22P02", "message": message, "details": null, "hint": null}).to_string());
        }
        let row = |id: String| self.rows.get(&if self.lowers { id.to_lowercase() } else { id });
        let rows: Vec<&Value> = match ids {
            Some(ids) => ids.into_iter().filter_map(row).collect(),
            None => self.rows.values().collect(),
        };
        (200, serde_json::to_string(&rows).unwrap())
    }
}

/// A part of a URL without its percent signs.
fn decoded(text: &str) -> String {
    let (first, rest) = text.split_once('%').map_or((text, None), |(first, rest)| (first, Some(rest)));
    let mut bytes = first.as_bytes().to_vec();
    for part in rest.into_iter().flat_map(|rest| rest.split('%')) {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).unwrap()
}

/// The values of a list, which may be in quotes. What must be in quotes is.
fn listed(list: &str) -> Vec<String> {
    let (mut values, mut quoted, mut escaped) = (vec![String::new()], false, false);
    for character in list.chars() {
        match character {
            _ if escaped => {
                values.last_mut().unwrap().push(character);
                escaped = false;
            }
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => values.push(String::new()),
            '(' | ')' | '{' | '}' | '\\' if !quoted => panic!("{character} out of quotes: {list}"),
            _ => values.last_mut().unwrap().push(character),
        }
    }
    values
}

/// The ids that an entry names; none if it is for all rows.
pub fn asked_for(change: &Value) -> Vec<String> {
    let filter = change["filter"].as_str().unwrap_or_default();
    let list = filter.strip_prefix("id=in.(").and_then(|list| list.strip_suffix(')'));
    list.or(filter.strip_prefix("id=eq.")).map_or(Vec::new(), listed)
}

/// Whether Realtime tells a channel with such an entry of the row: a comma ends a filter, quotes keep it together.
fn entry_keeps(change: &Value, id: &str, lowers: bool) -> bool {
    let filter = change["filter"].as_str().unwrap_or_default();
    let ids = asked_for(change);
    let is_one = ids.len() == 1 && filter.trim() == filter;
    let names_it = |of: &String| if lowers { of.to_lowercase() == id } else { of == id };
    match filter.split_once("id=") {
        Some(("", rest)) => (is_one || rest.starts_with("in.")) && ids.iter().any(names_it),
        _ => true,
    }
}

/// One change as the server tells it to a channel, if the channel asked for it.
fn change_for(joined: &Joined, id: &str, kind: &str, data: &Value, after: u64, lowers: bool) -> Option<Sent> {
    let mut ids = Vec::new();
    for change in joined.config["postgres_changes"].as_array().unwrap() {
        let event = change["event"] == "*" || change["event"] == kind;
        let filter = entry_keeps(change, id, lowers);
        if event && filter && change["table"] == "stories" {
            ids.push(hash(&change.to_string()));
        }
    }
    let text = json!([null, null, joined.topic, "postgres_changes", {"ids": ids, "data": data}]).to_string();
    (!ids.is_empty()).then_some(Sent { socket: joined.socket, after, text })
}

/// What a channel is told when its token has expired.
fn expire(joined: &Joined) -> [Sent; 2] {
    let text = json!([joined.join_ref, joined.join_ref, joined.topic, "phx_close", {}]).to_string();
    let words = system(joined, 0, "system", "error", "Token has expired 0 seconds ago");
    [words, Sent { socket: joined.socket, after: 0, text }]
}

/// A system message to one channel.
pub fn system(joined: &Joined, after: u64, extension: &str, status: &str, message: &str) -> Sent {
    let channel = joined.topic.trim_start_matches("realtime:");
    let payload = json!({"extension": extension, "status": status, "message": message, "channel": channel});
    Sent {
        socket: joined.socket,
        after,
        text: json!([joined.join_ref, null, joined.topic, "system", payload]).to_string(),
    }
}

pub(super) fn hash(text: &str) -> u64 {
    text.bytes().fold(5381u64, |hash, byte| (hash.wrapping_mul(33) ^ u64::from(byte)) & 0x7ff_ffff)
}

/// Milliseconds since the epoch as Realtime writes them.
fn stamp(millis: u64) -> String {
    let (days, rest) = (millis / 86_400_000, millis % 86_400_000);
    // 2026-11-18 is day 20,775; the tests stay within that month.
    let day = 18 + (days - 20_775);
    let (seconds, fraction) = (rest / 1000, rest % 1000);
    format!("2026-11-{day:02}T{:02}:{:02}:{:02}.{fraction:03}Z", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
