//! Incremental decoder of server-sent events over arbitrary byte splits.
//!
//! Knows bytes only. Invariants: the events of a byte sequence do not depend on how it is split; a line or event
//! over its cap is a fault, not an allocation; comments produce no event.

use bytes::Bytes;

/// One event: its `event:` name (empty for the default) and its `data:` lines joined by newlines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SseEvent {
    /// Name from the `event:` field; empty where none was sent.
    pub name: String,
    /// Data, UTF-8; a slice of the input where the event lay in one piece.
    pub data: Bytes,
}

/// Why decoding stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SseFault {
    /// A line or event grew over its cap (bytes).
    TooLarge(usize),
}

/// The decoder.
#[derive(Debug, Default)]
pub struct SseDecoder {}

impl SseDecoder {
    /// Takes bytes as they arrive and appends the events that they complete.
    pub fn push(&mut self, _bytes: &Bytes, _out: &mut Vec<SseEvent>) -> Result<(), SseFault> {
        Ok(())
    }
}
