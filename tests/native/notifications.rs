//! The notifications of one user: each once, counted, shown as toasts, marked as read.

use proptest::prelude::*;
use serde_json::{Value, json};
use storywire::core::base::{Instant, Millis};
use storywire::core::notifications::{
    Bell, BellConfig, BellEffect, BellInput, Content, PAUSED_BY_FOCUS, PAUSED_BY_HIDDEN, PAUSED_BY_POINTER,
};

/// A bell, its clock, and what a page would see of it.
struct Page {
    bell: Bell,
    now: u64,
    /// The toasts that show, oldest first: key and what it says.
    shown: Vec<(u32, Content)>,
    news: Vec<String>,
    count: Option<(u32, bool)>,
    marks: Vec<(u32, Option<String>)>,
    odd: usize,
    most_shown: usize,
}

const SPAN: u64 = 6_000;

fn config() -> BellConfig {
    BellConfig { read_column: "read".into(), limit: Some(200), toasts: true, span: Millis(SPAN) }
}

fn row_with(id: &str, more: Value) -> String {
    let mut row = json!({"id": id, "user_id": "u", "type": "info", "title": "", "message": "", "data": null, "read": false,
        "created_at": "2026-11-25T10:00:00Z"});
    for (name, value) in more.as_object().unwrap() {
        row[name] = value.clone();
    }
    row.to_string()
}

fn row(id: &str, read: bool) -> String {
    row_with(id, json!({ "read": read }))
}

impl Page {
    fn with(config: BellConfig) -> Page {
        Page {
            bell: Bell::new(config),
            now: 1_795_000_000_000,
            shown: Vec::new(),
            news: Vec::new(),
            count: None,
            marks: Vec::new(),
            odd: 0,
            most_shown: 0,
        }
    }

    /// One that has read its rows and found none.
    fn settled() -> Page {
        let mut page = Page::with(config());
        page.tell(BellInput::Read);
        page
    }

    fn tell(&mut self, input: BellInput<'_>) {
        self.bell.handle_input(Instant(self.now), input);
        assert!(self.bell.next_timeout().is_none_or(|at| at.0 > self.now), "nothing stays due");
        while let Some(effect) = self.bell.poll_effect() {
            match effect {
                BellEffect::Count(unread, more) => self.count = Some((unread, more)),
                BellEffect::News(card) => self.news.push(card.id),
                BellEffect::Changed => {}
                BellEffect::Show(key, _, content) => self.shown.push((key, content)),
                BellEffect::Hide(key) => {
                    let before = self.shown.len();
                    self.shown.retain(|(of, _)| *of != key);
                    assert_eq!(self.shown.len() + 1, before, "only what shows is hidden");
                }
                BellEffect::Mark(request, id) => self.marks.push((request, id)),
                BellEffect::Odd => self.odd += 1,
            }
            self.most_shown = self.most_shown.max(self.shown.len());
        }
    }

    fn broadcast(&mut self, json: &str) {
        self.tell(BellInput::Broadcast(json));
    }

    fn row(&mut self, json: &str) {
        self.tell(BellInput::Row(json));
    }

    /// Lets time pass as a page does: it is called when it asked to be, and at the end.
    fn pass(&mut self, span: u64) {
        let end = self.now + span;
        while let Some(at) = self.bell.next_timeout().filter(|at| at.0 <= end) {
            self.now = at.0;
            self.tell(BellInput::Timeout);
        }
        self.now = end;
        self.tell(BellInput::Timeout);
    }

    fn toasts(&self) -> Vec<String> {
        let name = |content: &Content| match content {
            Content::One(card) => card.id.clone(),
            Content::Sum(ids, more) => format!("{} more", ids.len() + *more as usize),
        };
        self.shown.iter().map(|(_, content)| name(content)).collect()
    }

    fn list(&self) -> Value {
        serde_json::from_str(&self.bell.list(1_000)).unwrap()
    }
}

#[test]
fn a_broadcast_and_its_row_are_one_in_either_order() {
    for row_first in [false, true] {
        let mut page = Page::settled();
        for step in 0..2 {
            if (step == 0) == row_first { page.row(&row("a", false)) } else { page.broadcast(&row("a", false)) }
        }
        page.broadcast(&row("a", false));
        assert_eq!(
            (page.news.clone(), page.toasts(), page.count),
            (vec!["a".into()], vec!["a".into()], Some((1, false)))
        );
    }
}

#[test]
fn what_was_there_before_the_page_is_counted_but_is_no_news() {
    let mut page = Page::with(config());
    page.row(&row("a", false));
    page.row(&row("b", true));
    assert_eq!(page.count, None, "the count is not known before all has been read");
    page.tell(BellInput::Read);
    assert_eq!((page.count, page.news.len(), page.toasts().len()), (Some((1, false)), 0, 0));
    assert_eq!(page.list().as_array().unwrap().len(), 2);
}

#[test]
fn what_came_while_nothing_was_heard_is_news_when_it_is_read() {
    let mut page = Page::with(config());
    page.row(&row("a", false));
    page.tell(BellInput::Read);
    page.pass(3_600_000);
    page.row(&row("b", false));
    page.row(&row("c", true));
    page.tell(BellInput::Read);
    assert_eq!((page.news, page.count), (vec!["b".to_owned()], Some((2, false))), "and not what was read elsewhere");
}

#[test]
fn a_broadcast_is_news_even_before_the_first_read_and_even_if_that_read_has_it() {
    for broadcast_first in [false, true] {
        let mut page = Page::with(config());
        if broadcast_first {
            page.broadcast(&row("a", false));
        }
        page.row(&row("a", false));
        page.tell(BellInput::Read);
        page.broadcast(&row("a", false));
        assert_eq!((page.news, page.count), (vec!["a".to_owned()], Some((1, false))));
    }
}

#[test]
fn what_is_read_elsewhere_is_counted_down_and_its_toast_goes() {
    let mut page = Page::settled();
    for id in ["a", "b", "c", "d", "e"] {
        page.broadcast(&row(id, false));
    }
    page.row(&row("b", true));
    page.row(&row("e", true));
    assert_eq!((page.toasts(), page.count), (vec!["a".into(), "c".into(), "d".into()], Some((3, false))));
    page.tell(BellInput::Dismiss(page.shown[0].0));
    assert_eq!(page.toasts(), ["c", "d"], "what waited and was read meanwhile never shows");
}

#[test]
fn a_deleted_one_is_gone_and_a_late_broadcast_does_not_bring_it_back() {
    let mut page = Page::settled();
    page.row(&row("a", false));
    page.tell(BellInput::Gone("a"));
    page.broadcast(&row("a", false));
    assert_eq!((page.count, page.toasts().len(), page.list()), (Some((0, false)), 0, json!([])));
}

#[test]
fn one_or_all_are_marked_at_once_and_taken_back_if_the_server_refuses() {
    let mut page = Page::settled();
    for id in ["a", "b", "c"] {
        page.row(&row(id, false));
    }
    page.tell(BellInput::Mark(Some("a")));
    assert_eq!((page.count, page.marks.clone()), (Some((2, false)), vec![(1, Some("a".into()))]));
    page.tell(BellInput::Marked(1, true));
    page.tell(BellInput::Mark(None));
    assert_eq!((page.count, page.marks.last().cloned()), (Some((0, false)), Some((2, None))));
    assert!(page.toasts().is_empty());
    page.row(&row("b", true));
    page.tell(BellInput::Marked(2, false));
    assert_eq!(page.count, Some((1, false)), "but not what was read elsewhere meanwhile, nor what was marked before");
    page.tell(BellInput::Mark(Some("a")));
    assert_eq!(page.marks.len(), 2, "what is read already is not marked again");
    page.tell(BellInput::Mark(Some("unknown")));
    assert_eq!(page.marks.len(), 3, "what is not known is the server's business");
}

#[test]
fn a_row_that_is_late_does_not_undo_a_mark_and_one_that_was_made_unread_elsewhere_counts_again() {
    let mut page = Page::settled();
    page.row(&row("a", false));
    page.tell(BellInput::Mark(Some("a")));
    page.tell(BellInput::Marked(1, true));
    page.row(&row_with("a", json!({"title": "New title"})));
    assert_eq!(page.count, Some((0, false)), "the row was written before the mark");
    page.row(&row("a", true));
    page.row(&row("a", false));
    assert_eq!(page.count, Some((1, false)));
}

#[test]
fn at_most_three_show_and_each_goes_when_its_time_is_over() {
    let mut page = Page::settled();
    for id in ["a", "b", "c", "d", "e"] {
        page.broadcast(&row(id, false));
        page.pass(1_000);
    }
    assert_eq!(page.toasts(), ["a", "b", "c"]);
    page.pass(SPAN - 5_000);
    assert_eq!(page.toasts(), ["b", "c", "d"]);
    page.pass(2 * SPAN);
    assert!(page.toasts().is_empty());
    assert_eq!(page.count, Some((5, false)), "not seen is not read");
    assert_eq!(page.bell.next_timeout(), None);
}

#[test]
fn longer_texts_show_longer_up_to_twenty_seconds() {
    let mut page = Page::settled();
    page.broadcast(&row_with("a", json!({"title": "x".repeat(20)})));
    page.broadcast(&row_with("b", json!({"message": "x".repeat(1_000_000)})));
    page.pass(SPAN + 999);
    assert_eq!(page.toasts(), ["a", "b"]);
    page.pass(1);
    assert_eq!(page.toasts(), ["b"]);
    page.pass(20_000 - SPAN - 1_001);
    assert_eq!(page.toasts(), ["b"]);
    page.pass(1);
    assert!(page.toasts().is_empty());
}

#[test]
fn more_than_twenty_that_wait_become_one() {
    let mut page = Page::settled();
    for number in 0..23 {
        page.broadcast(&row(&format!("n{number}"), false));
    }
    assert_eq!(page.toasts(), ["n0", "n1", "n2"]);
    for number in 23..30 {
        page.broadcast(&row(&format!("n{number}"), false));
    }
    page.row(&row("n5", true));
    for _ in 0..3 {
        page.tell(BellInput::Dismiss(page.shown[0].0));
    }
    assert_eq!(page.toasts(), ["26 more"], "27 waited, and one of them was read");
    page.broadcast(&row("later", false));
    assert_eq!(page.toasts(), ["26 more", "later"]);
    page.tell(BellInput::Mark(None));
    assert!(page.toasts().is_empty());
}

#[test]
fn the_pointer_the_focus_and_a_hidden_page_stop_the_clock() {
    let mut page = Page::settled();
    page.broadcast(&row("a", false));
    page.pass(5_000);
    page.tell(BellInput::Pause(PAUSED_BY_POINTER, true));
    page.tell(BellInput::Pause(PAUSED_BY_FOCUS, true));
    page.pass(60_000);
    page.tell(BellInput::Pause(PAUSED_BY_POINTER, false));
    page.pass(60_000);
    assert_eq!(page.toasts(), ["a"], "the focus is still there");
    page.tell(BellInput::Pause(PAUSED_BY_FOCUS, false));
    page.pass(1_999);
    assert_eq!(page.toasts(), ["a"], "there are two seconds at least");
    page.pass(1);
    assert!(page.toasts().is_empty());

    page.tell(BellInput::Pause(PAUSED_BY_HIDDEN, true));
    page.broadcast(&row("b", false));
    page.pass(3_600_000);
    page.tell(BellInput::Pause(PAUSED_BY_HIDDEN, false));
    page.pass(SPAN - 1);
    assert_eq!(page.toasts(), ["b"], "what came while nobody looked has its whole time");
    page.pass(1);
    assert!(page.toasts().is_empty());
}

#[test]
fn one_that_holds_something_to_do_stays_until_it_is_closed() {
    let mut page = Page::settled();
    page.broadcast(&row("a", false));
    page.tell(BellInput::Hold(page.shown[0].0));
    page.tell(BellInput::Pause(PAUSED_BY_POINTER, true));
    page.tell(BellInput::Pause(PAUSED_BY_POINTER, false));
    page.pass(3_600_000);
    assert_eq!(page.toasts(), ["a"]);
    page.tell(BellInput::Dismiss(page.shown[0].0));
    assert!(page.toasts().is_empty());
    let mut page = Page::with(BellConfig { span: Millis(0), limit: None, ..config() });
    page.broadcast(&row("a", false));
    page.pass(3_600_000);
    assert_eq!(page.toasts(), ["a"], "a span of 0 is for ever");
}

#[test]
fn failures_are_told_apart_and_come_first() {
    let mut page = Page::settled();
    for number in 0..5 {
        page.broadcast(&row(&format!("n{number}"), false));
    }
    for kind in ["story_failed", "error", "failures"] {
        page.broadcast(&row_with(kind, json!({ "type": kind })));
    }
    for _ in 0..3 {
        page.tell(BellInput::Dismiss(page.shown[0].0));
    }
    assert_eq!(page.toasts(), ["story_failed", "error", "n3"]);
}

#[test]
fn a_count_above_what_is_read_says_that_there_are_more() {
    let mut page = Page::with(BellConfig { limit: Some(3), ..config() });
    for minute in [59, 58, 57] {
        page.row(&row_with(&format!("n{minute}"), json!({"created_at": format!("2026-11-25T09:{minute}:00Z")})));
    }
    page.tell(BellInput::Read);
    assert_eq!(page.count, Some((3, true)));
    page.tell(BellInput::Mark(Some("n59")));
    page.tell(BellInput::Marked(1, true));
    page.row(&row("n59", true));
    page.row(&row_with("n56", json!({"created_at": "2026-11-25T09:56:00Z"})));
    page.row(&row_with("n57b", json!({"created_at": "2026-11-25T09:57:00Z"})));
    page.tell(BellInput::Read);
    assert!(page.news.is_empty(), "one that was beyond the limit is not new");
    page.row(&row("new", false));
    assert_eq!(page.news, ["new"]);
    page.tell(BellInput::Mark(None));
    assert_eq!(page.count, Some((0, false)));
    page.tell(BellInput::Marked(2, false));
    assert_eq!(page.count, Some((5, true)));
    page.tell(BellInput::Mark(None));
    page.tell(BellInput::Marked(3, true));
    assert_eq!(page.count, Some((0, false)));
}

#[test]
fn rows_that_may_not_be_read_leave_the_broadcasts() {
    let mut page = Page::with(config());
    page.broadcast(&row("a", false));
    page.tell(BellInput::Unreadable);
    assert_eq!(page.count, Some((1, false)));
    page.row(&row("old", false));
    page.tell(BellInput::Read);
    assert_eq!(
        (page.news.clone(), page.count),
        (vec!["a".to_owned()], Some((2, false))),
        "a later sign-in brings no news"
    );
    page.pass(30_000);
    page.tell(BellInput::Read);
    assert_eq!(page.count, Some((1, false)), "what was said but never stored does not count for ever");
}

#[test]
fn what_has_no_id_is_ignored_and_said() {
    let mut page = Page::settled();
    for odd in ["", "no json", "[]", "5", "{}", r#"{"id":null}"#, r#"{"id":""}"#, r#"{"id":{}}"#, r#"{"id":[1]}"#] {
        page.broadcast(odd);
        page.row(odd);
    }
    assert_eq!((page.odd, page.count, page.news.len()), (9, Some((0, false)), 0));
    page.broadcast(r#"{"id":12345678901234567890123}"#);
    assert_eq!(page.news, ["12345678901234567890123"], "no digit is lost");
}

#[test]
fn hostile_texts_are_cut_and_only_links_that_may_be_followed_are_kept() {
    let mut page = Page::settled();
    page.broadcast(&row_with(
        "a",
        json!({"title": "é".repeat(1_000_000), "message": "<img src=x onerror=alert(1)>", "type": {}}),
    ));
    let list = page.list();
    assert_eq!(list[0]["title"].as_str().unwrap().chars().count(), 200);
    assert_eq!(list[0]["message"], "<img src=x onerror=alert(1)>");
    let url = |more: Value| {
        let mut page = Page::settled();
        page.broadcast(&row_with("a", more));
        page.list()[0]["url"].as_str().unwrap().to_owned()
    };
    for bad in [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "\u{1}javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "blob:x",
        "file:///etc/passwd",
        "",
    ] {
        assert_eq!(url(json!({"data": {"url": bad}})), "", "{bad:?}");
    }
    for good in
        ["https://a/b", "HTTP://a/b", "/stories/7", "stories/7:8", "?a=javascript:1", "#top", "mailto:a@b", "tel:1"]
    {
        assert_eq!(url(json!({"data": {"url": good}})), good);
    }
    assert_eq!(url(json!({"action_url": "/x", "data": {"url": "/y"}})), "/x");
    assert_eq!(url(json!({"data": "text", "action_url": 5})), "");
}

#[test]
fn read_is_a_boolean_or_a_time() {
    let unread = |value: Value| {
        let mut page = Page::with(BellConfig { read_column: "seen".into(), ..config() });
        page.row(&row_with("a", json!({ "seen": value })));
        page.tell(BellInput::Read);
        page.count.unwrap().0
    };
    assert_eq!([json!(null), json!(false), json!(0), json!(""), json!("false"), json!({})].map(unread), [1; 6]);
    assert_eq!([json!(true), json!(1), json!("2026-11-25T10:00:00Z")].map(unread), [0; 3]);
}

#[test]
fn the_newest_come_first_and_a_flood_is_bounded() {
    let mut page = Page::settled();
    for number in 0..2_000 {
        let time = format!("2026-11-25T10:{:02}:{:02}Z", number / 60, number % 60);
        page.row(&row_with(&format!("n{number:04}"), json!({"created_at": time, "read": number % 2 == 0})));
    }
    let list = page.list();
    let ids: Vec<&str> = list.as_array().unwrap().iter().map(|note| note["id"].as_str().unwrap()).collect();
    assert_eq!((ids.len(), ids[0]), (500, "n1999"));
    assert!(ids.windows(2).all(|pair| pair[0] > pair[1]));
    assert_eq!(page.count, Some((500, true)), "those read go first, then the oldest");
    assert_eq!(page.news.len(), 1_000);
}

/// Writes the effects as the page reads them.
fn written(page: &mut Bell, now: u64, input: BellInput<'_>) -> Value {
    page.handle_input(Instant(now), input);
    let mut out = String::from("[");
    while let Some(effect) = page.poll_effect() {
        effect.write(&mut out);
    }
    out.push(']');
    serde_json::from_str(&out).unwrap()
}

#[test]
fn effects_are_written_for_the_page() {
    let mut bell = Bell::new(BellConfig { limit: None, ..config() });
    let card =
        json!({"id": "a", "type": "info", "title": "T", "message": "", "url": "", "time": "2026-11-25T10:00:00Z"});
    assert_eq!(
        written(&mut bell, 1, BellInput::Broadcast(&row_with("a", json!({"title": "T"})))),
        json!([["changed", 0, null], ["news", 0, card], ["show", 1, false, card], ["count", 1, "1"]])
    );
    assert_eq!(
        written(&mut bell, 2, BellInput::Mark(Some("a"))),
        json!([["hide", 1, null], ["changed", 0, null], ["mark", 1, "a"], ["count", 0, ""]])
    );
    for number in 0..150 {
        written(&mut bell, 3, BellInput::Broadcast(&row(&format!("n{number}"), false)));
    }
    assert_eq!(written(&mut bell, 4, BellInput::Broadcast("{}")), json!([["odd", 0, null]]));
    assert_eq!(written(&mut bell, 5, BellInput::Row(&row("one-more", false)))[3], json!(null));
    let label = written(&mut bell, 6, BellInput::Row(&row("n1", true)));
    assert_eq!(label.as_array().unwrap().last().unwrap(), &json!(["count", 150, "99+"]));
}

#[derive(Clone, Debug)]
enum Step {
    Broadcast(usize),
    Row(usize, bool),
    Gone(usize),
    Read,
    Mark(usize),
    MarkAll,
    Settle(bool),
    Dismiss(usize),
    Hold(usize),
    Pause(u32, bool),
    Pass(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0usize..40).prop_map(Step::Broadcast),
        4 => (0usize..40, any::<bool>()).prop_map(|(id, read)| Step::Row(id, read)),
        1 => (0usize..40).prop_map(Step::Gone),
        1 => Just(Step::Read),
        2 => (0usize..40).prop_map(Step::Mark),
        1 => Just(Step::MarkAll),
        2 => any::<bool>().prop_map(Step::Settle),
        2 => (0usize..3).prop_map(Step::Dismiss),
        1 => (0usize..3).prop_map(Step::Hold),
        1 => (prop_oneof![Just(1u32), Just(2), Just(4)], any::<bool>()).prop_map(|(why, on)| Step::Pause(why, on)),
        2 => (0u64..9_000).prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 0..120)
}

/// What the count should be, told in the plainest way: by id, what the row says, what this page marked, whether it is there.
#[derive(Clone, Default)]
struct Model {
    known: std::collections::BTreeMap<usize, (bool, u32, bool)>,
    requests: u32,
    open: Vec<u32>,
}

/// A mark that the server took.
const TAKEN: u32 = u32::MAX;

impl Model {
    fn unread(&self) -> usize {
        self.known.values().filter(|(read, mark, there)| *there && !read && *mark == 0).count()
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Broadcast(id) => {
                self.known.entry(*id).or_insert((false, 0, true));
            }
            Step::Row(id, read) => {
                let known = self.known.entry(*id).or_insert((false, 0, true));
                let mark = if *read && known.1 == TAKEN { 0 } else { known.1 };
                *known = (*read, mark, true);
            }
            Step::Gone(id) => {
                if let Some(known) = self.known.get_mut(id) {
                    known.2 = false;
                }
            }
            Step::Mark(id) => self.mark(|of| of == *id, !self.known.contains_key(id)),
            Step::MarkAll => self.mark(|_| true, false),
            Step::Settle(taken) => {
                if let Some(request) = self.open.pop() {
                    for known in self.known.values_mut().filter(|known| known.1 == request) {
                        known.1 = if *taken { TAKEN } else { 0 };
                    }
                }
            }
            Step::Read | Step::Dismiss(_) | Step::Hold(_) | Step::Pause(..) | Step::Pass(_) => {}
        }
    }

    fn mark(&mut self, of: impl Fn(usize) -> bool, anyway: bool) {
        let request = self.requests + 1;
        let mut any = anyway;
        for (id, known) in &mut self.known {
            if of(*id) && known.2 && !known.0 && known.1 == 0 {
                known.1 = request;
                any = true;
            }
        }
        if any {
            self.requests = request;
            self.open.push(request);
        }
    }
}

proptest! {
    #[test]
    fn each_is_told_once_the_count_is_that_of_a_plain_model_and_three_show_at_most(steps in steps()) {
        let mut page = Page::with(config());
        // Nothing is stored in this world, so that nothing said counts as never stored: time does not reach that far.
        page.bell = Bell::new(BellConfig { limit: Some(200), ..config() });
        page.tell(BellInput::Read);
        let mut model = Model::default();
        let mut since_read = 0u64;
        for step in &steps {
            model.take(step);
            match step {
                Step::Broadcast(id) => page.broadcast(&row(&id.to_string(), false)),
                Step::Row(id, read) => page.row(&row(&id.to_string(), *read)),
                Step::Gone(id) => page.tell(BellInput::Gone(&id.to_string())),
                // A read that comes long after a broadcast drops it, which is tested by itself.
                Step::Read => if since_read < 30_000 { page.tell(BellInput::Read) },
                Step::Mark(id) => page.tell(BellInput::Mark(Some(&id.to_string()))),
                Step::MarkAll => page.tell(BellInput::Mark(None)),
                Step::Settle(taken) => if let Some((request, _)) = page.marks.pop() {
                    page.tell(BellInput::Marked(request, *taken));
                },
                Step::Dismiss(at) => if let Some((key, _)) = page.shown.get(*at) {
                    page.tell(BellInput::Dismiss(*key));
                },
                Step::Hold(at) => if let Some((key, _)) = page.shown.get(*at) {
                    page.tell(BellInput::Hold(*key));
                },
                Step::Pause(why, on) => page.tell(BellInput::Pause(*why, *on)),
                Step::Pass(span) => {
                    since_read += span;
                    page.pass(*span);
                }
            }
            prop_assert_eq!(page.count, Some((model.unread() as u32, false)), "after {:?}", step);
            prop_assert!(page.most_shown <= 3);
            for (_, content) in &page.shown {
                if let Content::One(card) = content {
                    let known = model.known[&card.id.parse::<usize>().unwrap()];
                    prop_assert!(known.2 && !known.0, "what has been read or deleted does not show");
                }
            }
        }
        let mut once = page.news.clone();
        once.sort();
        once.dedup();
        prop_assert_eq!(once.len(), page.news.len());
    }

    #[test]
    fn however_broadcasts_and_rows_are_interleaved_the_outcome_is_the_same(
        broadcasts in prop::collection::vec(0usize..12, 0..12),
        rows in prop::collection::vec((0usize..12, prop_oneof![3 => Just(Some(false)), 2 => Just(Some(true)), 1 => Just(None)]), 0..20),
        order in prop::collection::vec(any::<bool>(), 32),
    ) {
        // A table does not tell of the end of a row that it has not told of before.
        let told = |at: usize, id: usize| rows.iter().take(at).any(|(of, read)| *of == id && read.is_some());
        let rows: Vec<_> = rows.iter().enumerate().filter(|(at, (id, read))| read.is_some() || told(*at, *id)).collect();
        let play = |order: &mut dyn FnMut() -> bool| {
            let mut page = Page::settled();
            let (mut broadcasts, mut rows) = (broadcasts.iter(), rows.iter());
            loop {
                let first = order();
                for turn in [first, !first] {
                    if turn {
                        if let Some(id) = broadcasts.next() { page.broadcast(&row(&id.to_string(), false)); break; }
                    } else if let Some((_, (id, read))) = rows.next() {
                        match read {
                            Some(read) => page.row(&row(&id.to_string(), *read)),
                            None => page.tell(BellInput::Gone(&id.to_string())),
                        }
                        break;
                    }
                }
                if broadcasts.len() + rows.len() == 0 { break }
            }
            (page.list(), page.count)
        };
        let mut given = order.iter().copied();
        let one = play(&mut || given.next().unwrap_or_default());
        let other = play(&mut || true);
        prop_assert_eq!(&one, &other);
        let third = play(&mut || false);
        prop_assert_eq!(&one, &third);
    }

    #[test]
    fn no_text_breaks_it(text in "\\PC{0,60}") {
        let mut page = Page::settled();
        page.broadcast(&text);
        page.row(&text);
        page.broadcast(&json!({"id": text, "title": text, "type": text, "message": text, "created_at": text, "data": {"url": text}}).to_string());
        page.tell(BellInput::Mark(Some(&text)));
        prop_assert!(page.list().is_array());
    }
}

#[test]
fn one_that_was_forgotten_is_no_news_when_it_is_read_again() {
    let mut page = Page::settled();
    let at = |number: u32| {
        let time = format!("2026-11-25T10:{:02}:{:02}Z", number / 60, number % 60);
        row_with(&format!("n{number:04}"), json!({"created_at": time}))
    };
    for number in 0..501 {
        page.row(&at(number));
    }
    assert_eq!(page.news.len(), 501);
    page.row(&at(0));
    assert_eq!(page.news.len(), 501, "there were more than can be remembered");
    page.row(&at(501));
    assert_eq!(page.news.len(), 502);
}

#[test]
fn nothing_unread_has_no_label_even_if_there_may_be_more() {
    let mut bell = Bell::new(BellConfig { limit: Some(1), ..config() });
    written(&mut bell, 1, BellInput::Row(&row("a", false)));
    assert_eq!(written(&mut bell, 1, BellInput::Read), json!([["count", 1, "1+"]]));
    let effects = written(&mut bell, 2, BellInput::Mark(Some("a")));
    assert!(effects.as_array().unwrap().contains(&json!(["count", 0, ""])), "{effects}");
}

#[test]
fn what_is_gone_is_not_more_than_was_read() {
    let mut page = Page::with(BellConfig { limit: Some(1), ..config() });
    page.row(&row("a", false));
    page.tell(BellInput::Gone("a"));
    page.tell(BellInput::Read);
    assert_eq!(page.count, Some((0, false)));
}

#[test]
fn ids_and_addresses_have_an_end() {
    let mut page = Page::settled();
    page.broadcast(&row(&"i".repeat(2_049), false));
    assert_eq!((page.odd, page.news.len()), (1, 0));
    let address = |length: usize| format!("https://a.test/{}", "x".repeat(length - 15));
    for (length, kept) in [(2_048, true), (2_049, false)] {
        let mut page = Page::settled();
        page.broadcast(&row_with("a", json!({"url": address(length)})));
        assert_eq!(page.list()[0]["url"].as_str().unwrap().is_empty(), !kept);
    }
}

#[test]
fn a_long_time_that_the_page_asks_for_is_kept() {
    let mut page = Page::with(BellConfig { span: Millis(30_000), ..config() });
    page.tell(BellInput::Read);
    page.broadcast(&row_with("a", json!({"message": "x".repeat(900)})));
    page.pass(29_999);
    assert_eq!(page.toasts(), ["a"]);
    page.pass(1);
    assert!(page.toasts().is_empty());
}

#[test]
fn an_end_of_a_pause_that_never_began_changes_nothing() {
    let mut page = Page::settled();
    page.broadcast(&row("a", false));
    page.pass(SPAN - 1_000);
    page.tell(BellInput::Pause(PAUSED_BY_POINTER, false));
    page.pass(1_000);
    assert!(page.toasts().is_empty());
}

#[test]
fn a_sum_counts_all_and_is_a_failure_if_one_of_them_is() {
    for failed in [false, true] {
        let mut bell = Bell::new(BellConfig { limit: None, ..config() });
        for number in 0..703 {
            let kind = if failed && number == 9 { "upload_error" } else { "info" };
            written(&mut bell, 1, BellInput::Broadcast(&row_with(&format!("n{number}"), json!({"type": kind}))));
        }
        let effects = written(&mut bell, 2, BellInput::Dismiss(1));
        let show = effects.as_array().unwrap().iter().find(|effect| effect[0] == "show").unwrap();
        assert_eq!((&show[2], &show[3]), (&json!(failed), &json!(700)));
    }
}
