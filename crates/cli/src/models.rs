//! `models`: the catalogue.
//!
//! Knows the client's catalogue. Invariant: every listing names its source and date.

use crate::args::Models;
use crate::{Done, show};
use resilient_completion::Client;
use serde_json::{Value, json};

pub(crate) fn run(filter: &Models) -> Done {
    let mut wanted = json!({});
    if let Some(search) = &filter.search {
        wanted["search"] = json!(search);
    }
    if let Some(author) = &filter.author {
        wanted["author"] = json!(author);
    }
    if !filter.capability.is_empty() {
        wanted["capability"] = json!(filter.capability);
    }
    let listing = Client::builder().build()?.models(&wanted)?;
    if filter.json {
        show::json_value(&listing);
        return Ok(());
    }
    let rows = listing["models"].as_array().cloned().unwrap_or_default();
    let width = rows.iter().filter_map(|r| r["id"].as_str()).map(str::len).max().unwrap_or(0);
    for row in &rows {
        let id = row["id"].as_str().unwrap_or("");
        show::line(&format!("{id:width$}  {}", facts(row)));
    }
    let fact = |key: &str| listing[key].as_str().unwrap_or("unknown").to_owned();
    show::line(&format!("{} models; {}, {}", rows.len(), fact("source"), fact("date")));
    Ok(())
}

fn facts(row: &Value) -> String {
    let mut parts = Vec::new();
    if let Some(window) = row["window"].as_u64() {
        parts.push(format!("window {window}"));
    }
    let price = |key: &str| {
        let per_token: f64 = row["prices"][key].as_str()?.parse().ok()?;
        Some(per_token * 1e6)
    };
    if let (Some(prompt), Some(completion)) = (price("prompt"), price("completion")) {
        parts.push(format!("${prompt:.2} in, ${completion:.2} out per million tokens"));
    }
    if let Some(able) = row["capabilities"].as_array() {
        let words: Vec<&str> = able.iter().filter_map(Value::as_str).collect();
        parts.push(words.join(" "));
    }
    parts.join("; ")
}
