//! The world that the tests put a client into.

pub mod phoenix;
mod seen;
pub mod world;
