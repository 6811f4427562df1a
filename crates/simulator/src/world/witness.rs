//! A witness between a call and the shared guards: it writes down what is asked and answered, and keeps its own book of
//! leases and cooldowns. And the same answers again, for playing a call a second time.
//!
//! Knows the guards' questions. Must not answer any itself. Invariant: what the call gets to hear is what the guards
//! said.

use resilient_completion_engine::base::Instant;
use resilient_completion_engine::call::{Guards, SharedGuards};
use resilient_completion_engine::guard::{BreakerSettings, Lease, TokenSettings};
use std::collections::BTreeMap;

/// One question with its answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Asked {
    Blocked(String, Option<Instant>),
    Cooling(String, Option<Instant>),
    Enter { target: String, forced: bool, lease: Option<Lease> },
    Success(String, Lease),
    Failure(String, Lease),
    Neutral(String, Lease),
    Cool(String, Instant),
    Deposit(String),
    Token(String, bool),
}

/// The witness's own book.
#[derive(Debug, Default)]
pub(super) struct Book {
    /// Leases that are out, by target: when they were granted.
    leases: Vec<(String, Lease, Instant)>,
    cooling: BTreeMap<String, Instant>,
    /// Broken promises that the book itself shows.
    pub(super) broken: Vec<String>,
    /// Probes that calls of another thread took in the middle of a decision; to be returned.
    pub(super) phantoms: Vec<(String, Lease)>,
}

impl Book {
    /// Until when a target or its endpoint was asked to be left alone, as far as this book knows.
    pub(super) fn cooling(&self, now: Instant, key: &str) -> Option<Instant> {
        self.cooling.get(key).copied().filter(|until| *until > now)
    }

    /// How many leases are out.
    pub(super) fn out(&self) -> usize {
        self.leases.len()
    }

    /// A target that answered is not cooling any more.
    pub(super) fn answered(&mut self, target: &str) {
        self.cooling.remove(target);
    }

    /// Another thread's call gives a probe back.
    pub(super) fn phantom_back(&mut self) -> Option<(String, Lease)> {
        let (target, lease) = self.phantoms.pop()?;
        self.returned(&target, lease);
        Some((target, lease))
    }

    fn granted(&mut self, now: Instant, target: &str, lease: Lease, settings: &BreakerSettings) {
        let young = |since: Instant| now < since + settings.lease;
        if lease.probe && self.leases.iter().any(|(t, l, since)| t == target && l.probe && young(*since)) {
            self.broken.push(format!("a second probe of {target} is let through"));
        }
        self.leases.push((target.to_owned(), lease, now));
    }

    fn returned(&mut self, target: &str, lease: Lease) {
        match self.leases.iter().position(|(t, l, _)| t == target && *l == lease) {
            Some(at) => {
                self.leases.swap_remove(at);
            }
            None => self.broken.push(format!("a lease of {target} is returned that is not out")),
        }
    }
}

/// Stands between a call and the guards for one event.
pub(super) struct Witness<'a> {
    pub(super) guards: &'a mut SharedGuards,
    pub(super) book: &'a mut Book,
    pub(super) said: &'a mut Vec<Asked>,
    /// Whether a call of another thread is faster this time.
    pub(super) race: bool,
}

impl Guards for Witness<'_> {
    fn blocked_until(&mut self, now: Instant, target: &str, endpoint: &str) -> Option<Instant> {
        let until = self.guards.blocked_until(now, target, endpoint);
        self.said.push(Asked::Blocked(target.to_owned(), until));
        until
    }

    fn cooling_until(&mut self, now: Instant, target: &str, endpoint: &str) -> Option<Instant> {
        let until = self.guards.cooling_until(now, target, endpoint);
        self.said.push(Asked::Cooling(target.to_owned(), until));
        until
    }

    fn enter(
        &mut self,
        now: Instant,
        target: &str,
        settings: &BreakerSettings,
        forced: bool,
    ) -> Option<Lease> {
        if self.race
            && let Some(lease) = self.guards.enter(now, target, settings, false)
        {
            if lease.probe {
                self.book.granted(now, target, lease, settings);
                self.book.phantoms.push((target.to_owned(), lease));
            } else {
                self.guards.neutral(target, lease);
            }
        }
        let lease = self.guards.enter(now, target, settings, forced);
        if let Some(lease) = lease {
            self.book.granted(now, target, lease, settings);
        }
        self.said.push(Asked::Enter { target: target.to_owned(), forced, lease });
        lease
    }

    fn success(&mut self, now: Instant, target: &str, lease: Lease) {
        self.guards.success(now, target, lease);
        self.book.returned(target, lease);
        self.book.answered(target);
        self.said.push(Asked::Success(target.to_owned(), lease));
    }

    fn failure(&mut self, now: Instant, target: &str, lease: Lease) {
        self.guards.failure(now, target, lease);
        self.book.returned(target, lease);
        self.said.push(Asked::Failure(target.to_owned(), lease));
    }

    fn neutral(&mut self, target: &str, lease: Lease) {
        self.guards.neutral(target, lease);
        self.book.returned(target, lease);
        self.said.push(Asked::Neutral(target.to_owned(), lease));
    }

    fn cool(&mut self, now: Instant, key: &str, until: Instant) {
        self.guards.cool(now, key, until);
        let known = self.book.cooling.entry(key.to_owned()).or_insert(until);
        *known = (*known).max(until);
        self.said.push(Asked::Cool(key.to_owned(), until));
    }

    fn deposit(&mut self, endpoint: &str, settings: &TokenSettings) {
        self.guards.deposit(endpoint, settings);
        self.said.push(Asked::Deposit(endpoint.to_owned()));
    }

    fn take_token(&mut self, endpoint: &str, settings: &TokenSettings) -> bool {
        let taken = self.guards.take_token(endpoint, settings);
        self.said.push(Asked::Token(endpoint.to_owned(), taken));
        taken
    }
}

/// Gives the answers of a first run again, and notes where the second run asks something else.
pub(super) struct Echo<'a> {
    said: std::slice::Iter<'a, Asked>,
    pub(super) astray: Option<String>,
    /// Answers once the second run has gone astray, so that it comes to an end.
    spare: SharedGuards,
}

impl<'a> Echo<'a> {
    pub(super) fn new(said: &'a [Asked]) -> Echo<'a> {
        Echo { said: said.iter(), astray: None, spare: SharedGuards::default() }
    }

    /// Whether everything that was asked before was asked again.
    pub(super) fn is_done(&self) -> bool {
        self.said.len() == 0
    }

    fn next(&mut self, question: &dyn std::fmt::Debug, same: impl Fn(&Asked) -> bool) -> Option<&'a Asked> {
        match self.said.next() {
            Some(asked) if same(asked) => Some(asked),
            other => {
                self.astray.get_or_insert_with(|| format!("asked {question:?}, before it was {other:?}"));
                None
            }
        }
    }
}

impl Guards for Echo<'_> {
    fn blocked_until(&mut self, now: Instant, target: &str, endpoint: &str) -> Option<Instant> {
        match self.next(&("blocked", target), |a| matches!(a, Asked::Blocked(t, _) if t == target)) {
            Some(Asked::Blocked(_, until)) => *until,
            _ => self.spare.blocked_until(now, target, endpoint),
        }
    }

    fn cooling_until(&mut self, now: Instant, target: &str, endpoint: &str) -> Option<Instant> {
        match self.next(&("cooling", target), |a| matches!(a, Asked::Cooling(t, _) if t == target)) {
            Some(Asked::Cooling(_, until)) => *until,
            _ => self.spare.cooling_until(now, target, endpoint),
        }
    }

    fn enter(
        &mut self,
        now: Instant,
        target: &str,
        settings: &BreakerSettings,
        forced: bool,
    ) -> Option<Lease> {
        let same =
            |a: &Asked| matches!(a, Asked::Enter { target: t, forced: f, .. } if t == target && *f == forced);
        match self.next(&("enter", target, forced), same) {
            Some(Asked::Enter { lease, .. }) => *lease,
            _ => self.spare.enter(now, target, settings, forced),
        }
    }

    fn success(&mut self, _: Instant, target: &str, lease: Lease) {
        self.next(&("success", target), |a| *a == Asked::Success(target.to_owned(), lease));
    }

    fn failure(&mut self, _: Instant, target: &str, lease: Lease) {
        self.next(&("failure", target), |a| *a == Asked::Failure(target.to_owned(), lease));
    }

    fn neutral(&mut self, target: &str, lease: Lease) {
        self.next(&("neutral", target), |a| *a == Asked::Neutral(target.to_owned(), lease));
    }

    fn cool(&mut self, _: Instant, key: &str, until: Instant) {
        self.next(&("cool", key, until), |a| *a == Asked::Cool(key.to_owned(), until));
    }

    fn deposit(&mut self, endpoint: &str, _: &TokenSettings) {
        self.next(&("deposit", endpoint), |a| *a == Asked::Deposit(endpoint.to_owned()));
    }

    fn take_token(&mut self, endpoint: &str, _: &TokenSettings) -> bool {
        let same = |a: &Asked| matches!(a, Asked::Token(e, _) if e == endpoint);
        matches!(self.next(&("token", endpoint), same), Some(Asked::Token(_, true)))
    }
}
