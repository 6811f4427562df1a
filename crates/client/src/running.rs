//! A call under way, as its caller holds it.
//!
//! Knows the driver and the answer's public form. Invariants: dropping it cancels the call and closes its connections;
//! both ways of waiting may be dropped and taken up again; after the end the same end is told again; in a forked child
//! it is `closed`, and dropping it there does nothing to the parent's connections.

use crate::cancel::CancelFlag;
use crate::completion::Completion;
use crate::driver::Drive;
use crate::process::{LiveGuards, Process};
use resilient_completion_engine::call::Verdict;
use resilient_completion_engine::chat::Delta;
use resilient_completion_engine::error::{Error, Kind};
use resilient_completion_engine::plan::Plan;
use resilient_completion_engine::trace::Trace;
use std::fmt;
use std::sync::Arc;

/// Why a call failed: the error, and the record of what was tried (absent where nothing was begun).
#[derive(Clone, Debug)]
pub struct Failure {
    /// What went wrong.
    pub error: Error,
    /// What was tried.
    pub trace: Option<Arc<Trace>>,
}

/// One call under way.
pub struct Running {
    /// Boxed: it is some kilobytes large, and a call is moved several times before it rests.
    drive: Box<Drive>,
    end: Option<Result<Completion, Failure>>,
}

impl Running {
    pub(crate) fn new(process: &'static Process, guards: LiveGuards, client: u64, plan: Plan) -> Running {
        Running { drive: Box::new(Drive::new(process, guards, client, plan)), end: None }
    }

    /// Runs to the end.
    ///
    /// # Errors
    /// Whatever ended the call without an answer.
    pub async fn complete(&mut self) -> Result<Completion, Failure> {
        if self.drive.is_ours() {
            self.drive.run(false).await;
        }
        self.conclude()
    }

    /// The next pieces of a stream, all that are there and at least one; `None` at its good end.
    ///
    /// # Errors
    /// Whatever ended the call without a whole answer.
    pub async fn next(&mut self) -> Result<Option<Vec<Delta>>, Failure> {
        if let Some(ready) = self.try_next() {
            return ready;
        }
        self.drive.run(true).await;
        self.try_next().unwrap_or(Ok(None))
    }

    /// What [`Running::next`] would give without waiting.
    pub fn try_next(&mut self) -> Option<Result<Option<Vec<Delta>>, Failure>> {
        if !self.drive.is_ours() {
            return Some(self.conclude().map(|_| None));
        }
        if !self.drive.pieces().is_empty() {
            return Some(Ok(Some(self.drive.pieces().drain(..).collect())));
        }
        self.drive.is_finished().then(|| self.conclude().map(|_| None))
    }

    /// The answer, once the call has ended well.
    #[must_use]
    pub fn completion(&self) -> Option<&Completion> {
        self.end.as_ref().and_then(|end| end.as_ref().ok())
    }

    /// The record so far.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        match &self.end {
            Some(Ok(completion)) => &completion.trace,
            Some(Err(Failure { trace: Some(trace), .. })) => trace,
            _ => self.drive.trace(),
        }
    }

    /// Ends the call here and now; what was delivered stays to be taken.
    pub fn cancel_now(&mut self) {
        if self.drive.is_ours() {
            self.drive.cancel_now();
        }
    }

    /// A flag that ends this call from outside.
    #[must_use]
    pub fn cancel_flag(&self) -> Arc<CancelFlag> {
        self.drive.cancel_flag()
    }

    pub(crate) fn process(&self) -> &'static Process {
        self.drive.process()
    }

    fn conclude(&mut self) -> Result<Completion, Failure> {
        if let Some(end) = &self.end {
            return end.clone();
        }
        if !self.drive.is_ours() {
            return Err(Failure::of_the_parent());
        }
        let verdict = self.drive.verdict();
        let trace = Arc::new(self.drive.take_trace());
        let end = match verdict {
            Some(Verdict::Answer(success)) => Ok(Completion::new(*success, trace)),
            Some(Verdict::Failure(error)) => Err(Failure { error: *error, trace: Some(trace) }),
            None => {
                let error = Error::new(Kind::Cancelled, "the call was dropped before it ended");
                Err(Failure { error, trace: Some(trace) })
            }
        };
        self.end = Some(end.clone());
        end
    }
}

impl Failure {
    pub(crate) fn of_the_parent() -> Failure {
        let why = "the call was in flight when the process forked; it goes on in the parent only";
        Error::new(Kind::Closed, why).into()
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure { error, trace: None }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.error)
    }
}
