//! What a message holds: text, or parts with text, images, sound, video and files.
//!
//! Knows the kinds of parts. Must not know roles. Invariant: a long `data:` URL is written once, when the request
//! is built.

use super::json::{Object, ToJson, json_value, words};

/// Content of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Plain text.
    Simple(String),
    /// Parts in order.
    Complex(Vec<Part>),
}

/// A part of a message's content.
#[derive(Clone, PartialEq, Eq)]
pub struct Part {
    kind: PartKind,
    extra: Object,
}

#[derive(Clone, PartialEq, Eq)]
enum PartKind {
    Text(String),
    Image { url: String, detail: Option<Detail> },
    Audio { data: String, format: String },
    Video(String),
    File { filename: String, data: String },
    FileId(String),
}

words! {
    /// How closely to look at an image.
    Detail { Auto = "auto", Low = "low", High = "high", Original = "original" }
}

/// Marks the end of a cached prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CacheControl {
    /// With the provider's default life, five minutes.
    Ephemeral,
    /// With a life such as `5m` or `1h`.
    EphemeralFor(String),
}

impl Content {
    /// The content with one part more; text becomes a part of its own.
    #[must_use]
    pub fn with_part(self, part: Part) -> Content {
        let mut parts = self.into_parts();
        parts.push(part);
        Content::Complex(parts)
    }

    fn into_parts(self) -> Vec<Part> {
        match self {
            Content::Simple(text) => vec![Part::text(text)],
            Content::Complex(parts) => parts,
        }
    }

    /// The same content with its last part marked as the end of a cached prompt.
    #[must_use]
    pub fn with_caching(self, control: CacheControl) -> Content {
        let mut parts = self.into_parts();
        if let Some(last) = parts.pop() {
            parts.push(last.with_caching(control));
        }
        Content::Complex(parts)
    }
}

impl Part {
    /// Text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Part {
        PartKind::Text(text.into()).into()
    }

    /// An image by web address or `data:` URL.
    #[must_use]
    pub fn image_url(url: impl Into<String>) -> Part {
        PartKind::Image { url: url.into(), detail: None }.into()
    }

    /// A document: a name, and a web address or `data:` URL.
    #[must_use]
    pub fn file(filename: impl Into<String>, data: impl Into<String>) -> Part {
        PartKind::File { filename: filename.into(), data: data.into() }.into()
    }

    /// A document that was uploaded before.
    #[must_use]
    pub fn file_id(id: impl Into<String>) -> Part {
        PartKind::FileId(id.into()).into()
    }

    /// Sound: base64 without a `data:` head, and a format such as `wav`.
    #[must_use]
    pub fn input_audio(data: impl Into<String>, format: impl Into<String>) -> Part {
        PartKind::Audio { data: data.into(), format: format.into() }.into()
    }

    /// A video by web address or `data:` URL.
    #[must_use]
    pub fn video_url(url: impl Into<String>) -> Part {
        PartKind::Video(url.into()).into()
    }

    /// How closely to look; for images, without effect on other parts.
    #[must_use]
    pub fn with_detail(mut self, wanted: impl Into<Detail>) -> Part {
        if let PartKind::Image { detail, .. } = &mut self.kind {
            *detail = Some(wanted.into());
        }
        self
    }

    /// Ends a cached prompt at this part.
    #[must_use]
    pub fn with_caching(mut self, control: CacheControl) -> Part {
        self.extra.put("cache_control", &control);
        self
    }

    /// Sets a key that has no method yet.
    #[must_use]
    pub fn with_field(mut self, key: impl Into<String>, value: serde_json::Value) -> Part {
        self.extra.put(key.into(), &value);
        self
    }
}

impl From<PartKind> for Part {
    fn from(kind: PartKind) -> Part {
        Part { kind, extra: Object::default() }
    }
}

impl ToJson for Part {
    fn write_json(&self, out: &mut Vec<u8>) {
        // Written by hand rather than through an `Object`, so that a large image is copied once.
        let mut keys = |pairs: &[(&str, &str)]| {
            for (before, text) in pairs {
                out.extend_from_slice(before.as_bytes());
                text.write_json(out);
            }
        };
        match &self.kind {
            PartKind::Text(text) => keys(&[(r#"{"type":"text","text":"#, text)]),
            PartKind::Image { url, detail: None } => {
                keys(&[(r#"{"type":"image_url","image_url":{"url":"#, url)]);
            }
            PartKind::Image { url, detail: Some(detail) } => {
                keys(&[(r#"{"type":"image_url","image_url":{"url":"#, url), (r#","detail":"#, detail.word())])
            }
            PartKind::Audio { data, format } => {
                keys(&[(r#"{"type":"input_audio","input_audio":{"data":"#, data), (r#","format":"#, format)])
            }
            PartKind::Video(url) => keys(&[(r#"{"type":"video_url","video_url":{"url":"#, url)]),
            PartKind::File { filename, data } => {
                keys(&[(r#"{"type":"file","file":{"filename":"#, filename), (r#","file_data":"#, data)])
            }
            PartKind::FileId(id) => keys(&[(r#"{"type":"file","file":{"file_id":"#, id)]),
        }
        if !matches!(self.kind, PartKind::Text(_)) {
            out.push(b'}');
        }
        self.extra.write_more(out);
        out.push(b'}');
    }
}

impl ToJson for Content {
    fn write_json(&self, out: &mut Vec<u8>) {
        match self {
            Content::Simple(text) => text.write_json(out),
            Content::Complex(parts) => parts.write_json(out),
        }
    }
}

impl ToJson for CacheControl {
    fn write_json(&self, out: &mut Vec<u8>) {
        let mut object = Object::default();
        object.put("type", "ephemeral");
        if let CacheControl::EphemeralFor(ttl) = self {
            object.put("ttl", ttl);
        }
        object.write_json(out);
    }
}

json_value!(Part);

impl From<&str> for Content {
    fn from(text: &str) -> Content {
        Content::Simple(text.to_owned())
    }
}

impl From<String> for Content {
    fn from(text: String) -> Content {
        Content::Simple(text)
    }
}

impl From<&String> for Content {
    fn from(text: &String) -> Content {
        Content::Simple(text.clone())
    }
}

impl From<Vec<Part>> for Content {
    fn from(parts: Vec<Part>) -> Content {
        Content::Complex(parts)
    }
}

impl<const N: usize> From<[Part; N]> for Content {
    fn from(parts: [Part; N]) -> Content {
        Content::Complex(parts.into())
    }
}

impl From<Part> for Content {
    fn from(part: Part) -> Content {
        Content::Complex(vec![part])
    }
}
