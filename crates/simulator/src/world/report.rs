//! What came out of a world, and how a step of a call is told to a person.
//!
//! Knows events and actions. Must not judge.

use super::digest::Digest;
use resilient_completion_engine::base::Duration;
use resilient_completion_engine::call::transitions::{Cause, State};
use resilient_completion_engine::call::{Action, Event, Verdict};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What came out of one or more worlds.
#[derive(Debug, Default)]
pub struct Report {
    /// Calls begun.
    pub calls: u64,
    /// Calls that got an answer.
    pub answered: u64,
    /// Calls that did not, by kind.
    pub failures: BTreeMap<&'static str, u64>,
    /// Requests sent.
    pub attempts: u64,
    /// What providers did, by scene.
    pub scenes: BTreeMap<&'static str, u64>,
    /// Events that were handled and checked.
    pub events: u64,
    /// How much time went by in the world.
    pub virtual_time: Duration,
    /// Digest of all actions.
    pub digest: Digest,
    /// Broken promises.
    pub violations: Vec<Violation>,
    /// Moves of the machine that were made (known in debug builds only).
    pub visited: BTreeSet<(State, Cause)>,
    /// The call that was to be told, step by step.
    pub story: Vec<String>,
}

/// A broken promise.
#[derive(Clone, Debug)]
pub struct Violation {
    /// The world's seed.
    pub seed: u64,
    /// The call.
    pub call: u32,
    /// How many events the call had had.
    pub events: u32,
    /// The promise.
    pub rule: &'static str,
    /// How it was broken.
    pub detail: String,
}

impl Report {
    /// Adds another world's report.
    pub fn add(&mut self, other: Report) {
        self.calls += other.calls;
        self.answered += other.answered;
        self.attempts += other.attempts;
        self.events += other.events;
        self.virtual_time = self.virtual_time + other.virtual_time;
        self.digest.number(other.digest.value());
        for (kind, n) in other.failures {
            *self.failures.entry(kind).or_default() += n;
        }
        for (scene, n) in other.scenes {
            *self.scenes.entry(scene).or_default() += n;
        }
        self.violations.extend(other.violations);
        self.visited.extend(other.visited);
    }

    /// The figures as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut broken: BTreeMap<&str, u64> = BTreeMap::new();
        for violation in &self.violations {
            *broken.entry(violation.rule).or_default() += 1;
        }
        json!({
            "calls": self.calls, "answered": self.answered, "failures": self.failures, "attempts": self.attempts,
            "events": self.events, "scenes": self.scenes, "violations": self.violations.len(), "broken": broken,
            "virtual_seconds": self.virtual_time.as_secs_f64().round(),
            "digest": format!("{:016x}", self.digest.value()),
        })
    }

    /// The violation of each promise that took the fewest events.
    #[must_use]
    pub fn shortest(&self) -> Vec<&Violation> {
        let mut shortest: BTreeMap<&str, &Violation> = BTreeMap::new();
        for violation in &self.violations {
            let best = shortest.entry(violation.rule).or_insert(violation);
            if violation.events < best.events {
                *best = violation;
            }
        }
        shortest.into_values().collect()
    }
}

pub(super) fn told(event: &Event) -> String {
    match event {
        Event::Bytes { attempt, bytes } => {
            let text: String = String::from_utf8_lossy(bytes).chars().take(200).collect();
            format!("bytes of {attempt}: {text:?}")
        }
        other => format!("{other:?}"),
    }
}

pub(super) fn said(action: &Action) -> String {
    match action {
        Action::Send { attempt, request } => format!("send {attempt} to {}", request.url),
        Action::Deliver(delta) if delta.restarted => "deliver: restarted".to_owned(),
        Action::Deliver(delta) => format!("deliver {:?}", delta.text),
        Action::Finish(Verdict::Answer(s)) => format!("finish: {} answered {:?}", s.label, s.answer.text),
        Action::Finish(Verdict::Failure(e)) => format!("finish: {} {e}", e.kind),
        other => format!("{other:?}"),
    }
}
