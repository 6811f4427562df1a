//! What will be tried, and why not the rest.
