//! Retry tokens: what keeps a client from multiplying an outage.
//!
//! Knows nothing of links. One bucket serves one endpoint for the whole process. Every call that is admitted pays in
//! a fraction of a token, every retry or hedge takes a whole one; an empty bucket means no retry and no hedge, never
//! a failed call. Invariant: the level stays within `0..=capacity`, so that at steady state the attempts per call
//! on a dead link are at most `1 + deposit` (the retry budget of Finagle; Google SRE book, "Handling overload").

/// Settings of a bucket, in thousandths of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenSettings {
    /// Most that the bucket holds, and what it starts with: 10 retries' worth, so that a quiet client can retry.
    pub capacity: u32,
    /// What each admitted call pays in: 0.1 of a retry.
    pub deposit: u32,
}

impl Default for TokenSettings {
    fn default() -> Self {
        TokenSettings { capacity: 10_000, deposit: 100 }
    }
}

/// One bucket. Settings come with each question, since clients that share it may differ: an asker's own capacity says
/// whether it retries at all and how far it fills the bucket; nobody empties it for the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryTokens {
    level: u32,
}

/// Price of one retry or hedge, in thousandths.
const RETRY: u32 = 1_000;

impl RetryTokens {
    /// A full bucket.
    #[must_use]
    pub fn new(settings: &TokenSettings) -> RetryTokens {
        RetryTokens { level: settings.capacity }
    }

    /// A call was admitted.
    pub fn deposit(&mut self, settings: &TokenSettings) {
        let filled = self.level.saturating_add(settings.deposit).min(settings.capacity);
        self.level = self.level.max(filled);
    }

    /// Takes one token if there is one.
    pub fn take(&mut self, settings: &TokenSettings) -> bool {
        if self.level < RETRY || settings.capacity < RETRY {
            return false;
        }
        self.level -= RETRY;
        true
    }

    /// Whole and fractional tokens left, for display.
    #[must_use]
    pub fn level(&self) -> f64 {
        f64::from(self.level) / f64::from(RETRY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_link_gets_one_retry_in_ten_calls() {
        let settings = TokenSettings::default();
        let mut bucket = RetryTokens::new(&settings);
        let mut retries = 0;
        for _ in 0..10_000 {
            bucket.deposit(&settings);
            retries += u32::from(bucket.take(&settings));
        }
        // The full bucket at the start is worth ten more.
        assert_eq!(retries, 1_009);
    }

    #[test]
    fn an_empty_bucket_stays_empty_without_calls() {
        let settings = TokenSettings { capacity: 2_000, deposit: 100 };
        let mut bucket = RetryTokens::new(&settings);
        assert!(bucket.take(&settings) && bucket.take(&settings));
        assert!(!bucket.take(&settings));
        assert_eq!(bucket.level(), 0.0);
    }

    #[test]
    fn one_who_wants_no_retries_takes_none_from_the_others() {
        let (usual, none) = (TokenSettings::default(), TokenSettings { capacity: 0, deposit: 0 });
        let mut bucket = RetryTokens::new(&usual);
        assert!(!bucket.take(&none));
        bucket.deposit(&none);
        assert_eq!(bucket.level(), 10.0);
    }
}
