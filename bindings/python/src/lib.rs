//! `resilient_completion._native`: the bridge as Python objects.
//!
//! Knows the bridge and Python. Must not know what requests, answers or failures mean: a branch on a status, an
//! error code or a model name here is a defect. Invariant: nothing is started at import.

mod aio;
mod answer;
mod call;
mod client;
mod errors;
mod objects;
mod values;
mod wait;

use pyo3::prelude::*;

#[pymodule(gil_used = false)]
mod _native {
    use super::client::{settings, told};
    use super::{errors, objects};
    use pyo3::prelude::*;
    use pyo3::types::PyDict;
    use resilient_completion_bridge::{self as bridge, sound};

    #[pymodule_export]
    use super::answer::{Answer, Delta, ToolCallDelta};
    #[pymodule_export]
    use super::call::Call;
    #[pymodule_export]
    use super::client::Client;

    /// What the library makes of an answer.
    #[pyfunction]
    fn classify(
        py: Python<'_>,
        status: u16,
        headers: &Bound<'_, PyDict>,
        body: &[u8],
    ) -> PyResult<Py<PyAny>> {
        told(py, settings(headers).and_then(|json| sound(|| bridge::classify(status, &json, body))))
    }

    /// The object that JSON text spells.
    #[pyfunction]
    fn parse(py: Python<'_>, text: &[u8]) -> PyResult<Py<PyAny>> {
        objects::parse(py, text)
    }

    /// The `resilient-completion` command; its exit code.
    #[pyfunction]
    fn run_cli(py: Python<'_>, arguments: Vec<String>) -> i32 {
        py.detach(|| resilient_completion_cli::run(arguments))
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }

    /// A scripted provider on the loopback interface.
    #[pyclass(frozen)]
    struct Simulator(bridge::Simulator);

    #[pymethods]
    impl Simulator {
        #[new]
        fn new(py: Python<'_>, script: &Bound<'_, PyDict>) -> PyResult<Simulator> {
            let json = settings(script);
            let started = json.and_then(|json| sound(|| bridge::Simulator::start(&json)));
            started.map(Simulator).map_err(|f| errors::raise(py, &f))
        }

        /// Base URL for a client.
        fn url(&self) -> String {
            self.0.url()
        }

        /// What has been asked so far.
        fn requests(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
            objects::parse(py, self.0.requests_json())
        }

        fn close(&self) {
            self.0.close();
        }
    }
}
