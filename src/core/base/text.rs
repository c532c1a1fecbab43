//! Searching in text by bytes: std's searches are made for any pattern, and cost 3 kB of code.

/// The parts, one behind the other.
#[inline(never)]
pub(crate) fn join(parts: &[&str]) -> String {
    let mut text = String::new();
    for part in parts {
        text.push_str(part);
    }
    text
}

/// Whether `text` holds `word`, in whatever case (of ASCII).
#[inline(never)]
pub(crate) fn has(text: &str, word: &str) -> bool {
    text.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

/// What stands before and behind the first `byte`, which is ASCII.
#[inline(never)]
pub(crate) fn cut(text: &str, byte: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|one| one == byte)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// Whether two texts are the same letter for letter, eight at a time: std's comparison goes through them one by one.
#[inline(never)]
#[cfg_attr(speed, optimize(speed))]
pub(crate) fn is_equal(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let (blocks, rest) = one.as_chunks::<8>();
    let (other_blocks, other_rest) = other.as_chunks::<8>();
    let number = |block: &[u8; 8]| u64::from_le_bytes(*block);
    blocks.iter().zip(other_blocks).all(|(one, other)| number(one) == number(other)) && rest == other_rest
}

/// Whether two texts are the same. Ids of a page are of one length and begin alike, so the end is looked at first: among
/// hundreds that is found by a few comparisons.
#[inline]
pub(crate) fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    one.last_chunk::<8>() == other.last_chunk() && is_equal(one, other)
}
