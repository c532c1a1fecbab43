//! One stream: connecting, reading, waiting, and giving up.
//!
//! ```text
//!            Headers, Answered 200            Ended, Failed, a timeout
//!  Opening ───────────────────────▶ Open ──────────────────────────────▶ Waiting
//!     │  ▲                           │                                    │  │
//!     │  └───────────────────────────┼──── the wait is over, or Awake ────┘  │
//!     │                              │                                       │
//!     └──── an answer that stops ────┴──── close() ──────────────────────────┴──▶ Stopped
//! ```
//!
//! Each deadline lives in the state that waits for it, so leaving the state cancels it.

use std::collections::VecDeque;

use super::answer::{Answer, answer, is_event_stream};
use super::batch::Batch;
use super::config::{Config, Manner};
use super::delay::Delay;
use super::effect::{Attempt, Deadline, Effect, Fault, FaultCode, Input, NativeEvent, Notice, PageEvent, Phase, Why};
use super::parser::Parser;
use super::retry_after::retry_after;
use crate::core::base::{Instant, Millis, Rng};

/// The least that the idle timeout grows to by itself.
const IDLE_FLOOR: Millis = Millis(45_000);
/// Comments that follow each other faster are chatter, not a keep-alive whose period can be learnt.
const KEEP_ALIVE_FLOOR: Millis = Millis(1_000);
/// How many attempts must fail, with the host answering a probe each time, before a CORS refusal is certain. One is not
/// enough: a connection that was reset once looks the same.
const REFUSALS: u32 = 2;

#[derive(Debug)]
enum State {
    /// The page is making headers, or the request is under way, or (`probing`) it failed and the host is being asked.
    Opening { until: Option<Instant>, probing: bool },
    /// The body is being read.
    Open(Connection),
    /// Until the moment; for ever while the page is left. A wake-up ends it, but not before `not_before`.
    Waiting { until: Option<Instant>, not_before: Instant },
    /// For good.
    Stopped,
}

#[derive(Debug)]
struct Connection {
    since: Instant,
    /// When the last bytes came, or reading went on; `None` while the page holds reading back.
    quiet_since: Option<Instant>,
    got_bytes: bool,
    last_keep_alive: Instant,
}

/// A stream that stays up. See the module's head.
#[derive(Debug)]
pub struct Stream {
    config: Config,
    rng: Rng,
    now: Instant,
    state: State,
    attempt: Attempt,
    parser: Parser,
    delay: Delay,
    /// The headers of this attempt are the fresh ones after a 401.
    refreshed: bool,
    /// An answer has come to this page once, so a failure is no CORS refusal.
    was_answered: bool,
    refusals: u32,
    /// The longest distance of keep-alives seen.
    keep_alive: Millis,
    effects: VecDeque<Effect>,
}

impl Stream {
    /// A stream that begins to open at once.
    pub fn new(config: Config, now: Instant, seed: u64) -> Stream {
        let mut stream = Stream {
            rng: Rng(seed),
            now,
            state: State::Stopped,
            attempt: Attempt(0),
            parser: Parser::new(config.event_limit, config.type_in_data),
            delay: Delay::new(&config),
            refreshed: false,
            was_answered: false,
            refusals: 0,
            keep_alive: Millis(0),
            effects: VecDeque::new(),
            config,
        };
        stream.begin_attempt(false);
        stream
    }

    /// Starts from an id that was kept elsewhere. Call before the first effect is taken.
    pub fn set_last_event_id(&mut self, id: &str) {
        self.parser.set_last_event_id(id);
    }

    /// Stops for good, and quietly.
    pub fn close(&mut self, now: Instant) {
        self.advance(now);
        self.leave_attempt();
        self.state = State::Stopped;
    }

    /// The page holds reading back (`true`) or lets it go on: silence while it does is not the server's.
    pub fn hold(&mut self, now: Instant, held: bool) {
        self.advance(now);
        if let State::Open(connection) = &mut self.state {
            connection.quiet_since = (!held).then_some(self.now);
        }
    }

    /// Where the next `len` bytes of the body go, before [`Input::Bytes`].
    pub fn space(&mut self, len: usize) -> &mut [u8] {
        self.parser.space(len)
    }

    /// Takes in what happened, and fires what is due. An input of an attempt that is over changes nothing.
    pub fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        self.advance(now);
        match input {
            Input::Timeout => {}
            Input::Page(event) => self.handle_page(event),
            Input::Headers { attempt, ready } if self.is_opening(attempt, false) => self.handle_headers(ready),
            Input::Answered { attempt, status, content_type, retry_after } if self.is_opening(attempt, false) => {
                self.handle_answer(status, content_type, retry_after);
            }
            Input::Probed { attempt, answered } if self.is_opening(attempt, true) => self.handle_probe(answered),
            Input::Failed { attempt } if self.is_opening(attempt, false) => self.request_failed(),
            Input::Bytes { attempt, len } if self.is_open(attempt) => self.handle_bytes(len),
            Input::Ended { attempt } if self.is_open(attempt) => self.connection_lost(FaultCode::Ended),
            Input::Failed { attempt } if self.is_open(attempt) => self.connection_lost(FaultCode::Cut),
            Input::Native { attempt, event } if attempt == self.attempt => self.handle_native(event),
            _ => {}
        }
        self.fire_due();
    }

    /// The next effect. Take until there is none, after every call.
    #[must_use]
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When to call again, if nothing else happens before.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Deadline> {
        match &self.state {
            State::Opening { until, .. } => until.map(|at| Deadline { at, why: Why::Connect }),
            State::Open(connection) => self.body_deadline(connection),
            State::Waiting { until, .. } => until.map(|at| Deadline { at, why: Why::Retry }),
            State::Stopped => None,
        }
    }

    /// What [`Effect::Deliver`] hands out. It is moved out, so that listeners may call back while it is read.
    pub fn take_batch(&mut self) -> Batch {
        self.parser.take_batch()
    }

    /// Brings a batch back when it has been handed out, so that its memory serves the next one.
    pub fn return_batch(&mut self, batch: Batch) {
        self.parser.return_batch(batch);
    }

    /// The id of the last finished event that had one, as bytes of UTF-8.
    pub fn last_event_id(&self) -> &[u8] {
        self.parser.last_event_id()
    }

    /// Whether `attempt` is under way; whatever comes of another is silent.
    pub fn is_current(&self, attempt: Attempt) -> bool {
        attempt == self.attempt && matches!(self.state, State::Opening { .. } | State::Open(_))
    }

    /// What it is doing.
    pub fn phase(&self) -> Phase {
        match self.state {
            State::Opening { .. } => Phase::Opening,
            State::Open(_) => Phase::Open,
            State::Waiting { .. } => Phase::Waiting,
            State::Stopped => Phase::Stopped,
        }
    }

    /// Time only advances: a smaller `now` is held at the largest seen.
    fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
    }

    fn is_opening(&self, attempt: Attempt, probes: bool) -> bool {
        attempt == self.attempt && matches!(self.state, State::Opening { probing, .. } if probing == probes)
    }

    fn is_open(&self, attempt: Attempt) -> bool {
        attempt == self.attempt && matches!(self.state, State::Open(_))
    }

    fn begin_attempt(&mut self, fresh: bool) {
        self.attempt.0 = self.attempt.0.wrapping_add(1);
        self.refreshed = fresh;
        self.state = State::Opening { until: self.after(self.config.connect_timeout), probing: false };
        self.effects.push_back(Effect::AskHeaders { attempt: self.attempt, fresh });
    }

    /// Gives up what is under way. Its id is used up, so nothing late counts.
    fn leave_attempt(&mut self) {
        if matches!(self.state, State::Opening { .. } | State::Open(_)) {
            self.effects.push_back(Effect::Close { attempt: self.attempt });
        }
    }

    /// The moment a span from now; `None` for a span of zero, which means never.
    fn after(&self, span: Millis) -> Option<Instant> {
        (span.0 > 0).then(|| self.now + span)
    }

    fn handle_headers(&mut self, ready: bool) {
        if ready {
            self.effects.push_back(Effect::Open { attempt: self.attempt });
        } else {
            self.retry_later(FaultCode::HeadersFailed, 0, None);
        }
    }

    fn handle_answer(&mut self, status: u16, content_type: &str, header: Option<&str>) {
        self.was_answered = true;
        let event_stream = is_event_stream(content_type);
        match answer(self.config.manner, status, event_stream) {
            Answer::Open => self.open(),
            Answer::Refresh if self.config.can_refresh && !self.refreshed => {
                self.leave_attempt();
                self.begin_attempt(true);
            }
            Answer::Refresh => self.stop(FaultCode::Unauthorized, status, ""),
            Answer::Retry(code) => {
                let asked = header.and_then(|header| retry_after(header, self.now));
                self.retry_later(code, status, asked);
            }
            Answer::Stop(code) => self.stop(code, status, content_type),
        }
    }

    fn open(&mut self) {
        self.was_answered = true;
        self.parser.restart();
        self.state = State::Open(Connection {
            since: self.now,
            quiet_since: Some(self.now),
            got_bytes: false,
            last_keep_alive: self.now,
        });
        self.effects.push_back(Effect::Notify(Notice::Opened));
    }

    /// A refusal by CORS and a dead host look alike: with another origin, one probe tells them apart.
    fn request_failed(&mut self) {
        if self.config.cross_origin && !self.was_answered {
            self.state = State::Opening { until: self.after(Millis(5_000)), probing: true };
            self.effects.push_back(Effect::Probe { attempt: self.attempt });
        } else {
            self.retry_later(FaultCode::Network, 0, None);
        }
    }

    fn handle_probe(&mut self, answered: bool) {
        if !answered {
            self.refusals = 0;
            return self.retry_later(FaultCode::Network, 0, None);
        }
        self.refusals += 1;
        if self.refusals < REFUSALS {
            self.leave_attempt();
            self.begin_attempt(false); // nobody has answered yet, not even with a 401
        } else {
            self.stop(FaultCode::CorsRefused, 0, "");
        }
    }

    fn handle_bytes(&mut self, len: usize) {
        let State::Open(connection) = &mut self.state else { return };
        connection.got_bytes = true;
        connection.quiet_since = Some(self.now);
        let parsed = self.parser.parse(len);
        if self.parser.take_comments() > 0 {
            let distance = self.now - connection.last_keep_alive;
            connection.last_keep_alive = self.now;
            if distance >= KEEP_ALIVE_FLOOR {
                self.keep_alive = self.keep_alive.max(distance);
            }
        }
        if let Some(retry) = self.parser.take_retry() {
            self.delay.set_base(&self.config, retry);
        }
        self.deliver();
        if parsed.is_err() {
            self.stop(FaultCode::EventTooLarge, 200, "");
        }
    }

    fn deliver(&mut self) {
        if self.parser.has_batch() {
            self.effects.push_back(Effect::Deliver);
        }
    }

    fn handle_native(&mut self, event: NativeEvent<'_>) {
        match (event, &self.state) {
            (NativeEvent::Opened, State::Opening { .. }) => self.open(),
            (NativeEvent::Message { name, data, id }, State::Open(_)) => {
                if let State::Open(connection) = &mut self.state {
                    connection.got_bytes = true;
                    connection.quiet_since = Some(self.now);
                }
                self.parser.push(name, data, id);
                self.deliver();
            }
            (NativeEvent::Reconnecting, State::Open(_) | State::Opening { .. }) => {
                // The browser waits and tries again by itself, with the id, so its object stays.
                self.state = State::Opening { until: None, probing: false };
                self.notify_fault(FaultCode::Cut, 0, "", Some(self.config.retry));
            }
            (NativeEvent::Closed, State::Open(_) | State::Opening { .. }) => {
                self.retry_later(FaultCode::NativeClosed, 0, None);
            }
            _ => {}
        }
    }

    fn handle_page(&mut self, event: PageEvent) {
        match (event, &mut self.state) {
            (PageEvent::Awake, State::Waiting { until: Some(until), not_before }) => {
                *until = (*not_before).max(self.now);
            }
            (PageEvent::Left, State::Waiting { until, .. }) => *until = None,
            (PageEvent::Left, State::Opening { .. } | State::Open(_)) => {
                self.leave_attempt();
                self.state = State::Waiting { until: None, not_before: self.now };
            }
            (PageEvent::Restored, State::Waiting { until, not_before }) if until.is_none() => {
                *until = Some((*not_before).max(self.now));
            }
            _ => {}
        }
    }

    /// A connection that had been open is over.
    fn connection_lost(&mut self, code: FaultCode) {
        let State::Open(connection) = &self.state else { return };
        let stood = self.now - connection.since;
        let clean = code == FaultCode::Ended;
        self.delay.after_connection(&self.config, stood, clean);
        let code = if clean && self.delay.ends_at_once_again() { FaultCode::EndsAtOnce } else { code };
        self.retry_later(code, 200, None);
    }

    fn retry_later(&mut self, code: FaultCode, status: u16, asked: Option<Millis>) {
        if matches!(self.state, State::Opening { .. }) {
            self.delay.after_failure();
        }
        self.leave_attempt();
        let asked = asked.unwrap_or_default().min(self.config.retry_max);
        let wait = self.delay.next(&self.config, &mut self.rng).max(asked);
        self.state = State::Waiting { until: Some(self.now + wait), not_before: self.now + asked };
        self.notify_fault(code, status, "", Some(wait));
    }

    fn stop(&mut self, code: FaultCode, status: u16, content_type: &str) {
        self.leave_attempt();
        self.state = State::Stopped;
        self.notify_fault(code, status, content_type, None);
    }

    fn notify_fault(&mut self, code: FaultCode, status: u16, content_type: &str, retry_in: Option<Millis>) {
        let fault = Fault { code, status, content_type: content_type.to_owned() };
        self.effects.push_back(Effect::Notify(Notice::Fault { fault, retry_in }));
    }

    fn body_deadline(&self, connection: &Connection) -> Option<Deadline> {
        let quiet_since = connection.quiet_since?;
        let first_byte = self.config.first_byte_timeout;
        if !connection.got_bytes && first_byte.0 > 0 {
            return Some(Deadline { at: connection.since + first_byte, why: Why::FirstByte });
        }
        let idle = self.idle_timeout();
        (idle.0 > 0).then(|| Deadline { at: quiet_since + idle, why: Why::Idle })
    }

    /// What was configured, or what the server's keep-alives promise; zero while neither is known.
    fn idle_timeout(&self) -> Millis {
        if self.config.idle_timeout.0 > 0 || self.keep_alive.0 == 0 || self.config.manner == Manner::Standard {
            return self.config.idle_timeout;
        }
        self.keep_alive.times(3).max(IDLE_FLOOR)
    }

    /// Fires what is due. A wait whose jitter drew zero is due at once, and begins the next attempt here.
    fn fire_due(&mut self) {
        let Some(deadline) = self.next_timeout().filter(|deadline| deadline.at <= self.now) else { return };
        match deadline.why {
            Why::Retry => self.begin_attempt(false),
            Why::Connect if matches!(self.state, State::Opening { probing: true, .. }) => self.handle_probe(false),
            Why::Connect => self.retry_later(FaultCode::ConnectTimeout, 0, None),
            Why::FirstByte => self.connection_lost(FaultCode::FirstByteTimeout),
            Why::Idle => self.connection_lost(FaultCode::IdleTimeout),
        }
    }
}
