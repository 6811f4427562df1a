//! The builder of one call, shared by the async and the blocking client.
//!
//! Knows the engine's typed request. Must not validate: the engine does, once. Invariant: fields are sent in the order
//! in which they were set.

use crate::client::Client;
use crate::completion::Completion;
use crate::running::{Failure, Running};
use bytes::Bytes;
use resilient_completion_engine::chat::{Delta, History, RequestFields, SetFields};
use serde_json::Value;

/// One call being described; `C` is the client that will make it.
///
/// Every wire field has a setter (of the trait [`SetFields`], which the prelude brings); the methods here are our own
/// options.
#[derive(Clone)]
#[must_use = "a call is made by send() or stream()"]
pub struct Chat<'a, C> {
    pub(crate) client: &'a C,
    fields: RequestFields,
}

impl<C> SetFields for Chat<'_, C> {
    fn request_fields(&mut self) -> &mut RequestFields {
        &mut self.fields
    }
}

impl<'a, C> Chat<'a, C> {
    pub(crate) fn new(client: &'a C, messages: History) -> Chat<'a, C> {
        Chat { client, fields: RequestFields::new(messages) }
    }

    /// Models to try after `model`, in order.
    pub fn fallbacks<M: Into<String>>(self, models: impl IntoIterator<Item = M>) -> Self {
        let models: Vec<String> = models.into_iter().map(Into::into).collect();
        self.field("fallbacks", models.into())
    }

    /// A chain of links, each with its own model, endpoint, limits and fields, as JSON (`[{"model": …, "timeout": …}]`).
    pub fn chain(self, links: impl Into<Value>) -> Self {
        self.field("chain", links.into())
    }

    /// Models that every candidate must be able to serve: `vision`, `tool_calling`, …
    pub fn capability(self, word: &str) -> Self {
        self.field("capability", word.into())
    }

    /// Limit of the whole call with all attempts and waits; default 300 s.
    pub fn timeout(self, limit: std::time::Duration) -> Self {
        self.field("timeout", limit.as_secs_f64().into())
    }

    /// A partial policy over the client's, as JSON.
    pub fn policy(self, policy: impl Into<Value>) -> Self {
        self.field("policy", policy.into())
    }

    /// A header of this call only.
    pub fn extra_headers(self, headers: impl Into<Value>) -> Self {
        self.field("extra_headers", headers.into())
    }

    /// Fields that stand beside the request's own and win over them.
    pub fn extra_body(self, fields: impl Into<Value>) -> Self {
        self.field("extra_body", fields.into())
    }

    pub(crate) fn with_client<D>(self, client: &'a D) -> Chat<'a, D> {
        Chat { client, fields: self.fields }
    }

    fn into_json(self) -> Bytes {
        Bytes::from(self.fields.to_json())
    }
}

impl Chat<'_, Client> {
    /// Makes the call and waits for the whole answer.
    ///
    /// # Errors
    /// Whatever ended it without an answer; the failure's trace names every attempt.
    pub async fn send(self) -> Result<Completion, Failure> {
        self.start(false)?.complete().await
    }

    /// Makes the call as a stream of deltas.
    ///
    /// # Errors
    /// What is wrong with the call itself; failures on the way come from [`Stream::next`].
    pub fn stream(self) -> Result<Stream, Failure> {
        Ok(Stream::new(self.start(true)?))
    }

    /// Makes the call ready to run; nothing is sent before it is polled.
    pub(crate) fn start(self, stream: bool) -> Result<Running, Failure> {
        let client = self.client;
        client.start(self.into_json(), stream)
    }

    /// What would be tried, as JSON; sends nothing.
    ///
    /// # Errors
    /// As for the call.
    pub fn plan(self) -> Result<Value, Failure> {
        let client = self.client;
        client.plan(self.into_json(), false)
    }
}

/// A stream of deltas; a failure is its last item. Dropping it closes the connection.
pub struct Stream {
    running: Running,
    ready: std::vec::IntoIter<Delta>,
    over: bool,
}

impl Stream {
    pub(crate) fn new(running: Running) -> Stream {
        Stream { running, ready: Vec::new().into_iter(), over: false }
    }

    /// The next delta; `None` at the good end and after a failure.
    pub async fn next(&mut self) -> Option<Result<Delta, Failure>> {
        if let Some(delta) = self.ready.next() {
            return Some(Ok(delta));
        }
        if self.over {
            return None;
        }
        match self.running.next().await {
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

    /// The whole answer, once the stream has ended well.
    #[must_use]
    pub fn completion(&self) -> Option<&Completion> {
        self.running.completion()
    }
}
