//! The `Retry-After` header (RFC 9110, section 10.2.3): seconds, or an HTTP date.

use crate::core::base::{Instant, Millis, Timestamp, product};

const MONTHS: &[u8] = b"JanFebMarAprMayJunJulAugSepOctNovDec";

/// The wait that `header` asks for at `now`; `None` for what is neither. A date in the past asks for none.
pub fn retry_after(header: &str, now: Instant) -> Option<Millis> {
    let header = header.as_bytes().trim_ascii();
    if let Some(seconds) = whole_number(header) {
        return Some(Millis(seconds).times(1_000));
    }
    Some(Instant(http_date(header)?) - now)
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` as milliseconds since the epoch. The two obsolete forms are not read.
fn http_date(text: &[u8]) -> Option<u64> {
    let name = text.get(8..11)?;
    let month = MONTHS.chunks(3).position(|month| month == name)? as u8 + 1;
    if text.get(25..) != Some(b" GMT") {
        return None;
    }
    let mut iso = Vec::with_capacity(20);
    iso.extend_from_slice(text.get(12..16)?);
    iso.extend_from_slice(&[b'-', b'0' + month / 10, b'0' + month % 10, b'-']);
    iso.extend_from_slice(text.get(5..7)?);
    iso.push(b'T');
    iso.extend_from_slice(text.get(17..25)?);
    iso.push(b'Z');
    Timestamp::parse(std::str::from_utf8(&iso).ok()?).map(|stamp| stamp.0 / 1_000)
}

/// ASCII digits and nothing else, as a number; what does not fit is the largest there is.
pub(super) fn whole_number(text: &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for byte in text {
        if !byte.is_ascii_digit() {
            return None;
        }
        number = product(number, 10).saturating_add(u64::from(byte - b'0'));
    }
    (!text.is_empty()).then_some(number)
}
