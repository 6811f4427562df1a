//! The bundled form of a catalogue: one row a line, only what is known.
//!
//! Knows nothing that [`Entry`] does not hold. Invariant: writing and reading gives the same table. The head of
//! the file names every origin and every word for a parameter; a row points at them, which keeps it short.

use super::facts::{Entry, Origin, Thinking};
use super::price::{self, PriceKey, Prices, Step};
use super::table::Catalog;
use super::words::{Word, Words};
use crate::base::money::UnitPrice;
use crate::error::{Error, Kind};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row<'a> {
    id: Box<str>,
    /// Absent where equal to the id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    canonical: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alias_of: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    window: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    usual_window: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_output: Option<u64>,
    #[serde(borrow, default, rename = "in", skip_serializing_if = "str::is_empty")]
    inputs: Cow<'a, str>,
    #[serde(borrow, default, rename = "out", skip_serializing_if = "str::is_empty")]
    outputs: Cow<'a, str>,
    /// Hexadecimal; bit n stands for word n of the head.
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    parameters: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    thinking: Option<Cow<'a, str>>,
    /// Unit and price in turn, separated by blanks.
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    prices: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    steps: Vec<StepRow<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    moderated: Option<bool>,
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    delisted: bool,
    /// Index into the origins of the head.
    #[serde(default, skip_serializing_if = "is_first")]
    origin: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StepRow<'a> {
    from: u64,
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    timed: bool,
    #[serde(borrow)]
    prices: Cow<'a, str>,
}

fn is_first(index: &usize) -> bool {
    *index == 0
}

impl Catalog {
    /// Reads what [`Catalog::to_compact`] wrote. Fails with kind `malformed` on anything else.
    pub fn parse_compact(json: &[u8]) -> Result<Catalog, Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File<'a> {
            origins: Vec<(Box<str>, Box<str>)>,
            #[serde(borrow)]
            parameters: Vec<Cow<'a, str>>,
            #[serde(borrow)]
            models: Vec<Row<'a>>,
        }
        let malformed =
            |why: &dyn core::fmt::Display| Error::new(Kind::Malformed, format!("catalogue: {why}"));
        let file: File<'_> = serde_json::from_slice(json).map_err(|e| malformed(&e))?;
        let origins = file.origins.into_iter().map(|(source, date)| Arc::new(Origin { source, date }));
        let origins: Vec<Arc<Origin>> = origins.collect();
        let set = |hex: &str| {
            let bits = if hex.is_empty() { Some(0) } else { u128::from_str_radix(hex, 16).ok() };
            let words = file.parameters.iter().enumerate();
            bits.map(|bits| {
                words.filter(|(n, _)| bits >> n & 1 == 1).map(|(_, w)| &**w).collect::<Words<_>>()
            })
        };
        let mut entries = Vec::with_capacity(file.models.len());
        for row in file.models {
            let no_such =
                |what| malformed(&format_args!("model {:?} points at no {what} of the head", row.id));
            entries.push(Entry {
                canonical: row.canonical.unwrap_or_else(|| row.id.clone()),
                alias_of: row.alias_of,
                window: row.window,
                usual_window: row.usual_window,
                max_output: row.max_output,
                inputs: row.inputs.split_whitespace().collect(),
                outputs: row.outputs.split_whitespace().collect(),
                parameters: set(&row.parameters).ok_or_else(|| no_such("parameters"))?,
                thinking: row.thinking.and_then(|w| Thinking::parse(&w)),
                prices: Prices {
                    usual: read_prices(&row.prices),
                    steps: row
                        .steps
                        .iter()
                        .map(|s| Step {
                            min_prompt_tokens: s.from,
                            timed: s.timed,
                            prices: read_prices(&s.prices),
                        })
                        .collect(),
                },
                expires: row.expires,
                moderated: row.moderated,
                delisted: row.delisted,
                origin: origins.get(row.origin).map(Arc::clone).ok_or_else(|| no_such("origin"))?,
                id: row.id,
            });
        }
        let first = origins.first().ok_or_else(|| malformed(&"no origin in its head"))?;
        Ok(Catalog::new(Arc::clone(first), entries))
    }

    /// Writes the table so that [`Catalog::parse_compact`] reads it: JSON, one model a line, sorted by id, the
    /// same bytes for the same table.
    pub fn to_compact(&self) -> Result<String, serde_json::Error> {
        let (mut origins, mut words) = (vec![self.origin()], Vec::new());
        let mut rows = Vec::with_capacity(self.len());
        for e in self.iter() {
            // 128 words are five times what any listing names; a word beyond them would be left out.
            let bits =
                e.parameters.iter().map(|w| 1_u128.checked_shl(index_of(&mut words, w) as u32).unwrap_or(0));
            let bits = bits.fold(0, |all, bit| all | bit);
            let row = Row {
                id: e.id.clone(),
                canonical: (e.canonical != e.id).then(|| e.canonical.clone()),
                alias_of: e.alias_of.clone(),
                window: e.window,
                usual_window: e.usual_window,
                max_output: e.max_output,
                inputs: join(e.inputs.iter()).into(),
                outputs: join(e.outputs.iter()).into(),
                parameters: if bits == 0 { "".into() } else { format!("{bits:x}").into() },
                thinking: e.thinking.map(|t| t.word().into()),
                prices: write_prices(&e.prices.usual).into(),
                steps: e
                    .prices
                    .steps
                    .iter()
                    .map(|s| StepRow {
                        from: s.min_prompt_tokens,
                        timed: s.timed,
                        prices: write_prices(&s.prices).into(),
                    })
                    .collect(),
                expires: e.expires.clone(),
                moderated: e.moderated,
                delisted: e.delisted,
                origin: index_of(&mut origins, &*e.origin),
            };
            rows.push(serde_json::to_string(&row)?);
        }
        let origins: Vec<(&str, &str)> = origins.iter().map(|o| (&*o.source, &*o.date)).collect();
        Ok(format!(
            "{{\"origins\":{},\n\"parameters\":{},\n\"models\":[\n{}\n]}}\n",
            serde_json::to_string(&origins)?,
            serde_json::to_string(&words)?,
            rows.join(",\n"),
        ))
    }
}

/// Where `item` stands in `list`; it is added if it does not yet.
fn index_of<T: PartialEq>(list: &mut Vec<T>, item: T) -> usize {
    list.iter().position(|known| *known == item).unwrap_or_else(|| {
        list.push(item);
        list.len() - 1
    })
}

fn join<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(" ")
}

fn write_prices(list: &[(PriceKey, UnitPrice)]) -> String {
    let pairs: Vec<String> = list.iter().map(|(k, p)| format!("{} {}", k.word(), price::text(*p))).collect();
    pairs.join(" ")
}

fn read_prices(text: &str) -> Vec<(PriceKey, UnitPrice)> {
    let mut parts = text.split_whitespace();
    let pairs = core::iter::from_fn(|| Some((parts.next()?, parts.next()?)));
    pairs.filter_map(|(key, amount)| Some((PriceKey::parse(key)?, price::read(amount)?))).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn writing_and_reading_gives_the_same_table() {
        let new = br#"[{"id":"a/b","canonical_slug":"a/b-20260101","context_length":10,"top_provider":
            {"context_length":8,"max_completion_tokens":4,"is_moderated":true},"architecture":{"input_modalities":
            ["text","smell"],"output_modalities":["text"]},"supported_parameters":["tools","twist"],
            "expiration_date":"2027-01-01","pricing":{"prompt":"0.0000001","completion":"0","overrides":
            [{"min_prompt_tokens":5,"prompt":"0.0000002"},{"utc_start":100,"utc_end":200,"prompt":"0"}]}},
            {"id":"~a/b-latest","alias_target":{"slug":"a/b"}}]"#;
        let old = br#"[{"id":"a/b"},{"id":"a/old \"quoted\""}]"#;
        let table = Catalog::parse_models(new, "new", "2026-08")
            .unwrap()
            .with_older(Catalog::parse_models(old, "old", "2026-05").unwrap());
        let text = table.to_compact().unwrap();
        let back = Catalog::parse_compact(text.as_bytes()).unwrap();
        assert!(table.iter().eq(back.iter()), "{text}");
        assert_eq!(back.to_compact().unwrap(), text);
        assert_eq!(back.iter().filter(|e| e.delisted).count(), 1);
        assert_eq!(&*back.origin().date, "2026-08");
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        for bad in [
            "",
            "{}",
            r#"{"origins":[],"parameters":[],"models":[]}"#,
            r#"{"origins":[["a","b"]],"parameters":[],"models":[{"id":"a/b","parameters":"x"}]}"#,
            r#"{"origins":[["a","b"]],"parameters":[],"models":[{"id":"a/b","parameters":"","origin":1}]}"#,
            r#"{"origins":[["a","b"]],"parameters":[],"models":[{"id":"a/b","colour":1}]}"#,
        ] {
            assert!(Catalog::parse_compact(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
