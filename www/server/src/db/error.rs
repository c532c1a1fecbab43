//! An error in PostgREST's shape.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// `{code, message, details, hint}` and the status it is sent with.
#[derive(Clone, Debug, PartialEq)]
pub struct PgError {
    pub status: StatusCode,
    pub code: &'static str,
    pub message: String,
    pub details: Value,
    pub hint: Value,
}

impl PgError {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), details: Value::Null, hint: Value::Null }
    }

    pub fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub fn details(mut self, details: impl Into<String>) -> Self {
        self.details = Value::String(details.into());
        self
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Value::String(hint.into());
        self
    }

    /// A value that its column's type cannot hold.
    pub fn invalid_text(type_name: &str, text: &str) -> Self {
        Self::bad("22P02", format!("invalid input syntax for type {type_name}: \"{text}\""))
    }

    pub fn unknown_table(name: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "PGRST205",
            format!("Could not find the table 'public.{name}' in the schema cache"),
        )
    }

    /// A column that a request body names.
    pub fn unknown_column_in_body(column: &str, table: &str) -> Self {
        Self::bad("PGRST204", format!("Could not find the '{column}' column of '{table}' in the schema cache"))
    }

    /// A column that a filter, an order or a select names.
    pub fn unknown_column_in_query(column: &str, table: &str) -> Self {
        Self::bad("42703", format!("column {table}.{column} does not exist"))
    }
}

impl IntoResponse for PgError {
    fn into_response(self) -> Response {
        let body = json!({ "code": self.code, "message": self.message, "details": self.details, "hint": self.hint });
        (self.status, Json(body)).into_response()
    }
}
