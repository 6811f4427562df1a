//! The clocks of one attempt and of its call; the earliest wins.
//!
//! Knows instants and the names of the limits. Must not know what follows when one runs out. Invariants: clocks run on
//! content (the caller of this machine says what content is), so comments, padding and role-only pieces never set
//! them back; a pause of the reader moves the clock between contents, never the deadline of the call.

use crate::base::{Duration, Instant};
use crate::outcome::Limit;

/// Limits of one attempt, as instants.
#[derive(Clone, Copy, Debug)]
pub struct Timers {
    attempt: Instant,
    content: Instant,
    content_limit: Limit,
    between: Option<Duration>,
    total: Instant,
}

impl Timers {
    /// Starts the clocks of an attempt. `first_token` is `None` in a plain request, where only the whole attempt and
    /// the call are limited; in a stream `attempt` runs to the first content only.
    #[must_use]
    pub fn start(
        now: Instant,
        attempt: Option<Duration>,
        first_token: Option<Duration>,
        between: Option<Duration>,
        total: Instant,
    ) -> Timers {
        let at = |d: Option<Duration>| d.map_or(Instant::NEVER, |d| now + d);
        Timers {
            attempt: at(attempt),
            content: at(first_token),
            content_limit: Limit::FirstToken,
            between,
            total,
        }
    }

    /// Content came. In a stream the limit of the attempt is met and the clock between contents starts.
    pub fn content(&mut self, now: Instant, streaming: bool) {
        if streaming {
            self.attempt = Instant::NEVER;
            self.content = self.between.map_or(Instant::NEVER, |d| now + d);
            self.content_limit = Limit::BetweenTokens;
        }
    }

    /// The reader was away and is back: waiting for content begins now.
    pub fn resumed(&mut self, now: Instant) {
        if self.content_limit == Limit::BetweenTokens {
            self.content(now, true);
        }
    }

    /// When the next limit runs out, and which.
    #[must_use]
    pub fn next(&self) -> (Instant, Limit) {
        // The widest limit is named on a tie: "the call is over" says more than "the attempt is over".
        let mut best = (self.total, Limit::Total);
        for candidate in [(self.attempt, Limit::Attempt), (self.content, self.content_limit)] {
            if candidate.0 < best.0 {
                best = candidate;
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(n: u64) -> Duration {
        Duration::from_secs(n)
    }
    fn at(n: u64) -> Instant {
        Instant(n * 1_000_000)
    }

    #[test]
    fn in_a_stream_the_attempt_ends_its_clock_at_the_first_content() {
        let mut t = Timers::start(at(0), Some(s(10)), Some(s(30)), Some(s(5)), at(60));
        assert_eq!(t.next(), (at(10), Limit::Attempt));
        t.content(at(8), true);
        assert_eq!(t.next(), (at(13), Limit::BetweenTokens));
        t.content(at(12), true);
        assert_eq!(t.next(), (at(17), Limit::BetweenTokens));
        t.content(at(58), true);
        assert_eq!(t.next(), (at(60), Limit::Total));
    }

    #[test]
    fn a_plain_answer_has_the_whole_attempt() {
        let mut t = Timers::start(at(0), Some(s(10)), None, None, at(60));
        t.content(at(1), false);
        assert_eq!(t.next(), (at(10), Limit::Attempt));
    }

    #[test]
    fn a_reader_who_was_away_does_not_trip_the_clock() {
        let mut t = Timers::start(at(0), None, Some(s(3)), Some(s(5)), at(60));
        t.resumed(at(2));
        assert_eq!(t.next(), (at(3), Limit::FirstToken), "before content a pause changes nothing");
        t.content(at(2), true);
        t.resumed(at(50));
        assert_eq!(t.next(), (at(55), Limit::BetweenTokens));
        t.resumed(at(59));
        assert_eq!(t.next(), (at(60), Limit::Total));
    }
}
