//! The table of tools, tool choice, answer formats and stop conditions.
//!
//! Knows what a model may be offered and what it must keep to. Must not read a schema: `parameters` and `schema`
//! are the caller's. Invariant: kinds of tools and formats are open, because services add their own.

use super::super::schema::{FREE, INT, NUMBER, Other, Rest, Shape, TEXT, Type, Union, Words, field, up_to};
use super::CACHE_CONTROL;

const TOOL_TYPE: &str = "The kind of tool.";
const STRICT: &str = "Whether the model must keep to the schema exactly.";

/// A tool on offer.
pub static TOOL: Union = Union {
    name: "Tool",
    doc: "A tool that the model may call.",
    tag: "type",
    variants: &[("function", &FUNCTION_TOOL)],
    other: Other::Pass(&SERVER_TOOL),
    untagged: None,
};

static FUNCTION_TOOL: Shape = Shape {
    name: "FunctionTool",
    doc: "A function of the caller's.",
    rest: Rest::Pass,
    fields: &[
        field("type", TEXT, TOOL_TYPE).required(),
        field("function", Type::Object(&FUNCTION), "The function.").required(),
        field("cache_control", Type::Object(&CACHE_CONTROL), "Ends a cached prompt here."),
    ],
};

static FUNCTION: Shape = Shape {
    name: "FunctionDefinition",
    doc: "A function of the caller's.",
    rest: Rest::Pass,
    fields: &[
        field("name", up_to(64), "Letters, digits, underscores and dashes; at most 64 characters.")
            .required(),
        field("description", TEXT, "What it does, for the model."),
        field("parameters", FREE, "JSON Schema of its arguments."),
        field("strict", Type::Bool, STRICT),
    ],
};

static SERVER_TOOL: Shape = Shape {
    name: "ServerTool",
    doc: "A tool that the service runs, such as `openrouter:web_search`, or a kind that this version does not know.",
    rest: Rest::Free,
    fields: &[field("type", TEXT, TOOL_TYPE).required(), field("parameters", FREE, "Its options.")],
};

/// `tool_choice`.
pub const TOOL_CHOICE: Type = Type::Either(&[Type::Words(&CHOICE), Type::Tagged(&NAMED_CHOICE)]);

static CHOICE: Words = Words {
    name: "ToolChoiceMode",
    doc: "Whether a tool must be called.",
    known: &["none", "auto", "required"],
};
static NAMED_CHOICE: Union = Union {
    name: "NamedToolChoice",
    doc: "The tool that must be called.",
    tag: "type",
    variants: &[("function", &FUNCTION_CHOICE)],
    other: Other::Pass(&SERVER_CHOICE),
    untagged: None,
};
static FUNCTION_CHOICE: Shape = Shape {
    name: "FunctionChoice",
    doc: "The function that must be called.",
    rest: Rest::Pass,
    fields: &[
        field("type", TEXT, TOOL_TYPE).required(),
        field("function", Type::Object(&FUNCTION_NAME), "The function.").required(),
    ],
};
static FUNCTION_NAME: Shape = Shape {
    name: "FunctionName",
    doc: "A function by name.",
    rest: Rest::Pass,
    fields: &[field("name", TEXT, "Its name.").required()],
};
static SERVER_CHOICE: Shape = Shape {
    name: "ServerToolChoice",
    doc: "The service's tool that must be called, named by `type`.",
    rest: Rest::Free,
    fields: &[field("type", TEXT, TOOL_TYPE).required()],
};

/// A tool call of an assistant message.
pub static TOOL_CALL: Union = Union {
    name: "ChatToolCall",
    doc: "A call that the model made.",
    tag: "type",
    variants: &[("function", &FUNCTION_CALL)],
    other: Other::Pass(&OTHER_CALL),
    // Some services leave the type out of their answers, and an answer may be sent back as it came.
    untagged: Some("function"),
};
static FUNCTION_CALL: Shape = Shape {
    name: "FunctionCall",
    doc: "A call of one of the caller's functions.",
    rest: Rest::Pass,
    fields: &[
        field("id", TEXT, "Id of the call, to be named by its result.").required(),
        field("type", TEXT, "The kind of call."),
        field("function", Type::Object(&CALLED), "What was called.").required(),
    ],
};
static CALLED: Shape = Shape {
    name: "CalledFunction",
    doc: "A function and its arguments.",
    rest: Rest::Pass,
    fields: &[
        field("name", TEXT, "Its name.").required(),
        field("arguments", TEXT, "JSON text of the arguments.").required(),
    ],
};
static OTHER_CALL: Shape = Shape {
    name: "OtherToolCall",
    doc: "A kind of call that this version does not know; it passes as it is.",
    rest: Rest::Free,
    fields: &[field("type", TEXT, "The kind of call.").required()],
};

/// `response_format`.
pub static RESPONSE_FORMAT: Union = Union {
    name: "ResponseFormat",
    doc: "The form of the answer.",
    tag: "type",
    variants: &[
        ("text", &TEXT_FORMAT),
        ("json_object", &JSON_OBJECT),
        ("json_schema", &JSON_SCHEMA),
        ("grammar", &GRAMMAR),
        ("python", &PYTHON),
    ],
    other: Other::Pass(&OTHER_FORMAT),
    untagged: None,
};

const FORMAT_TYPE: &str = "The kind of format.";

static TEXT_FORMAT: Shape = Shape {
    name: "TextFormat",
    doc: "Plain text, the default.",
    rest: Rest::Pass,
    fields: &[field("type", TEXT, FORMAT_TYPE).required()],
};
static JSON_OBJECT: Shape = Shape {
    name: "JsonObjectFormat",
    doc: "Some JSON object; the prompt must ask for it.",
    rest: Rest::Pass,
    fields: &[field("type", TEXT, FORMAT_TYPE).required()],
};
static JSON_SCHEMA: Shape = Shape {
    name: "JsonSchemaFormat",
    doc: "JSON that keeps to a schema.",
    rest: Rest::Pass,
    fields: &[
        field("type", TEXT, FORMAT_TYPE).required(),
        field("json_schema", Type::Object(&SCHEMA), "The schema.").required(),
    ],
};
static SCHEMA: Shape = Shape {
    name: "JsonSchema",
    doc: "A named schema.",
    rest: Rest::Pass,
    fields: &[
        field("name", up_to(64), "Letters, digits, underscores and dashes; at most 64 characters.")
            .required(),
        field("description", TEXT, "What it is, for the model."),
        field("schema", FREE, "The JSON Schema."),
        field("strict", Type::Bool, STRICT),
    ],
};
static GRAMMAR: Shape = Shape {
    name: "GrammarFormat",
    doc: "Text of a grammar.",
    rest: Rest::Pass,
    fields: &[field("type", TEXT, FORMAT_TYPE).required(), field("grammar", TEXT, "The grammar.").required()],
};
static PYTHON: Shape = Shape {
    name: "PythonFormat",
    doc: "Python source.",
    rest: Rest::Pass,
    fields: &[field("type", TEXT, FORMAT_TYPE).required()],
};
static OTHER_FORMAT: Shape = Shape {
    name: "OtherFormat",
    doc: "A format that this version does not know; it passes as it is.",
    rest: Rest::Free,
    fields: &[field("type", TEXT, FORMAT_TYPE).required()],
};

/// `stop_server_tools_when[]`.
pub static STOP_CONDITION: Union = Union {
    name: "StopCondition",
    doc: "When the service ends its own loop over server tools.",
    tag: "type",
    variants: &[
        ("step_count_is", &STEP_COUNT),
        ("has_tool_call", &HAS_TOOL_CALL),
        ("max_tokens_used", &MAX_TOKENS_USED),
        ("max_cost", &MAX_COST),
        ("finish_reason_is", &FINISH_REASON),
    ],
    other: Other::Pass(&OTHER_CONDITION),
    untagged: None,
};

const CONDITION: &str = "The kind of condition.";

static STEP_COUNT: Shape = Shape {
    name: "StepCountIs",
    doc: "After so many steps.",
    rest: Rest::Pass,
    fields: &[
        field("type", TEXT, CONDITION).required(),
        field("step_count", INT, "How many steps.").required(),
    ],
};
static HAS_TOOL_CALL: Shape = Shape {
    name: "HasToolCall",
    doc: "Once a tool was called.",
    rest: Rest::Pass,
    fields: &[field("type", TEXT, CONDITION).required(), field("tool_name", TEXT, "Which tool.").required()],
};
static MAX_TOKENS_USED: Shape = Shape {
    name: "MaxTokensUsed",
    doc: "Once so many tokens are used.",
    rest: Rest::Pass,
    fields: &[
        field("type", TEXT, CONDITION).required(),
        field("max_tokens", INT, "How many tokens.").required(),
    ],
};
static MAX_COST: Shape = Shape {
    name: "MaxCost",
    doc: "Once so much is spent.",
    rest: Rest::Pass,
    fields: &[
        field("type", TEXT, CONDITION).required(),
        field("max_cost_in_dollars", NUMBER, "US dollars.").required(),
    ],
};
static FINISH_REASON: Shape = Shape {
    name: "FinishReasonIs",
    doc: "Once the model ends for a reason.",
    rest: Rest::Pass,
    fields: &[
        field("type", TEXT, CONDITION).required(),
        field("reason", TEXT, "Such as `length`.").required(),
    ],
};
static OTHER_CONDITION: Shape = Shape {
    name: "OtherStopCondition",
    doc: "A condition that this version does not know; it passes as it is.",
    rest: Rest::Free,
    fields: &[field("type", TEXT, CONDITION).required()],
};
