//! Observation to outcome.
//!
//! Knows the rules. Invariant: total: every observation has an outcome, and every outcome names its rule.

use super::evidence::Evidence;
use super::rules::Rules;
use super::{Billed, Limit, Observation, Outcome, Received, Refusal, Repair, Scope, Stage, TransportFault};
use crate::base::{Duration, WallTime};
use crate::error::{Kind, kind::Permanence};
use crate::wire::{Malformed, ProviderFault};
use std::borrow::Cow;

/// Says what an observation means, by our rules.
#[must_use]
pub fn classify(observation: &Observation, now: WallTime) -> Outcome {
    classify_by(&Rules::default(), observation, now)
}

/// Says what an observation means, by our rules and the user's own.
#[must_use]
pub fn classify_by(rules: &Rules, observation: &Observation, now: WallTime) -> Outcome {
    match observation {
        Observation::Fault(fault) => of_fault(rules, fault, now),
        Observation::Transport(fault) => of_transport(fault),
        Observation::Limit(limit, received) => of_limit(*limit, *received),
        Observation::Malformed(malformed, received) => of_malformed(malformed, *received),
        Observation::Truncated(received) => plain(
            Kind::Malformed,
            Scope::Model,
            "truncated",
            "the answer ended without a terminal signal (finish_reason or [DONE])",
            billed_after(*received),
        ),
        Observation::Refused(refusal) => of_refusal(refusal),
    }
}

fn of_fault(rules: &Rules, fault: &ProviderFault, now: WallTime) -> Outcome {
    let evidence = Evidence::of(fault);
    let verdict = rules.judge(&evidence);
    let kind = verdict.kind;
    let waits = matches!(
        kind,
        Kind::RateLimited
            | Kind::Overloaded
            | Kind::ServerError
            | Kind::Timeout
            | Kind::Credits
            | Kind::Malformed
    );
    let implied = verdict.retryable.unwrap_or_else(|| is_temporary(kind));
    // A service's "yes" does not cure an empty account or a wrong key; gateways pass such a flag on unread.
    let hopeless = matches!(kind, Kind::Credits | Kind::Auth) || verdict.retryable == Some(false);
    let retryable = match fault.says_retryable {
        Some(says) => says && !hopeless,
        None => implied,
    };
    Outcome {
        kind,
        scope: verdict.scope,
        status: fault.status,
        retry_after: if waits { asked_to_wait(fault, now) } else { None },
        retryable,
        billed: billed_for(fault, kind),
        rule: verdict.rule,
        source: verdict.source,
        message: fault.message.clone(),
        request_id: fault.headers.request_id().map(str::to_owned),
        body: Some(fault.body.clone()),
        provider: fault.provider.clone(),
        repair: Repair {
            invalid_model: evidence.repair.invalid_model.filter(|_| kind == Kind::InvalidModel),
            affordable_tokens: evidence.repair.affordable_tokens.filter(|_| kind == Kind::Credits),
            window: evidence.repair.window.filter(|_| kind == Kind::ContextLength),
            requested: evidence
                .repair
                .requested
                .filter(|_| matches!(kind, Kind::ContextLength | Kind::Credits)),
            free_tier: evidence.repair.free_tier && kind == Kind::RateLimited,
        },
    }
}

/// The longest of the waits asked for: never earlier than any of them.
fn asked_to_wait(fault: &ProviderFault, now: WallTime) -> Option<Duration> {
    [fault.headers.retry_after(now), fault.quoted_headers.retry_after(now), fault.retry_after]
        .into_iter()
        .flatten()
        .max()
}

/// A refused request costs nothing; inside a 200 or a stream the model may have worked, and a timeout at the
/// service has been seen on a bill.
fn billed_for(fault: &ProviderFault, kind: Kind) -> Billed {
    let begun = fault.http_status.is_none_or(|s| s < 400);
    match kind {
        Kind::Timeout => Billed::Maybe,
        _ if begun => Billed::Maybe,
        _ => Billed::No,
    }
}

fn of_transport(fault: &TransportFault) -> Outcome {
    let (rule, what, billed) = match fault.stage {
        Stage::ConnectLimit => return of_limit(Limit::Connect, Received::Nothing),
        Stage::Connect => ("connect_failed", "no connection", Billed::No),
        Stage::Send => ("connection_broke", "the connection broke before an answer came", Billed::Maybe),
        Stage::Receive => {
            ("connection_broke", "the connection broke in the middle of the answer", Billed::Maybe)
        }
    };
    plain(Kind::Connection, Scope::Endpoint, rule, format!("{what}: {}", fault.message), billed)
}

fn of_limit(limit: Limit, received: Received) -> Outcome {
    let (rule, name, scope) = match limit {
        Limit::Connect => ("limit_connect", "connect", Scope::Endpoint),
        Limit::FirstToken => ("limit_first_token", "first_token", Scope::Model),
        Limit::BetweenTokens => ("limit_between_tokens", "between_tokens", Scope::Model),
        Limit::Attempt => ("limit_attempt", "attempt", Scope::Model),
        Limit::Total => ("limit_total", "total", Scope::Model),
    };
    let had = match received {
        Received::Nothing => "nothing had come",
        Received::Head => "no content had come",
        Received::Content => "content had come",
    };
    let billed = if limit == Limit::Connect { Billed::No } else { billed_after(received) };
    plain(Kind::Timeout, scope, rule, format!("the `{name}` limit ran out; {had}"), billed)
}

fn of_malformed(malformed: &Malformed, received: Received) -> Outcome {
    let (rule, scope, what) = match malformed {
        Malformed::Blank => ("blank", Scope::Model, Cow::Borrowed("the answer held nothing but white space")),
        Malformed::Html => {
            ("page", Scope::Endpoint, Cow::Borrowed("an HTML page came where a completion was expected"))
        }
        Malformed::NotJson { cut: true } => {
            ("cut_json", Scope::Model, Cow::Borrowed("the JSON of the answer is cut off"))
        }
        Malformed::NotJson { cut: false } => {
            ("not_json", Scope::Model, Cow::Borrowed("the answer is not JSON"))
        }
        Malformed::Shape(shape) => {
            ("shape", Scope::Model, Cow::Owned(format!("the answer is not a completion: {shape}")))
        }
        Malformed::TooLarge(cap) => (
            "too_large",
            Scope::Model,
            Cow::Owned(format!("an event of the stream is larger than {cap} bytes")),
        ),
    };
    plain(Kind::Malformed, scope, rule, what, billed_after(received))
}

fn of_refusal(refusal: &Refusal) -> Outcome {
    let made = |kind, rule, what: &str, billed| plain(kind, Scope::Model, rule, what.to_owned(), billed);
    match refusal {
        Refusal::NoChoices => made(Kind::Malformed, "no_choices", "the answer has no choices", Billed::Maybe),
        Refusal::Empty { length: false } => {
            made(Kind::Empty, "empty", "the answer holds neither text nor tool calls", Billed::Maybe)
        }
        // The model did as it was told; the same limit would end the same way.
        Refusal::Empty { length: true } => Outcome {
            retryable: false,
            ..made(
                Kind::Empty,
                "empty_at_length",
                "`max_tokens` ran out before any text: raise it, or lower the reasoning effort",
                Billed::Yes,
            )
        },
        Refusal::FinishedInError => made(
            Kind::ServerError,
            "finished_in_error",
            "the provider ended the answer with finish_reason error",
            Billed::Maybe,
        ),
        Refusal::Filtered => {
            made(Kind::Moderation, "filtered", "a content filter withheld the whole answer", Billed::Maybe)
        }
        Refusal::BrokenToolCall(name) if name.is_empty() => made(
            Kind::Malformed,
            "broken_tool_call",
            "the model wrote a tool call that cannot be read",
            Billed::Yes,
        ),
        Refusal::BrokenToolCall(name) => made(
            Kind::Malformed,
            "broken_tool_call",
            &format!("the arguments of tool `{name}` are not whole JSON"),
            Billed::Yes,
        ),
    }
}

fn billed_after(received: Received) -> Billed {
    if received == Received::Content { Billed::Yes } else { Billed::Maybe }
}

fn is_temporary(kind: Kind) -> bool {
    kind.row().permanence == Permanence::Temporary
}

/// An outcome that we saw ourselves.
fn plain(
    kind: Kind,
    scope: Scope,
    rule: &'static str,
    message: impl Into<String>,
    billed: Billed,
) -> Outcome {
    Outcome {
        kind,
        scope,
        status: None,
        retry_after: None,
        retryable: is_temporary(kind),
        billed,
        rule: Cow::Borrowed(rule),
        source: Cow::Borrowed("seen on the wire"),
        message: message.into(),
        request_id: None,
        body: None,
        provider: None,
        repair: Repair::default(),
    }
}
