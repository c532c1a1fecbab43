//! The notifications of one user: which there are, which of them are unread, and which show as toasts.
//!
//! [`Bell`] is a value like [`Client`](super::Client): it is told what happened, with the present moment, and answers with
//! effects and a deadline. It hears of a notification from a broadcast and from a row of the table, in whatever order, and
//! from both it is one.

mod bell;
mod note;
mod toasts;

pub use bell::{Bell, BellConfig, BellEffect, BellInput};
pub use note::Card;
pub use toasts::{Content, PAUSED_BY_FOCUS, PAUSED_BY_HIDDEN, PAUSED_BY_POINTER};
