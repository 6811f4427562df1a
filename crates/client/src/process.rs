//! What all clients of a process share: HTTP connections, guards, calls in flight.
//!
//! Knows reqwest and the engine's guards. Must not know calls. Invariants: everything behind a lock lives here and
//! nowhere else, so that a forked child can drop all of it by forgetting one pointer (a lock that another thread held
//! at the fork would never be released there); what must outlive a fork (numbers, identities of keys) is an atomic;
//! no lock is held across an await or while anything is decoded.

use crate::cancel::CancelFlag;
use crate::clock::Clock;
use atomic_ptr::Cell;
use resilient_completion_engine::base::{Duration, Instant, Secret, WallTime};
use resilient_completion_engine::call::{Guards, SharedGuards};
use resilient_completion_engine::error::Error;
use resilient_completion_engine::guard::{BreakerSettings, Lease, TokenSettings};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Shared state of one process.
pub(crate) struct Process {
    /// Time, and the thread that watches limits.
    pub(crate) clock: Clock,
    http: Mutex<Vec<(Reach, reqwest::Client)>>,
    guards: Mutex<BTreeMap<u64, SharedGuards>>,
    urls: Mutex<Vec<(String, reqwest::Url)>>,
    calls: Mutex<BTreeMap<u64, (u64, Arc<CancelFlag>)>>,
    seed: u64,
}

/// What one HTTP client is made for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reach {
    /// Limit of making a connection.
    pub(crate) connect: Duration,
    /// Whether it talks to this machine only, where no proxy stands between.
    pub(crate) loopback: bool,
}

/// Scope of guards that all clients of a process share.
pub(crate) const EVERYONE: u64 = 0;

/// The process's shared state.
#[must_use]
pub(crate) fn process() -> &'static Process {
    CELL.get_or_make(Process::new)
}

/// Forgets all shared state: for a forked child, before anything else runs there. Safe in a signal-like context: atomic
/// stores only.
///
/// Clients go on working in the child. A call that was in flight at the fork belongs to the parent: in the child it is
/// `closed`, and dropping it there touches nothing of the parent's.
pub fn forget_after_fork() {
    CELL.forget();
    crate::blocking::forget_after_fork();
}

static CELL: Cell<Process> = Cell::empty();

/// Numbers of calls and clients. Not in [`Process`]: a client made before a fork keeps its number in the child, where no
/// other may get the same.
static NUMBERS: AtomicU64 = AtomicU64::new(1);

/// What makes key identities unguessable; zero until the first. Kept over a fork, as clients keep their identities.
static SALT: AtomicU64 = AtomicU64::new(0);

/// A number that identifies a key in this process and says nothing about it elsewhere. Computed, not looked up in a
/// table: programs that serve many customers would keep all their keys for ever.
#[must_use]
pub(crate) fn key_slot(key: &Secret<String>) -> u32 {
    use std::hash::Hasher;
    let salt = match SALT.load(Ordering::Acquire) {
        0 => {
            let made = entropy() | 1;
            SALT.compare_exchange(0, made, Ordering::AcqRel, Ordering::Acquire)
                .map_or_else(|other| other, |_| made)
        }
        salt => salt,
    };
    let mut hasher = std::hash::DefaultHasher::new();
    hasher.write_u64(salt);
    hasher.write(key.expose().as_bytes());
    // Zero means no key.
    (hasher.finish() as u32).max(1)
}

impl Process {
    fn new() -> Process {
        Process {
            clock: Clock::new(),
            http: Mutex::default(),
            guards: Mutex::default(),
            urls: Mutex::default(),
            calls: Mutex::default(),
            seed: entropy(),
        }
    }

    /// A number that no other call or client of this process has.
    #[must_use]
    pub(crate) fn number(&self) -> u64 {
        NUMBERS.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether this is the state of the running process, not of the one that forked it.
    #[must_use]
    pub(crate) fn is_current(&self) -> bool {
        CELL.is(self)
    }

    /// A seed for one call.
    pub(crate) fn call_seed(&self) -> u64 {
        resilient_completion_engine::base::Rng::new(self.seed ^ self.number()).next_u64()
    }

    /// The HTTP client for this reach. One serves all clients; further connect limits get one each, up to a handful, so
    /// that no number of calls with odd limits can pile up connection pools.
    pub(crate) fn http(&self, reach: Reach) -> Result<reqwest::Client, Error> {
        let mut clients = lock(&self.http);
        if let Some((_, client)) = clients.iter().find(|(known, _)| *known == reach) {
            return Ok(client.clone());
        }
        let client = crate::http::build(reach)?;
        if clients.len() >= 8 {
            clients.remove(0);
        }
        clients.push((reach, client.clone()));
        Ok(client)
    }

    /// A URL, parsed once; a handful are remembered.
    pub(crate) fn url(&self, text: &str) -> Option<reqwest::Url> {
        let mut urls = lock(&self.urls);
        if let Some((_, known)) = urls.iter().find(|(t, _)| t == text) {
            return Some(known.clone());
        }
        let url = reqwest::Url::parse(text).ok()?;
        if urls.len() >= 16 {
            urls.remove(0);
        }
        urls.push((text.to_owned(), url.clone()));
        Some(url)
    }

    /// Guards of a scope, which from here on exists until [`Process::drop_guards`].
    #[must_use]
    pub(crate) fn guards(&'static self, scope: u64) -> LiveGuards {
        lock(&self.guards).entry(scope).or_default();
        LiveGuards { process: self, scope }
    }

    /// Notes a call in flight, so that closing its client can end it.
    pub(crate) fn enlist(&self, call: u64, client: u64, flag: Arc<CancelFlag>) {
        lock(&self.calls).insert(call, (client, flag));
    }

    /// A call is over.
    pub(crate) fn discharge(&self, call: u64) {
        lock(&self.calls).remove(&call);
    }

    /// Ends all calls of a client.
    pub(crate) fn cancel_all(&self, client: u64) {
        let flags: Vec<Arc<CancelFlag>> =
            lock(&self.calls).values().filter(|(c, _)| *c == client).map(|(_, f)| f.clone()).collect();
        for flag in flags {
            flag.cancel();
        }
    }

    /// Forgets the guards of a scope.
    pub(crate) fn drop_guards(&self, scope: u64) {
        lock(&self.guards).remove(&scope);
    }
}

#[cfg(test)]
impl Process {
    pub(crate) fn calls_of(&self, client: u64) -> usize {
        lock(&self.calls).values().filter(|(c, _)| *c == client).count()
    }

    pub(crate) fn has_guards(&self, scope: u64) -> bool {
        lock(&self.guards).contains_key(&scope)
    }
}

/// The guards of one scope, one lock per question.
#[derive(Clone, Copy)]
pub(crate) struct LiveGuards {
    process: &'static Process,
    scope: u64,
}

impl LiveGuards {
    /// Asks the state anything. A call may outlive the client whose own guards it asks; they are not made again for it.
    pub(crate) fn with<R>(&self, ask: impl FnOnce(&mut SharedGuards) -> R) -> R {
        match lock(&self.process.guards).get_mut(&self.scope) {
            Some(guards) => ask(guards),
            None => ask(&mut SharedGuards::default()),
        }
    }
}

impl Guards for LiveGuards {
    fn blocked_until(&mut self, now: Instant, target: &str, endpoint: &str) -> Option<Instant> {
        self.with(|g| g.blocked_until(now, target, endpoint))
    }
    fn cooling_until(&mut self, now: Instant, target: &str, endpoint: &str) -> Option<Instant> {
        self.with(|g| g.cooling_until(now, target, endpoint))
    }
    fn enter(
        &mut self,
        now: Instant,
        target: &str,
        settings: &BreakerSettings,
        forced: bool,
    ) -> Option<Lease> {
        self.with(|g| g.enter(now, target, settings, forced))
    }
    fn success(&mut self, now: Instant, target: &str, lease: Lease) {
        self.with(|g| g.success(now, target, lease));
    }
    fn failure(&mut self, now: Instant, target: &str, lease: Lease) {
        self.with(|g| g.failure(now, target, lease));
    }
    fn neutral(&mut self, target: &str, lease: Lease) {
        self.with(|g| g.neutral(target, lease));
    }
    fn cool(&mut self, now: Instant, key: &str, until: Instant) {
        self.with(|g| g.cool(now, key, until));
    }
    fn deposit(&mut self, endpoint: &str, settings: &TokenSettings) {
        self.with(|g| g.deposit(endpoint, settings));
    }
    fn take_token(&mut self, endpoint: &str, settings: &TokenSettings) -> bool {
        self.with(|g| g.take_token(endpoint, settings))
    }
}

/// Wall-clock time.
#[must_use]
pub(crate) fn wall() -> WallTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    WallTime(since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX)))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that runs under these locks can leave a value half changed, so a poisoned one is still good.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Entropy for jitter without a dependency: the standard library seeds its hash maps from the operating system, once per
/// thread; forked children have the same seed, so process and time are mixed in.
fn entropy() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    let mut hasher = std::collections::hash_map::RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    hasher.write_i64(wall().0);
    hasher.finish()
}

pub(crate) mod atomic_ptr {
    //! A lazily made value behind one pointer that can be forgotten.

    use std::marker::PhantomData;
    use std::sync::atomic::{AtomicPtr, Ordering};

    pub(crate) struct Cell<T>(AtomicPtr<T>, PhantomData<T>);

    impl<T: Send + Sync + 'static> Cell<T> {
        pub(crate) const fn empty() -> Cell<T> {
            Cell(AtomicPtr::new(std::ptr::null_mut()), PhantomData)
        }

        #[expect(unsafe_code, reason = "the pointer comes from a leaked Box and is never freed")]
        pub(crate) fn get_or_make(&self, make: impl FnOnce() -> T) -> &'static T {
            let current = self.0.load(Ordering::Acquire);
            if !current.is_null() {
                // SAFETY: only pointers of leaked boxes are stored, so the value lives for ever.
                return unsafe { &*current };
            }
            let made: *mut T = Box::leak(Box::new(make()));
            match self.0.compare_exchange(current, made, Ordering::AcqRel, Ordering::Acquire) {
                // SAFETY: as above.
                Ok(_) => unsafe { &*made },
                Err(other) => {
                    // SAFETY: `made` was never shared.
                    drop(unsafe { Box::from_raw(made) });
                    // SAFETY: as above.
                    unsafe { &*other }
                }
            }
        }

        pub(crate) fn forget(&self) {
            self.0.store(std::ptr::null_mut(), Ordering::Release);
        }

        pub(crate) fn is(&self, value: &T) -> bool {
            std::ptr::eq(self.0.load(Ordering::Acquire), value)
        }
    }
}
