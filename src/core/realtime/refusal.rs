//! What an error of the server asks for: a new token, an end, patience, or another try.
//!
//! The words are those of Supabase's operational error codes and of captured frames. A refused join says
//! `Code: sentence`; a system message only a sentence.

use crate::core::base::has;
use crate::core::error::Fault;

/// What helps against an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cure {
    /// A new token, then another join.
    Refresh,
    /// Nothing that a client can do: stop, and say what is wrong.
    Stop,
    /// Another try, later than usual and spread out.
    Throttle,
    /// Another try.
    Retry,
}

/// Words that tell what an error is, in the order in which they are looked for. ASCII case is ignored.
const TABLE: [(&str, Fault, Cure); 26] = [
    ("expired", Fault::TokenExpired, Cure::Refresh),
    ("InvalidJWTExpiration", Fault::TokenExpired, Cure::Refresh),
    ("MalformedJWT", Fault::TokenInvalid, Cure::Stop),
    ("not a valid JWT", Fault::TokenInvalid, Cure::Stop),
    ("JwtSign", Fault::TokenInvalid, Cure::Stop),
    ("signature_error", Fault::TokenInvalid, Cure::Stop),
    ("required in JWT", Fault::TokenInvalid, Cure::Stop),
    ("InvalidJWTToken", Fault::TokenInvalid, Cure::Refresh),
    ("Unauthorized", Fault::Unauthorized, Cure::Stop),
    ("permission", Fault::Unauthorized, Cure::Stop),
    ("TopicNameRequired", Fault::Configuration, Cure::Stop),
    ("TenantNotFound", Fault::Configuration, Cure::Stop),
    ("RealtimeDisabled", Fault::Configuration, Cure::Stop),
    ("PrivateOnly", Fault::Configuration, Cure::Stop),
    ("InvalidReplay", Fault::Configuration, Cure::Stop),
    ("replay params", Fault::Configuration, Cure::Stop),
    ("not allowed for public", Fault::Configuration, Cure::Stop),
    ("Track message size", Fault::Configuration, Cure::Stop),
    ("RateLimitReached", Fault::Throttled, Cure::Throttle),
    ("Too many", Fault::Throttled, Cure::Throttle),
    ("rate limit", Fault::Throttled, Cure::Throttle),
    ("IncreaseConnectionPool", Fault::JoinRefused, Cure::Throttle),
    ("DatabaseLackOfConnections", Fault::JoinRefused, Cure::Throttle),
    ("Initializing", Fault::JoinRefused, Cure::Retry),
    ("Restarting", Fault::JoinRefused, Cure::Retry),
    ("Timeout", Fault::JoinRefused, Cure::Retry),
];

/// What `reason` is and what helps; an error that nobody knows is a passing one.
pub fn classify(reason: &str) -> (Fault, Cure) {
    for (word, fault, cure) in TABLE {
        if has(reason, word) {
            return (fault, cure);
        }
    }
    (Fault::JoinRefused, Cure::Retry)
}
