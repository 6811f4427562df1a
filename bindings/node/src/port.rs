//! The one way from the runtime's threads to a JavaScript thread.
//!
//! Knows Node-API's threadsafe function. Must not know calls. Invariants: one port per JavaScript thread, shared by
//! all its calls (a threadsafe function for each call would cost more than the rest of the crossing); it does not
//! keep the process alive unless JavaScript holds it; every [`Ticket`] is answered exactly once, also when its task
//! is dropped or panics; when the JavaScript thread is gone, answers are dropped in silence.

use std::sync::Arc;

use napi::bindgen_prelude::{FnArgs, Function};
use napi::threadsafe_function::{ThreadsafeCallContext, ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Status, sys};
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
pub(crate) struct Line(Arc<Deliver>);

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
        Ok(Port { line: Line(Arc::new(deliver)) })
    }

    /// Keeps the process alive until `release`: calls are in flight.
    #[napi(catch_unwind)]
    pub fn hold(&self, env: &Env) {
        self.toggle(env, sys::napi_ref_threadsafe_function);
    }

    /// Nothing is in flight any more.
    #[napi(catch_unwind)]
    pub fn release(&self, env: &Env) {
        self.toggle(env, sys::napi_unref_threadsafe_function);
    }
}

type Toggle = unsafe fn(sys::napi_env, sys::napi_threadsafe_function) -> sys::napi_status;

impl Port {
    /// The crate's own way to toggle asks for exclusive access, and a lock here would be met by every delivery.
    fn toggle(&self, env: &Env, toggle: Toggle) {
        let handle = &self.line.0.handle;
        handle.with_read_aborted(|aborted| {
            if !aborted {
                // SAFETY: we are on the thread that owns `env`, and the function lives until it is aborted.
                #[expect(unsafe_code, reason = "two calls of Node-API")]
                unsafe {
                    toggle(env.raw(), handle.get_raw());
                }
            }
        });
    }

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
        self.line.0.call((self.number, answer), ThreadsafeFunctionCallMode::NonBlocking);
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
