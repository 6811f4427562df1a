//! What a request needs of a model, read from its own fields.
//!
//! Knows the wire's field names. Must not judge a model (that is `fit`) nor build a tree of a request: a message
//! with a picture of 20 MB is read in place, its bytes only counted. Invariant: what cannot be read asks for
//! nothing; whether a request is well-formed is judged elsewhere.

use super::capability::Capability;
use super::estimate::Size;
use super::facts::Modality;
use super::parts::{Choice, Content, Counted, Format, Message, Part, Reasoning, Tool};
use super::words::{Word, Words};
use crate::base::RawJson;
use serde::Deserialize;

/// Looks up one field of a request by its wire name.
pub type Fields<'f, 'a> = &'f dyn Fn(&str) -> Option<&'a RawJson>;

/// What a request needs.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Need {
    /// It offers tools that the model itself must call (server tools of the endpoint are not among them).
    pub tools: bool,
    /// It forces a call: `tool_choice` is `required` or names a function.
    pub forced_tool: bool,
    /// It says whether calls may come several at a time.
    pub parallel_tools: Option<bool>,
    /// It wants JSON without saying which.
    pub json: bool,
    /// It wants an answer after a schema.
    pub schema: bool,
    /// And the schema is to be held strictly.
    pub strict_schema: bool,
    /// It asks for reasoning.
    pub reasoning: bool,
    /// It asks for the probabilities of tokens.
    pub logprobs: bool,
    /// Pictures in it.
    pub images: u64,
    /// Pieces of sound in it.
    pub audios: u64,
    /// Documents in it.
    pub files: u64,
    /// Films in it.
    pub videos: u64,
    /// Kinds of content that it wants back beyond text.
    pub outputs: Words<Modality>,
    /// The longest answer that it allows, in tokens.
    pub max_output: Option<u64>,
    /// Capabilities that the caller asked for by name.
    pub capabilities: Vec<Capability>,
    size: Size,
    media: Span,
}

/// A quantity that is known within bounds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Span {
    /// It is hardly less.
    pub low: u64,
    /// The estimate itself.
    pub likely: u64,
    /// It is hardly more.
    pub high: u64,
}

impl Span {
    fn add(&mut self, low: u64, likely: u64, high: u64) {
        *self = Span { low: self.low + low, likely: self.likely + likely, high: self.high + high };
    }
}

impl Need {
    /// Reads the needs of a request.
    #[must_use]
    pub fn of(fields: Fields<'_, '_>) -> Need {
        let mut need = Need::default();
        if let Some(messages) = read::<Vec<Message>>(fields, "messages") {
            messages.into_iter().for_each(|m| need.message(m));
        }
        if let Some(tools) = read::<Vec<Tool>>(fields, "tools") {
            need.tools = tools.iter().any(|t| t.kind.as_deref().is_none_or(|t| !t.contains(':')));
            need.size.tools = read::<Counted>(fields, "tools").map_or(0, |c| c.0);
        }
        need.forced_tool = need.tools && forces(fields);
        need.parallel_tools = read(fields, "parallel_tool_calls").filter(|_| need.tools);
        need.answer_format(fields);
        need.reasoning = asks_for_reasoning(fields);
        need.logprobs = read(fields, "logprobs").unwrap_or(false)
            || read::<u64>(fields, "top_logprobs").is_some_and(|n| n > 0);
        if let Some(kinds) = read::<Vec<String>>(fields, "modalities") {
            need.outputs = kinds.iter().map(String::as_str).filter(|k| *k != Modality::Text.word()).collect();
        }
        need.max_output = read(fields, "max_completion_tokens").or_else(|| read(fields, "max_tokens"));
        need
    }

    /// The same need with capabilities that the caller names.
    #[must_use]
    pub fn with(mut self, capabilities: impl IntoIterator<Item = Capability>) -> Need {
        self.capabilities.extend(capabilities);
        self
    }

    /// About how many tokens the prompt has for a model of this name, between bounds.
    ///
    /// Text is within 20 % on recorded prompts of 1,000 tokens and more (median error 12 %, 95th percentile 15 %,
    /// printed by `tests/catalog_recorded.rs`). Over all recorded prompts, most of them below 200 tokens, the median
    /// error is 8 % and the 95th percentile 63 %: what a provider adds unasked weighs most there, and no window
    /// is that small. One service adds some 1,000 tokens to every prompt, which nothing can tell. A picture counts 64 to 1,600 tokens (services scale pictures
    /// down to about that: Anthropic documents 1,600, OpenAI's high detail comes to 1,445), 800 where nothing is
    /// said, 85 with `detail: low`. Documents, sound and film are known by their bytes only, hence loosely.
    #[must_use]
    pub fn input_tokens(&self, model: &str) -> Span {
        let text = self.size.tokens(model);
        let mut span = self.media;
        span.add(text * 8 / 10, text, text * 12 / 10);
        span
    }

    fn message(&mut self, message: Message) {
        self.size.messages += 1;
        self.size.text += message.reasoning.map_or(0, |c| c.0);
        for call in message.tool_calls.unwrap_or_default() {
            self.size.calls += 1;
            self.size.text += call.function.map_or(0, |f| f.0);
        }
        match message.content {
            Some(Content::Text(text)) => self.size.text += text,
            Some(Content::Parts(parts)) => parts.into_iter().for_each(|p| self.part(p)),
            None => {}
        }
    }

    fn part(&mut self, part: Part) {
        self.size.text += part.text.map_or(0, |c| c.0);
        if let Some(image) = part.image_url {
            self.images += 1;
            // A picture of few bytes has few pixels; of a linked one nothing is known.
            let likely = if image.bytes > 0 { (85 + image.bytes / 64).min(800) } else { 800 };
            if image.low { self.media.add(64, 85, 85) } else { self.media.add(64, likely, 1_600) }
        }
        // Base64 has four characters for three bytes. Sound: some 2 to 48 kB and 10 to 32 tokens a second.
        if let Some(audio) = part.input_audio {
            self.audios += 1;
            self.media.add(audio.bytes / 6_400, audio.bytes / 640, audio.bytes / 80);
        }
        // A page of PDF is some 50 kB and 1,500 tokens; plain text in base64 is a token in five characters.
        if let Some(file) = part.file {
            self.files += 1;
            self.media.add(0, 200 + file.bytes / 40, 200 + file.bytes / 5);
        }
        if let Some(video) = part.video_url {
            self.videos += 1;
            self.media.add(0, 300 + video.bytes / 4_000, 300 + video.bytes / 400);
        }
    }

    fn answer_format(&mut self, fields: Fields<'_, '_>) {
        let Some(format) = read::<Format>(fields, "response_format") else { return };
        match format.kind.as_deref() {
            Some("json_object") => self.json = true,
            Some("json_schema") => {
                self.schema = true;
                self.size.schema = format.json_schema.as_ref().map_or(0, |s| s.size.0);
                self.strict_schema = format.json_schema.is_some_and(|s| s.strict);
            }
            _ => {}
        }
    }
}

/// The field as `T`; `None` if it is absent, null or something else.
fn read<'a, T: Deserialize<'a>>(fields: Fields<'_, 'a>, name: &str) -> Option<T> {
    fields(name)?.read::<Option<T>>().ok().flatten()
}

fn forces(fields: Fields<'_, '_>) -> bool {
    match read::<Choice>(fields, "tool_choice") {
        Some(Choice::Word(word)) => word == "required" || word == "any",
        Some(Choice::Named { kind }) => kind.is_none_or(|t| t == "function"),
        None => false,
    }
}

fn asks_for_reasoning(fields: Fields<'_, '_>) -> bool {
    let effort = |e: &Option<String>| e.as_deref().is_some_and(|e| e != "none");
    let asked = read::<Reasoning>(fields, "reasoning")
        .is_some_and(|r| r.enabled.unwrap_or(effort(&r.effort) || r.max_tokens.is_some_and(|n| n > 0)));
    asked || effort(&read(fields, "reasoning_effort")) || read(fields, "include_reasoning").unwrap_or(false)
}
