//! The machine: events in, actions out.
//!
//! Knows attempts, guards and the choice of what comes next (`next`). Must not know how anything is sent. Invariants
//! stand in the room's head.

use super::attempt::{Live, Progress};
use super::event::{Action, Event, Success, Verdict};
use super::guards::Guards;
use super::transitions::{self, Cause, State};
use super::{next, verdict};
use crate::base::{Duration, Instant, Nanodollars, Rng, WallTime};
use crate::chat::{Answer, Delta};
use crate::error::{Error, Kind, Partial};
use crate::guard::Timers;
use crate::outcome::{self, Billed, Observation, Outcome, Received, classify};
use crate::plan::{self, OnInterrupt, Plan};
use crate::trace::{AttemptRecord, CostSource, EventName, Trace};
use crate::wire::Headers;
use std::collections::VecDeque;

/// One call.
#[derive(Debug)]
pub struct Call {
    pub(super) plan: Plan,
    pub(super) rng: Rng,
    pub(super) deadline: Instant,
    pub(super) tracks: Vec<next::Track>,
    pub(super) trace: Trace,
    pub(super) forced: bool,
    pub(super) walled: u32,
    pub(super) errors: Vec<(Error, bool)>,
    start: Instant,
    wall_start: WallTime,
    state: State,
    live: Option<Live>,
    retry: Option<(Instant, usize)>,
    actions: VecDeque<Action>,
    shown: Partial,
    visited: Vec<(State, Cause)>,
}

impl Call {
    /// A call that will follow `plan`. `seed` decides every jitter; `wall` is the wall clock at `now`, used only to read
    /// dates that servers send.
    #[must_use]
    pub fn new(now: Instant, wall: WallTime, plan: Plan, seed: u64) -> Call {
        Call {
            deadline: now + plan.policy.timeouts.total,
            tracks: plan.candidates.iter().map(|_| next::Track::default()).collect(),
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
                if let Some(live) = self.live.as_mut().filter(|l| l.id == attempt) {
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
                    self.failed(now, Observation::Transport(fault), guards);
                }
            }
            Event::Resumed => {
                if let Some(live) = &mut self.live {
                    live.timers.resumed(now);
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
            self.trace.skipped.push(crate::trace::record::SkippedRecord {
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
                self.send(now, candidate, Cause::Retry, false, guards);
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

    fn deliver(&mut self, delta: Delta) {
        if self.state != State::Delivering {
            self.go(Cause::Commit);
        }
        self.actions.push_back(Action::Deliver(Box::new(delta)));
    }

    fn ended(&mut self, now: Instant, end: Result<Box<Answer>, Observation>, guards: &mut dyn Guards) {
        match end {
            Ok(answer) => self.succeeded(now, *answer, guards),
            Err(observation) => self.failed(now, observation, guards),
        }
    }

    fn succeeded(&mut self, now: Instant, answer: Answer, guards: &mut dyn Guards) {
        let Some(live) = self.live.take() else { return };
        let candidate = &self.plan.candidates[live.candidate];
        guards.success(now, &candidate.target, live.lease);
        let cost = plan::cost(&self.plan, candidate, answer.usage.as_ref(), answer.model.as_deref());
        let offset = self.trace.offset(now);
        if let Some(record) = self.trace.attempts.get_mut(live.id as usize) {
            record.ended = Some(offset);
            record.served_model.clone_from(&answer.model);
            record.provider.clone_from(&answer.provider);
            record.cost = cost.map(|(cost, _)| cost);
            record.cost_source = cost.map(|(_, reported)| match reported {
                true => CostSource::Reported,
                false => CostSource::Computed,
            });
            record.prompt_tokens = answer.usage.as_ref().and_then(|u| u.prompt_tokens);
            record.completion_tokens = answer.usage.as_ref().and_then(|u| u.completion_tokens);
        }
        self.trace.label = Some(candidate.label.clone());
        self.trace.model = answer.model.clone().or_else(|| Some(candidate.model.clone()));
        self.trace.provider.clone_from(&answer.provider);
        self.trace.fell_back = candidate.position != 0;
        let success = Success { label: candidate.label.clone(), fell_back: candidate.position != 0, answer };
        self.trace.note(now, EventName::Answered, Some(live.id), None);
        self.actions.push_back(Action::Release { attempt: live.id });
        self.go(Cause::Succeed);
        self.finish(now, Verdict::Answer(Box::new(success)));
    }

    fn failed(&mut self, now: Instant, observation: Observation, guards: &mut dyn Guards) {
        let Some(live) = self.live.take() else { return };
        let wall = WallTime(self.wall_start.0.saturating_add((now.since(self.start).0 / 1_000) as i64));
        let mut outcome = classify(&observation, wall);
        if outcome.request_id.is_none() {
            outcome.request_id = live.headers.request_id().map(str::to_owned);
        }
        let over = matches!(observation, Observation::Limit(outcome::Limit::Total, _));
        if matches!(observation, Observation::Limit(..)) {
            // Asking again a provider that stayed silent for a whole limit is how 30 s become 90.
            outcome.retryable = false;
        }
        self.record_failure(now, &live, &outcome, wall, guards);
        // Reading a refused answer to its end costs nothing; anything else is cut off.
        let whole = matches!(observation, Observation::Fault(_) | Observation::Refused(_));
        let settled = whole && live.received > Received::Nothing && !self.plan.streams();
        self.actions.push_back(if settled {
            Action::Release { attempt: live.id }
        } else {
            Action::Abort { attempt: live.id }
        });
        let candidate = live.candidate;
        let stop = self.stops(now, candidate, &outcome) || over;
        if self.state == State::Delivering {
            self.interrupted(now, &live, candidate, stop, guards);
        } else if stop {
            self.finish_failed(now);
        } else {
            self.proceed(now, candidate, Cause::FallOver, guards);
        }
    }

    /// Books a failed attempt: trace, guards, error.
    fn record_failure(
        &mut self,
        now: Instant,
        live: &Live,
        outcome: &Outcome,
        wall: WallTime,
        guards: &mut dyn Guards,
    ) {
        let candidate = &self.plan.candidates[live.candidate];
        if verdict::speaks_against(outcome.kind) {
            guards.failure(now, &candidate.target, live.lease);
        } else {
            guards.neutral(&candidate.target, live.lease);
        }
        let asked = outcome.retry_after.or_else(|| live.headers.retry_after(wall));
        if let Some(wait) = asked {
            let key = if outcome.scope == outcome::Scope::Model || outcome.scope == outcome::Scope::Request {
                &candidate.target
            } else {
                &candidate.endpoint.id
            };
            guards.cool(now, key, now + wait);
            self.trace.note(now, EventName::Cooled, Some(live.id), Some(format!("for {wait}")));
        }
        let offset = self.trace.offset(now);
        let error = verdict::attempt_error(candidate, outcome, asked);
        if let Some(record) = self.trace.attempts.get_mut(live.id as usize) {
            record.ended = Some(offset);
            record.kind = Some(outcome.kind);
            record.status = outcome.status.or(record.status);
            record.rule = Some(outcome.rule.clone());
            record.message = Some(outcome.message.clone());
            record.provider.clone_from(&outcome.provider);
            if outcome.billed == Billed::No {
                record.cost = Some(Nanodollars(0));
                record.cost_source = Some(CostSource::Reported);
            } else {
                record.cost_source = Some(CostSource::PossiblyBilled);
            }
        }
        let note = format!("{}: {}", outcome.kind, outcome.rule);
        self.trace.note(now, EventName::Failed, Some(live.id), Some(note));
        let answered = live.status.is_some();
        self.errors.push((error, answered));
        self.tracks[live.candidate].failed(live.id, outcome, asked);
        self.shown_so_far(live);
    }

    fn shown_so_far(&mut self, live: &Live) {
        if self.state == State::Delivering
            && let Some((text, reasoning)) = live.partial()
        {
            self.shown = Partial { text, reasoning };
        }
    }

    /// A stream broke after its first piece.
    fn interrupted(
        &mut self,
        now: Instant,
        live: &Live,
        candidate: usize,
        stop: bool,
        guards: &mut dyn Guards,
    ) {
        let next = if self.plan.policy.on_interrupt == OnInterrupt::Restart && !stop {
            self.choose(now, candidate, guards)
        } else {
            None
        };
        match next {
            Some(step) => {
                self.trace.note(now, EventName::Restarted, Some(live.id), None);
                self.actions
                    .push_back(Action::Deliver(Box::new(Delta { restarted: true, ..Delta::default() })));
                self.shown = Partial::default();
                self.take(now, step, Cause::Restart, guards);
            }
            None => {
                self.trace.note(now, EventName::Interrupted, Some(live.id), None);
                let error = verdict::interrupted(
                    &self.plan.candidates[candidate],
                    core::mem::take(&mut self.shown),
                    self.errors.last().map(|(e, _)| e.clone()),
                );
                self.go(Cause::Fail);
                self.finish(now, Verdict::Failure(Box::new(error)));
            }
        }
    }

    /// Goes to whatever comes after `candidate` failed, or after the start (any number out of range).
    fn proceed(&mut self, now: Instant, candidate: usize, cause: Cause, guards: &mut dyn Guards) {
        match self.choose(now, candidate, guards) {
            Some(step) => self.take(now, step, cause, guards),
            None => self.finish_failed(now),
        }
    }

    fn take(&mut self, now: Instant, step: next::Step, cause: Cause, guards: &mut dyn Guards) {
        match step {
            next::Step::Send { candidate, forced } => {
                if cause == Cause::FallOver {
                    let note = self.plan.candidates[candidate].label.clone();
                    self.trace.note(now, EventName::FellOver, None, Some(note));
                }
                self.send(now, candidate, cause, forced, guards);
            }
            next::Step::Wait { candidate, until } => {
                let note =
                    format!("{} before {} again", until.since(now), self.plan.candidates[candidate].label);
                self.trace.note(now, EventName::Waiting, None, Some(note));
                self.go(Cause::Wait);
                self.retry = Some((until, candidate));
            }
        }
    }

    fn send(&mut self, now: Instant, candidate: usize, cause: Cause, forced: bool, guards: &mut dyn Guards) {
        let streams = self.plan.streams();
        let c = &self.plan.candidates[candidate];
        let policy = &self.plan.policy;
        // A retry was granted when its wait began, so it is sent whatever the breaker has learnt since.
        let lease = guards.enter(now, &c.target, &policy.breaker, forced || cause == Cause::Retry);
        let Some(lease) = lease else {
            // Another call took the one probe between the question and now.
            self.tracks[candidate].out = Some("another call is probing it");
            self.proceed(now, usize::MAX, cause, guards);
            return;
        };
        let first = !self
            .tracks
            .iter()
            .zip(&self.plan.candidates)
            .any(|(track, other)| track.tries > 0 && other.endpoint.id == c.endpoint.id);
        if first {
            guards.deposit(&c.endpoint.id, &policy.retry_tokens);
        }
        let id = self.trace.attempts.len() as u32;
        if forced {
            self.forced = true;
            self.trace.note(now, EventName::Forced, Some(id), None);
        }
        let limit = c.timeout.or(policy.timeouts.attempt);
        let limit = self.share(now, candidate, limit);
        let timers = Timers::start(
            now,
            limit,
            if streams { policy.timeouts.first_token } else { None },
            policy.timeouts.between_tokens,
            self.deadline,
        );
        self.trace.attempts.push(AttemptRecord {
            index: id,
            label: c.label.clone(),
            model: c.model.clone(),
            served_model: None,
            provider: None,
            endpoint: c.endpoint.name.clone(),
            status: None,
            kind: None,
            rule: None,
            message: None,
            started: now.since(self.start),
            first_token: None,
            ended: None,
            cost: None,
            cost_source: None,
            prompt_tokens: None,
            completion_tokens: None,
            retry_of: self.tracks[candidate].last_attempt,
            request_id: None,
        });
        self.trace.note(now, EventName::Sent, Some(id), None);
        let request = self.plan.prepare(c, streams);
        self.tracks[candidate].tries += 1;
        self.live = Some(Live::new(id, candidate, lease, timers, streams));
        self.go(cause);
        self.actions.push_back(Action::Send { attempt: id, request });
    }

    /// The total is shared out: an attempt may use what it likes as long as every link that is still untried keeps its
    /// own limit or an equal share, so that the last candidate has time to answer.
    fn share(&self, now: Instant, candidate: usize, limit: Option<Duration>) -> Option<Duration> {
        let left = self.deadline.since(now);
        let mut waiting = 0u64;
        let mut wanted = Duration::ZERO;
        for (i, (track, c)) in self.tracks.iter().zip(&self.plan.candidates).enumerate() {
            if i != candidate && track.tries == 0 && track.out.is_none() {
                waiting += 1;
                let own = c.timeout.or(self.plan.policy.timeouts.attempt).unwrap_or(Duration::MAX);
                wanted = wanted + own;
            }
        }
        if waiting == 0 {
            return limit;
        }
        let equal = Duration(left.0 / (waiting + 1));
        let share = equal.max(left.saturating_sub(wanted));
        Some(limit.map_or(share, |own| own.min(share)))
    }

    fn cancel(&mut self, now: Instant, guards: &mut dyn Guards) {
        let cancelled = self.trace.offset(now);
        let mut attempt = None;
        if let Some(live) = self.live.take() {
            guards.neutral(&self.plan.candidates[live.candidate].target, live.lease);
            attempt = Some(live.id);
            if let Some(record) = self.trace.attempts.get_mut(live.id as usize) {
                record.ended = Some(cancelled);
                record.kind = Some(Kind::Cancelled);
                record.cost_source = Some(CostSource::PossiblyBilled);
            }
            self.actions.push_back(Action::Abort { attempt: live.id });
        }
        self.retry = None;
        self.trace.note(now, EventName::Cancelled, attempt, None);
        self.go(Cause::Cancel);
        let mut error = Error::new(Kind::Cancelled, "the call was cancelled");
        error.cause = self.errors.pop().map(|(e, _)| Box::new(e));
        self.finish(now, Verdict::Failure(Box::new(error)));
    }

    fn finish_failed(&mut self, now: Instant) {
        let error = verdict::exhausted(&self.plan, &self.errors, now >= self.deadline);
        self.go(Cause::Fail);
        self.finish(now, Verdict::Failure(Box::new(error)));
    }

    fn finish(&mut self, now: Instant, verdict: Verdict) {
        self.trace.seconds = self.trace.offset(now);
        let known: Vec<Nanodollars> = self.trace.attempts.iter().filter_map(|a| a.cost).collect();
        if !known.is_empty() {
            self.trace.cost = Some(known.into_iter().fold(Nanodollars(0), Nanodollars::plus));
        }
        if let Verdict::Failure(error) = &verdict {
            self.trace.kind = Some(error.kind);
        }
        self.trace.note(now, EventName::Finished, None, None);
        self.actions.push_back(Action::Finish(verdict));
    }

    fn go(&mut self, cause: Cause) {
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
