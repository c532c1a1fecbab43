//! Functions of the database: one step each, whoever else writes.

use serde_json::{Value, json};

use crate::support::{Client, Got, USER, rest, server};

async fn story(server: &storywire_server::app::Running) -> String {
    let headers = [("prefer", "return=representation"), ("accept", "application/vnd.pgrst.object+json")];
    rest(server, "POST", "stories", &headers, json!({})).await.json()["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forty_writers_at_once_lose_nothing() {
    let server = std::sync::Arc::new(server().await);
    let id = story(&server).await;
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..40 {
        let (server, id) = (server.clone(), id.clone());
        writers.spawn(async move {
            for progress in [10, 50, 90] {
                let news =
                    json!({ "story": id, "asset": format!("a{number}"), "status": "generating", "progress": progress });
                assert_eq!(rest(&server, "POST", "rpc/update_asset_progress", &[], news).await.status, 200);
            }
        });
    }
    while let Some(writer) = writers.join_next().await {
        writer.unwrap();
    }
    let row = rest(&server, "GET", &format!("stories?id=eq.{id}"), &[], Value::Null).await.json();
    let assets = row[0]["asset_generation_status"]["assets"].as_object().unwrap().clone();
    assert_eq!(assets.len(), 40);
    assert!(assets.values().all(|asset| asset["progress"] == 90), "{assets:?}");
}

#[tokio::test]
async fn the_overall_state_and_the_url_column_follow_the_assets() {
    let server = server().await;
    let id = story(&server).await;
    let tell = |asset: &'static str, status: &'static str, url: Value| {
        let (server, id) = (&server, &id);
        async move {
            let news = json!({ "story": id, "asset": asset, "status": status, "progress": null, "url": url });
            rest(server, "POST", "rpc/update_asset_progress", &[], news).await.json()
        }
    };
    let overall = |row: &Value| row["asset_generation_status"]["overall"].as_str().unwrap().to_owned();
    assert_eq!(overall(&tell("cover", "pending", json!(null)).await), "pending");
    assert_eq!(overall(&tell("audio", "generating", json!(null)).await), "generating");
    let row = tell("cover", "ready", json!("https://a/c.png")).await;
    assert_eq!((overall(&row).as_str(), &row["cover_url"]), ("generating", &json!("https://a/c.png")));
    assert_eq!(row["asset_generation_status"]["assets"]["cover"]["url"], "https://a/c.png");
    assert_eq!(overall(&tell("audio", "failed", json!(null)).await), "partial");
    assert_eq!(overall(&tell("audio", "ready", json!("https://a/a.wav")).await), "completed");
    let unknown = tell("no_such_column", "ready", json!("https://a/x")).await;
    assert!(unknown.get("no_such_column_url").is_none());
}

#[tokio::test]
async fn bad_progress_is_refused_and_changes_nothing() {
    let server = server().await;
    let id = story(&server).await;
    for (news, status) in [
        (json!({ "story": id, "asset": "cover", "status": "done" }), 400),
        (json!({ "story": "x", "asset": "cover", "status": "ready" }), 400),
        (json!({ "story": id, "status": "ready" }), 400),
        (json!({ "story": USER, "asset": "cover", "status": "ready" }), 404),
    ] {
        let answer = rest(&server, "POST", "rpc/update_asset_progress", &[], news.clone()).await;
        assert_eq!(answer.status, status, "{news}");
    }
    let row = rest(&server, "GET", &format!("stories?id=eq.{id}"), &[], Value::Null).await.json();
    assert_eq!(row[0]["asset_generation_status"]["assets"], json!({}));
}

#[tokio::test]
async fn notifications_are_marked_as_read_and_whoever_follows_them_is_told() {
    let server = server().await;
    let other = "22222222-2222-4222-8222-222222222222";
    let send = |user: &'static str, title: &'static str| {
        let news = json!({ "user_id": user, "title": title });
        let server = &server;
        async move { rest(server, "POST", "rpc/send_notification", &[], news).await.json()["id"].clone() }
    };
    let (one, two, foreign) = (send(USER, "one").await, send(USER, "two").await, send(other, "other").await);
    let mut client = Client::connect(&server, "2.0.0").await;
    let filter = format!("user_id=eq.{USER}");
    client
        .follow("realtime:n", json!({ "event": "*", "schema": "public", "table": "notifications", "filter": filter }))
        .await;
    let mark = |arguments: Value| {
        let server = &server;
        async move { rest(server, "POST", "rpc/mark_notifications_read", &[], arguments).await }
    };

    // Another user's are not touched, whatever ids are named, and an id may be written in capitals.
    let capitals = json!(one.as_str().unwrap().to_uppercase());
    assert_eq!(mark(json!({ "user_id": USER, "ids": [capitals, foreign] })).await.json(), 1);
    let change = client.event("postgres_changes").await;
    let data = &change[4]["data"];
    assert_eq!((&data["type"], &data["record"]["id"], &data["record"]["read"]), (&json!("UPDATE"), &one, &json!(true)));

    // What is not understood marks nothing.
    for bad in
        [json!({ "user_id": USER, "ids": "all" }), json!({ "user_id": USER, "ids": ["x"] }), json!({ "ids": [two] })]
    {
        assert_eq!(mark(bad.clone()).await.status, 400, "{bad}");
    }
    assert_eq!(mark(json!({ "user_id": USER, "ids": [] })).await.json(), 0);
    assert_eq!(mark(json!({ "user_id": USER, "ids": null })).await.json(), 1);
    let left = rest(&server, "GET", "notifications?read=is.false", &[], Value::Null).await.json();
    assert_eq!((left.as_array().unwrap().len(), &left[0]["id"]), (1, &foreign));
}

#[tokio::test]
async fn a_notification_is_stored_and_broadcast_in_one_step() {
    let server = server().await;
    let mut client = Client::connect(&server, "1.0.0").await;
    let topic = format!("realtime:notifications:{USER}");
    client.send(json!({ "topic": topic, "event": "phx_join", "payload": { "config": {} }, "ref": "1" })).await;
    client.frame().await;
    let sent = json!({ "user_id": USER, "type": "story", "title": "Ready", "message": "Your story is ready.", "data": { "a": 1 } });
    let row = rest(&server, "POST", "rpc/send_notification", &[], sent).await.json();
    let Got::Text(frame) = client.next().await else { panic!("a broadcast") };
    assert_eq!((&frame["event"], &frame["payload"]["event"]), (&json!("broadcast"), &json!("new_notification")));
    assert_eq!(frame["payload"]["payload"], row);
    assert_eq!((&row["read"], &row["data"]["a"]), (&json!(false), &json!(1)));
    let unread = rest(&server, "GET", "notifications?read=is.false", &[], Value::Null).await.json();
    assert_eq!(unread, json!([row]));
    let ids = json!({ "user_id": USER, "ids": [row["id"]] });
    assert_eq!(rest(&server, "POST", "rpc/mark_notifications_read", &[], ids.clone()).await.json(), 1);
    assert_eq!(rest(&server, "POST", "rpc/mark_notifications_read", &[], ids).await.json(), 0);
}
