//! Scripted streams: bytes and the sizes of the chunks they arrive in, replayed to whoever asks.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream::poll_fn;
use serde_json::{Value, json};
use tokio::sync::mpsc::channel;
use tokio::time::sleep;

use crate::app::{NoCors, Shared};

/// How a scripted answer goes out. All of it comes from the query of the POST that stored it.
#[derive(Clone, Debug)]
pub struct Script {
    bytes: Bytes,
    /// `chunks=1,2,3`: sizes in bytes, repeated from the start until the bytes are out. Default: all at once.
    chunks: Vec<usize>,
    /// `gap=<ms>` between chunks. Default 0: the next chunk goes as soon as the reader took the last.
    gap: Duration,
    /// `status=<code>`. Default 200.
    status: StatusCode,
    /// `type=<content type>`. Default `text/event-stream`.
    content_type: String,
    /// `end=close|hold|reset`: after the last byte. Default close.
    end: End,
    /// `cors=off`: without CORS headers.
    no_cors: bool,
    /// `times=<n>`: from the n+1st request on the answer is 204, which stops a native EventSource. Default: no limit.
    times: Option<u32>,
    /// Headers of each request so far, in order.
    seen: Vec<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Close,
    Hold,
    Reset,
}

#[derive(Default)]
pub struct Scripts(Mutex<BTreeMap<String, Script>>);

impl Scripts {
    pub fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Script>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `POST /__control/scripts/:name?chunks=…`, the body being the bytes.
pub async fn store(
    State(server): State<Shared>,
    Path(name): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    bytes: Bytes,
) -> Response {
    let number = |name: &str| query.get(name).and_then(|text| text.parse::<u64>().ok());
    let chunks =
        query.get("chunks").map(|sizes| sizes.split(',').filter_map(|size| size.trim().parse().ok()).collect());
    let status = number("status").and_then(|status| u16::try_from(status).ok());
    let script = Script {
        bytes,
        chunks: chunks.unwrap_or_default(),
        gap: Duration::from_millis(number("gap").unwrap_or(0)),
        status: status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::OK),
        content_type: query.get("type").cloned().unwrap_or_else(|| "text/event-stream".into()),
        end: match query.get("end").map(String::as_str) {
            Some("hold") => End::Hold,
            Some("reset") => End::Reset,
            _ => End::Close,
        },
        no_cors: query.get("cors").is_some_and(|cors| cors == "off"),
        times: number("times").and_then(|times| u32::try_from(times).ok()),
        seen: Vec::new(),
    };
    server.scripts.lock().insert(name.clone(), script);
    (StatusCode::CREATED, Json(json!({ "url": format!("/__control/scripts/{name}") }))).into_response()
}

/// `GET /__control/scripts/:name/requests`: the headers of every request so far.
pub async fn requests(State(server): State<Shared>, Path(name): Path<String>) -> Response {
    match server.scripts.lock().get(&name) {
        Some(script) => Json(json!(script.seen)).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Replays a script, for every method but POST.
pub async fn replay(State(server): State<Shared>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let script = {
        let mut scripts = server.scripts.lock();
        let Some(script) = scripts.get_mut(&name) else { return StatusCode::NOT_FOUND.into_response() };
        let text = |value: &header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let seen = headers.iter().map(|(name, value)| (name.to_string(), Value::String(text(value)))).collect();
        script.seen.push(Value::Object(seen));
        if script.times == Some(0) {
            return StatusCode::NO_CONTENT.into_response();
        }
        script.times = script.times.map(|times| times - 1);
        script.clone()
    };
    let (chunks, mut body) = channel(1);
    let server = Arc::clone(&server);
    let (status, content_type, no_cors) = (script.status, script.content_type.clone(), script.no_cors);
    server.counters.open_stream();
    tokio::spawn(async move {
        let _ = play(script, &chunks).await;
        server.counters.close_stream();
    });
    let body = Body::from_stream(poll_fn(move |context| body.poll_recv(context)));
    let headers = [(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-cache".into())];
    let mut response = (status, headers, body).into_response();
    if no_cors {
        response.extensions_mut().insert(NoCors);
    }
    response
}

async fn play(
    script: Script,
    reader: &tokio::sync::mpsc::Sender<io::Result<Bytes>>,
) -> Result<(), tokio::sync::mpsc::error::SendError<io::Result<Bytes>>> {
    let mut rest = script.bytes;
    let whole = rest.len();
    let mut sizes = script.chunks.iter().copied().filter(|size| *size > 0).cycle();
    while !rest.is_empty() {
        let size = sizes.next().unwrap_or(whole).min(rest.len());
        reader.send(Ok(rest.split_to(size))).await?;
        if script.gap > Duration::ZERO {
            sleep(script.gap).await;
        } else {
            // Without this the transport joins chunks that wait side by side.
            tokio::task::yield_now().await;
        }
    }
    match script.end {
        End::Close => {}
        End::Hold => reader.closed().await,
        End::Reset => {
            sleep(Duration::from_millis(20)).await;
            reader.send(Err(io::Error::other("reset on request"))).await?;
        }
    }
    Ok(())
}
