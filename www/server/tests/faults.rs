//! Faults on demand: each does what the README says, and reset ends them all.

use std::time::Duration;

use serde_json::{Value, json};
use storywire_server::config::PUBLISHABLE_KEY;

use crate::support::{Client, USER, control, counters, request, rest, server};

const STORIES: &str = "stories";

fn binding() -> Value {
    json!({ "event": "*", "schema": "public", "table": STORIES })
}

#[tokio::test]
async fn sockets_are_cut_with_a_code_or_without() {
    let server = server().await;
    for (order, code) in [(json!({ "code": 4001 }), 4001), (json!({ "abrupt": true }), 1006), (json!({}), 1006)] {
        let mut client = Client::connect(&server, "2.0.0").await;
        client.join("realtime:a", json!({ "config": {} })).await;
        assert_eq!(control(&server, "cut", order).await["sockets"], 1);
        assert_eq!(client.closed().await, code);
    }
}

#[tokio::test]
async fn a_mute_socket_says_nothing_and_recovers() {
    let server = server().await;
    let mut client = Client::connect(&server, "2.0.0").await;
    for mode in ["mute", "deaf"] {
        control(&server, "stall", json!({ "mode": mode, "ms": 400 })).await;
        client.send(json!([null, "1", "phoenix", "heartbeat", {}])).await;
        client.silent().await;
        tokio::time::sleep(Duration::from_millis(350)).await;
        client.send(json!([null, "2", "phoenix", "heartbeat", {}])).await;
        // What a deaf socket had not read yet is answered late; what a mute one read is lost.
        let first = client.frame().await;
        assert_eq!(first[1], if mode == "deaf" { "1" } else { "2" });
        if mode == "deaf" {
            client.frame().await;
        }
    }
}

#[tokio::test]
async fn new_sockets_can_be_mute_from_the_start() {
    let server = server().await;
    control(&server, "stall", json!({ "new": true, "times": 1 })).await;
    let mut mute = Client::connect(&server, "2.0.0").await;
    mute.send(json!([null, "1", "phoenix", "heartbeat", {}])).await;
    mute.silent().await;
    let mut next = Client::connect(&server, "2.0.0").await;
    next.send(json!([null, "1", "phoenix", "heartbeat", {}])).await;
    next.frame().await;
}

#[tokio::test]
async fn handshakes_are_refused_so_often_or_so_long() {
    let server = server().await;
    let path = format!("/realtime/v1/websocket?apikey={PUBLISHABLE_KEY}&vsn=2.0.0");
    for status in [401, 403, 404, 429, 500] {
        control(&server, "refuse", json!({ "status": status, "times": 1 })).await;
        assert_eq!(Client::open(&server, &path).await.err().map(|(status, _)| status), Some(status));
        assert!(Client::open(&server, &path).await.is_ok());
    }
    control(&server, "refuse", json!({ "status": 500, "ms": 100 })).await;
    assert!(Client::open(&server, &path).await.is_err());
    tokio::time::sleep(Duration::from_millis(120)).await;
    assert!(Client::open(&server, &path).await.is_ok());
    assert_eq!(counters(&server).await["handshakesRefused"], 6);
}

#[tokio::test]
async fn joins_are_slow_or_fail_with_a_reason_or_are_never_answered() {
    let server = server().await;
    let mut client = Client::connect(&server, "2.0.0").await;
    control(&server, "join", json!({ "reason": "DatabaseLackOfConnections: none left", "times": 1 })).await;
    let refused = client.join("realtime:a", json!({ "config": {} })).await;
    assert_eq!(refused["response"]["reason"], "DatabaseLackOfConnections: none left");
    control(&server, "join", json!({ "topic": "slow", "delayMs": 200, "block": false, "times": 1 })).await;
    client.send(json!(["2", "2", "realtime:slow", "phx_join", { "config": {} }])).await;
    client.send(json!([null, "h", "phoenix", "heartbeat", {}])).await;
    assert_eq!(client.frame().await[1], "h", "the socket goes on meanwhile");
    assert_eq!(client.frame().await[1], "2");
    control(&server, "join", json!({ "silent": true })).await;
    client.send(json!(["3", "3", "realtime:b", "phx_join", { "config": {} }])).await;
    client.silent().await;
}

#[tokio::test]
async fn subscribed_is_late_or_silent_or_an_error() {
    let server = server().await;
    let config = json!({ "config": { "postgres_changes": [binding()] } });
    let mut client = Client::connect(&server, "2.0.0").await;
    control(&server, "subscribed", json!({ "error": "the database is starting up", "times": 1 })).await;
    client.join("realtime:a", config.clone()).await;
    assert_eq!(client.event("system").await[4]["message"], "the database is starting up");
    control(&server, "subscribed", json!({ "silent": true, "times": 1 })).await;
    client.join("realtime:b", config.clone()).await;
    client.silent().await;
    control(&server, "subscribed", json!({ "delayMs": 250 })).await;
    client.join("realtime:c", config).await;
    client.silent().await;
    assert_eq!(client.event("system").await[4]["status"], "ok");
}

#[tokio::test]
async fn changes_are_lost_doubled_or_hidden() {
    let server = server().await;
    let mut client = Client::connect(&server, "2.0.0").await;
    client.follow("realtime:s", binding()).await;
    let insert = |title: &'static str| rest(&server, "POST", STORIES, &[], json!({ "title": title }));
    control(&server, "changes", json!({ "drop": true })).await;
    insert("lost").await;
    client.silent().await;
    control(&server, "changes", json!({ "drop": false, "duplicate": 1 })).await;
    insert("doubled").await;
    for _ in 0..2 {
        assert_eq!(client.event("postgres_changes").await[4]["data"]["record"]["title"], "doubled");
    }
    control(&server, "reset", json!({})).await;
    control(&server, "changes", json!({ "error": "Error 401: Unauthorized" })).await;
    insert("hidden").await;
    let data = client.event("postgres_changes").await[4]["data"].clone();
    assert_eq!((&data["errors"], &data["record"]), (&json!(["Error 401: Unauthorized"]), &json!({})));
    assert_eq!(data["commit_timestamp"], Value::Null);
}

#[tokio::test]
async fn frames_come_twice_when_asked() {
    let server = server().await;
    let mut client = Client::connect(&server, "2.0.0").await;
    control(&server, "duplicate", json!({ "frames": 1 })).await;
    client.send(json!([null, "1", "phoenix", "heartbeat", {}])).await;
    assert_eq!(client.frame().await, client.frame().await);
    client.silent().await;
}

#[tokio::test]
async fn tokens_expire_on_request_everywhere_but_fresh_ones_work() {
    let server = server().await;
    let sign_in = || request(&server, "POST", "/demo/token", &[], "{}");
    let old = sign_in().await.json()["access_token"].as_str().unwrap().to_owned();
    let mut client = Client::connect(&server, "2.0.0").await;
    client.join("realtime:a", json!({ "config": {}, "access_token": old })).await;
    control(&server, "expire", json!({})).await;
    assert_eq!(client.event("system").await[4]["message"], "Token has expired 0 seconds ago");
    assert_eq!(client.frame().await[3], "phx_close");
    let again = client.join("realtime:a", json!({ "config": {}, "access_token": old })).await;
    assert!(again["response"]["reason"].as_str().unwrap().starts_with("InvalidJWTToken: Token has expired"));
    let bearer = format!("Bearer {old}");
    assert_eq!(rest(&server, "GET", STORIES, &[("authorization", &bearer)], Value::Null).await.status, 401);
    let fresh = sign_in().await.json()["access_token"].clone();
    let joined = client.join("realtime:a", json!({ "config": {}, "access_token": fresh })).await;
    assert_eq!(joined["status"], "ok");
}

#[tokio::test]
async fn system_messages_crashes_and_disconnects_are_forced() {
    let server = server().await;
    let mut client = Client::connect(&server, "2.0.0").await;
    client.join("realtime:a", json!({ "config": {} })).await;
    control(&server, "system", json!({ "topic": "a", "message": "hello", "close": false })).await;
    assert_eq!(client.frame().await[4]["message"], "hello");
    control(&server, "system", json!({ "message": "You no longer have permission" })).await;
    assert_eq!(
        (client.frame().await[3].clone(), client.frame().await[3].clone()),
        (json!("system"), json!("phx_close"))
    );
    client.join("realtime:a", json!({ "config": {} })).await;
    control(&server, "crash", json!({})).await;
    assert_eq!(client.frame().await, json!(["1", "1", "realtime:a", "phx_error", { "reason": "channel_crash" }]));
    client.join("realtime:a", json!({ "config": {} })).await;
    control(&server, "disconnect", json!({})).await;
    assert_eq!(client.frame().await[4]["message"], "Server requested disconnect");
    assert_eq!(client.closed().await, 1012);
}

#[tokio::test]
async fn a_retry_answers_with_what_it_retried_or_with_the_fault() {
    let server = server().await;
    let made = request(&server, "POST", "/demo/stories", &[], r#"{"seconds": 0.2, "fail": ["audio"]}"#).await.json();
    let path = format!("/api/v1/stories/{}/assets/retry", made["id"].as_str().unwrap());
    let retry = || request(&server, "POST", &path, &[], r#"{"assetTypes": ["audio", "cover"]}"#);
    control(&server, "retry", json!({ "status": 402 })).await;
    let paid = retry().await;
    assert!(paid.status == 402 && paid.json()["upgradeOptions"].is_array());
    control(&server, "retry", json!({ "status": 429 })).await;
    assert_eq!(retry().await.header("retry-after"), Some("2"));
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(retry().await.json(), json!({ "retried": ["audio"] }));
    assert_eq!(retry().await.json(), json!({ "retried": [] }));
    assert_eq!(request(&server, "POST", &path, &[], "{}").await.status, 400);
    let nowhere = format!("/api/v1/stories/{USER}/assets/retry");
    assert_eq!(request(&server, "POST", &nowhere, &[], r#"{"assetTypes": []}"#).await.status, 404);
}

#[tokio::test]
async fn what_cannot_be_understood_is_said_and_reset_ends_everything() {
    let server = server().await;
    let wrong = request(&server, "POST", "/__control/knobs", &[], r#"{"nothing": 1}"#).await;
    assert_eq!((wrong.status, &wrong.json()["error"]), (400, &json!("unknown knobs: nothing")));
    assert_eq!(request(&server, "POST", "/__control/nothing", &[], "{}").await.status, 400);
    assert_eq!(request(&server, "POST", "/__control/cut", &[], "[").await.status, 400);
    control(&server, "refuse", json!({ "status": 500 })).await;
    control(&server, "join", json!({ "silent": true })).await;
    control(&server, "rest", json!({ "status": 500, "times": 9 })).await;
    control(&server, "reset", json!({ "data": true })).await;
    let mut client = Client::connect(&server, "2.0.0").await;
    assert_eq!(client.join("realtime:a", json!({ "config": {} })).await["status"], "ok");
    assert_eq!(rest(&server, "GET", STORIES, &[], Value::Null).await.json(), json!([]));
}
