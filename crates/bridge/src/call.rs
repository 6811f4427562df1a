//! A call as bindings hold it: shared, cancellable from any thread, safe to drop anywhere.
//!
//! Knows the Rust client's running call and the runtime's generation. Invariants: dropping the last clone cancels and
//! closes upstream; futures may be dropped at any await and made anew; in a forked child every operation is `closed`
//! and nothing of the parent's is dropped there (that would take its sockets off the parent's poll set).

use crate::failure::Failure;
use crate::runtime;
use resilient_completion::engine::base::RawJson;
use resilient_completion::engine::error::{Error, Kind};
use resilient_completion::{CancelFlag, Completion, Delta, Pump, Running, Trace};
use std::sync::{Arc, OnceLock, PoisonError};
use tokio::sync::Mutex;

/// One call.
#[derive(Clone)]
pub struct Call(Arc<Inner>);

struct Inner {
    kind: Option<Kinds>,
    cancel: Arc<CancelFlag>,
    generation: u64,
}

enum Kinds {
    /// Driven by whoever waits for it.
    Whole(Mutex<Running>),
    /// Driven by a task, from the first pull on.
    Stream(std::sync::Mutex<Option<Running>>, OnceLock<Pump>),
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
    pub(crate) fn new(running: Running, stream: bool) -> Call {
        let cancel = running.cancel_flag();
        let kind = match stream {
            true => Kinds::Stream(std::sync::Mutex::new(Some(running)), OnceLock::new()),
            false => Kinds::Whole(Mutex::new(running)),
        };
        Call(Arc::new(Inner { cancel, kind: Some(kind), generation: runtime::generation() }))
    }

    /// Runs to the end and gives the whole answer, of a stream too.
    ///
    /// # Errors
    /// Whatever ended the call without an answer.
    pub async fn complete(&self) -> Result<Finished, Failure> {
        match self.kind()? {
            Kinds::Whole(running) => Ok(Finished::of(&running.lock().await.complete().await?)),
            Kinds::Stream(..) => {
                while self.pull().await?.is_some() {}
                self.completion().ok_or_else(|| Error::new(Kind::Closed, "the stream is over").into())
            }
        }
    }

    /// The next pieces of a stream; `None` at its good end.
    ///
    /// # Errors
    /// Whatever ended the call without a whole answer.
    pub async fn pull(&self) -> Result<Option<Vec<Delta>>, Failure> {
        match self.kind()? {
            Kinds::Whole(running) => Ok(running.lock().await.next().await?),
            Kinds::Stream(waiting, pump) => match begun(waiting, pump) {
                Some(pump) => Ok(pump.next().await?),
                None => Err(cancelled()),
            },
        }
    }

    /// What is there already, without waiting; `None` if nothing is.
    #[must_use]
    pub fn try_pull(&self) -> Option<Result<Option<Vec<Delta>>, Failure>> {
        match self.kind() {
            Ok(Kinds::Whole(running)) => {
                running.try_lock().ok()?.try_next().map(|r| r.map_err(Failure::from))
            }
            Ok(Kinds::Stream(_, pump)) => pump.get()?.try_next().map(|r| r.map_err(Failure::from)),
            Err(failure) => Some(Err(failure)),
        }
    }

    /// The answer, after the good end.
    #[must_use]
    pub fn completion(&self) -> Option<Finished> {
        match self.kind().ok()? {
            Kinds::Whole(running) => running.try_lock().ok()?.completion().map(Finished::of),
            Kinds::Stream(_, pump) => pump.get()?.completion().map(|c| Finished::of(&c)),
        }
    }

    /// Ends the call and closes its connections; a second time does nothing.
    pub fn cancel(&self) {
        let Ok(kind) = self.kind() else { return };
        // Wakes whoever drives it.
        self.0.cancel.cancel();
        match kind {
            Kinds::Whole(running) => {
                if let Ok(mut running) = running.try_lock() {
                    running.cancel_now();
                }
            }
            Kinds::Stream(waiting, _) => {
                drop(waiting.lock().unwrap_or_else(PoisonError::into_inner).take());
            }
        }
    }

    /// The record, as JSON; `null` while the call is under way.
    #[must_use]
    pub fn trace_json(&self) -> String {
        let trace = match self.kind() {
            Ok(Kinds::Whole(running)) => running.try_lock().ok().map(|r| r.trace().to_json()),
            Ok(Kinds::Stream(_, pump)) => pump.get().and_then(Pump::trace).map(|t| t.to_json()),
            Err(_) => None,
        };
        trace.unwrap_or_else(|| "null".to_owned())
    }

    fn kind(&self) -> Result<&Kinds, Failure> {
        match &self.0.kind {
            Some(kind) if self.0.generation == runtime::generation() => Ok(kind),
            _ => Err(Error::new(
                Kind::Closed,
                "the call was in flight when the process forked; it goes on in the parent only",
            )
            .into()),
        }
    }
}

/// The task that reads a stream, started by the first who asks; `None` if the stream was cancelled before.
fn begun<'a>(waiting: &std::sync::Mutex<Option<Running>>, pump: &'a OnceLock<Pump>) -> Option<&'a Pump> {
    if let Some(pump) = pump.get() {
        return Some(pump);
    }
    let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(running) = waiting.take() {
        drop(pump.set(Pump::start(running, &runtime::handle())));
    }
    pump.get()
}

fn cancelled() -> Failure {
    Error::new(Kind::Cancelled, "the call was cancelled").into()
}

impl Drop for Inner {
    fn drop(&mut self) {
        if self.generation != runtime::generation() {
            std::mem::forget(self.kind.take());
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
