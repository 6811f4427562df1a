//! The catalogue as JSON rows, for `models()` and the command.
//!
//! Knows entries. Must not know which language asks. Invariants: every row names its source and date; prices are
//! decimal strings, exact as listed, in dollars per unit.

use super::capability::Capability;
use super::facts::{Answer, Entry};
use super::price;
use super::table::Catalog;
use super::words::Word;
use crate::base::words::nearest;
use crate::error::Error;
use serde_json::{Map, Value, json};

/// Which rows `models()` gives. Every filter that is set must hold; a fact that is not known does not hold.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Filter {
    /// Part of the id, in any case.
    pub search: Option<String>,
    /// Who made it: the part of the id before `/`.
    pub author: Option<String>,
    /// What it must be able to do.
    pub capabilities: Vec<Capability>,
    /// The smallest window, in tokens.
    pub min_window: Option<u64>,
    /// Also models that the newest listing no longer has. Off by default: they are unlikely to answer.
    pub delisted: bool,
}

const KEYS: [&str; 6] = ["search", "author", "capability", "capabilities", "min_window", "delisted"];

impl Filter {
    /// Reads the filters of a call: an object with the keys `search`, `author`, `capability` (a word or a list;
    /// `capabilities` is the same), `min_window`, `delisted`. Null is "not set". Fails with kind `config` on unknown
    /// keys, words and types, naming the nearest valid word.
    pub fn read(options: &Value) -> Result<Filter, Error> {
        let mut filter = Filter::default();
        let empty = Map::new();
        let map = match options {
            Value::Null => &empty,
            Value::Object(map) => map,
            _ => return Err(Error::config("models", "filters are given by name")),
        };
        for (key, value) in map.iter().filter(|(_, v)| !v.is_null()) {
            let wrong = |expected: &str| Error::config(key, format_args!("expected {expected}"));
            let text = || value.as_str().map(str::to_owned).ok_or_else(|| wrong("a string"));
            match key.as_str() {
                "search" => filter.search = Some(text()?.to_lowercase()),
                "author" => filter.author = Some(text()?),
                "capability" | "capabilities" => {
                    let words = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                    for word in words {
                        let word = word.as_str().ok_or_else(|| wrong("a capability or a list of them"))?;
                        filter.capabilities.push(Capability::read(key, word)?);
                    }
                }
                "min_window" => {
                    filter.min_window =
                        Some(value.as_u64().ok_or_else(|| wrong("a whole number of tokens"))?);
                }
                "delisted" => filter.delisted = value.as_bool().ok_or_else(|| wrong("true or false"))?,
                _ => return Err(Error::config(key, unknown("filter", key, KEYS))),
            }
        }
        Ok(filter)
    }

    fn takes(&self, entry: &Entry) -> bool {
        (self.delisted || !entry.delisted)
            && self.search.as_ref().is_none_or(|s| entry.id.to_lowercase().contains(s))
            && self.author.as_ref().is_none_or(|a| entry.author() == a)
            && self.min_window.is_none_or(|least| entry.window.is_some_and(|w| w >= least))
            && self.capabilities.iter().all(|c| c.of(entry) == Answer::Yes)
    }
}

impl Capability {
    /// Reads a capability's word. Fails with kind `config`, naming `field` and the nearest valid word.
    pub fn read(field: &str, word: &str) -> Result<Capability, Error> {
        let words = Capability::ALL.iter().map(|(_, w)| *w);
        Capability::parse(word).ok_or_else(|| Error::config(field, unknown("capability", word, words)))
    }
}

fn unknown<'a>(what: &str, word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match nearest(word, known.clone()) {
        Some(near) => format!("unknown {what} {word:?}; did you mean {near:?}?"),
        None => {
            let all: Vec<&str> = known.into_iter().collect();
            format!("unknown {what} {word:?}; known are {}", all.join(", "))
        }
    }
}

impl Catalog {
    /// The rows of `models()`, sorted by id.
    #[must_use]
    pub fn rows(&self, filter: &Filter) -> Vec<Value> {
        self.iter().filter(|e| filter.takes(e)).map(row).collect()
    }
}

fn row(entry: &Entry) -> Value {
    let words = |set: &mut dyn Iterator<Item = &str>| -> Vec<Value> { set.map(Value::from).collect() };
    let prices = |list: &[(price::PriceKey, _)]| -> Map<String, Value> {
        list.iter().map(|(key, p)| (key.word().to_owned(), price::text(*p).into())).collect()
    };
    let able = Capability::ALL.iter().filter(|(c, _)| c.of(entry) == Answer::Yes).map(|(_, w)| *w);
    let steps = entry.prices.steps.iter().map(|step| {
        let mut row = prices(&step.prices);
        row.insert("min_prompt_tokens".to_owned(), step.min_prompt_tokens.into());
        if step.timed {
            row.insert("timed".to_owned(), true.into());
        }
        Value::Object(row)
    });
    json!({
        "id": entry.id,
        "canonical": entry.canonical,
        "alias_of": entry.alias_of,
        "window": entry.window,
        "usual_window": entry.usual_window.or(entry.window),
        "max_output": entry.max_output,
        "inputs": words(&mut entry.inputs.iter()),
        "outputs": words(&mut entry.outputs.iter()),
        "capabilities": able.collect::<Vec<_>>(),
        "supported_parameters": words(&mut entry.parameters.iter()),
        "thinking": entry.thinking.map(Word::word),
        "prices": prices(&entry.prices.usual),
        "price_steps": steps.collect::<Vec<_>>(),
        "expires": entry.expires,
        "moderated": entry.moderated,
        "delisted": entry.delisted,
        "source": entry.origin.source,
        "date": entry.origin.date,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn rows(filters: Value) -> Vec<Value> {
        Catalog::bundled().rows(&Filter::read(&filters).unwrap())
    }

    #[test]
    fn filters_narrow_and_rows_name_their_origin() {
        let all = rows(Value::Null);
        let some = rows(
            json!({"author": "anthropic", "capability": ["vision", "tool_calling"], "search": "SONNET"}),
        );
        assert!(!some.is_empty() && some.len() < all.len());
        for row in &some {
            assert!(row["id"].as_str().unwrap().trim_start_matches('~').starts_with("anthropic/"), "{row}");
            assert_eq!(row["date"], "2026-08");
            assert!(row["source"].as_str().unwrap().contains("models"));
        }
        assert!(rows(json!({"delisted": true})).len() > all.len());
        assert_eq!(rows(json!({"min_window": 5_000_000})).len(), 0);
        assert_eq!(rows(json!({"capability": null})).len(), all.len());
    }

    #[test]
    fn prices_are_as_listed() {
        let rows = rows(json!({"search": "anthropic/claude-sonnet-4.5"}));
        let row = rows.iter().find(|r| r["id"] == "anthropic/claude-sonnet-4.5").unwrap();
        assert_eq!(row["prices"]["prompt"], "0.000003");
        assert_eq!(row["price_steps"][0]["min_prompt_tokens"], 200_000);
        assert_eq!(row["price_steps"][0]["completion"], "0.0000225");
    }

    #[test]
    fn slips_name_the_nearest_word() {
        let e = Filter::read(&json!({"capabilty": "vision"})).unwrap_err();
        assert_eq!(e.message, r#"capabilty: unknown filter "capabilty"; did you mean "capability"?"#);
        let e = Filter::read(&json!({"capability": "visoin"})).unwrap_err();
        assert!(e.message.contains(r#"did you mean "vision"?"#), "{}", e.message);
        for bad in [json!([]), json!({"min_window": "x"}), json!({"delisted": 1}), json!({"capability": 3})] {
            assert!(Filter::read(&bad).is_err(), "{bad}");
        }
    }
}
