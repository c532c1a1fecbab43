//! What JavaScript calls. Each feature is one WebAssembly file with its own exports.

#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "client")]
pub mod notifications;
#[cfg(feature = "story")]
pub mod story;
#[cfg(feature = "stream")]
pub mod stream;
