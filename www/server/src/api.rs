//! The story service's own API: one story, and a retry of its failed assets.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::app::{Shared, Unauthorized, bearer};
use crate::db::Row;
use crate::rest::faulty;
use crate::rpc::overall;

/// `GET /api/v1/stories/:id`: the row. No token is asked for; a bad one is refused.
pub async fn story(State(server): State<Shared>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    if let Some(response) = faulty(&server, &format!("/api/v1/stories/{id}")).await {
        return response;
    }
    if let Err(refused) = check_bearer(&server, &headers) {
        return refused.into_response();
    }
    match find(&server, &id) {
        Some(row) => Json(Value::Object(row)).into_response(),
        None => unknown(&id),
    }
}

/// `POST /api/v1/stories/:id/assets/retry` `{assetTypes}` → `{retried}`: failed assets become pending and run again.
pub async fn retry(State(server): State<Shared>, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    if let Some(response) = faulty(&server, &format!("/api/v1/stories/{id}/assets/retry")).await {
        return response;
    }
    let fault = server.faults().retry();
    if let Some(fault) = fault {
        let mut response = (fault.status, Json(fault.body)).into_response();
        if let Some(after) = fault.retry_after.and_then(|after| after.parse().ok()) {
            response.headers_mut().insert(header::RETRY_AFTER, after);
        }
        return response;
    }
    if let Err(refused) = check_bearer(&server, &headers) {
        return refused.into_response();
    }
    let wanted: Option<Vec<String>> = serde_json::from_slice::<Value>(&body).ok().and_then(|body| {
        let types = body.get("assetTypes")?.as_array()?;
        types.iter().map(|name| name.as_str().map(str::to_owned)).collect()
    });
    let Some(wanted) = wanted else {
        let error = json!({ "error": "assetTypes must be a list of asset names" });
        return (StatusCode::BAD_REQUEST, Json(error)).into_response();
    };
    if find(&server, &id).is_none() {
        return unknown(&id);
    }
    let mut retried = Vec::new();
    let outcome = server.db.transaction(|transaction| {
        let at = crate::db::iso_millis(transaction.committed());
        let is_failed = |row: &Row, name: &str| {
            let assets = row.get("asset_generation_status").and_then(|status| status.get("assets"));
            let asset = assets.and_then(|assets| assets.get(name));
            asset.and_then(|asset| asset.get("status")).and_then(Value::as_str) == Some("failed")
        };
        let current = transaction.rows("stories");
        let row = current.iter().find(|row| row.get("id").and_then(Value::as_str) == Some(&id));
        retried = wanted.iter().filter(|name| row.is_some_and(|row| is_failed(row, name))).cloned().collect();
        if retried.is_empty() {
            return Ok(Vec::new());
        }
        transaction.update(
            "stories",
            |row| row.get("id").and_then(Value::as_str) == Some(&id),
            |row| {
                let status = row.get_mut("asset_generation_status").and_then(Value::as_object_mut);
                let Some(status) = status else { return };
                let assets = status.get_mut("assets").and_then(Value::as_object_mut);
                let Some(assets) = assets else { return };
                for name in &retried {
                    assets.insert(name.clone(), json!({ "status": "pending", "progress": 0, "updatedAt": at }));
                }
                let overall = overall(assets);
                status.insert("overall".into(), json!(overall));
            },
        )
    });
    if let Err(error) = outcome {
        return error.into_response();
    }
    server.stories.run_again(&server, &id, &retried);
    Json(json!({ "retried": retried })).into_response()
}

fn find(server: &Shared, id: &str) -> Option<Map<String, Value>> {
    let rows = server.db.rows("stories");
    rows.iter().find(|row| row.get("id").and_then(Value::as_str) == Some(id)).map(|row| Row::clone(row))
}

/// A token is not required here, but a wrong one is refused.
fn check_bearer(server: &Shared, headers: &HeaderMap) -> Result<(), Unauthorized> {
    match bearer(headers) {
        Some(token) if token != server.config.publishable_key => match server.verify(token) {
            Ok(_) => Ok(()),
            Err(refusal) => Err(Unauthorized(json!({ "error": refusal.sentence() }))),
        },
        _ => Ok(()),
    }
}

fn unknown(id: &str) -> Response {
    let error = json!({ "error": format!("There is no story {id}") });
    (StatusCode::NOT_FOUND, Json(error)).into_response()
}
