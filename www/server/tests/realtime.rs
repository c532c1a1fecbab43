//! Channels: joining, changes, broadcast, presence, tokens, leaving. What the captured frames do not reach.

use serde_json::{Value, json};
use storywire_server::config::PUBLISHABLE_KEY;

use crate::support::{Client, Got, USER, control, request, rest, server, signed, token};

#[tokio::test]
async fn a_change_arrives_with_its_binding_its_columns_and_a_strictly_later_time() {
    let server = server().await;
    let mut client = Client::connect(&server, "2.0.0").await;
    let binding = json!({ "event": "*", "schema": "public", "table": "stories" });
    let reply = client.follow("realtime:s", binding).await;
    let id = reply["response"]["postgres_changes"][0]["id"].clone();
    for title in ["one", "two", "three"] {
        rest(&server, "POST", "stories", &[], json!({ "title": title })).await;
    }
    let mut before = String::new();
    for title in ["one", "two", "three"] {
        let frame = client.event("postgres_changes").await;
        let data = &frame[4]["data"];
        assert_eq!(frame[4]["ids"], json!([id]));
        assert_eq!((&data["type"], &data["record"]["title"]), (&json!("INSERT"), &json!(title)));
        assert_eq!(data["columns"][0], json!({ "name": "id", "type": "uuid" }));
        assert!(data.get("old_record").is_none());
        let at = data["commit_timestamp"].as_str().unwrap().to_owned();
        assert!(at > before && at.len() == 24 && at.ends_with('Z'), "{at} after {before}");
        before = at;
    }
}

#[tokio::test]
async fn a_filter_on_one_story_lets_only_that_story_through() {
    let server = server().await;
    let inserted = rest(&server, "POST", "stories", &[("prefer", "return=representation")], json!([{}, {}])).await;
    let rows = inserted.json();
    let (mine, other) = (rows[0]["id"].as_str().unwrap(), rows[1]["id"].as_str().unwrap());
    let mut client = Client::connect(&server, "2.0.0").await;
    let filter = format!("id=eq.{mine}");
    client
        .follow("realtime:s", json!({ "event": "UPDATE", "schema": "public", "table": "stories", "filter": filter }))
        .await;
    rest(&server, "PATCH", &format!("stories?id=eq.{other}"), &[], json!({ "title": "not mine" })).await;
    rest(&server, "PATCH", &format!("stories?id=eq.{mine}"), &[], json!({ "title": "mine" })).await;
    let frame = client.event("postgres_changes").await;
    assert_eq!(frame[4]["data"]["record"]["title"], "mine");
    assert_eq!(frame[4]["data"]["old_record"], json!({ "id": mine }));
    client.silent().await;
}

#[tokio::test]
async fn equal_bindings_share_an_id_and_different_ones_do_not() {
    let server = server().await;
    let mut client = Client::connect(&server, "2.0.0").await;
    let one = json!({ "event": "*", "schema": "public", "table": "stories" });
    let two = json!({ "event": "INSERT", "schema": "public", "table": "stories" });
    let reply = client.join("realtime:a", json!({ "config": { "postgres_changes": [one, two, one] } })).await;
    let ids = &reply["response"]["postgres_changes"];
    assert_eq!(ids[0]["id"], ids[2]["id"]);
    assert_ne!(ids[0]["id"], ids[1]["id"]);
}

#[tokio::test]
async fn private_channels_want_a_user_and_do_not_hear_public_ones_of_the_same_name() {
    let server = server().await;
    let mut anonymous = Client::connect(&server, "2.0.0").await;
    let refused = anonymous.join("realtime:r", json!({ "config": { "private": true } })).await;
    assert_eq!(
        refused["response"]["reason"],
        "Unauthorized: You do not have permissions to read from this Channel topic: r"
    );
    let mut member = Client::connect(&server, "2.0.0").await;
    let config = json!({ "config": { "private": true }, "access_token": token(USER, 60) });
    assert_eq!(member.join("realtime:r", config).await["status"], "ok");
    let mut public = Client::connect(&server, "2.0.0").await;
    public.join("realtime:r", json!({ "config": {} })).await;
    public.push("1", "realtime:r", "broadcast", json!({ "type": "broadcast", "event": "e", "payload": {} })).await;
    member.silent().await;
}

#[tokio::test]
async fn a_refreshed_token_subscribes_again_and_a_bad_one_ends_the_channel_but_not_the_socket() {
    let server = server().await;
    let mut client = Client::connect(&server, "2.0.0").await;
    client.follow("realtime:s", json!({ "event": "*", "schema": "public", "table": "stories" })).await;
    client.push("1", "realtime:s", "access_token", json!({ "access_token": token(USER, 60) })).await;
    assert_eq!(client.event("system").await[4]["message"], "Subscribed to PostgreSQL");
    client.push("1", "realtime:s", "access_token", json!({ "access_token": token(USER, -5) })).await;
    let system = client.event("system").await;
    assert!(system[4]["message"].as_str().unwrap().starts_with("Token has expired"), "{system}");
    assert_eq!(client.frame().await[3], "phx_close");
    client.send(json!([null, "h", "phoenix", "heartbeat", {}])).await;
    assert_eq!(client.frame().await, json!([null, "h", "phoenix", "phx_reply", { "status": "ok", "response": {} }]));
}

#[tokio::test]
async fn a_change_between_join_reply_and_subscribed_is_not_told() {
    let server = server().await;
    control(&server, "knobs", json!({ "subscribedDelayMs": 300 })).await;
    let mut client = Client::connect(&server, "2.0.0").await;
    let binding = json!({ "event": "INSERT", "schema": "public", "table": "stories" });
    client.join("realtime:s", json!({ "config": { "postgres_changes": [binding] } })).await;
    rest(&server, "POST", "stories", &[], json!({ "title": "too early" })).await;
    client.event("system").await;
    rest(&server, "POST", "stories", &[], json!({ "title": "in time" })).await;
    assert_eq!(client.event("postgres_changes").await[4]["data"]["record"]["title"], "in time");
}

#[tokio::test]
async fn a_replay_shows_what_the_database_sent_to_a_private_channel_and_nothing_twice() {
    let server = server().await;
    let send = |number: u32| {
        let body = json!({ "topic": "r", "event": "e", "payload": { "n": number }, "private": true });
        rest(&server, "POST", "rpc/send", &[], body)
    };
    for number in 1..=3 {
        assert_eq!(send(number).await.status, 204);
    }
    let mut client = Client::connect(&server, "2.0.0").await;
    let replay = json!({ "since": 0, "limit": 2 });
    let config =
        json!({ "config": { "private": true, "broadcast": { "replay": replay } }, "access_token": token(USER, 60) });
    client.join("realtime:r", config).await;
    for number in [2, 3] {
        let frame = client.event("broadcast").await;
        assert_eq!((&frame[0], &frame[4]["meta"]["replayed"]), (&json!("1"), &json!(true)));
        assert_eq!(frame[4]["payload"]["n"], number);
    }
    send(4).await;
    let Got::Binary(live) = client.next().await else { panic!("a live message of the database is binary") };
    assert_eq!(live[0], 4);
    let public = json!({ "config": { "broadcast": { "replay": replay } } });
    client.send(json!(["2", "2", "realtime:p", "phx_join", public])).await;
    let reason = &client.frame().await[4]["response"]["reason"];
    assert_eq!(reason, "UnableToReplayMessages: Replay is not allowed for public channels");
}

#[tokio::test]
async fn broadcasts_over_http_reach_members_and_bad_ones_are_refused() {
    let server = server().await;
    let mut client = Client::connect(&server, "2.0.0").await;
    client.join("realtime:room", json!({ "config": {} })).await;
    let post = |body: Value, headers: Vec<(&'static str, &'static str)>| {
        let server = &server;
        async move { request(server, "POST", "/realtime/v1/api/broadcast", &headers, &body.to_string()).await }
    };
    let good = || vec![("apikey", PUBLISHABLE_KEY), ("content-type", "application/json")];
    let message = json!({ "messages": [{ "topic": "room", "event": "e", "payload": { "a": 1 } }] });
    assert_eq!(post(message.clone(), good()).await.status, 202);
    let frame = client.event("broadcast").await;
    assert_eq!(frame[4], json!({ "type": "broadcast", "event": "e", "payload": { "a": 1 } }));
    assert_eq!(post(message.clone(), vec![("content-type", "application/json")]).await.status, 401);
    assert_eq!(post(message, vec![("apikey", PUBLISHABLE_KEY), ("content-type", "text/plain")]).await.status, 415);
    let nameless = post(json!({ "messages": [{ "event": "e" }] }), good()).await;
    assert_eq!(
        (nameless.status, &nameless.json()["errors"]["messages"][0]["topic"][0]),
        (422, &json!("can't be blank"))
    );
}

#[tokio::test]
async fn one_message_over_http_arrives_as_a_binary_broadcast() {
    let server = server().await;
    let mut client = Client::connect(&server, "2.0.0").await;
    client.join("realtime:room:1", json!({ "config": {} })).await;
    let post = |kind: &'static str, body: &'static str| {
        let server = &server;
        let headers = [("apikey", PUBLISHABLE_KEY), ("content-type", kind)];
        async move { request(server, "POST", "/realtime/v1/api/broadcast/room%3A1/events/e", &headers, body).await.status }
    };
    assert_eq!(post("application/json", "{\"a\":1}").await, 202);
    let Got::Binary(frame) = client.next().await else { panic!("kind 4 is binary") };
    assert_eq!(frame, b"\x04\x0f\x01\x00\x01realtime:room:1e{\"a\":1}");
    assert_eq!((post("application/json", "{").await, post("text/plain", "x").await), (400, 415));
}

#[tokio::test]
async fn presence_follows_tracking_untracking_and_disconnecting() {
    let server = server().await;
    let config = |key: &str| json!({ "config": { "presence": { "key": key, "enabled": true } } });
    let (mut alice, mut bob) = (Client::connect(&server, "2.0.0").await, Client::connect(&server, "2.0.0").await);
    alice.join("realtime:p", config("alice")).await;
    assert_eq!(alice.event("presence_state").await[4], json!({}));
    alice
        .push("1", "realtime:p", "presence", json!({ "type": "presence", "event": "track", "payload": { "x": 1 } }))
        .await;
    alice.event("presence_diff").await;
    bob.join("realtime:p", config("bob")).await;
    assert_eq!(bob.event("presence_state").await[4]["alice"]["metas"][0]["x"], 1);
    alice.push("1", "realtime:p", "presence", json!({ "type": "presence", "event": "untrack" })).await;
    assert_eq!(bob.event("presence_diff").await[4]["leaves"]["alice"]["metas"][0]["x"], 1);
    alice.push("1", "realtime:p", "presence", json!({ "type": "presence", "event": "track", "payload": {} })).await;
    bob.event("presence_diff").await;
    drop(alice);
    assert!(bob.event("presence_diff").await[4]["leaves"]["alice"].is_object());
}

#[tokio::test]
async fn one_bad_binding_stops_every_binding_of_its_channel() {
    let server = server().await;
    let mut client = Client::connect(&server, "2.0.0").await;
    let good = json!({ "event": "*", "schema": "public", "table": "stories" });
    let bad = json!({ "event": "*", "schema": "public", "table": "stories", "filter": "intensity=eq.1" });
    let reply = client.join("realtime:s", json!({ "config": { "postgres_changes": [good, bad] } })).await;
    assert_eq!(reply["status"], "ok");
    let system = client.event("system").await;
    assert_eq!(system[4]["status"], "error");
    assert!(system[4]["message"].as_str().unwrap().ends_with("invalid column for filter intensity"), "{system}");
    rest(&server, "POST", "stories", &[], json!({})).await;
    client.silent().await;
}

#[tokio::test]
async fn tables_and_filters_of_every_kind_of_column_can_be_followed() {
    let server = server().await;
    let mut client = Client::connect(&server, "2.0.0").await;
    let filter = format!("profile_id=eq.{USER},intensity=gte.5,emotion=in.(happy,\"very, very sad\")");
    client
        .follow(
            "realtime:e",
            json!({ "event": "INSERT", "schema": "public", "table": "emotion_check_ins", "filter": filter }),
        )
        .await;
    let rows = json!([
        { "profile_id": USER, "emotion": "happy", "intensity": 4 },
        { "profile_id": USER, "emotion": "angry", "intensity": 9 },
        { "profile_id": USER, "emotion": "very, very sad", "intensity": 5 },
    ]);
    rest(&server, "POST", "emotion_check_ins", &[], rows).await;
    assert_eq!(client.event("postgres_changes").await[4]["data"]["record"]["emotion"], "very, very sad");
    client.silent().await;
}

#[tokio::test]
async fn a_list_of_values_lets_their_rows_through_whatever_their_characters() {
    let server = server().await;
    let odd = ["a,b", "say \"hi\"", "back\\slash", "(round)", "{curly}", " edges ", "plain"];
    let quoted = odd.map(|word| format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\"")));
    let mut client = Client::connect(&server, "2.0.0").await;
    let filter = format!("emotion=in.({})", quoted.join(","));
    let reply = client
        .follow(
            "realtime:e",
            json!({ "event": "*", "schema": "public", "table": "emotion_check_ins", "filter": filter }),
        )
        .await;
    assert_eq!(reply["response"]["postgres_changes"][0]["filter"], filter.as_str(), "it comes back as it was asked");
    for word in odd.into_iter().chain(["other", "a"]) {
        let row = json!({ "profile_id": USER, "emotion": word, "intensity": 4 });
        rest(&server, "POST", "emotion_check_ins", &[], row).await;
    }
    for word in odd {
        assert_eq!(client.event("postgres_changes").await[4]["data"]["record"]["emotion"], word);
    }
    client.silent().await;
}

#[tokio::test]
async fn a_list_holds_a_hundred_values_and_one_that_the_column_cannot_hold_spoils_it() {
    let server = server().await;
    let uuids: Vec<String> = (0..101).map(|number| format!("6f9619ff-8b86-4d01-b42d-{number:012x}")).collect();
    let mut bad = uuids[..3].to_vec();
    bad.push("undefined".into());
    for (topic, ids, said) in [
        ("realtime:a", &uuids[..100], "Subscribed to PostgreSQL"),
        ("realtime:b", &uuids[..], "too many values for `in` filter. Maximum 100"),
        ("realtime:c", &bad[..], "invalid input syntax for type uuid: \"undefined\""),
    ] {
        let mut client = Client::connect(&server, "2.0.0").await;
        let filter = format!("id=in.({})", ids.join(","));
        let binding = json!({ "event": "*", "schema": "public", "table": "stories", "filter": filter });
        let reply = client.join(topic, json!({ "config": { "postgres_changes": [binding] } })).await;
        assert_eq!(reply["status"], "ok");
        let system = client.event("system").await;
        assert!(system[4]["message"].as_str().unwrap().ends_with(said), "{system}");
    }
}

#[tokio::test]
async fn a_token_that_expires_closes_the_channel_at_that_moment() {
    let server = server().await;
    let mut client = Client::connect(&server, "2.0.0").await;
    let now = storywire_server::app::now_seconds();
    let token = signed(json!({ "role": "authenticated", "exp": now + 1 }));
    client.join("realtime:t", json!({ "config": {}, "access_token": token })).await;
    let system = client.frame().await;
    assert_eq!(system[4]["message"], "Token has expired 0 seconds ago");
    assert_eq!(client.frame().await, json!(["1", "1", "realtime:t", "phx_close", {}]));
}
