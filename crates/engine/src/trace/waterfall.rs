//! A trace as a picture of text: one line per attempt, bars on one time scale.
//!
//! Knows the record. Must not know terminals. Invariants: pure text without colours; lines are as long as the longest
//! label needs; nothing but the trace is shown.

use super::record::{AttemptRecord, Trace};
use std::fmt::Write as _;

/// Width of the time scale in characters.
const SCALE: usize = 32;

/// The attempts of a call, one line each, under a line that says who answered.
#[must_use]
pub fn waterfall(trace: &Trace) -> String {
    let mut out = headline(trace);
    let widest = |of: fn(&AttemptRecord) -> usize| trace.attempts.iter().map(of).max().unwrap_or(0);
    let label = widest(|a| a.label.chars().count());
    let model = widest(|a| if a.model == a.label { 0 } else { a.model.chars().count() });
    let what = widest(|a| outcome(a).chars().count());
    let total = trace.seconds.as_secs_f64().max(1e-6);
    for a in &trace.attempts {
        let shown = if a.model == a.label { "" } else { a.model.as_str() };
        let (from, to) = (a.started.as_secs_f64(), a.ended.unwrap_or(trace.seconds).as_secs_f64());
        let bar = bar(from / total, to / total, a.kind.is_none());
        let _ = write!(
            out,
            "\n{:>2} {:label$}  {:model$}  {:what$}  |{bar}| {from:.3} - {to:.3} s",
            a.index + 1,
            a.label,
            shown,
            outcome(a)
        );
        if let Some(first) = a.first_token.filter(|_| a.kind.is_none()) {
            let _ = write!(out, ", first content at {:.3}", first.as_secs_f64());
        }
    }
    for s in &trace.skipped {
        let _ = write!(out, "\n -- {}: {}", s.label, s.reason);
    }
    out
}

fn headline(trace: &Trace) -> String {
    let mut line = match (&trace.label, trace.kind) {
        (Some(label), _) => format!("answered by {label}"),
        (None, Some(kind)) => format!("failed: {kind}"),
        (None, None) => "under way".to_owned(),
    };
    if let Some(model) = &trace.model {
        let _ = write!(line, " ({model}");
        if let Some(provider) = &trace.provider {
            let _ = write!(line, " at {provider}");
        }
        line.push(')');
    }
    let _ = write!(line, " after {:.3} s", trace.seconds.as_secs_f64());
    if trace.fell_back {
        line.push_str(", fell back");
    }
    if let Some(cost) = trace.cost {
        let _ = write!(line, ", ${:.6}", cost.dollars());
    }
    line
}

fn outcome(a: &AttemptRecord) -> String {
    let word = match a.kind {
        Some(kind) => kind.word(),
        None if a.ended.is_some() => "answered",
        None => "under way",
    };
    match a.status {
        Some(status) => format!("{status} {word}"),
        None => format!("--- {word}"),
    }
}

fn bar(from: f64, to: f64, answered: bool) -> String {
    let start = ((from * SCALE as f64) as usize).min(SCALE - 1);
    let end = ((to * SCALE as f64).ceil() as usize).clamp(start + 1, SCALE);
    let mark = if answered { '#' } else { '=' };
    (0..SCALE).map(|i| if (start..end).contains(&i) { mark } else { ' ' }).collect()
}
