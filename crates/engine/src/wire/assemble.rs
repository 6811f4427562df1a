//! Deltas into the answer that they spell.
//!
//! Knows deltas and answers. Must not judge. Invariants: tool calls are joined by index; a later null never
//! overwrites an earlier value; usage is kept once, the last report wins; the assembled body has the shape of a
//! plain answer (`object: chat.completion`).

use crate::chat::{Answer, Delta};

/// Collects the deltas of one attempt.
#[derive(Debug, Default)]
pub struct Assembler {}

impl Assembler {
    /// Adds one piece.
    pub fn push(&mut self, _delta: &Delta) {}

    /// The answer so far.
    #[must_use]
    pub fn finish(self) -> Option<Answer> {
        None
    }
}
