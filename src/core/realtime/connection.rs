//! The socket: wanted or not, opening, open, lost, waiting to be tried again; and the heartbeat that shows that it lives.
//!
//! ```text
//!            wanted                    opened
//!   Closed ─────────▶ Connecting ─────────────────▶ Open { heartbeat }
//!     ▲                 ▲    │ refused, timed out     │ closed, heartbeat lost
//!     │            due  │    ▼                        ▼
//!     └─ not wanted ─── Waiting { until } ◀───────────┘
//!   Frozen: the page sleeps; nothing is tried until it wakes.
//! ```

use super::frame::{Outgoing, PHOENIX, Reference, encode_text};
use super::topic::{Topic, TopicState};
use super::{Ctx, Realtime};
use crate::core::base::json_write::push_nibbles;
use crate::core::base::{Instant, Millis};
use crate::core::effect::{About, Effect};
use crate::core::error::Fault;
use crate::core::ids::SocketId;
use crate::core::input::PageEvent;
use crate::core::{Deadline, Why};

/// A socket that lived so long was healthy: the failures before it are forgiven.
const HEALTHY: Millis = Millis(10_000);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connection {
    /// Nobody wants it.
    Closed,
    /// Lost or refused; to be tried again.
    Waiting { until: Instant },
    /// Opening.
    Connecting { socket: SocketId, until: Instant },
    /// Open.
    Open { socket: SocketId, since: Instant, heartbeat: Heartbeat, idle_until: Option<Instant> },
    /// The page sleeps.
    Frozen,
}

/// Whether the other side still answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heartbeat {
    /// The next is sent then.
    Due(Instant),
    /// One is under way; the next would be due at `next`. `probe`: it was sent, or cut short, because the page woke up.
    Awaiting { until: Instant, next: Instant, probe: bool },
}

impl Realtime {
    /// The open socket.
    pub(crate) fn open_socket(&self) -> Option<SocketId> {
        match self.connection {
            Connection::Open { socket, .. } => Some(socket),
            Connection::Closed | Connection::Waiting { .. } | Connection::Connecting { .. } | Connection::Frozen => {
                None
            }
        }
    }

    /// Connects if somebody wants it; starts the wait for closing if nobody does any more.
    pub(crate) fn settle_connection(&mut self, ctx: &mut Ctx) {
        let wanted = self.topics.iter().any(|topic| !matches!(topic.state, TopicState::Refused | TopicState::Idle));
        match &mut self.connection {
            Connection::Closed if wanted => self.connect(ctx),
            Connection::Waiting { .. } if !wanted => {
                self.connection = Connection::Closed;
                self.down_since = None;
            }
            Connection::Open { idle_until, .. } => {
                *idle_until = if wanted { None } else { idle_until.or(Some(ctx.now + ctx.config.linger)) };
            }
            Connection::Closed | Connection::Waiting { .. } | Connection::Connecting { .. } | Connection::Frozen => {}
        }
    }

    fn connect(&mut self, ctx: &mut Ctx) {
        self.last_socket += 1;
        let socket = SocketId(self.last_socket);
        self.connection = Connection::Connecting { socket, until: ctx.now + ctx.config.connect_timeout };
        self.down_since.get_or_insert(ctx.now);
        // The key belongs into the URL of the handshake, since a browser can give a WebSocket no headers. It is public;
        // the access token never goes here.
        let mut url = ctx.config.socket_url.clone();
        url.push_str("?apikey=");
        push_encoded(&mut url, &ctx.config.key);
        url.push_str("&vsn=");
        url.push_str(ctx.config.version.text());
        ctx.push(Effect::OpenSocket(socket, url));
        // The token can be fetched while the socket opens.
        if !self.auth.is_ready(ctx.now) {
            self.auth.ask(ctx);
        }
    }

    pub(crate) fn handle_opened(&mut self, ctx: &mut Ctx, socket: SocketId) {
        if !matches!(self.connection, Connection::Connecting { socket: current, .. } if current == socket) {
            return;
        }
        let heartbeat = Heartbeat::Due(ctx.now + ctx.config.heartbeat_interval);
        self.connection = Connection::Open { socket, since: ctx.now, heartbeat, idle_until: None };
        if socket.0 > 1 {
            // Where one socket was lost many were, and all of them rejoin now: nobody may do so in a burst.
            self.joins.drain(ctx.now);
        }
        self.settle_connection(ctx);
    }

    pub(crate) fn handle_closed(&mut self, ctx: &mut Ctx, socket: SocketId) {
        match self.connection {
            Connection::Connecting { socket: current, .. } if current == socket => self.lose(ctx, Fault::SocketRefused),
            Connection::Open { socket: current, .. } if current == socket => self.lose(ctx, Fault::SocketClosed),
            Connection::Closed
            | Connection::Waiting { .. }
            | Connection::Connecting { .. }
            | Connection::Open { .. }
            | Connection::Frozen => {}
        }
    }

    /// The link is gone: what was sent is dropped, topics wait, and the next attempt is set.
    fn lose(&mut self, ctx: &mut Ctx, fault: Fault) {
        if let Connection::Open { since, .. } = self.connection
            && ctx.now - since >= HEALTHY
        {
            self.backoff.reset();
        }
        self.connection = Connection::Closed;
        if self.topics.iter().any(Topic::is_wanted) {
            self.down_since.get_or_insert(ctx.now);
            let wait = self.next_wait(ctx);
            self.connection = Connection::Waiting { until: ctx.now + wait };
            ctx.fail(About::Connection, fault, "", Some(wait));
        } else {
            self.down_since = None;
        }
        self.lose_joins(ctx, true);
    }

    fn next_wait(&mut self, ctx: &mut Ctx) -> Millis {
        let wait = self.backoff.next_delay(&mut ctx.rng);
        // Without a network an attempt is all but sure to fail; `Online` will come, and if it does not, this will.
        if self.page.online { wait } else { ctx.config.backoff_cap }
    }

    /// Anything from the server shows that the link lives.
    pub(crate) fn note_life(&mut self) {
        if let Connection::Open { heartbeat, .. } = &mut self.connection
            && let Heartbeat::Awaiting { next, .. } = *heartbeat
        {
            *heartbeat = Heartbeat::Due(next);
        }
    }

    /// A join goes out. While the server refuses one it is deaf, so a probe under way gets the time of a heartbeat.
    pub(crate) fn allow_for_join(&mut self, ctx: &Ctx) {
        if let Connection::Open { heartbeat: Heartbeat::Awaiting { until, next, .. }, .. } = &mut self.connection {
            let sent = Instant(next.0.saturating_sub(ctx.config.heartbeat_interval.0));
            *until = (*until).max(sent + ctx.config.heartbeat_timeout);
        }
    }

    /// Sends a heartbeat that must be answered within `timeout`.
    fn beat(&mut self, ctx: &mut Ctx, timeout: Millis, probe: bool) {
        let reference = self.next_reference();
        let next = ctx.now + ctx.config.heartbeat_interval;
        if let Connection::Open { socket, heartbeat, .. } = &mut self.connection {
            *heartbeat = Heartbeat::Awaiting { until: ctx.now + timeout, next, probe };
            let text = encode_text(ctx.config.version, None, reference, PHOENIX, Outgoing::Heartbeat);
            ctx.push(Effect::SendText(*socket, text));
        }
    }

    /// The page has come back to life, or the clock has jumped: is the link still there?
    pub(crate) fn probe(&mut self, ctx: &mut Ctx) {
        let joining = self.topics.iter().any(|topic| matches!(topic.state, TopicState::Joining { .. }));
        let timeout = if joining { ctx.config.probe_timeout_joining } else { ctx.config.probe_timeout };
        match &mut self.connection {
            Connection::Open { heartbeat: Heartbeat::Due(_), .. } => self.beat(ctx, timeout, true),
            Connection::Open { heartbeat: Heartbeat::Awaiting { until, probe, .. }, .. } => {
                // A beat that was under way before the page slept proves nothing by being late: it gets the probe's time,
                // but only once, or a visitor who goes to and fro between tabs would keep a dead link.
                if !*probe || *until <= ctx.now {
                    *until = ctx.now + timeout;
                }
                *probe = true;
            }
            Connection::Waiting { .. } => self.connect(ctx),
            Connection::Closed | Connection::Connecting { .. } | Connection::Frozen => {}
        }
    }

    pub(crate) fn handle_page(&mut self, ctx: &mut Ctx, event: PageEvent) {
        match event {
            PageEvent::Hidden => {}
            // A page that can be seen is not frozen, whether or not the browser has said so.
            PageEvent::Visible | PageEvent::Resumed if self.connection == Connection::Frozen => {
                self.connection = Connection::Closed;
                self.backoff.reset();
                self.settle_connection(ctx);
            }
            PageEvent::Visible | PageEvent::Resumed => self.probe(ctx),
            PageEvent::Online => {
                self.page.online = true;
                self.backoff.reset();
                self.probe(ctx);
            }
            PageEvent::Offline => {
                self.page.online = false;
                if self.is_open() {
                    self.probe(ctx);
                }
            }
            PageEvent::Frozen => self.freeze(ctx),
        }
    }

    /// Closes cleanly: an open socket would keep the page out of the back/forward cache.
    fn freeze(&mut self, ctx: &mut Ctx) {
        self.close_socket(ctx);
        self.connection = Connection::Frozen;
        self.lose_joins(ctx, false);
    }

    /// Closes the socket, if there is one, without a word to the page.
    pub(crate) fn close_socket(&mut self, ctx: &mut Ctx) {
        if let Connection::Open { socket, .. } | Connection::Connecting { socket, .. } = self.connection {
            ctx.push(Effect::CloseSocket(socket));
        }
        self.connection = Connection::Closed;
        self.down_since = None;
    }

    pub(crate) fn fire_connection(&mut self, ctx: &mut Ctx) {
        let now = ctx.now;
        match self.connection {
            Connection::Waiting { until } if until <= now => self.connect(ctx),
            Connection::Connecting { socket, until } if until <= now => {
                ctx.push(Effect::CloseSocket(socket));
                self.lose(ctx, Fault::SocketRefused);
            }
            Connection::Open { idle_until: Some(until), .. } if until <= now => self.close_socket(ctx),
            Connection::Open { heartbeat: Heartbeat::Due(at), .. } if at <= now => {
                self.beat(ctx, ctx.config.heartbeat_timeout, false);
            }
            Connection::Open { socket, heartbeat: Heartbeat::Awaiting { until, .. }, .. } if until <= now => {
                ctx.push(Effect::CloseSocket(socket));
                self.lose(ctx, Fault::HeartbeatLost);
            }
            Connection::Closed
            | Connection::Waiting { .. }
            | Connection::Connecting { .. }
            | Connection::Open { .. }
            | Connection::Frozen => {}
        }
    }

    pub(crate) fn connection_deadline(&self) -> Option<Deadline> {
        match self.connection {
            Connection::Closed | Connection::Frozen => None,
            Connection::Waiting { until } => Some(Deadline { at: until, why: Why::Reconnect }),
            Connection::Connecting { until, .. } => Some(Deadline { at: until, why: Why::ConnectTimeout }),
            Connection::Open { heartbeat, idle_until, .. } => {
                let beat = match heartbeat {
                    Heartbeat::Due(at) => Deadline { at, why: Why::Heartbeat },
                    Heartbeat::Awaiting { until, .. } => Deadline { at: until, why: Why::HeartbeatReply },
                };
                let idle = idle_until.map(|at| Deadline { at, why: Why::Linger });
                Deadline::earliest(&[Some(beat), idle])
            }
        }
    }

    pub(crate) fn next_reference(&mut self) -> Reference {
        self.last_reference = self.last_reference.wrapping_add(1).max(1);
        self.last_reference
    }
}

/// Appends `text`, percent-encoded but for the unreserved characters (RFC 3986, section 2.3).
pub(crate) fn push_encoded(out: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => {
                out.push('%');
                push_nibbles(out, byte, b'A');
            }
        }
    }
}
