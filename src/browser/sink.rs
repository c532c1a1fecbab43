//! The one JavaScript object that is called: notices go out as plain values, listeners live there.
//!
//! The object catches what the page's listeners throw; nothing here expects an exception.

use serde::ser::{Serialize, SerializeMap};
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::WebSocket;

use super::dom::Page;
use crate::core::asset::AssetChange;
use crate::core::effect::{About, ConnectionState, Failure, Notice, Outcome, PresenceEvent, RowsEvent, Status};
use crate::core::ids::{ElementId, PushId};
use crate::core::{Client, WHOLE};

#[wasm_bindgen]
extern "C" {
    /// `js/sink.js`
    pub type Sink;

    /// A WebSocket for this URL: the one that was opened early, or a new one. Throws if the URL is none.
    #[wasm_bindgen(method, catch)]
    pub fn socket(this: &Sink, url: &str) -> Result<WebSocket, JsValue>;
    /// The elements below `root`, which tell by `tell` what happens to them.
    #[wasm_bindgen(method)]
    pub fn page(this: &Sink, root: &JsValue, tell: &JsValue) -> Page;
    /// Asks for an access token; the answer comes through `token` of the client.
    #[wasm_bindgen(method, js_name = askToken)]
    pub fn ask_token(this: &Sink, request: u32);
    /// Posts a retry; the answer comes through `retried` of the client.
    #[wasm_bindgen(method)]
    fn settle(this: &Sink, push: u32, outcome: &str, response: &str);
    #[wasm_bindgen(method)]
    fn connection(this: &Sink, state: &str);
    #[wasm_bindgen(method)]
    fn status(this: &Sink, channel: u32, status: &str);
    #[wasm_bindgen(method)]
    fn change(this: &Sink, channel: u32, keys: &[u32], data: &str);
    #[wasm_bindgen(method)]
    fn broadcast(this: &Sink, channel: u32, event: &str, payload: &str, meta: &str);
    #[wasm_bindgen(method)]
    fn bytes(this: &Sink, channel: u32, event: &str, bytes: Vec<u8>);
    #[wasm_bindgen(method)]
    fn presence(this: &Sink, channel: u32, event: &str, key: &str, current: &str, changed: &str);
    #[wasm_bindgen(method)]
    fn system(this: &Sink, channel: u32, payload: &str);
    #[wasm_bindgen(method)]
    fn rows(this: &Sink, rows: u32, event: &str, key: &str, row: &str);
    #[wasm_bindgen(method)]
    fn fault(this: &Sink, id: u32, fault: &JsValue);
    /// Sends a `GET`; without a token the key goes alone. The answer comes through `answer` of the client.
    #[wasm_bindgen(method)]
    pub fn read(this: &Sink, request: u32, url: &str, schema: &str, token: Option<&str>);
    /// Gives up a read.
    #[wasm_bindgen(method, js_name = abortRead)]
    pub fn abort_read(this: &Sink, request: u32);
    /// An asset or a story has changed, or a row was odd.
    #[wasm_bindgen(method)]
    pub fn asset(this: &Sink, change: &JsValue);
    /// Asks for assets to be made again; `types` are the backend's names, between spaces. The outcome comes back through
    /// `retried` of the client.
    #[wasm_bindgen(method)]
    pub fn retry(this: &Sink, story: &str, asset: &str, types: &str);
    /// An element stands outside of any story.
    #[wasm_bindgen(method)]
    pub fn stray(this: &Sink);
}

/// A plain object for JavaScript. It is written as a map, since for a struct serde-wasm-bindgen links a table of names
/// that is as large as the rest of it.
struct Object<'a, const N: usize> {
    texts: [(&'static str, &'a str); N],
    /// Null if there is none.
    number: (&'static str, Option<u32>),
}

impl<const N: usize> Object<'_, N> {
    fn to_js(&self) -> JsValue {
        let serializer = Serializer::new().serialize_missing_as_null(true).serialize_maps_as_objects(true);
        self.serialize(&serializer).unwrap_or(JsValue::NULL)
    }
}

impl<const N: usize> Serialize for Object<'_, N> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, text) in &self.texts {
            map.serialize_entry(name, text)?;
        }
        map.serialize_entry(self.number.0, &self.number.1)?;
        map.end()
    }
}

impl Sink {
    /// Tells the page.
    pub fn notify(&self, notice: &Notice) {
        match notice {
            Notice::Connection(state) if !WHOLE => self.connection(connection_word(*state)),
            Notice::Fault(failure) if !WHOLE => self.fail(failure),
            _ if !WHOLE => {}
            Notice::Connection(state) => self.connection(connection_word(*state)),
            Notice::Status(channel, status) => self.status(channel.0, status_word(*status)),
            Notice::Change(channel, keys, data) => self.change(channel.0, keys, data),
            Notice::Broadcast(channel, event, payload, meta) => self.broadcast(channel.0, event, payload, meta),
            Notice::Bytes(channel, event, bytes) => self.bytes(channel.0, event, bytes.clone()),
            Notice::Presence(channel, event) => match event {
                PresenceEvent::Sync => self.presence(channel.0, "sync", "", "", ""),
                PresenceEvent::Join { key, current, new } => self.presence(channel.0, "join", key, current, new),
                PresenceEvent::Leave { key, current, left } => self.presence(channel.0, "leave", key, current, left),
            },
            Notice::System(channel, payload) => self.system(channel.0, payload),
            Notice::Rows(rows, event) => match event {
                RowsEvent::Put(key, row) => self.rows(rows.0, "put", key, row),
                RowsEvent::Gone(key) => self.rows(rows.0, "gone", key, ""),
                RowsEvent::Live(true) => self.rows(rows.0, "live", "continuous", ""),
                RowsEvent::Live(false) => self.rows(rows.0, "live", "", ""),
                RowsEvent::Read => self.rows(rows.0, "read", "", ""),
                RowsEvent::Stale => self.rows(rows.0, "stale", "", ""),
            },
            Notice::Fault(failure) => self.fail(failure),
            // The driver tells it, since it happens at elements too.
            Notice::Asset(_) => {}
        }
    }

    /// The event's name, its detail (`AssetChange` in `js/types.d.ts`), and the elements at which it happens.
    pub fn describe(&self, change: &AssetChange, client: &Client) -> (&'static str, JsValue, Vec<ElementId>) {
        // An oddity has its code for a status and what was odd for a URL.
        let (kind, story, asset, status, progress, url) = match change {
            AssetChange::Asset { story, asset, status, progress, url } => {
                ("asset", story, asset.as_str(), status.code(), *progress, url.as_str())
            }
            AssetChange::Story { story, overall } => ("story", story, "", overall.code(), None, ""),
            AssetChange::Odd { story, asset, oddity, value } => {
                ("odd", story, asset.as_str(), oddity.code(), None, value.as_str())
            }
        };
        let event = match change {
            AssetChange::Asset { .. } => "storywire:asset",
            AssetChange::Story { .. } => "storywire:story",
            AssetChange::Odd { .. } => "storywire:odd",
        };
        let object = Object {
            texts: [("kind", kind), ("story", story), ("asset", asset), ("status", status), ("url", url)],
            number: ("progress", progress.map(u32::from)),
        };
        (event, object.to_js(), client.assets().elements(story, asset).collect())
    }

    fn fail(&self, failure: &Failure) {
        let (about, id, story) = match &failure.about {
            About::Connection => ("connection", 0, ""),
            About::Token => ("token", 0, ""),
            About::Channel(channel) => ("channel", channel.0, ""),
            About::Rows(rows) => ("rows", rows.0, ""),
            About::Story(story) => ("story", 0, story.as_str()),
        };
        let object = Object {
            texts: [("about", about), ("story", story), ("code", failure.fault.code()), ("detail", &failure.detail)],
            number: ("retryIn", failure.retry_in.map(|wait| u32::try_from(wait.0).unwrap_or(u32::MAX))),
        };
        self.fault(id, &object.to_js());
    }

    /// Settles a push.
    pub fn settle_push(&self, push: PushId, outcome: &Outcome) {
        match outcome {
            Outcome::Ok(response) => self.settle(push.0, "ok", response),
            Outcome::Error(response) => self.settle(push.0, "error", response),
            Outcome::TimedOut => self.settle(push.0, "timed out", ""),
            Outcome::Dropped => self.settle(push.0, "dropped", ""),
            Outcome::Replaced => self.settle(push.0, "replaced", ""),
        }
    }
}

/// The word for a connection state.
pub fn connection_word(state: ConnectionState) -> &'static str {
    match state {
        ConnectionState::Stopped => "stopped",
        ConnectionState::CatchingUp => "catching-up",
        ConnectionState::Live => "live",
        ConnectionState::Polling => "polling",
        ConnectionState::Offline => "offline",
    }
}

fn status_word(status: Status) -> &'static str {
    match status {
        Status::Subscribed => "SUBSCRIBED",
        Status::TimedOut => "TIMED_OUT",
        Status::Closed => "CLOSED",
        Status::Errored => "CHANNEL_ERROR",
    }
}
