//! Names for things that cross the border of the core. None is ever used twice, so a late event about something that is
//! gone is recognised and ignored.

/// One WebSocket, from its opening on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketId(pub u32);

/// One topic on the wire, as long as a channel names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopicId(pub u32);

/// One user of a topic: what `client.channel(…)` returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelId(pub u32);

/// One message that the page sent and that will be settled once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PushId(pub u32);

/// One request over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId(pub u32);

/// One question for an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenRequest(pub u32);

/// One set of rows that is followed: what `client.row(…)` and `client.rows(…)` return.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowsId(pub u32);

/// One element of the page, as the DOM adapter numbered it. Later elements have larger ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ElementId(pub u32);
