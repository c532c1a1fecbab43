//! Server-sent events (WHATWG HTML, section 9.2): bytes to events, and a stream that stays up.
//!
//! [`Parser`] turns bytes into batches of events. [`Stream`] owns one parser and every rule about connecting: what an answer
//! asks for, how long to wait, when a silent server is given up. It is driven from outside: feed it with
//! [`Stream::handle_input`], perform what [`Stream::poll_effect`] gives until it gives nothing, and call it again at
//! [`Stream::next_timeout`].

mod answer;
mod batch;
mod config;
mod delay;
mod effect;
mod kinds;
mod parser;
mod retry_after;
mod scan;
mod stream;

pub use answer::{Answer, answer, is_event_stream};
pub use batch::{Batch, Event, NEW_ID, NO_EVENT, RECORD, Reader, UNNAMED};
pub use config::{Config, Manner};
pub use effect::{Attempt, Deadline, Effect, Fault, FaultCode, Input, NativeEvent, Notice, PageEvent, Phase, Why};
pub use parser::{Parser, TooLarge};
pub use retry_after::retry_after;
pub use stream::Stream;
