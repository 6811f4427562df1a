//! Printing for people and for programs.
//!
//! Knows standard output and standard error. Invariant: a closed pipe ends quietly.

use resilient_completion::Failure;
use resilient_completion::engine::trace::waterfall;
use serde_json::{Value, json};
use std::io::Write;

/// Text to standard output, without a line break.
pub(crate) fn text(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}

/// One line to standard output.
pub(crate) fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}");
}

/// One JSON value to standard output.
pub(crate) fn json_value(value: &Value) {
    line(&format!("{value:#}"));
}

/// One line to standard error.
pub(crate) fn problem(text: &str) {
    let mut out = std::io::stderr().lock();
    let _ = writeln!(out, "resilient-completion: {text}");
}

/// Why it failed, what was tried, what to do.
pub(crate) fn failure(failure: &Failure) {
    problem(&failure.error.message);
    let mut out = std::io::stderr().lock();
    if let Some(trace) = failure.trace.as_deref().filter(|t| !t.attempts.is_empty()) {
        let _ = writeln!(out, "{}", waterfall(trace));
    }
    let _ = writeln!(out, "what to do: {}", failure.error.kind.row().remedy);
}

/// A finished answer as JSON.
pub(crate) fn answer_json(done: &resilient_completion::Completion) -> Value {
    json!({
        "text": done.text(),
        "model": done.model,
        "provider": done.provider,
        "label": done.label,
        "fell_back": done.fell_back,
        "cost": done.cost(),
        "trace": json!(&*done.trace),
    })
}
