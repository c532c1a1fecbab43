//! The rules, without a clock, a socket or a page.
//!
//! [`Client`] is a value: it is told what happened ([`Input`]) or what the page wants (its methods), each time with the
//! present moment, and answers with what is to be done ([`Effect`]). The contract, each law with a property in
//! `tests/native/laws.rs`:
//!
//! 1. **Drain.** After any call, take effects until there are none, then read `next_timeout`.
//! 2. **Time only advances.** A smaller `now` is held at the largest seen.
//! 3. **Nothing stays due.** After `handle_input` no deadline is at or before `now`. Every input fires what is due.
//! 4. **Once.** Every push is settled exactly once, whatever happens.
//! 5. **Stale is silent.** An input that names an old socket, request or token question changes nothing.
//! 6. **Total.** No bytes and no order of calls panic, loop, or grow memory past the caps in [`Config`].
//! 7. **Recovery.** Once the network heals, every wanted channel is joined, every followed row live, and no other topic is
//!    joined, within one heartbeat round, one push timeout and two backoff caps: 105 s at the defaults.
//! 8. **Rest.** After `close` the core asks for no more timeouts.

pub mod asset;
pub mod base;
mod client;
pub mod config;
pub mod effect;
pub mod emotion;
pub mod error;
pub mod ids;
pub mod input;
pub mod notifications;
pub mod port;
pub mod realtime;
pub mod rows;
pub mod sse;
pub mod stories;

pub use client::Client;

use base::Instant;

/// Whether this build has all of the client: channels of the page, broadcasts, presence, 1.0.0, rows of the page. The one for
/// story pages has not; what stands behind this constant is then left out by the linker, which brings the page a third less
/// to download.
pub(crate) const WHOLE: bool = cfg!(feature = "client");

/// When the core wants to be called again, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// The moment.
    pub at: Instant,
    /// Which part asked for it: the first question when timers storm.
    pub why: Why,
}

/// Why the core wants to be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each name says it")]
pub enum Why {
    ConnectTimeout,
    Reconnect,
    Heartbeat,
    HeartbeatReply,
    Linger,
    TokenTimeout,
    TokenRetry,
    TokenRenewal,
    Rejoin,
    JoinTimeout,
    ChangesTimeout,
    LeaveTimeout,
    PushTimeout,
    SendTurn,
    Read,
    ReadTimeout,
    Quiet,
    Poll,
    Unwanted,
    Paint,
    Tell,
}
