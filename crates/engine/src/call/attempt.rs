//! One attempt: bytes in, pieces and one end out.
//!
//! Knows `wire`, `outcome` and the timers. Must not know other attempts or what follows an end. Invariants: nothing is
//! shown before the first visible piece; an answer counts only with a terminal signal and through the quality gate;
//! what came before padding, comments and role-only pieces moves no clock.

use crate::base::{Duration, Instant};
use crate::chat::{Answer, ChunkMeta, Delta, ToolCallDelta, Usage, Word};
use crate::guard::{Lease, Timers};
use crate::outcome::{Limit, Observation, Received, Refusal, gate};
use crate::wire::{
    Assembler, Decoded, Headers, Malformed, SseDecoder, SseEvent, SseFault, StreamItem, decode_answer,
    decode_event,
};
use bytes::{Bytes, BytesMut};

/// The attempt that is out.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) id: u32,
    pub(super) candidate: usize,
    pub(super) lease: Lease,
    pub(super) timers: Timers,
    pub(super) status: Option<u16>,
    pub(super) headers: Headers,
    pub(super) received: Received,
    /// The limit of the attempt where it is a share of the call's time and not the link's own.
    pub(super) share: Option<Duration>,
    /// Usage as told so far, good end or not.
    pub(super) usage: Option<Usage>,
    /// Who answers, as told so far.
    pub(super) meta: ChunkMeta,
    streaming: bool,
    body: Body,
    /// Whether the first choice has said that it is done.
    done: bool,
    /// When the last courtesy, usage or `[DONE]`, is no longer waited for.
    closing: Option<Instant>,
    /// Whether other choices are being told as well, so that the first one's end is not the answer's.
    several: bool,
    /// Bytes of the stream so far.
    size: usize,
    events: Vec<SseEvent>,
    held: Pieces,
    /// Text and reasoning of a stream that came whole and was refused.
    refused: Option<(String, String)>,
}

/// Pieces stay where decoding put them until they are delivered.
#[allow(clippy::vec_box, reason = "each is boxed already and goes on in its box")]
type Pieces = Vec<Box<Delta>>;

/// What a body has turned out to be.
#[derive(Debug)]
enum Body {
    /// No byte but white space so far.
    Unknown,
    /// A whole document.
    Document(Document),
    /// Server-sent events.
    Events(Box<(SseDecoder, Assembler)>),
}

#[derive(Debug)]
enum Document {
    One(Bytes),
    Many(BytesMut),
}

/// What an input led to.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Pieces to show, in order.
    pub(super) deltas: Pieces,
    /// Content came for the first time.
    pub(super) first_content: bool,
    /// The attempt is over.
    pub(super) end: Option<Result<Box<Answer>, Observation>>,
}

/// Largest whole body, and largest stream: what is read is kept, for assembling. Room for images and sound in an answer;
/// a compressed bomb stops here.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// How long a stream may stay open after its finish reason, waiting for usage; providers send it at once or never.
const CLOSING: Duration = Duration::from_secs(1);
/// The same when usage is there already and only `[DONE]` is missing.
const CLOSING_AFTER_USAGE: Duration = Duration::from_millis(250);

impl Live {
    pub(super) fn new(
        id: u32,
        candidate: usize,
        lease: Lease,
        timers: Timers,
        streaming: bool,
        share: Option<Duration>,
    ) -> Live {
        Live {
            id,
            candidate,
            lease,
            timers,
            status: None,
            headers: Headers::default(),
            received: Received::Nothing,
            share,
            usage: None,
            meta: ChunkMeta::default(),
            streaming,
            body: Body::Unknown,
            done: false,
            closing: None,
            several: false,
            size: 0,
            events: Vec::new(),
            held: Vec::new(),
            refused: None,
        }
    }

    /// When something is due, and which limit that is (`None`: the stream is complete but for its last courtesy).
    pub(super) fn next_timeout(&self) -> (Instant, Option<Limit>) {
        let (at, limit) = self.timers.next();
        match self.closing {
            Some(closing) if closing <= at => (closing, None),
            _ => (at, Some(limit)),
        }
    }

    /// The reader was away and is back; what came meanwhile has not been looked at yet.
    pub(super) fn resumed(&mut self, now: Instant) {
        self.timers.resumed(now);
        self.closing = self.closing.map(|at| at.max(now + CLOSING_AFTER_USAGE));
    }

    pub(super) fn head(&mut self, status: u16, headers: Headers) {
        self.status = Some(status);
        self.headers = headers;
        self.received = self.received.max(Received::Head);
    }

    pub(super) fn bytes(&mut self, now: Instant, bytes: &Bytes) -> Progress {
        let mut progress = Progress::default();
        let mut bytes = bytes.clone();
        if let Body::Unknown = self.body {
            let Some(start) = bytes.iter().position(|b| !b.is_ascii_whitespace()) else {
                return progress;
            };
            if self.is_document(bytes[start]) {
                self.body = Body::Document(Document::One(Bytes::new()));
                bytes = bytes.slice(start..);
            } else {
                self.body = Body::Events(Box::default());
            }
        }
        match &mut self.body {
            Body::Unknown => {}
            Body::Document(doc) => {
                // An error's text is not content.
                progress.first_content =
                    self.received < Received::Content && self.status.is_none_or(|s| s < 400);
                self.received = Received::Content;
                if doc.push(bytes).is_err() {
                    let why = Malformed::TooLarge(MOST_BYTES);
                    progress.end = Some(Err(Observation::Malformed(why, self.received)));
                }
            }
            Body::Events(_) => self.stream(now, &bytes, &mut progress),
        }
        progress
    }

    pub(super) fn ended(&mut self) -> Progress {
        let mut progress = Progress::default();
        let end = match (&self.body, self.done) {
            // What was assembled stays, to be told as the partial text.
            (Body::Events(_), false) => Err(Observation::Truncated(self.received)),
            _ => match core::mem::replace(&mut self.body, Body::Unknown) {
                Body::Unknown => Err(Observation::Malformed(Malformed::Blank, self.received)),
                Body::Document(doc) => self.document(doc.whole(), &mut progress),
                Body::Events(stream) => self.finish(stream.1),
            },
        };
        progress.end = Some(end);
        progress
    }

    /// The terminal signal came a while ago and nothing more did.
    pub(super) fn closed(&mut self) -> Result<Box<Answer>, Observation> {
        match core::mem::replace(&mut self.body, Body::Unknown) {
            Body::Events(stream) => self.finish(stream.1),
            _ => Err(Observation::Truncated(self.received)),
        }
    }

    /// What had been assembled, for the partial text of an interrupted stream.
    pub(super) fn partial(&self) -> Option<(String, String)> {
        match &self.body {
            Body::Events(stream) => Some((stream.1.text().to_owned(), stream.1.reasoning().to_owned())),
            _ => self.refused.clone(),
        }
    }

    fn finish(&mut self, assembler: Assembler) -> Result<Box<Answer>, Observation> {
        let Some(answer) = assembler.finish() else {
            return Err(Observation::Refused(Refusal::NoChoices));
        };
        match gate(&answer) {
            Ok(()) => Ok(Box::new(answer)),
            Err(refusal) => Err(self.refuse(answer, refusal)),
        }
    }

    /// A refused answer leaves what it cost, who gave it, and its text.
    fn refuse(&mut self, answer: Answer, refusal: Refusal) -> Observation {
        let word = |text: Option<String>| text.map(|t| Word::share(&Bytes::new(), &t));
        self.meta = ChunkMeta { id: None, model: word(answer.model), provider: word(answer.provider) };
        self.usage = answer.usage.or(self.usage.take());
        self.refused = Some((answer.text, answer.reasoning));
        Observation::Refused(refusal)
    }

    /// Errors and JSON that answers a stream request are documents, whatever their content type says; events begin
    /// with a field name, a colon or a byte-order mark.
    fn is_document(&self, first: u8) -> bool {
        !self.streaming || self.status.is_some_and(|s| s >= 400) || matches!(first, b'{' | b'[' | b'<' | b'"')
    }

    fn document(&mut self, body: Bytes, progress: &mut Progress) -> Result<Box<Answer>, Observation> {
        match decode_answer(self.status.unwrap_or(0), &self.headers, &body) {
            Decoded::Fault(fault) => Err(Observation::Fault(fault)),
            Decoded::Malformed(why) => Err(Observation::Malformed(why, self.received)),
            Decoded::Answer(answer) => {
                if let Err(refusal) = gate(&answer) {
                    return Err(self.refuse(*answer, refusal));
                }
                if self.streaming {
                    progress.deltas.push(Box::new(as_delta(&answer)));
                }
                Ok(answer)
            }
        }
    }

    fn stream(&mut self, now: Instant, bytes: &Bytes, progress: &mut Progress) {
        self.size += bytes.len();
        if self.size > MOST_BYTES {
            let why = Malformed::TooLarge(MOST_BYTES);
            progress.end = Some(Err(Observation::Malformed(why, self.received)));
            return;
        }
        let mut events = core::mem::take(&mut self.events);
        let pushed = match &mut self.body {
            Body::Events(stream) => stream.0.push(bytes, &mut events),
            _ => Ok(()),
        };
        for event in events.drain(..) {
            if progress.end.is_none() {
                self.event(now, &event, progress);
            }
        }
        self.events = events;
        if let (Err(SseFault::TooLarge(n)), None) = (pushed, &progress.end) {
            progress.end = Some(Err(Observation::Malformed(Malformed::TooLarge(n), self.received)));
        }
    }

    fn event(&mut self, now: Instant, event: &SseEvent, progress: &mut Progress) {
        match decode_event(event, &self.headers) {
            StreamItem::Nothing => {}
            StreamItem::Delta(delta) => self.delta(now, delta, progress),
            StreamItem::Done => {
                let body = core::mem::replace(&mut self.body, Body::Unknown);
                if let Body::Events(stream) = body {
                    progress.end = Some(self.finish(stream.1));
                }
            }
            StreamItem::Fault(fault, delta) => {
                if let Some(delta) = delta {
                    self.delta(now, delta, progress);
                }
                progress.end = Some(Err(Observation::Fault(fault)));
            }
            StreamItem::Malformed(why) => {
                progress.end = Some(Err(Observation::Malformed(why, self.received)));
            }
        }
    }

    /// Keeps what the books need, whatever becomes of the attempt.
    fn note(&mut self, delta: &Delta) {
        self.done |= delta.finish_reason.is_some();
        self.several |= delta.other_choices;
        if let Some(usage) = &delta.usage {
            self.usage = Some((**usage).clone());
        }
        if self.meta.model.is_none() {
            self.meta.model.clone_from(&delta.meta.model);
        }
        if self.meta.provider.is_none() {
            self.meta.provider.clone_from(&delta.meta.provider);
        }
    }

    fn delta(&mut self, now: Instant, delta: Box<Delta>, progress: &mut Progress) {
        if let Body::Events(stream) = &mut self.body {
            stream.1.push(&delta);
        }
        if delta.is_visible() {
            progress.first_content |= self.received < Received::Content;
            self.received = Received::Content;
            self.timers.content(now, true);
        }
        self.note(&delta);
        if self.several {
            self.closing = None;
        } else if self.done {
            let wait = if self.usage.is_some() { CLOSING_AFTER_USAGE } else { CLOSING };
            self.closing = Some(self.closing.map_or(now + wait, |c| c.min(now + wait)));
        }
        if self.received < Received::Content {
            self.held.push(delta);
        } else {
            progress.deltas.append(&mut self.held);
            progress.deltas.push(delta);
        }
    }
}

impl Document {
    fn push(&mut self, bytes: Bytes) -> Result<(), ()> {
        match self {
            Document::One(first) if first.is_empty() => *first = bytes,
            Document::One(first) => {
                let mut all = BytesMut::with_capacity((first.len() + bytes.len()) * 2);
                all.extend_from_slice(first);
                all.extend_from_slice(&bytes);
                *self = Document::Many(all);
            }
            Document::Many(all) if all.len() + bytes.len() > MOST_BYTES => return Err(()),
            Document::Many(all) => all.extend_from_slice(&bytes),
        }
        Ok(())
    }

    fn whole(self) -> Bytes {
        match self {
            Document::One(bytes) => bytes,
            Document::Many(all) => all.freeze(),
        }
    }
}

/// A whole answer as one piece, for a service that ignored `stream`.
fn as_delta(answer: &Answer) -> Delta {
    let call = |(index, c): (usize, &crate::chat::ToolCall)| ToolCallDelta {
        index,
        id: Some(c.id.clone()),
        name: Some(c.name.clone()),
        arguments: c.arguments.clone(),
    };
    Delta {
        text: answer.text.clone(),
        reasoning: answer.reasoning.clone(),
        refusal: answer.refusal.clone().unwrap_or_default(),
        has_media: answer.has_media,
        tool_calls: answer.tool_calls.iter().enumerate().map(call).collect(),
        finish_reason: answer.finish_reason.clone(),
        usage: answer.usage.clone().map(Box::new),
        raw: Some(answer.raw.clone()),
        ..Delta::default()
    }
}
