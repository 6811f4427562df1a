//! A stream that is read by a task of its own, for readers on other threads.
//!
//! Knows a running call and tokio tasks. Must not decide. Invariants: the task stays near the connection (the I/O thread's
//! own queue), so that a fast stream costs its reader one wake for many pieces; a reader who falls behind stops the
//! task, not the memory; dropping or cancelling closes the connection at once, whoever is reading or not.

use crate::cancel::CancelFlag;
use crate::completion::Completion;
use crate::process::Process;
use crate::running::{Failure, Running};
use resilient_completion_engine::chat::Delta;
use resilient_completion_engine::error::{Error, Kind};
use resilient_completion_engine::trace::Trace;
use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Pieces that may wait for a slow reader: some hundred words, a few hundred kilobytes at the most.
const AHEAD: usize = 512;

/// Pieces after which a reader is told, even while more keep coming.
const TOLD: usize = 64;

/// A stream under way.
pub struct Pump {
    shared: Arc<Shared>,
    cancel: Arc<CancelFlag>,
    process: &'static Process,
}

struct Shared(Mutex<State>);

#[derive(Default)]
struct State {
    pieces: Vec<Delta>,
    end: Option<Result<Completion, Failure>>,
    trace: Option<Arc<Trace>>,
    readers: Vec<Waker>,
    task: Option<Waker>,
    /// Whether the first pieces came: a person waits for those, so they are told of at once.
    begun: bool,
}

impl Pump {
    /// Starts reading on `runtime`.
    #[must_use]
    pub fn start(mut running: Running, runtime: &tokio::runtime::Handle) -> Pump {
        let shared = Arc::new(Shared(Mutex::default()));
        let cancel = running.cancel_flag();
        let (flag, process) = (cancel.clone(), running.process());
        // Made here, not in the task: a runtime that is shut down drops the task before its first poll.
        let ender = Ender(shared.clone());
        runtime.spawn(async move {
            loop {
                let next = match now_or_after_a_turn(&mut running).await {
                    Some(next) => next,
                    None => {
                        // The connection has nothing more at this moment: time to tell the reader.
                        ender.0.wake_readers();
                        running.next().await
                    }
                };
                if ender.0.take_over(next, &mut running) {
                    return;
                }
                poll_fn(|cx| ender.0.poll_room(&flag, cx)).await;
            }
        });
        Pump { shared, cancel, process }
    }

    /// The next pieces, all that are there and at least one; `None` at the good end.
    ///
    /// # Errors
    /// Whatever ended the call without a whole answer.
    pub async fn next(&self) -> Result<Option<Vec<Delta>>, Failure> {
        poll_fn(|cx| match self.try_next() {
            Some(ready) => Poll::Ready(ready),
            None => {
                let mut state = self.shared.state();
                if state.pieces.is_empty() && state.end.is_none() {
                    if !state.readers.iter().any(|known| known.will_wake(cx.waker())) {
                        state.readers.push(cx.waker().clone());
                    }
                    return Poll::Pending;
                }
                drop(state);
                Poll::Ready(self.try_next().unwrap_or(Ok(None)))
            }
        })
        .await
    }

    /// What is there already, without waiting.
    #[must_use]
    pub fn try_next(&self) -> Option<Result<Option<Vec<Delta>>, Failure>> {
        if !self.process.is_current() {
            return Some(Err(Failure::of_the_parent()));
        }
        let mut state = self.shared.state();
        if !state.pieces.is_empty() {
            let pieces = std::mem::take(&mut state.pieces);
            let task = state.task.take();
            drop(state);
            if let Some(task) = task {
                task.wake();
            }
            return Some(Ok(Some(pieces)));
        }
        state.end.as_ref().map(|end| end.clone().map(|_| None))
    }

    /// The answer, after the good end.
    #[must_use]
    pub fn completion(&self) -> Option<Completion> {
        if !self.process.is_current() {
            return None;
        }
        self.shared.state().end.as_ref().and_then(|end| end.clone().ok())
    }

    /// The record, after the end.
    #[must_use]
    pub fn trace(&self) -> Option<Arc<Trace>> {
        if !self.process.is_current() {
            return None;
        }
        self.shared.state().trace.clone()
    }

    /// Ends the call and closes its connection.
    pub fn cancel(&self) {
        // Waking the task from a forked child would take locks of the parent's runtime.
        if self.process.is_current() {
            self.cancel.cancel();
        }
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        self.cancel();
    }
}

impl Shared {
    /// Puts what came where the reader finds it; `true` at the end.
    fn take_over(&self, next: Result<Option<Vec<Delta>>, Failure>, running: &mut Running) -> bool {
        let mut state = self.state();
        match next {
            Ok(Some(mut pieces)) if state.pieces.is_empty() => state.pieces = std::mem::take(&mut pieces),
            Ok(Some(mut pieces)) => state.pieces.append(&mut pieces),
            Ok(None) => {
                state.end = running.completion().cloned().map(Ok);
                state.trace = running.completion().map(|c| c.trace.clone());
            }
            Err(failure) => {
                state.trace.clone_from(&failure.trace);
                state.end = Some(Err(failure));
            }
        }
        let over = state.end.is_some();
        let first = !std::mem::replace(&mut state.begun, true);
        if over || first || state.pieces.len() >= TOLD {
            drop(state);
            self.wake_readers();
        }
        over
    }

    fn wake_readers(&self) {
        let readers = std::mem::take(&mut self.state().readers);
        readers.into_iter().for_each(Waker::wake);
    }

    fn poll_room(&self, cancel: &CancelFlag, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state();
        if state.pieces.len() < AHEAD || cancel.poll(cx).is_ready() {
            return Poll::Ready(());
        }
        state.task = Some(cx.waker().clone());
        Poll::Pending
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What comes next, if it is there at once or after the connection's own task had its turn: HTTP/1 bodies come one chunk
/// at a time, and a reader on another thread who is woken for each would cost more than all the rest.
async fn now_or_after_a_turn(running: &mut Running) -> Option<Result<Option<Vec<Delta>>, Failure>> {
    for last in [false, true] {
        let mut next = pin!(running.next());
        if let Poll::Ready(next) = poll_fn(|cx| Poll::Ready(next.as_mut().poll(cx))).await {
            return Some(next);
        }
        if !last {
            tokio::task::yield_now().await;
        }
    }
    None
}

/// Tells the reader of a task that was ended from outside (its runtime shut down).
struct Ender(Arc<Shared>);

impl Drop for Ender {
    fn drop(&mut self) {
        let mut state = self.0.state();
        if state.end.is_none() {
            let error = Error::new(Kind::Closed, "the runtime that read this stream was shut down");
            state.end = Some(Err(error.into()));
        }
        drop(state);
        self.0.wake_readers();
    }
}
