//! How threads of the runtime hand things to an event loop: a mailbox, and a wire that wakes the loop.
//!
//! Knows descriptors. Must not know any interpreter, nor what is handed over. Invariants: posting never blocks for long;
//! the descriptors outlive everybody who may ring; nothing promised is forgotten.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What has been posted and not yet taken, each with its number; `None` for a promise that was broken.
pub struct Mailbox<T> {
    posted: Mutex<Vec<(u64, Option<T>)>>,
    wire: Option<Wire>,
}

/// The promise of one item; posts it when dropped, and without it if the work that was to fill it panicked: who waits
/// for it must not wait for ever.
pub struct Slip<T> {
    mailbox: Arc<Mailbox<T>>,
    number: u64,
    item: Option<T>,
}

impl<T> Slip<T> {
    /// Sends `item`.
    pub fn fill(mut self, item: T) {
        self.item = Some(item);
    }
}

impl<T> Drop for Slip<T> {
    fn drop(&mut self) {
        self.mailbox.post(self.number, self.item.take());
    }
}

impl<T> Mailbox<T> {
    /// An empty mailbox; without a wire its owner has to look from time to time.
    #[must_use]
    pub fn new(wire: Option<Wire>) -> Mailbox<T> {
        Mailbox { posted: Mutex::default(), wire }
    }

    /// Whether a wire tells the owner of posts.
    #[must_use]
    pub fn rings(&self) -> bool {
        self.wire.is_some()
    }

    /// The promise of an item with this number.
    #[must_use]
    pub fn slip(self: &Arc<Self>, number: u64) -> Slip<T> {
        Slip { mailbox: self.clone(), number, item: None }
    }

    /// Takes everything.
    #[must_use]
    pub fn take(&self) -> Vec<(u64, Option<T>)> {
        // Before looking: what is posted from here on rings again.
        self.wire.iter().for_each(Wire::hush);
        std::mem::take(&mut *self.posted())
    }

    fn post(&self, number: u64, item: Option<T>) {
        let mut posted = self.posted();
        posted.push((number, item));
        let first = posted.len() == 1;
        drop(posted);
        if first {
            self.wire.iter().for_each(Wire::ring);
        }
    }

    fn posted(&self) -> MutexGuard<'_, Vec<(u64, Option<T>)>> {
        self.posted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub use wire::Wire;

#[cfg(unix)]
mod wire {
    use std::fs::File;
    use std::io::{self, Read, Write};
    use std::os::fd::AsRawFd;
    use std::sync::Arc;

    /// A descriptor that becomes readable: on Linux one for both ends; the pair of sockets elsewhere is not proven here.
    pub struct Wire {
        near: Arc<File>,
        far: Arc<File>,
    }

    impl Wire {
        /// Fails where the process is out of descriptors.
        #[cfg(target_os = "linux")]
        pub fn new() -> io::Result<Wire> {
            use std::os::fd::FromRawFd;
            // SAFETY: the descriptor is fresh and nobody else owns it.
            #[expect(unsafe_code, reason = "the standard library has no eventfd")]
            let event = unsafe {
                match libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) {
                    -1 => return Err(io::Error::last_os_error()),
                    descriptor => Arc::new(File::from_raw_fd(descriptor)),
                }
            };
            Ok(Wire { near: event.clone(), far: event })
        }

        /// Fails where the process is out of descriptors.
        #[cfg(not(target_os = "linux"))]
        pub fn new() -> io::Result<Wire> {
            let (near, far) = std::os::unix::net::UnixStream::pair()?;
            near.set_nonblocking(true)?;
            far.set_nonblocking(true)?;
            let file = |end| Arc::new(File::from(std::os::fd::OwnedFd::from(end)));
            Ok(Wire { near: file(near), far: file(far) })
        }

        /// What the loop watches for reading.
        #[must_use]
        pub fn descriptor(&self) -> i32 {
            self.far.as_raw_fd()
        }

        pub(super) fn ring(&self) {
            let _ = (&*self.near).write(&1u64.to_ne_bytes());
        }

        pub(super) fn hush(&self) {
            let _ = (&*self.far).read(&mut [0; 64]);
        }
    }
}

#[cfg(not(unix))]
mod wire {
    use std::io;

    /// There is none: event loops here watch no descriptors for others.
    pub enum Wire {}

    impl Wire {
        /// Always fails.
        pub fn new() -> io::Result<Wire> {
            Err(io::ErrorKind::Unsupported.into())
        }

        /// Never called.
        #[must_use]
        pub fn descriptor(&self) -> i32 {
            match *self {}
        }

        pub(super) fn ring(&self) {}

        pub(super) fn hush(&self) {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[cfg(unix)]
    #[test]
    fn it_rings_until_taken_and_nothing_is_lost() {
        let wire = Wire::new().unwrap();
        let descriptor = wire.descriptor();
        let mailbox = Arc::new(Mailbox::new(Some(wire)));
        let rung = |wait: i32| {
            let mut watched = libc::pollfd { fd: descriptor, events: libc::POLLIN, revents: 0 };
            // SAFETY: one valid entry.
            #[expect(unsafe_code, reason = "what a selector does")]
            let ready = unsafe { libc::poll(&raw mut watched, 1, wait) };
            ready == 1
        };
        assert!(!rung(0));
        mailbox.slip(1).fill("one");
        drop(mailbox.slip(2));
        assert!(rung(0));
        assert_eq!(mailbox.take(), [(1, Some("one")), (2, None)]);
        assert!(!rung(0), "taken, but still rings");
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let mailbox = mailbox.clone();
                std::thread::spawn(move || (0..1000).for_each(|i| mailbox.slip(i).fill("x")))
            })
            .collect();
        let mut got = 0;
        while got < 4000 {
            assert!(rung(5000), "{} were lost", 4000 - got);
            got += mailbox.take().len();
        }
        threads.into_iter().for_each(|t| t.join().unwrap());
        assert_eq!(got, 4000);
    }
}
