//! `postgres_changes`: entries sent with the join, ids of the server matched with them, changes handed to who asked.

use serde_json::{Value, json};
use storywire::core::effect::{ConnectionState, Notice, Status};
use storywire::core::error::{Fault, Misuse};
use storywire::core::realtime::frame::ChangeParams;
use storywire::core::realtime::{is_filter, quote_value};

use super::support::world::World;

fn entries(world: &World) -> Vec<Value> {
    world.server.joined[0].config["postgres_changes"].as_array().unwrap().clone()
}

#[test]
fn each_listener_is_told_of_what_it_asked_for() {
    let mut world = World::new(1);
    let room = world.channel("room");
    world.listen(room, 1, "*", None);
    world.listen(room, 2, "UPDATE", Some("id=eq.7"));
    world.listen(room, 3, "DELETE", None);
    world.listen(room, 4, "INSERT", Some("id=eq.8"));
    world.subscribe(room);
    world.pass(2_000);
    world.write("7", json!({"n": 1}));
    world.write("7", json!({"n": 2}));
    world.write("8", json!({"n": 3}));
    world.delete("8");
    world.pass(1_000);
    let told: Vec<(Vec<u32>, String)> =
        world.changes(room).into_iter().map(|(keys, data)| (keys, data["type"].as_str().unwrap().to_owned())).collect();
    let expected = [(vec![1], "INSERT"), (vec![1, 2], "UPDATE"), (vec![1, 4], "INSERT"), (vec![1, 3], "DELETE")];
    assert_eq!(told, expected.map(|(keys, kind)| (keys, kind.to_owned())));
}

#[test]
fn equal_entries_are_sent_once_and_told_to_all() {
    let mut world = World::new(2);
    let [one, two] = [world.channel("room"), world.channel("room")];
    for (channel, key) in [(one, 1), (one, 2), (two, 1)] {
        world.listen(channel, key, "*", Some("id=eq.7"));
    }
    world.subscribe(one);
    world.subscribe(two);
    world.pass(2_000);
    assert_eq!(entries(&world).len(), 1);
    world.write("7", json!({"n": 1}));
    world.pass(1_000);
    assert_eq!((world.changes(one)[0].0.clone(), world.changes(two)[0].0.clone()), (vec![1, 2], vec![1]));
}

#[test]
fn a_shared_id_is_told_apart_by_the_event() {
    let mut world = World::new(3);
    world.server.mute = true;
    let room = world.channel("room");
    world.listen(room, 1, "INSERT", None);
    world.listen(room, 2, "UPDATE", None);
    world.subscribe(room);
    world.pass(100);
    let join = world.server.received[0].2.clone();
    let mut echo = join[4]["config"]["postgres_changes"].clone();
    echo[0]["id"] = json!(5);
    echo[1]["id"] = json!(5);
    world.send(
        &json!([join[0], join[1], join[2], "phx_reply", {"status": "ok", "response": {"postgres_changes": echo}}]),
    );
    let data = json!({"type": "UPDATE", "record": {"id": 1}, "columns": []});
    world.send(&json!([null, null, join[2], "postgres_changes", {"ids": [5, 5], "data": data}]));
    world.pass(100);
    let [(keys, _)] = &world.changes(room)[..] else { panic!("{}", world.story()) };
    assert_eq!(keys, &[2]);
}

#[test]
fn a_filter_that_is_null_and_one_that_is_missing_are_equal() {
    for echoed in [json!({"filter": null}), json!({})] {
        let mut world = World::new(4);
        world.server.mute = true;
        let room = world.channel("room");
        world.listen(room, 1, "*", None);
        world.subscribe(room);
        world.pass(100);
        let join = world.server.received[0].2.clone();
        let mut echo = echoed;
        for (name, value) in
            [("id", json!(1)), ("event", json!("*")), ("schema", json!("public")), ("table", json!("stories"))]
        {
            echo[name] = value;
        }
        world.send(&json!([join[0], join[1], join[2], "phx_reply", {"status": "ok", "response": {"postgres_changes": [echo]}}]));
        world.pass(100);
        assert_eq!(world.last_status(room), Some(Status::Subscribed));
    }
}

#[test]
fn an_answer_that_does_not_match_refuses_the_join() {
    let good = json!({"id": 1, "event": "*", "schema": "public", "table": "stories"});
    let mut other = good.clone();
    other["table"] = json!("notes");
    let mut unnamed = good.clone();
    unnamed["id"] = json!("x");
    for answer in [json!([]), json!([other]), json!([unnamed]), json!([good, good]), json!({}), json!(null)] {
        let mut world = World::new(5);
        world.server.mute = true;
        let room = world.channel("room");
        world.listen(room, 1, "*", None);
        world.subscribe(room);
        world.pass(100);
        let join = world.server.received[0].2.clone();
        world.send(&json!([join[0], join[1], join[2], "phx_reply", {"status": "ok", "response": {"postgres_changes": answer}}]));
        world.pass(100);
        assert_eq!((world.faults(), world.last_status(room)), (vec![Fault::ChangesRefused], Some(Status::Errored)));
        world.server.mute = false;
        world.pass(10_000);
        assert_eq!(world.last_status(room), Some(Status::Subscribed));
    }
}

#[test]
fn a_listener_added_to_a_joined_channel_makes_it_join_anew_without_a_word_to_the_page() {
    let mut world = World::new(6);
    let room = world.joined("room");
    for key in 0..5 {
        world
            .client
            .listen(
                world.at(),
                room,
                key,
                ChangeParams {
                    event: "*".into(),
                    schema: "public".into(),
                    table: Some("stories".into()),
                    filter: Some(format!("id=eq.{key}")),
                    select: Vec::new(),
                },
            )
            .unwrap();
    }
    world.pass(3_000);
    assert_eq!(world.server.count("phx_join"), 2, "five listeners, one more join");
    assert_eq!((entries(&world).len(), world.statuses(room)), (5, vec![Status::Subscribed]));
    world.write("3", json!({"n": 1}));
    world.pass(1_000);
    assert_eq!(world.changes(room)[0].0, [3]);
    world.client.unlisten(room, 3);
    world.write("3", json!({"n": 2}));
    world.pass(1_000);
    assert_eq!(world.changes(room).len(), 1);
    world.listen(room, 9, "*", Some("id=eq.3"));
    world.pass(1_000);
    assert_eq!(world.server.count("phx_join"), 2, "the topic carries it still");
}

#[test]
fn joined_is_not_live() {
    let mut world = World::new(7);
    world.server.subscribe_delay = 4_000;
    let room = world.channel("room");
    world.listen(room, 1, "*", None);
    world.subscribe(room);
    world.pass(3_000);
    assert_eq!((world.last_status(room), world.connection()), (Some(Status::Subscribed), ConnectionState::CatchingUp));
    world.pass(2_000);
    assert_eq!(world.connection(), ConnectionState::Live);
    assert!(world.notices.iter().any(|(_, notice)| matches!(notice, Notice::System(of, _) if *of == room)));
}

#[test]
fn a_server_that_does_not_say_that_changes_flow_is_asked_again() {
    let mut world = World::new(8);
    world.server.silent_changes = true;
    let room = world.channel("room");
    world.listen(room, 1, "*", None);
    world.subscribe(room);
    world.pass(20_500);
    assert_eq!(world.faults(), [Fault::ChangesSilent]);
    world.server.silent_changes = false;
    world.pass(40_000);
    assert_eq!((world.last_status(room), world.connection()), (Some(Status::Subscribed), ConnectionState::Live));
}

#[test]
fn a_bad_entry_is_told_with_the_servers_words_and_the_channel_stays() {
    for words in [
        "Unable to subscribe to changes with given parameters. An exception happened so please check your connect parameters: [event: UPDATE, schema: public, table: stories, filters: [{\"nope\", \"eq\", \"1\", false}], select: nil]. Exception: ERROR P0001 (raise_exception) invalid column for filter nope",
        "Unable to subscribe to changes with given parameters. Please check Realtime is enabled for the given connect parameters: [event: *, schema: public, table: nope, filters: [], select: nil]",
        "Error parsing `filter` params: [\"garbage\"]",
        "No subscription params provided. Please provide at least a `schema` or `table` to subscribe to: %{}",
    ] {
        let mut world = World::new(9);
        world.server.silent_changes = true;
        let room = world.channel("room");
        world.listen(room, 1, "*", None);
        world.subscribe(room);
        world.pass(1_000);
        let join_ref = world.server.joined[0].join_ref.clone();
        let payload = json!({"extension": "postgres_changes", "status": "error", "message": words, "channel": "room"});
        world.send(&json!([join_ref, null, "realtime:room", "system", payload]));
        world.pass(3_600_000);
        let [failure] = &world.failures()[..] else { panic!("{:?}", world.failures()) };
        assert_eq!((failure.fault, failure.retry_in, failure.detail.as_str()), (Fault::ChangesRefused, None, words));
        assert_eq!((world.statuses(room), world.server.count("phx_join")), (vec![Status::Subscribed], 1));
        assert_eq!(world.connection(), ConnectionState::Live, "nothing more will come of it");
    }
}

#[test]
fn a_passing_error_of_the_feed_waits_for_the_server_to_try_again() {
    let mut world = World::new(10);
    let rows = world.live("7");
    let join_ref = world.server.joined[0].join_ref.clone();
    let system = |status: &str, message: &str| {
        json!([join_ref, null, "realtime:story:7", "system",
            {"extension": "postgres_changes", "status": status, "message": message, "channel": "story:7"}])
    };
    world.send(&system("error", "Unable to connect to the project database"));
    world.pass(3_000);
    assert_eq!(world.connection(), ConnectionState::CatchingUp);
    world.send(&system("ok", "Subscribed to PostgreSQL"));
    world.pass(1_000);
    assert_eq!((world.connection(), world.lives(rows).len()), (ConnectionState::Live, 2));
    assert_eq!(world.server.count("phx_join"), 1);
}

#[test]
fn changes_before_the_word_that_they_flow_are_handed_on() {
    let mut world = World::new(11);
    world.server.silent_changes = true;
    let room = world.channel("room");
    world.listen(room, 1, "*", None);
    world.subscribe(room);
    world.pass(1_000);
    let id = world.change_id();
    world.send(&json!([null, null, "realtime:room", "postgres_changes", {"ids": [id], "data": {"type": "INSERT", "record": {}}}]));
    world.pass(100);
    assert_eq!(world.changes(room).len(), 1);
}

#[test]
fn numbers_lose_no_digit_where_that_is_asked_for() {
    let mut world = World::new(12);
    let room = world.channel("room");
    world.listen(room, 1, "*", None);
    world.subscribe(room);
    world.pass(1_000);
    let data = r#"{"type":"UPDATE","columns":[{"name":"id","type":"int8"},{"name":"price","type":"numeric"},{"name":"small","type":"int4"},{"name":"text","type":"text"}],"record":{"id": 9123456789654321, "price": 0.10000000000000000001, "small": 5, "text": "9"},"old_record":{"id": 9123456789654321}}"#;
    let id = world.change_id();
    let text = format!(r#"[null,null,"realtime:room","postgres_changes",{{"ids":[{id}],"data":{data}}}]"#);
    let told = |world: &mut World| {
        let socket = world.socket();
        world.deliver(vec![super::support::phoenix::Sent { socket, after: 0, text: text.clone() }]);
        world.pass(100);
        world.notices.iter().rev().find_map(|(_, notice)| match notice {
            Notice::Change(_, _, data) => Some(data.clone()),
            _ => None,
        })
    };
    assert_eq!(told(&mut world).as_deref(), Some(data), "the text as it came");
    world.client.set_exact(room, true).unwrap();
    let exact: Value = serde_json::from_str(&told(&mut world).unwrap()).unwrap();
    assert_eq!(
        exact["record"],
        json!({"id": "9123456789654321", "price": "0.10000000000000000001", "small": 5, "text": "9"})
    );
    assert_eq!(exact["old_record"], json!({"id": "9123456789654321"}));
}

#[test]
fn filters_that_would_disable_a_channel_are_refused_here() {
    for good in [
        "id=eq.7",
        "id=neq.7",
        "n=lt.1",
        "n=lte.1",
        "n=gt.1",
        "n=gte.1",
        "id=in.(1,2)",
        "t=like.%a%",
        "t=ilike.a",
        "t=is.null",
        "t=match.^a",
        "t=imatch.a",
        "t=isdistinct.1",
        "id=not.eq.7",
        "id=not.in.(1)",
        "t=in.(\"a,b\",\"c)\")",
        "t=eq.",
        "t=eq.a=b.c",
    ] {
        assert!(is_filter(good), "{good}");
    }
    for bad in ["", "id", "id=", "id=7", "=eq.1", "id=foo.1", "id=eq7", "id=in.1", "id=in.()", "id=in.(", "id=not.7"] {
        assert!(!is_filter(bad), "{bad}");
    }
    let list = |count: usize| format!("id=in.({})", vec!["1"; count].join(","));
    assert!(is_filter(&list(100)) && !is_filter(&list(101)));
    let quoted = format!("t=in.({})", vec!["\"a,b\\\"\""; 100].join(","));
    assert!(is_filter(&quoted));
    let mut world = World::new(13);
    let room = world.channel("room");
    let params = ChangeParams { filter: Some("id=7".into()), ..ChangeParams::default() };
    assert_eq!(world.client.listen(world.at(), room, 1, params), Err(Misuse::BadFilter));
}

#[test]
fn values_are_quoted_where_they_must_be() {
    for (value, quoted) in [
        ("plain", "plain"),
        ("a b", "a b"),
        ("", "\"\""),
        ("a,b", "\"a,b\""),
        (" a", "\" a\""),
        ("(x)", "\"(x)\""),
        ("say \"hi\"", "\"say \\\"hi\\\"\""),
        ("back\\slash", "\"back\\\\slash\""),
    ] {
        assert_eq!(quote_value(value), quoted);
    }
}

#[test]
fn what_the_page_does_not_listen_for_is_not_told() {
    let mut world = World::new(77);
    let channel = world.channel("room");
    world.act(|client, now| client.subscribe(now, channel)).unwrap();
    world.pass(2_000);
    let heard = |world: &mut World, event: &str| {
        world.notices.clear();
        let payload = serde_json::json!({"type": "broadcast", "event": event, "payload": {}});
        world.send(&serde_json::json!([null, null, "realtime:room", "broadcast", payload]));
        world.pass(100);
        world.notices.iter().filter(|(_, notice)| matches!(notice, Notice::Broadcast(..))).count()
    };
    assert_eq!(heard(&mut world, "tick"), 1, "nothing has been said yet, so everything is told");
    world.client.set_heard(channel, r#"["broadcast tick", "presence"]"#);
    assert_eq!((heard(&mut world, "tick"), heard(&mut world, "tock")), (1, 0));
    world.client.set_heard(channel, r#"["broadcast *"]"#);
    assert_eq!(heard(&mut world, "tock"), 1);
}

#[test]
fn a_change_that_is_none_is_told_to_nobody() {
    let mut world = World::new(20);
    let room = world.channel("room");
    world.listen(room, 1, "*", None);
    world.subscribe(room);
    world.pass(1_000);
    let id = world.change_id();
    for data in [json!(null), json!(5), json!("text"), json!([])] {
        world.send(&json!([null, null, "realtime:room", "postgres_changes", {"ids": [id], "data": data}]));
    }
    for payload in [json!({"ids": id, "data": {}}), json!({"data": {}}), json!({"ids": [id]}), json!(null)] {
        world.send(&json!([null, null, "realtime:room", "postgres_changes", payload]));
    }
    world.pass(100);
    assert_eq!(world.changes(room), []);
    world.send(&json!([null, null, "realtime:room", "postgres_changes", {"ids": [id], "data": {"type": "INSERT"}}]));
    world.pass(100);
    assert_eq!(world.changes(room).len(), 1);
}

#[test]
fn what_is_no_number_stays_as_it_is_where_numbers_come_as_text() {
    let mut world = World::new(21);
    let room = world.channel("room");
    world.listen(room, 1, "*", None);
    world.client.set_exact(room, true).unwrap();
    world.subscribe(room);
    world.pass(1_000);
    let id = world.change_id();
    let columns = json!([{"name": "id", "type": "int8"}, {"name": "price", "type": "numeric"}]);
    let record = json!({"id": null, "price": "NaN"});
    let data = json!({"type": "UPDATE", "columns": columns, "record": record, "old_record": null});
    world.send(&json!([null, null, "realtime:room", "postgres_changes", {"ids": [id], "data": data}]));
    world.pass(100);
    assert_eq!(world.changes(room)[0].1, data);
}
