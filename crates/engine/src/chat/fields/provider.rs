//! The table of provider preferences.
//!
//! Knows the keys of `provider` as `OpenRouter` declares them, which is a closed list. Must not know providers
//! themselves (that is `chat::provider`). Invariant: every key is optional.

use super::super::schema::{NUMBER, Rest, Shape, TEXT, TEXTS, Type, Words, field, list};

/// `provider`.
pub static PREFERENCES: Shape = Shape {
    name: "ProviderPreferences",
    doc: "Which providers may serve, and in which order. Holds for every model of the chain.",
    // The service declares this object closed, and a misspelt privacy setting must not pass in silence.
    rest: Rest::Refuse,
    fields: &[
        field("order", TEXTS, "Provider slugs to try first, in order; no load balancing then."),
        field("allow_fallbacks", Type::Bool, "Whether other providers may follow. Default true."),
        field(
            "require_parameters",
            Type::Bool,
            "Only providers that support every parameter sent. Default false: the others drop what they lack.",
        ),
        field(
            "data_collection",
            Type::Words(&DATA_COLLECTION),
            "Whether providers may store data. Default `allow`.",
        ),
        field("zdr", Type::Bool, "Only endpoints that retain nothing."),
        field("enforce_distillable_text", Type::Bool, "Only models whose output may be used for training."),
        field("only", TEXTS, "The only provider slugs allowed."),
        field("ignore", TEXTS, "Provider slugs to leave out."),
        field("quantizations", list(&Type::Words(&QUANTIZATION)), "Quantizations allowed."),
        field(
            "sort",
            Type::Either(&[Type::Words(&SORT), Type::Object(&SORT_OPTIONS)]),
            "What to sort providers by; no load balancing then.",
        ),
        field(
            "preferred_min_throughput",
            Type::Either(&[NUMBER, Type::Object(&PERCENTILES)]),
            "Tokens per second; a number means the median of 5 minutes. Re-orders, never excludes.",
        ),
        field(
            "preferred_max_latency",
            Type::Either(&[NUMBER, Type::Object(&PERCENTILES)]),
            "Seconds to the first token; a number means the median of 5 minutes. Re-orders, never excludes.",
        ),
        field(
            "max_price",
            Type::Object(&MAX_PRICE),
            "Highest prices allowed; when nothing qualifies the call fails.",
        ),
    ],
};

static DATA_COLLECTION: Words = Words {
    name: "DataCollection",
    doc: "Whether providers may store prompts and train on them.",
    known: &["allow", "deny"],
};
/// `quantizations[]`.
pub static QUANTIZATION: Words = Words {
    name: "Quantization",
    doc: "How a provider stores a model's weights.",
    known: &[
        "int4", "int8", "fp4", "mxfp4", "nvfp4", "fp6", "fp8", "mxfp8", "fp16", "bf16", "fp32", "unknown",
    ],
};
/// `sort` and `sort.by`.
pub static SORT: Words = Words {
    name: "ProviderSort",
    doc: "What to sort providers by.",
    known: &["price", "throughput", "latency", "exacto"],
};
static PARTITION: Words = Words {
    name: "SortPartition",
    doc: "`model` (default) keeps the order of the models; `none` sorts the endpoints of all models together.",
    known: &["model", "none"],
};

static SORT_OPTIONS: Shape = Shape {
    name: "ProviderSortOptions",
    doc: "What to sort providers by, and within what.",
    rest: Rest::Pass,
    fields: &[
        field("by", Type::Words(&SORT), "What to sort by."),
        field("partition", Type::Words(&PARTITION), "Within each model, or across all."),
    ],
};

static PERCENTILES: Shape = Shape {
    name: "PercentileCutoffs",
    doc: "A limit per percentile; all must hold.",
    rest: Rest::Pass,
    fields: &[
        field("p50", NUMBER, "The median."),
        field("p75", NUMBER, "The 75th percentile."),
        field("p90", NUMBER, "The 90th percentile."),
        field("p99", NUMBER, "The 99th percentile."),
    ],
};

/// The description says strings and every documented example has numbers, so both pass.
const PRICE: Type = Type::Either(&[NUMBER, TEXT]);

static MAX_PRICE: Shape = Shape {
    name: "MaxPrice",
    doc: "Highest prices in US dollars, as number or decimal string.",
    rest: Rest::Pass,
    fields: &[
        field("prompt", PRICE, "Per million prompt tokens."),
        field("completion", PRICE, "Per million completion tokens."),
        field("request", PRICE, "Per request."),
        field("image", PRICE, "Per image."),
        field("audio", PRICE, "Per unit of audio."),
    ],
};
