//! A whole answer as Rust callers see it.
//!
//! Knows the engine's answer and trace. Invariant: what the service sent is reachable unchanged through [`Completion::body`].

use resilient_completion_engine::base::RawJson;
use resilient_completion_engine::call::Success;
use resilient_completion_engine::chat::{Answer, FinishReason, Message, ToolCall, Usage};
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
    answer: Answer,
}

impl Completion {
    pub(crate) fn new(success: Success, trace: Arc<Trace>) -> Completion {
        let Success { answer, label, fell_back } = success;
        Completion(Arc::new(Facts {
            id: answer.id.clone().unwrap_or_default(),
            model: answer.model.clone().or_else(|| trace.model.clone()).unwrap_or_default(),
            provider: answer.provider.clone(),
            label,
            fell_back,
            usage: answer.usage.clone(),
            finish_reason: answer.finish_reason.clone(),
            trace,
            answer,
        }))
    }

    /// The text of the first choice; empty for an answer of tool calls only.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.answer.text
    }

    /// The text of the first choice.
    ///
    /// # Errors
    /// `empty` if the answer has no text: it is a tool call, a refusal or media.
    pub fn content(&self) -> Result<&str, Error> {
        if !self.answer.text.is_empty() {
            return Ok(&self.answer.text);
        }
        let instead = match (&self.answer.refusal, self.answer.tool_calls.is_empty()) {
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
        &self.answer.reasoning
    }

    /// Refusal text of the first choice.
    #[must_use]
    pub fn refusal(&self) -> Option<&str> {
        self.answer.refusal.as_deref()
    }

    /// The answer as a message, to be put into the conversation as it came: reasoning details, tool calls and all.
    #[must_use]
    pub fn message(&self) -> Message {
        Message::answered(&self.answer)
    }

    /// Tool calls of the first choice.
    #[must_use]
    pub fn tool_calls(&self) -> &[ToolCall] {
        &self.answer.tool_calls
    }

    /// The first tool call.
    #[must_use]
    pub fn tool_call(&self) -> Option<&ToolCall> {
        self.answer.tool_calls.first()
    }

    /// What the call cost in US dollars, all attempts together, as far as known.
    #[must_use]
    pub fn cost(&self) -> Option<f64> {
        self.trace.cost.map(resilient_completion_engine::base::Nanodollars::dollars)
    }

    /// The body as the service sent it; for a stream, the body that its pieces spell.
    #[must_use]
    pub fn body(&self) -> &RawJson {
        &self.answer.raw
    }
}

impl core::ops::Deref for Completion {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.0
    }
}
