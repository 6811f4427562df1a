//! What an answer used and cost, as the service reports it.
//!
//! Knows money. Must not compute prices (that is `catalog`). Invariant: absent is `None`, never zero.

use crate::base::Nanodollars;

/// Token counts and cost of one answer.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt_tokens: Option<u64>,
    /// Tokens of the answer, reasoning included.
    pub completion_tokens: Option<u64>,
    /// Sum as reported.
    pub total_tokens: Option<u64>,
    /// Prompt tokens read from a cache.
    pub cached_tokens: Option<u64>,
    /// Prompt tokens written to a cache.
    pub cache_write_tokens: Option<u64>,
    /// Tokens of reasoning within `completion_tokens`.
    pub reasoning_tokens: Option<u64>,
    /// What the caller is charged in all: `cost`, and for an own provider key the upstream cost beside it
    /// (contract section 2.1).
    pub cost: Option<Nanodollars>,
}
