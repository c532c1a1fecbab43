//! Finds the end of a line, eight bytes at a time.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;
/// LF (0x0a) and CR (0x0d) lie below it, and of what else does, text has hardly any but tabs.
const BELOW: u64 = 0x0e;

/// The place of the first LF or CR in `bytes` at or after `from`. `seen` gathers the bits of all bytes that were looked at,
/// some behind the line's end among them.
#[inline]
pub(super) fn line_end(bytes: &[u8], from: usize, seen: &mut u64) -> Option<usize> {
    let mut at = from;
    let rest = bytes.get(from..)?;
    let mut words = rest.chunks_exact(8);
    for word in &mut words {
        let Ok(eight) = <[u8; 8]>::try_from(word) else { break };
        let word = u64::from_le_bytes(eight);
        *seen |= word;
        // Sets the high bit of each byte that is below 0x0e; borrows make false hits above a true one only.
        let mut hits = word.wrapping_sub(ONES * BELOW) & !word & HIGHS;
        while hits != 0 {
            let place = at + (hits.trailing_zeros() / 8) as usize;
            if let Some(b'\n' | b'\r') = bytes.get(place) {
                return Some(place);
            }
            hits &= hits - 1;
        }
        at += 8;
    }
    for byte in words.remainder() {
        *seen |= u64::from(*byte);
        if let b'\n' | b'\r' = byte {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// Whether the bits that [`line_end`] gathered are those of ASCII.
#[inline]
pub(super) fn is_ascii(seen: u64) -> bool {
    seen & HIGHS == 0
}
