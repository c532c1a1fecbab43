//! What every part of the core stands on. Nothing here knows of a protocol.

mod backoff;
mod json_read;
pub mod json_write;
mod queue;
mod rng;
mod text;
mod time;
mod timestamp;

pub use backoff::Backoff;
pub use json_read::{Items, Json, Kind, Members};
pub use queue::Queue;
pub use rng::Rng;
pub(crate) use text::{cut, has, is_equal, join, same};
pub(crate) use time::product;
pub use time::{Instant, Millis};
pub use timestamp::Timestamp;
