//! The client: options once, calls many.
//!
//! Knows options, plans and drivers. Must not decide what is tried. Invariants: a clone is the same client; nothing is
//! sent before a call is polled; use after [`Client::close`] is a typed error.

use crate::chat::Chat;
use crate::options::Options;
use crate::process::{self, EVERYONE};
use crate::running::{Failure, Running};
use bytes::Bytes;
use resilient_completion_engine::base::Secret;
use resilient_completion_engine::catalog::Filter;
use resilient_completion_engine::chat::History;
use resilient_completion_engine::error::{Error, Kind};
use resilient_completion_engine::plan::{Ask, Endpoint, Plan, explain, select};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A client for chat completions that must not fail.
///
/// Cheap to clone; clones are the same client. Connections, breakers and retry tokens are shared by all clients of the
/// process unless it is built with `guards("own")`.
///
/// ```no_run
/// # async fn f() -> Result<(), resilient_completion::Failure> {
/// use resilient_completion::prelude::*;
/// let client = Client::from_env()?;
/// let answer = client.chat("Explain recursion").model("openai/gpt-4o").send().await?;
/// println!("{}", answer.text());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    /// `new` cannot fail; what was wrong with its key is told by the first call.
    options: Result<Options, Error>,
    number: u64,
    closed: AtomicBool,
}

impl Client {
    /// A client for OpenRouter under `api_key`. A malformed key is reported by the first call, so that this can stand in
    /// a `let` without `?`.
    #[must_use]
    pub fn new(api_key: &str) -> Client {
        let options = Client::builder().api_key(api_key).read();
        Client::of(options)
    }

    /// A client from `OPENROUTER_API_KEY` and `OPENROUTER_BASE_URL`; a missing key is reported by the first call.
    ///
    /// # Errors
    /// `config` if a variable is malformed.
    pub fn from_env() -> Result<Client, Failure> {
        Client::builder().build()
    }

    /// A client with options.
    #[must_use]
    pub fn builder() -> ClientBuilder {
        ClientBuilder(Map::new())
    }

    /// A client from constructor options as JSON, with the keys of the public surface (`api_key`, `base_url`, `chain`,
    /// `policy`, …); the form in which other languages and configuration give them.
    ///
    /// # Errors
    /// `config` naming the option.
    pub fn from_json(options: &[u8]) -> Result<Client, Failure> {
        let value = serde_json::from_slice(options)
            .map_err(|e| Failure::from(Error::config("options", format!("is not JSON: {e}"))))?;
        Ok(Client::of(Ok(read(&value)?)))
    }

    /// Begins a chat: a string, a message, or several.
    pub fn chat(&self, messages: impl Into<History>) -> Chat<'_, Client> {
        Chat::new(self, messages.into())
    }

    /// Plans a call and makes it ready to run. `call` is one flat JSON object: our options (`models`, `chain`,
    /// `timeout`, `policy`, …) and all wire fields side by side. Nothing is sent before the returned value is polled.
    ///
    /// # Errors
    /// `config`, `bad_request`, `no_fit` or `closed`.
    pub fn start(&self, call: Bytes, stream: bool) -> Result<Running, Failure> {
        let plan = self.select(call, stream)?;
        plan.ready()?;
        let options = self.options()?;
        let process = process::process();
        process.clock.start().map_err(|e| {
            Error::new(Kind::Connection, format!("the thread that watches time limits could not start: {e}"))
        })?;
        let running = Running::new(process, process.guards(self.scope(options)), self.0.number, plan);
        // Closed between the first look and the call's entry in the list: nobody else would end it.
        self.options()?;
        Ok(running)
    }

    /// What [`Client::start`] would do, as JSON: candidates in order with the exact bodies, what was skipped and why,
    /// bounds, the facts used. Sends nothing.
    ///
    /// # Errors
    /// As [`Client::start`].
    pub fn plan(&self, call: Bytes, stream: bool) -> Result<Value, Failure> {
        Ok(explain::explain(&self.select(call, stream)?))
    }

    /// State of breakers, cooldowns and retry tokens, as JSON.
    ///
    /// # Errors
    /// `closed` or what was wrong with the client's key.
    pub fn health(&self) -> Result<Value, Failure> {
        let scope = self.scope(self.options()?);
        let process = process::process();
        let now = process.clock.now();
        let (links, tokens) = process.guards(scope).with(|g| (g.health(now), g.tokens()));
        let links: Vec<Value> = links
            .into_iter()
            .map(|t| {
                let blocked = t.blocked_until.map(|until| until.since(now).as_secs_f64());
                json!({"target": t.target, "breaker": t.breaker, "blocked_for": blocked})
            })
            .collect();
        let tokens: Vec<Value> =
            tokens.into_iter().map(|(e, n)| json!({"endpoint": e, "retry_tokens": n})).collect();
        Ok(json!({"links": links, "endpoints": tokens}))
    }

    /// Forgets all breakers, cooldowns and retry tokens that this client uses.
    pub fn reset_health(&self) {
        if let Ok(options) = &self.0.options {
            process::process()
                .guards(self.scope(options))
                .with(resilient_completion_engine::call::SharedGuards::reset);
        }
    }

    /// Ends all calls in flight (they fail as `cancelled`) and refuses new ones.
    pub fn close(&self) {
        self.0.closed.store(true, Ordering::Release);
        process::process().cancel_all(self.0.number);
    }

    /// The catalogue that this client uses, as JSON rows; `filters` narrows it.
    ///
    /// # Errors
    /// `config` for an unknown filter.
    pub fn models(&self, filters: &Value) -> Result<Value, Failure> {
        let filter = Filter::read(filters)?;
        let catalog = &self.options()?.defaults.catalog;
        let origin = catalog.origin();
        Ok(json!({"source": origin.source, "date": origin.date, "models": catalog.rows(&filter)}))
    }

    /// The client's own endpoint under another key.
    pub(crate) fn own_endpoint(&self, key: Secret<String>) -> Result<Endpoint, Failure> {
        let own = self.options()?.defaults.endpoints.first();
        let own = own.ok_or_else(|| Error::config("base_url", "is missing"))?.with_key(key, 0);
        match own.exposes_key() {
            true => Err(Error::config("base_url", "would carry the key in the clear; use https").into()),
            false => Ok(own),
        }
    }

    fn of(options: Result<Options, Error>) -> Client {
        Client(Arc::new(Inner {
            options,
            number: process::process().number(),
            closed: AtomicBool::new(false),
        }))
    }

    fn options(&self) -> Result<&Options, Failure> {
        if self.0.closed.load(Ordering::Acquire) {
            return Err(Error::new(Kind::Closed, "the client is closed").into());
        }
        self.0.options.as_ref().map_err(|e| Failure::from(e.clone()))
    }

    #[cfg(test)]
    pub(crate) fn number(&self) -> u64 {
        self.0.number
    }

    fn scope(&self, options: &Options) -> u64 {
        if options.shared_guards { EVERYONE } else { self.0.number }
    }

    fn select(&self, call: Bytes, stream: bool) -> Result<Plan, Failure> {
        let options = self.options()?;
        let ask = Ask::parse(call, &options.defaults.policy, stream)?;
        Ok(select(ask, &options.defaults, &process::key_slot)?)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if matches!(&self.options, Ok(o) if !o.shared_guards) {
            process::process().drop_guards(self.number);
        }
    }
}

/// Options of a client. Every method sets one option of the public surface; [`ClientBuilder::build`] checks them all.
#[derive(Clone, Default)]
pub struct ClientBuilder(Map<String, Value>);

impl ClientBuilder {
    /// The key; default `OPENROUTER_API_KEY` for OpenRouter.
    #[must_use]
    pub fn api_key(self, key: &str) -> Self {
        self.option("api_key", key)
    }

    /// Base URL up to and without `/chat/completions`; default `OPENROUTER_BASE_URL`, else OpenRouter.
    #[must_use]
    pub fn base_url(self, url: &str) -> Self {
        self.option("base_url", url)
    }

    /// Your application's URL, sent as `HTTP-Referer`.
    #[must_use]
    pub fn app_url(self, url: &str) -> Self {
        self.option("app_url", url)
    }

    /// Your application's name, sent as `X-Title`.
    #[must_use]
    pub fn app_name(self, name: &str) -> Self {
        self.option("app_name", name)
    }

    /// A header sent with every request to `base_url`; further endpoints have headers of their own.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let headers = self.0.entry("headers").or_insert_with(|| json!({}));
        if let Some(map) = headers.as_object_mut() {
            map.insert(name.to_owned(), value.into());
        }
        self
    }

    /// Any option of the public surface by its name, as JSON: `chain`, `policy`, `endpoints`, `capabilities`, `guards`.
    #[must_use]
    pub fn option(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// Makes the client.
    ///
    /// # Errors
    /// `config` naming the option.
    pub fn build(self) -> Result<Client, Failure> {
        Ok(Client::of(Ok(self.read()?)))
    }

    fn read(self) -> Result<Options, Error> {
        read(&Value::Object(self.0))
    }
}

fn read(options: &Value) -> Result<Options, Error> {
    Options::read(options, &|name| std::env::var(name).ok(), &process::key_slot)
}
