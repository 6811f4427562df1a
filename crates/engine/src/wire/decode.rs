//! Bodies and stream events into answers, deltas and faults.
//!
//! Knows SSE events, faults and chat. Must not judge quality. Invariants: an error in any envelope, at any
//! position, comes out as a fault and never as an answer; padding before and after a body is ignored; a body
//! that is only padding is malformed.

use super::fault::ProviderFault;
use super::headers::Headers;
use super::sse::SseEvent;
use crate::chat::{Answer, Delta};
use bytes::Bytes;

/// What a whole body means.
#[derive(Clone, Debug, PartialEq)]
pub enum Decoded {
    /// A completion body, good or not.
    Answer(Box<Answer>),
    /// An error envelope, whatever the status.
    Fault(Box<ProviderFault>),
    /// Neither.
    Malformed(Malformed),
}

/// Why a body or event is neither an answer nor an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// Nothing but white space.
    Blank,
    /// HTML.
    Html,
    /// Not JSON; or JSON that ends too early.
    NotJson {
        /// Whether it starts as JSON and is cut off.
        cut: bool,
    },
    /// JSON of another shape; the text says which.
    Shape(String),
    /// A stream line or event over its cap.
    TooLarge(usize),
}

/// What one stream event means.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamItem {
    /// A piece of the answer. Usage-only pieces and role-only pieces come as deltas too.
    Delta(Box<Delta>),
    /// `[DONE]`.
    Done,
    /// An error in the stream, with the piece that came in the same event, if any.
    Fault(Box<ProviderFault>, Option<Box<Delta>>),
    /// An event that carries nothing (empty data, a ping, a debug chunk).
    Nothing,
    /// Data that cannot be read.
    Malformed(Malformed),
}

/// Reads a whole body.
#[must_use]
pub fn decode_answer(status: u16, headers: &Headers, body: &Bytes) -> Decoded {
    let _ = (status, headers, body);
    Decoded::Malformed(Malformed::Blank)
}

/// Reads one stream event.
#[must_use]
pub fn decode_event(event: &SseEvent, headers: &Headers) -> StreamItem {
    let _ = (event, headers);
    StreamItem::Nothing
}
