//! The machine: events in, actions out.
//!
//! Knows attempts; hands their ends to `booking` and what follows to `moves`. Must not know how anything is sent.
//! Invariants stand in the room's head.

use super::attempt::{Live, Progress};
use super::event::{Action, Event};
use super::guards::Guards;
use super::next::Track;
use super::transitions::{self, Cause, State};
use crate::base::{Instant, Rng, WallTime};
use crate::chat::{Answer, Delta};
use crate::error::{Error, Partial};
use crate::outcome::{Limit, Observation, Received, Stage};
use crate::plan::Plan;
use crate::trace::record::SkippedRecord;
use crate::trace::{EventName, Trace};
use crate::wire::Headers;
use std::collections::VecDeque;

/// One call.
#[derive(Debug)]
pub struct Call {
    pub(super) plan: Plan,
    pub(super) rng: Rng,
    pub(super) deadline: Instant,
    pub(super) tracks: Vec<Track>,
    pub(super) trace: Trace,
    pub(super) forced: bool,
    pub(super) walled: u32,
    pub(super) errors: Vec<(Error, bool)>,
    pub(super) start: Instant,
    pub(super) wall_start: WallTime,
    pub(super) state: State,
    pub(super) live: Option<Live>,
    pub(super) retry: Option<(Instant, usize)>,
    pub(super) actions: VecDeque<Action>,
    pub(super) shown: Partial,
    visited: Vec<(State, Cause)>,
}

impl Call {
    /// A call that will follow `plan`. `seed` decides every jitter; `wall` is the wall clock at `now`, used only to read
    /// dates that servers send.
    #[must_use]
    pub fn new(now: Instant, wall: WallTime, plan: Plan, seed: u64) -> Call {
        Call {
            deadline: now + plan.policy.timeouts.total,
            tracks: plan.candidates.iter().map(|_| Track::default()).collect(),
            trace: Trace::new(now, seed),
            rng: Rng::new(seed),
            forced: false,
            walled: 0,
            errors: Vec::new(),
            start: now,
            wall_start: wall,
            state: State::New,
            live: None,
            retry: None,
            actions: VecDeque::with_capacity(4),
            shown: Partial::default(),
            visited: Vec::new(),
            plan,
        }
    }

    /// Takes one event.
    pub fn handle(&mut self, now: Instant, event: Event, guards: &mut dyn Guards) {
        if self.state == State::Done {
            return;
        }
        match event {
            Event::Start if self.state == State::New => self.begin(now, guards),
            Event::Start => {}
            Event::Wake => self.wake(now, guards),
            Event::Head { attempt, status, headers } => self.head(now, attempt, status, headers),
            Event::Bytes { attempt, bytes } => {
                if let Some(live) = self.live.as_mut().filter(|l| l.id == attempt && l.status.is_some()) {
                    let progress = live.bytes(now, &bytes);
                    self.progress(now, progress, guards);
                }
            }
            Event::End { attempt } => {
                if let Some(live) = self.live.as_mut().filter(|l| l.id == attempt) {
                    let progress = live.ended();
                    self.progress(now, progress, guards);
                }
            }
            Event::Fault { attempt, fault } => {
                if self.live.as_ref().is_some_and(|l| l.id == attempt) {
                    let seen = match fault.stage {
                        Stage::ConnectLimit => Observation::Limit(Limit::Connect, Received::Nothing),
                        _ => Observation::Transport(fault),
                    };
                    self.failed(now, seen, guards);
                }
            }
            Event::Resumed => {
                if let Some(live) = &mut self.live {
                    live.resumed(now);
                }
            }
            Event::Cancel => self.cancel(now, guards),
        }
    }

    /// The next thing to do; drain until `None`.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When to send [`Event::Wake`], if nothing else happens.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        match (&self.live, self.retry) {
            (Some(live), _) => Some(live.next_timeout().0),
            (None, Some((at, _))) => Some(at.min(self.deadline)),
            (None, None) => None,
        }
    }

    /// Whether the call is over.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.state == State::Done
    }

    /// The record so far; whole once the call is finished.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// The record, taken; what is left is empty.
    #[must_use]
    pub fn take_trace(&mut self) -> Trace {
        core::mem::replace(&mut self.trace, Trace::new(self.start, 0))
    }

    /// The plan that it follows.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The moves made, for checking coverage of the table.
    #[must_use]
    pub fn visited(&self) -> &[(State, Cause)] {
        &self.visited
    }

    fn begin(&mut self, now: Instant, guards: &mut dyn Guards) {
        self.trace.tags.clone_from(&self.plan.tags);
        self.trace.facts.clone_from(&self.plan.facts);
        let note = format!("{} of {} links", self.plan.candidates.len(), self.plan.asked);
        self.trace.note(now, EventName::Planned, None, Some(note));
        for s in &self.plan.skipped {
            self.trace.note(now, EventName::Skipped, None, Some(format!("{}: {}", s.label, s.reason)));
            self.trace.skipped.push(SkippedRecord {
                model: s.model.clone(),
                label: s.label.clone(),
                reason: s.reason.clone(),
            });
        }
        for w in &self.plan.warnings {
            self.trace.note(now, EventName::Warned, None, Some(w.clone()));
        }
        self.proceed(now, usize::MAX, Cause::Send, guards);
    }

    fn head(&mut self, now: Instant, attempt: u32, status: u16, headers: Headers) {
        let Some(live) = self.live.as_mut().filter(|l| l.id == attempt && l.status.is_none()) else {
            return;
        };
        let request_id = headers.request_id().map(str::to_owned);
        live.head(status, headers);
        self.trace.note(now, EventName::Head, Some(attempt), None);
        if let Some(record) = self.trace.attempts.get_mut(attempt as usize) {
            record.status = Some(status);
            record.request_id = request_id;
        }
        if self.state == State::Sent {
            self.go(Cause::Head);
        }
    }

    fn wake(&mut self, now: Instant, guards: &mut dyn Guards) {
        if let Some(live) = &mut self.live {
            let (at, limit) = live.next_timeout();
            if now < at {
                return;
            }
            match limit {
                Some(limit) => {
                    let received = live.received;
                    self.failed(now, Observation::Limit(limit, received), guards);
                }
                None => {
                    let end = live.closed();
                    self.ended(now, end, guards);
                }
            }
        } else if let Some((at, candidate)) = self.retry {
            if now >= self.deadline {
                self.retry = None;
                self.finish_failed(now);
            } else if now >= at {
                self.retry = None;
                self.retry(now, candidate, guards);
            }
        }
    }

    fn progress(&mut self, now: Instant, progress: Progress, guards: &mut dyn Guards) {
        if progress.first_content
            && let Some(live) = &self.live
        {
            let id = live.id;
            let at = self.trace.offset(now);
            self.trace.note(now, EventName::FirstContent, Some(id), None);
            if let Some(record) = self.trace.attempts.get_mut(id as usize) {
                record.first_token = Some(at);
            }
        }
        if self.plan.stream {
            for delta in progress.deltas {
                self.deliver(delta);
            }
        }
        if let Some(end) = progress.end {
            self.ended(now, end, guards);
        }
    }

    fn deliver(&mut self, delta: Box<Delta>) {
        if self.state != State::Delivering {
            self.go(Cause::Commit);
        }
        self.actions.push_back(Action::Deliver(delta));
    }

    fn ended(&mut self, now: Instant, end: Result<Box<Answer>, Observation>, guards: &mut dyn Guards) {
        match end {
            Ok(answer) => self.succeeded(now, *answer, guards),
            Err(observation) => self.failed(now, observation, guards),
        }
    }

    pub(super) fn go(&mut self, cause: Cause) {
        let to = transitions::lead(self.state, cause);
        debug_assert!(to.is_some(), "no move from {:?} by {cause:?}", self.state);
        if cfg!(debug_assertions) {
            self.visited.push((self.state, cause));
        }
        if let Some(to) = to {
            self.state = to;
        }
    }
}
