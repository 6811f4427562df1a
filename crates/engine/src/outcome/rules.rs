//! The classifier's rules, as data.
