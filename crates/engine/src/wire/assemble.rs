//! Deltas into the answer that they spell.
//!
//! Knows deltas and answers. Must not judge. Invariants: tool calls are joined by index; a later null never
//! overwrites an earlier value; the first finish reason counts, and the last usage; the assembled body has the
//! shape of a plain answer (`object: chat.completion`); members that nobody here knows are kept in the text they
//! came in, the last one wins; no content is put in that did not come.

use super::read;
use super::shape::{Body, Content, Count, Fields, Maybe, spelled};
use crate::chat::{Answer, Delta};
use bytes::Bytes;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Collects the deltas of one attempt.
#[derive(Debug, Default)]
pub struct Assembler {
    body: Members,
    text: String,
    reasoning: String,
}

impl Assembler {
    /// Adds one piece. An announcement of a fresh answer voids all pieces before it.
    pub fn push(&mut self, delta: &Delta) {
        if delta.restarted {
            *self = Assembler::default();
        }
        self.text.push_str(&delta.text);
        self.reasoning.push_str(&delta.reasoning);
        let fields = delta.raw.as_ref().and_then(|raw| raw.read::<Fields<'_>>().ok());
        self.body.merge(fields.unwrap_or_default(), body_rule);
    }

    /// Text of the first choice so far.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Reasoning of the first choice so far.
    #[must_use]
    pub fn reasoning(&self) -> &str {
        &self.reasoning
    }

    /// The answer that the pieces spell, finished or not; `None` if there were none.
    #[must_use]
    pub fn finish(mut self) -> Option<Answer> {
        if self.body.list.is_empty() {
            return None;
        }
        self.body.complete(&self.reasoning);
        let mut text = String::new();
        self.body.write(&mut text);
        let raw = Bytes::from(text);
        let body = serde_json::from_slice::<Maybe<Body<'_>>>(&raw).ok()?.0?;
        let mut answer = read::answer(&raw, body);
        answer.reasoning = self.reasoning;
        Some(answer)
    }
}

/// Most choices, and most calls of one choice, that are collected; what comes beyond is left out, so that no
/// service can make joining take quadratic time. Services allow 128 of either.
const MOST: usize = 512;

/// How the values that a member has in one piece after another become one.
#[derive(Clone, Copy)]
enum Rule {
    /// The last that is not null.
    Last,
    /// The first string that is not empty.
    First,
    /// Text to append; of other values, their JSON text.
    Append,
    /// Text to append; of a list, the text of its parts.
    Content,
    /// A list to append to another; other values: the last.
    Extend,
    /// An object, by the rules of its own members.
    Object(fn(&str) -> Rule),
    /// Choices: a list of objects by `index`.
    Choices,
    /// Tool calls: a list of objects by `index` and `id`.
    Calls,
    /// Always this JSON text.
    Fixed(&'static str),
    /// Left out.
    Drop,
}

fn body_rule(name: &str) -> Rule {
    match name {
        "choices" => Rule::Choices,
        "object" => Rule::Fixed(r#""chat.completion""#),
        _ => Rule::Last,
    }
}

fn choice_rule(name: &str) -> Rule {
    match name {
        "index" => Rule::Drop,
        "message" => Rule::Object(message_rule),
        "finish_reason" | "native_finish_reason" => Rule::First,
        "logprobs" => Rule::Object(|_| Rule::Extend),
        _ => Rule::Last,
    }
}

fn message_rule(name: &str) -> Rule {
    match name {
        "content" => Rule::Content,
        "reasoning" | "reasoning_content" | "refusal" => Rule::Append,
        "tool_calls" => Rule::Calls,
        "function_call" => Rule::Object(function_rule),
        "audio" => Rule::Object(audio_rule),
        _ => Rule::Extend,
    }
}

fn call_rule(name: &str) -> Rule {
    match name {
        "index" => Rule::Drop,
        "id" => Rule::First,
        "function" => Rule::Object(function_rule),
        _ => Rule::Last,
    }
}

fn function_rule(name: &str) -> Rule {
    match name {
        "name" => Rule::First,
        "arguments" => Rule::Append,
        _ => Rule::Last,
    }
}

fn audio_rule(name: &str) -> Rule {
    match name {
        "data" | "transcript" => Rule::Append,
        _ => Rule::Last,
    }
}

/// Members of an object in the order of their first arrival, and where each one is.
#[derive(Debug, Default)]
struct Members {
    list: Vec<(String, Node)>,
    places: BTreeMap<String, usize>,
}

#[derive(Debug)]
enum Node {
    Null,
    /// JSON text.
    Value(String),
    /// The content of a string.
    Text(String),
    /// JSON texts.
    List(Vec<String>),
    Object(Members),
    Choices(Vec<Slot>),
    Calls(Vec<Slot>),
}

#[derive(Debug)]
struct Slot {
    index: u64,
    members: Members,
}

impl Members {
    fn get(&self, name: &str) -> Option<&Node> {
        self.places.get(name).map(|at| &self.list[*at].1)
    }

    fn entry(&mut self, name: &str) -> &mut Node {
        let at = match self.places.get(name) {
            Some(at) => *at,
            None => {
                self.places.insert(name.to_owned(), self.list.len());
                self.list.push((name.to_owned(), Node::Null));
                self.list.len() - 1
            }
        };
        &mut self.list[at].1
    }

    fn merge(&mut self, fields: Fields<'_>, rule: fn(&str) -> Rule) {
        for (name, value) in fields.0 {
            match rule(&name) {
                Rule::Drop => {}
                rule => self.entry(&name).merge(value, rule),
            }
        }
    }

    /// Adds what a plain answer always has, content apart.
    fn complete(&mut self, reasoning: &str) {
        let object = self.entry("object");
        if object.is_vacant() {
            *object = Node::Value(r#""chat.completion""#.to_owned());
        }
        let choices = self.entry("choices");
        if choices.is_vacant() {
            *choices = Node::Choices(Vec::new());
        }
        if let Node::Choices(slots) = choices {
            for slot in slots {
                slot.members.entry("finish_reason");
                let message = slot.members.entry("message");
                if message.is_vacant() {
                    *message = Node::Object(Members::default());
                }
                if let Node::Object(message) = message {
                    message.complete_message(if slot.index == 0 { reasoning } else { "" });
                }
            }
        }
        self.complete_usage();
    }

    fn complete_message(&mut self, reasoning: &str) {
        let role = self.entry("role");
        if role.is_vacant() {
            *role = Node::Value(r#""assistant""#.to_owned());
        }
        self.entry("content");
        // Reasoning that came as parts of `content` needs a place of its own beside the joined text.
        let said = ["reasoning", "reasoning_content", "reasoning_details"];
        if !reasoning.is_empty() && said.iter().all(|n| self.get(n).is_none_or(Node::is_vacant)) {
            *self.entry("reasoning") = Node::Text(reasoning.to_owned());
        }
    }

    /// Groq's streams may carry usage in `x_groq` alone.
    fn complete_usage(&mut self) {
        if !self.get("usage").is_none_or(Node::is_vacant) {
            return;
        }
        let Some(Node::Value(groq)) = self.get("x_groq") else { return };
        let fields = serde_json::from_str::<Fields<'_>>(groq).unwrap_or_default();
        let usage = fields.get("usage").map(|u| u.get().to_owned());
        if let Some(usage) = usage {
            *self.entry("usage") = Node::Value(usage);
        }
    }

    fn write(&self, out: &mut String) {
        out.push('{');
        self.write_members(out);
        out.push('}');
    }

    fn write_members(&self, out: &mut String) {
        for (i, (name, node)) in self.list.iter().enumerate() {
            if i > 0 {
                out.push(',');
            }
            quote(name, out);
            out.push(':');
            node.write(out);
        }
    }
}

impl Node {
    /// Null or an empty string: a later value may still take the place of a first one.
    fn is_vacant(&self) -> bool {
        match self {
            Node::Null => true,
            Node::Value(text) => text == r#""""#,
            Node::Text(text) => text.is_empty(),
            _ => false,
        }
    }

    /// A string with letters in it.
    fn is_word(&self) -> bool {
        matches!(self, Node::Value(json) if json.starts_with('"') && json != r#""""#)
    }

    fn merge(&mut self, value: &RawValue, rule: Rule) {
        let json = value.get();
        if json == "null" {
            return;
        }
        match rule {
            Rule::First if self.is_word() => {}
            Rule::Append => self.append(&spelled(value)),
            Rule::Content => {
                self.append(&serde_json::from_str::<Content<'_>>(json).unwrap_or_default().text);
            }
            Rule::Extend if json.starts_with('[') => self.extend(value),
            Rule::Object(rule) if json.starts_with('{') => {
                if !matches!(self, Node::Object(_)) {
                    *self = Node::Object(Members::default());
                }
                if let Node::Object(members) = self {
                    members.merge(serde_json::from_str(json).unwrap_or_default(), rule);
                }
            }
            Rule::Choices => self.merge_choices(value),
            Rule::Calls => self.merge_calls(value),
            Rule::Fixed(fixed) => self.replace(fixed),
            _ => self.replace(json),
        }
    }

    fn replace(&mut self, json: &str) {
        match self {
            // Most members say the same in every chunk; the buffer is used again where they do not.
            Node::Value(text) if text == json => {}
            Node::Value(text) => {
                text.clear();
                text.push_str(json);
            }
            _ => *self = Node::Value(json.to_owned()),
        }
    }

    fn append(&mut self, piece: &str) {
        match self {
            Node::Text(text) => text.push_str(piece),
            _ => *self = Node::Text(piece.to_owned()),
        }
    }

    fn extend(&mut self, value: &RawValue) {
        let entries = items(value).map(|entry| entry.get().to_owned());
        match self {
            Node::List(list) => list.extend(entries),
            _ => *self = Node::List(entries.collect()),
        }
    }

    fn merge_choices(&mut self, value: &RawValue) {
        if !matches!(self, Node::Choices(_)) {
            *self = Node::Choices(Vec::new());
        }
        let Node::Choices(slots) = self else { return };
        for (position, mut fields) in objects(value).enumerate() {
            let index = fields.index(position);
            // A `message` beside a `delta` repeats the whole text so far; alone it is the piece.
            if fields.get("delta").is_some_and(|d| d.get().starts_with('{')) {
                fields.0.retain(|(name, _)| name != "message");
            }
            for (name, _) in &mut fields.0 {
                if name == "delta" {
                    *name = "message".into();
                }
            }
            let at = slots.iter().position(|s| s.index == index);
            if let Some(members) = slot(slots, at, index) {
                members.merge(fields, choice_rule);
            }
        }
    }

    fn merge_calls(&mut self, value: &RawValue) {
        if !matches!(self, Node::Calls(_)) {
            *self = Node::Calls(Vec::new());
        }
        let Node::Calls(slots) = self else { return };
        for (position, fields) in objects(value).enumerate() {
            let index = fields.index(position);
            let id = fields.get("id").filter(|id| !matches!(id.get(), r#""""# | "null"));
            let has_id = |slot: &Slot, id: &RawValue| matches!(slot.members.get("id"), Some(Node::Value(v)) if v == id.get());
            let same = id.and_then(|id| slots.iter().position(|s| s.index == index && has_id(s, id)));
            let last = slots.iter().rposition(|s| s.index == index);
            // Some services number every call 0 or not at all: a new id with a new name begins a new call. A new id
            // alone does not, as others make one up for every piece.
            let is_new = id.is_some() && same.is_none() && fields.names_function();
            let taken = last.is_some_and(|at| slots[at].members.get("id").is_some_and(Node::is_word));
            let at = same.or(last.filter(|_| !(is_new && taken)));
            if let Some(members) = slot(slots, at, index) {
                members.merge(fields, call_rule);
            }
        }
    }

    fn write(&self, out: &mut String) {
        match self {
            Node::Null => out.push_str("null"),
            Node::Value(json) => out.push_str(json),
            Node::Text(text) => quote(text, out),
            Node::Object(members) => members.write(out),
            Node::List(list) => write_list(list, out, |json, out| out.push_str(json)),
            Node::Choices(slots) => write_list(&sorted(slots), out, |slot, out| {
                out.push_str(&format!(r#"{{"index":{},"#, slot.index));
                slot.members.write_members(out);
                out.push('}');
            }),
            Node::Calls(slots) => write_list(&sorted(slots), out, |slot, out| slot.members.write(out)),
        }
    }
}

/// The slot at `at`, or a new one; `None` where there are too many.
fn slot(slots: &mut Vec<Slot>, at: Option<usize>, index: u64) -> Option<&mut Members> {
    let at = match at {
        Some(at) => at,
        None if slots.len() < MOST => {
            slots.push(Slot { index, members: Members::default() });
            slots.len() - 1
        }
        None => return None,
    };
    slots.get_mut(at).map(|slot| &mut slot.members)
}

fn sorted(slots: &[Slot]) -> Vec<&Slot> {
    let mut sorted: Vec<&Slot> = slots.iter().collect();
    sorted.sort_by_key(|s| s.index);
    sorted
}

fn items(value: &RawValue) -> impl Iterator<Item = &RawValue> {
    serde_json::from_str::<Vec<&RawValue>>(value.get()).unwrap_or_default().into_iter()
}

fn objects(value: &RawValue) -> impl Iterator<Item = Fields<'_>> {
    items(value).filter_map(|entry| serde_json::from_str(entry.get()).ok())
}

impl Fields<'_> {
    fn index(&self, position: usize) -> u64 {
        let sent = self.get("index").and_then(|i| serde_json::from_str::<Count>(i.get()).ok());
        sent.and_then(|count| count.0).unwrap_or(position as u64)
    }

    fn names_function(&self) -> bool {
        let function = self.get("function").and_then(|f| serde_json::from_str::<Fields<'_>>(f.get()).ok());
        function.is_some_and(|f| f.get("name").is_some_and(|n| !matches!(n.get(), r#""""# | "null")))
    }
}

fn write_list<T>(list: &[T], out: &mut String, mut entry: impl FnMut(&T, &mut String)) {
    out.push('[');
    for (i, value) in list.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        entry(value, out);
    }
    out.push(']');
}

fn quote(text: &str, out: &mut String) {
    // Writing a string as JSON cannot fail.
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
}
