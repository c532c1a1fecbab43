//! The demo: a story that fills itself in with files that are what they claim to be.

use std::time::Duration;

use serde_json::{Value, json};
use storywire_server::config::Config;

use crate::support::{Client, USER, request, rest, server, server_with};

#[tokio::test]
async fn a_story_goes_from_pending_to_completed_and_each_step_is_told() {
    let server = server().await;
    let mut client = Client::connect(&server, "2.0.0").await;
    client.follow("realtime:s", json!({ "event": "UPDATE", "schema": "public", "table": "stories" })).await;
    let made = request(&server, "POST", "/demo/stories", &[], r#"{"seconds": 1, "title": "A <b>title</b>"}"#).await;
    assert_eq!(made.status, 201);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let first = rest(&server, "GET", &format!("stories?id=eq.{id}"), &[], Value::Null).await.json();
    let assets = first[0]["asset_generation_status"]["assets"].as_object().unwrap().clone();
    assert_eq!(assets.len(), 6);
    let (mut steps, mut row) = (0, Value::Null);
    while row["asset_generation_status"]["overall"] != "completed" {
        row = client.event("postgres_changes").await[4]["data"]["record"].clone();
        steps += 1;
    }
    assert!(steps > 30, "only {steps} steps");
    for column in ["cover_url", "cover_art_url", "audio_url", "webvtt_url", "pdf_url", "text_url"] {
        let url = row[column].as_str().unwrap_or_else(|| panic!("{column} is {}", row[column]));
        let (_, path) = url.split_once(&server.address.to_string()).unwrap();
        assert_eq!(request(&server, "GET", path, &[], "").await.status, 200, "{url}");
    }
    assert_eq!(row["scene_art_urls"].as_array().map(Vec::len), Some(4));
    assert!(row["content"]["text"].as_str().unwrap().len() > 100 && row["activities"][0]["title"].is_string());
}

#[tokio::test]
async fn a_failing_asset_fails_and_succeeds_when_retried() {
    let server = server().await;
    let made = request(&server, "POST", "/demo/stories", &[], r#"{"seconds": 0.2, "fail": ["pdf"]}"#).await.json();
    let id = made["id"].as_str().unwrap();
    let state = || async {
        let row = request(&server, "GET", &format!("/api/v1/stories/{id}"), &[], "").await.json();
        let status = &row["asset_generation_status"];
        (status["overall"].clone(), status["assets"]["pdf"]["status"].clone())
    };
    while state().await != (json!("partial"), json!("failed")) {
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    let retry = format!("/api/v1/stories/{id}/assets/retry");
    request(&server, "POST", &retry, &[], r#"{"assetTypes": ["pdf"]}"#).await;
    while state().await != (json!("completed"), json!("ready")) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn files_have_their_types_and_ranges() {
    let server = server().await;
    let get = |file: &'static str, headers: &'static [(&'static str, &'static str)]| {
        let server = &server;
        async move { request(server, "GET", &format!("/files/{USER}/{file}"), headers, "").await }
    };
    for (file, kind) in [
        ("cover.svg", "image/svg+xml"),
        ("scene-4.svg", "image/svg+xml"),
        ("narration.wav", "audio/wav"),
        ("narration.vtt", "text/vtt; charset=utf-8"),
        ("story.pdf", "application/pdf"),
        ("activities.json", "application/json"),
    ] {
        let answer = get(file, &[]).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(kind)), "{file}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    }
    let part = get("story.pdf", &[("range", "bytes=0-7")]).await;
    assert_eq!((part.status, part.body.as_str()), (206, "%PDF-1.4"));
    assert!(part.header("content-range").is_some_and(|range| range.starts_with("bytes 0-7/")));
    assert_eq!(get("story.pdf", &[("range", "bytes=9999999-")]).await.status, 416);
    assert_eq!(get("scene-5.svg", &[]).await.status, 404);
}

#[tokio::test]
async fn emotions_are_inserted_for_a_while() {
    let server = server().await;
    let started =
        request(&server, "POST", &format!("/demo/emotions/{USER}"), &[], r#"{"count": 3, "intervalMs": 1}"#).await;
    assert_eq!(started.status, 202);
    let rows = || async { rest(&server, "GET", "emotion_check_ins", &[], Value::Null).await.json() };
    while rows().await.as_array().map(Vec::len) != Some(3) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn pages_are_served_uncached_and_the_backends_sources_are_not() {
    let pages = std::env::temp_dir().join(format!("storywire-pages-{}", std::process::id()));
    std::fs::create_dir_all(pages.join("server")).unwrap();
    std::fs::create_dir_all(pages.join("dist")).unwrap();
    std::fs::write(pages.join("index.html"), "<h1>here</h1>").unwrap();
    std::fs::write(pages.join("server/secret.rs"), "x").unwrap();
    std::fs::write(pages.join("dist/module.wasm"), "\0asm").unwrap();
    let config = Config { www: Some(pages.clone()), dist: Some(pages.join("dist")), ..Config::default() };
    let server = server_with(config).await;
    let page = request(&server, "GET", "/", &[], "").await;
    assert_eq!((page.body.as_str(), page.header("cache-control")), ("<h1>here</h1>", Some("no-cache")));
    let module = request(&server, "GET", "/dist/module.wasm", &[], "").await;
    assert_eq!(module.header("content-type"), Some("application/wasm"));
    for path in ["/server/secret.rs", "/%73erver/secret.rs", "/./server/secret.rs", "/nowhere"] {
        assert_eq!(request(&server, "GET", path, &[], "").await.status, 404, "{path}");
    }
    std::fs::remove_dir_all(pages).unwrap();
}

#[tokio::test]
async fn the_page_learns_its_keys_and_a_token_from_the_demo() {
    let server = server().await;
    let config = request(&server, "GET", "/demo/config", &[], "").await.json();
    assert_eq!(config["url"], format!("http://{}", server.address));
    let anon = config["anonKey"].as_str().unwrap().to_owned();
    assert_eq!(request(&server, "GET", "/rest/v1/stories", &[("apikey", &anon)], "").await.status, 200);
    let token = request(&server, "POST", "/demo/token", &[], r#"{"sub": "me", "expires_in": 5}"#).await.json();
    assert_eq!((&token["user"]["id"], &token["expires_in"]), (&json!("me"), &json!(5)));
}
