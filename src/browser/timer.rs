//! The one timer: one `setTimeout` for the earliest deadline of a core.

use gloo_timers::callback::Timeout;

use crate::core::base::Instant;

/// `setTimeout` holds its delay in 31 bits; what is longer would fire at once.
const LONGEST: u64 = i32::MAX as u64;

/// Dropping it clears the timeout.
#[derive(Default)]
pub struct Timer {
    armed: Option<(Instant, Timeout)>,
}

impl Timer {
    /// Makes `on_fire` run at `wanted`, and not at any earlier wish. Asking for the same moment again costs nothing.
    ///
    /// The callback may come early after a long delay, or late in a hidden tab; a core bears both.
    pub fn arm(&mut self, now: Instant, wanted: Option<Instant>, on_fire: impl FnOnce() + 'static) {
        if self.armed.as_ref().map(|(at, _)| *at) == wanted {
            return;
        }
        self.armed = wanted.map(|at| {
            let delay = (at - now).0.min(LONGEST) as u32;
            (at, Timeout::new(delay, on_fire))
        });
    }

    /// To be called first by the callback: from here on the timer counts as not armed.
    pub fn fired(&mut self) {
        if let Some((_, timeout)) = self.armed.take() {
            timeout.forget();
        }
    }
}
