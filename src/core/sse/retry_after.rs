//! The `Retry-After` header (RFC 9110, section 10.2.3): seconds, or an HTTP date.

use crate::core::base::{Instant, Millis, Timestamp};

const MONTHS: &[u8] = b"JanFebMarAprMayJunJulAugSepOctNovDec";

/// The wait that `header` asks for at `now`; `None` for what is neither. A date in the past asks for none.
pub fn retry_after(header: &str, now: Instant) -> Option<Millis> {
    let header = header.trim_matches([' ', '\t']);
    if !header.is_empty() && header.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds =
            header.bytes().fold(0u64, |sum, byte| sum.saturating_mul(10).saturating_add(u64::from(byte - b'0')));
        return Some(Millis(seconds.saturating_mul(1_000)));
    }
    Some(Instant(http_date(header)?) - now)
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` as milliseconds since the epoch. The two obsolete forms are not read.
fn http_date(text: &str) -> Option<u64> {
    let (_, rest) = text.split_once(", ")?;
    let day = rest.get(..2)?;
    let name = rest.get(3..6)?.as_bytes();
    let month = MONTHS.chunks(3).position(|month| month == name)? + 1;
    let year = rest.get(7..11)?;
    let time = rest.get(12..20)?;
    if rest.get(20..) != Some(" GMT") {
        return None;
    }
    let mut iso = String::with_capacity(20);
    for part in [year, "-", if month < 10 { "0" } else { "1" }] {
        iso.push_str(part);
    }
    iso.push(char::from(b'0' + (month % 10) as u8));
    for part in ["-", day, "T", time, "Z"] {
        iso.push_str(part);
    }
    Timestamp::parse(&iso).map(|stamp| stamp.0 / 1_000)
}
