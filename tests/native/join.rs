//! Joining, leaving, joining again.

use serde_json::json;
use storywire::core::base::{Instant, Millis};
use storywire::core::effect::{About, ConnectionState, Notice, RowsEvent, Status};
use storywire::core::error::{Fault, Misuse};
use storywire::core::realtime::frame::ChannelOptions;

use super::support::world::World;

#[test]
fn a_channel_is_joined_once_the_socket_is_open() {
    let mut world = World::new(1);
    let room = world.joined("room");
    assert_eq!(world.statuses(room), [Status::Subscribed]);
    assert_eq!(world.server.topics(), ["realtime:room"]);
    assert_eq!(world.sockets.len(), 1);
    assert_eq!(world.sockets[0].1, "ws://test/socket?apikey=sb_publishable_x&vsn=2.0.0");
}

#[test]
fn a_publishable_key_is_never_sent_as_an_access_token() {
    let mut world = World::new(1);
    world.joined("room");
    let (_, _, join) = &world.server.received[0];
    assert_eq!(join[4].get("access_token"), None);
}

#[test]
fn a_lost_socket_leads_to_rejoining() {
    let mut world = World::new(2);
    let room = world.joined("room");
    world.up = false;
    world.cut(1006);
    world.pass(600_000);
    assert_eq!(world.statuses(room), [Status::Subscribed, Status::Errored]);
    world.up = true;
    world.pass(31_000);
    assert_eq!(world.statuses(room), [Status::Subscribed, Status::Errored, Status::Subscribed]);
}

#[test]
fn a_server_that_accepts_and_drops_is_not_hammered() {
    let mut world = World::new(3);
    let room = world.joined("room");
    for _ in 0..2_000 {
        world.cut(1006);
        world.pass(300);
    }
    // Ten minutes with a cap of 30 s: the attempts double away from each other.
    assert!(world.sockets.len() < 70, "{}", world.sockets.len());
    let _ = room;
}

#[test]
fn two_channels_of_a_topic_share_one_join() {
    let mut world = World::new(4);
    let first = world.joined("room");
    let second = world.joined("room");
    assert_eq!(world.server.count("phx_join"), 1);
    world.client.unsubscribe(Instant(world.now), first).unwrap();
    world.drain();
    world.pass(1_000);
    assert_eq!(world.statuses(first), [Status::Subscribed, Status::Closed]);
    assert_eq!((world.statuses(second), world.server.count("phx_leave")), (vec![Status::Subscribed], 0));
    world.client.unsubscribe(Instant(world.now), second).unwrap();
    world.drain();
    world.pass(1_000);
    assert_eq!((world.server.count("phx_leave"), world.server.topics().len()), (1, 0));
}

#[test]
fn other_options_for_a_used_topic_are_an_error() {
    let mut world = World::new(5);
    world.joined("room");
    let other = world.client.channel("room", ChannelOptions { ack: true, ..ChannelOptions::default() }).unwrap();
    assert_eq!(world.client.subscribe(Instant(world.now), other), Err(Misuse::OtherOptions));
}

#[test]
fn a_topic_can_be_left_and_joined_in_one_breath() {
    let mut world = World::new(6);
    let room = world.joined("room");
    world.client.unsubscribe(Instant(world.now), room).unwrap();
    world.client.subscribe(Instant(world.now), room).unwrap();
    world.drain();
    world.pass(2_000);
    assert_eq!(world.statuses(room), [Status::Subscribed, Status::Closed, Status::Subscribed]);
    assert_eq!(world.server.topics(), ["realtime:room"]);
    world.pass(60_000);
    assert_eq!(world.server.count("phx_join"), 2, "{}", world.story());
}

#[test]
fn the_socket_closes_when_nobody_needs_it() {
    let mut world = World::new(7);
    let room = world.joined("room");
    world.client.remove_channel(Instant(world.now), room);
    world.drain();
    world.pass(20_000);
    assert_eq!(world.deadline(), None, "{}", world.story());
    assert!(world.story().contains("CloseSocket"));
}

#[test]
fn a_mute_server_is_asked_again() {
    let mut world = World::new(8);
    world.server.mute = true;
    let room = world.channel("room");
    world.subscribe(room);
    world.pass(11_000);
    assert_eq!(world.statuses(room), [Status::TimedOut]);
    world.server.mute = false;
    world.pass(60_000);
    assert_eq!(world.last_status(room), Some(Status::Subscribed));
}

#[test]
fn a_fatal_refusal_ends_it_and_says_why() {
    for reason in [
        "MalformedJWT: The token provided is not a valid JWT",
        "JwtSignatureError: Failed to validate JWT signature",
        "Unauthorized: You do not have permissions to read from this Channel topic: room",
        "TopicNameRequired: You must provide a topic name",
        "TenantNotFound: Tenant not found",
        "RealtimeDisabledForTenant: Realtime disabled for this tenant",
        "PrivateOnly: This project only allows private channels",
        "UnableToReplayMessages: Replay is not allowed for public channels",
    ] {
        let mut world = World::new(9);
        world.server.refuse_join = Some(reason.into());
        let room = world.channel("room");
        world.subscribe(room);
        world.pass(3_600_000);
        assert_eq!(world.server.count("phx_join"), 1, "{reason}");
        let failure = world.failures()[0];
        assert_eq!((failure.about.clone(), failure.retry_in), (About::Channel(room), None));
        assert_eq!(failure.detail, reason);
        assert_eq!(world.statuses(room), [Status::Errored]);
    }
}

#[test]
fn a_passing_refusal_is_tried_again_with_backoff() {
    for reason in ["InitializingProjectConnection: …", "UnknownErrorOnChannel: …", "RealtimeRestarting: …"] {
        let mut world = World::new(10);
        world.server.refuse_join = Some(reason.into());
        let room = world.channel("room");
        world.subscribe(room);
        world.pass(3_600_000);
        let joins = world.server.count("phx_join");
        assert!((90..400).contains(&joins), "{reason}: {joins}");
        assert!(world.failures().iter().all(|failure| failure.retry_in.is_some()));
        assert_eq!(world.statuses(room), [Status::Errored], "one event for each change of state");
        world.server.refuse_join = None;
        world.pass(60_000);
        assert_eq!(world.last_status(room), Some(Status::Subscribed));
    }
}

#[test]
fn a_throttled_join_waits_longer() {
    let mut world = World::new(11);
    world.server.refuse_join = Some("ClientJoinRateLimitReached: Too many joins per second".into());
    let room = world.channel("room");
    world.subscribe(room);
    world.pass(3_600_000);
    assert!(world.server.count("phx_join") <= 3_600 / 15, "{}", world.server.count("phx_join"));
    assert!(world.failures().iter().all(|failure| failure.retry_in.unwrap().0 >= 15_000));
    assert_eq!(world.failures()[0].fault, Fault::Throttled);
}

#[test]
fn an_unasked_close_heals() {
    let mut world = World::new(12);
    let room = world.joined("room");
    let join_ref = world.server.joined[0].join_ref.clone();
    let text = json!([join_ref, join_ref, "realtime:room", "phx_close", {}]).to_string();
    world.server.joined.clear();
    world.deliver(vec![super::support::phoenix::Sent { socket: 1, after: 0, text }]);
    world.pass(5_000);
    assert_eq!(world.statuses(room), [Status::Subscribed, Status::Errored, Status::Subscribed]);
}

#[test]
fn a_frame_of_an_old_join_changes_nothing() {
    let mut world = World::new(13);
    let room = world.joined("room");
    for event in ["phx_close", "phx_error", "system", "presence_state"] {
        let text = json!(["77", "77", "realtime:room", event, {"status": "error", "extension": "system"}]).to_string();
        world.deliver(vec![super::support::phoenix::Sent { socket: 1, after: 0, text }]);
    }
    world.pass(10_000);
    assert_eq!(world.statuses(room), [Status::Subscribed]);
    assert!(!world.notices.iter().any(|(_, notice)| matches!(notice, Notice::System(..))));
}

#[test]
fn joins_keep_under_the_servers_rate_after_a_restart() {
    let mut world = World::new(14);
    for number in 0..40 {
        let room = world.channel(&format!("room:{number}"));
        world.subscribe(room);
    }
    world.pass(10_000);
    assert_eq!(world.server.joined.len(), 40);
    let before = world.server.received.len();
    world.cut(1012);
    world.pass(40_000);
    assert_eq!(world.server.joined.len(), 40);
    let joins: Vec<u64> = world.server.received[before..]
        .iter()
        .filter(|(_, _, frame)| frame[3] == "phx_join")
        .map(|(at, _, _)| *at)
        .collect();
    let busiest = joins.iter().map(|at| joins.iter().filter(|of| (*at..*at + 1000).contains(of)).count()).max();
    // Five such pages stay under 100 a second.
    assert!(busiest.unwrap() <= 14, "{busiest:?}");
}

#[test]
fn five_pages_stay_under_the_servers_rate_however_long_it_was_away() {
    let mut joins = Vec::new();
    for seed in 0..5 {
        let mut world = World::new(100 + seed);
        for number in 0..40 {
            let room = world.channel(&format!("room:{number}"));
            world.subscribe(room);
        }
        world.pass(10_000);
        world.up = false;
        world.cut(1012);
        world.pass(60_000);
        world.up = true;
        // The worst case: all of them come back at the same moment.
        world.page(storywire::core::input::PageEvent::Online);
        let before = world.server.received.len();
        world.pass(20_000);
        assert_eq!(world.server.joined.len(), 40);
        let frames = world.server.received[before..].iter().filter(|(_, _, frame)| frame[3] == "phx_join");
        joins.extend(frames.map(|(at, _, _)| *at));
    }
    let busiest = joins.iter().map(|at| joins.iter().filter(|of| (*at..*at + 1_000).contains(of)).count()).max();
    assert!(busiest.unwrap() < 100, "{busiest:?}");
}

#[test]
fn what_the_visitor_sees_joins_first() {
    let mut world = World::with(15, |config| config.join_burst = 1);
    for number in 0..5 {
        let rows = world.follow(&number.to_string());
        world.client.set_rows_visible(rows, number == 3);
    }
    world.pass(5_000);
    assert_eq!(world.server.received[0].2[2], "realtime:story:3");
}

#[test]
fn a_topic_needs_a_name_and_replay_a_private_channel() {
    let mut world = World::new(16);
    assert_eq!(world.client.channel("", ChannelOptions::default()), Err(Misuse::EmptyTopic));
    let replay = ChannelOptions { replay: Some((1, 25)), ..ChannelOptions::default() };
    assert_eq!(world.client.channel("room", replay.clone()), Err(Misuse::BadReplay));
    assert!(world.client.channel("room", ChannelOptions { private: true, ..replay }).is_ok());
}

#[test]
fn a_socket_has_a_hundred_topics() {
    let mut world = World::new(17);
    for number in 0..100 {
        let room = world.channel(&number.to_string());
        world.subscribe(room);
    }
    let room = world.channel("one too many");
    assert_eq!(world.client.subscribe(Instant(world.now), room), Err(Misuse::TooManyChannels));
}

/// Found by `laws::the_laws_hold_whatever_happens`: the topic stayed joined on the server for as long as the socket lived.
#[test]
fn a_join_that_is_answered_too_late_is_left_all_the_same() {
    let mut world = World::new(18);
    let other = world.joined("other");
    let room = world.channel("room");
    world.latency = 6_000;
    world.subscribe(room);
    world.pass(10_100);
    assert_eq!(world.statuses(room), [Status::TimedOut]);
    world.client.unsubscribe(Instant(world.now), room).unwrap();
    world.drain();
    world.pass(13_000);
    assert_eq!(world.server.topics(), ["realtime:other"], "{}", world.story());
    assert_eq!(world.statuses(other), [Status::Subscribed]);
}

/// Found by `laws::the_laws_hold_whatever_happens`: the topic was joined again although nobody wanted it any more.
#[test]
fn a_topic_that_crashes_while_it_is_left_is_not_joined_again() {
    let mut world = World::new(19);
    world.joined("other");
    let room = world.joined("room");
    world.client.unsubscribe(Instant(world.now), room).unwrap();
    world.drain();
    let text = json!(["2", "2", "realtime:room", "phx_error", {"reason": "channel_crash"}]).to_string();
    world.deliver(vec![super::support::phoenix::Sent { socket: 1, after: 0, text }]);
    world.pass(60_000);
    assert_eq!((world.server.topics(), world.server.count("phx_join")), (vec!["realtime:other"], 2));
}

#[test]
fn a_join_that_held_for_long_is_forgiven_what_failed_before_it() {
    let mut waits = Vec::new();
    for seed in 0..20 {
        let mut world = World::new(seed);
        world.server.refuse_next = vec!["RealtimeRestarting: …".into(); 8];
        let room = world.channel("room");
        world.subscribe(room);
        world.pass(600_000);
        assert_eq!(world.last_status(room), Some(Status::Subscribed));
        world.server.refuse_next = vec!["RealtimeRestarting: …".into()];
        world.cut(1012);
        world.pass(60_000);
        waits.push(world.failures().last().unwrap().retry_in.unwrap().0);
    }
    assert!(waits.iter().all(|wait| *wait <= 1_000), "{waits:?}");
}

#[test]
fn rows_on_a_topic_that_joins_anew_for_the_page_are_not_live_meanwhile() {
    let mut world = World::new(21);
    world.write("7", json!({"n": 1}));
    let rows = world.live("7");
    world.server.mute = true;
    let options = ChannelOptions { presence: true, ..ChannelOptions::default() };
    let room = world.channel_with("story:7", options);
    world.subscribe(room);
    world.pass(1_000);
    assert!(world.rows_events(rows).contains(&&RowsEvent::Stale), "{:?}", world.rows_events(rows));
    world.server.mute = false;
    world.pass(60_000);
    assert_eq!((world.connection(), world.lives(rows).len()), (ConnectionState::Live, 2));
}

#[test]
fn a_join_may_be_given_another_time_than_all_have() {
    let mut world = World::new(22);
    world.server.mute = true;
    let room = world.channel("room");
    world.act(|client, now| {
        client.set_join_timeout(room, Millis(2_000));
        client.subscribe(now, room).unwrap();
    });
    world.pass(1_900);
    assert_eq!(world.statuses(room), []);
    world.pass(500);
    assert_eq!(world.statuses(room), [Status::TimedOut], "{}", world.story());
    // The joins that follow have the same.
    world.server.mute = false;
    world.pass(40_000);
    assert_eq!(world.last_status(room), Some(Status::Subscribed), "{}", world.story());
    world.server.mute = true;
    world.cut(1006);
    world.pass(40_000);
    assert_eq!(world.last_status(room), Some(Status::TimedOut), "{}", world.story());
}

/// A system message of the newest join of `room`, as before a close.
fn last_words(world: &mut World, message: &str) {
    let join_ref = world.server.joined[0].join_ref.clone();
    let payload = json!({"extension": "system", "status": "error", "message": message, "channel": "room"});
    world.send(&json!([join_ref, null, "realtime:room", "system", payload]));
}

fn close(world: &mut World) {
    let join_ref = world.server.joined[0].join_ref.clone();
    world.server.joined.clear();
    world.send(&json!([join_ref, join_ref, "realtime:room", "phx_close", {}]));
}

#[test]
fn what_was_said_of_a_join_before_counts_for_no_later_one() {
    let mut world = World::new(22);
    let room = world.joined("room");
    last_words(&mut world, "You no longer have permission");
    world.pass(100);
    world.cut(1012);
    world.pass(5_000);
    close(&mut world);
    world.pass(5_000);
    assert_eq!(world.last_status(room), Some(Status::Subscribed), "{}", world.story());
}

#[test]
fn a_topic_that_crashes_right_after_each_join_is_joined_less_and_less_often() {
    for held in [1_000, 60_000] {
        let mut waits = Vec::new();
        for seed in 0..8 {
            let mut world = World::new(seed);
            world.joined("room");
            for _ in 0..7 {
                while world.server.joined.is_empty() {
                    world.pass(1_000);
                }
                world.pass(held);
                let sent = world.server.crash(0);
                world.deliver(sent);
                world.pass(100);
            }
            waits.push(world.failures().last().unwrap().retry_in.unwrap().0);
        }
        let longest = waits.iter().max().unwrap();
        assert_eq!(*longest > 5_000, held == 1_000, "held for {held}: {waits:?}");
    }
}

#[test]
fn an_answer_to_something_older_does_not_say_that_the_join_is_gone() {
    let mut world = World::new(23);
    let room = world.joined("room");
    world.cut(1012);
    world.pass(5_000);
    world.send(&json!(["1", "1", "realtime:room", "phx_reply", {"status": "error", "response": {"reason": "unmatched topic"}}]));
    world.pass(5_000);
    assert_eq!(world.statuses(room), [Status::Subscribed, Status::Errored, Status::Subscribed]);
    assert_eq!(world.server.count("phx_join"), 2);
}

#[test]
fn a_refused_topic_keeps_its_place_since_a_token_brings_it_back() {
    let mut world = World::with(24, |config| config.topic_limit = 1);
    world.server.refuse_next = vec!["Unauthorized: no".into()];
    let room = world.channel("room");
    world.subscribe(room);
    world.pass(10_000);
    assert_eq!(world.faults(), [Fault::Unauthorized]);
    let other = world.channel("other");
    assert_eq!(world.client.subscribe(Instant(world.now), other), Err(Misuse::TooManyChannels));
}

#[test]
fn a_lost_socket_brings_no_turn_forward() {
    let mut world = World::with(25, |config| {
        config.join_burst = 1;
        config.join_interval = storywire::core::base::Millis(10_000);
    });
    world.joined("room");
    world.cut(1012);
    world.pass(5_000);
    assert_eq!((world.sockets.len(), world.server.count("phx_join")), (2, 1));
    world.pass(6_000);
    assert_eq!(world.server.count("phx_join"), 2);
}

#[test]
fn joins_behind_others_that_the_server_still_refuses_are_not_sent_over_and_over() {
    let mut world = World::new(12);
    world.server.refuse_next = vec!["RealtimeRestarting: …".into(); 6];
    for number in 0..6 {
        let room = world.channel(&number.to_string());
        world.subscribe(room);
    }
    world.pass(20);
    // All are given up at once, and wait behind the first six when they are sent once more.
    world.sleep(50_000);
    world.pass(60_000);
    assert_eq!((world.server.joined.len(), world.server.count("phx_join")), (6, 12), "{}", world.story());
}
