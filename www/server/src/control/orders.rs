//! The control endpoints. Every POST takes one JSON object and answers with what is armed or how many it reached.

use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::faults::{Armed, Join, Policy, Refuse, RestFault, RetryFault, StreamFault, StreamShape, Subscribed};
use super::scripts;
use crate::app::Shared;
use crate::realtime::Order;

pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/counters", get(counters))
        .route("/{order}", post(order))
        .route("/scripts/{name}", get(scripts::replay).post(scripts::store))
        .route("/scripts/{name}/requests", get(scripts::requests))
}

async fn counters(State(server): State<Shared>) -> Json<Value> {
    Json(server.counters.report(server.hub.channels()))
}

async fn order(
    State(server): State<Shared>,
    axum::extract::Path(name): axum::extract::Path<String>,
    body: axum::body::Bytes,
) -> Response {
    let asked = match serde_json::from_slice(&body) {
        Ok(Value::Object(asked)) => Asked(asked),
        _ if body.iter().all(u8::is_ascii_whitespace) => Asked(Map::new()),
        _ => return refused("the body must be a JSON object"),
    };
    let orders = |order: Order| json!({ "sockets": server.hub.order_all(&order) });
    let done = match name.as_str() {
        "reset" => {
            server.reset(asked.flag("data"));
            json!({})
        }
        "cut" => {
            let code = if asked.flag("abrupt") { None } else { Some(asked.number("code").unwrap_or(1006)) };
            // 1005, 1006 and 1015 cannot be sent: they are what a browser reports when nothing was.
            let code =
                code.filter(|code| !matches!(code, 1005 | 1006 | 1015)).and_then(|code| u16::try_from(code).ok());
            orders(Order::Cut { code, reason: asked.text("reason").unwrap_or_default() })
        }
        "disconnect" => orders(Order::Disconnect),
        "stall" => {
            let deaf = asked.text("mode").as_deref() == Some("deaf");
            let millis = asked.number("ms").unwrap_or(3_600_000);
            if asked.flag("new") {
                let length = Duration::from_millis(millis);
                server.faults().stall_new = Some(asked.armed_for((deaf, length), false));
            }
            orders(Order::Stall { deaf, millis })
        }
        "expire" => {
            let given = server.given_tokens.lock().map(|given| given.clone()).unwrap_or_default();
            server.faults().expired_tokens.extend(given);
            server.streams.end_all();
            orders(Order::Expire { topic: asked.text("topic") })
        }
        "system" => orders(Order::System {
            topic: asked.text("topic"),
            extension: asked.text("extension").unwrap_or_else(|| "system".into()),
            status: asked.text("status").unwrap_or_else(|| "error".into()),
            message: asked.text("message").unwrap_or_else(|| "Too many messages per second".into()),
            close: asked.get("close").is_none_or(|close| close == &Value::Bool(true)),
        }),
        "crash" => orders(Order::Crash { topic: asked.text("topic") }),
        "text" => orders(Order::Text(asked.text("text").unwrap_or_default())),
        "knobs" => return knobs(&server, &asked),
        "policies" => {
            let Some(topic) = asked.text("topic") else { return refused("policies wants a topic") };
            let policy = Policy { read: asked.flag("read"), write: asked.flag("write") };
            server.faults().policies.push((topic, policy));
            json!({})
        }
        "identity" => {
            let Some(table) = asked.text("table") else { return refused("identity wants a table") };
            server.db.set_full_identity(&table, asked.flag("full"));
            json!({})
        }
        name => return arm(&server, name, &asked),
    };
    Json(done).into_response()
}

/// The faults that wait for something to happen.
fn arm(server: &Shared, name: &str, asked: &Asked) -> Response {
    let mut faults = server.faults();
    let off = asked.flag("off");
    let delay = asked.millis("delayMs").unwrap_or_default();
    match name {
        "refuse" => {
            let status = asked.status().unwrap_or(StatusCode::TOO_MANY_REQUESTS);
            let words = match status.as_u16() {
                401 => "Failed to validate JWT signature",
                403 => "Realtime was disabled for this tenant",
                404 => "Tenant not found",
                429 => "Too many connected users",
                _ => "Internal server error",
            };
            let body = asked.get("body").cloned().unwrap_or_else(|| json!({ "error": words }));
            faults.refuse = (!off).then(|| asked.armed(Refuse { status, body, delay }));
        }
        "join" => {
            let fault = Join {
                topic: asked.text("topic"),
                delay,
                block: asked.get("block").is_none_or(|block| block == &Value::Bool(true)),
                reason: asked.text("reason"),
                silent: asked.flag("silent"),
            };
            faults.join = (!off).then(|| asked.armed(fault));
        }
        "subscribed" => {
            let fault = Subscribed {
                topic: asked.text("topic"),
                delay: asked.millis("delayMs"),
                silent: asked.flag("silent"),
                error: asked.text("error"),
            };
            faults.subscribed = (!off).then(|| asked.armed(fault));
        }
        "changes" => {
            if asked.flag("drop") {
                faults.changes_lost = Some(asked.millis("ms").map(|length| Instant::now() + length));
            } else if asked.get("drop").is_some() || off {
                faults.changes_lost = None;
            }
            if let Some(extra) = asked.number("duplicate") {
                faults.extra_changes = u32::try_from(extra).unwrap_or(1);
            }
            if asked.get("error").is_some() || off {
                faults.change_error = asked.text("error");
            }
        }
        "duplicate" => faults.doubled_frames = asked.number("frames").and_then(|n| u32::try_from(n).ok()).unwrap_or(1),
        "rest" if off => faults.rest.clear(),
        "rest" => {
            let malformed = asked.flag("malformed");
            let fault = RestFault {
                path: asked.text("path").unwrap_or_else(|| "/".into()),
                delay,
                status: asked.status().or((malformed || asked.get("body").is_some()).then_some(StatusCode::OK)),
                body: if malformed { "{\"id\": ".into() } else { asked.body().unwrap_or_default() },
                content_type: asked.text("contentType").unwrap_or_else(|| "application/json".into()),
                retry_after: asked.text("retryAfter"),
                no_cors: asked.flag("noCors"),
            };
            faults.rest.push_back(asked.armed_for(fault, true));
        }
        "stream" if off => faults.streams.clear(),
        "stream" => {
            let Some(shape) = stream_shape(asked) else { return refused("stream wants a shape; see the README") };
            let fault = StreamFault { delay, shape, no_cors: asked.flag("noCors") };
            faults.streams.push_back(asked.armed_for(fault, true));
        }
        "retry" if off => faults.retry.clear(),
        "retry" => {
            let status = asked.status().unwrap_or(StatusCode::PAYMENT_REQUIRED);
            let body = asked.get("body").cloned().unwrap_or_else(|| match status.as_u16() {
                402 => json!({
                    "error": "Upgrade to retry more assets",
                    "upgradeOptions": [{ "plan": "plus", "price": "4.99", "url": "https://example.com/upgrade" }]
                }),
                200 => json!({ "retried": [] }),
                _ => json!({ "error": "Try again later" }),
            });
            let retry_after =
                asked.text("retryAfter").or((status == StatusCode::TOO_MANY_REQUESTS).then(|| "2".to_owned()));
            faults.retry.push_back(asked.armed_for(RetryFault { status, body, retry_after }, true));
        }
        _ => {
            let known = "reset, cut, disconnect, stall, expire, system, crash, text, knobs, policies, identity, refuse, \
                         join, subscribed, changes, duplicate, rest, stream, retry";
            return refused(&format!("there is no control \"{name}\"; there are {known}"));
        }
    }
    Json(json!({})).into_response()
}

fn stream_shape(asked: &Asked) -> Option<StreamShape> {
    let size = |name: &str| asked.number(name).and_then(|bytes| usize::try_from(bytes).ok());
    let answer = |status: StatusCode, content_type: &str, body: String| StreamShape::Answer {
        status,
        content_type: asked.text("contentType").unwrap_or_else(|| content_type.into()),
        body,
        retry_after: asked.text("retryAfter"),
    };
    if asked.flag("html") {
        let page = "<!doctype html><title>Sign in</title><p>data: not an event</p>\n\n";
        return Some(answer(StatusCode::OK, "text/html; charset=utf-8", page.into()));
    }
    if asked.flag("json") {
        return Some(answer(StatusCode::OK, "application/json", "{\"statusCode\":200,\"body\":\"buffered\"}".into()));
    }
    if asked.flag("end") {
        return Some(answer(StatusCode::OK, "text/event-stream", asked.body().unwrap_or_default()));
    }
    if let Some(status) = asked.status() {
        let body = asked.body().unwrap_or_else(|| json!({ "error": status.to_string() }).to_string());
        return Some(answer(status, "application/json", body));
    }
    if let Some(prefix) = asked.text("prefix") {
        return Some(StreamShape::Prefix(prefix));
    }
    if let Some(millis) = asked.number("retry") {
        return Some(StreamShape::Prefix(format!("retry: {millis}\n\n")));
    }
    let cut = size("cutAt").map(StreamShape::CutAt);
    let end = size("endAt").map(StreamShape::EndAt);
    let stall = asked.millis("stallMs").map(StreamShape::Stall);
    let comments = asked.millis("commentsEveryMs").map(StreamShape::Comments);
    let line = size("lineBytes").map(StreamShape::LongLine);
    cut.or(end).or(stall).or(comments).or(line).or(asked.get("delayMs").map(|_| StreamShape::Prefix(String::new())))
}

/// Changes delays and limits; `null` turns a limit off.
fn knobs(server: &Shared, asked: &Asked) -> Response {
    let mut knobs = server.knobs();
    let unknown: Vec<_> = asked.0.keys().filter(|name| !set_knob(&mut knobs, asked, name)).cloned().collect();
    if !unknown.is_empty() {
        return refused(&format!("unknown knobs: {}", unknown.join(", ")));
    }
    server.set_knobs(knobs);
    server.hub.order_all(&Order::Wake);
    Json(json!({})).into_response()
}

fn set_knob(knobs: &mut crate::config::Knobs, asked: &Asked, name: &str) -> bool {
    let millis = asked.millis(name).unwrap_or_default();
    let size = asked.number(name).and_then(|number| usize::try_from(number).ok());
    let limit = asked.number(name).and_then(|number| u32::try_from(number).ok());
    match name {
        "subscribedDelayMs" => knobs.subscribed_delay = millis,
        "changesDelayMs" => knobs.changes_delay = millis,
        "joinErrorDelayMs" => knobs.join_error_delay = millis,
        "refusalDelayMs" => knobs.refusal_delay = millis,
        "idleMs" => knobs.idle = millis,
        "presenceWindowMs" => knobs.presence_window = millis,
        "keepaliveMs" => knobs.keepalive = millis.max(Duration::from_millis(1)),
        "channelsPerSocket" => knobs.channels_per_socket = size.unwrap_or(100),
        "presenceCalls" => knobs.presence_calls = limit.unwrap_or(u32::MAX),
        "joinsPerSecond" => knobs.joins_per_second = limit,
        "connections" => knobs.connections = size,
        "messagesPerSecond" => knobs.messages_per_second = limit,
        "payloadBytes" => knobs.payload_bytes = size.unwrap_or(usize::MAX),
        "frameBytes" => knobs.frame_bytes = size.unwrap_or(5_000_000),
        "rowBytes" => knobs.row_bytes = size.unwrap_or(usize::MAX),
        _ => return false,
    }
    true
}

fn refused(why: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": why }))).into_response()
}

/// The object of a request.
struct Asked(Map<String, Value>);

impl Asked {
    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    fn flag(&self, name: &str) -> bool {
        self.get(name) == Some(&Value::Bool(true))
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.as_u64()
    }

    /// A text, or a number as text.
    fn text(&self, name: &str) -> Option<String> {
        match self.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    fn millis(&self, name: &str) -> Option<Duration> {
        self.number(name).map(Duration::from_millis)
    }

    fn status(&self) -> Option<StatusCode> {
        StatusCode::from_u16(u16::try_from(self.number("status")?).ok()?).ok()
    }

    /// `body`: a text as it is, anything else as JSON.
    fn body(&self) -> Option<String> {
        self.get("body").map(crate::db::text_of)
    }

    /// With the limits `times` and `ms`; without either it holds until reset.
    fn armed<T>(&self, fault: T) -> Armed<T> {
        self.armed_for(fault, false)
    }

    /// The same, but `once` when no limit is given.
    fn armed_for<T>(&self, fault: T, once: bool) -> Armed<T> {
        let until = self.millis("ms").map(|length| Instant::now() + length);
        let times = self.number("times").and_then(|times| u32::try_from(times).ok());
        let times = times.or((once && until.is_none()).then_some(1));
        Armed { fault, times, until }
    }
}
