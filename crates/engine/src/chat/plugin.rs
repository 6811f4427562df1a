//! Plugins of the service.
//!
//! Knows their ids and settings. Must not know what they do to a request. Invariant: one type per plugin, so that a
//! setting can only be given to the plugin that has it; each becomes a [`Plugin`] by `build()` or `into()`.

use super::json::{Object, on_object, setters, words};

/// A plugin and its settings.
#[derive(Clone, PartialEq, Eq)]
pub struct Plugin(Object);
on_object!(Plugin);

impl From<Plugin> for Vec<Plugin> {
    fn from(plugin: Plugin) -> Vec<Plugin> {
        vec![plugin]
    }
}

words! {
    /// Who reads PDF files.
    ParsingEngine { MistralOcr = "mistral-ocr", Native = "native", CloudflareAi = "cloudflare-ai", PdfText = "pdf-text" }
}

words! {
    /// Who searches the web.
    SearchEngine {
        Native = "native", Exa = "exa", Firecrawl = "firecrawl", Parallel = "parallel", Perplexity = "perplexity",
    }
}

words! {
    /// Between cost and quality.
    CostTier { Low = "low", Medium = "medium", High = "high", XHigh = "xhigh", Max = "max" }
}

macro_rules! plugins {
    ($($(#[$m:meta])* $name:ident, $start:ident, $id:literal { $($setters:tt)* })+) => {
        impl Plugin {
            $($(#[$m])* #[must_use]
            pub fn $start() -> $name {
                let mut object = Object::default();
                object.put("id", $id);
                $name(object)
            })+
        }
        $(
            $(#[$m])*
            #[derive(Clone, PartialEq, Eq)]
            pub struct $name(Object);
            on_object!($name);

            impl $name {
                setters! {
                    /// False turns the plugin off for this request.
                    pub flag enabled;
                    $($setters)*
                }

                /// The plugin.
                #[must_use]
                pub fn build(self) -> Plugin {
                    Plugin(self.0)
                }
            }

            impl From<$name> for Plugin {
                fn from(plugin: $name) -> Plugin {
                    plugin.build()
                }
            }

            impl From<$name> for Vec<Plugin> {
                fn from(plugin: $name) -> Vec<Plugin> {
                    vec![plugin.build()]
                }
            }
        )+
    };
}

plugins! {
    /// Settings of `openrouter/auto`.
    AutoRouter, auto_router, "auto-router" {
        /// Patterns such as `anthropic/*`; at most 1024.
        pub texts allowed_models;
        /// Patterns to leave out; at most 1024.
        pub texts excluded_models;
        /// Between cost and quality.
        pub one cost_tier: CostTier;
        /// Stay with the model of the last answer.
        pub flag pin_model;
    }
    /// Settings of `openrouter/auto-beta`.
    AutoBetaRouter, auto_beta_router, "auto-beta-router" {
        /// Patterns such as `anthropic/*`; at most 1024.
        pub texts allowed_models;
        /// Patterns to leave out; at most 1024.
        pub texts excluded_models;
        /// Between cost and quality.
        pub one cost_tier: CostTier;
    }
    /// Moderates the request first.
    Moderation, moderation, "moderation" {}
    /// Web search before the answer.
    Web, web, "web" {
        /// Who searches.
        pub one engine: SearchEngine;
        /// How many results.
        pub int max_results;
        /// Text put before the results.
        pub text search_prompt;
        /// Only these domains.
        pub texts include_domains;
        /// Never these domains.
        pub texts exclude_domains;
        /// How many searches in one turn.
        pub int max_uses;
        /// A mode of the engine's.
        pub text mode;
    }
    /// Fetches web pages.
    WebFetch, web_fetch, "web-fetch" {
        /// Only these domains.
        pub texts allowed_domains;
        /// Never these domains.
        pub texts blocked_domains;
        /// How many pages.
        pub int max_uses;
        /// Tokens of a page after which it is cut.
        pub int max_content_tokens;
    }
    /// Reads files for models that cannot.
    FileParser, file_parser, "file-parser" {}
    /// Repairs broken JSON in answers.
    ResponseHealing, response_healing, "response-healing" {}
    /// Shortens prompts that do not fit; on by default where the window is at most 8192 tokens.
    ContextCompression, context_compression, "context-compression" {
        /// How, such as `middle-out`.
        pub text engine;
    }
    /// Picks the best model for a price.
    ParetoRouter, pareto_router, "pareto-router" {
        /// Least score in coding.
        pub number min_coding_score;
        /// US dollars per million tokens.
        pub number max_price;
        /// Which price, such as `prompt` or `weighted_avg`.
        pub text price_source;
    }
    /// Several models analyse, one answers.
    Fusion, fusion, "fusion" {
        /// The model that answers.
        pub text model;
        /// The models that analyse; at most 8.
        pub texts analysis_models;
        /// Tool calls of each; at most 16.
        pub int max_tool_calls;
        /// A named selection such as `general-high`.
        pub text preset;
    }
}

impl Plugin {
    /// A plugin that this version does not know; set its keys with `with_field`.
    #[must_use]
    pub fn other(id: impl Into<String>) -> Plugin {
        let mut plugin = Plugin(Object::default());
        plugin.put("id", &id.into());
        plugin
    }
}

impl FileParser {
    /// Who reads PDF files.
    #[must_use]
    pub fn engine(mut self, engine: impl Into<ParsingEngine>) -> FileParser {
        let mut pdf = Object::default();
        pdf.put("engine", &engine.into());
        self.put("pdf", &pdf);
        self
    }
}
