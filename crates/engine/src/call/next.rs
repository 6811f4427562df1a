//! What comes after a failure: another link, the same link later, or the end.
//!
//! Knows the plan, what this call has met, and the guards' answers. Must not know bytes. Invariants: no waiting beside a
//! ready link unless `retries` says so; the same link never earlier than its server asked; nothing is started that
//! cannot end before the deadline; a link that is passed over gets a reason.

use super::guards::Guards;
use super::machine::Call;
use crate::base::{Duration, Instant};
use crate::error::Kind;
use crate::guard::Lease;
use crate::outcome::{Outcome, Scope};
use crate::plan::Candidate;
use crate::plan::policy::LAST_RESORT_RETRIES;
use crate::trace::EventName;

/// What a call knows of one of its candidates.
#[derive(Debug, Default)]
pub(super) struct Track {
    /// Attempts made.
    pub(super) tries: u32,
    /// The last attempt's number.
    pub(super) last_attempt: Option<u32>,
    /// Why it is not to be asked any more.
    pub(super) out: Option<&'static str>,
    /// Whether it shares a wall (key or account) that another attempt met.
    walled: bool,
    retryable: bool,
    not_before: Option<Instant>,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Ask a link now; the right to do so is taken already.
    Send { candidate: usize, forced: bool, lease: Lease },
    /// Ask a link again later.
    Wait { candidate: usize, until: Instant },
}

impl Track {
    pub(super) fn failed(&mut self, attempt: u32, outcome: &Outcome, not_before: Option<Instant>) {
        self.last_attempt = Some(attempt);
        self.retryable = outcome.retryable;
        self.not_before = not_before;
    }
}

impl Call {
    /// Whether a failure ends the call at once; otherwise notes whom else it concerns.
    pub(super) fn stops(&mut self, now: Instant, failed: usize, outcome: &Outcome) -> bool {
        let policy = &self.plan.policy;
        let kind = outcome.kind;
        if policy.stop_on.contains(&kind)
            || policy.fallback_on.as_ref().is_some_and(|list| !list.contains(&kind))
            || (kind == Kind::Moderation && policy.content_filter_stops)
        {
            return true;
        }
        let here = &self.plan.candidates[failed];
        let window = outcome.repair.window.or(here.window);
        let mut reasons: Vec<(usize, &'static str)> = Vec::new();
        for (i, other) in self.plan.candidates.iter().enumerate() {
            let same_body = other.overrides == here.overrides;
            if i == failed || self.tracks[i].tries > 0 || self.tracks[i].out.is_some() {
                continue;
            }
            let same_service = other.endpoint.base_url == here.endpoint.base_url;
            let same_account = other.endpoint.id == here.endpoint.id;
            if outcome.scope == Scope::Request && same_body && same_service {
                reasons.push((i, "the same request would be refused again"));
            } else if kind == Kind::ContextLength
                && matches!((window, other.window), (Some(small), Some(w)) if w <= small)
            {
                reasons.push((i, "its window is not larger"));
            } else if outcome.repair.free_tier && same_account && other.model.ends_with(":free") {
                reasons.push((i, "the account's free requests are used up"));
            } else if match outcome.scope {
                Scope::Key => same_account,
                Scope::Endpoint => same_service,
                Scope::Request | Scope::Model => false,
            } {
                self.tracks[i].walled = true;
            }
        }
        if outcome.scope == Scope::Key {
            self.walled = self.walled.max(1);
        }
        for (i, reason) in reasons {
            self.pass_over(now, i, reason);
        }
        false
    }

    /// Chooses the next step after `failed` (any number out of range: after nothing).
    pub(super) fn choose(&mut self, now: Instant, failed: usize, guards: &mut dyn Guards) -> Option<Step> {
        if now >= self.deadline {
            return None;
        }
        // Retries that the caller asked for come before the next link.
        if let Some(n) = self.plan.candidates.get(failed).and_then(|c| c.retries)
            && let Some(step) = self.again(now, failed, n, guards)
        {
            return Some(step);
        }
        if let Some(step) = self.untried(now, guards) {
            return Some(step);
        }
        // Nothing else is ready: the soonest of those that may be asked again.
        let may = |(i, track): &(usize, &Track)| {
            track.retryable
                && track.tries <= LAST_RESORT_RETRIES
                && self.plan.candidates[*i].retries.is_none()
        };
        let asked = self.tracks.iter().enumerate().filter(|(_, t)| t.tries > 0).filter(may);
        let (candidate, _) = asked.min_by_key(|(_, t)| t.not_before.unwrap_or(now).max(now))?;
        self.again(now, candidate, LAST_RESORT_RETRIES, guards)
    }

    /// The first link that was not asked yet and is ready; where all are blocked, once, the least bad.
    fn untried(&mut self, now: Instant, guards: &mut dyn Guards) -> Option<Step> {
        let mut least_bad: Option<(bool, Instant, usize)> = None;
        for walled in [false, true] {
            for i in 0..self.tracks.len() {
                let track = &self.tracks[i];
                if track.tries > 0 || track.out.is_some() || track.walled != walled {
                    continue;
                }
                if walled && self.walled > 1 {
                    self.pass_over(now, i, "it shares the key that was refused");
                    continue;
                }
                match self.enter(now, i, guards) {
                    Ok(lease) => return Some(self.admitted(i, false, lease)),
                    Err(until) if least_bad.is_none_or(|best| (walled, until, i) < best) => {
                        least_bad = Some((walled, until, i));
                    }
                    Err(_) => {}
                }
            }
        }
        let (_, _, candidate) = least_bad?;
        self.force(now, candidate, guards)
    }

    /// The link whose wait is over; where it is blocked by now, another one.
    pub(super) fn due(&mut self, now: Instant, candidate: usize, guards: &mut dyn Guards) -> Option<Step> {
        match self.enter(now, candidate, guards) {
            Ok(lease) => Some(Step::Send { candidate, forced: false, lease }),
            Err(_) => self.untried(now, guards).or_else(|| self.force(now, candidate, guards)),
        }
    }

    fn enter(&self, now: Instant, i: usize, guards: &mut dyn Guards) -> Result<Lease, Instant> {
        let Candidate { target, endpoint, .. } = &self.plan.candidates[i];
        match guards.blocked_until(now, target, &endpoint.id) {
            Some(until) => Err(until),
            None => guards.enter(now, target, &self.plan.policy.breaker, false).ok_or_else(|| {
                // Another call took the one probe between the two questions.
                guards.blocked_until(now, target, &endpoint.id).unwrap_or(Instant::NEVER)
            }),
        }
    }

    fn force(&mut self, now: Instant, candidate: usize, guards: &mut dyn Guards) -> Option<Step> {
        if self.forced {
            return None;
        }
        self.forced = true;
        let lease =
            guards.enter(now, &self.plan.candidates[candidate].target, &self.plan.policy.breaker, true)?;
        Some(self.admitted(candidate, true, lease))
    }

    fn admitted(&mut self, candidate: usize, forced: bool, lease: Lease) -> Step {
        if self.tracks[candidate].walled && self.walled > 0 {
            self.walled += 1;
        }
        Step::Send { candidate, forced, lease }
    }

    /// The same link later, if that makes sense and a token is left.
    fn again(&mut self, now: Instant, i: usize, most: u32, guards: &mut dyn Guards) -> Option<Step> {
        let track = &self.tracks[i];
        let Candidate { target, endpoint, .. } = &self.plan.candidates[i];
        if !track.retryable || track.tries == 0 || track.tries > most {
            return None;
        }
        // What a server asked of another call, or of this key on another link, holds here too.
        let asked = track.not_before.max(guards.cooling_until(now, target, &endpoint.id));
        let asked = asked.map(|until| until.since(now)).filter(|wait| *wait > Duration::ZERO);
        if asked.is_some_and(|wait| wait > self.plan.policy.retry_after_cap) {
            return None;
        }
        let until = now + self.plan.policy.backoff.delay(track.tries - 1, asked, &mut self.rng);
        if until >= self.deadline {
            return None;
        }
        // Behind an open breaker it would have to be forced, which happens once.
        if self.forced && guards.blocked_until(now, target, &endpoint.id).is_some_and(|b| b > until) {
            return None;
        }
        if !guards.take_token(&endpoint.id, &self.plan.policy.retry_tokens) {
            let note = format!("no retry token left for {}", endpoint.name);
            self.trace.note(now, EventName::OutOfTokens, None, Some(note));
            return None;
        }
        Some(Step::Wait { candidate: i, until })
    }

    fn pass_over(&mut self, now: Instant, i: usize, reason: &'static str) {
        self.tracks[i].out = Some(reason);
        let note = format!("{}: {reason}", self.plan.candidates[i].label);
        self.trace.note(now, EventName::PassedOver, None, Some(note));
    }
}
