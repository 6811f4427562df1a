//! The client as JavaScript sees it.
//!
//! Knows the bridge's client. Must not look into options or requests. Invariant: nothing here waits.

use bytes::Bytes;
use napi::Either;
use napi_derive::napi;
use resilient_completion_bridge::Client;

use crate::call::NativeCall;
use crate::port::{Line, Port};
use crate::{OrFailure, Reply};

/// A client.
#[napi]
pub struct NativeClient {
    client: Client,
    line: Line,
}

#[napi]
impl NativeClient {
    /// Constructor options as JSON, with the snake_case keys of the data.
    #[napi(catch_unwind)]
    pub fn open(port: &Port, options: String) -> OrFailure<NativeClient> {
        match Client::new(options.as_bytes()) {
            Ok(client) => Either::A(NativeClient { client, line: port.line() }),
            Err(failure) => Either::B(failure.to_json()),
        }
    }

    /// Checks and plans a call; nothing is sent before it is first waited for.
    #[napi(catch_unwind)]
    pub fn call(&self, call: String, stream: bool) -> OrFailure<NativeCall> {
        match self.client.call(Bytes::from(call), stream) {
            Ok(call) => Either::A(NativeCall::new(call, self.line.clone())),
            Err(failure) => Either::B(failure.to_json()),
        }
    }

    /// What a call would do.
    #[napi(catch_unwind)]
    pub fn plan(&self, call: String) -> Reply {
        self.client.plan(Bytes::from(call)).into()
    }

    /// The catalogue, filtered.
    #[napi(catch_unwind)]
    pub fn models(&self, filters: String) -> Reply {
        self.client.models(filters.as_bytes()).into()
    }

    /// What the guards know.
    #[napi(catch_unwind)]
    pub fn health(&self) -> Reply {
        self.client.health().into()
    }

    /// Makes the guards forget.
    #[napi(catch_unwind)]
    pub fn reset_health(&self) {
        self.client.reset_health();
    }

    /// Ends calls in flight and refuses new ones.
    #[napi(catch_unwind)]
    pub fn close(&self) {
        self.client.close();
    }
}
