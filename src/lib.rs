//! Storywire keeps a page true to a story that is still being made.
//!
//! Reading order: [`core`] holds every rule, as plain values with time handed in and effects handed out; `browser` carries
//! effects out and events in, and knows no rule; `api` is what JavaScript calls.

#![cfg_attr(speed, feature(optimize_attribute))]

pub mod core;

#[cfg(target_arch = "wasm32")]
pub mod api;
#[cfg(target_arch = "wasm32")]
pub mod browser;
