//! One step of a script: one answer, or one way not to answer.
//!
//! Knows JSON only. Must not know sockets. Invariant: of `fault`, `body`, `chunks` and the shorthands (`text`,
//! `error`, ...) a step has at most one.

use super::chunk::{Chunk, Times, text_of};
use super::read::{self, Fields};
use bytes::Bytes;
use resilient_completion_engine::error::Error;
use serde_json::Value;
use std::time::Duration;

/// The media type of a plain answer.
pub(super) const JSON: &str = "application/json";

/// What happens to one request.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) delay: Duration,
    pub(super) fault: Option<Fault>,
    pub(super) interim: Vec<u16>,
    pub(super) status: Option<u16>,
    pub(super) headers: Vec<(String, Vec<String>)>,
    pub(super) padding: Option<Padding>,
    pub(super) body_delay: Duration,
    pub(super) content: Content,
    pub(super) every: Duration,
    pub(super) eol: &'static str,
    pub(super) framing: Option<Framing>,
    pub(super) cut_at: Option<usize>,
    pub(super) end: End,
    pub(super) drip: Option<Drip>,
}

/// What is done instead of answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Reset,
    Close,
    Silence,
}

/// How the length of the body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Length,
    Chunked,
    Close,
}

/// What follows the last byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The body is completed, the connection reused.
    Keep,
    /// The body is completed, the connection closed.
    Close,
    /// The body stays incomplete, the connection is closed in order.
    Cut,
    /// The body stays incomplete, the connection is reset.
    Reset,
    /// The body stays incomplete, the connection stays open and silent.
    Stall,
}

/// What is sent while "waiting" for an upstream: blank lines, or comments in a stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Padding {
    pub(super) times: Times,
    pub(super) every: Duration,
}

/// Everything after the head (or also the head) goes out in small portions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drip {
    pub(super) bytes: usize,
    pub(super) every: Duration,
    pub(super) head: bool,
}

/// The body.
#[derive(Clone, Debug)]
pub(super) enum Content {
    Nothing,
    Body { bytes: Bytes, media_type: &'static str },
    Chunks(Vec<Chunk>),
    Answer(Box<Reply>),
    Refusal(Value),
}

/// The shorthand for a well-formed completion.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    pub(crate) pieces: Vec<String>,
    pub(crate) reasoning: String,
    pub(crate) tool_calls: Vec<Value>,
    /// `None`: the one that fits; `Some(None)`: none at all, and the answer just stops.
    pub(crate) finish_reason: Option<Option<String>>,
    /// `None`: a small default; `Some(Null)`: none.
    pub(crate) usage: Option<Value>,
    pub(crate) error: Option<Value>,
    pub(crate) model: Option<String>,
    pub(crate) provider: Option<String>,
    pub(crate) id: Option<String>,
}

impl Step {
    pub(super) fn read(value: &Value, path: &str) -> Result<Step, Error> {
        let mut f = Fields::of(value, path)?;
        let cut_at = f.read("cut_at", read::whole(0, u64::from(u32::MAX)))?.map(|n| n as usize);
        let end = f.read("end", end_word)?;
        let step = Step {
            delay: f.read("delay", read::seconds)?.unwrap_or_default(),
            fault: f.read("fault", fault_word)?,
            interim: f.read("interim", |v, p| read::list(v, p, status(100, 199)))?.unwrap_or_default(),
            status: f.read("status", status(200, 999))?,
            headers: f.read("headers", headers)?.unwrap_or_default(),
            padding: f.read("padding", padding)?,
            body_delay: f.read("body_delay", read::seconds)?.unwrap_or_default(),
            every: f.read("every", read::seconds)?.unwrap_or_default(),
            eol: f.read("eol", eol_word)?.unwrap_or("\n"),
            framing: f.read("framing", framing_word)?,
            cut_at,
            end: end.unwrap_or(if cut_at.is_some() { End::Cut } else { End::Keep }),
            drip: f.read("drip", drip)?,
            content: content(&mut f)?,
        };
        f.done()?;
        step.check(path)?;
        Ok(step)
    }

    fn check(&self, path: &str) -> Result<(), Error> {
        if self.fault.is_some() && !matches!(self.content, Content::Nothing) {
            return Err(Error::config(
                read::join(path, "fault"),
                "a step with a fault sends no byte: drop the body",
            ));
        }
        if self.cut_at.is_some() && matches!(self.end, End::Keep | End::Close) {
            return Err(Error::config(
                read::join(path, "end"),
                "a cut body can only end with \"cut\", \"reset\" or \"stall\"",
            ));
        }
        if self.framing == Some(Framing::Length) && self.is_endless() {
            return Err(Error::config(read::join(path, "framing"), "an endless body has no length"));
        }
        Ok(())
    }

    /// Whether the body repeats something for ever.
    pub(super) fn is_endless(&self) -> bool {
        let padding = self.padding.is_some_and(|p| p.times == Times::Forever);
        let chunks =
            matches!(&self.content, Content::Chunks(c) if c.iter().any(|c| c.times == Times::Forever));
        padding || chunks
    }
}

fn content(f: &mut Fields<'_>) -> Result<Content, Error> {
    let body = f.read("body", |v, _| {
        Ok(match v {
            Value::String(text) => {
                Content::Body { bytes: Bytes::from(text.clone()), media_type: media_type(text) }
            }
            json => Content::Body { bytes: Bytes::from(json.to_string()), media_type: JSON },
        })
    })?;
    let chunks = f.read("chunks", |v, p| read::list(v, p, Chunk::read).map(Content::Chunks))?;
    let reply = reply(f)?;
    let mut given = [body, chunks, reply].into_iter().flatten();
    match (given.next(), given.next()) {
        (None, _) => Ok(Content::Nothing),
        (Some(content), None) => Ok(content),
        (Some(_), Some(_)) => Err(Error::config(
            f.path("body"),
            "give one of \"body\", \"chunks\" and the shorthands (\"text\", ...)",
        )),
    }
}

fn reply(f: &mut Fields<'_>) -> Result<Option<Content>, Error> {
    let text = f.read("text", text_of)?;
    let pieces_path = f.path("pieces");
    let pieces = f.get("pieces");
    let reasoning = f.read("reasoning", read::text)?;
    let tool_calls = f.read("tool_calls", |v, p| read::list(v, p, tool_call))?;
    let finish_path = f.path("finish_reason");
    let finish_reason = match f.raw("finish_reason") {
        None => None,
        Some(Value::Null) => Some(None),
        Some(v) => Some(Some(read::text(v, &finish_path)?)),
    };
    let usage = f.raw("usage").cloned();
    let error = f.read("error", |v, _| {
        Ok(match v {
            // The code that the documentation gives for an unspecific failure.
            Value::String(message) => serde_json::json!({"code": 500, "message": message}),
            other => other.clone(),
        })
    })?;
    let model = f.read("model", read::text)?;
    let provider = f.read("provider", read::text)?;
    let id = f.read("id", read::text)?;
    let answers = text.is_some() || pieces.is_some() || reasoning.is_some() || tool_calls.is_some();
    if let (false, Some(error)) = (answers, &error) {
        return Ok(Some(Content::Refusal(error.clone())));
    }
    if !answers {
        let stray = finish_reason.is_some()
            || usage.is_some()
            || model.is_some()
            || provider.is_some()
            || id.is_some();
        return if stray {
            Err(Error::config(
                f.path("text"),
                "missing: an answer needs \"text\", \"pieces\", \"reasoning\" or \"tool_calls\"",
            ))
        } else {
            Ok(None)
        };
    }
    let pieces = split(text.as_deref(), pieces, &pieces_path)?;
    Ok(Some(Content::Answer(Box::new(Reply {
        pieces,
        reasoning: reasoning.unwrap_or_default(),
        tool_calls: tool_calls.unwrap_or_default(),
        finish_reason,
        usage,
        error,
        model,
        provider,
        id,
    }))))
}

/// The pieces in which a stream shows the text: as listed, or cut into a number of them, or word by word.
fn split(text: Option<&str>, pieces: Option<&Value>, path: &str) -> Result<Vec<String>, Error> {
    match (pieces, text) {
        (Some(list @ Value::Array(_)), None) => read::list(list, path, read::text),
        (Some(Value::Array(_)), Some(_)) => {
            Err(Error::config(path, "a list of pieces is the text: drop \"text\""))
        }
        (Some(count), Some(text)) => {
            let chars: Vec<char> = text.chars().collect();
            let n = read::whole(1, chars.len().max(1) as u64)(count, path)? as usize;
            Ok((0..n)
                .map(|i| chars[chars.len() * i / n..chars.len() * (i + 1) / n].iter().collect())
                .collect())
        }
        (Some(_), None) => Err(Error::config(path, "a number of pieces needs \"text\"")),
        (None, Some(text)) => Ok(text.split_inclusive(' ').map(str::to_owned).collect()),
        (None, None) => Ok(Vec::new()),
    }
}

/// `{"id", "name", "arguments"}` becomes the wire's shape; arguments may be written as JSON.
fn tool_call(value: &Value, path: &str) -> Result<Value, Error> {
    let mut f = Fields::of(value, path)?;
    let id = f.read("id", read::text)?.unwrap_or_else(|| "call_1".to_owned());
    let name = f.read("name", read::text)?.unwrap_or_default();
    let arguments = match f.get("arguments") {
        None => "{}".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(json) => json.to_string(),
    };
    f.done()?;
    Ok(serde_json::json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}))
}

fn headers(value: &Value, path: &str) -> Result<Vec<(String, Vec<String>)>, Error> {
    let map = value.as_object().ok_or_else(|| read::wrong(path, "an object", value))?;
    map.iter()
        .map(|(name, value)| {
            let path = read::join(path, name);
            let values = match value {
                // A default header is taken away by `null`.
                Value::Null => Vec::new(),
                Value::Array(_) => read::list(value, &path, read::text)?,
                Value::Number(n) => vec![n.to_string()],
                one => vec![read::text(one, &path)?],
            };
            if values.iter().chain([name]).any(|t| t.contains(['\r', '\n'])) {
                return Err(Error::config(path, "a header has no line breaks"));
            }
            Ok((name.to_ascii_lowercase(), values))
        })
        .collect()
}

fn padding(value: &Value, path: &str) -> Result<Padding, Error> {
    if !value.is_object() {
        return Ok(Padding { times: Times::read(value, path)?, every: Duration::ZERO });
    }
    let mut f = Fields::of(value, path)?;
    let padding = Padding {
        times: f.read("repeat", Times::read)?.unwrap_or(Times::Count(1)),
        every: f.read("every", read::seconds)?.unwrap_or_default(),
    };
    f.done()?;
    Ok(padding)
}

fn drip(value: &Value, path: &str) -> Result<Drip, Error> {
    let mut f = Fields::of(value, path)?;
    let drip = Drip {
        bytes: f.read("bytes", read::whole(1, 1 << 30))?.unwrap_or(1) as usize,
        every: f.read("every", read::seconds)?.unwrap_or_default(),
        head: f.read("head", read::flag)?.unwrap_or(false),
    };
    f.done()?;
    Ok(drip)
}

fn status(low: u64, high: u64) -> impl Fn(&Value, &str) -> Result<u16, Error> {
    move |value, path| Ok(read::whole(low, high)(value, path)? as u16)
}

fn media_type(text: &str) -> &'static str {
    match text.trim_start().chars().next() {
        Some('{' | '[') => JSON,
        Some('<') => "text/html",
        _ => "text/plain",
    }
}

fn fault_word(value: &Value, path: &str) -> Result<Fault, Error> {
    one_of(value, path, &[("reset", Fault::Reset), ("close", Fault::Close), ("silence", Fault::Silence)])
}

fn framing_word(value: &Value, path: &str) -> Result<Framing, Error> {
    one_of(
        value,
        path,
        &[("length", Framing::Length), ("chunked", Framing::Chunked), ("close", Framing::Close)],
    )
}

fn end_word(value: &Value, path: &str) -> Result<End, Error> {
    one_of(
        value,
        path,
        &[
            ("keep", End::Keep),
            ("close", End::Close),
            ("cut", End::Cut),
            ("reset", End::Reset),
            ("stall", End::Stall),
        ],
    )
}

fn eol_word(value: &Value, path: &str) -> Result<&'static str, Error> {
    one_of(value, path, &[("lf", "\n"), ("crlf", "\r\n"), ("cr", "\r")])
}

fn one_of<T: Copy>(value: &Value, path: &str, words: &[(&'static str, T)]) -> Result<T, Error> {
    let word = read::text(value, path)?;
    match words.iter().find(|(w, _)| *w == word) {
        Some((_, meaning)) => Ok(*meaning),
        None => {
            let known: Vec<&'static str> = words.iter().map(|(w, _)| *w).collect();
            Err(read::unknown_word(path, &word, "word", &known))
        }
    }
}
