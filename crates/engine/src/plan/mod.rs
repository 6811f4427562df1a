//! From what was asked to what will be tried, with a reason for everything that will not.
//!
//! Knows `catalog` and `guard`. Must not know attempts or events. Invariants: nothing is sent here; a plan can be
//! shown before a cent is spent; every candidate that was asked for is in `candidates` or in `skipped`.

pub mod ask;
pub mod cost;
pub mod endpoint;
pub mod explain;
pub mod link;
pub mod policy;
pub mod read;
pub mod select;

pub use ask::{Ask, Selector};
pub use cost::cost;
pub use endpoint::Endpoint;
pub use link::Link;
pub use policy::{OnInterrupt, Policy, Timeouts};
pub use select::{Candidate, Defaults, Plan, Skipped, select};
