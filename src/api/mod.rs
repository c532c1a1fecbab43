//! What JavaScript calls. Each feature is a module of exports, and one WebAssembly file.

#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "stream")]
pub mod stream;
