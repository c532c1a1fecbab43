//! One client, one server, a wire with latency, a virtual clock, and a log that a failing test prints.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};
use storywire::core::base::{Instant, Json, Millis};
use storywire::core::config::Config;
use storywire::core::effect::{ConnectionState, Effect, Failure, Notice, Outcome, RowsEvent, Status};
use storywire::core::ids::{ChannelId, PushId, RowsId, SocketId};
use storywire::core::input::{Answer, Input, PageEvent, SocketEvent, TokenAnswer};
use storywire::core::realtime::frame::{ChangeParams, ChannelOptions};
use storywire::core::rows::RowsQuery;
use storywire::core::{Client, Deadline};

use super::phoenix::{Phoenix, Sent};

/// When the clock of a world starts: a time like any other, so that tokens can expire.
pub const START: u64 = 1_795_000_000_000;

#[derive(Debug, Clone)]
enum Arrival {
    Opened(u32),
    Closed(u32, u16),
    ToServer(u32, String),
    Text(u32, String),
    Token(storywire::core::ids::TokenRequest, Option<String>),
    ReadAtServer(storywire::core::ids::RequestId, String),
    Answer(storywire::core::ids::RequestId, u16, String),
}

pub struct World {
    pub client: Client,
    pub server: Phoenix,
    pub now: u64,
    pub latency: u64,
    /// Sockets and requests reach the server.
    pub up: bool,
    /// Only sockets do not: a proxy that knows no WebSocket.
    pub no_sockets: bool,
    /// Frames vanish without a word, in both directions.
    pub stalled: bool,
    /// What reads are answered with instead of rows.
    pub read_answer: Option<(u16, String)>,
    /// What `accessToken` gives; the number says how often it was asked.
    pub token: fn(u32, u64) -> Option<String>,
    pub tokens_asked: u32,
    /// `accessToken` never answers.
    pub token_stuck: bool,
    open: Vec<u32>,
    arrivals: Vec<(u64, u64, Arrival)>,
    sequence: u64,
    pub reads: Vec<(u64, String, Option<String>)>,
    pub sockets: Vec<(u64, String)>,
    pub notices: Vec<(u64, Notice)>,
    pub settled: BTreeMap<u32, Vec<Outcome>>,
    pub asked_pushes: Vec<PushId>,
    pub log: VecDeque<String>,
}

impl World {
    pub fn new(seed: u64) -> World {
        World::with(seed, |_| {})
    }

    pub fn with(seed: u64, change: impl FnOnce(&mut Config)) -> World {
        let mut config =
            Config::new("ws://test/socket".into(), "http://test/rest/v1".into(), "sb_publishable_x".into());
        change(&mut config);
        World {
            client: Client::new(config, Instant(START), seed).expect("a publishable key"),
            server: Phoenix::default(),
            now: START,
            latency: 20,
            up: true,
            no_sockets: false,
            stalled: false,
            read_answer: None,
            token: |_, _| None,
            tokens_asked: 0,
            token_stuck: false,
            open: Vec::new(),
            arrivals: Vec::new(),
            sequence: 0,
            reads: Vec::new(),
            sockets: Vec::new(),
            notices: Vec::new(),
            settled: BTreeMap::new(),
            asked_pushes: Vec::new(),
            log: VecDeque::new(),
        }
    }

    pub fn at(&self) -> Instant {
        Instant(self.now)
    }

    // What the page does.

    pub fn channel(&mut self, topic: &str) -> ChannelId {
        self.client.channel(topic, ChannelOptions::default()).unwrap()
    }

    pub fn subscribe(&mut self, channel: ChannelId) {
        self.client.subscribe(self.at(), channel).unwrap();
        self.drain();
    }

    /// A channel that is subscribed and joined.
    pub fn joined(&mut self, topic: &str) -> ChannelId {
        self.joined_with(topic, ChannelOptions::default())
    }

    pub fn joined_with(&mut self, topic: &str, options: ChannelOptions) -> ChannelId {
        let channel = self.client.channel(topic, options).unwrap();
        self.subscribe(channel);
        self.pass(1_000);
        assert_eq!(self.last_status(channel), Some(Status::Subscribed), "{}", self.story());
        channel
    }

    pub fn listen(&mut self, channel: ChannelId, key: u32, event: &str, filter: Option<&str>) {
        let params = ChangeParams {
            event: event.into(),
            schema: "public".into(),
            table: Some("stories".into()),
            filter: filter.map(Into::into),
            select: Vec::new(),
        };
        self.client.listen(self.at(), channel, key, params).unwrap();
        self.drain();
    }

    pub fn follow(&mut self, id: &str) -> RowsId {
        let query = RowsQuery {
            schema: "public".into(),
            table: "stories".into(),
            filter: Some(format!("id=eq.{id}")),
            select: "*".into(),
            key: "id".into(),
            single: true,
        };
        let rows = self.client.follow(self.at(), query, &format!("story:{id}")).unwrap();
        self.drain();
        self.input(Input::Timeout);
        rows
    }

    pub fn page(&mut self, event: PageEvent) {
        self.input(Input::Page(event));
    }

    // What the world does.

    pub fn write(&mut self, id: &str, row: Value) {
        let sent = self.server.write(self.now, id, row);
        self.deliver(sent);
    }

    pub fn delete(&mut self, id: &str) {
        let sent = self.server.delete(self.now, id);
        self.deliver(sent);
    }

    pub fn deliver(&mut self, sent: Vec<Sent>) {
        for Sent { socket, after, text } in sent {
            self.arrive(self.latency + after, Arrival::Text(socket, text));
        }
    }

    /// The server closes every socket with `code`.
    pub fn cut(&mut self, code: u16) {
        for socket in std::mem::take(&mut self.open) {
            self.server.lose_socket(socket);
            self.arrive(self.latency, Arrival::Closed(socket, code));
        }
    }

    /// Time passes and the client is asleep: nothing of it runs, and what arrives waits.
    pub fn sleep(&mut self, millis: u64) {
        self.now += millis;
    }

    fn arrive(&mut self, after: u64, arrival: Arrival) {
        self.sequence += 1;
        self.arrivals.push((self.now + after, self.sequence, arrival));
    }

    /// Lets the virtual time pass, event by event.
    pub fn pass(&mut self, millis: u64) {
        let until = self.now + millis;
        let mut calls = 0u32;
        loop {
            let arrival = self.arrivals.iter().map(|(at, sequence, _)| (*at, *sequence)).min();
            let timeout = self.client.next_timeout();
            let next = [arrival.map(|(at, _)| at), timeout.map(|deadline| deadline.at.0)].into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next <= until) else { break };
            self.now = self.now.max(next);
            calls += 1;
            assert!(calls < 200_000, "the client spins: {timeout:?}\n{}", self.story());
            match arrival {
                Some((at, sequence)) if at <= self.now => {
                    let index = self.arrivals.iter().position(|(_, of, _)| *of == sequence).unwrap();
                    let (_, _, arrival) = self.arrivals.swap_remove(index);
                    self.happen(arrival);
                }
                _ => self.input(Input::Timeout),
            }
        }
        self.now = until;
    }

    fn happen(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::Opened(socket) => {
                if self.up && !self.no_sockets && !self.stalled {
                    self.open.push(socket);
                    self.input(Input::Socket(SocketId(socket), SocketEvent::Opened));
                } else if !self.stalled {
                    self.input(Input::Socket(SocketId(socket), SocketEvent::Closed(1006)));
                }
            }
            Arrival::Closed(socket, code) => self.input(Input::Socket(SocketId(socket), SocketEvent::Closed(code))),
            Arrival::ToServer(socket, text) => {
                if self.open.contains(&socket) && !self.stalled {
                    let sent = self.server.receive(self.now, socket, &text);
                    self.deliver(sent);
                }
            }
            Arrival::Text(socket, text) => {
                if self.open.contains(&socket) && !self.stalled {
                    self.input(Input::Socket(SocketId(socket), SocketEvent::Text(&text)));
                }
            }
            Arrival::Token(request, token) => {
                let answer = token.as_deref().map_or(TokenAnswer::Nobody, TokenAnswer::Token);
                self.input(Input::Token(request, answer));
            }
            Arrival::ReadAtServer(request, url) => {
                let (status, body) = match &self.read_answer {
                    Some(answer) => answer.clone(),
                    None if !self.up || self.stalled => (0, String::new()),
                    None => self.server.read(&url),
                };
                if !self.stalled {
                    self.arrive(self.latency, Arrival::Answer(request, status, body));
                }
            }
            Arrival::Answer(request, status, body) => {
                let answer = Answer { status, retry_after: None, body: &body };
                self.input(Input::Answer(request, answer));
            }
        }
    }

    pub fn input(&mut self, input: Input<'_>) {
        self.note(format!("<- {input:?}"));
        self.client.handle_input(self.at(), input);
        self.drain();
        // Law 3. What waits for a send that this call made due is sent by this call.
        let due = self.client.next_timeout();
        assert!(due.is_none_or(|deadline| deadline.at > self.at()), "still due: {due:?}\n{}", self.story());
    }

    pub fn drain(&mut self) {
        while let Some(effect) = self.client.poll_effect() {
            self.note(format!("-> {effect:?}"));
            self.perform(effect);
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::OpenSocket(socket, url) => {
                self.sockets.push((self.now, url));
                self.arrive(self.latency, Arrival::Opened(socket.0));
            }
            Effect::SendText(socket, text) => self.arrive(self.latency, Arrival::ToServer(socket.0, text)),
            Effect::SendBinary(..) => {}
            Effect::CloseSocket(socket) => {
                self.open.retain(|open| *open != socket.0);
                self.server.lose_socket(socket.0);
            }
            Effect::AskToken(request) => {
                self.tokens_asked += 1;
                let token = (self.token)(self.tokens_asked, self.now);
                if !self.token_stuck {
                    self.arrive(30, Arrival::Token(request, token));
                }
            }
            Effect::Read { request, url, token, .. } => {
                self.reads.push((self.now, url.clone(), token));
                self.arrive(self.latency, Arrival::ReadAtServer(request, url));
            }
            Effect::AbortRead(request) => self.arrivals.retain(|(_, _, arrival)| {
                !matches!(arrival, Arrival::ReadAtServer(of, _) | Arrival::Answer(of, ..) if *of == request)
            }),
            Effect::Settle(push, outcome) => self.settled.entry(push.0).or_default().push(outcome),
            Effect::Notify(notice) => self.notices.push((self.now, notice)),
            Effect::Paint => {}
        }
    }

    // What can be seen.

    pub fn last_status(&self, channel: ChannelId) -> Option<Status> {
        self.statuses(channel).last().copied()
    }

    pub fn statuses(&self, channel: ChannelId) -> Vec<Status> {
        let statuses = self.notices.iter().filter_map(|(_, notice)| match notice {
            Notice::Status(of, status) if *of == channel => Some(*status),
            _ => None,
        });
        statuses.collect()
    }

    pub fn failures(&self) -> Vec<&Failure> {
        let failures = self.notices.iter().filter_map(|(_, notice)| match notice {
            Notice::Fault(failure) => Some(failure),
            _ => None,
        });
        failures.collect()
    }

    pub fn rows_events(&self, rows: RowsId) -> Vec<&RowsEvent> {
        let events = self.notices.iter().filter_map(|(_, notice)| match notice {
            Notice::Rows(of, event) if *of == rows => Some(event),
            _ => None,
        });
        events.collect()
    }

    pub fn changes(&self, channel: ChannelId) -> Vec<(Vec<u32>, Value)> {
        let changes = self.notices.iter().filter_map(|(_, notice)| match notice {
            Notice::Change(of, keys, data) if *of == channel => {
                Some((keys.clone(), serde_json::from_str(data).unwrap()))
            }
            _ => None,
        });
        changes.collect()
    }

    /// The rows as the client has them.
    pub fn rows(&self, rows: RowsId) -> Value {
        let text = self.client.rows(rows);
        assert!(Json::parse(&text).is_some());
        serde_json::from_str(&text).unwrap()
    }

    pub fn connection(&self) -> ConnectionState {
        self.client.connection()
    }

    pub fn deadline(&self) -> Option<Deadline> {
        self.client.next_timeout()
    }

    fn note(&mut self, line: String) {
        if self.log.len() == 400 {
            self.log.pop_front();
        }
        self.log.push_back(format!("{:>8} {line}", self.now - START));
    }

    /// The log, in virtual milliseconds.
    pub fn story(&self) -> String {
        self.log.iter().cloned().collect::<Vec<_>>().join("\n")
    }
}

/// A JWT that nobody signed, good until `expires` (milliseconds since the epoch).
pub fn token(name: &str, expires: u64) -> String {
    let claims = json!({"sub": name, "role": "authenticated", "exp": expires / 1000}).to_string();
    format!("e30.{}.x", base64(claims.as_bytes()))
}

pub fn base64(bytes: &[u8]) -> String {
    const SYMBOLS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            out.push(char::from(SYMBOLS[(word >> (18 - 6 * place) & 63) as usize]));
        }
    }
    out
}

pub const fn millis(millis: u64) -> Millis {
    Millis(millis)
}
