//! Bodies and stream events into answers, deltas and faults.
//!
//! Knows SSE events, faults and chat. Must not judge quality. Invariants: an error in any envelope, at any
//! position, comes out as a fault and never as an answer; padding before and after a body is ignored; a body
//! that is only padding is malformed; no depth of nesting overflows a stack, here or in a reader of `raw`.

use super::fault::ProviderFault;
use super::headers::Headers;
use super::read;
use super::shape::{Body, Maybe};
use super::sse::SseEvent;
use crate::chat::{Answer, Delta};
use bytes::Bytes;
use serde_json::Value;
use serde_json::error::Category;

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

/// Deepest nesting that is read: what `serde_json` reads into a tree, so that every later reader can follow.
const MAX_DEPTH: usize = 127;

/// Reads a whole body. Any status outside 200 to 299 is a fault, whatever the body says; 246 (FastRouter: a
/// guardrail in observe mode took note) is a success.
#[must_use]
pub fn decode_answer(status: u16, headers: &Headers, body: &Bytes) -> Decoded {
    let raw = trim(body);
    let fault = || Decoded::Fault(Box::new(ProviderFault::read(Some(status), headers, &raw)));
    if !(200..300).contains(&status) {
        return fault();
    }
    let text = match readable(&raw) {
        Ok(text) => text,
        Err(malformed) => return Decoded::Malformed(malformed),
    };
    let decoded = with_body(text, |body| {
        let body = body.filter(|b| !is_suspect(b))?;
        Some(Decoded::Answer(Box::new(read::answer(&raw, body))))
    });
    match decoded {
        Ok(Some(answer)) => answer,
        Err(malformed) => Decoded::Malformed(malformed),
        Ok(None) if carries_error(text) => fault(),
        Ok(None) => with_body(text, |body| match body {
            Some(body) if body.choices.present => Decoded::Answer(Box::new(read::answer(&raw, body))),
            Some(_) => shape("an object without `choices`"),
            None => shape("not an object"),
        })
        .unwrap_or_else(Decoded::Malformed),
    }
}

/// Reads one stream event.
#[must_use]
pub fn decode_event(event: &SseEvent, headers: &Headers) -> StreamItem {
    let raw = trim(&event.data);
    match raw.as_ref() {
        b"[DONE]" => return StreamItem::Done,
        // Some services send their keep-alive comments as data.
        [] | [b':', ..] => return StreamItem::Nothing,
        _ => {}
    }
    let named_error = event.name == "error";
    let fault = |delta| StreamItem::Fault(Box::new(ProviderFault::read(None, headers, &raw)), delta);
    let text = match readable(&raw) {
        Ok(text) => text,
        Err(_) if named_error => return fault(None),
        Err(malformed) => return StreamItem::Malformed(malformed),
    };
    let read = with_body(text, |body| {
        let Some(body) = body else { return (named_error || carries_error(text), Chunk::Foreign) };
        let failed = named_error || (is_suspect(&body) && carries_error(text));
        (failed, chunk(&raw, body))
    });
    match read {
        Ok((true, Chunk::Delta(delta))) => fault(Some(delta)),
        Ok((true, _)) => fault(None),
        Ok((false, Chunk::Delta(delta))) => StreamItem::Delta(delta),
        Ok((false, Chunk::Empty)) => StreamItem::Nothing,
        // Named events of a service's own (`ping`, `metadata`) are not part of the answer.
        Ok((false, Chunk::Foreign)) if !event.name.is_empty() && event.name != "message" => {
            StreamItem::Nothing
        }
        Ok((false, Chunk::Foreign)) => {
            StreamItem::Malformed(Malformed::Shape("neither a chunk nor an error".to_owned()))
        }
        Err(_) if named_error => fault(None),
        Err(malformed) => StreamItem::Malformed(malformed),
    }
}

enum Chunk {
    Delta(Box<Delta>),
    Empty,
    Foreign,
}

/// An object as a piece of an answer: it has choices or usage, or at least says who answers.
fn chunk(raw: &Bytes, body: Body<'_>) -> Chunk {
    let says_something = !body.choices.list.is_empty() || body.usage.0.is_some();
    let is_debug = body.debug.is_some() && !says_something;
    if is_debug || body.kind.some() == Some("ping") || raw.len() == 2 {
        return Chunk::Empty;
    }
    let says_who = body.choices.present
        || body.openrouter_metadata.is_some()
        || [&body.id, &body.model, &body.provider].iter().any(|t| t.some().is_some());
    if says_something || says_who { Chunk::Delta(Box::new(read::delta(raw, body))) } else { Chunk::Foreign }
}

/// Whether an object may be an error, to be looked at as a tree: it says so, or it has no choices.
fn is_suspect(body: &Body<'_>) -> bool {
    body.error.is_some()
        || body.errors.is_some()
        || body.choices.list.is_empty()
        || body.choices.list.iter().any(|c| c.error.is_some())
}

fn carries_error(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|tree| ProviderFault::is_in(&tree))
}

fn shape(what: &str) -> Decoded {
    Decoded::Malformed(Malformed::Shape(what.to_owned()))
}

/// Hands the members of an object to `f`, `None` for JSON of another kind.
fn with_body<R>(text: &str, f: impl FnOnce(Option<Body<'_>>) -> R) -> Result<R, Malformed> {
    match serde_json::from_str::<Maybe<Body<'_>>>(text) {
        Ok(body) => Ok(f(body.0)),
        // The shapes accept every type, so what they refuse of good JSON is a member named twice: the last counts,
        // as everywhere else.
        Err(error) if error.classify() == Category::Data => {
            let tree: Value = serde_json::from_str(text).map_err(|e| not_json(text, &e))?;
            let once = tree.to_string();
            serde_json::from_str::<Maybe<Body<'_>>>(&once).map(|b| f(b.0)).map_err(|e| not_json(text, &e))
        }
        Err(error) => Err(not_json(text, &error)),
    }
}

fn not_json(text: &str, error: &serde_json::Error) -> Malformed {
    if text.starts_with('<') {
        return Malformed::Html;
    }
    Malformed::NotJson { cut: error.is_eof() && text.starts_with(['{', '[']) }
}

/// The body as text that is safe to read.
fn readable(raw: &Bytes) -> Result<&str, Malformed> {
    if raw.is_empty() {
        return Err(Malformed::Blank);
    }
    let text = core::str::from_utf8(raw).map_err(|e| Malformed::NotJson {
        // A character without its end is a body without its end.
        cut: e.error_len().is_none() && raw.starts_with(b"{"),
    })?;
    if is_deep(raw) {
        return Err(Malformed::Shape(format!("nested deeper than {MAX_DEPTH} levels")));
    }
    Ok(text)
}

/// Whether lists and objects nest deeper than [`MAX_DEPTH`].
fn is_deep(json: &[u8]) -> bool {
    // So few brackets cannot nest so deep; ordinary chunks end here.
    if json.iter().filter(|b| matches!(b, b'[' | b'{')).count() <= MAX_DEPTH {
        return false;
    }
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return true;
                }
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// Without white space and a byte order mark around it; a slice of the same bytes.
fn trim(body: &Bytes) -> Bytes {
    let trimmed = body.trim_ascii();
    let trimmed = trimmed.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(trimmed).trim_ascii_start();
    body.slice_ref(trimmed)
}
