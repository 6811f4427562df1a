//! The members of a body or chunk that decisions read, borrowed from its text.
//!
//! Knows JSON text and the names of members. Must not know what they mean together. Invariants: a member of an
//! unexpected type reads as absent and never fails the rest; what is not read is skipped without recursion;
//! numbers keep their own text where money is meant.

use core::fmt;
use core::marker::PhantomData;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A whole body, or one chunk of a stream.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Body<'a> {
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    #[serde(borrow)]
    pub(super) model: Text<'a>,
    #[serde(borrow)]
    pub(super) provider: Text<'a>,
    #[serde(borrow)]
    pub(super) choices: Items<Choice<'a>>,
    #[serde(borrow)]
    pub(super) usage: Maybe<Spent<'a>>,
    #[serde(borrow)]
    pub(super) x_groq: Maybe<Groq<'a>>,
    #[serde(borrow)]
    pub(super) error: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) errors: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) debug: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) openrouter_metadata: Option<&'a RawValue>,
    #[serde(borrow, rename = "type")]
    pub(super) kind: Text<'a>,
}

/// Where Groq puts the usage of a stream.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Groq<'a> {
    #[serde(borrow)]
    pub(super) usage: Maybe<Spent<'a>>,
}

/// One choice, of an answer (`message`) or a chunk (`delta`).
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Choice<'a> {
    pub(super) index: Count,
    #[serde(borrow)]
    pub(super) message: Maybe<Message<'a>>,
    #[serde(borrow)]
    pub(super) delta: Maybe<Message<'a>>,
    #[serde(borrow)]
    pub(super) finish_reason: Text<'a>,
    #[serde(borrow)]
    pub(super) native_finish_reason: Text<'a>,
    #[serde(borrow)]
    pub(super) error: Option<&'a RawValue>,
}

/// A message or a piece of one.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    pub(super) content: Content<'a>,
    #[serde(borrow)]
    pub(super) reasoning: Text<'a>,
    #[serde(borrow)]
    pub(super) reasoning_content: Text<'a>,
    #[serde(borrow)]
    pub(super) reasoning_details: Items<Detail<'a>>,
    #[serde(borrow)]
    pub(super) refusal: Text<'a>,
    #[serde(borrow)]
    pub(super) tool_calls: Items<Call<'a>>,
    #[serde(borrow)]
    pub(super) function_call: Maybe<Function<'a>>,
    pub(super) images: Filled,
    pub(super) audio: Filled,
}

/// One entry of `reasoning_details`: a text or a summary, or something encrypted without either.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Detail<'a> {
    #[serde(borrow)]
    pub(super) text: Text<'a>,
    #[serde(borrow)]
    pub(super) summary: Text<'a>,
}

/// A tool call or a piece of one.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Call<'a> {
    pub(super) index: Count,
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    #[serde(borrow)]
    pub(super) function: Maybe<Function<'a>>,
}

/// What a tool call calls. Arguments are a string by contract, an object or null in the field.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Function<'a> {
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    #[serde(borrow)]
    pub(super) arguments: Option<&'a RawValue>,
}

/// `usage` with every known spelling of its parts.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Spent<'a> {
    pub(super) prompt_tokens: Count,
    pub(super) completion_tokens: Count,
    pub(super) total_tokens: Count,
    pub(super) prompt_tokens_details: Maybe<Parts>,
    pub(super) completion_tokens_details: Maybe<Parts>,
    /// DeepSeek.
    pub(super) prompt_cache_hit_tokens: Count,
    /// Databricks, Vercel, doubleword.
    pub(super) cache_read_input_tokens: Count,
    pub(super) cache_creation_input_tokens: Count,
    /// xAI, Groq.
    pub(super) reasoning_tokens: Count,
    #[serde(borrow)]
    pub(super) cost: Option<&'a RawValue>,
    pub(super) is_byok: Flag,
    #[serde(borrow)]
    pub(super) cost_details: Maybe<Costs<'a>>,
    /// FastRouter.
    #[serde(borrow)]
    pub(super) provider: Text<'a>,
}

/// `prompt_tokens_details` and `completion_tokens_details`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Parts {
    pub(super) cached_tokens: Count,
    pub(super) cache_write_tokens: Count,
    pub(super) reasoning_tokens: Count,
}

/// `cost_details`, and Perplexity's `cost` where it is an object.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Costs<'a> {
    #[serde(borrow)]
    pub(super) upstream_inference_cost: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) total_cost: Option<&'a RawValue>,
}

/// One part of a `content` list.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Part<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    text: Text<'a>,
    /// Mistral's reasoning: a list of parts.
    #[serde(borrow)]
    thinking: Content<'a>,
}

/// A string; anything else is absent.
#[derive(Default)]
pub(super) struct Text<'a>(pub(super) Option<Cow<'a, str>>);

/// A whole number, `3.0` included.
#[derive(Default)]
pub(super) struct Count(pub(super) Option<u64>);

/// `true`; anything else is false.
#[derive(Default)]
pub(super) struct Flag(pub(super) bool);

/// Whether something is there: a list or object with members, a string with letters.
#[derive(Default)]
pub(super) struct Filled(pub(super) bool);

/// An object; anything else is absent.
pub(super) struct Maybe<T>(pub(super) Option<T>);

/// A list of objects; entries that are none are left out.
pub(super) struct Items<T> {
    /// Whether the member was there as a list or null.
    pub(super) present: bool,
    pub(super) list: Vec<T>,
}

/// Content: a string, or a list of parts.
#[derive(Default)]
pub(super) struct Content<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) thinking: String,
    pub(super) media: bool,
}

impl<'a> Text<'a> {
    /// The string, unless it is empty.
    pub(super) fn some(&self) -> Option<&str> {
        self.0.as_deref().filter(|t| !t.is_empty())
    }
}

impl<T> Default for Maybe<T> {
    fn default() -> Self {
        Maybe(None)
    }
}

impl<T> Default for Items<T> {
    fn default() -> Self {
        Items { present: false, list: Vec::new() }
    }
}

/// What a type makes of each kind of JSON value; what it does not name is its default.
trait Tolerant<'de>: Default {
    fn null() -> Self {
        Self::default()
    }
    fn flag(_: bool) -> Self {
        Self::default()
    }
    fn number(_: f64, _exact: Option<u64>) -> Self {
        Self::default()
    }
    fn string(_: Cow<'de, str>) -> Self {
        Self::default()
    }
    fn list<A: SeqAccess<'de>>(mut seq: A) -> Result<Self, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
    fn object<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
}

struct Any<T>(PhantomData<T>);

impl<'de, T: Tolerant<'de>> Visitor<'de> for Any<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }
    fn visit_unit<E: Error>(self) -> Result<T, E> {
        Ok(T::null())
    }
    fn visit_bool<E: Error>(self, v: bool) -> Result<T, E> {
        Ok(T::flag(v))
    }
    fn visit_u64<E: Error>(self, v: u64) -> Result<T, E> {
        Ok(T::number(v as f64, Some(v)))
    }
    fn visit_i64<E: Error>(self, v: i64) -> Result<T, E> {
        Ok(T::number(v as f64, None))
    }
    fn visit_f64<E: Error>(self, v: f64) -> Result<T, E> {
        Ok(T::number(v, None))
    }
    fn visit_borrowed_str<E: Error>(self, v: &'de str) -> Result<T, E> {
        Ok(T::string(Cow::Borrowed(v)))
    }
    fn visit_str<E: Error>(self, v: &str) -> Result<T, E> {
        Ok(T::string(Cow::Owned(v.to_owned())))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<T, A::Error> {
        T::list(seq)
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::object(map)
    }
}

macro_rules! deserialize_tolerantly {
    ($([$($generics:tt)*] $type:ty, $read_as:ty;)*) => {$(
        impl<$($generics)*> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                d.deserialize_any(Any::<$read_as>(PhantomData))
            }
        }
    )*};
}

deserialize_tolerantly! {
    ['de: 'a, 'a] Text<'a>, Text<'de>;
    ['de: 'a, 'a] Content<'a>, Content<'de>;
    ['de] Count, Count;
    ['de] Flag, Flag;
    ['de] Filled, Filled;
    ['de, T: Deserialize<'de>] Maybe<T>, Maybe<T>;
    ['de, T: Deserialize<'de>] Items<T>, Items<T>;
}

impl<'de> Tolerant<'de> for Text<'de> {
    fn string(v: Cow<'de, str>) -> Self {
        Text(Some(v))
    }
}

impl Tolerant<'_> for Count {
    fn number(v: f64, exact: Option<u64>) -> Self {
        // A float-to-integer cast saturates.
        Count(exact.or((v >= 0.0 && v.fract() == 0.0).then_some(v as u64)))
    }
}

impl Tolerant<'_> for Flag {
    fn flag(v: bool) -> Self {
        Flag(v)
    }
}

impl<'de> Tolerant<'de> for Filled {
    fn string(v: Cow<'de, str>) -> Self {
        Filled(!v.is_empty())
    }
    fn list<A: SeqAccess<'de>>(mut seq: A) -> Result<Self, A::Error> {
        let mut any = false;
        while seq.next_element::<IgnoredAny>()?.is_some() {
            any = true;
        }
        Ok(Filled(any))
    }
    fn object<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut any = false;
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            any = true;
        }
        Ok(Filled(any))
    }
}

impl<'de, T: Deserialize<'de>> Tolerant<'de> for Maybe<T> {
    fn object<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|v| Maybe(Some(v)))
    }
}

impl<'de, T: Deserialize<'de>> Tolerant<'de> for Items<T> {
    fn null() -> Self {
        Items { present: true, list: Vec::new() }
    }
    fn list<A: SeqAccess<'de>>(mut seq: A) -> Result<Self, A::Error> {
        let mut list = Vec::new();
        while let Some(entry) = seq.next_element::<Maybe<T>>()? {
            list.extend(entry.0);
        }
        Ok(Items { present: true, list })
    }
}

impl<'de> Tolerant<'de> for Content<'de> {
    fn string(v: Cow<'de, str>) -> Self {
        Content { text: v, ..Content::default() }
    }
    fn list<A: SeqAccess<'de>>(mut seq: A) -> Result<Self, A::Error> {
        let mut all = Content::default();
        while let Some(part) = seq.next_element::<Content<'de>>()? {
            all.text = if all.text.is_empty() { part.text } else { all.text + part.text };
            all.thinking.push_str(&part.thinking);
            all.media |= part.media;
        }
        Ok(all)
    }
    fn object<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        let part = Part::deserialize(MapAccessDeserializer::new(map))?;
        let kind = part.kind.some().unwrap_or_default();
        let media = ["image", "audio", "video", "input_audio"].iter().any(|m| kind.contains(m));
        Ok(Content {
            thinking: part.thinking.text.into_owned(),
            text: part.text.0.unwrap_or_default(),
            media,
        })
    }
}

/// The members of an object, all of them, undecided.
#[derive(Default)]
pub(super) struct Fields<'a>(pub(super) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Fields<'a> {
    pub(super) fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().rev().find(|(n, _)| n == name).map(|(_, value)| *value)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Vec::with_capacity(8);
        while let Some((Text(name), value)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
            fields.push((name.unwrap_or_default(), value));
        }
        Ok(Fields(fields))
    }
}

/// The content of a string, or the JSON text of anything else.
pub(super) fn spelled(raw: &RawValue) -> Cow<'_, str> {
    match serde_json::from_str::<Text<'_>>(raw.get()) {
        Ok(Text(Some(text))) => text,
        _ => Cow::Borrowed(raw.get()),
    }
}
