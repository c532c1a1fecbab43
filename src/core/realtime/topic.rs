//! One topic on the wire: joined once, however many channels of the page use it.
//!
//! ```text
//!            subscribe                  join sent               ok
//!   Idle ──────────────▶ Waiting ───────────────────▶ Joining ─────────▶ Joined
//!    ▲                    ▲  ▲ ▲                         │                  │
//!    │                    │  │ └── refused, timed out ───┤                  │
//!    │                    │  └──── socket lost ──────────┼──────────────────┤
//!    │                    │        closed, crashed, other entries wanted ───┘
//!    │                    └── subscribe, new token ──┐   │ refused for good  │ last channel gone
//!    │                                             Refused ◀───────────────┤
//!    └───────────────────── ok, timeout, socket lost ─────── Leaving ◀──────┘
//! ```

use super::changes::Asked;
use super::frame::{ChannelOptions, Reference};
use super::gather::Shape;
use super::pace::Bucket;
use super::presence::Presence;
use crate::core::WHOLE;
use crate::core::base::{Backoff, Instant, Json, Millis};
use crate::core::config::Config;
use crate::core::error::Fault;
use crate::core::ids::{ChannelId, TopicId};

/// A join that held so long was sound: the failures before it are forgiven.
const SOUND: Millis = Millis(30_000);
/// So many stored broadcasts are remembered: twice as many as a join replays.
const HEARD_LIMIT: usize = 50;

#[derive(Debug)]
pub(crate) struct Topic {
    pub(crate) id: TopicId,
    /// Its name as it stands on the wire.
    pub(crate) wire: String,
    pub(crate) options: ChannelOptions,
    /// It carries stories alone, whose ids look like this; see `gather.rs`.
    pub(crate) shape: Option<Shape>,
    pub(crate) state: TopicState,
    pub(crate) backoff: Backoff,
    /// When the current join was accepted.
    pub(crate) joined_at: Instant,
    pub(crate) asked: Asked,
    /// What the server said of this join before it closed it.
    pub(crate) last_words: Option<(Fault, String)>,
    /// A new token was asked for since the last accepted join.
    pub(crate) refreshed: bool,
    /// The last join on this socket that the server may still hold, although we have given it up: it answers late, or the
    /// next join was to take its place.
    pub(crate) held: Option<Reference>,
    /// Which token it was joined with.
    pub(crate) token: u32,
    /// Which stored broadcasts were handed on, newest last: those that a rejoin replays are not handed on again.
    pub(crate) heard: Vec<String>,
    pub(crate) presence: Presence,
    pub(crate) track: Track,
    pub(crate) broadcasts: Bucket,
    /// When the next broadcast that replaces an older one may go out.
    pub(crate) latest_at: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TopicState {
    /// Nobody wants it.
    Idle,
    /// Wanted, and to be joined from then on, as soon as there is a socket, a token and a turn.
    Waiting { at: Instant },
    /// The join is on its way.
    Joining { join_ref: Reference, until: Instant },
    /// Joined.
    Joined { join_ref: Reference, flow: Flow },
    /// The leave is on its way.
    Leaving { join_ref: Reference, reference: Reference, until: Instant },
    /// Refused for good.
    Refused,
}

/// Whether changes of the database reach a joined topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// None were asked for.
    Nothing,
    /// The server has not said so yet.
    Awaited { until: Instant },
    /// They flow.
    Flowing,
    /// The server will not send them: an entry is wrong.
    Refused,
}

/// What this client wants the others to see of it.
#[derive(Debug, Default)]
pub(crate) struct Track {
    /// What is to be seen, as JSON; `None`: nothing.
    pub(crate) wanted: Option<String>,
    /// The channel that asked for it.
    pub(crate) by: Option<ChannelId>,
    /// What the server was last told in this join; empty text: that is not known.
    pub(crate) told: Option<String>,
    /// The call under way.
    pub(crate) sent: Option<(Reference, Instant)>,
    /// When the last calls went out, oldest first.
    pub(crate) calls: Vec<Instant>,
    /// When a call that failed may be made again.
    pub(crate) not_before: Option<Instant>,
    /// How many failed in a row.
    pub(crate) failures: u32,
}

impl Topic {
    pub(crate) fn new(id: TopicId, wire: String, config: &Config) -> Topic {
        Topic {
            id,
            wire,
            options: ChannelOptions::default(),
            shape: None,
            state: TopicState::Idle,
            backoff: Backoff::new(config.backoff_base, config.backoff_cap),
            joined_at: Instant(0),
            asked: Asked::default(),
            last_words: None,
            refreshed: false,
            held: None,
            token: 0,
            heard: Vec::new(),
            presence: Presence::default(),
            track: Track::default(),
            broadcasts: Bucket::new(config.broadcast_interval, 50),
            latest_at: Instant(0),
        }
    }

    /// The reference of the join that holds or is under way.
    pub(crate) fn join_ref(&self) -> Option<Reference> {
        match self.state {
            TopicState::Joining { join_ref, .. }
            | TopicState::Joined { join_ref, .. }
            | TopicState::Leaving { join_ref, .. } => Some(join_ref),
            TopicState::Idle | TopicState::Waiting { .. } | TopicState::Refused => None,
        }
    }

    /// Whether it is joined or to be joined.
    pub(crate) fn is_wanted(&self) -> bool {
        matches!(self.state, TopicState::Waiting { .. } | TopicState::Joining { .. } | TopicState::Joined { .. })
    }

    pub(crate) fn is_joined(&self) -> bool {
        matches!(self.state, TopicState::Joined { .. })
    }

    /// Whether all that was asked of it flows, but for what will never flow.
    pub(crate) fn is_live(&self) -> bool {
        match self.state {
            TopicState::Waiting { .. } | TopicState::Joining { .. } => false,
            TopicState::Joined { flow, .. } => !matches!(flow, Flow::Awaited { .. }),
            TopicState::Idle | TopicState::Leaving { .. } | TopicState::Refused => true,
        }
    }

    /// Whether a broadcast is one that was handed on before the join that replays it.
    pub(crate) fn has_heard(&mut self, meta: Option<Json<'_>>) -> bool {
        let Some(id) = meta.and_then(|meta| meta.get_str("id")) else { return false };
        if self.heard.iter().any(|heard| *heard == *id) {
            return meta.and_then(|meta| meta.get("replayed")).and_then(Json::as_bool) == Some(true);
        }
        if self.heard.len() == HEARD_LIMIT {
            self.heard.remove(0);
        }
        self.heard.push(id.into_owned());
        false
    }

    /// A join is over: if it was sound, what failed before it is forgotten.
    pub(crate) fn forgive(&mut self, now: Instant) {
        if self.is_joined() && now - self.joined_at >= SOUND {
            self.backoff.reset();
        }
    }

    /// Forgets what belonged to a join: the next one starts afresh. `told` goes, so that presence is told again.
    pub(crate) fn lose_join(&mut self, at: Instant) {
        self.state = TopicState::Waiting { at };
        self.asked = Asked::default();
        if WHOLE {
            self.presence.rejoin();
        }
        self.track.told = None;
        self.track.sent = None;
        self.track.not_before = None;
    }
}
