//! Whether what was seen is what a vector expects.
//!
//! Knows the form. Must not know the client. Invariants: every key of the form is looked at; all that differs is
//! reported, not only the first.

use super::form::{AttemptForm, ErrorForm, Expected, RequestForm, SkippedForm, ToolCall};
use crate::provider::Recorded;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Debug;

/// What a runner saw.
#[derive(Clone, Debug)]
pub struct Observed {
    /// The answer, or the error as JSON with the keys of the border's envelope.
    pub outcome: Result<Finished, Value>,
    /// The text of all deltas.
    pub deltas: Option<String>,
    /// The trace as JSON; `null` if there is none.
    pub trace: Value,
    /// What the provider received.
    pub requests: Vec<Recorded>,
    /// How long the call took.
    pub seconds: f64,
}

/// An answer as a caller sees it.
#[derive(Clone, Debug)]
pub struct Finished {
    /// `text`
    pub text: String,
    /// `model`
    pub model: Option<String>,
    /// `label`
    pub label: String,
    /// `provider`
    pub provider: Option<String>,
    /// `fell_back`
    pub fell_back: bool,
    /// `cost`
    pub cost: Option<f64>,
    /// `to_dict()`
    pub body: Value,
}

/// The differences found so far.
struct Report(Vec<String>);

impl Expected {
    /// Everything in which `seen` differs; empty if nothing does.
    #[must_use]
    pub fn differences(&self, seen: &Observed) -> Vec<String> {
        let mut r = Report(Vec::new());
        match (&self.error, &seen.outcome) {
            (Some(form), Err(error)) => r.error(form, error),
            (Some(form), Ok(_)) => r.0.push(format!("expected {}, but the call succeeded", form.class)),
            (None, Err(error)) => r.0.push(format!("expected an answer, got {error}")),
            (None, Ok(finished)) => self.answer(finished, &mut r),
        }
        r.same("deltas", self.deltas.as_ref(), seen.deltas.as_ref());
        let list = |key: &str| seen.trace.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        if let Some(attempts) = &self.attempts {
            r.each("attempts", attempts, &list("attempts"), Report::attempt);
        }
        if let Some(skipped) = &self.skipped {
            r.each("skipped", skipped, &list("skipped"), Report::skipped);
        }
        if let Some(events) = &self.events {
            let names: Vec<String> = list("events").iter().map(|e| text(e, "name")).collect();
            r.same("events", Some(events), Some(&names));
        }
        if let Some(requests) = &self.requests {
            r.each("requests", requests, &seen.requests, Report::request);
        }
        if let Some(expected) = &self.requests_per_model {
            let mut counts: BTreeMap<String, usize> = BTreeMap::new();
            for request in &seen.requests {
                *counts.entry(request.model.clone()).or_default() += 1;
            }
            r.same("requests_per_model", Some(expected), Some(&counts));
        }
        if let Some(bounds) = self.seconds
            && (bounds.min.is_some_and(|m| seen.seconds < m) || bounds.max.is_some_and(|m| seen.seconds > m))
        {
            r.0.push(format!("seconds: {:.3} is not within {bounds:?}", seen.seconds));
        }
        r.0
    }

    fn answer(&self, seen: &Finished, r: &mut Report) {
        let message = &seen.body["choices"][0]["message"];
        r.same("text", self.text.as_ref(), Some(&seen.text));
        if let Some(reasoning) = &self.reasoning {
            r.same("reasoning", Some(reasoning.as_str()), message["reasoning"].as_str());
        }
        r.same("model", self.model.as_ref(), seen.model.as_ref());
        r.same("label", self.label.as_ref(), Some(&seen.label));
        r.same("provider", self.provider.as_ref(), seen.provider.as_ref());
        r.same("fell_back", self.fell_back.as_ref(), Some(&seen.fell_back));
        if let Some(cost) = self.cost {
            let same = match (cost, seen.cost) {
                (Some(a), Some(b)) => (a - b).abs() < 1e-9,
                (a, b) => a.is_none() && b.is_none(),
            };
            r.unless(same, "cost", &cost, &seen.cost);
        }
        if let Some(reason) = &self.finish_reason {
            let got = seen.body["choices"][0]["finish_reason"].as_str();
            r.unless(reason.as_deref() == got, "finish_reason", reason, &got);
        }
        if let Some(calls) = &self.tool_calls {
            let got = message["tool_calls"].as_array().cloned().unwrap_or_default();
            r.each("tool_calls", calls, &got, Report::tool_call);
        }
        if let Some(usage) = &self.usage {
            r.contains("usage", &Value::Object(usage.clone()), &seen.body["usage"]);
        }
        if let Some(part) = &self.body_contains {
            r.contains("body", part, &seen.body);
        }
    }
}

impl Report {
    fn unless(&mut self, same: bool, what: &str, expected: &dyn Debug, got: &dyn Debug) {
        if !same {
            self.0.push(format!("{what}: expected {expected:?}, got {got:?}"));
        }
    }

    /// Compares where something is expected.
    fn same<T: PartialEq + Debug + ?Sized>(&mut self, what: &str, expected: Option<&T>, got: Option<&T>) {
        if expected.is_some() {
            self.unless(expected == got, what, &expected, &got);
        }
    }

    fn each<F, T: Debug>(&mut self, what: &str, forms: &[F], got: &[T], one: fn(&mut Report, &str, &F, &T)) {
        if forms.len() != got.len() {
            self.0.push(format!("{what}: expected {}, got {}: {got:?}", forms.len(), got.len()));
            return;
        }
        for (i, (form, got)) in forms.iter().zip(got).enumerate() {
            one(self, &format!("{what}[{i}]"), form, got);
        }
    }

    fn error(&mut self, form: &ErrorForm, got: &Value) {
        let string = |key: &str| got[key].as_str().map(str::to_owned);
        let message = text(got, "message");
        self.same("error.kind", Some(&form.kind), string("kind").as_ref());
        self.same("error.class", Some(&form.class), string("class").as_ref());
        self.same("error.status", form.status.map(u64::from).as_ref(), got["status"].as_u64().as_ref());
        self.same("error.field", form.field.as_ref(), string("field").as_ref());
        self.same("error.retryable", form.retryable.as_ref(), got["retryable"].as_bool().as_ref());
        self.same("error.model", form.model.as_ref(), string("model").as_ref());
        self.same("error.label", form.label.as_ref(), string("label").as_ref());
        self.same("error.request_id", form.request_id.as_ref(), string("request_id").as_ref());
        if let Some(expected) = form.retry_after {
            let near = got["retry_after"].as_f64().is_some_and(|s| (s - expected).abs() <= 0.1);
            self.unless(near, "error.retry_after", &expected, &got["retry_after"]);
        }
        if let Some(part) = &form.message_contains {
            self.unless(message.contains(part), "error.message", part, &message);
        }
        if let Some(part) = &form.message_lacks
            && message.contains(part)
        {
            self.0.push(format!("error.message: {message:?} holds {part:?}"));
        }
        if let Some(partial) = &form.partial_text {
            self.same("error.partial.text", Some(partial.as_str()), got["partial"]["text"].as_str());
        }
        if let Some(kind) = &form.cause_kind {
            self.same("error.cause.kind", Some(kind.as_str()), got["cause"]["kind"].as_str());
        }
    }

    fn attempt(&mut self, what: &str, form: &AttemptForm, got: &Value) {
        let kind = got["kind"].as_str();
        self.unless(form.kind.as_deref() == kind, &format!("{what}.kind"), &form.kind, &kind);
        self.same(&format!("{what}.label"), form.label.as_deref(), got["label"].as_str());
        self.same(&format!("{what}.model"), form.model.as_deref(), got["model"].as_str());
        let status = form.status.map(u64::from);
        self.same(&format!("{what}.status"), status.as_ref(), got["status"].as_u64().as_ref());
    }

    fn skipped(&mut self, what: &str, form: &SkippedForm, got: &Value) {
        self.same(&format!("{what}.label"), form.label.as_deref(), got["label"].as_str());
        self.same(&format!("{what}.model"), form.model.as_deref(), got["model"].as_str());
        let reason = text(got, "reason");
        let holds = reason.contains(&form.reason_contains);
        self.unless(holds, &format!("{what}.reason"), &form.reason_contains, &reason);
    }

    fn tool_call(&mut self, what: &str, form: &ToolCall, got: &Value) {
        let function = &got["function"];
        self.same(&format!("{what}.id"), form.id.as_deref(), got["id"].as_str());
        self.same(&format!("{what}.name"), Some(form.name.as_str()), function["name"].as_str());
        let arguments = Some(form.arguments.as_str());
        self.same(&format!("{what}.arguments"), arguments, function["arguments"].as_str());
    }

    fn request(&mut self, what: &str, form: &RequestForm, got: &Recorded) {
        self.same(&format!("{what}.model"), form.model.as_ref(), Some(&got.model));
        self.same(&format!("{what}.path"), form.path.as_ref(), Some(&got.path));
        let body = got.json();
        if let Some(whole) = &form.body {
            let same = contains(whole, &body) && contains(&body, whole);
            self.unless(same, &format!("{what}.body"), whole, &body);
        }
        if let Some(part) = &form.body_contains {
            self.contains(&format!("{what}.body"), part, &body);
        }
        for key in form.body_lacks.iter().flatten() {
            self.unless(body.get(key).is_none(), &format!("{what}.body.{key}"), &"nothing", &body.get(key));
        }
        for (name, value) in form.headers.iter().flatten() {
            let got = got.header(name);
            self.unless(value.as_deref() == got, &format!("{what}.headers.{name}"), value, &got);
        }
    }

    fn contains(&mut self, what: &str, part: &Value, whole: &Value) {
        self.unless(contains(part, whole), what, part, whole);
    }
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

/// Whether `whole` has everything of `part`: objects by their keys, lists item by item, numbers by value.
fn contains(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(a), Value::Object(b)) => holds(a, b),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| contains(a, b))
        }
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (a, b) => a == b,
    }
}

fn holds(part: &Map<String, Value>, whole: &Map<String, Value>) -> bool {
    part.iter().all(|(k, v)| whole.get(k).is_some_and(|w| contains(v, w)))
}
