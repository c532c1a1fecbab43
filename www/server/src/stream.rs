//! The emotion stream: server-sent events with ids, replay and keep-alive.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream::poll_fn;
use serde_json::{Value, json};
use tokio::sync::mpsc::{Receiver, Sender, UnboundedReceiver, UnboundedSender, channel, unbounded_channel};
use tokio::time::sleep;

use crate::app::{NoCors, Shared, bearer};
use crate::control::{StreamFault, StreamShape};
use crate::db::{Change, ChangeKind};

/// Events kept for replay, all profiles together.
const KEPT_EVENTS: usize = 10_000;

/// Chunks that may wait for a slow reader before the writer waits too.
const CHUNKS_AHEAD: usize = 16;

/// Who listens to which profile, and what was told.
#[derive(Default)]
pub struct Streams(Mutex<Listeners>);

#[derive(Default)]
struct Listeners {
    next_listener: u64,
    last_id: u64,
    kept: VecDeque<Emotion>,
    live: HashMap<u64, (String, UnboundedSender<Emotion>)>,
}

#[derive(Clone, Debug)]
struct Emotion {
    id: u64,
    profile: String,
    data: Value,
}

impl Streams {
    /// Tells every listener of a row that was inserted into `emotion_check_ins`.
    pub fn tell(&self, change: &Change) {
        if change.table.name != "emotion_check_ins" || change.kind != ChangeKind::Insert {
            return;
        }
        let field = |name: &str| change.record.get(name).cloned().unwrap_or(Value::Null);
        let Some(profile) = change.record.get("profile_id").and_then(Value::as_str) else { return };
        let data = json!({
            "type": "emotion_detected",
            "emotion": field("emotion"),
            "intensity": field("intensity"),
            "timestamp": field("created_at"),
        });
        let mut listeners = self.lock();
        listeners.last_id += 1;
        let emotion = Emotion { id: listeners.last_id, profile: profile.to_owned(), data };
        listeners.live.retain(|_, (wanted, sender)| *wanted != emotion.profile || sender.send(emotion.clone()).is_ok());
        listeners.kept.push_back(emotion);
        if listeners.kept.len() > KEPT_EVENTS {
            listeners.kept.pop_front();
        }
    }

    /// Ends every stream cleanly.
    pub fn end_all(&self) {
        self.lock().live.clear();
    }

    pub fn forget(&self) {
        self.lock().kept.clear();
    }

    /// Listens from now on, after what was told since `last`; nothing falls between the two.
    fn listen(&self, profile: &str, last: Option<u64>) -> (u64, Vec<Emotion>, UnboundedReceiver<Emotion>) {
        let mut listeners = self.lock();
        let missed = last.map_or_else(Vec::new, |last| {
            listeners.kept.iter().filter(|emotion| emotion.profile == profile && emotion.id > last).cloned().collect()
        });
        let (sender, receiver) = unbounded_channel();
        listeners.next_listener += 1;
        let id = listeners.next_listener;
        listeners.live.insert(id, (profile.to_owned(), sender));
        (id, missed, receiver)
    }

    fn leave(&self, listener: u64) {
        self.lock().live.remove(&listener);
    }

    fn lock(&self) -> MutexGuard<'_, Listeners> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `GET /api/v1/profiles/:id/emotions/stream`, with a bearer token.
pub async fn emotions(
    State(server): State<Shared>,
    Path(profile): Path<String>,
    RawQuery(_): RawQuery,
    headers: HeaderMap,
) -> Response {
    server.counters.open_stream();
    let mut open = Open(server.clone(), 0);
    let fault = server.faults().stream();
    if let Some(fault) = &fault {
        sleep(fault.delay).await;
        if let StreamShape::Answer { status, content_type, body, retry_after } = &fault.shape {
            let mut response = (*status, [(header::CONTENT_TYPE, content_type.clone())], body.clone()).into_response();
            if let Some(after) = retry_after.as_ref().and_then(|after| after.parse().ok()) {
                response.headers_mut().insert(header::RETRY_AFTER, after);
            }
            if fault.no_cors {
                response.extensions_mut().insert(NoCors);
            }
            return response;
        }
    }
    let Some(token) = bearer(&headers) else {
        return unauthorized("Missing bearer token");
    };
    if let Err(refusal) = server.verify(token) {
        return unauthorized(&refusal.sentence());
    }
    let Ok(profile) = uuid::Uuid::parse_str(&profile).map(|id| id.to_string()) else {
        return (StatusCode::NOT_FOUND, axum::Json(json!({ "error": "Unknown profile" }))).into_response();
    };
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.trim().parse().ok());
    let (listener, missed, live) = server.streams.listen(&profile, last);
    open.1 = listener;
    let (chunks, body) = channel(CHUNKS_AHEAD);
    let no_cors = fault.as_ref().is_some_and(|fault| fault.no_cors);
    let writer = Writer { chunks, budget: Budget::of(fault.as_ref()), open };
    tokio::spawn(writer.run(profile, fault, missed, live));
    let mut response = event_stream(body);
    if no_cors {
        response.extensions_mut().insert(NoCors);
    }
    response
}

/// A response of `text/event-stream` whose bytes come through `body`; an error in it resets the connection.
pub fn event_stream(body: Receiver<io::Result<Bytes>>) -> Response {
    let mut body = body;
    let body = Body::from_stream(poll_fn(move |context| body.poll_recv(context)));
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, body).into_response()
}

fn unauthorized(error: &str) -> Response {
    (StatusCode::UNAUTHORIZED, axum::Json(json!({ "error": error }))).into_response()
}

/// Counts a stream as open for as long as it lives; at its end its listener (0: none yet) is taken out.
struct Open(Shared, u64);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.streams.leave(self.1);
        self.0.counters.close_stream();
    }
}

/// How many bytes may still go out, and what happens then.
enum Budget {
    Unlimited,
    Cut(usize),
    End(usize),
}

impl Budget {
    fn of(fault: Option<&StreamFault>) -> Self {
        match fault.map(|fault| &fault.shape) {
            Some(StreamShape::CutAt(bytes)) => Self::Cut(*bytes),
            Some(StreamShape::EndAt(bytes)) => Self::End(*bytes),
            _ => Self::Unlimited,
        }
    }
}

/// The stream is over: the client has gone, or the budget is spent.
struct Over;

struct Writer {
    chunks: Sender<io::Result<Bytes>>,
    budget: Budget,
    open: Open,
}

impl Writer {
    async fn run(
        mut self,
        profile: String,
        fault: Option<StreamFault>,
        missed: Vec<Emotion>,
        live: UnboundedReceiver<Emotion>,
    ) {
        // Only the reader's end needs to hear of it, and that is what has happened.
        let _ = self.write_all(&profile, fault, missed, live).await;
    }

    async fn write_all(
        &mut self,
        profile: &str,
        fault: Option<StreamFault>,
        missed: Vec<Emotion>,
        mut live: UnboundedReceiver<Emotion>,
    ) -> Result<(), Over> {
        match fault.map(|fault| fault.shape) {
            Some(StreamShape::Stall(length)) => {
                tokio::select! {
                    () = sleep(length) => {}
                    () = self.chunks.closed() => return Err(Over),
                }
            }
            Some(StreamShape::Comments(interval)) => loop {
                self.write(":flood\n\n".into()).await?;
                sleep(interval).await;
            },
            Some(StreamShape::Prefix(prefix)) => self.write(prefix).await?,
            Some(StreamShape::LongLine(bytes)) => {
                self.write("event: long\ndata: ".into()).await?;
                let chunk = "x".repeat(16 * 1024);
                for start in (0..bytes).step_by(chunk.len()) {
                    self.write(chunk.get(..chunk.len().min(bytes - start)).unwrap_or_default().to_owned()).await?;
                }
                self.write("\n\n".into()).await?;
            }
            Some(StreamShape::Answer { .. } | StreamShape::CutAt(_) | StreamShape::EndAt(_)) | None => {}
        }
        self.write(format!("event: connected\ndata: {}\n\n", json!({ "profileId": profile }))).await?;
        for emotion in missed {
            self.write(event(&emotion)).await?;
        }
        loop {
            let keepalive = self.open.0.knobs().keepalive;
            tokio::select! {
                () = self.chunks.closed() => return Err(Over),
                emotion = live.recv() => match emotion {
                    Some(emotion) => self.write(event(&emotion)).await?,
                    None => return Ok(()),
                },
                () = sleep(keepalive) => self.write(":keepalive\n\n".into()).await?,
            }
        }
    }

    async fn write(&mut self, text: String) -> Result<(), Over> {
        let bytes = Bytes::from(text);
        let (now, over) = match &mut self.budget {
            Budget::Unlimited => (bytes, None),
            Budget::Cut(left) | Budget::End(left) if *left > bytes.len() => {
                *left -= bytes.len();
                (bytes, None)
            }
            Budget::Cut(left) => (bytes.slice(..*left), Some(true)),
            Budget::End(left) => (bytes.slice(..*left), Some(false)),
        };
        self.chunks.send(Ok(now)).await.map_err(|_| Over)?;
        match over {
            None => Ok(()),
            Some(abrupt) => {
                if abrupt {
                    // The bytes before the cut must be on their way before the connection is reset.
                    sleep(std::time::Duration::from_millis(20)).await;
                    let _ = self.chunks.send(Err(io::Error::other("cut on request"))).await;
                }
                Err(Over)
            }
        }
    }
}

fn event(emotion: &Emotion) -> String {
    format!("id: {}\nevent: emotion\ndata: {}\n\n", emotion.id, emotion.data)
}
