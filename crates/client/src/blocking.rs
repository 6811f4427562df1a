//! The same client for programs without an async runtime.
//!
//! Knows the async client and owns one small runtime for the process. Invariant: inside an async runtime it refuses with
//! a typed error, since waiting there would stop the whole thread.

use crate::chat::Chat;
use crate::client::ClientBuilder;
use crate::completion::Completion;
use crate::keys::{ApiKey, Created, KeySettings};
use crate::process::atomic_ptr::Cell;
use crate::pump::Pump;
use crate::running::Failure;
use resilient_completion_engine::chat::{Delta, History};
use resilient_completion_engine::error::{Error, Kind};
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
        let pump = Pump::start(running, runtime.handle());
        Ok(Stream { runtime, pump, ready: Vec::new().into_iter(), over: false })
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

/// An iterator of deltas; a failure is its last item. Dropping it closes the connection.
pub struct Stream {
    runtime: &'static Runtime,
    pump: Pump,
    ready: std::vec::IntoIter<Delta>,
    over: bool,
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
        if self.over {
            return None;
        }
        let batch = match self.pump.try_next() {
            Some(batch) => batch,
            None if inside_a_runtime() => Err(refused()),
            None => self.runtime.block_on(self.pump.next()),
        };
        match batch {
            Ok(Some(batch)) => {
                self.ready = batch.into_iter();
                self.ready.next().map(Ok)
            }
            Ok(None) => {
                self.over = true;
                None
            }
            Err(failure) => {
                self.over = true;
                Some(Err(failure))
            }
        }
    }
}

impl std::iter::FusedIterator for Stream {}

static RUNTIME: Cell<Option<Runtime>> = Cell::empty();

/// In a forked child the runtime's threads do not exist.
pub(crate) fn forget_after_fork() {
    RUNTIME.forget();
}

fn runtime() -> Result<&'static Runtime, Failure> {
    if inside_a_runtime() {
        return Err(refused());
    }
    let made = RUNTIME.get_or_make(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("resilient-completion")
            .enable_all()
            .build()
            .ok()
    });
    made.as_ref().ok_or_else(|| Error::new(Kind::Connection, "no runtime thread could be started").into())
}

fn inside_a_runtime() -> bool {
    tokio::runtime::Handle::try_current().is_ok()
}

fn refused() -> Failure {
    let why = "cannot wait on a thread of an async runtime (spawn_blocking's too); use Client with .await";
    Error::config("blocking", why).into()
}
