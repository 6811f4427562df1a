//! The tokio runtime that every language binding shares: owned, named, and rebuilt after a fork.
//!
//! Knows tokio and `fork(2)`. Must not know calls, clients or any interpreter. Invariants: the runtime is made
//! on first use, never at load; it is never dropped (its threads may be serving somebody); in a forked child,
//! whose copy of the runtime has no threads any more, it is forgotten and made anew, and [`generation`] differs
//! from the parent's. No lock is held anywhere, so a fork at any moment finds nothing locked.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// One: a call and its connection then stay on one thread and wake each other without a system call (measured with
/// `crates/bench`: a second worker costs a third more CPU per call, and streams more). Engine work of a sync call runs
/// on the caller's thread, limits are watched by a thread of their own, and decoding the largest answer takes milliseconds.
const WORKERS: usize = 1;

/// Name resolution is all that runs on tokio's blocking threads; resolvers hang for seconds, so a few more than
/// the workers, but not tokio's 512.
const BLOCKING: usize = 32;

static RUNTIME: AtomicPtr<Runtime> = AtomicPtr::new(std::ptr::null_mut());
static GENERATION: AtomicU64 = AtomicU64::new(0);
static WATCHING: AtomicBool = AtomicBool::new(false);

/// Runs `future` to its end on the calling thread; sockets and timers are served by the runtime's own threads.
pub fn block_on<F: Future>(future: F) -> F::Output {
    runtime().block_on(future)
}

/// Runs `future` on the runtime's threads.
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    runtime().spawn(future)
}

/// A handle on the runtime.
#[must_use]
pub fn handle() -> tokio::runtime::Handle {
    runtime().handle().clone()
}

/// Changes in a forked child: whoever keeps sockets, tasks or locks compares it and starts afresh.
#[must_use]
pub fn generation() -> u64 {
    watch_forks();
    GENERATION.load(Ordering::Acquire)
}

fn runtime() -> &'static Runtime {
    // SAFETY: the pointer comes from `Box::leak` below and is never freed.
    #[expect(unsafe_code, reason = "an atomic pointer is what a fork handler may reset")]
    match unsafe { RUNTIME.load(Ordering::Acquire).as_ref() } {
        Some(runtime) => runtime,
        None => start(),
    }
}

#[cold]
fn start() -> &'static Runtime {
    watch_forks();
    let made = Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .max_blocking_threads(BLOCKING)
        .thread_name("resilient-io")
        .enable_all()
        .build();
    let runtime = match made {
        Ok(runtime) => Box::into_raw(Box::new(runtime)),
        #[expect(
            clippy::panic,
            reason = "no threads or descriptors left; the bindings turn it into an error"
        )]
        Err(e) => panic!("cannot start the I/O threads: {e}"),
    };
    let null = std::ptr::null_mut();
    #[expect(
        unsafe_code,
        reason = "both pointers come from Box::into_raw; the loser was never shown to anybody"
    )]
    match RUNTIME.compare_exchange(null, runtime, Ordering::AcqRel, Ordering::Acquire) {
        // SAFETY: as above.
        Ok(_) => unsafe { &*runtime },
        Err(winner) => {
            // SAFETY: as above.
            unsafe { Box::from_raw(runtime) }.shutdown_background();
            // SAFETY: as above.
            unsafe { &*winner }
        }
    }
}

/// Two threads may both register, which only bumps the generation twice; a lock could be held across a fork.
fn watch_forks() {
    #[cfg(unix)]
    if !WATCHING.load(Ordering::Acquire) {
        // SAFETY: `in_child` only stores to atomics, which is allowed between fork and exec.
        #[expect(unsafe_code, reason = "pthread_atfork is the only way to learn of a fork")]
        unsafe {
            libc::pthread_atfork(None, None, Some(in_child));
        }
        WATCHING.store(true, Ordering::Release);
    }
}

#[cfg(unix)]
extern "C" fn in_child() {
    RUNTIME.store(std::ptr::null_mut(), Ordering::Release);
    resilient_completion::forget_after_fork();
    GENERATION.fetch_add(1, Ordering::AcqRel);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use std::time::Duration;

    #[test]
    fn work_runs_on_named_threads_and_timers_fire() {
        let name = block_on(async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            spawn(async { std::thread::current().name().map(str::to_owned) }).await.unwrap()
        });
        assert_eq!(name.as_deref(), Some("resilient-io"));
    }

    /// The child must not wait for threads that only the parent has; `alarm` ends it if it does.
    #[cfg(unix)]
    #[test]
    #[expect(unsafe_code, reason = "fork")]
    fn a_forked_child_gets_its_own_runtime() {
        let before = generation();
        assert_eq!(block_on(async { spawn(async { 1 }).await.unwrap() }), 1);
        // SAFETY: the child touches nothing but the runtime and leaves by `_exit`.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            // SAFETY: plain libc calls.
            unsafe { libc::alarm(10) };
            let works = block_on(async { spawn(async { 2 }).await.unwrap() }) == 2;
            let code = i32::from(!(works && generation() != before));
            // SAFETY: leaves without running the parent's destructors.
            unsafe { libc::_exit(code) };
        }
        let mut status = -1;
        // SAFETY: waits for the child made above.
        assert_eq!(unsafe { libc::waitpid(pid, &raw mut status, 0) }, pid);
        assert_eq!(status, 0, "the child hung or saw the parent's generation");
        assert_eq!(generation(), before);
        assert_eq!(block_on(async { spawn(async { 3 }).await.unwrap() }), 3);
    }
}
