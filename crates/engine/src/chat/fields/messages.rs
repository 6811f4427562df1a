//! The table of messages and their parts.
//!
//! Knows roles, content parts, tool calls and reasoning details as the services take them. Must not check.
//! Invariants: roles are a closed list (a message without a known role means nothing); kinds of parts, of tool
//! calls and of reasoning details are open; what a model returned can be sent back as it came.

use super::super::schema::{INT, Other, Rest, Shape, TEXT, Type, Union, Words, field, list};
use super::{CACHE_BREAKPOINT, CACHE_CONTROL, tools};

/// One message.
pub const MESSAGE: Type = Type::Tagged(&MESSAGES);

/// A message by its role.
pub static MESSAGES: Union = Union {
    name: "ChatMessage",
    doc: "One message of the conversation.",
    tag: "role",
    variants: &[
        ("system", &SYSTEM),
        ("developer", &DEVELOPER),
        ("user", &USER),
        ("assistant", &ASSISTANT),
        ("tool", &TOOL),
    ],
    other: Other::Refuse,
    untagged: None,
};

const A_PART: Type = Type::Tagged(&PART);
const PARTS: Type = list(&A_PART);
const CONTENT: Type = Type::Either(&[TEXT, PARTS]);
const ROLE: &str = "The role.";
const NAME: &str = "A name of the speaker, where the provider takes one.";

static SYSTEM: Shape = Shape {
    name: "SystemMessage",
    doc: "Instructions for the model.",
    rest: Rest::Pass,
    fields: &[
        field("role", TEXT, ROLE).required(),
        field("content", CONTENT, "The instructions, as text or parts.").required(),
        field("name", TEXT, NAME),
    ],
};

static DEVELOPER: Shape = Shape {
    name: "DeveloperMessage",
    doc: "Instructions for the model, in the word of newer OpenAI models.",
    rest: Rest::Pass,
    fields: &[
        field("role", TEXT, ROLE).required(),
        field("content", CONTENT, "The instructions, as text or parts.").required(),
        field("name", TEXT, NAME),
    ],
};

static USER: Shape = Shape {
    name: "UserMessage",
    doc: "What the user says or shows.",
    rest: Rest::Pass,
    fields: &[
        field("role", TEXT, ROLE).required(),
        field("content", CONTENT, "Text, or parts with text, images, sound, video and files.").required(),
        field("name", TEXT, NAME),
    ],
};

static ASSISTANT: Shape = Shape {
    name: "AssistantMessage",
    doc: "What the model answered, or the beginning of what it shall answer.",
    rest: Rest::Pass,
    fields: &[
        field("role", TEXT, ROLE).required(),
        field("content", CONTENT, "Text or parts; null or absent beside tool calls."),
        field("name", TEXT, NAME),
        field("tool_calls", list(&Type::Tagged(&tools::TOOL_CALL)), "The tools it called."),
        field("refusal", TEXT, "Why it refused."),
        field("reasoning", TEXT, "Its reasoning as text."),
        field("reasoning_content", TEXT, "Alias of `reasoning`."),
        field(
            "reasoning_details",
            list(&Type::Tagged(&REASONING_DETAIL)),
            "Its reasoning in blocks; send them back unmodified when tools are in play.",
        ),
        field("images", list(&Type::Object(&OUTPUT_IMAGE)), "Images that it made."),
        field("audio", Type::Object(&OUTPUT_AUDIO), "Sound that it made."),
        field("model", TEXT, "The model that wrote it."),
    ],
};

static TOOL: Shape = Shape {
    name: "ToolMessage",
    doc: "The result of a tool call.",
    rest: Rest::Pass,
    fields: &[
        field("role", TEXT, ROLE).required(),
        field("content", CONTENT, "The result, as text or parts.").required(),
        // Required by OpenRouter, but some services take a lone result without it.
        field("tool_call_id", TEXT, "The id of the call that it answers; OpenRouter and OpenAI require it."),
    ],
};

/// A part of a message's content.
pub static PART: Union = Union {
    name: "ContentPart",
    doc: "A part of a message's content.",
    tag: "type",
    variants: &[
        ("text", &TEXT_PART),
        ("image_url", &IMAGE_PART),
        ("input_audio", &AUDIO_PART),
        ("video_url", &VIDEO_PART),
        ("input_video", &LEGACY_VIDEO_PART),
        ("file", &FILE_PART),
    ],
    other: Other::Pass(&OTHER_PART),
    untagged: None,
};

const TYPE: &str = "The kind of part.";

static TEXT_PART: Shape = Shape {
    name: "TextPart",
    doc: "Text.",
    rest: Rest::Pass,
    fields: &[
        field("type", TEXT, TYPE).required(),
        field("text", TEXT, "The text.").required(),
        field("cache_control", Type::Object(&CACHE_CONTROL), "Ends a cached prompt here."),
        field(
            "prompt_cache_breakpoint",
            Type::Object(&CACHE_BREAKPOINT),
            "The same in OpenAI's spelling; the service converts.",
        ),
    ],
};

static IMAGE_PART: Shape = Shape {
    name: "ImagePart",
    doc: "An image.",
    rest: Rest::Pass,
    fields: &[
        field("type", TEXT, TYPE).required(),
        field("image_url", Type::Object(&IMAGE_URL), "Where it is.").required(),
        field("cache_control", Type::Object(&CACHE_CONTROL), "Ends a cached prompt here."),
    ],
};
static IMAGE_URL: Shape = Shape {
    name: "ImageUrl",
    doc: "Where an image is.",
    rest: Rest::Pass,
    fields: &[
        field("url", TEXT, "A web address or a `data:` URL with base64.").required(),
        field("detail", Type::Words(&DETAIL), "How closely to look; `original` is OpenRouter's."),
    ],
};
static DETAIL: Words = Words {
    name: "ImageDetail",
    doc: "How closely to look at an image.",
    known: &["auto", "low", "high", "original"],
};

static AUDIO_PART: Shape = Shape {
    name: "AudioPart",
    doc: "Sound.",
    rest: Rest::Pass,
    fields: &[
        field("type", TEXT, TYPE).required(),
        field("input_audio", Type::Object(&INPUT_AUDIO), "The sound.").required(),
        field("cache_control", Type::Object(&CACHE_CONTROL), "Ends a cached prompt here."),
    ],
};
static INPUT_AUDIO: Shape = Shape {
    name: "InputAudio",
    doc: "Sound as base64.",
    rest: Rest::Pass,
    fields: &[
        field("data", TEXT, "Base64, without a `data:` head.").required(),
        field("format", TEXT, "Such as `wav` or `mp3`; which ones work depends on the provider.").required(),
    ],
};

static VIDEO_PART: Shape = Shape {
    name: "VideoPart",
    doc: "A video.",
    rest: Rest::Pass,
    fields: &[
        field("type", TEXT, TYPE).required(),
        field("video_url", Type::Object(&VIDEO_URL), "Where it is.").required(),
        field("cache_control", Type::Object(&CACHE_CONTROL), "Ends a cached prompt here."),
    ],
};
static LEGACY_VIDEO_PART: Shape = Shape {
    name: "LegacyVideoPart",
    doc: "A video, in the older spelling; use `video_url`.",
    rest: Rest::Pass,
    fields: &[
        field("type", TEXT, TYPE).required(),
        field("video_url", Type::Object(&VIDEO_URL), "Where it is.").required(),
    ],
};
static VIDEO_URL: Shape = Shape {
    name: "VideoUrl",
    doc: "Where a video is.",
    rest: Rest::Pass,
    fields: &[field("url", TEXT, "A web address or a `data:` URL with base64.").required()],
};

static FILE_PART: Shape = Shape {
    name: "FilePart",
    doc: "A document.",
    rest: Rest::Pass,
    fields: &[
        field("type", TEXT, TYPE).required(),
        field("file", Type::Object(&FILE), "The document.").required(),
        field("cache_control", Type::Object(&CACHE_CONTROL), "Ends a cached prompt here."),
    ],
};
static FILE: Shape = Shape {
    name: "FileData",
    doc: "A document, inline or by id.",
    rest: Rest::Pass,
    fields: &[
        field("filename", TEXT, "Its name."),
        field("file_data", TEXT, "A web address or a `data:` URL with base64."),
        field("file_id", TEXT, "Id of a document uploaded before."),
    ],
};

static OTHER_PART: Shape = Shape {
    name: "OtherPart",
    doc: "A kind of part that this version does not know; it passes as it is.",
    rest: Rest::Free,
    fields: &[field("type", TEXT, TYPE).required()],
};

static OUTPUT_IMAGE: Shape = Shape {
    name: "OutputImage",
    doc: "An image that a model made.",
    rest: Rest::Pass,
    fields: &[field("image_url", Type::Object(&IMAGE_URL), "Where it is.").required()],
};
static OUTPUT_AUDIO: Shape = Shape {
    name: "OutputAudio",
    doc: "Sound that a model made.",
    rest: Rest::Pass,
    fields: &[
        field("id", TEXT, "Its id."),
        field("data", TEXT, "Base64."),
        field("transcript", TEXT, "What is said in it."),
        field("expires_at", INT, "Seconds since 1970 after which the id is void."),
    ],
};

/// A block of reasoning.
pub static REASONING_DETAIL: Union = Union {
    name: "ReasoningDetail",
    doc: "A block of reasoning; opaque, to be sent back unmodified.",
    tag: "type",
    variants: &[
        ("reasoning.summary", &SUMMARY),
        ("reasoning.text", &REASONING_TEXT),
        ("reasoning.encrypted", &ENCRYPTED),
        ("reasoning.server_tool_call", &SERVER_TOOL_CALL),
    ],
    other: Other::Pass(&OTHER_DETAIL),
    untagged: None,
};

const DETAIL_TYPE: &str = "The kind of block.";
const FORMAT: &str = "Whose format it is, such as `anthropic-claude-v1`.";

static SUMMARY: Shape = Shape {
    name: "ReasoningSummaryDetail",
    doc: "Reasoning, summed up.",
    rest: Rest::Pass,
    fields: &[
        field("type", TEXT, DETAIL_TYPE).required(),
        field("summary", TEXT, "The summary.").required(),
        field("format", TEXT, FORMAT),
        field("id", TEXT, "Its id."),
        field("index", INT, "Its place."),
    ],
};
static REASONING_TEXT: Shape = Shape {
    name: "ReasoningTextDetail",
    doc: "Reasoning in the open.",
    rest: Rest::Pass,
    fields: &[
        field("type", TEXT, DETAIL_TYPE).required(),
        field("text", TEXT, "The reasoning."),
        field("signature", TEXT, "The provider's proof that it is unmodified."),
        field("format", TEXT, FORMAT),
        field("id", TEXT, "Its id."),
        field("index", INT, "Its place."),
    ],
};
static ENCRYPTED: Shape = Shape {
    name: "ReasoningEncryptedDetail",
    doc: "Reasoning that only its provider can read.",
    rest: Rest::Pass,
    fields: &[
        field("type", TEXT, DETAIL_TYPE).required(),
        field("data", TEXT, "The sealed block.").required(),
        field("format", TEXT, FORMAT),
        field("id", TEXT, "Its id."),
        field("index", INT, "Its place."),
    ],
};
static SERVER_TOOL_CALL: Shape = Shape {
    name: "ReasoningServerToolCallDetail",
    doc: "A call of one of the service's own tools.",
    rest: Rest::Pass,
    fields: &[
        field("type", TEXT, DETAIL_TYPE).required(),
        field("tool_name", TEXT, "The tool."),
        field("tool_call_id", TEXT, "Id of the call."),
        field("arguments", TEXT, "JSON text."),
        field("result", TEXT, "What came out."),
        field("format", TEXT, FORMAT),
        field("id", TEXT, "Its id."),
        field("index", INT, "Its place."),
    ],
};
static OTHER_DETAIL: Shape = Shape {
    name: "OtherReasoningDetail",
    doc: "A kind of block that this version does not know; it passes as it is.",
    rest: Rest::Free,
    fields: &[field("type", TEXT, DETAIL_TYPE).required()],
};
