//! A fault, prepared for the rules: one status, words, one lower-cased text, derived facts, figures.
//!
//! Knows faults. Must not judge. Invariant: addresses in a text are no evidence (a link to a billing page is not
//! a billing error), nor is the case or the kind of quotation mark.

use super::Repair;
use super::rules::Fact;
use crate::base::Duration;
use crate::wire::{Headers, ProviderFault};
use serde_json::Value;

/// Longest stretch that a `*` in a phrase may stand for: an id, not a sentence.
const GAP: usize = 100;
const DAY: Duration = Duration::from_secs(86_400);

/// What the rules look at.
#[derive(Clone, Debug)]
pub struct Evidence<'a> {
    /// Effective status; 0 where none is known.
    pub status: u16,
    /// Machine words, most specific first.
    pub words: &'a [String],
    /// All texts, lower-cased, one a line.
    pub text: String,
    pairs: Pairs,
    /// What else holds.
    pub facts: Vec<Fact>,
    /// Figures for a repair.
    pub repair: Repair,
}

impl<'a> Evidence<'a> {
    /// Prepares a fault.
    #[must_use]
    pub fn of(fault: &'a ProviderFault) -> Evidence<'a> {
        let text = fault.texts.iter().map(|t| plain(t)).collect::<Vec<_>>().join("\n");
        let repair = figures(fault);
        let raw = |p: &str| fault.json.pointer(&format!("{p}/metadata/raw")).is_some_and(|v| !v.is_null());
        let upstream = fault.provider.is_some()
            || ["", "/error", "/choices/0/error"].into_iter().any(raw)
            || text.contains("provider returned error");
        let spent = |h: &Headers| h.get("x-ratelimit-remaining").map(str::trim) == Some("0");
        let facts = [
            (Fact::Upstream, upstream),
            (Fact::Page, fault.json.is_null() && fault.body.trim_start().starts_with('<')),
            (Fact::NeverFits, matches!((repair.window, repair.requested), (Some(w), Some(r)) if r > w)),
            (Fact::NamesWait, fault.retry_after.is_some()),
            (Fact::WaitsADay, fault.retry_after.is_some_and(|w| w >= DAY)),
            (Fact::AccountHeaders, !upstream && (spent(&fault.headers) || spent(&fault.quoted_headers))),
        ];
        Evidence {
            status: fault.status.or(fault.http_status.filter(|s| *s >= 300)).unwrap_or(0),
            words: &fault.words,
            pairs: Pairs::of(&text),
            text,
            facts: facts.into_iter().filter(|(_, holds)| *holds).map(|(f, _)| f).collect(),
            repair,
        }
    }

    /// Whether a machine word occurs; a `*` at the end of `word` stands for any rest.
    #[must_use]
    pub fn has_word(&self, word: &str) -> bool {
        match word.strip_suffix('*') {
            Some(start) => self.words.iter().any(|w| w.starts_with(start)),
            None => self.words.iter().any(|w| w == word),
        }
    }

    /// Whether a phrase occurs in one of the texts; a `*` stands for a gap of at most an id's length.
    #[must_use]
    pub fn has_text(&self, phrase: &str) -> bool {
        if !self.pairs.may_hold(phrase) {
            return false;
        }
        match phrase.split_once('*') {
            None => self.text.contains(phrase),
            Some((head, tail)) => self.text.match_indices(head).any(|(at, _)| {
                let rest = self.text.get(at + head.len()..).unwrap_or("");
                let line = rest.split('\n').next().unwrap_or("");
                line.find(tail).is_some_and(|gap| gap <= GAP)
            }),
        }
    }
}

/// Which pairs of neighbouring bytes a text has, folded into a table: a cheap "surely not" before a search, since some
/// hundred phrases are looked for in one short text.
#[derive(Clone, Debug)]
struct Pairs([u64; 64]);

impl Pairs {
    fn of(text: &str) -> Pairs {
        let mut table = [0; 64];
        for pair in text.as_bytes().windows(2) {
            table[usize::from(pair[0] & 63)] |= 1 << (pair[1] & 63);
        }
        Pairs(table)
    }

    /// False only if `phrase`, whose `*` stands for anything, does not occur.
    fn may_hold(&self, phrase: &str) -> bool {
        let has = |p: &[u8]| p.contains(&b'*') || self.0[usize::from(p[0] & 63)] & (1 << (p[1] & 63)) != 0;
        phrase.as_bytes().windows(2).all(has)
    }
}

/// Lower case, straight quotes, no addresses.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split(' ') {
        if !word.contains("://") {
            out.push_str(&word.to_lowercase());
        }
        out.push(' ');
    }
    out.replace(['`', '"', '’', '‘', '“', '”'], "'")
}

/// Phrases before the size of a window or limit.
const WINDOW: [&str; 16] = [
    "maximum context length is ",
    "context length is only ",
    "model's context length (",
    "maximum context length of ",
    "context window of ",
    "context size (",
    "maximum number of tokens allowed (",
    "must be <= ",
    "n_ctx (",
    "tokens > ",
    "input length should be [1, ",
    "too large for model with ",
    "max size: ",
    "batch size: ",
    "tokens (tpm): limit ",
    "limit ",
];
/// Phrases before the size of the request.
const REQUESTED: [&str; 15] = [
    "you requested about ",
    "however, you requested ",
    "however you requested ",
    "requested up to ",
    "resulted in ",
    "input token count (",
    "prompt is too long: ",
    "prompt contains ",
    "given: ",
    "n_keep (",
    "the input (",
    "request (",
    "input (",
    "limit exceeded: ",
    "requested ",
];

fn figures(fault: &ProviderFault) -> Repair {
    let low: Vec<String> = fault.texts.iter().map(|t| t.to_lowercase()).collect();
    // Figures have digits; most errors have none in their text.
    let told = low.iter().any(|t| t.bytes().any(|b| b.is_ascii_digit()));
    let find = |phrases: &[&str]| {
        let phrases = if told { phrases } else { &[] };
        phrases.iter().find_map(|p| low.iter().find_map(|t| t.split(p).skip(1).find_map(number)))
    };
    let field = |key: &str| {
        [format!("/error/{key}"), format!("/{key}")]
            .iter()
            .find_map(|p| fault.json.pointer(p).and_then(Value::as_u64))
    };
    Repair {
        invalid_model: fault.texts.iter().find_map(|t| slug(t)).or_else(|| {
            let asked = fault.json.pointer("/error/availability/requested_models/0")?.as_str()?;
            Some(asked.to_owned())
        }),
        affordable_tokens: find(&["can only afford "]),
        window: field("n_ctx").or_else(|| find(&WINDOW)),
        requested: field("n_prompt_tokens").or_else(|| find(&REQUESTED)),
        free_tier: low.iter().any(|t| t.contains("free-models-per"))
            || fault.words.iter().any(|w| w.starts_with("openrouter_free_tier")),
    }
}

/// The number at the start of a text: `16385 tokens`, `~12903`, `128,000`.
fn number(text: &str) -> Option<u64> {
    let text = text.trim_start_matches(['~', ' ']);
    let end = text.find(|c: char| !c.is_ascii_digit() && c != ',').unwrap_or(text.len());
    text.get(..end)?.replace(',', "").parse().ok()
}

/// The model that a sentence about an unknown model names.
fn slug(text: &str) -> Option<String> {
    let after =
        ["invalid model: ", "model not found: ", "no endpoints found for ", "model name passed in model="];
    let before = [" is not a valid model", " is not a supported model"];
    let low = text.to_ascii_lowercase();
    if !low.contains("model") && !low.contains("no endpoints") {
        return None;
    }
    let from = |at: usize| {
        let rest = text.get(at..)?.trim_start_matches(['`', '\'', '"']);
        rest.split([' ', '`', '\'', '"', ',']).next()
    };
    let found = after
        .iter()
        .find_map(|p| from(low.find(p)? + p.len()))
        .or_else(|| before.iter().find_map(|p| text.get(..low.find(p)?)?.split_whitespace().last()))
        .or_else(|| ["model `", "model '", "model \""].iter().find_map(|p| from(low.find(p)? + p.len())))?;
    let found = found.trim_matches(['.', '`', '\'', '"', ':']);
    (!found.is_empty()).then(|| found.to_owned())
}

#[cfg(test)]
mod tests {
    use super::Pairs;

    #[test]
    fn a_pair_table_never_denies_what_is_there() {
        let text = "input is too long: 4097 tokens > 4096, größer als erlaubt";
        let pairs = Pairs::of(text);
        for from in (0..text.len()).filter(|i| text.is_char_boundary(*i)) {
            for to in (from..=text.len()).filter(|i| text.is_char_boundary(*i)) {
                assert!(pairs.may_hold(&text[from..to]));
            }
        }
        assert!(pairs.may_hold("input*tokens") && !pairs.may_hold("quota"));
    }
}
