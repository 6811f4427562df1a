//! Bytes to meaning and back, without policy.
//!
//! Knows `chat`. Must not decide what a failure means (that is `outcome`) nor what to do about it. Invariants:
//! however bytes are split, the same meaning comes out; nothing here panics on any input; memory is bounded by
//! stated caps; unknown fields pass.

pub mod assemble;
pub mod decode;
pub mod encode;
pub mod fault;
pub mod headers;
mod read;
mod shape;
pub mod sse;

pub use assemble::Assembler;
pub use decode::{Decoded, Malformed, StreamItem, decode_answer, decode_event};
pub use fault::ProviderFault;
pub use headers::Headers;
pub use sse::{SseDecoder, SseEvent, SseFault};
