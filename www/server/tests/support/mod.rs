//! A client that believes nothing: raw frames in, raw frames out, and one HTTP request at a time.
#![allow(dead_code, reason = "each test file uses its part")]

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use storywire_server::app::{Running, start};
use storywire_server::config::{Config, JWT_SECRET, PUBLISHABLE_KEY};
use storywire_server::jwt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// How long an expected frame may take on a machine that compiles beside the test.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// How long silence must last to count as silence.
pub const SILENCE: Duration = Duration::from_millis(150);

/// A server on a free port whose "Subscribed" comes at once.
pub async fn server() -> Running {
    let mut config = Config::default();
    config.knobs.subscribed_delay = Duration::ZERO;
    server_with(config).await
}

pub async fn server_with(config: Config) -> Running {
    start(config, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.expect("a free port")
}

/// A token for `sub` that lasts for `seconds`.
pub fn token(sub: &str, seconds: i64) -> String {
    signed(json!({ "role": "authenticated", "sub": sub, "exp": storywire_server::app::now_seconds() + seconds }))
}

pub fn signed(claims: Value) -> String {
    jwt::sign(JWT_SECRET, &claims)
}

pub const USER: &str = "11111111-1111-4111-8111-111111111111";

#[derive(Debug)]
pub enum Got {
    Text(Value),
    Binary(Vec<u8>),
    /// The close code; 1006 when there was no close frame.
    Closed(u16),
}

/// One socket.
pub struct Client {
    web: WebSocketStream<MaybeTlsStream<TcpStream>>,
    next_ref: u32,
}

impl Client {
    pub async fn connect(server: &Running, vsn: &str) -> Self {
        let path = format!("/realtime/v1/websocket?apikey={PUBLISHABLE_KEY}&vsn={vsn}");
        Self::open(server, &path).await.expect("the handshake succeeds")
    }

    /// Opens a path; the error is the status and the body of a refusal.
    pub async fn open(server: &Running, path: &str) -> Result<Self, (u16, String)> {
        match connect_async(format!("ws://{}{path}", server.address)).await {
            Ok((web, _)) => Ok(Self { web, next_ref: 0 }),
            Err(Error::Http(response)) => {
                let body = response.body().as_deref().map(|body| String::from_utf8_lossy(body).into_owned());
                Err((response.status().as_u16(), body.unwrap_or_default()))
            }
            Err(error) => Err((0, error.to_string())),
        }
    }

    pub async fn text(&mut self, text: impl Into<String>) {
        let _ = self.web.send(Message::Text(text.into().into())).await;
    }

    pub async fn send(&mut self, frame: Value) {
        self.text(frame.to_string()).await;
    }

    pub async fn binary(&mut self, bytes: Vec<u8>) {
        let _ = self.web.send(Message::Binary(bytes.into())).await;
    }

    pub async fn close(mut self) {
        let _ = self.web.close(None).await;
    }

    /// The next frame; closes stay closes.
    pub async fn next(&mut self) -> Got {
        self.next_within(PATIENCE).await.expect("a frame in time")
    }

    pub async fn next_within(&mut self, patience: Duration) -> Option<Got> {
        loop {
            return Some(match timeout(patience, self.web.next()).await.ok()? {
                Some(Ok(Message::Text(text))) => Got::Text(serde_json::from_str(&text).expect("frames are JSON")),
                Some(Ok(Message::Binary(bytes))) => Got::Binary(bytes.to_vec()),
                Some(Ok(Message::Close(frame))) => Got::Closed(frame.map_or(1005, |frame| frame.code.into())),
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => Got::Closed(1006),
            });
        }
    }

    /// The next text frame of vsn 2.0.0.
    pub async fn frame(&mut self) -> Value {
        match self.next().await {
            Got::Text(frame) => frame,
            other => panic!("expected a text frame, got {other:?}"),
        }
    }

    /// Frames until one carries this event; it alone is returned.
    pub async fn event(&mut self, event: &str) -> Value {
        loop {
            let frame = self.frame().await;
            if frame[3] == event {
                return frame;
            }
        }
    }

    pub async fn closed(&mut self) -> u16 {
        loop {
            if let Got::Closed(code) = self.next().await {
                return code;
            }
        }
    }

    pub async fn silent(&mut self) {
        let got = self.next_within(SILENCE).await;
        assert!(got.is_none(), "expected silence, got {got:?}");
    }

    /// Pushes on vsn 2.0.0 and returns the ref.
    pub async fn push(&mut self, join_ref: &str, topic: &str, event: &str, payload: Value) -> String {
        self.next_ref += 1;
        let r#ref = format!("p{}", self.next_ref);
        self.send(json!([join_ref, r#ref, topic, event, payload])).await;
        r#ref
    }

    /// Joins on vsn 2.0.0 with join_ref "1" and returns the reply.
    pub async fn join(&mut self, topic: &str, payload: Value) -> Value {
        self.send(json!(["1", "1", topic, "phx_join", payload])).await;
        self.event("phx_reply").await[4].clone()
    }

    /// Joins with one binding and waits until changes flow.
    pub async fn follow(&mut self, topic: &str, binding: Value) -> Value {
        let reply = self.join(topic, json!({ "config": { "postgres_changes": [binding] } })).await;
        let system = self.event("system").await;
        assert_eq!(system[4]["status"], "ok", "{system}");
        reply
    }
}

/// An answer to a plain request.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// One request on a connection of its own; the body as it came (chunks joined).
pub async fn request(server: &Running, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut stream = TcpStream::connect(server.address).await.expect("the server listens");
    stream.write_all(head(server, method, path, headers, body.len()).as_bytes()).await.expect("written");
    stream.write_all(body.as_bytes()).await.expect("written");
    let mut bytes = Vec::new();
    // A reset after the answer is an answer too.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("an answer in time");
    answer(&bytes)
}

/// A request to `/rest/v1`, with the key.
pub async fn rest(server: &Running, method: &str, path: &str, headers: &[(&str, &str)], body: Value) -> Answer {
    let mut all = vec![("apikey", PUBLISHABLE_KEY), ("content-type", "application/json")];
    all.extend_from_slice(headers);
    let body = if body.is_null() { String::new() } else { body.to_string() };
    request(server, method, &format!("/rest/v1/{path}"), &all, &body).await
}

pub async fn control(server: &Running, name: &str, body: Value) -> Value {
    let answer = request(server, "POST", &format!("/__control/{name}"), &[], &body.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

pub async fn counters(server: &Running) -> Value {
    request(server, "GET", "/__control/counters", &[], "").await.json()
}

fn head(server: &Running, method: &str, path: &str, headers: &[(&str, &str)], length: usize) -> String {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", server.address);
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {length}\r\n\r\n"));
    head
}

pub fn answer(bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(bytes.len());
    let (head, rest) = bytes.split_at(end);
    let (head, rest) = (String::from_utf8_lossy(head).into_owned(), rest.get(4..).unwrap_or_default());
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    let body = if chunked { joined(rest) } else { rest.to_vec() };
    Answer { status, head, body: String::from_utf8_lossy(&body).into_owned() }
}

fn joined(mut chunks: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(line) = chunks.windows(2).position(|two| two == b"\r\n") {
        let size = std::str::from_utf8(&chunks[..line]).ok().and_then(|size| usize::from_str_radix(size, 16).ok());
        let data = &chunks[line + 2..];
        let Some(size) = size.filter(|size| *size > 0 && *size <= data.len()) else { break };
        body.extend_from_slice(&data[..size]);
        chunks = data.get(size + 2..).unwrap_or_default();
    }
    body
}

/// An event stream that is being read.
pub struct EventStream {
    stream: TcpStream,
    pub seen: String,
}

impl EventStream {
    pub async fn open(server: &Running, path: &str, headers: &[(&str, &str)]) -> Self {
        let mut stream = TcpStream::connect(server.address).await.expect("the server listens");
        stream.write_all(head(server, "GET", path, headers, 0).as_bytes()).await.expect("written");
        Self { stream, seen: String::new() }
    }

    /// Reads until `text` has been seen.
    pub async fn until(&mut self, text: &str) {
        let mut searched = 0;
        while !self.seen[searched..].contains(text) {
            searched = self.seen.floor_char_boundary(self.seen.len().saturating_sub(text.len()));
            let read = timeout(PATIENCE, self.read()).await;
            assert!(read == Ok(true), "no {text:?} in {:?}", self.seen);
        }
    }

    /// Reads until the server ends the stream or is silent for too long.
    pub async fn rest(&mut self) -> &str {
        while timeout(PATIENCE, self.read()).await.expect("the stream ends in time") {}
        &self.seen
    }

    async fn read(&mut self) -> bool {
        let mut chunk = vec![0; 64 * 1024];
        match self.stream.read(&mut chunk).await {
            Ok(0) | Err(_) => false,
            Ok(read) => {
                self.seen.push_str(&String::from_utf8_lossy(&chunk[..read]));
                true
            }
        }
    }
}
