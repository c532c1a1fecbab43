//! What can go wrong, by whose fault. Codes stand here, sentences in `js/errors.js`; a test keeps the two equal.

/// The caller's mistake, returned at once and thrown in JavaScript. Cured by reading the code that calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misuse {
    /// The key is a service key (`sb_secret_…`, or a JWT whose role is `service_role`): it must never reach a browser.
    ServiceKey,
    /// A payload or an option is not JSON.
    BadJson,
    /// The topic is empty.
    EmptyTopic,
    /// The topic is in use with another configuration.
    OtherOptions,
    /// A filter is not `column=[not.]operator.value`, or `in` names more than 100 values.
    BadFilter,
    /// The channel has been removed; make a new one.
    UnknownChannel,
    /// This client has 100 topics already, which is all that one connection may have.
    TooManyChannels,
    /// Bytes need version 2.0.0 of the protocol, and a topic and an event of at most 255 bytes.
    BadBytes,
    /// Replayed broadcasts are for private channels, and at most 25.
    BadReplay,
    /// The client has been closed; make a new one.
    Closed,
}

impl Misuse {
    /// The code under which JavaScript knows it.
    pub fn code(self) -> &'static str {
        match self {
            Misuse::ServiceKey => "service-key",
            Misuse::BadJson => "bad-json",
            Misuse::EmptyTopic => "empty-topic",
            Misuse::OtherOptions => "other-options",
            Misuse::BadFilter => "bad-filter",
            Misuse::UnknownChannel => "unknown-channel",
            Misuse::TooManyChannels => "too-many-channels",
            Misuse::BadBytes => "bad-bytes",
            Misuse::BadReplay => "bad-replay",
            Misuse::Closed => "closed",
        }
    }

    /// All of them, for the test that compares them with the sentences.
    pub const ALL: [Misuse; 10] = [
        Misuse::ServiceKey,
        Misuse::BadJson,
        Misuse::EmptyTopic,
        Misuse::OtherOptions,
        Misuse::BadFilter,
        Misuse::UnknownChannel,
        Misuse::TooManyChannels,
        Misuse::BadBytes,
        Misuse::BadReplay,
        Misuse::Closed,
    ];
}

/// The world's failure. Told in a notice together with the server's own words and the time of the next attempt; never
/// returned, never thrown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The socket did not open: no network, a wrong URL, or a refusal that the browser does not let a page see.
    SocketRefused,
    /// The socket closed and we had not asked for it.
    SocketClosed,
    /// No answer to a heartbeat: the link is dead although nobody closed it.
    HeartbeatLost,
    /// A frame that is no Phoenix message; it was dropped and the socket kept.
    BadFrame,
    /// The server does not accept the key.
    KeyRefused,
    /// The access token has expired and a new one is asked for.
    TokenExpired,
    /// The access token is malformed, or signed with another secret.
    TokenInvalid,
    /// `accessToken` threw, or gave no answer within ten seconds.
    TokenUnavailable,
    /// `accessToken` gave a service key; it was not used.
    ServiceToken,
    /// The policies of the project do not let this user in.
    Unauthorized,
    /// The project does not offer what the channel asks for.
    Configuration,
    /// A limit of the project was reached.
    Throttled,
    /// The server had a passing difficulty with the join.
    JoinRefused,
    /// No answer to the join.
    JoinTimeout,
    /// The server closed the channel.
    ChannelClosed,
    /// The channel crashed on the server.
    ChannelCrashed,
    /// The channel is joined, but the server has not said that changes flow.
    ChangesSilent,
    /// The server refused a `postgres_changes` entry, which stops all of the channel's.
    ChangesRefused,
    /// The rows could not be read for now.
    ReadFailed,
    /// The rows may not be read, or the table does not exist.
    ReadRefused,
    /// There is no such row, or row level security hides it.
    RowMissing,
    /// The server's answer is not JSON.
    BadAnswer,
    /// There is no topic left for a story: as [`Misuse::TooManyChannels`], where nobody can be told at once.
    TooManyChannels,
}

impl Fault {
    /// The code under which JavaScript knows it.
    pub fn code(self) -> &'static str {
        match self {
            Fault::SocketRefused => "socket-refused",
            Fault::SocketClosed => "socket-closed",
            Fault::HeartbeatLost => "heartbeat-lost",
            Fault::BadFrame => "bad-frame",
            Fault::KeyRefused => "key-refused",
            Fault::TokenExpired => "token-expired",
            Fault::TokenInvalid => "token-invalid",
            Fault::TokenUnavailable => "token-unavailable",
            Fault::ServiceToken => "service-token",
            Fault::Unauthorized => "unauthorized",
            Fault::Configuration => "configuration",
            Fault::Throttled => "throttled",
            Fault::JoinRefused => "join-refused",
            Fault::JoinTimeout => "join-timeout",
            Fault::ChannelClosed => "channel-closed",
            Fault::ChannelCrashed => "channel-crashed",
            Fault::ChangesSilent => "changes-silent",
            Fault::ChangesRefused => "changes-refused",
            Fault::ReadFailed => "read-failed",
            Fault::ReadRefused => "read-refused",
            Fault::RowMissing => "row-missing",
            Fault::BadAnswer => "bad-answer",
            Fault::TooManyChannels => Misuse::TooManyChannels.code(),
        }
    }

    /// All of them, for the test that compares them with the sentences.
    pub const ALL: [Fault; 23] = [
        Fault::SocketRefused,
        Fault::SocketClosed,
        Fault::HeartbeatLost,
        Fault::BadFrame,
        Fault::KeyRefused,
        Fault::TokenExpired,
        Fault::TokenInvalid,
        Fault::TokenUnavailable,
        Fault::ServiceToken,
        Fault::Unauthorized,
        Fault::Configuration,
        Fault::Throttled,
        Fault::JoinRefused,
        Fault::JoinTimeout,
        Fault::ChannelClosed,
        Fault::ChannelCrashed,
        Fault::ChangesSilent,
        Fault::ChangesRefused,
        Fault::ReadFailed,
        Fault::ReadRefused,
        Fault::RowMissing,
        Fault::BadAnswer,
        Fault::TooManyChannels,
    ];
}
