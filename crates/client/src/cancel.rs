//! A flag that ends one call from outside.
//!
//! Knows nothing else. Invariants: setting it wakes the driver at once; setting it twice is setting it once.

use atomic_waker::AtomicWaker;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

/// Set once, by whoever ends the call.
#[derive(Debug, Default)]
pub struct CancelFlag {
    set: AtomicBool,
    waker: AtomicWaker,
}

impl CancelFlag {
    /// Ends the call.
    pub fn cancel(&self) {
        self.set.store(true, Ordering::Release);
        self.waker.wake();
    }

    /// Whether it was ended.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.set.load(Ordering::Acquire)
    }

    pub(crate) fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.is_set() {
            return Poll::Ready(());
        }
        self.waker.register(cx.waker());
        // It may have been set between the look and the registration.
        if self.is_set() { Poll::Ready(()) } else { Poll::Pending }
    }
}
