//! What the outside world tells the core.

use super::ids::{RequestId, SocketId, TokenRequest};

/// One thing that happened. Borrowed, so that taking in a frame copies nothing.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// The moment given by `next_timeout` has come. Early, late and spurious calls are fine.
    Timeout,
    /// Something happened to a socket.
    Socket(SocketId, SocketEvent<'a>),
    /// Something happened to the page.
    Page(PageEvent),
    /// `accessToken` has answered.
    Token(TokenRequest, TokenAnswer<'a>),
    /// A request over HTTP has ended.
    Answer(RequestId, Answer<'a>),
}

/// What happens to a socket.
#[derive(Clone, Copy, Debug)]
pub enum SocketEvent<'a> {
    /// It is open.
    Opened,
    /// A text frame.
    Text(&'a str),
    /// A binary frame.
    Binary(&'a [u8]),
    /// It has closed, with the code of the closing handshake (1006 if there was none).
    Closed(u16),
}

/// What happens to the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageEvent {
    /// It has become visible.
    Visible,
    /// It has been hidden.
    Hidden,
    /// It is about to be frozen, or kept for going back to.
    Frozen,
    /// It has been thawed, or gone back to.
    Resumed,
    /// The browser says that there is a network.
    Online,
    /// The browser says that there is none.
    Offline,
}

/// What `accessToken` said.
#[derive(Clone, Copy, Debug)]
pub enum TokenAnswer<'a> {
    /// A token.
    Token(&'a str),
    /// Nobody is signed in.
    Nobody,
    /// It threw, or gave something that is not text.
    Failed,
}

/// How a request over HTTP ended.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The status; 0 if there was no answer.
    pub status: u16,
    /// The `Retry-After` header, in seconds, where it was a number.
    pub retry_after: Option<u32>,
    /// The body.
    pub body: &'a str,
}
