//! What is said: requests, messages, answers, usage, deltas.
//!
//! Knows `error`. Must not know HTTP, policy or prices. Invariants: unknown fields are kept, unknown enum values
//! are kept; a request's fields travel as the caller's own JSON text.

pub mod answer;
pub mod delta;
pub mod usage;

pub use answer::{Answer, FinishReason, ToolCall};
pub use delta::{ChunkMeta, Delta, ToolCallDelta, Word};
pub use usage::Usage;
