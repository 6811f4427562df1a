//! The parts of a request that its needs are read from, each read in place.
//!
//! Knows the wire's shapes. Must not keep content: texts become token estimates and media become byte counts while
//! the parser passes over them, so that nothing of a prompt is copied. Invariant: no tree is built; nesting is
//! bounded by the parser's own limit.

use super::estimate::{self, Millitokens};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

#[derive(Deserialize)]
pub(super) struct Message {
    pub content: Option<Content>,
    pub reasoning: Option<Counted>,
    pub tool_calls: Option<Vec<Call>>,
}

#[derive(Deserialize)]
pub(super) struct Call {
    pub function: Option<Counted>,
}

#[derive(Deserialize)]
pub(super) struct Part {
    pub text: Option<Counted>,
    pub image_url: Option<Blob>,
    pub input_audio: Option<Blob>,
    pub file: Option<Blob>,
    pub video_url: Option<Blob>,
}

#[derive(Deserialize)]
pub(super) struct Tool {
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Choice {
    Word(String),
    Named {
        #[serde(rename = "type")]
        kind: Option<String>,
    },
}

#[derive(Deserialize)]
pub(super) struct Format {
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub json_schema: Option<Schema>,
}

#[derive(Deserialize)]
pub(super) struct Reasoning {
    pub enabled: Option<bool>,
    pub effort: Option<String>,
    pub max_tokens: Option<u64>,
}

/// A message's content: text, or parts; anything else counts nothing.
pub(super) enum Content {
    Text(Millitokens),
    Parts(Vec<Part>),
}

/// The token estimate of any JSON value.
#[derive(Default)]
pub(super) struct Counted(pub Millitokens);

/// Media: how many bytes of base64 stand in the request, and whether low detail is asked for.
#[derive(Default)]
pub(super) struct Blob {
    pub bytes: u64,
    pub low: bool,
}

/// A schema for the answer: its size, and whether it is strict.
#[derive(Default)]
pub(super) struct Schema {
    pub size: Counted,
    pub strict: bool,
}

/// Bytes of data in a string; a link has none.
fn embedded(text: &str) -> u64 {
    let linked = text.starts_with("http://") || text.starts_with("https://");
    if linked { 0 } else { text.len() as u64 }
}

/// A string that is looked at and not kept: its bytes of data, and whether it is the word `low`.
struct Seen(u64, bool);

/// Implements `Deserialize` through `deserialize_any` with a visitor of the same name plus `Reader`.
macro_rules! read_any {
    ($target:ident, $reader:ident) => {
        impl<'de> Deserialize<'de> for $target {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<$target, D::Error> {
                d.deserialize_any($reader)
            }
        }
        struct $reader;
    };
}

read_any!(Content, ContentReader);
read_any!(Counted, CountedReader);
read_any!(Blob, BlobReader);
read_any!(Schema, SchemaReader);
read_any!(Seen, SeenReader);

/// What scalars mean where they are not expected: nothing.
macro_rules! scalars_are {
    ($value:expr) => {
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any JSON value")
        }
    };
}

/// A list where none is expected is passed over.
fn skip_seq<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<(), A::Error> {
    while seq.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

/// An object where none is expected is passed over.
fn skip_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<(), A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

impl<'de> Visitor<'de> for ContentReader {
    type Value = Content;
    scalars_are!(Content::Text(0));

    fn visit_str<E>(self, text: &str) -> Result<Content, E> {
        Ok(Content::Text(estimate::of_text(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Content, A::Error> {
        let mut parts = Vec::new();
        while let Some(part) = seq.next_element()? {
            parts.push(part);
        }
        Ok(Content::Parts(parts))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Content, A::Error> {
        skip_map(map).map(|()| Content::Text(0))
    }
}

impl<'de> Visitor<'de> for CountedReader {
    type Value = Counted;
    scalars_are!(Counted(1_000));

    fn visit_str<E>(self, text: &str) -> Result<Counted, E> {
        Ok(Counted(estimate::of_text(text)))
    }

    // Brackets, quotes, colons and commas: about one and a half tokens an item beside its words.
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Counted, A::Error> {
        let mut sum = 1_000;
        while let Some(Counted(item)) = seq.next_element()? {
            sum += item + 1_200;
        }
        Ok(Counted(sum))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Counted, A::Error> {
        let mut sum = 1_000;
        while let Some((Counted(key), Counted(value))) = map.next_entry()? {
            sum += key + value + 1_700;
        }
        Ok(Counted(sum))
    }
}

impl<'de> Visitor<'de> for BlobReader {
    type Value = Blob;
    scalars_are!(Blob::default());

    fn visit_str<E>(self, text: &str) -> Result<Blob, E> {
        Ok(Blob { bytes: embedded(text), low: false })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Blob, A::Error> {
        skip_seq(seq).map(|()| Blob::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Blob, A::Error> {
        let mut blob = Blob::default();
        while let Some(Seen(bytes, low)) = map.next_entry::<IgnoredAny, Seen>()?.map(|(_, seen)| seen) {
            // The longest string is the data; the others are a name, a format, a level of detail.
            blob.bytes = blob.bytes.max(bytes);
            blob.low |= low;
        }
        Ok(blob)
    }
}

impl<'de> Visitor<'de> for SeenReader {
    type Value = Seen;
    scalars_are!(Seen(0, false));

    fn visit_str<E>(self, text: &str) -> Result<Seen, E> {
        Ok(Seen(embedded(text), text == "low"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Seen, A::Error> {
        skip_seq(seq).map(|()| Seen(0, false))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Seen, A::Error> {
        skip_map(map).map(|()| Seen(0, false))
    }
}

impl<'de> Visitor<'de> for SchemaReader {
    type Value = Schema;
    scalars_are!(Schema::default());

    fn visit_str<E>(self, _: &str) -> Result<Schema, E> {
        Ok(Schema::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Schema, A::Error> {
        skip_seq(seq).map(|()| Schema::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Schema, A::Error> {
        let mut schema = Schema::default();
        while let Some(key) = map.next_key::<std::borrow::Cow<'_, str>>()? {
            if key == "strict" {
                schema.strict = map.next_value::<Option<bool>>()? == Some(true);
            } else {
                schema.size.0 += map.next_value::<Counted>()?.0;
            }
        }
        Ok(schema)
    }
}
