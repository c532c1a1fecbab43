//! Who is present: the state, the differences, what this client shows of itself.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};
use storywire::core::effect::{Outcome, PresenceEvent};
use storywire::core::ids::ChannelId;
use storywire::core::realtime::frame::ChannelOptions;

use super::support::world::World;

fn options(key: &str) -> ChannelOptions {
    ChannelOptions { presence: true, presence_key: key.into(), ..ChannelOptions::default() }
}

/// A joined channel whose presence is told by hand from here on.
fn joined(world: &mut World) -> (ChannelId, String) {
    let room = world.joined_with("room", options("me"));
    let join_ref = world.server.joined[0].join_ref.clone();
    (room, join_ref)
}

/// The state as the page sees it: references by key.
fn state(world: &World, room: ChannelId) -> BTreeMap<String, Vec<String>> {
    let pairs: Vec<(String, Vec<Value>)> = serde_json::from_str(&world.client.presence(room)).unwrap();
    let references = |metas: Vec<Value>| -> Vec<String> {
        metas.iter().map(|meta| meta["presence_ref"].as_str().unwrap().to_owned()).collect()
    };
    let count = pairs.len();
    let state: BTreeMap<_, _> = pairs.into_iter().map(|(key, metas)| (key, references(metas))).collect();
    assert_eq!(state.len(), count, "a key stands once");
    state
}

fn metas(references: &[&str]) -> Value {
    let metas: Vec<Value> = references.iter().map(|of| json!({"phx_ref": of, "of": of})).collect();
    json!({"metas": metas})
}

#[test]
fn tracking_shows_this_client_to_itself_and_to_others() {
    let mut world = World::new(1);
    let room = world.joined_with("room", options("me"));
    let push = world.track(room, Some(r#"{"name":"A","phx_ref":"fake","presence_ref":"fake"}"#));
    world.pass(200);
    assert_eq!(world.outcome(push), Some(&Outcome::Ok("{}".into())));
    let pairs: Value = serde_json::from_str(&world.client.presence(room)).unwrap();
    assert_eq!(pairs, json!([["me", [{"presence_ref": "ref-1", "name": "A"}]]]));
    let events = world.presence_events(room);
    assert_eq!(events[0], &PresenceEvent::Sync, "the state of the join");
    let PresenceEvent::Join { key, current, new } = events[1] else { panic!("{events:?}") };
    assert_eq!((key.as_str(), current.as_str()), ("me", "[]"));
    assert!(new.contains("\"name\":\"A\""));
    assert_eq!(events[2..], [&PresenceEvent::Sync]);
    let push = world.track(room, None);
    world.pass(200);
    assert_eq!(world.outcome(push), Some(&Outcome::Ok("{}".into())));
    assert_eq!(world.client.presence(room), "[]");
    let frames: Vec<&Value> =
        world.server.received.iter().map(|(_, _, frame)| frame).filter(|frame| frame[3] == "presence").collect();
    assert_eq!(frames[1][4], json!({"type": "presence", "event": "untrack"}));
}

#[test]
fn differences_before_the_state_wait_for_it() {
    let mut world = World::new(2);
    world.server.mute = true;
    let room = world.channel_with("room", options("me"));
    world.subscribe(room);
    world.pass(100);
    let join = world.server.received[0].2.clone();
    world
        .send(&json!([join[0], join[1], join[2], "phx_reply", {"status": "ok", "response": {"postgres_changes": []}}]));
    world.send(&json!([null, null, join[2], "presence_diff", {"joins": {"b": metas(&["b1"])}, "leaves": {"a": metas(&["a1"])}}]));
    world.pass(100);
    assert_eq!((world.presence_events(room).len(), world.client.presence(room).as_str()), (0, "[]"));
    world.send(&json!([join[0], null, join[2], "presence_state", {"a": metas(&["a1", "a2"])}]));
    world.pass(100);
    assert_eq!(state(&world, room), BTreeMap::from([("a".into(), vec!["a2".into()]), ("b".into(), vec!["b1".into()])]));
    let syncs = world.presence_events(room).into_iter().filter(|event| **event == PresenceEvent::Sync).count();
    assert_eq!(syncs, 1);
}

#[test]
fn a_changed_meta_is_a_join_and_a_leave() {
    let mut world = World::new(3);
    let (room, _) = joined(&mut world);
    world.send(&json!([null, null, "realtime:room", "presence_diff", {"joins": {"a": metas(&["1"])}, "leaves": {}}]));
    world.send(&json!([null, null, "realtime:room", "presence_diff", {"joins": {"a": {"metas": [{"phx_ref": "2", "phx_ref_prev": "1"}]}}, "leaves": {"a": metas(&["1"])}}]));
    world.pass(100);
    assert_eq!(state(&world, room)["a"], ["2"]);
    let kinds: Vec<&str> = world
        .presence_events(room)
        .into_iter()
        .map(|event| match event {
            PresenceEvent::Sync => "sync",
            PresenceEvent::Join { .. } => "join",
            PresenceEvent::Leave { .. } => "leave",
        })
        .collect();
    assert_eq!(kinds, ["sync", "join", "sync", "join", "leave", "sync"], "joins before leaves");
    assert!(!world.client.presence(room).contains("phx_ref"));
}

#[test]
fn a_key_is_text_and_nothing_else() {
    let mut world = World::new(4);
    let (room, _) = joined(&mut world);
    let text = r#"[null,null,"realtime:room","presence_diff",{"joins":{"__proto__":{"metas":[{"phx_ref":"1"}]},"constructor":{"metas":[{"phx_ref":"2","__proto__":{"x":1}}]},"":{"metas":[{"phx_ref":"3"}]},"a\"\u0000":{"metas":[{"phx_ref":"4"}]}},"leaves":{}}]"#;
    let socket = world.socket();
    world.deliver(vec![super::support::phoenix::Sent { socket, after: 0, text: text.into() }]);
    world.pass(100);
    let keys: Vec<String> = state(&world, room).into_keys().collect();
    assert_eq!(keys, ["", "__proto__", "a\"\0", "constructor"]);
}

#[test]
fn what_is_shown_is_shown_again_after_a_rejoin() {
    let mut world = World::new(5);
    let room = world.joined_with("room", options("me"));
    world.track(room, Some(r#"{"n":1}"#));
    world.pass(500);
    world.cut(1012);
    world.pass(10_000);
    assert_eq!(world.server.joined[0].presence.as_ref().unwrap().1["n"], 1, "{}", world.story());
    assert_eq!(state(&world, room), BTreeMap::from([("me".into(), vec!["ref-2".into()])]));
    world.track(room, None);
    world.pass(500);
    world.cut(1012);
    world.pass(10_000);
    assert_eq!(world.server.joined[0].presence, None, "what was taken back stays taken back");
}

#[test]
fn five_calls_in_thirty_seconds_and_the_latest_wins() {
    let mut world = World::new(6);
    let room = world.joined_with("room", options("me"));
    let mut pushes = Vec::new();
    for n in 0..300 {
        pushes.push(world.track(room, Some(&json!({"n": n}).to_string())));
        world.pass(200);
    }
    world.pass(31_000);
    assert_eq!(world.server.joined[0].presence.as_ref().unwrap().1["n"], 299);
    let calls = world.sent("presence");
    assert!(calls.windows(6).all(|six| six[5] - six[0] >= 30_000), "{calls:?}");
    assert!(pushes.iter().all(|push| world.outcome(*push) == Some(&Outcome::Ok("{}".into()))), "{:?}", world.settled);
}

#[test]
fn the_answer_to_the_latest_call_settles_all_before_it() {
    let mut world = World::new(7);
    let room = world.joined_with("room", options("me"));
    let first = world.track(room, Some(r#"{"n":1}"#));
    let second = world.track(room, Some(r#"{"n":2}"#));
    world.pass(30);
    world.send(&json!(["1", "2", "realtime:room", "phx_reply", {"status": "error", "response": {}}]));
    assert_eq!((world.outcome(first), world.outcome(second)), (None, None));
    world.pass(200);
    let ok = Outcome::Ok("{}".into());
    assert_eq!((world.outcome(first), world.outcome(second)), (Some(&ok), Some(&ok)));
}

#[test]
fn a_call_that_is_refused_says_so() {
    let mut world = World::new(8);
    let (room, join_ref) = joined(&mut world);
    world.server.mute = true;
    let push = world.track(room, Some("{}"));
    world.pass(100);
    world.send(&json!([join_ref, "2", "realtime:room", "phx_reply", {"status": "error", "response": {}}]));
    world.pass(100);
    assert_eq!(world.outcome(push), Some(&Outcome::Error("{}".into())));
}

#[test]
fn a_call_without_an_answer_times_out_once() {
    let mut world = World::new(9);
    let (room, _) = joined(&mut world);
    world.server.mute = true;
    let push = world.track(room, Some("{}"));
    world.pass(20_000);
    assert_eq!(world.settled[&push], [Outcome::TimedOut]);
}

#[test]
fn what_the_server_refused_is_said_again_after_ever_longer_waits() {
    let mut world = World::new(12);
    let room = world.joined_with("room", options("me"));
    world.server.refuse_presence = 3;
    let push = world.track(room, Some(r#"{"n":1}"#));
    world.pass(100);
    assert_eq!(world.settled[&push], [Outcome::Error("{}".into())], "the page is told once");
    world.pass(60_000);
    assert_eq!(world.server.joined[0].presence.as_ref().unwrap().1["n"], 1);
    let calls = world.sent("presence");
    let waits: Vec<u64> = calls.windows(2).map(|two| (two[1] - two[0]) / 1_000).collect();
    assert_eq!(waits, [6, 12, 24], "{calls:?}");
    world.server.refuse_presence = 1;
    world.track(room, None);
    world.pass(10_000);
    assert_eq!(world.server.joined[0].presence, None, "and so is what takes it back");
}

#[test]
fn what_was_refused_does_not_count_as_told_when_it_is_wanted_again() {
    let mut world = World::new(14);
    let room = world.joined_with("room", options("me"));
    for n in 0..4 {
        world.track(room, Some(&json!({"n": n}).to_string()));
        world.pass(100);
    }
    world.server.refuse_presence = 1;
    world.track(room, None);
    world.track(room, Some(r#"{"n":5}"#));
    world.pass(100);
    world.track(room, None);
    world.pass(40_000);
    assert_eq!(world.server.joined[0].presence, None, "{}", world.story());
}

#[test]
fn a_call_whose_answer_was_lost_is_made_again() {
    let mut world = World::new(13);
    let room = world.joined_with("room", options("me"));
    world.server.mute = true;
    world.track(room, Some(r#"{"n":1}"#));
    world.pass(1_000);
    world.server.mute = false;
    world.pass(30_000);
    assert_eq!(world.server.joined[0].presence.as_ref().unwrap().1["n"], 1, "{}", world.story());
}

#[test]
fn of_two_users_of_a_topic_the_one_that_leaves_takes_its_own_back() {
    let mut world = World::new(10);
    let first = world.joined_with("room", options("me"));
    let second = world.joined_with("room", options("me"));
    assert_eq!(world.presence_events(second), [&PresenceEvent::Sync], "the state is there already, and said so");
    world.track(first, Some(r#"{"n":1}"#));
    world.pass(500);
    world.act(|client, now| client.unsubscribe(now, first)).unwrap();
    world.pass(500);
    assert_eq!(world.server.joined[0].presence, None);
    world.track(second, Some(r#"{"n":2}"#));
    world.pass(500);
    assert!(world.server.joined[0].presence.is_some());
}

#[test]
fn a_rejoin_says_only_what_is_different() {
    let mut world = World::new(11);
    let (room, join_ref) = joined(&mut world);
    world.send(&json!([join_ref, null, "realtime:room", "presence_state", {"a": metas(&["1"]), "b": metas(&["2"])}]));
    world.pass(100);
    let before = world.presence_events(room).len();
    world.send(&json!([join_ref, null, "realtime:room", "presence_state", {"b": metas(&["2"]), "c": metas(&["3"])}]));
    world.pass(100);
    let events = &world.presence_events(room)[before..];
    assert!(matches!(events[0], PresenceEvent::Join { key, .. } if key == "c"));
    assert!(matches!(events[1], PresenceEvent::Leave { key, .. } if key == "a"));
    assert_eq!(events[2..], [&PresenceEvent::Sync]);
}

/// Keys with the references of their metas.
type Naive = BTreeMap<String, Vec<String>>;

fn to_json(map: &Naive) -> Value {
    let entries = map.iter().map(|(key, references)| {
        let references: Vec<&str> = references.iter().map(String::as_str).collect();
        (key.clone(), metas(&references))
    });
    Value::Object(entries.collect())
}

fn some_map() -> impl Strategy<Value = Naive> {
    let references = prop::collection::btree_set("[1-6]", 0..3).prop_map(|set| set.into_iter().collect());
    prop::collection::btree_map(
        prop::sample::select(vec!["a", "b", "__proto__"]).prop_map(String::from),
        references,
        0..4,
    )
}

/// What happens to a page that shows itself.
#[derive(Clone, Debug)]
enum Turn {
    Track(u8),
    Untrack,
    Pass(u64),
    Cut,
    Refuse,
    /// The way to the server takes another time from here on.
    Latency(u64),
}

fn some_turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        4 => any::<u8>().prop_map(Turn::Track),
        1 => Just(Turn::Untrack),
        4 => (0..9_000_u64).prop_map(Turn::Pass),
        1 => Just(Turn::Cut),
        1 => Just(Turn::Refuse),
        1 => (0..900_u64).prop_map(Turn::Latency),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a page asks for, and however often, there are never more than five calls in any 30 s, and the last word
    /// arrives.
    #[test]
    fn presence_keeps_under_the_limit_and_the_last_word_arrives(turns in prop::collection::vec(some_turn(), 1..60)) {
        let mut world = World::new(3);
        let room = world.joined_with("room", options("me"));
        let mut last = None;
        for turn in turns {
            match turn {
                Turn::Track(n) => {
                    last = Some(u64::from(n));
                    world.track(room, Some(&json!({"n": n}).to_string()));
                }
                Turn::Untrack => {
                    last = None;
                    world.track(room, None);
                }
                Turn::Pass(time) => world.pass(time),
                Turn::Cut => world.cut(1012),
                Turn::Refuse => world.server.refuse_presence = 1,
                Turn::Latency(time) => world.latency = time,
            }
        }
        world.pass(200_000);
        let calls = world.sent("presence");
        prop_assert!(calls.windows(6).all(|six| six[5] - six[0] >= 30_000), "{:?}", calls);
        let shown = world.server.joined[0].presence.as_ref().map(|(_, meta)| meta["n"].as_u64().unwrap());
        prop_assert_eq!(shown, last, "{}", world.story());
        prop_assert!(world.settled.values().all(|outcomes| outcomes.len() == 1));
    }

    /// Whatever comes, in whatever order, the state is what a naive reading of the messages gives; and whoever only listens
    /// to the events ends up with the same.
    #[test]
    fn the_state_and_the_events_agree_with_a_naive_model(
        steps in prop::collection::vec((any::<bool>(), some_map(), some_map()), 1..12)
    ) {
        let mut world = World::new(1);
        let (room, join_ref) = joined(&mut world);
        let mut model = Naive::new();
        for (whole, joins, leaves) in steps {
            if whole {
                // References known already keep their place; new ones come after them.
                for (key, references) in &joins {
                    let known = model.entry(key.clone()).or_default();
                    known.retain(|of| references.contains(of));
                    known.extend(references.iter().filter(|of| !known.contains(of)).cloned().collect::<Vec<_>>());
                }
                model.retain(|key, _| joins.contains_key(key));
                world.send(&json!([join_ref, null, "realtime:room", "presence_state", to_json(&joins)]));
            } else {
                for (key, references) in &joins {
                    let known = model.entry(key.clone()).or_default();
                    known.extend(references.iter().filter(|of| !known.contains(of)).cloned().collect::<Vec<_>>());
                }
                for (key, references) in &leaves {
                    model.entry(key.clone()).or_default().retain(|of| !references.contains(of));
                }
                let diff = json!({"joins": to_json(&joins), "leaves": to_json(&leaves)});
                world.send(&json!([null, null, "realtime:room", "presence_diff", diff]));
            }
            model.retain(|_, references| !references.is_empty());
            world.pass(50);
            prop_assert_eq!(state(&world, room), model.clone());
        }
        let mut heard: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for event in world.presence_events(room) {
            match event {
                PresenceEvent::Sync => {}
                PresenceEvent::Join { key, current, new } => {
                    let known = heard.entry(key.clone()).or_default();
                    prop_assert_eq!(&json!(known), &serde_json::from_str::<Value>(current).unwrap());
                    known.extend(serde_json::from_str::<Vec<Value>>(new).unwrap());
                }
                PresenceEvent::Leave { key, current, left } => {
                    let left: Vec<Value> = serde_json::from_str(left).unwrap();
                    let known = heard.entry(key.clone()).or_default();
                    known.retain(|meta| !left.contains(meta));
                    prop_assert_eq!(&json!(known), &serde_json::from_str::<Value>(current).unwrap());
                }
            }
        }
        heard.retain(|_, metas| !metas.is_empty());
        let seen: BTreeMap<String, Vec<Value>> =
            serde_json::from_str::<Vec<(String, Vec<Value>)>>(&world.client.presence(room)).unwrap().into_iter().collect();
        prop_assert_eq!(heard, seen);
    }
}

#[test]
fn of_too_many_early_differences_the_latest_are_kept() {
    let mut world = World::new(30);
    let room = world.joined_with("room", ChannelOptions::default()); // no state comes by itself
    for number in 0..250 {
        let joins = json!({ format!("u{number}"): metas(&[&format!("r{number}")]) });
        world.send(&json!([null, null, "realtime:room", "presence_diff", {"joins": joins, "leaves": {}}]));
    }
    world.send(&json!([null, null, "realtime:room", "presence_state", {}]));
    world.pass(1_000);
    let state = state(&world, room);
    assert_eq!(state.len(), 200);
    assert!(state.contains_key("u249") && !state.contains_key("u49"), "the state holds what is older");
}

#[test]
fn a_refusal_of_what_is_not_wanted_any_more_holds_nothing_up() {
    let mut world = World::new(31);
    world.latency = 200;
    let room = world.channel_with("room", options("me"));
    world.subscribe(room);
    world.pass(3_000);
    world.server.refuse_presence = 1;
    world.track(room, Some(r#"{"n":1}"#));
    world.pass(100);
    world.track(room, Some(r#"{"n":2}"#));
    world.pass(1_000);
    let shown = world.server.joined[0].presence.as_ref().map(|(_, meta)| meta["n"].clone());
    assert_eq!(shown, Some(json!(2)), "{}", world.story());
}
