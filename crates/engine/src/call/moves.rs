//! Moves: to another link, to a wait, to a fresh answer, to the end.
//!
//! Knows the step that `next` chose. Must not judge an attempt. Invariants: nothing is sent after the deadline; a send
//! holds a lease; the end comes once.

use super::attempt::Live;
use super::event::{Action, Verdict};
use super::guards::Guards;
use super::machine::Call;
use super::next::Step;
use super::transitions::Cause;
use super::verdict;
use crate::base::{Duration, Instant, Nanodollars};
use crate::chat::Delta;
use crate::error::{Error, Kind, Partial};
use crate::guard::{Lease, Timers};
use crate::plan::OnInterrupt;
use crate::trace::{AttemptRecord, EventName};

impl Call {
    /// Goes to whatever comes after `candidate` failed, or after the start (any number out of range).
    pub(super) fn proceed(&mut self, now: Instant, candidate: usize, cause: Cause, guards: &mut dyn Guards) {
        match self.choose(now, candidate, guards) {
            Some(step) => self.take(now, step, cause, guards),
            None => self.finish_failed(now),
        }
    }

    fn take(&mut self, now: Instant, step: Step, cause: Cause, guards: &mut dyn Guards) {
        match step {
            Step::Send { candidate, forced, lease } => {
                if cause == Cause::FallOver {
                    let note = self.plan.candidates[candidate].label.clone();
                    self.trace.note(now, EventName::FellOver, None, Some(note));
                }
                self.send(now, candidate, cause, forced, lease, guards);
            }
            Step::Wait { candidate, until } => {
                let note =
                    format!("{} before {} again", until.since(now), self.plan.candidates[candidate].label);
                self.trace.note(now, EventName::Waiting, None, Some(note));
                self.go(Cause::Wait);
                self.retry = Some((until, candidate));
            }
        }
    }

    /// The wait before a retry is over.
    pub(super) fn retry(&mut self, now: Instant, candidate: usize, guards: &mut dyn Guards) {
        match self.due(now, candidate, guards) {
            Some(step @ Step::Send { candidate: to, .. }) => {
                let cause = if to == candidate { Cause::Retry } else { Cause::FallOver };
                self.take(now, step, cause, guards);
            }
            _ => self.finish_failed(now),
        }
    }

    fn send(
        &mut self,
        now: Instant,
        candidate: usize,
        cause: Cause,
        forced: bool,
        lease: Lease,
        guards: &mut dyn Guards,
    ) {
        let streams = self.plan.streams();
        let c = &self.plan.candidates[candidate];
        let policy = &self.plan.policy;
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
            self.trace.note(now, EventName::Forced, Some(id), None);
        }
        let own = self.plan.limit(c);
        let limit = self.share(now, candidate, own);
        let timers = Timers::start(
            now,
            limit,
            if streams { self.plan.first_token(c) } else { None },
            policy.timeouts.between_tokens,
            self.deadline,
        );
        let share = limit.filter(|l| own.is_none_or(|own| *l < own));
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
        self.live = Some(Live::new(id, candidate, lease, timers, streams, share));
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
                let own = self.plan.limit(c).unwrap_or(Duration::MAX);
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

    /// A stream broke after its first piece.
    pub(super) fn interrupted(
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

    pub(super) fn cancel(&mut self, now: Instant, guards: &mut dyn Guards) {
        let mut attempt = None;
        if let Some(live) = self.live.take() {
            self.abandoned(now, &live, guards);
            attempt = Some(live.id);
            self.actions.push_back(Action::Abort { attempt: live.id });
        }
        self.retry = None;
        self.trace.note(now, EventName::Cancelled, attempt, None);
        self.go(Cause::Cancel);
        let mut error = Error::new(Kind::Cancelled, "the call was cancelled");
        error.cause = self.errors.pop().map(|(e, _)| Box::new(e));
        self.finish(now, Verdict::Failure(Box::new(error)));
    }

    pub(super) fn finish_failed(&mut self, now: Instant) {
        let error = verdict::exhausted(&self.plan, &self.errors, now >= self.deadline);
        self.go(Cause::Fail);
        self.finish(now, Verdict::Failure(Box::new(error)));
    }

    pub(super) fn finish(&mut self, now: Instant, verdict: Verdict) {
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
}
