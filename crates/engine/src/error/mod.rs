//! One vocabulary for failure: the table of kinds and the error value that crosses every border.
//!
//! Knows `base`. Invariants: [`kind::TABLE`] is the only list of kinds, classes and doc lines (Python and
//! TypeScript classes and the documentation pages are generated from it); an [`Error`] never holds a secret.

pub mod kind;
pub mod value;

pub use kind::{Class, Kind, Permanence};
pub use value::{Error, Partial};
