//! One piece of a stream.
//!
//! Knows answers. Must not know how pieces are framed. Invariant: a delta handed to a caller is never taken back;
//! a fresh answer after a failure is announced by `restarted`.

use super::answer::FinishReason;
use super::usage::Usage;
use crate::base::RawJson;
use bytes::Bytes;
use core::fmt;

/// What one stream event adds to the first choice.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Delta {
    /// Text to append.
    pub text: String,
    /// Reasoning to append.
    pub reasoning: String,
    /// Refusal text to append.
    pub refusal: String,
    /// Pieces of tool calls.
    pub tool_calls: Vec<ToolCallDelta>,
    /// Whether it carries images or audio.
    pub has_media: bool,
    /// Whether it adds something visible to a choice beside the first (`n` > 1); what, is in `raw`.
    pub other_choices: bool,
    /// Set on the piece that ends the choice; services may repeat it.
    pub finish_reason: Option<FinishReason>,
    /// The provider's own word for it.
    pub native_finish_reason: Option<String>,
    /// Who answers, as this piece says.
    pub meta: ChunkMeta,
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

/// Who answers, as one stream event says: absent where it does not.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ChunkMeta {
    /// The service's id of the generation.
    pub id: Option<Word>,
    /// The model that the service says serves.
    pub model: Option<Word>,
    /// The provider that serves (`provider`, `usage.provider`).
    pub provider: Option<Word>,
}

/// A short text that shares the bytes it was read from, since every event of a stream repeats it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Word(Bytes);

impl Word {
    /// `part` as a handle on `whole` where it lies in it, else a copy.
    #[must_use]
    pub fn share(whole: &Bytes, part: &str) -> Word {
        let start = (part.as_ptr() as usize).wrapping_sub(whole.as_ptr() as usize);
        let inside = start.checked_add(part.len()).is_some_and(|end| end <= whole.len());
        Word(if inside { whole.slice_ref(part.as_bytes()) } else { Bytes::copy_from_slice(part.as_bytes()) })
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or("")
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl Delta {
    /// Whether a caller would see anything: text, reasoning, a refusal, a tool call, media, or any of these in
    /// another choice. Role-only and empty deltas are not visible, do not commit a stream and do not stop a clock.
    #[must_use]
    pub fn is_visible(&self) -> bool {
        !self.text.is_empty()
            || !self.reasoning.is_empty()
            || !self.refusal.is_empty()
            || !self.tool_calls.is_empty()
            || self.has_media
            || self.other_choices
    }
}
