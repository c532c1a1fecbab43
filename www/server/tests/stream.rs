//! The emotion stream and its faults, and the scripted streams.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Answer, EventStream, USER, answer, control, counters, request, rest, server, token};

fn path() -> String {
    format!("/api/v1/profiles/{USER}/emotions/stream")
}

async fn feel(server: &storywire_server::app::Running, emotion: &str) {
    let row = json!({ "profile_id": USER, "emotion": emotion, "intensity": 7 });
    assert_eq!(rest(server, "POST", "emotion_check_ins", &[], row).await.status, 201);
}

/// An open stream with a good token, once it is connected.
async fn listen(server: &storywire_server::app::Running, more: &[(&str, &str)]) -> EventStream {
    let bearer = format!("Bearer {}", token(USER, 60));
    let mut headers = vec![("authorization", bearer.as_str())];
    headers.extend_from_slice(more);
    let mut stream = EventStream::open(server, &path(), &headers).await;
    stream.until(&format!("event: connected\ndata: {{\"profileId\":\"{USER}\"}}\n\n")).await;
    stream
}

async fn live(server: &storywire_server::app::Running) -> Value {
    counters(server).await["streams"].clone()
}

#[tokio::test]
async fn every_check_in_of_the_profile_is_told_with_an_id() {
    let server = server().await;
    let mut stream = listen(&server, &[]).await;
    assert!(stream.seen.contains("content-type: text/event-stream"), "{}", stream.seen);
    assert!(stream.seen.contains("cache-control: no-cache") && stream.seen.contains("x-accel-buffering: no"));
    let other = json!({ "profile_id": "22222222-2222-4222-8222-222222222222", "emotion": "angry" });
    rest(&server, "POST", "emotion_check_ins", &[], other).await;
    feel(&server, "happy").await;
    stream.until("\"emotion\":\"happy\"").await;
    assert!(stream.seen.contains("id: 2\nevent: emotion\n") && !stream.seen.contains("angry"));
    assert!(stream.seen.contains("\"type\":\"emotion_detected\"") && stream.seen.contains("\"intensity\":7"));
}

#[tokio::test]
async fn what_was_missed_comes_again_after_the_last_id_and_nothing_twice() {
    let server = server().await;
    for emotion in ["one", "two", "three"] {
        feel(&server, emotion).await;
    }
    let mut stream = listen(&server, &[("last-event-id", "1")]).await;
    stream.until("three").await;
    feel(&server, "four").await;
    stream.until("four").await;
    let told: Vec<_> =
        ["one", "two", "three", "four"].map(|emotion| stream.seen.matches(&format!("\"{emotion}\"")).count()).into();
    assert_eq!(told, [0, 1, 1, 1]);
}

#[tokio::test]
async fn without_a_good_token_there_is_no_stream() {
    let server = server().await;
    let expired = format!("Bearer {}", token(USER, -5));
    for headers in [vec![], vec![("authorization", "Bearer garbage")], vec![("authorization", expired.as_str())]] {
        assert_eq!(request(&server, "GET", &path(), &headers, "").await.status, 401);
    }
    assert_eq!(live(&server).await, 0);
}

#[tokio::test]
async fn nothing_is_left_behind_when_the_client_goes() {
    let server = server().await;
    let streams = (listen(&server, &[]).await, listen(&server, &[]).await);
    assert_eq!(live(&server).await, 2);
    drop(streams);
    for _ in 0..100 {
        if live(&server).await == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{} streams are still open", live(&server).await);
}

#[tokio::test]
async fn a_quiet_stream_is_kept_alive_by_comments() {
    let server = server().await;
    control(&server, "knobs", json!({ "keepaliveMs": 50 })).await;
    listen(&server, &[]).await.until(":keepalive\n\n").await;
}

#[tokio::test]
async fn every_answer_of_the_table_can_be_had() {
    let server = server().await;
    let bearer = format!("Bearer {}", token(USER, 60));
    let get = || {
        let (server, bearer) = (&server, bearer.as_str());
        async move { request(server, "GET", &path(), &[("authorization", bearer)], "").await }
    };
    for status in [204, 401, 403, 404, 408, 425, 429, 500, 503] {
        control(&server, "stream", json!({ "status": status, "retryAfter": 3 })).await;
        let answer = get().await;
        assert_eq!((answer.status, answer.header("retry-after")), (status, Some("3")));
    }
    control(&server, "stream", json!({ "html": true })).await;
    assert_eq!(get().await.header("content-type"), Some("text/html; charset=utf-8"));
    control(&server, "stream", json!({ "json": true })).await;
    assert_eq!(get().await.header("content-type"), Some("application/json"));
    control(&server, "stream", json!({ "end": true })).await;
    let ended: Answer = get().await;
    assert_eq!((ended.status, ended.body.as_str()), (200, ""));
    control(&server, "stream", json!({ "status": 500, "noCors": true })).await;
    assert_eq!(get().await.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn streams_are_cut_stalled_flooded_and_stretched_on_request() {
    let server = server().await;
    let bearer = format!("Bearer {}", token(USER, 60));
    let open = || {
        let (server, bearer) = (&server, bearer.as_str());
        async move { EventStream::open(server, &path(), &[("authorization", bearer)]).await }
    };
    control(&server, "stream", json!({ "cutAt": 16 })).await;
    let mut cut = open().await;
    let seen = cut.rest().await;
    assert_eq!(answer(seen.as_bytes()).body, "event: connected");
    assert!(!seen.ends_with("0\r\n\r\n"), "a cut stream has no end");
    control(&server, "stream", json!({ "endAt": 5 })).await;
    assert!(open().await.rest().await.ends_with("0\r\n\r\n"), "an ended one has");
    control(&server, "stream", json!({ "retry": 0 })).await;
    open().await.until("retry: 0\n\n").await;
    control(&server, "stream", json!({ "commentsEveryMs": 1 })).await;
    open().await.until(":flood\n\n").await;
    control(&server, "stream", json!({ "stallMs": 200 })).await;
    let (mut stalled, asked) = (open().await, tokio::time::Instant::now());
    stalled.until("text/event-stream").await;
    stalled.until("event: connected").await;
    assert!(asked.elapsed() >= Duration::from_millis(190));
    control(&server, "stream", json!({ "lineBytes": 10_000_000 })).await;
    let mut long = open().await;
    long.until("event: connected").await;
    assert!(long.seen.matches('x').count() >= 10_000_000);
}

#[tokio::test]
async fn a_script_is_replayed_byte_for_byte_and_remembers_who_asked() {
    let server = server().await;
    let script = "\u{feff}data: é\r\rdata: 2\n\nid: 7\n\n";
    let stored = request(&server, "POST", "/__control/scripts/a?chunks=1,2,3&times=1", &[], script).await;
    assert_eq!(stored.status, 201);
    let played = request(&server, "GET", "/__control/scripts/a", &[("last-event-id", "5")], "").await;
    assert_eq!((played.body.as_str(), played.header("content-type")), (script, Some("text/event-stream")));
    assert_eq!(request(&server, "GET", "/__control/scripts/a", &[], "").await.status, 204);
    let requests = request(&server, "GET", "/__control/scripts/a/requests", &[], "").await.json();
    assert_eq!((requests.as_array().map(Vec::len), &requests[0]["last-event-id"]), (Some(2), &json!("5")));
}
