//! A stream's life under a virtual clock: what each answer asks for, how long it waits, what the page is told.

use proptest::prelude::*;
use storywire::core::base::{Instant, Millis};
use storywire::core::sse::{
    Answer, Attempt, Config, Effect, FaultCode, Input, Manner, NativeEvent, Notice, PageEvent, Phase, Reader, Stream,
    Why, answer, is_event_stream, retry_after,
};

/// 2026-11-22T23:25:50Z, so that dates in headers mean something.
const START: u64 = 1_795_389_950_000;

struct World {
    stream: Stream,
    now: Instant,
    reader: Reader,
    /// What the page was told, as `opened`, `fault code status retry_in`, and `name: data`.
    told: Vec<String>,
    /// The ids that went out with requests.
    requests: Vec<String>,
    asked: Vec<bool>,
    probes: u32,
    closes: u32,
    attempt: Attempt,
    headers_fail: bool,
}

impl World {
    fn new(config: Config) -> World {
        let now = Instant(START);
        let mut world = World {
            stream: Stream::new(config, now, 7),
            now,
            reader: Reader::default(),
            told: vec![],
            requests: vec![],
            asked: vec![],
            probes: 0,
            closes: 0,
            attempt: Attempt(0),
            headers_fail: false,
        };
        world.drain();
        world
    }

    fn drain(&mut self) {
        while let Some(effect) = self.stream.poll_effect() {
            match effect {
                Effect::AskHeaders { attempt, fresh } => {
                    self.asked.push(fresh);
                    let ready = !self.headers_fail;
                    self.stream.handle_input(self.now, Input::Headers { attempt, ready });
                }
                Effect::Open { attempt } => {
                    self.attempt = attempt;
                    self.requests.push(String::from_utf8_lossy(self.stream.last_event_id()).into_owned());
                }
                Effect::Close { .. } => self.closes += 1,
                Effect::Probe { .. } => self.probes += 1,
                Effect::Deliver => {
                    let batch = self.stream.take_batch();
                    let events = self.reader.read(&batch);
                    self.told.extend(events.into_iter().map(|event| event.name + ": " + &event.data));
                    self.stream.return_batch(batch);
                }
                Effect::Notify(Notice::Opened) => self.told.push("opened".into()),
                Effect::Notify(Notice::Fault { fault, retry_in }) => {
                    let retry = retry_in.map_or("never".to_owned(), |wait| wait.0.to_string());
                    self.told.push(format!("{} {} {retry}", fault.code.code(), fault.status));
                }
            }
        }
    }

    fn input(&mut self, input: Input<'_>) {
        self.stream.handle_input(self.now, input);
        self.drain();
    }

    fn answer(&mut self, status: u16) {
        self.answer_with(status, "text/event-stream", None);
    }

    fn answer_with(&mut self, status: u16, content_type: &str, retry_after: Option<&str>) {
        self.input(Input::Answered { attempt: self.attempt, status, content_type, retry_after });
    }

    fn bytes(&mut self, bytes: &str) {
        self.stream.space(bytes.len()).copy_from_slice(bytes.as_bytes());
        self.input(Input::Bytes { attempt: self.attempt, len: bytes.len() });
    }

    fn end(&mut self) {
        self.input(Input::Ended { attempt: self.attempt });
    }

    fn fail(&mut self) {
        self.input(Input::Failed { attempt: self.attempt });
    }

    /// Lets time pass, stopping at each deadline.
    fn pass(&mut self, span: u64) {
        let until = Instant(self.now.0 + span);
        for _ in 0..10_000 {
            match self.stream.next_timeout() {
                Some(deadline) if deadline.at <= until => self.now = self.now.max(deadline.at),
                _ => break,
            }
            self.input(Input::Timeout);
        }
        self.now = until;
    }

    /// Until the next attempt; how long that took.
    fn wait(&mut self) -> u64 {
        assert_eq!(self.stream.phase(), Phase::Waiting, "{:?}", self.told);
        let at = self.stream.next_timeout().unwrap().at;
        let waited = at.0 - self.now.0;
        self.pass(waited);
        waited
    }

    fn last(&self) -> &str {
        self.told.last().map_or("", |last| last)
    }

    fn last_code(&self) -> &str {
        self.last().split(' ').next().unwrap_or_default()
    }
}

fn opened(config: Config) -> World {
    let mut world = World::new(config);
    world.answer(200);
    assert_eq!(world.told, ["opened"]);
    world
}

fn refreshable() -> Config {
    Config { can_refresh: true, ..Config::default() }
}

#[test]
fn the_answer_table_is_followed() {
    let ours = |status| answer(Manner::Resilient, status, true);
    assert_eq!(ours(200), Answer::Open);
    assert_eq!(answer(Manner::Resilient, 200, false), Answer::Stop(FaultCode::NotEventStream));
    assert_eq!(ours(204), Answer::Stop(FaultCode::NoContent));
    assert_eq!(ours(401), Answer::Refresh);
    for status in [408, 425, 429, 500, 502, 503, 504, 599] {
        assert_eq!(ours(status), Answer::Retry(FaultCode::Unavailable), "{status}");
    }
    for status in [201, 205, 206, 304, 400, 403, 404, 405, 410, 418, 451] {
        assert_eq!(ours(status), Answer::Stop(FaultCode::Status), "{status}");
    }
    for status in [201, 205, 210, 401, 404, 429, 503] {
        assert_eq!(answer(Manner::Standard, status, true), Answer::Stop(FaultCode::Status), "{status}");
    }
}

#[test]
fn the_content_type_is_read_as_fetch_reads_it() {
    for good in [
        "text/event-stream",
        "TEXT/Event-Stream",
        "text/event-stream;",
        "text/event-stream; charset=windows-1251",
        " text/event-stream ;x",
        "text/html, text/event-stream",
        "text/event-stream, */*",
    ] {
        assert!(is_event_stream(good), "{good}");
    }
    for bad in ["", "text/html", "text/event-stream, text/html", "text/x-bogus", "text /event-stream", "event-stream"] {
        assert!(!is_event_stream(bad), "{bad}");
    }
}

#[test]
fn retry_after_is_seconds_or_a_date() {
    let read = |header| retry_after(header, Instant(START)).map(|wait| wait.0);
    assert_eq!(read("120"), Some(120_000));
    assert_eq!(read(" 0 "), Some(0));
    assert_eq!(read("Sun, 22 Nov 2026 23:26:00 GMT"), Some(10_000));
    assert_eq!(read("Sun, 22 Nov 2020 23:26:00 GMT"), Some(0));
    for bad in
        ["", "soon", "-1", "1.5", "Sun, 22 Foo 2026 23:26:00 GMT", "Sun, 22 anF 2026 23:26:00 GMT", "Sun, 22 Nov"]
    {
        assert_eq!(read(bad), None, "{bad}");
    }
}

#[test]
fn events_are_delivered_and_the_id_goes_with_the_next_request() {
    let mut world = opened(Config::default());
    world.bytes("id: 1\ndata: a\n\nevent: b\nid: 2\ndata: c\n\nid: 3\ndata: cut");
    assert_eq!(world.told, ["opened", "message: a", "b: c"]);
    world.end();
    assert_eq!(world.last_code(), "ended");
    world.wait();
    assert_eq!(world.requests, ["", "2"]);
    world.answer(200);
    world.bytes("data: d\n\n");
    assert_eq!(world.last(), "message: d");
}

#[test]
fn an_error_page_is_never_parsed() {
    let mut world = World::new(Config::default());
    world.answer_with(200, "text/html; charset=utf-8", None);
    assert_eq!(world.told, ["not-event-stream 200 never"]);
    world.bytes("data: <html>\n\n");
    assert_eq!(world.told.len(), 1);
    assert_eq!((world.stream.phase(), world.closes), (Phase::Stopped, 1));
}

#[test]
fn a_204_stops() {
    let mut world = World::new(Config::default());
    world.answer(204);
    assert_eq!(world.told, ["no-content 204 never"]);
    assert_eq!(world.stream.next_timeout(), None);
}

#[test]
fn a_401_asks_for_fresh_headers_once() {
    let mut world = World::new(refreshable());
    world.answer(401);
    assert_eq!(world.asked, [false, true]);
    assert_eq!(world.told, [""; 0], "nobody is bothered with it");
    world.answer(401);
    assert_eq!(world.told, ["unauthorized 401 never"]);
    assert_eq!(world.stream.phase(), Phase::Stopped);
}

#[test]
fn a_401_is_final_where_headers_are_constant() {
    let mut world = World::new(Config::default());
    world.answer(401);
    assert_eq!(world.told, ["unauthorized 401 never"]);
}

#[test]
fn a_token_that_expires_in_the_middle_costs_no_event() {
    let mut world = World::new(refreshable());
    world.answer(200);
    world.bytes("id: 1\ndata: a\n\n");
    for id in ["1", "2"] {
        world.end();
        world.wait();
        world.answer(401); // the token has expired; the refresh works each time
        world.answer(200);
        assert_eq!(world.requests.last().unwrap(), id);
        world.bytes("id: 2\ndata: b\n\n");
    }
    assert_eq!(world.asked, [false, false, true, false, true]);
    assert_eq!(world.stream.phase(), Phase::Open);
}

#[test]
fn retry_after_is_honoured_and_capped() {
    for (header, least, most) in [
        ("7", 7_000, 7_000),
        ("Sun, 22 Nov 2026 23:26:00 GMT", 10_000, 10_000),
        ("99999", 300_000, 300_000),
        ("rubbish", 0, 1_000),
        ("0", 0, 1_000),
    ] {
        let mut world = World::new(Config::default());
        world.answer_with(503, "text/html", Some(header));
        assert_eq!(world.last_code(), "unavailable");
        let waited = world.wait();
        assert!((least..=most).contains(&waited), "{header}: {waited}");
    }
}

#[test]
fn a_wake_up_does_not_override_retry_after() {
    let mut world = World::new(Config::default());
    world.answer_with(429, "", Some("60"));
    world.pass(10_000);
    world.input(Input::Page(PageEvent::Awake));
    assert_eq!(world.stream.phase(), Phase::Waiting);
    assert_eq!(world.wait(), 50_000);
}

#[test]
fn going_away_and_back_does_not_override_retry_after() {
    let mut world = World::new(Config::default());
    world.answer_with(429, "", Some("60"));
    world.pass(10_000);
    world.input(Input::Page(PageEvent::Left));
    assert_eq!(world.stream.next_timeout(), None);
    world.pass(10_000);
    world.input(Input::Page(PageEvent::Restored));
    assert_eq!((world.requests.len(), world.wait()), (1, 40_000));
    let mut world = World::new(Config { retry: Millis(300_000), ..Config::default() });
    world.fail();
    world.input(Input::Page(PageEvent::Left));
    world.input(Input::Page(PageEvent::Restored));
    assert_eq!(world.requests.len(), 2, "nobody asked for that wait");
}

#[test]
fn a_wake_up_ends_the_wait() {
    let mut world = World::new(Config { retry: Millis(300_000), ..Config::default() });
    world.fail();
    assert!(world.last().starts_with("network 0 "));
    world.input(Input::Page(PageEvent::Awake));
    assert_eq!((world.stream.phase(), world.requests.len()), (Phase::Opening, 2));
    world.answer(200);
    world.input(Input::Page(PageEvent::Awake));
    assert_eq!(world.stream.phase(), Phase::Open, "an open stream is left alone");
}

#[test]
fn time_that_the_machine_slept_counts() {
    let mut world = World::new(Config { retry: Millis(300_000), ..Config::default() });
    world.fail();
    world.now.0 += 3_600_000;
    world.input(Input::Timeout);
    assert_eq!(world.stream.phase(), Phase::Opening);
}

#[test]
fn a_page_in_the_back_forward_cache_holds_no_connection() {
    let mut world = opened(Config::default());
    world.bytes("id: 9\ndata: a\n\n");
    world.input(Input::Page(PageEvent::Left));
    assert_eq!((world.closes, world.stream.next_timeout()), (1, None));
    world.pass(3_600_000);
    world.bytes("data: late\n\n");
    assert_eq!(world.last(), "message: a");
    world.input(Input::Page(PageEvent::Awake));
    assert_eq!(world.stream.phase(), Phase::Waiting, "only its return counts");
    world.input(Input::Page(PageEvent::Restored));
    assert_eq!(world.requests, ["", "9"]);
}

#[test]
fn retry_zero_is_no_storm() {
    for config in [Config::default(), Config::standard()] {
        let mut world = World::new(config);
        let deadline = world.now.0 + 3_000;
        while world.now.0 < deadline {
            world.answer(200);
            world.bytes("retry: 0\ndata: x\n\n");
            world.end();
            world.wait();
        }
        assert!(world.requests.len() <= 16, "{} requests in three seconds", world.requests.len());
    }
}

#[test]
fn retry_is_the_base_of_the_backoff_and_is_clamped() {
    let longest = |retry: &str| {
        let waits = (0..40).map(|seed| {
            let mut stream = Stream::new(Config::default(), Instant(START), seed);
            let attempt = Attempt(1);
            let now = Instant(START);
            stream.handle_input(now, Input::Headers { attempt, ready: true });
            let answered =
                Input::Answered { attempt, status: 200, content_type: "text/event-stream", retry_after: None };
            stream.handle_input(now, answered);
            stream.space(retry.len()).copy_from_slice(retry.as_bytes());
            stream.handle_input(now, Input::Bytes { attempt, len: retry.len() });
            stream.handle_input(now + Millis(60_000), Input::Ended { attempt });
            stream.next_timeout().map_or(0, |deadline| deadline.at.0 - START - 60_000)
        });
        waits.max().unwrap()
    };
    assert!((250..=300).contains(&longest("retry: 0\n\n")));
    assert!((8_000..=10_000).contains(&longest("retry: 10000\n\n")));
    assert!((250_000..=300_000).contains(&longest("retry: 99999999999999999999999\n\n")));
    assert!((800..=1_000).contains(&longest("retry: 5s\n\n")), "not digits: ignored");
}

#[test]
fn a_stream_that_ends_at_once_backs_off_and_says_so() {
    let mut world = World::new(Config::default());
    let mut codes = vec![];
    for _ in 0..12 {
        world.answer(200);
        world.bytes("data: one of a few\n\n");
        world.end();
        codes.push(world.last_code().to_owned());
        world.wait();
    }
    assert_eq!(codes[..4], ["ended", "ended", "ends-at-once", "ends-at-once"]);
    assert!(world.now.0 - START > 30_000, "{} ms for 12 attempts", world.now.0 - START);
}

#[test]
fn only_health_forgives() {
    let mut world = World::new(Config::default());
    for _ in 0..8 {
        world.fail();
        world.wait();
    }
    world.answer(200);
    world.pass(10_000);
    world.end();
    assert!(world.wait() <= 1_000);
}

#[test]
fn the_connect_timeout_spans_headers_and_answer() {
    let mut world = World::new(Config::default());
    assert_eq!(world.stream.next_timeout().unwrap().why, Why::Connect);
    world.pass(29_999);
    assert_eq!(world.stream.phase(), Phase::Opening);
    world.pass(1);
    assert_eq!((world.last_code(), world.closes), ("connect-timeout", 1));
}

#[test]
fn the_first_byte_and_idle_timeouts_are_apart() {
    let config = Config { first_byte_timeout: Millis(5_000), idle_timeout: Millis(20_000), ..Config::default() };
    let mut world = opened(config.clone());
    world.pass(5_000);
    assert_eq!(world.told[1].split(' ').next(), Some("first-byte-timeout"));
    let mut world = opened(config);
    world.pass(4_000);
    world.bytes(":");
    world.pass(19_000);
    world.bytes("\n"); // any byte resets it
    world.pass(19_999);
    assert_eq!(world.stream.phase(), Phase::Open);
    world.pass(1);
    assert_eq!(world.last_code(), "idle-timeout");
}

#[test]
fn a_quiet_stream_without_keep_alives_is_left_in_peace() {
    let mut world = opened(Config::default());
    world.bytes(": welcome\n\ndata: a\n\n");
    world.pass(24 * 3_600_000);
    assert_eq!(world.stream.phase(), Phase::Open);
}

#[test]
fn keep_alives_once_seen_are_expected() {
    for (period, patience) in [(5_000, 45_000), (30_000, 90_000), (120_000, 360_000)] {
        let mut world = opened(Config::default());
        for _ in 0..3 {
            world.pass(period);
            world.bytes(":keepalive\n\n");
        }
        world.pass(patience - 1);
        assert_eq!(world.stream.phase(), Phase::Open, "{period}");
        world.pass(1);
        assert_eq!(world.told[1].split(' ').next(), Some("idle-timeout"), "{period}");
    }
}

#[test]
fn silence_that_the_page_asked_for_is_not_the_servers() {
    let mut world = opened(Config { idle_timeout: Millis(1_000), ..Config::default() });
    world.stream.hold(world.now, true);
    world.pass(60_000);
    assert_eq!(world.stream.phase(), Phase::Open);
    world.stream.hold(world.now, false);
    world.pass(1_000);
    assert_eq!(world.told[1].split(' ').next(), Some("idle-timeout"));
}

#[test]
fn a_refusal_by_cors_is_told_from_a_dead_host() {
    let config = Config { cross_origin: true, ..Config::default() };
    let mut world = World::new(config.clone());
    world.fail();
    world.input(Input::Probed { attempt: world.attempt, answered: false });
    assert_eq!(world.last_code(), "network");

    let mut world = World::new(config.clone());
    world.fail();
    world.input(Input::Probed { attempt: world.attempt, answered: true });
    assert_eq!(world.told, [""; 0], "a connection that was reset once looks the same");
    world.fail();
    world.input(Input::Probed { attempt: world.attempt, answered: true });
    assert_eq!(world.told, ["cors-refused 0 never"]);

    let mut world = World::new(config.clone());
    world.fail();
    world.input(Input::Probed { attempt: world.attempt, answered: true });
    world.answer(200);
    assert_eq!(world.told, ["opened"], "it was a reset");

    let mut world = World::new(config);
    world.fail();
    world.pass(5_000);
    assert_eq!(world.told[0].split(' ').next(), Some("network"), "a probe that hangs is no answer");
}

#[test]
fn nobody_is_probed_who_has_answered_or_is_of_our_origin() {
    let mut world = World::new(Config { cross_origin: true, ..Config::default() });
    world.answer(503);
    world.wait();
    world.fail();
    assert_eq!((world.last_code(), world.probes), ("network", 0));
    let mut world = World::new(Config::default());
    world.fail();
    assert_eq!((world.last_code(), world.probes), ("network", 0));
}

#[test]
fn a_function_for_headers_that_fails_is_asked_again() {
    let mut world = World::new(Config::default());
    world.answer(503);
    world.headers_fail = true;
    world.wait();
    assert_eq!((world.last_code(), world.requests.len()), ("headers-failed", 1));
    world.headers_fail = false;
    world.wait();
    assert_eq!(world.requests.len(), 2);
}

#[test]
fn an_event_over_the_limit_is_fatal_and_typed() {
    let mut world = opened(Config { event_limit: 100, ..Config::default() });
    world.bytes("data: small\n\ndata: ");
    world.bytes(&"x".repeat(101));
    assert_eq!(world.told[1..], ["message: small", "event-too-large 200 never"]);
}

#[test]
fn late_events_of_an_old_attempt_change_nothing() {
    let mut world = opened(Config::default());
    let old = world.attempt;
    world.end();
    world.wait();
    let told = world.told.len();
    world.input(Input::Failed { attempt: old });
    world.input(Input::Ended { attempt: old });
    world.input(Input::Bytes { attempt: old, len: 0 });
    world.input(Input::Answered { attempt: old, status: 404, content_type: "", retry_after: None });
    assert_eq!((world.told.len(), world.stream.phase()), (told, Phase::Opening));
}

#[test]
fn close_is_quiet_and_final() {
    let mut world = opened(Config::default());
    world.stream.close(world.now);
    world.drain();
    assert_eq!((world.closes, world.told.len()), (1, 1));
    world.input(Input::Page(PageEvent::Restored));
    world.input(Input::Page(PageEvent::Awake));
    world.bytes("data: late\n\n");
    assert_eq!((world.stream.phase(), world.stream.next_timeout(), world.told.len()), (Phase::Stopped, None, 1));
}

#[test]
fn the_standards_manner_waits_the_reconnection_time() {
    let mut world = World::new(Config::standard());
    world.answer(200);
    world.bytes("retry: 2000\ndata: x\n\n");
    world.end();
    assert_eq!(world.wait(), 2_000);
    world.answer(200);
    world.end();
    assert_eq!(world.wait(), 2_000);
    world.fail();
    assert_eq!(world.told.last().unwrap(), "network 0 4000", "the standard allows to wait longer after a failure");
}

#[test]
fn the_browsers_own_source_reconnects_by_itself_or_is_replaced() {
    let mut world = World::new(Config::default());
    let native = |world: &mut World, event| world.input(Input::Native { attempt: world.attempt, event });
    native(&mut world, NativeEvent::Opened);
    native(&mut world, NativeEvent::Message { name: "message", data: "{\"type\":\"a\"}", id: "5" });
    assert_eq!((world.last(), world.stream.last_event_id()), ("a: {\"type\":\"a\"}", &b"5"[..]));
    native(&mut world, NativeEvent::Reconnecting);
    assert_eq!((world.last_code(), world.stream.phase(), world.closes), ("cut", Phase::Opening, 0));
    native(&mut world, NativeEvent::Opened);
    assert_eq!(world.last(), "opened");
    native(&mut world, NativeEvent::Closed);
    assert_eq!((world.last_code(), world.stream.phase()), ("native-closed", Phase::Waiting));
}

#[derive(Clone, Debug)]
enum Action {
    Answer(u16),
    Bytes(String),
    End,
    Fail,
    Probed(bool),
    Page(PageEvent),
    Hold(bool),
    Pass(u64),
    Close,
}

fn any_action() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => prop::sample::select(vec![200u16, 200, 200, 204, 401, 404, 429, 503]).prop_map(Action::Answer),
        4 => prop::sample::select(vec!["id: 1\ndata: a\n\n", ":k\n", "retry: 0\n", "data: b", "\n\n"])
            .prop_map(|bytes| Action::Bytes(bytes.into())),
        3 => Just(Action::End),
        3 => Just(Action::Fail),
        1 => any::<bool>().prop_map(Action::Probed),
        2 => prop::sample::select(vec![PageEvent::Awake, PageEvent::Left, PageEvent::Restored]).prop_map(Action::Page),
        1 => any::<bool>().prop_map(Action::Hold),
        4 => (0u64..100_000).prop_map(Action::Pass),
        1 => Just(Action::Close),
    ]
}

proptest! {
    /// Whatever happens: nothing stays due, a stopped stream asks for nothing, and the page always knows what comes next.
    #[test]
    fn the_laws_hold_for_any_life(
        actions in prop::collection::vec(any_action(), 0..60), cross_origin: bool, can_refresh: bool, standard: bool
    ) {
        let config = if standard { Config::standard() } else { Config::default() };
        let mut world = World::new(Config { cross_origin, can_refresh, ..config });
        for action in actions {
            match action {
                Action::Answer(status) => world.answer(status),
                Action::Bytes(bytes) => world.bytes(&bytes),
                Action::End => world.end(),
                Action::Fail => world.fail(),
                Action::Probed(answered) => world.input(Input::Probed { attempt: world.attempt, answered }),
                Action::Page(event) => world.input(Input::Page(event)),
                Action::Hold(held) => {
                    world.stream.hold(world.now, held);
                    world.drain();
                    world.input(Input::Timeout);
                }
                Action::Pass(span) => world.pass(span),
                Action::Close => {
                    world.stream.close(world.now);
                    world.drain();
                }
            }
            let next = world.stream.next_timeout();
            prop_assert!(next.is_none_or(|deadline| deadline.at >= world.now), "{next:?} at {:?}", world.now);
            if world.stream.phase() == Phase::Stopped {
                prop_assert_eq!(next, None);
            }
        }
        // Recovery: once the network heals, a stream that was not stopped is open within its longest wait.
        world.input(Input::Page(PageEvent::Restored));
        for _ in 0..4 {
            if world.stream.phase() == Phase::Waiting { world.wait(); }
            if world.stream.phase() == Phase::Opening {
                world.input(Input::Probed { attempt: world.attempt, answered: false });
                world.answer(200);
            }
        }
        prop_assert!(matches!(world.stream.phase(), Phase::Open | Phase::Stopped), "{:?}", world.told);
    }
}

#[test]
fn in_the_standards_manner_a_stream_that_always_ends_at_once_is_asked_every_three_seconds() {
    let mut world = World::new(Config::standard());
    let mut waits = vec![];
    for _ in 0..12 {
        world.answer(200);
        world.bytes("retry: 0\ndata: x\n\n");
        world.end();
        waits.push(world.wait());
    }
    assert_eq!(waits[11], 3_000, "honest polling is not hurt: {waits:?}");
    assert!(waits.iter().all(|wait| (300..=3_000).contains(wait)), "{waits:?}");
}

#[test]
fn what_an_old_source_of_the_browser_says_changes_nothing() {
    let mut world = World::new(Config::default());
    let old = world.attempt;
    world.input(Input::Native { attempt: old, event: NativeEvent::Opened });
    world.input(Input::Native { attempt: old, event: NativeEvent::Closed });
    world.wait();
    assert_ne!(world.attempt, old);
    let told = world.told.len();
    for event in
        [NativeEvent::Opened, NativeEvent::Message { name: "message", data: "late", id: "1" }, NativeEvent::Closed]
    {
        world.input(Input::Native { attempt: old, event });
    }
    assert_eq!((world.told.len(), world.stream.phase()), (told, Phase::Opening));
}

#[test]
fn a_host_that_was_away_in_between_does_not_refuse() {
    let mut world = World::new(Config { cross_origin: true, ..Config::default() });
    for answered in [true, false, true] {
        world.fail();
        world.input(Input::Probed { attempt: world.attempt, answered });
        if !answered {
            world.wait();
        }
    }
    assert_eq!(world.stream.phase(), Phase::Opening, "{:?}", world.told);
    world.answer(200);
    assert_eq!(world.last(), "opened");
}

#[test]
fn comments_that_follow_each_other_at_once_promise_nothing() {
    let mut world = opened(Config::default());
    for _ in 0..20 {
        world.pass(100);
        world.bytes(":chatter\n\n");
    }
    world.pass(3_600_000);
    assert_eq!(world.stream.phase(), Phase::Open, "{:?}", world.told);
}

#[test]
fn in_the_standards_manner_silence_is_no_fault() {
    let mut world = opened(Config::standard());
    for _ in 0..3 {
        world.pass(30_000);
        world.bytes(":keepalive\n\n");
    }
    world.pass(3_600_000);
    assert_eq!(world.stream.phase(), Phase::Open, "{:?}", world.told);
}

#[test]
fn what_is_no_type_does_not_count_and_a_date_has_its_zone() {
    for good in
        ["text/event-stream, nonsense", "text/event-stream, /x", "text/event-stream, */*", "a/b, text/event-stream"]
    {
        assert!(is_event_stream(good), "{good}");
    }
    for bad in ["text/event-stream, a/b", "/event-stream", "text/", ""] {
        assert!(!is_event_stream(bad), "{bad}");
    }
    let now = Instant(START);
    assert!(retry_after("Sun, 22 Nov 2026 23:26:50 GMT", now).is_some());
    assert_eq!(retry_after("Sun, 22 Nov 2026 23:26:50 CET", now), None);
}

#[test]
fn in_the_standards_manner_health_forgives_and_a_long_reconnection_time_is_kept() {
    let mut world = World::new(Config::standard());
    for _ in 0..5 {
        world.fail();
        world.wait();
    }
    world.answer(200);
    world.pass(60_000);
    world.end();
    assert_eq!(world.wait(), 3_000);
    for _ in 0..5 {
        world.answer(200);
        world.bytes("retry: 10000\n\n");
        world.end();
        assert_eq!(world.wait(), 10_000);
    }
}

#[test]
fn a_connection_that_breaks_at_once_does_not_end_at_once() {
    let mut world = World::new(Config::default());
    for _ in 0..4 {
        world.answer(200);
        world.fail();
        assert_eq!(world.last_code(), "cut");
        world.wait();
    }
    world.answer(200);
    world.end();
    assert_eq!(world.last_code(), "ended");
}

#[test]
fn the_longest_distance_of_keep_alives_counts() {
    let mut world = opened(Config::default());
    for distance in [120_000, 5_000] {
        world.pass(distance);
        world.bytes(":keepalive\n\n");
    }
    world.pass(359_000);
    assert_eq!(world.stream.phase(), Phase::Open);
}

#[test]
fn events_before_one_that_is_too_large_are_delivered_though_they_came_with_it() {
    let mut world = opened(Config { event_limit: 100, ..Config::default() });
    world.bytes(&format!("data: small\n\ndata: {}\n\n", "x".repeat(101)));
    assert_eq!(world.told[1..], ["message: small", "event-too-large 200 never"]);
}
