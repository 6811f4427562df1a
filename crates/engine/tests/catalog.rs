//! The bundled catalogue: names, prices of a sample, chains, costs.
//!
//! Prices here are copied by hand from the listing of 2026-08; `catalog_recorded.rs` compares the whole of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use resilient_completion_engine::base::money::{Nanodollars, UnitPrice};
use resilient_completion_engine::catalog::{
    Answer, BUDGET_PROMPT, Capability, Catalog, DEFAULT_CHAIN, Parameter, PriceKey, Thinking, Word,
};
use resilient_completion_engine::chat::Usage;

fn bundled() -> &'static Catalog {
    Catalog::bundled()
}

#[test]
fn it_is_there_and_small_and_dated() {
    // 413 of 2026-08, and 85 that only the older listing has.
    assert_eq!(bundled().len(), 498);
    assert_eq!(bundled().iter().filter(|e| e.delisted).count(), 85);
    assert_eq!(&*bundled().origin().date, "2026-08");
    assert_eq!(&*bundled().lookup("google/gemini-2.0-flash-001").unwrap().origin.date, "2026-05-15");
    assert!(bundled().to_compact().unwrap().len() < 150_000);
}

#[test]
fn prices_are_exact() {
    let price = |id: &str, key, tokens| bundled().lookup(id).unwrap().prices.of(key, tokens);
    for (id, key, tokens, listed) in [
        ("anthropic/claude-sonnet-4.5", PriceKey::Prompt, 0, "0.000003"),
        ("anthropic/claude-sonnet-4.5", PriceKey::Prompt, 199_999, "0.000003"),
        ("anthropic/claude-sonnet-4.5", PriceKey::Prompt, 200_000, "0.000006"),
        ("anthropic/claude-sonnet-4.5", PriceKey::InputCacheWrite1h, 200_000, "0.000012"),
        ("openai/gpt-4o-mini", PriceKey::Completion, 0, "0.0000006"),
        ("deepseek/deepseek-v4-flash", PriceKey::Prompt, 0, "0.00000006986"),
        // Two steps: of those that apply the later one wins.
        ("qwen/qwen3.7-flash", PriceKey::Completion, 31_999, "0.00000013"),
        ("qwen/qwen3.7-flash", PriceKey::Completion, 32_000, "0.0000004"),
        ("qwen/qwen3.7-flash", PriceKey::Completion, 256_000, "0.0000008"),
        // A step says nothing about the price of images: it stays.
        ("google/gemini-2.5-pro", PriceKey::Image, 300_000, "0.00000125"),
        ("perplexity/sonar-deep-research", PriceKey::InternalReasoning, 0, "0.000003"),
    ] {
        assert_eq!(price(id, key, tokens), UnitPrice::parse(listed), "{id} {key:?} {tokens}");
    }
    assert_eq!(price("openrouter/auto", PriceKey::Prompt, 0), None);
    assert_eq!(price("openai/gpt-4o", PriceKey::Request, 0), None);
}

#[test]
fn costs_follow_from_prices() {
    let usage = Usage {
        prompt_tokens: Some(250_000),
        cached_tokens: Some(200_000),
        completion_tokens: Some(1_000),
        ..Usage::default()
    };
    let cost = |id: &str| bundled().lookup(id).unwrap().prices.cost(&usage);
    // 50,000 at $6 a million, 200,000 at $0.60, 1,000 at $22.50.
    assert_eq!(
        cost("anthropic/claude-sonnet-4.5"),
        Some(Nanodollars(300_000_000 + 120_000_000 + 22_500_000))
    );
    assert_eq!(cost("openrouter/auto"), None);
}

#[test]
fn every_name_of_a_model_finds_it() {
    for (name, id) in [
        ("anthropic/claude-sonnet-4.5", "anthropic/claude-sonnet-4.5"),
        ("anthropic/claude-4.5-sonnet-20250929", "anthropic/claude-sonnet-4.5"),
        ("anthropic/claude-sonnet-4.5:nitro", "anthropic/claude-sonnet-4.5"),
        ("anthropic/claude-4.5-sonnet-20250929:floor", "anthropic/claude-sonnet-4.5"),
        ("anthropic/claude-sonnet-4.5@preset/mine", "anthropic/claude-sonnet-4.5"),
        ("anthropic/claude-sonnet-4.5:online@preset/mine", "anthropic/claude-sonnet-4.5"),
        ("~anthropic/claude-sonnet-latest", "anthropic/claude-sonnet-5"),
        ("google/gemma-4-26b-a4b-it-20260403:free", "google/gemma-4-26b-a4b-it:free"),
        ("google/gemma-4-26b-a4b-it-20260403", "google/gemma-4-26b-a4b-it"),
        ("qwen/qwen-plus-2025-07-28:thinking", "qwen/qwen-plus-2025-07-28:thinking"),
        // Listed as `:free` only: its dated name can mean nothing else.
        ("cohere/north-mini-code-20260617", "cohere/north-mini-code:free"),
        ("openai/gpt-5.5-20260423:batch", "openai/gpt-5.5:batch"),
    ] {
        assert_eq!(bundled().lookup(name).map(|e| &*e.id), Some(id), "{name}");
    }
    for name in [
        "",
        "/",
        ":",
        "@preset/mine",
        "gpt-4o",
        "openai/gpt-4o:free",
        "openai/gpt-9",
        "~openai/nobody-latest",
    ] {
        assert!(bundled().lookup(name).is_none(), "{name:?}");
    }
    for entry in bundled().iter().filter(|e| e.alias_of.is_none()) {
        assert_eq!(bundled().lookup(&entry.id).map(|e| &e.id), Some(&entry.id));
        let by_name = bundled().lookup(&entry.canonical).unwrap_or_else(|| panic!("{}", entry.canonical));
        assert!(by_name.canonical == entry.canonical || *by_name.id == *entry.canonical, "{}", entry.id);
    }
}

#[test]
fn a_served_name_is_recognised() {
    for (requested, served) in [
        ("openai/gpt-4o", "openai/gpt-4o"),
        ("anthropic/claude-sonnet-4.5", "anthropic/claude-4.5-sonnet-20250929"),
        ("google/gemma-4-26b-a4b-it:free", "google/gemma-4-26b-a4b-it-20260403:free"),
        ("~anthropic/claude-sonnet-latest", "anthropic/claude-sonnet-5-20260630"),
        ("~anthropic/claude-sonnet-latest", "anthropic/claude-sonnet-5"),
        ("openai/gpt-4o", "gpt-4o-2024-08-06"),
        ("openai/gpt-4o", "openai/gpt-4o-2024-11-20"),
        ("openai/gpt-3.5-turbo", "gpt-3.5-turbo-0125"),
        ("anthropic/claude-sonnet-4.5", "claude-sonnet-4-5-20250929"),
        ("deepseek/deepseek-v4.1-flash", "deepseek-ai/DeepSeek-V4.1-Flash"),
        ("openrouter/auto", "anything/at-all"),
        ("@preset/mine", "anything/at-all"),
        ("~someone/new-latest", "someone/new-7"),
        ("openai/gpt-4o:nitro", "openai/gpt-4o"),
    ] {
        assert!(bundled().same_model(requested, served), "{requested} served as {served}");
    }
    for (requested, served) in [
        ("openai/gpt-4o", "openai/gpt-4o-mini"),
        ("openai/gpt-4o", "gpt-4o-mini-2024-07-18"),
        ("anthropic/claude-sonnet-4.5", "anthropic/claude-4.6-sonnet-20260217"),
        ("deepseek/deepseek-v4-flash", "deepseek/deepseek-v4-flash-0731"),
        ("deepseek/deepseek-v4-flash", "deepseek-v4-flash-0731"),
        ("openai/gpt-4o-2024-05-13", "openai/gpt-4o-2024-08-06"),
        ("openai/gpt-4o", "someone/unheard-of"),
        ("a/unlisted", "b/unknown"),
        ("openai/gpt-4o", ""),
    ] {
        assert!(!bundled().same_model(requested, served), "{requested} is not {served}");
    }
}

#[test]
fn which_of_several_models_served() {
    let which = |requested: &[&str], served: &str| bundled().which(requested, served);
    let free = ["google/gemma-4-26b-a4b-it:free", "google/gemma-4-26b-a4b-it"];
    assert_eq!(which(&free, "google/gemma-4-26b-a4b-it-20260403:free"), Some(0));
    assert_eq!(which(&free, "google/gemma-4-26b-a4b-it-20260403"), Some(1));
    assert_eq!(which(&["openai/gpt-4o", "openai/gpt-4o-2024-08-06"], "gpt-4o-2024-08-06"), Some(1));
    assert_eq!(which(&["anthropic/claude-sonnet-4.5", "openai/gpt-4o"], "openai/gpt-4o-2024-08-06"), Some(1));
    assert_eq!(which(&["anthropic/claude-sonnet-4.5", "openai/gpt-4o"], "x-ai/grok-4.6"), None);
}

#[test]
fn default_chains_are_current_and_able() {
    let chains = ["tool_calling", "vision", "long_context", "budget"].map(|w| Capability::parse(w).unwrap());
    for wanted in chains {
        let chain = bundled().capability_chain(&[wanted]);
        assert_eq!(chain.len(), 3, "{wanted:?}");
        for model in chain {
            let entry = bundled().lookup(model).unwrap_or_else(|| panic!("{model} is not listed"));
            assert_eq!(wanted.of(entry), Answer::Yes, "{model} {wanted:?}");
            assert!(!entry.delisted && entry.expires.is_none() && !model.contains(':'), "{model}");
        }
    }
    let models = DEFAULT_CHAIN.map(|link| bundled().lookup(link.model).unwrap());
    for entry in models {
        assert!(!entry.delisted && entry.expires.is_none(), "{}", entry.id);
        assert_ne!(entry.thinking, Some(Thinking::Always), "{} can spend max_tokens on thoughts", entry.id);
        assert_eq!(entry.supports(Parameter::Tools), Answer::Yes, "{}", entry.id);
    }
    assert_eq!(DEFAULT_CHAIN.map(|link| link.timeout), [30, 25, 15, 15]);
    assert_eq!(
        DEFAULT_CHAIN.map(|link| link.label),
        ["primary", "secondary", "budget-fallback", "last-resort"]
    );
}

#[test]
fn built_chains_are_able_diverse_and_never_free() {
    for (wanted, word) in Capability::ALL {
        let chain = bundled().capability_chain(&[*wanted]);
        assert!(!chain.is_empty(), "{word}");
        let entries: Vec<_> = chain.iter().map(|id| bundled().lookup(id).unwrap()).collect();
        assert!(entries.iter().all(|e| wanted.of(e) == Answer::Yes), "{word}: {chain:?}");
        assert!(chain.iter().all(|id| !id.contains([':', '~'])), "{word}: {chain:?}");
        if !matches!(word, &"tool_calling") {
            let mut makers: Vec<_> = entries.iter().map(|e| e.author()).collect();
            makers.dedup();
            assert_eq!(makers.len(), chain.len(), "{word}: {chain:?}");
        }
    }
    let both = bundled().capability_chain(&[Capability::Vision, Capability::Budget]);
    assert!(both.len() >= 3, "{both:?}");
    for id in &both {
        assert!(
            bundled().lookup(id).unwrap().prices.of(PriceKey::Prompt, 0).unwrap().0 <= BUDGET_PROMPT,
            "{id}"
        );
    }
    let none = [Capability::AudioOutput, Capability::ImageOutput, Capability::Video, Capability::Logprobs];
    assert!(bundled().capability_chain(&none).is_empty());
}
