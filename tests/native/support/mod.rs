//! The world that the tests put a client into.

pub mod history;
pub mod phoenix;
mod seen;
pub mod world;
