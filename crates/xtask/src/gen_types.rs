//! `gen types`: the typed request of Python and TypeScript, from the engine's table of fields and from the table
//! of this library's own options beside it.
//!
//! Knows the tables' language. Must not know any one field, except which ones a call takes by itself
//! ([`OF_THE_CALL`]). Invariants: the output is a pure function of the tables; a type stands after the types that
//! it uses; two shapes never share a name.

mod options;
mod python;
mod typescript;

use self::options::OptionType;
use crate::generated;
use resilient_completion_engine::chat::fields::REQUEST;
use resilient_completion_engine::chat::schema::{Field, Other, Shape, Source, Type, Union, Words};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Fields that a call of ours takes in its own way (or uses the name of), so that they are not among those which a
/// call, a link or a tier passes on.
const OF_THE_CALL: [&str; 6] = ["messages", "prompt", "model", "models", "stream", "tags"];

pub(crate) fn run(args: &[&str]) -> Result<String, String> {
    let types = Types::collect()?;
    let files = [
        (PathBuf::from("python/resilient_completion/types.py"), python::module(&types)),
        (PathBuf::from("node/src/types.ts"), typescript::module(&types)),
    ];
    generated::run("types", &files, args)
}

/// A type that gets a name in the generated files.
#[derive(Clone, Copy)]
enum Item {
    Words(&'static Words),
    Shape(&'static Shape),
    Union(&'static Union),
}

/// Everything that is generated, each after what it uses.
struct Types {
    items: Vec<Item>,
    /// Shapes that are variants: the key that names them and its words.
    tags: BTreeMap<&'static str, (&'static str, Vec<&'static str>)>,
    /// Fields of the request that a call passes on.
    wire: Vec<&'static Field>,
    /// Fields that a call takes in its own way.
    own: Vec<&'static Field>,
}

impl Types {
    fn collect() -> Result<Types, String> {
        let (own, wire) = REQUEST.fields.iter().partition(|f| OF_THE_CALL.contains(&f.name));
        let mut types = Types { items: Vec::new(), tags: BTreeMap::new(), wire, own };
        for field in REQUEST.fields {
            types.visit(&field.ty)?;
        }
        for option in options::OPTIONS {
            for field in option.shape.fields {
                types.visit(&field.ty)?;
            }
        }
        Ok(types)
    }

    fn visit(&mut self, ty: &Type) -> Result<(), String> {
        match ty {
            Type::Any | Type::Bool | Type::Int { .. } | Type::Number { .. } | Type::Text { .. } => Ok(()),
            Type::Words(words) => self.add(Item::Words(words)),
            Type::Array { of, .. } | Type::Map { of, .. } | Type::Nullable(of) => self.visit(of),
            Type::Either(types) => types.iter().try_for_each(|t| self.visit(t)),
            Type::Object(shape) => self.shape(shape),
            Type::Tagged(union) if self.items.iter().any(|i| i.is(Item::Union(union))) => Ok(()),
            Type::Tagged(union) => {
                for (word, shape) in union.variants {
                    self.tags.entry(shape.name).or_insert((union.tag, Vec::new())).1.push(word);
                    self.shape(shape)?;
                }
                if let Other::Pass(shape) = union.other {
                    self.shape(shape)?;
                }
                self.add(Item::Union(union))
            }
        }
    }

    fn shape(&mut self, shape: &'static Shape) -> Result<(), String> {
        for field in shape.fields {
            self.visit(&field.ty)?;
        }
        self.add(Item::Shape(shape))
    }

    fn add(&mut self, item: Item) -> Result<(), String> {
        match self.items.iter().find(|i| i.name() == item.name()) {
            Some(same) if same.is(item) => Ok(()),
            Some(_) => Err(format!("two types are called {}", item.name())),
            None => {
                self.items.push(item);
                Ok(())
            }
        }
    }

    /// The words that the key `field` of `shape` may have because they name that shape.
    fn tag_words(&self, shape: &Shape, field: &Field) -> Option<&[&'static str]> {
        let (tag, words) = self.tags.get(shape.name)?;
        (*tag == field.name).then_some(words)
    }
}

impl Item {
    fn name(self) -> &'static str {
        match self {
            Item::Words(w) => w.name,
            Item::Shape(s) => s.name,
            Item::Union(u) => u.name,
        }
    }

    fn is(self, other: Item) -> bool {
        match (self, other) {
            (Item::Words(a), Item::Words(b)) => core::ptr::eq(a, b),
            (Item::Shape(a), Item::Shape(b)) => core::ptr::eq(a, b),
            (Item::Union(a), Item::Union(b)) => core::ptr::eq(a, b),
            _ => false,
        }
    }
}

/// A field's whole description: meaning, whose rule, and what to use instead.
fn described(field: &Field) -> String {
    let source = match field.source {
        Source::Spec | Source::Ours => "",
        Source::Docs => " (Documented by OpenRouter, not in its API description.)",
        Source::FastRouter => " (FastRouter only.)",
        Source::Passed => " (Handed to providers that know it.)",
    };
    format!("{}{source}", field.doc)
}

/// Breaks `text` into lines of at most `width` characters, indentation not counted.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() || line.chars().count() + 1 + word.chars().count() <= width => {
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn every_field_of_the_request_is_generated_once() {
        let types = Types::collect().unwrap();
        assert_eq!(types.own.len(), OF_THE_CALL.len(), "OF_THE_CALL names a field that the table lacks");
        for text in [python::module(&types), typescript::module(&types)] {
            for field in REQUEST.fields {
                assert!(
                    text.contains(&format!(" {}: ", field.name))
                        || text.contains(&format!(" {}?: ", field.name)),
                    "{}",
                    field.name
                );
            }
        }
    }

    #[test]
    fn a_type_stands_after_what_it_uses() {
        let types = Types::collect().unwrap();
        let names: Vec<_> = types.items.iter().map(|i| i.name()).collect();
        let at = |n: &str| names.iter().position(|m| *m == n).unwrap();
        assert!(at("ImageUrl") < at("ImagePart") && at("ImagePart") < at("ContentPart"));
        assert!(at("ContentPart") < at("UserMessage") && at("UserMessage") < at("ChatMessage"));
    }
}
