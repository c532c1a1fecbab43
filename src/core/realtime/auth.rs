//! The access token: asked for by one request at a time, renewed before it expires, never joined without.

use super::Ctx;
use crate::core::base::{Backoff, Instant, Json, Millis, cut};
use crate::core::effect::{About, Effect};
use crate::core::error::Fault;
use crate::core::ids::TokenRequest;
use crate::core::input::TokenAnswer;
use crate::core::{Deadline, Why};

/// How soon the same token is asked about again at the earliest.
const LEAST_LIFE: Millis = Millis(5_000);

#[derive(Debug)]
pub(crate) struct Auth {
    /// Tokens come from the page's function; otherwise from `setAuth`, or there are none.
    asks: bool,
    state: State,
    token: Option<Token>,
    /// Counts the tokens, so that the refusal of an earlier one is known as such.
    version: u32,
    last_request: u32,
    /// The newest question that was answered, or that no answer is taken to any more.
    answered: u32,
    /// The last answer had expired by our clock.
    doubted: bool,
    backoff: Backoff,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Not known, and nobody has asked.
    Unknown,
    /// A request is under way.
    Asking { request: TokenRequest, until: Instant },
    /// The last request failed.
    Waiting { until: Instant },
    /// Known: there is a token, or nobody is signed in.
    Settled { renew: Option<Instant> },
}

#[derive(Debug)]
struct Token {
    text: String,
    expires: Option<Instant>,
}

impl Auth {
    pub(crate) fn new(asks: bool, backoff: Backoff) -> Auth {
        let state = if asks { State::Unknown } else { State::Settled { renew: None } };
        Auth { asks, state, token: None, version: 0, last_request: 0, answered: 0, doubted: false, backoff }
    }

    /// Whether a join may go out now: the token is known and, if it can be renewed, still good.
    pub(crate) fn is_ready(&self, now: Instant) -> bool {
        match self.state {
            State::Settled { .. } => !(self.asks && self.has_expired(now)),
            // An old token serves while the new one is on its way.
            State::Asking { .. } | State::Waiting { .. } => self.token.is_some() && !self.has_expired(now),
            State::Unknown => false,
        }
    }

    fn has_expired(&self, now: Instant) -> bool {
        self.token.as_ref().and_then(|token| token.expires).is_some_and(|expires| expires <= now)
    }

    /// Whether the page's function has failed and there is no token that would do.
    pub(crate) fn lacks_token(&self, now: Instant) -> bool {
        self.asks && self.backoff.attempts() > 0 && !self.is_ready(now)
    }

    /// The token, if there is one.
    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_ref().map(|token| token.text.as_str())
    }

    /// Which token it is; grows with every other one.
    pub(crate) fn version(&self) -> u32 {
        self.version
    }

    /// Asks unless a request is under way or was refused a moment ago.
    pub(crate) fn ask(&mut self, ctx: &mut Ctx) {
        if !self.asks || matches!(self.state, State::Asking { .. } | State::Waiting { .. }) {
            return;
        }
        self.ask_now(ctx);
    }

    fn ask_now(&mut self, ctx: &mut Ctx) {
        self.last_request += 1;
        let request = TokenRequest(self.last_request);
        self.state = State::Asking { request, until: ctx.now + ctx.config.push_timeout };
        ctx.push(Effect::AskToken(request));
    }

    /// The server does not take the token any more, whatever its `exp` says: asks for another one, and until it is there no
    /// join goes out. `false` if nobody can be asked.
    pub(crate) fn distrust(&mut self, ctx: &mut Ctx) -> bool {
        if let Some(token) = &mut self.token {
            token.expires = Some(ctx.now);
        }
        self.ask(ctx);
        self.asks
    }

    /// Takes the page's answer; `true` if the token is another one now. An answer that comes late is taken as long as there
    /// is none to a later question; one to a question from before `setAuth` changes nothing.
    pub(crate) fn handle_answer(&mut self, ctx: &mut Ctx, request: TokenRequest, answer: TokenAnswer<'_>) -> bool {
        if request.0 <= self.answered || request.0 > self.last_request {
            return false;
        }
        let current = matches!(self.state, State::Asking { request: current, .. } if current == request);
        let fault = match answer {
            TokenAnswer::Token(text) if !is_service_key(text) => {
                self.answered = request.0;
                return self.settle(ctx, Some(text));
            }
            TokenAnswer::Nobody => {
                self.answered = request.0;
                return self.settle(ctx, None);
            }
            TokenAnswer::Token(_) => Fault::ServiceToken,
            TokenAnswer::Failed => Fault::TokenUnavailable,
        };
        if current {
            self.answered = request.0;
            self.fail(ctx, fault);
        }
        false
    }

    /// Sets the token by hand (`setAuth`); `None` returns to the page's function, or to no token. A request under way is
    /// forgotten, so that an answer from before a sign-out changes nothing. `true` if the token is another one now.
    pub(crate) fn set(&mut self, ctx: &mut Ctx, text: Option<&str>) -> bool {
        self.answered = self.last_request;
        match text {
            Some(text) => self.settle(ctx, Some(text)),
            None if self.asks => {
                let had = self.token.take().is_some();
                self.version += u32::from(had);
                self.ask_now(ctx);
                had
            }
            None => self.settle(ctx, None),
        }
    }

    fn settle(&mut self, ctx: &mut Ctx, text: Option<&str>) -> bool {
        self.backoff.reset();
        let mut expires = text.and_then(expiry_of);
        let expired = self.asks && expires.is_some_and(|expires| expires <= ctx.now);
        if expired && self.doubted {
            // Twice in a row: it is our clock that is wrong, and the server will say when the token has expired.
            expires = None;
        }
        self.doubted = expired;
        let renew = expires.map(|expires| {
            let left = expires - ctx.now;
            let margin = ctx.config.token_margin.0.min(left.0 / 4);
            (ctx.now + Millis(left.0 - margin)).max(ctx.now + LEAST_LIFE)
        });
        self.state = State::Settled { renew: renew.filter(|_| self.asks) };
        let changed = self.token() != text;
        self.version += u32::from(changed);
        self.token = text.map(|text| Token { text: text.to_owned(), expires });
        changed
    }

    fn fail(&mut self, ctx: &mut Ctx, fault: Fault) {
        let wait = self.backoff.next_delay(&mut ctx.rng);
        self.state = State::Waiting { until: ctx.now + wait };
        ctx.fail(About::Token, fault, "", Some(wait));
    }

    pub(crate) fn fire_due(&mut self, ctx: &mut Ctx) {
        match self.state {
            State::Asking { until, .. } if until <= ctx.now => self.fail(ctx, Fault::TokenUnavailable),
            State::Waiting { until } if until <= ctx.now => self.ask_now(ctx),
            State::Settled { renew: Some(renew) } if renew <= ctx.now => self.ask_now(ctx),
            State::Unknown | State::Asking { .. } | State::Waiting { .. } | State::Settled { .. } => {}
        }
    }

    pub(crate) fn next_deadline(&self) -> Option<Deadline> {
        match self.state {
            State::Unknown | State::Settled { renew: None } => None,
            State::Asking { until, .. } => Some(Deadline { at: until, why: Why::TokenTimeout }),
            State::Waiting { until } => Some(Deadline { at: until, why: Why::TokenRetry }),
            State::Settled { renew: Some(at) } => Some(Deadline { at, why: Why::TokenRenewal }),
        }
    }

    /// Stops asking: the client is closed.
    pub(crate) fn stop(&mut self) {
        self.answered = self.last_request;
        self.state = if self.asks { State::Unknown } else { State::Settled { renew: None } };
    }
}

/// Whether `key` opens everything and so must not be in a browser: `sb_secret_…`, or a JWT of the role `service_role`.
pub fn is_service_key(key: &str) -> bool {
    key.starts_with("sb_secret_")
        || claims_of(key)
            .as_deref()
            .and_then(Json::parse)
            .and_then(|claims| claims.get_str("role").map(|role| role == "service_role"))
            == Some(true)
}

/// Whether `token` can be an access token. The project's own new keys are none; what else is none, the server will say.
pub(crate) fn is_sendable(token: &str) -> bool {
    !token.is_empty() && !token.starts_with("sb_")
}

/// Whether `key` is a JWT, which can stand where an access token stands.
pub(crate) fn is_jwt(key: &str) -> bool {
    !key.starts_with("sb_") && key.bytes().filter(|byte| *byte == b'.').count() == 2
}

/// The `exp` of a JWT (RFC 7519, section 4.1.4).
fn expiry_of(token: &str) -> Option<Instant> {
    let claims = claims_of(token)?;
    let seconds = Json::parse(&claims)?.get("exp")?.text();
    let whole = cut(seconds, b'.').map_or(seconds, |(whole, _)| whole);
    let seconds = Json::parse(whole)?.as_u64().filter(|seconds| *seconds <= u64::MAX / 1000)?;
    Some(Instant(seconds * 1000))
}

/// The second part of a JWT, decoded from base64url (RFC 4648, section 5).
fn claims_of(token: &str) -> Option<String> {
    let (_, rest) = cut(token, b'.')?;
    let part = cut(rest, b'.').map_or(rest, |(part, _)| part);
    let mut bytes = Vec::with_capacity(part.len());
    let (mut bits, mut count) = (0u32, 0u32);
    for symbol in part.bytes().take_while(|symbol| *symbol != b'=') {
        let value = match symbol {
            b'A'..=b'Z' => symbol - b'A',
            b'a'..=b'z' => symbol - b'a' + 26,
            b'0'..=b'9' => symbol - b'0' + 52,
            b'-' | b'+' => 62,
            b'_' | b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    String::from_utf8(bytes).ok()
}
