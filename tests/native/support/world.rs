//! One client, one server, a wire with latency, a virtual clock, and a log that a failing test prints.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};
use storywire::core::Client;
use storywire::core::asset::AssetConfig;
use storywire::core::base::Instant;
use storywire::core::config::Config;
use storywire::core::effect::{ConnectionState, Effect, Notice, Outcome, Status};
use storywire::core::ids::{ChannelId, RequestId, RowsId, SocketId, TokenRequest};
use storywire::core::input::{Answer, Input, PageEvent, SocketEvent, TokenAnswer};
use storywire::core::realtime::Broadcast;
use storywire::core::realtime::frame::{ChangeParams, ChannelOptions, Version};
use storywire::core::rows::RowsQuery;

use super::phoenix::{Phoenix, Sent, hash};

/// The server closes a socket that has been silent for so long.
const IDLE: u64 = 66_000;

/// When the clock of a world starts: a time like any other, so that tokens can expire.
pub const START: u64 = 1_795_000_000_000;

#[derive(Debug, Clone)]
enum Arrival {
    Opened(u32),
    Closed(u32, u16),
    ToServer(u32, String),
    /// The server is no longer deaf to a socket.
    Hears(u32),
    BytesToServer(u32, Vec<u8>),
    Text(u32, String),
    Bytes(u32, Vec<u8>),
    Token(TokenRequest, Option<String>),
    ReadAtServer(RequestId, String, Option<String>),
    Answer(RequestId, u16, String),
}

impl Arrival {
    /// The direction of a socket that it is a frame on.
    fn link(&self) -> Option<(u32, bool)> {
        match self {
            Arrival::ToServer(socket, _) | Arrival::BytesToServer(socket, _) => Some((*socket, true)),
            Arrival::Text(socket, _) | Arrival::Bytes(socket, _) => Some((*socket, false)),
            _ => None,
        }
    }
}

/// What is on its way.
#[derive(Debug)]
struct Flight {
    at: u64,
    /// When it left; of those that left together, which was first.
    order: (u64, u64),
    arrival: Arrival,
}

pub struct World {
    pub client: Client,
    pub server: Phoenix,
    pub now: u64,
    pub latency: u64,
    /// Frames that the server has not read yet, by socket.
    unread: BTreeMap<u32, VecDeque<String>>,
    version: Version,
    /// Sockets and requests reach the server.
    pub up: bool,
    /// Only sockets do not: a proxy that knows no WebSocket.
    pub no_sockets: bool,
    /// Nothing gets through, in either direction, and nobody is told; what is on its way arrives if the stall ends.
    pub stalled: bool,
    /// What reads are answered with instead of rows.
    pub read_answer: Option<(u16, String)>,
    /// What they are told with that answer.
    pub retry_after: Option<u32>,
    /// How long a read takes on the server's side, after it has seen the rows.
    pub read_delay: u64,
    /// Frames come twice.
    pub echo: bool,
    /// What `accessToken` gives; the number says how often it was asked.
    pub token: fn(u32, u64) -> Option<String>,
    pub tokens_asked: u32,
    /// `accessToken` never answers.
    pub token_stuck: bool,
    /// `accessToken` throws.
    pub token_fails: bool,
    /// The sockets that are open, and when each last heard of the client.
    open: BTreeMap<u32, u64>,
    parked: Vec<Flight>,
    flights: Vec<Flight>,
    sequence: u64,
    pub reads: Vec<(u64, String, Option<String>)>,
    pub sockets: Vec<(u64, String)>,
    pub notices: Vec<(u64, Notice)>,
    pub settled: BTreeMap<u32, Vec<Outcome>>,
    pub bytes_sent: Vec<Vec<u8>>,
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
        let version = config.version;
        World {
            client: Client::new(config, AssetConfig::new(), Instant(START), seed).expect("a publishable key"),
            server: Phoenix::default(),
            now: START,
            latency: 20,
            unread: BTreeMap::new(),
            version,
            up: true,
            no_sockets: false,
            stalled: false,
            read_answer: None,
            retry_after: None,
            read_delay: 0,
            echo: false,
            token: |_, _| None,
            tokens_asked: 0,
            token_stuck: false,
            token_fails: false,
            open: BTreeMap::new(),
            parked: Vec::new(),
            flights: Vec::new(),
            sequence: 0,
            reads: Vec::new(),
            sockets: Vec::new(),
            notices: Vec::new(),
            settled: BTreeMap::new(),
            bytes_sent: Vec::new(),
            log: VecDeque::new(),
        }
    }

    pub fn at(&self) -> Instant {
        Instant(self.now)
    }

    // What the page does.

    /// Gives a command as the page does: what follows is performed at once afterwards.
    pub fn act<T>(&mut self, command: impl FnOnce(&mut Client, Instant) -> T) -> T {
        let result = command(&mut self.client, Instant(self.now));
        self.input(Input::Timeout);
        result
    }

    pub fn channel(&mut self, topic: &str) -> ChannelId {
        self.channel_with(topic, ChannelOptions::default())
    }

    pub fn channel_with(&mut self, topic: &str, options: ChannelOptions) -> ChannelId {
        self.client.channel(topic, options).unwrap()
    }

    pub fn subscribe(&mut self, channel: ChannelId) {
        self.act(|client, now| client.subscribe(now, channel)).unwrap();
    }

    pub fn broadcast(&mut self, channel: ChannelId, event: &str, json: &str) -> u32 {
        self.act(|client, now| client.broadcast(now, channel, event, Broadcast::Json(json), false)).unwrap().0
    }

    pub fn latest(&mut self, channel: ChannelId, event: &str, json: &str) -> u32 {
        self.act(|client, now| client.broadcast(now, channel, event, Broadcast::Json(json), true)).unwrap().0
    }

    pub fn track(&mut self, channel: ChannelId, meta: Option<&str>) -> u32 {
        self.act(|client, now| client.track(now, channel, meta)).unwrap().0
    }

    pub fn set_token(&mut self, token: Option<&str>) {
        self.act(|client, now| client.set_token(now, token)).unwrap();
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

    /// The same where that takes its time.
    pub fn joined_slowly(&mut self, topic: &str) -> ChannelId {
        let channel = self.channel(topic);
        self.subscribe(channel);
        self.pass(10_000);
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
        self.act(|client, now| client.listen(now, channel, key, params)).unwrap();
    }

    pub fn follow(&mut self, id: &str) -> RowsId {
        let query = RowsQuery {
            schema: "public".into(),
            table: "stories".into(),
            filter: Some(format!("id=eq.{id}")),
            select: "*".into(),
            key: "id".into(),
            single: true,
            order: String::new(),
            limit: None,
        };
        self.act(|client, now| client.follow(now, query, &format!("story:{id}"))).unwrap()
    }

    /// A row that is followed and live.
    pub fn live(&mut self, id: &str) -> RowsId {
        let rows = self.follow(id);
        self.pass(2_000);
        assert_eq!(self.connection(), ConnectionState::Live, "{}", self.story());
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
            // While the server refuses a join, nothing comes from it on that socket.
            let deaf = self.server.deaf.get(&socket).map_or(0, |until| until.saturating_sub(self.now));
            self.arrive_later(after.max(deaf), self.latency, Arrival::Text(socket, text));
        }
    }

    /// The server sends a frame of any kind to the newest socket.
    pub fn send(&mut self, frame: &Value) {
        let socket = self.socket();
        self.deliver(vec![Sent { socket, after: 0, text: frame.to_string() }]);
    }

    /// The server's id for the first of the changes that the oldest join asks for.
    pub fn change_id(&self) -> u64 {
        hash(&self.server.joined[0].config["postgres_changes"][0].to_string())
    }

    /// The newest socket.
    pub fn socket(&self) -> u32 {
        u32::try_from(self.sockets.len()).unwrap()
    }

    /// The server closes every socket with `code`.
    pub fn cut(&mut self, code: u16) {
        for (socket, _) in std::mem::take(&mut self.open) {
            self.server.lose_socket(socket);
            self.arrive(self.latency, Arrival::Closed(socket, code));
        }
    }

    /// The stall ends: what was on its way arrives, in its order.
    pub fn unstall(&mut self) {
        self.stalled = false;
        for flight in std::mem::take(&mut self.parked) {
            self.fly(Flight { at: self.now + self.latency, ..flight });
        }
    }

    /// Time passes and the client is asleep: nothing of it runs, and what arrives waits.
    pub fn sleep(&mut self, millis: u64) {
        self.now += millis;
    }

    /// What the stall held up never arrives.
    pub fn parked_are_lost(&mut self) {
        self.parked.clear();
    }

    fn arrive(&mut self, after: u64, arrival: Arrival) {
        self.arrive_later(0, after, arrival);
    }

    /// It leaves only after a while.
    fn arrive_later(&mut self, leaves: u64, after: u64, arrival: Arrival) {
        self.sequence += 1;
        let left = self.now + leaves;
        self.fly(Flight { at: left + after, order: (left, self.sequence), arrival });
    }

    /// Frames of a socket arrive in the order in which they left, as over TCP, also where the latency drops meanwhile.
    fn fly(&mut self, mut flight: Flight) {
        let link = flight.arrival.link();
        let same = |of: &&mut Flight| link.is_some() && of.arrival.link() == link;
        for ahead in self.flights.iter_mut().filter(same).filter(|of| of.order < flight.order) {
            flight.at = flight.at.max(ahead.at);
        }
        for behind in self.flights.iter_mut().filter(same).filter(|of| of.order > flight.order) {
            behind.at = behind.at.max(flight.at);
        }
        self.flights.push(flight);
    }

    /// Lets the virtual time pass, event by event.
    pub fn pass(&mut self, millis: u64) {
        let until = self.now + millis;
        let mut calls = 0u32;
        loop {
            let arrivals = self.flights.iter().enumerate();
            let arrival = arrivals.min_by_key(|(_, of)| (of.at, of.order)).map(|(place, of)| (of.at, place));
            let timeout = self.client.next_timeout();
            let expiry = self.server.next_expiry();
            let idle = self.open.values().min().map(|heard| heard + IDLE);
            let next = [arrival.map(|(at, _)| at), timeout.map(|deadline| deadline.at.0), expiry, idle];
            let next = next.into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next <= until) else { break };
            self.now = self.now.max(next);
            calls += 1;
            assert!(calls < 200_000, "the client spins: {timeout:?}\n{}", self.story());
            let first = |of: Option<u64>| of.is_some_and(|of| of <= self.now && arrival.is_none_or(|(at, _)| of <= at));
            if first(expiry) {
                let sent = self.server.close_expired(self.now);
                self.deliver(sent);
                continue;
            }
            if first(idle) {
                self.close_idle();
                continue;
            }
            match arrival {
                Some((at, place)) if at <= self.now => {
                    let flight = self.flights.swap_remove(place);
                    self.happen(flight);
                }
                _ => self.input(Input::Timeout),
            }
        }
        self.now = until;
    }

    /// The server closes sockets that have not said anything for long.
    fn close_idle(&mut self) {
        let now = self.now;
        let idle: Vec<u32> = self.open.iter().filter(|(_, at)| **at + IDLE <= now).map(|(id, _)| *id).collect();
        for socket in idle {
            self.open.remove(&socket);
            self.server.lose_socket(socket);
            self.arrive(self.latency, Arrival::Closed(socket, 1000));
        }
    }

    fn happen(&mut self, flight: Flight) {
        if self.stalled && !matches!(flight.arrival, Arrival::Token(..)) {
            self.parked.push(flight);
            return;
        }
        match flight.arrival {
            Arrival::Opened(socket) => {
                if self.up && !self.no_sockets {
                    self.open.insert(socket, self.now);
                    self.input(Input::Socket(SocketId(socket), SocketEvent::Opened));
                } else {
                    self.input(Input::Socket(SocketId(socket), SocketEvent::Closed(1006)));
                }
            }
            Arrival::Closed(socket, code) => self.input(Input::Socket(SocketId(socket), SocketEvent::Closed(code))),
            Arrival::ToServer(socket, text) => {
                self.unread.entry(socket).or_default().push_back(text);
                self.read_frames(socket);
            }
            Arrival::Hears(socket) => self.read_frames(socket),
            Arrival::BytesToServer(socket, bytes) => {
                self.bytes_sent.push(bytes.clone());
                if self.open.contains_key(&socket) {
                    for (to, bytes) in self.server.receive_bytes(socket, &bytes) {
                        self.arrive(self.latency, Arrival::Bytes(to, bytes));
                    }
                }
            }
            Arrival::Text(socket, text) => {
                let text = if self.version == Version::V1 { to_v1(&text) } else { text };
                for _ in 0..1 + u32::from(self.echo) {
                    if self.open.contains_key(&socket) {
                        self.input(Input::Socket(SocketId(socket), SocketEvent::Text(&text)));
                    }
                }
            }
            Arrival::Bytes(socket, bytes) => {
                self.input(Input::Socket(SocketId(socket), SocketEvent::Binary(&bytes)));
            }
            Arrival::Token(request, token) => {
                let answer = token.as_deref().map_or(TokenAnswer::Nobody, TokenAnswer::Token);
                let answer = if self.token_fails { TokenAnswer::Failed } else { answer };
                self.input(Input::Token(request, answer));
            }
            Arrival::ReadAtServer(request, url, token) => {
                let late = token.as_deref().and_then(expiry).is_some_and(|at| at <= self.now);
                let (status, body) = match &self.read_answer {
                    Some(answer) => answer.clone(),
                    None if !self.up => (0, String::new()),
                    None if late && self.server.checks_tokens => (401, r#"{"message":"JWT expired"}"#.into()),
                    None => self.server.read(&url),
                };
                self.arrive(self.latency + self.read_delay, Arrival::Answer(request, status, body));
            }
            Arrival::Answer(request, status, body) => {
                let answer = Answer { status, retry_after: self.retry_after, body: &body };
                self.input(Input::Answer(request, answer));
            }
        }
    }

    /// The server reads what a socket has sent, in its order, for as long as it is not deaf to it.
    fn read_frames(&mut self, socket: u32) {
        loop {
            if let Some(until) = self.server.deaf.get(&socket).copied().filter(|until| *until > self.now) {
                if self.unread.get(&socket).is_some_and(|frames| !frames.is_empty()) {
                    self.arrive(until - self.now, Arrival::Hears(socket));
                }
                return;
            }
            let Some(text) = self.unread.get_mut(&socket).and_then(VecDeque::pop_front) else { return };
            if let Some(heard) = self.open.get_mut(&socket) {
                *heard = self.now;
                let text = if self.version == Version::V1 { to_v2(&text) } else { text };
                let sent = self.server.receive(self.now, socket, &text);
                self.deliver(sent);
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
                assert!(self.open.is_empty(), "two sockets at once\n{}", self.story());
                self.arrive(self.latency, Arrival::Opened(socket.0));
            }
            Effect::SendText(socket, text) => self.arrive(self.latency, Arrival::ToServer(socket.0, text)),
            Effect::SendBinary(socket, bytes) => self.arrive(self.latency, Arrival::BytesToServer(socket.0, bytes)),
            Effect::CloseSocket(socket) => {
                self.open.remove(&socket.0);
                self.server.lose_socket(socket.0);
                let of_socket = |arrival: &Arrival| matches!(arrival, Arrival::Opened(of) | Arrival::Closed(of, _) if *of == socket.0);
                self.flights.retain(|flight| !of_socket(&flight.arrival));
                self.parked.retain(|flight| !of_socket(&flight.arrival));
            }
            Effect::AskToken(request) => {
                self.tokens_asked += 1;
                let token = (self.token)(self.tokens_asked, self.now);
                if !self.token_stuck {
                    self.arrive(30, Arrival::Token(request, token));
                }
            }
            Effect::Read { request, url, token, .. } => {
                self.reads.push((self.now, url.clone(), token.clone()));
                self.arrive(self.latency, Arrival::ReadAtServer(request, url, token));
            }
            Effect::AbortRead(request) => {
                let of_request = |arrival: &Arrival| matches!(arrival, Arrival::ReadAtServer(of, ..) | Arrival::Answer(of, ..) if *of == request);
                self.flights.retain(|flight| !of_request(&flight.arrival));
                self.parked.retain(|flight| !of_request(&flight.arrival));
            }
            Effect::Settle(push, outcome) => self.settled.entry(push.0).or_default().push(outcome),
            Effect::Notify(notice) => self.notices.push((self.now, notice)),
            Effect::Paint | Effect::Retry(_) => {}
        }
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

/// A frame of version 1.0.0 as the server reads it.
fn to_v2(text: &str) -> String {
    let frame: Value = serde_json::from_str(text).unwrap();
    assert_eq!(frame.as_object().unwrap().len(), 5);
    json!([frame["join_ref"], frame["ref"], frame["topic"], frame["event"], frame["payload"]]).to_string()
}

/// A frame of the server in version 1.0.0, which never says which join it means.
fn to_v1(text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Array(frame)) if frame.len() == 5 => {
            json!({"ref": frame[1], "topic": frame[2], "event": frame[3], "payload": frame[4]}).to_string()
        }
        _ => text.to_owned(),
    }
}

/// A JWT that nobody signed, good until `expires` (milliseconds since the epoch).
pub fn token(name: &str, expires: u64) -> String {
    let claims = json!({"sub": name, "role": "authenticated", "exp": expires / 1000}).to_string();
    // The signature repeats the expiry, so that the fake server need not decode anything.
    format!("e30.{}.x{}", base64(claims.as_bytes()), expires / 1000)
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

/// When a token that [`token`] made expires, in milliseconds since the epoch.
pub fn expiry(token: &str) -> Option<u64> {
    let (_, digits) = token.rsplit_once(".x")?;
    digits.parse::<u64>().ok().map(|seconds| seconds * 1000)
}
