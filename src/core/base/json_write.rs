//! Writes JSON into a `String`, piece by piece.

/// Appends `text` as a JSON string (RFC 8259, section 7), escaping only what must be.
pub fn push_string(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => {
                out.push_str("\\u00");
                for nibble in [control as u8 >> 4, control as u8 & 15] {
                    out.push(char::from(if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }));
                }
            }
            other => out.push(other),
        }
    }
    out.push('"');
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
