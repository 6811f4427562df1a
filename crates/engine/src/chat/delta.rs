//! One piece of a stream.
//!
//! Knows answers. Must not know how pieces are framed. Invariant: a delta handed to a caller is never taken back;
//! a fresh answer after a failure is announced by `restarted`.

use super::answer::FinishReason;
use super::usage::Usage;
use crate::base::RawJson;

/// What one stream event adds to the first choice.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Delta {
    /// Text to append.
    pub text: String,
    /// Reasoning to append.
    pub reasoning: String,
    /// Pieces of tool calls.
    pub tool_calls: Vec<ToolCallDelta>,
    /// Set on the piece that ends the choice.
    pub finish_reason: Option<FinishReason>,
    /// Usage, on the piece that carries it.
    pub usage: Option<Box<Usage>>,
    /// True on the announcement that everything shown so far is void and a fresh answer begins.
    pub restarted: bool,
    /// The event's JSON as it came; absent on an announcement.
    pub raw: Option<RawJson>,
}

/// What one stream event adds to one tool call.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ToolCallDelta {
    /// Which call, by its index in the answer.
    pub index: usize,
    /// Its id, on the first piece.
    pub id: Option<String>,
    /// The function's name, on the first piece.
    pub name: Option<String>,
    /// Arguments text to append.
    pub arguments: String,
}

impl Delta {
    /// Whether a caller would see anything: text, reasoning or a tool call. Role-only and empty deltas are not
    /// visible, do not commit a stream and do not stop a clock.
    #[must_use]
    pub fn is_visible(&self) -> bool {
        !self.text.is_empty() || !self.reasoning.is_empty() || !self.tool_calls.is_empty()
    }
}
