//! A whole answer as Rust callers see it.
//!
//! Knows the engine's answer and trace. Invariant: what the service sent is reachable unchanged through [`Completion::body`].

use resilient_completion_engine::base::RawJson;
use resilient_completion_engine::call::Success;
use resilient_completion_engine::chat::{FinishReason, ToolCall, Usage};
use resilient_completion_engine::error::{Error, Kind};
use resilient_completion_engine::trace::Trace;
use std::sync::Arc;

/// One answer, and who gave it; a cheap handle, its facts are fields: `completion.model`.
#[derive(Clone, Debug)]
pub struct Completion(Arc<Facts>);

/// The facts of an answer.
#[derive(Debug)]
pub struct Facts {
    /// The service's id of the generation; empty if it gave none.
    pub id: String,
    /// The model that the service says served; the one asked for if it does not say.
    pub model: String,
    /// The provider that served, where said.
    pub provider: Option<String>,
    /// Label of the link that answered.
    pub label: String,
    /// Whether anything but the first choice answered.
    pub fell_back: bool,
    /// What it used and cost, where said.
    pub usage: Option<Usage>,
    /// Why it ended.
    pub finish_reason: Option<FinishReason>,
    /// Who was asked, what happened, at which cost.
    pub trace: Arc<Trace>,
    text: String,
    reasoning: String,
    refusal: Option<String>,
    tool_calls: Vec<ToolCall>,
    body: RawJson,
}

impl Completion {
    pub(crate) fn new(success: Success, trace: Arc<Trace>) -> Completion {
        let Success { answer, label, fell_back } = success;
        Completion(Arc::new(Facts {
            id: answer.id.unwrap_or_default(),
            model: answer.model.or_else(|| trace.model.clone()).unwrap_or_default(),
            provider: answer.provider,
            label,
            fell_back,
            usage: answer.usage,
            finish_reason: answer.finish_reason,
            trace,
            text: answer.text,
            reasoning: answer.reasoning,
            refusal: answer.refusal,
            tool_calls: answer.tool_calls,
            body: answer.raw,
        }))
    }

    /// The text of the first choice; empty for an answer of tool calls only.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of the first choice.
    ///
    /// # Errors
    /// `empty` if the answer has no text: it is a tool call, a refusal or media.
    pub fn content(&self) -> Result<&str, Error> {
        if !self.text.is_empty() {
            return Ok(&self.text);
        }
        let instead = match (&self.refusal, self.tool_calls.is_empty()) {
            (Some(_), _) => "a refusal; read refusal()",
            (None, false) => "tool calls; read tool_calls()",
            (None, true) => "no text; read body()",
        };
        Err(Error::new(Kind::Empty, format!("the answer holds {instead}")))
    }

    /// The text, as an own string.
    ///
    /// # Errors
    /// As [`Completion::content`].
    pub fn into_content(self) -> Result<String, Error> {
        self.content().map(str::to_owned)
    }

    /// Reasoning text of the first choice; empty where there is none.
    #[must_use]
    pub fn reasoning(&self) -> &str {
        &self.reasoning
    }

    /// Refusal text of the first choice.
    #[must_use]
    pub fn refusal(&self) -> Option<&str> {
        self.refusal.as_deref()
    }

    /// Tool calls of the first choice.
    #[must_use]
    pub fn tool_calls(&self) -> &[ToolCall] {
        &self.tool_calls
    }

    /// The first tool call.
    #[must_use]
    pub fn tool_call(&self) -> Option<&ToolCall> {
        self.tool_calls.first()
    }

    /// What the call cost in US dollars, all attempts together, as far as known.
    #[must_use]
    pub fn cost(&self) -> Option<f64> {
        self.trace.cost.map(resilient_completion_engine::base::Nanodollars::dollars)
    }

    /// The body as the service sent it; for a stream, the body that its pieces spell.
    #[must_use]
    pub fn body(&self) -> &RawJson {
        &self.body
    }
}

impl core::ops::Deref for Completion {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.0
    }
}
