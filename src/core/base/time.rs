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

impl Millis {
    /// So many times as long; what does not fit is the longest there is.
    pub fn times(self, factor: u64) -> Millis {
        Millis(product(self.0, factor))
    }
}

/// The product, or the largest number, from products of halves. std's goes through one of 128 bits, whose function LLVM
/// calls by another convention than it has where functions return several values (`tools/build.mjs`).
#[inline(never)]
pub(crate) fn product(one: u64, other: u64) -> u64 {
    let (small, large) = (one.min(other), one.max(other));
    let high = (large >> 32) * (small & 0xffff_ffff);
    if (large >> 32 != 0 && small >> 32 != 0) || high >> 32 != 0 {
        return u64::MAX;
    }
    // Either `small` fits 32 bits, or both do.
    (high << 32).saturating_add((large & 0xffff_ffff) * (small & 0xffff_ffff))
}

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
