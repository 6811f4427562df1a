//! The pieces of which a script builds a body by hand.
//!
//! Knows JSON only. Must not know framing or sockets.

use super::read::{self, Fields};
use bytes::Bytes;
use resilient_completion_engine::error::Error;
use serde_json::Value;
use std::time::Duration;

/// Longest text that `{"repeat", "times"}` may spell: one more than the 64 MiB that a client must survive.
const LONGEST_TEXT: usize = 65 << 20;

/// One piece of a body.
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    pub(super) what: What,
    /// Wait before the first.
    pub(super) delay: Duration,
    /// Wait between repetitions.
    pub(super) every: Duration,
    pub(super) times: Times,
}

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Times {
    Count(u64),
    Forever,
}

/// What a chunk carries.
#[derive(Clone, Debug)]
pub(super) enum What {
    /// Text of the answer: a whole event in a stream, these bytes in a plain answer.
    Piece(String),
    /// A whole event around this delta.
    Delta { delta: Value, finish_reason: Value },
    /// `data: ...`, one line per line of the text.
    Data(String),
    /// `: ...`
    Comment(String),
    /// These bytes.
    Raw(Bytes),
}

impl Times {
    pub(super) fn read(value: &Value, path: &str) -> Result<Times, Error> {
        match value.as_str() {
            Some("forever") => Ok(Times::Forever),
            Some(other) => Err(read::unknown_word(path, other, "word", &["forever"])),
            None => Ok(Times::Count(read::whole(0, 100_000_000)(value, path)?)),
        }
    }
}

impl Chunk {
    pub(super) fn read(value: &Value, path: &str) -> Result<Chunk, Error> {
        if let Value::String(text) = value {
            return Ok(Chunk {
                what: What::Piece(text.clone()),
                delay: Duration::ZERO,
                every: Duration::ZERO,
                times: Times::Count(1),
            });
        }
        let mut f = Fields::of(value, path)?;
        let piece = f.read("piece", read::text)?.map(What::Piece);
        let data =
            f.read("data", |v, _| Ok(What::Data(v.as_str().map_or_else(|| v.to_string(), str::to_owned))))?;
        let comment = f.read("comment", read::text)?.map(What::Comment);
        let raw = f.read("raw", raw_of)?.map(What::Raw);
        let delta = f.get("delta").cloned();
        let finish_reason = f.get("finish_reason").cloned();
        let delta = (delta.is_some() || finish_reason.is_some()).then(|| What::Delta {
            delta: delta.unwrap_or_else(|| Value::Object(serde_json::Map::new())),
            finish_reason: finish_reason.unwrap_or(Value::Null),
        });
        let delay = f.read("delay", read::seconds)?.unwrap_or_default();
        let every = f.read("every", read::seconds)?.unwrap_or_default();
        let times = f.read("repeat", Times::read)?.unwrap_or(Times::Count(1));
        f.done()?;
        let mut given = [piece, data, comment, raw, delta].into_iter().flatten();
        match (given.next(), given.next()) {
            (Some(what), None) => Ok(Chunk { what, delay, every, times }),
            // A pause alone is a chunk of no bytes.
            (None, _) if !delay.is_zero() => Ok(Chunk { what: What::Raw(Bytes::new()), delay, every, times }),
            _ => Err(Error::config(path, "needs exactly one of piece, data, comment, raw, delta")),
        }
    }
}

/// A string, or `{"repeat": "x", "times": n}` for a long one.
pub(super) fn text_of(value: &Value, path: &str) -> Result<String, Error> {
    if !value.is_object() {
        return read::text(value, path);
    }
    let mut f = Fields::of(value, path)?;
    let unit = f.read("repeat", read::text)?.unwrap_or_default();
    let times = f.read("times", read::whole(0, LONGEST_TEXT as u64))?.unwrap_or(1) as usize;
    f.done()?;
    if unit.len().saturating_mul(times) > LONGEST_TEXT {
        return Err(Error::config(path, format!("is longer than {LONGEST_TEXT} bytes")));
    }
    Ok(unit.repeat(times))
}

/// Text as above, or `{"base64": "..."}` for bytes that are not text.
fn raw_of(value: &Value, path: &str) -> Result<Bytes, Error> {
    if value.get("base64").is_none() {
        return text_of(value, path).map(Bytes::from);
    }
    let mut f = Fields::of(value, path)?;
    let text = f.read("base64", read::text)?.unwrap_or_default();
    f.done()?;
    base64(&text).map(Bytes::from).ok_or_else(|| Error::config(read::join(path, "base64"), "is not base64"))
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for c in text.trim_end_matches('=').bytes() {
        let six = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
        }
    }
    Some(out)
}
