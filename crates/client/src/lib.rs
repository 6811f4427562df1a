//! LLM chat completions that do not fail: fallback chains with time limits, retries that do not multiply outages, and
//! a record of who served what.
//!
//! ```no_run
//! use resilient_completion::prelude::*;
//!
//! fn main() -> Result<(), Failure> {
//!     let client = blocking::Client::from_env()?;
//!     let answer = client
//!         .chat("Explain recursion")
//!         .model("anthropic/claude-sonnet-4.5")
//!         .fallbacks(["openai/gpt-4o", "google/gemini-2.5-flash"])
//!         .send()?;
//!     println!("{} said: {}", answer.model, answer.text());
//!     Ok(())
//! }
//! ```
//!
//! All decisions are made by the pure machine of `resilient-completion-engine`; this crate is its driver: sockets, time,
//! the environment.

mod cancel;
mod chat;
mod client;
mod clock;
mod completion;
mod driver;
mod http;
mod keys;
mod options;
mod process;
mod pump;
mod running;

pub mod blocking;

/// Programs of the README; `make test` runs them beside a scripted provider.
#[cfg(all(doctest, readme))]
#[doc = include_str!("../../../README.md")]
struct Readme;

pub use cancel::CancelFlag;
pub use chat::{Chat, Stream};
pub use client::{Client, ClientBuilder};
pub use clock::within;
pub use completion::Completion;
pub use keys::{ApiKey, Created, KeySettings, Keys};
pub use process::forget_after_fork;
pub use pump::Pump;
pub use resilient_completion_engine as engine;
pub use resilient_completion_engine::chat::{Delta, FinishReason, Message, Provider, ToolCall, Usage};
pub use resilient_completion_engine::error::{Error, Kind};
pub use resilient_completion_engine::trace::Trace;
pub use running::{Failure, Running};

/// What most programs need.
pub mod prelude {
    pub use crate::engine::chat::{
        Content, Format, Message, Param, Part, Plugin, Preferences, Provider, Reasoning, SetFields, Tool,
        ToolChoice,
    };
    pub use crate::{Client, Completion, Delta, Failure, Kind, blocking};
}
