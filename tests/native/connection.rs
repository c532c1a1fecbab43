//! The socket: opened when wanted, opened again, closed when not.

use serde_json::json;
use storywire::core::Client;
use storywire::core::base::Instant;
use storywire::core::effect::{About, ConnectionState, Effect, Status};
use storywire::core::error::{Fault, Misuse};
use storywire::core::ids::SocketId;
use storywire::core::input::{Input, SocketEvent};
use storywire::core::realtime::frame::ChannelOptions;

use super::support::world::{START, World};

#[test]
fn nothing_is_opened_before_something_is_wanted() {
    let mut world = World::new(1);
    let room = world.channel("room");
    world.pass(60_000);
    assert_eq!((world.sockets.len(), world.deadline()), (0, None));
    world.subscribe(room);
    assert_eq!(world.sockets.len(), 1);
}

#[test]
fn the_key_stands_in_the_url_encoded_and_nothing_else_does() {
    let mut world = World::with(2, |config| config.key = "a key&x=ü".into());
    world.set_token(Some("e30.e30.secret"));
    let room = world.channel("room");
    world.subscribe(room);
    assert_eq!(world.sockets[0].1, "ws://test/socket?apikey=a%20key%26x%3D%C3%BC&vsn=2.0.0");
    world.live("7");
    assert!(!world.sockets.iter().any(|(_, url)| url.contains("secret")));
    assert!(!world.reads.iter().any(|(_, url, _)| url.contains("secret")), "a header carries it");
}

#[test]
fn a_socket_that_does_not_open_is_given_up_after_ten_seconds() {
    let mut world = World::new(3);
    world.stalled = true;
    let room = world.channel("room");
    world.subscribe(room);
    world.pass(10_000);
    assert!(world.story().contains("CloseSocket(SocketId(1))"));
    assert_eq!(world.faults(), [Fault::SocketRefused]);
    assert_eq!(world.failures()[0].about, About::Connection);
    world.parked_are_lost();
    world.stalled = false;
    world.pass(2_000);
    assert_eq!(world.last_status(room), Some(Status::Subscribed));
}

#[test]
fn attempts_back_off_with_full_jitter() {
    let mut all = Vec::new();
    for seed in 0..40 {
        let mut world = World::new(seed);
        world.up = false;
        let room = world.channel("room");
        world.subscribe(room);
        world.pass(600_000);
        let attempts: Vec<u64> = world.sockets.iter().map(|(at, _)| at - START).collect();
        assert!((25..110).contains(&attempts.len()), "{attempts:?}");
        assert!(attempts.windows(2).all(|pair| pair[1] - pair[0] <= 30_020), "the cap is 30 s");
        all.push(attempts[1]);
    }
    all.sort_unstable();
    assert!(all[5] < 400 && all[34] > 600, "the first waits lie anywhere within a second: {all:?}");
}

#[test]
fn each_failed_attempt_says_when_the_next_is() {
    let mut world = World::new(4);
    world.up = false;
    let room = world.channel("room");
    world.subscribe(room);
    world.pass(120_000);
    let mut failures = world.notices.iter().filter_map(|(at, notice)| match notice {
        storywire::core::effect::Notice::Fault(of) => Some(*at + of.retry_in.unwrap().0),
        _ => None,
    });
    for (at, _) in world.sockets.iter().skip(1) {
        assert_eq!(failures.next(), Some(*at));
    }
}

#[test]
fn late_events_of_an_old_socket_change_nothing() {
    let mut world = World::new(5);
    let room = world.joined("room");
    world.cut(1006);
    world.pass(5_000);
    let before = world.notices.len();
    let frame = json!([null, null, "realtime:room", "broadcast", {"event": "x", "payload": {}}]).to_string();
    for socket in [SocketId(1), SocketId(99)] {
        for event in
            [SocketEvent::Opened, SocketEvent::Text(&frame), SocketEvent::Binary(&[4]), SocketEvent::Closed(1006)]
        {
            world.input(Input::Socket(socket, event));
        }
    }
    world.pass(5_000);
    assert_eq!(world.notices.len(), before);
    assert_eq!(world.statuses(room), [Status::Subscribed, Status::Errored, Status::Subscribed]);
}

#[test]
fn a_close_with_1000_that_nobody_asked_for_is_a_reason_to_reconnect() {
    for code in [1000, 1001, 1005, 1006, 1011, 1012, 4000] {
        let mut world = World::new(6);
        let room = world.joined("room");
        world.cut(code);
        world.pass(3_000);
        assert_eq!(world.statuses(room), [Status::Subscribed, Status::Errored, Status::Subscribed], "{code}");
    }
}

#[test]
fn a_channel_that_comes_within_five_seconds_finds_the_socket_open() {
    let mut world = World::new(7);
    let room = world.joined("room");
    world.act(|client, now| client.remove_channel(now, room));
    world.pass(4_000);
    world.joined("hall");
    world.pass(20_000);
    assert_eq!(world.sockets.len(), 1);
    assert_eq!(world.connection(), ConnectionState::Live);
}

#[test]
fn a_channel_let_go_while_the_socket_opens_leaves_nothing() {
    let mut world = World::new(8);
    let room = world.channel("room");
    world.subscribe(room);
    world.act(|client, now| client.unsubscribe(now, room)).unwrap();
    world.pass(30_000);
    assert_eq!(world.deadline(), None);
    assert_eq!(world.server.count("phx_join"), 0);
    let mut world = World::new(8);
    world.up = false;
    let room = world.channel("room");
    world.subscribe(room);
    world.pass(60_000);
    world.act(|client, now| client.unsubscribe(now, room)).unwrap();
    world.pass(30_000);
    assert_eq!(world.deadline(), None, "the next attempt is given up");
}

#[test]
fn a_socket_lost_while_a_topic_is_left_is_not_opened_again() {
    let mut world = World::new(9);
    let room = world.joined("room");
    world.act(|client, now| client.unsubscribe(now, room)).unwrap();
    world.cut(1006);
    world.pass(60_000);
    assert_eq!((world.sockets.len(), world.deadline()), (1, None));
    assert_eq!(world.faults(), []);
}

#[test]
fn no_socket_is_kept_for_what_was_refused_for_good() {
    let mut world = World::new(10);
    world.server.refuse_join = Some("Unauthorized: no".into());
    let room = world.channel("room");
    world.subscribe(room);
    world.pass(60_000);
    assert_eq!((world.last_status(room), world.deadline()), (Some(Status::Errored), None));
    assert_eq!(world.connection(), ConnectionState::Stopped);
    world.server.refuse_join = None;
    world.joined("hall");
    assert_eq!(world.connection(), ConnectionState::Live);
}

#[test]
fn a_closed_client_rests() {
    let mut world = World::new(11);
    let room = world.joined("room");
    let pending = world.channel("pending");
    world.subscribe(pending);
    let rows = world.follow("7");
    let push = world.broadcast(pending, "x", "{}");
    let track = world.track(room, Some("{}"));
    world.act(Client::close);
    assert_eq!(world.deadline(), None);
    assert_eq!((world.last_status(room), world.last_status(pending)), (Some(Status::Closed), Some(Status::Closed)));
    assert!(world.outcome(push).is_some() && world.outcome(track).is_some(), "every push is settled");
    assert!(world.story().contains("CloseSocket") && world.story().contains("AbortRead"));
    assert_eq!(world.connections().last(), Some(&ConnectionState::Stopped));
    let (sockets, reads) = (world.sockets.len(), world.reads.len());
    assert_eq!(world.client.channel("x", ChannelOptions::default()), Err(Misuse::Closed));
    assert_eq!(world.client.subscribe(world.at(), room), Err(Misuse::UnknownChannel));
    assert_eq!(world.client.set_token(world.at(), None), Ok(()));
    world.act(|client, now| client.unfollow(now, rows));
    world.act(Client::close);
    world.pass(600_000);
    assert_eq!((world.sockets.len(), world.reads.len(), world.deadline()), (sockets, reads, None));
}

#[test]
fn time_that_goes_back_is_held_at_the_latest() {
    let mut world = World::new(12);
    world.joined("room");
    let deadline = world.deadline();
    world.client.handle_input(Instant(0), Input::Timeout);
    world.client.handle_input(Instant(START), Input::Timeout);
    assert_eq!((world.deadline(), world.client.poll_effect()), (deadline, None));
}

#[test]
fn an_hour_without_events_costs_few_calls() {
    let mut world = World::new(13);
    world.live("7");
    let mut calls = 0;
    let until = world.now + 3_600_000;
    while let Some(deadline) = world.deadline().filter(|deadline| deadline.at.0 < until) {
        world.pass(deadline.at.0 - world.now);
        calls += 1;
    }
    assert!(calls < 320, "{calls}");
}

#[test]
fn a_page_offline_says_so_and_waits_for_the_network() {
    use storywire::core::input::PageEvent;
    let mut world = World::new(14);
    world.joined("room");
    world.up = false;
    world.page(PageEvent::Offline);
    world.cut(1006);
    world.pass(300_000);
    assert_eq!(world.connection(), ConnectionState::Offline);
    assert!(world.sockets.len() < 13, "{}", world.sockets.len());
    world.up = true;
    let before = world.sockets.len();
    world.page(PageEvent::Online);
    assert_eq!(world.sockets.len(), before + 1, "at once");
    world.pass(2_000);
    assert_eq!(world.connection(), ConnectionState::Live);
}

#[test]
fn losing_the_network_is_no_reason_to_connect() {
    use storywire::core::input::PageEvent;
    let mut world = World::new(15);
    world.joined("room");
    world.up = false;
    world.cut(1006);
    world.pass(40_000);
    let before = world.sockets.len();
    world.page(PageEvent::Offline);
    assert_eq!(world.sockets.len(), before);
}

#[test]
fn a_junk_frame_is_told_and_the_socket_kept() {
    let mut world = World::new(16);
    let room = world.joined("room");
    for text in ["", "x", "{}", "[]", "[1,2,3]", "null", "[null,null,5,\"x\",{}]", "\u{0}"] {
        world.input(Input::Socket(SocketId(1), SocketEvent::Text(text)));
    }
    for bytes in [&[][..], &[4], &[4, 9, 9, 9, 9], &[1, 0, 0, 0, 0], &[255; 40]] {
        world.input(Input::Socket(SocketId(1), SocketEvent::Binary(bytes)));
    }
    world.pass(10_000);
    assert!(world.faults().iter().all(|fault| *fault == Fault::BadFrame));
    assert_eq!(world.faults().len(), 13);
    assert_eq!((world.statuses(room), world.sockets.len()), (vec![Status::Subscribed], 1));
}

#[test]
fn one_notice_for_each_change_of_the_clients_state() {
    let mut world = World::new(17);
    world.live("7");
    world.cut(1012);
    world.pass(40_000);
    let room = world.channel("room");
    world.subscribe(room);
    world.pass(40_000);
    let states = world.connections();
    assert!(states.windows(2).all(|pair| pair[0] != pair[1]), "{states:?}");
    assert_eq!(states.last(), Some(&world.connection()));
}

#[test]
fn a_thousand_channels_cost_little_for_each_message() {
    let mut world = World::new(18);
    for number in 0..1_000 {
        let room = world.channel(&format!("room:{}", number % 100));
        world.subscribe(room);
    }
    world.pass(30_000);
    assert_eq!(world.server.joined.len(), 100);
    assert_eq!(world.sockets.len(), 1, "{}", world.story());
    let text = json!([null, null, "realtime:room:99", "broadcast", {"event": "x", "payload": {}}]).to_string();
    #[allow(clippy::disallowed_methods, reason = "how long it takes is the question")]
    let started = std::time::Instant::now();
    for _ in 0..1_000 {
        world.client.handle_input(Instant(world.now), Input::Socket(SocketId(1), SocketEvent::Text(&text)));
        let mut told = 0;
        while let Some(effect) = world.client.poll_effect() {
            told += u32::from(matches!(effect, Effect::Notify(_)));
        }
        assert_eq!(told, 10);
    }
    // A debug build on a busy machine; what counts is that it is not thousands of times more.
    let spent = started.elapsed();
    assert!(spent.as_millis() < 5_000, "{spent:?}");
}

#[test]
fn a_socket_that_is_lost_when_nobody_wants_it_is_no_outage() {
    let mut world = World::new(40);
    let rows = world.live("7");
    world.act(|client, now| client.unfollow(now, rows));
    world.up = false;
    world.cut(1006);
    world.pass(600_000);
    world.up = true;
    world.follow("7");
    world.pass(3_000);
    assert!(!world.connections().contains(&ConnectionState::Polling), "{:?}", world.connections());
}

#[test]
fn nothing_that_happens_keeps_a_socket_that_nobody_needs() {
    let mut world = World::new(30);
    let room = world.joined("room");
    world.act(|client, now| client.unsubscribe(now, room)).unwrap();
    for number in 0..10 {
        world.pass(900);
        world.set_token(Some(&format!("token {number}")));
    }
    assert!(world.story().contains("CloseSocket"), "five seconds after the last channel has gone: {}", world.story());
    assert_eq!(world.deadline(), None);
}
