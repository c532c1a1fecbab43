//! A demo story: created empty, then filled in over time through the same merge that every backend uses.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::assets;
use crate::app::Shared;
use crate::db::Row;
use crate::rpc::AssetProgress;

/// How long a story takes when nothing is said.
const SECONDS: f64 = 20.0;

/// Asset, and when it begins and ends as fractions of the whole.
const TIMELINE: [(&str, f64, f64); 6] = [
    ("text", 0.02, 0.10),
    ("cover", 0.08, 0.35),
    ("audio", 0.20, 0.60),
    ("scenes", 0.30, 0.75),
    ("activities", 0.50, 0.85),
    ("pdf", 0.78, 1.0),
];

/// Steps of progress that one asset shows.
const STEPS: u32 = 8;

/// The tasks that fill stories in and feel emotions.
#[derive(Default)]
pub struct Stories {
    tasks: Mutex<Vec<JoinHandle<()>>>,
    /// Story → where its files are, as its creator reached this server.
    bases: Mutex<BTreeMap<String, String>>,
}

impl Stories {
    /// Ends every task.
    pub fn stop(&self) {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).drain(..).for_each(|task| task.abort());
    }

    pub fn keep(&self, task: JoinHandle<()>) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.retain(|task| !task.is_finished());
        tasks.push(task);
    }

    /// Makes assets anew after a retry; this time they succeed.
    pub fn run_again(&self, server: &Shared, story: &str, names: &[String]) {
        let bases = self.bases.lock().unwrap_or_else(PoisonError::into_inner);
        let base = bases.get(story).cloned().unwrap_or_else(|| format!("/files/{story}"));
        for name in names {
            let run = Run {
                server: server.clone(),
                story: story.to_owned(),
                base: base.clone(),
                asset: name.clone(),
                begin: Duration::from_millis(300),
                length: Duration::from_secs(3),
                fails: false,
            };
            self.keep(tokio::spawn(run.perform()));
        }
    }
}

/// `POST /demo/stories` `{seconds?, fail?, title?, user_id?}` → 201 `{id, title, seconds}`.
pub async fn create(State(server): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let asked = match super::object(&body) {
        Ok(asked) => asked,
        Err(refused) => return refused.into_response(),
    };
    let seconds = asked.get("seconds").and_then(Value::as_f64).unwrap_or(SECONDS).clamp(0.0, 86_400.0);
    let failing: Vec<&str> =
        asked.get("fail").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let title = asked.get("title").and_then(Value::as_str).unwrap_or("The Lantern and the Little Fox");
    let pending: Row =
        TIMELINE.iter().map(|(name, ..)| ((*name).to_owned(), json!({ "status": "pending", "progress": 0 }))).collect();
    let mut row = Row::new();
    row.insert("title".into(), json!(title));
    row.insert("asset_generation_status".into(), json!({ "overall": "pending", "assets": pending }));
    if let Some(user) = asked.get("user_id") {
        row.insert("user_id".into(), user.clone());
    }
    let row = match server.db.transaction(|transaction| transaction.insert("stories", row)) {
        Ok(row) => row,
        Err(error) => return error.into_response(),
    };
    let id = row.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let base = format!("{}/files/{id}", super::origin(&headers));
    server.stories.bases.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), base.clone());
    for (asset, begin, end) in TIMELINE {
        let run = Run {
            server: server.clone(),
            story: id.clone(),
            base: base.clone(),
            asset: asset.to_owned(),
            begin: Duration::from_secs_f64(seconds * begin),
            length: Duration::from_secs_f64(seconds * (end - begin)),
            fails: failing.contains(&asset),
        };
        server.stories.keep(tokio::spawn(run.perform()));
    }
    (StatusCode::CREATED, Json(json!({ "id": id, "title": title, "seconds": seconds }))).into_response()
}

/// One asset on its way.
struct Run {
    server: Shared,
    story: String,
    /// Where its files are.
    base: String,
    asset: String,
    begin: Duration,
    length: Duration,
    fails: bool,
}

impl Run {
    /// Goes through generating to ready or failed; ends when the story does.
    async fn perform(self) {
        sleep(self.begin).await;
        let steps = if self.fails { STEPS * 6 / 10 } else { STEPS };
        for step in 0..steps {
            if !self.tell("generating", 100 * step / STEPS, None) {
                return;
            }
            sleep(self.length / STEPS).await;
        }
        if self.fails {
            self.tell("failed", 100 * steps / STEPS, None);
        } else {
            let url = assets::url(&self.base, &self.asset);
            self.tell("ready", 100, Some(url));
        }
    }

    /// False when the story is gone.
    fn tell(&self, status: &str, progress: u32, url: Option<String>) -> bool {
        let columns = if url.is_some() { assets::columns(&self.base, &self.asset) } else { Row::new() };
        let news = AssetProgress {
            story: self.story.clone(),
            asset: self.asset.clone(),
            status: status.to_owned(),
            progress: json!(progress),
            url,
        };
        news.apply_with(&self.server, &columns).is_ok()
    }
}
