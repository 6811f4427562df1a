//! One connection: read a request, play its step, again.
//!
//! Knows requests, plays and the shared state. Invariants: a client that goes away is noticed at once, also in a
//! wait or a silence; nothing is written after an ending.

use super::chunk::Times;
use super::play::{Op, Play};
use super::record::Ended;
use super::request::{Asked, Progress, Reading, Request};
use super::state::Shared;
use super::step::End;
use bytes::{Bytes, BytesMut};
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::Interest;
use tokio::net::TcpStream;

/// The client has closed the connection, or it broke.
struct Gone;

/// How much a client may send ahead while it is being answered.
const AHEAD: usize = 256 * 1024;

struct Connection {
    stream: TcpStream,
    buf: BytesMut,
    number: usize,
    shared: Arc<Shared>,
}

/// Serves a connection until either side is done with it.
pub(super) async fn serve(stream: TcpStream, shared: Arc<Shared>, number: usize) {
    if !shared.accept_delay.is_zero() {
        tokio::time::sleep(shared.accept_delay).await;
    }
    // A client that writes small requests must not wait for its own acknowledgements.
    let _ = stream.set_nodelay(true);
    let mut c = Connection { stream, buf: BytesMut::with_capacity(8192), number, shared };
    let mut progress = Progress::default();
    loop {
        match progress.read(&mut c.buf) {
            Reading::More(bytes) => {
                if c.fill(bytes, !progress.has_begun()).await.is_err() {
                    return;
                }
            }
            Reading::Continue => {
                if c.write(b"HTTP/1.1 100 Continue\r\n\r\n", None).await.is_err() {
                    return;
                }
            }
            Reading::Whole(request) => {
                if !c.answer(request).await {
                    return;
                }
            }
            Reading::Bad(status) => {
                let play = Play::refusal(status, "this is not a request that a scripted provider reads");
                let _ = c.play(&play, None).await;
                return;
            }
        }
    }
}

impl Connection {
    /// Reads some bytes; gives up on an unused connection when the script says so.
    async fn fill(&mut self, wanted: usize, unused: bool) -> Result<(), Gone> {
        self.buf.reserve(wanted.clamp(4096, 1 << 20));
        let idle = self.shared.idle.filter(|_| unused);
        let read = async {
            loop {
                self.stream.readable().await.map_err(|_| Gone)?;
                match self.stream.try_read_buf(&mut self.buf) {
                    Ok(0) => return Err(Gone),
                    Ok(_) => return Ok(()),
                    Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                    Err(_) => return Err(Gone),
                }
            }
        };
        match idle {
            None => read.await,
            Some(idle) => tokio::time::timeout(idle, read).await.unwrap_or(Err(Gone)),
        }
    }

    /// Plays the step for a request; whether the connection can carry another.
    async fn answer(&mut self, request: Request) -> bool {
        let (method, path) = request.line();
        let asked = Asked::of(&request.body);
        let (model, stream) = asked.as_ref().map_or(("", false), |a| (a.model(), a.stream()));
        let (play, number) = {
            let mut state = self.shared.state();
            let play = match method {
                "POST" if asked.is_some() && path_of(path).ends_with("/chat/completions") => {
                    state.next_for_model(model, stream)
                }
                // OpenRouter's words for a body that it cannot read (recorded).
                "POST" if path_of(path).ends_with("/chat/completions") => {
                    Arc::new(Play::refusal(400, "Input must have at least 1 token."))
                }
                "GET" => state.next_for_path(path_of(path)),
                _ => Arc::new(Play::refusal(404, "Not Found")),
            };
            (play, state.log.request(&request, model, stream, self.number))
        };
        self.shared.changed.notify_all();
        let close = request.close;
        drop(request);
        let played = self.play(&play, number).await;
        if played.is_ok() {
            self.end(play.end).await;
        }
        played.is_ok() && play.end == End::Keep && !close
    }

    /// Sends what the play says and notes how that ended, before the client can see the ending.
    async fn play(&mut self, play: &Play, number: Option<usize>) -> Result<(), Gone> {
        let (last, before) = match play.ops.split_last() {
            Some((Op::Write(last), before)) if matches!(play.end, End::Keep | End::Close) => {
                (last.as_ref(), before)
            }
            _ => (&[][..], play.ops.as_slice()),
        };
        let sent = async {
            for op in before {
                self.perform(op).await?;
            }
            self.write(last, number).await?;
            if play.end == End::Stall { self.until_gone(std::future::pending()).await } else { Ok(()) }
        }
        .await;
        if let Some(number) = number {
            self.shared.state().log.ended(
                number,
                match (&sent, play.end) {
                    (Err(Gone), _) => Ended::ClientClosed,
                    (Ok(()), End::Keep | End::Close) => Ended::Answered,
                    (Ok(()), End::Reset) => Ended::Reset,
                    (Ok(()), End::Cut | End::Stall) => Ended::Cut,
                },
            );
            self.shared.changed.notify_all();
        }
        sent
    }

    async fn perform(&mut self, op: &Op) -> Result<(), Gone> {
        match op {
            Op::Wait(time) => self.wait(*time).await,
            Op::Write(bytes) => self.write(bytes, None).await,
            Op::Again { bytes, every, times } => self.again(bytes, *every, *times).await,
            Op::Drip { bytes, portion, every } => {
                for (i, part) in bytes.chunks(*portion).enumerate() {
                    if i > 0 {
                        self.wait(*every).await?;
                    }
                    self.write(part, None).await?;
                }
                Ok(())
            }
        }
    }

    async fn end(&mut self, end: End) {
        match end {
            End::Keep | End::Stall => {}
            End::Close | End::Cut => {
                let _ = tokio::io::AsyncWriteExt::shutdown(&mut self.stream).await;
            }
            End::Reset => {
                let _ = self.stream.set_zero_linger();
            }
        }
    }

    async fn again(&mut self, bytes: &Bytes, every: Duration, times: Times) -> Result<(), Gone> {
        let mut done = 0;
        while times == Times::Forever || times != Times::Count(done) {
            if done > 0 {
                self.wait(every).await?;
            }
            self.write(bytes, None).await?;
            done += 1;
        }
        Ok(())
    }

    async fn wait(&mut self, time: Duration) -> Result<(), Gone> {
        if time.is_zero() { Ok(()) } else { self.until_gone(tokio::time::sleep(time)).await }
    }

    /// Waits for `event`, but no longer than the client is there.
    async fn until_gone(&mut self, event: impl Future<Output = ()>) -> Result<(), Gone> {
        tokio::pin!(event);
        loop {
            tokio::select! {
                () = &mut event => return Ok(()),
                ready = self.stream.readable(), if self.buf.len() < AHEAD => {
                    ready.map_err(|_| Gone)?;
                    self.listen()?;
                }
            }
        }
    }

    /// Takes what the client sends ahead; notices its end.
    fn listen(&mut self) -> Result<(), Gone> {
        self.buf.reserve(4096);
        match self.stream.try_read_buf(&mut self.buf) {
            Ok(0) => Err(Gone),
            Ok(_) => Ok(()),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(_) => Err(Gone),
        }
    }

    /// Writes the bytes. As the end of an answer (`answered` is its number in the record) the last of them and the
    /// note are one step, so that a client that has the answer finds it noted.
    async fn write(&mut self, mut bytes: &[u8], answered: Option<usize>) -> Result<(), Gone> {
        while !bytes.is_empty() {
            let written = match answered {
                None => self.stream.try_write(bytes),
                Some(number) => {
                    let mut state = self.shared.state();
                    let written = self.stream.try_write(bytes);
                    if written.as_ref().is_ok_and(|n| *n == bytes.len()) {
                        state.log.ended(number, Ended::Answered);
                    }
                    written
                }
            };
            match written {
                Ok(n) => bytes = &bytes[n..],
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                    // A client that has stopped reading may still go away.
                    let both = Interest::READABLE | Interest::WRITABLE;
                    let interest = if self.buf.len() < AHEAD { both } else { Interest::WRITABLE };
                    let ready = self.stream.ready(interest).await.map_err(|_| Gone)?;
                    if ready.is_readable() && self.buf.len() < AHEAD {
                        self.listen()?;
                    }
                }
                Err(_) => return Err(Gone),
            }
        }
        Ok(())
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.shared.state().log.connections.open -= 1;
        self.shared.changed.notify_all();
    }
}

/// The path without its query.
fn path_of(path: &str) -> &str {
    path.split('?').next().unwrap_or_default()
}
