//! The same client for programs without an async runtime.
//!
//! Knows the async client and owns one small runtime for the process. Invariant: inside an async runtime it refuses with
//! a typed error, since waiting there would stop the whole thread.

use crate::chat::Chat;
use crate::client::ClientBuilder;
use crate::completion::Completion;
use crate::keys::{ApiKey, Created, KeySettings};
use crate::pump::Pump;
use crate::running::Failure;
use resilient_completion_engine::chat::{Delta, History};
use resilient_completion_engine::error::{Error, Kind};
use std::sync::OnceLock;
use tokio::runtime::Runtime;

/// A client that waits on the calling thread.
#[derive(Clone)]
pub struct Client(crate::client::Client);

impl Client {
    /// A client for OpenRouter under `api_key`; a malformed key is reported by the first call.
    #[must_use]
    pub fn new(api_key: &str) -> Client {
        Client(crate::client::Client::new(api_key))
    }

    /// A client from the environment.
    ///
    /// # Errors
    /// `config` if a variable is malformed.
    pub fn from_env() -> Result<Client, Failure> {
        crate::client::Client::from_env().map(Client)
    }

    /// A client with options.
    ///
    /// # Errors
    /// `config` naming the option.
    pub fn build(builder: ClientBuilder) -> Result<Client, Failure> {
        builder.build().map(Client)
    }

    /// Begins a chat.
    pub fn chat(&self, messages: impl Into<History>) -> Chat<'_, Client> {
        Chat::new(self, messages.into())
    }

    /// The async client underneath.
    #[must_use]
    pub fn inner(&self) -> &crate::client::Client {
        &self.0
    }
}

impl Chat<'_, Client> {
    /// Makes the call and waits for the whole answer.
    ///
    /// # Errors
    /// Whatever ended it without an answer.
    pub fn send(self) -> Result<Completion, Failure> {
        let runtime = runtime()?;
        let client = &self.client.0;
        runtime.block_on(self.with_client(client).send())
    }

    /// Makes the call as an iterator of deltas.
    ///
    /// # Errors
    /// What is wrong with the call itself.
    pub fn stream(self) -> Result<Stream, Failure> {
        let runtime = runtime()?;
        let client = &self.client.0;
        let running = self.with_client(client).start(true)?;
        Ok(Stream { runtime, pump: Pump::start(running, runtime.handle()), ready: Vec::new().into_iter() })
    }
}

/// The keys of an account; see [`crate::Keys`].
pub struct Keys(crate::keys::Keys);

impl Client {
    /// The keys of the account, under a management key.
    ///
    /// # Errors
    /// `config` for a malformed key, `closed`.
    pub fn keys(&self, management_key: &str) -> Result<Keys, Failure> {
        self.0.keys(management_key).map(Keys)
    }
}

macro_rules! wait_for {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $type:ty),*) -> $out:ty;)*) => {
        impl Keys {$(
            $(#[$doc])*
            ///
            /// # Errors
            /// As its async twin in [`crate::Keys`].
            pub fn $name(&self, $($arg: $type),*) -> Result<$out, Failure> {
                runtime()?.block_on(self.0.$name($($arg),*))
            }
        )*}
    };
}

wait_for! {
    /// All keys.
    list() -> Vec<ApiKey>;
    /// Makes a key.
    create(name: &str, settings: KeySettings) -> Created;
    /// One key.
    get(hash: &str) -> ApiKey;
    /// Changes a key.
    update(hash: &str, settings: KeySettings) -> ApiKey;
    /// Deletes a key for good.
    delete(hash: &str) -> ();
}

/// An iterator of deltas; dropping it closes the connection.
pub struct Stream {
    runtime: &'static Runtime,
    pump: Pump,
    ready: std::vec::IntoIter<Delta>,
}

impl Stream {
    /// The whole answer, once the stream has ended well.
    #[must_use]
    pub fn completion(&self) -> Option<Completion> {
        self.pump.completion()
    }
}

impl Iterator for Stream {
    type Item = Result<Delta, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(delta) = self.ready.next() {
            return Some(Ok(delta));
        }
        let batch = self.pump.try_next().unwrap_or_else(|| self.runtime.block_on(self.pump.next()));
        match batch {
            Ok(Some(batch)) => {
                self.ready = batch.into_iter();
                self.ready.next().map(Ok)
            }
            Ok(None) => None,
            Err(failure) => Some(Err(failure)),
        }
    }
}

fn runtime() -> Result<&'static Runtime, Failure> {
    static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();
    if tokio::runtime::Handle::try_current().is_ok() {
        return Err(
            Error::config("blocking", "cannot wait inside an async runtime; use Client with .await").into()
        );
    }
    let made = RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("resilient-completion")
            .enable_all()
            .build()
            .ok()
    });
    made.as_ref().ok_or_else(|| Error::new(Kind::Connection, "no runtime thread could be started").into())
}
