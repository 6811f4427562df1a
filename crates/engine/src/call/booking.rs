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
use crate::base::{Duration, Instant, Nanodollars, WallTime};
use crate::chat::{Answer, Usage, Word};
use crate::error::{Kind, Partial};
use crate::outcome::{Billed, Limit, Observation, Outcome, Received, Scope, classify_by};
use crate::plan::{self, Candidate, Plan};
use crate::trace::{AttemptRecord, CostSource, EventName};

impl Call {
    pub(super) fn succeeded(&mut self, now: Instant, answer: Answer, guards: &mut dyn Guards) {
        let Some(live) = self.live.take() else { return };
        let candidate = &self.plan.candidates[live.candidate];
        guards.success(now, &candidate.target, live.lease);
        let charge = Charge::of(&self.plan, candidate, answer.usage.as_ref(), answer.model.as_deref());
        let offset = self.trace.offset(now);
        if let Some(record) = self.trace.attempts.get_mut(live.id as usize) {
            record.ended = Some(offset);
            record.served_model.clone_from(&answer.model);
            record.provider.clone_from(&answer.provider);
            charge.book(record);
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
        let mut outcome = classify_by(&self.plan.rules, &observation, wall);
        if outcome.request_id.is_none() {
            outcome.request_id = live.headers.request_id().map(str::to_owned);
        }
        let over = matches!(observation, Observation::Limit(Limit::Total, _));
        if let Observation::Limit(limit, _) = observation {
            // Asking again a provider that stayed silent for a whole limit is how 30 s become 90.
            outcome.retryable = false;
            if let Some(share) = live.share.filter(|_| limit == Limit::Attempt) {
                let total = self.plan.policy.timeouts.total;
                outcome.message += &format!(" (after {share}, its share of the call's {total})");
            }
        }
        // What a rule left unread in an error's headers stays unread; an error that never became whole has only these.
        let asked = match observation {
            Observation::Fault(_) => outcome.retry_after,
            _ if live.status.is_some_and(|s| s >= 400) => live.headers.retry_after(wall),
            _ => None,
        };
        self.record_failure(now, &live, &observation, &outcome, asked, guards);
        // Reading a refused answer to its end costs nothing; anything else is cut off.
        let whole = matches!(observation, Observation::Fault(_) | Observation::Refused(_));
        let settled = whole && live.received > Received::Nothing && !self.plan.streams();
        self.actions.push_back(if settled {
            Action::Release { attempt: live.id }
        } else {
            Action::Abort { attempt: live.id }
        });
        let candidate = live.candidate;
        let stop = over || self.stops(now, candidate, &outcome);
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
        observation: &Observation,
        outcome: &Outcome,
        asked: Option<Duration>,
        guards: &mut dyn Guards,
    ) {
        let candidate = &self.plan.candidates[live.candidate];
        if verdict::speaks_against(observation, outcome) {
            guards.failure(now, &candidate.target, live.lease);
        } else {
            guards.neutral(&candidate.target, live.lease);
        }
        let charge = match (&live.usage, outcome.billed) {
            (Some(usage), _) => {
                Charge::of(&self.plan, candidate, Some(usage), live.meta.model.as_ref().map(Word::as_str))
            }
            (None, Billed::No) => Charge::none(),
            (None, _) => Charge::default(),
        };
        if let Some(wait) = asked {
            let key = if matches!(outcome.scope, Scope::Model | Scope::Request) {
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
            record.provider = outcome.provider.clone().or_else(|| told(&live.meta.provider));
            record.served_model = told(&live.meta.model);
            charge.book(record);
            record.cost_source.get_or_insert(CostSource::PossiblyBilled);
        }
        let note = format!("{}: {}", outcome.kind, outcome.rule);
        self.trace.note(now, EventName::Failed, Some(live.id), Some(note));
        self.errors.push((error, live.status.is_some()));
        self.tracks[live.candidate].failed(live.id, outcome, asked.map(|wait| now + wait));
        self.shown_so_far(live);
    }

    fn shown_so_far(&mut self, live: &Live) {
        if self.state == State::Delivering
            && let Some((text, reasoning)) = live.partial()
        {
            self.shown = Partial { text, reasoning };
        }
    }

    /// Books an attempt that the caller ended.
    pub(super) fn abandoned(&mut self, now: Instant, live: &Live, guards: &mut dyn Guards) {
        let candidate = &self.plan.candidates[live.candidate];
        guards.neutral(&candidate.target, live.lease);
        let model = live.meta.model.as_ref().map(Word::as_str);
        let charge = Charge::of(&self.plan, candidate, live.usage.as_ref(), model);
        let offset = self.trace.offset(now);
        if let Some(record) = self.trace.attempts.get_mut(live.id as usize) {
            record.ended = Some(offset);
            record.kind = Some(Kind::Cancelled);
            record.provider = told(&live.meta.provider);
            record.served_model = told(&live.meta.model);
            charge.book(record);
            record.cost_source.get_or_insert(CostSource::PossiblyBilled);
        }
    }
}

/// What an attempt is known to have cost and used.
#[derive(Default)]
struct Charge {
    cost: Option<(Nanodollars, CostSource)>,
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
}

impl Charge {
    /// Nothing at all.
    fn none() -> Charge {
        Charge { cost: Some((Nanodollars(0), CostSource::NotBilled)), ..Charge::default() }
    }

    fn of(plan: &Plan, candidate: &Candidate, usage: Option<&Usage>, served: Option<&str>) -> Charge {
        let source = |reported| if reported { CostSource::Reported } else { CostSource::Computed };
        Charge {
            cost: plan::cost(plan, candidate, usage, served).map(|(cost, reported)| (cost, source(reported))),
            prompt_tokens: usage.and_then(|u| u.prompt_tokens),
            completion_tokens: usage.and_then(|u| u.completion_tokens),
        }
    }

    fn book(self, record: &mut AttemptRecord) {
        record.cost = self.cost.map(|(cost, _)| cost);
        record.cost_source = self.cost.map(|(_, source)| source);
        record.prompt_tokens = self.prompt_tokens;
        record.completion_tokens = self.completion_tokens;
    }
}

fn told(word: &Option<Word>) -> Option<String> {
    word.as_ref().map(|w| w.as_str().to_owned())
}
