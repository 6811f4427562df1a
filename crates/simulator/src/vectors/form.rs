//! The form of a vector of kind `call` or `errors`.
//!
//! Knows JSON only. Invariant: the same keys as `tests/vectors/schema/call.schema.json` (a test compares them).

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// One vector.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vector {
    /// Version of the form: 1.
    pub v: u32,
    /// `<kind>/<name>`, as the file is called.
    pub id: String,
    /// `call` or `errors`.
    pub kind: String,
    /// What is done.
    pub given: Given,
    /// What must come of it.
    pub expected: Expected,
}

/// What is done.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// Constructor options; the runner adds `api_key`, `base_url` and `guards` where they are missing.
    #[serde(default)]
    pub client: Map<String, Value>,
    /// Calls made before it with the same client; their ends do not matter.
    #[serde(default)]
    pub earlier: Vec<Map<String, Value>>,
    /// Options and wire fields of the call, side by side.
    pub call: Map<String, Value>,
    /// Whether the answer is read as a stream.
    #[serde(default)]
    pub stream: bool,
    /// What the provider does.
    #[serde(default)]
    pub script: Map<String, Value>,
    /// Whether and when the client is closed.
    #[serde(default)]
    pub close: Option<Close>,
}

/// When the client is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Close {
    /// Before the call.
    Before,
    /// Once the provider has the call's first request.
    During,
}

/// What must come of it. With `error` the call must fail, without it it must succeed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expected {
    /// `completion.text`.
    pub text: Option<String>,
    /// `choices[0].message.reasoning` of the body.
    pub reasoning: Option<String>,
    /// `completion.model`.
    pub model: Option<String>,
    /// `completion.label`.
    pub label: Option<String>,
    /// `completion.provider`.
    pub provider: Option<String>,
    /// `completion.fell_back`.
    pub fell_back: Option<bool>,
    /// `completion.cost` in dollars; `null`: unknown.
    #[serde(deserialize_with = "given")]
    pub cost: Option<Option<f64>>,
    /// `choices[0].finish_reason` of the body; `null`: none.
    #[serde(deserialize_with = "given")]
    pub finish_reason: Option<Option<String>>,
    /// `choices[0].message.tool_calls` of the body, as `{"id", "name", "arguments"}`.
    pub tool_calls: Option<Vec<ToolCall>>,
    /// Part of `usage` of the body.
    pub usage: Option<Map<String, Value>>,
    /// Part of the body (`to_dict()`).
    pub body_contains: Option<Value>,
    /// The text of all deltas, joined; a restart shows as `|restarted|`.
    pub deltas: Option<String>,
    /// The error.
    pub error: Option<ErrorForm>,
    /// Every attempt of the trace.
    pub attempts: Option<Vec<AttemptForm>>,
    /// Every skipped link of the trace.
    pub skipped: Option<Vec<SkippedForm>>,
    /// The names of all events of the trace, in order.
    pub events: Option<Vec<String>>,
    /// Every request that the provider received.
    pub requests: Option<Vec<RequestForm>>,
    /// How many requests the provider received, by model.
    pub requests_per_model: Option<BTreeMap<String, usize>>,
    /// How long the call took.
    pub seconds: Option<Bounds>,
}

/// One tool call.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolCall {
    /// Its id, if it matters.
    pub id: Option<String>,
    /// The function.
    pub name: String,
    /// The arguments, as text.
    pub arguments: String,
}

/// What must be true of an error.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorForm {
    /// `error.kind`.
    pub kind: String,
    /// The name of its class.
    pub class: String,
    /// `error.status`.
    pub status: Option<u16>,
    /// `error.field`.
    pub field: Option<String>,
    /// `error.retryable`.
    pub retryable: Option<bool>,
    /// `error.retry_after`, to a tenth of a second.
    pub retry_after: Option<f64>,
    /// Part of its message.
    pub message_contains: Option<String>,
    /// What its message must not hold.
    pub message_lacks: Option<String>,
    /// `error.partial.text`.
    pub partial_text: Option<String>,
    /// `error.cause.kind`.
    pub cause_kind: Option<String>,
    /// `error.model`.
    pub model: Option<String>,
    /// `error.label`.
    pub label: Option<String>,
    /// `error.request_id`.
    pub request_id: Option<String>,
}

/// What must be true of an attempt.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttemptForm {
    /// Its label.
    pub label: Option<String>,
    /// The model asked for.
    pub model: Option<String>,
    /// The kind of its error; `null`: it answered.
    #[serde(deserialize_with = "required")]
    pub kind: Option<String>,
    /// Its status.
    pub status: Option<u16>,
}

/// What must be true of a skipped link.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkippedForm {
    /// Its model.
    pub model: Option<String>,
    /// Its label.
    pub label: Option<String>,
    /// Part of the reason.
    pub reason_contains: String,
}

/// What must be true of a request.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestForm {
    /// The model asked for.
    pub model: Option<String>,
    /// The path.
    pub path: Option<String>,
    /// The whole body.
    pub body: Option<Value>,
    /// Part of the body.
    pub body_contains: Option<Value>,
    /// Keys that the body must not have.
    pub body_lacks: Option<Vec<String>>,
    /// Headers by lower-case name; `null`: not sent.
    pub headers: Option<BTreeMap<String, Option<String>>>,
}

/// Seconds, inclusive.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// At least.
    pub min: Option<f64>,
    /// At most.
    pub max: Option<f64>,
}

impl Vector {
    /// What types cannot say: the id fits the file, and the expectations fit one another.
    pub(super) fn check(&self, kind: &str, name: &str) -> Result<(), String> {
        let e = &self.expected;
        let answers = e.text.is_some()
            || e.reasoning.is_some()
            || e.model.is_some()
            || e.label.is_some()
            || e.provider.is_some()
            || e.fell_back.is_some()
            || e.cost.is_some()
            || e.finish_reason.is_some()
            || e.tool_calls.is_some()
            || e.usage.is_some()
            || e.body_contains.is_some();
        let wrong = if self.v != 1 {
            "v is not 1"
        } else if self.kind != kind {
            "kind is not its folder's name"
        } else if self.id != format!("{kind}/{name}") {
            "id is not kind and file name"
        } else if kind == "errors" && e.error.is_none() {
            "a vector of kind errors expects an error"
        } else if e.error.is_some() && answers {
            "an error and an answer are both expected"
        } else if e.error.is_none() && !answers {
            "neither an error nor anything of an answer is expected"
        } else if e.deltas.is_some() && !self.given.stream {
            "deltas are expected of a call that does not stream"
        } else {
            return Ok(());
        };
        Err(wrong.to_owned())
    }
}

/// `null` is a value here; only a missing key is `None`.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(d: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(d).map(Some)
}

/// The key must be there, though it may be `null`.
fn required<'de, D: Deserializer<'de>, T: Deserialize<'de>>(d: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(d)
}
