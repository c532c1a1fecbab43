//! Byte offsets to the offsets that JavaScript's strings have.

use super::parser::{KIND_AT, RECORD};

const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Rewrites the ends in `records` from bytes of `text` to UTF-16 code units, in one pass. ASCII text needs no call.
pub fn to_utf16(records: &mut [u32], text: &str) {
    let bytes = text.as_bytes();
    let (mut at, mut units) = (0, 0);
    for (place, end) in records.iter_mut().enumerate() {
        if place % RECORD == KIND_AT {
            continue;
        }
        let to = *end as usize;
        units += bytes.get(at..to).map_or(0, units_of);
        at = to;
        *end = units;
    }
}

/// The UTF-16 code units of valid UTF-8: one for each byte that begins a character, and one more where it takes four bytes.
fn units_of(bytes: &[u8]) -> u32 {
    let mut words = bytes.chunks_exact(8);
    let mut units = 0;
    for word in &mut words {
        let Ok(eight) = <[u8; 8]>::try_from(word) else { break };
        let word = u64::from_le_bytes(eight);
        let follows = word & !(word << 1) & HIGHS;
        let four = word & (word << 1) & (word << 2) & (word << 3) & HIGHS;
        units += 8 - follows.count_ones() + four.count_ones();
    }
    for byte in words.remainder() {
        units += u32::from(byte & 0xc0 != 0x80) + u32::from(*byte >= 0xf0);
    }
    units
}
