//! Not a private dialect: the client frames captured on a real server, played to this one, and the answers compared.
//!
//! Every captured scenario is replayed in order. What the client sent is sent; what the server said must come from this
//! one too, the same shape: keys, types, constant strings. Ids, refs made by the server, times, and numbers in rows are
//! compared by kind. Writes to the database are not in the capture, only their effects: when a captured change has not
//! come by itself, the test commits it.

mod shape;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::support::{Client, Got, USER, request, server_with, signed, token};
use serde_json::{Value, json};
use storywire_server::app::Running;
use storywire_server::config::Config;
use storywire_server::control::Policy;
use storywire_server::db::{Column, Default as ColumnDefault, Kind, Row, Table};
use storywire_server::jwt;
use storywire_server::realtime::{Content, Order, send_from_database};

use shape::{
    abbreviated, bytes_of, described, from_database, is_from_database, kind_of, normalise, parts, raw_expected,
};

const CAPTURED: &str = include_str!("../../../../tests/fixtures/frames.jsonl");

/// Scenarios that are not replayed, and why.
const SKIPPED: [(&str, &str); 8] = [
    ("rls/", "the tables here have no row level security; its 401 is a fault, tested in realtime.rs"),
    ("db-outage/", "its 140 s are a broken database; the outage is a fault, tested in faults.rs"),
    ("no-channel-timeout", "the real default is 10 minutes, and nothing here depends on it"),
    ("message-rate/", "captured without the client's frames; tested in realtime.rs"),
    ("join-rate/", "captured without the client's frames; tested in realtime.rs"),
    ("latency", "has no frames"),
    ("extensions/", "has no frames; there is one tenant here, so none is unknown"),
    ("pg-filters/1.0.0", "captured without frames"),
];

/// Differences that are kept: scenario, what is missing or too much, and why.
const ACCEPTED: [(&str, &str, &str); 5] = [
    ("pg/", "missing system Subscribed", "the real server restarted its replication in the middle of the capture"),
    ("realtime-js/", "extra phx_reply", "the captured client closed its socket before the last replies came"),
    ("realtime-js/", "extra phx_close", "as above"),
    (
        "realtime-js/",
        "extra presence_diff",
        "a race: both clients leave at the same moment, and either may hear of the other",
    ),
    (
        "presence-limit/1",
        "missing presence_diff",
        "a race there: a closed channel was told of its own leave, once of twice",
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn captured_scenarios_get_the_captured_answers() {
    let mut scenarios: Vec<(String, Vec<Value>)> = Vec::new();
    for line in CAPTURED.lines() {
        let event: Value = serde_json::from_str(line).expect("the fixture is JSON lines");
        let name = event["scenario"].as_str().unwrap_or_default();
        match scenarios.iter_mut().find(|(scenario, _)| scenario == name) {
            Some((_, events)) => events.push(event),
            None => scenarios.push((name.to_owned(), vec![event])),
        }
    }
    let total = scenarios.len();
    scenarios.retain(|(name, _)| !SKIPPED.iter().any(|(skipped, _)| name.starts_with(skipped)));
    let mut replays = tokio::task::JoinSet::new();
    for (name, events) in scenarios {
        replays.spawn(async move {
            let mut replay = Replay::start(&name).await;
            for event in &events {
                replay.step(event).await;
            }
            replay.finish().await;
            replay
        });
    }
    let (mut replayed, mut compared, mut differences) = (0, 0, Vec::new());
    let mut used = BTreeSet::new();
    while let Some(replay) = replays.join_next().await {
        let replay = replay.expect("a replay does not panic");
        let name = replay.name;
        replayed += 1;
        compared += replay.compared;
        for difference in replay.differences {
            let accepted = ACCEPTED
                .iter()
                .position(|(scenario, what, _)| name.starts_with(scenario) && difference.starts_with(what));
            match accepted {
                Some(index) => drop(used.insert(index)),
                None => differences.push(format!("{name}: {difference}")),
            }
        }
    }
    println!("{replayed} of {total} scenarios replayed, {compared} frames compared");
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
    let unused: Vec<_> = ACCEPTED
        .iter()
        .enumerate()
        .filter(|(index, (.., why))| !used.contains(index) && !why.starts_with("a race:"))
        .collect();
    assert!(unused.is_empty(), "accepted differences that no longer exist: {unused:?}");
    assert!(compared > 500, "only {compared} frames were compared");
}

/// The tables of the captured project.
fn captured_tables() -> Vec<Table> {
    let constant = |value: Value| ColumnDefault::Value(value);
    let column = Column::new;
    vec![Table {
        name: "stories",
        columns: vec![
            column("id", Kind::Int8).not_null(),
            column("title", Kind::Text),
            column("status", Kind::Text).default(constant(json!("draft"))),
            column("score", Kind::Int4),
            column("tags", Kind::TextArray),
            column("meta", Kind::Jsonb),
            column("price", Kind::Numeric),
            column("is_public", Kind::Bool).default(constant(json!(true))),
            column("embedding", Kind::Float8),
            column("uid", Kind::Uuid).default(ColumnDefault::NewUuid),
            column("created_at", Kind::Timestamptz).default(constant(json!("2026-01-01T00:00:00+00:00"))),
        ],
    }]
}

struct Replay {
    name: String,
    running: Option<Running>,
    clients: BTreeMap<String, Client>,
    /// Connections that the capture has seen open: a close before that belongs to the scenario before.
    opened: BTreeSet<String>,
    /// Frames that came before they were expected.
    early: BTreeMap<String, Vec<Value>>,
    /// The answer to the last attempt to connect.
    refused: Option<(u16, String)>,
    note: String,
    /// The captured moment of the last frame, in milliseconds.
    last: u64,
    tokens: Vec<String>,
    /// Ids of bindings, by the order of their first appearance: theirs and ours.
    ids: (Vec<Value>, Vec<Value>),
    compared: usize,
    differences: Vec<String>,
}

impl Replay {
    async fn start(name: &str) -> Self {
        let mut config = Config { tables: captured_tables(), ..Config::default() };
        config.knobs.subscribed_delay = Duration::ZERO;
        match name.split('/').next().unwrap_or_default() {
            "payload-limits" => config.knobs.payload_bytes = 1024,
            "channel-limit" => config.knobs.channels_per_socket = 3,
            "error-join-blocks-socket" => config.knobs.join_error_delay = Duration::from_millis(200),
            _ => {}
        }
        let running = server_with(config).await;
        let seed = |id: i64, title: &str| -> Row {
            json!({ "id": id, "title": title, "score": id, "price": 1.5, "tags": ["a", "b"], "meta": { "k": 1 } })
                .as_object()
                .cloned()
                .unwrap_or_default()
        };
        running
            .server
            .db
            .transaction(|transaction| {
                transaction.insert("stories", seed(1, "One"))?;
                transaction.insert("stories", seed(2, "Two"))
            })
            .expect("the seed fits");
        for (topic, read, write) in [("priv-ro", true, false), ("other", false, false)] {
            running.server.faults().policies.push((topic.into(), Policy { read, write }));
        }
        Self {
            tokens: tokens(name),
            name: name.to_owned(),
            running: Some(running),
            clients: BTreeMap::new(),
            opened: BTreeSet::new(),
            early: BTreeMap::new(),
            refused: None,
            note: String::new(),
            last: 0,
            ids: (Vec::new(), Vec::new()),
            compared: 0,
            differences: Vec::new(),
        }
    }

    async fn step(&mut self, event: &Value) {
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        let connection = text("conn");
        let at = event["t"].as_u64().unwrap_or(self.last);
        if text("dir") == "send" && at > self.last + 50 {
            // What waited for an earlier frame to settle waits here too: two sockets have no order of their own.
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
        if event["kind"] == "frame" {
            self.last = at;
        }
        match (text("kind").as_str(), text("dir").as_str()) {
            ("note", _) => self.act(text("note")).await,
            ("open-try", _) => self.connect(&connection, &text("url")).await,
            ("open", _) => {
                self.opened.insert(connection.clone());
                if !self.clients.contains_key(&connection) {
                    self.differences.push(format!("refused: {:?} after {:?}", self.refused, self.note));
                }
            }
            ("http-reject", _) => {
                let (status, body) = self.refused.take().unwrap_or_default();
                self.compared += 1;
                if json!(status) != event["status"] || body != text("body") {
                    self.differences.push(format!("{} {} became {status} {body}", event["status"], event["body"]));
                }
            }
            ("frame", "send") => self.send(&connection, event).await,
            ("frame", "recv") => self.expect(&connection, event).await,
            ("close", _) => self.close(&connection, event["code"].as_u64().unwrap_or_default()).await,
            _ => {}
        }
    }

    /// What was done to the real server behind the client's back.
    async fn act(&mut self, note: String) {
        let Some(running) = &self.running else { return };
        if note.starts_with("rpc IO.inspect(RealtimeWeb.UserSocket.disconnect") || note == "suspend" {
            running.server.hub.order_all(&Order::Disconnect);
        }
        if note == "suspend" {
            crate::support::control(running, "refuse", json!({ "status": 403 })).await;
        }
        if note.contains("suspend: false") {
            crate::support::control(running, "refuse", json!({ "off": true })).await;
        }
        if note == "tenant set max_concurrent_users=1" {
            crate::support::control(running, "knobs", json!({ "connections": 1 })).await;
        }
        if note.starts_with("replay: join") && self.name.ends_with("1.0.0") {
            // Left no trace in this capture: vsn 1.0.0 has no way to say it, live or replayed.
            let content = Content::Binary(vec![0, 1, 2, 3, 255].into());
            send_from_database(&running.server, "priv-rw", "db_bin", content, true);
        }
        if note == "HTTP broadcast API -> both" {
            let message = json!({ "topic": "mix", "event": "http", "payload": { "h": 1 } });
            let body = json!({ "messages": [message] }).to_string();
            let headers = [("apikey", storywire_server::config::PUBLISHABLE_KEY), ("content-type", "application/json")];
            let answer = request(running, "POST", "/realtime/v1/api/broadcast", &headers, &body).await;
            assert_eq!(answer.status, 202);
        }
        if note == "SIGTERM to the server"
            && let Some(running) = self.running.take()
        {
            tokio::spawn(running.stop());
        }
        self.note = note;
    }

    async fn connect(&mut self, connection: &str, url: &str) {
        let Some(running) = &self.running else { return };
        let path = url.split_once("4000").map_or("/", |(_, path)| path);
        let other = |claims: Value| jwt::sign("another secret", &claims);
        let now = storywire_server::app::now_seconds();
        let key = match self.note.as_str() {
            "garbage apikey" => "garbage".into(),
            "wrong signature" => other(json!({ "role": "anon", "exp": now + 60 })),
            "expired" => signed(json!({ "role": "anon", "exp": now - 10 })),
            "no role claim" => signed(json!({ "exp": now + 60 })),
            "no exp claim" => signed(json!({ "role": "anon" })),
            "log_level param + sb_ key" => "sb_secret_x".into(),
            "role unknown to the database" => signed(json!({ "role": "nobody", "exp": now + 60 })),
            "apikey itself expires in 4 s: socket stays?" => signed(json!({ "role": "anon", "exp": now + 2 })),
            _ => jwt::anon_key(storywire_server::config::JWT_SECRET),
        };
        match Client::open(running, &path.replace("<JWT>", &key)).await {
            Ok(client) => drop(self.clients.insert(connection.into(), client)),
            Err(refused) => self.refused = Some(refused),
        }
    }

    async fn send(&mut self, connection: &str, event: &Value) {
        let Some(client) = self.clients.get_mut(connection) else { return };
        if let Some(hex) = event["hex"].as_str() {
            client.binary(bytes_of(hex)).await;
            return;
        }
        let mut text = event["data"].as_str().unwrap_or_default().to_owned();
        if text.contains("<JWT>") {
            let token = if self.tokens.is_empty() { token(USER, 600) } else { self.tokens.remove(0) };
            // Made when it is sent, so that its seconds count from here.
            let token = token
                .strip_prefix("for ")
                .map_or(token.clone(), |seconds| crate::support::token(USER, seconds.parse().unwrap_or_default()));
            text = text.replace("<JWT>", &token);
        }
        client.text(text).await;
    }

    /// Waits for a frame of the same shape; commits or sends what the database would have.
    async fn expect(&mut self, connection: &str, event: &Value) {
        let raw = raw_expected(event);
        let wanted = normalise(&raw, &mut self.ids.0);
        self.compared += 1;
        if self.take_early(connection, &wanted).await {
            return;
        }
        let missing = format!("missing {}", kind_of(&raw));
        let accepted = ACCEPTED.iter().any(|(name, what, _)| self.name.starts_with(name) && missing.starts_with(what));
        let patience = match (is_from_database(&raw), accepted) {
            (true, _) => 60,
            (false, true) => 1000,
            (false, false) => 3000,
        };
        let by_itself = self.wait(connection, &wanted, patience).await;
        if by_itself || (self.make_happen(&raw) && self.wait(connection, &wanted, 3000).await) {
            return;
        }
        let early = self.early.get(connection).cloned().unwrap_or_default();
        let early: Vec<_> = early.iter().map(|frame| abbreviated(&normalise(frame, &mut self.ids.1))).collect();
        self.differences.push(format!(
            "missing {} after {:?}: wanted {}, have {early:?}",
            kind_of(&raw),
            self.note,
            abbreviated(&wanted)
        ));
    }

    async fn take_early(&mut self, connection: &str, wanted: &Value) -> bool {
        let early = self.early.entry(connection.into()).or_default();
        let found = early.iter().position(|frame| normalise(frame, &mut self.ids.1) == *wanted);
        found.map(|index| early.remove(index)).is_some()
    }

    async fn wait(&mut self, connection: &str, wanted: &Value, millis: u64) -> bool {
        let ends = tokio::time::Instant::now() + Duration::from_millis(millis);
        loop {
            let left = ends.saturating_duration_since(tokio::time::Instant::now());
            let Some(client) = self.clients.get_mut(connection) else { return false };
            let frame = match client.next_within(left).await {
                Some(Got::Text(frame)) => frame,
                Some(Got::Binary(bytes)) => described(&bytes),
                Some(Got::Closed(code)) => json!({ "closed": code }),
                None => return false,
            };
            if normalise(&frame, &mut self.ids.1) == *wanted {
                return true;
            }
            let over = frame.get("closed").is_some();
            self.early.entry(connection.into()).or_default().push(frame);
            if over {
                return false;
            }
        }
    }

    /// Commits the change, or sends the message, that a captured frame reports.
    fn make_happen(&self, raw: &Value) -> bool {
        let Some(running) = &self.running else { return false };
        let (event, payload) = parts(raw);
        if let Some((topic, event, content)) = from_database(raw) {
            send_from_database(&running.server, &topic, &event, content, self.name.starts_with("private"));
            return true;
        }
        let data = if event == "postgres_changes" { &payload["data"] } else { payload };
        let (Some(kind), Some(table)) = (data["type"].as_str(), data["table"].as_str()) else { return false };
        let db = &running.server.db;
        let mut record = data["record"].as_object().cloned().unwrap_or_default();
        let id = if kind == "DELETE" { data["old_record"]["id"].clone() } else { record["id"].clone() };
        if !data["errors"].is_null() {
            record.insert("title".into(), json!("y".repeat(1_100_000)));
        }
        db.set_full_identity(table, data["old_record"].as_object().is_some_and(|old| old.len() > 1));
        let same = |row: &Row| row.get("id") == Some(&id);
        let done = db.transaction(|transaction| {
            match kind {
                "INSERT" => drop(transaction.insert(table, record.clone())?),
                "UPDATE" => drop(transaction.update(table, same, |row| row.extend(record.clone()))?),
                _ => drop(transaction.delete(table, same)?),
            }
            Ok(())
        });
        done.is_ok()
    }

    async fn close(&mut self, connection: &str, code: u64) {
        if !self.opened.remove(connection) {
            return;
        }
        let Some(mut client) = self.clients.remove(connection) else { return };
        match code {
            1000 | 1001 | 1012 => {
                self.compared += 1;
                if let Some(running) = self.running.as_ref().filter(|_| code == 1000) {
                    // The minute of silence that the capture waited for.
                    crate::support::control(running, "knobs", json!({ "idleMs": 1 })).await;
                }
                let waiting = json!({ "closed": code });
                let early = self.early.entry(connection.into()).or_default();
                let came = match early.iter().position(|frame| frame.get("closed").is_some()) {
                    Some(index) => early.remove(index),
                    None => json!({ "closed": client.closed().await }),
                };
                if came != waiting {
                    self.differences.push(format!("closed with {came}, not {waiting}"));
                }
            }
            1006 => drop(client),
            _ => {
                // What is still on its way counts as said.
                while let Some(Got::Text(frame)) = client.next_within(Duration::from_millis(20)).await {
                    self.early.entry(connection.into()).or_default().push(frame);
                }
                client.close().await;
            }
        }
    }

    /// What nobody expected is a difference too.
    async fn finish(&mut self) {
        for frame in self.early.values().flatten() {
            if frame.get("closed").is_none() {
                self.differences.push(format!("extra {}: {}", kind_of(frame), abbreviated(frame)));
            }
        }
        if let Some(running) = self.running.take() {
            tokio::spawn(running.stop());
        }
    }
}

/// The tokens that the captured client used, in order; the capture has `<JWT>` for each.
fn tokens(scenario: &str) -> Vec<String> {
    let now = storywire_server::app::now_seconds();
    let good = || token(USER, 600);
    let wrong = || jwt::sign("another secret", &json!({ "role": "authenticated", "exp": now + 60 }));
    let no_role = || signed(json!({ "exp": now + 60 }));
    let expired = || token(USER, -10);
    match scenario.split('/').next().unwrap_or_default() {
        "join-auth" => vec![good(), wrong(), expired(), no_role()],
        "token-refresh" => vec![good(), token(USER, 601), good(), expired(), wrong(), no_role(), good()],
        "token-expiry" => vec!["for 2".into(), good()],
        "private" => {
            let mut tokens: Vec<_> = (0..6).map(|_| good()).collect();
            tokens.push(signed(json!({ "role": "anon", "exp": now + 60 })));
            tokens
        }
        _ => Vec::new(),
    }
}
