//! The demo: stories that fill themselves in, tokens, a source of emotions, and the files behind it all.

mod assets;
mod narration;
mod paper;
mod picture;
mod story;

use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Map, Value, json};

use crate::app::{Shared, now_seconds};
use crate::db::{Kind, PgError, Row, parse_text};
use crate::jwt;
pub use story::Stories;

/// The user whom `/demo/token` signs in when none is named.
pub const DEMO_USER: &str = "00000000-0000-4000-8000-00000000d3a0";

pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/demo/config", get(config))
        .route("/demo/token", post(token))
        .route("/demo/stories", post(story::create))
        .route("/demo/emotions/{profile}", post(emotions))
        .route("/files/{story}/{file}", get(assets::file))
}

/// What a page needs to know: addresses and keys.
async fn config(State(server): State<Shared>, headers: HeaderMap) -> Json<Value> {
    let url = origin(&headers);
    Json(json!({
        "url": url,
        "apiBase": format!("{url}/api/v1"),
        "publishableKey": server.config.publishable_key,
        "anonKey": jwt::anon_key(&server.config.jwt_secret),
        "userId": DEMO_USER,
        "profileId": DEMO_USER,
    }))
}

/// `{sub?, role?, expires_in?}` → a signed token, as Supabase's auth answers a sign-in.
async fn token(State(server): State<Shared>, body: Bytes) -> Response {
    let asked = match object(&body) {
        Ok(asked) => asked,
        Err(refused) => return refused.into_response(),
    };
    let text = |name: &str| asked.get(name).and_then(Value::as_str);
    let sub = text("sub").unwrap_or(DEMO_USER);
    let role = text("role").unwrap_or("authenticated");
    let lasts = asked.get("expires_in").and_then(Value::as_i64).unwrap_or(3600);
    let now = now_seconds();
    let jti = uuid::Uuid::new_v4().to_string();
    let claims = json!({ "iss": "storywire-local", "aud": "authenticated", "sub": sub, "role": role, "iat": now, "exp": now + lasts, "jti": jti });
    if let Ok(mut given) = server.given_tokens.lock() {
        given.push(jti);
    }
    Json(json!({
        "access_token": jwt::sign(&server.config.jwt_secret, &claims),
        "token_type": "bearer",
        "expires_in": lasts,
        "expires_at": now + lasts,
        "user": { "id": sub, "role": role },
    }))
    .into_response()
}

/// `{count?, intervalMs?}`: inserts check-ins for a while. Default: 20, one every 1,500 ms.
async fn emotions(State(server): State<Shared>, Path(profile): Path<String>, body: Bytes) -> Response {
    let asked = match object(&body) {
        Ok(asked) => asked,
        Err(refused) => return refused.into_response(),
    };
    if let Err(error) = parse_text(Kind::Uuid, &profile) {
        return error.into_response();
    }
    let count = asked.get("count").and_then(Value::as_u64).unwrap_or(20).min(10_000);
    let interval = asked.get("intervalMs").and_then(Value::as_u64).unwrap_or(1500);
    let task = {
        let server = server.clone();
        async move {
            for turn in 0..count {
                if check_in(&server, &profile, turn).is_err() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(interval)).await;
            }
        }
    };
    server.stories.keep(tokio::spawn(task));
    (StatusCode::ACCEPTED, Json(json!({ "count": count, "intervalMs": interval }))).into_response()
}

/// A mood that wanders rather than jumps.
fn check_in(server: &Shared, profile: &str, turn: u64) -> Result<(), PgError> {
    const MOODS: [&str; 8] = ["happy", "excited", "curious", "calm", "proud", "surprised", "worried", "sad"];
    let mood = MOODS.get((turn as usize / 3) % MOODS.len()).copied().unwrap_or("calm");
    let intensity = 5.5 + 3.5 * (turn as f64 * 0.7).sin();
    let row: Row = [
        ("profile_id".to_owned(), json!(profile)),
        ("emotion".to_owned(), json!(mood)),
        ("intensity".to_owned(), json!(intensity.round() as i64)),
    ]
    .into_iter()
    .collect();
    server.db.transaction(|transaction| transaction.insert("emotion_check_ins", row)).map(|_| ())
}

/// A body that is an object or nothing at all.
fn object(body: &Bytes) -> Result<Map<String, Value>, PgError> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(PgError::bad("PGRST102", "The body must be a JSON object")),
    }
}

/// Where the page reached this server.
fn origin(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1:8787");
    format!("http://{host}")
}
