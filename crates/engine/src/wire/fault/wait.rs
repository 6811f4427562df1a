//! Waits that services write into prose and strings: "try again in 9m52.272s", "retry after 60 seconds", "39s".
//!
//! Knows durations. Must not decide whether to wait. Invariant: a number without a unit counts as seconds only
//! where nothing else follows it.

use crate::base::Duration;

const PHRASES: [&str; 13] = [
    "try again in",
    "retry again in",
    "retry in",
    "retry after",
    "try again after",
    "retry again after",
    "please wait",
    "wait for",
    "wait at least",
    "available in",
    "available again in",
    "resets in",
    "reset in",
];

/// The wait that a sentence asks for.
pub(super) fn in_text(text: &str) -> Option<Duration> {
    if !text.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    // Lower-casing ASCII only keeps every byte at its place.
    let low = text.to_ascii_lowercase();
    PHRASES.iter().find_map(|p| {
        let (_, rest) = low.split_once(p)?;
        let rest = rest.trim_start_matches([' ', ':', '~']);
        let rest = ["about ", "approximately ", "at least ", "another "]
            .iter()
            .find_map(|w| rest.strip_prefix(w))
            .unwrap_or(rest);
        span(rest)
    })
}

/// A duration at the start of `text`: `39s`, `9m52.272s`, `120ms`, `2 minutes`, `18`.
pub(super) fn span(text: &str) -> Option<Duration> {
    let mut rest = text.trim_start();
    let mut sum: Option<f64> = None;
    loop {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        // "60 seconds." and "18." carry the full stop of the sentence.
        let Ok(number) = number.trim_end_matches('.').parse::<f64>() else { break };
        let after = after.trim_start_matches([' ', '-']);
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (word, tail) = after.split_at(letters);
        let unit = match word.to_ascii_lowercase().as_str() {
            "ms" | "millisecond" | "milliseconds" => 0.001,
            "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
            "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
            "h" | "hr" | "hrs" | "hour" | "hours" => 3600.0,
            "d" | "day" | "days" => 86_400.0,
            "" if sum.is_none() && tail.is_empty() => 1.0,
            _ => break,
        };
        sum = Some(sum.unwrap_or(0.0) + number * unit);
        rest = tail.trim_start_matches([' ', ',']);
        rest = rest.strip_prefix("and ").unwrap_or(rest);
    }
    sum.and_then(Duration::from_secs_f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_in_every_spelling() {
        for (text, ms) in [
            ("Please try again in 9m52.272s. Need more?", Some(592_272)),
            ("Please try again in 20s.", Some(20_000)),
            ("try again in 120ms", Some(120)),
            ("Please retry after 60 seconds. More text 5s", Some(60_000)),
            ("Retry after 40", Some(40_000)),
            ("try again in 1h2m3s", Some(3_723_000)),
            ("Please wait 2 minutes and 5 seconds", Some(125_000)),
            ("retry in about 3 hours", Some(10_800_000)),
            ("try again in 3 attempts", None),
            ("please wait", None),
            ("try again later", None),
        ] {
            assert_eq!(in_text(text), ms.map(Duration::from_millis), "{text}");
        }
        assert_eq!(span("39s"), Some(Duration::from_secs(39)));
        assert_eq!(span("17.006"), Some(Duration::from_millis(17_006)));
        assert_eq!(span("Fri, 31 Dec"), None);
    }
}
