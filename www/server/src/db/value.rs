//! Values of a column's type: from a request's JSON, from a filter's text, and compared as SQL compares.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::error::PgError;
use super::rows::timestamptz;
use super::table::Kind;

/// Turns the JSON of a request body into what the column stores.
pub fn store(kind: Kind, value: Value) -> Result<Value, PgError> {
    match (kind, value) {
        (_, Value::Null) => Ok(Value::Null),
        (Kind::Jsonb, value) => Ok(value),
        (Kind::TextArray, Value::Array(items)) => Ok(items
            .into_iter()
            .map(|item| if item.is_null() { item } else { Value::String(text_of(&item)) })
            .collect()),
        (Kind::Bool, Value::Bool(value)) => Ok(Value::Bool(value)),
        (Kind::Numeric | Kind::Float8, Value::Number(number)) => Ok(Value::Number(number)),
        (kind, value) => parse_text(kind, &text_of(&value)),
    }
}

/// Parses the text of a filter's operand, or of a value that came as a string.
pub fn parse_text(kind: Kind, text: &str) -> Result<Value, PgError> {
    let invalid = || PgError::invalid_text(kind.sql_name(), text);
    match kind {
        Kind::Text => Ok(Value::String(text.to_owned())),
        Kind::Uuid => uuid::Uuid::parse_str(text).map(|id| Value::String(id.to_string())).map_err(|_| invalid()),
        Kind::Int8 => text.trim().parse::<i64>().map(|number| json!(number)).map_err(|_| invalid()),
        Kind::Int4 => text.trim().parse::<i32>().map(|number| json!(number)).map_err(|_| invalid()),
        Kind::Numeric | Kind::Float8 => {
            let number = text.trim().parse::<f64>().map_err(|_| invalid())?;
            if !text.contains(['.', 'e', 'E']) && number.abs() < 9e15 {
                return Ok(json!(number as i64));
            }
            Ok(json!(number))
        }
        Kind::Bool => match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "on" | "1" => Ok(Value::Bool(true)),
            "false" | "f" | "no" | "off" | "0" => Ok(Value::Bool(false)),
            _ => Err(invalid()),
        },
        Kind::Jsonb => serde_json::from_str(text).map_err(|_| {
            PgError::bad("22P02", "invalid input syntax for type json").details(format!("Token \"{text}\" is invalid."))
        }),
        Kind::TextArray => {
            array_literal(text).ok_or_else(|| PgError::bad("22P02", format!("malformed array literal: \"{text}\"")))
        }
        Kind::Timestamptz => match text {
            "infinity" | "-infinity" => Ok(Value::String(text.to_owned())),
            "now" => Ok(Value::String(timestamptz(Timestamp::now()))),
            _ => moment(text).map(|at| Value::String(timestamptz(at))).ok_or_else(|| {
                PgError::bad("22007", format!("invalid input syntax for type timestamp with time zone: \"{text}\""))
            }),
        },
    }
}

/// Compares two stored values of one column; `None` when SQL would say null.
pub fn compare(kind: Kind, left: &Value, right: &Value) -> Option<Ordering> {
    if left.is_null() || right.is_null() {
        return None;
    }
    match kind {
        Kind::Int8 | Kind::Int4 => Some(left.as_i64()?.cmp(&right.as_i64()?)),
        Kind::Numeric | Kind::Float8 => left.as_f64()?.partial_cmp(&right.as_f64()?),
        Kind::Bool => Some(left.as_bool()?.cmp(&right.as_bool()?)),
        Kind::Timestamptz => Some(rank(left.as_str()?).cmp(&rank(right.as_str()?))),
        Kind::Text | Kind::Uuid => Some(left.as_str()?.cmp(right.as_str()?)),
        Kind::Jsonb | Kind::TextArray => {
            if left == right {
                Some(Ordering::Equal)
            } else {
                Some(left.to_string().cmp(&right.to_string()))
            }
        }
    }
}

/// The text of a value, as `like` and `match` see it.
pub fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A day alone is midnight, UTC; a moment without an offset is UTC too, as in a database whose zone is UTC.
fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let tried = [text.to_owned(), format!("{text}Z"), format!("{text}:00"), format!("{text}T00:00:00Z")];
    tried.iter().find_map(|text| text.parse().ok())
}

/// Orders the two infinities around every moment.
fn rank(text: &str) -> (i8, Option<Timestamp>) {
    match text {
        "-infinity" => (-1, None),
        "infinity" => (1, None),
        _ => (0, moment(text)),
    }
}

/// `{a,"b c",NULL}`, one dimension.
fn array_literal(text: &str) -> Option<Value> {
    let inner = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    let mut items = Vec::new();
    for item in crate::filter::split_list(inner) {
        let quoted = item.starts_with('"');
        let item = crate::filter::unquote(&item);
        items.push(if !quoted && item.eq_ignore_ascii_case("null") { Value::Null } else { Value::String(item) });
    }
    Some(Value::Array(items))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_type_or_are_refused_with_postgres_words() {
        assert_eq!(store(Kind::Int8, json!("9007199254740993")).unwrap(), json!(9_007_199_254_740_993_i64));
        assert_eq!(parse_text(Kind::Int8, "abc").unwrap_err().message, "invalid input syntax for type bigint: \"abc\"");
        assert_eq!(parse_text(Kind::Uuid, "x").unwrap_err().code, "22P02");
        assert_eq!(parse_text(Kind::TextArray, r#"{a,"b, c"}"#).unwrap(), json!(["a", "b, c"]));
    }

    #[test]
    fn moments_compare_as_moments_whatever_their_offset() {
        let noon = parse_text(Kind::Timestamptz, "2026-01-01T12:00:00+00:00").unwrap();
        let same = parse_text(Kind::Timestamptz, "2026-01-01T13:00:00+01:00").unwrap();
        let day = parse_text(Kind::Timestamptz, "2026-01-01").unwrap();
        assert_eq!(compare(Kind::Timestamptz, &noon, &same), Some(Ordering::Equal));
        assert_eq!(compare(Kind::Timestamptz, &day, &noon), Some(Ordering::Less));
        assert_eq!(compare(Kind::Timestamptz, &json!("infinity"), &noon), Some(Ordering::Greater));
    }
}
