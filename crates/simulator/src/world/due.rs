//! What is to happen, and when.
//!
//! Knows instants. Invariant: of two things at the same instant the one that was pushed first comes first.

use super::scenes::What;
use resilient_completion_engine::base::Instant;
use std::cmp::Ordering;

/// One thing that is to happen to a call.
pub(super) struct Due {
    pub(super) at: Instant,
    pub(super) order: u64,
    pub(super) call: u32,
    pub(super) what: Happening,
}

/// What happens.
pub(super) enum Happening {
    /// The call begins.
    Start,
    /// A beat of an attempt's scene.
    Io(u32, What),
    /// The machine's timeout.
    Wake,
    /// The reader is back.
    Back,
    /// The caller ends the call.
    Cancel,
}

impl PartialEq for Due {
    fn eq(&self, other: &Due) -> bool {
        self.order == other.order
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Due) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Due) -> Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}
