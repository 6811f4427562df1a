//! The Node half of the border: values, errors, promises and cancellation across Node-API.
//!
//! Knows the bridge. Must not know policy, statuses, error kinds or model names: a branch on one of those here is
//! a defect. Invariants: every value crosses as JSON text; every failure crosses as the JSON of the bridge's error
//! envelope and is thrown by the TypeScript side, never as an error of this addon; every function that JavaScript
//! calls catches panics (an unwinding one would abort the process); nothing here keeps a process alive by itself.

mod call;
mod client;
mod encode;
mod port;
mod simulator;

use napi::Either;
use napi_derive::napi;
use resilient_completion_bridge as bridge;

/// A value, or the JSON of the failure that took its place.
type OrFailure<T> = Either<T, String>;

/// The text of a plain answer, or of a failure.
#[napi(object)]
pub struct Reply {
    /// Whether `text` is the answer; otherwise it is a failure.
    pub ok: bool,
    /// JSON.
    pub text: String,
}

impl From<Result<String, bridge::Failure>> for Reply {
    fn from(result: Result<String, bridge::Failure>) -> Reply {
        match result {
            Ok(text) => Reply { ok: true, text },
            Err(failure) => Reply { ok: false, text: failure.to_json() },
        }
    }
}

/// What the engine makes of an answer: JSON of the public `classify`.
#[napi(catch_unwind)]
pub fn classify(status: u16, headers: String, body: String) -> Reply {
    bridge::classify(status, headers.as_bytes(), body.as_bytes()).into()
}

/// Runs the command, program name first, to its end on this thread; returns its exit code.
#[napi(catch_unwind)]
pub fn run_cli(args: Vec<String>) -> i32 {
    resilient_completion_cli::run(args)
}

/// The version this addon was built as; the loader refuses another one than its own.
#[napi(catch_unwind)]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
