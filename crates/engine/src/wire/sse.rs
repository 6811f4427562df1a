//! Incremental decoder of server-sent events over arbitrary byte splits.
//!
//! Knows bytes only. Must not read what the data says. Invariants: the events of a byte sequence do not depend on
//! how it is split; a line or event over its cap is a fault, not an allocation; comments produce no event; every
//! byte is searched once; data that lay in one input piece is a slice of it, not a copy.
//!
//! Source of the rules: HTML Living Standard, "Server-sent events", parsing and interpreting an event stream.

use bytes::Bytes;
use core::mem;

/// One event: its `event:` name (empty for the default) and its `data:` lines joined by newlines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SseEvent {
    /// Name from the `event:` field; empty where none was sent.
    pub name: String,
    /// Data as sent (UTF-8 unless the service broke it; never altered here); a slice of the input where the event
    /// lay in one piece.
    pub data: Bytes,
}

/// Why decoding stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SseFault {
    /// A line or event grew over its cap (bytes).
    TooLarge(usize),
}

/// The decoder.
#[derive(Debug)]
pub struct SseDecoder {
    /// Longest line and longest data of one event.
    cap: usize,
    /// The beginning of a line whose end has not arrived.
    carry: Vec<u8>,
    /// The last piece ended in CR: an LF that opens the next one belongs to it.
    after_cr: bool,
    /// No line has ended yet, so a byte order mark may still come.
    first_line: bool,
    name: String,
    data: Data,
    fault: Option<SseFault>,
}

/// Data lines of the event under way.
#[derive(Debug)]
enum Data {
    None,
    One(Bytes),
    Joined(Vec<u8>),
}

impl Default for SseDecoder {
    fn default() -> Self {
        SseDecoder::with_cap(SseDecoder::DEFAULT_CAP)
    }
}

impl SseDecoder {
    /// 16 MiB: an image of 10 MiB comes as one line of 13.4 MiB in base64; nothing recorded is larger.
    pub const DEFAULT_CAP: usize = 16 << 20;

    /// A decoder that refuses lines and events of more than `cap` bytes.
    #[must_use]
    pub fn with_cap(cap: usize) -> SseDecoder {
        SseDecoder {
            cap,
            carry: Vec::new(),
            after_cr: false,
            first_line: true,
            name: String::new(),
            data: Data::None,
            fault: None,
        }
    }

    /// Takes bytes as they arrive and appends the events that they complete. After a fault every call repeats it.
    pub fn push(&mut self, bytes: &Bytes, out: &mut Vec<SseEvent>) -> Result<(), SseFault> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        let result = self.scan(bytes, out);
        if let Err(fault) = &result {
            self.fault = Some(fault.clone());
            self.carry = Vec::new();
            self.data = Data::None;
        }
        result
    }

    /// Whether the bytes so far end inside a line or event, which an end of the stream would discard.
    #[must_use]
    pub fn has_leftover(&self) -> bool {
        !self.carry.is_empty() || !self.name.is_empty() || !matches!(self.data, Data::None)
    }

    fn scan(&mut self, bytes: &Bytes, out: &mut Vec<SseEvent>) -> Result<(), SseFault> {
        let mut at = 0;
        if mem::take(&mut self.after_cr) {
            match bytes.first() {
                None => self.after_cr = true,
                Some(b'\n') => at = 1,
                Some(_) => {}
            }
        }
        while let Some(found) = memchr::memchr2(b'\n', b'\r', &bytes[at..]) {
            let end = at + found;
            self.check(self.carry.len() + found)?;
            if self.carry.is_empty() {
                self.line(bytes, at, end, out)?;
            } else {
                let mut whole = mem::take(&mut self.carry);
                whole.extend_from_slice(&bytes[at..end]);
                let whole = Bytes::from(whole);
                self.line(&whole, 0, whole.len(), out)?;
            }
            at = end + 1;
            if bytes[end] == b'\r' {
                match bytes.get(at) {
                    None => self.after_cr = true,
                    Some(b'\n') => at += 1,
                    Some(_) => {}
                }
            }
        }
        self.check(self.carry.len() + bytes.len() - at)?;
        self.carry.extend_from_slice(&bytes[at..]);
        Ok(())
    }

    fn check(&self, size: usize) -> Result<(), SseFault> {
        if size > self.cap { Err(SseFault::TooLarge(self.cap)) } else { Ok(()) }
    }

    /// Takes the line `source[start..end]`.
    fn line(
        &mut self,
        source: &Bytes,
        mut start: usize,
        end: usize,
        out: &mut Vec<SseEvent>,
    ) -> Result<(), SseFault> {
        if mem::take(&mut self.first_line) && source[start..end].starts_with(b"\xEF\xBB\xBF") {
            start += 3;
        }
        let text = &source[start..end];
        if text.is_empty() {
            self.dispatch(out);
            return Ok(());
        }
        // The longest field name that matters has five letters: a long line without a colon is not searched.
        let (field, after) = match text.iter().take(6).position(|b| *b == b':') {
            Some(colon) => (&text[..colon], colon + 1),
            None => (text, text.len()),
        };
        let value = start + after + usize::from(text.get(after) == Some(&b' '));
        match field {
            b"data" => self.append(source.slice(value..end)),
            b"event" => {
                self.name = String::from_utf8_lossy(&source[value..end]).into_owned();
                Ok(())
            }
            // Comments, `id:` and `retry:` (nothing here reconnects) and unknown fields.
            _ => Ok(()),
        }
    }

    fn append(&mut self, value: Bytes) -> Result<(), SseFault> {
        let mut joined = match mem::replace(&mut self.data, Data::None) {
            Data::None => {
                self.data = Data::One(value);
                return Ok(());
            }
            Data::One(first) => first.to_vec(),
            Data::Joined(joined) => joined,
        };
        self.check(joined.len() + 1 + value.len())?;
        joined.push(b'\n');
        joined.extend_from_slice(&value);
        self.data = Data::Joined(joined);
        Ok(())
    }

    fn dispatch(&mut self, out: &mut Vec<SseEvent>) {
        let name = mem::take(&mut self.name);
        let data = match mem::replace(&mut self.data, Data::None) {
            // A name alone, an `id:` alone or blank lines in a row are no event.
            Data::None => return,
            Data::One(data) => data,
            Data::Joined(data) => Bytes::from(data),
        };
        out.push(SseEvent { name, data });
    }
}

#[cfg(test)]
mod tests;
