//! The one place where a Python thread waits for a call.
//!
//! Knows the interpreter lock and signals. Must not know what is waited for. Invariants: the lock is released while
//! waiting; on the main thread signal handlers run at least every 50 ms, outside the runtime, so that they may make
//! calls of their own; other threads do not touch the interpreter until the work is done.

use crate::errors;
use pyo3::prelude::*;
use resilient_completion_bridge::engine::error::{Error, Kind};
use resilient_completion_bridge::{runtime, sound, within};
use std::cell::Cell;
use std::pin::pin;
use std::time::Duration;

/// Half of the 100 ms within which Ctrl-C has to work.
const TICK: Duration = Duration::from_millis(50);

/// Waits for `work`; fails with what a signal handler raised (`KeyboardInterrupt`), or if the handler forked.
pub(crate) fn wait<T: Send>(py: Python<'_>, work: impl Future<Output = T> + Send) -> PyResult<T> {
    let mut work = pin!(work);
    let generation = runtime::generation();
    let limit = if on_main_thread(py, generation)? { TICK } else { Duration::MAX };
    loop {
        let mut turn = || runtime::block_on(within(limit, &mut work));
        match py.detach(|| sound(|| Ok(turn()))) {
            Ok(Some(done)) => return Ok(done),
            Ok(None) => py.check_signals()?,
            Err(failure) => return Err(errors::raise(py, &failure)),
        }
        if runtime::generation() != generation {
            let forked = Error::new(Kind::Closed, "the process was forked while this call was in flight");
            return Err(errors::raise(py, &forked.into()));
        }
    }
}

/// Asked of `threading` once per thread, and again in a forked child, where the forking thread becomes the main one.
fn on_main_thread(py: Python<'_>, generation: u64) -> PyResult<bool> {
    thread_local!(static KNOWN: Cell<Option<(u64, bool)>> = const { Cell::new(None) });
    if let Some((then, main)) = KNOWN.get()
        && then == generation
    {
        return Ok(main);
    }
    let threading = py.import("threading")?;
    let main = threading.call_method0("main_thread")?.getattr("ident")?;
    let main = main.eq(threading.call_method0("get_ident")?)?;
    KNOWN.set(Some((generation, main)));
    Ok(main)
}
