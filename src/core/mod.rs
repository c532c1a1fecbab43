//! The rules, without a clock, a socket or a page.

pub mod base;
pub mod sse;
