//! THE table of rules. Of all rows that match the last one wins, so it runs from the vaguest evidence to the
//! firmest: status, vague words, phrases, codes that mean one thing, corrections, the service's own verdict.
//!
//! Knows rules and phrases. Each row states a general fact with its source; a row with `of` states one service's
//! habit. Phrases come in this order because services mention the later topic while meaning it: a message about
//! credits may well name `max_tokens`, one about `max_tokens` seldom means credits.

use super::Scope::{Endpoint, Key, Model, Request};
use super::phrases as p;
use super::rules::{Fact, Rule};
use crate::error::Kind;

const HTTP: &str = "RFC 9110 and RFC 6585";
const CLOUDFLARE: &str = "Cloudflare 5xx error pages";
const OPENROUTER: &str = "OpenRouter: errors and debugging";
const OPENROUTER_SEEN: &str = "OpenRouter: recorded answers";
const OPENAI: &str = "OpenAI: error codes";
const AZURE: &str = "Azure OpenAI: content filtering, quotas";
const ANTHROPIC: &str = "Anthropic: errors";
const GOOGLE: &str = "Google: google.rpc.Code";
const GROQ: &str = "Groq: errors";
const COMMON: &str = "OpenAI-compatible services: recorded answers";

const fn new(name: &'static str, source: &'static str, kind: Kind, scope: super::Scope) -> Rule {
    Rule::new(name, source, kind, scope)
}

/// What is said of a fault that no row knows.
pub(super) static UNKNOWN: Rule = new("unrecognised", "nothing matched", Kind::ServerError, Model);

/// Statuses under which a phrase about the request may be believed: not those that name another topic.
const REQUEST_LIKE: &[(u16, u16)] = &[(0, 0), (400, 400), (403, 405), (413, 413), (422, 424), (500, 502)];

/// Every rule.
pub(super) static RULES: &[Rule] = &[
    // What the status says when nothing else speaks.
    new("status_redirect", HTTP, Kind::Malformed, Endpoint).status(&[(300, 399)]),
    new("status_4xx", HTTP, Kind::BadRequest, Request).status(&[(400, 499)]),
    new("status_401", HTTP, Kind::Auth, Key).status(&[(401, 401)]),
    new("status_402", HTTP, Kind::Credits, Key).status(&[(402, 402)]),
    new("status_403", "several services refuse a wrong key with 403", Kind::Auth, Key).status(&[(403, 403)]),
    new("status_404", HTTP, Kind::InvalidModel, Model).status(&[(404, 404), (410, 410)]),
    new("status_405", "no chat completions at this address", Kind::BadRequest, Endpoint)
        .status(&[(405, 405)]),
    new("status_conflict", ANTHROPIC, Kind::ServerError, Model).status(&[(409, 409), (424, 425)]),
    new("status_429", HTTP, Kind::RateLimited, Model).status(&[(429, 429)]),
    new("status_446", "FastRouter: guardrails", Kind::Moderation, Model).status(&[(446, 446)]),
    new("status_451", HTTP, Kind::Permission, Model).status(&[(451, 451)]),
    new("status_5xx", HTTP, Kind::ServerError, Model).status(&[(500, 599)]),
    new("status_timeout", HTTP, Kind::Timeout, Model).status(&[(408, 408), (499, 499), (504, 504)]),
    new("status_501", HTTP, Kind::UnsupportedParameter, Model).status(&[(501, 501)]),
    new("status_503", HTTP, Kind::Overloaded, Model).status(&[(503, 503), (529, 529), (498, 498)]),
    new("edge_timeout", CLOUDFLARE, Kind::Timeout, Model).status(&[(524, 524)]),
    new("not_an_api", "a gateway's page about a missing path", Kind::BadRequest, Endpoint)
        .status(&[(404, 405)])
        .fact(Fact::Page),
    new("no_such_path", "web frameworks: answer to an unknown path", Kind::BadRequest, Endpoint)
        .status(&[(404, 405)])
        .texts(&[
            "page not found",
            "cannot post",
            "no route",
            "route not found",
            "url not found",
            "path not found",
        ]),
    new("upstream_request", OPENROUTER, Kind::BadRequest, Model)
        .status(&[(400, 400), (409, 409), (412, 412), (415, 423)])
        .fact(Fact::Upstream),
    // Words that say little: believed where the status says nothing.
    new("vague_request", COMMON, Kind::BadRequest, Request).status(&[(0, 0)]).words(&[
        "invalid_request_error",
        "invalid_request",
        "bad_request",
        "badrequesterror",
        "invalid_argument",
        "unprocessable",
        "precondition_failed",
        "invalidparameter",
    ]),
    new("vague_server", COMMON, Kind::ServerError, Model).status(&[(0, 0), (500, 599)]).words(&[
        "server_error",
        "api_error",
        "internal",
        "internal_error",
        "internal_server_error",
        "internalservererror",
        "server",
        "unmapped",
        "provider_unavailable",
        "stream_error",
    ]),
    new("vague_upstream", COMMON, Kind::ServerError, Model)
        .words(&["upstream_error", "bad_response_status_code"]),
    new("vague_not_found", COMMON, Kind::InvalidModel, Model).status(&[(0, 0), (404, 404)]).words(&[
        "not_found",
        "not_found_error",
        "notfounderror",
    ]),
    new("vague_filtered", OPENROUTER, Kind::NoProvider, Model).words(&["constraint_filtered"]),
    new("vague_permission", GOOGLE, Kind::Permission, Key).status(&[(0, 0), (403, 403)]).words(&[
        "permission_denied",
        "permission_error",
        "permissiondenied",
        "insufficient_permissions",
    ]),
    new("inner_429", "a quoted answer's own status", Kind::RateLimited, Model)
        .status(&[(0, 0), (500, 503)])
        .words(&["429"]),
    // Phrases, the most talkative topic first.
    new("says_server", COMMON, Kind::ServerError, Model).status(&[(0, 0)]).texts(p::SERVER),
    new("says_timeout", COMMON, Kind::Timeout, Model)
        .status(&[(0, 0), (424, 424), (500, 503), (529, 529)])
        .texts(p::TIMEOUT),
    new("edge", CLOUDFLARE, Kind::ServerError, Endpoint).status(&[(520, 523), (525, 527), (530, 530)]),
    new("says_overloaded", COMMON, Kind::Overloaded, Model).texts(p::OVERLOAD),
    new("says_rate", COMMON, Kind::RateLimited, Model)
        .status(&[(0, 0), (400, 400), (403, 403), (408, 408), (429, 429), (500, 529)])
        .texts(p::RATE),
    new("says_permission", COMMON, Kind::Permission, Key).status(&[(401, 401), (403, 403)]).texts(&[
        "insufficient permission",
        "sufficient permission",
        "missing scope",
        "not permitted to",
    ]),
    new("says_context", COMMON, Kind::ContextLength, Model).status(REQUEST_LIKE).texts(p::CONTEXT),
    new("tokens_over", COMMON, Kind::ContextLength, Model)
        .status(REQUEST_LIKE)
        .texts(p::OVER)
        .also(&["token"])
        .unless(&["per minute", "per day", "daily", "weekly", "monthly", "rate limit", "quota", "budget"]),
    new("says_moderation", COMMON, Kind::Moderation, Model)
        .status(&[(0, 0), (400, 400), (403, 403), (422, 422), (446, 451), (500, 529)])
        .texts(p::MODERATION),
    new("says_empty", COMMON, Kind::Empty, Model).texts(p::EMPTY),
    new("says_unsupported", COMMON, Kind::UnsupportedParameter, Model)
        .status(&[(0, 0), (400, 400), (404, 404), (415, 415), (422, 422), (500, 501)])
        .texts(p::UNSUPPORTED),
    new("says_model", COMMON, Kind::InvalidModel, Model)
        .status(&[(0, 0), (400, 400), (403, 404), (422, 422), (500, 501)])
        .texts(p::MODEL),
    new("says_no_provider", COMMON, Kind::NoProvider, Model)
        .status(&[(0, 0), (400, 400), (403, 404)])
        .texts(p::NO_PROVIDER),
    new("says_region", COMMON, Kind::Permission, Model)
        .status(&[(0, 0), (400, 400), (403, 403), (451, 451)])
        .texts(&["user location", "your location", "your region", "your country", "region, or territory"]),
    new("says_credits", COMMON, Kind::Credits, Key).texts(p::CREDITS),
    new("says_auth", COMMON, Kind::Auth, Key)
        .status(&[(0, 0), (400, 401), (403, 403), (500, 500)])
        .texts(p::AUTH),
    // Words that mean one thing.
    new("bad_request_code", OPENAI, Kind::BadRequest, Request).words(&[
        "string_above_max_length",
        "string_too_long",
        "invalid_prompt_format",
        "invalid_image*",
        "image_too_large",
        "image_too_small",
        "image_not_found",
        "image_parse_error",
        "image_download_failed",
        "unsupported_image_format",
        "invalid_base64*",
        "invalid_type",
        "json_invalid",
        "missing_required_parameter",
        "payload_too_large",
    ]),
    new("timeout_code", COMMON, Kind::Timeout, Model).words(&[
        "timeout",
        "timeout_error",
        "request_timeout",
        "gateway_timeout",
        "deadline_exceeded",
        "upstream_timeout",
    ]),
    new("overloaded_code", COMMON, Kind::Overloaded, Model).words(&[
        "overloaded",
        "overloaded_error",
        "engine_overloaded*",
        "provider_overloaded",
        "model_overloaded",
        "server_overloaded",
        "server_busy",
        "unavailable",
        "service_unavailable*",
        "model_capacity_exhausted",
        "no_available_workers",
        "slow_down",
        "capacity_exceeded",
    ]),
    new("rate_code", COMMON, Kind::RateLimited, Model).unless(p::OVERLOAD).words(&[
        "rate_limit",
        "rate_limit_exceeded",
        "rate_limit_error",
        "rate_limited",
        "rate_limit_reached*",
        "ratelimiterror",
        "ratelimitexceeded",
        "too_many_requests",
        "toomanyrequests",
        "throttling*",
        "tpm_limit*",
        "rpm_limit*",
    ]),
    new("exhausted_code", GOOGLE, Kind::RateLimited, Model).words(&["resource_exhausted"]).unless(p::CREDITS),
    new("context_code", COMMON, Kind::ContextLength, Model).words(&[
        "context_length_exceeded",
        "context_window_exceeded",
        "contextwindowexceedederror",
        "model_context_window_exceeded",
        "token_limit_exceeded",
        "tokens_limit_reached",
        "max_tokens_exceeded",
        "exceed_context_size_error",
        "prompt_too_long",
        "input_too_long",
        "request_too_large",
        "excluded_by:context_length",
    ]),
    new("moderation_code", COMMON, Kind::Moderation, Model).words(&[
        "content_filter*",
        "contentfilter*",
        "content_policy*",
        "content_violation*",
        "contentpolicyviolation*",
        "responsibleaipolicyviolation",
        "refusal",
        "cyber_policy",
        "guardrail_error",
        "moderation*",
        "datainspectionfailed",
        "data_inspection_failed",
        "prohibited_content",
        "image_safety",
        "sensitive_words_detected",
        "policy_violation",
        "has:reasons",
        "has:flagged_input",
        "has:moderation_details",
        "has:blockreason",
    ]),
    new("unsupported_code", COMMON, Kind::UnsupportedParameter, Model).words(&[
        "unsupported_parameter",
        "unsupported_value",
        "unsupported_content*",
        "unknown_parameter",
        "unrecognized_keys",
        "extra_forbidden",
        "excluded_by:require_parameters",
        "wrong_endpoint",
    ]),
    new("model_code", COMMON, Kind::InvalidModel, Model).words(&[
        "model_not_found",
        "modelnotfound",
        "model_not_supported",
        "unsupported_model",
        "deploymentnotfound",
        "invalid_model*",
        "model_decommissioned",
        "model_deprecated",
        "free_variant_ended",
        "unknown_model",
    ]),
    new("model_field", COMMON, Kind::InvalidModel, Model)
        .status(&[(0, 0), (400, 400), (404, 404), (422, 422)])
        .words(&["param:model"]),
    new("credits_code", COMMON, Kind::Credits, Key).words(&[
        "insufficient_quota",
        "insufficient_credits",
        "insufficient_balance",
        "insufficient_funds",
        "insufficient_user_quota",
        "exceeded_current_quota*",
        "credit_balance*",
        "payment_required",
        "billing*",
        "enforced_spend_limit_reached",
        "budget_exceeded",
        "key_limit_exceeded",
        "openrouter_credits",
        "arrearage",
        "allocationquota.freetieronly",
    ]),
    new("auth_code", COMMON, Kind::Auth, Key).words(&[
        "authentication",
        "authentication_error",
        "authenticationerror",
        "invalid_authentication*",
        "invalid_api_key*",
        "invalidapikey",
        "api_key_invalid",
        "incorrect_api_key",
        "missing_api_key",
        "expired_api_key",
        "invalid_token",
        "token_expired",
        "unauthorized",
        "unauthenticated",
    ]),
    new("restricted_code", COMMON, Kind::Permission, Model).words(&[
        "tier_not_allowed",
        "region_restricted",
        "unsupported_country*",
    ]),
    new("bad_tool_call", GROQ, Kind::Malformed, Model).words(&[
        "tool_use_failed",
        "malformed_function_call",
        "output_parse_failed",
        "json_validate_failed",
        "has:failed_generation",
    ]),
    // Corrections: one service's use of a word or status.
    new("never_fits", "a request over the whole limit is not cured by waiting", Kind::ContextLength, Model)
        .status(&[(413, 413), (429, 429)])
        .fact(Fact::NeverFits)
        .retryable(false),
    new("groq_too_large", GROQ, Kind::ContextLength, Model)
        .of("groq")
        .status(&[(413, 413)])
        .words(&["rate_limit_exceeded"])
        .retryable(false),
    new("waits_a_day", AZURE, Kind::Credits, Key)
        .of("azure")
        .status(&[(429, 429)])
        .fact(Fact::WaitsADay)
        .texts(&["pricing tier"]),
    new("gemini_quota_window", "Gemini: a quota that names seconds is a rate", Kind::RateLimited, Model)
        .of("gemini")
        .words(&["resource_exhausted"])
        .fact(Fact::NamesWait),
    new("zhipu_balance", "Z.AI: error codes", Kind::Credits, Key).of("zhipu").words(&["1113"]),
    new("zhipu_rate", "Z.AI: error codes", Kind::RateLimited, Model).of("zhipu").words(&["1302", "1303"]),
    new("zhipu_overload", "Z.AI: error codes", Kind::Overloaded, Model).of("zhipu").words(&["1305"]),
    new("zhipu_filter", "Z.AI: error codes", Kind::Moderation, Model).of("zhipu").words(&["1301"]),
    new("zhipu_length", "Z.AI: error codes", Kind::ContextLength, Model).of("zhipu").words(&["1261"]),
    new("mistral_rate", "Mistral: recorded answers", Kind::RateLimited, Model).of("mistral").words(&["1300"]),
    new("no_channel", "new-api: a gateway without a channel for the model", Kind::NoProvider, Model)
        .of("new-api")
        .texts(&["no available channel", "无可用渠道"]),
    // OpenRouter's own words about its account, its routing and its providers.
    new("account_rate", OPENROUTER, Kind::RateLimited, Key)
        .status(&[(0, 0), (429, 429)])
        .fact(Fact::AccountHeaders)
        .of("openrouter"),
    new("account_cap", OPENROUTER_SEEN, Kind::RateLimited, Key).status(&[(0, 0), (429, 429)]).texts(&[
        "free-models-per",
        "reached organization",
        "account's rate limit",
        "account rate limit",
    ]),
    new("free_tier", OPENROUTER_SEEN, Kind::RateLimited, Key)
        .of("openrouter")
        .words(&["openrouter_free_tier*"]),
    new("guardrail", OPENROUTER, Kind::Moderation, Key).of("openrouter").words(&["has:patterns"]),
    new("routing_filtered", OPENROUTER_SEEN, Kind::NoProvider, Model)
        .of("openrouter")
        .status(&[(0, 0), (404, 404)])
        .words(&["has:failed_routing_step", "has:routing_funnel", "has:available_providers"]),
    new("privacy", OPENROUTER, Kind::NoProvider, Model)
        .of("openrouter")
        .words(&["privacy_restricted", "excluded_by:data_policy*"]),
    new("unroutable", OPENROUTER, Kind::NoProvider, Model)
        .of("openrouter")
        .words(&["no_endpoints", "model_unavailable_upstream"]),
    new("constraint", OPENROUTER, Kind::NoProvider, Model).of("openrouter").words(&[
        "excluded_by:max_price",
        "excluded_by:quantization",
        "excluded_by:allowed_providers",
        "excluded_by:geo",
        "excluded_by:data_region",
    ]),
    new("capacity", OPENROUTER, Kind::RateLimited, Model).of("openrouter").words(&["capacity_exhausted"]),
    new("availability", OPENROUTER, Kind::Overloaded, Model)
        .of("openrouter")
        .words(&["temporarily_unavailable"]),
];
