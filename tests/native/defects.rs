//! One test for each defect of realtime-js 2.119.1 that was reproduced on a Phoenix server: what it does there, and what we
//! do instead.

use serde_json::{Value, json};
use storywire::core::effect::{ConnectionState, Status};
use storywire::core::error::{Fault, Misuse};
use storywire::core::input::PageEvent;
use storywire::core::realtime::frame::ChannelOptions;

use super::support::world::{START, World, token};

fn joins(world: &World) -> Vec<(u64, &Value)> {
    let frames = world.server.received.iter().filter(|(_, _, frame)| frame[3] == "phx_join");
    frames.map(|(at, _, frame)| (at - START, frame)).collect()
}

/// A page with a stored session, as `createClient({ accessToken })` has it.
fn with_session(seed: u64) -> World {
    let mut world = World::with(seed, |config| config.asks_tokens = true);
    world.token = |asked, now| Some(token(&format!("user-{asked}"), now + 3_600_000));
    world.server.checks_tokens = true;
    world
}

/// realtime-js joins without an access token: SUBSCRIBED, silently anonymous.
#[test]
fn a_stored_session_then_subscribe_at_once() {
    let mut world = with_session(1);
    let room = world.channel("room");
    world.subscribe(room);
    world.pass(2_000);
    assert_eq!(world.statuses(room), [Status::Subscribed]);
    let joins = joins(&world);
    assert_eq!(joins.len(), 1);
    assert!(joins[0].1[4]["access_token"].is_string(), "the join waited for the session");
}

/// realtime-js: SUBSCRIBED, CLOSED, never rejoins; a second `subscribe()` throws.
#[test]
fn token_has_expired_and_phx_close() {
    let mut world = with_session(2);
    let room = world.joined("room");
    let sent = world.server.expire();
    world.deliver(sent);
    world.pass(3_000);
    assert_eq!(world.statuses(room), [Status::Subscribed, Status::Errored, Status::Subscribed]);
    assert_eq!(world.tokens_asked, 2);
    assert_eq!(world.client.subscribe(world.at(), room), Ok(()), "and subscribing again is no mistake");
}

/// realtime-js: no reconnect until visible, then joins with the stale token.
#[test]
fn a_hidden_tab_whose_socket_dies() {
    let mut world = with_session(3);
    let room = world.joined("room");
    world.page(PageEvent::Hidden);
    world.cut(1006);
    world.pass(3_000);
    assert_eq!(world.last_status(room), Some(Status::Subscribed), "hidden or not");
    world.cut(1006);
    world.sleep(2 * 3_600_000);
    world.page(PageEvent::Visible);
    world.pass(3_000);
    assert_eq!(world.last_status(room), Some(Status::Subscribed));
    let last = joins(&world).last().unwrap().1[4]["access_token"].as_str().unwrap().to_owned();
    assert!(super::support::world::expiry(&last).unwrap() > world.now, "with a token that is good");
}

/// realtime-js: all reconnect within 15 ms of each other, 60 rejoins within 16 ms.
#[test]
fn five_clients_of_twelve_channels_and_a_server_restart() {
    let (mut opened, mut rejoined) = (Vec::new(), Vec::new());
    for seed in 0..5 {
        let mut world = World::new(seed * 7919);
        for number in 0..12 {
            let room = world.channel(&number.to_string());
            world.subscribe(room);
        }
        world.pass(10_000);
        let before = joins(&world).len();
        world.cut(1012);
        world.pass(30_000);
        opened.push(world.sockets[1].0 - START);
        rejoined.extend(joins(&world)[before..].iter().map(|(at, _)| *at));
        assert_eq!(world.server.joined.len(), 12);
    }
    opened.sort_unstable();
    assert!(opened[4] - opened[0] > 200, "{opened:?}");
    let busiest = rejoined.iter().map(|at| rejoined.iter().filter(|of| (*at..*at + 1_000).contains(of)).count()).max();
    assert!(rejoined.len() == 60 && busiest.unwrap() < 65, "the server allows 100: {busiest:?}");
    let at_once = rejoined.iter().map(|at| rejoined.iter().filter(|of| (*at..*at + 16).contains(of)).count()).max();
    assert!(at_once.unwrap() <= 5, "{at_once:?}");
}

/// realtime-js notices after 25 to 50 s.
#[test]
fn the_link_goes_dead_silently() {
    let mut world = World::new(5);
    let room = world.joined("room");
    world.pass(40_000);
    world.stalled = true;
    let from = world.now;
    world.pass(2_000);
    world.page(PageEvent::Online);
    world.pass(3_100);
    assert_eq!(world.last_status(room), Some(Status::Errored), "3 s after the first sign");
    assert!(world.now - from < 6_000);
    let mut quiet = World::new(5);
    let room = quiet.joined("room");
    quiet.pass(40_000);
    quiet.stalled = true;
    quiet.pass(35_100);
    assert_eq!(quiet.last_status(room), Some(Status::Errored), "35 s at the latest without any sign");
}

/// realtime-js: `since` unchanged, no deduplication.
#[test]
fn replay_after_a_reconnect() {
    let mut world = World::new(6);
    let options = ChannelOptions { private: true, replay: Some((START, 25)), ..ChannelOptions::default() };
    let room = world.joined_with("room", options);
    let replayed = |id: &str| {
        json!([null, null, "realtime:room", "broadcast",
            {"type": "broadcast", "event": "x", "payload": {"of": id}, "meta": {"id": id, "replayed": true}}])
    };
    world.send(&replayed("a"));
    world.send(&replayed("b"));
    world.pass(60_000);
    world.cut(1012);
    world.pass(5_000);
    // `since` stays what the page asked for: the server answers with the newest, and its clock may differ from ours.
    assert_eq!(joins(&world)[1].1[4]["config"]["broadcast"]["replay"]["since"], START);
    world.send(&replayed("b"));
    world.send(&replayed("c"));
    world.pass(100);
    let told: Vec<&str> = world.broadcasts(room).into_iter().map(|(_, payload)| payload).collect();
    assert_eq!(told, [r#"{"of":"a"}"#, r#"{"of":"b"}"#, r#"{"of":"c"}"#], "each once");
}

/// realtime-js: later listeners of the event never run. The core keeps no functions: it hands out one notice for each
/// channel and names the keys; `js/listeners.js` contains a listener that throws.
#[test]
fn the_first_listener_throws() {
    let mut world = World::new(7);
    let room = world.channel("room");
    world.listen(room, 1, "*", None);
    world.listen(room, 2, "*", None);
    let other = world.channel("room");
    world.listen(other, 3, "*", None);
    world.subscribe(room);
    world.subscribe(other);
    world.pass(2_000);
    world.write("7", json!({"n": 1}));
    world.pass(1_000);
    assert_eq!(world.changes(room)[0].0, [1, 2]);
    assert_eq!(world.changes(other)[0].0, [3]);
}

/// realtime-js: 9123456789654320.
#[test]
fn an_int8_of_9123456789654321() {
    let mut world = World::new(8);
    let room = world.channel("room");
    world.listen(room, 1, "*", None);
    world.client.set_exact(room, true).unwrap();
    world.subscribe(room);
    world.pass(1_000);
    let id = world.change_id();
    world.send(&json!([null, null, "realtime:room", "postgres_changes", {"ids": [id], "data": {"type": "INSERT",
        "columns": [{"name": "id", "type": "int8"}], "record": {"id": 9_123_456_789_654_321_u64}}}]));
    world.pass(100);
    assert_eq!(world.changes(room)[0].1["record"]["id"], "9123456789654321");
}

/// realtime-js: join, leave, join; TIMED_OUT, then SUBSCRIBED.
#[test]
fn the_socket_opens_after_the_join_timeout() {
    let mut world = World::new(9);
    world.up = false;
    let room = world.channel("room");
    world.subscribe(room);
    world.pass(15_000);
    assert_eq!(world.statuses(room), [], "the join's time begins when it is sent");
    world.up = true;
    world.pass(31_000);
    assert_eq!((world.statuses(room), joins(&world).len()), (vec![Status::Subscribed], 1));
    assert_eq!(world.server.count("phx_leave"), 0);
}

/// realtime-js: 4 handshakes in 9 s, never gives up, one opaque error.
#[test]
fn http_401_at_the_handshake() {
    let mut world = World::new(10);
    world.no_sockets = true; // a browser sees no more than that it did not open
    world.read_answer = Some((401, r#"{"message":"Invalid API key"}"#.into()));
    let room = world.channel("room");
    world.subscribe(room);
    let rows = world.follow("7");
    world.pass(600_000);
    assert!(world.faults().contains(&Fault::KeyRefused), "a read says what the handshake cannot");
    assert!(world.sockets.len() <= 2, "and ends it: {}", world.sockets.len());
    assert_eq!((world.connection(), world.client.rows(rows).as_str()), (ConnectionState::Stopped, "[]"));
    let mut alone = World::new(11);
    alone.no_sockets = true;
    let room = alone.channel("room");
    alone.subscribe(room);
    alone.pass(600_000);
    assert!(alone.failures().iter().all(|of| of.fault == Fault::SocketRefused && of.retry_in.is_some()));
    assert!((20..110).contains(&alone.sockets.len()), "backing off to one in 30 s: {}", alone.sockets.len());
}

/// realtime-js: the same object; the second configuration is silently ignored.
#[test]
fn a_channel_twice_with_other_configuration() {
    let mut world = World::new(12);
    let first = world.joined("k");
    let other = ChannelOptions { private: true, ..ChannelOptions::default() };
    let second = world.channel_with("k", other);
    assert_ne!(first, second);
    assert_eq!(world.client.subscribe(world.at(), second), Err(Misuse::OtherOptions));
    world.act(|client, now| client.unsubscribe(now, first)).unwrap();
    world.subscribe(second);
    world.pass(2_000);
    assert_eq!(world.last_status(second), Some(Status::Subscribed), "once nobody else uses it, it is free to choose");
    assert_eq!(world.server.joined[0].config["private"], true);
}

/// realtime-js: lost; SUBSCRIBED is reported too early.
#[test]
fn changes_between_the_join_reply_and_the_system_ok() {
    let mut world = World::new(13);
    world.server.subscribe_delay = 5_000;
    world.write("7", json!({"n": 1}));
    let rows = world.follow("7");
    world.pass(3_000);
    assert_ne!(world.connection(), ConnectionState::Live);
    world.write("7", json!({"n": 2}));
    world.pass(4_000);
    assert_eq!((world.connection(), world.rows(rows)[0]["n"].as_u64()), (ConnectionState::Live, Some(2)));
}
