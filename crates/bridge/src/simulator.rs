//! The embedded scripted provider, for the demo and for users' own tests.
//!
//! Knows the simulator. Invariant: serves loopback only; closing is idempotent, dropping closes.

use crate::failure::Failure;
use resilient_completion::engine::error::{Error, Kind};
use resilient_completion_simulator::{Provider, Script};
use std::sync::Arc;

/// A scripted provider on this machine.
#[derive(Clone)]
pub struct Simulator(Arc<Provider>);

impl Simulator {
    /// Starts one with a script (JSON).
    ///
    /// # Errors
    /// `config` naming what is wrong in the script; `connection` if no port can be had.
    pub fn start(script_json: &[u8]) -> Result<Simulator, Failure> {
        let provider = Provider::start(Script::parse(script_json)?)
            .map_err(|e| Error::new(Kind::Connection, format!("the simulator could not start: {e}")))?;
        Ok(Simulator(Arc::new(provider)))
    }

    /// Base URL for a client.
    #[must_use]
    pub fn url(&self) -> String {
        self.0.url()
    }

    /// What was received so far, as a JSON array.
    #[must_use]
    pub fn requests_json(&self) -> String {
        self.0.requests_json()
    }

    /// Stops serving.
    pub fn close(&self) {
        self.0.close();
    }
}
