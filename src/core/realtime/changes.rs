//! `postgres_changes`: filters checked before they are sent, server ids matched with what was asked, rows kept exact.

use super::frame::ChangeParams;
use crate::core::WHOLE;
use crate::core::base::json_write::{push_name, push_string};
use crate::core::base::{Json, Kind, cut, join, same};

/// What a filter can compare with (Realtime, "Available filters").
const OPERATORS: [&str; 13] =
    ["eq", "neq", "lt", "lte", "gt", "gte", "in", "like", "ilike", "is", "match", "imatch", "isdistinct"];
/// The most values of an `in` filter.
const IN_LIMIT: usize = 100;

/// Whether the server will take `filter`: `column=[not.]operator.value`. One that it does not take would end every
/// `postgres_changes` of its channel, so it is refused here.
pub fn is_filter(filter: &str) -> bool {
    let Some((column, rest)) = cut(filter, b'=') else { return false };
    let rest = rest.strip_prefix("not.").unwrap_or(rest);
    let Some((operator, value)) = cut(rest, b'.') else { return false };
    if operator == "in" {
        let list = value.strip_prefix('(').and_then(|value| value.strip_suffix(')'));
        return !column.is_empty()
            && list.is_some_and(|list| !list.is_empty() && split_outside(list, b',').len() <= IN_LIMIT);
    }
    !column.is_empty() && OPERATORS.contains(&operator)
}

/// The pieces of `text` between separators that are in no quotes and no brackets.
pub(crate) fn split_outside(text: &str, separator: u8) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut depth, mut quoted, mut escaped) = (0, 0i32, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'(' => depth += 1,
            b')' => depth -= 1,
            byte if byte == separator && depth == 0 => {
                pieces.extend(text.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    pieces.extend(text.get(start..));
    pieces
}

/// `value` as it must stand in a filter: in quotes where it holds `, ( ) " \` or a space at an edge (PostgREST, "Reserved
/// characters"), or a brace, since Realtime makes an array literal of a list.
pub fn quote_value(value: &str) -> String {
    let plain = !value.bytes().any(|byte| matches!(byte, b',' | b'(' | b')' | b'{' | b'}' | b'"' | b'\\'))
        && value.trim_ascii() == value
        && !value.is_empty();
    if plain {
        return value.to_owned();
    }
    let mut out = String::from("\"");
    for character in value.chars() {
        if matches!(character, '"' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
    out.push('"');
    out
}

/// A filter as Realtime takes it, from one as PostgREST takes it: the value in quotes where it must be.
pub(crate) fn quoted(filter: &str) -> String {
    let (before, value) = split_value(filter);
    join(&[before, &if value.is_empty() { String::new() } else { quote_value(value) }])
}

/// The other way: PostgREST takes a value as it stands.
pub(crate) fn unquoted(filter: &str) -> String {
    let (before, value) = split_value(filter);
    let Some(inner) = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')) else {
        return filter.to_owned();
    };
    let mut out = before.to_owned();
    let mut escaped = false;
    for character in inner.chars() {
        escaped = character == '\\' && !escaped;
        if !escaped {
            out.push(character);
        }
    }
    out
}

/// What stands before the value of a filter, and the value: nothing where it is a list, which both take in the same form.
fn split_value(filter: &str) -> (&str, &str) {
    let mut rest = cut(filter, b'=').map_or("", |(_, rest)| rest);
    if WHOLE {
        rest = rest.strip_prefix("not.").unwrap_or(rest);
    }
    let value = cut(rest, b'.').map_or("", |(operator, value)| if WHOLE && operator == "in" { "" } else { value });
    (filter.get(..filter.len() - value.len()).unwrap_or_default(), value)
}

/// The server's ids for what a join asked: `ids[n]` belongs to the n-th entry. `None` if the answer does not match.
pub(crate) fn match_ids(asked: &[ChangeParams], response: Json<'_>) -> Option<Vec<u64>> {
    let Some(list) = response.get("postgres_changes") else {
        return asked.is_empty().then(Vec::new);
    };
    let mut ids = Vec::with_capacity(asked.len());
    for (item, params) in list.items().zip(asked) {
        let same = |name, wanted: Option<&str>| item.get_str(name).as_deref() == wanted;
        if WHOLE && (!same("event", Some(&params.event)) || !same("schema", Some(&params.schema))) {
            return None;
        }
        if !same("table", params.table.as_deref()) || !same("filter", params.filter.as_deref()) {
            return None;
        }
        ids.push(item.get("id")?.as_u64()?);
    }
    (ids.len() == asked.len() && list.items().count() == asked.len()).then_some(ids)
}

/// The `data` of a change with every `int8` and `numeric` of its rows as a string, so that `JSON.parse` loses no digit.
pub(crate) fn exact(data: Json<'_>) -> String {
    let wide: Vec<_> = data
        .get("columns")
        .into_iter()
        .flat_map(Json::items)
        .filter(|column| matches!(column.get_str("type").as_deref(), Some("int8" | "numeric")))
        .filter_map(|column| column.get_str("name"))
        .collect();
    let mut out = String::with_capacity(data.text().len() + 16);
    out.push('{');
    for (name, value) in data.members() {
        push_name(&mut out, &name);
        if matches!(&*name, "record" | "old_record") && value.kind() == Kind::Object {
            out.push('{');
            for (column, value) in value.members() {
                push_name(&mut out, &column);
                if value.kind() == Kind::Number && wide.contains(&column) {
                    push_string(&mut out, value.text());
                } else {
                    out.push_str(value.text());
                }
            }
            out.push('}');
        } else {
            out.push_str(value.text());
        }
    }
    out.push('}');
    out
}

/// What a join asked and under which ids the server will speak of it.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) params: Vec<ChangeParams>,
    pub(crate) ids: Vec<u64>,
    /// It is one list of values, each for another channel.
    pub(crate) is_list: bool,
}

impl Asked {
    /// The place of an entry, if it was asked for.
    pub(crate) fn place_of(&self, params: &ChangeParams) -> Option<usize> {
        if self.is_list {
            return Some(0);
        }
        self.params.iter().position(|asked| is_same(asked, params))
    }
}

/// Whether two entries ask for the same. Those of stories differ in their filter alone.
pub(crate) fn is_same(one: &ChangeParams, other: &ChangeParams) -> bool {
    let same_filter = match (&one.filter, &other.filter) {
        (Some(one), Some(other)) => same(one, other),
        (one, other) => one.is_none() && other.is_none(),
    };
    same_filter && (!WHOLE || one == other)
}
