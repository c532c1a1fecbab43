//! What a stream is told when it is made.

use crate::core::base::Millis;

/// Whose rules decide about answers and waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Ours: the answer table of [`super::answer()`], full jitter, `Retry-After`.
    Resilient,
    /// The standard's, for the `EventSource` class: any status but 200 fails, the wait is the reconnection time itself.
    Standard,
}

/// The options of a stream. Zero switches a timeout off.
#[derive(Clone, Debug)]
pub struct Config {
    /// Whose rules decide.
    pub manner: Manner,
    /// The reconnection time until the stream sends `retry:`. Default 1 s; 3 s in the standard's manner, as in Chromium.
    pub retry: Millis,
    /// `retry:` is held between these two. Default 300 ms to 5 min: a stream that says `retry: 0` is not hammered.
    pub retry_min: Millis,
    /// See `retry_min`; also the most that `Retry-After` can ask for.
    pub retry_max: Millis,
    /// The longest wait that backoff grows to by itself. Default 60 s.
    pub backoff_cap: Millis,
    /// From the request to the answer's headers; the page's function for headers counts into it. Default 30 s.
    pub connect_timeout: Millis,
    /// From the headers to the first byte of the body. Default off: a quiet stream is no fault.
    pub first_byte_timeout: Millis,
    /// Between two reads. Default off, until keep-alives were seen; then three of their longest distance, 45 s at least.
    pub idle_timeout: Millis,
    /// How long a connection must have stood for past failures to be forgiven. Default 5 s.
    pub healthy_after: Millis,
    /// The most bytes of one event. Default 16 MiB; more is fatal.
    pub event_limit: usize,
    /// Whether an event without a name is named by the member `type` of its JSON data. Default yes; the standard knows no such thing.
    pub type_in_data: bool,
    /// Whether a 401 may be answered by asking the page for headers again: it gave a function, not a constant.
    pub can_refresh: bool,
    /// Whether the URL has another origin than the page, so that a failure may be a CORS refusal.
    pub cross_origin: bool,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            manner: Manner::Resilient,
            retry: Millis(1_000),
            retry_min: Millis(300),
            retry_max: Millis(300_000),
            backoff_cap: Millis(60_000),
            connect_timeout: Millis(30_000),
            first_byte_timeout: Millis(0),
            idle_timeout: Millis(0),
            healthy_after: Millis(5_000),
            event_limit: 16 << 20,
            type_in_data: true,
            can_refresh: false,
            cross_origin: false,
        }
    }
}

impl Config {
    /// The defaults of the `EventSource` class: what the standard says, and a connect timeout of none.
    pub fn standard() -> Config {
        Config {
            manner: Manner::Standard,
            retry: Millis(3_000),
            connect_timeout: Millis(0),
            type_in_data: false,
            ..Config::default()
        }
    }
}
