//! A request built by method calls.
//!
//! Knows a setter for every field of the table. Must not check: [`RequestFields::into_request`] gives what was built
//! to the same checks as a caller's own JSON. Invariant: fields stand in the order in which they were set, `messages`
//! first, so the same program sends the same bytes.

use super::content::CacheControl;
use super::format::Format;
use super::json::{Object, ToJson, setters, words};
use super::message::History;
use super::plugin::Plugin;
use super::provider::ProviderPreferences;
use super::reasoning::{Effort, Reasoning};
use super::request::ChatRequest;
use super::tool::{StopCondition, Tool, ToolChoice};
use crate::base::RawJson;
use crate::error::Error;
use serde_json::Value;

words! {
    /// Price and speed tier.
    ServiceTier {
        Auto = "auto", Default = "default", Fast = "fast", Flex = "flex", Priority = "priority", Scale = "scale",
    }
}

words! {
    /// How long answers should be.
    Verbosity { Low = "low", Medium = "medium", High = "high", XHigh = "xhigh", Max = "max" }
}

words! {
    /// A kind of output.
    Modality { Text = "text", Image = "image", Audio = "audio" }
}

words! {
    /// A prompt transform; gone from the service's documentation, replaced by the plugin `context-compression`.
    Transform { MiddleOut = "middle-out" }
}

/// Up to four strings at which to stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop(pub Vec<String>);

impl From<&str> for Stop {
    fn from(text: &str) -> Stop {
        Stop(vec![text.to_owned()])
    }
}

impl From<String> for Stop {
    fn from(text: String) -> Stop {
        Stop(vec![text])
    }
}

impl<T: Into<String>> From<Vec<T>> for Stop {
    fn from(texts: Vec<T>) -> Stop {
        Stop(texts.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<String>, const N: usize> From<[T; N]> for Stop {
    fn from(texts: [T; N]) -> Stop {
        Stop(texts.into_iter().map(Into::into).collect())
    }
}

impl ToJson for Stop {
    fn write_json(&self, out: &mut Vec<u8>) {
        self.0.write_json(out);
    }
}

/// The fields of a request under construction.
#[derive(Clone, Default, PartialEq)]
pub struct RequestFields(Object);

impl RequestFields {
    /// A request with these messages and nothing else.
    #[must_use]
    pub fn new(messages: impl Into<History>) -> RequestFields {
        let mut object = Object::default();
        object.put("messages", &messages.into());
        RequestFields(object)
    }

    /// Sets any field to what can be written as JSON.
    pub fn put(&mut self, name: impl Into<std::borrow::Cow<'static, str>>, value: &(impl ToJson + ?Sized)) {
        self.0.put(name, value);
    }

    /// The fields in order as name and JSON text.
    pub fn into_fields(self) -> Vec<(String, RawJson)> {
        self.0.into_fields().map(|(name, text)| (name, RawJson::trusted(text.into()))).collect()
    }

    /// The whole as one JSON object.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        self.0.to_json()
    }

    /// Checks it.
    ///
    /// # Errors
    /// As [`ChatRequest::parse`].
    pub fn into_request(self) -> Result<ChatRequest, Error> {
        ChatRequest::from_fields(self.into_fields())
    }
}

impl core::fmt::Debug for RequestFields {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "RequestFields({})", String::from_utf8_lossy(&self.to_json()))
    }
}

impl SetFields for RequestFields {
    fn request_fields(&mut self) -> &mut RequestFields {
        self
    }
}

/// A setter for every field of a request, for whatever builder holds [`RequestFields`].
pub trait SetFields: Sized {
    /// Where the fields are held.
    fn request_fields(&mut self) -> &mut RequestFields;

    #[doc(hidden)]
    fn put(&mut self, name: &'static str, value: &(impl ToJson + ?Sized)) {
        self.request_fields().put(name, value);
    }

    /// Sets any field, known or not.
    #[must_use]
    fn field(mut self, name: impl Into<String>, value: Value) -> Self {
        self.request_fields().put(name.into(), &value);
        self
    }

    /// The same as `preferences`, built in place.
    #[must_use]
    fn with_preferences(self, build: impl FnOnce(ProviderPreferences) -> ProviderPreferences) -> Self {
        self.preferences(build(ProviderPreferences::new()))
    }

    /// Which providers may serve: the field `provider`.
    #[must_use]
    fn preferences(self, preferences: ProviderPreferences) -> Self {
        self.provider(preferences)
    }

    /// The same as `reasoning`, built in place.
    #[must_use]
    fn with_reasoning(self, build: impl FnOnce(Reasoning) -> Reasoning) -> Self {
        self.reasoning(build(Reasoning::new()))
    }

    /// Plugins of the service: one, an array or a vector.
    #[must_use]
    fn plugins(mut self, plugins: impl Into<Vec<Plugin>>) -> Self {
        self.put("plugins", &plugins.into());
        self
    }

    /// Token ids and their bias, -100 to 100.
    #[must_use]
    fn logit_bias(mut self, bias: impl IntoIterator<Item = (impl Into<String>, f64)>) -> Self {
        let mut object = Object::default();
        for (token, value) in bias {
            object.put(token.into(), &value);
        }
        self.put("logit_bias", &object);
        self
    }

    /// At most 16 pairs of strings; keys of up to 64 characters, values of up to 512.
    #[must_use]
    fn metadata(mut self, pairs: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>) -> Self {
        let mut object = Object::default();
        for (key, value) in pairs {
            object.put(key.into(), &value.into());
        }
        self.put("metadata", &object);
        self
    }

    /// Text that the answer will largely repeat.
    #[must_use]
    fn prediction(mut self, text: impl Into<String>) -> Self {
        let mut object = Object::default();
        object.put("type", "content");
        object.put("content", &text.into());
        self.put("prediction", &object);
        self
    }

    /// Whether to report usage; without effect on `OpenRouter`, where usage always comes.
    #[must_use]
    fn usage(mut self, include: bool) -> Self {
        let mut object = Object::default();
        object.put("include", &include);
        self.put("usage", &object);
        self
    }

    setters! {
        /// Model id such as `openai/gpt-4o`.
        text model;
        /// Model ids in order of priority.
        texts models;
        /// Most tokens of the answer.
        int max_tokens;
        /// Most tokens of the answer, reasoning included.
        int max_completion_tokens;
        /// Randomness, 0 to 2.
        number temperature;
        /// Nucleus sampling, 0 to 1.
        number top_p;
        /// Sample from the k likeliest tokens.
        int top_k;
        /// Keep tokens that are likely enough beside the likeliest one, 0 to 1.
        number top_a;
        /// Least probability of a token as a share of the likeliest one's, 0 to 1.
        number min_p;
        /// Penalty that grows with a token's count, -2 to 2.
        number frequency_penalty;
        /// Penalty for any token already there, -2 to 2.
        number presence_penalty;
        /// Penalty on repeated tokens, above 0 to 2.
        number repetition_penalty;
        /// Seed of the sampling.
        int seed;
        /// Whether to return log probabilities.
        flag logprobs;
        /// How many alternatives per token to return, 0 to 20.
        int top_logprobs;
        /// Up to four strings at which to stop.
        one stop: Stop;
        /// The form of the answer.
        one response_format: Format;
        /// Whether the model must keep to the schema.
        flag structured_outputs;
        /// Tools that the model may call.
        many tools: Tool;
        /// Whether or which tool must be called.
        one tool_choice: ToolChoice;
        /// Whether several tools may be called at once.
        flag parallel_tool_calls;
        /// When the service ends its own loop over server tools.
        many stop_server_tools_when: StopCondition;
        /// How much the model reasons.
        one reasoning: Reasoning;
        /// Shorthand of the reasoning's effort.
        one reasoning_effort: Effort;
        /// Whether to return reasoning; older than `reasoning`.
        flag include_reasoning;
        /// How long answers should be.
        one verbosity: Verbosity;
        /// What the answer may consist of.
        many modalities: Modality;
        /// Options of generated images; free-form.
        one image_config: Value;
        /// Options of the model's own web search.
        one web_search_options: Value;
        /// Automatic prompt caching.
        one cache_control: CacheControl;
        /// Key under which the provider caches the prompt.
        text prompt_cache_key;
        /// How the prompt cache is used.
        one prompt_cache_options: Value;
        /// Which providers may serve, and in which order.
        one provider: ProviderPreferences;
        /// Price and speed tier.
        one service_tier: ServiceTier;
        /// Groups requests and keeps them on one provider; at most 256 characters.
        text session_id;
        /// A stable id of the end user; hashed before it goes on.
        text user;
        /// Where this request stands in a trace of the caller's.
        one trace: Value;
        /// A preset of the account.
        text preset;
        /// Debugging of a stream.
        one debug: Value;
        /// Prompt transforms.
        many transforms: Transform;
        /// Options of a stream; without effect on `OpenRouter`.
        one stream_options: Value;
        /// Mistral's safety prompt.
        flag safe_prompt;
        /// Skips a provider's prompt template.
        flag raw_mode;
        /// Whether the model thinks first (`FastRouter`).
        flag enable_thinking;
        /// Guardrails on the request (`FastRouter`).
        one input_guardrails: Value;
        /// Guardrails on the answer (`FastRouter`).
        one output_guardrails: Value;
        /// Response cache (`FastRouter`).
        one cache: Value;
    }
}
