//! Rows without a socket, or without a feed: read at intervals until they can be followed.

use serde_json::json;
use storywire::core::effect::ConnectionState;
use storywire::core::error::Fault;

use super::support::world::{START, World};

#[test]
fn without_a_socket_rows_are_polled_until_there_is_one() {
    let mut world = World::new(1);
    world.no_sockets = true;
    world.write("7", json!({"n": 1}));
    let rows = world.follow("7");
    world.pass(4_900);
    assert_eq!(world.connection(), ConnectionState::CatchingUp);
    world.pass(200);
    assert_eq!(world.connection(), ConnectionState::Polling);
    world.write("7", json!({"n": 2}));
    world.pass(11_000);
    assert_eq!(world.rows(rows)[0]["n"], 2);
    world.no_sockets = false;
    world.pass(31_000);
    assert_eq!(world.connection(), ConnectionState::Live);
    use ConnectionState::{CatchingUp, Live, Polling};
    assert_eq!(world.connections(), [CatchingUp, Polling, CatchingUp, Live]);
}

#[test]
fn polling_starts_at_five_seconds_and_slows_down_while_nothing_is_found() {
    let mut world = World::new(2);
    world.no_sockets = true;
    world.write("7", json!({"n": 1}));
    world.follow("7");
    world.pass(120_000);
    let reads: Vec<u64> = world.reads.iter().map(|(at, ..)| (at - START) / 1000).collect();
    assert_eq!(reads, [0, 5, 10, 20, 40, 70, 100], "5, 10, 20, then every 30 s");
    world.write("7", json!({"n": 2}));
    let before = world.reads.len();
    world.pass(46_000);
    assert!(world.reads.len() - before >= 3, "what changes is looked at more often: {:?}", world.reads.len() - before);
}

#[test]
fn many_rows_are_polled_by_one_request() {
    let mut world = World::new(3);
    world.no_sockets = true;
    for id in 0..20 {
        world.write(&id.to_string(), json!({"n": 1}));
    }
    for id in 0..20 {
        let query = storywire::core::rows::RowsQuery {
            schema: "public".into(),
            table: "stories".into(),
            filter: Some(format!("id=eq.{id}")),
            select: "*".into(),
            key: "id".into(),
            single: true,
            order: String::new(),
            limit: None,
        };
        world.client.follow(world.at(), query, &format!("story:{id}")).unwrap();
    }
    world.pass(120_000);
    assert_eq!(world.reads.len(), 7, "{:?}", world.reads);
}

#[test]
fn a_feed_that_is_refused_is_replaced_by_polling() {
    let mut world = World::new(4);
    world.write("7", json!({"n": 1}));
    let rows = world.live("7");
    let join_ref = world.server.joined[0].join_ref.clone();
    let message = "Unable to subscribe to changes with given parameters. Please check Realtime is enabled";
    world.send(&json!([join_ref, null, "realtime:story:7", "system",
        {"extension": "postgres_changes", "status": "error", "message": message, "channel": "story:7"}]));
    world.server.joined[0].flows_at = None;
    world.pass(100);
    assert_eq!((world.connection(), world.faults()), (ConnectionState::Polling, vec![Fault::ChangesRefused]));
    world.write("7", json!({"n": 2}));
    world.pass(31_000);
    assert_eq!(world.rows(rows)[0]["n"], 2);
}

#[test]
fn a_topic_that_may_not_be_joined_is_replaced_by_polling() {
    let mut world = World::new(5);
    world.server.refuse_join = Some("Unauthorized: no".into());
    world.write("7", json!({"n": 1}));
    let rows = world.follow("7");
    world.pass(10_000);
    assert_eq!(world.connection(), ConnectionState::Polling);
    for n in 2..5 {
        world.write("7", json!({"n": n}));
        world.pass(31_000);
        assert_eq!(world.rows(rows)[0]["n"], n);
    }
}

#[test]
fn rows_are_read_while_the_server_refuses_to_join_for_now() {
    let mut world = World::new(6);
    world.server.refuse_join = Some("DatabaseLackOfConnections: …".into());
    world.write("7", json!({"n": 1}));
    let rows = world.follow("7");
    world.pass(30_000);
    for n in 2..5 {
        world.write("7", json!({"n": n}));
        world.pass(31_000);
        assert_eq!(world.rows(rows)[0]["n"], n, "{}", world.story());
    }
    world.server.refuse_join = None;
    world.pass(65_000);
    assert_eq!(world.connection(), ConnectionState::Live);
}

#[test]
fn a_server_that_accepts_and_drops_is_polled_past() {
    let mut world = World::new(7);
    world.write("7", json!({"n": 1}));
    let rows = world.follow("7");
    for n in 2..200 {
        world.server.mute = true;
        world.cut(1006);
        if n % 60 == 0 {
            world.write("7", json!({"n": n}));
        }
        world.pass(500);
    }
    assert_eq!((world.rows(rows)[0]["n"].as_u64(), world.connection()), (Some(180), ConnectionState::Polling));
}

#[test]
fn one_row_that_may_not_be_read_does_not_stop_the_others() {
    let mut world = World::new(8);
    world.write("7", json!({"n": 1}));
    let room = world.joined("room");
    world.read_answer = Some((403, "{}".into()));
    world.follow("8");
    world.pass(3_000);
    assert_eq!(world.connection(), ConnectionState::Live, "the room is");
    world.read_answer = None;
    let rows = world.follow("7");
    world.pass(3_000);
    assert_eq!((world.connection(), world.rows(rows)[0]["n"].as_u64()), (ConnectionState::Live, Some(1)));
    world.act(|client, now| client.remove_channel(now, room));
    world.act(|client, now| client.unfollow(now, rows));
    world.pass(10_000);
    assert_eq!(world.connection(), ConnectionState::Stopped, "nothing is left that could be");
}

#[test]
fn a_refused_key_stops_the_socket_too() {
    let mut world = World::new(9);
    world.no_sockets = true;
    world.read_answer = Some((401, r#"{"message":"Invalid API key"}"#.into()));
    let room = world.channel("room");
    world.subscribe(room);
    world.follow("7");
    world.pass(3_600_000);
    assert!(world.sockets.len() <= 2, "{}", world.sockets.len());
    assert_eq!(world.connection(), ConnectionState::Stopped);
    let faults: Vec<Fault> = world.faults().into_iter().filter(|fault| *fault != Fault::SocketRefused).collect();
    assert!(faults.iter().all(|fault| *fault == Fault::KeyRefused), "{faults:?}");
    assert_eq!(world.deadline(), None);
}

#[test]
fn polling_begins_anew_at_five_seconds_after_each_loss() {
    let mut world = World::new(20);
    world.no_sockets = true;
    world.write("7", json!({"n": 1}));
    world.follow("7");
    world.pass(200_000);
    world.no_sockets = false;
    world.pass(60_000);
    assert_eq!(world.connection(), ConnectionState::Live);
    world.no_sockets = true;
    world.cut(1006);
    let before = world.reads.len();
    world.pass(26_000);
    assert!(world.reads.len() >= before + 3, "{:?}", &world.reads[before..]);
}

#[test]
fn a_feed_that_comes_after_all_is_followed_and_its_loss_is_no_polling_at_first() {
    let mut world = World::new(21);
    world.server.silent_changes = true;
    world.write("7", json!({"n": 1}));
    let rows = world.follow("7");
    world.pass(1_000);
    let word = |world: &World, status: &str, message: &str| {
        let join_ref = world.server.joined[0].join_ref.clone();
        let payload = json!({"extension": "postgres_changes", "status": status, "message": message});
        json!([join_ref, null, "realtime:story:7", "system", payload])
    };
    let frame = word(&world, "error", "Unable to subscribe to changes with given parameters.");
    world.send(&frame);
    world.pass(10_000);
    assert_eq!(world.connection(), ConnectionState::Polling);
    let frame = word(&world, "ok", "Subscribed to PostgreSQL");
    world.send(&frame);
    world.pass(1_000);
    assert_eq!((world.connection(), world.lives(rows).len()), (ConnectionState::Live, 1));
    world.server.silent_changes = false;
    let reads = world.reads.len();
    world.cut(1012);
    world.pass(21);
    assert_eq!(world.connection(), ConnectionState::CatchingUp);
    world.no_sockets = true;
    world.page(storywire::core::input::PageEvent::Visible);
    world.pass(4_500);
    assert_eq!(world.reads.len(), reads + 1, "one for the page that came back, and no polling before its time");
}

#[test]
fn one_topic_that_is_refused_does_not_make_the_others_wait() {
    let mut world = World::new(22);
    world.server.refuse_next = vec!["Unauthorized: no".into()];
    world.write("7", json!({"n": 1}));
    world.follow("6");
    world.pass(8_000);
    assert!(world.faults().contains(&Fault::Unauthorized));
    let rows = world.follow("7");
    let start = world.now;
    while world.lives(rows).is_empty() {
        world.pass(10);
    }
    assert!(world.now - start < 700, "{}", world.now - start);
}
