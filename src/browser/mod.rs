//! The adapters of event streams: effects out, events in. No rule of behaviour lives here. Those of the client are in
//! `js/driver.js` and `js/dom.js`.

pub mod clock;
#[cfg(feature = "stream")]
pub mod listener;
mod memory;
#[cfg(feature = "stream")]
pub mod stream;
#[cfg(feature = "stream")]
pub mod timer;
