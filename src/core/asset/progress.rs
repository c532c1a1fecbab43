//! Reads progress, without floating point.

use crate::core::base::Json;

/// Whole percent, 0 to 100, from a number or a string such as `42`, `42.7` (cut) or `"42 %"`.
///
/// Everything else is unknown: signs, exponents, `NaN`, words, more than 100. A wrong number would look like a right one.
pub fn percent(value: Json<'_>) -> Option<u8> {
    let unescaped = value.as_str();
    let text = unescaped.as_deref().unwrap_or(value.text()).trim_ascii();
    let text = text.strip_suffix('%').unwrap_or(text).trim_ascii_end();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty() || whole.len() > 3 || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = whole.bytes().fold(0u16, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    u8::try_from(number).ok().filter(|number| *number <= 100)
}
