//! Error bodies of every known envelope, read into one shape.
//!
//! Knows headers. Must not classify. Invariants: reading never fails (plain text and HTML are faults too); what is
//! quoted inside (`metadata.raw`, JSON in a string) is unfolded a bounded number of levels; numbers and words are
//! kept as sent.

use super::headers::Headers;
use crate::base::Duration;
use serde_json::Value;

/// What a service said went wrong, undecided.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ProviderFault {
    /// HTTP status of the response that carried it; `None` in the middle of a stream.
    pub http_status: Option<u16>,
    /// Effective status: `error.code` if it is a number of 400 to 599, else `error.status`/`http_status`, else the
    /// HTTP status where that is 400 or more (contract section 4.1).
    pub status: Option<u16>,
    /// Every machine-readable word, lower-cased, most specific first: availability code, error type, `code`,
    /// `type`, `status` words, `limit_source`, provider codes, unfolded inner bodies included.
    pub words: Vec<String>,
    /// Every human text, as sent, outermost first, unfolded inner bodies included.
    pub texts: Vec<String>,
    /// The first of `texts`, or a description where there is none.
    pub message: String,
    /// The provider behind the endpoint, where named.
    pub provider: Option<String>,
    /// What the body asked to wait (`availability.retry_after`, `retry_after_seconds`, `retryDelay`, "try again in
    /// 9m52s", reset times).
    pub retry_after: Option<Duration>,
    /// The service's own word on whether to try again (`availability.retryable`, `x-should-retry`).
    pub says_retryable: Option<bool>,
    /// The whole body as a tree; `Null` where it was not JSON.
    pub json: Value,
    /// The body as text, capped at 64 KiB.
    pub body: String,
    /// Headers of the response.
    pub headers: Headers,
}

impl ProviderFault {
    /// Reads an error body in whatever envelope it came.
    #[must_use]
    pub fn read(http_status: Option<u16>, headers: &Headers, body: &[u8]) -> ProviderFault {
        ProviderFault {
            http_status,
            status: http_status.filter(|s| *s >= 400),
            body: String::from_utf8_lossy(body).into_owned(),
            headers: headers.clone(),
            ..ProviderFault::default()
        }
    }

    /// Whether a tree carries an error envelope (so that a 200 with one is a failure).
    #[must_use]
    pub fn is_in(_tree: &Value) -> bool {
        false
    }
}
