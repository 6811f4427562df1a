//! The language in which the tables of fields are written.
//!
//! Knows how to say "an integer of at least 1" or "one of these words, or another", and nothing about any one
//! field. Must not read JSON (that is `check`) nor write Python or TypeScript (that is `cargo xtask gen types`).
//! Invariants: everything here is constant data; a table is the only list of its fields, for checking and for
//! generating alike.

/// What a value may be.
#[derive(Debug, Clone, Copy)]
pub enum Type {
    /// Any JSON value.
    Any,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int {
        /// Smallest value allowed.
        min: Option<i64>,
        /// Largest value allowed.
        max: Option<i64>,
    },
    /// A finite number.
    Number {
        /// Lower bound.
        min: Bound,
        /// Upper bound.
        max: Bound,
    },
    /// A string of at most so many characters (Unicode code points).
    Text {
        /// Most characters allowed.
        max: Option<usize>,
    },
    /// A string that is usually one of these words; other words pass, because services add words unannounced.
    Words(&'static Words),
    /// An array.
    Array {
        /// What each item may be.
        of: &'static Type,
        /// Fewest items.
        min: usize,
        /// Most items.
        max: Option<usize>,
    },
    /// An object with known keys.
    Object(&'static Shape),
    /// An object whose keys are the caller's own.
    Map {
        /// What each value may be.
        of: &'static Type,
        /// Most pairs.
        max_pairs: Option<usize>,
        /// Most characters of a key.
        max_key: Option<usize>,
    },
    /// An object whose shape is named by one of its keys.
    Tagged(&'static Union),
    /// One of these, told apart by the JSON type.
    Either(&'static [Type]),
    /// `null` as well.
    Nullable(&'static Type),
}

/// One end of a range of numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// No bound.
    Open,
    /// The bound itself is allowed.
    Incl(f64),
    /// The bound itself is not allowed.
    Excl(f64),
}

/// A named list of known words; always open.
#[derive(Debug)]
pub struct Words {
    /// Name of the generated type.
    pub name: &'static str,
    /// What the words choose.
    pub doc: &'static str,
    /// The words known today.
    pub known: &'static [&'static str],
}

/// A named object.
#[derive(Debug)]
pub struct Shape {
    /// Name of the generated type.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// Its keys, in the order in which they are best read.
    pub fields: &'static [Field],
    /// What becomes of other keys.
    pub rest: Rest,
}

/// What becomes of a key that a shape does not list.
#[derive(Debug, Clone, Copy)]
pub enum Rest {
    /// It passes unread. Generated types do not offer it.
    Pass,
    /// It passes, and the caller is meant to add keys: generated types offer that too.
    Free,
    /// It is an error that names the nearest known key.
    Refuse,
}

/// One key of an object.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The key.
    pub name: &'static str,
    /// What its value may be.
    pub ty: Type,
    /// Whether it must be there (and must not be `null`, unless its type is [`Type::Nullable`]).
    pub required: bool,
    /// Meaning, unit and default in one line.
    pub doc: &'static str,
    /// Whose rule it is.
    pub source: Source,
    /// What to use instead, if it should no longer be used.
    pub deprecated: Option<&'static str>,
}

/// Whose rule a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// `OpenRouter`'s published API description.
    Spec,
    /// `OpenRouter`'s documentation only.
    Docs,
    /// `FastRouter`'s documentation; other services ignore it.
    FastRouter,
    /// Handed to the provider unread, for those that know it.
    Passed,
    /// This library's own option, never sent.
    Ours,
}

/// An object whose shape one key names.
#[derive(Debug)]
pub struct Union {
    /// Name of the generated type.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// The key that names the shape.
    pub tag: &'static str,
    /// Tag value and shape.
    pub variants: &'static [(&'static str, &'static Shape)],
    /// What an unknown tag means.
    pub other: Other,
    /// The variant meant when the tag is missing; `None` makes the tag required.
    pub untagged: Option<&'static str>,
}

/// What an unknown tag means.
#[derive(Debug, Clone, Copy)]
pub enum Other {
    /// A kind that the service added: passes, checked only against this shape.
    Pass(&'static Shape),
    /// An error that names the nearest known tag.
    Refuse,
}

/// Any string.
pub const TEXT: Type = Type::Text { max: None };
/// Any whole number.
pub const INT: Type = Type::Int { min: None, max: None };
/// Any finite number.
pub const NUMBER: Type = Type::Number { min: Bound::Open, max: Bound::Open };
/// A list of strings.
pub const TEXTS: Type = list(&TEXT);
/// An object of the caller's own.
pub const FREE: Type = Type::Map { of: &Type::Any, max_pairs: None, max_key: None };

/// An array of any length.
#[must_use]
pub const fn list(of: &'static Type) -> Type {
    Type::Array { of, min: 0, max: None }
}

/// An array of at most `max` items.
#[must_use]
pub const fn list_up_to(max: usize, of: &'static Type) -> Type {
    Type::Array { of, min: 0, max: Some(max) }
}

/// A whole number of at least `min`.
#[must_use]
pub const fn at_least(min: i64) -> Type {
    Type::Int { min: Some(min), max: None }
}

/// A whole number in `min..=max`.
#[must_use]
pub const fn whole(min: i64, max: i64) -> Type {
    Type::Int { min: Some(min), max: Some(max) }
}

/// A number in `min..=max`.
#[must_use]
pub const fn within(min: f64, max: f64) -> Type {
    Type::Number { min: Bound::Incl(min), max: Bound::Incl(max) }
}

/// A string of at most `max` characters.
#[must_use]
pub const fn up_to(max: usize) -> Type {
    Type::Text { max: Some(max) }
}

/// An optional field of the published description.
#[must_use]
pub const fn field(name: &'static str, ty: Type, doc: &'static str) -> Field {
    Field { name, ty, required: false, doc, source: Source::Spec, deprecated: None }
}

impl Field {
    /// The same field, required.
    #[must_use]
    pub const fn required(mut self) -> Field {
        self.required = true;
        self
    }

    /// The same field, with a note on what to use instead.
    #[must_use]
    pub const fn deprecated(mut self, instead: &'static str) -> Field {
        self.deprecated = Some(instead);
        self
    }

    /// The same field, from another source.
    #[must_use]
    pub const fn from(mut self, source: Source) -> Field {
        self.source = source;
        self
    }
}

impl Type {
    /// What to write after "expected".
    #[must_use]
    pub fn expected(&self) -> String {
        match self {
            Type::Any => "any JSON value".to_owned(),
            Type::Bool => "true or false".to_owned(),
            Type::Int { .. } => "an integer".to_owned(),
            Type::Number { .. } => "a number".to_owned(),
            Type::Text { .. } | Type::Words(_) => "a string".to_owned(),
            Type::Array { .. } => "an array".to_owned(),
            Type::Object(_) | Type::Map { .. } | Type::Tagged(_) => "an object".to_owned(),
            Type::Either(types) => types.iter().map(Type::expected).collect::<Vec<_>>().join(" or "),
            Type::Nullable(ty) => ty.expected() + " or null",
        }
    }
}
