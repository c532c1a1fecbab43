//! Realtime: Phoenix channels over a WebSocket, as Supabase's server speaks them.
//!
//! One task a socket owns its channels; the [`Hub`] knows who listens where; `feed` carries commits from the database
//! to every socket, which decides for each of its channels what to tell.

mod broadcast;
mod changes;
mod channel;
mod frame;
mod handshake;
mod hub;
mod join;
mod presence;
mod push;
mod reply;
mod socket;

pub use broadcast::{Content, post_broadcast, post_event, send_from_database};
pub use changes::feed;
pub use frame::{Encoding, Vsn};
pub use handshake::websocket;
pub use hub::{Hub, Inbox, Order};
