//! Response headers that decisions read.
//!
//! Knows time. Must not know policy: it says what a server asked for, not whether to obey. Invariants: names are
//! lower case; a value that cannot be read is absent, never zero.

use crate::base::{Duration, WallTime};

/// The response headers worth keeping, names in lower case, in the order of arrival.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Headers(pub Vec<(String, String)>);

impl Headers {
    /// Whether a header is read by any decision; drivers copy only these.
    #[must_use]
    pub fn is_relevant(_name: &str) -> bool {
        true
    }

    /// The first value of `name` (lower case).
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// What the server asked to wait, from `retry-after-ms`, `retry-after` (seconds or a date) and reset headers.
    #[must_use]
    pub fn retry_after(&self, _now: WallTime) -> Option<Duration> {
        None
    }

    /// The service's id of this request, for support.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.get("x-generation-id").or_else(|| self.get("x-request-id")).or_else(|| self.get("request-id"))
    }
}
