//! What comes after a failure: another link, the same link later, or the end.
//!
//! Knows the plan, what this call has met, and the guards' answers. Must not know bytes. Invariants: no waiting beside a
//! ready link unless `retries` says so; the same link never earlier than its server asked; nothing is started that
//! cannot end before the deadline; a link that is passed over gets a reason.

use super::guards::Guards;
use super::machine::Call;
use crate::base::{Duration, Instant};
use crate::error::Kind;
use crate::outcome::{Outcome, Scope};
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
    pub(super) walled: bool,
    /// Whether another call took its one probe while this call was choosing it.
    pub(super) lost: bool,
    retryable: bool,
    asked: Option<Duration>,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Ask a link now.
    Send { candidate: usize, forced: bool },
    /// Ask a link again later.
    Wait { candidate: usize, until: Instant },
}

impl Track {
    pub(super) fn failed(&mut self, attempt: u32, outcome: &Outcome, asked: Option<Duration>) {
        self.last_attempt = Some(attempt);
        self.retryable = outcome.retryable;
        self.asked = asked;
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
            if i == failed || self.tracks[i].tries > 0 {
                continue;
            }
            if outcome.scope == Scope::Request && same_body && other.endpoint.id == here.endpoint.id {
                reasons.push((i, "the same request would be refused again"));
            } else if kind == Kind::ContextLength
                && matches!((window, other.window), (Some(small), Some(w)) if w <= small)
            {
                reasons.push((i, "its window is not larger"));
            } else if outcome.repair.free_tier && other.model.ends_with(":free") {
                reasons.push((i, "the account's free requests are used up"));
            } else if matches!(outcome.scope, Scope::Key | Scope::Endpoint)
                && other.endpoint.id == here.endpoint.id
            {
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
        let mut least_bad: Option<(Instant, usize)> = None;
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
                let c = &self.plan.candidates[i];
                let blocked = match self.tracks[i].lost {
                    true => Some(Instant::NEVER),
                    false => guards.blocked_until(now, &c.target, &c.endpoint.id),
                };
                match blocked {
                    None => {
                        if walled && self.walled > 0 {
                            self.walled += 1;
                        }
                        return Some(Step::Send { candidate: i, forced: false });
                    }
                    Some(until) if least_bad.is_none_or(|(best, _)| until < best) => {
                        least_bad = Some((until, i));
                    }
                    Some(_) => {}
                }
            }
        }
        if let Some((_, candidate)) = least_bad.filter(|_| !self.forced) {
            return Some(Step::Send { candidate, forced: true });
        }
        // Nothing else is ready: the soonest of those that may be asked again.
        let mut soonest: Option<(Duration, usize)> = None;
        for (i, track) in self.tracks.iter().enumerate() {
            let limit = self.plan.candidates[i].retries.map_or(LAST_RESORT_RETRIES, |_| 0);
            if track.retryable && track.tries > 0 && track.tries <= limit {
                let wait = track.asked.unwrap_or(Duration::ZERO);
                if soonest.is_none_or(|(best, _)| wait < best) {
                    soonest = Some((wait, i));
                }
            }
        }
        let (_, candidate) = soonest?;
        self.again(now, candidate, LAST_RESORT_RETRIES, guards)
    }

    /// The same link later, if that makes sense and a token is left.
    fn again(&mut self, now: Instant, i: usize, most: u32, guards: &mut dyn Guards) -> Option<Step> {
        let track = &self.tracks[i];
        let c = &self.plan.candidates[i];
        if !track.retryable || track.tries == 0 || track.tries > most {
            return None;
        }
        if track.asked.is_some_and(|asked| asked > self.plan.policy.retry_after_cap) {
            return None;
        }
        let wait = self.plan.policy.backoff.delay(track.tries - 1, track.asked, &mut self.rng);
        let until = now + wait;
        if until >= self.deadline {
            return None;
        }
        if !guards.take_token(&c.endpoint.id, &self.plan.policy.retry_tokens) {
            let note = format!("no retry token left for {}", c.endpoint.name);
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
