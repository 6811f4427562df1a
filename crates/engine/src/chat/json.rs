//! JSON text under construction, for the builders of requests.
//!
//! Knows how to write values in order, and nothing of what they mean. Must not check: what was built passes the
//! same checks as a caller's own text, so a NaN is written as `NaN` and refused there under its path. Invariant:
//! keys come out in the order in which they were first set; a value that was not set does not appear.

use std::borrow::Cow;

/// Something that can be written as one JSON value.
pub trait ToJson {
    /// Appends the value.
    fn write_json(&self, out: &mut Vec<u8>);

    /// The value as text.
    fn to_json(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write_json(&mut out);
        out
    }
}

/// An object whose keys keep their order.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Object(Vec<(Cow<'static, str>, Vec<u8>)>);

impl Object {
    /// Sets a key, in its place if it was set before.
    pub fn put(&mut self, key: impl Into<Cow<'static, str>>, value: &(impl ToJson + ?Sized)) {
        let (key, text) = (key.into(), value.to_json());
        match self.0.iter_mut().find(|(k, _)| *k == key) {
            Some((_, old)) => *old = text,
            None => self.0.push((key, text)),
        }
    }

    /// Whether a key is set.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.0.iter().any(|(k, _)| k == key)
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &str) {
        self.0.retain(|(k, _)| k != key);
    }

    /// Appends its pairs to an object that is already begun.
    pub(super) fn write_more(&self, out: &mut Vec<u8>) {
        for (key, text) in &self.0 {
            out.push(b',');
            key.as_ref().write_json(out);
            out.push(b':');
            out.extend_from_slice(text);
        }
    }

    /// Keys and texts in order.
    pub fn into_fields(self) -> impl Iterator<Item = (String, Vec<u8>)> {
        self.0.into_iter().map(|(k, v)| (k.into_owned(), v))
    }
}

impl ToJson for Object {
    fn write_json(&self, out: &mut Vec<u8>) {
        let start = out.len();
        self.write_more(out);
        match out.get_mut(start) {
            Some(comma) => *comma = b'{',
            None => out.push(b'{'),
        }
        out.push(b'}');
    }
}

impl ToJson for str {
    fn write_json(&self, out: &mut Vec<u8>) {
        // A string is always writable, and so is a vector.
        let _ = serde_json::to_writer(out, self);
    }
}

impl ToJson for String {
    fn write_json(&self, out: &mut Vec<u8>) {
        self.as_str().write_json(out);
    }
}

impl ToJson for bool {
    fn write_json(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if *self { b"true" } else { b"false" });
    }
}

impl ToJson for i64 {
    fn write_json(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.to_string().as_bytes());
    }
}

impl ToJson for f64 {
    fn write_json(&self, out: &mut Vec<u8>) {
        if self.is_finite() {
            let _ = serde_json::to_writer(out, self);
        } else {
            out.extend_from_slice(b"NaN");
        }
    }
}

impl ToJson for serde_json::Value {
    fn write_json(&self, out: &mut Vec<u8>) {
        let _ = serde_json::to_writer(out, self);
    }
}

impl ToJson for crate::base::RawJson {
    fn write_json(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.bytes());
    }
}

impl<T: ToJson> ToJson for Vec<T> {
    fn write_json(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        for (i, item) in self.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            item.write_json(out);
        }
        out.push(b']');
    }
}

/// An enum of words that services know, with room for words that they add: `words! { Name { Variant = "word" } }`.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $(#[doc = concat!("`", $word, "`")] $variant,)+
            /// Any other word, sent as it is.
            Other(String),
        }

        impl $name {
            /// The words known to this version.
            pub const KNOWN: &'static [&'static str] = &[$($word),+];

            /// The word on the wire.
            #[must_use]
            pub fn word(&self) -> &str {
                match self {
                    $($name::$variant => $word,)+
                    $name::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $($word => $name::$variant,)+
                    other => $name::Other(other.to_owned()),
                }
            }
        }

        impl From<String> for $name {
            fn from(word: String) -> Self {
                $name::from(word.as_str())
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.word())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.word())
            }
        }

        impl $crate::chat::json::ToJson for $name {
            fn write_json(&self, out: &mut Vec<u8>) {
                $crate::chat::json::ToJson::write_json(self.word(), out);
            }
        }
    };
}
pub(crate) use words;

/// Setters that put one key: `setters! { pub text name; … }`. `self` needs a method `put`.
macro_rules! setters {
    () => {};
    ($(#[$m:meta])* $v:vis text $name:ident; $($rest:tt)*) => {
        $(#[$m])* #[must_use]
        $v fn $name(mut self, value: impl Into<String>) -> Self { self.put(stringify!($name), &value.into()); self }
        setters! { $($rest)* }
    };
    ($(#[$m:meta])* $v:vis flag $name:ident; $($rest:tt)*) => {
        $(#[$m])* #[must_use]
        $v fn $name(mut self, value: bool) -> Self { self.put(stringify!($name), &value); self }
        setters! { $($rest)* }
    };
    ($(#[$m:meta])* $v:vis int $name:ident; $($rest:tt)*) => {
        $(#[$m])* #[must_use]
        $v fn $name(mut self, value: i64) -> Self { self.put(stringify!($name), &value); self }
        setters! { $($rest)* }
    };
    ($(#[$m:meta])* $v:vis number $name:ident; $($rest:tt)*) => {
        $(#[$m])* #[must_use]
        $v fn $name(mut self, value: f64) -> Self { self.put(stringify!($name), &value); self }
        setters! { $($rest)* }
    };
    ($(#[$m:meta])* $v:vis texts $name:ident; $($rest:tt)*) => {
        $(#[$m])* #[must_use]
        $v fn $name(mut self, values: impl IntoIterator<Item: Into<String>>) -> Self {
            self.put(stringify!($name), &values.into_iter().map(Into::<String>::into).collect::<Vec<_>>());
            self
        }
        setters! { $($rest)* }
    };
    ($(#[$m:meta])* $v:vis one $name:ident: $ty:ty; $($rest:tt)*) => {
        $(#[$m])* #[must_use]
        $v fn $name(mut self, value: impl Into<$ty>) -> Self {
            self.put(stringify!($name), &Into::<$ty>::into(value));
            self
        }
        setters! { $($rest)* }
    };
    ($(#[$m:meta])* $v:vis many $name:ident: $ty:ty; $($rest:tt)*) => {
        $(#[$m])* #[must_use]
        $v fn $name(mut self, values: impl IntoIterator<Item: Into<$ty>>) -> Self {
            self.put(stringify!($name), &values.into_iter().map(Into::<$ty>::into).collect::<Vec<_>>());
            self
        }
        setters! { $($rest)* }
    };
}
pub(crate) use setters;

/// What every builder on an [`Object`] has: a way to set keys that have no setter yet, and its JSON.
macro_rules! on_object {
    ($name:ident) => {
        impl $name {
            fn put(&mut self, key: &'static str, value: &(impl $crate::chat::json::ToJson + ?Sized)) {
                self.0.put(key, value);
            }

            /// Sets a key that has no method yet.
            #[must_use]
            pub fn with_field(mut self, key: impl Into<String>, value: serde_json::Value) -> Self {
                self.0.put(key.into(), &value);
                self
            }
        }

        $crate::chat::json::json_value!($name);

        impl $crate::chat::json::ToJson for $name {
            fn write_json(&self, out: &mut Vec<u8>) {
                $crate::chat::json::ToJson::write_json(&self.0, out);
            }
        }
    };
}
pub(crate) use on_object;

/// `Debug` and `Serialize` through a type's JSON.
macro_rules! json_value {
    ($name:ident) => {
        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                let text = $crate::chat::json::ToJson::to_json(self);
                write!(f, "{}({})", stringify!($name), String::from_utf8_lossy(&text))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                $crate::base::RawJson::trusted($crate::chat::json::ToJson::to_json(self).into()).serialize(s)
            }
        }
    };
}
pub(crate) use json_value;
