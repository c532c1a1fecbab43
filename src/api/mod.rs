//! What JavaScript calls. Each feature is a module of exports, and one WebAssembly file.

<<<<<<< HEAD
#[cfg(feature = "stream")]
pub mod stream;
=======
#[cfg(feature = "client")]
pub mod client;
>>>>>>> main
