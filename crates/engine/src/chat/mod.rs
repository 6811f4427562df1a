//! What is said: requests, messages, answers, usage, deltas.
//!
//! Knows `error`. Must not know HTTP, policy or prices. Invariants: unknown fields are kept, unknown enum values
//! are kept; a request's fields travel as the caller's own JSON text.

pub mod answer;
mod check;
mod cursor;
pub mod delta;
pub mod fields;
pub mod request;
pub mod schema;
pub mod usage;

pub use answer::{Answer, FinishReason, ToolCall};
pub use cursor::MAX_DEPTH;
pub use delta::{ChunkMeta, Delta, ToolCallDelta, Word};
pub use request::ChatRequest;
pub use usage::Usage;
