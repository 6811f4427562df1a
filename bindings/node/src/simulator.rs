//! The scripted provider, for users' tests.
//!
//! Knows the bridge's simulator. Must not know scripts. Invariant: dropping it closes its sockets.

use napi::Either;
use napi_derive::napi;
use resilient_completion_bridge::Simulator;

use crate::OrFailure;

/// A provider on a loopback port that answers as its script says.
#[napi]
pub struct NativeSimulator {
    simulator: Simulator,
}

#[napi]
impl NativeSimulator {
    /// Starts it; the script is JSON.
    #[napi(catch_unwind)]
    pub fn start(script: String) -> OrFailure<NativeSimulator> {
        match Simulator::start(script.as_bytes()) {
            Ok(simulator) => Either::A(NativeSimulator { simulator }),
            Err(failure) => Either::B(failure.to_json()),
        }
    }

    /// Where to send requests: the base URL.
    #[napi(catch_unwind)]
    pub fn url(&self) -> String {
        self.simulator.url()
    }

    /// What came in, as a JSON array.
    #[napi(catch_unwind)]
    pub fn requests_json(&self) -> String {
        self.simulator.requests_json()
    }

    /// Closes every socket.
    #[napi(catch_unwind)]
    pub fn close(&self) {
        self.simulator.close();
    }
}
