//! What the core asks the outside world to do, and what it tells the page.

use super::asset::{AssetChange, RetryRequest};
use super::base::Millis;
use super::error::Fault;
use super::ids::{ChannelId, PushId, RequestId, RowsId, SocketId, TokenRequest};

/// One thing to do. They are taken oldest first, and that order is the order of sends and of calls into the page.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Opens a WebSocket.
    OpenSocket(SocketId, String),
    /// Sends text on it.
    SendText(SocketId, String),
    /// Sends bytes on it.
    SendBinary(SocketId, Vec<u8>),
    /// Closes it; nothing more will be heard of it.
    CloseSocket(SocketId),
    /// Asks `accessToken` for a token.
    AskToken(TokenRequest),
    /// Sends a `GET` with the key and the token as headers, never in the URL.
    Read {
        /// Under which the answer is given.
        request: RequestId,
        /// The whole URL.
        url: String,
        /// The schema of the table.
        schema: String,
        /// The access token; without one the key goes alone.
        token: Option<String>,
    },
    /// Gives up a request; its answer would be ignored.
    AbortRead(RequestId),
    /// The one answer to a push. Every [`PushId`] gets exactly one.
    Settle(PushId, Outcome),
    /// Tells the page something.
    Notify(Notice),
    /// Asks for assets to be made again; the outcome comes back by `Client::retry_settled`.
    Retry(RetryRequest),
    /// Something is to be painted: ask for patches at the next frame.
    Paint,
}

/// What became of a push.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Sent, and accepted where an answer was asked for. The response is JSON.
    Ok(String),
    /// Refused by the server. The response is JSON.
    Error(String),
    /// No answer in time, or no join in time.
    TimedOut,
    /// The socket was lost after it was sent; whether it arrived is not known.
    Dropped,
    /// A later one of the same kind took its place before it was sent.
    Replaced,
}

/// Something the page may want to know.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// The client's state has changed.
    Connection(ConnectionState),
    /// A channel's state has changed.
    Status(ChannelId, Status),
    /// A change in the database: the keys of the listeners, and the `data` of the message as JSON.
    Change(ChannelId, Vec<u32>, String),
    /// A broadcast: event, payload as JSON, meta as JSON or empty.
    Broadcast(ChannelId, String, String, String),
    /// A broadcast of bytes.
    Bytes(ChannelId, String, Vec<u8>),
    /// Presence has changed.
    Presence(ChannelId, PresenceEvent),
    /// A system message, as JSON.
    System(ChannelId, String),
    /// Followed rows have changed.
    Rows(RowsId, RowsEvent),
    /// An asset or a story has changed, or a row was odd.
    Asset(AssetChange),
    /// Something failed.
    Fault(Failure),
}

/// What happened to whom, and what follows.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// Who is concerned.
    pub about: About,
    /// What it is.
    pub fault: Fault,
    /// The server's own words, or empty.
    pub detail: String,
    /// When the next attempt is; `None`: there is none.
    pub retry_in: Option<Millis>,
}

/// Whom a failure concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// The connection, and so everything.
    Connection,
    /// The access token.
    Token,
    /// One channel.
    Channel(ChannelId),
    /// One set of followed rows.
    Rows(RowsId),
    /// One story, by its id.
    Story(String),
}

/// What `client.connection` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionState {
    /// Nothing is wanted yet, or the client was closed, or an error that no retry cures.
    Stopped,
    /// A connection is being made, or made again, or rows are being read after a gap.
    CatchingUp,
    /// Everything wanted is followed as it happens.
    Live,
    /// No socket can be had; rows are read at intervals.
    Polling,
    /// There is no network.
    Offline,
}

/// What `subscribe`'s callback is told, in Supabase's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// `SUBSCRIBED`
    Subscribed,
    /// `TIMED_OUT`: the join got no answer; it is tried again.
    TimedOut,
    /// `CLOSED`: left, or closed by the server for good.
    Closed,
    /// `CHANNEL_ERROR`: refused or lost; the failure that comes with it says what follows.
    Errored,
}

/// A change in who is present. The lists are JSON arrays of what was tracked, each with its `presence_ref`.
#[derive(Clone, Debug, PartialEq)]
pub enum PresenceEvent {
    /// The state is whole and current.
    Sync,
    /// Somebody came, or came again from another place.
    Join {
        /// Whose.
        key: String,
        /// What was there before.
        current: String,
        /// What came.
        new: String,
    },
    /// Somebody went, wholly or from one place.
    Leave {
        /// Whose.
        key: String,
        /// What is still there.
        current: String,
        /// What went.
        left: String,
    },
}

/// A change in followed rows.
#[derive(Clone, Debug, PartialEq)]
pub enum RowsEvent {
    /// A row is new or has changed: its key and itself, as JSON.
    Put(String, String),
    /// A row has gone: its key.
    Gone(String),
    /// From here on changes are followed. `true` if no read since the last time this was said has shown anything new;
    /// `false` if there was something to catch up with. The rows have been read either way.
    Live(bool),
    /// Changes are no longer followed; the rows stay as they are.
    Stale,
    /// All of them have been read; what differed has been told. For sets of many rows.
    Read,
}
