//! The client as bindings hold it.
//!
//! Knows the Rust client. Must not read options itself. Invariant: JSON texts in, JSON texts or handles out.

use crate::call::Call;
use crate::failure::Failure;
use bytes::Bytes;
use resilient_completion::engine::base::WallTime;
use resilient_completion::engine::error::Error;
use resilient_completion::engine::outcome::report;
use resilient_completion::engine::wire::Headers;
use serde_json::Value;

/// A client; clones are the same client.
#[derive(Clone)]
pub struct Client(resilient_completion::Client);

impl Client {
    /// A client from constructor options as JSON.
    ///
    /// # Errors
    /// `config` naming the option.
    pub fn new(options_json: &[u8]) -> Result<Client, Failure> {
        Ok(Client(resilient_completion::Client::from_json(options_json)?))
    }

    /// Plans a call given as one flat JSON object; nothing is sent before it is polled.
    ///
    /// # Errors
    /// `config`, `bad_request`, `no_fit` or `closed`.
    pub fn call(&self, call_json: Bytes, stream: bool) -> Result<Call, Failure> {
        Ok(Call::new(self.0.start(call_json, stream)?, stream))
    }

    /// What a call would try, as JSON.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub fn plan(&self, call_json: Bytes) -> Result<String, Failure> {
        Ok(self.0.plan(call_json, false)?.to_string())
    }

    /// The catalogue as JSON; `filters_json` is an object of filters.
    ///
    /// # Errors
    /// `config` for an unknown filter.
    pub fn models(&self, filters_json: &[u8]) -> Result<String, Failure> {
        Ok(self.0.models(&object("filters", filters_json)?)?.to_string())
    }

    /// Breakers, cooldowns and retry tokens, as JSON.
    ///
    /// # Errors
    /// `closed`.
    pub fn health(&self) -> Result<String, Failure> {
        Ok(self.0.health()?.to_string())
    }

    /// Forgets breakers, cooldowns and retry tokens.
    pub fn reset_health(&self) {
        self.0.reset_health();
    }

    /// Ends calls in flight and refuses new ones.
    pub fn close(&self) {
        self.0.close();
    }
}

/// What we make of any answer, as JSON. `headers_json` is an object of strings.
///
/// # Errors
/// `config` if the headers are not an object of strings.
pub fn classify(status: u16, headers_json: &[u8], body: &[u8]) -> Result<String, Failure> {
    let headers = object("headers", headers_json)?;
    let mut kept = Vec::new();
    for (name, value) in headers.as_object().into_iter().flatten() {
        let Some(value) = value.as_str() else {
            return Err(Error::config(format!("headers.{name}"), "must be a string").into());
        };
        kept.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = WallTime(now.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX)));
    Ok(report(status, &Headers(kept), body, now).to_string())
}

fn object(name: &str, json: &[u8]) -> Result<Value, Failure> {
    let value: Value =
        serde_json::from_slice(json).map_err(|e| Error::config(name, format!("is not JSON: {e}")))?;
    if value.is_object() { Ok(value) } else { Err(Error::config(name, "must be an object").into()) }
}
