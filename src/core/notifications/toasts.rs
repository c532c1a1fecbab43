//! Which notifications show as toasts, in which order, and for how long.
//!
//! ```text
//!   add ──▶ waiting ──room──▶ shown ──span over, or dismissed──▶ gone
//!              │                 ▲
//!              └── too many ──▶ one that sums them up
//! ```
//!
//! A toast whose notification has been read, here or elsewhere, is withdrawn from wherever it is.

use super::bell::BellEffect;
use super::note::Card;
use crate::core::base::{Instant, Millis};

/// The most that show at once.
const SHOWN_LIMIT: usize = 3;

/// The most that wait; when there are more they become one.
const WAITING_LIMIT: usize = 20;

/// The most ids that one that sums up remembers; the others only count.
const SUM_LIMIT: usize = 500;

/// What each character adds to the time that a toast shows, and the longest time.
const READING: u64 = 50;
const LONGEST: Millis = Millis(20_000);

/// What is left at least after a pause.
const RESUME: Millis = Millis(2_000);

/// Reasons to pause, as bits: the pointer is on a toast, the focus is, nobody sees the page.
pub const PAUSED_BY_POINTER: u32 = 1;
/// See [`PAUSED_BY_POINTER`].
pub const PAUSED_BY_FOCUS: u32 = 2;
/// See [`PAUSED_BY_POINTER`].
pub const PAUSED_BY_HIDDEN: u32 = 4;

/// What a toast says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// One notification.
    One(Card),
    /// Several: their ids, and how many more there are.
    Sum(Vec<String>, u32),
}

#[derive(Debug)]
struct Toast {
    key: u32,
    content: Content,
    is_failure: bool,
    /// How long it still shows; `None` until it is closed.
    left: Option<Millis>,
    /// When it goes; `None` while it is paused, waits, or stays.
    until: Option<Instant>,
}

#[derive(Debug)]
pub(super) struct Toasts {
    shown: Vec<Toast>,
    waiting: Vec<Toast>,
    /// How long one shows that has no text; 0: until it is closed.
    span: Millis,
    paused: u32,
    last_key: u32,
}

impl Content {
    fn is_of(&self, id: &str) -> bool {
        matches!(self, Content::One(card) if card.id == id)
    }

    /// Takes an id out of a sum. `true` if nothing is left of it.
    fn forget(&mut self, id: &str) -> bool {
        match self {
            Content::One(_) => false,
            Content::Sum(ids, more) => {
                let before = ids.len();
                ids.retain(|of| of != id);
                ids.len() != before && ids.is_empty() && *more == 0
            }
        }
    }

    fn add_to(self, sum: &mut (Vec<String>, u32)) {
        let (ids, more) = match self {
            Content::One(card) => (Vec::from([card.id]), 0),
            Content::Sum(ids, more) => (ids, more),
        };
        sum.1 += more;
        for id in ids {
            if sum.0.len() < SUM_LIMIT {
                sum.0.push(id);
            } else {
                sum.1 += 1;
            }
        }
    }
}

impl Toasts {
    pub(super) fn new(span: Millis) -> Toasts {
        Toasts { shown: Vec::new(), waiting: Vec::new(), span, paused: 0, last_key: 0 }
    }

    /// One more. Failures come before the others that wait.
    pub(super) fn add(&mut self, now: Instant, card: Card, effects: &mut Vec<BellEffect>) {
        let is_failure = card.is_failure();
        let reading = Millis(READING * card.length() as u64);
        let left = (self.span.0 > 0).then(|| Millis((self.span.0 + reading.0).min(LONGEST.0.max(self.span.0))));
        let at = if is_failure {
            self.waiting.iter().take_while(|toast| toast.is_failure).count()
        } else {
            self.waiting.len()
        };
        self.last_key += 1;
        let toast = Toast { key: self.last_key, content: Content::One(card), is_failure, left, until: None };
        self.waiting.insert(at, toast);
        let sums = self.waiting.iter().any(|toast| matches!(toast.content, Content::Sum(..)));
        if sums || self.waiting.len() > WAITING_LIMIT {
            self.sum_up();
        }
        self.fill(now, effects);
    }

    /// Makes one of all that wait.
    fn sum_up(&mut self) {
        let mut sum = (Vec::new(), 0);
        let mut is_failure = false;
        for toast in core::mem::take(&mut self.waiting) {
            is_failure |= toast.is_failure;
            toast.content.add_to(&mut sum);
        }
        self.last_key += 1;
        let left = (self.span.0 > 0).then_some(self.span);
        let content = Content::Sum(sum.0, sum.1);
        self.waiting.push(Toast { key: self.last_key, content, is_failure, left, until: None });
    }

    fn fill(&mut self, now: Instant, effects: &mut Vec<BellEffect>) {
        while self.shown.len() < SHOWN_LIMIT && !self.waiting.is_empty() {
            let mut toast = self.waiting.remove(0);
            if self.paused == 0 {
                toast.until = toast.left.map(|left| now + left);
            }
            effects.push(BellEffect::Show(toast.key, toast.is_failure, toast.content.clone()));
            self.shown.push(toast);
        }
    }

    /// The visitor closed it.
    pub(super) fn dismiss(&mut self, now: Instant, key: u32, effects: &mut Vec<BellEffect>) {
        self.hide(now, effects, &mut |toast| toast.key == key);
    }

    /// It has been read.
    pub(super) fn withdraw(&mut self, now: Instant, id: &str, effects: &mut Vec<BellEffect>) {
        self.waiting.retain_mut(|toast| !toast.content.is_of(id) && !toast.content.forget(id));
        self.hide(now, effects, &mut |toast| toast.content.is_of(id) || toast.content.forget(id));
    }

    fn hide(&mut self, now: Instant, effects: &mut Vec<BellEffect>, goes: &mut dyn FnMut(&mut Toast) -> bool) {
        self.shown.retain_mut(|toast| {
            let over = goes(toast);
            if over {
                effects.push(BellEffect::Hide(toast.key));
            }
            !over
        });
        self.fill(now, effects);
    }

    /// There is something to do in it, for which nobody should have to hurry: it stays until it is closed.
    pub(super) fn hold(&mut self, key: u32) {
        for toast in self.shown.iter_mut().filter(|toast| toast.key == key) {
            toast.left = None;
            toast.until = None;
        }
    }

    pub(super) fn pause(&mut self, now: Instant, reason: u32, on: bool) {
        let before = self.paused;
        self.paused = if on { before | reason } else { before & !reason };
        for toast in &mut self.shown {
            if let (Some(until), true) = (toast.until, self.paused != 0) {
                toast.left = Some(until - now);
                toast.until = None;
            } else if before != 0 && self.paused == 0 {
                toast.until = toast.left.map(|left| now + left.max(RESUME));
            }
        }
    }

    /// Hides those whose time is over.
    pub(super) fn fire_due(&mut self, now: Instant, effects: &mut Vec<BellEffect>) {
        self.hide(now, effects, &mut |toast| toast.until.is_some_and(|until| until <= now));
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.shown.iter().filter_map(|toast| toast.until).min()
    }
}
