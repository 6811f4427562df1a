//! What came in and how it ended, for tests to look at.
//!
//! Knows requests. Must not know sockets. Invariants: bounded in number and bytes; a recorded request shows the
//! authorization header masked unless the script asks for it.

use super::request::{self, Request};
use bytes::Bytes;
use serde_json::{Map, Value};
use std::time::{Duration, Instant};

/// Bodies kept in all; later ones are dropped and say so.
const MAX_BODIES: usize = 256 << 20;
/// Connections whose requests are counted one by one.
const MAX_CONNECTIONS: usize = 65_536;

/// One request as a test sees it.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// `POST` or `GET`.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Headers in order, names in lower case; authorization masked to its scheme and last four characters.
    pub headers: Vec<(String, String)>,
    /// The body's bytes; empty if the record was full.
    pub body: Bytes,
    /// The model asked for, or an empty string.
    pub model: String,
    /// Whether a stream was asked for.
    pub stream: bool,
    /// Number of the connection, from 0.
    pub connection: usize,
    /// When it was whole, since the provider's start.
    pub received_at: Duration,
    /// How it ended.
    pub ended: Ended,
}

/// How a request ended, and how long after it was whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It is being answered, or kept waiting.
    Pending,
    /// The whole answer was written.
    Answered(Duration),
    /// The script broke the answer off in order.
    Cut(Duration),
    /// The script reset the connection.
    Reset(Duration),
    /// The client closed the connection first.
    ClientClosed(Duration),
}

/// Counts of connections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connections {
    /// Accepted since the start.
    pub accepted: usize,
    /// Open at this moment.
    pub open: usize,
    /// Turned away because too many were open.
    pub refused: usize,
    /// Requests by connection number, for the first 65,536 connections.
    pub requests: Vec<u32>,
    /// Requests that came over a connection that had carried one before.
    pub reused: usize,
}

/// The growing record.
#[derive(Debug)]
pub(super) struct Log {
    start: Instant,
    limit: usize,
    bodies: usize,
    entries: Vec<Entry>,
    pub(super) total: usize,
    pub(super) connections: Connections,
}

#[derive(Debug)]
struct Entry {
    head: Bytes,
    body: Bytes,
    model: String,
    stream: bool,
    connection: usize,
    received: Instant,
    ended: Ended,
}

impl Log {
    pub(super) fn new(limit: usize) -> Log {
        Log {
            start: Instant::now(),
            limit,
            bodies: 0,
            entries: Vec::new(),
            total: 0,
            connections: Connections::default(),
        }
    }

    /// Counts a connection and gives its number.
    pub(super) fn opened(&mut self) -> usize {
        let number = self.connections.accepted;
        self.connections.accepted += 1;
        self.connections.open += 1;
        if number < MAX_CONNECTIONS {
            self.connections.requests.push(0);
        }
        number
    }

    /// Keeps a request and gives its number in the record, if there is room.
    pub(super) fn request(
        &mut self,
        r: &Request,
        model: &str,
        stream: bool,
        connection: usize,
    ) -> Option<usize> {
        self.total += 1;
        if let Some(count) = self.connections.requests.get_mut(connection) {
            *count += 1;
            self.connections.reused += usize::from(*count > 1);
        }
        if self.entries.len() >= self.limit {
            return None;
        }
        let room = self.bodies + r.body.len() <= MAX_BODIES;
        let body = if room { r.body.clone() } else { Bytes::new() };
        self.bodies += body.len();
        self.entries.push(Entry {
            head: r.head.clone(),
            body,
            model: model.to_owned(),
            stream,
            connection,
            received: Instant::now(),
            ended: Ended::Pending,
        });
        Some(self.entries.len() - 1)
    }

    /// Notes how the request with that number ended; the first note stands.
    pub(super) fn ended(&mut self, number: usize, how: impl FnOnce(Duration) -> Ended) {
        if let Some(entry) = self.entries.get_mut(number).filter(|e| e.ended == Ended::Pending) {
            entry.ended = how(entry.received.elapsed());
        }
    }

    pub(super) fn all(&self, expose: bool) -> Vec<Recorded> {
        self.entries.iter().map(|e| e.show(self.start, expose)).collect()
    }

    pub(super) fn first_client_closed(&self, expose: bool) -> Option<Recorded> {
        let entry = self.entries.iter().find(|e| matches!(e.ended, Ended::ClientClosed(_)))?;
        Some(entry.show(self.start, expose))
    }
}

impl Entry {
    fn show(&self, start: Instant, expose: bool) -> Recorded {
        let request = Request { head: self.head.clone(), body: Bytes::new(), close: false };
        let (method, path) = request.line();
        let headers = request::headers(&self.head)
            .map(|(name, value)| {
                let name = name.to_ascii_lowercase();
                let secret = matches!(name.as_str(), "authorization" | "api-key" | "x-api-key") && !expose;
                let value = if secret { mask(value) } else { value.to_owned() };
                (name, value)
            })
            .collect();
        Recorded {
            method: method.to_owned(),
            path: path.to_owned(),
            headers,
            body: self.body.clone(),
            model: self.model.clone(),
            stream: self.stream,
            connection: self.connection,
            received_at: self.received.duration_since(start),
            ended: self.ended,
        }
    }
}

/// `Bearer sk-or-v1-abcdef` becomes `Bearer …cdef`; a short key shows nothing at all.
fn mask(value: &str) -> String {
    let (scheme, key) = value.split_once(' ').unwrap_or(("", value));
    let tail: String = match key.char_indices().rev().nth(3) {
        Some((at, _)) if key.chars().count() >= 12 => key[at..].to_owned(),
        _ => String::new(),
    };
    if scheme.is_empty() { format!("…{tail}") } else { format!("{scheme} …{tail}") }
}

impl Recorded {
    /// The header of that (lower-case) name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The body as JSON; `Null` if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// All of it as JSON: `{"method", "path", "headers", "model", "stream", "body", "connection", "received_at",
    /// "ended": {"how", "after"}}`. A header that came twice shows its values joined by `", "`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut headers = Map::new();
        for (name, value) in &self.headers {
            let joined = match headers.get(name).and_then(Value::as_str) {
                Some(before) => format!("{before}, {value}"),
                None => value.clone(),
            };
            headers.insert(name.clone(), joined.into());
        }
        let (how, after) = match self.ended {
            Ended::Pending => ("pending", None),
            Ended::Answered(d) => ("answered", Some(d)),
            Ended::Cut(d) => ("cut", Some(d)),
            Ended::Reset(d) => ("reset", Some(d)),
            Ended::ClientClosed(d) => ("client_closed", Some(d)),
        };
        serde_json::json!({
            "method": self.method, "path": self.path, "headers": headers, "model": self.model,
            "stream": self.stream, "body": self.json(), "connection": self.connection,
            "received_at": self.received_at.as_secs_f64(),
            "ended": {"how": how, "after": after.map(|d| d.as_secs_f64())},
        })
    }
}
