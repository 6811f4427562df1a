//! Keys of an OpenRouter account: list, create, read, change, delete.
//!
//! Knows HTTP and the engine's reading of errors. Must not know completions. Invariants: one request per question,
//! nothing is retried (creating a key twice is worse than failing once); the management key and a new key are secrets
//! that never print. Paths and fields: OpenRouter's OpenAPI document, `/keys`.

use crate::client::Client;
use crate::http::is_loopback;
use crate::process::{self, Reach};
use crate::running::Failure;
use resilient_completion_engine::base::{Duration, Secret};
use resilient_completion_engine::error::{Error, Kind};
use resilient_completion_engine::outcome::{Observation, classify};
use resilient_completion_engine::wire::{Headers, ProviderFault};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Longest wait for an answer about keys; these are small database look-ups.
const LIMIT: std::time::Duration = std::time::Duration::from_secs(30);

/// The keys of an account, under a management key.
#[derive(Clone, Debug)]
pub struct Keys {
    base_url: String,
    management_key: Secret<String>,
}

/// What is known of one key; the key itself is shown by the service only once, see [`Created`].
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[non_exhaustive]
pub struct ApiKey {
    /// Identity in later questions.
    pub hash: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// The first and last letters of the key, as the service shows them.
    #[serde(default)]
    pub label: String,
    /// Whether it is switched off.
    #[serde(default)]
    pub disabled: bool,
    /// Most that it may spend, in US dollars; `None` for no limit.
    #[serde(default)]
    pub limit: Option<f64>,
    /// What is left of the limit, in US dollars.
    #[serde(default)]
    pub limit_remaining: Option<f64>,
    /// What it has spent, in US dollars.
    #[serde(default)]
    pub usage: f64,
    /// Everything else, as sent.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A new key: the only time that the service shows it.
#[derive(Clone, Debug)]
pub struct Created {
    /// The key. `expose()` shows it.
    pub key: Secret<String>,
    /// What is known of it.
    pub info: ApiKey,
}

/// Settings of a key; what is not set is left as it is.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(transparent)]
pub struct KeySettings(Map<String, Value>);

impl KeySettings {
    /// No settings.
    #[must_use]
    pub fn new() -> KeySettings {
        KeySettings::default()
    }

    /// Its name.
    #[must_use]
    pub fn name(self, name: &str) -> Self {
        self.field("name", name)
    }

    /// Most that it may spend, in US dollars; `None` takes the limit away.
    #[must_use]
    pub fn limit(self, dollars: Option<f64>) -> Self {
        self.field("limit", dollars)
    }

    /// When what it has spent starts again at zero: `daily`, `weekly`, `monthly`; `None` for never.
    #[must_use]
    pub fn limit_reset(self, every: Option<&str>) -> Self {
        self.field("limit_reset", every)
    }

    /// Whether it is switched off.
    #[must_use]
    pub fn disabled(self, disabled: bool) -> Self {
        self.field("disabled", disabled)
    }

    /// Any field of the service by its name.
    #[must_use]
    pub fn field(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }
}

impl Keys {
    /// All keys, in the service's order.
    ///
    /// # Errors
    /// `auth` or `permission` for an ordinary key, and whatever else the service answers.
    pub async fn list(&self) -> Result<Vec<ApiKey>, Failure> {
        data(self.ask(http::Method::GET, "", None).await?)
    }

    /// Makes a key.
    ///
    /// # Errors
    /// As [`Keys::list`].
    pub async fn create(&self, name: &str, settings: KeySettings) -> Result<Created, Failure> {
        let mut answer = self.ask(http::Method::POST, "", Some(&json!(settings.name(name)))).await?;
        let Some(Value::String(key)) = answer.get_mut("key").map(Value::take) else {
            return Err(malformed("there is no key in it"));
        };
        Ok(Created { key: Secret::new(key), info: data(answer)? })
    }

    /// One key.
    ///
    /// # Errors
    /// As [`Keys::list`].
    pub async fn get(&self, hash: &str) -> Result<ApiKey, Failure> {
        data(self.ask(http::Method::GET, named(hash)?, None).await?)
    }

    /// Changes a key.
    ///
    /// # Errors
    /// As [`Keys::list`].
    pub async fn update(&self, hash: &str, settings: KeySettings) -> Result<ApiKey, Failure> {
        data(self.ask(http::Method::PATCH, named(hash)?, Some(&json!(settings))).await?)
    }

    /// Deletes a key for good.
    ///
    /// # Errors
    /// As [`Keys::list`].
    pub async fn delete(&self, hash: &str) -> Result<(), Failure> {
        self.ask(http::Method::DELETE, named(hash)?, None).await.map(|_| ())
    }

    async fn ask(&self, method: http::Method, hash: &str, body: Option<&Value>) -> Result<Value, Failure> {
        let slash = if hash.is_empty() { "" } else { "/" };
        let process = process::process();
        let url = process.url(&format!("{}/keys{slash}{hash}", self.base_url));
        let url = url.ok_or_else(|| Error::config("base_url", "is not a valid URL"))?;
        let reach = Reach { connect: Duration::from_secs(5), loopback: is_loopback(&url) };
        let mut request = process
            .http(reach)?
            .request(method, url)
            .bearer_auth(self.management_key.expose())
            .timeout(LIMIT);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let lost = |e: reqwest::Error| {
            let kind = if e.is_timeout() { Kind::Timeout } else { Kind::Connection };
            Failure::from(Error::new(kind, format!("keys: {}", e.without_url())))
        };
        let response = request.send().await.map_err(lost)?;
        let status = response.status().as_u16();
        let bytes = response.bytes().await.map_err(lost)?;
        if !(200..300).contains(&status) {
            let fault = ProviderFault::read(Some(status), &Headers::default(), &bytes);
            let outcome = classify(&Observation::Fault(Box::new(fault)), process::wall());
            let mut error = Error::new(outcome.kind, format!("keys: {}", outcome.message));
            error.status = Some(status);
            error.retryable = outcome.retryable;
            error.retry_after = outcome.retry_after;
            return Err(error.into());
        }
        serde_json::from_slice(&bytes).map_err(malformed)
    }
}

/// A hash that cannot leave its place in the path.
fn named(hash: &str) -> Result<&str, Failure> {
    if hash.is_empty() || !hash.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
        return Err(Error::config("hash", "is empty or has characters that no key's hash has").into());
    }
    Ok(hash)
}

fn data<T: serde::de::DeserializeOwned>(mut answer: Value) -> Result<T, Failure> {
    let inner = answer.get_mut("data").map_or(Value::Null, Value::take);
    serde_json::from_value(inner).map_err(malformed)
}

fn malformed(why: impl std::fmt::Display) -> Failure {
    Error::new(Kind::Malformed, format!("keys: the answer could not be read: {why}")).into()
}

impl Client {
    /// The keys of the account, under a management key (Orpheus calls it a provisioning key).
    ///
    /// # Errors
    /// `config` for a malformed key or a `base_url` that would carry it in the clear, `closed`.
    pub fn keys(&self, management_key: &str) -> Result<Keys, Failure> {
        use resilient_completion_engine::plan::endpoint;
        let key = endpoint::api_key("management_key", management_key)?;
        Ok(Keys { base_url: self.own_endpoint(key.clone())?.base_url, management_key: key })
    }
}
