//! Reads the timestamps that Postgres, PostgREST and Realtime write.

/// Microseconds since the Unix epoch, as read from ISO 8601 text. Orders versions of a row; 0 is "unknown" and the oldest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// Reads `YYYY-MM-DD` `T` or space `HH:MM[:SS[.fraction]]` and `Z`, `±HH`, `±HHMM`, `±HH:MM` or nothing (UTC).
    ///
    /// The fraction counts to the microsecond, as in Postgres; what is finer is cut. Years before 1970 and anything else
    /// give `None`.
    pub fn parse(text: &str) -> Option<Timestamp> {
        let mut rest = text.as_bytes();
        let year = digits(&mut rest, 4)?;
        byte(&mut rest, b"-")?;
        let month = digits(&mut rest, 2)?;
        byte(&mut rest, b"-")?;
        let day = digits(&mut rest, 2)?;
        byte(&mut rest, b"Tt ")?;
        let hour = digits(&mut rest, 2)?;
        byte(&mut rest, b":")?;
        let minute = digits(&mut rest, 2)?;
        let second = if byte(&mut rest, b":").is_some() { digits(&mut rest, 2)? } else { 0 };
        let micros = if byte(&mut rest, b".,").is_some() { fraction(&mut rest)? } else { 0 };
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 24 || minute > 59 || second > 60 {
            return None;
        }
        let offset = offset_minutes(&mut rest)?;
        if !rest.is_empty() {
            return None;
        }
        let minutes = days_since_epoch(year, month, day)? * 1440 + hour * 60 + minute - offset;
        let micros = (minutes * 60 + second) * 1_000_000 + micros;
        u64::try_from(micros).ok().map(Timestamp)
    }
}

/// Takes a byte, if it is one of these few.
fn byte(rest: &mut &[u8], any_of: &[u8]) -> Option<u8> {
    let (first, tail) = rest.split_first()?;
    // Not `contains`, which calls a search made for long texts.
    any_of.iter().find(|one| *one == first)?;
    *rest = tail;
    Some(*first)
}

fn digit(rest: &mut &[u8]) -> Option<i64> {
    let (first, tail) = rest.split_first()?;
    let value = first.wrapping_sub(b'0');
    if value > 9 {
        return None;
    }
    *rest = tail;
    Some(i64::from(value))
}

fn digits(rest: &mut &[u8], count: u32) -> Option<i64> {
    let mut number = 0;
    for _ in 0..count {
        number = number * 10 + digit(rest)?;
    }
    Some(number)
}

/// One digit or more, as microseconds.
fn fraction(rest: &mut &[u8]) -> Option<i64> {
    let mut micros = digits(rest, 1)? * 100_000;
    let mut unit = 10_000;
    while let Some(digit) = digit(rest) {
        micros += digit * unit;
        unit /= 10;
    }
    Some(micros)
}

fn offset_minutes(rest: &mut &[u8]) -> Option<i64> {
    if rest.is_empty() || byte(rest, b"Zz").is_some() {
        return Some(0);
    }
    let sign = if byte(rest, b"+-")? == b'-' { -1 } else { 1 };
    let hours = digits(rest, 2)?;
    byte(rest, b":");
    let minutes = if rest.is_empty() { 0 } else { digits(rest, 2)? };
    Some(sign * (hours * 60 + minutes))
}

/// Howard Hinnant's `days_from_civil`, for years from 1970 on.
fn days_since_epoch(year: i64, month: i64, day: i64) -> Option<i64> {
    if year < 1970 {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year / 400;
    let year_of_era = year % 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}
