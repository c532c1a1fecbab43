//! The adapters: effects out, events in. No rule of behaviour lives here.

pub mod clock;
pub mod driver;
pub mod fetch;
pub mod listener;
<<<<<<< HEAD
#[cfg(feature = "stream")]
pub mod stream;
=======
pub mod page;
pub mod sink;
pub mod text;
>>>>>>> main
pub mod timer;
pub mod websocket;
