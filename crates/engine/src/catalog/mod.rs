//! What models can do and cost, what a request needs, and whether the two fit.
//!
//! Knows `chat`. Must not know links or policy.
