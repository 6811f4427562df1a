//! Not-before times that a server named.
//!
//! Knows instants. Must not know what a target is beyond its id. Invariants: a time only moves later while it is
//! in force; entries that have passed are dropped, so the table stays as small as the set of cooling targets.

use crate::base::Instant;
use std::collections::BTreeMap;

/// Targets (links, models, endpoints, whatever the caller names) that asked to be left alone for a while.
#[derive(Clone, Debug, Default)]
pub struct Cooldowns {
    until: BTreeMap<String, Instant>,
}

impl Cooldowns {
    /// Leaves `target` alone until `until`.
    pub fn set(&mut self, now: Instant, target: &str, until: Instant) {
        self.until.retain(|_, t| *t > now);
        if until <= now {
            return;
        }
        match self.until.get_mut(target) {
            Some(t) => *t = (*t).max(until),
            None => {
                self.until.insert(target.to_owned(), until);
            }
        }
    }

    /// Until when `target` is to be left alone; `None` if it is free.
    #[must_use]
    pub fn until(&self, now: Instant, target: &str) -> Option<Instant> {
        self.until.get(target).copied().filter(|t| *t > now)
    }

    /// The target answered: it is free.
    pub fn clear(&mut self, target: &str) {
        self.until.remove(target);
    }

    /// Everything in force, for display.
    pub fn iter(&self, now: Instant) -> impl Iterator<Item = (&str, Instant)> {
        self.until.iter().filter(move |(_, t)| **t > now).map(|(k, t)| (k.as_str(), *t))
    }

    /// Frees everything.
    pub fn reset(&mut self) {
        self.until.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cooldown_holds_until_its_time_and_never_shortens() {
        let mut c = Cooldowns::default();
        c.set(Instant(0), "a", Instant(100));
        c.set(Instant(10), "a", Instant(50));
        assert_eq!(c.until(Instant(99), "a"), Some(Instant(100)));
        assert_eq!(c.until(Instant(100), "a"), None);
        assert_eq!(c.until(Instant(0), "b"), None);
        c.set(Instant(200), "b", Instant(300));
        assert_eq!(c.until.len(), 1, "passed entries are dropped");
        c.clear("b");
        assert_eq!(c.until(Instant(200), "b"), None);
    }
}
