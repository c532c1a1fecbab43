//! Limits: what a client meets when it asks for too much, and what the end of the server looks like.

use std::time::Duration;

use serde_json::json;
use storywire_server::config::PUBLISHABLE_KEY;

use crate::support::{Client, control, counters, rest, server};

#[tokio::test]
async fn a_failed_join_blocks_the_whole_socket_when_the_delay_is_on() {
    let server = server().await;
    control(&server, "knobs", json!({ "joinErrorDelayMs": 300 })).await;
    let mut client = Client::connect(&server, "2.0.0").await;
    let asked = tokio::time::Instant::now();
    client.send(json!(["1", "1", "realtime:a", "phx_join", { "config": {}, "access_token": "garbage" }])).await;
    client.send(json!([null, "2", "phoenix", "heartbeat", {}])).await;
    let refused = client.frame().await;
    assert_eq!(refused[4]["response"]["reason"], "MalformedJWT: The token provided is not a valid JWT");
    assert_eq!(client.frame().await[1], "2");
    assert!(asked.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn too_many_joins_a_second_close_the_socket_with_1001_and_refuse_the_next_with_429() {
    let server = server().await;
    control(&server, "knobs", json!({ "joinsPerSecond": 3 })).await;
    let mut client = Client::connect(&server, "2.0.0").await;
    for number in 0..8 {
        client.send(json!(["1", "1", format!("realtime:{number}"), "phx_join", { "config": {} }])).await;
    }
    let mut refused = None;
    while refused.is_none() {
        let frame = client.frame().await;
        refused = frame[4]["response"]["reason"].as_str().map(str::to_owned);
    }
    assert_eq!(refused.as_deref(), Some("ClientJoinRateLimitReached: Too many joins per second"));
    assert_eq!(client.closed().await, 1001);
    let histogram = counters(&server).await["joinsBySecond"].as_object().map(|seconds| seconds.len());
    assert!(histogram.is_some_and(|seconds| seconds >= 1));
}

#[tokio::test]
async fn too_many_users_are_refused_at_the_handshake() {
    let server = server().await;
    control(&server, "knobs", json!({ "connections": 1 })).await;
    let mut first = Client::connect(&server, "2.0.0").await;
    first.join("realtime:a", json!({ "config": {} })).await;
    let path = format!("/realtime/v1/websocket?apikey={PUBLISHABLE_KEY}&vsn=2.0.0");
    let refused = Client::open(&server, &path).await.err();
    assert_eq!(refused, Some((429, "{\"error\":\"Too many connected users\"}".into())));
}

#[tokio::test]
async fn too_many_messages_close_the_channel() {
    let server = server().await;
    control(&server, "knobs", json!({ "messagesPerSecond": 2 })).await;
    let mut client = Client::connect(&server, "2.0.0").await;
    client.join("realtime:a", json!({ "config": {} })).await;
    for _ in 0..3 {
        client.push("1", "realtime:a", "broadcast", json!({ "type": "broadcast", "event": "e", "payload": {} })).await;
    }
    assert_eq!(client.event("system").await[4]["message"], "Too many messages per second");
    assert_eq!(client.frame().await[3], "phx_close");
}

#[tokio::test]
async fn a_frame_that_is_too_large_ends_the_socket_without_a_close_frame() {
    let server = server().await;
    control(&server, "knobs", json!({ "frameBytes": 10_000 })).await;
    let mut client = Client::connect(&server, "2.0.0").await;
    client.text("x".repeat(10_001)).await;
    assert_eq!(client.closed().await, 1006);
}

#[tokio::test]
async fn a_row_over_the_limit_arrives_with_its_small_fields_and_an_error() {
    let server = server().await;
    let mut client = Client::connect(&server, "2.0.0").await;
    client.follow("realtime:s", json!({ "event": "*", "schema": "public", "table": "stories" })).await;
    let big = json!({ "title": "t", "content": { "text": "y".repeat(1_100_000) } });
    rest(&server, "POST", "stories", &[], big).await;
    let data = client.event("postgres_changes").await[4]["data"].clone();
    assert_eq!(data["errors"], json!(["Error 413: Payload Too Large"]));
    assert_eq!((&data["record"]["title"], data["record"].get("content")), (&json!("t"), None));
}

#[tokio::test]
async fn a_silent_client_is_closed_with_1000_and_a_heartbeat_keeps_it() {
    let server = server().await;
    control(&server, "knobs", json!({ "idleMs": 400 })).await;
    let (mut silent, mut alive) = (Client::connect(&server, "2.0.0").await, Client::connect(&server, "2.0.0").await);
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        alive.send(json!([null, "1", "phoenix", "heartbeat", {}])).await;
        alive.frame().await;
    }
    assert_eq!(silent.closed().await, 1000);
}

#[tokio::test]
async fn a_server_that_stops_closes_its_sockets_with_1012() {
    let server = server().await;
    let address = server.address;
    let mut client = Client::connect(&server, "2.0.0").await;
    client.join("realtime:a", json!({ "config": {} })).await;
    let (code, ()) = tokio::join!(client.closed(), server.stop());
    assert_eq!(code, 1012);
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn handshakes_are_refused_with_the_real_words() {
    let server = server().await;
    let refused = |path: &'static str| {
        let server = &server;
        async move { Client::open(server, path).await.err().expect("a refusal") }
    };
    assert_eq!(refused("/realtime/v1/websocket").await, (401, "{\"error\":\"API key is missing\"}".into()));
    let garbage = refused("/realtime/v1/websocket?apikey=garbage").await;
    assert_eq!(garbage, (401, "{\"error\":\"The token provided is not a valid JWT\"}".into()));
    assert_eq!(refused("/realtime/v1/websocket?apikey=x&vsn=3.0.0").await.0, 403);
}
