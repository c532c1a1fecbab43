//! The server as a whole: its state, its routes, starting and stopping it.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::serve::ListenerExt;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::config::{Config, Knobs};
use crate::control::{Counters, Faults, Policy, Scripts};
use crate::db::Db;
use crate::demo::Stories;
use crate::jwt::{self, Claims, Refusal};
use crate::realtime::{Hub, Order};
use crate::stream::Streams;
use crate::{api, control, demo, files, realtime, rest, rpc, stream};

pub type Shared = Arc<Server>;

/// Largest request body in bytes.
const BODY_LIMIT: usize = 20 * 1024 * 1024;

/// Everything the handlers share.
pub struct Server {
    pub config: Config,
    pub db: Db,
    pub hub: Hub,
    pub streams: Streams,
    pub counters: Counters,
    pub scripts: Scripts,
    pub stories: Stories,
    /// Ids of the tokens that `/demo/token` has given out, so that `expire` can name them.
    pub given_tokens: Mutex<Vec<String>>,
    stopping: AtomicBool,
    faults: Mutex<Faults>,
    knobs: Mutex<Knobs>,
}

/// What an `apikey` is.
#[derive(Debug, PartialEq)]
pub enum Key {
    Publishable,
    Token(Claims),
}

/// Why a REST or API request may not go on, in the words of the gateway and of PostgREST.
#[derive(Debug, PartialEq)]
pub struct Unauthorized(pub Value);

impl IntoResponse for Unauthorized {
    fn into_response(self) -> Response {
        (StatusCode::UNAUTHORIZED, axum::Json(self.0)).into_response()
    }
}

impl Server {
    pub fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the end has begun: a socket that opens now is closed at once.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    pub fn knobs(&self) -> Knobs {
        self.knobs.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn set_knobs(&self, knobs: Knobs) {
        *self.knobs.lock().unwrap_or_else(PoisonError::into_inner) = knobs;
    }

    /// Checks a token, and whether `/__control/expire` has ended it before its time.
    pub fn verify(&self, token: &str) -> Result<Claims, Refusal> {
        let claims = jwt::verify(&self.config.jwt_secret, token, now_seconds())?;
        if claims.jti.as_ref().is_some_and(|jti| self.faults().expired_tokens.contains(jti)) {
            return Err(Refusal::Expired(0));
        }
        Ok(claims)
    }

    /// Checks an `apikey`: the publishable key, or a JWT signed with the secret.
    pub fn key(&self, key: &str) -> Result<Key, Refusal> {
        if key == self.config.publishable_key {
            return Ok(Key::Publishable);
        }
        self.verify(key).map(Key::Token)
    }

    /// The gateway's check of a REST request: an `apikey` (header, or `?apikey=`), then the bearer token if there is one.
    /// Without a token of its own a request has the key's claims.
    pub fn authorize(&self, headers: &HeaderMap, query_key: Option<&str>) -> Result<Claims, Unauthorized> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let Some(key) = header("apikey").or(query_key).filter(|key| !key.is_empty()) else {
            return Err(Unauthorized(json!({
                "message": "No API key found in request",
                "hint": "No `apikey` request header or url param was found."
            })));
        };
        let anonymous = Claims { role: "anon".into(), exp: i64::MAX, sub: None, jti: None };
        let key_claims = match self.key(key) {
            Ok(Key::Publishable) => anonymous,
            Ok(Key::Token(claims)) => claims,
            Err(_) => {
                return Err(Unauthorized(json!({
                    "message": "Invalid API key",
                    "hint": "Double check your Supabase `anon` or `service_role` API key."
                })));
            }
        };
        match bearer(headers) {
            // A key of the new kind may come as a bearer too, when it is the key itself.
            Some(token) if token == key => Ok(key_claims),
            Some(token) => self.verify(token).map_err(|refusal| Unauthorized(postgrest_refusal(&refusal))),
            None => Ok(key_claims),
        }
    }

    /// What a role may do on a private topic: what `/__control/policies` says, and else signed-in users may do all.
    pub fn policy(&self, name: &str, claims: Option<&Claims>) -> Policy {
        let signed_in = claims.is_some_and(|claims| claims.role != "anon");
        let set = self.faults().policy(name);
        match set {
            Some(policy) if signed_in => policy,
            Some(_) => Policy { read: false, write: false },
            None => Policy { read: signed_in, write: signed_in },
        }
    }

    /// The moment of this process's clock at which `exp` (seconds since 1970) is reached.
    pub fn instant_of(&self, exp: i64) -> Instant {
        // Capped at a year: further away nothing can be waited for.
        let millis = exp.saturating_mul(1000).saturating_sub(now_millis()).clamp(0, 31_536_000_000);
        Instant::now() + Duration::from_millis(millis.unsigned_abs())
    }

    /// Join reply to "Subscribed" for a topic.
    pub fn subscribed_delay(&self, name: &str) -> Duration {
        let fault = self.faults().subscribed_delay(name);
        fault.unwrap_or_else(|| self.knobs().subscribed_delay)
    }

    /// Forgets every fault and every count; `data` forgets the rows too.
    pub fn reset(&self, data: bool) {
        *self.faults() = Faults::default();
        self.set_knobs(self.config.knobs.clone());
        self.counters.reset();
        self.scripts.clear();
        if data {
            self.stories.stop();
            self.db.truncate();
            self.hub.forget_messages();
            self.streams.forget();
        }
    }
}

/// The token of an `Authorization: Bearer` header.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty()).then(|| token.trim())
}

/// Seconds since 1970.
pub fn now_seconds() -> i64 {
    now_millis().div_euclid(1000)
}

fn now_millis() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

fn postgrest_refusal(refusal: &Refusal) -> Value {
    let (code, message) = match refusal {
        Refusal::Expired(_) => ("PGRST303", "JWT expired"),
        Refusal::Malformed => ("PGRST301", "Expected 3 parts in JWT; got 1"),
        Refusal::Signature => ("PGRST301", "No suitable key or wrong key type"),
        Refusal::MissingClaims => ("PGRST303", "JWT claims validation or parsing failed"),
    };
    json!({ "code": code, "details": null, "hint": null, "message": message })
}

/// The routes and the state behind them. Must be called inside a tokio runtime: the feed of changes is a task.
pub fn app(config: Config) -> (Router, Shared) {
    let (feed, commits) = mpsc::unbounded_channel();
    let server = Arc::new(Server {
        db: Db::new(config.tables.clone(), feed),
        hub: Hub::default(),
        streams: Streams::default(),
        counters: Counters::default(),
        scripts: Scripts::default(),
        stories: Stories::default(),
        given_tokens: Mutex::default(),
        stopping: AtomicBool::new(false),
        faults: Mutex::default(),
        knobs: Mutex::new(config.knobs.clone()),
        config,
    });
    tokio::spawn(realtime::feed(server.clone(), commits));
    let router = Router::new()
        .route("/realtime/v1/websocket", any(realtime::websocket))
        .route("/socket/websocket", any(realtime::websocket))
        .route("/realtime/v1/api/broadcast", post(realtime::post_broadcast))
        .route("/realtime/v1/api/broadcast/{topic}/events/{event}", post(realtime::post_event))
        .route("/rest/v1/rpc/{name}", post(rpc::call))
        .route("/rest/v1/{table}", any(rest::handle))
        .route("/api/v1/profiles/{profile}/emotions/stream", get(stream::emotions))
        .route("/api/v1/stories/{story}", get(api::story))
        .route("/api/v1/stories/{story}/assets/retry", post(api::retry))
        .merge(demo::routes())
        .nest("/__control", control::routes())
        .merge(files::routes(&server.config))
        .with_state(server.clone())
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(from_fn(cors));
    (router, server)
}

/// A server that listens. Dropping it leaves it running; `stop` ends it.
pub struct Running {
    pub address: SocketAddr,
    pub server: Shared,
    ending: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    /// Closes the listener, every socket with 1012 and every stream: at once as a rule, within three seconds always.
    pub async fn stop(self) {
        // The receiver is the serving task, which stops listening; when it is gone already there is nothing to end.
        let _ = self.ending.send(());
        self.server.stopping.store(true, Ordering::SeqCst);
        self.server.stories.stop();
        self.server.hub.order_all(&Order::Cut { code: Some(1012), reason: String::new() });
        self.server.streams.end_all();
        let closing = async {
            while self.server.counters.sockets() > 0 {
                sleep(Duration::from_millis(5)).await;
            }
        };
        // A client that does not answer the close is not waited for any longer.
        let _ = timeout(Duration::from_secs(2), closing).await;
        let mut task = self.task;
        if timeout(Duration::from_secs(1), &mut task).await.is_err() {
            task.abort();
        }
    }
}

/// Binds `address` and serves.
pub async fn start(config: Config, address: SocketAddr) -> io::Result<Running> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let (router, server) = app(config);
    let (ending, ended) = oneshot::channel::<()>();
    let listener = listener.tap_io(|stream| {
        // Small frames must not wait for the next one.
        let _ = stream.set_nodelay(true);
    });
    let task = tokio::spawn(async move {
        let ended = async move {
            let _ = ended.await;
        };
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(ended).await {
            eprintln!("The local backend stopped serving: {error}.");
        }
    });
    Ok(Running { address, server, ending, task })
}

/// Lets every origin in, as Supabase does; a fault may mark an answer as one without these headers.
async fn cors(request: Request, next: Next) -> Response {
    let preflight = request.method() == Method::OPTIONS;
    let asked = request.headers().get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let origin = request.headers().get(header::ORIGIN).cloned();
    let mut response = if preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    if response.extensions().get::<NoCors>().is_some() {
        return response;
    }
    let headers = response.headers_mut();
    let any = || HeaderValue::from_static("*");
    match origin {
        // An origin that is named may send credentials.
        Some(origin) => {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            headers.append(header::VARY, HeaderValue::from_static("origin"));
        }
        None => {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any());
        }
    }
    let exposed = "content-range, content-location, location, retry-after, x-accel-buffering";
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(exposed));
    if preflight {
        let methods = "GET, POST, PATCH, PUT, DELETE, HEAD, OPTIONS";
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked.unwrap_or_else(any));
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    }
    response
}

/// Marks a response that goes out without CORS headers.
#[derive(Clone, Copy)]
pub struct NoCors;
