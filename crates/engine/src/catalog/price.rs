//! Prices per unit, and what an answer costs by them.
//!
//! Knows usage and money. Must not round before the end: an attempt's sum is exact and is rounded up once.
//! Invariant: an unknown price gives no cost, never a cost of zero.

use super::words::{Word, words};
use crate::base::Nanodollars;
use crate::base::money::{ExactSum, UnitPrice};
use crate::chat::Usage;

words! {
    /// What a price is for; the spelling is a listing's (contract section 2.5).
    PriceKey {
        /// A prompt token.
        Prompt = "prompt",
        /// A token of the answer.
        Completion = "completion",
        /// The request as such.
        Request = "request",
        /// A picture of the prompt (for some models a token of it).
        Image = "image",
        /// A token of a picture of the prompt.
        ImageToken = "image_token",
        /// A token of a picture in the answer.
        ImageOutput = "image_output",
        /// A token of sound in the prompt.
        Audio = "audio",
        /// A token of sound in the answer.
        AudioOutput = "audio_output",
        /// A token of sound read from a cache.
        InputAudioCache = "input_audio_cache",
        /// A web search.
        WebSearch = "web_search",
        /// A token of reasoning.
        InternalReasoning = "internal_reasoning",
        /// A prompt token read from a cache.
        InputCacheRead = "input_cache_read",
        /// A prompt token written to a cache.
        InputCacheWrite = "input_cache_write",
        /// A prompt token written to a cache for an hour.
        InputCacheWrite1h = "input_cache_write_1h",
    }
}

/// Prices of one model: the usual ones, and the steps that override them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Prices {
    /// Price of each unit that the listing names, in the order of [`PriceKey`].
    pub usual: Vec<(PriceKey, UnitPrice)>,
    /// Overrides in the order of the listing; of those that apply, the last one wins per key.
    pub steps: Vec<Step>,
}

/// Prices that hold under a condition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Holds for prompts of at least so many tokens.
    pub min_prompt_tokens: u64,
    /// Holds at certain hours only. Which hours is not kept: without a clock they cannot be judged.
    pub timed: bool,
    /// The prices that differ.
    pub prices: Vec<(PriceKey, UnitPrice)>,
}

impl Prices {
    /// The price of a unit in a request with so many prompt tokens; `None` where no listing says, or where it
    /// depends on the hour.
    #[must_use]
    pub fn of(&self, key: PriceKey, prompt_tokens: u64) -> Option<UnitPrice> {
        let find = |list: &[(PriceKey, UnitPrice)]| list.iter().find(|(k, _)| *k == key).map(|(_, p)| *p);
        let mut price = find(&self.usual);
        for step in self.steps.iter().filter(|s| prompt_tokens >= s.min_prompt_tokens) {
            match find(&step.prices) {
                Some(_) if step.timed => price = None,
                Some(stepped) => price = Some(stepped),
                None => {}
            }
        }
        price
    }

    /// What an answer costs by list price: cached prompt tokens at the cache's price, written ones at the price
    /// of writing, reasoning (which is part of the completion) at its own price where that differs, long-context
    /// steps, and the price of the request as such. A cache price that is not listed is the prompt's.
    ///
    /// `None` without token counts or without prices for them. It is the list price of the service's cheapest
    /// provider: what the service itself reports as cost is better evidence. Web searches and units of media
    /// that are not tokens are not in it, for usage does not count them.
    #[must_use]
    pub fn cost(&self, usage: &Usage) -> Option<Nanodollars> {
        let (prompt, completion) = (usage.prompt_tokens?, usage.completion_tokens.unwrap_or(0));
        let price = |key| self.of(key, prompt);
        let (per_prompt, per_completion) = (price(PriceKey::Prompt)?, price(PriceKey::Completion)?);
        let read = usage.cached_tokens.unwrap_or(0).min(prompt);
        let written = usage.cache_write_tokens.unwrap_or(0).min(prompt - read);
        let reasoned = usage.reasoning_tokens.unwrap_or(0).min(completion);
        let mut sum = ExactSum::default();
        sum.add(per_prompt, prompt - read - written);
        sum.add(price(PriceKey::InputCacheRead).unwrap_or(per_prompt), read);
        sum.add(price(PriceKey::InputCacheWrite).unwrap_or(per_prompt), written);
        sum.add(per_completion, completion - reasoned);
        sum.add(price(PriceKey::InternalReasoning).unwrap_or(per_completion), reasoned);
        sum.add(price(PriceKey::Request).unwrap_or_default(), 1);
        Some(sum.round_up())
    }
}

/// Reads a listing's price. Digits below 1e-18 dollars are float noise (`0.00000008333333333333334`) and round
/// up; `None` for negatives (router models carry `-1`) and for what is not a number.
pub(super) fn read(text: &str) -> Option<UnitPrice> {
    let fraction = text.split_once('.').map_or("", |(_, f)| f);
    if fraction.len() <= 18 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return UnitPrice::parse(text);
    }
    let cut = UnitPrice::parse(&text[..text.len() - (fraction.len() - 18)])?;
    let noise = fraction[18..].bytes().any(|b| b != b'0');
    Some(UnitPrice(cut.0.saturating_add(i128::from(noise))))
}

/// The shortest decimal that reads back as the same price.
pub(super) fn text(price: UnitPrice) -> String {
    const SCALE: i128 = 1_000_000_000_000_000_000;
    let (whole, fraction) = (price.0 / SCALE, price.0 % SCALE);
    let mut out = format!("{whole}.{fraction:018}");
    out.truncate(out.trim_end_matches('0').trim_end_matches('.').len());
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn prices(list: &[(PriceKey, &str)]) -> Vec<(PriceKey, UnitPrice)> {
        list.iter().map(|(k, p)| (*k, read(p).unwrap())).collect()
    }

    fn sonnet() -> Prices {
        // The listing of 2026-08 for anthropic/claude-sonnet-4.5.
        Prices {
            usual: prices(&[
                (PriceKey::Prompt, "0.000003"),
                (PriceKey::Completion, "0.000015"),
                (PriceKey::InputCacheRead, "0.0000003"),
                (PriceKey::InputCacheWrite, "0.00000375"),
            ]),
            steps: vec![Step {
                min_prompt_tokens: 200_000,
                timed: false,
                prices: prices(&[(PriceKey::Prompt, "0.000006"), (PriceKey::Completion, "0.0000225")]),
            }],
        }
    }

    fn usage(prompt: u64, completion: u64) -> Usage {
        Usage { prompt_tokens: Some(prompt), completion_tokens: Some(completion), ..Usage::default() }
    }

    #[test]
    fn a_cost_is_exact_and_rounded_up_once() {
        assert_eq!(sonnet().cost(&usage(1_000, 100)), Some(Nanodollars(4_500_000)));
        let tiny = Prices {
            usual: prices(&[(PriceKey::Prompt, "0.0000000001"), (PriceKey::Completion, "0.0000000001")]),
            steps: vec![],
        };
        assert_eq!(tiny.cost(&usage(1, 1)), Some(Nanodollars(1)));
    }

    #[test]
    fn cached_and_written_tokens_are_part_of_the_prompt() {
        let u = Usage { cached_tokens: Some(600), cache_write_tokens: Some(300), ..usage(1_000, 0) };
        assert_eq!(sonnet().cost(&u), Some(Nanodollars(100 * 3_000 + 600 * 300 + 300 * 3_750)));
    }

    #[test]
    fn a_long_prompt_takes_the_step() {
        assert_eq!(sonnet().cost(&usage(199_999, 1)), Some(Nanodollars(199_999 * 3_000 + 15_000)));
        let read = Usage { cached_tokens: Some(1), ..usage(200_000, 1) };
        assert_eq!(sonnet().cost(&read), Some(Nanodollars(199_999 * 6_000 + 300 + 22_500)));
    }

    #[test]
    fn reasoning_at_its_own_price_and_the_request_as_such() {
        let p = Prices {
            usual: prices(&[
                (PriceKey::Prompt, "0.000002"),
                (PriceKey::Completion, "0.000008"),
                (PriceKey::Request, "0.005"),
                (PriceKey::InternalReasoning, "0.000003"),
            ]),
            steps: vec![],
        };
        let u = Usage { reasoning_tokens: Some(80), ..usage(10, 100) };
        assert_eq!(p.cost(&u), Some(Nanodollars(10 * 2_000 + 20 * 8_000 + 80 * 3_000 + 5_000_000)));
    }

    #[test]
    fn what_is_unknown_has_no_cost() {
        assert_eq!(Prices::default().cost(&usage(1, 1)), None);
        assert_eq!(sonnet().cost(&Usage::default()), None);
        let mut timed = sonnet();
        timed.steps[0].timed = true;
        assert_eq!(timed.cost(&usage(300_000, 1)), None);
        assert!(timed.cost(&usage(1, 1)).is_some());
    }

    #[test]
    fn prices_survive_writing_and_reading() {
        for p in ["0.00000045", "3", "0", "0.000000000000000001", "12.5"] {
            assert_eq!(text(read(p).unwrap()), p);
        }
        assert_eq!(text(read("0.00000008333333333333334").unwrap()), "0.000000083333333334");
        assert_eq!(read("-1"), None);
        assert_eq!(read("1e-7").map(text).as_deref(), Some("0.0000001"));
    }
}
