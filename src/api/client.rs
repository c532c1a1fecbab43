//! The client's exports: plain values in and out, misuse as a code. It converts and forwards, and decides nothing.

use std::rc::Rc;

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::browser::clock::Clock;
use crate::browser::driver::{Driver, Event};
use crate::browser::sink::{Sink, connection_word};
use crate::core::Client;
use crate::core::base::{Json, Millis};
use crate::core::config::Config;
use crate::core::error::Misuse;
use crate::core::ids::{ChannelId, RowsId, TokenRequest};
use crate::core::realtime::Broadcast;
use crate::core::realtime::frame::{ChangeParams, ChannelOptions, Version};
use crate::core::rows::RowsQuery;

/// One client. `js/client.js` is its only user.
#[wasm_bindgen]
pub struct RawClient(Rc<Driver>);

/// A misuse crosses as its code; `js/errors.js` has the sentences.
fn thrown(misuse: Misuse) -> JsValue {
    JsValue::from_str(misuse.code())
}

#[wasm_bindgen]
impl RawClient {
    /// `tuning` is a JSON object of the options in milliseconds, by their names in `js/types.d.ts`.
    #[wasm_bindgen(constructor)]
    pub fn new(
        socket_url: String,
        rest_url: String,
        key: String,
        old: bool,
        asks_tokens: bool,
        tuning: &str,
        sink: Sink,
    ) -> Result<RawClient, JsValue> {
        let mut config = Config::new(socket_url, rest_url, key.clone());
        config.version = if old { Version::V1 } else { Version::V2 };
        config.asks_tokens = asks_tokens;
        let tuning = Json::parse(tuning).ok_or_else(|| thrown(Misuse::BadJson))?;
        let span = |name| tuning.get(name).and_then(Json::as_u64).map(Millis);
        for (name, option) in [
            ("heartbeatInterval", &mut config.heartbeat_interval),
            ("timeout", &mut config.push_timeout),
            ("reconnectBase", &mut config.backoff_base),
            ("reconnectCap", &mut config.backoff_cap),
            ("pollInterval", &mut config.poll_interval),
            ("pollAfter", &mut config.poll_after),
            ("quietInterval", &mut config.quiet_interval),
        ] {
            *option = span(name).unwrap_or(*option);
        }
        let clock = Clock::new();
        let seed = (js_sys::Math::random() * 9e15) as u64;
        let client = Client::new(config, clock.now(), seed).map_err(thrown)?;
        Ok(RawClient(Driver::new(client, clock, key, sink)))
    }

    /// See [`Client::channel`].
    #[allow(clippy::too_many_arguments, reason = "an options object read by serde would cost the visitor 12 KB")]
    pub fn channel(
        &self,
        topic: &str,
        ack: bool,
        own: bool,
        presence: bool,
        presence_key: String,
        private: bool,
        replay_since: f64,
        replay_limit: u32,
    ) -> Result<u32, JsValue> {
        let replay = (replay_since >= 0.0).then_some((replay_since as u64, replay_limit));
        let options = ChannelOptions { ack, own, replay, presence_key, presence, private };
        self.0.command(|client, _| client.channel(topic, options)).map(|id| id.0).map_err(thrown)
    }

    /// See [`Client::listen`]. An empty table or filter means none; `select` holds column names between commas.
    pub fn listen(
        &self,
        channel: u32,
        key: u32,
        event: String,
        schema: String,
        table: String,
        filter: String,
        select: &str,
    ) -> Result<(), JsValue> {
        let params = ChangeParams {
            event,
            schema,
            table: Some(table).filter(|table| !table.is_empty()),
            filter: Some(filter).filter(|filter| !filter.is_empty()),
            select: select.split(',').filter(|column| !column.is_empty()).map(str::to_owned).collect(),
        };
        self.0.command(|client, now| client.listen(now, ChannelId(channel), key, params)).map_err(thrown)
    }

    /// See [`Client::unlisten`].
    pub fn unlisten(&self, channel: u32, key: u32) {
        self.0.command(|client, _| client.unlisten(ChannelId(channel), key));
    }

    /// See [`Client::set_exact`].
    pub fn exact(&self, channel: u32, exact: bool) -> Result<(), JsValue> {
        self.0.command(|client, _| client.set_exact(ChannelId(channel), exact)).map_err(thrown)
    }

    /// See [`Client::subscribe`].
    pub fn subscribe(&self, channel: u32) -> Result<(), JsValue> {
        self.0.command(|client, now| client.subscribe(now, ChannelId(channel))).map_err(thrown)
    }

    /// See [`Client::unsubscribe`].
    pub fn unsubscribe(&self, channel: u32) -> Result<(), JsValue> {
        self.0.command(|client, now| client.unsubscribe(now, ChannelId(channel))).map_err(thrown)
    }

    /// See [`Client::remove_channel`].
    pub fn remove(&self, channel: u32) {
        self.0.command(|client, now| client.remove_channel(now, ChannelId(channel)));
    }

    /// See [`Client::broadcast`].
    pub fn broadcast(&self, channel: u32, event: &str, json: &str, latest: bool) -> Result<u32, JsValue> {
        let payload = Broadcast::Json(json);
        let push = self.0.command(|client, now| client.broadcast(now, ChannelId(channel), event, payload, latest));
        push.map(|id| id.0).map_err(thrown)
    }

    /// See [`Client::broadcast`].
    #[wasm_bindgen(js_name = broadcastBytes)]
    pub fn broadcast_bytes(&self, channel: u32, event: &str, bytes: &[u8], latest: bool) -> Result<u32, JsValue> {
        let payload = Broadcast::Bytes(bytes);
        let push = self.0.command(|client, now| client.broadcast(now, ChannelId(channel), event, payload, latest));
        push.map(|id| id.0).map_err(thrown)
    }

    /// See [`Client::track`]; without `meta` it takes presence back.
    pub fn track(&self, channel: u32, meta: Option<String>) -> Result<u32, JsValue> {
        let push = self.0.command(|client, now| client.track(now, ChannelId(channel), meta.as_deref()));
        push.map(|id| id.0).map_err(thrown)
    }

    /// See [`Client::presence`].
    pub fn presence(&self, channel: u32) -> String {
        self.0.ask(|client| client.presence(ChannelId(channel)))
    }

    /// See [`Client::follow`].
    #[allow(clippy::too_many_arguments, reason = "as above")]
    pub fn follow(
        &self,
        topic: &str,
        schema: String,
        table: String,
        filter: String,
        select: String,
        key: String,
        single: bool,
    ) -> Result<u32, JsValue> {
        let filter = Some(filter).filter(|filter| !filter.is_empty());
        let query = RowsQuery { schema, table, filter, select, key, single };
        self.0.command(|client, now| client.follow(now, query, topic)).map(|id| id.0).map_err(thrown)
    }

    /// See [`Client::unfollow`].
    pub fn unfollow(&self, rows: u32) {
        self.0.command(|client, now| client.unfollow(now, RowsId(rows)));
    }

    /// See [`Client::rows`].
    pub fn rows(&self, rows: u32) -> String {
        self.0.ask(|client| client.rows(RowsId(rows)))
    }

    /// The answer to `askToken`: a token, or nothing if nobody is signed in; `failed` if the page's function threw.
    pub fn token(&self, request: u32, token: Option<String>, failed: bool) {
        let answer = if failed { Err(()) } else { Ok(token) };
        self.0.dispatch(Event::Token(TokenRequest(request), answer));
    }

    /// See [`Client::set_token`].
    #[wasm_bindgen(js_name = setToken)]
    pub fn set_token(&self, token: Option<String>) -> Result<(), JsValue> {
        self.0.command(|client, now| client.set_token(now, token.as_deref())).map_err(thrown)
    }

    /// The word for the client's state.
    pub fn connection(&self) -> String {
        self.0.ask(|client| connection_word(client.connection()).to_owned())
    }

    /// See [`Client::close`].
    pub fn close(&self) {
        self.0.command(Client::close);
    }
}
