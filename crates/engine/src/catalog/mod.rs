//! What models can do and cost, what a request needs, and whether the two fit.
//!
//! Knows `chat`. Must not know links or policy. Invariants: every fact has a source and a date; what no listing
//! says is unknown, never a refusal; the same request against the same catalogue always gives the same answer.

mod compact;
mod facts;
mod listing;
mod names;
mod price;
mod table;
mod words;

pub use facts::{Answer, Entry, Modality, Origin, Parameter};
pub use price::{PriceKey, Prices, Step};
pub use table::Catalog;
pub use words::{Word, Words};
