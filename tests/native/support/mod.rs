//! The world that the tests put a client into.

pub mod phoenix;
pub mod world;
