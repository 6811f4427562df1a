//! Reading one HTTP/1.1 request from bytes.
//!
//! Knows bytes. Must not know sockets or scripts. Invariant: nothing is consumed before a request is whole; head
//! and body are bounded.

use bytes::{Bytes, BytesMut};
use serde::Deserialize;
use std::borrow::Cow;

/// Longest request head.
const MAX_HEAD: usize = 256 * 1024;
/// Longest request body: three of the largest images that a test sends.
pub(super) const MAX_BODY: usize = 64 << 20;

/// One request as it came.
#[derive(Debug)]
pub(super) struct Request {
    /// Request line and headers, without the empty line.
    pub(super) head: Bytes,
    /// The body without framing.
    pub(super) body: Bytes,
    /// Whether the client wants the connection closed after it.
    pub(super) close: bool,
}

/// How far reading has come; kept between reads so that no byte is looked at twice.
#[derive(Debug, Default)]
pub(super) struct Progress {
    scanned: usize,
    head: Option<Head>,
}

#[derive(Clone, Copy, Debug)]
struct Head {
    len: usize,
    length: Option<usize>,
    chunked: bool,
    close: bool,
    expects: bool,
}

/// What can be said about the bytes so far.
#[derive(Debug)]
pub(super) enum Reading {
    /// More bytes are needed; about so many.
    More(usize),
    /// The client waits for `100 Continue` before it sends its body.
    Continue,
    /// A request.
    Whole(Request),
    /// Not HTTP, or too large: this status, then close.
    Bad(u16),
}

impl Progress {
    /// Looks at the bytes that came so far, and takes a request out of them once it is whole.
    pub(super) fn read(&mut self, buf: &mut BytesMut) -> Reading {
        let head = match self.head {
            Some(head) => head,
            None => match self.find_head(buf) {
                Ok(Some(head)) => head,
                Ok(None) => return Reading::More(4096),
                Err(status) => return Reading::Bad(status),
            },
        };
        if head.expects {
            self.head = Some(Head { expects: false, ..head });
            if buf.len() == head.len {
                return Reading::Continue;
            }
        }
        let start = head.len;
        let (body, end) = if head.chunked {
            match unchunk(&buf[start..]) {
                Ok(Some((body, used))) => (Some(body), start + used),
                Ok(None) if buf.len() - start > MAX_BODY => return Reading::Bad(413),
                Ok(None) => return Reading::More(4096),
                Err(()) => return Reading::Bad(400),
            }
        } else {
            let length = head.length.unwrap_or(0);
            if length > MAX_BODY {
                return Reading::Bad(413);
            }
            if buf.len() < start + length {
                return Reading::More(start + length - buf.len());
            }
            (None, start + length)
        };
        let mut whole = buf.split_to(end).freeze();
        let rest = whole.split_off(start);
        whole.truncate(start - 4);
        *self = Progress::default();
        Reading::Whole(Request { head: whole, body: body.unwrap_or(rest), close: head.close })
    }

    /// Whether some bytes of a request have come.
    pub(super) fn has_begun(&self) -> bool {
        self.scanned > 0 || self.head.is_some()
    }

    fn find_head(&mut self, buf: &BytesMut) -> Result<Option<Head>, u16> {
        let from = self.scanned.saturating_sub(3);
        let Some(at) = buf[from..].windows(4).position(|w| w == b"\r\n\r\n") else {
            self.scanned = buf.len();
            return if buf.len() > MAX_HEAD { Err(431) } else { Ok(None) };
        };
        let len = from + at + 4;
        let text = &buf[..len - 4];
        let http_1_0 = text.split(|b| *b == b'\r').next().is_some_and(|line| line.ends_with(b"HTTP/1.0"));
        let mut head = Head { len, length: None, chunked: false, close: http_1_0, expects: false };
        for (name, value) in headers(text) {
            if name.eq_ignore_ascii_case("content-length") {
                head.length = Some(value.parse().map_err(|_| 400_u16)?);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                head.chunked = value.eq_ignore_ascii_case("chunked");
            } else if name.eq_ignore_ascii_case("connection") {
                head.close = value.eq_ignore_ascii_case("close");
            } else if name.eq_ignore_ascii_case("expect") {
                head.expects = true;
            }
        }
        self.head = Some(head);
        Ok(Some(head))
    }
}

impl Request {
    /// Method and path.
    pub(super) fn line(&self) -> (&str, &str) {
        let line = self.head.split(|b| *b == b'\r').next().unwrap_or_default();
        let mut words = core::str::from_utf8(line).unwrap_or_default().split(' ');
        (words.next().unwrap_or_default(), words.next().unwrap_or_default())
    }
}

/// The headers of a head whose first line is the request line.
pub(super) fn headers(head: &[u8]) -> impl Iterator<Item = (&str, &str)> {
    head.split(|b| *b == b'\n').skip(1).filter_map(|line| {
        let (name, value) = core::str::from_utf8(line).ok()?.split_once(':')?;
        Some((name, value.trim()))
    })
}

/// What a request's body asks for.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked<'a> {
    #[serde(borrow, default)]
    model: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    models: Option<Vec<Cow<'a, str>>>,
    #[serde(default)]
    stream: Option<bool>,
}

impl<'a> Asked<'a> {
    /// Reads it; `None` if the body is not a JSON object with these types.
    pub(super) fn of(body: &'a [u8]) -> Option<Asked<'a>> {
        serde_json::from_slice(body).ok()
    }

    /// The model, or the first of the list.
    pub(super) fn model(&self) -> &str {
        let first = || self.models.as_ref().and_then(|m| m.first());
        self.model.as_ref().or_else(first).map_or("", |m| m.as_ref())
    }

    /// Whether a stream is asked for.
    pub(super) fn stream(&self) -> bool {
        self.stream.unwrap_or(false)
    }
}

/// The payload of a chunked body and how many bytes it took; `None` while it is incomplete.
fn unchunk(mut bytes: &[u8]) -> Result<Option<(Bytes, usize)>, ()> {
    let all = bytes.len();
    let mut body = BytesMut::new();
    loop {
        let Some(eol) = bytes.windows(2).position(|w| w == b"\r\n") else { return Ok(None) };
        let size = core::str::from_utf8(&bytes[..eol]).map_err(|_| ())?;
        let size = size.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| ())?;
        bytes = &bytes[eol + 2..];
        if size == 0 {
            // Trailers would follow here; no client of ours sends any.
            return match bytes.strip_prefix(b"\r\n") {
                Some(rest) => Ok(Some((body.freeze(), all - rest.len()))),
                None => Ok(None),
            };
        }
        if body.len().saturating_add(size) > MAX_BODY {
            return Err(());
        }
        let Some(rest) = bytes.get(size + 2..) else { return Ok(None) };
        body.extend_from_slice(&bytes[..size]);
        bytes = rest;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use super::*;

    fn whole(bytes: &[u8]) -> Vec<Request> {
        // Byte by byte: the result must not depend on how the bytes arrive.
        let (mut buf, mut progress, mut found) = (BytesMut::new(), Progress::default(), Vec::new());
        for b in bytes {
            buf.extend_from_slice(&[*b]);
            match progress.read(&mut buf) {
                Reading::Whole(request) => found.push(request),
                Reading::Bad(status) => panic!("{status}"),
                Reading::More(_) | Reading::Continue => {}
            }
        }
        found
    }

    #[test]
    fn length_chunks_and_pipelining() {
        let wire = b"POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcPOST /b HTTP/1.1\r\ntransfer-encoding: chunked\r\n\
            connection: close\r\n\r\n2\r\nab\r\n1;x\r\nc\r\n0\r\n\r\nGET /c HTTP/1.1\r\nx: y\r\n\r\n";
        let found = whole(wire);
        assert_eq!(found.len(), 3);
        assert_eq!(found.iter().map(|r| r.line().1).collect::<Vec<_>>(), ["/a", "/b", "/c"]);
        assert_eq!(found.iter().map(|r| r.body.as_ref()).collect::<Vec<_>>(), [&b"abc"[..], b"abc", b""]);
        assert_eq!(found.iter().map(|r| r.close).collect::<Vec<_>>(), [false, true, false]);
        assert_eq!(headers(&found[2].head).collect::<Vec<_>>(), [("x", "y")]);
    }

    #[test]
    fn the_model_is_found_without_reading_the_rest() {
        let asked =
            Asked::of(br#"{"messages":[{"content":"\"model\":\"no\""}],"models":["a/b","c"],"stream":true}"#)
                .unwrap();
        assert_eq!((asked.model(), asked.stream()), ("a/b", true));
        assert_eq!(Asked::of(br#"{"models":["a"],"model":"b"}"#).unwrap().model(), "b");
        assert!(Asked::of(br#"{"model":7}"#).is_none());
    }
}
