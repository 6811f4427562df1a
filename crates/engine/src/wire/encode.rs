//! A request for one link, as bytes to send.
//!
//! Knows `chat`. Must not know chains or policy. Invariants: the same inputs give the same bytes (OpenRouter's response
//! cache keys on property order); the caller's fields pass byte for byte; the messages are never copied when they
//! are large; the key is only in [`PreparedRequest::auth`], which never prints.

use crate::base::{RawJson, Secret};
use crate::chat::ChatRequest;
use bytes::{BufMut, Bytes, BytesMut};

/// Bodies up to this size are sent as one piece: one small copy is cheaper than a chunked write.
const ONE_PIECE: usize = 64 * 1024;

/// One HTTP request, ready to send.
#[derive(Clone, Debug)]
pub struct PreparedRequest {
    /// Where to; always `POST`.
    pub url: String,
    /// Headers besides the key, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The key for `Authorization: Bearer`, if the endpoint takes one.
    pub auth: Option<Secret<String>>,
    /// The body in pieces that share memory with the request.
    pub body: Vec<Bytes>,
}

impl PreparedRequest {
    /// Length of the body in bytes.
    #[must_use]
    pub fn body_len(&self) -> usize {
        self.body.iter().map(Bytes::len).sum()
    }
}

/// The JSON body for one link: `model`, then the request's fields in the caller's order with the link's `overrides` in
/// their place, then `stream` for a streaming call. Fields in `drop` are left out.
#[must_use]
pub fn body(
    request: &ChatRequest,
    model: &RawJson,
    overrides: &[(String, RawJson)],
    drop: &[&str],
    stream: bool,
) -> Vec<Bytes> {
    let streaming = RawJson::trusted(Bytes::from_static(b"true"));
    let mut fields: Vec<(&str, &RawJson)> = vec![("model", model)];
    let kept = |name: &str| name != "model" && name != "stream" && !drop.contains(&name);
    for (name, value) in request.fields().filter(|(n, _)| kept(n)) {
        let value = overrides.iter().find(|(n, _)| n == name).map_or(value, |(_, v)| v);
        fields.push((name, value));
    }
    for (name, value) in overrides {
        if kept(name) && request.get(name).is_none() {
            fields.push((name, value));
        }
    }
    // A null override takes the field away.
    fields.retain(|(_, v)| !v.is_null());
    if stream {
        fields.push(("stream", &streaming));
    }
    write(&fields)
}

fn write(fields: &[(&str, &RawJson)]) -> Vec<Bytes> {
    let total: usize = fields.iter().map(|(n, v)| n.len() + v.bytes().len() + 4).sum();
    let whole = total <= ONE_PIECE;
    let mut pieces = Vec::new();
    let mut head = BytesMut::with_capacity(if whole { total + 2 } else { 1024 });
    head.put_u8(b'{');
    for (i, (name, value)) in fields.iter().enumerate() {
        if i > 0 {
            head.put_u8(b',');
        }
        // Names come from parsed JSON keys; writing them through the serialiser escapes what needs it.
        if name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
            head.put_u8(b'"');
            head.put_slice(name.as_bytes());
            head.put_u8(b'"');
        } else {
            head.put_slice(serde_json::Value::from(*name).to_string().as_bytes());
        }
        head.put_u8(b':');
        if whole || value.bytes().len() <= 1024 {
            head.put_slice(value.bytes());
        } else {
            pieces.push(head.split().freeze());
            pieces.push(value.bytes().clone());
        }
    }
    head.put_u8(b'}');
    pieces.push(head.freeze());
    pieces
}
