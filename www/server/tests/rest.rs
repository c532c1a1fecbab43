//! Rows over HTTP, as PostgREST answers.

use serde_json::{Value, json};
use storywire_server::config::PUBLISHABLE_KEY;

use crate::support::{USER, control, request, rest, server, signed, token};

const ONE: (&str, &str) = ("accept", "application/vnd.pgrst.object+json");
const BACK: (&str, &str) = ("prefer", "return=representation");

#[tokio::test]
async fn rows_are_filtered_ordered_cut_and_projected() {
    let server = server().await;
    let rows: Vec<_> =
        (1..=5).map(|n| json!({ "profile_id": USER, "emotion": format!("e{n}"), "intensity": n })).collect();
    rest(&server, "POST", "emotion_check_ins", &[], json!(rows)).await;
    let query = "emotion_check_ins?intensity=gte.2&emotion=not.eq.e3&select=emotion,level:intensity&order=intensity.desc&limit=2";
    let answer = rest(&server, "GET", query, &[], Value::Null).await;
    assert_eq!(answer.json(), json!([{ "emotion": "e5", "level": 5 }, { "emotion": "e4", "level": 4 }]));
    let some = rest(&server, "GET", "emotion_check_ins?emotion=in.(e1,e2)&select=emotion", &[], Value::Null).await;
    assert_eq!(some.json(), json!([{ "emotion": "e1" }, { "emotion": "e2" }]));
    let like =
        rest(&server, "GET", "emotion_check_ins?emotion=ilike.E*&offset=4&select=emotion", &[], Value::Null).await;
    assert_eq!(like.json(), json!([{ "emotion": "e5" }]));
}

#[tokio::test]
async fn a_count_stands_in_the_content_range() {
    let server = server().await;
    rest(&server, "POST", "stories", &[], json!([{}, {}, {}])).await;
    let answer = rest(&server, "HEAD", "stories?limit=2", &[("prefer", "count=exact")], Value::Null).await;
    assert_eq!((answer.status, answer.header("content-range")), (206, Some("0-1/3")));
    assert_eq!(answer.body, "");
    let none = rest(&server, "GET", "stories?title=eq.nothing", &[], Value::Null).await;
    assert_eq!((none.header("content-range"), none.json()), (Some("*/*"), json!([])));
}

#[tokio::test]
async fn writes_answer_as_they_are_asked_to() {
    let server = server().await;
    assert_eq!(rest(&server, "POST", "stories", &[], json!({ "title": "a" })).await.status, 201);
    let made = rest(&server, "POST", "stories?select=id,title", &[BACK, ONE], json!({ "title": "b" })).await;
    assert_eq!((made.status, &made.json()["title"]), (201, &json!("b")));
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let patch = rest(&server, "PATCH", &format!("stories?id=eq.{id}"), &[], json!({ "title": "c" })).await;
    assert_eq!((patch.status, patch.body.as_str()), (204, ""));
    let deleted = rest(&server, "DELETE", &format!("stories?id=eq.{id}&select=title"), &[BACK], Value::Null).await;
    assert_eq!(deleted.json(), json!([{ "title": "c" }]));
}

#[tokio::test]
async fn one_object_means_exactly_one_row() {
    let server = server().await;
    rest(&server, "POST", "stories", &[], json!([{ "title": "a" }, { "title": "a" }])).await;
    for (query, rows) in [("stories?title=eq.none", 0), ("stories?title=eq.a", 2)] {
        let answer = rest(&server, "GET", query, &[ONE], Value::Null).await;
        assert_eq!((answer.status, &answer.json()["code"]), (406, &json!("PGRST116")));
        assert_eq!(answer.json()["details"], format!("The result contains {rows} rows"));
    }
    let many = rest(&server, "PATCH", "stories?title=eq.a", &[ONE, BACK], json!({ "title": "b" })).await;
    assert_eq!(many.status, 406);
    let unchanged = rest(&server, "GET", "stories?title=eq.a&select=title", &[], Value::Null).await;
    assert_eq!(unchanged.json().as_array().map(Vec::len), Some(2), "a refused write is undone");
}

#[tokio::test]
async fn what_is_wrong_is_said_in_postgres_codes() {
    let server = server().await;
    let cases: [(&str, &str, Value, u16, &str); 9] = [
        ("GET", "nothing", Value::Null, 404, "PGRST205"),
        ("GET", "stories?id=eq.x", Value::Null, 400, "22P02"),
        ("GET", "stories?colour=eq.x", Value::Null, 400, "42703"),
        ("GET", "stories?select=colour", Value::Null, 400, "42703"),
        ("GET", "stories?title=x", Value::Null, 400, "PGRST100"),
        ("POST", "stories", json!({ "colour": "red" }), 400, "PGRST204"),
        ("POST", "stories", json!({ "title": null }), 400, "23502"),
        ("POST", "stories", json!("text"), 400, "PGRST102"),
        ("POST", "rpc/nothing", json!({}), 404, "PGRST202"),
    ];
    for (method, path, body, status, code) in cases {
        let answer = rest(&server, method, path, &[], body).await;
        let error = answer.json();
        assert_eq!((answer.status, error["code"].as_str()), (status, Some(code)), "{method} {path}: {error}");
        for part in ["message", "details", "hint"] {
            assert!(error.get(part).is_some(), "{path} lacks {part}");
        }
    }
    let id = json!({ "id": USER });
    assert_eq!(rest(&server, "POST", "stories", &[], id.clone()).await.status, 201);
    let again = rest(&server, "POST", "stories", &[], id).await;
    assert_eq!((again.status, &again.json()["code"]), (409, &json!("23505")));
}

#[tokio::test]
async fn keys_and_tokens_are_checked_with_supabases_words() {
    let server = server().await;
    let get = |headers: Vec<(&'static str, String)>| {
        let server = &server;
        async move {
            let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            request(server, "GET", "/rest/v1/stories", &headers, "").await
        }
    };
    let none = get(vec![]).await;
    assert_eq!((none.status, &none.json()["message"]), (401, &json!("No API key found in request")));
    let wrong = get(vec![("apikey", "sb_publishable_other".into())]).await;
    assert_eq!((wrong.status, &wrong.json()["message"]), (401, &json!("Invalid API key")));
    let key = || ("apikey", PUBLISHABLE_KEY.to_owned());
    let bearer = |token: String| ("authorization", format!("Bearer {token}"));
    assert_eq!(get(vec![key(), bearer(token(USER, 60))]).await.status, 200);
    assert_eq!(get(vec![key(), bearer(PUBLISHABLE_KEY.into())]).await.status, 200);
    let expired = get(vec![key(), bearer(token(USER, -60))]).await;
    assert_eq!((expired.status, &expired.json()["message"]), (401, &json!("JWT expired")));
    let anon = signed(json!({ "role": "anon", "exp": 2_050_000_000 }));
    assert_eq!(get(vec![("apikey", anon)]).await.status, 200);
}

#[tokio::test]
async fn every_origin_may_ask_from_a_page() {
    let server = server().await;
    let headers = [
        ("origin", "https://a.webflow.io"),
        ("access-control-request-method", "PATCH"),
        ("access-control-request-headers", "apikey, prefer"),
    ];
    let preflight = request(&server, "OPTIONS", "/rest/v1/stories", &headers, "").await;
    assert_eq!(
        (preflight.status, preflight.header("access-control-allow-origin")),
        (204, Some("https://a.webflow.io"))
    );
    assert_eq!(preflight.header("access-control-allow-headers"), Some("apikey, prefer"));
    assert!(preflight.header("access-control-allow-methods").is_some_and(|methods| methods.contains("PATCH")));
}

#[tokio::test]
async fn the_next_requests_fail_as_they_are_told() {
    let server = server().await;
    control(&server, "rest", json!({ "status": 503, "retryAfter": 2, "times": 2, "path": "/rest/v1/stories" })).await;
    control(&server, "rest", json!({ "malformed": true, "path": "/rest/v1/stories" })).await;
    for _ in 0..2 {
        let answer = rest(&server, "GET", "stories", &[], Value::Null).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("2")));
    }
    let broken = rest(&server, "GET", "stories", &[], Value::Null).await;
    assert!(broken.status == 200 && serde_json::from_str::<Value>(&broken.body).is_err());
    assert_eq!(rest(&server, "GET", "stories", &[], Value::Null).await.json(), json!([]));
}
