//! What crosses to JavaScript and back: kinds and texts in, calls as JSON out.

use serde_json::{Value, json};
use storywire::core::asset::{Field, Item, Medium, Op, Patch, RetryButton, Shape, Status};
use storywire::core::base::Instant;
use storywire::core::error::Misuse;
use storywire::core::ids::{ChannelId, ElementId};
use storywire::core::port::{KINDS, Port, patch_json, shape};
use storywire::core::realtime::frame::{ChangeParams, ChannelOptions};
use storywire::core::rows::RowsQuery;

const OPTIONS: &str = r#"{"socketUrl":"ws://t/s","restUrl":"http://t/r","key":"sb_publishable_x","timeout":5000,
    "stories":{"table":"tales"},"assets":{"texts":{"pending":"Gleich"}}}"#;

struct Page {
    port: Port,
    now: u64,
    due: Option<u64>,
}

impl Page {
    fn new(options: &str) -> Page {
        let port = Port::new(options, Instant(1_000_000), 1).expect("options that are fine");
        Page { port, now: 1_000_000, due: None }
    }

    /// With a channel that listens for everything, whose join has been accepted.
    fn in_room() -> Page {
        let mut page = Page::new(OPTIONS);
        let client = &mut page.port.client;
        let room = client.channel("room", ChannelOptions { presence: true, ..ChannelOptions::default() }).unwrap();
        let params =
            ChangeParams { event: String::from("*"), schema: String::from("public"), ..ChangeParams::default() };
        client.listen(Instant(1_000_000), room, 4, params).unwrap();
        client.subscribe(Instant(1_000_000), room).unwrap();
        page.calls();
        page.join();
        page
    }

    fn input(&mut self, kind: &str, id: u32, number: u32, texts: [&str; 3]) -> i32 {
        let kind = KINDS.iter().position(|of| *of == kind).expect(kind);
        self.port.input(Instant(self.now), kind as u32, id, number, texts)
    }

    fn say(&mut self, text: &str) -> i32 {
        self.port.room(text.len() * 3)[..text.len()].copy_from_slice(text.as_bytes());
        self.port.written(Instant(self.now), 20, 1, 0, [text.len(), 0, 0])
    }

    /// Everything that is to be done, but for the timer, which is noted.
    fn calls(&mut self) -> Vec<Value> {
        let mut calls = Vec::new();
        loop {
            let text = self.port.poll();
            if text.is_empty() {
                return calls;
            }
            for call in serde_json::from_str::<Vec<Value>>(&text).expect(&text) {
                if call[0] == "due" {
                    self.due = call[1].as_u64();
                } else {
                    calls.push(call);
                }
            }
        }
    }

    fn named(&mut self, name: &str) -> Vec<Value> {
        self.calls().into_iter().filter(|call| call[0] == name).collect()
    }

    fn patches(&mut self) -> Vec<Value> {
        let text = self.port.patches();
        if text.is_empty() { Vec::new() } else { serde_json::from_str(&text).expect(&text) }
    }

    fn mount(&mut self, element: u32, story: &str, asset: &str) {
        self.input("mounted", element, 0, [story, asset, ""]);
        self.input("timeout", 0, 0, [""; 3]);
    }

    /// Opens the socket and answers the join of the one topic.
    fn join(&mut self) {
        self.input("opened", 1, 0, [""; 3]);
        let sent = self.named("send");
        let join: Value = serde_json::from_str(sent[0][2].as_str().unwrap()).unwrap();
        let changes = join[4]["config"]["postgres_changes"].as_array().unwrap();
        let ids: Vec<Value> = changes
            .iter()
            .map(|change| {
                let mut change = change.clone();
                change["id"] = json!(7);
                change
            })
            .collect();
        let reply =
            json!([join[0], join[1], join[2], "phx_reply", {"status": "ok", "response": {"postgres_changes": ids}}]);
        self.say(&reply.to_string());
    }
}

#[test]
fn the_kinds_are_those_of_the_driver() {
    let driver = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/js/driver.js")).unwrap();
    let list = driver.lines().find_map(|line| line.strip_prefix("const kinds = '")?.split_once('\''));
    assert_eq!(list.map(|(list, _)| list), Some(KINDS.join(" ").as_str()));
}

#[test]
fn a_story_goes_from_an_element_to_its_patches() {
    let mut page = Page::new(OPTIONS);
    page.mount(3, "s \"1\"", "cover");
    let calls = page.calls();
    let read = calls.iter().find(|call| call[0] == "read").unwrap();
    assert_eq!(read[2], "http://t/r/tales?select=%2A&id=eq.s%20%221%22");
    assert_eq!((&read[3], &read[4]), (&json!("public"), &json!("")));
    assert!(calls.iter().any(|call| call[0] == "socket" && call[1] == 1));
    assert!(calls.contains(&json!(["connection", "catching-up"])) && calls.contains(&json!(["paint"])));
    let patches = page.patches();
    assert!(patches.contains(&json!(["attribute", 3, "data-asset-state", "pending"])), "{patches:?}");
    assert!(patches.contains(&json!(["status", 3, "Gleich", "pending", false])), "{patches:?}");
    page.input("painted", 1, 0, [""; 3]);
    let row = json!([{"id": "s \"1\"", "asset_generation_status":
        {"assets": {"cover": {"status": "ready", "url": "/c\u{1}.png"}, "audio": {"status": "generating", "progress": 7}}}}]);
    page.input("answer", read[1].as_u64().unwrap() as u32, 200, [&row.to_string(), "", ""]);
    page.now += 1_000;
    page.patches();
    page.input("painted", 1, 0, [""; 3]);
    let told = page.named("asset");
    // What was odd is said with the control character that made it so.
    assert!(
        told.contains(&json!(["asset", "odd", "s \"1\"", "cover", "bad-url", "/c\u{1}.png", null, [3]])),
        "{told:?}"
    );
    assert!(told.contains(&json!(["asset", "asset", "s \"1\"", "audio", "generating", "", 7, []])), "{told:?}");
    assert!(told.contains(&json!(["asset", "story", "s \"1\"", "", "partial", "", null, []])), "{told:?}");
}

#[test]
fn a_text_after_which_nothing_is_to_be_done_says_so() {
    let mut page = Page::new(OPTIONS);
    page.mount(3, "s", "cover");
    page.calls();
    page.join();
    page.calls();
    let told = |at: u32, progress: u32| {
        let state =
            json!({"status": "generating", "progress": progress, "updatedAt": format!("2026-01-01T00:00:{at:02}Z")});
        let record = json!({"id": "s", "updated_at": format!("2026-01-01T00:00:{at:02}Z"),
            "asset_generation_status": {"assets": {"cover": state}}});
        let data = json!({"type": "UPDATE", "record": record, "errors": null});
        json!(["1", null, "realtime:story:s", "postgres_changes", {"ids": [7], "data": data}]).to_string()
    };
    let paint = |page: &mut Page| {
        while !page.patches().is_empty() {}
        page.input("painted", 1, 0, [""; 3]);
        page.calls();
    };
    paint(&mut page);
    page.now += 1_000;
    // The first news is told at once and asks for a frame; what comes before that frame comes with it.
    assert_eq!(page.say(&told(1, 10)), 1);
    let calls = page.calls();
    assert!(calls.contains(&json!(["paint"])), "{calls:?}");
    assert_eq!(page.say(&told(2, 20)), 0);
    assert_eq!(page.port.poll(), "");
    paint(&mut page);
    page.now += 1_000;
    assert_eq!(page.say(&told(3, 30)), 1);
    // A frame that is none is told.
    page.calls();
    assert_eq!(page.say("{"), 1);
    assert_eq!(page.named("fault").len(), 1);
}

#[test]
fn each_operation_is_a_call_with_the_element() {
    let field = |is_url| Field { name: String::from("url"), value: String::from("/\"x\""), is_url };
    let items = vec![
        Item { status: Status::Ready, fields: vec![field(true), field(false)] },
        Item { status: Status::Pending, fields: Vec::new() },
    ];
    let text = |text: &str| text.to_owned();
    let button = RetryButton { label: text("Again"), pending: true, upgrade: Some((text("Plans"), text("/plans"))) };
    let plain = RetryButton { label: text("Again"), pending: false, upgrade: None };
    let ops = vec![
        (Op::Class { names: text("a b"), on: true }, json!(["toggle", 9, "a b", true])),
        (Op::Attribute { name: "x", value: None }, json!(["attribute", 9, "x"])),
        (Op::Attribute { name: "x", value: Some(text("1")) }, json!(["attribute", 9, "x", "1"])),
        (Op::Progress(40), json!(["progress", 9, 40])),
        (
            Op::Bar { progress: None, name: text("n"), text: text("t"), shown: false },
            json!(["bar", 9, -1, "n", "t", false]),
        ),
        (Op::Status { text: text("\n"), state: "ready", yields: true }, json!(["status", 9, "\n", "ready", true])),
        (Op::Text(text("<b>\u{1f600}")), json!(["text", 9, "<b>\u{1f600}"])),
        (
            Op::Source { medium: Medium::Link, url: text("/u"), name: text("n"), track: text(""), eager: true },
            json!(["source", 9, 5, "/u", "n", "", true]),
        ),
        (
            Op::Items { medium: Medium::Image, items },
            json!(["items", 9, 1, [["ready", [["url", "/\"x\"", true], ["url", "/\"x\"", false]]], ["pending", []]]]),
        ),
        (Op::Retry(None), json!(["retry", 9])),
        (Op::Retry(Some(plain)), json!(["retry", 9, "Again", false])),
        (Op::Retry(Some(button)), json!(["retry", 9, "Again", true, "Plans", "/plans"])),
        (Op::Announce(text("said")), json!(["announce", 9, "said"])),
    ];
    let calls = Value::Array(ops.iter().map(|(_, call)| call.clone()).collect());
    let patch = Patch { element: ElementId(9), ops: ops.into_iter().map(|(op, _)| op).collect() };
    assert_eq!(serde_json::from_str::<Value>(&patch_json(&patch)).unwrap(), calls);
}

#[test]
fn a_shape_is_one_number() {
    assert_eq!(shape(0), Shape { medium: None, is_list: false, priority: None });
    let whole = Shape { medium: Some(Medium::Background), is_list: true, priority: Some(99) };
    assert_eq!(shape(8 | 16 | 100 << 5), whole);
    assert_eq!(shape(1 | 1 << 5), Shape { medium: Some(Medium::Text), is_list: false, priority: Some(0) });
}

#[test]
fn the_moment_that_is_due_is_told_when_it_is_another() {
    let mut page = Page::new(OPTIONS);
    page.mount(1, "s", "cover");
    page.calls();
    let due = page.due.expect("a connection may not take for ever");
    page.calls();
    page.due = None;
    page.input("page", 1, 0, [""; 3]);
    page.calls();
    assert_eq!(page.due, None, "the same is not told again");
    page.now = due;
    page.input("timeout", 0, 0, [""; 3]);
    page.calls();
    assert!(page.due.is_some_and(|next| next > due), "after it has come, the next is");
}

#[test]
fn a_token_is_asked_for_and_its_failure_is_told() {
    let mut page = Page::new(&OPTIONS.replace("\"key\"", "\"asksTokens\":true,\"key\""));
    page.mount(1, "s", "cover");
    assert!(page.calls().contains(&json!(["askToken", 1])));
    page.input("token", 1, 1, [""; 3]);
    let faults = page.named("fault");
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].as_array().unwrap()[1..5], [json!(0), json!("token"), json!(""), json!("token-unavailable")]);
    assert!(faults[0][6].is_u64());
    page.now += 60_000;
    page.input("timeout", 0, 0, [""; 3]);
    assert!(page.calls().contains(&json!(["askToken", 2])));
    page.input("token", 2, 0, ["e30.e30.x", "", ""]);
    assert!(page.named("read").iter().any(|read| read[4] == "e30.e30.x"));
}

#[test]
fn a_retry_is_asked_for_and_what_came_of_it_is_shown() {
    let mut page = Page::new(OPTIONS);
    page.mount(1, "s", "cover");
    let read = page.named("read").remove(0);
    let row = json!([{"id": "s", "asset_generation_status": {"assets": {"cover": {"status": "failed"}}}}]).to_string();
    page.input("answer", read[1].as_u64().unwrap() as u32, 200, [&row, "", ""]);
    page.patches();
    page.input("clicked", 1, 0, [""; 3]);
    page.input("timeout", 0, 0, [""; 3]);
    assert_eq!(page.named("retry"), [json!(["retry", "s", "cover", "cover"])]);
    for (id, status, detail, said) in [
        (0, 429, "12", "Please try again in 12 s"),
        (0, 402, "/plans", "Your plan does not include more of these"),
        (1, 200, "", "There is nothing to try again"),
        (0, 500, "", "That did not work"),
    ] {
        page.input("retry", 0, 0, ["s", "cover", ""]);
        page.input("retried", id, status, ["s", "cover", detail]);
        let patches = page.patches();
        assert!(patches.contains(&json!(["announce", 1, said])), "{status}: {patches:?}");
    }
}

#[test]
fn a_channel_of_the_page_hears_json_as_it_is_and_bytes_beside_it() {
    let mut page = Page::in_room();
    assert!(page.calls().contains(&json!(["status", 1, "SUBSCRIBED"])));
    let heard = [
        ("postgres_changes", r#"{"ids":[7],"data":{"type":"INSERT","record":{"n":1.50}}}"#),
        ("broadcast", r#"{"type":"broadcast","event":"e","payload":{"a":"b\n"}}"#),
        ("broadcast", r#"{"type":"broadcast","event":"e","payload":[],"meta":{"id":"x"}}"#),
        ("presence_state", r#"{"k":{"metas":[{"phx_ref":"r","n":1}]}}"#),
        ("system", r#"{"extension":"system","status":"ok","message":"m","channel":"room"}"#),
    ];
    for (event, payload) in heard {
        page.say(&["[\"1\",null,\"realtime:room\",\"", event, "\",", payload, "]"].concat());
    }
    let text = page.port.poll();
    // A number crosses with every digit.
    assert!(text.contains(r#"["change",1,[4],{"type":"INSERT","record":{"n":1.50}}]"#), "{text}");
    let calls: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(calls.contains(&json!(["broadcast", 1, "e", {"a": "b\n"}])), "{text}");
    assert!(calls.contains(&json!(["broadcast", 1, "e", [], {"id": "x"}])), "{text}");
    assert!(calls.contains(&json!(["presence", 1, "sync"])), "{text}");
    assert!(calls.iter().any(|call| call[0] == "presence" && call[2] == "join" && call[5][0]["n"] == 1), "{text}");
    assert!(calls.iter().any(|call| call[0] == "system" && call[2]["message"] == "m"), "{text}");
    // Two frames of bytes are two answers, each with its own.
    for byte in [5, 6] {
        let mut frame = vec![4, 13, 1, 0, 0];
        frame.extend_from_slice(b"realtime:roomb");
        frame.push(byte);
        page.port.binary(Instant(page.now), 1, &frame);
    }
    for byte in [5, 6] {
        let calls: Vec<Value> = serde_json::from_str(&page.port.poll()).unwrap();
        assert_eq!(calls.last(), Some(&json!(["bytes", 1, "b"])));
        assert_eq!(page.port.take_bytes(), [byte]);
    }
    let push = page.port.client.broadcast(
        Instant(page.now),
        ChannelId(1),
        "e",
        storywire::core::realtime::Broadcast::Bytes(&[1, 2]),
        false,
    );
    assert!(push.is_ok());
    page.input("timeout", 0, 0, [""; 3]);
    let calls: Vec<Value> = serde_json::from_str(&page.port.poll()).unwrap();
    assert_eq!(calls.last(), Some(&json!(["sendBytes", 1])));
    assert!(page.port.take_bytes().ends_with(&[1, 2]));
    assert!(page.calls().contains(&json!(["settle", push.unwrap().0, "ok"])));
}

/// A page that is slow is called the later, not behind a queue of ours: each message is handed over before the next is taken in.
#[test]
fn nothing_waits_in_the_core_for_a_listener() {
    let mut page = Page::in_room();
    page.say(r#"[null,null,"realtime:room","system",{"extension":"postgres_changes","status":"ok","channel":"room"}]"#);
    page.say(r#"["1",null,"realtime:room","presence_state",{}]"#);
    page.calls();
    for number in 0..3_000 {
        let (event, call, payload) = match number % 3 {
            0 => ("broadcast", "broadcast", r#"{"type":"broadcast","event":"e","payload":{}}"#.to_owned()),
            1 => ("postgres_changes", "change", r#"{"ids":[7],"data":{"type":"INSERT","record":{"n":1}}}"#.to_owned()),
            _ => {
                let joins = json!({"joins": {(number.to_string()): {"metas": [{"phx_ref": "r"}]}}, "leaves": {}});
                ("presence_diff", "presence", joins.to_string())
            }
        };
        page.say(&["[null,null,\"realtime:room\",\"", event, "\",", &payload, "]"].concat());
        let calls = page.calls();
        assert!(!calls.is_empty() && calls.len() <= 2, "{calls:?}");
        assert!(calls.iter().all(|one| one[0] == call), "its own and no other's: {calls:?}");
    }
}

#[test]
fn rows_of_the_page_cross_as_they_are() {
    let mut page = Page::new(OPTIONS);
    let query = RowsQuery {
        schema: String::from("public"),
        table: String::from("t"),
        filter: None,
        select: String::from("*"),
        key: String::from("id"),
        single: false,
        order: String::new(),
        limit: None,
    };
    page.port.client.follow(Instant(page.now), query, "t:all").unwrap();
    page.input("timeout", 0, 0, [""; 3]);
    let read = page.named("read").remove(0);
    page.input("answer", read[1].as_u64().unwrap() as u32, 200, [r#"[{"id":1,"n":1.50}]"#, "", ""]);
    let text = page.port.poll();
    assert!(text.contains(r#"["rows",1,"put","1",{"id":1,"n":1.50}],["rows",1,"read"]"#), "{text}");
    page.input("close", 0, 0, [""; 3]);
    assert!(page.calls().contains(&json!(["closeSocket", 1])));
    assert_eq!(page.due, None);
}

#[test]
fn bad_options_and_misuse_have_their_codes() {
    assert_eq!(Port::new("no json", Instant(0), 0).err(), Some(Misuse::BadJson));
    let secret = OPTIONS.replace("sb_publishable_x", "sb_secret_x");
    assert_eq!(Port::new(&secret, Instant(0), 0).err(), Some(Misuse::ServiceKey));
    let mut page = Page::new(OPTIONS);
    assert_eq!(page.input("set-token", 0, 0, ["sb_secret_x", "", ""]), -1);
    assert_eq!(page.input("set-token", 0, 0, ["e30.e30.x", "", ""]), 0);
    assert_eq!(page.port.input(Instant(0), 99, 0, 0, [""; 3]), 0, "what nobody knows is a timeout");
    assert_eq!(page.input("page", 99, 0, [""; 3]), 0);
}

#[test]
fn a_large_text_gives_its_room_back() {
    let mut page = Page::new(OPTIONS);
    for most in [0, 3, 3_000_000, 6, 9_000_000] {
        assert!(page.port.room(most).len() >= most);
    }
    assert_eq!(page.port.room(3).len(), 3);
    page.port.written(Instant(0), 20, 1, 0, [99, 0, 0]);
    assert!(page.calls().is_empty(), "more than there is room for is nothing");
}

#[test]
fn texts_of_an_input_lie_one_behind_the_other() {
    let mut page = Page::new(OPTIONS);
    let (story, asset) = ("geschichte-ä", "cover");
    let written = format!("{story}{asset}");
    page.port.room(written.len())[..written.len()].copy_from_slice(written.as_bytes());
    page.port.written(Instant(page.now), 12, 1, 0, [story.len(), asset.len(), 0]);
    page.input("timeout", 0, 0, [""; 3]);
    let read = &page.named("read")[0];
    assert!(read[2].as_str().unwrap().contains("geschichte-"), "{read}");
    assert!(!read[2].as_str().unwrap().contains("cover"), "{read}");
}
