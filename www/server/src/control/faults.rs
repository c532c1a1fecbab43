//! The faults that are armed. Every one is off after `/__control/reset`.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::Value;
use tokio::time::Instant;

/// What is armed. A limit of `None` means until reset.
#[derive(Default)]
pub struct Faults {
    pub refuse: Option<Armed<Refuse>>,
    pub join: Option<Armed<Join>>,
    pub subscribed: Option<Armed<Subscribed>>,
    pub stall_new: Option<Armed<(bool, Duration)>>,
    /// Changes are lost until then, as in a database outage; `None` inside means until reset.
    pub changes_lost: Option<Option<Instant>>,
    /// Each change is told this many times more.
    pub extra_changes: u32,
    /// Every change is told with this error instead of its row.
    pub change_error: Option<String>,
    /// Each frame of the next so many frames goes out twice.
    pub doubled_frames: u32,
    pub rest: VecDeque<Armed<RestFault>>,
    pub streams: VecDeque<Armed<StreamFault>>,
    pub retry: VecDeque<Armed<RetryFault>>,
    pub policies: Vec<(String, Policy)>,
    /// Ids of tokens that count as expired.
    pub expired_tokens: HashSet<String>,
}

/// A fault with its limits: so many times, until a moment.
#[derive(Clone, Debug)]
pub struct Armed<T> {
    pub fault: T,
    pub times: Option<u32>,
    pub until: Option<Instant>,
}

impl<T: Clone> Armed<T> {
    /// Uses it once; `None` when it is used up.
    fn fire(&mut self) -> Option<T> {
        if self.until.is_some_and(|until| until <= Instant::now()) || self.times == Some(0) {
            return None;
        }
        self.times = self.times.map(|times| times - 1);
        Some(self.fault.clone())
    }
}

/// A refused handshake.
#[derive(Clone, Debug)]
pub struct Refuse {
    pub status: StatusCode,
    pub body: Value,
    pub delay: Duration,
}

#[derive(Clone, Debug)]
pub struct Join {
    /// Topic without `realtime:`; `None` for every topic.
    pub topic: Option<String>,
    pub delay: Duration,
    /// Whether the delay blocks the whole socket, as it does in the real server.
    pub block: bool,
    /// Refuses with this reason.
    pub reason: Option<String>,
    /// Never answers.
    pub silent: bool,
}

#[derive(Clone, Debug)]
pub struct Subscribed {
    pub topic: Option<String>,
    pub delay: Option<Duration>,
    /// Never says it, and no change flows.
    pub silent: bool,
    /// A `system` error with this text instead.
    pub error: Option<String>,
}

/// What happens to a REST request whose path begins with `path`.
#[derive(Clone, Debug)]
pub struct RestFault {
    pub path: String,
    pub delay: Duration,
    /// `None` lets the request through after the delay.
    pub status: Option<StatusCode>,
    pub body: String,
    pub content_type: String,
    pub retry_after: Option<String>,
    /// Answers without the CORS headers, so that a browser hides the answer.
    pub no_cors: bool,
}

/// What happens to a stream.
#[derive(Clone, Debug)]
pub struct StreamFault {
    pub delay: Duration,
    pub shape: StreamShape,
    pub no_cors: bool,
}

#[derive(Clone, Debug)]
pub enum StreamShape {
    /// Any answer that is no stream: a status, an HTML page with 200, buffered JSON.
    Answer { status: StatusCode, content_type: String, body: String, retry_after: Option<String> },
    /// Headers, then these bytes, then the stream goes on as usual.
    Prefix(String),
    /// The stream as usual, cut without an end after this many bytes.
    CutAt(usize),
    /// The stream as usual, ended cleanly after this many bytes.
    EndAt(usize),
    /// Headers and nothing more, for so long.
    Stall(Duration),
    /// Comments without end, at this interval.
    Comments(Duration),
    /// One event whose data line has this many bytes.
    LongLine(usize),
}

/// What `POST …/assets/retry` answers.
#[derive(Clone, Debug)]
pub struct RetryFault {
    pub status: StatusCode,
    pub body: Value,
    pub retry_after: Option<String>,
}

/// Who may read and write a private topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    pub read: bool,
    pub write: bool,
}

impl Faults {
    pub fn refusal(&mut self) -> Option<Refuse> {
        self.refuse.as_mut()?.fire()
    }

    pub fn join_for(&mut self, name: &str) -> Option<Join> {
        let armed = self.join.as_mut()?;
        if armed.fault.topic.as_deref().is_some_and(|topic| topic != name) {
            return None;
        }
        armed.fire()
    }

    /// How long "Subscribed" takes for this topic, when a fault says so.
    pub fn subscribed_delay(&self, name: &str) -> Option<Duration> {
        let armed = self.subscribed.as_ref()?;
        let other = armed.fault.topic.as_deref().is_some_and(|topic| topic != name);
        if other || armed.times == Some(0) { None } else { armed.fault.delay }
    }

    pub fn subscribed_for(&mut self, name: &str) -> Option<Subscribed> {
        let armed = self.subscribed.as_mut()?;
        if armed.fault.topic.as_deref().is_some_and(|topic| topic != name) {
            return None;
        }
        armed.fire()
    }

    /// Deafness and length for a socket that has just opened.
    pub fn stall_for_new_socket(&mut self) -> Option<(bool, Duration)> {
        self.stall_new.as_mut()?.fire()
    }

    /// How often the next change is told; 0 while changes are lost.
    pub fn copies_of_change(&mut self) -> u32 {
        match self.changes_lost {
            Some(until) if until.is_none_or(|until| Instant::now() < until) => 0,
            Some(_) => {
                self.changes_lost = None;
                1 + self.extra_changes
            }
            None => 1 + self.extra_changes,
        }
    }

    pub fn change_error(&self) -> Option<String> {
        self.change_error.clone()
    }

    pub fn copies_of_frame(&mut self) -> u32 {
        if self.doubled_frames == 0 {
            return 1;
        }
        self.doubled_frames -= 1;
        2
    }

    pub fn rest_for(&mut self, path: &str) -> Option<RestFault> {
        first(&mut self.rest, |fault| path.starts_with(&fault.path))
    }

    pub fn stream(&mut self) -> Option<StreamFault> {
        first(&mut self.streams, |_| true)
    }

    pub fn retry(&mut self) -> Option<RetryFault> {
        first(&mut self.retry, |_| true)
    }

    /// The policy set for a private topic.
    pub fn policy(&self, name: &str) -> Option<Policy> {
        self.policies.iter().rev().find(|(topic, _)| topic == name).map(|(_, policy)| *policy)
    }
}

/// Fires the first fault of a queue that fits; used up ones leave the queue.
fn first<T: Clone>(queue: &mut VecDeque<Armed<T>>, fits: impl Fn(&T) -> bool) -> Option<T> {
    queue.retain(|armed| armed.times != Some(0) && armed.until.is_none_or(|until| Instant::now() < until));
    queue.iter_mut().find(|armed| fits(&armed.fault))?.fire()
}
