//! A call as bindings hold it: shared, cancellable from any thread, safe to drop anywhere.
//!
//! Knows the Rust client's running call and the runtime's generation. Invariants: dropping the last clone cancels and
//! closes upstream; futures may be dropped at any await and made anew; in a forked child every operation is `closed`
//! and nothing of the parent's is dropped there (that would take its sockets off the parent's poll set).

use crate::failure::Failure;
use crate::runtime;
use resilient_completion::engine::base::RawJson;
use resilient_completion::engine::error::{Error, Kind};
use resilient_completion::{CancelFlag, Completion, Delta, Running, Trace};
use std::sync::Arc;
use tokio::sync::Mutex;

/// One call.
#[derive(Clone)]
pub struct Call(Arc<Inner>);

struct Inner {
    running: Option<Mutex<Running>>,
    cancel: Arc<CancelFlag>,
    generation: u64,
}

/// A whole answer.
#[derive(Clone)]
pub struct Finished {
    /// The body as the service sent it, or as a stream's pieces spell it.
    pub body: RawJson,
    /// What callers read most.
    pub facts: Facts,
    /// The record.
    pub trace: Arc<Trace>,
}

/// What callers read most of an answer.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Text of the first choice.
    pub text: String,
    /// The model that the service says served.
    pub model: Option<String>,
    /// The provider that served.
    pub provider: Option<String>,
    /// Label of the link that answered.
    pub label: String,
    /// Whether anything but the first choice answered.
    pub fell_back: bool,
    /// US dollars, all attempts together, as far as known.
    pub cost: Option<f64>,
}

impl Call {
    pub(crate) fn new(running: Running) -> Call {
        Call(Arc::new(Inner {
            cancel: running.cancel_flag(),
            running: Some(Mutex::new(running)),
            generation: runtime::generation(),
        }))
    }

    /// Runs to the end.
    ///
    /// # Errors
    /// Whatever ended the call without an answer.
    pub async fn complete(&self) -> Result<Finished, Failure> {
        let mut running = self.running()?.lock().await;
        Ok(Finished::of(&running.complete().await?))
    }

    /// The next pieces of a stream; `None` at its good end.
    ///
    /// # Errors
    /// Whatever ended the call without a whole answer.
    pub async fn pull(&self) -> Result<Option<Vec<Delta>>, Failure> {
        let mut running = self.running()?.lock().await;
        Ok(running.next().await?)
    }

    /// What is there already, without waiting; `None` if nothing is or another pull is under way.
    #[must_use]
    pub fn try_pull(&self) -> Option<Result<Option<Vec<Delta>>, Failure>> {
        match self.running() {
            Ok(running) => running.try_lock().ok()?.try_next().map(|r| r.map_err(Failure::from)),
            Err(failure) => Some(Err(failure)),
        }
    }

    /// The answer, after the good end of a stream.
    #[must_use]
    pub fn completion(&self) -> Option<Finished> {
        self.running().ok()?.try_lock().ok()?.completion().map(Finished::of)
    }

    /// Ends the call and closes its connections; a second time does nothing.
    pub fn cancel(&self) {
        let Ok(running) = self.running() else { return };
        self.0.cancel.cancel();
        // Where somebody waits for it, the flag has just woken its driver.
        if let Ok(mut running) = running.try_lock() {
            running.cancel_now();
        }
    }

    /// The record so far, as JSON; `null` while another thread drives the call.
    #[must_use]
    pub fn trace_json(&self) -> String {
        let trace = self.running().ok().and_then(|r| r.try_lock().ok().map(|r| r.trace().to_json()));
        trace.unwrap_or_else(|| "null".to_owned())
    }

    fn running(&self) -> Result<&Mutex<Running>, Failure> {
        match &self.0.running {
            Some(running) if self.0.generation == runtime::generation() => Ok(running),
            _ => Err(Error::new(
                Kind::Closed,
                "the call was in flight when the process forked; it goes on in the parent only",
            )
            .into()),
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if self.generation != runtime::generation() {
            std::mem::forget(self.running.take());
        }
    }
}

impl Finished {
    fn of(completion: &Completion) -> Finished {
        Finished {
            body: completion.body().clone(),
            facts: Facts {
                text: completion.text().to_owned(),
                model: Some(completion.model.clone()).filter(|m| !m.is_empty()),
                provider: completion.provider.clone(),
                label: completion.label.clone(),
                fell_back: completion.fell_back,
                cost: completion.cost(),
            },
            trace: completion.trace.clone(),
        }
    }
}
