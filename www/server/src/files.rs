//! Static files: the pages at `/`, the built package at `/dist/`. Nothing of them is cached without asking.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use tower_http::services::ServeDir;

use crate::app::Shared;
use crate::config::Config;
use crate::rest::percent_decode;

pub fn routes(config: &Config) -> Router<Shared> {
    let mut router = Router::new();
    if let Some(dist) = &config.dist {
        router = router.nest_service("/dist", ServeDir::new(dist));
    }
    router = match &config.www {
        Some(www) => router.fallback_service(ServeDir::new(www)),
        None => router.fallback(not_found),
    };
    router.layer(from_fn(no_cache))
}

async fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "Not Found").into_response()
}

/// Development files are asked for again each time. The backend's own sources are not for the page.
async fn no_cache(request: Request, next: Next) -> Response {
    let path = percent_decode(request.uri().path());
    let first = path.split(['/', '\\']).find(|part| !matches!(*part, "" | "."));
    // Some file systems do not tell upper from lower case.
    if first.is_some_and(|first| first.eq_ignore_ascii_case("server")) {
        return not_found().await;
    }
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}
