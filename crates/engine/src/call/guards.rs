//! What calls share: one trait of single atomic questions, and its plain form.
//!
//! Knows guards. Must not know calls. Invariants: every method is one whole question, so a lock around each is
//! enough and none is held while anything is decoded; keys are identities, never secrets.

use crate::base::Instant;
use crate::guard::breaker::Entry;
use crate::guard::{Breaker, BreakerSettings, Cooldowns, Lease, RetryTokens, TokenSettings};
use std::collections::BTreeMap;

/// The questions that a call asks of shared state.
pub trait Guards {
    /// Until when a link is better left alone: a cooldown of its target or key, or an open breaker.
    fn blocked_until(&mut self, now: Instant, target: &str, endpoint: &str) -> Option<Instant>;
    /// The part of [`Guards::blocked_until`] that a server asked for: a cooldown of its target or key.
    fn cooling_until(&mut self, now: Instant, target: &str, endpoint: &str) -> Option<Instant>;
    /// Takes the right to make an attempt; `None` if another call just took the one probe. `forced` is granted always.
    fn enter(
        &mut self,
        now: Instant,
        target: &str,
        settings: &BreakerSettings,
        forced: bool,
    ) -> Option<Lease>;
    /// The attempt answered.
    fn success(&mut self, now: Instant, target: &str, lease: Lease);
    /// The attempt failed in a way that speaks against its target.
    fn failure(&mut self, now: Instant, target: &str, lease: Lease);
    /// The attempt ended in a way that says nothing about its target.
    fn neutral(&mut self, target: &str, lease: Lease);
    /// Leaves a target or an endpoint alone until a time that its server named.
    fn cool(&mut self, now: Instant, key: &str, until: Instant);
    /// A call sends its first attempt to an endpoint.
    fn deposit(&mut self, endpoint: &str, settings: &TokenSettings);
    /// Takes a retry token of an endpoint.
    fn take_token(&mut self, endpoint: &str, settings: &TokenSettings) -> bool;
}

/// The plain form, for one thread at a time; clients put a lock around it, simulations do not need one.
#[derive(Debug, Default)]
pub struct SharedGuards {
    cooldowns: Cooldowns,
    breakers: BTreeMap<String, Breaker>,
    tokens: BTreeMap<String, RetryTokens>,
}

/// What [`SharedGuards`] knows of one target, for display.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetHealth {
    /// The target's identity.
    pub target: String,
    /// `closed`, `open` or `half_open`.
    pub breaker: &'static str,
    /// Until when it is left alone.
    pub blocked_until: Option<Instant>,
}

impl SharedGuards {
    /// State of every target that was ever asked.
    #[must_use]
    pub fn health(&self, now: Instant) -> Vec<TargetHealth> {
        self.breakers
            .iter()
            .map(|(target, b)| TargetHealth {
                target: target.clone(),
                breaker: b.state(now),
                blocked_until: b.blocked_until(now).max(self.cooldowns.until(now, target)),
            })
            .collect()
    }

    /// Retry tokens left per endpoint.
    #[must_use]
    pub fn tokens(&self) -> Vec<(String, f64)> {
        self.tokens.iter().map(|(k, t)| (k.clone(), t.level())).collect()
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        *self = SharedGuards::default();
    }

    fn bucket(&mut self, endpoint: &str, settings: &TokenSettings) -> &mut RetryTokens {
        self.tokens.entry(endpoint.to_owned()).or_insert_with(|| RetryTokens::new(settings))
    }
}

impl Guards for SharedGuards {
    fn blocked_until(&mut self, now: Instant, target: &str, endpoint: &str) -> Option<Instant> {
        let cooling = self.cooling_until(now, target, endpoint);
        cooling.max(self.breakers.get(target).and_then(|b| b.blocked_until(now)))
    }

    fn cooling_until(&mut self, now: Instant, target: &str, endpoint: &str) -> Option<Instant> {
        self.cooldowns.until(now, target).max(self.cooldowns.until(now, endpoint))
    }

    fn enter(
        &mut self,
        now: Instant,
        target: &str,
        settings: &BreakerSettings,
        forced: bool,
    ) -> Option<Lease> {
        if !self.breakers.contains_key(target) {
            self.breakers.insert(target.to_owned(), Breaker::new(*settings));
        }
        let breaker = self.breakers.get_mut(target)?;
        breaker.adopt(settings);
        if forced {
            return Some(breaker.force(now));
        }
        match breaker.enter(now) {
            Entry::Pass(lease) => Some(lease),
            Entry::Closed(_) => None,
        }
    }

    fn success(&mut self, now: Instant, target: &str, lease: Lease) {
        if let Some(b) = self.breakers.get_mut(target) {
            b.success(now, lease);
        }
        self.cooldowns.clear(target);
    }

    fn failure(&mut self, now: Instant, target: &str, lease: Lease) {
        if let Some(b) = self.breakers.get_mut(target) {
            b.failure(now, lease);
        }
    }

    fn neutral(&mut self, target: &str, lease: Lease) {
        if let Some(b) = self.breakers.get_mut(target) {
            b.neutral(lease);
        }
    }

    fn cool(&mut self, now: Instant, key: &str, until: Instant) {
        self.cooldowns.set(now, key, until);
    }

    fn deposit(&mut self, endpoint: &str, settings: &TokenSettings) {
        self.bucket(endpoint, settings).deposit(settings);
    }

    fn take_token(&mut self, endpoint: &str, settings: &TokenSettings) -> bool {
        self.bucket(endpoint, settings).take(settings)
    }
}
