//! The table of this library's own options that are data in every language: what can also stand in a
//! configuration file.
//!
//! Knows their names and meanings; the engine's `plan` room checks them and holds the defaults. Invariants:
//! snake_case keys; times are seconds; a key of a link or a policy that the engine would refuse is not listed (a test
//! asks it).

use resilient_completion_engine::chat::schema::{
    Bound, Field, NUMBER, Rest, Shape, Source, TEXT, Type, Words, at_least, field, list, whole, within,
};

/// One of our own objects.
pub(super) struct OptionType {
    pub(super) shape: Shape,
    /// Whether it also takes the wire fields, as overrides.
    pub(super) takes_wire_fields: bool,
}

const fn option(name: &'static str, ty: Type, doc: &'static str) -> Field {
    field(name, ty, doc).from(Source::Ours)
}

/// A length of time in seconds, more than none.
const SECONDS: Type = Type::Number { min: Bound::Excl(0.0), max: Bound::Open };

/// All of them, each after those that it uses.
pub(super) static OPTIONS: &[OptionType] = &[
    OptionType {
        takes_wire_fields: true,
        shape: Shape {
            name: "Link",
            doc: "One link of a chain: a model on an endpoint, with its own limits. Any wire field may stand here as an \
                  override.",
            rest: Rest::Refuse,
            fields: &[
                option("model", TEXT, "The model to ask.").required(),
                option("endpoint", TEXT, "Name of the endpoint. Default: the client's own."),
                option("api_key", TEXT, "Another key for that endpoint."),
                option(
                    "timeout",
                    SECONDS,
                    "Limit of the attempt in seconds; in a stream until the first content.",
                ),
                option("label", TEXT, "What the trace and the answer call it. Default: the model's id."),
                option("retries", whole(0, 20), "Retries on this link before the next, over the policy's."),
            ],
        },
    },
    OptionType {
        takes_wire_fields: false,
        shape: Shape {
            name: "Policy",
            doc: "How a call behaves. What is not given keeps its default; a partial policy merges deeply.",
            rest: Rest::Refuse,
            fields: &[
                option(
                    "retries",
                    whole(0, 20),
                    "Retries on one link before the next. Default: none while another link is ready.",
                ),
                option("backoff", Type::Object(&BACKOFF), "Waits between attempts on one link."),
                option(
                    "retry_after_cap",
                    SECONDS,
                    "Longest `Retry-After` in seconds that is waited for. Default 60.",
                ),
                option("timeouts", Type::Object(&TIMEOUTS), "Time limits; the earliest wins."),
                option(
                    "breaker",
                    Type::Object(&BREAKER),
                    "When a failing model on an endpoint is left alone.",
                ),
                option("retry_tokens", Type::Object(&RETRY_TOKENS), "How many retries an endpoint may cost."),
                option(
                    "fallback_on",
                    KINDS,
                    "Kinds of error that go to the next link. Default: all but `stop_on`.",
                ),
                option("stop_on", KINDS, "Kinds of error that end the call at once. Default: none."),
                option(
                    "content_filter",
                    Type::Words(&CONTENT_FILTER),
                    "What a content filter's refusal does. Default `fallback`.",
                ),
                option(
                    "on_interrupt",
                    Type::Words(&ON_INTERRUPT),
                    "What happens when a stream breaks after its first piece. Default `error`.",
                ),
                option(
                    "stream_internally",
                    Type::Bool,
                    "Whether `complete()` streams inside. Default false.",
                ),
            ],
        },
    },
    OptionType {
        takes_wire_fields: false,
        shape: Shape {
            name: "Budget",
            doc: "A limit on what calls may use in a window of time.",
            rest: Rest::Refuse,
            fields: &[
                option("window", Type::Words(&WINDOW), "How long it counts before it starts anew.")
                    .required(),
                option("usd", NUMBER, "US dollars."),
                option("calls", at_least(0), "Calls."),
                option("tokens", at_least(0), "Tokens, in and out."),
                option("tag", TEXT, "Only calls with this tag, as `name=value`."),
                option("tier", TEXT, "Only calls of this tier."),
                option("model", TEXT, "Only calls of this model."),
                option("soft", within(0.0, 1.0), "Share of the limit from which a warning is given."),
            ],
        },
    },
    OptionType {
        takes_wire_fields: false,
        shape: Shape {
            name: "Endpoint",
            doc: "A chat completions service that links refer to by name.",
            rest: Rest::Refuse,
            fields: &[
                option("base_url", TEXT, "Up to, not including, `/chat/completions`.").required(),
                option("api_key", TEXT, "The key; services on this machine need none."),
                option("api_key_env", TEXT, "Name of the environment variable that holds the key."),
                option(
                    "headers",
                    Type::Map { of: &TEXT, max_pairs: None, max_key: None },
                    "Sent with every request to it.",
                ),
            ],
        },
    },
];

const KINDS: Type = list(&TEXT);

static BACKOFF: Shape = Shape {
    name: "Backoff",
    doc: "Waits between attempts on one link: doubled each time, with full jitter.",
    rest: Rest::Refuse,
    fields: &[
        option("base", SECONDS, "Upper bound of the first wait in seconds."),
        option("max", SECONDS, "Upper bound of any wait in seconds."),
    ],
};

static TIMEOUTS: Shape = Shape {
    name: "Timeouts",
    doc: "Time limits in seconds; none is added to another.",
    rest: Rest::Refuse,
    fields: &[
        option("connect", SECONDS, "DNS, TCP and TLS together. Default 5."),
        option(
            "first_token",
            SECONDS,
            "From the send to the first content of a stream. Default 30, unless the attempt or the link has a limit.",
        ),
        option("between_tokens", SECONDS, "Between two contents of a stream. Default 30."),
        option(
            "attempt",
            SECONDS,
            "One attempt; in a stream until the first content. Default: its share of the time that is left.",
        ),
        option("total", SECONDS, "The whole call with all attempts and waits. Default 300."),
    ],
};

static BREAKER: Shape = Shape {
    name: "Breaker",
    doc: "When a failing model on an endpoint is left alone, and for how long.",
    rest: Rest::Refuse,
    fields: &[
        option("consecutive", at_least(1), "Failures in a row that open it. Default 5."),
        option("failure_percent", whole(1, 100), "Share of failures that opens it. Default 50."),
        option("minimum", at_least(1), "Attempts in the window before the share counts. Default 20."),
        option("window", SECONDS, "How far back the share looks, in seconds. Default 60."),
        option("open", SECONDS, "Seconds before a probe; doubled after each failed one. Default 10."),
        option("max_open", SECONDS, "Most seconds between probes. Default 120."),
        option("lease", SECONDS, "Seconds after which a probe without a result is forgotten. Default 60."),
    ],
};

static RETRY_TOKENS: Shape = Shape {
    name: "RetryTokens",
    doc: "A bucket per endpoint: a retry takes a token, a success gives a part of one back.",
    rest: Rest::Refuse,
    fields: &[
        option("capacity", NUMBER, "Tokens that the bucket holds."),
        option("deposit", within(0.0, 1.0), "Part of a token that a success gives back."),
    ],
};

static CONTENT_FILTER: Words = Words {
    name: "ContentFilterPolicy",
    doc: "What a content filter's refusal does.",
    known: &["fallback", "stop"],
};
static ON_INTERRUPT: Words = Words {
    name: "OnInterrupt",
    doc: "What happens when a stream breaks after its first piece.",
    known: &["error", "restart"],
};
static WINDOW: Words =
    Words { name: "BudgetWindow", doc: "A window of time.", known: &["hour", "day", "week", "month"] };

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use super::*;
    use resilient_completion_engine::plan::{Link, Policy};
    use serde_json::{Map, Value, json};

    fn shape(name: &str) -> &'static Shape {
        &OPTIONS.iter().find(|o| o.shape.name == name).unwrap().shape
    }

    /// Every key of the shape, not set; objects below it alike.
    fn unset(shape: &Shape) -> Value {
        let pairs = shape.fields.iter().map(|f| match f.ty {
            Type::Object(below) => (f.name.to_owned(), unset(below)),
            _ => (f.name.to_owned(), Value::Null),
        });
        Value::Object(pairs.collect::<Map<_, _>>())
    }

    #[test]
    fn the_engine_knows_every_option() {
        Policy::default().merge("policy", &unset(shape("Policy"))).unwrap();
        let mut link = unset(shape("Link"));
        link["model"] = json!("a/b");
        Link::chain("chain", &json!([link])).unwrap();
    }
}
