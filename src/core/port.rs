//! The client as JavaScript has it: what comes in is a kind, two numbers and texts; what goes out is JSON, a list of calls.
//!
//! It converts, and decides nothing. The other side is `js/driver.js`, which owns the clock, the timer, the socket and the
//! frames: a call of the browser costs a few bytes there and some forty here, and nothing here calls out, so that no event
//! can come in while another is taken in.

use super::asset::{AssetChange, AssetConfig, Item, Medium, Op, Patch, RetryOutcome, Shape};
use super::base::json_write::{push_comma, push_number, push_string};
use super::base::{Instant, Json, Millis};
use super::config::Config;
use super::effect::{About, ConnectionState, Effect, Failure, Notice, Outcome, PresenceEvent, RowsEvent, Status};
use super::error::Misuse;
use super::ids::{ElementId, RequestId, SocketId, TokenRequest};
use super::input::{Answer, Input, PageEvent, SocketEvent, TokenAnswer};
use super::realtime::frame::Version;
use super::{Client, WHOLE};

/// What can come in, each by its place. A test keeps `kinds` in `js/driver.js` equal.
pub const KINDS: [&str; 21] = [
    "timeout",   // the moment that was asked for has come, or a command wants its effects
    "page",      // id: which of `PAGE_EVENTS`
    "opened",    // id: of the socket
    "closed",    // id: of the socket
    "token",     // id: of the question; number: 1 if it failed; a token, empty if nobody is signed in
    "answer",    // id: of the request; number: the status of HTTP, or 0; the body; the seconds to wait, or empty
    "painted",   // id: the milliseconds that it took
    "story",     // number: 1 opens, 0 closes; its id
    "retry",     // story, asset
    "retried", // id: 1 if nothing was there to retry; number: the status; story, asset; the plans (402), seconds (429)
    "set-token", // a token, or empty
    "close",
    // Of elements. id: the element.
    "mounted", // number: its shape; story, asset
    "mounted-story",
    "unmounted",
    "seen",
    "unseen",
    "loaded",
    "failed",
    "clicked",
    "text", // id: of the socket; a text frame
];

/// What can happen to the page, each by its place.
pub const PAGE_EVENTS: [PageEvent; 6] = [
    PageEvent::Visible,
    PageEvent::Hidden,
    PageEvent::Frozen,
    PageEvent::Resumed,
    PageEvent::Online,
    PageEvent::Offline,
];

/// So many elements are painted between two looks at the clock.
const BATCH: u32 = 8;

/// Room for texts beyond this is given back after its use.
const KEPT: usize = 1 << 20;

/// A client and what crosses.
pub struct Port {
    /// The client, for commands.
    pub client: Client,
    /// The moment of the commands.
    pub now: Instant,
    /// Where JavaScript writes the texts of an input.
    text: Vec<u8>,
    /// The bytes that belong to the last call.
    bytes: Vec<u8>,
    /// The moment that was asked for last.
    due: Option<Instant>,
}

impl Port {
    /// The options as `js/page-client.js` writes them: `socketUrl`, `restUrl`, `key`, `old`, `asksTokens`, `assets` (as
    /// [`AssetConfig::extend`] has it), `stories` (`schema`, `table`, `key`, `topic`), and the times of `Timing` in
    /// `js/types.d.ts`.
    pub fn new(options: &str, now: Instant, seed: u64) -> Result<Port, Misuse> {
        let options = Json::parse(options).ok_or(Misuse::BadJson)?;
        let mut config = Config::new(text(options, "socketUrl"), text(options, "restUrl"), text(options, "key"));
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
        if WHOLE {
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
        let client = Client::new(config, assets, now, seed)?;
        Ok(Port { client, now, text: Vec::new(), bytes: Vec::new(), due: None })
    }

    /// Takes in one of [`KINDS`]; a negative number is a misuse. 0 for a text: nothing is to be done, [`Port::poll`] need not be
    /// asked.
    pub fn input(&mut self, now: Instant, kind: u32, id: u32, number: u32, texts: [&str; 3]) -> i32 {
        let client = &mut self.client;
        let (element, [first, second, third]) = (ElementId(id), texts);
        let input = match kind {
            1 => match PAGE_EVENTS.get(id as usize) {
                Some(event) => Input::Page(*event),
                None => return 0,
            },
            2 => Input::Socket(SocketId(id), SocketEvent::Opened),
            3 => Input::Socket(SocketId(id), SocketEvent::Closed(1006)),
            4 => {
                let answer = match (number, first) {
                    (0, "") => TokenAnswer::Nobody,
                    (0, token) => TokenAnswer::Token(token),
                    _ => TokenAnswer::Failed,
                };
                Input::Token(TokenRequest(id), answer)
            }
            5 => {
                let retry_after = seconds(second);
                Input::Answer(RequestId(id), Answer { status: number as u16, retry_after, body: first })
            }
            6 => {
                client.end_frame(now, Millis(u64::from(id)));
                return 0;
            }
            7 => {
                if number == 0 {
                    client.close_story(first)
                } else {
                    client.open_story(first)
                }
                return 0;
            }
            8 => {
                client.retry(first, second);
                return 0;
            }
            9 => {
                let outcome = match number {
                    200..=299 if id != 0 => RetryOutcome::Nothing,
                    200..=299 => RetryOutcome::Retried,
                    402 => RetryOutcome::Payment { upgrade: some(third.to_owned()) },
                    429 => RetryOutcome::Wait { seconds: seconds(third).unwrap_or(60) },
                    _ => RetryOutcome::Failed,
                };
                client.retry_settled(first, second, outcome);
                return 0;
            }
            10 => {
                let result = client.set_token(now, Some(first).filter(|token| !token.is_empty()));
                return id_or_misuse(result.map(|()| 0));
            }
            11 => {
                client.close(now);
                return 0;
            }
            12 => {
                client.mount(element, first, second, shape(number));
                return 0;
            }
            13 => {
                client.mount_story(element, first);
                return 0;
            }
            14 => {
                client.unmount(element);
                return 0;
            }
            15 | 16 => {
                client.set_visible(element, kind == 15);
                return 0;
            }
            17 | 18 => {
                client.content_settled(element, kind == 17);
                return 0;
            }
            19 => {
                client.retry_clicked(element);
                return 0;
            }
            20 => Input::Socket(SocketId(id), SocketEvent::Text(first)),
            _ => {
                self.due = None;
                Input::Timeout
            }
        };
        client.handle_input(now, input);
        i32::from(client.has_effects() || self.due != self.next_due())
    }

    fn next_due(&self) -> Option<Instant> {
        self.client.next_timeout().map(|deadline| deadline.at)
    }

    /// Room for texts of at most so many bytes together, to be told by [`Port::written`].
    pub fn room(&mut self, most: usize) -> &mut [u8] {
        if self.text.len() < most || self.text.len() > KEPT && most < KEPT {
            self.text = vec![0; most];
        }
        &mut self.text
    }

    /// [`Port::input`] with texts that were written into the room, one behind the other, each of so many bytes.
    pub fn written(&mut self, now: Instant, kind: u32, id: u32, number: u32, lengths: [usize; 3]) -> i32 {
        let room = core::mem::take(&mut self.text);
        let (mut texts, mut rest) = ([""; 3], room.as_slice());
        for (text, length) in texts.iter_mut().zip(lengths) {
            let Some((bytes, behind)) = rest.split_at_checked(length) else { break };
            *text = core::str::from_utf8(bytes).unwrap_or_default();
            rest = behind;
        }
        let result = self.input(now, kind, id, number, texts);
        self.text = room;
        result
    }

    /// A binary frame of a socket.
    pub fn binary(&mut self, now: Instant, socket: u32, bytes: &[u8]) {
        self.client.handle_input(now, Input::Socket(SocketId(socket), SocketEvent::Binary(bytes)));
    }

    /// What is to be done next: calls of `js/sink.js`, and at the end `due`, if another moment is asked for. Empty: nothing.
    pub fn poll(&mut self) -> String {
        let mut out = Calls(String::new());
        while let Some(effect) = self.client.poll_effect() {
            if let Some(bytes) = self.write(&mut out, effect) {
                // They have to be fetched before there are others.
                self.bytes = bytes;
                return out.finish();
            }
        }
        let due = self.next_due();
        if self.due != due {
            self.due = due;
            out.call("due");
            out.optional(due.map(|at| at.0));
        }
        out.finish()
    }

    /// The bytes that belong to the last call of what [`Port::poll`] gave.
    pub fn take_bytes(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.bytes)
    }

    /// The next changes of the page: calls of `js/dom.js`. Empty: the frame is done.
    pub fn patches(&mut self) -> String {
        let mut out = Calls(String::new());
        for _ in 0..BATCH {
            let Some(patch) = self.client.next_patch() else { break };
            out.patch(&patch);
        }
        out.finish()
    }

    fn write(&self, out: &mut Calls, effect: Effect) -> Option<Vec<u8>> {
        match effect {
            Effect::OpenSocket(socket, url) => {
                out.call_with("socket", socket.0);
                out.text(&url);
            }
            Effect::SendText(socket, text) => {
                out.call_with("send", socket.0);
                out.text(&text);
            }
            Effect::SendBinary(..) | Effect::Settle(..) if !WHOLE => {}
            Effect::SendBinary(socket, bytes) => {
                out.call_with("sendBytes", socket.0);
                return Some(bytes);
            }
            Effect::CloseSocket(socket) => out.call_with("closeSocket", socket.0),
            Effect::AskToken(request) => out.call_with("askToken", request.0),
            Effect::Read { request, url, schema, token } => {
                out.call_with("read", request.0);
                out.text(&url);
                out.text(&schema);
                out.text(&token.unwrap_or_default());
            }
            Effect::AbortRead(request) => out.call_with("abortRead", request.0),
            Effect::Settle(push, outcome) => {
                out.call_with("settle", push.0);
                out.text(outcome_word(&outcome));
            }
            Effect::Notify(notice) => return self.notify(out, notice),
            Effect::Retry(retry) => {
                out.call("retry");
                out.text(&retry.story);
                out.text(&retry.asset);
                for name in &retry.types {
                    out.text(name);
                }
            }
            Effect::Paint => out.call("paint"),
        }
        None
    }

    fn notify(&self, out: &mut Calls, notice: Notice) -> Option<Vec<u8>> {
        match notice {
            Notice::Connection(state) => {
                out.call("connection");
                out.text(connection_word(state));
            }
            Notice::Fault(failure) => out.fault(&failure),
            Notice::Asset(change) => {
                out.change(&change);
                // At which elements it happens.
                let (AssetChange::Asset { story, asset, .. } | AssetChange::Odd { story, asset, .. }) = &change else {
                    let AssetChange::Story { story, .. } = &change else { return None };
                    out.elements(self.client.assets().elements(story, ""));
                    return None;
                };
                out.elements(self.client.assets().elements(story, asset));
            }
            _ if !WHOLE => {}
            Notice::Status(channel, status) => {
                out.call_with("status", channel.0);
                out.text(status_word(status));
            }
            Notice::Change(channel, keys, data) => {
                out.call_with("change", channel.0);
                out.numbers(keys.into_iter());
                out.json(&data);
            }
            Notice::Broadcast(channel, event, payload, meta) => {
                out.call_with("broadcast", channel.0);
                out.text(&event);
                out.json(&payload);
                if !meta.is_empty() {
                    out.json(&meta);
                }
            }
            Notice::Bytes(channel, event, bytes) => {
                out.call_with("bytes", channel.0);
                out.text(&event);
                return Some(bytes);
            }
            Notice::Presence(channel, event) => {
                out.call_with("presence", channel.0);
                match event {
                    PresenceEvent::Sync => out.text("sync"),
                    PresenceEvent::Join { key, current, new } => out.presence("join", &key, &current, &new),
                    PresenceEvent::Leave { key, current, left } => out.presence("leave", &key, &current, &left),
                }
            }
            Notice::System(channel, payload) => {
                out.call_with("system", channel.0);
                out.json(&payload);
            }
            Notice::Rows(rows, event) => {
                out.call_with("rows", rows.0);
                match event {
                    RowsEvent::Put(key, row) => {
                        out.text("put");
                        out.text(&key);
                        out.json(&row);
                    }
                    RowsEvent::Gone(key) => {
                        out.text("gone");
                        out.text(&key);
                    }
                    RowsEvent::Live(continuous) => {
                        out.text("live");
                        out.text(if continuous { "continuous" } else { "" });
                    }
                    RowsEvent::Read => out.text("read"),
                    RowsEvent::Stale => out.text("stale"),
                }
            }
        }
        None
    }
}

/// Calls as JSON: `[[name, argument, …], …]`.
struct Calls(String);

impl Calls {
    /// Begins the next call.
    #[inline(never)]
    fn call(&mut self, name: &str) {
        self.0.push_str(if self.0.is_empty() { "[[" } else { "],[" });
        push_string(&mut self.0, name);
    }

    #[inline(never)]
    fn call_with(&mut self, name: &str, id: u32) {
        self.call(name);
        self.number(u64::from(id));
    }

    #[inline(never)]
    fn text(&mut self, text: &str) {
        self.0.push(',');
        push_string(&mut self.0, text);
    }

    #[inline(never)]
    fn number(&mut self, number: u64) {
        self.0.push(',');
        push_number(&mut self.0, number);
    }

    /// What is JSON already.
    #[inline(never)]
    fn json(&mut self, json: &str) {
        self.0.push(',');
        self.0.push_str(json);
    }

    fn flag(&mut self, flag: bool) {
        self.json(if flag { "true" } else { "false" });
    }

    fn optional(&mut self, number: Option<u64>) {
        match number {
            Some(number) => self.number(number),
            None => self.json("null"),
        }
    }

    fn numbers(&mut self, numbers: impl Iterator<Item = u32>) {
        self.json("[");
        for number in numbers {
            push_comma(&mut self.0);
            push_number(&mut self.0, u64::from(number));
        }
        self.0.push(']');
    }

    fn elements(&mut self, elements: impl Iterator<Item = ElementId>) {
        self.numbers(elements.map(|element| element.0));
    }

    fn presence(&mut self, event: &str, key: &str, current: &str, changed: &str) {
        self.text(event);
        self.text(key);
        self.json(current);
        self.json(changed);
    }

    /// `AssetChange` of `js/types.d.ts`. An oddity has its code for a status and what was odd for a URL.
    fn change(&mut self, change: &AssetChange) {
        let (kind, story, asset, status, url, progress) = match change {
            AssetChange::Asset { story, asset, status, progress, url } => {
                ("asset", story, asset.as_str(), status.code(), url.as_str(), *progress)
            }
            AssetChange::Story { story, overall } => ("story", story, "", overall.code(), "", None),
            AssetChange::Odd { story, asset, oddity, value } => {
                ("odd", story, asset.as_str(), oddity.code(), value.as_str(), None)
            }
        };
        self.call("asset");
        for text in [kind, story, asset, status, url] {
            self.text(text);
        }
        self.optional(progress.map(u64::from));
    }

    fn fault(&mut self, failure: &Failure) {
        let (about, id, story) = match &failure.about {
            About::Connection => ("connection", 0, ""),
            About::Token => ("token", 0, ""),
            About::Channel(channel) => ("channel", channel.0, ""),
            About::Rows(rows) => ("rows", rows.0, ""),
            About::Story(story) => ("story", 0, story.as_str()),
        };
        self.call_with("fault", id);
        for text in [about, story, failure.fault.code(), &failure.detail] {
            self.text(text);
        }
        self.optional(failure.retry_in.map(|wait| wait.0));
    }

    /// The changes to one element.
    fn patch(&mut self, patch: &Patch) {
        for op in &patch.ops {
            self.op(patch.element.0, op);
        }
    }

    fn op(&mut self, id: u32, op: &Op) {
        self.call_with(op_name(op), id);
        match op {
            Op::Class { names, on } => {
                self.text(names);
                self.flag(*on);
            }
            Op::Attribute { name, value } => {
                self.text(name);
                if let Some(value) = value {
                    self.text(value);
                }
            }
            Op::Progress(progress) => self.number(u64::from(*progress)),
            Op::Bar { progress, name, text, shown } => {
                match progress {
                    Some(progress) => self.number(u64::from(*progress)),
                    None => self.json("-1"),
                }
                self.text(name);
                self.text(text);
                self.flag(*shown);
            }
            Op::Status { text, state, yields } => {
                self.text(text);
                self.text(state);
                self.flag(*yields);
            }
            Op::Text(text) | Op::Announce(text) => self.text(text),
            Op::Source { medium, url, name, track, eager } => {
                self.number(*medium as u64);
                self.text(url);
                self.text(name);
                self.text(track);
                self.flag(*eager);
            }
            Op::Items { medium, items } => {
                self.number(*medium as u64);
                self.items(items);
            }
            Op::Retry(None) => {}
            Op::Retry(Some(button)) => {
                self.text(&button.label);
                self.flag(button.pending);
                if let Some((text, url)) = &button.upgrade {
                    self.text(text);
                    self.text(url);
                }
            }
        }
    }

    /// `[state, [[name, value, isUrl], …]]` for each item.
    fn items(&mut self, items: &[Item]) {
        self.json("[");
        for item in items {
            push_comma(&mut self.0);
            self.0.push('[');
            push_string(&mut self.0, item.status.code());
            self.json("[");
            for field in &item.fields {
                push_comma(&mut self.0);
                self.0.push('[');
                push_string(&mut self.0, &field.name);
                self.text(&field.value);
                self.flag(field.is_url);
                self.0.push(']');
            }
            self.0.push_str("]]");
        }
        self.0.push(']');
    }

    fn finish(mut self) -> String {
        if !self.0.is_empty() {
            self.0.push_str("]]");
        }
        self.0
    }
}

/// The changes to one element, as [`Port::patches`] gives them.
pub fn patch_json(patch: &Patch) -> String {
    let mut out = Calls(String::new());
    out.patch(patch);
    out.finish()
}

/// The method of `js/dom.js`.
fn op_name(op: &Op) -> &'static str {
    match op {
        Op::Class { .. } => "toggle",
        Op::Attribute { .. } => "attribute",
        Op::Progress(_) => "progress",
        Op::Bar { .. } => "bar",
        Op::Status { .. } => "status",
        Op::Text(_) => "text",
        Op::Source { .. } => "source",
        Op::Items { .. } => "items",
        Op::Retry(_) => "retry",
        Op::Announce(_) => "announce",
    }
}

/// What an element is, from one number: four bits for the medium and one for a list, the priority above. 0 is none.
pub fn shape(number: u32) -> Shape {
    Shape {
        medium: (number as usize & 15).checked_sub(1).and_then(Medium::from_number),
        is_list: number & 16 != 0,
        priority: (number >> 5).checked_sub(1).and_then(|priority| u8::try_from(priority).ok()),
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

fn outcome_word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Ok(_) => "ok",
        Outcome::Error(_) => "error",
        Outcome::TimedOut => "timed out",
        Outcome::Dropped => "dropped",
        Outcome::Replaced => "replaced",
    }
}

/// An id, or which misuse it was: −1 is the first of [`Misuse::ALL`].
#[inline(never)]
pub fn id_or_misuse(result: Result<u32, Misuse>) -> i32 {
    match result {
        Ok(id) => id as i32,
        Err(misuse) => -1 - Misuse::ALL.iter().position(|of| *of == misuse).unwrap_or_default() as i32,
    }
}

fn seconds(text: &str) -> Option<u32> {
    Json::parse(text)?.as_u64().and_then(|seconds| u32::try_from(seconds).ok())
}

/// A text of an options object; empty if it is missing.
pub fn text(options: Json<'_>, name: &str) -> String {
    options.get_str(name).unwrap_or_default().into_owned()
}

/// A flag of an options object.
pub fn flag(options: Json<'_>, name: &str) -> bool {
    options.get(name).and_then(Json::as_bool).unwrap_or_default()
}

/// A whole number of an options object.
pub fn number(options: Json<'_>, name: &str) -> Option<u64> {
    options.get(name)?.as_u64()
}

/// A text, if it says anything.
pub fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}
