//! Instants and durations as plain integers of microseconds.
//!
//! Knows nothing of clocks: an [`Instant`] counts from an origin that the driver chooses (the start of the
//! process, say; a vector writes small numbers). Invariants: arithmetic saturates, never panics, never wraps.

use core::fmt;
use core::ops::{Add, Sub};

/// A point on the driver's monotonic clock, in microseconds since the driver's own origin.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(pub u64);

/// A length of time in microseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Duration(pub u64);

/// Wall-clock time in milliseconds since 1970-01-01T00:00:00Z; used only to read dates that servers send.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct WallTime(pub i64);

impl Instant {
    /// A moment that no clock reaches.
    pub const NEVER: Instant = Instant(u64::MAX);

    /// Time from `earlier` to `self`; zero if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Instant) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }
}

impl Duration {
    /// No time at all.
    pub const ZERO: Duration = Duration(0);
    /// Longer than any call.
    pub const MAX: Duration = Duration(u64::MAX);

    /// From whole milliseconds.
    #[must_use]
    pub const fn from_millis(ms: u64) -> Duration {
        Duration(ms.saturating_mul(1_000))
    }

    /// From whole seconds.
    #[must_use]
    pub const fn from_secs(s: u64) -> Duration {
        Duration(s.saturating_mul(1_000_000))
    }

    /// From seconds as a float, as users and services write them; `None` for NaN, infinities and negatives.
    #[must_use]
    pub fn from_secs_f64(s: f64) -> Option<Duration> {
        if !s.is_finite() || s < 0.0 {
            return None;
        }
        // A float-to-integer cast saturates in Rust, so ten thousand years is simply very long.
        Some(Duration((s * 1_000_000.0).round() as u64))
    }

    /// As seconds, for display and for the trace.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1_000_000.0
    }

    /// Multiplied, saturating.
    #[must_use]
    pub const fn saturating_mul(self, by: u64) -> Duration {
        Duration(self.0.saturating_mul(by))
    }

    /// Subtracted, at least zero.
    #[must_use]
    pub const fn saturating_sub(self, other: Duration) -> Duration {
        Duration(self.0.saturating_sub(other.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;
    fn add(self, d: Duration) -> Instant {
        Instant(self.0.saturating_add(d.0))
    }
}

impl Add for Duration {
    type Output = Duration;
    fn add(self, d: Duration) -> Duration {
        Duration(self.0.saturating_add(d.0))
    }
}

impl Sub<Instant> for Instant {
    type Output = Duration;
    fn sub(self, earlier: Instant) -> Duration {
        self.since(earlier)
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{:.6}s", self.0 as f64 / 1e6)
    }
}

impl fmt::Debug for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.6}s", self.as_secs_f64())
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0..1_000 => write!(f, "{} us", self.0),
            1_000..1_000_000 => write!(f, "{} ms", self.0 / 1_000),
            _ => {
                let s = format!("{:.1}", self.as_secs_f64());
                write!(f, "{} s", s.strip_suffix(".0").unwrap_or(&s))
            }
        }
    }
}
