//! Every option of the client, with unit, default and what follows from it.

use super::base::Millis;
use super::realtime::frame::Version;
use super::stories::StorySource;

/// How a client behaves. Fixed for its life.
#[derive(Clone, Debug)]
pub struct Config {
    /// The WebSocket's URL without its parameters, e.g. `wss://xyz.supabase.co/realtime/v1/websocket`.
    pub socket_url: String,
    /// The URL of the tables, e.g. `https://xyz.supabase.co/rest/v1`.
    pub rest_url: String,
    /// The project's publishable (or anon) key.
    pub key: String,
    /// The serialisation; 2.0.0 unless the server is old.
    pub version: Version,
    /// The page gives tokens on request (`accessToken`); no join goes out before the first answer.
    pub asks_tokens: bool,
    /// Where stories are kept.
    pub stories: StorySource,
    /// How long a socket may take to open: 10 s.
    pub connect_timeout: Millis,
    /// Between two heartbeats: 25 s. The server closes a socket that was silent for 60 s.
    pub heartbeat_interval: Millis,
    /// How long a heartbeat may stay unanswered: 10 s, since a failing join blocks the server's side for 5 s.
    pub heartbeat_timeout: Millis,
    /// The same when the page has just come back to life: 3 s.
    pub probe_timeout: Millis,
    /// The same while a join is pending: 8 s.
    pub probe_timeout_joining: Millis,
    /// How long a join, or a message that wants an answer, may stay unanswered: 10 s.
    pub push_timeout: Millis,
    /// How long a joined channel may stay without the word that changes flow before it is joined again: 20 s.
    pub changes_timeout: Millis,
    /// The base of every backoff: 1 s.
    pub backoff_base: Millis,
    /// The cap of every backoff: 30 s.
    pub backoff_cap: Millis,
    /// The cap after a server said that a limit was reached: 60 s.
    pub throttle_cap: Millis,
    /// The socket closes this long after the last channel has gone: 5 s.
    pub linger: Millis,
    /// Joins go out at most this often on the average, so that a fleet stays below the server's limit: one in 80 ms.
    pub join_interval: Millis,
    /// So many joins may go out at once when a page starts: 20. After a lost socket there is no such allowance.
    pub join_burst: u32,
    /// Broadcasts go out at most this often on the average: one in 20 ms, with bursts of 50.
    pub broadcast_interval: Millis,
    /// Broadcasts that replace one another (`latest`) go out at most this often: one in 50 ms.
    pub latest_interval: Millis,
    /// The server's limit on presence: 5 calls in 30 s.
    pub presence_calls: usize,
    /// See `presence_calls`: a second more than the server's, since a call may take less time on its way than the one
    /// with which the server's time began.
    pub presence_window: Millis,
    /// Messages that wait for a join: at most 100 for each channel; the oldest gives way.
    pub queue_limit: usize,
    /// Topics on one socket: at most 100 by Supabase's default.
    pub topic_limit: usize,
    /// A token is renewed this long before it expires, or after three quarters of its life if that is shorter: 60 s.
    pub token_margin: Millis,
    /// How long a read over HTTP may take: 10 s.
    pub read_timeout: Millis,
    /// Between two reads while no socket can be had: 5 s, doubling up to `poll_cap`.
    pub poll_interval: Millis,
    /// The longest wait between two such reads: 30 s.
    pub poll_cap: Millis,
    /// Polling begins when no socket could be had for this long: 5 s.
    pub poll_after: Millis,
    /// A followed row that has been silent for this long is read once more, in case a change was lost on the server's
    /// side: 60 s, doubling up to 10 min while nothing is found.
    pub quiet_interval: Millis,
    /// See `quiet_interval`.
    pub quiet_cap: Millis,
}

impl Config {
    /// The defaults, for a project.
    pub fn new(socket_url: String, rest_url: String, key: String) -> Config {
        Config {
            socket_url,
            rest_url,
            key,
            version: Version::V2,
            asks_tokens: false,
            stories: StorySource::default(),
            connect_timeout: Millis(10_000),
            heartbeat_interval: Millis(25_000),
            heartbeat_timeout: Millis(10_000),
            probe_timeout: Millis(3_000),
            probe_timeout_joining: Millis(8_000),
            push_timeout: Millis(10_000),
            changes_timeout: Millis(20_000),
            backoff_base: Millis(1_000),
            backoff_cap: Millis(30_000),
            throttle_cap: Millis(60_000),
            linger: Millis(5_000),
            join_interval: Millis(80),
            join_burst: 20,
            broadcast_interval: Millis(20),
            latest_interval: Millis(50),
            presence_calls: 5,
            presence_window: Millis(31_000),
            queue_limit: 100,
            topic_limit: 100,
            token_margin: Millis(60_000),
            read_timeout: Millis(10_000),
            poll_interval: Millis(5_000),
            poll_cap: Millis(30_000),
            poll_after: Millis(5_000),
            quiet_interval: Millis(60_000),
            quiet_cap: Millis(600_000),
        }
    }
}
