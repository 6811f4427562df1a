//! Providers that fail on command.
//!
//! Knows the engine's error value and words. Must not know the client. It ships inside the wheel and the npm
//! package (the demo, the drill and users' own tests start it), so it stays small. Invariants: it listens on
//! 127.0.0.1 only and never connects anywhere.
//!
//! * [`provider`]: a raw-socket HTTP/1.1 provider that plays a script, byte for byte.
//! * [`vectors`]: whole calls with what must come of them, read from `tests/vectors`.
//! * [`world`]: the machine in virtual time, with its promises checked after every event.

pub mod provider;
pub mod vectors;
pub mod world;

pub use provider::{Provider, Script};
