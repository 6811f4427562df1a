//! A step made ready: the exact bytes, waits and ending that one request will get.
//!
//! Knows steps and framing. Must not know sockets. Invariants: the work per request is done here, once per step,
//! model and kind of answer; same step and model, same bytes.

use super::chunk::{Chunk, Times, What};
use super::shape;
use super::step::{Content, Drip, End, Fault, Framing, JSON, Reply, Step};
use bytes::{Bytes, BytesMut};
use serde_json::Value;
use std::time::Duration;

/// What is done for one request, in order.
#[derive(Debug)]
pub(super) struct Play {
    pub(super) ops: Vec<Op>,
    pub(super) end: End,
}

/// One doing.
#[derive(Debug)]
pub(super) enum Op {
    Wait(Duration),
    Write(Bytes),
    /// The bytes again and again, with a wait before each but the first.
    Again {
        bytes: Bytes,
        every: Duration,
        times: Times,
    },
    /// The bytes in small portions.
    Drip {
        bytes: Bytes,
        portion: usize,
        every: Duration,
    },
}

/// A part of the body before framing.
struct Part {
    bytes: Bytes,
    delay: Duration,
    every: Duration,
    times: Times,
}

/// The media type of a stream.
const EVENTS: &str = "text/event-stream";

/// Repetitions without a wait are written in blocks of about this size.
const BLOCK: usize = 64 * 1024;

impl Play {
    /// Makes `step` ready for a request for `asked`, streaming or not.
    pub(super) fn of(step: &Step, asked: &str, stream: bool) -> Play {
        let mut ops = Ops::default();
        ops.wait(step.delay);
        if let Some(fault) = step.fault {
            let end = match fault {
                Fault::Reset => End::Reset,
                Fault::Close => End::Cut,
                Fault::Silence => End::Stall,
            };
            return Play { ops: ops.0, end };
        }
        let (status, media_type, content) = content(step, asked, stream);
        let mut parts = padding(step, stream);
        if !step.body_delay.is_zero() {
            parts.push(Part { bytes: Bytes::new(), delay: step.body_delay, ..Part::once(Bytes::new()) });
        }
        for (i, mut part) in content.into_iter().enumerate() {
            if i > 0 {
                part.delay += step.every;
            }
            parts.push(part);
        }
        let framing = framing(step, &parts, media_type == EVENTS);
        let length = parts.iter().map(Part::len).fold(0_u64, u64::saturating_add);
        for status in &step.interim {
            ops.write(format!("HTTP/1.1 {status} {}\r\n\r\n", reason(*status)).as_bytes());
        }
        let status = step.status.unwrap_or(status);
        let head = head(step, status, media_type, framing, length);
        let drip = step.drip;
        match drip {
            Some(Drip { bytes, every, head: true }) => ops.drip(head.into(), bytes, every),
            _ => ops.write(head.as_bytes()),
        }
        let chunked = framing == Framing::Chunked;
        let whole = matches!(step.end, End::Keep | End::Close);
        for part in cut(parts, step.cut_at) {
            ops.part(part, chunked, drip);
        }
        if chunked && whole {
            ops.write(b"0\r\n\r\n");
        }
        let end = if framing == Framing::Close && whole { End::Close } else { step.end };
        Play { ops: ops.0, end }
    }

    /// The answer to a request that no step fits.
    pub(super) fn refusal(code: u16, message: &str) -> Play {
        let error = serde_json::json!({"code": code, "message": message});
        let body = shape::refusal(&error).1.to_string();
        let head = format!(
            "HTTP/1.1 {code} {}\r\ncontent-type: {JSON}\r\ncontent-length: {}\r\n\r\n",
            reason(code),
            body.len()
        );
        Play { ops: vec![Op::Write(Bytes::from(head + &body))], end: End::Keep }
    }
}

impl Part {
    fn once(bytes: Bytes) -> Part {
        Part { bytes, delay: Duration::ZERO, every: Duration::ZERO, times: Times::Count(1) }
    }

    fn len(&self) -> u64 {
        match self.times {
            Times::Count(n) => (self.bytes.len() as u64).saturating_mul(n),
            Times::Forever => u64::MAX,
        }
    }
}

/// Operations in the making: neighbouring writes become one.
#[derive(Default)]
struct Ops(Vec<Op>);

impl Ops {
    fn wait(&mut self, time: Duration) {
        if !time.is_zero() {
            self.0.push(Op::Wait(time));
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if let Some(Op::Write(last)) = self.0.last_mut() {
            let mut joined = BytesMut::from(std::mem::take(last));
            joined.extend_from_slice(bytes);
            *last = joined.freeze();
        } else {
            self.0.push(Op::Write(Bytes::copy_from_slice(bytes)));
        }
    }

    fn drip(&mut self, bytes: Bytes, portion: usize, every: Duration) {
        self.0.push(Op::Drip { bytes, portion, every });
    }

    fn part(&mut self, part: Part, chunked: bool, drip: Option<Drip>) {
        self.wait(part.delay);
        if part.bytes.is_empty() {
            return;
        }
        let framed = if chunked { chunk(&part.bytes) } else { part.bytes.clone() };
        match part.times {
            Times::Count(0) => {}
            Times::Count(1) => match drip {
                Some(d) => self.drip(framed, d.bytes, d.every),
                None => self.write(&framed),
            },
            times if part.every.is_zero() => {
                let per_block = (BLOCK / framed.len()).max(1) as u64;
                match times {
                    Times::Count(n) if n <= per_block => self.write(&framed.repeat(n as usize)),
                    Times::Count(n) => {
                        let block = Bytes::from(framed.repeat(per_block as usize));
                        self.again(block, Duration::ZERO, Times::Count(n / per_block));
                        self.write(&framed.repeat((n % per_block) as usize));
                    }
                    Times::Forever => {
                        self.again(Bytes::from(framed.repeat(per_block as usize)), Duration::ZERO, times);
                    }
                }
            }
            times => self.again(framed, part.every, times),
        }
    }

    fn again(&mut self, bytes: Bytes, every: Duration, times: Times) {
        self.0.push(Op::Again { bytes, every, times });
    }
}

/// One HTTP chunk.
fn chunk(payload: &[u8]) -> Bytes {
    let mut framed = BytesMut::with_capacity(payload.len() + 16);
    framed.extend_from_slice(format!("{:x}\r\n", payload.len()).as_bytes());
    framed.extend_from_slice(payload);
    framed.extend_from_slice(b"\r\n");
    framed.freeze()
}

/// Status, media type and parts that the content itself asks for.
fn content(step: &Step, asked: &str, stream: bool) -> (u16, &'static str, Vec<Part>) {
    match &step.content {
        Content::Nothing => (200, "", Vec::new()),
        Content::Body { bytes, media_type } => (200, media_type, vec![Part::once(bytes.clone())]),
        Content::Refusal(error) => {
            let (status, body) = shape::refusal(error);
            (status, JSON, vec![Part::once(Bytes::from(body.to_string()))])
        }
        Content::Answer(reply) if stream => {
            let events = shape::events(reply, asked);
            (200, EVENTS, events.iter().map(|e| Part::once(data(e, step.eol))).collect())
        }
        Content::Answer(reply) => {
            (200, JSON, vec![Part::once(Bytes::from(shape::completion(reply, asked).to_string()))])
        }
        Content::Chunks(chunks) => {
            let media_type = if stream { EVENTS } else { JSON };
            (200, media_type, chunks.iter().map(|c| part_of(c, asked, stream, step.eol)).collect())
        }
    }
}

fn part_of(c: &Chunk, asked: &str, stream: bool, eol: &str) -> Part {
    let event = |delta: Value, finish: Value| {
        data(&shape::event(&Reply::default(), asked, delta, finish).to_string(), eol)
    };
    let bytes = match &c.what {
        What::Piece(text) if stream => event(serde_json::json!({"content": text}), Value::Null),
        What::Piece(text) => Bytes::from(text.clone()),
        What::Delta { delta, finish_reason } => event(delta.clone(), finish_reason.clone()),
        What::Data(text) => data(text, eol),
        What::Comment(text) => Bytes::from(format!(": {text}{eol}{eol}")),
        What::Raw(bytes) => bytes.clone(),
    };
    Part { bytes, delay: c.delay, every: c.every, times: c.times }
}

/// `text` as one event, a `data:` line per line.
fn data(text: &str, eol: &str) -> Bytes {
    let mut event = String::with_capacity(text.len() + 16);
    for line in text.split('\n') {
        event.push_str("data: ");
        event.push_str(line);
        event.push_str(eol);
    }
    event.push_str(eol);
    Bytes::from(event)
}

/// What OpenRouter sends while it waits: comments in a stream, blank lines before a plain answer (recorded).
fn padding(step: &Step, stream: bool) -> Vec<Part> {
    let Some(padding) = step.padding else { return Vec::new() };
    let text =
        if stream { format!(": OPENROUTER PROCESSING{0}{0}", step.eol) } else { "\n         \n".to_owned() };
    vec![Part { bytes: Bytes::from(text), delay: Duration::ZERO, every: padding.every, times: padding.times }]
}

fn framing(step: &Step, parts: &[Part], stream: bool) -> Framing {
    let says_length = step.headers.iter().any(|(n, v)| n == "content-length" && !v.is_empty());
    match step.framing {
        Some(framing) => framing,
        // A length that the script writes itself may be a lie; the body is then sent as it is.
        None if says_length => Framing::Length,
        None if stream || step.padding.is_some() || matches!(step.content, Content::Chunks(_)) => {
            Framing::Chunked
        }
        None if parts.iter().any(|p| p.times == Times::Forever) => Framing::Chunked,
        None => Framing::Length,
    }
}

fn head(step: &Step, status: u16, media_type: &str, framing: Framing, length: u64) -> String {
    let mut head = format!("HTTP/1.1 {status} {}\r\n", reason(status));
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() && !step.headers.iter().any(|(n, _)| n == name) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    };
    line("content-type", media_type);
    if let Content::Answer(reply) = &step.content {
        line("x-generation-id", shape::generation_id(reply));
    }
    match framing {
        // These statuses have no body, so a length would be a lie.
        Framing::Length if matches!(status, 204 | 304) => {}
        Framing::Length => line("content-length", &length.to_string()),
        Framing::Chunked => line("transfer-encoding", "chunked"),
        Framing::Close => {}
    }
    if step.end == End::Close || framing == Framing::Close {
        line("connection", "close");
    }
    for (name, values) in &step.headers {
        for value in values {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    head.push_str("\r\n");
    head
}

/// The parts up to `limit` bytes of body.
fn cut(parts: Vec<Part>, limit: Option<usize>) -> Vec<Part> {
    let Some(mut left) = limit.map(|n| n as u64) else { return parts };
    let mut kept = Vec::new();
    for part in parts {
        let size = part.bytes.len() as u64;
        if part.len() <= left {
            left -= part.len();
            kept.push(part);
            continue;
        }
        let (repeats, rest) = (left / size, (left % size) as usize);
        let tail = part.bytes.slice(..rest);
        let delay = if repeats == 0 { part.delay } else { part.every };
        if repeats > 0 {
            kept.push(Part { times: Times::Count(repeats), ..part });
        }
        kept.push(Part { delay, ..Part::once(tail) });
        break;
    }
    kept
}

fn reason(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        102 => "Processing",
        103 => "Early Hints",
        200 => "OK",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        408 => "Request Timeout",
        413 => "Payload Too Large",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        // A reason may be anything; unknown statuses get one that says so.
        _ => "Scripted",
    }
}
