//! What each error of the server asks for: every string of the table, and every one that a real server was seen to say.

use storywire::core::error::Fault;
use storywire::core::realtime::{Cure, classify};

const REFRESH: [&str; 5] = [
    "InvalidJWTToken: Token has expired 10 seconds ago",
    "Token has expired 0 seconds ago",
    "InvalidJWTExpiration",
    "JWT expired",
    "InvalidJWTToken: something else",
];
const AUTH: [&str; 10] = [
    "MalformedJWT: The token provided is not a valid JWT",
    "The token provided is not a valid JWT",
    "JwtSignatureError: Failed to validate JWT signature",
    "JwtSignerError: no signer",
    ":signature_error",
    "InvalidJWTToken: Fields `role` and `exp` are required in JWT",
    "Fields `role` and `exp` are required in JWT",
    "Unauthorized: You do not have permissions to read from this Channel topic: other",
    "You do not have permissions to read from this Channel topic: priv-rw",
    "You no longer have permission to read from this Channel topic: x",
];
const CONFIGURATION: [&str; 8] = [
    "TopicNameRequired: You must provide a topic name",
    "TenantNotFound: Tenant not found",
    "RealtimeDisabledForTenant: Realtime disabled for this tenant",
    "RealtimeDisabledForConfiguration: Realtime disabled for this configuration",
    "PrivateOnly: This project only allows private channels",
    "UnableToReplayMessages: Replay is not allowed for public channels",
    "InvalidReplayParams: Replay params are not valid",
    "Track message size exceeded",
];
const THROTTLED: [&str; 8] = [
    "ConnectionRateLimitReached: Too many connected users",
    "ClientJoinRateLimitReached: Too many joins per second",
    "ChannelRateLimitReached: Too many channels",
    "Too many messages per second",
    "Too many presence messages per second",
    "Client presence rate limit exceeded",
    "DatabaseLackOfConnections: Database can't accept more connections",
    "IncreaseConnectionPool: Please increase your connection pool size",
];
const PASSING: [&str; 10] = [
    "InitializingProjectConnection: Realtime is initializing the project connection",
    "UnableToConnectToProject: Realtime was unable to connect to the project database",
    "RealtimeRestarting: Realtime is restarting, please standby",
    "UnableToReplayMessages: Realtime was unable to replay messages",
    "TimeoutOnRpcCall: Node request timeout",
    "PostgresChangesSubscribeTimeout: x",
    "Unknown Error on Channel",
    "UnknownErrorOnChannel: no function clause matching in Access.get/3",
    "",
    "{}",
];

#[test]
fn each_error_has_its_cure() {
    for (reasons, cure) in [
        (&REFRESH[..], Cure::Refresh),
        (&AUTH, Cure::Stop),
        (&CONFIGURATION, Cure::Stop),
        (&THROTTLED, Cure::Throttle),
        (&PASSING, Cure::Retry),
    ] {
        for reason in reasons {
            assert_eq!(classify(reason).1, cure, "{reason}");
        }
    }
}

#[test]
fn each_error_has_its_name() {
    for reason in &REFRESH[..4] {
        assert_eq!(classify(reason).0, Fault::TokenExpired, "{reason}");
    }
    for reason in &AUTH[..7] {
        assert_eq!(classify(reason).0, Fault::TokenInvalid, "{reason}");
    }
    for reason in &AUTH[7..] {
        assert_eq!(classify(reason).0, Fault::Unauthorized, "{reason}");
    }
    for reason in CONFIGURATION {
        assert_eq!(classify(reason).0, Fault::Configuration, "{reason}");
    }
    for reason in &THROTTLED[..6] {
        assert_eq!(classify(reason).0, Fault::Throttled, "{reason}");
    }
    for reason in PASSING {
        assert_eq!(classify(reason).0, Fault::JoinRefused, "{reason}");
    }
}

#[test]
fn the_case_of_letters_does_not_matter() {
    assert_eq!(classify("token has EXPIRED"), classify("Token has expired"));
}
