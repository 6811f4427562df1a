//! Response headers that decisions read.
//!
//! Knows time. Must not know policy: it says what a server asked for, not whether to obey. Invariants: names are
//! lower case; a value that cannot be read is absent, never zero.

use crate::base::{Duration, WallTime};

/// The response headers worth keeping, names in lower case, in the order of arrival.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Headers(pub Vec<(String, String)>);

const KEPT: [&str; 9] = [
    "retry-after",
    "retry-after-ms",
    "x-should-retry",
    "content-type",
    "date",
    "x-request-id",
    "request-id",
    "x-generation-id",
    "cf-ray",
];

const KEPT_PREFIXES: [&str; 4] = ["x-ratelimit-", "ratelimit", "anthropic-ratelimit-", "x-openrouter-"];

/// Pairs of "how much is left" and "when it is full again"; a reset counts only where nothing is left, since
/// services send these headers with every answer.
const LIMITS: [(&str, &str); 4] = [
    ("x-ratelimit-remaining", "x-ratelimit-reset"),
    ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    ("ratelimit-remaining", "ratelimit-reset"),
];

impl Headers {
    /// Whether a header is read by any decision; drivers copy only these. Takes the name in lower case.
    #[must_use]
    pub fn is_relevant(name: &str) -> bool {
        KEPT.contains(&name) || KEPT_PREFIXES.iter().any(|p| name.starts_with(p))
    }

    /// The first value of `name` (lower case).
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// What the server asked to wait, from `retry-after-ms`, `retry-after` (seconds or a date) and, where a limit
    /// is used up, its reset header. Dates are read against the response's own `date` where it has one (two clocks
    /// may differ), else against `now`; a date in the past is zero. A number too large for a clock is the longest
    /// time; a negative or unreadable one is absent.
    #[must_use]
    pub fn retry_after(&self, now: WallTime) -> Option<Duration> {
        let base = self.get("date").and_then(http_date).unwrap_or(now);
        let millis = || self.get("retry-after-ms").and_then(|v| seconds(v, 1_000.0));
        let after = || {
            let value = self.get("retry-after")?;
            seconds(value, 1.0).or_else(|| Some(until(http_date(value)?, base)))
        };
        millis().or_else(after).or_else(|| self.reset(base))
    }

    /// The service's id of this request, for support.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.get("x-generation-id").or_else(|| self.get("x-request-id")).or_else(|| self.get("request-id"))
    }

    /// The latest reset of the limits that are used up.
    fn reset(&self, base: WallTime) -> Option<Duration> {
        LIMITS
            .iter()
            .filter(|(left, _)| {
                self.get(left).and_then(|v| v.trim().parse::<f64>().ok()).is_some_and(|n| n <= 0.0)
            })
            .filter_map(|(_, reset)| reset_time(self.get(reset)?, base))
            .max()
    }
}

/// `text` as a number of `1 / per_second` seconds.
fn seconds(text: &str, per_second: f64) -> Option<Duration> {
    Duration::from_secs_f64(text.trim().parse::<f64>().ok()? / per_second)
}

fn until(then: WallTime, base: WallTime) -> Duration {
    Duration::from_millis(u64::try_from(then.0.saturating_sub(base.0)).unwrap_or(0))
}

/// A reset as services write it: epoch milliseconds (OpenRouter), epoch seconds, seconds from now, or `6m0.5s`
/// (OpenAI, Groq). Which one a number means shows in its size: an epoch second lies near 1.7e9, and no relative
/// wait is thirty years long.
fn reset_time(text: &str, base: WallTime) -> Option<Duration> {
    let text = text.trim();
    let Ok(number) = text.parse::<f64>() else { return spelled(text) };
    if !number.is_finite() || number < 0.0 {
        None
    } else if number >= 1e11 {
        Some(until(WallTime(number as i64), base))
    } else if number >= 1e9 {
        Some(until(WallTime((number * 1_000.0) as i64), base))
    } else {
        Duration::from_secs_f64(number)
    }
}

/// `1d`, `6m0s`, `1.5s`, `20ms`.
fn spelled(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut sum = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        let tail = &rest[digits..];
        let unit = &tail[..tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len())];
        sum += number
            * match unit {
                "d" => 86_400.0,
                "h" => 3_600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 0.001,
                _ => return None,
            };
        rest = &tail[unit.len()..];
    }
    if text.is_empty() { None } else { Duration::from_secs_f64(sum) }
}

/// The three forms of RFC 9110, section 5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`,
/// `Sun Nov  6 08:49:37 1994`.
fn http_date(text: &str) -> Option<WallTime> {
    let words: Vec<&str> = text.split([' ', ',', '-']).filter(|w| !w.is_empty()).collect();
    let (day, month, year, time) = match words.as_slice() {
        [_, day, month, year, time, "GMT" | "UTC"] => (day, month, year, time),
        [_, month, day, time, year] => (day, month, year, time),
        _ => return None,
    };
    let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        .iter()
        .position(|m| m == month)? as i64
        + 1;
    let year = match (year.len(), number(year, 9_999)?) {
        // The epoch divides the centuries: no service answers from before 1970, nor asks to wait until 2070.
        (2, y) => y + if y < 70 { 2_000 } else { 1_900 },
        (4, y) => y,
        _ => return None,
    };
    let day = number(day, 31).filter(|d| *d >= 1)?;
    let mut clock = time.split(':');
    let (hour, minute, second) =
        (number(clock.next()?, 23)?, number(clock.next()?, 59)?, number(clock.next()?, 60)?);
    if clock.next().is_some() {
        return None;
    }
    let seconds = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    Some(WallTime(seconds * 1_000))
}

fn number(text: &str, most: i64) -> Option<i64> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|n| *n <= most)
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar, counted in years that begin in March so that the leap
/// day is the last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    y * 365 + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + (m * 153 + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]
    use super::*;
    use proptest::prelude::*;

    const NOW: WallTime = WallTime(784_111_777_000);

    fn headers(pairs: &[(&str, &str)]) -> Headers {
        Headers(pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect())
    }

    fn after(value: &str) -> Option<f64> {
        headers(&[("retry-after", value)]).retry_after(NOW).map(Duration::as_secs_f64)
    }

    #[test]
    fn seconds_and_dates() {
        assert_eq!(after("3"), Some(3.0));
        assert_eq!(after(" 0.25 "), Some(0.25));
        assert_eq!(after("0"), Some(0.0));
        assert_eq!(after("Sun, 06 Nov 1994 08:49:40 GMT"), Some(3.0));
        assert_eq!(after("Sunday, 06-Nov-94 08:49:40 GMT"), Some(3.0));
        assert_eq!(after("Sun Nov  6 08:49:40 1994"), Some(3.0));
        assert_eq!(after("Sun, 06 Nov 1994 08:49:00 GMT"), Some(0.0));
        assert_eq!(after("Mon, 01 Mar 2004 00:00:00 GMT"), Some(293_987_423.0));
        assert_eq!(after("Fri, 20-Nov-26 00:00:00 GMT"), Some(1_011_021_023.0));
        assert_eq!(
            headers(&[("retry-after", "315360000")]).retry_after(NOW).unwrap(),
            Duration::from_secs(315_360_000)
        );
        assert_eq!(headers(&[("retry-after", "1e308")]).retry_after(NOW), Some(Duration::MAX));
    }

    #[test]
    fn what_cannot_be_read_is_absent() {
        for bad in [
            "-1",
            "NaN",
            "inf",
            "-inf",
            "1e999",
            "",
            "soon",
            "Sun, 06 Foo 1994 08:49:40 GMT",
            "Sun, 32 Nov 1994 08:49:40 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06 Nov 1994 08:49:40:1 GMT",
            "Sun, 06 Nov 194 08:49:40 GMT",
            "Sun, 06 Nov 1994 08:49:40 PST",
        ] {
            assert_eq!(after(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_first_of_two_headers_and_the_finer_unit_win() {
        let two = headers(&[("retry-after", "7"), ("retry-after", "99"), ("retry-after-ms", "1500")]);
        assert_eq!(two.retry_after(NOW), Some(Duration::from_millis(1_500)));
        assert_eq!(Headers(two.0[..2].to_vec()).retry_after(NOW), Some(Duration::from_secs(7)));
        let unreadable = headers(&[("retry-after-ms", "-5"), ("retry-after", "2")]);
        assert_eq!(unreadable.retry_after(NOW), Some(Duration::from_secs(2)));
    }

    #[test]
    fn a_date_is_read_against_the_server_clock() {
        let h = headers(&[
            ("date", "Sun, 06 Nov 1994 09:00:00 GMT"),
            ("retry-after", "Sun, 06 Nov 1994 09:00:05 GMT"),
        ]);
        assert_eq!(h.retry_after(NOW), Some(Duration::from_secs(5)));
    }

    #[test]
    fn resets_count_only_where_nothing_is_left() {
        let reset = |left: &str, at: &str| {
            headers(&[("x-ratelimit-remaining", left), ("x-ratelimit-reset", at)]).retry_after(NOW)
        };
        assert_eq!(reset("0", "784111779000"), Some(Duration::from_secs(2)));
        assert_eq!(reset("1", "784111779000"), None);
        assert_eq!(reset("0", "30"), Some(Duration::from_secs(30)));
        assert_eq!(reset("0", "784111770000"), Some(Duration::ZERO));
        assert_eq!(reset("0", "-3"), None);
        let epoch_seconds = headers(&[("ratelimit-remaining", "0"), ("ratelimit-reset", "1700000009")]);
        assert_eq!(epoch_seconds.retry_after(WallTime(1_700_000_000_000)), Some(Duration::from_secs(9)));
        let spelled = headers(&[
            ("x-ratelimit-remaining-requests", "0"),
            ("x-ratelimit-reset-requests", "20ms"),
            ("x-ratelimit-remaining-tokens", "0"),
            ("x-ratelimit-reset-tokens", "1h6m0.5s"),
        ]);
        assert_eq!(spelled.retry_after(NOW), Some(Duration::from_millis(3_960_500)));
    }

    #[test]
    fn only_a_closed_list_is_kept() {
        for yes in [
            "retry-after",
            "x-ratelimit-reset-tokens",
            "ratelimit",
            "ratelimit-policy",
            "cf-ray",
            "x-openrouter-x",
        ] {
            assert!(Headers::is_relevant(yes), "{yes}");
        }
        for no in ["set-cookie", "authorization", "server", "retry-after-all", "x-rate"] {
            assert!(!Headers::is_relevant(no), "{no}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(value in "\\PC{0,40}", left in "[0-9.-]{0,3}", now in any::<i64>()) {
            for name in ["retry-after", "retry-after-ms", "date", "x-ratelimit-reset"] {
                let h = headers(&[(name, &value), ("x-ratelimit-remaining", &left), ("retry-after", &value)]);
                let _ = h.retry_after(WallTime(now));
            }
        }

        #[test]
        fn numbers_and_dates_never_panic(value in "[0-9eE.:hmsd, -]{0,30}|Sun, [0-9]{2}[- ]Nov[- ][0-9]{2,4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT") {
            let h = headers(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", &value), ("retry-after", &value)]);
            let _ = h.retry_after(NOW);
        }
    }
}
