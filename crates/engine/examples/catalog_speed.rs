//! Prints how long the catalogue takes: parsing it, finding a model, reading a request's needs, judging every model.
//!
//! Run with `cargo run --release -p resilient-completion-engine --example catalog_speed`. Figures, not limits.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "an example that prints figures")]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "it measures, the engine does not")]

use bytes::Bytes;
use resilient_completion_engine::base::RawJson;
use resilient_completion_engine::catalog::{Capability, Catalog, Filter, Need, fit};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

fn main() {
    let table = Catalog::bundled().to_compact().unwrap();
    println!("bundled table: {} bytes, {} models", table.len(), Catalog::bundled().len());
    time("parse the bundled table", 200, || Catalog::parse_compact(table.as_bytes()).unwrap().len());
    let catalog = Catalog::bundled();
    time("lookup by id", 100_000, || catalog.lookup(black_box("openai/gpt-4o-mini")).is_some());
    time("lookup by dated name", 100_000, || {
        catalog.lookup(black_box("anthropic/claude-4.5-sonnet-20250929")).is_some()
    });
    time("lookup of an unknown name", 100_000, || catalog.lookup(black_box("someone/unheard-of")).is_some());
    time("same_model through the table", 100_000, || {
        catalog.same_model(black_box("anthropic/claude-sonnet-4.5"), black_box("claude-sonnet-4-5-20250929"))
    });
    let small = request(r#"[{"role":"user","content":"Explain recursion in two sentences."}]"#.to_owned());
    time("need of a small request", 100_000, || need(&small).tools);
    let prose = "The quick brown fox jumps over the lazy dog. ".repeat(5_000);
    let long = request(format!(r#"[{{"role":"user","content":"{prose}"}}]"#));
    time("need of 220 kB of text", 200, || need(&long).tools);
    let picture = "iVBORw0KGgoAAAANSUhEUgAA".repeat(20_000_000 / 24);
    let picture = format!(
        r#"[{{"role":"user","content":[{{"type":"image_url","image_url":{{"url":"data:image/png;base64,{picture}"}}}}]}}]"#
    );
    let picture = request(picture);
    time("need of a 20 MB picture", 10, || need(&picture).images);
    let wanted = need(&small);
    time("fit of every model", 1_000, || {
        catalog
            .iter()
            .filter(|e| fit(&wanted, Some(e)) == resilient_completion_engine::catalog::Fit::Fits)
            .count()
    });
    time("a chain built for vision and reasoning", 1_000, || {
        catalog.capability_chain(&[Capability::Vision, Capability::Reasoning]).len()
    });
    time("models() rows", 20, || catalog.rows(&Filter::default()).len());
}

fn request(messages: String) -> BTreeMap<String, RawJson> {
    BTreeMap::from([("messages".to_owned(), RawJson::trusted(Bytes::from(messages)))])
}

fn need(request: &BTreeMap<String, RawJson>) -> Need {
    Need::of(&|name| request.get(name))
}

fn time<T>(what: &str, runs: u32, mut work: impl FnMut() -> T) {
    let start = Instant::now();
    for _ in 0..runs {
        black_box(work());
    }
    let each = start.elapsed().as_secs_f64() * 1e6 / f64::from(runs);
    println!("{what:<40} {each:>12.3} us");
}
