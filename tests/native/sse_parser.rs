//! The parser, against a parser that follows the standard's text word by word and cares for nothing else.

use proptest::prelude::*;
use storywire::core::sse::{Batch, Event, Parser, RECORD, Reader, TooLarge};

/// WHATWG HTML 9.2.5 and 9.2.6, literally: decode all, drop one BOM, split into lines, interpret each.
fn by_the_letter(stream: &[u8]) -> (Vec<Event>, String, Option<u64>) {
    let text = String::from_utf8_lossy(stream);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let unified = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut lines: Vec<&str> = unified.split('\n').collect();
    lines.pop(); // what stands behind the last line end is unfinished
    let (mut data, mut name, mut id_buffer) = (String::new(), String::new(), String::new());
    let (mut events, mut last_id, mut retry) = (vec![], String::new(), None);
    for line in lines {
        if line.is_empty() {
            last_id = id_buffer.clone();
            if data.is_empty() {
                name.clear();
                continue;
            }
            data.pop();
            let event = if name.is_empty() { "message".to_owned() } else { name.clone() };
            events.push(Event { name: event, data: std::mem::take(&mut data), last_event_id: last_id.clone() });
            name.clear();
        } else if !line.starts_with(':') {
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "event" => name = value.to_owned(),
                "data" => {
                    data.push_str(value);
                    data.push('\n');
                }
                "id" if !value.contains('\0') => id_buffer = value.to_owned(),
                "retry" if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                    retry = Some(value.parse().unwrap_or(u64::MAX));
                }
                _ => {}
            }
        }
    }
    (events, last_id, retry)
}

/// Feeds the chunks; the batch is handed out after each, as the page's is.
fn parse<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Event>, String, Option<u64>) {
    let mut parser = Parser::new(1 << 20, false);
    let (mut reader, mut events, mut retry) = (Reader::default(), vec![], None);
    for chunk in chunks {
        parser.feed(chunk).unwrap();
        events.extend(reader.read(&parser.take_batch()));
        retry = parser.take_retry().map(|retry| retry.0).or(retry);
    }
    (events, String::from_utf8(parser.last_event_id().to_owned()).unwrap(), retry)
}

fn any_stream() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        6 => "data: ?[a-z{}:\" é€😀]{0,12}",
        2 => "(data|event|id|retry|dat|datax| data|foo|)(:| :|: |:  |)[a-z0-9 :é\u{0}\u{feff}]{0,5}",
        2 => "event: ?[a-d]{0,3}",
        2 => "id: ?[0-9a\u{0}]{0,4}",
        2 => "retry: ?[0-9]{0,5}x?",
        1 => ":[ a-z]{0,20}",
        4 => Just(String::new()),
    ];
    let end = prop_oneof![3 => Just("\n"), 1 => Just("\r"), 1 => Just("\r\n")];
    let piece = prop_oneof![
        12 => (line, end).prop_map(|(line, end)| (line + end).into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..6),
        1 => Just(b"\xef\xbb\xbf".to_vec()),
        1 => Just(b"\xe2\x82".to_vec()),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_stream_is_read_to_the_letter(stream in any_stream()) {
        prop_assert_eq!(parse([&*stream]), by_the_letter(&stream));
    }

    /// However the network slices a stream, the same events come out.
    #[test]
    fn chunking_is_invisible(stream in any_stream(), cut in 1usize..9) {
        let expected = by_the_letter(&stream);
        prop_assert_eq!(parse(stream.chunks(cut)), expected);
    }

    #[test]
    fn any_two_cuts_are_invisible(stream in any_stream(), first: prop::sample::Index, second: prop::sample::Index) {
        let (one, two) = (first.index(stream.len() + 1), second.index(stream.len() + 1));
        let (one, two) = (one.min(two), one.max(two));
        let chunks = [&stream[..one], &stream[one..two], &stream[two..]];
        prop_assert_eq!(parse(chunks), by_the_letter(&stream));
    }

    #[test]
    fn any_bytes_are_read(stream in prop::collection::vec(any::<u8>(), 0..200), cut in 1usize..50) {
        prop_assert_eq!(parse(stream.chunks(cut)), by_the_letter(&stream));
    }

    #[test]
    fn offsets_become_utf16(texts in prop::collection::vec("[a-zé€😀\u{0}]{0,30}", 0..12)) {
        let mut text = String::new();
        let mut records = vec![];
        for part in texts.chunks(RECORD - 1) {
            for place in 0..RECORD - 1 {
                text.push_str(part.get(place).map_or("", |part| part));
                records.push(text.len() as u32);
            }
            records.push(u32::MAX); // the kind, which is no offset
        }
        let expected: Vec<u32> = records
            .iter()
            .map(|end| match *end { u32::MAX => u32::MAX, end => text[..end as usize].encode_utf16().count() as u32 })
            .collect();
        let mut batch = Batch { is_ascii: text.is_ascii(), text: text.into_bytes(), records };
        batch.to_utf16();
        prop_assert_eq!(batch.records, expected);
    }
}

fn events_of(stream: &str) -> Vec<(String, String)> {
    parse([stream.as_bytes()]).0.into_iter().map(|event| (event.name, event.data)).collect()
}

#[test]
fn the_examples_of_the_standard_hold() {
    let one = |data: &str| vec![("message".to_owned(), data.to_owned())];
    assert_eq!(events_of("data: YHOO\ndata: +2\ndata: 10\n\n"), one("YHOO\n+2\n10"));
    assert_eq!(events_of("data\n\ndata\ndata\n\ndata:"), [one(""), one("\n")].concat());
    assert_eq!(events_of("data:test\n\ndata: test\n\n"), [one("test"), one("test")].concat());
    assert_eq!(
        events_of(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n"),
        [one("first event"), one("second event"), one(" third event")].concat()
    );
}

#[test]
fn an_unfinished_event_is_dropped_and_does_not_advance_the_id() {
    let mut parser = Parser::new(1 << 20, false);
    parser.feed(b"id: 1\ndata: a\n\nid: 2\ndata: b\n").unwrap();
    assert_eq!(parser.last_event_id(), b"1");
    let mut reader = Reader::default();
    assert_eq!(reader.read(&parser.take_batch()).len(), 1);
    parser.restart();
    parser.feed(b"data: c\n\n").unwrap();
    let events = reader.read(&parser.take_batch());
    assert_eq!(events, [Event { name: "message".into(), data: "c".into(), last_event_id: "1".into() }]);
    assert_eq!(parser.last_event_id(), b"1");
}

#[test]
fn a_block_without_data_advances_the_id() {
    let mut parser = Parser::new(1 << 20, false);
    parser.feed(b"id: 7\n\n").unwrap();
    assert_eq!(parser.last_event_id(), b"7");
    assert_eq!(Reader::default().read(&parser.take_batch()), []);
}

#[test]
fn the_limit_ends_in_an_error_and_holds_for_each_field() {
    for field in ["data:", "event:", "id:", "retry:"] {
        let mut parser = Parser::new(1_000, false);
        parser.feed(field.as_bytes()).unwrap();
        let results: Vec<_> = (0..20).map(|_| parser.feed(&[b'x'; 100])).collect();
        assert_eq!(results.iter().position(|result| *result == Err(TooLarge)), Some(10), "{field}");
    }
    let mut parser = Parser::new(1_000, false);
    let many: Vec<_> = (0..60).map(|_| parser.feed(b"data: 23 bytes of one line\n")).collect();
    assert!(many.contains(&Err(TooLarge)));
}

#[test]
fn comments_and_unknown_fields_take_no_memory_however_long() {
    let mut parser = Parser::new(1_000, false);
    for start in [": ", "unknown: ", "dataset: "] {
        parser.feed(start.as_bytes()).unwrap();
        for _ in 0..1_000 {
            parser.feed(&[b'x'; 1_000]).unwrap();
        }
        parser.feed(b"\n").unwrap();
    }
    parser.feed(b"data: a\n\n").unwrap();
    assert_eq!(parser.take_batch().text, b"a");
    assert_eq!(parser.take_comments(), 1);
}

#[test]
#[allow(clippy::disallowed_methods, reason = "this one test is about real time")]
fn a_line_of_ten_megabytes_takes_linear_time() {
    let time = |len: usize| {
        let mut parser = Parser::new(16 << 20, false);
        let started = std::time::Instant::now();
        parser.feed(b"data: ").unwrap();
        for _ in 0..len / 1_400 {
            parser.feed(&[b'x'; 1_400]).unwrap();
        }
        parser.feed(b"\n\n").unwrap();
        assert_eq!(parser.take_batch().text.len(), len / 1_400 * 1_400);
        started.elapsed()
    };
    // The best of several: a machine does other things too, and its memory is slow at the first touch.
    let best = |len: usize| (0..5).map(|_| time(len)).min().unwrap();
    let (one, ten) = (best(1_000_000), best(10_000_000));
    assert!(ten < one * 60, "1 MB took {one:?}, 10 MB {ten:?}");
}

#[test]
fn an_unnamed_event_may_carry_its_type_in_its_data() {
    let name = |data: &str| {
        let mut parser = Parser::new(1 << 20, true);
        parser.feed(data.as_bytes()).unwrap();
        Reader::default().read(&parser.take_batch()).remove(0).name
    };
    assert_eq!(name("data: {\"type\": \"connected\", \"a\": 1}\n\n"), "connected");
    assert_eq!(name("data: {\"a\": {\"type\": \"inner\"}}\n\n"), "message");
    assert_eq!(name("data: {\"type\": 7}\n\n"), "message");
    assert_eq!(name("data: {\"type\": \"x\"\n\n"), "message", "no JSON");
    assert_eq!(name("event: emotion\ndata: {\"type\": \"emotion_detected\"}\n\n"), "emotion");
}

#[test]
fn more_names_than_are_numbered_are_served() {
    let mut parser = Parser::new(1 << 20, false);
    let mut reader = Reader::default();
    for round in 0..2 {
        for number in 0..200 {
            parser
                .feed(format!("event: no-data-{number}\n\nevent: name-{number}\ndata: {round}\n\n").as_bytes())
                .unwrap();
        }
        let events = reader.read(&parser.take_batch());
        assert_eq!(events.len(), 200);
        assert!(events.iter().enumerate().all(|(number, event)| event.name == format!("name-{number}")));
    }
}

#[test]
fn nothing_of_a_connection_reaches_into_the_next() {
    for unfinished in ["da", "data: half", "event: e", "id: 9\nda", ": comm", "data: a\r", "\u{feff}", "data: é"] {
        for next in ["data: c\n\n", "\u{feff}data: c\n\n"] {
            let mut parser = Parser::new(1 << 20, false);
            parser.feed(b"id: 1\ndata: a\n\n").unwrap();
            parser.feed(unfinished.as_bytes()).unwrap();
            let mut reader = Reader::default();
            reader.read(&parser.take_batch());
            parser.restart();
            parser.feed(next.as_bytes()).unwrap();
            let events = reader.read(&parser.take_batch());
            let expected = Event { name: "message".into(), data: "c".into(), last_event_id: "1".into() };
            assert_eq!(events, [expected], "{unfinished:?} {next:?}");
        }
    }
}

#[test]
fn the_limit_holds_for_a_line_that_comes_at_once() {
    for field in ["data: ", "event: ", "id: ", "retry: "] {
        let mut parser = Parser::new(1_000, false);
        let line = |length: usize| format!("{field}{}\n", "7".repeat(length));
        assert_eq!(parser.feed(line(1_000).as_bytes()), Ok(()), "{field}");
        let mut parser = Parser::new(1_000, false);
        assert_eq!(parser.feed(line(1_001).as_bytes()), Err(TooLarge), "{field}");
    }
}

#[test]
fn a_stream_that_invents_names_takes_no_memory_for_them() {
    const UNNUMBERED: u32 = 0xfffe;
    let kinds = |names: Vec<String>| {
        let mut parser = Parser::new(1 << 20, false);
        for name in names {
            parser.feed(format!("event: {name}\ndata: x\n\n").as_bytes()).unwrap();
        }
        let batch = parser.take_batch();
        let kinds: Vec<u32> = batch.records.chunks(RECORD).map(|record| record[RECORD - 1] & 0xffff).collect();
        kinds
    };
    let many = kinds((0..200).map(|number| format!("name-{number}")).collect());
    assert_eq!(many.iter().filter(|kind| **kind != UNNUMBERED).count(), 63, "and message");
    assert_eq!(kinds(vec!["n".repeat(64), "n".repeat(65)]), [1, UNNUMBERED]);
}

#[test]
fn an_empty_type_is_no_name() {
    let mut parser = Parser::new(1 << 20, true);
    parser.feed(b"data: {\"type\":\"\"}\n\ndata: {\"type\":5}\n\ndata: {\"type\":\"a\"}\n\n").unwrap();
    let names: Vec<String> = Reader::default().read(&parser.take_batch()).into_iter().map(|event| event.name).collect();
    assert_eq!(names, ["message", "message", "a"]);
}
