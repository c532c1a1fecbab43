//! Keeping under the server's rates: a bucket of turns that fills at a steady pace.

use crate::core::base::{Instant, Millis};

/// A token bucket that counts in time: `ready_at` is when the next turn would be due if turns had come without pause.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    interval: Millis,
    burst: u64,
    ready_at: Instant,
}

impl Bucket {
    /// Full: `burst` turns at once, then one each `interval`.
    pub(crate) fn new(interval: Millis, burst: u32) -> Bucket {
        Bucket { interval, burst: u64::from(burst), ready_at: Instant(0) }
    }

    fn ahead(&self) -> Millis {
        self.interval.times(self.burst.saturating_sub(1))
    }

    /// When the next turn is.
    pub(crate) fn next_at(&self) -> Instant {
        Instant(self.ready_at.0.saturating_sub(self.ahead().0))
    }

    /// Takes a turn, if there is one.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        if self.next_at() > now {
            return false;
        }
        self.ready_at = self.ready_at.max(now) + self.interval;
        true
    }

    /// Empties it but for one turn: from here on turns come only at the steady pace.
    pub(crate) fn drain(&mut self, now: Instant) {
        self.ready_at = self.ready_at.max(now + self.ahead());
    }
}
