//! The adapters: effects out, events in. No rule of behaviour lives here.

pub mod clock;
pub mod dom;
pub mod listener;
pub mod timer;
