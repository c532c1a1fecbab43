//! The adapters: effects out, events in. No rule of behaviour lives here.

pub mod clock;
pub mod dom;
pub mod driver;
pub mod listener;
mod memory;
pub mod page;
pub mod sink;
#[cfg(feature = "stream")]
pub mod stream;
pub mod text;
pub mod timer;
pub mod websocket;
