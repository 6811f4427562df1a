//! The catalogue against recordings: facts as listed, names as served, costs as charged, estimates as counted.
//!
//! The recordings are not part of the repository. They are looked for in `../shared/data` beside the workspace or in
//! the folder that `RESILIENT_COMPLETION_DATA` names; without them the tests say so and check nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    reason = "the ban on environment and files is for the engine, not for its tests"
)]

use resilient_completion_engine::base::RawJson;
use resilient_completion_engine::base::money::{Nanodollars, UnitPrice};
use resilient_completion_engine::catalog::{Catalog, Need, PriceKey, Word};
use resilient_completion_engine::chat::Usage;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

fn file(name: &str) -> Option<String> {
    let folder = std::env::var_os("RESILIENT_COMPLETION_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let text = std::fs::read_to_string(folder.join(name)).ok();
    if text.is_none() {
        println!("SKIPPED: no {name} in {}", folder.display());
    }
    text
}

/// A recorded exchange as far as this file looks at it.
struct Exchange {
    name: String,
    url: String,
    request: BTreeMap<String, RawJson>,
    usage: Value,
    served: String,
}

impl Exchange {
    fn need(&self) -> Need {
        Need::of(&|name| self.request.get(name))
    }

    fn asked(&self) -> String {
        self.request.get("model").map_or(String::new(), |m| m.value().as_str().unwrap_or("").to_owned())
    }
}

/// Chat requests that were answered with token counts.
fn exchanges() -> Vec<Exchange> {
    let text = file("interactions.jsonl").unwrap_or_default();
    text.lines().filter_map(|line| exchange(&serde_json::from_str(line).unwrap())).collect()
}

fn exchange(row: &Value) -> Option<Exchange> {
    let body = match &row["request"] {
        Value::String(text) => serde_json::from_str(text).ok()?,
        other => other.clone(),
    };
    let request: BTreeMap<String, RawJson> =
        body.as_object()?.iter().map(|(k, v)| (k.clone(), RawJson::of(v).unwrap())).collect();
    let answer = row["response"].as_str()?;
    let events: Vec<Value> = if row["stream"] == true {
        let data = answer.lines().filter_map(|l| l.trim().strip_prefix("data:"));
        data.filter_map(|d| serde_json::from_str(d.trim()).ok()).collect()
    } else {
        serde_json::from_str(answer.trim()).ok().into_iter().collect()
    };
    let last = |key: &str| events.iter().rev().map(|e| &e[key]).find(|v| !v.is_null()).cloned();
    let usage = last("usage").filter(|u| u["prompt_tokens"].as_u64().is_some_and(|n| n > 0))?;
    request.contains_key("messages").then(|| Exchange {
        name: format!("{}#{}", row["file"].as_str().unwrap_or(""), row["i"]),
        url: row["url"].as_str().unwrap_or("").to_owned(),
        request,
        usage,
        served: last("model").and_then(|m| m.as_str().map(str::to_owned)).unwrap_or_default(),
    })
}

/// The median and the 95th percentile of how far estimates are off, in percent.
fn error_of(pairs: &[(u64, u64)]) -> (u64, u64) {
    let mut off: Vec<u64> = pairs.iter().map(|(n, est)| n.abs_diff(*est) * 100 / n).collect();
    off.sort_unstable();
    let at = |percent: usize| off.get((off.len() * percent / 100).min(off.len().saturating_sub(1))).copied();
    (at(50).unwrap_or(0), at(95).unwrap_or(0))
}

#[test]
fn token_estimates_are_as_far_off_as_the_documentation_says() {
    let all = exchanges();
    if all.is_empty() {
        return;
    }
    let estimate = |e: &Exchange| {
        let family = if e.served.is_empty() { e.asked() } else { e.served.clone() };
        (e.usage["prompt_tokens"].as_u64().unwrap(), e.need().input_tokens(&family).likely)
    };
    // One service puts prompts of about a thousand tokens of its own before every request, which nothing can tell.
    let (padded, plain): (Vec<_>, Vec<_>) = all.iter().partition(|e| e.name.contains("/venice/"));
    let plain: Vec<(u64, u64)> = plain.into_iter().map(estimate).collect();
    let padded: Vec<(u64, u64)> = padded.into_iter().map(estimate).collect();
    let mut figures = Vec::new();
    println!("token estimates: prompts, median and 95th percentile of the error in percent");
    for (what, low, high) in [
        ("all", 0, u64::MAX),
        ("below 50", 0, 50),
        ("to 200", 50, 200),
        ("to 1,000", 200, 1_000),
        ("above", 1_000, u64::MAX),
    ] {
        let some: Vec<_> = plain.iter().copied().filter(|(n, _)| (low..high).contains(n)).collect();
        figures.push(error_of(&some));
        println!("{what:>12} {:>4} {:>4} {:>4}", some.len(), error_of(&some).0, error_of(&some).1);
    }
    println!("{:>12} {:>4} {:>4} {:>4}", "padded", padded.len(), error_of(&padded).0, error_of(&padded).1);
    let (all, long) = (figures[0], figures[4]);
    assert!(all.0 <= 10, "median of all prompts: {} %", all.0);
    assert!(long.1 <= 20, "95th percentile of long prompts: {} %", long.1);
}

/// The listing of 2026-08, read with nothing of ours but exact prices.
fn listed(text: &str) -> Vec<Value> {
    let line = text.lines().filter_map(|l| l.strip_prefix("  body: '")).next_back().unwrap();
    let body: Value = serde_json::from_str(&line.strip_suffix('\'').unwrap().replace("''", "'")).unwrap();
    body["data"].as_array().unwrap().clone()
}

#[test]
fn the_bundled_table_says_what_the_listing_says() {
    let Some(text) = file("catalogues/openrouter-models.2026-08.cassette.yaml") else { return };
    let (catalog, rows) = (Catalog::bundled(), listed(&text));
    assert_eq!(rows.len(), catalog.iter().filter(|e| !e.delisted).count());
    for row in rows {
        let id = row["id"].as_str().unwrap();
        let entry = catalog.iter().find(|e| &*e.id == id).unwrap();
        assert_eq!(&*entry.canonical, row["canonical_slug"].as_str().unwrap(), "{id}");
        assert_eq!(entry.window, row["context_length"].as_u64(), "{id}");
        let usual = row["top_provider"]["context_length"].as_u64();
        assert!(usual.is_none() || entry.usual_window.or(entry.window) == usual, "{id}");
        assert_eq!(entry.max_output, row["top_provider"]["max_completion_tokens"].as_u64(), "{id}");
        assert_eq!(entry.moderated, row["top_provider"]["is_moderated"].as_bool(), "{id}");
        assert_eq!(entry.expires.as_deref(), row["expiration_date"].as_str(), "{id}");
        let words = |v: &Value| -> std::collections::BTreeSet<String> {
            v.as_array().unwrap().iter().map(|w| w.as_str().unwrap().to_owned()).collect()
        };
        let mine = |set: &mut dyn Iterator<Item = &str>| set.map(str::to_owned).collect();
        assert_eq!(words(&row["supported_parameters"]), mine(&mut entry.parameters.iter()), "{id}");
        assert_eq!(words(&row["architecture"]["input_modalities"]), mine(&mut entry.inputs.iter()), "{id}");
        assert_eq!(words(&row["architecture"]["output_modalities"]), mine(&mut entry.outputs.iter()), "{id}");
        let same_price = |listed: &Value, prompt: u64, key: &PriceKey| match listed[key.word()].as_str() {
            Some(noise) if noise.len() > 20 => true,
            Some(text) => entry.prices.of(*key, prompt) == UnitPrice::parse(text),
            None => prompt > 0 || entry.prices.of(*key, prompt).is_none(),
        };
        for (key, word) in PriceKey::ALL {
            assert!(same_price(&row["pricing"], 0, key), "{id} {word}");
            for step in row["pricing"]["overrides"].as_array().unwrap_or(&Vec::new()) {
                assert!(
                    same_price(step, step["min_prompt_tokens"].as_u64().unwrap(), key),
                    "{id} {word} {step}"
                );
            }
        }
    }
}

#[test]
fn list_prices_give_what_was_charged() {
    let catalog = Catalog::bundled();
    let mut checked = 0;
    // These makers' prices are the same at every provider and have not changed since the recordings.
    let steady = |m: &str| {
        m.starts_with("anthropic/") || m.starts_with("openai/gpt-4") || m.starts_with("openai/gpt-5.")
    };
    for e in exchanges().iter().filter(|e| steady(&e.served) && e.usage["is_byok"] != true) {
        let (Some(entry), Some(charged)) =
            (catalog.lookup(&e.served), e.usage.get("cost").filter(|c| c.is_number()))
        else {
            continue;
        };
        let detail = |group: &str, key: &str| e.usage[group][key].as_u64();
        let usage = Usage {
            prompt_tokens: e.usage["prompt_tokens"].as_u64(),
            completion_tokens: e.usage["completion_tokens"].as_u64(),
            cached_tokens: detail("prompt_tokens_details", "cached_tokens"),
            cache_write_tokens: detail("prompt_tokens_details", "cache_write_tokens"),
            reasoning_tokens: detail("completion_tokens_details", "reasoning_tokens"),
            ..Usage::default()
        };
        assert_eq!(
            entry.prices.cost(&usage),
            Nanodollars::parse_dollars(&charged.to_string()),
            "{} {}",
            e.name,
            e.usage
        );
        checked += 1;
    }
    assert!(checked >= 50 || exchanges().is_empty(), "only {checked} costs were there to compare");
    println!("costs computed from list prices and equal to the charge: {checked}");
}

#[test]
fn the_served_name_is_known_for_the_requested_one() {
    let catalog = Catalog::bundled();
    // The service moved these to other models, or a preset with a list of its own did.
    let moved = ["google/gemini-2.0-flash-exp:free", "x-ai/grok-3-beta"];
    let mut renamed = 0;
    for e in exchanges().iter().filter(|e| e.url.contains("openrouter.ai")) {
        let asked = e.asked();
        let same = catalog.same_model(&asked, &e.served);
        assert_eq!(same, !moved.contains(&asked.as_str()), "{asked} -> {} {}", e.served, e.name);
        renamed += usize::from(same && asked != e.served);
    }
    assert!(renamed >= 20 || exchanges().is_empty(), "only {renamed} names were there to compare");
    println!("served under another name than requested, and recognised: {renamed}");
}

#[test]
fn needs_are_what_the_requests_hold() {
    for e in exchanges() {
        let need = e.need();
        let has = |name: &str| e.request.get(name).map(RawJson::value).filter(|v| !v.is_null());
        let text = e.request.get("messages").unwrap().as_str();
        let count = |part: &str| text.matches(&format!("\"type\":\"{part}\"")).count() as u64;
        assert_eq!(need.tools, has("tools").is_some_and(|t| !t.as_array().unwrap().is_empty()), "{}", e.name);
        assert_eq!(need.images, count("image_url"), "{}", e.name);
        assert_eq!(need.files, count("file"), "{}", e.name);
        assert_eq!(need.audios + need.videos, count("input_audio") + count("video_url"), "{}", e.name);
        let format = has("response_format").map(|f| f["type"].as_str().unwrap_or("").to_owned());
        assert_eq!(need.schema, format.as_deref() == Some("json_schema"), "{}", e.name);
        assert_eq!(need.json, format.as_deref() == Some("json_object"), "{}", e.name);
        let most = has("max_completion_tokens").or_else(|| has("max_tokens"));
        assert_eq!(need.max_output, most.and_then(|m| m.as_u64()), "{}", e.name);
    }
}
