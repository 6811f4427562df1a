//! The grammar of model names: `[~]author/slug[:variant][@preset/name]`, and when two names mean one model.
//!
//! Knows nothing of listings. Must not decide that two different models are one: it only removes what carries
//! no identity (case, author, separators, a date at the end).

/// A model name in parts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Name<'a> {
    /// Without variant and preset.
    pub base: &'a str,
    /// After the last `:`; such as `free` or `nitro`.
    pub variant: Option<&'a str>,
}

impl<'a> Name<'a> {
    /// Takes a name apart. Colons within a provider's own names (`us.anthropic.claude-v1:0`) look like variants,
    /// which does no harm: they are not in [`ROUTING`].
    pub(super) fn parse(name: &'a str) -> Name<'a> {
        let name = name.trim();
        let name = name.split_once("@preset/").map_or(name, |(model, _)| model);
        match name.rsplit_once(':') {
            Some((base, variant)) if !base.is_empty() && !variant.contains('/') => {
                Name { base, variant: Some(variant) }
            }
            _ => Name { base: name, variant: None },
        }
    }

    /// Whether the variant only says how to choose a provider, so that the facts are those of the base name.
    pub(super) fn is_routing(&self) -> bool {
        self.variant.is_some_and(|v| ROUTING.contains(&v))
    }
}

/// Variants that choose a provider and change nothing about the model: OpenRouter's dynamic ones (contract
/// section 1.5) and FastRouter's (section 6). The static ones (`free`, `extended`, `thinking`) have rows of
/// their own in a listing.
const ROUTING: [&str; 8] = ["nitro", "floor", "exacto", "online", "throughput", "price", "flex", "zdr"];

/// Whether the service itself picks the model behind this name: routers and presets. Whoever answers is then
/// what was asked for.
pub(super) fn is_router(name: &str) -> bool {
    let base = Name::parse(name).base;
    base.is_empty()
        || matches!(
            base,
            "openrouter/auto" | "openrouter/auto-beta" | "openrouter/free" | "openrouter/fusion"
        )
        || matches!(base, "openrouter/pareto-code" | "openrouter/bodybuilder" | "switchpoint/router")
        || matches!(base, "fastrouter/auto" | "fastrouter/free")
}

/// A name in lower case without author, variant and preset, every separator a `-`.
pub(super) fn slug(name: &str) -> String {
    let base = Name::parse(name).base;
    let slug = base.rsplit('/').next().unwrap_or(base);
    slug.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
}

/// The slug without the full date (`-2024-08-06`, `-20260420`) at its end; `None` if there is none.
pub(super) fn undated(name: &str) -> Option<String> {
    let mut slug = slug(name);
    let is_date = |tail: &str| {
        let digits: Vec<u8> = tail.bytes().filter(u8::is_ascii_digit).collect();
        let dashes = tail.len() - digits.len();
        digits.len() == 8 && digits.starts_with(b"20") && (dashes == 0 || dashes == 2)
    };
    let cut = [9, 11]
        .into_iter()
        .filter_map(|n| slug.len().checked_sub(n))
        .find(|at| slug.get(*at..).is_some_and(|tail| tail.strip_prefix('-').is_some_and(is_date)))?;
    slug.truncate(cut);
    Some(slug)
}

/// What identifies a model when no listing knows the name: its slug without a date or build number (three
/// digits or more) at the end.
pub(super) fn folded(name: &str) -> String {
    let mut out = slug(name);
    // `-20250929`, `-2025-09-29`, `-001`, `-2411`: cut from the right while a long number was or will be cut.
    while let Some((head, tail)) = out.rsplit_once('-') {
        let digits = !tail.is_empty() && tail.bytes().all(|b| b.is_ascii_digit());
        let date = digits && tail.len() == 2 && is_year_and(head);
        if digits && tail.len() >= 3 && !head.is_empty() || date {
            out.truncate(head.len());
        } else {
            break;
        }
    }
    out
}

/// Whether a name ends in `-YYYY` or `-YYYY-MM`, so that two digits after it belong to a date.
fn is_year_and(head: &str) -> bool {
    let mut parts = head.rsplit('-');
    let year = |p: Option<&str>| p.is_some_and(|p| p.len() == 4 && p.starts_with("20"));
    match parts.next() {
        Some(month) if month.len() == 2 && month.bytes().all(|b| b.is_ascii_digit()) => year(parts.next()),
        last => year(last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_apart() {
        let parts = |n| (Name::parse(n).base, Name::parse(n).variant);
        assert_eq!(parts("a/b:free"), ("a/b", Some("free")));
        assert_eq!(parts("a/b:nitro@preset/mine"), ("a/b", Some("nitro")));
        assert_eq!(parts("@preset/mine"), ("", None));
        assert_eq!(parts("a/b"), ("a/b", None));
        assert!(Name::parse("a/b:floor").is_routing());
        assert!(!Name::parse("a/b:thinking").is_routing());
    }

    #[test]
    fn folding_drops_dates_and_keeps_versions() {
        assert_eq!(folded("anthropic/claude-sonnet-4.5"), "claude-sonnet-4-5");
        assert_eq!(folded("claude-sonnet-4-5-20250929"), "claude-sonnet-4-5");
        assert_eq!(folded("gpt-4o-2024-08-06"), "gpt-4o");
        assert_eq!(folded("google/gemini-2.0-flash-001"), "gemini-2-0-flash");
        assert_eq!(folded("mistral-large-2411"), "mistral-large");
        assert_eq!(folded("deepseek-ai/DeepSeek-V4.1-Flash"), "deepseek-v4-1-flash");
        for (a, b) in [("gpt-4", "gpt-4.1"), ("gpt-5.4", "gpt-4.5"), ("gpt-4o", "gpt-4o-mini"), ("o1", "o3")]
        {
            assert_ne!(folded(a), folded(b));
        }
        assert_eq!(folded("qwen3-235b-a22b-07-25"), "qwen3-235b-a22b-07-25");
        assert_eq!(folded("2024"), "2024");
        assert_eq!(undated("openai/gpt-4o-2024-08-06").as_deref(), Some("gpt-4o"));
        assert_eq!(undated("qwen3.5-plus-20260420").as_deref(), Some("qwen3-5-plus"));
        assert_eq!(undated("deepseek/deepseek-v4-flash-0731"), None);
        assert_eq!(undated("é"), None);
    }
}
