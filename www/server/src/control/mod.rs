//! Misbehaviour on request, and the counters that tests read. Everything below `/__control`; see the README.

mod counters;
mod faults;
mod orders;
mod scripts;

pub use counters::Counters;
pub use faults::{Faults, Policy, RestFault, RetryFault, StreamFault, StreamShape};
pub use orders::routes;
pub use scripts::{Script, Scripts};
