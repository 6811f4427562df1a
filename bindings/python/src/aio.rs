//! The bridge from the runtime to asyncio.
//!
//! Knows event loops and futures. Must not know calls. Invariants: the runtime's threads never touch the interpreter:
//! they post parcels into a mailbox, and the loop's own thread opens them and makes Python values of them. One port per
//! loop and process; a port keeps its loop alive only while somebody waits. A future that is done (cancelled) when its
//! parcel arrives is left alone.

use crate::errors;
use pyo3::exceptions::{PyAttributeError, PyNotImplementedError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyWeakrefMethods, PyWeakrefReference};
use resilient_completion_bridge::bell::{Mailbox, Wire};
use resilient_completion_bridge::{Failure, runtime};
use std::collections::HashMap;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Seconds between looks where a loop watches no descriptors (the default loop of Windows; NOT PROVEN THERE, tried
/// with such a loop on Linux). Small beside any answer, and paid only while somebody waits. A thread that calls into the
/// loop instead could be caught inside the interpreter at its end, which takes the process down before CPython 3.14.
const LOOK: f64 = 0.005;

/// Makes the awaited value, on the loop's thread.
type Parcel = Box<dyn FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send>;

/// Starts `work` on the runtime and gives an asyncio future of what its parcel holds.
pub(crate) fn start<P>(py: Python<'_>, work: impl Future<Output = P> + Send + 'static) -> PyResult<Py<PyAny>>
where
    P: FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send + 'static,
{
    let event_loop = running_loop(py)?;
    let port = port_of(&event_loop)?;
    let future = event_loop.call_method0(intern!(py, "create_future"))?.unbind();
    let (slip, alone) = {
        let mut waiting = lock(&port.get().waiting);
        waiting.0 += 1;
        let number = waiting.0;
        waiting.1.insert(number, future.clone_ref(py));
        (port.get().mailbox.slip(number), waiting.1.len() == 1)
    };
    if alone && !port.get().mailbox.rings() {
        event_loop.call_method1(intern!(py, "call_later"), (LOOK, &port))?;
    }
    runtime::spawn(async move { slip.fill(Box::new(work.await)) });
    Ok(future)
}

fn running_loop(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    static RUNNING: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    RUNNING.import(py, "asyncio", "get_running_loop")?.call0()
}

/// A loop's side: who waits, and where parcels arrive.
#[pyclass(frozen)]
struct Port {
    generation: u64,
    waiting: Mutex<(u64, HashMap<u64, Py<PyAny>>)>,
    mailbox: Arc<Mailbox<Parcel>>,
}

#[pymethods]
impl Port {
    /// Opens what has arrived; called by the loop.
    fn __call__(slf: &Bound<'_, Self>) -> PyResult<()> {
        let (py, port) = (slf.py(), slf.get());
        for (number, parcel) in port.mailbox.take() {
            let Some(future) = lock(&port.waiting).1.remove(&number) else { continue };
            let future = future.bind(py);
            if future.call_method0(intern!(py, "done"))?.is_truthy()? {
                continue;
            }
            let lost = || Err(errors::raise(py, &Failure::internal("a task panicked, see standard error")));
            match parcel.map_or_else(lost, |open| open(py)) {
                Ok(value) => future.call_method1(intern!(py, "set_result"), (value,))?,
                Err(error) => future.call_method1(intern!(py, "set_exception"), (error,))?,
            };
        }
        if !port.mailbox.rings() && !lock(&port.waiting).1.is_empty() {
            running_loop(py)?.call_method1(intern!(py, "call_later"), (LOOK, slf))?;
        }
        Ok(())
    }
}

/// Loops and their ports; taken with the interpreter held and never across Python code.
static PORTS: Mutex<Vec<(Py<PyWeakrefReference>, Py<Port>)>> = Mutex::new(Vec::new());

/// The loop's port, made on its first use.
fn port_of(event_loop: &Bound<'_, PyAny>) -> PyResult<Py<Port>> {
    let py = event_loop.py();
    let generation = runtime::generation();
    for (owner, port) in lock(&PORTS).iter() {
        if port.get().generation == generation && owner.bind(py).upgrade().is_some_and(|o| o.is(event_loop)) {
            return Ok(port.clone_ref(py));
        }
    }
    sweep(py, generation)?;
    let made = |wire| {
        Py::new(py, Port { generation, waiting: Mutex::default(), mailbox: Arc::new(Mailbox::new(wire)) })
    };
    let port = match Wire::new() {
        Ok(wire) => {
            let descriptor = wire.descriptor();
            let port = made(Some(wire))?;
            match event_loop.call_method1(intern!(py, "add_reader"), (descriptor, &port)) {
                Err(e) if watches_nothing(py, &e) => made(None)?,
                watched => watched.map(|_| port)?,
            }
        }
        Err(e) if e.kind() == ErrorKind::Unsupported => made(None)?,
        Err(e) => return Err(e.into()),
    };
    lock(&PORTS).push((PyWeakrefReference::new(event_loop)?.unbind(), port.clone_ref(py)));
    Ok(port)
}

fn watches_nothing(py: Python<'_>, error: &PyErr) -> bool {
    error.is_instance_of::<PyNotImplementedError>(py) || error.is_instance_of::<PyAttributeError>(py)
}

/// Drops the ports of loops that are gone or closed, and in a forked child those of the parent.
fn sweep(py: Python<'_>, generation: u64) -> PyResult<()> {
    let all = std::mem::take(&mut *lock(&PORTS));
    for (owner, port) in all {
        let Some(event_loop) = owner.bind(py).upgrade() else { continue };
        let closed = event_loop.call_method0(intern!(py, "is_closed"))?.is_truthy()?;
        if port.get().generation == generation && !closed {
            lock(&PORTS).push((owner, port));
        }
    }
    Ok(())
}

/// A poisoned lock is taken all the same: what it guards is changed in single steps.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
