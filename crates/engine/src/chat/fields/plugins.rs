//! The table of plugins.
//!
//! Knows the plugins that `OpenRouter` documents. Must not know what they do to a request. Invariant: the list is
//! open; an unknown `id` passes.

use super::super::schema::{
    INT, NUMBER, Other, Rest, Shape, TEXT, TEXTS, Type, Union, Words, field, list, list_up_to, whole,
};

const ID: &str = "Which plugin.";
const ENABLED: &str = "False turns it off for this request.";

/// `plugins[]`.
pub static PLUGIN: Union = Union {
    name: "Plugin",
    doc: "A plugin of the service and its settings.",
    tag: "id",
    variants: &[
        ("auto-router", &AUTO_ROUTER),
        ("auto-beta-router", &AUTO_BETA_ROUTER),
        ("moderation", &MODERATION),
        ("web", &WEB),
        ("web-fetch", &WEB_FETCH),
        ("file-parser", &FILE_PARSER),
        ("response-healing", &RESPONSE_HEALING),
        ("context-compression", &CONTEXT_COMPRESSION),
        ("pareto-router", &PARETO_ROUTER),
        ("fusion", &FUSION),
    ],
    other: Other::Pass(&OTHER),
    untagged: None,
};

static COST_TIER: Words = Words {
    name: "CostTier",
    doc: "Named setting between cost and quality.",
    known: &["low", "medium", "high", "xhigh", "max"],
};
const PATTERNS: Type = list_up_to(1024, &TEXT);

static AUTO_ROUTER: Shape = Shape {
    name: "AutoRouterPlugin",
    doc: "Settings of `openrouter/auto`.",
    rest: Rest::Pass,
    fields: &[
        field("id", TEXT, ID).required(),
        field("enabled", Type::Bool, ENABLED),
        field("allowed_models", PATTERNS, "Patterns such as `anthropic/*`; at most 1024."),
        field("excluded_models", PATTERNS, "Patterns to leave out; at most 1024."),
        field("cost_tier", Type::Words(&COST_TIER), "Between cost and quality."),
        field("pin_model", Type::Bool, "Stay with the model of the last answer. Default false."),
        field("cost_quality_tradeoff", whole(0, 10), "0 to 10.").deprecated("use `cost_tier`"),
    ],
};
static AUTO_BETA_ROUTER: Shape = Shape {
    name: "AutoBetaRouterPlugin",
    doc: "Settings of `openrouter/auto-beta`.",
    rest: Rest::Pass,
    fields: &[
        field("id", TEXT, ID).required(),
        field("enabled", Type::Bool, ENABLED),
        field("allowed_models", PATTERNS, "Patterns such as `anthropic/*`; at most 1024."),
        field("excluded_models", PATTERNS, "Patterns to leave out; at most 1024."),
        field("cost_tier", Type::Words(&COST_TIER), "Between cost and quality."),
        field("cost_quality_tradeoff", whole(0, 10), "0 to 10.").deprecated("use `cost_tier`"),
    ],
};
static MODERATION: Shape = Shape {
    name: "ModerationPlugin",
    doc: "Moderates the request first.",
    rest: Rest::Pass,
    fields: &[field("id", TEXT, ID).required(), field("enabled", Type::Bool, ENABLED)],
};

static WEB_ENGINE: Words = Words {
    name: "WebSearchEngine",
    doc: "Who searches the web.",
    known: &["native", "exa", "firecrawl", "parallel", "perplexity"],
};
static WEB: Shape = Shape {
    name: "WebPlugin",
    doc: "Web search before the answer.",
    rest: Rest::Pass,
    fields: &[
        field("id", TEXT, ID).required(),
        field("enabled", Type::Bool, ENABLED),
        field("engine", Type::Words(&WEB_ENGINE), "Who searches."),
        field("max_results", INT, "How many results."),
        field("search_prompt", TEXT, "Text put before the results."),
        field("include_domains", TEXTS, "Only these domains."),
        field("exclude_domains", TEXTS, "Never these domains."),
        field("max_uses", INT, "How many searches in one turn."),
        field("mode", TEXT, "A mode of the engine's."),
        field("user_location", Type::Object(&USER_LOCATION), "Where the user is, roughly."),
    ],
};
static USER_LOCATION: Shape = Shape {
    name: "UserLocation",
    doc: "Where the user is, roughly.",
    rest: Rest::Pass,
    fields: &[
        field("type", TEXT, "`approximate`.").required(),
        field("city", TEXT, "City."),
        field("region", TEXT, "Region."),
        field("country", TEXT, "Two-letter country code."),
        field("timezone", TEXT, "Such as `Europe/Berlin`."),
    ],
};
static WEB_FETCH: Shape = Shape {
    name: "WebFetchPlugin",
    doc: "Fetches web pages.",
    rest: Rest::Pass,
    fields: &[
        field("id", TEXT, ID).required(),
        field("enabled", Type::Bool, ENABLED),
        field("allowed_domains", TEXTS, "Only these domains."),
        field("blocked_domains", TEXTS, "Never these domains."),
        field("max_uses", INT, "How many pages."),
        field("max_content_tokens", INT, "Tokens of a page after which it is cut."),
    ],
};

static PDF_ENGINE: Words = Words {
    name: "PdfEngine",
    doc: "Who reads PDF files.",
    known: &["mistral-ocr", "native", "cloudflare-ai", "pdf-text"],
};
static FILE_PARSER: Shape = Shape {
    name: "FileParserPlugin",
    doc: "Reads files for models that cannot.",
    rest: Rest::Pass,
    fields: &[
        field("id", TEXT, ID).required(),
        field("enabled", Type::Bool, ENABLED),
        field("pdf", Type::Object(&PDF), "How PDF files are read."),
    ],
};
static PDF: Shape = Shape {
    name: "PdfOptions",
    doc: "How PDF files are read.",
    rest: Rest::Pass,
    fields: &[field("engine", Type::Words(&PDF_ENGINE), "Who reads them.")],
};
static RESPONSE_HEALING: Shape = Shape {
    name: "ResponseHealingPlugin",
    doc: "Repairs broken JSON in answers.",
    rest: Rest::Pass,
    fields: &[field("id", TEXT, ID).required(), field("enabled", Type::Bool, ENABLED)],
};

static COMPRESSION: Words =
    Words { name: "CompressionEngine", doc: "How prompts are shortened.", known: &["middle-out"] };
static CONTEXT_COMPRESSION: Shape = Shape {
    name: "ContextCompressionPlugin",
    doc: "Shortens prompts that do not fit. On by default where the window is at most 8192 tokens.",
    rest: Rest::Pass,
    fields: &[
        field("id", TEXT, ID).required(),
        field(
            "enabled",
            Type::Bool,
            "False gives an error, and so a fallback, instead of a shortened prompt.",
        ),
        field("engine", Type::Words(&COMPRESSION), "How."),
    ],
};
static PRICE_SOURCE: Words =
    Words { name: "PriceSource", doc: "Which price is compared.", known: &["prompt", "weighted_avg"] };
static PARETO_ROUTER: Shape = Shape {
    name: "ParetoRouterPlugin",
    doc: "Picks the best model for a price.",
    rest: Rest::Pass,
    fields: &[
        field("id", TEXT, ID).required(),
        field("enabled", Type::Bool, ENABLED),
        field("min_coding_score", NUMBER, "Least score in coding."),
        field("max_price", NUMBER, "US dollars per million tokens."),
        field("price_source", Type::Words(&PRICE_SOURCE), "Which price. Default `prompt`."),
    ],
};
static FUSION: Shape = Shape {
    name: "FusionPlugin",
    doc: "Several models analyse, one answers.",
    rest: Rest::Pass,
    fields: &[
        field("id", TEXT, ID).required(),
        field("enabled", Type::Bool, ENABLED),
        field("model", TEXT, "The model that answers."),
        field("analysis_models", list_up_to(8, &TEXT), "The models that analyse; at most 8."),
        field("max_tool_calls", Type::Int { min: None, max: Some(16) }, "Tool calls of each; at most 16."),
        field("preset", TEXT, "A named selection such as `general-high`."),
        field("tools", list(&super::super::schema::FREE), "Server tools for the analysis."),
    ],
};
static OTHER: Shape = Shape {
    name: "OtherPlugin",
    doc: "A plugin that this version does not know; it passes as it is.",
    rest: Rest::Free,
    fields: &[field("id", TEXT, ID).required(), field("enabled", Type::Bool, ENABLED)],
};
