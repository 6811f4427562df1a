//! Observation to outcome.
//!
//! Knows the rules. Invariant: total: every observation has an outcome.

use super::{Observation, Outcome};
use crate::base::WallTime;

/// Says what an observation means.
#[must_use]
pub fn classify(_observation: &Observation, _now: WallTime) -> Outcome {
    Outcome {
        kind: crate::error::Kind::ServerError,
        scope: super::Scope::Model,
        status: None,
        retry_after: None,
        retryable: true,
        billed: super::Billed::Maybe,
        rule: "stub".into(),
        source: "".into(),
        message: String::new(),
        request_id: None,
        body: None,
        provider: None,
        repair: super::Repair::default(),
    }
}
