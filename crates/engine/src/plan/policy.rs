//! Settings of a call, typed and validated; every default in one place with its reason.
//!
//! Knows guards' settings. Must not know links. Invariants: a partial policy merges deeply over the defaults; a setting
//! that would do nothing is refused.

use super::read;
use crate::base::Duration;
use crate::error::{Error, Kind};
use crate::guard::{Backoff, BreakerSettings, TokenSettings};
use serde_json::Value;

/// How a call behaves.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// How often one link is asked again before the next one. `None` (the default): the next ready link is asked at
    /// once, and a link is asked again only when no other is ready, at most twice.
    pub retries: Option<u32>,
    /// Waits between attempts on one link.
    pub backoff: Backoff,
    /// A Retry-After beyond this is not waited for: the call moves on or ends. 60 s: a person still waits.
    pub retry_after_cap: Duration,
    /// Time limits.
    pub timeouts: Timeouts,
    /// The breaker of each endpoint and model.
    pub breaker: BreakerSettings,
    /// The retry tokens of each endpoint.
    pub retry_tokens: TokenSettings,
    /// Kinds that may fall over; `None`: all that `stop_on` does not name.
    pub fallback_on: Option<Vec<Kind>>,
    /// Kinds that end the call at once, beside requests that are wrong wherever they go.
    pub stop_on: Vec<Kind>,
    /// Whether a content filter's refusal falls over (the default, as OpenRouter's own fallback does) or ends the call.
    pub content_filter_stops: bool,
    /// What happens when a stream breaks after its first piece.
    pub on_interrupt: OnInterrupt,
    /// Whether `complete()` streams inside, so that a silent provider is noticed sooner and a cancelled answer stops
    /// costing. Off: a plain request is cheaper and every endpoint serves it.
    pub stream_internally: bool,
}

/// Time limits; none is added to another, the earliest wins.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeouts {
    /// DNS, TCP and TLS together: 5 s, as the OpenAI SDKs have it; a reachable service answers within one.
    pub connect: Duration,
    /// From the send to the first content of a stream; not given: [`FIRST_TOKEN`], unless the link's `timeout` or
    /// `attempt` is given, which in a stream limit the same span.
    pub first_token: Option<Duration>,
    /// Between two contents of a stream: 30 s; a model that is thinking sends reasoning or comments, and only content
    /// counts here.
    pub between_tokens: Option<Duration>,
    /// One attempt, in a stream until its first content. Not given: its share of the call's time, which is what the
    /// links that still wait for their turn leave of it; so a lone or last link has all that is left, a longer
    /// `timeout` is never cut short by a default, and 300 s give each of two links 150 s, long enough for an answer of
    /// 4,000 tokens at 35 a second.
    pub attempt: Option<Duration>,
    /// The whole call with all attempts and waits: 300 s.
    pub total: Duration,
}

/// What happens when a stream breaks after its first piece was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnInterrupt {
    /// `StreamInterruptedError` with the partial text (the default).
    Error,
    /// A delta with `restarted` set, then a fresh answer of the next link.
    Restart,
}

impl Default for Timeouts {
    fn default() -> Self {
        Timeouts {
            connect: Duration::from_secs(5),
            first_token: None,
            between_tokens: Some(Duration::from_secs(30)),
            attempt: None,
            total: Duration::from_secs(300),
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            retries: None,
            backoff: Backoff::default(),
            retry_after_cap: Duration::from_secs(60),
            timeouts: Timeouts::default(),
            breaker: BreakerSettings::default(),
            retry_tokens: TokenSettings::default(),
            fallback_on: None,
            stop_on: Vec::new(),
            content_filter_stops: false,
            on_interrupt: OnInterrupt::Error,
            stream_internally: false,
        }
    }
}

/// Limit until the first content of a stream where nothing else is given: 30 s, the primary's limit in the field's usual
/// chains; people have left by then.
pub const FIRST_TOKEN: Duration = Duration::from_secs(30);

/// Retries that a link without `retries` gets when no other link is ready.
pub const LAST_RESORT_RETRIES: u32 = 2;

const KEYS: &[&str] = &[
    "retries",
    "backoff",
    "retry_after_cap",
    "timeouts",
    "breaker",
    "retry_tokens",
    "fallback_on",
    "stop_on",
    "content_filter",
    "on_interrupt",
    "stream_internally",
];

/// Settings of the public surface that arrive with later versions: refused with a reason, never accepted and inert.
const LATER: &[&str] = &["hedge", "validate", "order"];

fn later(key: &str) -> Option<&'static str> {
    LATER.iter().find(|k| **k == key).copied()
}

impl Policy {
    /// Merges a partial policy, given as JSON, over this one.
    ///
    /// # Errors
    /// `config` with the path below `path` of whatever is unknown, of the wrong type or out of range.
    pub fn merge(mut self, path: &str, value: &Value) -> Result<Policy, Error> {
        if let Some(key) =
            read::any_object(path, value)?.iter().find_map(|(k, v)| later(k).filter(|_| !v.is_null()))
        {
            return Err(Error::config(read::join(path, key), "is not available in this version"));
        }
        let known: Vec<&str> = KEYS.iter().chain(LATER).copied().collect();
        for (key, v) in read::object(path, value, &known)? {
            if v.is_null() {
                continue;
            }
            let at = &read::join(path, key);
            match key.as_str() {
                "retries" => self.retries = Some(read::integer(at, v, 0, 20)? as u32),
                "backoff" => merge_backoff(&mut self.backoff, at, v)?,
                "retry_after_cap" => self.retry_after_cap = read::seconds(at, v)?,
                "timeouts" => merge_timeouts(&mut self.timeouts, at, v)?,
                "breaker" => merge_breaker(&mut self.breaker, at, v)?,
                "retry_tokens" => merge_tokens(&mut self.retry_tokens, at, v)?,
                "fallback_on" => self.fallback_on = Some(kinds(at, v)?),
                "stop_on" => self.stop_on = kinds(at, v)?,
                "content_filter" => {
                    self.content_filter_stops = read::one_of(at, v, &[("fallback", false), ("stop", true)])?;
                }
                "on_interrupt" => {
                    let words = [("error", OnInterrupt::Error), ("restart", OnInterrupt::Restart)];
                    self.on_interrupt = read::one_of(at, v, &words)?;
                }
                _ => self.stream_internally = read::boolean(at, v)?,
            }
        }
        if let Some(kind) = self.fallback_on.iter().flatten().find(|k| self.stop_on.contains(k)) {
            return Err(Error::config(
                read::join(path, "stop_on"),
                format!("{kind} stands in fallback_on as well; it can be in one of the two"),
            ));
        }
        Ok(self)
    }
}

fn merge_backoff(b: &mut Backoff, path: &str, value: &Value) -> Result<(), Error> {
    for (key, v) in read::object(path, value, &["base", "max"])?.iter().filter(|(_, v)| !v.is_null()) {
        let at = &read::join(path, key);
        match key.as_str() {
            "base" => b.base = read::seconds(at, v)?,
            _ => b.max = read::seconds(at, v)?,
        }
    }
    if b.base > b.max {
        return Err(Error::config(read::join(path, "base"), "must not be longer than backoff.max"));
    }
    Ok(())
}

fn merge_timeouts(t: &mut Timeouts, path: &str, value: &Value) -> Result<(), Error> {
    let keys = ["connect", "first_token", "between_tokens", "attempt", "total"];
    for (key, v) in read::object(path, value, &keys)?.iter().filter(|(_, v)| !v.is_null()) {
        let d = read::seconds(&read::join(path, key), v)?;
        match key.as_str() {
            "connect" => t.connect = d,
            "first_token" => t.first_token = Some(d),
            "between_tokens" => t.between_tokens = Some(d),
            "attempt" => t.attempt = Some(d),
            _ => t.total = d,
        }
    }
    Ok(())
}

fn merge_breaker(b: &mut BreakerSettings, path: &str, value: &Value) -> Result<(), Error> {
    let keys = ["consecutive", "failure_percent", "minimum", "window", "open", "max_open", "lease"];
    for (key, v) in read::object(path, value, &keys)?.iter().filter(|(_, v)| !v.is_null()) {
        let at = &read::join(path, key);
        match key.as_str() {
            "consecutive" => b.consecutive = read::integer(at, v, 1, 1_000_000)? as u32,
            "failure_percent" => b.failure_percent = read::integer(at, v, 1, 100)? as u32,
            "minimum" => b.minimum = read::integer(at, v, 1, 1_000_000)? as u32,
            "window" => b.window = read::seconds(at, v)?,
            "open" => b.open = read::seconds(at, v)?,
            "max_open" => b.max_open = read::seconds(at, v)?,
            _ => b.lease = read::seconds(at, v)?,
        }
    }
    if b.open > b.max_open {
        return Err(Error::config(read::join(path, "open"), "must not be longer than breaker.max_open"));
    }
    Ok(())
}

fn merge_tokens(t: &mut TokenSettings, path: &str, value: &Value) -> Result<(), Error> {
    let scaled = |at: &str, v: &Value, max: f64| -> Result<u32, Error> {
        match v.as_f64() {
            Some(n) if (0.0..=max).contains(&n) => Ok((n * 1_000.0).round() as u32),
            _ => Err(Error::config(at, format!("must be a number between 0 and {max}"))),
        }
    };
    for (key, v) in read::object(path, value, &["capacity", "deposit"])?.iter().filter(|(_, v)| !v.is_null())
    {
        let at = &read::join(path, key);
        match key.as_str() {
            "capacity" => t.capacity = scaled(at, v, 1_000_000.0)?,
            _ => t.deposit = scaled(at, v, 1.0)?,
        }
    }
    Ok(())
}

fn kinds(path: &str, value: &Value) -> Result<Vec<Kind>, Error> {
    let known: Vec<(&str, Kind)> = crate::error::kind::TABLE.iter().map(|r| (r.word, r.kind)).collect();
    read::array(path, value)?
        .iter()
        .enumerate()
        .map(|(i, v)| read::one_of(&format!("{path}[{i}]"), v, &known))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use serde_json::json;

    #[test]
    fn a_partial_policy_merges_deeply() {
        let p = Policy::default()
            .merge("policy", &json!({"timeouts": {"total": 7}, "backoff": {"base": 0.1}}))
            .unwrap();
        assert_eq!(p.timeouts.total, Duration::from_secs(7));
        assert_eq!(p.timeouts.connect, Duration::from_secs(5));
        assert_eq!(p.backoff.base, Duration::from_millis(100));
        let q = p.clone().merge("policy", &json!({"timeouts": {"connect": 1}, "retries": null})).unwrap();
        assert_eq!(q.timeouts.total, Duration::from_secs(7));
        assert_eq!(q.retries, None);
    }

    #[test]
    fn errors_name_the_field_and_the_nearest_word() {
        let cases = [
            (json!({"retry": 1}), "policy.retry", "retries"),
            (json!({"hedge": {"after": 1}}), "policy.hedge", "not available"),
            (json!({"timeouts": {"frist_token": 1}}), "policy.timeouts.frist_token", "first_token"),
            (json!({"timeouts": {"total": 0}}), "policy.timeouts.total", "greater than zero"),
            (json!({"timeouts": {"total": -1}}), "policy.timeouts.total", "greater than zero"),
            (json!({"retries": 1.5}), "policy.retries", "whole number"),
            (json!({"stop_on": ["rate_limit"]}), "policy.stop_on[0]", "rate_limited"),
            (json!({"on_interrupt": "restrat"}), "policy.on_interrupt", "restart"),
            (json!([]), "policy", "an object"),
            (json!({"stop_on": ["auth"], "fallback_on": ["auth"]}), "policy.stop_on", "one of the two"),
        ];
        for (value, field, fragment) in cases {
            let e = Policy::default().merge("policy", &value).unwrap_err();
            assert_eq!(e.field.as_deref(), Some(field));
            assert!(e.message.contains(fragment), "{}", e.message);
        }
    }
}
