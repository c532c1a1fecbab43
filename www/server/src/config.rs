//! Every setting: unit, default, and what the real service does.

use std::path::PathBuf;
use std::time::Duration;

use crate::db::Table;

/// The secret that signs local tokens. Public on purpose: it protects nothing but a process on this machine.
pub const JWT_SECRET: &str = "storywire-local-secret-for-development-only-32b";

/// The key of the new kind that pages use as `data-supabase-key`.
pub const PUBLISHABLE_KEY: &str = "sb_publishable_storywire_local";

/// What the server is started with. Tests start from `Config::default()`.
#[derive(Clone)]
pub struct Config {
    /// Signs and checks HS256 tokens. Default: [`JWT_SECRET`].
    pub jwt_secret: String,
    /// Accepted as `apikey` beside every JWT signed with the secret. Default: [`PUBLISHABLE_KEY`].
    pub publishable_key: String,
    /// Directory served at `/`; its `server` folder is never served. Default: none.
    pub www: Option<PathBuf>,
    /// Directory served at `/dist/`. Default: none.
    pub dist: Option<PathBuf>,
    /// The tables that exist. Default: the story service's.
    pub tables: Vec<Table>,
    /// Delays and limits; `/__control/knobs` changes them, `/__control/reset` brings these back.
    pub knobs: Knobs,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            jwt_secret: JWT_SECRET.into(),
            publishable_key: PUBLISHABLE_KEY.into(),
            www: None,
            dist: None,
            tables: crate::db::story_tables(),
            knobs: Knobs::default(),
        }
    }
}

/// Delays and limits. Delays are short so that pages are quick; the real service's figure stands beside each.
#[derive(Clone, Debug)]
pub struct Knobs {
    /// Join reply to "Subscribed to PostgreSQL". Default 50 ms; real: 20 ms to 3 s.
    pub subscribed_delay: Duration,
    /// Commit to `postgres_changes`. Default 0; real: 68 to 647 ms.
    pub changes_delay: Duration,
    /// A failed join blocks its socket this long before the reply. Default 0; real: 5 s.
    pub join_error_delay: Duration,
    /// A refused handshake is answered after this long. Default 0; real: 2 s.
    pub refusal_delay: Duration,
    /// A socket whose client stays silent this long is closed with 1000. Default 66 s, as measured.
    pub idle: Duration,
    /// Channels on one socket. Default 100.
    pub channels_per_socket: usize,
    /// Presence calls of one channel in one window. Default 5 in 30 s.
    pub presence_calls: u32,
    pub presence_window: Duration,
    /// Joins per second of the whole server; beyond it the joiner's socket closes with 1001 and handshakes get 429.
    /// Default off; real: 100 (free), 500 (pro).
    pub joins_per_second: Option<u32>,
    /// Sockets that have joined something; beyond it a handshake gets 429 and a first join an error. Default off; real:
    /// 200 / 500.
    pub connections: Option<usize>,
    /// Broadcasts per second of one channel, beyond it the channel is closed. Default off; real: 100 / 500 a project.
    pub messages_per_second: Option<u32>,
    /// Largest broadcast or presence payload in bytes. Default 3,000,000 (pro); free: 256,000.
    pub payload_bytes: usize,
    /// Largest frame in bytes; a larger one ends the socket without a close frame. Default 5,000,000.
    pub frame_bytes: usize,
    /// A row larger than this arrives as error 413 with its small fields only. Default 1 MiB.
    pub row_bytes: usize,
    /// Silence on an event stream after which `:keepalive` is sent. Default 30 s.
    pub keepalive: Duration,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            subscribed_delay: Duration::from_millis(50),
            changes_delay: Duration::ZERO,
            join_error_delay: Duration::ZERO,
            refusal_delay: Duration::ZERO,
            idle: Duration::from_secs(66),
            channels_per_socket: 100,
            presence_calls: 5,
            presence_window: Duration::from_secs(30),
            joins_per_second: None,
            connections: None,
            messages_per_second: None,
            payload_bytes: 3_000_000,
            frame_bytes: 5_000_000,
            row_bytes: 1024 * 1024,
            keepalive: Duration::from_secs(30),
        }
    }
}
