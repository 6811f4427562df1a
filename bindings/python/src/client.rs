//! The client, as the package's classes see it.
//!
//! Knows the bridge. Must not know fields, kinds or models. Invariant: whatever goes wrong, panics of ours included,
//! comes out as a class of the package.

use crate::{errors, objects, values};
use bytes::Bytes;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use resilient_completion_bridge::json::Fault;
use resilient_completion_bridge::{self as bridge, Failure, sound};

/// A client of the bridge; survives a fork.
#[pyclass(frozen)]
pub(crate) struct Client(pub(crate) bridge::Client);

#[pymethods]
impl Client {
    #[new]
    fn new(py: Python<'_>, options: &Bound<'_, PyDict>) -> PyResult<Client> {
        let made = settings(options).and_then(|json| sound(|| bridge::Client::new(&json)));
        made.map(Client).map_err(|f| errors::raise(py, &f))
    }

    fn plan(
        &self,
        py: Python<'_>,
        messages: &Bound<'_, PyAny>,
        options: &Bound<'_, PyDict>,
    ) -> PyResult<Py<PyAny>> {
        told(py, request(messages, options).and_then(|json| sound(|| self.0.plan(json))))
    }

    fn models(&self, py: Python<'_>, filters: &Bound<'_, PyDict>) -> PyResult<Py<PyAny>> {
        told(py, settings(filters).and_then(|json| sound(|| self.0.models(&json))))
    }

    fn health(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        told(py, sound(|| self.0.health()))
    }

    fn reset_health(&self) {
        self.0.reset_health();
    }

    fn close(&self) {
        self.0.close();
    }
}

/// One call as JSON.
pub(crate) fn request(messages: &Bound<'_, PyAny>, options: &Bound<'_, PyDict>) -> Result<Bytes, Failure> {
    values::object(Some(messages), options).map(Bytes::from).map_err(Fault::in_call)
}

/// Options of a construction as JSON.
pub(crate) fn settings(options: &Bound<'_, PyDict>) -> Result<Vec<u8>, Failure> {
    values::object(None, options).map_err(Fault::in_options)
}

/// What the bridge says, as an object.
pub(crate) fn told(py: Python<'_>, json: Result<String, Failure>) -> PyResult<Py<PyAny>> {
    json.map_err(|f| errors::raise(py, &f)).and_then(|json| objects::parse(py, json))
}
