//! One call under way: awaited whole, or taken piece by piece.
//!
//! Knows the bridge's call and its pieces. Must not know what pieces mean. Invariant: Python
//! code never runs under a lock of ours.

use crate::answer::{Answer, Delta};
use crate::client::{Client, request};
use crate::wait::wait;
use crate::{aio, errors, objects};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyResourceWarning;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use resilient_completion_bridge::{Failure, Pieces, Step, runtime, sound};
use std::sync::Arc;

#[pyclass(frozen, subclass)]
pub(crate) struct Call(Arc<Pieces>);

#[pymethods]
impl Call {
    #[new]
    fn new(
        py: Python<'_>,
        client: &Client,
        messages: &Bound<'_, PyAny>,
        options: &Bound<'_, PyDict>,
        stream: bool,
    ) -> PyResult<Call> {
        let call = request(messages, options).and_then(|json| sound(|| client.0.call(json, stream)));
        call.map(|call| Call(Arc::new(Pieces::of(call)))).map_err(|f| errors::raise(py, &f))
    }

    /// The whole answer, waiting for it.
    fn wait(&self, py: Python<'_>) -> PyResult<Answer> {
        // Beside its connection: were this thread to drive the call, it would be woken for the head, the body and the end.
        let call = self.0.call().clone();
        let task = runtime::spawn(async move { call.complete().await });
        let done = async { task.await.unwrap_or_else(|_| Err(Failure::internal("see standard error"))) };
        // An interrupted task would go on without us.
        let done = wait(py, done).inspect_err(|_| self.0.call().cancel())?;
        done.map(Answer).map_err(|f| errors::raise(py, &f))
    }

    /// A future of the whole answer.
    fn answer(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let call = self.0.call().clone();
        aio::start(py, async move {
            let done = call.complete().await;
            move |py: Python<'_>| match done {
                Ok(finished) => Answer(finished).into_py_any(py),
                Err(failure) => Err(errors::raise(py, &failure)),
            }
        })
    }

    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    /// The next piece, waiting for it.
    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Delta>> {
        loop {
            match self.0.step() {
                Step::Piece(piece) => return Ok(Some(piece.into())),
                Step::End => return Ok(None),
                Step::Failed(failure) => return Err(errors::raise(py, &failure)),
                Step::Wait => {}
            }
            // An interrupted stream is not resumed: Ctrl-C closes it.
            wait(py, self.0.fill()).inspect_err(|_| self.0.close())?;
        }
    }

    /// A piece that is already here; `None` at the end; `False` while one must wait for [`Self::more`].
    fn take(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match self.0.step() {
            Step::Piece(piece) => Delta::from(piece).into_py_any(py),
            Step::End => Ok(py.None()),
            Step::Failed(failure) => Err(errors::raise(py, &failure)),
            Step::Wait => false.into_py_any(py),
        }
    }

    /// A future that is done when `take` has something to say.
    fn more(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let pieces = self.0.clone();
        aio::start(py, async move {
            pieces.fill().await;
            |py: Python<'_>| Ok(py.None())
        })
    }

    /// The whole answer once the stream has ended well.
    fn finished(&self) -> Option<Answer> {
        self.0.completion().map(Answer)
    }

    /// The record so far.
    fn record(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        objects::parse(py, self.0.call().trace_json())
    }

    /// Ends the call and its connection now.
    fn cancel(&self) {
        self.0.close();
    }

    /// For `__del__`: closes what nobody read to its end, and says so.
    fn abandon(&self, py: Python<'_>) -> PyResult<()> {
        if !self.0.unread() {
            return Ok(());
        }
        self.0.close();
        let text = c"a stream was dropped before its end; use `with`, or close() it";
        PyErr::warn(py, &py.get_type::<PyResourceWarning>(), text, 1)
    }
}
