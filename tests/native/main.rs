//! The native tests: every rule of the core, under a virtual clock.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod asset_hostile;
mod asset_page;
mod asset_rules;
mod asset_shown;
mod auth;
mod base;
mod connection;
mod heartbeat;
mod join;
mod rows;
mod sse_parser;
mod sse_stream;
mod support;
