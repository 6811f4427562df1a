//! The quality gate: which whole answers are answers.
//!
//! Knows answers. Invariant: the same for plain answers and for assembled streams.

use super::Refusal;
use crate::chat::Answer;

/// Refuses an answer that must not be passed off as success.
pub fn gate(_answer: &Answer) -> Result<(), Refusal> {
    Ok(())
}
