//! Whether the other side still answers: heartbeats, and probes when the page comes back to life.

use storywire::core::effect::Status;
use storywire::core::error::Fault;
use storywire::core::input::{Input, PageEvent};

use super::support::world::{START, World};

/// How long after `from` the client gave the link up.
fn noticed(world: &World, from: u64) -> Option<u64> {
    let mut lost = world.notices.iter().filter(
        |(_, notice)| matches!(notice, storywire::core::effect::Notice::Fault(of) if of.fault == Fault::HeartbeatLost),
    );
    lost.next().map(|(at, _)| at - from)
}

#[test]
fn a_heartbeat_goes_out_every_25_seconds() {
    let mut world = World::new(1);
    let room = world.joined("room");
    world.pass(3_600_000);
    let beats = world.sent("heartbeat");
    assert!(beats.windows(2).all(|pair| pair[1] - pair[0] <= 25_100), "{beats:?}");
    assert_eq!(beats.len(), 144);
    assert_eq!(world.statuses(room), [Status::Subscribed], "the server never found the socket idle");
}

#[test]
fn what_comes_in_does_not_make_a_heartbeat_needless() {
    let mut world = World::new(2);
    world.live("7");
    for number in 0..200 {
        world.write("7", serde_json::json!({"n": number}));
        world.pass(1_000);
    }
    assert_eq!(
        world.sent("heartbeat").len(),
        8,
        "the server closes a socket whose client is silent, whatever it says itself"
    );
}

#[test]
fn a_link_that_dies_silently_is_noticed_within_35_seconds() {
    let mut world = World::new(3);
    let room = world.joined("room");
    world.pass(100_000);
    let from = world.now;
    world.stalled = true;
    world.pass(60_000);
    assert!(noticed(&world, from).unwrap() <= 35_100);
    assert_eq!(world.statuses(room), [Status::Subscribed, Status::Errored]);
}

#[test]
fn a_page_that_becomes_visible_notices_within_3_seconds() {
    for event in [PageEvent::Visible, PageEvent::Resumed, PageEvent::Online, PageEvent::Offline] {
        let mut world = World::new(4);
        world.joined("room");
        world.pass(10_000);
        world.stalled = true;
        world.pass(1_000);
        let from = world.now;
        world.page(event);
        world.pass(20_000);
        assert_eq!(noticed(&world, from), Some(3_000), "{event:?}");
    }
}

#[test]
fn a_jump_of_the_clock_is_a_reason_to_probe() {
    let mut world = World::new(5);
    world.joined("room");
    world.pass(10_000);
    world.stalled = true;
    world.sleep(120_000);
    let from = world.now;
    world.pass(20_000);
    assert_eq!(noticed(&world, from), Some(3_000), "{}", world.story());
}

#[test]
fn a_heartbeat_that_was_under_way_when_the_page_slept_proves_nothing_by_being_late() {
    let mut world = World::new(6);
    let room = world.joined("room");
    let next = world.deadline().unwrap().at.0;
    world.pass(next - world.now);
    assert_eq!(world.sent("heartbeat").len(), 0, "it is on its way");
    world.sleep(50_000);
    world.page(PageEvent::Visible);
    world.pass(10_000);
    assert_eq!(world.statuses(room), [Status::Subscribed], "{}", world.story());
}

#[test]
fn going_to_and_fro_between_tabs_does_not_keep_a_dead_link() {
    let mut world = World::new(7);
    world.joined("room");
    world.stalled = true;
    let from = world.now;
    for _ in 0..20 {
        world.page(PageEvent::Visible);
        world.pass(1_000);
        world.page(PageEvent::Hidden);
        world.pass(1_000);
    }
    assert_eq!(noticed(&world, from), Some(3_000));
}

#[test]
fn a_pending_join_gives_a_probe_more_time() {
    let mut world = World::new(8);
    let room = world.joined("room");
    world.server.refuse_next = vec!["RealtimeRestarting: …".into()];
    let other = world.channel("other");
    world.subscribe(other);
    world.pass(100);
    // The server refuses the join, and for these five seconds it is deaf to the whole socket.
    world.page(PageEvent::Visible);
    world.pass(20_000);
    assert_eq!(world.statuses(room), [Status::Subscribed], "{}", world.story());
    assert_eq!(world.last_status(other), Some(Status::Subscribed));
    assert_eq!(world.sockets.len(), 1);
}

#[test]
fn a_join_after_a_probe_gives_it_more_time_too() {
    let mut world = World::new(9);
    let room = world.joined("room");
    world.server.refuse_next = vec!["RealtimeRestarting: …".into()];
    let other = world.channel("other");
    world.latency = 100;
    world.act(|client, now| client.subscribe(now, other).unwrap());
    // The join is on the wire before the probe.
    world.page(PageEvent::Visible);
    world.pass(20_000);
    assert_eq!(world.statuses(room), [Status::Subscribed], "{}", world.story());
    assert_eq!(world.sockets.len(), 1);
}

#[test]
fn many_refused_joins_do_not_cost_the_socket() {
    let mut world = World::new(10);
    let room = world.joined("room");
    world.server.refuse_next = vec!["UnableToConnectToProject: …".into(); 6];
    for number in 0..6 {
        let other = world.channel(&number.to_string());
        world.subscribe(other);
    }
    world.pass(180_000);
    assert_eq!(world.server.joined.len(), 7);
    assert_eq!((world.statuses(room), world.sockets.len()), (vec![Status::Subscribed], 1), "{}", world.story());
}

#[test]
fn a_dead_link_is_noticed_although_joins_are_tried_on_it() {
    let mut world = World::new(11);
    for number in 0..60 {
        let room = world.channel(&number.to_string());
        world.subscribe(room);
    }
    world.pass(5_000);
    world.stalled = true;
    let from = world.now;
    for number in 0..30 {
        let room = world.channel(&format!("more {number}"));
        world.subscribe(room);
        world.page(PageEvent::Visible);
        world.pass(1_000);
    }
    assert!(noticed(&world, from).unwrap() <= 10_000);
}

#[test]
fn a_late_timer_that_finds_an_answer_is_no_jump_worth_a_word() {
    let mut world = World::new(12);
    let room = world.joined("room");
    // A hidden tab runs its timers once a minute; messages still come at once.
    for _ in 0..30 {
        world.sleep(60_000 - 200);
        world.input(Input::Timeout);
        world.pass(200);
    }
    assert_eq!(world.last_status(room), Some(Status::Subscribed), "{}", world.story());
    assert_eq!(noticed(&world, START), None);
}
