//! Row filters: `column=[not.]operator.value`, the language that PostgREST and Realtime share.

use std::cmp::Ordering;

use regex_lite::{Regex, RegexBuilder};
use serde_json::Value;

use crate::db::{Column, Kind, PgError, Row, compare, parse_text, text_of};

/// At most this many values stand in an `in` filter of Realtime.
pub const IN_VALUES: usize = 100;

/// One comparison of one column, ready to be applied.
#[derive(Debug)]
pub struct Filter {
    column: &'static str,
    kind: Kind,
    negate: bool,
    test: Test,
}

#[derive(Debug)]
enum Test {
    Eq(Value),
    Neq(Value),
    Lt(Value),
    Lte(Value),
    Gt(Value),
    Gte(Value),
    In(Vec<Value>),
    /// `like`, `ilike`, `match` and `imatch`, all as regular expressions.
    Pattern(Regex),
    /// `is.null`, `is.true`, `is.false`, `is.unknown`.
    Is(Value),
    IsDistinct(Value),
}

/// The operators that Realtime knows.
pub const OPERATORS: [&str; 13] =
    ["eq", "neq", "lt", "lte", "gt", "gte", "in", "like", "ilike", "is", "match", "imatch", "isdistinct"];

impl Filter {
    /// Builds the comparison of `column` from its parts; the operand is parsed as the column's type.
    pub fn new(column: &Column, negate: bool, operator: &str, operand: &str) -> Result<Self, PgError> {
        let value = |text: &str| parse_text(column.kind, text);
        let test = match operator {
            "eq" => Test::Eq(value(operand)?),
            "neq" => Test::Neq(value(operand)?),
            "lt" => Test::Lt(value(operand)?),
            "lte" => Test::Lte(value(operand)?),
            "gt" => Test::Gt(value(operand)?),
            "gte" => Test::Gte(value(operand)?),
            "isdistinct" if operand.eq_ignore_ascii_case("null") => Test::IsDistinct(Value::Null),
            "isdistinct" => Test::IsDistinct(value(operand)?),
            "in" => {
                let inner = operand.trim_start_matches('(').trim_end_matches(')');
                let items = split_list(inner).iter().map(|item| value(&unquote(item))).collect::<Result<_, _>>()?;
                Test::In(items)
            }
            "like" => Test::Pattern(like(operand, false)?),
            "ilike" => Test::Pattern(like(operand, true)?),
            "match" => Test::Pattern(pattern(operand, false)?),
            "imatch" => Test::Pattern(pattern(operand, true)?),
            "is" => Test::Is(match operand.to_ascii_lowercase().as_str() {
                "null" | "unknown" => Value::Null,
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                _ => return Err(PgError::bad("PGRST100", format!("\"failed to parse filter (is.{operand})\""))),
            }),
            _ => {
                return Err(PgError::bad("PGRST100", format!("\"failed to parse filter ({operator}.{operand})\""))
                    .details(format!("unexpected \"{operator}\" expecting \"not\" or operator (eq, gt, ...)")));
            }
        };
        Ok(Self { column: column.name, kind: column.kind, negate, test })
    }

    /// Whether SQL would keep `row`: a comparison with null is neither true nor false, and drops it either way.
    pub fn matches(&self, row: &Row) -> bool {
        let value = row.get(self.column).unwrap_or(&Value::Null);
        self.verdict(value).is_some_and(|verdict| verdict != self.negate)
    }

    fn verdict(&self, value: &Value) -> Option<bool> {
        let ordering = |other: &Value| compare(self.kind, value, other);
        match &self.test {
            Test::Eq(other) => ordering(other).map(Ordering::is_eq),
            Test::Neq(other) => ordering(other).map(Ordering::is_ne),
            Test::Lt(other) => ordering(other).map(Ordering::is_lt),
            Test::Lte(other) => ordering(other).map(Ordering::is_le),
            Test::Gt(other) => ordering(other).map(Ordering::is_gt),
            Test::Gte(other) => ordering(other).map(Ordering::is_ge),
            Test::In(others) => {
                if value.is_null() {
                    return None;
                }
                Some(others.iter().any(|other| ordering(other).is_some_and(Ordering::is_eq)))
            }
            Test::Pattern(regex) => (!value.is_null()).then(|| regex.is_match(&text_of(value))),
            Test::Is(other) => Some(value == other),
            Test::IsDistinct(other) => match (value.is_null(), other.is_null()) {
                (true, true) => Some(false),
                (true, false) | (false, true) => Some(true),
                (false, false) => ordering(other).map(Ordering::is_ne),
            },
        }
    }
}

/// Splits `a,b` at commas that stand neither in quotes nor in parentheses.
pub fn split_list(text: &str) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    let mut items = vec![String::new()];
    let (mut depth, mut quoted, mut escaped, mut before) = (0_u32, false, false, ',');
    for char in text.chars() {
        let at_border = char == ',' && depth == 0 && !quoted;
        if at_border {
            items.push(String::new());
        } else if let Some(item) = items.last_mut() {
            item.push(char);
        }
        match char {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' if quoted => quoted = false,
            '"' if matches!(before, ',' | '(' | '.') => quoted = true,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        before = char;
    }
    items
}

/// `"a \"b\""` as `a "b"`; what is not quoted stays as it is.
pub fn unquote(text: &str) -> String {
    let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return text.to_owned() };
    let mut plain = String::with_capacity(inner.len());
    let mut escaped = false;
    for char in inner.chars() {
        if char == '\\' && !escaped {
            escaped = true;
        } else {
            plain.push(char);
            escaped = false;
        }
    }
    plain
}

/// `%` and `_` as a regular expression. PostgREST's `*` is a `%` too.
fn like(operand: &str, ignore_case: bool) -> Result<Regex, PgError> {
    let mut expression = String::from("^(?s)");
    for char in operand.chars() {
        match char {
            '%' | '*' => expression.push_str(".*"),
            '_' => expression.push('.'),
            char => expression.push_str(&regex_lite::escape(char.encode_utf8(&mut [0; 4]))),
        }
    }
    expression.push('$');
    pattern(&expression, ignore_case)
}

fn pattern(expression: &str, ignore_case: bool) -> Result<Regex, PgError> {
    RegexBuilder::new(expression)
        .case_insensitive(ignore_case)
        .build()
        .map_err(|_| PgError::bad("2201B", "invalid regular expression: brackets [] not balanced"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn keeps(kind: Kind, filter: &str, value: Value) -> bool {
        let (negate, filter) = filter.strip_prefix("not.").map_or((false, filter), |rest| (true, rest));
        let (operator, operand) = filter.split_once('.').unwrap();
        let column = Column::new("x", kind);
        let row: Row = [("x".to_owned(), value)].into_iter().collect();
        Filter::new(&column, negate, operator, operand).unwrap().matches(&row)
    }

    #[test]
    fn every_operator_decides_as_sql_does() {
        assert!(keeps(Kind::Int4, "eq.1", json!(1)) && !keeps(Kind::Int4, "eq.1", json!(2)));
        assert!(keeps(Kind::Int4, "neq.1", json!(2)) && !keeps(Kind::Int4, "neq.1", json!(null)));
        assert!(keeps(Kind::Int4, "lt.2", json!(1)) && keeps(Kind::Int4, "lte.2", json!(2)));
        assert!(keeps(Kind::Int4, "gt.9", json!(10)) && keeps(Kind::Int4, "gte.10", json!(10)));
        assert!(keeps(Kind::Text, r#"in.(a,"b,c")"#, json!("b,c")) && !keeps(Kind::Text, "in.(a)", json!("b")));
        assert!(keeps(Kind::Text, "like.O%", json!("One")) && !keeps(Kind::Text, "like.o%", json!("One")));
        assert!(keeps(Kind::Text, "ilike.o_e", json!("One")));
        assert!(keeps(Kind::Text, "match.^On", json!("One")) && keeps(Kind::Text, "imatch.^on", json!("One")));
        assert!(keeps(Kind::Bool, "is.true", json!(true)) && keeps(Kind::Text, "is.null", json!(null)));
        assert!(keeps(Kind::Int4, "isdistinct.1", json!(null)) && !keeps(Kind::Int4, "isdistinct.1", json!(1)));
    }

    #[test]
    fn not_turns_true_and_false_around_and_leaves_null_out() {
        assert!(keeps(Kind::Int4, "not.eq.1", json!(2)));
        assert!(!keeps(Kind::Int4, "not.eq.1", json!(null)));
        assert!(keeps(Kind::Text, "not.is.null", json!("a")));
    }
}
