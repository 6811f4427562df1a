//! The walk over an error tree: words, texts and hints wherever a service puts them.
//!
//! Knows the keys of the envelopes (contract sections 4.1, 4.4, 8.1). Must not judge. Invariants: bounded depth,
//! bounded number of words and texts; a value of an unexpected type is passed over.

use super::super::headers::Headers;
use super::{mask, wait};
use crate::base::Duration;
use serde_json::{Map, Value};

/// Nesting and unfolding together; the deepest recorded body needs six.
const DEPTH: usize = 10;
const MANY: usize = 48;

/// Keys whose string is a machine word, with the rank that orders `words`: lower is more specific.
const WORD_KEYS: [(&str, u8); 18] = [
    ("error_type", 1),
    ("code", 2),
    ("error_code", 2),
    ("errorcode", 2),
    ("limit_source", 2),
    ("provider_code", 3),
    ("provider_error_code", 3),
    ("reason", 3),
    ("quotaId", 3),
    ("blockReason", 3),
    ("type", 4),
    ("type_", 4),
    ("status", 5),
    ("http_status", 6),
    ("status_code", 6),
    ("statusCode", 6),
    ("raw_status_code", 6),
    ("name", 7),
];
/// Keys whose string is meant for a person, in the order in which services rank them.
const TEXT_KEYS: [&str; 12] = [
    "message",
    "msg",
    "error_msg",
    "error_message",
    "errorMessage",
    "detail",
    "title",
    "description",
    "error_description",
    "reason_text",
    "hint",
    "status_msg",
];
/// Objects in which an envelope goes on.
const OWN: [&str; 3] = ["metadata", "availability", "base_resp"];
/// Objects that quote someone else, so that their status is not this answer's status.
const QUOTED: [&str; 11] = [
    "raw",
    "innererror",
    "inner_error",
    "details",
    "cause",
    "param",
    "body",
    "violations",
    "fieldViolations",
    "promptFeedback",
    "original_error",
];
/// Structured evidence whose presence matters more than its content.
const PRESENT: [&str; 9] = [
    "reasons",
    "patterns",
    "failed_routing_step",
    "routing_funnel",
    "available_providers",
    "flagged_input",
    "moderation_details",
    "failed_generation",
    "blockReason",
];
/// Keys of a wait in seconds, the most exact first.
const WAIT_KEYS: [&str; 5] =
    ["retry_after_seconds_raw", "retry_after_seconds", "retry_after", "retryAfter", "retryDelay"];

/// What was found.
#[derive(Default)]
pub(super) struct Gathered {
    words: Vec<(u8, String)>,
    pub(super) texts: Vec<String>,
    pub(super) status: Option<u16>,
    pub(super) inner_status: Option<u16>,
    pub(super) provider: Option<String>,
    pub(super) wait: Option<Duration>,
    pub(super) says_retryable: Option<bool>,
    pub(super) quoted_headers: Headers,
}

impl Gathered {
    /// Reads a whole body.
    pub(super) fn envelope(&mut self, tree: &Value) {
        self.value(tree, 0, false);
    }

    /// Reads a body that is no JSON as a whole: prose, or prose around JSON.
    pub(super) fn plain(&mut self, text: &str) {
        self.text(text, 0, false);
    }

    /// The words, most specific first, each once.
    pub(super) fn words_by_rank(&mut self) -> Vec<String> {
        self.words.sort_by_key(|(rank, _)| *rank);
        let mut out: Vec<String> = Vec::new();
        for (_, w) in self.words.drain(..) {
            if !out.contains(&w) {
                out.push(w);
            }
        }
        out
    }

    fn value(&mut self, v: &Value, depth: usize, quoted: bool) {
        if depth > DEPTH {
            return;
        }
        match v {
            Value::String(s) => self.text(s, depth, quoted),
            Value::Array(items) => items.iter().take(MANY).for_each(|i| self.value(i, depth + 1, quoted)),
            Value::Object(o) => self.object(o, depth, quoted),
            Value::Number(n) => self.code(n.as_u64(), 2, quoted),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn object(&mut self, o: &Map<String, Value>, depth: usize, quoted: bool) {
        if let Some((place, told)) = issue(o) {
            if let Some(field) = place.last() {
                self.word(9, &format!("param:{field}"));
            }
            self.texts.push(if place.is_empty() { told } else { format!("{}: {told}", place.join(".")) });
            self.words_of(o, quoted);
            return;
        }
        for key in ["error", "errors"] {
            if let Some(inner) = o.get(key) {
                self.value(inner, depth + 1, quoted);
            }
        }
        if let Some(Value::Array(choices)) = o.get("choices") {
            for inner in choices.iter().filter_map(|c| c.get("error")) {
                self.value(inner, depth + 1, quoted);
            }
        }
        for key in TEXT_KEYS {
            match o.get(key) {
                Some(Value::String(s)) => self.text(s, depth + 1, quoted),
                Some(v @ (Value::Array(_) | Value::Object(_))) => self.value(v, depth + 1, quoted),
                _ => {}
            }
        }
        self.words_of(o, quoted);
        self.hints(o);
        for key in OWN {
            if let Some(inner @ Value::Object(_)) = o.get(key) {
                self.value(inner, depth + 1, quoted);
            }
        }
        for key in QUOTED {
            match o.get(key) {
                Some(Value::String(s)) if key == "param" => self.word(9, &format!("param:{s}")),
                Some(inner) => self.value(inner, depth + 1, true),
                None => {}
            }
        }
    }

    fn words_of(&mut self, o: &Map<String, Value>, quoted: bool) {
        let of_availability = o.contains_key("requested_models") || o.contains_key("docs_url");
        for (key, rank) in WORD_KEYS {
            let rank = if of_availability && key == "code" { 0 } else { rank };
            match o.get(key) {
                Some(Value::Number(n)) if rank != 7 => self.code(n.as_u64(), rank, quoted),
                Some(Value::String(s)) => match s.trim() {
                    "" | "error" => {}
                    // xAI puts a sentence into `code`, Google's SDK one into `status`.
                    sentence if sentence.contains(' ') => self.push_text(sentence),
                    word => {
                        if rank != 7 {
                            self.status_from(word.parse().ok(), quoted);
                        }
                        self.word(rank, word);
                    }
                },
                _ => {}
            }
        }
    }

    fn hints(&mut self, o: &Map<String, Value>) {
        for key in PRESENT {
            let there = match o.get(key) {
                Some(Value::Array(a)) => !a.is_empty(),
                Some(Value::Null) | None => false,
                Some(_) => true,
            };
            if there {
                self.word(8, &format!("has:{}", key.to_ascii_lowercase()));
            }
        }
        for cause in o.get("excluded_by").and_then(Value::as_array).into_iter().flatten() {
            if let Some(s) = cause.as_str() {
                self.word(8, &format!("excluded_by:{s}"));
            }
        }
        if let Some(b) = o.get("retryable").and_then(Value::as_bool) {
            self.says_retryable.get_or_insert(b);
        }
        for key in ["provider_name", "provider"] {
            if let (None, Some(s)) = (&self.provider, o.get(key).and_then(Value::as_str)) {
                self.provider = Some(mask::one_line(s, 80)).filter(|s| !s.is_empty());
            }
        }
        for key in WAIT_KEYS {
            let asked = match o.get(key) {
                Some(Value::Number(n)) => n.as_f64().and_then(Duration::from_secs_f64),
                Some(Value::String(s)) => wait::span(s),
                _ => None,
            };
            if self.wait.is_none() {
                self.wait = asked;
            }
        }
        for (name, v) in o.get("headers").and_then(Value::as_object).into_iter().flatten().take(MANY) {
            let text = match v {
                Value::String(s) => s.clone(),
                Value::Number(n) => n.to_string(),
                _ => continue,
            };
            self.quoted_headers.0.push((name.to_ascii_lowercase(), text));
        }
    }

    /// A text, or JSON hidden in one, or prose with JSON behind it.
    fn text(&mut self, text: &str, depth: usize, quoted: bool) {
        let text = text.trim();
        if depth > DEPTH {
            return;
        }
        if let Some(tree) = first_json(text) {
            self.value(&tree, depth + 1, quoted);
            return;
        }
        let hidden = text.find(['{', '[']).and_then(|at| {
            let (prose, rest) = text.split_at(at);
            first_json(rest).filter(says_more).map(|tree| (prose, tree))
        });
        match hidden {
            Some((prose, tree)) => {
                let prose = prose.trim_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '-' | '\''));
                if !prose.ends_with("data") {
                    self.push_text(prose);
                }
                self.value(&tree, depth + 1, true);
            }
            None => self.push_text(text),
        }
    }

    fn push_text(&mut self, text: &str) {
        if !text.is_empty() && self.texts.len() < MANY && !self.texts.iter().any(|t| t == text) {
            self.texts.push(text.to_owned());
        }
    }

    fn word(&mut self, rank: u8, word: &str) {
        if self.words.len() < MANY {
            self.words.push((rank, mask::one_line(&mask::secrets(word), 80).to_lowercase()));
        }
    }

    fn code(&mut self, code: Option<u64>, rank: u8, quoted: bool) {
        if let Some(code) = code.filter(|c| *c >= 400) {
            self.status_from(u16::try_from(code).ok(), quoted);
            self.word(rank, &code.to_string());
        }
    }

    fn status_from(&mut self, status: Option<u16>, quoted: bool) {
        if let Some(s) = status.filter(|s| (400..600).contains(s)) {
            if quoted {
                self.inner_status.get_or_insert(s)
            } else {
                self.status.get_or_insert(s)
            };
        }
    }
}

/// The JSON object or array at the start of `text`, whatever follows; also one wrapped in a JSON string.
pub(super) fn first_json(text: &str) -> Option<Value> {
    if !text.starts_with(['{', '[', '"']) {
        return None;
    }
    match serde_json::Deserializer::from_str(text).into_iter::<Value>().next()? {
        Ok(v @ (Value::Object(_) | Value::Array(_))) => Some(v),
        Ok(Value::String(s)) if s.trim_start().starts_with(['{', '[']) => first_json(s.trim()),
        _ => None,
    }
}

/// Whether a top-level text key holds a complaint rather than a chat message.
pub(super) fn is_complaint(v: &Value) -> bool {
    match v {
        Value::String(s) => !s.trim().is_empty(),
        Value::Array(items) => items.iter().any(|i| i.as_object().and_then(issue).is_some()),
        Value::Object(o) => {
            !o.contains_key("role") && (o.contains_key("detail") || o.contains_key("message"))
        }
        _ => false,
    }
}

/// "[1, 6000]" in prose is JSON too, but says nothing.
fn says_more(tree: &Value) -> bool {
    match tree {
        Value::Object(o) => !o.is_empty(),
        Value::Array(items) => items.iter().any(Value::is_object),
        _ => false,
    }
}

/// A validation issue (zod: `path` and `message`; pydantic: `loc` and `msg`).
fn issue(o: &Map<String, Value>) -> Option<(Vec<String>, String)> {
    let place = o.get("path").or(o.get("loc")).and_then(Value::as_array)?;
    let told = o.get("message").or(o.get("msg")).and_then(Value::as_str)?;
    let place = place
        .iter()
        .filter_map(|p| p.as_str().map(str::to_owned).or_else(|| p.as_u64().map(|n| n.to_string())))
        .collect();
    Some((place, told.to_owned()))
}
