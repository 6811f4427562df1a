//! Money as exact integers.
//!
//! Knows nothing of models. Prices are held per unit (a token, an image, a request) scaled by 1e-18 dollars in
//! an `i128`, so that a sum over units is exact; the sum of one attempt is rounded **up** once to nano-dollars.
//! Invariants: no floats decide; arithmetic saturates.

use core::fmt;

/// Dollars times 1e9, as booked per attempt.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Nanodollars(pub i64);

/// A price of one unit: dollars times 1e18.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct UnitPrice(pub i128);

/// A sum of unit prices times counts, exact until it is rounded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub struct ExactSum(pub i128);

impl UnitPrice {
    /// Reads a decimal such as `"0.00000015"` or `1.5e-7` exactly; `None` if it is not a number, has digits
    /// below 1e-18 or is out of range. Negative prices (router models carry `-1`) read as `None`: unknown.
    #[must_use]
    pub fn parse(text: &str) -> Option<UnitPrice> {
        decimal(text, 18).filter(|v| *v >= 0).map(UnitPrice)
    }
}

impl ExactSum {
    /// Adds `count` units at `price`.
    pub fn add(&mut self, price: UnitPrice, count: u64) {
        self.0 = self.0.saturating_add(price.0.saturating_mul(i128::from(count)));
    }

    /// Rounds up to whole nano-dollars.
    #[must_use]
    pub fn round_up(self) -> Nanodollars {
        const UNIT: i128 = 1_000_000_000;
        let n = self.0.div_euclid(UNIT) + i128::from(self.0.rem_euclid(UNIT) != 0);
        Nanodollars(i64::try_from(n).unwrap_or(if n < 0 { i64::MIN } else { i64::MAX }))
    }
}

impl Nanodollars {
    /// Reads a decimal dollar amount as services write it (`0.0001584`, `1.2e-05`), rounding up below a
    /// nano-dollar; `None` for anything that is not a finite, non-negative number.
    #[must_use]
    pub fn parse_dollars(text: &str) -> Option<Nanodollars> {
        let exact = decimal(text, 18).or_else(|| {
            // More digits than 1e-18: a float's noise. Cutting them off cannot matter to a nano-dollar.
            let v: f64 = text.parse().ok()?;
            if !v.is_finite() { None } else { Some((v * 1e18) as i128) }
        })?;
        if exact < 0 { None } else { Some(ExactSum(exact).round_up()) }
    }

    /// As dollars, for display.
    #[must_use]
    pub fn dollars(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// Sum, saturating.
    #[must_use]
    pub fn plus(self, other: Nanodollars) -> Nanodollars {
        Nanodollars(self.0.saturating_add(other.0))
    }
}

impl fmt::Debug for Nanodollars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${:.9}", self.dollars())
    }
}

/// `text` times ten to the `scale`, exactly, or `None`.
fn decimal(text: &str, scale: i32) -> Option<i128> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((m, e)) => (m, e.parse::<i32>().ok()?),
        None => (digits, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value: i128 = 0;
    for c in whole.bytes().chain(fraction.bytes()) {
        if !c.is_ascii_digit() {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(i128::from(c - b'0'))?;
    }
    let mut shift = scale.checked_add(exponent)?.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    while shift > 0 && value != 0 {
        value = value.checked_mul(10)?;
        shift -= 1;
    }
    while shift < 0 && value != 0 {
        if value % 10 != 0 {
            return None;
        }
        value /= 10;
        shift += 1;
    }
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        assert_eq!(UnitPrice::parse("0.00000015"), Some(UnitPrice(150_000_000_000)));
        assert_eq!(UnitPrice::parse("1.5e-7"), Some(UnitPrice(150_000_000_000)));
        assert_eq!(UnitPrice::parse("3"), Some(UnitPrice(3_000_000_000_000_000_000)));
        for bad in ["", ".", "-1", "NaN", "1e99", "1e2147483647", "0x1", "1,5", "inf"] {
            assert_eq!(UnitPrice::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_attempt_is_rounded_up_once() {
        let mut sum = ExactSum::default();
        sum.add(UnitPrice::parse("0.0000000001").unwrap_or_default(), 1);
        sum.add(UnitPrice::parse("0.0000000001").unwrap_or_default(), 1);
        assert_eq!(sum.round_up(), Nanodollars(1));
        assert_eq!(Nanodollars::parse_dollars("0.0001584"), Some(Nanodollars(158_400)));
        assert_eq!(Nanodollars::parse_dollars("-0.1"), None);
    }
}
