//! What goes into a stream and what comes out of it.

use crate::core::base::{Instant, Millis};

/// One attempt to connect. Never reused, so that a late event of an old one is recognised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempt(pub u32);

/// What the outside world tells a stream.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// The moment given by `next_timeout` has come. Early, late and spurious calls are fine.
    Timeout,
    /// The page's headers are ready (or its function for them failed); answers [`Effect::AskHeaders`].
    Headers { attempt: Attempt, ready: bool },
    /// The answer's headers have come.
    Answered { attempt: Attempt, status: u16, content_type: &'a str, retry_after: Option<&'a str> },
    /// So many bytes of the body were written into [`super::Stream::space`].
    Bytes { attempt: Attempt, len: usize },
    /// The body has ended as it should.
    Ended { attempt: Attempt },
    /// The request failed, or the body broke off.
    Failed { attempt: Attempt },
    /// Whether any answer came to the probe.
    Probed { attempt: Attempt, answered: bool },
    /// The browser's own EventSource has opened, received something, lost its connection and is trying again, or given up.
    Native { attempt: Attempt, event: NativeEvent<'a> },
    /// Something happened to the page.
    Page(PageEvent),
}

/// What the browser's own EventSource tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NativeEvent<'a> {
    /// `open`.
    Opened,
    /// An event, parsed by the browser; `name` is `message` where the stream gave none.
    Message { name: &'a str, data: &'a str, id: &'a str },
    /// `error`, and it tries again by itself.
    Reconnecting,
    /// `error`, and it does not.
    Closed,
}

/// What happens to the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageEvent {
    /// It is seen again, the network is back, or the machine has woken: waiting any longer is pointless.
    Awake,
    /// It is left, perhaps for the back/forward cache: the connection must go.
    Left,
    /// It is back from there.
    Restored,
}

/// What a stream asks the outside world to do, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ask the page for the headers of this attempt; `fresh` if those before were refused with 401.
    AskHeaders { attempt: Attempt, fresh: bool },
    /// Send the request, with [`super::Stream::last_event_id`].
    Open { attempt: Attempt },
    /// Give the attempt up: abort its request, and tell nothing more of it.
    Close { attempt: Attempt },
    /// Find out whether the host answers at all, with one request in `no-cors` mode.
    Probe { attempt: Attempt },
    /// Hand out what [`super::Stream::take_batch`] gives, then bring it back by [`super::Stream::return_batch`].
    Deliver,
    /// Tell the page.
    Notify(Notice),
}

/// What the page is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The stream has opened.
    Opened,
    /// Something went wrong; after `retry_in` it tries again, and never without one.
    Fault { fault: Fault, retry_in: Option<Millis> },
}

/// What went wrong, and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which it is.
    pub code: FaultCode,
    /// The status of the answer, or 0 where there was none.
    pub status: u16,
    /// The answer's content type where that was the fault.
    pub content_type: String,
}

/// The faults. The sentences that go with them are in `js/stream-errors.js`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultCode {
    /// The host could not be reached, or the connection broke before an answer.
    Network,
    /// The host answers, but the browser keeps the answer from the page.
    CorsRefused,
    /// A 401, with fresh headers too or without a way to get them.
    Unauthorized,
    /// A status that will not change by itself.
    Status,
    /// 408, 425, 429 or 5xx.
    Unavailable,
    /// 200, but not `text/event-stream`.
    NotEventStream,
    /// 204: the server wants no more of this client. Not an error.
    NoContent,
    /// The body ended.
    Ended,
    /// The body has ended at once, for the third time or more.
    EndsAtOnce,
    /// The body broke off.
    Cut,
    /// No answer in time.
    ConnectTimeout,
    /// An answer, but no byte of its body in time.
    FirstByteTimeout,
    /// Silence for too long.
    IdleTimeout,
    /// The page's own function for headers or token failed.
    HeadersFailed,
    /// One event was larger than the limit.
    EventTooLarge,
    /// The browser's own EventSource gave up; it does not say why.
    NativeClosed,
}

impl FaultCode {
    /// Every code, for the test that each has its sentence.
    pub const ALL: [FaultCode; 16] = [
        FaultCode::Network,
        FaultCode::CorsRefused,
        FaultCode::Unauthorized,
        FaultCode::Status,
        FaultCode::Unavailable,
        FaultCode::NotEventStream,
        FaultCode::NoContent,
        FaultCode::Ended,
        FaultCode::EndsAtOnce,
        FaultCode::Cut,
        FaultCode::ConnectTimeout,
        FaultCode::FirstByteTimeout,
        FaultCode::IdleTimeout,
        FaultCode::HeadersFailed,
        FaultCode::EventTooLarge,
        FaultCode::NativeClosed,
    ];

    /// The code as it stands in `js/stream-errors.js`.
    pub fn code(self) -> &'static str {
        match self {
            FaultCode::Network => "network",
            FaultCode::CorsRefused => "cors-refused",
            FaultCode::Unauthorized => "unauthorized",
            FaultCode::Status => "status",
            FaultCode::Unavailable => "unavailable",
            FaultCode::NotEventStream => "not-event-stream",
            FaultCode::NoContent => "no-content",
            FaultCode::Ended => "ended",
            FaultCode::EndsAtOnce => "ends-at-once",
            FaultCode::Cut => "cut",
            FaultCode::ConnectTimeout => "connect-timeout",
            FaultCode::FirstByteTimeout => "first-byte-timeout",
            FaultCode::IdleTimeout => "idle-timeout",
            FaultCode::HeadersFailed => "headers-failed",
            FaultCode::EventTooLarge => "event-too-large",
            FaultCode::NativeClosed => "native-closed",
        }
    }
}

/// When a stream wants to be called, and what for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// When.
    pub at: Instant,
    /// What for.
    pub why: Why,
}

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The answer is late.
    Connect,
    /// The first byte is late.
    FirstByte,
    /// It has been silent for too long.
    Idle,
    /// The wait before the next attempt is over.
    Retry,
}

/// What a stream is doing, as the page sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Asking for headers, or waiting for an answer.
    Opening,
    /// Receiving.
    Open,
    /// Waiting for the next attempt.
    Waiting,
    /// Closed, or given up.
    Stopped,
}

impl Phase {
    /// The word that JavaScript sees.
    pub fn word(self) -> &'static str {
        match self {
            Phase::Opening => "opening",
            Phase::Open => "open",
            Phase::Waiting => "waiting",
            Phase::Stopped => "stopped",
        }
    }
}
