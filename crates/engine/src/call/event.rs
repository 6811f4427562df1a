//! What can happen to a call, and what a call can ask for.
//!
//! Knows the lower rooms' values only. Invariant: an event for an attempt that is over is legal and ignored.

use crate::chat::{Answer, Delta};
use crate::error::Error;
use crate::outcome::TransportFault;
use crate::wire::Headers;
use crate::wire::encode::PreparedRequest;
use bytes::Bytes;

/// What can happen.
#[derive(Clone, Debug)]
pub enum Event {
    /// Begin; the first event of every call.
    Start,
    /// Time passed; `next_timeout` was reached.
    Wake,
    /// Status and headers of an attempt.
    Head {
        /// Which attempt.
        attempt: u32,
        /// HTTP status.
        status: u16,
        /// The headers that [`Headers::is_relevant`] keeps.
        headers: Headers,
    },
    /// Bytes of a body, split anywhere.
    Bytes {
        /// Which attempt.
        attempt: u32,
        /// The bytes.
        bytes: Bytes,
    },
    /// A body ended cleanly.
    End {
        /// Which attempt.
        attempt: u32,
    },
    /// The connection failed.
    Fault {
        /// Which attempt.
        attempt: u32,
        /// How.
        fault: TransportFault,
    },
    /// The reader of a stream was away and wants more: waiting for content begins now.
    Resumed,
    /// The caller ends the call.
    Cancel,
}

/// What a call asks its driver to do.
#[derive(Debug)]
pub enum Action {
    /// Send a request.
    Send {
        /// Under this attempt's number.
        attempt: u32,
        /// What.
        request: PreparedRequest,
    },
    /// Drop an attempt and close its connection.
    Abort {
        /// Which.
        attempt: u32,
    },
    /// The attempt is over for the machine; its connection may be read to the end and used again.
    Release {
        /// Which.
        attempt: u32,
    },
    /// Hand a piece to the caller.
    Deliver(Box<Delta>),
    /// The call is over; nothing follows.
    Finish(Verdict),
}

/// How a call ended.
#[derive(Debug)]
pub enum Verdict {
    /// With an answer.
    Answer(Box<Success>),
    /// With an error.
    Failure(Box<Error>),
}

/// A good answer and who gave it.
#[derive(Debug)]
pub struct Success {
    /// The answer.
    pub answer: Answer,
    /// Label of the link that gave it.
    pub label: String,
    /// Whether it was anything but the caller's first choice.
    pub fell_back: bool,
}
