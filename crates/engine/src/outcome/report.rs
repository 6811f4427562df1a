//! The public question "what do you make of this answer?", answered as JSON.
//!
//! Knows decoding, the gate and the rules. Must not send or decide anything. Invariant: the same path that a
//! call's answers take.

use super::rules::Rules;
use super::{Observation, Outcome, Received, Scope, classify::classify_by, gate};
use crate::base::WallTime;
use crate::wire::{
    Assembler, Decoded, Headers, Malformed, SseDecoder, StreamItem, decode_answer, decode_event,
};
use bytes::Bytes;
use serde_json::{Value, json};

/// What we make of an answer: `kind`, `scope`, `retryable`, `retry_after`, `rule`, `message`; all null for a good
/// one. A body of server-sent events is read as the stream that it is.
#[must_use]
pub fn report(status: u16, headers: &Headers, body: &[u8], now: WallTime) -> Value {
    report_by(&Rules::default(), status, headers, body, now)
}

/// The same with the user's own rules.
#[must_use]
pub fn report_by(rules: &Rules, status: u16, headers: &Headers, body: &[u8], now: WallTime) -> Value {
    match observe(status, headers, body) {
        Some(seen) => told(&classify_by(rules, &seen, now)),
        None => {
            json!({"kind": null, "scope": null, "retryable": null, "retry_after": null, "rule": null, "message": null})
        }
    }
}

/// What an answer shows when it is not good.
#[must_use]
pub fn observe(status: u16, headers: &Headers, body: &[u8]) -> Option<Observation> {
    let body = Bytes::copy_from_slice(body);
    if (200..300).contains(&status) && is_stream(headers, &body) {
        return observe_stream(headers, &body);
    }
    match decode_answer(status, headers, &body) {
        Decoded::Answer(answer) => gate(&answer).err().map(Observation::Refused),
        Decoded::Fault(fault) => Some(Observation::Fault(fault)),
        Decoded::Malformed(m) => Some(Observation::Malformed(m, Received::Head)),
    }
}

fn observe_stream(headers: &Headers, body: &Bytes) -> Option<Observation> {
    let mut events = Vec::new();
    let mut decoder = SseDecoder::default();
    // The blank line closes an event that a copied transcript ends in.
    let fault = decoder
        .push(body, &mut events)
        .and_then(|()| decoder.push(&Bytes::from_static(b"\n\n"), &mut events))
        .err();
    let (mut answer, mut done, mut received) = (Assembler::default(), false, Received::Head);
    for event in &events {
        match decode_event(event, headers) {
            StreamItem::Delta(delta) => {
                done |= delta.finish_reason.is_some();
                if delta.is_visible() {
                    received = Received::Content;
                }
                answer.push(&delta);
            }
            StreamItem::Done => done = true,
            StreamItem::Fault(fault, _) => return Some(Observation::Fault(fault)),
            StreamItem::Nothing => {}
            StreamItem::Malformed(m) => return Some(Observation::Malformed(m, received)),
        }
    }
    if let Some(crate::wire::SseFault::TooLarge(cap)) = fault {
        return Some(Observation::Malformed(Malformed::TooLarge(cap), received));
    }
    if !done {
        return Some(Observation::Truncated(received));
    }
    match answer.finish() {
        Some(answer) => gate(&answer).err().map(Observation::Refused),
        None => Some(Observation::Truncated(received)),
    }
}

/// Services mislabel streams and plain bodies both ways, so the first bytes have the last word.
fn is_stream(headers: &Headers, body: &[u8]) -> bool {
    let labelled =
        headers.get("content-type").is_some_and(|t| t.to_ascii_lowercase().contains("text/event-stream"));
    match body.trim_ascii_start() {
        [b'{' | b'[' | b'<', ..] => false,
        start => labelled || [&b"data:"[..], b"event:", b":"].iter().any(|p| start.starts_with(p)),
    }
}

fn told(outcome: &Outcome) -> Value {
    let scope = match outcome.scope {
        Scope::Request => "request",
        Scope::Model => "model",
        Scope::Endpoint => "endpoint",
        Scope::Key => "key",
    };
    json!({
        "kind": outcome.kind.word(),
        "scope": scope,
        "retryable": outcome.retryable,
        "retry_after": outcome.retry_after.map(crate::base::Duration::as_secs_f64),
        "rule": {"name": outcome.rule, "source": outcome.source},
        "message": outcome.message,
    })
}
