//! The handshake: who gets a socket, and the status of those who do not. A browser sees none of these codes.

use std::collections::HashMap;

use axum::Json;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::time::sleep;

use super::frame::Vsn;
use super::socket::{self, Open};
use crate::app::{Key, Shared};

/// `GET /realtime/v1/websocket?apikey=…&vsn=…`, also `/socket/websocket`.
pub async fn websocket(
    State(server): State<Shared>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    server.counters.count_handshake();
    let fault = server.faults().refusal();
    if let Some(fault) = fault {
        sleep(fault.delay).await;
        return refuse(&server, fault.status, &fault.body);
    }
    let Some(vsn) = Vsn::parse(query.get("vsn").map(String::as_str)) else {
        server.counters.count_refused();
        return StatusCode::FORBIDDEN.into_response();
    };
    let header = headers.get("x-api-key").and_then(|key| key.to_str().ok());
    let Some(key) = query.get("apikey").map(String::as_str).or(header).filter(|key| !key.is_empty()) else {
        return refuse_late(&server, StatusCode::UNAUTHORIZED, "API key is missing").await;
    };
    let token = match server.key(key) {
        Ok(Key::Publishable) => None,
        Ok(Key::Token(_)) => Some(key.to_owned()),
        Err(refusal) => return refuse_late(&server, StatusCode::UNAUTHORIZED, &refusal.handshake_error()).await,
    };
    let knobs = server.knobs();
    if server.hub.users_over(knobs.connections, None) {
        return refuse_late(&server, StatusCode::TOO_MANY_REQUESTS, "Too many connected users").await;
    }
    if server.counters.joins_over(knobs.joins_per_second) {
        return refuse_late(&server, StatusCode::TOO_MANY_REQUESTS, "Too many joins per second").await;
    }
    let (limit, open) = (knobs.frame_bytes, Open::new(server));
    upgrade.max_message_size(limit).max_frame_size(limit).on_upgrade(move |web| socket::run(open, web, vsn, token))
}

async fn refuse_late(server: &Shared, status: StatusCode, error: &str) -> Response {
    sleep(server.knobs().refusal_delay).await;
    refuse(server, status, &json!({ "error": error }))
}

fn refuse(server: &Shared, status: StatusCode, body: &serde_json::Value) -> Response {
    server.counters.count_refused();
    (status, Json(body)).into_response()
}
