//! The adapters of [`crate::core::sse::Stream`]: fetch with a streamed body, the browser's own EventSource, and the driver
//! that stands between them, the core and `js/`.

mod driver;
mod fetch;
mod native;
mod page;

pub use driver::{Driver, Options, Sink};
