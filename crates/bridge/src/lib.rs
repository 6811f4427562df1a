//! One language-neutral surface for every binding: JSON in, values and one failure envelope out, an owned runtime,
//! cancellation.
//!
//! Knows the client, the simulator and tokio. Must not know any interpreter, nor decide anything. Invariants: every
//! failure is a [`Failure`]; no operation of a forked child touches a socket, lock or task of its parent.

pub mod bell;
mod call;
mod client;
mod failure;
pub mod json;
mod pieces;
pub mod runtime;
mod simulator;

pub use call::{Call, Facts, Finished};
pub use client::{Client, classify};
pub use failure::{Failure, sound};
pub use pieces::{Pieces, Step};
pub use resilient_completion::{Delta, Trace, engine, within};
pub use simulator::Simulator;
