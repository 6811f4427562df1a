//! How much a model reasons.
//!
//! Knows `reasoning`. Invariant: effort and a number of tokens exclude each other; the later one wins here, and both
//! at once in a caller's own JSON are refused by the checks.

use super::json::{Object, on_object, setters, words};

words! {
    /// Share of `max_tokens` spent on reasoning: max and xhigh about 95 %, high 80, medium 50, low 20, minimal 10.
    Effort {
        Max = "max", XHigh = "xhigh", High = "high", Medium = "medium", Low = "low", Minimal = "minimal",
        None = "none",
    }
}

words! {
    /// How reasoning is summed up.
    Summary { Auto = "auto", Concise = "concise", Detailed = "detailed" }
}

/// How much the model reasons, and whether it shows it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Reasoning(Object);
on_object!(Reasoning);

impl Reasoning {
    /// The service's defaults.
    #[must_use]
    pub fn new() -> Reasoning {
        Reasoning::default()
    }

    /// Effort; takes the place of [`Reasoning::max_tokens`].
    #[must_use]
    pub fn effort(mut self, effort: impl Into<Effort>) -> Reasoning {
        self.0.remove("max_tokens");
        self.put("effort", &effort.into());
        self
    }

    /// Tokens for reasoning; takes the place of [`Reasoning::effort`].
    #[must_use]
    pub fn max_tokens(mut self, tokens: i64) -> Reasoning {
        self.0.remove("effort");
        self.put("max_tokens", &tokens);
        self
    }

    setters! {
        /// Reason, but do not return it.
        pub flag exclude;
        /// Whether to reason at all.
        pub flag enabled;
        /// How the reasoning is summed up.
        pub one summary: Summary;
    }
}

impl From<Effort> for Reasoning {
    fn from(effort: Effort) -> Reasoning {
        Reasoning::new().effort(effort)
    }
}
