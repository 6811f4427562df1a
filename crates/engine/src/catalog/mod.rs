//! What models can do and cost, what a request needs, and whether the two fit.
//!
//! Knows `chat`. Must not know links or policy. Invariants: every fact has a source and a date; what no listing
//! says is unknown, never a refusal; the same request against the same catalogue always gives the same answer.

mod capability;
mod compact;
mod estimate;
mod facts;
mod fit;
mod listing;
mod names;
mod need;
mod parts;
mod price;
mod rows;
mod suggest;
mod table;
mod words;

pub use capability::{BUDGET_COMPLETION, BUDGET_PROMPT, Capability, DEFAULT_CHAIN, DefaultLink, LONG_WINDOW};
pub use facts::{Answer, Entry, Modality, Origin, Parameter, Thinking};
pub use fit::{Fit, fit};
pub use need::{Fields, Need, Span};
pub use price::{PriceKey, Prices, Step};
pub use rows::Filter;
pub use table::Catalog;
pub use words::{Word, Words};
