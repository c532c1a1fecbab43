//! How rows go out: as an array, as one object, counted, or not at all.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::Value;

use super::query::Query;
use crate::db::{PgError, Row};

/// `Prefer` and `Accept`, as far as they matter.
pub struct Preferences {
    pub representation: bool,
    count: bool,
    single: bool,
}

impl Preferences {
    pub fn read(headers: &HeaderMap) -> Self {
        let all = |name: &str| {
            let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
            values.collect::<Vec<_>>().join(",")
        };
        let (prefer, accept) = (all("prefer"), all("accept"));
        Self {
            representation: prefer.contains("return=representation"),
            count: prefer.contains("count="),
            single: accept.contains("application/vnd.pgrst.object+json"),
        }
    }

    /// One object was asked for: anything but one row is refused, and a write is undone.
    pub fn check_single(&self, rows: usize) -> Result<(), PgError> {
        if !self.single || !self.representation || rows == 1 {
            return Ok(());
        }
        Err(not_single(rows))
    }
}

/// Rows as JSON. `range` is the offset and the total of a read.
pub fn rows(
    preferences: &Preferences,
    query: &Query,
    rows: &[Arc<Row>],
    status: StatusCode,
    range: Option<(usize, usize)>,
    head: bool,
) -> Result<Response, PgError> {
    let (body, kind) = if preferences.single {
        let [row] = rows else { return Err(not_single(rows.len())) };
        (query.project(row), "application/vnd.pgrst.object+json; charset=utf-8")
    } else {
        (rows.iter().map(|row| query.project(row)).collect::<Value>(), "application/json; charset=utf-8")
    };
    let mut response = Response::new(if head { Body::empty() } else { Body::from(body.to_string()) });
    let mut status = status;
    if let Some((offset, total)) = range {
        let counted = if preferences.count { total.to_string() } else { "*".to_owned() };
        let span = if rows.is_empty() { "*".to_owned() } else { format!("{offset}-{}", offset + rows.len() - 1) };
        if let Ok(value) = HeaderValue::from_str(&format!("{span}/{counted}")) {
            response.headers_mut().insert(header::CONTENT_RANGE, value);
        }
        if preferences.count && rows.len() < total {
            status = StatusCode::PARTIAL_CONTENT;
        }
    }
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(response)
}

fn not_single(rows: usize) -> PgError {
    PgError::new(StatusCode::NOT_ACCEPTABLE, "PGRST116", "Cannot coerce the result to a single JSON object")
        .details(format!("The result contains {rows} rows"))
}
