//! Reads progress, without floating point.

use crate::core::base::Json;

/// Whole percent, 0 to 100, from a number or a string such as `42`, `42.7` (cut) or `"42 %"`.
///
/// Everything else is unknown: signs, exponents, `NaN`, words, more than 100. A wrong number would look like a right one.
pub fn percent(value: Json<'_>) -> Option<u8> {
    let unescaped = value.as_str();
    let text = unescaped.as_deref().unwrap_or(value.text()).trim_ascii();
    let text = text.strip_suffix('%').unwrap_or(text).trim_ascii_end();
    let dot = text.bytes().position(|byte| byte == b'.').unwrap_or(text.len());
    let fraction = text.bytes().skip(dot + 1);
    if !{ fraction }.all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = Json::parse(text.get(..dot)?)?.as_u64()?;
    u8::try_from(number).ok().filter(|number| *number <= 100)
}
