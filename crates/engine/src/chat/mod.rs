//! What is said: requests, messages, answers, usage, deltas.
//!
//! Knows `error`. Must not know HTTP, policy or prices. Invariants: unknown fields are kept, unknown enum values
//! are kept; a request's fields travel as the caller's own JSON text.

pub mod answer;
pub mod builder;
mod check;
pub mod content;
mod cursor;
pub mod delta;
pub mod fields;
pub mod format;
pub mod json;
pub mod message;
pub mod plugin;
pub mod provider;
pub mod provider_names;
pub mod reasoning;
pub mod request;
pub mod schema;
pub mod tool;
pub mod usage;

pub use answer::{Answer, FinishReason, ToolCall};
pub use builder::{Modality, RequestFields, ServiceTier, SetFields, Stop, Transform, Verbosity};
pub use content::{CacheControl, Content, Detail, Part};
pub use cursor::MAX_DEPTH;
pub use delta::{ChunkMeta, Delta, ToolCallDelta, Word};
pub use format::Format;
pub use message::{History, Message, Role};
pub use plugin::{ParsingEngine, Plugin, SearchEngine};
pub use provider::{
    Cutoffs, DataCollection, MaxPrice, Partition, Preferences, Price, ProviderPreferences, Quantization,
    Sort, SortBy,
};
pub use provider_names::Provider;
pub use reasoning::{Effort, Reasoning, Summary};
pub use request::ChatRequest;
pub use tool::{Param, StopCondition, Tool, ToolChoice};
pub use usage::Usage;
