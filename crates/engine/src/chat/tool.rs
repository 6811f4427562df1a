//! Tools, their parameters, and the choice among them.
//!
//! Knows how a JSON Schema of parameters is spelt. Must not check schemas. Invariant: keys come out in the order
//! in which they were set, so the same program sends the same bytes.

use super::content::CacheControl;
use super::json::{Object, ToJson, json_value, on_object};

/// A tool that the model may call.
#[derive(Clone, PartialEq, Eq)]
pub struct Tool {
    kind: String,
    function: Option<Object>,
    rest: Object,
}

impl Tool {
    /// A function of the caller's: at most 64 letters, digits, underscores and dashes.
    #[must_use]
    pub fn function(name: impl Into<String>) -> Tool {
        let mut function = Object::default();
        function.put("name", &name.into());
        Tool { kind: "function".to_owned(), function: Some(function), rest: Object::default() }
    }

    /// A tool that the service runs, such as `openrouter:web_search`.
    #[must_use]
    pub fn server(kind: impl Into<String>) -> Tool {
        Tool { kind: kind.into(), function: None, rest: Object::default() }
    }

    /// What it does, for the model.
    #[must_use]
    pub fn description(self, text: impl Into<String>) -> Tool {
        self.put("description", &text.into())
    }

    /// Its parameters, starting from an empty object.
    #[must_use]
    pub fn with_parameters(self, build: impl FnOnce(Param) -> Param) -> Tool {
        self.parameters(build(Param::object()))
    }

    /// Its parameters: an object, or for a server tool its options.
    #[must_use]
    pub fn parameters(self, parameters: impl Into<Param>) -> Tool {
        self.put("parameters", &parameters.into())
    }

    /// Its parameters as a schema made elsewhere.
    #[must_use]
    pub fn with_schema(self, schema: &serde_json::Value) -> Tool {
        self.put("parameters", schema)
    }

    /// Whether the model must keep to the schema exactly.
    #[must_use]
    pub fn strict(self, strict: bool) -> Tool {
        self.put("strict", &strict)
    }

    /// Ends a cached prompt at this tool.
    #[must_use]
    pub fn with_caching(mut self, control: CacheControl) -> Tool {
        self.rest.put("cache_control", &control);
        self
    }

    /// No parameters, spelt out for providers that want the key.
    #[must_use]
    pub fn empty(self) -> Tool {
        self.with_parameters(|p| p)
    }

    /// The tool itself; for programs written against builders that end so.
    #[must_use]
    pub fn build(self) -> Tool {
        self
    }

    fn put(mut self, key: &'static str, value: &impl ToJson) -> Tool {
        self.function.as_mut().unwrap_or(&mut self.rest).put(key, value);
        self
    }
}

impl ToJson for Tool {
    fn write_json(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(br#"{"type":"#);
        self.kind.write_json(out);
        if let Some(function) = &self.function {
            out.extend_from_slice(br#","function":"#);
            function.write_json(out);
        }
        self.rest.write_more(out);
        out.push(b'}');
    }
}

json_value!(Tool);

/// A schema of one parameter, or of an answer.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Param {
    keywords: Object,
    properties: Object,
}

impl Param {
    fn of(kind: &str) -> Param {
        let mut param = Param::default();
        param.keywords.put("type", kind);
        param
    }

    /// An object; add [properties](Param::property).
    #[must_use]
    pub fn object() -> Param {
        let mut param = Param::of("object");
        param.keywords.put("properties", &Object::default());
        param
    }

    /// A string.
    #[must_use]
    pub fn string() -> Param {
        Param::of("string")
    }

    /// A whole number.
    #[must_use]
    pub fn integer() -> Param {
        Param::of("integer")
    }

    /// A number.
    #[must_use]
    pub fn number() -> Param {
        Param::of("number")
    }

    /// True or false.
    #[must_use]
    pub fn boolean() -> Param {
        Param::of("boolean")
    }

    /// Null.
    #[must_use]
    pub fn null() -> Param {
        Param::of("null")
    }

    /// A list; say of what with [`Param::items`].
    #[must_use]
    pub fn array() -> Param {
        Param::of("array")
    }

    /// One of several.
    #[must_use]
    pub fn any_of(params: impl IntoIterator<Item: Into<Param>>) -> Param {
        let mut param = Param::default();
        param.keywords.put("anyOf", &params.into_iter().map(Into::into).collect::<Vec<Param>>());
        param
    }

    /// What it is, for the model.
    #[must_use]
    pub fn description(self, text: impl Into<String>) -> Param {
        self.put("description", &text.into())
    }

    /// The strings allowed.
    #[must_use]
    pub fn enums(self, words: impl IntoIterator<Item: Into<String>>) -> Param {
        self.put("enum", &words.into_iter().map(Into::into).collect::<Vec<String>>())
    }

    /// What the items of a list are.
    #[must_use]
    pub fn items(self, items: impl Into<Param>) -> Param {
        self.put("items", &items.into())
    }

    /// A property of an object.
    #[must_use]
    pub fn property(mut self, key: impl Into<String>, value: impl Into<Param>) -> Param {
        self.properties.put(key.into(), &value.into());
        self.keywords.put("properties", &self.properties);
        self
    }

    /// The properties that must be there.
    #[must_use]
    pub fn required(self, keys: impl IntoIterator<Item: Into<String>>) -> Param {
        self.put("required", &keys.into_iter().map(Into::into).collect::<Vec<String>>())
    }

    /// Whether an object may have properties that are not listed.
    #[must_use]
    pub fn additional_properties(self, allowed: bool) -> Param {
        self.put("additionalProperties", &allowed)
    }

    /// Any other keyword of JSON Schema.
    #[must_use]
    pub fn with_field(mut self, key: impl Into<String>, value: serde_json::Value) -> Param {
        self.keywords.put(key.into(), &value);
        self
    }

    /// The schema itself; for programs written against builders that end so.
    #[must_use]
    pub fn end(self) -> Param {
        self
    }

    /// Closes an object for strict schemas, unless the caller has said otherwise.
    pub(super) fn closed(self) -> Param {
        if self.keywords.has("additionalProperties") { self } else { self.additional_properties(false) }
    }

    fn put(mut self, key: &'static str, value: &impl ToJson) -> Param {
        self.keywords.put(key, value);
        self
    }
}

impl ToJson for Param {
    fn write_json(&self, out: &mut Vec<u8>) {
        self.keywords.write_json(out);
    }
}

json_value!(Param);

impl From<Vec<Param>> for Param {
    fn from(params: Vec<Param>) -> Param {
        Param::any_of(params)
    }
}

/// Whether or which tool must be called.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ToolChoice {
    /// No tool.
    None,
    /// As the model sees fit; the default where there are tools.
    Auto,
    /// Some tool.
    Required,
    /// That function.
    Function(String),
    /// That tool of the service's, such as `openrouter:web_search`.
    Server(String),
    /// Any other word, sent as it is.
    Other(String),
}

impl From<&str> for ToolChoice {
    fn from(word: &str) -> ToolChoice {
        match word {
            "none" => ToolChoice::None,
            "auto" => ToolChoice::Auto,
            "required" => ToolChoice::Required,
            other => ToolChoice::Other(other.to_owned()),
        }
    }
}

impl ToJson for ToolChoice {
    fn write_json(&self, out: &mut Vec<u8>) {
        let mut object = Object::default();
        match self {
            ToolChoice::None => return "none".write_json(out),
            ToolChoice::Auto => return "auto".write_json(out),
            ToolChoice::Required => return "required".write_json(out),
            ToolChoice::Other(word) => return word.write_json(out),
            ToolChoice::Function(name) => {
                let mut function = Object::default();
                function.put("name", name);
                object.put("type", "function");
                object.put("function", &function);
            }
            ToolChoice::Server(kind) => object.put("type", kind),
        }
        object.write_json(out);
    }
}

/// When the service ends its own loop over server tools.
#[derive(Clone, PartialEq, Eq)]
pub struct StopCondition(Object);
on_object!(StopCondition);

impl StopCondition {
    fn of(kind: &str, key: &'static str, value: &impl ToJson) -> StopCondition {
        let mut condition = StopCondition(Object::default());
        condition.put("type", kind);
        condition.put(key, value);
        condition
    }

    /// After so many steps.
    #[must_use]
    pub fn step_count_is(steps: i64) -> StopCondition {
        StopCondition::of("step_count_is", "step_count", &steps)
    }

    /// Once that tool was called.
    #[must_use]
    pub fn has_tool_call(name: impl Into<String>) -> StopCondition {
        StopCondition::of("has_tool_call", "tool_name", &name.into())
    }

    /// Once so many tokens are used.
    #[must_use]
    pub fn max_tokens_used(tokens: i64) -> StopCondition {
        StopCondition::of("max_tokens_used", "max_tokens", &tokens)
    }

    /// Once so many US dollars are spent.
    #[must_use]
    pub fn max_cost(dollars: f64) -> StopCondition {
        StopCondition::of("max_cost", "max_cost_in_dollars", &dollars)
    }

    /// Once the model ends for that reason, such as `length`.
    #[must_use]
    pub fn finish_reason_is(reason: impl Into<String>) -> StopCondition {
        StopCondition::of("finish_reason_is", "reason", &reason.into())
    }
}
