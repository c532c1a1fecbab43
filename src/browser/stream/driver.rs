//! Performs a stream's effects and brings it what happens.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::{EventSource, Headers, RequestInit};

use super::fetch::FetchRequest;
use super::native::NativeSource;
use super::page;
use crate::browser::clock::Clock;
use crate::browser::listener::Listener;
use crate::browser::timer::Timer;
use crate::core::base::{Instant, Millis};
use crate::core::sse::{Attempt, Config, Effect, Input, NativeEvent, Notice, Phase, Stream};

/// `setTimeout` does not count the time that a machine sleeps, so no wait is longer than this: a wake-up is seen by then.
const LONGEST_NAP: Millis = Millis(15_000);

#[wasm_bindgen]
extern "C" {
    /// The object in `js/` that is told everything. None of its methods throws.
    pub type Sink;
    #[wasm_bindgen(method, js_name = askHeaders)]
    fn ask_headers(this: &Sink, attempt: u32, fresh: bool);
    /// The browser's own, or what the page put in its place.
    #[wasm_bindgen(method)]
    pub(super) fn fetch(this: &Sink, url: &str, init: &RequestInit) -> Promise;
    #[wasm_bindgen(method)]
    fn opened(this: &Sink, url: &str);
    /// `text` (UTF-8) and `table` are views of this module's memory: they hold until something allocates. Answers whether
    /// there is room for more.
    #[wasm_bindgen(method)]
    fn deliver(this: &Sink, text: &[u8], table: &[u32]) -> bool;
    /// `retry_in` in milliseconds; negative for never.
    #[wasm_bindgen(method)]
    fn fault(this: &Sink, code: &str, status: u16, content_type: &str, retry_in: f64);

    /// What a stream is made from, as `js/stream.js` and `js/eventsource.js` write it.
    pub type Options;
    #[wasm_bindgen(method, getter)]
    fn url(this: &Options) -> String;
    /// Everything of the request but its headers and its signal.
    #[wasm_bindgen(method, getter)]
    fn init(this: &Options) -> RequestInit;
    #[wasm_bindgen(method, getter)]
    fn native(this: &Options) -> bool;
    #[wasm_bindgen(method, getter, js_name = withCredentials)]
    fn with_credentials(this: &Options) -> bool;
    #[wasm_bindgen(method, getter)]
    fn standard(this: &Options) -> bool;
    #[wasm_bindgen(method, getter, js_name = typeInData)]
    fn type_in_data(this: &Options) -> bool;
    #[wasm_bindgen(method, getter, js_name = canRefresh)]
    fn can_refresh(this: &Options) -> bool;
    #[wasm_bindgen(method, getter, js_name = crossOrigin)]
    fn cross_origin(this: &Options) -> bool;
    #[wasm_bindgen(method, getter, js_name = lastEventId)]
    fn last_event_id(this: &Options) -> Option<String>;
    #[wasm_bindgen(method, getter, js_name = retryDelay)]
    fn retry_delay(this: &Options) -> Option<u32>;
    #[wasm_bindgen(method, getter, js_name = connectTimeout)]
    fn connect_timeout(this: &Options) -> Option<u32>;
    #[wasm_bindgen(method, getter, js_name = firstByteTimeout)]
    fn first_byte_timeout(this: &Options) -> Option<u32>;
    #[wasm_bindgen(method, getter, js_name = idleTimeout)]
    fn idle_timeout(this: &Options) -> Option<u32>;
    #[wasm_bindgen(method, getter, js_name = maxEventBytes)]
    fn max_event_bytes(this: &Options) -> Option<u32>;
}

/// What carries the bytes of an attempt. Dropping it gives the attempt up.
enum Transport {
    None,
    Fetch(FetchRequest),
    Native(NativeSource),
}

/// One stream and all that belongs to it in the browser.
pub struct Driver {
    me: Weak<Driver>,
    stream: RefCell<Stream>,
    clock: Clock,
    timer: RefCell<Timer>,
    /// When the timer fires; never later than the stream wants.
    armed: Cell<Option<Instant>>,
    pub(super) sink: Sink,
    url: String,
    init: RequestInit,
    native: bool,
    with_credentials: bool,
    transport: RefCell<Transport>,
    /// The event names that the browser's own EventSource must be asked for one by one.
    names: RefCell<Vec<String>>,
    /// Where redirects have led to.
    answered_url: RefCell<String>,
    held: Cell<bool>,
    pumping: Cell<bool>,
    page: RefCell<Vec<Listener>>,
}

impl Driver {
    /// A stream that asks for its headers at once.
    pub fn new(sink: Sink, options: &Options) -> Rc<Driver> {
        let clock = Clock::new();
        let seed = (js_sys::Math::random() * 9e15) as u64;
        let mut stream = Stream::new(config(options), clock.now(), seed);
        if let Some(id) = options.last_event_id() {
            stream.set_last_event_id(&id);
        }
        let driver = Rc::new_cyclic(|me| Driver {
            me: me.clone(),
            stream: RefCell::new(stream),
            clock,
            timer: RefCell::default(),
            armed: Cell::new(None),
            sink,
            url: options.url(),
            init: options.init(),
            native: options.native(),
            with_credentials: options.with_credentials(),
            transport: RefCell::new(Transport::None),
            names: RefCell::default(),
            answered_url: RefCell::default(),
            held: Cell::new(false),
            pumping: Cell::new(false),
            page: RefCell::default(),
        });
        driver.page.replace(page::listeners(&driver.me));
        driver
    }

    /// Takes the first effects. Apart from `new`, so that the caller holds the stream before it is told anything.
    pub fn start(&self) {
        self.pump(self.clock.now());
    }

    /// The page's headers for `attempt`, or none if its function for them failed.
    pub fn headers(&self, attempt: u32, headers: Option<Headers>) {
        let ready = headers.is_some();
        if let Some(headers) = headers {
            self.init.set_headers(&headers);
            let stream = self.stream.borrow();
            let id = stream.last_event_id();
            if !id.is_empty() {
                // A header's value is bytes, which JavaScript writes as one character each; the standard wants UTF-8.
                let bytes: String = id.iter().copied().map(char::from).collect();
                let _ = headers.set("Last-Event-ID", &bytes);
            }
        }
        self.handle(Input::Headers { attempt: Attempt(attempt), ready });
    }

    /// The page listens for events of this name.
    pub fn listen(&self, name: &str) {
        if let Transport::Native(source) = &mut *self.transport.borrow_mut() {
            source.listen(&self.me, name);
        }
        self.names.borrow_mut().push(name.to_owned());
    }

    /// There is room for more again.
    pub fn resume(&self) {
        if self.held.replace(false) {
            let now = self.clock.now();
            self.stream.borrow_mut().hold(now, false);
            self.read_on();
            self.arm(now);
        }
    }

    /// Stops for good, and quietly.
    pub fn close(&self) {
        self.page.borrow_mut().clear();
        let now = self.clock.now();
        self.stream.borrow_mut().close(now);
        self.pump(now);
    }

    /// What the stream is doing.
    pub fn phase(&self) -> Phase {
        self.stream.borrow().phase()
    }

    /// Brings an input to the stream and performs what follows.
    pub(super) fn handle(&self, input: Input<'_>) {
        let now = self.clock.now();
        self.stream.borrow_mut().handle_input(now, input);
        self.pump(now);
    }

    /// The answer has come from `url`; reads its body if it is to be read.
    pub(super) fn answered(&self, url: String, input: Input<'_>) {
        self.answered_url.replace(url);
        self.handle(input);
        self.read_on();
    }

    /// The browser's own EventSource has come into a state; messages come apart.
    pub(super) fn native(&self, attempt: Attempt, ready_state: u16) {
        let event = match ready_state {
            EventSource::OPEN => NativeEvent::Opened,
            EventSource::CONNECTING => NativeEvent::Reconnecting,
            _ => NativeEvent::Closed,
        };
        self.handle(Input::Native { attempt, event });
    }

    /// Bytes of the body: copied once, into the parser's own buffer.
    pub(super) fn bytes(&self, attempt: Attempt, chunk: &Uint8Array) {
        let len = chunk.length() as usize;
        let now = self.clock.now();
        {
            let mut stream = self.stream.borrow_mut();
            chunk.copy_to(stream.space(len));
            stream.handle_input(now, Input::Bytes { attempt, len });
        }
        self.pump(now);
        self.read_on();
    }

    /// Whether `attempt` is the one under way.
    pub(super) fn is_current(&self, attempt: Attempt) -> bool {
        self.stream.borrow().is_current(attempt)
    }

    fn read_on(&self) {
        if self.held.get() || self.phase() != Phase::Open {
            return;
        }
        if let Transport::Fetch(request) = &*self.transport.borrow() {
            request.read();
        }
    }

    /// Performs effects until there are none. Re-entry leaves the rest to the outer pump, so their order holds.
    fn pump(&self, now: Instant) {
        if self.pumping.replace(true) {
            return;
        }
        loop {
            // Apart from the loop's condition, so that the borrow is over when the effect is performed.
            let effect = self.stream.borrow_mut().poll_effect();
            let Some(effect) = effect else { break };
            self.perform(effect);
        }
        self.pumping.set(false);
        self.arm(now);
    }

    fn perform(&self, effect: Effect) {
        match effect {
            Effect::AskHeaders { attempt, fresh } => self.sink.ask_headers(attempt.0, fresh),
            Effect::Open { attempt } => self.open(attempt),
            Effect::Close { .. } => {
                self.held.set(false);
                // Moved out first: closing may call back.
                let closed = self.transport.replace(Transport::None);
                drop(closed);
            }
            Effect::Probe { attempt } => {
                let probe = FetchRequest::probe(self.me.clone(), attempt, &self.url);
                self.transport.replace(Transport::Fetch(probe));
            }
            Effect::Deliver => self.deliver(),
            Effect::Notify(Notice::Opened) => self.sink.opened(&self.answered_url.borrow().clone()),
            Effect::Notify(Notice::Fault { fault, retry_in }) => {
                let retry_in = retry_in.map_or(-1.0, |wait| wait.0 as f64);
                self.sink.fault(fault.code.code(), fault.status, &fault.content_type, retry_in);
            }
        }
    }

    fn open(&self, attempt: Attempt) {
        if !self.native {
            let request = FetchRequest::open(self.me.clone(), attempt, &self.url, &self.init);
            self.transport.replace(Transport::Fetch(request));
            return;
        }
        let names = self.names.borrow();
        let source = NativeSource::open(&self.me, attempt, &self.url, self.with_credentials, &names);
        let is_refused = source.is_refused();
        self.transport.replace(Transport::Native(source));
        if is_refused {
            self.native(attempt, EventSource::CLOSED);
        }
    }

    fn deliver(&self) {
        let mut batch = self.stream.borrow_mut().take_batch();
        batch.to_utf16();
        let has_room = self.sink.deliver(&batch.text, &batch.records);
        let mut stream = self.stream.borrow_mut();
        stream.return_batch(batch);
        if !has_room && stream.phase() == Phase::Open {
            self.held.set(true);
            stream.hold(self.clock.now(), true);
        }
    }

    /// A timer that fires too early only asks again, so one that is armed for an earlier moment is left alone: a busy
    /// stream moves its idle deadline with every chunk.
    fn arm(&self, now: Instant) {
        let wanted = self.stream.borrow().next_timeout().map(|deadline| deadline.at.min(now + LONGEST_NAP));
        if let (Some(armed), Some(wanted)) = (self.armed.get(), wanted)
            && armed <= wanted
        {
            return;
        }
        self.armed.set(wanted);
        let me = self.me.clone();
        self.timer.borrow_mut().arm(now, wanted, move || {
            let Some(driver) = me.upgrade() else { return };
            driver.armed.set(None);
            driver.timer.borrow_mut().fired();
            driver.handle(Input::Timeout);
        });
    }
}

fn config(options: &Options) -> Config {
    let mut config = if options.standard() { Config::standard() } else { Config::default() };
    config.type_in_data = options.type_in_data();
    config.can_refresh = options.can_refresh();
    config.cross_origin = options.cross_origin();
    let millis = |given: Option<u32>, default| given.map_or(default, |given| Millis(u64::from(given)));
    config.retry = millis(options.retry_delay(), config.retry);
    config.connect_timeout = millis(options.connect_timeout(), config.connect_timeout);
    config.first_byte_timeout = millis(options.first_byte_timeout(), config.first_byte_timeout);
    config.idle_timeout = millis(options.idle_timeout(), config.idle_timeout);
    config.event_limit = options.max_event_bytes().map_or(config.event_limit, |limit| limit as usize);
    config
}
