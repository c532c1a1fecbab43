//! What JavaScript calls. Each feature is a module of exports, and one WebAssembly file.

#[cfg(feature = "stream")]
pub mod stream;
