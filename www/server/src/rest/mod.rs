//! PostgREST, as far as pages of the story service use it: `/rest/v1/<table>`.

mod query;
mod respond;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::time::sleep;

use crate::app::{NoCors, Shared};
use crate::db::{PgError, Row, Table, store};
use query::Query;
pub use query::{decode, percent_decode};
use respond::{Preferences, rows};

/// One request on a table.
pub async fn handle(
    State(server): State<Shared>,
    Path(name): Path<String>,
    RawQuery(raw): RawQuery,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    server.counters.count_request();
    let path = format!("/rest/v1/{name}");
    if let Some(response) = faulty(&server, &path).await {
        return response;
    }
    let pairs = decode(raw.as_deref().unwrap_or_default());
    let key = pairs.iter().find(|(name, _)| name == "apikey").map(|(_, key)| key.as_str());
    if let Err(refused) = server.authorize(&headers, key) {
        return refused.into_response();
    }
    answer(&server, &name, &pairs, &method, &headers, &body).unwrap_or_else(IntoResponse::into_response)
}

/// Performs the armed fault for a path; `None` lets the request go on.
pub async fn faulty(server: &Shared, path: &str) -> Option<Response> {
    let fault = server.faults().rest_for(path)?;
    sleep(fault.delay).await;
    let mut response = (fault.status?, [(header::CONTENT_TYPE, fault.content_type)], fault.body).into_response();
    if let Some(after) = fault.retry_after.and_then(|after| after.parse().ok()) {
        response.headers_mut().insert(header::RETRY_AFTER, after);
    }
    if fault.no_cors {
        response.extensions_mut().insert(NoCors);
    }
    Some(response)
}

fn answer(
    server: &Shared,
    name: &str,
    pairs: &[(String, String)],
    method: &Method,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Response, PgError> {
    let table = server.db.table(name)?;
    let query = Query::parse(&table, pairs)?;
    let preferences = Preferences::read(headers);
    match *method {
        Method::GET | Method::HEAD => {
            let all: Vec<_> = server.db.rows(name).into_iter().filter(|row| query.matches(row)).collect();
            let total = all.len();
            let page = query.page(&table, all);
            rows(&preferences, &query, &page, StatusCode::OK, Some((query.offset, total)), *method == Method::HEAD)
        }
        Method::POST => {
            let given = objects(body)?;
            let inserted = server.db.transaction(|transaction| {
                given.into_iter().map(|row| transaction.insert(name, row)).collect::<Result<Vec<_>, _>>()
            })?;
            written(&preferences, &query, &inserted, StatusCode::CREATED)
        }
        Method::PATCH => {
            let patch = typed(&table, objects(body)?.into_iter().next().unwrap_or_default())?;
            let updated = server.db.transaction(|transaction| {
                let updated = transaction.update(name, |row| query.matches(row), |row| row.extend(patch.clone()))?;
                preferences.check_single(updated.len())?;
                Ok(updated)
            })?;
            written(&preferences, &query, &updated, StatusCode::OK)
        }
        Method::DELETE => {
            let deleted = server.db.transaction(|transaction| {
                let deleted = transaction.delete(name, |row| query.matches(row))?;
                preferences.check_single(deleted.len())?;
                Ok(deleted)
            })?;
            written(&preferences, &query, &deleted, StatusCode::OK)
        }
        _ => {
            Err(PgError::new(StatusCode::METHOD_NOT_ALLOWED, "PGRST117", format!("Unsupported HTTP method: {method}")))
        }
    }
}

/// After a write: the rows when they were asked for, and nothing otherwise.
fn written(
    preferences: &Preferences,
    query: &Query,
    changed: &[std::sync::Arc<Row>],
    status: StatusCode,
) -> Result<Response, PgError> {
    if preferences.representation {
        return rows(preferences, query, changed, status, None, false);
    }
    let status = if status == StatusCode::CREATED { status } else { StatusCode::NO_CONTENT };
    Ok(status.into_response())
}

/// The body: an object, or an array of objects.
fn objects(body: &Bytes) -> Result<Vec<Row>, PgError> {
    let invalid = || PgError::bad("PGRST102", "Empty or invalid json");
    match serde_json::from_slice(body).map_err(|_| invalid())? {
        Value::Object(object) => Ok(vec![object]),
        Value::Array(items) => items
            .into_iter()
            .map(|item| match item {
                Value::Object(object) => Ok(object),
                _ => Err(invalid()),
            })
            .collect(),
        _ => Err(invalid()),
    }
}

/// Checks a patch's columns and turns its values into the columns' types.
fn typed(table: &Table, given: Row) -> Result<Row, PgError> {
    given
        .into_iter()
        .map(|(name, value)| match table.column(&name) {
            Some(column) => Ok((name, store(column.kind, value)?)),
            None => Err(PgError::unknown_column_in_body(&name, table.name)),
        })
        .collect()
}
