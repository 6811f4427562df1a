//! Capabilities by name: what a model must have, and the chains that ship for them.
//!
//! Knows facts. Must not know a request. Invariants: one table of words; every model of a default chain is in the
//! bundled listing, is not about to be dropped, has its capability and is not `:free` (a test holds it so).

use super::facts::{Answer, Entry, Modality, Parameter};
use super::price::PriceKey;
use super::table::Catalog;
use super::words::{Word, words};

words! {
    /// What a caller can ask for with `capability=`.
    Capability {
        /// Calls tools.
        ToolCalling = "tool_calling",
        /// Takes pictures.
        Vision = "vision",
        /// Has a window of at least [`LONG_WINDOW`] tokens.
        LongContext = "long_context",
        /// Costs at most [`BUDGET_PROMPT`] and [`BUDGET_COMPLETION`].
        Budget = "budget",
        /// Holds answers to a schema.
        StructuredOutputs = "structured_outputs",
        /// Has a JSON mode.
        JsonMode = "json_mode",
        /// Reasons before it answers.
        Reasoning = "reasoning",
        /// Takes sound.
        Audio = "audio",
        /// Reads documents itself.
        Files = "files",
        /// Takes film.
        Video = "video",
        /// Makes pictures.
        ImageOutput = "image_output",
        /// Makes sound.
        AudioOutput = "audio_output",
        /// Gives the probabilities of tokens.
        Logprobs = "logprobs",
    }
}

/// What counts as a long window: the 200,000 tokens that the seed's chain calls long.
pub const LONG_WINDOW: u64 = 200_000;
/// A model for small budgets costs at most half a dollar a million prompt tokens (1e-18 dollars a token) …
pub const BUDGET_PROMPT: i128 = 500_000_000_000;
/// … and two dollars a million tokens of the answer: three times the price of the seed's `gpt-4o-mini`.
pub const BUDGET_COMPLETION: i128 = 2_000_000_000_000;

impl Capability {
    /// Whether a model has it.
    #[must_use]
    pub fn of(self, entry: &Entry) -> Answer {
        let at_most = |key, most| entry.prices.of(key, 0).map(|p| p.0 <= most);
        match self {
            Capability::ToolCalling => entry.supports(Parameter::Tools),
            Capability::Vision => entry.takes(Modality::Image),
            Capability::LongContext => known(entry.window.map(|w| w >= LONG_WINDOW)),
            Capability::Budget => {
                let prompt = at_most(PriceKey::Prompt, BUDGET_PROMPT);
                known(prompt.and_then(|p| at_most(PriceKey::Completion, BUDGET_COMPLETION).map(|c| p && c)))
            }
            Capability::StructuredOutputs => entry.supports(Parameter::StructuredOutputs),
            Capability::JsonMode => match entry.supports(Parameter::StructuredOutputs) {
                Answer::Yes => Answer::Yes,
                _ => entry.supports(Parameter::ResponseFormat),
            },
            Capability::Reasoning => entry.supports(Parameter::Reasoning),
            Capability::Audio => entry.takes(Modality::Audio),
            Capability::Files => entry.takes(Modality::File),
            Capability::Video => entry.takes(Modality::Video),
            Capability::ImageOutput => entry.gives(Modality::Image),
            Capability::AudioOutput => entry.gives(Modality::Audio),
            Capability::Logprobs => entry.supports(Parameter::Logprobs),
        }
    }
}

fn known(fact: Option<bool>) -> Answer {
    fact.map_or(Answer::Unknown, |yes| if yes { Answer::Yes } else { Answer::No })
}

/// What a model without the capability lacks, for a person.
pub(super) fn lack(wanted: Capability) -> String {
    match wanted {
        Capability::ToolCalling => "does not call tools",
        Capability::Vision => "does not take images",
        Capability::LongContext => return format!("window below the {LONG_WINDOW} tokens of long_context"),
        Capability::Budget => "costs more than `budget` allows ($0.50 and $2 a million tokens)",
        Capability::StructuredOutputs => "does not hold answers to a schema",
        Capability::JsonMode => "has no JSON mode",
        Capability::Reasoning => "does not reason",
        Capability::Audio => "does not take audio",
        Capability::Files => "does not read documents itself",
        Capability::Video => "does not take video",
        Capability::ImageOutput => "does not make images",
        Capability::AudioOutput => "does not make audio",
        Capability::Logprobs => "gives no logprobs",
    }
    .to_owned()
}

/// One link of the built-in chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DefaultLink {
    /// The model.
    pub model: &'static str,
    /// Limit of its attempt, in seconds.
    pub timeout: u64,
    /// Its name in traces.
    pub label: &'static str,
}

// Chosen on 2026-11-20 from the listing of 2026-08. The seed's models have left the listing or are two years old; each
// stands here with the newest model of its place that does not think unless asked: with the seed's default of
// 1,024 tokens, a model that thinks first can spend them all and answer with nothing.
//   claude-3.5-sonnet    -> claude-sonnet-4.6      same family and price class; sonnet-5 thinks by default
//   gpt-4o               -> gpt-5.4                same price for a prompt; the 5.5 and 5.6 models think by default
//   gpt-4o-mini          -> gpt-5.4-mini           what the service's own alias `~openai/gpt-mini-latest` stands for
//   gemini-2.0-flash-001 -> gemini-3.1-flash-lite  newest of the fast line that thinks but minimally by default
const SONNET: &str = "anthropic/claude-sonnet-4.6";
const GPT: &str = "openai/gpt-5.4";
const GPT_MINI: &str = "openai/gpt-5.4-mini";
const FLASH: &str = "google/gemini-3.1-flash-lite";

/// The chain of a client that was given none; limits and labels are the seed's.
pub const DEFAULT_CHAIN: [DefaultLink; 4] = [
    DefaultLink { model: SONNET, timeout: 30, label: "primary" },
    DefaultLink { model: GPT, timeout: 25, label: "secondary" },
    DefaultLink { model: GPT_MINI, timeout: 15, label: "budget-fallback" },
    DefaultLink { model: FLASH, timeout: 15, label: "last-resort" },
];

/// The seed's capability chains with the same successors, in the seed's order. In `long_context` all three now have
/// about a million tokens. `budget` replaces `gpt-4o-mini` by the small model at its price, llama-3.1-8b by the
/// small Llama that still has several providers, and the seed's `:free` model by its paid successor: free models
/// share one daily cap, so that a second one cannot rescue the first.
const DEFAULTS: [(Capability, [&str; 3]); 4] = [
    (Capability::ToolCalling, [SONNET, GPT, GPT_MINI]),
    (Capability::Vision, [GPT, SONNET, FLASH]),
    (Capability::LongContext, [FLASH, SONNET, GPT]),
    (
        Capability::Budget,
        ["openai/gpt-5.4-nano", "meta-llama/llama-3.3-70b-instruct", "google/gemma-4-31b-it"],
    ),
];

/// Who is asked first where a chain is built: makers whose models many providers serve, then the rest by name.
const MAKERS: [&str; 8] =
    ["anthropic", "openai", "google", "mistralai", "deepseek", "qwen", "meta-llama", "x-ai"];

/// Links of a built chain: as many as the built-in one has.
const BUILT_LINKS: usize = 4;

impl Catalog {
    /// The chain for a set of capabilities: the default one for a single `tool_calling`, `vision`, `long_context` or
    /// `budget`, otherwise one built from this catalogue.
    ///
    /// A built chain has at most four links, one per maker, so that no maker's outage takes them all; of each maker
    /// the newest model (by its dated name, then by id) that surely has every capability, that is priced, listed,
    /// not about to be dropped, not a router, an alias or a variant such as `:free`, and that costs at most 15
    /// dollars a million tokens of the answer. The same catalogue gives the same chain. Empty if no model has them.
    #[must_use]
    pub fn capability_chain(&self, wanted: &[Capability]) -> Vec<&str> {
        if let [one] = wanted
            && let Some((_, chain)) = DEFAULTS.iter().find(|(c, _)| c == one)
        {
            return chain.to_vec();
        }
        let mut best: Vec<&Entry> = Vec::new();
        for entry in self.iter().filter(|e| is_choice(e) && wanted.iter().all(|c| c.of(e) == Answer::Yes)) {
            match best.iter_mut().find(|b| b.author() == entry.author()) {
                Some(found) if age(found) <= age(entry) => *found = entry,
                Some(_) => {}
                None => best.push(entry),
            }
        }
        best.sort_by(|a, b| (rank(a), &a.id).cmp(&(rank(b), &b.id)));
        best.iter().take(BUILT_LINKS).map(|e| &*e.id).collect()
    }
}

/// The place of its maker in the order of chains.
pub(super) fn rank(entry: &Entry) -> usize {
    MAKERS.iter().position(|m| *m == entry.author()).unwrap_or(MAKERS.len())
}

/// Whether a chain may be built with it.
pub(super) fn is_choice(entry: &Entry) -> bool {
    const DEAREST: i128 = 15_000_000_000_000;
    let price = entry.prices.of(PriceKey::Completion, 0).map_or(0, |p| p.0);
    let plain = !entry.id.contains([':', '~']) && entry.author() != "openrouter";
    plain && !entry.delisted && entry.expires.is_none() && price > 0 && price <= DEAREST
}

/// The eight digits of a date at the end of the dated name; names without one count as oldest.
pub(super) fn age(entry: &Entry) -> (&str, &str) {
    let dated = entry.canonical.rsplit('-').next().filter(|d| d.len() == 8 && d.starts_with("20"));
    (dated.unwrap_or(""), &entry.id)
}
