//! The exports beyond those of a story page: channels, broadcasts, presence, rows.

use wasm_bindgen::prelude::wasm_bindgen;

use super::story::RawClient;
use crate::core::base::{Instant, Json, Millis};
use crate::core::error::Misuse;
use crate::core::ids::{ChannelId, PushId, RowsId};
use crate::core::port::{flag, id_or_misuse, number, some, text};
use crate::core::realtime::Broadcast;
use crate::core::realtime::frame::{ChangeParams, ChannelOptions};
use crate::core::rows::RowsQuery;

#[wasm_bindgen]
impl RawClient {
    /// The moment of the commands that follow.
    pub fn at(&mut self, now: f64) {
        self.port.now = Instant(now as u64);
    }

    /// See [`Port::binary`](crate::core::port::Port::binary).
    pub fn binary(&mut self, now: f64, socket: u32, bytes: &[u8]) {
        self.port.binary(Instant(now as u64), socket, bytes);
    }

    /// See [`Port::take_bytes`](crate::core::port::Port::take_bytes).
    #[wasm_bindgen(js_name = takeBytes)]
    pub fn take_bytes(&mut self) -> Vec<u8> {
        self.port.take_bytes()
    }

    /// See [`Client::channel`]. Options: `ack`, `self`, `since`, `limit`, `replicationReady`, `presence`, `key`, `private`, `exact`.
    pub fn channel(&mut self, topic: &str, options: &str) -> i32 {
        let Some(options) = Json::parse(options) else { return id_or_misuse(Err(Misuse::BadJson)) };
        let channel = ChannelOptions {
            ack: flag(options, "ack"),
            own: flag(options, "self"),
            replay: number(options, "since").map(|since| (since, number(options, "limit").unwrap_or(25) as u32)),
            replication_ready: flag(options, "replicationReady"),
            presence_key: text(options, "key"),
            presence: flag(options, "presence"),
            private: flag(options, "private"),
        };
        let client = &mut self.port.client;
        let result = client.channel(topic, channel);
        if let Ok(id) = result
            && flag(options, "exact")
        {
            let _ = client.set_exact(id, true);
        }
        id_or_misuse(result.map(|id| id.0))
    }

    /// See [`Client::set_heard`].
    pub fn hears(&mut self, channel: u32, names: &str) {
        self.port.client.set_heard(ChannelId(channel), names);
    }

    /// See [`Client::listen`]. Options: `event`, `schema`, `table`, `filter`, `select`.
    pub fn listen(&mut self, channel: u32, key: u32, options: &str) -> i32 {
        let Some(options) = Json::parse(options) else { return id_or_misuse(Err(Misuse::BadJson)) };
        let columns = options.get("select").into_iter().flat_map(Json::items);
        let params = ChangeParams {
            event: text(options, "event"),
            schema: text(options, "schema"),
            table: some(text(options, "table")),
            filter: some(text(options, "filter")),
            select: columns.filter_map(|column| Some(column.as_str()?.into_owned())).collect(),
        };
        let result = self.port.client.listen(self.port.now, ChannelId(channel), key, params);
        id_or_misuse(result.map(|()| 0))
    }

    /// See [`Client::unlisten`].
    pub fn unlisten(&mut self, channel: u32, key: u32) {
        self.port.client.unlisten(ChannelId(channel), key);
    }

    /// See [`Client::subscribe`].
    pub fn subscribe(&mut self, channel: u32) -> i32 {
        let result = self.port.client.subscribe(self.port.now, ChannelId(channel));
        id_or_misuse(result.map(|()| 0))
    }

    /// See [`Client::set_join_timeout`].
    #[wasm_bindgen(js_name = joinTimeout)]
    pub fn join_timeout(&mut self, channel: u32, timeout: f64) {
        self.port.client.set_join_timeout(ChannelId(channel), Millis(timeout as u64));
    }

    /// See [`Client::set_push_timeout`].
    #[wasm_bindgen(js_name = pushTimeout)]
    pub fn push_timeout(&mut self, push: u32, timeout: f64) {
        self.port.client.set_push_timeout(self.port.now, PushId(push), Millis(timeout as u64));
    }

    /// See [`Client::unsubscribe`]; with `forget`, [`Client::remove_channel`].
    pub fn unsubscribe(&mut self, channel: u32, forget: bool) -> i32 {
        let now = self.port.now;
        let result = if forget {
            self.port.client.remove_channel(now, ChannelId(channel));
            Ok(())
        } else {
            self.port.client.unsubscribe(now, ChannelId(channel))
        };
        id_or_misuse(result.map(|()| 0))
    }

    /// See [`Client::broadcast`].
    pub fn broadcast(&mut self, channel: u32, event: &str, json: &str, latest: bool) -> i32 {
        self.send(channel, event, Broadcast::Json(json), latest)
    }

    /// See [`Client::broadcast`].
    #[wasm_bindgen(js_name = broadcastBytes)]
    pub fn broadcast_bytes(&mut self, channel: u32, event: &str, bytes: &[u8], latest: bool) -> i32 {
        self.send(channel, event, Broadcast::Bytes(bytes), latest)
    }

    #[inline(never)]
    fn send(&mut self, channel: u32, event: &str, payload: Broadcast<'_>, latest: bool) -> i32 {
        let result = self.port.client.broadcast(self.port.now, ChannelId(channel), event, payload, latest);
        id_or_misuse(result.map(|push| push.0))
    }

    /// See [`Client::track`]; an empty `meta` takes presence back.
    pub fn track(&mut self, channel: u32, meta: &str) -> i32 {
        let meta = Some(meta).filter(|meta| !meta.is_empty());
        let result = self.port.client.track(self.port.now, ChannelId(channel), meta);
        id_or_misuse(result.map(|push| push.0))
    }

    /// See [`Client::presence`].
    pub fn presence(&mut self, channel: u32) -> String {
        self.port.client.presence(ChannelId(channel))
    }

    /// See [`Client::follow`]. Options: `schema`, `table`, `filter`, `select`, `key`, `single`, `order`, `limit`, `topic`.
    pub fn follow(&mut self, options: &str) -> i32 {
        let Some(options) = Json::parse(options) else { return id_or_misuse(Err(Misuse::BadJson)) };
        let query = RowsQuery {
            schema: text(options, "schema"),
            table: text(options, "table"),
            filter: some(text(options, "filter")),
            select: text(options, "select"),
            key: text(options, "key"),
            single: flag(options, "single"),
            order: text(options, "order"),
            limit: number(options, "limit").map(|limit| limit as u32),
        };
        let result = self.port.client.follow(self.port.now, query, &text(options, "topic"));
        id_or_misuse(result.map(|rows| rows.0))
    }

    /// See [`Client::unfollow`].
    pub fn unfollow(&mut self, rows: u32) {
        self.port.client.unfollow(self.port.now, RowsId(rows));
    }
}
