//! Writes JSON into a `String`, piece by piece.

/// Appends `text` as a JSON string (RFC 8259, section 7), escaping only what must be. What need not be is copied piece by
/// piece.
pub fn push_string(out: &mut String, text: &str) {
    out.push('"');
    let mut start = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= b' ' && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(text.get(start..at).unwrap_or_default());
        start = at + 1;
        if byte < b' ' {
            out.push_str("\\u00");
            push_nibbles(out, byte, b'a');
        } else {
            out.push('\\');
            out.push(char::from(byte));
        }
    }
    out.push_str(text.get(start..).unwrap_or_default());
    out.push('"');
}

/// Appends a byte in hexadecimal; `a` is the letter for ten.
#[inline(never)]
pub fn push_nibbles(out: &mut String, byte: u8, a: u8) {
    for nibble in [byte >> 4, byte & 15] {
        out.push(char::from(if nibble < 10 { b'0' + nibble } else { a - 10 + nibble }));
    }
}

/// Appends a number in decimal, without the machinery of `format!`.
pub fn push_number(out: &mut String, number: u64) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    let mut rest = number;
    loop {
        at -= 1;
        if let Some(slot) = digits.get_mut(at) {
            *slot = b'0' + (rest % 10) as u8;
        }
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    for digit in digits.iter().skip(at) {
        out.push(char::from(*digit));
    }
}

/// Appends `"name":`, after a comma unless the object or array has just been opened.
pub fn push_name(out: &mut String, name: &str) {
    push_comma(out);
    push_string(out, name);
    out.push(':');
}

/// Appends a comma unless the object or array has just been opened.
pub fn push_comma(out: &mut String) {
    if !matches!(out.as_bytes().last(), Some(b'{' | b'[' | b':') | None) {
        out.push(',');
    }
}
