//! HS256 tokens: signing for pages and tests, checking with the words Realtime uses.

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, Mac};
use serde_json::{Map, Value, json};
use sha2::Sha256;

/// What a valid token says.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims {
    pub role: String,
    /// Seconds since 1970.
    pub exp: i64,
    pub sub: Option<String>,
    pub jti: Option<String>,
}

/// Why a token is refused, in the order in which it is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    Malformed,
    Signature,
    MissingClaims,
    /// Expired this many seconds ago.
    Expired(i64),
}

impl Refusal {
    /// The sentence without a code, as a `system` message carries it.
    pub fn sentence(&self) -> String {
        match self {
            Self::Malformed => "The token provided is not a valid JWT".into(),
            Self::Signature => "Failed to validate JWT signature".into(),
            Self::MissingClaims => "Fields `role` and `exp` are required in JWT".into(),
            Self::Expired(ago) => format!("Token has expired {ago} seconds ago"),
        }
    }

    /// The reason of a failed join: `Code: sentence`.
    pub fn join_reason(&self) -> String {
        let code = match self {
            Self::Malformed => "MalformedJWT",
            Self::Signature => "JwtSignatureError",
            Self::MissingClaims | Self::Expired(_) => "InvalidJWTToken",
        };
        format!("{code}: {}", self.sentence())
    }

    /// What a refreshed token gets as `system` message; a bad signature shows the server's internals, really.
    pub fn system_message(&self) -> String {
        match self {
            Self::Signature => ":signature_error".into(),
            Self::Malformed | Self::MissingClaims | Self::Expired(_) => self.sentence(),
        }
    }

    /// The body of a refused handshake.
    pub fn handshake_error(&self) -> String {
        match self {
            Self::Expired(_) => "Token has expired".into(),
            Self::Malformed | Self::Signature | Self::MissingClaims => self.sentence(),
        }
    }
}

/// Signs `claims` with HS256.
pub fn sign(secret: &str, claims: &Value) -> String {
    let head = BASE64URL_NOPAD.encode(br#"{"alg":"HS256","typ":"JWT"}"#);
    let body = BASE64URL_NOPAD.encode(claims.to_string().as_bytes());
    let signed = format!("{head}.{body}");
    let signature = BASE64URL_NOPAD.encode(&mac(secret, signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// The long-lived key of the old kind, role `anon`.
pub fn anon_key(secret: &str) -> String {
    sign(
        secret,
        &json!({ "iss": "supabase", "ref": "local", "role": "anon", "iat": 1_700_000_000, "exp": 2_050_000_000 }),
    )
}

/// Checks form, signature, required claims and expiry, in this order. `now` is in seconds since 1970.
pub fn verify(secret: &str, token: &str, now: i64) -> Result<Claims, Refusal> {
    let mut parts = token.split('.');
    let (Some(head), Some(body), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Refusal::Malformed);
    };
    let head_json = object(head).ok_or(Refusal::Malformed)?;
    let claims = object(body).ok_or(Refusal::Malformed)?;
    if head_json.get("alg").and_then(Value::as_str) != Some("HS256") {
        return Err(Refusal::Signature);
    }
    let given = BASE64URL_NOPAD.decode(signature.as_bytes()).map_err(|_| Refusal::Malformed)?;
    if given != mac(secret, format!("{head}.{body}").as_bytes()) {
        return Err(Refusal::Signature);
    }
    let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
    let exp = claims.get("exp").and_then(|exp| exp.as_i64().or_else(|| exp.as_f64().map(|exp| exp as i64)));
    let (Some(role), Some(exp)) = (text("role"), exp) else {
        return Err(Refusal::MissingClaims);
    };
    if exp <= now {
        return Err(Refusal::Expired(now - exp));
    }
    Ok(Claims { role, exp, sub: text("sub"), jti: text("jti") })
}

fn object(part: &str) -> Option<Map<String, Value>> {
    let bytes = BASE64URL_NOPAD.decode(part.as_bytes()).ok()?;
    match serde_json::from_slice(&bytes).ok()? {
        Value::Object(map) => Some(map),
        _ => None,
    }
}

fn mac(secret: &str, text: &[u8]) -> Vec<u8> {
    // HMAC takes keys of every length, so this cannot fail.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return Vec::new() };
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signed_token_is_accepted_until_it_expires() {
        let token = sign("s", &json!({ "role": "authenticated", "exp": 100, "sub": "u" }));
        assert_eq!(verify("s", &token, 99).unwrap().sub.as_deref(), Some("u"));
        assert_eq!(verify("s", &token, 105), Err(Refusal::Expired(5)));
    }

    #[test]
    fn every_refusal_has_its_reason() {
        let token = sign("s", &json!({ "role": "anon", "exp": 100 }));
        assert_eq!(verify("other", &token, 0), Err(Refusal::Signature));
        assert_eq!(verify("s", "garbage", 0), Err(Refusal::Malformed));
        assert_eq!(verify("s", &sign("s", &json!({ "exp": 5 })), 0), Err(Refusal::MissingClaims));
    }
}
