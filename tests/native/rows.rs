//! Followed rows: read, merged, kept current, read again after every gap.

use serde_json::json;
use storywire::core::effect::{About, ConnectionState, RowsEvent};
use storywire::core::error::{Fault, Misuse};
use storywire::core::rows::RowsQuery;

use super::support::world::{START, World, token};

/// Text like `2026-11-18T12:26:47.000Z`, whose order is that of `number`.
fn version(number: u32) -> String {
    format!("2026-11-20T00:00:{number:02}.000Z")
}

/// A world in which a row is live, and its server does not set `updated_at`.
fn live_without_version() -> (World, storywire::core::ids::RowsId) {
    let mut world = World::new(1);
    world.write("7", json!({"n": 1}));
    let rows = world.live("7");
    (world, rows)
}

fn query(select: &str) -> RowsQuery {
    RowsQuery {
        schema: "public".into(),
        table: "stories".into(),
        filter: Some("id=eq.7".into()),
        select: select.into(),
        key: "id".into(),
        single: true,
        order: String::new(),
        limit: None,
    }
}

/// A frame of change number `id` of the row 7.
fn change(world: &World, record: serde_json::Value, commit: &str) -> serde_json::Value {
    let joined = &world.server.joined[0];
    let id = world.change_id();
    json!([null, null, joined.topic, "postgres_changes", {"ids": [id], "data": {"schema": "public", "table": "stories",
        "type": "UPDATE", "commit_timestamp": commit, "columns": [], "record": record, "old_record": {"id": "7"},
        "errors": null}}])
}

#[test]
fn the_first_read_does_not_wait_for_the_socket() {
    let mut world = World::new(1);
    world.no_sockets = true;
    world.write("7", json!({"n": 1}));
    let rows = world.follow("7");
    world.pass(50);
    assert_eq!(world.rows(rows), json!([{"id": "7", "n": 1}]));
    assert_eq!(world.reads.len(), 1);
}

#[test]
fn rows_are_live_when_changes_flow_and_the_row_was_read_after_that() {
    let (mut world, rows) = live_without_version();
    assert_eq!(world.reads.len(), 2, "once at once, and once after the server said that changes flow");
    assert_eq!(world.lives(rows), [true]);
    assert_eq!(world.connections(), [ConnectionState::CatchingUp, ConnectionState::Live]);
    world.write("7", json!({"n": 2}));
    world.pass(1_000);
    assert_eq!(world.rows(rows), json!([{"id": "7", "n": 2}]));
    assert_eq!(world.reads.len(), 2);
}

#[test]
fn a_change_between_the_join_and_the_word_that_changes_flow_is_not_lost() {
    let mut world = World::new(2);
    world.server.subscribe_delay = 3_000;
    world.write("7", json!({"n": 1}));
    let rows = world.follow("7");
    world.pass(1_500);
    assert_eq!(world.server.joined.len(), 1);
    world.write("7", json!({"n": 2}));
    world.pass(3_000);
    assert_eq!(world.rows(rows), json!([{"id": "7", "n": 2}]));
    assert_eq!(world.lives(rows), [false], "something had to be caught up with");
}

#[test]
fn a_change_that_comes_while_the_row_is_read_is_held_back_and_then_stands() {
    let (mut world, rows) = live_without_version();
    world.read_delay = 2_000;
    world.page(storywire::core::input::PageEvent::Frozen);
    world.page(storywire::core::input::PageEvent::Resumed);
    world.pass(500);
    world.write("7", json!({"n": 2}));
    world.pass(500);
    assert_eq!(world.rows(rows)[0]["n"], 1, "what the read will say is not known");
    world.pass(3_000);
    assert_eq!(world.rows(rows)[0]["n"], 2, "the read was older than the change");
    let puts = world.rows_events(rows).iter().filter(|event| matches!(event, RowsEvent::Put(..))).count();
    assert_eq!(puts, 2, "old never shows over new");
}

#[test]
fn a_change_with_a_version_does_not_wait_for_a_read() {
    let mut world = World::new(3);
    world.write("7", json!({"n": 1, "updated_at": ""}));
    let rows = world.live("7");
    world.read_delay = 5_000;
    world.page(storywire::core::input::PageEvent::Frozen);
    world.page(storywire::core::input::PageEvent::Resumed);
    world.pass(1_000);
    world.write("7", json!({"n": 2, "updated_at": ""}));
    world.pass(500);
    assert_eq!(world.rows(rows)[0]["n"], 2);
    world.pass(10_000);
    assert_eq!(world.rows(rows)[0]["n"], 2, "the older read changed nothing");
    let puts = world.rows_events(rows).iter().filter(|event| matches!(event, RowsEvent::Put(..))).count();
    assert_eq!(puts, 2);
}

#[test]
fn an_older_version_never_shows_over_a_newer_one() {
    let mut world = World::new(4);
    world.server.rows.insert("7".into(), json!({"id": "7", "n": 5, "updated_at": version(5)}));
    let rows = world.live("7");
    for (number, shown) in [(3, 5), (9, 9), (8, 9), (10, 10)] {
        let frame = change(&world, json!({"id": "7", "n": number, "updated_at": version(number)}), &version(50));
        world.send(&frame);
        world.pass(100);
        assert_eq!(world.rows(rows)[0]["n"], shown);
    }
}

#[test]
fn without_a_version_the_commit_orders_changes() {
    let (mut world, rows) = live_without_version();
    for (number, commit, shown) in [(2, 30, 2), (3, 20, 2), (4, 40, 4)] {
        let frame = change(&world, json!({"id": "7", "n": number}), &version(commit));
        world.send(&frame);
        world.pass(100);
        assert_eq!(world.rows(rows)[0]["n"], shown);
    }
    let frame = change(&world, json!({"id": "7", "n": 5}), "");
    world.send(&frame);
    world.pass(100);
    assert_eq!(world.rows(rows)[0]["n"], 5, "a commit can be without a time");
}

#[test]
fn changes_are_shown_although_reads_fail() {
    let (mut world, rows) = live_without_version();
    world.read_answer = Some((503, String::new()));
    world.page(storywire::core::input::PageEvent::Frozen);
    world.page(storywire::core::input::PageEvent::Resumed);
    world.pass(2_000);
    world.write("7", json!({"n": 2}));
    world.pass(15_000);
    assert_eq!(world.rows(rows)[0]["n"], 2, "{}", world.story());
    assert_ne!(world.connection(), ConnectionState::Live);
    world.read_answer = None;
    world.pass(40_000);
    assert_eq!(world.connection(), ConnectionState::Live);
}

#[test]
fn a_deleted_row_is_gone_and_a_late_read_does_not_bring_it_back() {
    let (mut world, rows) = live_without_version();
    world.read_delay = 3_000;
    world.page(storywire::core::input::PageEvent::Frozen);
    world.page(storywire::core::input::PageEvent::Resumed);
    world.pass(1_000);
    world.delete("7");
    world.pass(500);
    assert_eq!(world.rows(rows), json!([]));
    world.pass(10_000);
    assert_eq!(world.rows(rows), json!([]));
    let gone = world.rows_events(rows).into_iter().filter(|event| **event == RowsEvent::Gone("7".into())).count();
    assert_eq!(gone, 1);
    world.write("7", json!({"n": 9}));
    world.pass(1_000);
    assert_eq!(world.rows(rows), json!([{"id": "7", "n": 9}]));
}

#[test]
fn what_a_read_does_not_hold_any_more_is_gone() {
    let (mut world, rows) = live_without_version();
    world.up = false;
    world.cut(1006);
    world.pass(100);
    world.server.rows.clear();
    world.up = true;
    world.pass(40_000);
    assert_eq!(world.rows(rows), json!([]));
    assert!(world.faults().contains(&Fault::RowMissing));
}

#[test]
fn many_rows_are_read_by_one_request() {
    let mut world = World::new(5);
    let mut rows = Vec::new();
    for id in 0..30 {
        world.write(&id.to_string(), json!({"n": id}));
    }
    for id in 0..30 {
        let query = RowsQuery { filter: Some(format!("id=eq.{id}")), ..query("*") };
        rows.push(world.client.follow(world.at(), query, "stories").unwrap());
    }
    world.pass(5_000);
    assert_eq!(world.connection(), ConnectionState::Live, "{}", world.story());
    for (id, rows) in rows.iter().enumerate() {
        assert_eq!(world.rows(*rows), json!([{"id": id.to_string(), "n": id}]));
    }
    assert!(
        world.reads[0].1.starts_with("http://test/rest/v1/stories?select=%2A&id=in.(0,1,2,"),
        "{}",
        world.reads[0].1
    );
    assert_eq!(world.reads.len(), 2, "{:?}", world.reads);
    assert_eq!(world.server.count("phx_join"), 1, "thirty sets of one topic cost one join");
}

#[test]
fn rows_whose_topics_join_one_after_the_other_are_read_together() {
    let mut world = World::new(5);
    let mut rows = Vec::new();
    for id in 0..50 {
        world.write(&id.to_string(), json!({"n": id}));
        let query = RowsQuery { filter: Some(format!("id=eq.{id}")), ..query("*") };
        rows.push(world.client.follow(world.at(), query, &format!("story:{id}")).unwrap());
    }
    world.pass(15_000);
    assert_eq!(world.connection(), ConnectionState::Live, "{}", world.story());
    assert_eq!(world.server.count("phx_join"), 50);
    assert!(world.reads.len() <= 8, "{} reads for fifty rows: {:?}", world.reads.len(), world.reads);
    for (id, rows) in rows.iter().enumerate() {
        assert_eq!(world.rows(*rows), json!([{"id": id.to_string(), "n": id}]));
    }
}

#[test]
fn a_value_that_the_database_writes_otherwise_is_read_by_itself() {
    let mut world = World::new(6);
    world.server.rows.insert("AB".into(), json!({"id": "ab", "n": 1}));
    world.server.rows.insert("7".into(), json!({"id": "7", "n": 7}));
    let [upper, other] = ["AB", "7"].map(|id| {
        let query = RowsQuery { filter: Some(format!("id=eq.{id}")), ..query("*") };
        world.client.follow(world.at(), query, "stories").unwrap()
    });
    world.pass(5_000);
    assert_eq!(world.rows(upper), json!([{"id": "ab", "n": 1}]), "{}", world.story());
    assert_eq!(world.rows(other), json!([{"id": "7", "n": 7}]));
    assert_eq!(world.faults(), []);
}

#[test]
fn a_filter_whose_value_looks_like_a_filter_is_sent_as_it_is() {
    let mut world = World::new(7);
    for name in ["x", "y"] {
        let query = RowsQuery { filter: Some(format!("title=like.a=eq.{name}")), ..query("*") };
        world.client.follow(world.at(), query, name).unwrap();
    }
    world.pass(10);
    let urls: Vec<&str> = world.reads.iter().map(|(_, url, _)| url.as_str()).collect();
    assert!(urls.iter().all(|url| url.contains("&title=like.a%3Deq.")), "{urls:?}");
    assert_eq!(urls.len(), 2);
}

#[test]
fn silence_is_read_into_once_in_a_while() {
    let (mut world, rows) = live_without_version();
    let before = world.reads.len();
    world.pass(3_600_000);
    let reads: Vec<u64> = world.reads[before..].iter().map(|(at, ..)| (at - START) / 60_000).collect();
    assert_eq!(reads, [1, 3, 7, 15, 25, 35, 45, 55], "60 s, doubling up to ten minutes");
    assert_eq!(world.lives(rows), [true], "nothing was found, nothing is told");
    world.client.set_rows_restless(rows, false);
    let before = world.reads.len();
    world.pass(3_600_000);
    assert_eq!(world.reads.len(), before, "what cannot change any more is not read again");
}

#[test]
fn a_change_lost_in_silence_is_found() {
    let (mut world, rows) = live_without_version();
    world.server.database_away = true;
    world.write("7", json!({"n": 2}));
    world.server.database_away = false;
    world.pass(62_000);
    assert_eq!(world.rows(rows)[0]["n"], 2);
    assert_eq!(world.lives(rows), [true, false], "and the page is told that something was missed");
    world.write("7", json!({"n": 3}));
    world.pass(1_000);
    assert_eq!(world.rows(rows)[0]["n"], 3);
}

#[test]
fn a_database_that_comes_back_with_a_word_leads_to_a_read() {
    let (mut world, rows) = live_without_version();
    world.server.database_away = true;
    world.write("7", json!({"n": 2}));
    world.pass(5_000);
    let sent = world.server.database_back();
    world.deliver(sent);
    world.pass(1_000);
    assert_eq!(world.rows(rows)[0]["n"], 2);
    assert_eq!(world.lives(rows), [true, false]);
}

#[test]
fn a_gap_in_which_nothing_happened_is_no_break() {
    let (mut world, rows) = live_without_version();
    world.cut(1012);
    world.pass(40_000);
    assert_eq!(world.lives(rows), [true, true]);
    let stale = world.rows_events(rows).into_iter().filter(|event| **event == RowsEvent::Stale).count();
    assert_eq!(stale, 1);
}

#[test]
fn a_row_that_is_not_there_is_told_once_and_found_when_it_comes() {
    let mut world = World::new(8);
    let rows = world.follow("7");
    world.pass(30_000);
    assert_eq!(world.faults(), [Fault::RowMissing]);
    assert_eq!(world.failures()[0].about, About::Rows(rows));
    assert!(world.failures()[0].retry_in.is_some());
    world.write("7", json!({"n": 1}));
    world.pass(1_000);
    assert_eq!(world.rows(rows), json!([{"id": "7", "n": 1}]));
    world.pass(3_600_000);
    assert_eq!(world.faults(), [Fault::RowMissing]);
}

#[test]
fn a_row_too_large_for_a_message_is_read_again() {
    let (mut world, rows) = live_without_version();
    let reads = world.reads.len();
    world.write("7", json!({"huge": "x".repeat(10), "n": 2}));
    world.pass(1_000);
    assert_eq!(world.rows(rows), json!([{"id": "7", "huge": "xxxxxxxxxx", "n": 2}]));
    assert_eq!(world.reads.len(), reads + 1);
}

#[test]
fn a_large_row_that_changes_all_the_time_is_still_shown() {
    let (mut world, rows) = live_without_version();
    world.read_delay = 800;
    for number in 2..60 {
        world.write("7", json!({"huge": "x", "n": number}));
        world.pass(200);
    }
    let shown = world.rows(rows)[0]["n"].as_u64().unwrap();
    assert!(shown > 45, "a read is not given up for each change that comes: {shown}");
    world.pass(3_000);
    assert_eq!(world.rows(rows)[0]["n"], 59);
}

#[test]
fn a_large_column_that_stayed_the_same_stays_in_the_row() {
    let mut world = World::new(9);
    world.write("7", json!({"n": 1, "large": "a long text"}));
    let rows = world.live("7");
    world.write("7", json!({"n": 2, "large": "a long text"}));
    world.pass(1_000);
    assert_eq!(world.rows(rows), json!([{"id": "7", "n": 2, "large": "a long text"}]));
}

#[test]
fn white_space_and_the_order_of_columns_are_no_change() {
    let mut world = World::new(10);
    world.server.rows.insert("7".into(), json!({"a": {"k": [1, "x y"]}, "b": 2, "id": "7"}));
    let rows = world.live("7");
    let before = world.rows_events(rows).len();
    let mut frame = change(&world, json!("RECORD"), &version(9)).to_string();
    frame = frame.replace("\"RECORD\"", r#"{"id": "7", "b": 2, "a": {"k": [ 1, "x y" ]}}"#);
    let socket = world.socket();
    world.deliver(vec![super::support::phoenix::Sent { socket, after: 0, text: frame.clone() }]);
    world.pass(100);
    assert_eq!(world.rows_events(rows).len(), before);
    let text = frame.replace("x y", "xy");
    world.deliver(vec![super::support::phoenix::Sent { socket, after: 0, text }]);
    world.pass(100);
    assert_eq!(world.rows_events(rows).len(), before + 1, "white space inside of text is a change");
}

#[test]
fn a_select_with_other_tables_is_read_when_something_changes() {
    let mut world = World::new(11);
    world.write("7", json!({"n": 1}));
    let rows = world.client.follow(world.at(), query("id,n,scenes(*)"), "story:7").unwrap();
    world.pass(2_000);
    assert_eq!(
        world.server.joined[0].config["postgres_changes"][0].get("select"),
        None,
        "the server knows no such column"
    );
    let reads = world.reads.len();
    world.write("7", json!({"n": 2}));
    world.pass(1_000);
    assert_eq!((world.rows(rows)[0]["n"].as_u64(), world.reads.len()), (Some(2), reads + 1));
}

#[test]
fn a_select_of_columns_is_asked_of_the_feed_too() {
    let mut world = World::new(12);
    world.client.follow(world.at(), query("id, n"), "story:7").unwrap();
    world.pass(2_000);
    assert_eq!(world.server.joined[0].config["postgres_changes"][0]["select"], json!(["id", "n"]));
}

#[test]
fn reads_that_fail_are_tried_again_with_backoff_and_as_the_server_asks() {
    let mut world = World::new(13);
    world.no_sockets = true;
    world.read_answer = Some((503, r#"{"message":"busy"}"#.into()));
    let rows = world.follow("7");
    world.pass(600_000);
    assert!((20..90).contains(&world.reads.len()), "{}", world.reads.len());
    let failure = world.failures().into_iter().find(|failure| failure.fault == Fault::ReadFailed).unwrap();
    assert_eq!((failure.about.clone(), failure.detail.as_str()), (About::Rows(rows), "busy"));
    world.read_answer = Some((429, "{}".into()));
    world.retry_after = Some(40);
    world.pass(60_000);
    let before = world.reads.len();
    world.pass(600_000);
    assert!(world.reads.len() - before <= 15, "{}", world.reads.len() - before);
}

#[test]
fn a_read_that_takes_too_long_is_given_up() {
    let mut world = World::new(14);
    world.write("7", json!({"n": 1}));
    world.read_delay = 60_000;
    let rows = world.follow("7");
    world.pass(11_000);
    assert!(world.story().contains("AbortRead"));
    world.read_delay = 0;
    world.pass(40_000);
    assert_eq!(world.rows(rows)[0]["n"], 1);
}

#[test]
fn a_refused_read_ends_it_and_says_why() {
    for (status, body, fault) in [
        (404, r#"{"code":"PGRST205","message":"Could not find the table"}"#, Fault::ReadRefused),
        (400, r#"{"code":"42703","message":"column stories.x does not exist"}"#, Fault::ReadRefused),
        (403, r#"{"code":"42501","message":"permission denied for table stories"}"#, Fault::ReadRefused),
        (401, r#"{"code":"42501","message":"permission denied for table stories"}"#, Fault::ReadRefused),
        (401, r#"{"message":"JWT expired"}"#, Fault::TokenExpired),
        (401, r#"{"message":"Invalid API key","hint":"…"}"#, Fault::KeyRefused),
    ] {
        let mut world = World::new(15);
        world.read_answer = Some((status, body.into()));
        world.no_sockets = true;
        let rows = world.follow("7");
        world.pass(3_600_000);
        let of_rows: Vec<_> = world.failures().into_iter().filter(|of| of.about == About::Rows(rows)).collect();
        assert_eq!((of_rows[0].fault, of_rows[0].retry_in), (fault, None), "{body}");
        assert_eq!(world.reads.len(), 1, "{body}");
        assert_eq!(world.connection(), ConnectionState::Stopped);
    }
}

#[test]
fn an_answer_that_the_project_did_not_give_is_no_end() {
    for (status, fault) in [(404, Fault::ReadFailed), (200, Fault::BadAnswer)] {
        let mut world = World::new(16);
        world.write("7", json!({"n": 1}));
        world.read_answer = Some((status, "<html>the hotel's Wi-Fi</html>".into()));
        let rows = world.follow("7");
        world.pass(20_000);
        assert_eq!(world.faults()[0], fault);
        world.read_answer = None;
        world.pass(40_000);
        assert_eq!(world.rows(rows)[0]["n"], 1);
    }
}

#[test]
fn a_new_token_forgives_a_refused_read() {
    let mut world = World::new(17);
    world.write("7", json!({"n": 1}));
    world.read_answer = Some((403, "{}".into()));
    let rows = world.follow("7");
    world.pass(10_000);
    world.read_answer = None;
    world.set_token(Some(&token("me", START + 3_600_000)));
    world.pass(5_000);
    assert_eq!(world.rows(rows)[0]["n"], 1);
    assert_eq!(world.connection(), ConnectionState::Live);
}

#[test]
fn rows_that_are_let_go_leave_nothing_behind() {
    let (mut world, rows) = live_without_version();
    world.act(|client, now| client.unfollow(now, rows));
    world.pass(10_000);
    assert_eq!(world.deadline(), None);
    assert_eq!(world.client.rows(rows), "[]");
    assert_eq!(world.connection(), ConnectionState::Stopped);
    let mut world = World::new(18);
    let rows = world.follow("8");
    world.act(|client, now| client.unfollow(now, rows));
    assert!(world.story().contains("AbortRead"), "the read under way is given up");
}

#[test]
fn a_bad_filter_is_refused_before_it_is_sent() {
    let mut world = World::new(19);
    for filter in ["id", "id=7", "id=eq7", "=eq.7", "id=in.", "id=in.()", "id=zz.7"] {
        let query = RowsQuery { filter: Some(filter.into()), ..query("*") };
        assert_eq!(world.client.follow(world.at(), query, "x"), Err(Misuse::BadFilter), "{filter}");
    }
    world.pass(1_000);
    assert_eq!(world.sockets.len(), 0);
}

#[test]
fn a_change_that_waited_for_a_read_is_shown_when_the_read_fails() {
    let (mut world, rows) = live_without_version();
    world.read_delay = 2_000;
    world.read_answer = Some((503, "{}".into()));
    world.page(storywire::core::input::PageEvent::Frozen);
    world.page(storywire::core::input::PageEvent::Resumed);
    world.pass(1_000);
    world.write("7", json!({"n": 2}));
    world.pass(500);
    assert_eq!(world.rows(rows)[0]["n"], 1, "it waits for the read");
    world.pass(1_000);
    assert_eq!(world.rows(rows)[0]["n"], 2, "there is nothing to wait for any more");
}

#[test]
fn more_changes_than_can_wait_give_the_read_up_for_a_new_one() {
    let (mut world, rows) = live_without_version();
    world.read_delay = 8_000;
    world.page(storywire::core::input::PageEvent::Frozen);
    world.page(storywire::core::input::PageEvent::Resumed);
    world.pass(1_000);
    world.log.clear();
    let reads = world.reads.len();
    for number in 0..201 {
        world.write("7", json!({"n": 100 + number}));
    }
    world.pass(100);
    assert!(world.log.iter().any(|line| line.contains("AbortRead")), "{}", world.story());
    assert!(world.log.iter().any(|line| line.contains("-> Read {")), "{}", world.story());
    assert_eq!(world.reads.len(), reads + 1);
    assert!(world.rows(rows)[0]["n"].as_u64() >= Some(299), "what waited is shown: {}", world.rows(rows));
    world.pass(10_000);
    assert_eq!(world.rows(rows)[0]["n"], 300);
}

#[test]
fn a_change_begins_the_silence_anew() {
    let (mut world, _) = live_without_version();
    let reads = world.reads.len();
    world.pass(50_000);
    world.write("7", json!({"n": 2}));
    world.pass(50_000);
    assert_eq!(world.reads.len(), reads, "the last 60 s were not silent");
    world.pass(11_000);
    assert_eq!(world.reads.len(), reads + 1);
}

#[test]
fn a_read_that_still_has_an_owner_goes_on_when_another_ends() {
    let mut world = World::new(5);
    world.write("1", json!({"n": 1}));
    world.write("2", json!({"n": 2}));
    world.read_delay = 3_000;
    world.no_sockets = true;
    let first = world.follow("1");
    let second = world.follow("2");
    world.pass(100);
    world.log.clear();
    world.act(|client, now| client.unfollow(now, first));
    assert_eq!(
        world.log.iter().filter(|line| line.contains("AbortRead(RequestId(1))")).count(),
        1,
        "{}",
        world.story()
    );
    assert!(!world.log.iter().any(|line| line.contains("AbortRead(RequestId(2))")), "{}", world.story());
    world.pass(4_000);
    assert_eq!(world.rows(second), json!([{"id": "2", "n": 2}]));
}

#[test]
fn a_set_of_many_is_read_in_its_order_up_to_its_limit_and_says_when_all_has_been_read() {
    let mut world = World::new(1);
    world.write("7", json!({"n": 1}));
    let many = |filter: &str, limit| RowsQuery {
        filter: Some(filter.into()),
        single: false,
        order: "n.desc,id.asc".into(),
        limit,
        ..query("*")
    };
    let limited = world.act(|client, now| client.follow(now, many("id=eq.7", Some(20)), "a")).unwrap();
    let whole = world.act(|client, now| client.follow(now, many("id=eq.7", None), "b")).unwrap();
    world.pass(1_000);
    let urls: Vec<&String> = world.reads.iter().map(|(_, url, _)| url).collect();
    assert!(urls.iter().any(|url| url.ends_with("?select=%2A&id=eq.7&order=n.desc%2Cid.asc&limit=20")), "{urls:?}");
    assert!(urls.iter().any(|url| url.ends_with("?select=%2A&id=eq.7&order=n.desc%2Cid.asc")), "{urls:?}");
    assert!(!urls.iter().any(|url| url.contains("in.(")), "a limit is one set's own: {urls:?}");
    for rows in [limited, whole] {
        let events = world.rows_events(rows);
        assert!(matches!(events[0], RowsEvent::Put(..)) && *events[1] == RowsEvent::Read, "{events:?}");
    }
    let single = world.live("7");
    assert!(!world.rows_events(single).contains(&&RowsEvent::Read));
}

#[test]
fn a_value_that_the_database_cannot_read_spoils_no_read_but_its_own() {
    let mut world = World::new(31);
    world.server.malformed = vec!["nobody".into(), "undefined".into()];
    let mut sets = Vec::new();
    for number in 0..52 {
        let id = match number {
            20 => "nobody".to_owned(),
            30 => "undefined".to_owned(),
            number => number.to_string(),
        };
        let query = RowsQuery { filter: Some(format!("id=eq.{id}")), ..query("*") };
        let rows = world.client.follow(world.at(), query, &format!("story:{id}")).unwrap();
        if !world.server.malformed.contains(&id) {
            world.write(&id, json!({"n": number}));
            sets.push((number, rows));
        }
    }
    world.pass(30_000);
    for (number, rows) in sets {
        assert_eq!(world.rows(rows)[0]["n"], number, "{:?}", world.reads);
    }
    let refused: Vec<_> = world.failures().into_iter().filter(|of| of.fault == Fault::ReadRefused).collect();
    assert_eq!(refused.len(), 2, "{refused:?}");
    assert_eq!(world.connection(), ConnectionState::Live);
    assert!(world.reads.len() < 40, "{} requests", world.reads.len());
    let before = world.reads.len();
    world.cut(1006);
    world.pass(40_000);
    assert!(world.reads.len() < before + 5, "what is wrong is not asked for again: {:?}", &world.reads[before..]);
}

#[test]
fn a_change_that_comes_without_its_row_is_a_reason_to_read() {
    let (mut world, rows) = live_without_version();
    for (n, kind) in [(2, "UPDATE"), (3, "DELETE")] {
        world.server.rows.insert("7".into(), json!({"id": "7", "n": n}));
        let mut frame = change(&world, json!({}), &version(50));
        let data = frame[4]["data"].as_object_mut().unwrap();
        data["type"] = json!(kind);
        data["old_record"] = json!({});
        if kind == "DELETE" {
            data.remove("record");
        }
        data["errors"] = json!(["Error 400: Bad Request, no primary key"]);
        world.send(&frame);
        world.pass(1_000);
        assert_eq!(world.rows(rows)[0]["n"], n);
    }
}

#[test]
fn a_select_that_leaves_the_key_out_reads_it_all_the_same() {
    for select in ["n", "n,author(name)"] {
        let mut world = World::new(33);
        world.write("7", json!({"n": 1}));
        world.act(|client, now| client.follow(now, query(select), "story:7")).unwrap();
        world.pass(2_000);
        assert!(world.reads[0].1.contains("select=id%2C"), "{:?}", world.reads);
    }
    let mut world = World::new(34);
    for select in ["*", "n, id", "author(*),*"] {
        world.act(|client, now| client.follow(now, query(select), "story:7")).unwrap();
        world.pass(2_000);
        assert!(!world.reads.last().unwrap().1.contains("select=id%2C"), "{:?}", world.reads);
    }
}

#[test]
fn what_was_never_live_does_not_become_stale() {
    let mut world = World::new(40);
    world.server.refuse_next = vec!["RealtimeRestarting: no".into(); 3];
    world.write("7", json!({"n": 1}));
    let rows = world.follow("7");
    world.pass(60_000);
    assert_eq!(world.lives(rows).len(), 1);
    assert!(!world.rows_events(rows).contains(&&RowsEvent::Stale));
}

#[test]
fn a_change_after_a_long_silence_shortens_the_next() {
    let (mut world, _) = live_without_version();
    world.pass(1_000_000);
    world.write("7", json!({"n": 2}));
    world.pass(1_000);
    let before = world.reads.len();
    world.pass(62_000);
    assert_eq!(world.reads.len(), before + 1);
}

#[test]
fn a_column_more_is_a_change() {
    let (mut world, rows) = live_without_version();
    let told = world.rows_events(rows).len();
    let frame = change(&world, json!({"id": "7", "n": 1, "more": true}), &version(9));
    world.send(&frame);
    world.pass(100);
    assert_eq!(world.rows_events(rows).len(), told + 1);
    assert_eq!(world.rows(rows), json!([{"id": "7", "n": 1, "more": true}]));
}

#[test]
fn sets_that_read_other_columns_are_read_apart() {
    let mut world = World::new(41);
    for (id, select) in [("7", "*"), ("8", "id,n")] {
        let query = RowsQuery { filter: Some(format!("id=eq.{id}")), ..query(select) };
        world.client.follow(world.at(), query, id).unwrap();
    }
    world.pass(10);
    let urls: Vec<&str> = world.reads.iter().map(|(_, url, _)| url.as_str()).collect();
    assert!(
        matches!(urls[..], [one, two] if one.ends_with("select=%2A&id=eq.7") && two.ends_with("select=id%2Cn&id=eq.8")),
        "{urls:?}"
    );
}

#[test]
fn a_page_that_wakes_forgives_reads_that_failed() {
    for seed in 0..8 {
        let mut world = World::new(seed);
        world.read_answer = Some((503, "{}".into()));
        world.follow("7");
        world.pass(300_000);
        let before = world.failures().iter().filter(|failure| failure.fault == Fault::ReadFailed).count();
        world.page(storywire::core::input::PageEvent::Visible);
        world.pass(100);
        let failures: Vec<_> =
            world.failures().into_iter().filter(|failure| failure.fault == Fault::ReadFailed).collect();
        assert!(failures[before].retry_in.unwrap().0 <= 1_000, "{:?}", failures[before]);
    }
}

#[test]
fn pages_that_were_asked_to_wait_do_not_come_back_at_once() {
    let mut waits = std::collections::BTreeSet::new();
    for seed in 0..8 {
        let mut world = World::new(seed);
        world.read_answer = Some((429, "{}".into()));
        world.retry_after = Some(40);
        world.follow("7");
        world.pass(1_000);
        let wait = world.failures()[0].retry_in.unwrap().0;
        assert!((40_000..=50_000).contains(&wait), "{wait}");
        waits.insert(wait);
    }
    assert!(waits.len() > 4, "{waits:?}");
}

#[test]
fn a_read_that_was_put_off_is_not_taken_along_by_another() {
    let mut world = World::new(42);
    world.read_answer = Some((429, "{}".into()));
    world.retry_after = Some(4);
    world.follow("7");
    world.pass(100);
    let due = world.now - 100 + 40 + world.failures()[0].retry_in.unwrap().0;
    world.read_answer = None;
    world.pass(due - world.now - 500);
    world.follow("8");
    world.pass(100);
    let last = &world.reads.last().unwrap().1;
    assert!(last.ends_with("id=eq.8"), "{last}");
}

#[test]
fn a_change_that_waits_for_a_read_is_shown_when_that_read_is_given_up_for_another() {
    let (mut world, rows) = live_without_version();
    world.read_delay = 3_000;
    world.page(storywire::core::input::PageEvent::Frozen);
    world.page(storywire::core::input::PageEvent::Resumed);
    world.pass(1_000);
    world.write("7", json!({"n": 2}));
    world.pass(200);
    assert_eq!(world.rows(rows)[0]["n"], 1);
    let sent = world.server.database_back();
    world.deliver(sent);
    world.pass(400);
    assert_eq!(world.rows(rows)[0]["n"], 2, "{}", world.story());
}

#[test]
fn of_one_version_the_later_commit_counts_and_a_read_forgets_no_commit() {
    let mut world = World::new(43);
    world.server.rows.insert("7".into(), json!({"id": "7", "n": 5, "updated_at": version(5)}));
    let rows = world.live("7");
    for (number, commit, shown) in [(6, 50, 6), (4, 40, 6), (7, 60, 7)] {
        let frame = change(&world, json!({"id": "7", "n": number, "updated_at": version(5)}), &version(commit));
        world.send(&frame);
        world.pass(100);
        assert_eq!(world.rows(rows)[0]["n"], shown);
    }
    let (mut world, rows) = live_without_version();
    let frame = change(&world, json!({"id": "7", "n": 2}), &version(30));
    world.send(&frame);
    world.pass(100);
    world.server.rows.insert("7".into(), json!({"id": "7", "n": 2}));
    world.page(storywire::core::input::PageEvent::Frozen);
    world.page(storywire::core::input::PageEvent::Resumed);
    world.pass(3_000);
    let frame = change(&world, json!({"id": "7", "n": 1}), &version(20));
    world.send(&frame);
    world.pass(100);
    assert_eq!(world.rows(rows)[0]["n"], 2, "it is older than what was shown before the read");
}

#[test]
fn each_passing_answer_is_tried_again_and_each_final_one_is_not() {
    let of = |status: u16, body: &str| {
        let mut world = World::new(44);
        world.read_answer = Some((status, body.into()));
        world.follow("7");
        world.pass(500);
        let failure = world.failures()[0].clone();
        (failure.fault, failure.retry_in.is_some(), failure.detail)
    };
    for status in [0, 402, 408, 425, 429, 500, 503, 599] {
        assert_eq!(of(status, r#"{"error":"words"}"#), (Fault::ReadFailed, true, "words".into()), "{status}");
    }
    for status in [400, 403, 404, 406, 416] {
        assert_eq!(of(status, r#"{"message":"words"}"#), (Fault::ReadRefused, false, "words".into()), "{status}");
    }
    for body in ["{}", "null", "5", "\"rows\"", "", "<html>"] {
        assert_eq!(of(200, body), (Fault::BadAnswer, true, String::new()), "{body}");
    }
}

#[test]
fn no_server_can_ask_for_more_than_a_little_over_a_minute() {
    let mut world = World::new(45);
    world.read_answer = Some((503, "{}".into()));
    world.retry_after = Some(86_400);
    world.follow("7");
    world.pass(1_000);
    let wait = world.failures()[0].retry_in.unwrap().0;
    assert!((60_000..=75_000).contains(&wait), "{wait}");
}

#[test]
fn a_read_that_worked_forgives_those_that_failed() {
    for seed in 0..8 {
        let mut world = World::new(seed);
        world.no_sockets = true;
        world.write("7", json!({"n": 1}));
        world.read_answer = Some((503, "{}".into()));
        world.follow("7");
        world.pass(200_000);
        world.read_answer = None;
        world.pass(61_000);
        let reads = |world: &World| -> Vec<u64> {
            let of = world.failures().into_iter().filter(|failure| failure.fault == Fault::ReadFailed);
            of.map(|failure| failure.retry_in.unwrap().0).collect()
        };
        let before = reads(&world).len();
        world.read_answer = Some((503, "{}".into()));
        world.pass(31_000);
        assert!(reads(&world)[before] <= 1_000, "{:?}", reads(&world));
    }
}

#[test]
fn a_read_that_takes_too_long_is_aborted() {
    let mut world = World::new(46);
    world.read_delay = 60_000;
    world.follow("7");
    world.pass(10_500);
    assert!(world.story().contains("AbortRead(RequestId(1))"), "{}", world.story());
}
