//! What happened, in our words: observation to outcome.
//!
//! Knows `wire`. Must not decide what to do (that is `guard`, `plan` and `call`). Invariants: rules are data,
//! ordered, later rules more specific; every outcome names the rule that gave it; an answer is good only if it
//! passed the quality gate, and the gate is the same for whole answers and streams.

pub mod classify;
pub mod evidence;
pub mod gate;
pub mod own;
mod phrases;
pub mod report;
pub mod rules;
mod table;

use crate::base::Duration;
use crate::error::Kind;
use crate::wire::{Malformed, ProviderFault};
use std::borrow::Cow;

pub use classify::{classify, classify_by};
pub use evidence::Evidence;
pub use gate::gate;
pub use own::OwnRule;
pub use report::{report, report_by};
pub use rules::Rules;

/// What was seen of an attempt that did not simply succeed.
#[derive(Clone, Debug, PartialEq)]
pub enum Observation {
    /// The service said so.
    Fault(Box<ProviderFault>),
    /// The connection failed.
    Transport(TransportFault),
    /// A limit of ours ran out.
    Limit(Limit, Received),
    /// The bytes made no sense.
    Malformed(Malformed, Received),
    /// The stream or body ended without a terminal signal.
    Truncated(Received),
    /// The answer was whole, but the gate refused it.
    Refused(Refusal),
}

/// Why the quality gate refused a whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No choices at all.
    NoChoices,
    /// Neither text, nor tool calls, nor a refusal, nor media.
    Empty {
        /// Whether the window or `max_tokens` ran out (reasoning ate it).
        length: bool,
    },
    /// `finish_reason: error`.
    FinishedInError,
    /// A filter withheld the answer.
    Filtered,
    /// Arguments of a tool call are not whole JSON; the name of the tool.
    BrokenToolCall(String),
}

/// How a connection failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransportFault {
    /// Where.
    pub stage: Stage,
    /// The library's own words, without URL or secret.
    pub message: String,
}

/// Where a connection failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Name lookup, TCP, TLS or proxy: nothing was sent.
    Connect,
    /// The same, and it was our `connect` limit that ran out.
    ConnectLimit,
    /// While the request was sent or before any response byte: it may have been processed.
    Send,
    /// After response bytes had come.
    Receive,
}

/// Which limit of ours ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Making the connection.
    Connect,
    /// Until the first content of a stream.
    FirstToken,
    /// Between two contents of a stream.
    BetweenTokens,
    /// The whole attempt.
    Attempt,
    /// The whole call.
    Total,
}

/// How much of a response had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Received {
    /// Nothing.
    Nothing,
    /// Status and headers, perhaps padding or comments, but no content.
    Head,
    /// Content.
    Content,
}

/// What it concerns: whom else it would hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// This request, wherever it goes.
    Request,
    /// This model (or its providers) on this endpoint.
    Model,
    /// Everything on this endpoint.
    Endpoint,
    /// Everything under this key or account.
    Key,
}

/// Whether the attempt may have been charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Billed {
    /// Surely not.
    No,
    /// Possibly.
    Maybe,
    /// Surely: it produced output.
    Yes,
}

/// What happened, in our words.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// What went wrong.
    pub kind: Kind,
    /// Whom else it would hit.
    pub scope: Scope,
    /// HTTP status or the status that the body named.
    pub status: Option<u16>,
    /// What the service asked to wait.
    pub retry_after: Option<Duration>,
    /// Whether the same request on the same link may work later.
    pub retryable: bool,
    /// Whether it may have been charged.
    pub billed: Billed,
    /// The rule that matched; borrowed for ours, owned for the user's own.
    pub rule: Cow<'static, str>,
    /// Where that rule comes from.
    pub source: Cow<'static, str>,
    /// One line for a person, without secrets.
    pub message: String,
    /// The service's id of the request.
    pub request_id: Option<String>,
    /// What the service sent, capped, masked.
    pub body: Option<String>,
    /// The provider behind the endpoint, where named.
    pub provider: Option<String>,
    /// What a repair can use.
    pub repair: Repair,
}

/// Figures in an error that say how to mend the request.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Repair {
    /// The model id that the endpoint does not know.
    pub invalid_model: Option<String>,
    /// "can only afford N": the largest `max_tokens` that the balance covers.
    pub affordable_tokens: Option<u64>,
    /// The window that was overstepped, in tokens.
    pub window: Option<u64>,
    /// What the request was counted as, in tokens.
    pub requested: Option<u64>,
    /// The account's free requests are used up, so another `:free` model cannot help (contract section 4.6b).
    pub free_tier: bool,
}
