//! The one way from the runtime's threads to a JavaScript thread.
//!
//! Knows Node-API's threadsafe function. Must not know calls. Invariants: one port per JavaScript thread, shared by
//! all its calls (a threadsafe function for each call would cost more than the rest of the crossing); it does not
//! keep the process alive unless JavaScript holds it; every [`Ticket`] is answered exactly once, also when its task
//! is dropped or panics; when the JavaScript thread is gone, answers are dropped in silence.

use std::sync::{Arc, PoisonError, RwLock};

use napi::bindgen_prelude::{FnArgs, Function};
use napi::threadsafe_function::{ThreadsafeCallContext, ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Status};
use napi_derive::napi;
use resilient_completion_bridge::Failure;
use resilient_completion_engine::error::{Error, Kind};

/// Ticket, shape of the answer, its text, and text that JavaScript parses only on demand.
type Args = FnArgs<(u32, u32, String, Option<String>)>;
type Deliver = ThreadsafeFunction<(u32, Answer), (), Args, Status, false, true, 0>;

/// What a ticket is answered with.
pub(crate) enum Answer {
    /// The failure envelope.
    Failed(String),
    /// A whole completion.
    Finished(String),
    /// Some deltas, and their events as they came.
    Batch { deltas: String, raw: String },
}

/// A JavaScript thread's letter box.
#[napi]
pub struct Port {
    line: Line,
}

/// A handle on a port that tasks carry.
#[derive(Clone)]
pub(crate) struct Line(Arc<RwLock<Deliver>>);

#[napi]
impl Port {
    /// `deliver(ticket, shape, text, lazy)` will be called on this thread; it must not throw.
    #[napi(constructor, catch_unwind)]
    pub fn new(deliver: Function<'_, Args, ()>) -> napi::Result<Port> {
        let deliver = deliver
            .build_threadsafe_function::<(u32, Answer)>()
            .callee_handled::<false>()
            .weak::<true>()
            .build_callback(|ctx: ThreadsafeCallContext<(u32, Answer)>| Ok(args(ctx.value)))?;
        Ok(Port { line: Line(Arc::new(RwLock::new(deliver))) })
    }

    /// Keeps the process alive until `release`: calls are in flight.
    #[napi(catch_unwind)]
    #[allow(deprecated, reason = "the only way to toggle it: `Weak` is fixed for life")]
    pub fn hold(&self, env: &Env) -> napi::Result<()> {
        self.line.0.write().unwrap_or_else(PoisonError::into_inner).refer(env)
    }

    /// Nothing is in flight any more.
    #[napi(catch_unwind)]
    #[allow(deprecated, reason = "as in `hold`")]
    pub fn release(&self, env: &Env) -> napi::Result<()> {
        self.line.0.write().unwrap_or_else(PoisonError::into_inner).unref(env)
    }
}

impl Port {
    pub(crate) fn line(&self) -> Line {
        self.line.clone()
    }
}

/// A promise on the JavaScript side that waits for its answer.
pub(crate) struct Ticket {
    line: Line,
    number: u32,
    answered: bool,
}

impl Ticket {
    pub(crate) fn new(line: Line, number: u32) -> Ticket {
        Ticket { line, number, answered: false }
    }

    pub(crate) fn answer(mut self, answer: Answer) {
        self.send(answer);
    }

    fn send(&mut self, answer: Answer) {
        self.answered = true;
        let deliver = self.line.0.read().unwrap_or_else(PoisonError::into_inner);
        deliver.call((self.number, answer), ThreadsafeFunctionCallMode::NonBlocking);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.answered {
            let error = Error::new(
                Kind::Closed,
                "the call was given up before it had an answer (a defect in resilient-completion)",
            );
            self.send(Answer::Failed(Failure { error, trace: None }.to_json()));
        }
    }
}

fn args((number, answer): (u32, Answer)) -> Args {
    match answer {
        Answer::Failed(text) => (number, 0, text, None),
        Answer::Finished(text) => (number, 1, text, None),
        Answer::Batch { deltas, raw } => (number, 2, deltas, Some(raw)),
    }
    .into()
}
