//! The wire: what is read is what serde_json reads, what is written is read back, and nothing makes the reader panic.

use proptest::prelude::*;
use serde_json::{Value, json};
use storywire::core::base::Json;
use storywire::core::realtime::frame::{
    BroadcastPayload, ChangeParams, ChannelOptions, Incoming, Message, Outgoing, PLAIN_OPTIONS, Version, decode_binary,
    decode_text, encode_bytes, encode_text, join_parameters, topic_of,
};

const VERSIONS: [Version; 2] = [Version::V1, Version::V2];

/// What the server sends, in both versions.
fn written(version: Version, join_ref: &Value, reference: &Value, topic: &str, event: &str, payload: &Value) -> String {
    match version {
        Version::V2 => json!([join_ref, reference, topic, event, payload]).to_string(),
        Version::V1 => {
            json!({"join_ref": join_ref, "ref": reference, "topic": topic, "event": event, "payload": payload})
                .to_string()
        }
    }
}

#[test]
fn every_event_of_the_server_is_known() {
    for version in VERSIONS {
        let read = |event: &str, payload: &Value| {
            let text = written(version, &json!("1"), &json!("2"), "realtime:room", event, payload);
            let frame = decode_text(version, &text).unwrap();
            assert_eq!((frame.join_ref, frame.reference, &*frame.topic), (Some(1), Some(2), "realtime:room"));
            match frame.message {
                Message::Reply { ok, response } => format!("reply {ok} {}", response.text()),
                Message::Error(payload) => format!("error {}", payload.text()),
                Message::Close => "close".into(),
                Message::System(payload) => format!("system {}", payload.text()),
                Message::PresenceState(payload) => format!("state {}", payload.text()),
                Message::PresenceDiff(payload) => format!("diff {}", payload.text()),
                Message::Changes(payload) => format!("changes {}", payload.text()),
                Message::Broadcast { event, payload, meta } => {
                    let BroadcastPayload::Json(payload) = payload else { panic!() };
                    format!("broadcast {:?} {} {:?}", event, payload.text(), meta.map(Json::text))
                }
                Message::Other => "other".into(),
            }
        };
        for (event, payload, expected) in [
            ("phx_reply", json!({"status": "ok", "response": {"a": 1}}), r#"reply true {"a":1}"#),
            ("phx_reply", json!({"status": "error", "response": "no"}), r#"reply false "no""#),
            ("phx_reply", json!({"status": "maybe"}), r#"reply false {"status":"maybe"}"#),
            ("phx_error", json!({"reason": "x"}), r#"error {"reason":"x"}"#),
            ("phx_close", json!({}), "close"),
            ("system", json!({"status": "ok"}), r#"system {"status":"ok"}"#),
            ("presence_state", json!({}), "state {}"),
            ("presence_diff", json!({}), "diff {}"),
            ("postgres_changes", json!({"ids": []}), r#"changes {"ids":[]}"#),
            (
                "broadcast",
                json!({"event": "x", "payload": [1], "meta": {"id": 2}}),
                r#"broadcast Some("x") [1] Some("{\"id\":2}")"#,
            ),
            ("broadcast", json!(5), "broadcast None 5 None"),
            ("UPDATE", json!({}), "other"),
        ] {
            assert_eq!(read(event, &payload), expected);
        }
    }
}

#[test]
fn a_reference_that_is_not_ours_is_known_as_such() {
    for (written_as, read_as) in [
        (json!(null), None),
        (json!("7"), Some(7)),
        (json!(7), Some(7)),
        (json!("x"), Some(0)),
        (json!(""), Some(0)),
        (json!("99999999999"), Some(0)),
        (json!(-1), Some(0)),
        (json!([]), Some(0)),
    ] {
        for version in VERSIONS {
            let text = written(version, &written_as, &written_as, "t", "e", &json!({}));
            let frame = decode_text(version, &text).unwrap();
            assert_eq!((frame.join_ref, frame.reference), (read_as, read_as));
        }
    }
}

#[test]
fn what_is_no_message_is_nothing() {
    for text in [
        "",
        " ",
        "null",
        "5",
        "\"x\"",
        "[",
        "[]",
        "[1,2,3,4]",
        "[null,null,5,\"e\",{}]",
        "[null,null,\"t\",5,{}]",
        "{}",
    ] {
        assert_eq!(decode_text(Version::V2, text), None, "{text}");
    }
    for text in
        ["", "[]", "{}", "{\"event\":5,\"topic\":\"t\"}", "{\"event\":\"e\"}", "{\"event\":\"e\",\"topic\":null}"]
    {
        assert_eq!(decode_text(Version::V1, text), None, "{text}");
    }
}

#[test]
fn a_binary_broadcast_is_read_with_its_kind_of_payload() {
    let mut frame = vec![4, 1, 2, 8, 0];
    frame.extend_from_slice(b"tev{\"id\":1}");
    frame.extend_from_slice(&[0, 255]);
    let Some(Incoming { topic, message: Message::Broadcast { event, payload, meta }, .. }) = decode_binary(&frame)
    else {
        panic!()
    };
    assert_eq!((&*topic, event.as_deref(), meta.map(Json::text)), ("t", Some("ev"), Some("{\"id\":1}")));
    assert_eq!(payload, BroadcastPayload::Bytes(&[0, 255]));
    let mut json = vec![4, 1, 1, 0, 1];
    json.extend_from_slice(b"te[1, 2]");
    let Some(Incoming { message: Message::Broadcast { payload: BroadcastPayload::Json(payload), .. }, .. }) =
        decode_binary(&json)
    else {
        panic!()
    };
    assert_eq!(payload.text(), "[1, 2]");
    for length in 0..13 {
        assert_eq!(decode_binary(&frame[..length]), None, "cut at {length}");
    }
    for kind in [0, 1, 2, 3, 5, 255] {
        frame[0] = kind;
        assert_eq!(decode_binary(&frame), None);
    }
}

fn some_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn version() -> impl Strategy<Value = Version> {
    prop::sample::select(VERSIONS.to_vec())
}

/// What is between a frame that the server would send and junk.
fn nearly_a_frame() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "null",
        "\"1\"",
        "\"realtime:x\"",
        "\"phx_reply\"",
        "\"broadcast\"",
        "\"event\"",
        "\"payload\"",
        "\"topic\"",
        "\"ref\"",
        "1",
        "-",
        "\\",
        "\"",
        "\u{e9}",
        " ",
    ]);
    prop::collection::vec(parts, 0..24).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>(), near in nearly_a_frame(), version in version()) {
        decode_text(version, &text);
        decode_text(version, &near);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..64), cut in any::<prop::sample::Index>()) {
        decode_binary(&bytes);
        let mut broadcast = vec![4];
        broadcast.extend_from_slice(&bytes);
        decode_binary(&broadcast);
        decode_binary(&broadcast[..cut.index(broadcast.len())]);
    }

    #[test]
    fn a_frame_is_read_as_serde_json_reads_it(
        version in version(),
        join_ref in any::<Option<u32>>(),
        topic in any::<String>(),
        payload in some_json(),
    ) {
        let reference = join_ref.map_or(Value::Null, |of| json!(of.to_string()));
        let text = written(version, &reference, &reference, &topic, "system", &payload);
        let frame = decode_text(version, &text).unwrap();
        prop_assert_eq!((frame.join_ref, frame.reference, &*frame.topic), (join_ref, join_ref, topic.as_str()));
        let Message::System(read) = frame.message else { panic!() };
        prop_assert_eq!(serde_json::from_str::<Value>(read.text()).unwrap(), payload);
    }

    #[test]
    fn what_is_written_is_read_back(
        version in version(),
        join_ref in any::<Option<u32>>(),
        reference in any::<u32>(),
        name in any::<String>(),
        event in any::<String>(),
        payload in some_json(),
    ) {
        let text = payload.to_string();
        let wire = topic_of(&name);
        for (message, name, expected) in [
            (Outgoing::Join(&text), "phx_join", payload.clone()),
            (Outgoing::Leave, "phx_leave", json!({})),
            (Outgoing::Heartbeat, "heartbeat", json!({})),
            (Outgoing::AccessToken(&event), "access_token", json!({"access_token": event})),
            (Outgoing::Broadcast(&event, &text), "broadcast", json!({"type": "broadcast", "event": event, "payload": payload})),
            (Outgoing::Track(&text), "presence", json!({"type": "presence", "event": "track", "payload": payload})),
            (Outgoing::Untrack, "presence", json!({"type": "presence", "event": "untrack"})),
        ] {
            let written = encode_text(version, join_ref, reference, &wire, message);
            let frame: Value = serde_json::from_str(&written).unwrap();
            let number = join_ref.map_or(Value::Null, |of| json!(of.to_string()));
            let expected = match version {
                Version::V2 => json!([number, reference.to_string(), wire, name, expected]),
                Version::V1 => json!({"topic": wire, "event": name, "payload": expected, "ref": reference.to_string(), "join_ref": number}),
            };
            prop_assert_eq!(frame, expected);
            prop_assert!(decode_text(version, &written).is_some());
        }
    }

    #[test]
    fn bytes_are_written_field_by_field(
        join_ref in any::<u32>(),
        reference in any::<u32>(),
        topic in "\\PC{0,90}",
        event in "\\PC{0,90}",
        payload in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let written = encode_bytes(join_ref, reference, &topic, &event, &payload);
        let fits = topic.len() <= 255 && event.len() <= 255;
        prop_assert_eq!(written.is_some(), fits);
        let Some(written) = written else { return Ok(()) };
        let fields = [join_ref.to_string(), reference.to_string(), topic, event];
        prop_assert_eq!(written[0], 3);
        let mut at = 7;
        for (index, field) in fields.iter().enumerate() {
            prop_assert_eq!(usize::from(written[index + 1]), field.len());
            prop_assert_eq!(&written[at..at + field.len()], field.as_bytes());
            at += field.len();
        }
        prop_assert_eq!(&written[5..7], &[0, 0]);
        prop_assert_eq!(&written[at..], &payload[..]);
    }

    #[test]
    fn the_parameters_of_a_join_are_json(
        (ack, own, presence, private) in any::<(bool, bool, bool, bool)>(),
        key in any::<String>(),
        replay in any::<Option<(u32, u8)>>(),
        replication_ready in any::<bool>(),
        changes in prop::collection::vec((any::<String>(), any::<Option<String>>(), prop::collection::vec(any::<String>(), 0..3)), 0..3),
        token in any::<Option<String>>(),
    ) {
        let replay = replay.map(|(since, limit)| (u64::from(since), u32::from(limit)));
        let options = ChannelOptions { ack, own, replay, replication_ready, presence_key: key.clone(), presence, private };
        let changes: Vec<ChangeParams> = changes
            .into_iter()
            .map(|(table, filter, select)| {
                ChangeParams { event: "*".into(), schema: "public".into(), table: Some(table), filter, select }
            })
            .collect();
        let text = join_parameters(&options, &changes, token.as_deref());
        let read: Value = serde_json::from_str(&text).unwrap();
        let mut broadcast = json!({"ack": ack, "self": own});
        if let Some((since, limit)) = replay {
            broadcast["replay"] = json!({"since": since, "limit": limit});
        }
        if replication_ready {
            broadcast["replication_ready"] = json!(true);
        }
        let changes: Vec<Value> = changes.iter().map(|of| {
            let mut change = json!({"event": "*", "schema": "public", "table": of.table});
            if let Some(filter) = &of.filter { change["filter"] = json!(filter); }
            if !of.select.is_empty() { change["select"] = json!(of.select); }
            change
        }).collect();
        let mut expected = json!({"config": {"broadcast": broadcast, "presence": {"key": key, "enabled": presence},
            "private": private, "postgres_changes": changes}});
        if let Some(token) = token { expected["access_token"] = json!(token); }
        prop_assert_eq!(read, expected);
    }
}

#[test]
fn the_options_of_a_story_page_are_the_plain_ones() {
    let written = join_parameters(&ChannelOptions::default(), &[], None);
    assert_eq!(written, [PLAIN_OPTIONS, "[]}}"].concat());
}
