//! What the page's own life changes: hidden, frozen, slept.

use serde_json::json;
use storywire::core::effect::{ConnectionState, Status};
use storywire::core::input::PageEvent;

use super::support::world::World;

#[test]
fn a_hidden_page_keeps_its_channels_and_reconnects() {
    let mut world = World::new(1);
    let room = world.joined("room");
    world.page(PageEvent::Hidden);
    world.pass(600_000);
    assert_eq!(world.statuses(room), [Status::Subscribed]);
    world.cut(1006);
    world.pass(10_000);
    assert_eq!(world.last_status(room), Some(Status::Subscribed), "without waiting for anybody to look");
}

#[test]
fn a_frozen_page_closes_cleanly_and_is_right_again_within_three_seconds() {
    let mut world = World::new(2);
    world.write("7", json!({"n": 1}));
    let room = world.joined("room");
    let rows = world.live("7");
    world.page(PageEvent::Frozen);
    assert!(world.story().contains("CloseSocket"), "an open socket would keep it out of the back/forward cache");
    world.sleep(3_600_000);
    world.write("7", json!({"n": 2}));
    world.page(PageEvent::Resumed);
    world.pass(3_000);
    assert_eq!((world.rows(rows)[0]["n"].as_u64(), world.connection()), (Some(2), ConnectionState::Live));
    assert_eq!(world.statuses(room), [Status::Subscribed], "to the page's channels nothing happened");
    assert_eq!(world.lives(rows), [true, false]);
}

#[test]
fn a_frozen_page_tries_nothing() {
    let mut world = World::new(3);
    let room = world.joined("room");
    world.page(PageEvent::Frozen);
    let other = world.channel("other");
    world.subscribe(other);
    world.page(PageEvent::Online);
    world.pass(600_000);
    assert_eq!((world.sockets.len(), world.deadline()), (1, None));
    world.page(PageEvent::Resumed);
    world.pass(2_000);
    assert_eq!(
        (world.last_status(room), world.last_status(other)),
        (Some(Status::Subscribed), Some(Status::Subscribed))
    );
}

#[test]
fn a_page_that_can_be_seen_is_not_frozen() {
    let mut world = World::new(4);
    let room = world.joined("room");
    world.page(PageEvent::Frozen);
    world.page(PageEvent::Visible);
    world.pass(2_000);
    assert_eq!((world.sockets.len(), world.last_status(room)), (2, Some(Status::Subscribed)));
}

#[test]
fn a_page_frozen_while_it_connects_connects_when_it_wakes() {
    let mut world = World::new(5);
    let room = world.channel("room");
    world.subscribe(room);
    world.page(PageEvent::Frozen);
    world.pass(1_000);
    world.page(PageEvent::Resumed);
    world.pass(2_000);
    assert_eq!(world.last_status(room), Some(Status::Subscribed));
}

#[test]
fn a_page_that_wakes_tries_at_once_whatever_it_waited_for() {
    for event in [PageEvent::Visible, PageEvent::Resumed, PageEvent::Online] {
        let mut world = World::new(6);
        let room = world.joined("room");
        world.up = false;
        world.cut(1006);
        world.pass(300_000);
        world.up = true;
        world.page(event);
        world.pass(200);
        assert_eq!(world.last_status(room), Some(Status::Subscribed), "{event:?}");
    }
}

#[test]
fn a_page_that_slept_reads_what_it_follows_only_where_it_must() {
    let mut world = World::new(7);
    world.write("7", json!({"n": 1}));
    let rows = world.live("7");
    let reads = world.reads.len();
    world.sleep(30_000);
    world.page(PageEvent::Visible);
    world.pass(5_000);
    assert_eq!((world.lives(rows).len(), world.reads.len()), (1, reads), "the socket held, so nothing was missed");
    world.cut(1006);
    world.sleep(30_000);
    world.write("7", json!({"n": 2}));
    world.page(PageEvent::Visible);
    world.pass(3_000);
    assert_eq!(world.rows(rows)[0]["n"], 2);
}

#[test]
fn a_page_that_wakes_forgives_attempts_that_failed() {
    for events in [&[PageEvent::Online][..], &[PageEvent::Frozen, PageEvent::Resumed]] {
        for seed in 0..8 {
            let mut world = World::new(seed);
            world.up = false;
            let room = world.channel("room");
            world.subscribe(room);
            world.pass(300_000);
            let before = world.failures().len();
            for event in events {
                world.page(*event);
            }
            world.pass(100);
            assert!(world.failures()[before].retry_in.unwrap().0 <= 1_000, "{events:?} {:?}", world.failures());
        }
    }
}
