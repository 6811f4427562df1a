//! Things without opinions: time, ids, seeded randomness, money, secrets, JSON text.
//!
//! Knows nothing of calls, models or HTTP. Invariants: no floats for money; no value here reads a clock or
//! global randomness; a [`Secret`] never shows its content in `Debug`, `Display` or serialised form.

pub mod json;
pub mod money;
pub mod rng;
pub mod secret;
pub mod time;
pub mod words;

pub use json::RawJson;
pub use money::Nanodollars;
pub use rng::Rng;
pub use secret::Secret;
pub use time::{Duration, Instant, WallTime};
