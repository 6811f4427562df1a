//! Checking JSON text against a table of fields.
//!
//! Knows the language of the tables and the cursor. Must not know any one field. Invariants: one pass, no tree;
//! values are never quoted in an error, except numbers and words of short fixed lists; unknown keys and unknown
//! words pass unless the table closes them.

use super::cursor::{Checked, Cursor, Fault, Kind, Text, fault, shown};
use super::schema::{Bound, Field, Other, Rest, Shape, Type, Union};
use crate::base::words::nearest;

/// Reads past one value and checks it.
pub(super) fn check(c: &mut Cursor<'_>, ty: &Type) -> Checked {
    let kind = c.kind()?;
    match (ty, kind) {
        (Type::Any, _) => c.any(),
        (Type::Bool, Kind::Bool) | (Type::Nullable(_), Kind::Null) => c.literal(),
        (Type::Int { min, max }, Kind::Number) => int(c.number()?, *min, *max),
        (Type::Number { min, max }, Kind::Number) => number(c.number()?, *min, *max),
        (Type::Text { max }, Kind::Text) => length(c.string()?, *max),
        (Type::Words(_), Kind::Text) => c.string().map(drop),
        (Type::Array { of, min, max }, Kind::Array) => {
            let count = c.array(|c| check(c, of))?;
            items(count, *min, *max)
        }
        (Type::Object(shape), Kind::Object) => object(c, shape),
        (Type::Map { of, max_pairs, max_key }, Kind::Object) => map(c, of, *max_pairs, *max_key),
        (Type::Tagged(union), Kind::Object) => tagged(c, union),
        (Type::Either(types), _) => match types.iter().find(|t| takes(t, kind)) {
            Some(t) => check(c, t),
            None => wrong(ty, kind),
        },
        (Type::Nullable(inner), _) if takes(inner, kind) => check(c, inner),
        _ => wrong(ty, kind),
    }
}

/// Reads past the value of a key of `shape`.
#[inline]
pub(super) fn member(c: &mut Cursor<'_>, field: &Field) -> Checked {
    // Client libraries dump whole messages with `null` for everything that is not set.
    if !field.required && c.kind()? == Kind::Null {
        return c.literal();
    }
    check(c, &field.ty)
}

/// Whether a value of that JSON type can be meant by `ty` at all.
fn takes(ty: &Type, kind: Kind) -> bool {
    match ty {
        Type::Any => true,
        Type::Bool => kind == Kind::Bool,
        Type::Int { .. } | Type::Number { .. } => kind == Kind::Number,
        Type::Text { .. } | Type::Words(_) => kind == Kind::Text,
        Type::Array { .. } => kind == Kind::Array,
        Type::Object(_) | Type::Map { .. } | Type::Tagged(_) => kind == Kind::Object,
        Type::Either(types) => types.iter().any(|t| takes(t, kind)),
        Type::Nullable(inner) => kind == Kind::Null || takes(inner, kind),
    }
}

#[cold]
fn wrong(ty: &Type, kind: Kind) -> Checked {
    fault(format!("expected {}, got {}", ty.expected(), kind.said()))
}

fn object(c: &mut Cursor<'_>, shape: &'static Shape) -> Checked {
    let mut seen = 0u64;
    c.object(|c, key| {
        let name = key.read();
        let own = shape.fields.iter().position(|f| f.name == name);
        if let Some(i) = own {
            seen |= 1 << i;
            return member(c, &shape.fields[i]);
        }
        match shape.rest {
            Rest::Pass | Rest::Free => c.any(),
            Rest::Refuse => fault(unknown("key", &name, shape.fields.iter().map(|f| f.name))),
        }
    })?;
    match shape.fields.iter().enumerate().find(|(i, f)| f.required && seen & (1 << i) == 0) {
        Some((_, field)) => missing(field.name),
        None => Ok(()),
    }
}

fn tagged(c: &mut Cursor<'_>, union: &'static Union) -> Checked {
    let tag = match c.look_for(union.tag)? {
        Some(text) => text.read(),
        None => match union.untagged {
            Some(tag) => tag.into(),
            // Either missing or not a string; the walk below says which.
            None => {
                let mut there = None;
                c.object(|c, key| {
                    if key.read() == union.tag {
                        there = Some(c.kind()?);
                    }
                    c.any()
                })?;
                return match there {
                    Some(kind) => wrong(&super::schema::TEXT, kind).map_err(|f| f.under_key(union.tag)),
                    None => missing(union.tag),
                };
            }
        },
    };
    let known = union.variants.iter().find(|(word, _)| *word == tag).map(|(_, shape)| *shape);
    match (known, union.other) {
        (Some(shape), _) | (None, Other::Pass(shape)) => object(c, shape),
        (None, Other::Refuse) => fault::<()>(unknown("value", &tag, union.variants.iter().map(|(w, _)| *w)))
            .map_err(|f| f.under_key(union.tag)),
    }
}

fn map(c: &mut Cursor<'_>, of: &'static Type, max_pairs: Option<usize>, max_key: Option<usize>) -> Checked {
    let mut pairs = 0;
    c.object(|c, key| {
        pairs += 1;
        match max_key {
            Some(max) if key.chars() > max => {
                fault(format!("a key of {} characters; at most {max} are allowed", key.chars()))
            }
            _ => check(c, of),
        }
    })?;
    match max_pairs {
        Some(max) if pairs > max => fault(format!("{pairs} pairs; at most {max} are allowed")),
        _ => Ok(()),
    }
}

#[cold]
fn missing(name: &str) -> Checked {
    fault::<()>("is required").map_err(|f: Box<Fault>| f.under_key(name))
}

#[cold]
fn unknown(what: &str, word: &str, known: impl Iterator<Item = &'static str>) -> String {
    let known: Vec<_> = known.collect();
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("unknown {what} \"{}\"; did you mean \"{near}\"?", shown(word)),
        None => format!("unknown {what} \"{}\"; known: {}", shown(word), known.join(", ")),
    }
}

fn int(token: &str, min: Option<i64>, max: Option<i64>) -> Checked {
    // 500.0 and 1e3 are whole: Python writes the first where JavaScript writes 500.
    let Ok(value) = token.parse::<f64>() else { return Ok(()) };
    if value.fract() != 0.0 {
        return fault(format!("expected an integer, got {}", shown(token)));
    }
    let bound = |b: Option<i64>| b.map_or(Bound::Open, |b| Bound::Incl(b as f64));
    number(token, bound(min), bound(max))
}

fn number(token: &str, min: Bound, max: Bound) -> Checked {
    let Ok(value) = token.parse::<f64>() else { return Ok(()) };
    let low = match min {
        Bound::Open => false,
        Bound::Incl(b) => value < b,
        Bound::Excl(b) => value <= b,
    };
    let high = match max {
        Bound::Open => false,
        Bound::Incl(b) => value > b,
        Bound::Excl(b) => value >= b,
    };
    if low || high { fault(format!("must be {}, got {}", range(min, max), shown(token))) } else { Ok(()) }
}

/// A range in words.
pub(crate) fn range(min: Bound, max: Bound) -> String {
    let low = match min {
        Bound::Open => None,
        Bound::Incl(b) => Some(format!("at least {b}")),
        Bound::Excl(b) => Some(format!("greater than {b}")),
    };
    let high = match max {
        Bound::Open => None,
        Bound::Incl(b) => Some(format!("at most {b}")),
        Bound::Excl(b) => Some(format!("less than {b}")),
    };
    low.into_iter().chain(high).collect::<Vec<_>>().join(" and ")
}

fn length(text: Text<'_>, max: Option<usize>) -> Checked {
    match max {
        // Bytes are never fewer than characters, so the count is rarely needed.
        Some(max) if text.raw.len() > max && text.chars() > max => {
            fault(format!("{} characters; at most {max} are allowed", text.chars()))
        }
        _ => Ok(()),
    }
}

fn items(count: usize, min: usize, max: Option<usize>) -> Checked {
    match max {
        _ if count < min && count == 0 => fault("must not be empty"),
        _ if count < min => fault(format!("{count} items; at least {min} are needed")),
        Some(max) if count > max => fault(format!("{count} items; at most {max} are allowed")),
        _ => Ok(()),
    }
}
