//! Error bodies of every known envelope, read into one shape.
//!
//! Knows headers. Must not classify. Invariants: reading never fails (plain text and HTML are faults too); what is
//! quoted inside (`metadata.raw`, JSON in a string) is unfolded a bounded number of levels; nothing that leaves
//! here for a person (`message`, `texts`, `words`, `body`) holds a key, a user id or a control character.

mod gather;
mod mask;
mod page;
mod wait;

use super::headers::Headers;
use crate::base::Duration;
use serde_json::Value;

/// Bytes of a body that are kept for the caller.
const BODY_CAP: usize = 64 * 1024;
/// Characters of a message: one line of a log.
const MESSAGE_CAP: usize = 300;
/// A first text up to this long ("Provider returned error", "Not Found") says too little alone.
const TERSE: usize = 40;

/// What a service said went wrong, undecided.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ProviderFault {
    /// HTTP status of the response that carried it; `None` in the middle of a stream.
    pub http_status: Option<u16>,
    /// Effective status: `error.code` if it is a number of 400 to 599, else `error.status`/`http_status`, else the
    /// HTTP status where that is 400 or more (contract section 4.1), else what an unfolded inner body says.
    pub status: Option<u16>,
    /// Every machine-readable word, lower-cased, most specific first: availability code, error type, `code`,
    /// provider codes, `type`, `status` words, unfolded inner bodies included. Hints whose bare value would be
    /// ambiguous carry their key: `param:model`, `excluded_by:max_price`, `has:reasons`.
    pub words: Vec<String>,
    /// Every human text, one line each, outermost first, unfolded inner bodies included.
    pub texts: Vec<String>,
    /// The first of `texts` (with the second where the first says little), or a description where there is none.
    pub message: String,
    /// The provider behind the endpoint, where named.
    pub provider: Option<String>,
    /// What the body asked to wait (`availability.retry_after`, `retry_after_seconds`, `retryDelay`, "try again in
    /// 9m52s").
    pub retry_after: Option<Duration>,
    /// The service's own word on whether to try again (`availability.retryable`, `x-should-retry`, `raw.retryable`).
    pub says_retryable: Option<bool>,
    /// Response headers that the body quotes (`metadata.headers`): reset times need a clock to be read.
    pub quoted_headers: Headers,
    /// The whole body as a tree; `Null` where it was not JSON. Not masked: never shown.
    pub json: Value,
    /// The body as text, capped at 64 KiB, keys and user ids masked.
    pub body: String,
    /// Headers of the response.
    pub headers: Headers,
}

impl ProviderFault {
    /// Reads an error body in whatever envelope it came.
    #[must_use]
    pub fn read(http_status: Option<u16>, headers: &Headers, body: &[u8]) -> ProviderFault {
        let text = String::from_utf8_lossy(body);
        let trimmed = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        let json = gather::first_json(trimmed).unwrap_or(Value::Null);
        let mut found = gather::Gathered::default();
        let html = json.is_null() && page::is_markup(trimmed);
        if html {
            found.texts.extend(page::texts(trimmed));
        } else if json.is_null() {
            found.plain(trimmed);
        } else {
            found.envelope(&json);
        }
        let texts: Vec<String> = found
            .texts
            .iter()
            .map(|t| mask::one_line(&mask::secrets(t), 4 * MESSAGE_CAP))
            .filter(|t| !t.is_empty())
            .collect();
        let words = found.words_by_rank();
        let status = found.status.or(http_status.filter(|s| *s >= 400)).or(found.inner_status);
        ProviderFault {
            http_status,
            status,
            message: message(&texts, &words, status, html),
            retry_after: found.wait.or_else(|| texts.iter().find_map(|t| wait::in_text(t))),
            says_retryable: found.says_retryable.or_else(|| should_retry(headers)),
            words,
            texts,
            provider: found.provider,
            quoted_headers: found.quoted_headers,
            json,
            body: mask::secrets(cap(&text, BODY_CAP)),
            headers: headers.clone(),
        }
    }

    /// Whether a tree carries an error envelope (so that a 200 with one is a failure).
    #[must_use]
    pub fn is_in(tree: &Value) -> bool {
        match tree {
            Value::Array(items) => items.iter().any(ProviderFault::is_in),
            Value::Object(o) => {
                if ["error", "errors"].iter().any(|k| o.get(*k).is_some_and(says_something)) {
                    return true;
                }
                // MiniMax reports its own status beside empty choices; 0 is success.
                if o.get("base_resp").and_then(|r| r.get("status_code")?.as_u64()).is_some_and(|c| c != 0) {
                    return true;
                }
                if let Some(Value::Array(choices)) = o.get("choices") {
                    return choices.iter().any(|c| c.get("error").is_some_and(says_something));
                }
                // Without choices there is no completion in it, so a text at the top is the service's complaint.
                o.get("success") == Some(&Value::Bool(false))
                    || o.get("object").or(o.get("type")).and_then(Value::as_str) == Some("error")
                    || o.get("promptFeedback").is_some_and(|p| p.get("blockReason").is_some())
                    || ["message", "detail", "title", "error_msg", "error_message", "msg"]
                        .iter()
                        .any(|k| o.get(*k).is_some_and(gather::is_complaint))
            }
            _ => false,
        }
    }
}

/// `{}`, `null`, `""`, `false` and objects of nothing but nulls are how some services say "no error".
fn says_something(v: &Value) -> bool {
    match v {
        Value::Null | Value::Bool(false) => false,
        Value::Bool(true) => true,
        Value::Number(n) => n.as_f64() != Some(0.0),
        Value::String(s) => !s.trim().is_empty(),
        Value::Array(a) => a.iter().any(says_something),
        Value::Object(o) => o.values().any(|v| !v.is_null()),
    }
}

fn should_retry(headers: &Headers) -> Option<bool> {
    match headers.get("x-should-retry")?.trim() {
        v if v.eq_ignore_ascii_case("true") => Some(true),
        v if v.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn message(texts: &[String], words: &[String], status: Option<u16>, html: bool) -> String {
    let first = texts.first().map(String::as_str);
    let told = match (first, texts.get(1)) {
        (Some(a), _) if html => format!("an HTML page titled \"{a}\""),
        (Some(a), Some(b)) if a.len() <= TERSE && !b.contains(a) => {
            format!("{}: {b}", a.trim_end_matches(['.', ':', ' ']))
        }
        (Some(_), Some(b)) if first.is_some_and(|a| a.len() <= TERSE) => b.clone(),
        (Some(a), _) => a.to_owned(),
        (None, _) if html => "an HTML page without a title".to_owned(),
        (None, _) => match (words.first(), status) {
            (Some(w), _) => format!("error {w}, without a message"),
            (None, Some(s)) => format!("status {s}, without a message"),
            (None, None) => "an error without a message".to_owned(),
        },
    };
    mask::one_line(&told, MESSAGE_CAP)
}

/// The longest prefix of at most `bytes` bytes that ends between two characters.
fn cap(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or("")
}

#[cfg(test)]
mod tests;
