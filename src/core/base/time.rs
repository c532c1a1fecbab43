//! Time as the core knows it: handed in with every call, never asked for.

use core::ops::{Add, Sub};

/// A point in time: whole milliseconds since the Unix epoch, as the host's clock had it when the page loaded, and from
/// then on advanced by a clock that never goes back and that counts sleep.
///
/// The epoch is there so that the `exp` of a token can be compared with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(pub u64);

/// A span of time in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(pub u64);

impl Add<Millis> for Instant {
    type Output = Instant;
    fn add(self, span: Millis) -> Instant {
        Instant(self.0.saturating_add(span.0))
    }
}

/// The span from `earlier` to `self`; zero if `earlier` is later.
impl Sub<Instant> for Instant {
    type Output = Millis;
    fn sub(self, earlier: Instant) -> Millis {
        Millis(self.0.saturating_sub(earlier.0))
    }
}
