//! The facts about one model: what it takes, gives, supports and costs, and who said so when.
//!
//! Knows money. Must not know requests or policy. Invariants: a fact that no listing states is `None` or
//! [`Answer::Unknown`], never a guess; words that no list knows are kept, not dropped.

use super::price::Prices;
use super::words::{Word, Words, words};
use std::sync::Arc;

words! {
    /// Request parameters that a listing may name under `supported_parameters` (contract section 2.5).
    Parameter {
        /// `temperature`
        Temperature = "temperature",
        /// `top_p`
        TopP = "top_p",
        /// `top_k`
        TopK = "top_k",
        /// `min_p`
        MinP = "min_p",
        /// `top_a`
        TopA = "top_a",
        /// `frequency_penalty`
        FrequencyPenalty = "frequency_penalty",
        /// `presence_penalty`
        PresencePenalty = "presence_penalty",
        /// `repetition_penalty`
        RepetitionPenalty = "repetition_penalty",
        /// `max_tokens`
        MaxTokens = "max_tokens",
        /// `max_completion_tokens`
        MaxCompletionTokens = "max_completion_tokens",
        /// `logit_bias`
        LogitBias = "logit_bias",
        /// `logprobs`
        Logprobs = "logprobs",
        /// `top_logprobs`
        TopLogprobs = "top_logprobs",
        /// `prediction`
        Prediction = "prediction",
        /// `seed`
        Seed = "seed",
        /// `response_format`: JSON mode
        ResponseFormat = "response_format",
        /// `structured_outputs`: answers held to a schema
        StructuredOutputs = "structured_outputs",
        /// `stop`
        Stop = "stop",
        /// `tools`
        Tools = "tools",
        /// `tool_choice`: a tool can be forced
        ToolChoice = "tool_choice",
        /// `parallel_tool_calls`
        ParallelToolCalls = "parallel_tool_calls",
        /// `include_reasoning`
        IncludeReasoning = "include_reasoning",
        /// `reasoning`
        Reasoning = "reasoning",
        /// `reasoning_effort`
        ReasoningEffort = "reasoning_effort",
        /// `web_search_options`
        WebSearchOptions = "web_search_options",
        /// `verbosity`
        Verbosity = "verbosity",
    }
}

words! {
    /// Kinds of content that a model takes or gives (`architecture` in a listing).
    Modality {
        /// Text.
        Text = "text",
        /// Pictures.
        Image = "image",
        /// Documents, read natively.
        File = "file",
        /// Sound.
        Audio = "audio",
        /// Film.
        Video = "video",
    }
}

words! {
    /// When a model reasons before it answers, which spends tokens of the answer.
    Thinking {
        /// Whether asked or not.
        Always = "always",
        /// Unless told not to.
        Unasked = "unasked",
        /// When asked, or not at all.
        Asked = "asked",
    }
}

/// What the catalogue says about a capability.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// A listing says so.
    Yes,
    /// A listing names what the model supports, and this is not among it.
    No,
    /// No listing says.
    Unknown,
}

/// Where facts come from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Origin {
    /// Whose listing: a URL or a file name.
    pub source: Box<str>,
    /// The day of the listing, `YYYY-MM` or `YYYY-MM-DD`.
    pub date: Box<str>,
}

/// One model as a listing describes it.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    /// The id to ask for: `author/slug[:variant]`.
    pub id: Box<str>,
    /// The dated permanent name under which answers often come back; equal to `id` where the listing has none.
    pub canonical: Box<str>,
    /// For an alias (`~author/family-latest`) the id that it stands for.
    pub alias_of: Option<Box<str>>,
    /// Largest context window, prompt and answer together, that any provider of the model offers; in tokens.
    pub window: Option<u64>,
    /// Window of the provider that the service prefers, where it is another (smaller) one.
    pub usual_window: Option<u64>,
    /// Longest answer that the preferred provider gives; in tokens.
    pub max_output: Option<u64>,
    /// Content that it takes.
    pub inputs: Words<Modality>,
    /// Content that it gives.
    pub outputs: Words<Modality>,
    /// Parameters that at least one of its providers supports.
    pub parameters: Words<Parameter>,
    /// When it reasons; `None` where the listing does not describe its reasoning.
    pub thinking: Option<Thinking>,
    /// What it costs.
    pub prices: Prices,
    /// The day on which the service drops it, `YYYY-MM-DD`.
    pub expires: Option<Box<str>>,
    /// Whether the preferred provider filters content before the model sees it.
    pub moderated: Option<bool>,
    /// True if an older listing had it and the newest does not.
    pub delisted: bool,
    /// Who says all this, and when.
    pub origin: Arc<Origin>,
}

impl Entry {
    /// Whether the model supports a request parameter.
    ///
    /// Listings are the union over a model's providers, so `Yes` means that some provider does. Absence of
    /// `parallel_tool_calls` is no refusal: the listing of 2026-08 names it for 6 of 345 models with tools.
    #[must_use]
    pub fn supports(&self, parameter: Parameter) -> Answer {
        match self.parameters.has(parameter) {
            true => Answer::Yes,
            false if self.parameters.is_empty() || parameter == Parameter::ParallelToolCalls => {
                Answer::Unknown
            }
            false => Answer::No,
        }
    }

    /// Whether the model takes content of this kind.
    #[must_use]
    pub fn takes(&self, kind: Modality) -> Answer {
        Entry::lists(&self.inputs, kind)
    }

    /// Whether the model gives content of this kind.
    #[must_use]
    pub fn gives(&self, kind: Modality) -> Answer {
        Entry::lists(&self.outputs, kind)
    }

    /// The part of the id before the first `/`, without the mark of an alias: who made it.
    #[must_use]
    pub fn author(&self) -> &str {
        self.id.split_once('/').map_or("", |(author, _)| author.trim_start_matches('~'))
    }

    /// Whether a chat completion can be asked of it: `:batch` ids are served by another route.
    #[must_use]
    pub fn is_chat(&self) -> bool {
        !self.id.ends_with(":batch")
    }

    fn lists(set: &Words<Modality>, kind: Modality) -> Answer {
        match set.has(kind) {
            true => Answer::Yes,
            false if set.is_empty() => Answer::Unknown,
            false => Answer::No,
        }
    }
}
