//! The last word: which error a caller gets.
//!
//! Knows outcomes and plans. Must not decide what is tried. Invariants: an exhausted chain names every attempt; its kind
//! is that of the last answer that a provider gave; a single candidate raises its own class.

use crate::base::Duration;
use crate::error::{Class, Error, Kind, Partial};
use crate::outcome::{Observation, Outcome};
use crate::plan::{Candidate, Plan};

/// Whether a failure says that its target is in trouble, as opposed to the request, the key, a rate or the model's
/// choice of words: a limit of ours ran out, or the target failed in a way that may pass.
pub(super) fn speaks_against(observation: &Observation, outcome: &Outcome) -> bool {
    let trouble = matches!(
        outcome.kind,
        Kind::Overloaded
            | Kind::ServerError
            | Kind::Timeout
            | Kind::Connection
            | Kind::Malformed
            | Kind::Empty
            | Kind::Interrupted
    );
    matches!(observation, Observation::Limit(..)) || (trouble && outcome.retryable)
}

/// The error of one attempt.
pub(super) fn attempt_error(candidate: &Candidate, outcome: &Outcome, asked: Option<Duration>) -> Error {
    let mut e = Error::new(outcome.kind, format!("{}: {}", candidate.label, outcome.message));
    e.status = outcome.status;
    e.retryable = outcome.retryable;
    e.retry_after = asked;
    e.model = Some(candidate.model.clone());
    e.label = Some(candidate.label.clone());
    e.request_id.clone_from(&outcome.request_id);
    e.body.clone_from(&outcome.body);
    e
}

/// The error of a stream that broke after its first piece.
pub(super) fn interrupted(candidate: &Candidate, shown: Partial, cause: Option<Error>) -> Error {
    let why = cause.as_ref().map_or("the stream broke", |c| c.message.as_str());
    let mut e = Error::new(
        Kind::Interrupted,
        format!("{why} (after {} characters had been handed over)", shown.text.chars().count()),
    );
    e.model = Some(candidate.model.clone());
    e.label = Some(candidate.label.clone());
    e.status = cause.as_ref().and_then(|c| c.status);
    e.retry_after = cause.as_ref().and_then(|c| c.retry_after);
    e.request_id = cause.as_ref().and_then(|c| c.request_id.clone());
    e.body = cause.as_ref().and_then(|c| c.body.clone());
    e.partial = Some(Box::new(shown));
    e.cause = cause.map(Box::new);
    e
}

/// The error of a call for which nothing is left to try.
pub(super) fn exhausted(plan: &Plan, errors: &[(Error, bool)], out_of_time: bool) -> Error {
    let Some((cause, _)) = errors.last() else {
        return Error::new(Kind::Timeout, "the call's time ran out before anything could be sent");
    };
    let telling = errors.iter().rev().find(|(_, answered)| *answered).map_or(cause, |(e, _)| e);
    if plan.asked < 2 {
        return telling.clone();
    }
    let total = plan.policy.timeouts.total;
    let tail = if out_of_time { format!(" (the total of {total} ran out)") } else { String::new() };
    let mut e =
        Error::new(telling.kind, format!("All fallbacks exhausted. Last error: {}{tail}", cause.message));
    e.class = Class::FallbacksExhausted;
    e.status = telling.status;
    e.retryable = errors.iter().any(|(e, _)| e.retryable);
    e.retry_after = errors.iter().filter_map(|(e, _)| e.retry_after).min();
    e.model.clone_from(&telling.model);
    e.label.clone_from(&telling.label);
    e.request_id.clone_from(&telling.request_id);
    e.body.clone_from(&telling.body);
    e.cause = Some(Box::new(cause.clone()));
    e
}
