//! Models to name where none of those asked for can do what a request needs.
//!
//! Knows needs and what chains are built of. Must not plan. Invariants: only models of which the facts say that they
//! fit; the same catalogue gives the same names.

use super::capability::{age, is_choice, rank};
use super::facts::Entry;
use super::fit::{Fit, fit};
use super::need::Need;
use super::table::Catalog;

impl Catalog {
    /// Up to three models that surely meet a need, of different makers, chosen as for a built chain.
    #[must_use]
    pub fn suggestions(&self, need: &Need) -> Vec<&str> {
        let mut best: Vec<&Entry> = Vec::new();
        for entry in self.iter().filter(|e| is_choice(e)) {
            let place = best.iter().position(|b| b.author() == entry.author());
            if place.is_some_and(|at| age(best[at]) > age(entry)) || fit(need, Some(entry)) != Fit::Fits {
                continue;
            }
            match place {
                Some(at) => best[at] = entry,
                None => best.push(entry),
            }
        }
        best.sort_by(|a, b| (rank(a), &a.id).cmp(&(rank(b), &b.id)));
        best.iter().take(3).map(|e| &*e.id).collect()
    }
}
