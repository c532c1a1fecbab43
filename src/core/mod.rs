//! The rules, without a clock, a socket or a page.

pub mod asset;
pub mod base;
pub mod ids;
