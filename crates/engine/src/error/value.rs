//! The error value that every border carries.
//!
//! Knows the kinds. Must not know the trace (a verdict pairs the two). Invariants: `message` is one line for a
//! person and never holds a key or a prompt; `field` is a path such as `chain[1].timeout`.

use super::kind::{Class, Kind, Permanence};
use crate::base::Duration;
use core::fmt;

/// Why a call, a construction or an attempt failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Error {
    /// What went wrong.
    pub kind: Kind,
    /// Which class it is raised as.
    pub class: Class,
    /// One line for a person.
    pub message: String,
    /// Path of the offending field, for errors about input.
    pub field: Option<String>,
    /// HTTP status, or the status that the body named inside a 200.
    pub status: Option<u16>,
    /// Whether the same request may work later.
    pub retryable: bool,
    /// What the service asked to wait.
    pub retry_after: Option<Duration>,
    /// The model asked for when it failed.
    pub model: Option<String>,
    /// The label of the link.
    pub label: Option<String>,
    /// The service's id of the request, for support.
    pub request_id: Option<String>,
    /// What the service sent, capped at 64 KiB, secrets masked.
    pub body: Option<String>,
    /// What had been shown when a stream broke.
    pub partial: Option<Box<Partial>>,
    /// The last attempt's error, where this one sums up several.
    pub cause: Option<Box<Error>>,
}

/// What a caller had received when a stream broke.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Partial {
    /// Text of the answer so far.
    pub text: String,
    /// Reasoning so far.
    pub reasoning: String,
}

impl Error {
    /// An error of `kind` with a message; `retryable` follows the table.
    #[must_use]
    pub fn new(kind: Kind, message: impl Into<String>) -> Error {
        Error {
            kind,
            class: Class::OfKind,
            message: message.into(),
            field: None,
            status: None,
            retryable: kind.row().permanence == Permanence::Temporary,
            retry_after: None,
            model: None,
            label: None,
            request_id: None,
            body: None,
            partial: None,
            cause: None,
        }
    }

    /// A wrong option: names the field in the message and as an attribute.
    #[must_use]
    pub fn config(field: impl Into<String>, problem: impl fmt::Display) -> Error {
        Error::about(Kind::Config, field, problem)
    }

    /// A wrong request: names the field in the message and as an attribute.
    #[must_use]
    pub fn bad_request(field: impl Into<String>, problem: impl fmt::Display) -> Error {
        Error::about(Kind::BadRequest, field, problem)
    }

    /// The class name under which it is raised in Python and TypeScript.
    #[must_use]
    pub fn class_name(&self) -> &'static str {
        match self.class {
            Class::OfKind => self.kind.row().class,
            Class::FallbacksExhausted => "FallbacksExhaustedError",
            Class::TierExhausted => "TierExhaustedError",
        }
    }

    fn about(kind: Kind, field: impl Into<String>, problem: impl fmt::Display) -> Error {
        let field = field.into();
        let mut e = Error::new(kind, format!("{field}: {problem}"));
        e.field = Some(field);
        e
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|c| c as &(dyn std::error::Error + 'static))
    }
}
