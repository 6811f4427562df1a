//! stub
pub mod runtime;
