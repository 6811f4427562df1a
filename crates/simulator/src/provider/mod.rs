//! A provider that plays a script over real HTTP/1.1, byte for byte.
//!
//! Written on raw sockets, because a web framework cannot reset before the head, stall with the socket open or
//! leave a chunked body unterminated. Knows scripts and sockets. Must not know the client. Invariants: it binds
//! 127.0.0.1 only; connections, bodies and the record are bounded; a dropped provider has closed its sockets.

mod chunk;
mod play;
mod read;
mod record;
mod request;
mod script;
mod serve;
pub(crate) mod shape;
mod state;
pub(crate) mod step;

pub use record::{Connections, Ended, Recorded};
pub use script::Script;

use state::Shared;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// Connections open at once; more are turned away.
const MAX_OPEN: usize = 8192;

/// A running provider. Dropping it closes it.
pub struct Provider {
    address: SocketAddr,
    shared: Arc<Shared>,
    running: Mutex<Option<Running>>,
}

struct Running {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
    /// The process that owns the thread: a forked child has no such thread to join.
    process: u32,
}

impl Provider {
    /// Starts a provider on a free port of 127.0.0.1, with a thread of its own.
    pub fn start(script: Script) -> io::Result<Provider> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::new(script));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let served = shared.clone();
        let thread = std::thread::Builder::new().name("scripted-provider".to_owned()).spawn(move || {
            runtime.block_on(async {
                if let Ok(listener) = TcpListener::from_std(listener) {
                    tokio::select! {
                        () = accept(listener, served) => {}
                        _ = stopped => {}
                    }
                }
            });
            // Dropping the runtime drops every connection with it.
        })?;
        let running = Running { stop, thread, process: std::process::id() };
        Ok(Provider { address, shared, running: Mutex::new(Some(running)) })
    }

    /// The base URL to give to a client: `http://127.0.0.1:PORT/api/v1`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/api/v1", self.address)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The requests so far, oldest first (as many as the script's `record` keeps).
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.state().log.all(self.shared.expose_authorization)
    }

    /// The requests so far as one JSON list, see [`Recorded::to_json`].
    #[must_use]
    pub fn requests_json(&self) -> String {
        serde_json::Value::from(self.requests().iter().map(Recorded::to_json).collect::<Vec<_>>()).to_string()
    }

    /// How many requests came, recorded or not.
    #[must_use]
    pub fn request_count(&self) -> usize {
        self.shared.state().log.total
    }

    /// Counts of connections.
    #[must_use]
    pub fn connections(&self) -> Connections {
        self.shared.state().log.connections.clone()
    }

    /// Waits, blocking the thread, until `n` requests have come; whether they have.
    #[must_use]
    pub fn wait_for_requests(&self, n: usize, limit: Duration) -> bool {
        self.shared.wait(limit, |s| (s.log.total >= n).then_some(())).is_some()
    }

    /// Waits, blocking the thread, until a client has closed a connection before its answer was whole.
    #[must_use]
    pub fn wait_for_disconnect(&self, limit: Duration) -> Option<Recorded> {
        let expose = self.shared.expose_authorization;
        self.shared.wait(limit, |s| s.log.first_client_closed(expose))
    }

    /// Closes every connection and the port. Idempotent.
    pub fn close(&self) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Running { stop, thread, process }) = running
            && process == std::process::id()
        {
            let _ = stop.send(());
            let _ = thread.join();
        }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.close();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors: wait for some to come free rather than spin.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let number = {
            let mut state = shared.state();
            if state.log.connections.open >= MAX_OPEN {
                state.log.connections.refused += 1;
                continue;
            }
            state.log.opened()
        };
        tokio::spawn(serve::serve(stream, shared.clone(), number));
    }
}
