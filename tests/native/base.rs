//! The base: reading and writing JSON, timestamps, backoff.

use proptest::prelude::*;
use storywire::core::base::json_write::{push_number, push_string};
use storywire::core::base::{Backoff, Json, Kind, Millis, Rng, Timestamp};

/// Random JSON documents, as serde_json builds them.
fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(|number| serde_json::json!(number)),
        any::<String>().prop_map(Into::into),
        "[a-z{}\\[\\],:\"\\\\ ]{0,8}".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::vec(("[a-c\"\\\\é]{0,3}", inner), 0..6)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Rebuilds a tree from spans, so that it can be compared with serde_json's.
fn rebuild(json: Json<'_>) -> serde_json::Value {
    match json.kind() {
        Kind::Object => json.members().map(|(key, value)| (key.into_owned(), rebuild(value))).collect(),
        Kind::Array => json.items().map(rebuild).collect(),
        Kind::String => json.as_str().unwrap().into_owned().into(),
        Kind::Null | Kind::Bool | Kind::Number => serde_json::from_str(json.text()).unwrap(),
    }
}

proptest! {
    #[test]
    fn a_document_is_read_as_serde_json_reads_it(value in any_json(), pretty: bool) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        let json = Json::parse(&text).expect("serde_json wrote it");
        prop_assert_eq!(rebuild(json), value);
    }

    /// Cutting, doubling or changing a byte gives a document that both refuse or both accept.
    #[test]
    fn a_damaged_document_is_accepted_by_both_or_by_neither(
        value in any_json(), at in any::<prop::sample::Index>(), byte in "[\\x00-\\x7f]", cut: bool
    ) {
        let mut text = serde_json::to_string(&value).unwrap();
        let at = (0..=at.index(text.len() + 1)).rev().find(|at| text.is_char_boundary(*at)).unwrap();
        if cut { text.truncate(at) } else { text.insert_str(at, &byte) }
        let theirs = serde_json::from_str::<Box<serde_json::value::RawValue>>(&text).is_ok();
        prop_assert_eq!(Json::parse(&text).is_some(), theirs, "{}", text);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[\\[\\]{}\",:\\\\u0-9a-fntr .eE+-]{0,40}") {
        if let Some(json) = Json::parse(&text) {
            let _ = rebuild_total(json);
        }
    }

    #[test]
    fn a_written_string_is_read_back(text: String) {
        let mut out = String::new();
        push_string(&mut out, &text);
        prop_assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text.clone());
        prop_assert_eq!(Json::parse(&out).unwrap().as_str().unwrap(), text);
    }

    #[test]
    fn a_written_number_is_its_decimal(number: u64) {
        let mut out = String::new();
        push_number(&mut out, number);
        prop_assert_eq!(out, number.to_string());
    }

    #[test]
    fn a_product_is_that_of_128_bits_or_the_largest_number(one: u64, other: u64, shift in 0u32..64) {
        for other in [other, other >> shift, 0] {
            let exact = u128::from(one) * u128::from(other);
            prop_assert_eq!(Millis(one).times(other), Millis(u64::try_from(exact).unwrap_or(u64::MAX)));
        }
    }

    #[test]
    fn a_delay_stays_under_the_ceiling(seed: u64, base in 1u64..5_000, cap in 1u64..120_000, attempts in 0usize..80) {
        let mut rng = Rng(seed);
        let mut backoff = Backoff::new(Millis(base), Millis(cap));
        for attempt in 0..attempts {
            let expected = (u128::from(base) << (attempt as u32).min(64)).min(u128::from(cap)) as u64;
            let expected = if attempt > 32 { cap } else { expected };
            prop_assert_eq!(backoff.ceiling(), Millis(expected));
            prop_assert!(backoff.next_delay(&mut rng) <= Millis(expected));
        }
    }
}

/// Walks everything without trusting anything.
fn rebuild_total(json: Json<'_>) -> usize {
    let _ = (json.as_str(), json.as_u64(), json.as_bool());
    json.members().map(|(_, value)| rebuild_total(value)).sum::<usize>()
        + json.items().map(rebuild_total).sum::<usize>()
        + 1
}

#[test]
fn the_delays_use_the_whole_span() {
    let mut rng = Rng(7);
    let delays: Vec<u64> =
        (0..200).map(|_| Backoff::new(Millis(1_000), Millis(30_000)).next_delay(&mut rng).0).collect();
    assert!(delays.iter().any(|delay| *delay < 100) && delays.iter().any(|delay| *delay > 900), "{delays:?}");
}

#[test]
fn a_reset_forgets_failures() {
    let mut backoff = Backoff::new(Millis(1_000), Millis(30_000));
    let mut rng = Rng(1);
    for _ in 0..9 {
        backoff.next_delay(&mut rng);
    }
    assert_eq!(backoff.ceiling(), Millis(30_000));
    backoff.reset();
    assert_eq!((backoff.ceiling(), backoff.attempts()), (Millis(1_000), 0));
}

#[test]
fn the_last_of_equal_names_counts() {
    let json = Json::parse(r#"{"a":1,"b":2,"a":3}"#).unwrap();
    assert_eq!(json.get("a").unwrap().text(), "3");
    assert_eq!(json.get("c"), None);
}

#[test]
fn nesting_is_bounded() {
    let deep = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(Json::parse(&deep(128)).is_some());
    assert!(Json::parse(&deep(129)).is_none());
    assert!(Json::parse(&"[".repeat(1_000_000)).is_none());
}

#[test]
fn escapes_become_characters() {
    let text = r#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\ud83d!""#;
    assert_eq!(Json::parse(text).unwrap().as_str().unwrap(), "\"\\/\u{8}\u{c}\n\r\té😀\u{fffd}!");
}

#[test]
fn whole_numbers_are_exact_or_nothing() {
    let read = |text| Json::parse(text).unwrap().as_u64();
    assert_eq!(read("18446744073709551615"), Some(u64::MAX));
    for text in ["18446744073709551616", "-1", "1.0", "1e3", "\"1\"", "null"] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn timestamps_of_postgres_postgrest_and_realtime_are_read() {
    let read = |text| Timestamp::parse(text).map(|stamp| stamp.0);
    assert_eq!(read("1970-01-01T00:00:00Z"), Some(0));
    assert_eq!(read("2026-11-22T23:25:50.123456+00:00"), Some(1_795_389_950_123_456));
    assert_eq!(read("2026-11-22 23:25:50.123456+00"), Some(1_795_389_950_123_456));
    assert_eq!(read("2026-11-22T23:25:50.1234567Z"), Some(1_795_389_950_123_456));
    assert_eq!(read("2026-11-23T01:25:50.123456+0200"), Some(1_795_389_950_123_456));
    assert_eq!(read("2026-11-22T23:25"), Some(1_795_389_900_000_000));
    assert_eq!(read("2024-02-29T12:00:00.5-05:30"), Some(1_709_227_800_500_000));
    for bad in [
        "",
        "now",
        "2026-13-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "2026-11-22",
        "2026-11-22T23:25:50Zx",
        "2026-11-22T23:25:50.",
    ] {
        assert_eq!(read(bad), None, "{bad}");
    }
}
