//! Reads over HTTP: one `fetch`, its whole text, and a way to give it up.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Headers, RequestInit, Response};

/// How a read ended; status 0 if there was no answer.
pub struct Fetched {
    /// The HTTP status.
    pub status: u16,
    /// `Retry-After`, where it was a number of seconds.
    pub retry_after: Option<u32>,
    /// The whole body.
    pub body: String,
}

#[wasm_bindgen]
extern "C" {
    /// `fetch`, in windows and workers alike.
    #[wasm_bindgen(js_name = fetch)]
    fn fetch_with(url: &str, init: &RequestInit) -> js_sys::Promise;
}

/// `GET url` with these headers.
pub async fn get(url: String, headers: Vec<(&'static str, String)>, abort: AbortController) -> Fetched {
    let nothing = Fetched { status: 0, retry_after: None, body: String::new() };
    request(&url, headers, &abort).await.unwrap_or(nothing)
}

async fn request(url: &str, headers: Vec<(&'static str, String)>, abort: &AbortController) -> Result<Fetched, JsValue> {
    let init = RequestInit::new();
    let list = Headers::new()?;
    for (name, value) in headers {
        list.append(name, &value)?;
    }
    init.set_headers(&list);
    init.set_signal(Some(&abort.signal()));
    let response: Response = JsFuture::from(fetch_with(url, &init)).await?.into();
    let retry_after = response.headers().get("retry-after")?.and_then(|text| text.trim().parse().ok());
    let body = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
    Ok(Fetched { status: response.status(), retry_after, body })
}
