//! The record of one call.
//!
//! Knows events. Invariants: one record per attempt, in the order of sending; each has exactly one end.

use super::event::{EventName, TraceEvent};
use crate::base::{Duration, Instant, Nanodollars};
use crate::error::Kind;
use serde::{Serialize, Serializer};
use std::borrow::Cow;

/// Everything worth knowing about a call.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trace {
    /// Version of this form.
    pub v: u32,
    /// The seed of jitter, in hexadecimal; also the call's id.
    pub id: String,
    /// Attempts in the order of sending.
    pub attempts: Vec<AttemptRecord>,
    /// Links that were left out.
    pub skipped: Vec<SkippedRecord>,
    /// Events in order.
    pub events: Vec<TraceEvent>,
    /// Label of the link that answered.
    pub label: Option<String>,
    /// The model that the service says served.
    pub model: Option<String>,
    /// The provider that served.
    pub provider: Option<String>,
    /// Whether anything but the first choice answered.
    pub fell_back: bool,
    /// Sum of what is known to have been charged, in dollars in the JSON.
    #[serde(serialize_with = "dollars")]
    pub cost: Option<Nanodollars>,
    /// Length of the call, in seconds in the JSON.
    #[serde(serialize_with = "seconds")]
    pub seconds: Duration,
    /// The kind of the error that ended the call.
    #[serde(serialize_with = "kind")]
    pub kind: Option<Kind>,
    /// The caller's tags.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "tags")]
    pub tags: Vec<(String, String)>,
    /// Source and date of the facts that the plan used.
    pub facts: (String, String),
    #[serde(skip)]
    start: Instant,
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AttemptRecord {
    /// Its index.
    pub index: u32,
    /// Label of the link.
    pub label: String,
    /// The model asked for.
    pub model: String,
    /// The model that the service says served.
    pub served_model: Option<String>,
    /// The provider behind the endpoint, where named.
    pub provider: Option<String>,
    /// Name of the endpoint.
    pub endpoint: String,
    /// HTTP status, or the one that the body named.
    pub status: Option<u16>,
    /// What went wrong; `None` for the attempt that answered.
    #[serde(serialize_with = "kind")]
    pub kind: Option<Kind>,
    /// The rule that said so.
    pub rule: Option<Cow<'static, str>>,
    /// One line for a person.
    pub message: Option<String>,
    /// When it was sent, since the start of the call.
    #[serde(serialize_with = "seconds")]
    pub started: Duration,
    /// When its first content came.
    #[serde(serialize_with = "maybe_seconds")]
    pub first_token: Option<Duration>,
    /// When it ended.
    #[serde(serialize_with = "maybe_seconds")]
    pub ended: Option<Duration>,
    /// What it cost, in dollars in the JSON.
    #[serde(serialize_with = "dollars")]
    pub cost: Option<Nanodollars>,
    /// Where that figure comes from.
    pub cost_source: Option<CostSource>,
    /// Tokens of the prompt, as reported.
    pub prompt_tokens: Option<u64>,
    /// Tokens of the answer, as reported.
    pub completion_tokens: Option<u64>,
    /// Index of the attempt on the same link that this one repeats.
    pub retry_of: Option<u32>,
    /// The service's id of the request.
    pub request_id: Option<String>,
}

/// Where a cost comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CostSource {
    /// The service said so.
    Reported,
    /// Tokens as reported, at the catalogue's price.
    Computed,
    /// Nothing is known, but the attempt may have been charged; `cost` is null.
    PossiblyBilled,
    /// It never left this machine, or the service refused it before any work: nothing is charged.
    NotBilled,
}

/// One link that was left out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SkippedRecord {
    /// The model.
    pub model: String,
    /// Its label.
    pub label: String,
    /// Why.
    pub reason: String,
}

impl Trace {
    /// An empty record of a call that starts now.
    #[must_use]
    pub fn new(start: Instant, seed: u64) -> Trace {
        Trace {
            v: 1,
            id: format!("{seed:016x}"),
            attempts: Vec::with_capacity(2),
            skipped: Vec::new(),
            events: Vec::with_capacity(8),
            label: None,
            model: None,
            provider: None,
            fell_back: false,
            cost: None,
            seconds: Duration::ZERO,
            kind: None,
            tags: Vec::new(),
            facts: (String::new(), String::new()),
            start,
        }
    }

    /// Notes an event.
    pub fn note(&mut self, now: Instant, name: EventName, attempt: Option<u32>, note: Option<String>) {
        self.events.push(TraceEvent { at: now.since(self.start), name, attempt, note });
    }

    /// Time since the start.
    #[must_use]
    pub fn offset(&self, now: Instant) -> Duration {
        now.since(self.start)
    }

    /// The record as JSON text.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings, integers and finite floats always serialise.
        serde_json::to_string(self).unwrap_or_default()
    }
}

pub(super) fn seconds<S: Serializer>(d: &Duration, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_f64(d.as_secs_f64())
}

fn maybe_seconds<S: Serializer>(d: &Option<Duration>, s: S) -> Result<S::Ok, S::Error> {
    match d {
        Some(d) => s.serialize_f64(d.as_secs_f64()),
        None => s.serialize_none(),
    }
}

fn dollars<S: Serializer>(n: &Option<Nanodollars>, s: S) -> Result<S::Ok, S::Error> {
    match n {
        Some(n) => s.serialize_f64(n.dollars()),
        None => s.serialize_none(),
    }
}

fn kind<S: Serializer>(k: &Option<Kind>, s: S) -> Result<S::Ok, S::Error> {
    match k {
        Some(k) => s.serialize_str(k.word()),
        None => s.serialize_none(),
    }
}

fn tags<S: Serializer>(tags: &[(String, String)], s: S) -> Result<S::Ok, S::Error> {
    s.collect_map(tags.iter().map(|(k, v)| (k, v)))
}
