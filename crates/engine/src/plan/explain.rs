//! A plan as data for people: what `plan()` returns.
//!
//! Knows plans. Must not send. Invariants: shows the exact bodies; shows no key and no header value.

use super::{Candidate, Plan};
use crate::base::Duration;
use serde_json::{Value, json};

/// The JSON of `client.plan()` (API.md).
#[must_use]
pub fn explain(plan: &Plan) -> Value {
    let candidates: Vec<Value> = plan.candidates.iter().map(|c| candidate(plan, c)).collect();
    let skipped: Vec<Value> = plan
        .skipped
        .iter()
        .map(|s| json!({"model": s.model, "label": s.label, "reason": s.reason}))
        .collect();
    let mut warnings = plan.warnings.clone();
    warnings.extend(plan.ready().err().map(|e| e.message));
    json!({
        "candidates": candidates,
        "skipped": skipped,
        "bounds": {"attempts": most_attempts(plan), "seconds": longest(plan).as_secs_f64(), "usd": null},
        "facts": {"source": plan.facts.0, "date": plan.facts.1},
        "warnings": warnings,
    })
}

fn candidate(plan: &Plan, c: &Candidate) -> Value {
    let body: Vec<u8> =
        plan.prepare(c, plan.streams()).body.iter().flat_map(|piece| piece.iter().copied()).collect();
    // Without a limit of its own an attempt has its share; this is the one that it has if all before it use theirs.
    let share = Duration(plan.policy.timeouts.total.0 / plan.candidates.len().max(1) as u64);
    let limit = plan.limit(c).unwrap_or(share);
    json!({
        "model": c.model,
        "endpoint": c.endpoint.name,
        "label": c.label,
        "timeout": limit.as_secs_f64(),
        "body": serde_json::from_slice::<Value>(&body).unwrap_or(Value::Null),
    })
}

/// The most attempts that a call can make: each link once and its retries, or the last-resort retries where no link
/// has any of its own, and a forced attempt on a link whose key met a wall.
#[must_use]
pub fn most_attempts(plan: &Plan) -> u32 {
    plan.candidates.iter().fold(0u32, |sum, c| {
        sum.saturating_add(1).saturating_add(c.retries.unwrap_or(super::policy::LAST_RESORT_RETRIES))
    })
}

/// The longest that a call can take.
#[must_use]
pub fn longest(plan: &Plan) -> Duration {
    plan.policy.timeouts.total
}
