//! What an answer cost, and who says so.
//!
//! Knows the catalogue's prices. Must not hold budgets. Invariants: the service's own figure wins; else the price of
//! the model that *served*, not of the one asked for; unknown is `None`, never zero.

use super::{Candidate, Plan};
use crate::base::Nanodollars;
use crate::chat::Usage;

/// Cost of an answer; `true` if the service reported it, `false` if it was computed from the catalogue.
#[must_use]
pub fn cost(
    plan: &Plan,
    candidate: &Candidate,
    usage: Option<&Usage>,
    served: Option<&str>,
) -> Option<(Nanodollars, bool)> {
    let usage = usage?;
    if let Some(reported) = usage.cost {
        return Some((reported, true));
    }
    let entry = served
        .and_then(|model| plan.catalog.lookup(model))
        .or_else(|| plan.catalog.lookup(&candidate.model))?;
    entry.prices.cost(usage).map(|computed| (computed, false))
}
