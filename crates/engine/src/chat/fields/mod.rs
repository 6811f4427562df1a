//! THE list of a request's fields.
//!
//! Knows every field of `OpenRouter`'s chat completions request and what `FastRouter` adds: type, bounds, meaning,
//! source. Must not know how values are checked or generated. Invariant: the Python and TypeScript types and the
//! checks of every language come from these tables, so a field is described once. Bounds stand here only where the
//! service documents them: a bound that we invent refuses calls that would work.

pub mod messages;
pub mod plugins;
pub mod provider;
pub mod tools;

use super::schema::{
    Bound, FREE, Field, INT, Rest, Shape, Source, TEXT, TEXTS, Type, Words, at_least, field, list,
    list_up_to, up_to, whole, within,
};

/// The whole request.
pub static REQUEST: Shape = Shape {
    name: "ChatRequest",
    doc: "The body of a chat completions request. Fields that are not listed pass through untouched.",
    rest: Rest::Pass,
    fields: &[
        field(
            "messages",
            Type::Either(&[TEXT, Type::Array { of: &messages::MESSAGE, min: 1, max: None }]),
            "The conversation, oldest first; a string means one user message. An assistant message at the end is continued (prefill).",
        )
        .required(),
        field("prompt", TEXT, "A bare prompt, the legacy form without messages.")
            .from(Source::Docs)
            .deprecated("use `messages`, which may be a plain string"),
        field("model", TEXT, "Model id such as `openai/gpt-4o`; without it the account's default model answers."),
        field(
            "models",
            list(&TEXT),
            "Model ids in order of priority, tried by the service. OpenRouter refuses more than 3 in one request.",
        ),
        field("route", Type::Words(&ROUTE), "Legacy alias of `provider.sort.partition`.")
            .deprecated("use `models`; for sorting `provider.sort.partition`"),
        field(
            "provider",
            Type::Object(&provider::PREFERENCES),
            "Which providers may serve, and in which order.",
        ),
        field("max_tokens", at_least(1), "Most tokens of the answer; some providers want at least 16.")
            .deprecated("OpenRouter prefers `max_completion_tokens`; many other services know only this one"),
        field("max_completion_tokens", INT, "Most tokens of the answer, reasoning included."),
        field("temperature", within(0.0, 2.0), "Randomness, 0 to 2; absent means the provider's default."),
        field("top_p", within(0.0, 1.0), "Nucleus sampling: the share of probability that is kept, 0 to 1."),
        field("top_k", at_least(0), "Sample from the k likeliest tokens; not for OpenAI's models."),
        field(
            "top_a",
            within(0.0, 1.0),
            "Keep tokens that are likely enough beside the likeliest one, 0 to 1.",
        ),
        field(
            "min_p",
            within(0.0, 1.0),
            "Least probability of a token as a share of the likeliest one's, 0 to 1.",
        ),
        field("frequency_penalty", within(-2.0, 2.0), "Penalty that grows with a token's count, -2 to 2."),
        field("presence_penalty", within(-2.0, 2.0), "Penalty for any token already there, -2 to 2."),
        field(
            "repetition_penalty",
            Type::Number { min: Bound::Excl(0.0), max: Bound::Incl(2.0) },
            "Penalty on repeated tokens, above 0 to 2; 1 means none.",
        ),
        field("seed", INT, "Seed of the sampling, for answers that repeat where the provider can."),
        field(
            "logit_bias",
            Type::Map { of: &within(-100.0, 100.0), max_pairs: None, max_key: None },
            "Token id to bias, -100 to 100.",
        ),
        field("logprobs", Type::Bool, "Whether to return log probabilities."),
        field("top_logprobs", whole(0, 20), "How many alternatives per token to return, 0 to 20."),
        field("stop", Type::Either(&[TEXT, list_up_to(4, &TEXT)]), "Up to four strings at which to stop."),
        field("stream", Type::Bool, "Whether to answer in pieces; set by `stream()`. Default false."),
        field("stream_options", Type::Object(&STREAM_OPTIONS), "Options of a stream.")
            .deprecated("without effect on OpenRouter: usage always comes"),
        field("usage", Type::Object(&USAGE), "Whether to report usage.")
            .from(Source::Docs)
            .deprecated("without effect on OpenRouter: usage always comes"),
        field("response_format", Type::Tagged(&tools::RESPONSE_FORMAT), "The form of the answer."),
        field("structured_outputs", Type::Bool, "Whether the model must keep to the schema.").from(Source::Docs),
        field("tools", list(&Type::Tagged(&tools::TOOL)), "Tools that the model may call."),
        field("tool_choice", tools::TOOL_CHOICE, "Whether or which tool must be called."),
        field("parallel_tool_calls", Type::Bool, "Whether several tools may be called at once."),
        field(
            "stop_server_tools_when",
            list(&Type::Tagged(&tools::STOP_CONDITION)),
            "When the service ends its own loop over server tools.",
        ),
        field("reasoning", Type::Object(&REASONING), "How much the model reasons, and whether it shows it."),
        field(
            "reasoning_effort",
            Type::Words(&EFFORT),
            "Shorthand of `reasoning.effort`; must not differ from it.",
        ),
        field("include_reasoning", Type::Bool, "Whether to return reasoning.")
            .from(Source::Docs)
            .deprecated("use `reasoning.exclude`"),
        field("verbosity", Type::Words(&VERBOSITY), "How long answers should be.").from(Source::Docs),
        field("modalities", list(&Type::Words(&MODALITY)), "What the answer may consist of."),
        field("image_config", FREE, "Options of generated images such as `aspect_ratio`; free-form."),
        field("prediction", Type::Object(&PREDICTION), "Text that the answer will largely repeat."),
        field("plugins", list(&Type::Tagged(&plugins::PLUGIN)), "Plugins of the service."),
        field("web_search_options", FREE, "Options of the model's own web search.").from(Source::Docs),
        field(
            "cache_control",
            Type::Object(&CACHE_CONTROL),
            "Automatic prompt caching up to the last block that can be cached.",
        ),
        field("prompt_cache_key", TEXT, "Key under which the provider caches the prompt."),
        field("prompt_cache_options", Type::Object(&PROMPT_CACHE_OPTIONS), "How the prompt cache is used."),
        field(
            "service_tier",
            Type::Words(&SERVICE_TIER),
            "Price and speed tier; `fast` is an alias of `priority`, `flex` never falls back to another tier.",
        ),
        field(
            "session_id",
            up_to(256),
            "Groups requests and keeps them on one provider for 10 minutes; at most 256 characters.",
        ),
        field("user", TEXT, "A stable id of the end user; hashed before it goes on."),
        field(
            "metadata",
            Type::Map { of: &up_to(512), max_pairs: Some(16), max_key: Some(64) },
            "At most 16 pairs of strings; keys of up to 64 characters, values of up to 512.",
        ),
        field("trace", Type::Object(&TRACE), "Where this request stands in a trace of the caller's."),
        field("preset", TEXT, "A preset of the account.").from(Source::Docs),
        field("debug", Type::Object(&DEBUG), "Debugging of a stream."),
        field("transforms", TEXTS, "Prompt transforms such as `middle-out`.")
            .from(Source::Docs)
            .deprecated("use the plugin `context-compression`"),
        field("safe_prompt", Type::Bool, "Mistral's safety prompt.").from(Source::Passed),
        field("raw_mode", Type::Bool, "Skips a provider's prompt template.").from(Source::Passed),
        field("enable_thinking", Type::Bool, "Whether the model thinks first.").from(Source::FastRouter),
        field("tags", Type::Any, "Labels of the request; in a call, `tags` is this library's own option.")
            .from(Source::FastRouter),
        field("input_guardrails", Type::Any, "Guardrails on the request.").from(Source::FastRouter),
        field("output_guardrails", Type::Any, "Guardrails on the answer.").from(Source::FastRouter),
        field("cache", FREE, "Response cache.").from(Source::FastRouter),
    ],
};

/// `route`.
pub static ROUTE: Words = Words { name: "Route", doc: "Legacy routing word.", known: &["fallback", "sort"] };
/// `reasoning.effort`.
pub static EFFORT: Words = Words {
    name: "ReasoningEffort",
    doc: "Share of `max_tokens` spent on reasoning: max and xhigh about 95 %, high 80, medium 50, low 20, minimal 10.",
    known: &["max", "xhigh", "high", "medium", "low", "minimal", "none"],
};
/// `verbosity`.
pub static VERBOSITY: Words = Words {
    name: "Verbosity",
    doc: "How long answers should be.",
    known: &["low", "medium", "high", "xhigh", "max"],
};
/// `modalities[]`.
pub static MODALITY: Words =
    Words { name: "Modality", doc: "A kind of output.", known: &["text", "image", "audio"] };
/// `service_tier`.
pub static SERVICE_TIER: Words = Words {
    name: "ServiceTier",
    doc: "Price and speed tier.",
    known: &["auto", "default", "fast", "flex", "priority", "scale"],
};
static SUMMARY: Words = Words {
    name: "ReasoningSummary",
    doc: "How reasoning is summed up.",
    known: &["auto", "concise", "detailed"],
};
static EPHEMERAL: Words = Words { name: "CacheType", doc: "A kind of cache.", known: &["ephemeral"] };
static CACHE_TTL: Words =
    Words { name: "CacheTtl", doc: "How long a cached prompt lives.", known: &["5m", "1h"] };
static EXPLICIT: Words =
    Words { name: "PromptCacheMode", doc: "`explicit` caches only what is marked.", known: &["explicit"] };

/// `reasoning`.
pub static REASONING: Shape = Shape {
    name: "Reasoning",
    doc: "How much the model reasons; `effort` or `max_tokens`, not both.",
    rest: Rest::Pass,
    fields: &[
        field("effort", Type::Words(&EFFORT), "Effort; not together with `max_tokens`."),
        field("summary", Type::Words(&SUMMARY), "How the reasoning is summed up."),
        field("max_tokens", INT, "Tokens for reasoning; not together with `effort`.").from(Source::Docs),
        field("exclude", Type::Bool, "Reason, but do not return it. Default false.").from(Source::Docs),
        field("enabled", Type::Bool, "Whether to reason at all.").from(Source::Docs),
    ],
};

static PREDICTION: Shape = Shape {
    name: "Prediction",
    doc: "Text that the answer will largely repeat.",
    rest: Rest::Pass,
    fields: &[
        field("type", Type::Words(&PREDICTION_TYPE), "`content`.").required(),
        field(
            "content",
            Type::Either(&[TEXT, list(&Type::Object(&PREDICTION_TEXT))]),
            "The text, whole or in parts.",
        )
        .required(),
    ],
};
static PREDICTION_TYPE: Words =
    Words { name: "PredictionType", doc: "A kind of prediction.", known: &["content"] };
static PREDICTION_TEXT: Shape = Shape {
    name: "PredictionText",
    doc: "A piece of a prediction.",
    rest: Rest::Pass,
    fields: &[field("type", TEXT, "`text`.").required(), field("text", TEXT, "The text.").required()],
};

/// `cache_control`, at the top, on a part or on a tool.
pub static CACHE_CONTROL: Shape = Shape {
    name: "CacheControl",
    doc: "Marks the end of a cached prompt.",
    rest: Rest::Pass,
    fields: &[
        field("type", Type::Words(&EPHEMERAL), "`ephemeral`.").required(),
        field("ttl", Type::Words(&CACHE_TTL), "How long it lives; the provider's default is five minutes."),
    ],
};

/// `prompt_cache_breakpoint` on a part.
pub static CACHE_BREAKPOINT: Shape = Shape {
    name: "PromptCacheBreakpoint",
    doc: "Marks the end of a cached prompt, in OpenAI's spelling.",
    rest: Rest::Pass,
    fields: &[field("mode", Type::Words(&EXPLICIT), "`explicit`.").required()],
};

static PROMPT_CACHE_OPTIONS: Shape = Shape {
    name: "PromptCacheOptions",
    doc: "How the prompt cache is used.",
    rest: Rest::Pass,
    fields: &[
        field("mode", Type::Words(&EXPLICIT), "`explicit`.").required(),
        field("ttl", TEXT, "How long it lives."),
    ],
};

static STREAM_OPTIONS: Shape = Shape {
    name: "StreamOptions",
    doc: "Options of a stream.",
    rest: Rest::Pass,
    fields: &[field("include_usage", Type::Bool, "Whether the last event carries usage.")],
};

static USAGE: Shape = Shape {
    name: "UsageOptions",
    doc: "Whether to report usage.",
    rest: Rest::Pass,
    fields: &[field("include", Type::Bool, "Whether to report usage.").from(Source::Docs)],
};

static TRACE: Shape = Shape {
    name: "TraceOptions",
    doc: "Names of this request in the caller's tracing; further keys go to the account's destinations.",
    rest: Rest::Free,
    fields: &[
        field("trace_id", TEXT, "Id of the trace."),
        field("trace_name", TEXT, "Name of the trace."),
        field("span_name", TEXT, "Name of the span."),
        field("generation_name", TEXT, "Name of the generation."),
        field("parent_span_id", TEXT, "Id of the span above."),
    ],
};

static DEBUG: Shape = Shape {
    name: "DebugOptions",
    doc: "Debugging of a stream.",
    rest: Rest::Pass,
    fields: &[field(
        "echo_upstream_body",
        Type::Bool,
        "First events show the body sent to each provider. Streams only.",
    )],
};

/// Field of the request by name.
#[must_use]
pub fn request_field(name: &str) -> Option<&'static Field> {
    REQUEST.fields.iter().find(|f| f.name == name)
}
