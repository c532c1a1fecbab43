//! The backend as a client meets it: over sockets and HTTP, on a free port. One file a theme.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod demo;
mod faults;
mod frames;
mod limits;
mod program;
mod realtime;
mod rest;
mod rpc;
mod stream;
mod support;
