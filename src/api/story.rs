//! The exports that every page needs: stories, tokens, the end. They convert and forward, and decide nothing.
//!
//! Parameters come as JSON text where there are several, misuse goes out as a negative number (−1 is the first of
//! [`Misuse::ALL`]), and nothing is generic: an export in the usual style costs the visitor four times the bytes.

use std::rc::Rc;

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::browser::clock::Clock;
use crate::browser::driver::{Driver, Event};
use crate::browser::sink::Sink;
use crate::core::Client;
use crate::core::asset::{AssetConfig, RetryOutcome};
use crate::core::base::{Json, Millis};
use crate::core::config::Config;
use crate::core::error::Misuse;
use crate::core::ids::{RequestId, TokenRequest};
use crate::core::realtime::frame::Version;

/// One client. `js/client.js` is its only user.
#[wasm_bindgen]
pub struct RawClient(pub(super) Rc<Driver>);

/// An id, or which misuse it was.
#[inline(never)]
pub(super) fn id_or_misuse(driver: &Driver, result: Result<u32, Misuse>) -> i32 {
    driver.schedule();
    match result {
        Ok(id) => id as i32,
        Err(misuse) => -1 - Misuse::ALL.iter().position(|of| *of == misuse).unwrap_or_default() as i32,
    }
}

/// A text of an options object; empty if it is missing.
pub(super) fn text(options: Json<'_>, name: &str) -> String {
    options.get_str(name).unwrap_or_default().into_owned()
}

pub(super) fn flag(options: Json<'_>, name: &str) -> bool {
    options.get(name).and_then(Json::as_bool).unwrap_or_default()
}

pub(super) fn number(options: Json<'_>, name: &str) -> Option<u64> {
    options.get(name)?.as_u64()
}

pub(super) fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

#[wasm_bindgen]
impl RawClient {
    /// The options as `js/client.js` writes them: `socketUrl`, `restUrl`, `key`, `old`, `asksTokens`, `assets` (as
    /// `AssetConfig::extend` has it), `stories` (`schema`, `table`, `key`, `topic`), and the times of `Timing` in
    /// `js/types.d.ts`.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &str, sink: Sink) -> Result<RawClient, JsValue> {
        let thrown = |misuse: Misuse| JsValue::from_str(misuse.code());
        let options = Json::parse(options).ok_or_else(|| thrown(Misuse::BadJson))?;
        let key = text(options, "key");
        let mut config = Config::new(text(options, "socketUrl"), text(options, "restUrl"), key);
        config.version = if flag(options, "old") { Version::V1 } else { Version::V2 };
        config.asks_tokens = flag(options, "asksTokens");
        for (name, option) in [
            ("heartbeatInterval", &mut config.heartbeat_interval),
            ("timeout", &mut config.push_timeout),
            ("reconnectBase", &mut config.backoff_base),
            ("reconnectCap", &mut config.backoff_cap),
            ("pollInterval", &mut config.poll_interval),
            ("pollAfter", &mut config.poll_after),
            ("quietInterval", &mut config.quiet_interval),
        ] {
            *option = number(options, name).map_or(*option, Millis);
        }
        if crate::core::WHOLE {
            config.join_interval = number(options, "joinInterval").map_or(config.join_interval, Millis);
            config.topic_limit = number(options, "channelLimit").map_or(config.topic_limit, |limit| limit as usize);
        }
        let mut assets = AssetConfig::new();
        if let Some(settings) = options.get("assets") {
            assets.extend(settings.text());
        }
        if let Some(source) = options.get("stories") {
            let stories = &mut config.stories;
            for (name, option) in [
                ("schema", &mut stories.schema),
                ("table", &mut stories.table),
                ("key", &mut stories.key),
                ("topic", &mut stories.topic),
            ] {
                if let Some(value) = source.get_str(name) {
                    *option = value.into_owned();
                }
            }
        }
        let clock = Clock::new();
        let seed = (js_sys::Math::random() * 9e15) as u64;
        let client = Client::new(config, assets, clock.now(), seed).map_err(thrown)?;
        Ok(RawClient(Driver::new(client, clock, sink)))
    }

    /// See [`Client::open_story`] and [`Client::close_story`].
    pub fn story(&self, story: &str, open: bool) {
        let mut client = self.0.client();
        if open {
            client.open_story(story)
        } else {
            client.close_story(story)
        }
        self.0.schedule();
    }

    /// See [`Client::retry`].
    pub fn retry(&self, story: &str, asset: &str) {
        self.0.client().retry(story, asset);
        self.0.schedule();
    }

    /// What came of a retry: `status` is that of HTTP, or 0; `detail` the address of the plans (402) or the seconds to wait
    /// (429); `empty`: the server found nothing to retry.
    pub fn retried(&self, story: &str, asset: &str, status: u16, detail: &str, empty: bool) {
        let outcome = match status {
            200..=299 if empty => RetryOutcome::Nothing,
            200..=299 => RetryOutcome::Retried,
            402 => RetryOutcome::Payment { upgrade: some(detail.to_owned()) },
            429 => RetryOutcome::Wait { seconds: detail.parse().unwrap_or(60) },
            _ => RetryOutcome::Failed,
        };
        self.0.client().retry_settled(story, asset, outcome);
        self.0.schedule();
    }

    /// Keeps the elements below `root` true.
    pub fn observe(&self, root: &web_sys::Element) {
        self.0.observe(root);
    }

    /// The answer to `askToken`: a token; empty if nobody is signed in; `failed` if the page's function threw.
    pub fn token(&self, request: u32, token: String, failed: bool) {
        let answer = if failed { Err(()) } else { Ok(some(token)) };
        self.0.dispatch(Event::Token(TokenRequest(request), answer));
    }

    /// The answer to `read`: `status` is that of HTTP, or 0 if there was none; `retry_after` in seconds, or -1.
    pub fn answer(&self, request: u32, status: u16, retry_after: i32, body: String) {
        self.0.dispatch(Event::Answer(RequestId(request), status, u32::try_from(retry_after).ok(), body));
    }

    /// See [`Client::set_token`]; an empty one is none.
    #[wasm_bindgen(js_name = setToken)]
    pub fn set_token(&self, token: &str) -> i32 {
        let token = Some(token).filter(|token| !token.is_empty());
        let result = self.0.client().set_token(self.0.now(), token);
        id_or_misuse(&self.0, result.map(|()| 0))
    }

    /// See [`Client::close`].
    pub fn close(&self) {
        self.0.client().close(self.0.now());
        self.0.schedule();
    }
}
