//! Reading a service's `/models` listing.
//!
//! Knows the shapes that services use (contract sections 2.5 and 6). Must not trust them: a field of another
//! type than expected is a fact that is not known, a row without an id is left out, and only a listing without
//! a single usable row is an error.

use super::facts::{Entry, Origin, Thinking};
use super::price::{self, PriceKey, Prices, Step};
use super::table::Catalog;
use super::words::{Word, Words};
use crate::base::money::UnitPrice;
use crate::error::{Error, Kind};
use serde_json::Value;
use std::sync::Arc;

impl Catalog {
    /// Reads a listing as `GET /models` gives it: `{"data": [model, …]}`, or the bare list.
    ///
    /// `source` and `date` are what every answer will name. Fails with kind `malformed` on text that is not JSON
    /// (half a file, an HTML page) and on a listing without any model.
    pub fn parse_models(json: &[u8], source: &str, date: &str) -> Result<Catalog, Error> {
        let malformed = |why: &str| Error::new(Kind::Malformed, format!("models listing of {source}: {why}"));
        let body: Value =
            serde_json::from_slice(json).map_err(|e| malformed(&format!("not readable as JSON ({e})")))?;
        let rows = ["data", "models"].iter().find_map(|k| body.get(k)).unwrap_or(&body);
        let rows = rows.as_array().ok_or_else(|| malformed("no list under `data`"))?;
        let origin = Arc::new(Origin { source: source.into(), date: date.into() });
        let entries: Vec<Entry> = rows.iter().filter_map(|row| entry(row, &origin)).collect();
        if entries.is_empty() {
            return Err(malformed("no model with an id in it"));
        }
        Ok(Catalog::new(origin, entries))
    }
}

fn entry(row: &Value, origin: &Arc<Origin>) -> Option<Entry> {
    let id = text(&row["id"])?;
    let (shape, top) = (&row["architecture"], &row["top_provider"]);
    // `max_model_len` is vLLM's word, `context_window` Groq's.
    let window = ["context_length", "max_model_len", "context_window"].iter().find_map(|k| count(&row[k]));
    Some(Entry {
        canonical: text(&row["canonical_slug"]).unwrap_or_else(|| id.clone()),
        id,
        alias_of: text(&row["alias_target"]["slug"]).or_else(|| text(&row["alias_target"])),
        window,
        usual_window: count(&top["context_length"]).filter(|usual| Some(*usual) != window),
        max_output: count(&top["max_completion_tokens"]).or_else(|| count(&row["max_completion_tokens"])),
        inputs: set(&shape["input_modalities"]),
        outputs: set(&shape["output_modalities"]),
        parameters: set(&row["supported_parameters"]),
        thinking: thinking(&row["reasoning"]),
        prices: prices(&row["pricing"]),
        expires: text(&row["expiration_date"]),
        moderated: top["is_moderated"].as_bool(),
        delisted: false,
        origin: Arc::clone(origin),
    })
}

fn thinking(reasoning: &Value) -> Option<Thinking> {
    let says = |key: &str| reasoning[key].as_bool() == Some(true);
    reasoning.as_object().map(|_| match () {
        () if says("mandatory") => Thinking::Always,
        () if says("default_enabled") => Thinking::Unasked,
        () => Thinking::Asked,
    })
}

fn text(value: &Value) -> Option<Box<str>> {
    value.as_str().map(str::trim).filter(|s| !s.is_empty()).map(Into::into)
}

/// A positive whole number, however it is written. Zero windows in listings mean "not known".
fn count(value: &Value) -> Option<u64> {
    let number = match value {
        Value::String(s) => s.trim().parse().ok(),
        v => v.as_u64().or_else(|| v.as_f64().filter(|f| *f >= 0.0).map(|f| f as u64)),
    };
    number.filter(|n| *n > 0)
}

fn set<W: Word>(value: &Value) -> Words<W> {
    value.as_array().map(|list| list.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}

fn prices(pricing: &Value) -> Prices {
    let steps = pricing["overrides"].as_array().map(Vec::as_slice).unwrap_or_default();
    Prices {
        usual: price_list(pricing),
        steps: steps
            .iter()
            .map(|step| Step {
                min_prompt_tokens: count(&step["min_prompt_tokens"]).unwrap_or(0),
                timed: !step["utc_start"].is_null() || !step["utc_end"].is_null(),
                prices: price_list(step),
            })
            .collect(),
    }
}

fn price_list(of: &Value) -> Vec<(PriceKey, UnitPrice)> {
    let read = |key: &str| match &of[key] {
        Value::String(s) => price::read(s),
        Value::Number(n) => price::read(&n.to_string()),
        _ => None,
    };
    PriceKey::ALL.iter().filter_map(|(key, word)| read(word).map(|p| (*key, p))).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::catalog::{Answer, Modality, Parameter};

    fn read(json: &str) -> Result<Catalog, Error> {
        Catalog::parse_models(json.as_bytes(), "https://example.test/models", "2026-11-20")
    }

    #[test]
    fn a_bare_row_knows_nothing_and_says_so() {
        let c =
            read(r#"{"object":"list","data":[{"id":"gpt-x","object":"model","owned_by":"me"}]}"#).unwrap();
        let e = c.lookup("gpt-x").unwrap();
        assert_eq!((e.window, e.max_output, e.moderated), (None, None, None));
        assert_eq!(e.supports(Parameter::Tools), Answer::Unknown);
        assert_eq!(e.takes(Modality::Image), Answer::Unknown);
        assert_eq!(&*e.origin.date, "2026-11-20");
    }

    #[test]
    fn odd_types_are_unknown_facts() {
        let c = read(
            r#"[{"id":"a/b","context_length":"32768","architecture":null,"pricing":{"prompt":0.0000015,
                "completion":"-1","request":{}},"top_provider":[],"supported_parameters":["tools","new_thing",7],
                "expiration_date":null}, {"name":"no id"}, 5, null, {"id":"  "}]"#,
        )
        .unwrap();
        let e = c.lookup("a/b").unwrap();
        assert_eq!(c.len(), 1);
        assert_eq!(e.window, Some(32_768));
        assert_eq!(e.prices.of(PriceKey::Prompt, 0), UnitPrice::parse("0.0000015"));
        assert_eq!(e.prices.of(PriceKey::Completion, 0), None);
        assert_eq!(e.parameters.iter().collect::<Vec<_>>(), ["tools", "new_thing"]);
    }

    #[test]
    fn garbage_is_an_error_with_the_source() {
        for bad in
            ["", "<html>", r#"{"data":[{"id":"a/b""#, r#"{"data":{}}"#, r#"{"data":[]}"#, "[1]", "null"]
        {
            let e = read(bad).unwrap_err();
            assert_eq!(e.kind, Kind::Malformed, "{bad}");
            assert!(e.message.contains("https://example.test/models"), "{}", e.message);
        }
    }
}
