//! Reads JSON as spans of its text: finds values, never builds a tree, never parses a number.
//!
//! A message is checked once, whole, when it comes in ([`Json::parse`]); after that, walking it is skipping over text that
//! is known to be JSON. A payload that goes on to the page stays the text it was, so no digit of a number is lost.

use std::borrow::Cow;

/// The deepest nesting that is accepted; what is deeper is refused as malformed.
const DEPTH_LIMIT: u32 = 128;

/// One JSON value: the exact text of it, without surrounding white space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Json<'a>(&'a str);

/// What a value is, as its first character says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number, as text.
    Number,
    /// A string, with its quotes and escapes.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl<'a> Json<'a> {
    /// `null`.
    pub const NULL: Json<'static> = Json("null");

    /// Accepts `text` if it is one JSON value (RFC 8259) nested at most 128 deep, white space around it allowed.
    pub fn parse(text: &'a str) -> Option<Json<'a>> {
        let bytes = text.as_bytes();
        let start = skip_space(bytes, 0);
        let end = check_value(bytes, start, 0)?;
        if skip_space(bytes, end) != bytes.len() {
            return None;
        }
        text.get(start..end).map(Json)
    }

    /// Accepts `text` as [`Json::parse`] does, if it is an array of `N` items or more; gives those. One walk where checking and
    /// then looking for the items would be two.
    pub fn parse_items<const N: usize>(text: &'a str) -> Option<[Json<'a>; N]> {
        let mut found = [Json::NULL; N];
        Json::parse_items_into(text, &mut found)?;
        Some(found)
    }

    #[cfg_attr(speed, optimize(speed))]
    fn parse_items_into(text: &'a str, found: &mut [Json<'a>]) -> Option<()> {
        let bytes = text.as_bytes();
        let mut at = skip_space(bytes, check_word(bytes, skip_space(bytes, 0), b"[")?);
        let mut slots = found.iter_mut();
        loop {
            let end = check_value(bytes, at, 1)?;
            if let Some(slot) = slots.next() {
                *slot = Json(text.get(at..end)?);
            }
            at = skip_space(bytes, end);
            match bytes.get(at)? {
                b',' => at = skip_space(bytes, at + 1),
                b']' => break,
                _ => return None,
            }
        }
        (slots.next().is_none() && skip_space(bytes, at + 1) == bytes.len()).then_some(())
    }

    /// Text that has been one of these before, and was kept: it is not checked again.
    pub fn known(text: &'a str) -> Json<'a> {
        Json(text)
    }

    /// The value as it stands in the message.
    pub fn text(self) -> &'a str {
        self.0
    }

    /// What the value is.
    pub fn kind(self) -> Kind {
        match self.0.as_bytes().first() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b'"') => Kind::String,
            Some(b't' | b'f') => Kind::Bool,
            Some(b'n') | None => Kind::Null,
            Some(_) => Kind::Number,
        }
    }

    /// Whether the value is `null`.
    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// The string, unescaped; `None` if the value is not a string. A lone surrogate becomes U+FFFD.
    #[cfg_attr(speed, optimize(speed))]
    pub fn as_str(self) -> Option<Cow<'a, str>> {
        if self.kind() != Kind::String {
            return None;
        }
        let inner = self.0.get(1..self.0.len().checked_sub(1)?)?;
        // Up to there is none.
        let plain = skip_plain(inner.as_bytes(), 0);
        if inner.bytes().skip(plain).any(|byte| byte == b'\\') {
            Some(Cow::Owned(unescape(inner)))
        } else {
            Some(Cow::Borrowed(inner))
        }
    }

    /// A whole number that fits `u64`; `None` for signs, fractions, exponents and everything that is not a number.
    pub fn as_u64(self) -> Option<u64> {
        let mut number = 0u64;
        for byte in self.0.bytes() {
            if !byte.is_ascii_digit() {
                return None;
            }
            if number > u64::MAX / 10 {
                return None;
            }
            number = (number * 10).checked_add(u64::from(byte - b'0'))?;
        }
        Some(number)
    }

    /// `true` and `false`; `None` for everything else.
    pub fn as_bool(self) -> Option<bool> {
        match self.0 {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// The member named `name`, the last one if there are several (as `JSON.parse` has it); `None` if this is no object.
    pub fn get(self, name: &str) -> Option<Json<'a>> {
        self.members().filter(|(key, _)| *key == name).last().map(|(_, value)| value)
    }

    /// The members of several names in one walk, as [`Json::get`] has them.
    pub fn pick<const N: usize>(self, names: [&str; N]) -> [Option<Json<'a>>; N] {
        let mut found = [None; N];
        self.pick_into(&names, &mut found);
        found
    }

    #[inline(never)]
    #[cfg_attr(speed, optimize(speed))]
    fn pick_into(self, names: &[&str], found: &mut [Option<Json<'a>>]) {
        for (key, value) in self.members() {
            for (name, found) in names.iter().zip(found.iter_mut()) {
                if key == *name {
                    *found = Some(value);
                }
            }
        }
    }

    /// The string named `name`, if it is there and is a string.
    pub fn get_str(self, name: &str) -> Option<Cow<'a, str>> {
        self.get(name)?.as_str()
    }

    /// The members of an object in their order; nothing for any other value.
    pub fn members(self) -> Members<'a> {
        Members { text: self.0, at: if self.kind() == Kind::Object { 1 } else { self.0.len() } }
    }

    /// The items of an array in their order; nothing for any other value.
    pub fn items(self) -> Items<'a> {
        Items { text: self.0, at: if self.kind() == Kind::Array { 1 } else { self.0.len() } }
    }
}

/// See [`Json::members`].
#[derive(Clone, Debug)]
pub struct Members<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Members<'a> {
    type Item = (Cow<'a, str>, Json<'a>);

    #[cfg_attr(speed, optimize(speed))]
    fn next(&mut self) -> Option<Self::Item> {
        let (key, end) = next_value(self.text, self.at)?;
        let colon = skip_space(self.text.as_bytes(), end);
        let (value, end) = next_value(self.text, colon + 1)?;
        self.at = end;
        Some((key.as_str()?, value))
    }
}

/// See [`Json::items`].
#[derive(Clone, Debug)]
pub struct Items<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Items<'a> {
    type Item = Json<'a>;

    fn next(&mut self) -> Option<Json<'a>> {
        let (value, end) = next_value(self.text, self.at)?;
        self.at = end;
        Some(value)
    }
}

/// The next value at or after `at`, over commas and white space; `None` at the closing bracket.
#[cfg_attr(speed, optimize(speed))]
fn next_value(text: &str, at: usize) -> Option<(Json<'_>, usize)> {
    let bytes = text.as_bytes();
    let mut start = skip_space(bytes, at);
    if bytes.get(start) == Some(&b',') {
        start = skip_space(bytes, start + 1);
    }
    let end = skip_value(bytes, start);
    if end == start {
        return None;
    }
    Some((Json(text.get(start..end)?), end))
}

/// The end of the checked value that begins at `start`; `start` itself if none begins there.
#[cfg_attr(speed, optimize(speed))]
fn skip_value(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    let mut depth = 0u32;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at = skip_string(bytes, at);
                if depth == 0 {
                    return at;
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                if depth <= 1 {
                    return at + depth as usize;
                }
                depth -= 1;
            }
            b',' | b':' | b' ' | b'\n' | b'\r' | b'\t' if depth == 0 => return at,
            _ => {}
        }
        at += 1;
    }
    at
}

#[cfg_attr(speed, optimize(speed))]
fn skip_string(bytes: &[u8], start: usize) -> usize {
    let mut at = skip_plain(bytes, start + 1);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at = skip_plain(bytes, at + 2),
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Skips eight bytes at a time to where a string ends, escapes or breaks the grammar, or to the last few bytes before that:
/// messages are mostly strings, and this halves the time of all that is read.
#[cfg_attr(speed, optimize(speed))]
fn skip_plain(bytes: &[u8], mut at: usize) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    while let Some(block) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let block = u64::from_le_bytes(*block);
        let (quote, escape) = (block ^ (ONES * 0x22), block ^ (ONES * 0x5c));
        let is_zero = |block: u64| block.wrapping_sub(ONES) & !block;
        let control = block.wrapping_sub(ONES * 0x20) & !block;
        // The lowest mark is right; those above it may come of a borrow.
        let marks = (is_zero(quote) | is_zero(escape) | control) & (ONES << 7);
        if marks != 0 {
            return at + marks.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    at
}

#[cfg_attr(speed, optimize(speed))]
fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
        at += 1;
    }
    at
}

/// The end of the value that begins at `at`, or `None` where the text breaks the grammar.
#[cfg_attr(speed, optimize(speed))]
fn check_value(bytes: &[u8], at: usize, depth: u32) -> Option<usize> {
    if depth == DEPTH_LIMIT {
        return None;
    }
    match bytes.get(at)? {
        b'{' => check_list(bytes, at + 1, depth, b'}'),
        b'[' => check_list(bytes, at + 1, depth, b']'),
        b'"' => check_string(bytes, at + 1),
        b't' => check_word(bytes, at, b"true"),
        b'f' => check_word(bytes, at, b"false"),
        b'n' => check_word(bytes, at, b"null"),
        _ => check_number(bytes, at),
    }
}

/// The rest of an object or an array, from behind its opening bracket.
#[cfg_attr(speed, optimize(speed))]
fn check_list(bytes: &[u8], at: usize, depth: u32, close: u8) -> Option<usize> {
    let mut at = skip_space(bytes, at);
    if bytes.get(at) == Some(&close) {
        return Some(at + 1);
    }
    loop {
        if close == b'}' {
            at = check_word(bytes, at, b"\"")?;
            at = skip_space(bytes, check_string(bytes, at)?);
            at = skip_space(bytes, check_word(bytes, at, b":")?);
        }
        at = skip_space(bytes, check_value(bytes, at, depth + 1)?);
        match bytes.get(at)? {
            b',' => at = skip_space(bytes, at + 1),
            end if *end == close => return Some(at + 1),
            _ => return None,
        }
    }
}

#[cfg_attr(speed, optimize(speed))]
fn check_word(bytes: &[u8], at: usize, word: &[u8]) -> Option<usize> {
    bytes.get(at..)?.starts_with(word).then_some(at + word.len())
}

/// The rest of a string, from behind its opening quote.
#[cfg_attr(speed, optimize(speed))]
fn check_string(bytes: &[u8], mut at: usize) -> Option<usize> {
    at = skip_plain(bytes, at);
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => match bytes.get(at + 1)? {
                b'u' => {
                    let digits = bytes.get(at + 2..at + 6)?;
                    if !digits.iter().all(u8::is_ascii_hexdigit) {
                        return None;
                    }
                    at += 6;
                }
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => at += 2,
                _ => return None,
            },
            0..=0x1f => return None,
            _ => at += 1,
        }
    }
}

#[cfg_attr(speed, optimize(speed))]
fn check_number(bytes: &[u8], mut at: usize) -> Option<usize> {
    if bytes.get(at) == Some(&b'-') {
        at += 1;
    }
    if bytes.get(at) == Some(&b'0') {
        at += 1;
    } else {
        at = check_digits(bytes, at)?;
    }
    if bytes.get(at) == Some(&b'.') {
        at = check_digits(bytes, at + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        at += 1;
        if let Some(b'+' | b'-') = bytes.get(at) {
            at += 1;
        }
        at = check_digits(bytes, at)?;
    }
    Some(at)
}

/// One digit or more.
#[cfg_attr(speed, optimize(speed))]
fn check_digits(bytes: &[u8], at: usize) -> Option<usize> {
    let count = bytes.get(at..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (count > 0).then_some(at + count)
}

fn unescape(inner: &str) -> String {
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.bytes().position(|byte| byte == b'\\') {
        out.push_str(rest.get(..at).unwrap_or_default());
        let escape = rest.as_bytes().get(at + 1).copied().unwrap_or(b'\\');
        rest = rest.get(at + 2..).unwrap_or_default();
        match escape {
            b'b' => out.push('\u{8}'),
            b'f' => out.push('\u{c}'),
            b'n' => out.push('\n'),
            b'r' => out.push('\r'),
            b't' => out.push('\t'),
            b'u' => out.push(take_unicode(&mut rest)),
            other => out.push(char::from(other)),
        }
    }
    out.push_str(rest);
    out
}

/// The character of a `\u` escape whose digits begin `rest`, with its second half if it is a surrogate pair.
fn take_unicode(rest: &mut &str) -> char {
    let first = take_hex(rest).unwrap_or(0xfffd);
    if (0xd800..0xdc00).contains(&first)
        && let Some(mut after) = rest.strip_prefix("\\u")
        && let Some(second) = take_hex(&mut after)
        && (0xdc00..0xe000).contains(&second)
    {
        *rest = after;
        return char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)).unwrap_or('\u{fffd}');
    }
    char::from_u32(first).unwrap_or('\u{fffd}')
}

fn take_hex(rest: &mut &str) -> Option<u32> {
    let mut number = 0;
    for byte in rest.as_bytes().get(..4)? {
        number = number * 16 + char::from(*byte).to_digit(16)?;
    }
    *rest = rest.get(4..)?;
    Some(number)
}
