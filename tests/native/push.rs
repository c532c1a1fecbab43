//! Messages of the page: they wait for the join, keep their order, keep under the rates, and are settled once.

use serde_json::json;
use storywire::core::base::Millis;
use storywire::core::effect::{Notice, Outcome};
use storywire::core::error::Misuse;
use storywire::core::input::PageEvent;
use storywire::core::realtime::Broadcast;
use storywire::core::realtime::frame::{ChannelOptions, Version};

use super::support::world::World;

fn acked() -> ChannelOptions {
    ChannelOptions { ack: true, own: true, ..ChannelOptions::default() }
}

fn ok() -> Option<Outcome> {
    Some(Outcome::Ok("{}".into()))
}

/// What the server received as broadcasts: their payloads.
fn payloads(world: &World) -> Vec<u64> {
    let frames = world.server.received.iter().filter(|(_, _, frame)| frame[3] == "broadcast");
    frames.map(|(_, _, frame)| frame[4]["payload"]["n"].as_u64().unwrap()).collect()
}

#[test]
fn messages_wait_for_the_join_and_keep_their_order() {
    let mut world = World::new(1);
    let room = world.channel("room");
    world.subscribe(room);
    let pushes: Vec<u32> = (0..40).map(|n| world.broadcast(room, "x", &json!({"n": n}).to_string())).collect();
    world.pass(3_000);
    assert_eq!(payloads(&world), (0..40).collect::<Vec<u64>>());
    assert!(pushes.iter().all(|push| world.outcome(*push).cloned() == ok()));
    let frame = &world.server.received.iter().find(|(_, _, frame)| frame[3] == "broadcast").unwrap().2;
    assert_eq!(frame[4], json!({"type": "broadcast", "event": "x", "payload": {"n": 0}}));
}

#[test]
fn without_ack_a_message_is_settled_when_it_is_sent() {
    let mut world = World::new(2);
    let room = world.joined("room");
    let push = world.broadcast(room, "x", "{}");
    assert_eq!(world.outcome(push).cloned(), ok());
}

#[test]
fn with_ack_the_answer_settles_it() {
    let mut world = World::new(3);
    let room = world.joined_with("room", acked());
    let push = world.broadcast(room, "x", r#"{"n":1}"#);
    assert_eq!(world.outcome(push), None);
    world.pass(100);
    assert_eq!(world.outcome(push).cloned(), ok());
    assert_eq!(world.broadcasts(room), [("x", r#"{"n":1}"#)], "and it comes back, as `self` asked");
}

#[test]
fn a_refusal_of_the_server_is_handed_on_in_its_own_words() {
    let mut world = World::new(4);
    let room = world.joined_with("room", acked());
    world.server.mute = true;
    let push = world.broadcast(room, "x", "{}");
    world.pass(100);
    let reference = world.server.received.last().unwrap().2[1].clone();
    world.send(&json!([null, reference, "realtime:room", "phx_reply", {"status": "error", "response": "payload_size_exceeded"}]));
    world.pass(100);
    assert_eq!(world.outcome(push), Some(&Outcome::Error("\"payload_size_exceeded\"".into())));
}

#[test]
fn a_write_that_the_policies_forbid_is_silent_and_times_out() {
    let mut world = World::new(5);
    let room = world.joined_with("room", acked());
    world.server.mute = true;
    let push = world.broadcast(room, "x", "{}");
    world.pass(10_100);
    assert_eq!(world.outcome(push), Some(&Outcome::TimedOut), "{}", world.story());
}

#[test]
fn the_time_for_the_answer_begins_when_it_is_sent() {
    let mut world = World::new(6);
    let room = world.channel_with("room", acked());
    world.up = false;
    world.subscribe(room);
    world.pass(1);
    let push = world.broadcast(room, "x", "{}");
    world.pass(8_500);
    world.up = true;
    world.latency = 350;
    world.page(PageEvent::Online);
    world.pass(3_000);
    assert_eq!(world.outcome(push).cloned(), ok(), "{}", world.story());
}

#[test]
fn a_message_that_finds_no_join_times_out() {
    let mut world = World::new(7);
    world.up = false;
    let room = world.channel("room");
    world.subscribe(room);
    let push = world.broadcast(room, "x", "{}");
    world.pass(10_100);
    assert_eq!(world.outcome(push), Some(&Outcome::TimedOut));
    world.up = true;
    world.pass(40_000);
    assert_eq!(world.server.count("broadcast"), 0, "what was settled is not sent");
}

#[test]
fn a_hundred_messages_wait_and_the_oldest_gives_way() {
    let mut world = World::new(8);
    world.up = false;
    let room = world.channel("room");
    world.subscribe(room);
    let pushes: Vec<u32> = (0..130).map(|n| world.broadcast(room, "x", &json!({"n": n}).to_string())).collect();
    for (n, push) in pushes.iter().enumerate() {
        assert_eq!(world.outcome(*push), (n < 30).then_some(&Outcome::Dropped), "{n}");
    }
    world.up = true;
    world.pass(5_000);
    assert_eq!(payloads(&world), (30..130).collect::<Vec<u64>>());
}

#[test]
fn what_was_sent_on_a_lost_socket_is_dropped_and_what_waits_is_sent_later() {
    let mut world = World::new(9);
    let room = world.joined_with("room", acked());
    world.server.mute = true;
    let sent = world.broadcast(room, "x", r#"{"n":1}"#);
    world.pass(50);
    world.cut(1006);
    world.pass(21);
    let waits = world.broadcast(room, "x", r#"{"n":2}"#);
    world.server.mute = false;
    world.pass(5_000);
    assert_eq!(world.outcome(sent), Some(&Outcome::Dropped), "whether it arrived is not known");
    assert_eq!(world.outcome(waits).cloned(), ok());
}

#[test]
fn unsubscribing_settles_what_waits() {
    let mut world = World::new(10);
    let options = ChannelOptions { presence: true, presence_key: "me".into(), ..acked() };
    let room = world.joined_with("room", options);
    world.server.mute = true;
    let pushes = [world.broadcast(room, "x", "{}"), world.track(room, Some("{}")), world.track(room, None)];
    world.act(|client, now| client.unsubscribe(now, room)).unwrap();
    assert!(pushes.iter().all(|push| world.outcome(*push) == Some(&Outcome::Dropped)), "{}", world.story());
    world.pass(60_000);
    assert!(world.settled.values().all(|outcomes| outcomes.len() == 1));
}

#[test]
fn a_channel_refused_for_good_settles_what_waits() {
    let mut world = World::new(11);
    world.server.refuse_join = Some("Unauthorized: no".into());
    let room = world.channel("room");
    world.subscribe(room);
    let push = world.broadcast(room, "x", "{}");
    world.pass(6_000);
    assert_eq!(world.outcome(push), Some(&Outcome::Dropped));
    let track = world.track(room, Some("{}"));
    assert_eq!(world.outcome(track), Some(&Outcome::Dropped), "and nothing waits for what will not come");
}

#[test]
fn broadcasts_keep_under_a_rate() {
    let mut world = World::new(12);
    let room = world.joined("room");
    for n in 0..100 {
        world.broadcast(room, "x", &json!({"n": n}).to_string());
    }
    world.pass(2_000);
    let times = world.sent("broadcast");
    assert_eq!(times.len(), 100);
    let busiest = times.iter().map(|at| times.iter().filter(|of| (*at..*at + 1_000).contains(of)).count()).max();
    assert!(busiest.unwrap() <= 101, "50 at once, then 50 in a second");
    assert!(times[99] - times[0] >= 900, "{times:?}");
}

#[test]
fn of_those_that_replace_one_another_the_latest_is_sent() {
    let mut world = World::new(13);
    let room = world.joined("room");
    let mut pushes = Vec::new();
    for n in 0..100 {
        pushes.push(world.latest(room, "cursor", &json!({"n": n}).to_string()));
        world.pass(10);
    }
    world.pass(1_000);
    let sent = payloads(&world);
    assert!((18..=24).contains(&sent.len()), "one in 50 ms: {sent:?}");
    assert_eq!(sent.last(), Some(&99));
    let replaced = pushes.iter().filter(|push| world.outcome(**push) == Some(&Outcome::Replaced)).count();
    assert_eq!(replaced + sent.len(), 100);
    let other = world.latest(room, "other", r#"{"n":1}"#);
    world.latest(room, "cursor", r#"{"n":2}"#);
    world.pass(200);
    assert_eq!(world.outcome(other).cloned(), ok(), "another event is another matter");
}

#[test]
fn of_two_events_that_replace_their_own_neither_starves() {
    let mut world = World::new(21);
    let room = world.joined("room");
    for n in 0..100 {
        world.latest(room, "cursor", &json!({"n": n}).to_string());
        world.latest(room, "typing", &json!({"n": n}).to_string());
        world.pass(10);
    }
    world.pass(200);
    let frames = world.server.received.iter().filter(|(_, _, frame)| frame[3] == "broadcast");
    let events: Vec<&str> = frames.map(|(_, _, frame)| frame[4]["event"].as_str().unwrap()).collect();
    let cursors = events.iter().filter(|event| **event == "cursor").count();
    assert!(cursors.abs_diff(events.len() - cursors) <= 1, "{events:?}");
}

#[test]
fn bytes_go_out_and_come_in_as_they_are() {
    let mut world = World::new(14);
    let room = world.joined_with("room", acked());
    let bytes: Vec<u8> = (0..=255).collect();
    let push = world.act(|client, now| client.broadcast(now, room, "blob", Broadcast::Bytes(&bytes), false)).unwrap();
    world.pass(200);
    let [sent] = &world.bytes_sent[..] else { panic!() };
    assert_eq!(sent[..7], [3, 1, 1, 13, 4, 0, 0]);
    assert!(world.notices.iter().any(|(_, notice)| *notice == Notice::Bytes(room, "blob".into(), bytes.clone())));
    world.pass(20_000);
    assert_eq!(world.settled[&push.0].len(), 1);
}

#[test]
fn bytes_need_the_newer_protocol_and_short_names() {
    let mut world = World::new(15);
    let room = world.joined("room");
    let at = world.at();
    let long = "x".repeat(256);
    let refused = world.client.broadcast(at, room, &long, Broadcast::Bytes(&[1]), false);
    assert_eq!(refused, Err(Misuse::BadBytes));
    let topic = world.channel(&"t".repeat(247));
    assert_eq!(world.client.broadcast(at, topic, "x", Broadcast::Bytes(&[1]), false), Err(Misuse::BadBytes));
    let mut old = World::with(16, |config| config.version = Version::V1);
    let room = old.joined("room");
    assert_eq!(old.client.broadcast(at, room, "x", Broadcast::Bytes(&[1]), false), Err(Misuse::BadBytes));
}

#[test]
fn what_is_not_json_is_refused_at_once() {
    let mut world = World::new(17);
    let room = world.joined("room");
    let at = world.at();
    for text in ["", "{", "undefined", "{}x", "NaN"] {
        assert_eq!(world.client.broadcast(at, room, "x", Broadcast::Json(text), false), Err(Misuse::BadJson));
        assert_eq!(world.client.track(at, room, Some(text)), Err(Misuse::BadJson));
    }
    world.client.remove_channel(at, room);
    assert_eq!(world.client.broadcast(at, room, "x", Broadcast::Json("1"), false), Err(Misuse::UnknownChannel));
}

#[test]
fn an_answer_that_the_server_does_not_know_us_leads_to_another_join() {
    for (version, options) in [(Version::V2, acked()), (Version::V2, ChannelOptions::default()), (Version::V1, acked())]
    {
        let mut world = World::with(18, |config| config.version = version);
        let room = world.joined_with("room", options);
        world.server.mute = true;
        world.broadcast(room, "x", r#"{"n":1}"#);
        world.pass(100);
        let reference = world.server.received.last().unwrap().2[1].clone();
        world.server.mute = false;
        world.server.joined.clear();
        let reply = json!({"status": "error", "response": {"reason": "unmatched topic"}});
        world.send(&json!([null, reference, "realtime:room", "phx_reply", reply]));
        world.pass(5_000);
        assert_eq!(world.server.topics(), ["realtime:room"], "{}", world.story());
    }
}

#[test]
fn the_old_protocol_does_the_same() {
    let mut world = World::with(19, |config| config.version = Version::V1);
    let options = ChannelOptions { presence: true, presence_key: "me".into(), ..acked() };
    let room = world.joined_with("room", options);
    assert!(world.sockets[0].1.ends_with("&vsn=1.0.0"));
    let push = world.broadcast(room, "x", r#"{"n":1}"#);
    let track = world.track(room, Some(r#"{"a":1}"#));
    let rows = world.follow("7");
    world.write("7", json!({"n": 1}));
    world.pass(3_000);
    assert_eq!((world.outcome(push).cloned(), world.outcome(track).cloned()), (ok(), ok()));
    assert_eq!(world.broadcasts(room).len(), 1);
    assert!(world.client.presence(room).contains(r#""a":1"#));
    assert_eq!(world.rows(rows)[0]["n"], 1);
    world.act(|client, now| client.unsubscribe(now, room)).unwrap();
    world.act(|client, now| client.subscribe(now, room)).unwrap();
    world.pass(60_000);
    assert_eq!(world.server.joined.len(), 2);
    assert_eq!(world.server.count("phx_join"), 3, "{}", world.story());
}

#[test]
fn references_are_not_spent_on_nothing() {
    let mut world = World::new(20);
    for n in 0..50 {
        let room = world.channel(&n.to_string());
        world.subscribe(room);
    }
    world.pass(600_000);
    world
        .act(|client, now| {
            let room = client.channel("last", ChannelOptions::default()).unwrap();
            client.subscribe(now, room)
        })
        .unwrap();
    world.pass(100);
    let reference: u64 = world.server.received.last().unwrap().2[1].as_str().unwrap().parse().unwrap();
    assert_eq!(reference, world.server.received.len() as u64);
}

#[test]
fn a_message_may_be_given_another_time_than_all_have() {
    let mut world = World::new(31);
    let room = world.joined_with("room", acked());
    world.server.mute = true;
    let limited = |world: &mut World, timeout| {
        world.act(|client, now| {
            let push = client.broadcast(now, room, "x", Broadcast::Json("{}"), false).unwrap();
            client.set_push_timeout(now, push, Millis(timeout));
            push.0
        })
    };
    let (short, usual, long) =
        (limited(&mut world, 2_000), world.broadcast(room, "x", "{}"), limited(&mut world, 20_000));
    let tracked = world.act(|client, now| {
        let push = client.track(now, room, Some("{}")).unwrap();
        client.set_push_timeout(now, push, Millis(3_000));
        push.0
    });
    world.pass(1_900);
    assert_eq!(world.outcome(short), None, "{}", world.story());
    world.pass(200);
    assert_eq!(world.outcome(short), Some(&Outcome::TimedOut), "{}", world.story());
    assert_eq!(world.outcome(tracked), None);
    world.pass(1_000);
    assert_eq!(world.outcome(tracked), Some(&Outcome::TimedOut), "{}", world.story());
    world.pass(7_000);
    assert_eq!(world.outcome(usual), Some(&Outcome::TimedOut), "{}", world.story());
    assert_eq!(world.outcome(long), None);
    world.pass(10_000);
    assert_eq!(world.outcome(long), Some(&Outcome::TimedOut), "{}", world.story());
}

#[test]
fn a_message_that_waits_for_its_join_is_given_up_when_its_time_is_over() {
    let mut world = World::new(32);
    world.server.mute = true;
    let room = world.channel("room");
    world.subscribe(room);
    let push = world.act(|client, now| {
        let push = client.broadcast(now, room, "x", Broadcast::Json("{}"), false).unwrap();
        client.set_push_timeout(now, push, Millis(1_000));
        push.0
    });
    world.pass(1_100);
    assert_eq!(world.outcome(push), Some(&Outcome::TimedOut), "{}", world.story());
}
