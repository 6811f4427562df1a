//! How long to wait before the same link is asked again.
//!
//! Knows durations and the seeded generator. Must not know why the attempt failed. Invariant: never shorter than
//! what the server asked, never longer than `max` unless the server asked for more.

use crate::base::{Duration, Rng};

/// Exponential backoff with full jitter: uniform in `0..=min(max, base * 2^n)`, which spreads a herd best
/// (AWS Builders' Library, "Timeouts, retries and backoff with jitter").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Upper end of the first wait; 0.5 s by default.
    pub base: Duration,
    /// Upper end of every wait; 20 s by default.
    pub max: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Backoff { base: Duration::from_millis(500), max: Duration::from_secs(20) }
    }
}

impl Backoff {
    /// The wait before retry `n` (0 for the first). `asked` is the server's Retry-After: the wait is at least that
    /// long, with the jitter on top, so that clients who were told the same second do not come back as one.
    pub fn delay(&self, n: u32, asked: Option<Duration>, rng: &mut Rng) -> Duration {
        let ceiling = self.base.saturating_mul(1u64 << n.min(32)).min(self.max);
        let jitter = Duration(rng.below(ceiling.0.saturating_add(1)));
        match asked {
            Some(asked) => asked + jitter.min(Duration(asked.0 / 10 + self.base.0)),
            None => jitter,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_spread_between_zero_and_the_ceiling() {
        let b = Backoff { base: Duration::from_millis(100), max: Duration::from_millis(400) };
        let mut rng = Rng::new(7);
        for (n, ceiling) in [(0, 100), (1, 200), (2, 400), (3, 400), (63, 400)] {
            let waits: Vec<u64> = (0..2_000).map(|_| b.delay(n, None, &mut rng).0).collect();
            let max = waits.iter().max().copied().unwrap_or(0);
            let min = waits.iter().min().copied().unwrap_or(0);
            assert!(max <= ceiling * 1_000 && max > ceiling * 950, "{n}: {max}");
            assert!(min < ceiling * 50, "{n}: {min}");
        }
    }

    #[test]
    fn never_earlier_than_the_server_asked() {
        let b = Backoff::default();
        let mut rng = Rng::new(1);
        let asked = Duration::from_secs(3);
        for n in 0..40 {
            let d = b.delay(n, Some(asked), &mut rng);
            assert!(d >= asked && d <= Duration::from_millis(3_800), "{d:?}");
        }
    }
}
