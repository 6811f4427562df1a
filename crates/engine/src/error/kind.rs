//! THE table of error kinds: word, classes, permanence, documentation.
//!
//! Knows nothing else. Generators (`cargo xtask gen`) read [`TABLE`]; nothing may list kinds a second time.

use core::fmt;

/// What went wrong, in the words of the public API.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
#[repr(u8)]
pub enum Kind {
    /// Too many requests; waiting or another link helps.
    RateLimited,
    /// The service has no capacity right now.
    Overloaded,
    /// The service failed on its own account.
    ServerError,
    /// A limit of ours or of the service ran out.
    Timeout,
    /// No connection, or one that broke.
    Connection,
    /// The endpoint has nobody who serves this request.
    NoProvider,
    /// The key was refused.
    Auth,
    /// The key may not do this.
    Permission,
    /// A limit on money that the service holds.
    Credits,
    /// A budget of ours.
    Budget,
    /// The request does not fit the model's window.
    ContextLength,
    /// A content filter refused.
    Moderation,
    /// The endpoint knows no such model.
    InvalidModel,
    /// The model or provider does not take a parameter or capability.
    UnsupportedParameter,
    /// The request itself is wrong.
    BadRequest,
    /// The answer could not be read.
    Malformed,
    /// The answer held nothing.
    Empty,
    /// The answer failed the caller's own check.
    InvalidOutput,
    /// No link can do what the request needs.
    NoFit,
    /// A stream broke after its first piece was shown.
    Interrupted,
    /// The call was cancelled.
    Cancelled,
    /// An option, a file or an environment variable is wrong.
    Config,
    /// The client was closed.
    Closed,
}

/// Whether the same thing may work later: the vocabulary of Apache OpenDAL.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Permanence {
    /// The same request will fail again.
    Permanent,
    /// It may work when tried again.
    Temporary,
    /// It might have worked, but it was already tried again; an outer layer should not.
    Persistent,
}

/// Which class an error is raised as.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Class {
    /// The class of its kind.
    #[default]
    OfKind,
    /// A chain of two or more ended without an answer.
    FallbacksExhausted,
    /// A tier ended without an answer; the request is ready to queue.
    TierExhausted,
}

/// One row of [`TABLE`].
pub struct Row {
    /// The kind.
    pub kind: Kind,
    /// Its word: the value of `error.kind` in every language.
    pub word: &'static str,
    /// Class name, the same in Python and TypeScript.
    pub class: &'static str,
    /// Python builtin that is a base as well; empty for none.
    pub python_base: &'static str,
    /// Whether `error.retryable` is true unless evidence says otherwise.
    pub permanence: Permanence,
    /// One line: what it means.
    pub meaning: &'static str,
    /// One line: the usual cause.
    pub cause: &'static str,
    /// One line: what to do.
    pub remedy: &'static str,
}

/// Every kind, in the order of [`Kind`].
#[rustfmt::skip]
pub const TABLE: [Row; 23] = [
    row(
        Kind::RateLimited,
        "rate_limited",
        "RateLimitError",
        "",
        Permanence::Temporary,
        "The service refused because too many requests were sent.",
        "A per-minute or per-day limit of the key, the account, the model or a shared provider pool.",
        "Wait for `retry_after` seconds, add a link on another model or endpoint, or spread the load.",
    ),
    row(
        Kind::Overloaded,
        "overloaded",
        "OverloadedError",
        "",
        Permanence::Temporary,
        "The service or provider has no capacity at the moment.",
        "Status 503 or 529, or a 429 that says the engine is overloaded rather than that you are too fast.",
        "Add a link on another provider; later the same request will work.",
    ),
    row(
        Kind::ServerError,
        "server_error",
        "ServerError",
        "",
        Permanence::Temporary,
        "The service failed on its own account.",
        "Status 500 or 502, a gateway's HTML page, or an error object inside a 200 answer.",
        "Add a fallback link; report `request_id` to the service if it lasts.",
    ),
    row(
        Kind::Timeout,
        "timeout",
        "TimeoutError",
        "TimeoutError",
        Permanence::Temporary,
        "A time limit ran out: connect, first token, between tokens, attempt or total.",
        "A silent or slow provider, or a limit that is shorter than the model needs.",
        "The message names the limit; raise it, or put a faster model behind it in the chain.",
    ),
    row(
        Kind::Connection,
        "connection",
        "ConnectionError",
        "ConnectionError",
        Permanence::Temporary,
        "No connection could be made, or it broke before the answer was whole.",
        "DNS, TLS, proxy or network trouble, a reset, or an answer that was cut off.",
        "Check `base_url`, proxy and certificates; add a link on another endpoint.",
    ),
    row(
        Kind::NoProvider,
        "no_provider",
        "NoProviderError",
        "",
        Permanence::Permanent,
        "The endpoint has no provider that can serve this request.",
        "Provider preferences, data policy, price caps or a region exclude everyone.",
        "Loosen `provider`, change the account's privacy settings, or add another model.",
    ),
    row(
        Kind::Auth,
        "auth",
        "AuthenticationError",
        "",
        Permanence::Permanent,
        "The service did not accept the API key.",
        "A missing, mistyped, revoked or foreign key.",
        "Set the key variable of the endpoint or pass `api_key`; the key itself is never shown.",
    ),
    row(
        Kind::Permission,
        "permission",
        "PermissionDeniedError",
        "",
        Permanence::Permanent,
        "The key is valid but may not do this.",
        "Account guardrails, regional restrictions, a model that needs approval.",
        "Change the account's settings or use a model that the key may use.",
    ),
    row(
        Kind::Credits,
        "credits",
        "InsufficientCreditsError",
        "",
        Permanence::Permanent,
        "A limit on money that the service holds is reached: balance, key limit or workspace budget.",
        "An empty balance, a spent key limit, or a `max_tokens` that the balance cannot cover.",
        "Add credits, raise the key's limit, or lower `max_tokens` as the message says.",
    ),
    row(
        Kind::Budget,
        "budget",
        "BudgetExceededError",
        "",
        Permanence::Permanent,
        "One of your own budgets would be overstepped; nothing was sent.",
        "The upper bound of this call's cost does not fit what is left of the budget.",
        "Raise the budget, lower `max_tokens`, or wait until the window resets.",
    ),
    row(
        Kind::ContextLength,
        "context_length",
        "ContextLengthError",
        "",
        Permanence::Permanent,
        "Prompt and requested output do not fit the model's window.",
        "A long history, large files, or a large `max_tokens`.",
        "Shorten the messages, lower `max_tokens`, or add a link with a larger window.",
    ),
    row(
        Kind::Moderation,
        "moderation",
        "ContentFilterError",
        "",
        Permanence::Permanent,
        "A content filter refused the request or withheld the answer.",
        "The provider's usage policy; filters differ between providers.",
        "Add a link on another provider, or change the prompt.",
    ),
    row(
        Kind::InvalidModel,
        "invalid_model",
        "InvalidModelError",
        "",
        Permanence::Permanent,
        "The endpoint knows no such model, or has retired it.",
        "A misspelt, renamed or deprecated model id.",
        "Compare with `client.models()`; the message names the id.",
    ),
    row(
        Kind::UnsupportedParameter,
        "unsupported_parameter",
        "UnsupportedParameterError",
        "",
        Permanence::Permanent,
        "The model or its providers do not take a parameter or capability of the request.",
        "Tools, images, a response format or a sampling parameter that the model lacks.",
        "Drop the parameter, or use a model that has it (`capability=`).",
    ),
    row(
        Kind::BadRequest,
        "bad_request",
        "InvalidRequestError",
        "",
        Permanence::Permanent,
        "The request itself is wrong.",
        "A field of the wrong type or out of bounds, or messages in an order that the service refuses.",
        "The message names the field; mend it. The same body fails everywhere.",
    ),
    row(
        Kind::Malformed,
        "malformed",
        "MalformedResponseError",
        "",
        Permanence::Temporary,
        "The answer could not be read as a completion.",
        "HTML or plain text with status 200, JSON cut off, a stream without an end mark, broken tool arguments.",
        "Add a fallback link; if it lasts, check that `base_url` is a chat completions endpoint.",
    ),
    row(
        Kind::Empty,
        "empty",
        "EmptyResponseError",
        "",
        Permanence::Temporary,
        "The answer was whole but held neither text nor tool calls.",
        "A cold start, a silent filter, or reasoning that used up `max_tokens`.",
        "Raise `max_tokens` if `finish_reason` is `length`; otherwise add a fallback link.",
    ),
    row(
        Kind::InvalidOutput,
        "invalid_output",
        "ValidationFailedError",
        "",
        Permanence::Temporary,
        "The answer failed the check given as `validate`.",
        "The model did not keep to the schema or to your rule.",
        "Loosen the check, use a model with structured outputs, or add a fallback link.",
    ),
    row(
        Kind::NoFit,
        "no_fit",
        "NoFitError",
        "",
        Permanence::Permanent,
        "No link of the chain can do what the request needs; nothing was sent.",
        "Images, tools, a schema or a length that none of the models takes.",
        "The message lists each model and what it lacks; add one that fits.",
    ),
    row(
        Kind::Interrupted,
        "interrupted",
        "StreamInterruptedError",
        "",
        Permanence::Temporary,
        "A stream broke after its first piece was handed over.",
        "The connection or the provider failed in the middle of an answer.",
        "`partial` holds the text so far; ask again, or set `on_interrupt`.",
    ),
    row(
        Kind::Cancelled,
        "cancelled",
        "CancelledError",
        "",
        Permanence::Permanent,
        "The call was ended by `close()` or by a handle while another part of the program waited for it.",
        "Your own program.",
        "Nothing: this is not a failure of the service.",
    ),
    row(
        Kind::Config,
        "config",
        "ConfigError",
        "ValueError",
        Permanence::Permanent,
        "An option, a configuration file or an environment variable is wrong; nothing was sent.",
        "A misspelt option, a limit out of range, two selectors at once, or a missing key.",
        "The message names the field and the nearest valid word.",
    ),
    row(
        Kind::Closed,
        "closed",
        "ClosedError",
        "",
        Permanence::Permanent,
        "The client or stream was used after it was closed, or was in flight when the process forked.",
        "A call after `close()`, or a stream carried into a forked child.",
        "Make a new client, or keep this one open longer.",
    ),
];

impl Kind {
    /// The row of this kind.
    #[must_use]
    pub fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// The word used as `error.kind` everywhere.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.row().word
    }

    /// The kind with that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Kind> {
        TABLE.iter().find(|r| r.word == word).map(|r| r.kind)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[expect(clippy::too_many_arguments, reason = "a table row written positionally reads as a table")]
const fn row(
    kind: Kind,
    word: &'static str,
    class: &'static str,
    python_base: &'static str,
    permanence: Permanence,
    meaning: &'static str,
    cause: &'static str,
    remedy: &'static str,
) -> Row {
    Row { kind, word, class, python_base, permanence, meaning, cause, remedy }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_enum() {
        for (i, row) in TABLE.iter().enumerate() {
            assert_eq!(row.kind as usize, i, "{}", row.word);
            assert_eq!(Kind::parse(row.word), Some(row.kind));
        }
    }
}
