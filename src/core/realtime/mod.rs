//! Phoenix channels over one socket: connection, heartbeat, topics, channels, pushes, presence, changes.
//!
//! Start at `topic.rs`, whose diagram is the map. **Invariant:** a deadline lives in the state that waits for it.
//! **Invariant:** a frame of another join changes nothing.

mod auth;
mod changes;
mod channel;
mod connection;
pub mod frame;
mod gather;
mod incoming;
mod join;
mod pace;
mod presence;
mod push;
mod refusal;
mod topic;

pub use auth::is_service_key;
pub use changes::{is_filter, quote_value};
pub use channel::Owner;
pub use push::Broadcast;
pub use refusal::{Cure, classify};

use auth::{is_jwt, is_sendable};
pub(crate) use changes::{quoted, split_outside, unquoted};
pub(crate) use connection::push_encoded;

use auth::Auth;
use channel::Channel;
use connection::Connection;
use frame::Reference;
use pace::Bucket;
use push::Push;
use topic::Topic;

use super::WHOLE;
use super::base::{Backoff, Instant, Millis, Queue, Rng};
use super::config::Config;
use super::effect::{About, Effect, Failure, Notice, Status};
use super::error::Fault;
use super::ids::{RowsId, SocketId, TokenRequest};
use super::input::{PageEvent, SocketEvent, TokenAnswer};
use super::{Deadline, Why};

/// What every part is lent: the moment, randomness, the options, and where effects go.
#[derive(Debug)]
pub(crate) struct Ctx {
    pub(crate) now: Instant,
    pub(crate) rng: Rng,
    pub(crate) config: Config,
    pub(crate) effects: Queue<Effect>,
    /// What the followed rows are to be told.
    pub(crate) followed: Queue<(RowsId, Followed)>,
}

impl Ctx {
    /// Queues an effect.
    pub(crate) fn push(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Tells the page of a failure.
    #[inline(never)]
    pub(crate) fn fail(&mut self, about: About, fault: Fault, detail: &str, retry_in: Option<Millis>) {
        self.push(Effect::Notify(Notice::Fault(Failure { about, fault, detail: detail.to_owned(), retry_in })));
    }
}

/// What happens to a channel that followed rows own.
#[derive(Debug)]
pub(crate) enum Followed {
    /// Changes flow from here on; the rows must be read.
    Flowing,
    /// They do not any more.
    Lost,
    /// One change: the `data` of the message.
    Change(String),
    /// The server will not send changes; or the join failed, and is tried again or not.
    Failed(Failure),
}

/// One socket and all that goes over it.
#[derive(Debug)]
pub(crate) struct Realtime {
    connection: Connection,
    backoff: Backoff,
    /// Since when a socket is wanted and not to be had.
    down_since: Option<Instant>,
    page: Page,
    auth: Auth,
    topics: Vec<Topic>,
    channels: Vec<Channel>,
    pushes: Vec<Push>,
    joins: Bucket,
    last_socket: u32,
    last_reference: Reference,
    last_topic: u32,
    last_channel: u32,
    last_push: u32,
}

#[derive(Debug)]
struct Page {
    online: bool,
}

impl Realtime {
    pub(crate) fn new(config: &Config) -> Realtime {
        let backoff = Backoff::new(config.backoff_base, config.backoff_cap);
        Realtime {
            connection: Connection::Closed,
            backoff: backoff.clone(),
            down_since: None,
            page: Page { online: true },
            auth: Auth::new(config.asks_tokens, backoff),
            topics: Vec::new(),
            channels: Vec::new(),
            pushes: Vec::new(),
            joins: Bucket::new(config.join_interval, config.join_burst),
            last_socket: 0,
            last_reference: 0,
            last_topic: 0,
            last_channel: 0,
            last_push: 0,
        }
    }

    /// See [`Realtime::handle_frame`] for what it returns.
    pub(crate) fn handle_socket(&mut self, ctx: &mut Ctx, socket: SocketId, event: SocketEvent<'_>) -> bool {
        match event {
            SocketEvent::Opened => self.handle_opened(ctx, socket),
            SocketEvent::Closed(_) => self.handle_closed(ctx, socket),
            SocketEvent::Text(_) | SocketEvent::Binary(_) if self.open_socket() != Some(socket) => {}
            SocketEvent::Binary(_) if !WHOLE => {}
            SocketEvent::Text(text) => return self.handle_frame(ctx, frame::decode_text(ctx.config.version, text)),
            SocketEvent::Binary(bytes) => return self.handle_frame(ctx, frame::decode_binary(bytes)),
        }
        false
    }

    pub(crate) fn handle_page_event(&mut self, ctx: &mut Ctx, event: PageEvent) {
        self.handle_page(ctx, event);
    }

    /// Takes an answer of `accessToken`; `true` if the token is another one now.
    pub(crate) fn handle_token(&mut self, ctx: &mut Ctx, request: TokenRequest, answer: TokenAnswer<'_>) -> bool {
        let changed = self.auth.handle_answer(ctx, request, answer);
        if changed {
            self.spread_token(ctx);
        }
        changed
    }

    /// `setAuth`.
    pub(crate) fn set_token(&mut self, ctx: &mut Ctx, token: Option<&str>) {
        if self.auth.set(ctx, token) {
            self.spread_token(ctx);
        }
    }

    /// The token for a read over HTTP: the user's, or the key where that is a JWT; `None` if the key goes alone.
    pub(crate) fn read_token(&self, config: &Config) -> Option<String> {
        let token = self.auth.token().filter(|token| is_sendable(token));
        token.or(Some(config.key.as_str()).filter(|key| is_jwt(key))).map(str::to_owned)
    }

    /// Which token that is; grows with every other one.
    pub(crate) fn token_version(&self) -> u32 {
        self.auth.version()
    }

    /// Whether a read may go out: the token is known.
    pub(crate) fn may_read(&mut self, ctx: &mut Ctx) -> bool {
        let ready = self.auth.is_ready(ctx.now);
        if !ready {
            self.auth.ask(ctx);
        }
        ready
    }

    /// Whether everything waits for a token that the page's function fails to give.
    pub(crate) fn lacks_token(&self, now: Instant) -> bool {
        self.auth.lacks_token(now)
    }

    /// The server said that the token is no good: asks for another one. `false` if nobody can be asked.
    pub(crate) fn refresh_token(&mut self, ctx: &mut Ctx) -> bool {
        self.auth.distrust(ctx)
    }

    pub(crate) fn fire_due(&mut self, ctx: &mut Ctx) {
        self.auth.fire_due(ctx);
        self.fire_connection(ctx);
        self.fire_topics(ctx);
        self.fire_pushes(ctx);
    }

    pub(crate) fn next_deadline(&self, now: Instant, config: &Config) -> Option<Deadline> {
        Deadline::earliest(&[
            self.auth.next_deadline(),
            self.connection_deadline(),
            self.topics_deadline(now),
            self.pushes_deadline(config),
        ])
    }

    /// Whether anything is subscribed.
    pub(crate) fn is_wanted(&self) -> bool {
        self.channels.iter().any(|channel| channel.wanted)
    }

    /// How long a socket has been wanted and not to be had.
    pub(crate) fn down_for(&self, now: Instant) -> Option<Millis> {
        self.down_since.map(|since| now - since)
    }

    /// When `down_for` will reach `span`.
    pub(crate) fn down_for_at(&self, span: Millis) -> Option<Instant> {
        self.down_since.map(|since| since + span)
    }

    pub(crate) fn is_online(&self) -> bool {
        self.page.online
    }

    pub(crate) fn is_open(&self) -> bool {
        self.open_socket().is_some()
    }

    /// Whether every topic that is wanted is joined and flows.
    pub(crate) fn is_live(&self) -> bool {
        self.is_open() && self.topics.iter().all(Topic::is_live)
    }

    /// Whether every channel of the page was refused for good.
    pub(crate) fn is_refused(&self) -> bool {
        let mut of_page = self.channels.iter().filter(|channel| channel.wanted && channel.owner == Owner::Page);
        of_page.all(|channel| self.topic(channel.topic).is_some_and(|topic| topic.state == topic::TopicState::Refused))
    }

    /// The server does not accept the key: nothing that is tried with it will work.
    pub(crate) fn refuse_key(&mut self, ctx: &mut Ctx, detail: &str) {
        for at in 0..self.topics.len() {
            if self.topics.get(at).is_some_and(|topic| topic.is_wanted() && !topic.is_joined()) {
                self.end_join(ctx, at, Fault::KeyRefused, Cure::Stop, detail);
            }
        }
    }

    /// Leaves everything and closes the socket: the client is closed.
    pub(crate) fn stop(&mut self, ctx: &mut Ctx) {
        for channel in self.channels.iter().filter(|channel| channel.wanted && channel.owner == Owner::Page) {
            ctx.push(Effect::Notify(Notice::Status(channel.id, Status::Closed)));
        }
        self.drop_pushes(ctx, |_| true);
        self.channels.clear();
        self.topics.clear();
        self.auth.stop();
        self.close_socket(ctx);
    }
}

impl Deadline {
    /// The first of several.
    pub(crate) fn earliest(deadlines: &[Option<Deadline>]) -> Option<Deadline> {
        let mut first = None;
        for deadline in deadlines.iter().flatten() {
            Deadline::note(&mut first, deadline.at, deadline.why);
        }
        first
    }

    /// Takes another one into account: `first` is the first of all.
    #[inline(never)]
    pub(crate) fn note(first: &mut Option<Deadline>, at: Instant, why: Why) {
        if first.is_none_or(|first| at < first.at) {
            *first = Some(Deadline { at, why });
        }
    }

    pub(crate) fn new(at: Instant, why: Why) -> Deadline {
        Deadline { at, why }
    }
}
