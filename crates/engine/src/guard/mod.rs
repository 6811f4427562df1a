//! Small machines, each testable alone; none uses another.
//!
//! Knows `outcome`. Must not know chains, links or calls: the `call` room combines these machines. Invariants: no
//! clock is read (every question carries `now`), arithmetic saturates, no state grows without bound.

pub mod backoff;
pub mod breaker;
pub mod cooldown;
pub mod deadline;
pub mod tokens;

pub use backoff::Backoff;
pub use breaker::{Breaker, BreakerSettings, Lease};
pub use cooldown::Cooldowns;
pub use deadline::Timers;
pub use tokens::{RetryTokens, TokenSettings};
