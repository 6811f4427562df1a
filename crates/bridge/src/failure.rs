//! The one form in which every failure crosses.
//!
//! Knows errors and traces. Invariant: the JSON has the same keys whatever failed; absent is `null`.

use resilient_completion::engine::error::{Error, Kind};
use resilient_completion::{Trace, engine};
use serde_json::{Value, json};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Why something failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What went wrong.
    pub error: Error,
    /// What was tried, where anything was.
    pub trace: Option<Arc<Trace>>,
}

impl Failure {
    /// The envelope that the bindings turn into an exception of their language.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut envelope = error(&self.error);
        let trace = self.trace.as_deref();
        envelope["attempts"] = trace.map_or_else(|| json!([]), |t| json!(t.attempts));
        envelope["trace"] = trace.map_or(Value::Null, |t| json!(t));
        envelope.to_string()
    }
}

/// Runs `work` so that a panic in it is a failure like any other.
///
/// # Errors
/// Those of `work`, and a bug of ours.
pub fn sound<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("see standard error");
        Err(Failure::internal(text))
    })
}

impl Failure {
    /// A bug of ours, which no retry mends.
    #[must_use]
    pub fn internal(what: &str) -> Failure {
        let mut error = Error::new(
            Kind::Malformed,
            format!("internal error of resilient_completion, please report it: {what}"),
        );
        error.retryable = false;
        error.into()
    }
}

fn error(e: &Error) -> Value {
    json!({
        "class": e.class_name(),
        "kind": e.kind.word(),
        "message": e.message,
        "field": e.field,
        "status": e.status,
        "retryable": e.retryable,
        "retry_after": e.retry_after.map(engine::base::Duration::as_secs_f64),
        "model": e.model,
        "label": e.label,
        "request_id": e.request_id,
        "body": e.body,
        "partial": e.partial.as_ref().map(|p| json!({"text": p.text, "reasoning": p.reasoning})),
        "cause": e.cause.as_deref().map(error),
    })
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure { error, trace: None }
    }
}

impl From<resilient_completion::Failure> for Failure {
    fn from(f: resilient_completion::Failure) -> Failure {
        Failure { error: f.error, trace: f.trace }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_panic_is_a_failure_that_nobody_repeats() {
        let failure = sound::<()>(|| panic!("at {}", "sea")).unwrap_err();
        assert!(failure.error.message.ends_with("at sea"), "{}", failure.error.message);
        assert!(!failure.error.retryable);
        assert_eq!(sound(|| Ok(1)).unwrap(), 1);
    }
}
