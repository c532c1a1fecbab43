//! The adapters: effects out, events in. No rule of behaviour lives here.

pub mod clock;
pub mod listener;
#[cfg(feature = "stream")]
pub mod stream;
pub mod timer;
