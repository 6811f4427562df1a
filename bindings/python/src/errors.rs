//! Failures to Python exceptions.
//!
//! Knows the failure's envelope and one function of the package. Must not know kinds or classes. Invariant:
//! exceptions are built on an interpreter's thread only.

use crate::objects;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use resilient_completion_bridge::Failure;

/// The exception for `failure`.
pub(crate) fn raise(py: Python<'_>, failure: &Failure) -> PyErr {
    static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let made = objects::parse(py, failure.to_json())
        .and_then(|told| MAKE.import(py, "resilient_completion.errors", "from_envelope")?.call1((told,)));
    made.map_or_else(|e| e, PyErr::from_value)
}
