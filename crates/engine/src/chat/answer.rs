//! A whole answer: the body as it came, and what decisions read from it.
//!
//! Knows usage. Must not judge whether the answer is good (that is `outcome`). Invariant: `raw` is the body as
//! the service sent it, without surrounding white space, or, for a stream, the body that its chunks spell.

use super::usage::Usage;
use crate::base::RawJson;

/// One completion.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The body: for a plain answer verbatim, for a stream assembled in the same shape.
    pub raw: RawJson,
    /// The service's id of the generation.
    pub id: Option<String>,
    /// The model that the service says served: may be a dated or provider-native name.
    pub model: Option<String>,
    /// The provider that served, from wherever the service puts it (`provider`, `usage.provider`).
    pub provider: Option<String>,
    /// Number of choices; zero is a failure that `outcome` names.
    pub choices: usize,
    /// Text of the first choice; empty where content is null or absent.
    pub text: String,
    /// Reasoning text of the first choice.
    pub reasoning: String,
    /// Refusal text of the first choice.
    pub refusal: Option<String>,
    /// Tool calls of the first choice, whole.
    pub tool_calls: Vec<ToolCall>,
    /// Whether the first choice carries images or audio (an answer without text).
    pub has_media: bool,
    /// Why the first choice ended; `None` where the service did not say.
    pub finish_reason: Option<FinishReason>,
    /// The provider's own word for it.
    pub native_finish_reason: Option<String>,
    /// What it used and cost, where said.
    pub usage: Option<Usage>,
}

/// A tool call that is whole.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ToolCall {
    /// The call's id, to be named by the tool's result.
    pub id: String,
    /// The function's name.
    pub name: String,
    /// Arguments as the model wrote them: JSON text, not yet checked.
    pub arguments: String,
}

/// Why an answer ended; unknown words are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FinishReason {
    /// The model was done.
    Stop,
    /// `max_tokens` or the window ran out.
    Length,
    /// The model calls tools.
    ToolCalls,
    /// A filter stopped it.
    ContentFilter,
    /// The provider failed.
    Error,
    /// Any other word, as sent.
    Other(String),
}

impl FinishReason {
    /// Reads the wire word, provider-native words included where they are certain (contract section 8.1).
    #[must_use]
    pub fn parse(word: &str) -> FinishReason {
        match word {
            "stop" | "STOP" | "end_turn" | "eos" => FinishReason::Stop,
            "length" | "MAX_TOKENS" | "max_tokens" => FinishReason::Length,
            "tool_calls" | "function_call" | "tool_use" => FinishReason::ToolCalls,
            "content_filter"
            | "SAFETY"
            | "RECITATION"
            | "BLOCKLIST"
            | "PROHIBITED_CONTENT"
            | "SPII"
            | "IMAGE_SAFETY"
            | "IMAGE_PROHIBITED_CONTENT"
            | "IMAGE_RECITATION"
            | "refusal" => FinishReason::ContentFilter,
            "error" => FinishReason::Error,
            other => FinishReason::Other(other.to_owned()),
        }
    }

    /// The word of the OpenAI-shaped wire.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            FinishReason::Stop => "stop",
            FinishReason::Length => "length",
            FinishReason::ToolCalls => "tool_calls",
            FinishReason::ContentFilter => "content_filter",
            FinishReason::Error => "error",
            FinishReason::Other(w) => w,
        }
    }
}
