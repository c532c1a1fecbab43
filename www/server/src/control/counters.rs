//! What happened so far, as numbers.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

/// Seconds of the joins-per-second histogram that are kept.
const HISTOGRAM_SECONDS: u64 = 600;

/// Handshakes whose moment is kept.
const HANDSHAKE_TIMES: usize = 1000;

#[derive(Default)]
pub struct Counters {
    sockets: AtomicI64,
    opened: AtomicU64,
    refused: AtomicU64,
    joins: AtomicU64,
    refused_joins: AtomicU64,
    received: AtomicU64,
    sent: AtomicU64,
    changes: AtomicU64,
    broadcasts: AtomicU64,
    streams: AtomicI64,
    streams_opened: AtomicU64,
    requests: AtomicU64,
    /// Second since 1970 → joins asked for in it.
    joins_by_second: Mutex<BTreeMap<u64, u32>>,
    /// Milliseconds since 1970 of every handshake.
    handshakes: Mutex<Vec<u64>>,
}

impl Counters {
    pub fn open_socket(&self) {
        self.sockets.fetch_add(1, Ordering::Relaxed);
        self.opened.fetch_add(1, Ordering::Relaxed);
    }

    pub fn close_socket(&self) {
        self.sockets.fetch_sub(1, Ordering::Relaxed);
    }

    /// Sockets that are open, or closing.
    pub fn sockets(&self) -> i64 {
        self.sockets.load(Ordering::Relaxed)
    }

    pub fn count_handshake(&self) {
        let mut handshakes = lock(&self.handshakes);
        if handshakes.len() < HANDSHAKE_TIMES {
            handshakes.push(millis());
        }
    }

    pub fn count_refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub fn count_join(&self) {
        self.joins.fetch_add(1, Ordering::Relaxed);
        let second = millis() / 1000;
        let mut joins = lock(&self.joins_by_second);
        *joins.entry(second).or_default() += 1;
        joins.retain(|kept, _| kept + HISTOGRAM_SECONDS > second);
    }

    pub fn count_refused_join(&self) {
        self.refused_joins.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether this second has seen more joins than `limit`.
    pub fn joins_over(&self, limit: Option<u32>) -> bool {
        let joins = lock(&self.joins_by_second).get(&(millis() / 1000)).copied().unwrap_or_default();
        limit.is_some_and(|limit| joins > limit)
    }

    pub fn count_received(&self) {
        self.received.fetch_add(1, Ordering::Relaxed);
    }

    pub fn count_sent(&self) {
        self.sent.fetch_add(1, Ordering::Relaxed);
    }

    pub fn count_change(&self) {
        self.changes.fetch_add(1, Ordering::Relaxed);
    }

    pub fn count_broadcast(&self) {
        self.broadcasts.fetch_add(1, Ordering::Relaxed);
    }

    pub fn count_request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub fn open_stream(&self) {
        self.streams.fetch_add(1, Ordering::Relaxed);
        self.streams_opened.fetch_add(1, Ordering::Relaxed);
    }

    pub fn close_stream(&self) {
        self.streams.fetch_sub(1, Ordering::Relaxed);
    }

    /// Zeroes what has been counted; what is open stays counted.
    pub fn reset(&self) {
        let totals = [
            &self.opened,
            &self.refused,
            &self.joins,
            &self.refused_joins,
            &self.received,
            &self.sent,
            &self.changes,
            &self.broadcasts,
            &self.streams_opened,
            &self.requests,
        ];
        totals.into_iter().for_each(|total| total.store(0, Ordering::Relaxed));
        lock(&self.joins_by_second).clear();
        lock(&self.handshakes).clear();
    }

    /// Everything, for `GET /__control/counters`.
    pub fn report(&self, channels: usize) -> Value {
        let joins: BTreeMap<String, u32> =
            lock(&self.joins_by_second).iter().map(|(second, joins)| (second.to_string(), *joins)).collect();
        json!({
            "sockets": self.sockets.load(Ordering::Relaxed),
            "channels": channels,
            "streams": self.streams.load(Ordering::Relaxed),
            "socketsOpened": self.opened.load(Ordering::Relaxed),
            "handshakesRefused": self.refused.load(Ordering::Relaxed),
            "handshakes": *lock(&self.handshakes),
            "joins": self.joins.load(Ordering::Relaxed),
            "joinsRefused": self.refused_joins.load(Ordering::Relaxed),
            "joinsBySecond": joins,
            "framesReceived": self.received.load(Ordering::Relaxed),
            "framesSent": self.sent.load(Ordering::Relaxed),
            "changesSent": self.changes.load(Ordering::Relaxed),
            "broadcasts": self.broadcasts.load(Ordering::Relaxed),
            "streamsOpened": self.streams_opened.load(Ordering::Relaxed),
            "restRequests": self.requests.load(Ordering::Relaxed),
        })
    }
}

fn millis() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
