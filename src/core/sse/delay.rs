//! How long a stream waits before its next attempt.

use super::config::{Config, Manner};
use crate::core::base::{Backoff, Millis, Rng};

/// A connection that ends sooner has ended at once.
const AT_ONCE: Millis = Millis(2_000);
/// How often a stream may end at once before the page is told that it always does.
const PATIENCE: u32 = 3;
/// In the standard's manner, how many waits in a row are the reconnection time itself.
const PLAIN_WAITS: u32 = 2;

/// What is remembered of past attempts.
#[derive(Debug)]
pub(super) struct Delay {
    backoff: Backoff,
    base: Millis,
    /// Attempts that failed or ended at once, since the last healthy connection.
    failures: u32,
    /// Connections that ended at once, in a row.
    ended_at_once: u32,
}

impl Delay {
    pub(super) fn new(config: &Config) -> Delay {
        let base = held(config, config.retry);
        Delay { backoff: Backoff::new(base, cap(config, base)), base, failures: 0, ended_at_once: 0 }
    }

    /// A `retry:` field came.
    pub(super) fn set_base(&mut self, config: &Config, retry: Millis) {
        self.base = held(config, retry);
        self.backoff.set_base(self.base);
        self.backoff.set_cap(cap(config, self.base));
    }

    /// A connection that stood for `stood` is over. Forgives past failures if it was healthy.
    pub(super) fn after_connection(&mut self, config: &Config, stood: Millis, clean: bool) {
        if stood >= config.healthy_after {
            self.backoff.reset();
            self.failures = 0;
        }
        self.ended_at_once = if clean && stood < AT_ONCE { self.ended_at_once.saturating_add(1) } else { 0 };
    }

    /// An attempt failed before it had opened.
    pub(super) fn after_failure(&mut self) {
        self.ended_at_once = 0;
    }

    pub(super) fn ends_at_once_again(&self) -> bool {
        self.ended_at_once >= PATIENCE
    }

    /// The wait before the next attempt.
    pub(super) fn next(&mut self, config: &Config, rng: &mut Rng) -> Millis {
        match config.manner {
            Manner::Resilient => self.backoff.next_delay(rng),
            Manner::Standard => self.next_standard(config),
        }
    }

    /// The reconnection time. The standard allows to wait some more after a failed attempt; a stream that ends at once
    /// again and again is slowed to three seconds at most, so that `retry: 0` is no storm and honest polling is not hurt.
    fn next_standard(&mut self, config: &Config) -> Millis {
        let doublings = self.failures.saturating_sub(PLAIN_WAITS - 1).min(16);
        self.failures = self.failures.saturating_add(1);
        let most = if self.ended_at_once > 0 { Millis(3_000) } else { config.backoff_cap };
        Millis((self.base.0 << doublings).min(most.0.max(self.base.0)))
    }
}

fn held(config: &Config, retry: Millis) -> Millis {
    retry.max(config.retry_min).min(config.retry_max)
}

/// Backoff never falls below a base that the server asked for.
fn cap(config: &Config, base: Millis) -> Millis {
    config.backoff_cap.max(base)
}
