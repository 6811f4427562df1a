//! One call as JavaScript sees it: waited for by ticket, cancelled by handle.
//!
//! Knows the bridge's call and the port. Must not know what an answer means. Invariants: a call that JavaScript has
//! let go of, or whose thread has ended, is cancelled; JavaScript keeps this object alive while a ticket is open.

use napi_derive::napi;
use resilient_completion_bridge::{Call, Failure, runtime};

use crate::encode;
use crate::port::{Answer, Line, Ticket};

/// A call.
#[napi]
pub struct NativeCall {
    call: Call,
    line: Line,
}

impl NativeCall {
    pub(crate) fn new(call: Call, line: Line) -> NativeCall {
        NativeCall { call, line }
    }
}

#[napi]
impl NativeCall {
    /// Answers `ticket` with the completion.
    #[napi(catch_unwind)]
    pub fn complete(&self, ticket: u32) {
        let ticket = Ticket::new(self.line.clone(), ticket);
        let call = self.call.clone();
        runtime::spawn(async move {
            ticket.answer(match call.complete().await {
                Ok(finished) => Answer::Finished(encode::finished(&finished)),
                Err(failure) => failed(&failure),
            });
        });
    }

    /// Answers `ticket` with the deltas that have come since, or, at the end, with the completion.
    #[napi(catch_unwind)]
    pub fn pull(&self, ticket: u32) {
        let ticket = Ticket::new(self.line.clone(), ticket);
        let call = self.call.clone();
        runtime::spawn(async move {
            ticket.answer(match call.pull().await {
                Ok(Some(deltas)) => encode::batch(&deltas),
                Ok(None) => match call.completion() {
                    Some(finished) => Answer::Finished(encode::finished(&finished)),
                    // The bridge promises a completion after a good end; a dropped ticket answers for a broken promise.
                    None => return,
                },
                Err(failure) => failed(&failure),
            });
        });
    }

    /// Ends it and closes the connection. Does nothing to a call that has ended.
    #[napi(catch_unwind)]
    pub fn cancel(&self) {
        self.call.cancel();
    }

    /// The text of a completion that has ended well, for those who cannot read it from the body.
    #[napi(catch_unwind)]
    pub fn text(&self) -> String {
        self.call.completion().map_or_else(String::new, |finished| finished.facts.text)
    }

    /// The trace so far.
    #[napi(catch_unwind)]
    pub fn trace_json(&self) -> String {
        self.call.trace_json()
    }
}

impl Drop for NativeCall {
    fn drop(&mut self) {
        // A task that waits for it holds a clone, so dropping ours alone would leave the request running when a
        // worker is terminated.
        self.call.cancel();
    }
}

fn failed(failure: &Failure) -> Answer {
    Answer::Failed(failure.to_json())
}
