//! The form of the answer.
//!
//! Knows `response_format`. Must not check an answer against it. Invariant: a schema built here is closed
//! (`additionalProperties: false`) unless the caller opens it, because strict schemas must be.

use super::json::{Object, ToJson, json_value};
use super::tool::Param;

/// The form of the answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Format {
    kind: &'static str,
    schema: Object,
    grammar: Option<String>,
}

impl Format {
    fn of(kind: &'static str) -> Format {
        Format { kind, schema: Object::default(), grammar: None }
    }

    /// Plain text, the default.
    #[must_use]
    pub fn text() -> Format {
        Format::of("text")
    }

    /// Some JSON object; the prompt must ask for it.
    #[must_use]
    pub fn json_object() -> Format {
        Format::of("json_object")
    }

    /// JSON that keeps to a schema of that name: at most 64 letters, digits, underscores and dashes. Strict unless
    /// [`Format::strict`] says otherwise.
    #[must_use]
    pub fn json(name: impl Into<String>) -> Format {
        let mut format = Format::of("json_schema");
        format.schema.put("name", &name.into());
        format.schema.put("strict", &true);
        format
    }

    /// Text of a grammar.
    #[must_use]
    pub fn grammar(grammar: impl Into<String>) -> Format {
        Format { grammar: Some(grammar.into()), ..Format::of("grammar") }
    }

    /// Python source.
    #[must_use]
    pub fn python() -> Format {
        Format::of("python")
    }

    /// What the schema is, for the model.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Format {
        self.schema.put("description", &text.into());
        self
    }

    /// The schema, starting from an empty object.
    #[must_use]
    pub fn with_schema(self, build: impl FnOnce(Param) -> Param) -> Format {
        self.schema(build(Param::object()).closed())
    }

    /// The schema as it is.
    #[must_use]
    pub fn schema(mut self, schema: impl Into<Param>) -> Format {
        self.schema.put("schema", &schema.into());
        self
    }

    /// The schema as one made elsewhere.
    #[must_use]
    pub fn raw_schema(mut self, schema: &serde_json::Value) -> Format {
        self.schema.put("schema", schema);
        self
    }

    /// Whether the model must keep to the schema exactly.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Format {
        self.schema.put("strict", &strict);
        self
    }

    /// The format itself; for programs written against builders that end so.
    #[must_use]
    pub fn build(self) -> Format {
        self
    }
}

impl ToJson for Format {
    fn write_json(&self, out: &mut Vec<u8>) {
        let mut format = Object::default();
        format.put("type", self.kind);
        if self.kind == "json_schema" {
            format.put("json_schema", &self.schema);
        }
        if let Some(grammar) = &self.grammar {
            format.put("grammar", grammar);
        }
        format.write_json(out);
    }
}

json_value!(Format);
