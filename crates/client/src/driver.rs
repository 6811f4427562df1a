//! The driver: performs the machine's actions and feeds it what happens, in the one `select!` loop of the library.
//!
//! Knows HTTP, time and the machine. Must not decide anything: a branch on a status, an error code or a model name here
//! is a defect. Invariants: dropping a [`Drive`] cancels its call; the future of [`Drive::run`] may be dropped at any
//! await and taken up again; bytes that are there are handed over before a clock is looked at.

use crate::cancel::CancelFlag;
use crate::clock::Alarm;
use crate::http::{Attempt, Io};
use crate::process::{LiveGuards, Process};
use resilient_completion_engine::base::{Duration, Instant};
use resilient_completion_engine::call::{Action, Call, Event, Verdict};
use resilient_completion_engine::chat::Delta;
use resilient_completion_engine::plan::Plan;
use resilient_completion_engine::trace::Trace;
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::runtime::Handle;

/// One call under way.
pub(crate) struct Drive {
    machine: Call,
    guards: LiveGuards,
    process: &'static Process,
    connect: Duration,
    attempts: Vec<(u32, Attempt)>,
    cancel: Arc<CancelFlag>,
    number: u64,
    alarm: Alarm,
    /// Where it was driven first; see [`Drive::cancel_now`].
    runtime: Option<Handle>,
    pieces: VecDeque<Delta>,
    verdict: Option<Verdict>,
    started: bool,
    away: bool,
}

impl Drive {
    pub(crate) fn new(process: &'static Process, guards: LiveGuards, client: u64, plan: Plan) -> Drive {
        let cancel = Arc::new(CancelFlag::default());
        let number = process.number();
        process.enlist(number, client, cancel.clone());
        let connect = plan.policy.timeouts.connect;
        Drive {
            machine: Call::new(process.clock.now(), crate::process::wall(), plan, process.call_seed()),
            guards,
            process,
            connect,
            attempts: Vec::with_capacity(1),
            cancel,
            number,
            alarm: Alarm::default(),
            runtime: None,
            pieces: VecDeque::new(),
            verdict: None,
            started: false,
            away: false,
        }
    }

    /// The flag that ends this call from outside.
    pub(crate) fn cancel_flag(&self) -> Arc<CancelFlag> {
        self.cancel.clone()
    }

    /// Pieces that wait to be taken.
    pub(crate) fn pieces(&mut self) -> &mut VecDeque<Delta> {
        &mut self.pieces
    }

    /// How the call ended, once it has and all pieces are taken.
    pub(crate) fn verdict(&mut self) -> Option<Verdict> {
        self.verdict.take()
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.machine.is_finished()
    }

    pub(crate) fn trace(&self) -> &Trace {
        self.machine.trace()
    }

    /// The record, once the call is finished.
    pub(crate) fn take_trace(&mut self) -> Trace {
        self.machine.take_trace()
    }

    pub(crate) fn process(&self) -> &'static Process {
        self.process
    }

    /// Whether this is the process that began the call; a forked child has only a copy, whose sockets, tasks and locks
    /// are the parent's.
    pub(crate) fn is_ours(&self) -> bool {
        self.process.is_current()
    }

    /// Ends the call, on any thread: a connection that is let go where no runtime is would panic in the pool, which
    /// puts it back with a task, and leave the pool's lock poisoned.
    pub(crate) fn cancel_now(&mut self) {
        let runtime = self.runtime.clone();
        let _inside = runtime.as_ref().map(Handle::enter);
        self.feed(Event::Cancel);
        self.perform();
        self.attempts.clear();
    }

    /// Runs until the call is finished, or, with `until_piece`, until there is a piece to take.
    pub(crate) async fn run(&mut self, until_piece: bool) {
        if self.runtime.is_none() {
            self.runtime = Handle::try_current().ok();
        }
        if !self.started {
            self.started = true;
            // Cancelled before it began: nothing was sent, and the record must not say so.
            self.feed(if self.cancel.is_set() { Event::Cancel } else { Event::Start });
        } else if std::mem::take(&mut self.away) {
            self.feed(Event::Resumed);
        }
        loop {
            self.perform();
            if self.machine.is_finished() || (until_piece && !self.pieces.is_empty()) {
                if self.cancel.is_set() {
                    self.cancel_now();
                }
                // The reader is away from here until it asks again; its pause is nobody's fault.
                self.away = true;
                return;
            }
            let due = self.machine.next_timeout().unwrap_or(Instant::NEVER);
            let event = tokio::select! {
                biased;
                () = std::future::poll_fn(|cx| self.cancel.poll(cx)) => Event::Cancel,
                event = std::future::poll_fn(|cx| poll_attempts(&mut self.attempts, cx)) => event,
                () = std::future::poll_fn(|cx| self.process.clock.poll(&mut self.alarm, due, cx)) => Event::Wake,
            };
            self.feed(event);
        }
    }

    fn feed(&mut self, event: Event) {
        self.machine.handle(self.process.clock.now(), event, &mut self.guards);
    }

    fn perform(&mut self) {
        while let Some(action) = self.machine.poll_action() {
            match action {
                Action::Send { attempt, request } => {
                    self.attempts.push((attempt, Attempt::send(self.process, self.connect, request)));
                }
                Action::Abort { attempt } => self.attempts.retain(|(id, _)| *id != attempt),
                Action::Release { attempt } => {
                    if let Some(at) = self.attempts.iter().position(|(id, _)| *id == attempt) {
                        drain(self.attempts.swap_remove(at).1);
                    }
                }
                Action::Deliver(delta) => self.pieces.push_back(*delta),
                Action::Finish(verdict) => self.verdict = Some(verdict),
            }
        }
    }
}

impl Drop for Drive {
    fn drop(&mut self) {
        if !self.is_ours() {
            std::mem::forget(std::mem::take(&mut self.attempts));
            return;
        }
        if !self.machine.is_finished() || !self.attempts.is_empty() {
            // Gives back what the call holds of the shared guards, and closes its connections.
            self.cancel_now();
        }
        self.process.clock.clear(&mut self.alarm);
        self.process.discharge(self.number);
    }
}

fn poll_attempts(attempts: &mut [(u32, Attempt)], cx: &mut Context<'_>) -> Poll<Event> {
    for (attempt, io) in attempts.iter_mut() {
        let attempt = *attempt;
        if let Poll::Ready(io) = io.poll(cx) {
            return Poll::Ready(match io {
                Io::Head(status, headers) => Event::Head { attempt, status, headers },
                Io::Bytes(bytes) => Event::Bytes { attempt, bytes },
                Io::End => Event::End { attempt },
                Io::Fault(fault) => Event::Fault { attempt, fault },
            });
        }
    }
    Poll::Pending
}

/// The most that is read after a complete answer, for the sake of using its connection again.
const COURTESY: usize = 64 * 1024;

/// Reads the few bytes after a complete answer, so that the connection can be used again; gives up after a moment.
fn drain(mut attempt: Attempt) {
    let mut left = COURTESY;
    let mut cx = Context::from_waker(std::task::Waker::noop());
    loop {
        match attempt.poll(&mut cx) {
            Poll::Ready(io) if spends(&io, &mut left) => {}
            Poll::Ready(_) => return,
            Poll::Pending if matches!(attempt, Attempt::Over) => return,
            Poll::Pending => break,
        }
    }
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn(tokio::time::timeout(std::time::Duration::from_millis(250), async move {
            while spends(&std::future::poll_fn(|cx| attempt.poll(cx)).await, &mut left) {}
        }));
    }
}

/// Whether it is worth reading on.
fn spends(io: &Io, left: &mut usize) -> bool {
    match io {
        Io::Bytes(bytes) if bytes.len() < *left => {
            *left -= bytes.len();
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
