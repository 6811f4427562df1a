//! The machine of one call: `(plan, seed, timed events, guard answers) -> timed actions`.
//!
//! Knows every other room. Must not read a clock, touch a socket or await. Invariants (checked after every event in
//! the simulator's worlds): exactly one [`Action::Finish`] and nothing after it; every [`Action::Send`] ends in exactly
//! one record; [`Action::Abort`] only for the live attempt; no send after the deadline; no send to a blocked link while
//! a ready one exists; after the first delivered piece no other link's text without an announced restart; how bytes
//! are split changes nothing; same inputs, same actions.

mod attempt;
mod booking;
pub mod event;
pub mod guards;
mod machine;
mod moves;
mod next;
pub mod transitions;
mod verdict;

pub use event::{Action, Event, Success, Verdict};
pub use guards::{Guards, SharedGuards};
pub use machine::Call;
