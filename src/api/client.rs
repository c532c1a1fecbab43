//! The exports beyond those of a story page: channels, broadcasts, presence, rows.

use wasm_bindgen::prelude::wasm_bindgen;

use super::story::{RawClient, flag, id_or_misuse, number, some, text};
use crate::core::base::Json;
use crate::core::error::Misuse;
use crate::core::ids::{ChannelId, RowsId};
use crate::core::realtime::Broadcast;
use crate::core::realtime::frame::{ChangeParams, ChannelOptions};
use crate::core::rows::RowsQuery;

#[wasm_bindgen]
impl RawClient {
    /// See [`Client::channel`]. Options: `ack`, `self`, `since`, `limit`, `presence`, `key`, `private`, `exact`.
    pub fn channel(&self, topic: &str, options: &str) -> i32 {
        let Some(options) = Json::parse(options) else { return id_or_misuse(&self.0, Err(Misuse::BadJson)) };
        let channel = ChannelOptions {
            ack: flag(options, "ack"),
            own: flag(options, "self"),
            replay: number(options, "since").map(|since| (since, number(options, "limit").unwrap_or(25) as u32)),
            presence_key: text(options, "key"),
            presence: flag(options, "presence"),
            private: flag(options, "private"),
        };
        let mut client = self.0.client();
        let result = client.channel(topic, channel);
        if let Ok(id) = result
            && flag(options, "exact")
        {
            let _ = client.set_exact(id, true);
        }
        id_or_misuse(&self.0, result.map(|id| id.0))
    }

    /// See [`Client::set_heard`].
    pub fn hears(&self, channel: u32, names: &str) {
        self.0.client().set_heard(ChannelId(channel), names);
    }

    /// See [`Client::listen`]. Options: `event`, `schema`, `table`, `filter`, `select`.
    pub fn listen(&self, channel: u32, key: u32, options: &str) -> i32 {
        let Some(options) = Json::parse(options) else { return id_or_misuse(&self.0, Err(Misuse::BadJson)) };
        let columns = options.get("select").into_iter().flat_map(Json::items);
        let params = ChangeParams {
            event: text(options, "event"),
            schema: text(options, "schema"),
            table: some(text(options, "table")),
            filter: some(text(options, "filter")),
            select: columns.filter_map(|column| Some(column.as_str()?.into_owned())).collect(),
        };
        let result = self.0.client().listen(self.0.now(), ChannelId(channel), key, params);
        id_or_misuse(&self.0, result.map(|()| 0))
    }

    /// See [`Client::unlisten`].
    pub fn unlisten(&self, channel: u32, key: u32) {
        self.0.client().unlisten(ChannelId(channel), key);
    }

    /// See [`Client::subscribe`].
    pub fn subscribe(&self, channel: u32) -> i32 {
        let result = self.0.client().subscribe(self.0.now(), ChannelId(channel));
        id_or_misuse(&self.0, result.map(|()| 0))
    }

    /// See [`Client::unsubscribe`]; with `forget`, [`Client::remove_channel`].
    pub fn unsubscribe(&self, channel: u32, forget: bool) -> i32 {
        let now = self.0.now();
        let result = if forget {
            self.0.client().remove_channel(now, ChannelId(channel));
            Ok(())
        } else {
            self.0.client().unsubscribe(now, ChannelId(channel))
        };
        id_or_misuse(&self.0, result.map(|()| 0))
    }

    /// See [`Client::broadcast`].
    pub fn broadcast(&self, channel: u32, event: &str, json: &str, latest: bool) -> i32 {
        self.send(channel, event, Broadcast::Json(json), latest)
    }

    /// See [`Client::broadcast`].
    #[wasm_bindgen(js_name = broadcastBytes)]
    pub fn broadcast_bytes(&self, channel: u32, event: &str, bytes: &[u8], latest: bool) -> i32 {
        self.send(channel, event, Broadcast::Bytes(bytes), latest)
    }

    #[inline(never)]
    fn send(&self, channel: u32, event: &str, payload: Broadcast<'_>, latest: bool) -> i32 {
        let result = self.0.client().broadcast(self.0.now(), ChannelId(channel), event, payload, latest);
        id_or_misuse(&self.0, result.map(|push| push.0))
    }

    /// See [`Client::track`]; an empty `meta` takes presence back.
    pub fn track(&self, channel: u32, meta: &str) -> i32 {
        let meta = Some(meta).filter(|meta| !meta.is_empty());
        let result = self.0.client().track(self.0.now(), ChannelId(channel), meta);
        id_or_misuse(&self.0, result.map(|push| push.0))
    }

    /// See [`Client::presence`].
    pub fn presence(&self, channel: u32) -> String {
        self.0.client().presence(ChannelId(channel))
    }

    /// See [`Client::follow`]. Options: `schema`, `table`, `filter`, `select`, `key`, `single`, `order`, `limit`, `topic`.
    pub fn follow(&self, options: &str) -> i32 {
        let Some(options) = Json::parse(options) else { return id_or_misuse(&self.0, Err(Misuse::BadJson)) };
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
        let result = self.0.client().follow(self.0.now(), query, &text(options, "topic"));
        id_or_misuse(&self.0, result.map(|rows| rows.0))
    }

    /// See [`Client::unfollow`].
    pub fn unfollow(&self, rows: u32) {
        self.0.client().unfollow(self.0.now(), RowsId(rows));
        self.0.schedule();
    }
}
