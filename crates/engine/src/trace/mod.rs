//! The record: who was asked, what happened, who answered, at which cost.
//!
//! Knows plans. Must not decide anything. Invariants: event names are a closed list; no prompt, answer text, key or
//! header stands in a trace; times are offsets from the start of the call.

pub mod event;
pub mod record;
pub mod waterfall;

pub use event::{EventName, TraceEvent};
pub use record::{AttemptRecord, CostSource, Trace};
pub use waterfall::waterfall;
