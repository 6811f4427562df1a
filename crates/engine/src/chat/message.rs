//! Messages, and what may stand for a conversation.
//!
//! Knows roles and content. Must not check. Invariant: a message that a model wrote can be sent back as it came,
//! with everything that this version does not know.

use super::answer::{Answer, ToolCall};
use super::content::{CacheControl, Content, Part};
use super::json::{Object, ToJson, json_value};
use crate::base::RawJson;
use core::fmt;
use serde_json::value::RawValue;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Instructions.
    System,
    /// Instructions, in the word of newer OpenAI models.
    Developer,
    /// The person or program that asks.
    User,
    /// The model.
    Assistant,
    /// The result of a tool.
    Tool,
}

/// One message of a conversation.
#[derive(Clone, PartialEq)]
pub struct Message(Form);

#[derive(Clone, PartialEq)]
enum Form {
    Built { role: Role, content: Option<Content>, rest: Object },
    AsItCame(RawJson),
}

impl Role {
    /// The word on the wire.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Role::System => "system",
            Role::Developer => "developer",
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::Tool => "tool",
        }
    }
}

impl Message {
    /// A message of any role.
    #[must_use]
    pub fn new(role: Role, content: impl Into<Content>) -> Message {
        Message(Form::Built { role, content: Some(content.into()), rest: Object::default() })
    }

    /// Instructions for the model.
    #[must_use]
    pub fn system(content: impl Into<Content>) -> Message {
        Message::new(Role::System, content)
    }

    /// Instructions for the model, in the word of newer OpenAI models.
    #[must_use]
    pub fn developer(content: impl Into<Content>) -> Message {
        Message::new(Role::Developer, content)
    }

    /// What is asked.
    #[must_use]
    pub fn user(content: impl Into<Content>) -> Message {
        Message::new(Role::User, content)
    }

    /// What the model answered; as the last message, the beginning that it shall continue.
    #[must_use]
    pub fn assistant(content: impl Into<Content>) -> Message {
        Message::new(Role::Assistant, content)
    }

    /// The result of the tool call with that id.
    #[must_use]
    pub fn tool(id: impl Into<String>, content: impl Into<Content>) -> Message {
        Message::new(Role::Tool, content).put("tool_call_id", &id.into())
    }

    /// Calls that the model made, without text (`content` is null).
    #[must_use]
    pub fn tool_calls(calls: impl IntoIterator<Item = ToolCall>) -> Message {
        let message = Message(Form::Built { role: Role::Assistant, content: None, rest: Object::default() });
        message.with_tool_calls(calls)
    }

    /// A message as JSON, such as one that a model wrote; it is sent as it is.
    #[must_use]
    pub fn from_json(json: RawJson) -> Message {
        Message(Form::AsItCame(json))
    }

    /// The first choice of an answer as it came, to continue the conversation: reasoning details, signatures and
    /// fields that this version does not know included. Without a message in the body, what was read from it.
    #[must_use]
    pub fn answered(answer: &Answer) -> Message {
        #[derive(serde::Deserialize)]
        struct Body<'a> {
            #[serde(borrow)]
            choices: Vec<Choice<'a>>,
        }
        #[derive(serde::Deserialize)]
        struct Choice<'a> {
            #[serde(borrow)]
            message: &'a RawValue,
        }
        let found = answer.raw.read::<Body<'_>>().ok().and_then(|b| b.choices.into_iter().next());
        match found {
            Some(choice) if choice.message.get().starts_with('{') => {
                let text = answer.raw.bytes().slice_ref(choice.message.get().as_bytes());
                Message::from_json(RawJson::trusted(text))
            }
            _ if answer.tool_calls.is_empty() => Message::assistant(&answer.text),
            _ => Message::tool_calls(answer.tool_calls.iter().cloned()),
        }
    }

    /// With an image by web address or `data:` URL.
    #[must_use]
    pub fn with_image(self, url: impl Into<String>) -> Message {
        self.with_part(Part::image_url(url))
    }

    /// With a document: a name, and a web address or `data:` URL.
    #[must_use]
    pub fn with_file(self, filename: impl Into<String>, data: impl Into<String>) -> Message {
        self.with_part(Part::file(filename, data))
    }

    /// With sound: base64 without a `data:` head, and a format such as `wav`.
    #[must_use]
    pub fn with_audio(self, data: impl Into<String>, format: impl Into<String>) -> Message {
        self.with_part(Part::input_audio(data, format))
    }

    /// With a video by web address or `data:` URL.
    #[must_use]
    pub fn with_video(self, url: impl Into<String>) -> Message {
        self.with_part(Part::video_url(url))
    }

    /// With one part more. A message [as it came](Message::from_json) stays as it is.
    #[must_use]
    pub fn with_part(mut self, part: Part) -> Message {
        if let Form::Built { content, .. } = &mut self.0 {
            *content = Some(match content.take() {
                Some(before) => before.with_part(part),
                None => Content::from(part),
            });
        }
        self
    }

    /// With its last part marked as the end of a cached prompt.
    #[must_use]
    pub fn with_caching(mut self, control: CacheControl) -> Message {
        if let Form::Built { content, .. } = &mut self.0 {
            *content = content.take().map(|c| c.with_caching(control));
        }
        self
    }

    /// With a name of the speaker.
    #[must_use]
    pub fn with_name(self, name: impl Into<String>) -> Message {
        self.put("name", &name.into())
    }

    /// With calls that the model made.
    #[must_use]
    pub fn with_tool_calls(self, calls: impl IntoIterator<Item = ToolCall>) -> Message {
        self.put("tool_calls", &calls.into_iter().collect::<Vec<_>>())
    }

    /// With blocks of reasoning as the model returned them.
    #[must_use]
    pub fn with_reasoning_details(self, details: Vec<serde_json::Value>) -> Message {
        self.put("reasoning_details", &details)
    }

    /// Sets a key that has no method yet.
    #[must_use]
    pub fn with_field(mut self, key: impl Into<String>, value: serde_json::Value) -> Message {
        if let Form::Built { rest, .. } = &mut self.0 {
            rest.put(key.into(), &value);
        }
        self
    }

    fn put(mut self, key: &'static str, value: &impl ToJson) -> Message {
        if let Form::Built { rest, .. } = &mut self.0 {
            rest.put(key, value);
        }
        self
    }
}

impl ToJson for Message {
    fn write_json(&self, out: &mut Vec<u8>) {
        match &self.0 {
            Form::AsItCame(json) => json.write_json(out),
            Form::Built { role, content, rest } => {
                out.extend_from_slice(br#"{"role":""#);
                out.extend_from_slice(role.word().as_bytes());
                out.extend_from_slice(br#"","content":"#);
                match content {
                    Some(content) => content.write_json(out),
                    None => out.extend_from_slice(b"null"),
                }
                rest.write_more(out);
                out.push(b'}');
            }
        }
    }
}

json_value!(Message);

impl ToJson for ToolCall {
    fn write_json(&self, out: &mut Vec<u8>) {
        let mut function = Object::default();
        function.put("name", &self.name);
        function.put("arguments", &self.arguments);
        let mut call = Object::default();
        call.put("id", &self.id);
        call.put("type", "function");
        call.put("function", &function);
        call.write_json(out);
    }
}

/// A conversation: what `chat(…)` takes. A string means one user message.
#[derive(Clone, PartialEq)]
pub struct History(pub Vec<Message>);

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.0).finish()
    }
}

impl ToJson for History {
    fn write_json(&self, out: &mut Vec<u8>) {
        self.0.write_json(out);
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Message {
        Message::user(text)
    }
}

impl From<String> for Message {
    fn from(text: String) -> Message {
        Message::user(text)
    }
}

impl From<&str> for History {
    fn from(text: &str) -> History {
        History(vec![text.into()])
    }
}

impl From<String> for History {
    fn from(text: String) -> History {
        History(vec![text.into()])
    }
}

impl From<&String> for History {
    fn from(text: &String) -> History {
        History(vec![text.as_str().into()])
    }
}

impl From<Message> for History {
    fn from(message: Message) -> History {
        History(vec![message])
    }
}

impl From<Vec<Message>> for History {
    fn from(messages: Vec<Message>) -> History {
        History(messages)
    }
}

impl From<&Vec<Message>> for History {
    fn from(messages: &Vec<Message>) -> History {
        History(messages.clone())
    }
}

impl From<&[Message]> for History {
    fn from(messages: &[Message]) -> History {
        History(messages.to_vec())
    }
}

impl<const N: usize> From<[Message; N]> for History {
    fn from(messages: [Message; N]) -> History {
        History(messages.into())
    }
}

impl<const N: usize> From<&[Message; N]> for History {
    fn from(messages: &[Message; N]) -> History {
        History(messages.to_vec())
    }
}
