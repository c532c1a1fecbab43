//! How long to wait before trying again.

use super::{Millis, Rng};

/// Exponential backoff with full jitter.
///
/// Attempt *n*, counted from 0, waits a uniform random time in `0..=min(cap, base · 2ⁿ)`, so that a fleet of clients that
/// lost the same server does not come back in step ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
#[derive(Clone, Debug)]
pub struct Backoff {
    base: Millis,
    cap: Millis,
    attempt: u32,
}

impl Backoff {
    /// A fresh backoff. A `base` above `cap` is held at `cap`.
    pub const fn new(base: Millis, cap: Millis) -> Backoff {
        Backoff { base, cap, attempt: 0 }
    }

    /// The most that the next attempt can wait.
    pub fn ceiling(&self) -> Millis {
        self.base.times(1u64 << self.attempt.min(32)).min(self.cap)
    }

    /// The wait before the next attempt. Each call counts as one failed attempt.
    pub fn next_delay(&mut self, rng: &mut Rng) -> Millis {
        let ceiling = self.ceiling();
        self.attempt = self.attempt.saturating_add(1);
        Millis(rng.up_to(ceiling.0))
    }

    /// Forgets past failures. Call when the thing wanted has worked, not when its transport merely opened.
    pub fn reset(&mut self) {
        self.attempt = 0;
    }

    /// Replaces the base, as the `retry:` field of an event stream does. The failures so far still count.
    pub fn set_base(&mut self, base: Millis) {
        self.base = base;
    }

    /// Replaces the cap. The failures so far still count.
    pub fn set_cap(&mut self, cap: Millis) {
        self.cap = cap;
    }

    /// How many attempts have failed since the last reset.
    pub fn attempts(&self) -> u32 {
        self.attempt
    }
}
