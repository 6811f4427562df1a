//! The books: what an attempt's end means for the trace, the guards and the caller's error.
//!
//! Knows outcomes and guards. Must not choose what comes next (that is `next`). Invariants: every attempt that was sent
//! gets exactly one end in the trace and hands its lease back exactly once.

use super::attempt::Live;
use super::event::{Action, Success, Verdict};
use super::guards::Guards;
use super::machine::Call;
use super::transitions::{Cause, State};
use super::verdict;
use crate::base::{Instant, Nanodollars, WallTime};
use crate::chat::Answer;
use crate::error::Partial;
use crate::outcome::{self, Billed, Observation, Outcome, Received, classify};
use crate::plan;
use crate::trace::{CostSource, EventName};

impl Call {
    pub(super) fn succeeded(&mut self, now: Instant, answer: Answer, guards: &mut dyn Guards) {
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

    pub(super) fn failed(&mut self, now: Instant, observation: Observation, guards: &mut dyn Guards) {
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
}
