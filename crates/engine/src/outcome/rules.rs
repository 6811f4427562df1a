//! What a classifier rule is: conditions over the evidence of a fault, and a verdict.
//!
//! Knows evidence. Must not know any particular service (the table does). Invariants: every group of conditions
//! that is not empty must hold; within a group one member suffices; of all rules that match the last one wins,
//! and the user's own rules come after ours.

use super::evidence::Evidence;
use super::{Scope, own::OwnRule, table};
use crate::error::Kind;
use std::borrow::Cow;

/// A fact about a fault that is neither status nor word nor phrase.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fact {
    /// The endpoint passes on what a provider behind it said.
    Upstream,
    /// An HTML or XML page of a gateway.
    Page,
    /// The request alone exceeds the limit that it names: no wait helps.
    NeverFits,
    /// It names a time after which to try again.
    NamesWait,
    /// It names a wait of a day or more.
    WaitsADay,
    /// Account-wide rate-limit headers that are used up, and no provider named.
    AccountHeaders,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Name, as it stands in traces and reports.
    pub name: &'static str,
    /// Where the fact comes from.
    pub source: &'static str,
    /// The service whose own habit it states; empty for what holds in general.
    pub of: &'static str,
    /// Ranges of the effective status, both ends included; 0 is "no status known".
    pub status: &'static [(u16, u16)],
    /// Machine words, whole; a `*` at the end stands for any rest.
    pub words: &'static [&'static str],
    /// Phrases in the lower-cased texts; a `*` inside stands for a short gap.
    pub texts: &'static [&'static str],
    /// Phrases of which one must occur as well.
    pub also: &'static [&'static str],
    /// Phrases of which none may occur.
    pub unless: &'static [&'static str],
    /// A fact that must hold.
    pub fact: Option<Fact>,
    /// What it means.
    pub kind: Kind,
    /// Whom else it would hit.
    pub scope: Scope,
    /// Whether the same link may work later, where it differs from what the kind implies.
    pub retryable: Option<bool>,
}

impl Rule {
    pub(super) const fn new(name: &'static str, source: &'static str, kind: Kind, scope: Scope) -> Rule {
        Rule {
            name,
            source,
            of: "",
            status: &[],
            words: &[],
            texts: &[],
            also: &[],
            unless: &[],
            fact: None,
            kind,
            scope,
            retryable: None,
        }
    }

    pub(super) const fn status(self, status: &'static [(u16, u16)]) -> Rule {
        Rule { status, ..self }
    }

    pub(super) const fn words(self, words: &'static [&'static str]) -> Rule {
        Rule { words, ..self }
    }

    pub(super) const fn texts(self, texts: &'static [&'static str]) -> Rule {
        Rule { texts, ..self }
    }

    pub(super) const fn also(self, also: &'static [&'static str]) -> Rule {
        Rule { also, ..self }
    }

    pub(super) const fn unless(self, unless: &'static [&'static str]) -> Rule {
        Rule { unless, ..self }
    }

    pub(super) const fn fact(self, fact: Fact) -> Rule {
        Rule { fact: Some(fact), ..self }
    }

    pub(super) const fn of(self, of: &'static str) -> Rule {
        Rule { of, ..self }
    }

    pub(super) const fn retryable(self, retryable: bool) -> Rule {
        Rule { retryable: Some(retryable), ..self }
    }

    /// Whether every condition holds.
    #[must_use]
    pub fn matches(&self, e: &Evidence<'_>) -> bool {
        (self.status.is_empty() || self.status.iter().any(|(from, to)| (*from..=*to).contains(&e.status)))
            && self.fact.is_none_or(|f| e.facts.contains(&f))
            && (self.words.is_empty() || self.words.iter().any(|w| e.has_word(w)))
            && (self.texts.is_empty() || self.texts.iter().any(|t| e.has_text(t)))
            && (self.also.is_empty() || self.also.iter().any(|t| e.has_text(t)))
            && !self.unless.iter().any(|t| e.has_text(t))
    }
}

/// What the winning rule says.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What it means.
    pub kind: Kind,
    /// Whom else it would hit.
    pub scope: Scope,
    /// Whether the same link may work later, where the rule says so.
    pub retryable: Option<bool>,
    /// Name of the rule.
    pub rule: Cow<'static, str>,
    /// Where it comes from.
    pub source: Cow<'static, str>,
}

/// The rules in force: ours, then the user's own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    without: Option<String>,
    own: Vec<OwnRule>,
}

impl Rules {
    /// Ours with the user's own after them.
    #[must_use]
    pub fn with(own: Vec<OwnRule>) -> Rules {
        Rules { without: None, own }
    }

    /// Ours without those that state one service's own habits: to measure how much depends on them.
    #[must_use]
    pub fn without(service: &str) -> Rules {
        Rules { without: Some(service.to_owned()), own: Vec::new() }
    }

    /// The services that have rules of their own.
    #[must_use]
    pub fn services() -> Vec<&'static str> {
        let mut all: Vec<&str> = table::RULES.iter().map(|r| r.of).filter(|s| !s.is_empty()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Our rules in force, in order.
    pub fn ours(&self) -> impl DoubleEndedIterator<Item = &'static Rule> {
        let without = self.without.as_deref();
        table::RULES.iter().filter(move |r| r.of.is_empty() || Some(r.of) != without)
    }

    /// The verdict of the last rule that matches.
    #[must_use]
    pub fn judge(&self, e: &Evidence<'_>) -> Verdict {
        if let Some(rule) = self.own.iter().rev().find(|r| r.matches(e)) {
            return rule.verdict();
        }
        let rule = self.ours().rev().find(|r| r.matches(e)).unwrap_or(&table::UNKNOWN);
        Verdict {
            kind: rule.kind,
            scope: rule.scope,
            retryable: rule.retryable,
            rule: Cow::Borrowed(rule.name),
            source: Cow::Borrowed(rule.source),
        }
    }
}
