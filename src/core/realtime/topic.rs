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
use super::frame::{ChannelOptions, Reference, topic_of};
use super::pace::Bucket;
use super::presence::Presence;
use crate::core::base::{Backoff, Instant};
use crate::core::config::Config;
use crate::core::effect::Outcome;
use crate::core::error::Fault;
use crate::core::ids::PushId;

#[derive(Debug)]
pub(crate) struct Topic {
    /// Without the prefix.
    pub(crate) name: String,
    /// As it stands on the wire.
    pub(crate) wire: String,
    pub(crate) options: ChannelOptions,
    /// A channel of the page chose the options; otherwise they are only the defaults and may yet be chosen.
    pub(crate) chosen: bool,
    pub(crate) state: TopicState,
    pub(crate) backoff: Backoff,
    /// When the current join was accepted.
    pub(crate) joined_at: Instant,
    pub(crate) asked: Asked,
    /// What the server said of this join before it closed it.
    pub(crate) last_words: Option<(Fault, String)>,
    /// A new token was asked for since the last accepted join.
    pub(crate) refreshed: bool,
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
    /// What the server was last told in this join.
    pub(crate) told: Option<String>,
    /// The pushes that are settled by the next answer that makes `told` equal to `wanted`.
    pub(crate) pushes: Vec<(PushId, Instant)>,
    /// The call under way.
    pub(crate) sent: Option<(Reference, Instant)>,
    /// When the last calls went out, oldest first.
    pub(crate) calls: Vec<Instant>,
}

impl Topic {
    pub(crate) fn new(name: &str, config: &Config) -> Topic {
        Topic {
            name: name.to_owned(),
            wire: topic_of(name),
            options: ChannelOptions::default(),
            chosen: false,
            state: TopicState::Idle,
            backoff: Backoff::new(config.backoff_base, config.backoff_cap),
            joined_at: Instant(0),
            asked: Asked::default(),
            last_words: None,
            refreshed: false,
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

    pub(crate) fn is_joined(&self) -> bool {
        matches!(self.state, TopicState::Joined { .. })
    }

    /// Whether all that was asked of it flows.
    pub(crate) fn is_live(&self) -> bool {
        matches!(self.state, TopicState::Joined { flow: Flow::Nothing | Flow::Flowing, .. })
    }

    /// Forgets what belonged to a join: the next one starts afresh. `told` goes, so that presence is told again.
    pub(crate) fn lose_join(&mut self, at: Instant) {
        self.state = TopicState::Waiting { at };
        self.asked = Asked::default();
        self.presence.rejoin();
        self.track.told = None;
        self.track.sent = None;
    }
}

/// What a reply means to a push.
pub(crate) fn outcome(ok: bool, response: &str) -> Outcome {
    if ok { Outcome::Ok(response.to_owned()) } else { Outcome::Error(response.to_owned()) }
}
