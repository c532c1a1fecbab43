//! What poor networks, proxies, wrong clocks and odd servers do to a page that shows a story.

use serde_json::{Value, json};
use storywire::core::asset::{Op, Overall, Shape, Status};
use storywire::core::effect::{ConnectionState, RowsEvent};
use storywire::core::error::Fault;
use storywire::core::ids::ElementId;
use storywire::core::input::{Input, PageEvent};
use storywire::core::rows::RowsQuery;

use super::support::world::{START, World, token};

/// A story that is being made, and the one element that shows it.
fn shown(world: &mut World) {
    world.write("s", json!({"asset_generation_status": {"assets": {"cover": {"status": "generating"}}}}));
    show(world);
}

fn show(world: &mut World) {
    world.client.mount_story(ElementId(1), "s");
    world.client.mount(ElementId(2), "s", "cover", Shape::default());
    world.input(Input::Timeout);
}

/// What stands in the way of the story, as its elements say it.
fn problem(world: &mut World) -> Option<String> {
    world.client.mount_story(ElementId(1), "s");
    let mut found = None;
    while let Some(patch) = world.client.next_patch() {
        for op in patch.ops {
            if let Op::Attribute { name: "data-story-problem", value } = op {
                found = value;
            }
        }
    }
    found
}

fn cover(world: &World) -> Status {
    world.client.assets().asset("s", "cover").map_or(Status::Pending, |asset| asset.status())
}

fn query(filter: &str) -> RowsQuery {
    RowsQuery {
        schema: "public".into(),
        table: "stories".into(),
        filter: Some(filter.into()),
        select: "*".into(),
        key: "id".into(),
        single: false,
        order: String::new(),
        limit: None,
    }
}

/// A frame with a change of the story's row, as the newest join will hear it.
fn change(world: &World, data: &Value) -> Value {
    let joined = &world.server.joined[0];
    let id = world.change_id();
    json!([null, null, joined.topic, "postgres_changes", {"ids": [id], "data": data}])
}

// Ids.

#[test]
fn odd_ids_are_followed_and_read_like_any_other() {
    let long = "l".repeat(3_000);
    let ids = ["a,b", "say \"hi\"", "back\\slash", " edge ", "(x)", "50%", "a&b=c#d", "история", "eq.7", &long];
    for id in ids {
        let mut world = World::new(1);
        world.write(id, json!({"asset_generation_status": {"assets": {"cover": {"status": "generating"}}}}));
        world.client.mount(ElementId(1), id, "cover", Shape::default());
        world.input(Input::Timeout);
        world.pass(2_000);
        assert_eq!((world.connection(), world.faults()), (ConnectionState::Live, vec![]), "{id}");
        assert_eq!(world.client.assets().overall(id), Some(Overall::Generating), "{id}");
        world.write(id, json!({"asset_generation_status": {"assets": {"cover": {"status": "failed"}}}}));
        world.pass(1_000);
        assert_eq!(world.client.assets().overall(id), Some(Overall::Failed), "{id}");
    }
}

#[test]
fn odd_ids_are_read_by_one_request_too() {
    let ids = ["a,b", "say \"hi\"", "back\\slash", "plain"];
    let mut world = World::new(2);
    world.no_sockets = true;
    for (number, id) in ids.iter().enumerate() {
        world.write(id, json!({"asset_generation_status": {"assets": {"cover": {"status": "generating"}}}}));
        world.client.mount(ElementId(number as u32), id, "cover", Shape::default());
    }
    world.input(Input::Timeout);
    world.pass(1_000);
    assert_eq!(world.reads.len(), 1, "{:?}", world.reads);
    for id in ids {
        assert_eq!(world.client.assets().overall(id), Some(Overall::Generating), "{id}");
    }
}

#[test]
fn a_value_in_quotes_is_read_as_it_is_and_followed_in_quotes() {
    for (filter, read) in [
        ("id=eq.\"a, b\"", "&id=eq.a%2C%20b"),
        ("id=neq.\"a \\\"b\\\"\"", "&id=neq.a%20%22b%22"),
        ("id=not.eq.\"a\\\\b\"", "&id=not.eq.a%5Cb"),
        ("id=in.(\"a,b\",c)", "&id=in.%28%22a%2Cb%22%2Cc%29"),
        ("id=is.null", "&id=is.null"),
        ("id=eq.", "&id=eq."),
        ("id=not.in.(a,b)", "&id=not.in.%28a%2Cb%29"),
        ("id=ilike.\"%a, b%\"", "&id=ilike.%25a%2C%20b%25"),
    ] {
        let mut world = World::new(3);
        world.act(|client, now| client.follow(now, query(filter), "some")).unwrap();
        world.pass(1_000);
        assert!(world.reads[0].1.ends_with(read), "{filter}: {}", world.reads[0].1);
        assert_eq!(world.server.joined[0].config["postgres_changes"][0]["filter"], filter);
    }
}

#[test]
fn a_request_that_is_too_long_is_made_in_parts() {
    let mut world = World::new(4);
    world.server.longest_url = 2_000;
    let ids: Vec<String> = (0..40).map(|number| format!("{number:0>200}")).collect();
    for (number, id) in ids.iter().enumerate() {
        world.write(id, json!({"asset_generation_status": {"assets": {"cover": {"status": "generating"}}}}));
        world.client.mount(ElementId(number as u32), id, "cover", Shape::default());
    }
    world.input(Input::Timeout);
    world.pass(10_000);
    for id in &ids {
        assert_eq!(world.client.assets().overall(id), Some(Overall::Generating), "{:?}", world.faults());
    }
    assert!(world.reads.len() < 60, "{}", world.reads.len());
}

#[test]
fn a_row_that_has_another_key_now_is_not_there_twice() {
    let mut world = World::new(5);
    world.write("7", json!({"n": 1}));
    let rows = world.act(|client, now| client.follow(now, query("n=gt.0"), "all")).unwrap();
    world.pass(2_000);
    let record = json!({"id": "8", "n": 1});
    let data = json!({"schema": "public", "table": "stories", "type": "UPDATE", "commit_timestamp": null, "columns": [],
        "record": record, "old_record": {"id": "7"}, "errors": null});
    let frame = change(&world, &data);
    world.server.rows.remove("7");
    world.server.rows.insert("8".into(), record.clone());
    world.send(&frame);
    world.pass(100);
    assert_eq!(world.rows(rows), json!([record]));
    assert!(world.rows_events(rows).contains(&&RowsEvent::Gone("7".into())));
    let gone =
        |world: &World| world.rows_events(rows).into_iter().filter(|event| matches!(event, RowsEvent::Gone(_))).count();
    // The same while a read that still has the old key is under way.
    world.server.rows.insert("9".into(), json!({"id": "9", "n": 2}));
    world.server.rows.remove("8");
    world.server.rows.insert("8".into(), record);
    world.read_delay = 2_000;
    world.page(PageEvent::Frozen);
    world.page(PageEvent::Resumed);
    world.pass(1_000);
    let data = json!({"schema": "public", "table": "stories", "type": "UPDATE", "commit_timestamp": null, "columns": [],
        "record": {"id": "10", "n": 1}, "old_record": {"id": "8"}, "errors": null});
    let frame = change(&world, &data);
    world.send(&frame);
    world.pass(10_000);
    assert_eq!(world.rows(rows), json!([{"id": "9", "n": 2}, {"id": "10", "n": 1}]), "{}", world.story());
    assert_eq!(gone(&world), 2);
}

#[test]
fn a_commit_without_a_time_counts() {
    let mut world = World::new(6);
    world.write("7", json!({"n": 1}));
    let rows = world.live("7");
    for number in 2..5 {
        let data = json!({"schema": "public", "table": "stories", "type": "UPDATE", "commit_timestamp": null,
            "columns": [], "record": {"id": "7", "n": number}, "old_record": {"id": "7"}, "errors": null});
        let frame = change(&world, &data);
        world.send(&frame);
        world.pass(100);
        assert_eq!(world.rows(rows)[0]["n"], number);
    }
}

// Tokens.

#[test]
fn a_skeleton_without_a_token_says_so_until_there_is_one() {
    for stuck in [false, true] {
        let mut world = World::with(7, |config| config.asks_tokens = true);
        world.token = |_, now| Some(token("me", now + 3_600_000));
        world.token_fails = !stuck;
        world.token_stuck = stuck;
        shown(&mut world);
        world.pass(100);
        assert_eq!(problem(&mut world).is_some(), !stuck, "nothing has failed before its time is over");
        world.pass(20_000);
        assert_eq!(problem(&mut world).as_deref(), Some("unreachable"));
        assert_eq!(world.connection(), ConnectionState::CatchingUp, "nothing is read, so it is not polling");
        assert!(world.faults().iter().all(|fault| *fault == Fault::TokenUnavailable));
        world.pass(300_000);
        assert!(world.tokens_asked > 8, "{}", world.tokens_asked);
        world.token_fails = false;
        world.token_stuck = false;
        world.pass(45_000);
        assert_eq!((problem(&mut world), world.connection()), (None, ConnectionState::Live), "{}", world.story());
    }
}

#[test]
fn a_token_that_cannot_be_renewed_is_no_problem_while_the_old_one_is_good() {
    let mut world = World::with(8, |config| config.asks_tokens = true);
    world.token = |_, now| Some(token("me", now + 600_000));
    world.server.checks_tokens = true;
    shown(&mut world);
    world.pass(5_000);
    world.token_fails = true;
    world.pass(580_000);
    assert!(world.faults().contains(&Fault::TokenUnavailable));
    assert_eq!((problem(&mut world), world.connection()), (None, ConnectionState::Live));
    world.pass(60_000);
    assert_eq!(problem(&mut world).as_deref(), Some("unreachable"), "and now it has expired: {}", world.story());
    world.token_fails = false;
    world.pass(60_000);
    assert_eq!((problem(&mut world), world.connection()), (None, ConnectionState::Live), "{}", world.story());
}

#[test]
fn a_visitor_whose_clock_is_behind_is_given_a_new_token_when_the_server_says_so() {
    let mut world = World::with(9, |config| config.asks_tokens = true);
    world.server.checks_tokens = true;
    // By the visitor's clock, which keeps the session too, all are good; by the server's, the first ones have expired.
    world.token = |asked, now| {
        let good = token(&format!("user-{asked}"), now + 3_600_000);
        let (signed, _) = good.rsplit_once(".x").unwrap();
        Some(if asked < 4 { format!("{signed}.x{}", now / 1000 - 60) } else { good })
    };
    shown(&mut world);
    world.pass(90_000);
    assert_eq!((cover(&world), world.connection()), (Status::Generating, ConnectionState::Live), "{}", world.story());
}

#[test]
fn a_token_that_changes_while_a_join_is_under_way_is_told_behind_it() {
    let mut world = World::new(10);
    world.latency = 1_000;
    world.set_token(Some(&token("one", START + 3_600_000)));
    shown(&mut world);
    world.pass(1_500);
    assert_eq!(world.server.count("phx_join"), 0);
    world.set_token(Some(&token("two", START + 7_200_000)));
    world.pass(20_000);
    assert_eq!((world.server.count("phx_join"), world.server.count("access_token")), (1, 1));
    assert_eq!(world.server.joined[0].token, Some(token("two", START + 7_200_000)));
    assert_eq!((world.connection(), world.faults()), (ConnectionState::Live, vec![]));
}

// Clocks.

#[test]
fn the_visitors_clock_says_nothing_of_a_rows_age() {
    let mut world = World::new(11);
    // By the visitor's clock all of this was an hour ago; the table has no updated_at, and the first state no time either.
    let at = |second: u32| format!("2020-01-01T00:00:{second:0>2}Z");
    world.write("s", json!({"asset_generation_status": {"assets": {"cover": {"status": "pending"}}}}));
    show(&mut world);
    world.pass(2_000);
    assert_eq!(cover(&world), Status::Pending);
    for (second, progress) in [(1, 20), (2, 60)] {
        let state = json!({"status": "generating", "progress": progress, "updatedAt": at(second)});
        world.write("s", json!({"asset_generation_status": {"assets": {"cover": state}}}));
        world.pass(1_000);
        let asset = world.client.assets().asset("s", "cover").unwrap();
        assert_eq!((asset.status(), asset.progress()), (Status::Generating, Some(progress)));
    }
    let state = json!({"status": "failed", "updatedAt": at(3)});
    world.write("s", json!({"asset_generation_status": {"assets": {"cover": state}}}));
    world.pass(1_000);
    assert_eq!(cover(&world), Status::Failed);
}

// Proxies and portals.

#[test]
fn a_portal_that_answers_everything_with_its_own_page_is_lived_through() {
    let mut world = World::new(12);
    world.no_sockets = true;
    for status in [200, 302, 304, 403, 404, 511] {
        world.read_answer = Some((status, "<!doctype html><title>Sign in to the Wi-Fi</title>".into()));
        shown(&mut world);
        world.pass(40_000);
        let said = if status == 200 { "unreadable" } else { "unreachable" };
        assert_eq!(problem(&mut world).as_deref(), Some(said), "{status}");
    }
    world.no_sockets = false;
    world.read_answer = None;
    world.pass(65_000);
    assert_eq!((problem(&mut world), world.connection()), (None, ConnectionState::Live));
    assert_eq!(cover(&world), Status::Generating);
}

#[test]
fn a_proxy_that_lets_no_socket_through_is_polled_past_for_hours() {
    let mut world = World::new(13);
    world.no_sockets = true;
    shown(&mut world);
    world.pass(6 * 3_600_000);
    assert_eq!(world.connection(), ConnectionState::Polling);
    let (reads, sockets) = (world.reads.len(), world.sockets.len());
    assert!((600..800).contains(&reads), "every 30 s: {reads}");
    assert!((700..3_000).contains(&sockets), "and a socket is tried all the while: {sockets}");
    world.write("s", json!({"asset_generation_status": {"assets": {"cover": {"status": "failed"}}}}));
    world.pass(31_000);
    assert_eq!(cover(&world), Status::Failed);
}

#[test]
fn a_server_that_answers_heartbeats_but_no_join_is_polled_past() {
    let mut world = World::new(14);
    world.server.ignores_joins = true;
    shown(&mut world);
    world.pass(300_000);
    assert_eq!((world.connection(), world.sockets.len()), (ConnectionState::Polling, 1), "the socket is sound");
    world.write("s", json!({"asset_generation_status": {"assets": {"cover": {"status": "failed"}}}}));
    world.pass(31_000);
    assert_eq!((cover(&world), problem(&mut world)), (Status::Failed, None));
    world.server.ignores_joins = false;
    world.pass(45_000);
    assert_eq!(world.connection(), ConnectionState::Live);
}

#[test]
fn a_join_whose_changes_never_flow_is_polled_past() {
    let mut world = World::new(15);
    world.server.silent_changes = true;
    shown(&mut world);
    world.pass(60_000);
    for status in ["pending", "failed", "generating", "failed"] {
        world.write("s", json!({"asset_generation_status": {"assets": {"cover": {"status": status}}}}));
        world.pass(41_000);
        assert_eq!(cover(&world), Status::from_code(status).unwrap(), "{}", world.story());
    }
    assert!(world.faults().iter().all(|fault| *fault == Fault::ChangesSilent));
    world.server.silent_changes = false;
    world.pass(60_000);
    assert_eq!(world.connection(), ConnectionState::Live);
}

#[test]
fn every_code_with_which_a_socket_closes_is_a_reason_to_connect_anew() {
    for code in [1000, 1001, 1005, 1006, 1011, 1012, 1013, 4000] {
        let mut world = World::new(16);
        shown(&mut world);
        world.pass(2_000);
        world.cut(code);
        world.pass(15_000);
        assert_eq!((world.connection(), world.sockets.len()), (ConnectionState::Live, 2), "{code}");
    }
}

#[test]
fn answers_that_come_twice_are_taken_once() {
    let mut world = World::new(17);
    world.echo = true;
    shown(&mut world);
    world.pass(5_000);
    assert_eq!((world.connection(), world.faults()), (ConnectionState::Live, vec![]));
    assert_eq!(world.server.count("phx_join"), 1);
    world.write("s", json!({"asset_generation_status": {"assets": {"cover": {"status": "failed"}}}}));
    world.pass(1_000);
    assert_eq!(cover(&world), Status::Failed);
}

#[test]
fn a_word_that_changes_flow_before_the_join_is_answered_costs_another_join_and_no_more() {
    let mut world = World::new(18);
    world.server.silent_changes = true;
    shown(&mut world);
    world.pass(25);
    let early = json!(["1", null, "realtime:story:s", "system",
        {"extension": "postgres_changes", "status": "ok", "message": "Subscribed to PostgreSQL", "channel": "story:s"}]);
    world.send(&early);
    world.pass(1_000);
    world.server.silent_changes = false;
    world.pass(60_000);
    assert_eq!(world.connection(), ConnectionState::Live, "{}", world.story());
}

// Sleep.

#[test]
fn a_page_that_is_frozen_in_the_middle_of_anything_is_live_again_soon_after() {
    for frozen_at in (0..1_500).step_by(37) {
        for asks in [false, true] {
            let mut world = World::with(19, |config| config.asks_tokens = asks);
            world.token = |_, now| Some(token("me", now + 7_200_000));
            shown(&mut world);
            world.pass(frozen_at);
            world.page(PageEvent::Frozen);
            world.parked_are_lost();
            world.sleep(3_600_000);
            world.page(PageEvent::Resumed);
            world.pass(3_000);
            assert_eq!(world.connection(), ConnectionState::Live, "{frozen_at} {}", world.story());
            assert_eq!((cover(&world), problem(&mut world)), (Status::Generating, None), "{frozen_at}");
        }
    }
}

#[test]
fn a_read_that_the_page_slept_through_is_made_again_and_is_no_failure() {
    for event in [Input::Timeout, Input::Page(PageEvent::Visible)] {
        let mut world = World::new(20);
        world.no_sockets = true;
        shown(&mut world);
        world.stalled = true;
        world.pass(100);
        world.sleep(60_000);
        world.parked_are_lost();
        world.stalled = false;
        world.input(event);
        world.pass(100);
        let faults: Vec<Fault> = world.faults().into_iter().filter(|fault| *fault != Fault::SocketRefused).collect();
        assert_eq!((faults, cover(&world)), (vec![], Status::Generating), "{}", world.story());
    }
}

// Limits.

#[test]
fn a_project_over_its_quota_is_asked_now_and_then_and_shows_again_when_it_is_paid_for() {
    let mut world = World::new(21);
    world.no_sockets = true;
    world.read_answer = Some((402, r#"{"message":"exceed_egress_quota"}"#.into()));
    shown(&mut world);
    world.pass(600_000);
    assert_eq!(problem(&mut world).as_deref(), Some("unreachable"), "nobody is told that the story is not theirs");
    let told = world.failures().iter().any(|of| of.fault == Fault::ReadFailed && of.detail == "exceed_egress_quota");
    assert!(told && world.reads.len() < 100, "{}", world.reads.len());
    world.read_answer = None;
    world.no_sockets = false;
    world.pass(65_000);
    assert_eq!((problem(&mut world), world.connection()), (None, ConnectionState::Live));
}

#[test]
fn a_server_at_its_limits_is_given_time_and_rows_are_read_meanwhile() {
    for reason in [
        "ConnectionRateLimitReached: Too many connected users",
        "ClientJoinRateLimitReached: Too many joins per second",
    ] {
        let mut world = World::new(22);
        world.server.refuse_join = Some(reason.into());
        shown(&mut world);
        world.pass(600_000);
        let joins = world.server.count("phx_join");
        assert!((8..45).contains(&joins), "{joins}");
        world.write("s", json!({"asset_generation_status": {"assets": {"cover": {"status": "failed"}}}}));
        world.pass(66_000);
        assert_eq!((cover(&world), problem(&mut world)), (Status::Failed, None), "{reason}");
        world.server.refuse_join = None;
        world.pass(70_000);
        assert_eq!(world.connection(), ConnectionState::Live);
    }
}

#[test]
fn a_read_under_way_goes_on_when_the_page_is_seen_again() {
    let mut world = World::new(23);
    world.no_sockets = true;
    world.read_delay = 2_000;
    shown(&mut world);
    for _ in 0..15 {
        world.pass(100);
        world.page(PageEvent::Visible);
    }
    world.pass(600);
    assert_eq!((cover(&world), world.reads.len()), (Status::Generating, 1));
}
