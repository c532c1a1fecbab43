//! The native tests: every rule of the core, under a virtual clock.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]

mod asset_hostile;
mod asset_page;
mod asset_rules;
mod asset_shown;
mod auth;
mod base;
mod changes;
mod connection;
mod defects;
mod docs;
mod emotion;
mod frame;
mod gather;
mod heartbeat;
mod join;
mod laws;
mod misfortunes;
mod notifications;
mod page;
mod polling;
mod port;
mod presence;
mod push;
mod refusal;
mod replay;
mod rows;
mod sse_parser;
mod sse_stream;
mod stories;
mod support;
