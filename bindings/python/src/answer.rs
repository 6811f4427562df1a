//! What a call gives back: a whole answer, or a piece of a stream.
//!
//! Knows the bridge's values. Must not know what a field means. Invariant: no JSON is
//! read before somebody asks for it.

use crate::objects;
use pyo3::prelude::*;
use resilient_completion_bridge::Finished;
use resilient_completion_bridge::engine::base::RawJson;
use resilient_completion_bridge::engine::chat;

/// A whole answer; the package's `Completion` wraps it.
#[pyclass(frozen)]
pub(crate) struct Answer(pub(crate) Finished);

#[pymethods]
impl Answer {
    /// `(text, provider, label, fell_back, cost)`.
    fn facts(&self) -> (&str, Option<&str>, &str, bool, Option<f64>) {
        let facts = &self.0.facts;
        (&facts.text, facts.provider.as_deref(), &facts.label, facts.fell_back, facts.cost)
    }

    /// The body as it came.
    fn body(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        objects::parse(py, self.0.body.bytes())
    }

    /// The record of the call.
    fn trace(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        objects::parse(py, self.0.trace.to_json())
    }
}

/// One piece of a stream.
#[pyclass(frozen, module = "resilient_completion")]
pub(crate) struct Delta {
    /// Text to append; often empty.
    #[pyo3(get)]
    text: String,
    /// Reasoning to append; often empty.
    #[pyo3(get)]
    reasoning: String,
    /// Pieces of tool calls, to be put together by `index`.
    #[pyo3(get)]
    tool_calls: Vec<ToolCallDelta>,
    /// Why the answer ended; set on the piece that ends it.
    #[pyo3(get)]
    finish_reason: Option<String>,
    /// True on the announcement that everything so far is void and a fresh answer begins.
    #[pyo3(get)]
    restarted: bool,
    raw: Option<RawJson>,
}

impl From<chat::Delta> for Delta {
    fn from(piece: chat::Delta) -> Delta {
        let chat::Delta { text, reasoning, restarted, raw, .. } = piece;
        let tool_calls = piece.tool_calls.into_iter().map(ToolCallDelta::from).collect();
        let finish_reason = piece.finish_reason.map(|reason| reason.word().to_owned());
        Delta { text, reasoning, tool_calls, finish_reason, restarted, raw }
    }
}

#[pymethods]
impl Delta {
    /// The event as it came, as a dict; `None` on an announcement.
    #[getter]
    fn raw(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.raw.as_ref().map(|raw| objects::parse(py, raw.bytes())).transpose()
    }

    fn __repr__(&self) -> String {
        let ended = self.finish_reason.as_ref().map_or(String::new(), |r| format!(", finish_reason={r:?}"));
        format!("Delta(text={:?}{ended})", self.text)
    }
}

/// A piece of a tool call.
#[pyclass(frozen, get_all, module = "resilient_completion")]
#[derive(Clone)]
pub(crate) struct ToolCallDelta {
    /// Which call, by its place in the answer.
    index: usize,
    /// The call's id, on its first piece.
    id: Option<String>,
    /// The function's name, on its first piece.
    name: Option<String>,
    /// Text of the arguments to append.
    arguments: String,
}

impl From<chat::ToolCallDelta> for ToolCallDelta {
    fn from(piece: chat::ToolCallDelta) -> ToolCallDelta {
        let chat::ToolCallDelta { index, id, name, arguments } = piece;
        ToolCallDelta { index, id, name, arguments }
    }
}
