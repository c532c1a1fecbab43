//! The frames of a real server (`tests/fixtures/frames.jsonl`), scenario by scenario: our client does what the captured one
//! did, is told what the server said then, and what the page is told is compared with `tests/fixtures/replay.txt`, line for
//! line. `REPLAY=write` writes that file anew; read the difference before you believe it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};
use storywire::core::Client;
use storywire::core::asset::AssetConfig;
use storywire::core::base::Instant;
use storywire::core::config::Config;
use storywire::core::effect::{Effect, Failure, Notice, Outcome, PresenceEvent};
use storywire::core::ids::{ChannelId, SocketId};
use storywire::core::input::{Input, SocketEvent, TokenAnswer};
use storywire::core::realtime::Broadcast;
use storywire::core::realtime::frame::{ChangeParams, ChannelOptions, Version};

use super::support::world::{START, token};

/// Why a scenario is not in `replay.txt`.
const LEFT_OUT: [(&str, &str); 9] = [
    ("mixed-versions/1.0.0", "a note without frames; both versions are in mixed-versions/2.0.0"),
    ("pg-filters/1.0.0", "a note without frames"),
    ("db-outage/1.0.0", "a note without frames"),
    ("extensions/1.0.0", "headers of the handshake, which a browser does not see"),
    ("extensions/2.0.0", "headers of the handshake, which a browser does not see"),
    ("latency", "measurements without frames"),
    ("old-api/1.0.0", "a join without `config`, which we never send"),
    ("old-api/2.0.0", "a join without `config`, which we never send"),
    ("pg/1.0.0-close", "the close of that connection was recorded under pg/2.0.0"),
];

/// One connection of a scenario.
struct Replay {
    client: Client,
    version: Version,
    now: u64,
    socket: u32,
    tokens: u32,
    channels: BTreeMap<String, ChannelId>,
    /// Listeners added, and pushes sent, under the number they were given.
    keys: u32,
    pushes: BTreeMap<u32, String>,
    /// Our references by those of the captured client; and those that we sent last.
    references: BTreeMap<String, String>,
    sent: Vec<Value>,
    lines: Vec<String>,
}

impl Replay {
    fn new(version: Version) -> Replay {
        let mut config = Config::new("ws://t".into(), "http://t".into(), "sb_publishable_x".into());
        config.version = version;
        config.asks_tokens = true;
        let client = Client::new(config, AssetConfig::new(), Instant(START), 1).unwrap();
        Replay {
            client,
            version,
            now: START,
            socket: 0,
            tokens: 0,
            channels: BTreeMap::new(),
            keys: 0,
            pushes: BTreeMap::new(),
            references: BTreeMap::new(),
            sent: Vec::new(),
            lines: Vec::new(),
        }
    }

    fn input(&mut self, input: Input<'_>) {
        self.client.handle_input(Instant(self.now), input);
        while let Some(effect) = self.client.poll_effect() {
            self.perform(effect);
        }
    }

    /// Lets time pass up to `until`, as a timer would.
    fn pass(&mut self, until: u64) {
        for _ in 0..10_000 {
            let due = self.client.next_timeout().map(|deadline| deadline.at.0).filter(|at| *at <= until);
            let Some(due) = due else { break };
            self.now = self.now.max(due);
            self.input(Input::Timeout);
        }
        self.now = self.now.max(until);
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::OpenSocket(socket, _) => self.socket = socket.0,
            Effect::SendText(_, text) => self.sent.push(self.read(&text)),
            Effect::SendBinary(_, bytes) => {
                let [_, join_ref, reference, ..] = bytes[..] else { panic!() };
                let text = String::from_utf8_lossy(&bytes[7 + usize::from(join_ref)..][..usize::from(reference)]);
                self.sent.push(json!([null, text, null, "bytes", null]));
            }
            Effect::AskToken(request) => {
                self.tokens += 1;
                let text = token(&self.tokens.to_string(), self.now + 3_600_000);
                self.client.handle_input(Instant(self.now), Input::Token(request, TokenAnswer::Token(&text)));
            }
            Effect::Settle(push, outcome) => {
                let what = self.pushes.get(&push.0).cloned().unwrap_or_default();
                let outcome = match outcome {
                    Outcome::Ok(response) => format!("ok {response}"),
                    Outcome::Error(response) => format!("error {response}"),
                    other => format!("{other:?}").to_lowercase(),
                };
                self.lines.push(format!("{what} settled: {outcome}"));
            }
            Effect::Notify(notice) => {
                let line = self.line(&notice);
                self.lines.push(line);
            }
            Effect::CloseSocket(_) => self.lines.push("the socket is closed".into()),
            _ => {}
        }
    }

    /// A frame as an array of five, whatever the version.
    fn read(&self, text: &str) -> Value {
        let frame: Value = serde_json::from_str(text).unwrap_or_default();
        match (self.version, frame.is_object()) {
            (Version::V1, true) => {
                json!([frame["join_ref"], frame["ref"], frame["topic"], frame["event"], frame["payload"]])
            }
            _ => frame,
        }
    }

    fn name(&self, channel: ChannelId) -> &str {
        self.channels.iter().find(|(_, of)| **of == channel).map_or("?", |(name, _)| name)
    }

    /// What a notice says, in one line.
    fn line(&self, notice: &Notice) -> String {
        match notice {
            Notice::Connection(state) => format!("connection {state:?}"),
            Notice::Status(channel, status) => format!("{}: {status:?}", self.name(*channel)),
            Notice::Change(channel, keys, data) => {
                let data: Value = serde_json::from_str(data).unwrap();
                let row = |which: &str| {
                    data[which]
                        .as_object()
                        .map(|row| format!("{} of {}", row.get("id").unwrap_or(&Value::Null), row.len()))
                };

                format!(
                    "{}: {} for {keys:?}, new {}, old {}, errors {}",
                    self.name(*channel),
                    data["type"].as_str().unwrap(),
                    row("record").unwrap_or_default(),
                    row("old_record").unwrap_or_default(),
                    data["errors"]
                )
            }
            Notice::Broadcast(channel, event, payload, meta) => {
                let payload: String = payload.chars().take(60).collect();
                let meta = if meta.is_empty() { String::new() } else { format!(" meta {meta}") };
                format!("{}: broadcast {event:?} {payload}{meta}", self.name(*channel))
            }
            Notice::Bytes(channel, event, bytes) => format!("{}: bytes {event:?} {bytes:?}", self.name(*channel)),
            Notice::Presence(channel, event) => {
                let what = match event {
                    PresenceEvent::Sync => format!("sync {}", self.client.presence(*channel)),
                    PresenceEvent::Join { key, current, new } => format!("join {key:?} {new} to {current}"),
                    PresenceEvent::Leave { key, current, left } => format!("leave {key:?} {left} from {current}"),
                };
                format!("{}: {what}", self.name(*channel))
            }
            Notice::System(channel, payload) => {
                let payload: Value = serde_json::from_str(payload).unwrap();
                let text = |name: &str| payload[name].as_str().unwrap_or_default().to_owned();
                let message: String = text("message").chars().take(50).collect();
                format!("{}: system {} {} {message:?}", self.name(*channel), text("extension"), text("status"))
            }
            Notice::Fault(Failure { about, fault, detail, retry_in }) => {
                let about = match about {
                    storywire::core::effect::About::Channel(channel) => self.name(*channel).to_owned(),
                    other => format!("{other:?}").to_lowercase(),
                };
                let detail: String = detail.chars().take(60).collect();
                let next = if retry_in.is_some() { "and tries again" } else { "for good" };
                format!("{about}: {} {detail:?} {next}", fault.code())
            }
            other => format!("{other:?}"),
        }
    }

    fn last_join(&self, topic: &str) -> Option<String> {
        let join = self.sent.iter().rev().find(|frame| frame[3] == "phx_join" && frame[2] == topic)?;
        join[1].as_str().map(str::to_owned)
    }

    /// Does what the captured client did.
    fn send(&mut self, frame: &Value) {
        let (topic, event, payload) = (frame[2].as_str().unwrap_or_default(), frame[3].as_str(), &frame[4]);
        let Some(name) = topic.strip_prefix("realtime:").filter(|name| !name.is_empty()) else { return };
        let before = self.sent.len();
        let at = Instant(self.now);
        match event {
            Some("phx_join") => {
                let old = self.last_join(topic);
                self.join(name, &payload["config"]);
                // A join that we make by ourselves comes a little later than the captured one.
                let until = self.now + 70_000;
                while self.last_join(topic) == old && self.now < until {
                    let next = self.client.next_timeout().map_or(until, |deadline| deadline.at.0);
                    self.pass(next.min(until));
                }
            }
            Some("phx_leave") => {
                let Some(channel) = self.channels.remove(name) else { return };
                self.client.unsubscribe(at, channel).unwrap();
            }
            Some("access_token") => {
                let Some(text) = payload["access_token"].as_str().filter(|text| !text.starts_with("sb_")) else {
                    return;
                };
                self.tokens += 1;
                let good = token(&self.tokens.to_string(), self.now + 3_600_000);
                let text = if text == "<JWT>" { &good } else { text };
                self.client.set_token(at, Some(text)).unwrap();
            }
            Some("broadcast") if payload["event"].is_string() && payload.get("payload").is_some() => {
                let Some(channel) = self.channels.get(name) else { return };
                let json = payload["payload"].to_string();
                let event = payload["event"].as_str().unwrap();
                let push = self.client.broadcast(at, *channel, event, Broadcast::Json(&json), false).unwrap();
                self.pushes.insert(push.0, format!("{name}: broadcast {event:?}"));
            }
            Some("presence") => {
                let Some(channel) = self.channels.get(name) else { return };
                let meta = payload["payload"].to_string();
                let kind = payload["event"].as_str().unwrap_or_default().to_lowercase();
                let meta = if kind == "track" { Some(meta.as_str()) } else { None };
                let push = self.client.track(at, *channel, meta).unwrap();
                self.pushes.insert(push.0, format!("{name}: {kind}"));
            }
            _ => return,
        }
        self.input(Input::Timeout);
        let wanted = match event {
            Some("phx_join") => self.sent.iter().rposition(|frame| frame[3] == "phx_join" && frame[2] == topic),
            _ => (before..self.sent.len()).find(|index| self.sent[*index][2] == topic),
        };
        if let (Some(index), Some(theirs)) = (wanted, frame[1].as_str()) {
            self.references.insert(theirs.to_owned(), self.sent[index][1].as_str().unwrap().to_owned());
        }
    }

    /// A binary frame of kind 3 of the captured client.
    fn send_bytes(&mut self, bytes: &[u8]) {
        let &[3, join_ref, reference, topic, event, meta, encoding, ref rest @ ..] = bytes else { return };
        let lengths = [join_ref, reference, topic, event, meta];
        let mut at = 0;
        let parts = lengths.map(|length| {
            at += usize::from(length);
            String::from_utf8_lossy(&rest[at - usize::from(length)..at]).into_owned()
        });
        let Some(channel) = self.channels.get(parts[2].trim_start_matches("realtime:")) else { return };
        let body = String::from_utf8_lossy(&rest[at..]).into_owned();
        let payload = match encoding {
            1 if serde_json::from_str::<Value>(&body).is_ok() => Broadcast::Json(&body),
            _ => Broadcast::Bytes(&rest[at..]),
        };
        let before = self.sent.len();
        let push = self.client.broadcast(Instant(self.now), *channel, &parts[3], payload, false).unwrap();
        self.pushes.insert(push.0, format!("{}: broadcast {:?}", parts[2].trim_start_matches("realtime:"), parts[3]));
        self.input(Input::Timeout);
        if let Some(frame) = self.sent.get(before) {
            self.references.insert(parts[1].clone(), frame[1].as_str().unwrap().to_owned());
        }
    }

    fn join(&mut self, name: &str, config: &Value) {
        if self.channels.contains_key(name) {
            return; // it is ours to join it again
        }
        let flag = |part: &str, name: &str| config[part][name] == true;
        let options = ChannelOptions {
            ack: flag("broadcast", "ack"),
            own: flag("broadcast", "self"),
            presence: flag("presence", "enabled"),
            presence_key: config["presence"]["key"].as_str().unwrap_or_default().to_owned(),
            private: config["private"] == true,
            replication_ready: flag("broadcast", "replication_ready"),
            replay: config["broadcast"]["replay"]["since"]
                .as_u64()
                .filter(|_| config["private"] == true)
                .map(|since| (since, config["broadcast"]["replay"]["limit"].as_u64().unwrap_or(25) as u32)),
        };
        let channel = self.client.channel(name, options).unwrap();
        for change in config["postgres_changes"].as_array().into_iter().flatten() {
            let text = |name: &str| change[name].as_str().map(str::to_owned);
            let select = change["select"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
            let params = ChangeParams {
                event: text("event").unwrap_or_default(),
                schema: text("schema").unwrap_or_default(),
                table: text("table"),
                filter: text("filter"),
                select: select.collect(),
            };
            self.keys += 1;
            if let Err(misuse) = self.client.listen(Instant(self.now), channel, self.keys, params) {
                self.lines.push(format!("{name}: refused here: {}", misuse.code()));
            }
        }
        self.channels.insert(name.to_owned(), channel);
        self.client.subscribe(Instant(self.now), channel).unwrap();
        self.input(Input::Timeout);
    }

    /// Takes what the server said, with our references in place of the captured ones.
    fn receive(&mut self, frame: &Value) {
        let mut frame = frame.clone();
        let topic = frame[2].as_str().unwrap_or_default().to_owned();
        if frame[3] == "phx_reply"
            && let Some(name) = topic.strip_prefix("realtime:")
            && !self.references.contains_key(frame[1].as_str().unwrap_or_default())
            && frame[4]["response"].get("postgres_changes").is_some()
        {
            // A join whose sending was not recorded.
            self.join(name, &json!({}));
            if let Some(ours) = self.last_join(&topic) {
                self.references.insert(frame[1].as_str().unwrap().to_owned(), ours);
            }
        }
        for part in [0, 1] {
            if let Some(theirs) = frame[part].as_str() {
                frame[part] = json!(self.references.get(theirs).map_or("4000000000", String::as_str));
            }
        }
        let text = match self.version {
            Version::V2 => frame.to_string(),
            Version::V1 => {
                json!({"ref": frame[1], "topic": frame[2], "event": frame[3], "payload": frame[4]}).to_string()
            }
        };
        let socket = SocketId(self.socket);
        self.input(Input::Socket(socket, SocketEvent::Text(&text)));
    }
}

fn bytes_of(hex: &str) -> Vec<u8> {
    hex.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// Plays all the scenarios; what the page of each connection was told, by scenario and connection.
fn play() -> BTreeMap<String, Vec<String>> {
    let fixture = include_str!("../fixtures/frames.jsonl");
    let mut replays: BTreeMap<String, Replay> = BTreeMap::new();
    let mut told = BTreeMap::new();
    for line in fixture.lines() {
        let captured: Value = serde_json::from_str(line).unwrap();
        let scenario = captured["scenario"].as_str().unwrap();
        let Some(conn) = captured["conn"].as_str() else { continue };
        if LEFT_OUT.iter().any(|(left_out, _)| *left_out == scenario) {
            continue;
        }
        let name = format!("{scenario} {conn}");
        let at = START + captured["t"].as_u64().unwrap();
        let version = if captured["vsn"] == "1.0.0" { Version::V1 } else { Version::V2 };
        if captured["kind"] == "open-try" {
            let mut replay = Replay::new(version);
            replay.now = at;
            // A channel that nobody knows of: it makes the client open its socket.
            let opener = replay.client.channel("opener", ChannelOptions::default()).unwrap();
            replay.client.subscribe(Instant(at), opener).unwrap();
            replay.input(Input::Timeout);
            replay.client.unsubscribe(Instant(at), opener).unwrap();
            replay.lines.clear();
            replays.insert(name, replay);
            continue;
        }
        let Some(replay) = replays.get_mut(&name) else { continue };
        replay.pass(at);
        let socket = SocketId(replay.socket);
        let frame = match (captured.get("data").and_then(Value::as_str), captured.get("decoded")) {
            (Some(text), _) => replay.read(text),
            (None, Some(of)) => json!([of["join_ref"], of["ref"], of["topic"], of["event"], of["payload"]]),
            (None, None) => Value::Null,
        };
        match (captured["kind"].as_str().unwrap(), captured["dir"].as_str(), captured["hex"].as_str()) {
            ("open", ..) => replay.input(Input::Socket(socket, SocketEvent::Opened)),
            ("frame", Some("send"), Some(hex)) => replay.send_bytes(&bytes_of(hex)),
            ("frame", Some("send"), None) => replay.send(&frame),
            ("frame", Some("recv"), Some(hex)) => {
                replay.input(Input::Socket(socket, SocketEvent::Binary(&bytes_of(hex))));
            }
            ("frame", Some("recv"), None) => replay.receive(&frame),
            ("close", ..) => {
                let code = captured["code"].as_u64().unwrap();
                replay.lines.push(format!("(the server closes with {code})"));
                replay.input(Input::Socket(socket, SocketEvent::Closed(code as u16)));
            }
            ("http-reject", ..) => {
                replay
                    .lines
                    .push(format!("(the handshake is refused with {}, which no page sees)", captured["status"]));
                replay.input(Input::Socket(socket, SocketEvent::Closed(1006)));
            }
            _ => {}
        }
    }
    for (name, replay) in replays {
        told.insert(name, replay.lines);
    }
    told
}

#[test]
fn the_page_is_told_what_the_frames_of_a_real_server_mean() {
    let told = play();
    let mut text = String::new();
    for (name, lines) in &told {
        writeln!(text, "{name}").unwrap();
        for line in lines {
            writeln!(text, "    {line}").unwrap();
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/replay.txt");
    if std::env::var("REPLAY").as_deref() == Ok("write") {
        std::fs::write(path, &text).unwrap();
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    for (line, (is, should)) in text.lines().zip(expected.lines()).enumerate() {
        assert_eq!(is, should, "line {} of replay.txt", line + 1);
    }
    assert_eq!(text.lines().count(), expected.lines().count());
}

#[test]
fn every_scenario_is_replayed_or_left_out_for_a_reason() {
    let told = play();
    let fixture = include_str!("../fixtures/frames.jsonl");
    let mut scenarios: Vec<String> = fixture
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["scenario"].as_str().unwrap().to_owned())
        .collect();
    scenarios.dedup();
    scenarios.sort_unstable();
    scenarios.dedup();
    assert!(scenarios.len() > 60);
    for scenario in scenarios {
        let replayed = told.keys().any(|name| name.rsplit_once(' ').unwrap().0 == scenario);
        let left_out = LEFT_OUT.iter().any(|(name, _)| *name == scenario);
        assert!(replayed ^ left_out, "{scenario}");
    }
}
