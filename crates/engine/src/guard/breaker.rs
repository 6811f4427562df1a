//! A circuit breaker for one target.
//!
//! Knows instants. Must not know why an attempt failed. Opens after so many failures in a row, or when most of the
//! recent attempts failed; while open, exactly one probe per interval is let through, on a lease. Invariants: a
//! probe that is cancelled, abandoned or never reported gives its slot back (at the latest when the lease ends) and
//! neither opens nor closes; an outcome of an attempt that started before the breaker opened does not close it.

use crate::base::{Duration, Instant};

/// Settings of a breaker, sized for the call rates of LLM traffic (a handful a minute), where the field's usual
/// minimum of 100 calls in 30 s would never open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerSettings {
    /// Failures in a row that open it; 5 by default (Envoy's outlier detection).
    pub consecutive: u32,
    /// Share of failed attempts, in percent, that opens it; 50 by default.
    pub failure_percent: u32,
    /// Attempts within `window` before the share counts; 20 by default.
    pub minimum: u32,
    /// How far back the share looks; 60 s by default. Counted in two halves, so the view is one half to one whole.
    pub window: Duration,
    /// How long it stays open before a probe; 10 s by default, doubled after each failed probe up to `max_open`.
    pub open: Duration,
    /// Longest time between probes; 120 s by default.
    pub max_open: Duration,
    /// When a probe that was never reported is forgotten; 60 s by default.
    pub lease: Duration,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        BreakerSettings {
            consecutive: 5,
            failure_percent: 50,
            minimum: 20,
            window: Duration::from_secs(60),
            open: Duration::from_secs(10),
            max_open: Duration::from_secs(120),
            lease: Duration::from_secs(60),
        }
    }
}

/// The right to make one attempt; to be handed back with its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Which opening it belongs to: results of attempts from before do not count after.
    epoch: u32,
    /// Whether it is the one probe of a half-open breaker.
    pub probe: bool,
}

/// What a breaker says to an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Go ahead, and report with this lease.
    Pass(Lease),
    /// Not before this time.
    Closed(Instant),
}

/// One breaker.
#[derive(Clone, Debug)]
pub struct Breaker {
    settings: BreakerSettings,
    epoch: u32,
    in_a_row: u32,
    half: [(u32, u32); 2],
    half_started: Instant,
    open: Option<Open>,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    until: Instant,
    interval: Duration,
    probe_since: Option<Instant>,
}

impl Breaker {
    /// A breaker that lets everything through.
    #[must_use]
    pub fn new(settings: BreakerSettings) -> Breaker {
        Breaker {
            settings,
            epoch: 0,
            in_a_row: 0,
            half: [(0, 0); 2],
            half_started: Instant::default(),
            open: None,
        }
    }

    /// Goes by other settings from now on: clients that share it may differ, and the last asker's count.
    pub fn adopt(&mut self, settings: &BreakerSettings) {
        self.settings = *settings;
    }

    /// Asks to make an attempt. In an open breaker the one probe is granted here.
    pub fn enter(&mut self, now: Instant) -> Entry {
        let lease = self.settings.lease;
        match &mut self.open {
            None => Entry::Pass(Lease { epoch: self.epoch, probe: false }),
            Some(open) if now < open.until => Entry::Closed(open.until),
            Some(open) => match open.probe_since {
                Some(since) if now < since + lease => Entry::Closed(since + lease),
                _ => {
                    open.probe_since = Some(now);
                    // An earlier probe that was forgotten must not be able to close it any more.
                    self.epoch = self.epoch.wrapping_add(1);
                    Entry::Pass(Lease { epoch: self.epoch, probe: true })
                }
            },
        }
    }

    /// An attempt that is made although the breaker is open (nothing else is left): it is the probe if none is out.
    pub fn force(&mut self, now: Instant) -> Lease {
        let lease = self.settings.lease;
        match &mut self.open {
            Some(open) if open.probe_since.is_none_or(|since| now >= since + lease) => {
                open.probe_since = Some(now);
                self.epoch = self.epoch.wrapping_add(1);
                Lease { epoch: self.epoch, probe: true }
            }
            _ => Lease { epoch: self.epoch, probe: false },
        }
    }

    /// Until when no attempt would be let through; does not take a probe.
    #[must_use]
    pub fn blocked_until(&self, now: Instant) -> Option<Instant> {
        let open = self.open?;
        let until = match open.probe_since {
            Some(since) => open.until.max(since + self.settings.lease),
            None => open.until,
        };
        (now < until).then_some(until)
    }

    /// An attempt answered.
    pub fn success(&mut self, now: Instant, lease: Lease) {
        if lease.epoch != self.epoch {
            return;
        }
        self.count(now, false);
        self.in_a_row = 0;
        if lease.probe {
            self.open = None;
            self.half = [(0, 0); 2];
        }
    }

    /// An attempt failed in a way that speaks against the target.
    pub fn failure(&mut self, now: Instant, lease: Lease) {
        if lease.epoch != self.epoch {
            return;
        }
        self.count(now, true);
        self.in_a_row = self.in_a_row.saturating_add(1);
        if lease.probe {
            let interval = match self.open {
                Some(o) => o.interval.saturating_mul(2).min(self.settings.max_open),
                None => self.settings.open,
            };
            self.trip(now, interval);
            return;
        }
        if self.open.is_some() {
            // A forced attempt beside the probe: opening afresh would forget that probe and let a second one through.
            return;
        }
        let (failed, all) = self.seen();
        let rate = all >= self.settings.minimum
            && u64::from(failed) * 100 >= u64::from(self.settings.failure_percent) * u64::from(all);
        if self.in_a_row >= self.settings.consecutive || rate {
            self.trip(now, self.settings.open);
        }
    }

    /// An attempt ended in a way that says nothing about the target: cancelled, abandoned, the caller's fault.
    pub fn neutral(&mut self, lease: Lease) {
        if lease.epoch == self.epoch
            && lease.probe
            && let Some(open) = &mut self.open
        {
            open.probe_since = None;
        }
    }

    /// `closed`, `open` or `half_open`, for display.
    #[must_use]
    pub fn state(&self, now: Instant) -> &'static str {
        match self.open {
            None => "closed",
            Some(o) if now < o.until => "open",
            Some(_) => "half_open",
        }
    }

    fn trip(&mut self, now: Instant, interval: Duration) {
        self.epoch = self.epoch.wrapping_add(1);
        self.open = Some(Open { until: now + interval, interval, probe_since: None });
        self.half = [(0, 0); 2];
    }

    fn count(&mut self, now: Instant, failed: bool) {
        let half = Duration(self.settings.window.0 / 2);
        let age = now.since(self.half_started);
        if age >= self.settings.window {
            self.half = [(0, 0); 2];
            self.half_started = now;
        } else if age >= half {
            self.half = [(0, 0), self.half[0]];
            self.half_started = now;
        }
        self.half[0].0 += u32::from(failed);
        self.half[0].1 += 1;
    }

    fn seen(&self) -> (u32, u32) {
        (self.half[0].0 + self.half[1].0, self.half[0].1 + self.half[1].1)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "tests")]
    use super::*;

    fn pass(b: &mut Breaker, now: Instant) -> Lease {
        match b.enter(now) {
            Entry::Pass(l) => l,
            Entry::Closed(until) => panic!("closed until {until:?}"),
        }
    }

    fn tripped() -> (Breaker, Instant) {
        let mut b = Breaker::new(BreakerSettings::default());
        for i in 0..5 {
            let l = pass(&mut b, Instant(i));
            b.failure(Instant(i), l);
        }
        (b, Instant(4) + Duration::from_secs(10))
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_one_probe_closes_it() {
        let (mut b, until) = tripped();
        assert_eq!(b.enter(Instant(5)), Entry::Closed(until));
        let probe = pass(&mut b, until);
        assert!(probe.probe);
        assert!(matches!(b.enter(until), Entry::Closed(_)), "one probe only");
        b.success(until, probe);
        assert_eq!(b.state(until), "closed");
    }

    #[test]
    fn a_success_between_failures_starts_the_row_again() {
        let mut b = Breaker::new(BreakerSettings::default());
        for i in 0..12 {
            let l = pass(&mut b, Instant(i));
            if i % 4 == 3 { b.success(Instant(i), l) } else { b.failure(Instant(i), l) }
        }
        assert_eq!(b.state(Instant(12)), "closed");
    }

    #[test]
    fn half_of_twenty_attempts_open_it() {
        let mut b = Breaker::new(BreakerSettings::default());
        for i in 0..20 {
            let l = pass(&mut b, Instant(i));
            if i % 2 == 0 { b.success(Instant(i), l) } else { b.failure(Instant(i), l) }
        }
        assert_eq!(b.state(Instant(20)), "open");
    }

    #[test]
    fn a_failed_probe_doubles_the_wait_up_to_its_cap() {
        let (mut b, mut until) = tripped();
        for expected in [20, 40, 80, 120, 120] {
            let probe = pass(&mut b, until);
            b.failure(until, probe);
            let next = b.blocked_until(until).unwrap_or_default();
            assert_eq!(next.since(until), Duration::from_secs(expected));
            until = next;
        }
    }

    #[test]
    fn a_cancelled_probe_gives_its_slot_back_at_once() {
        let (mut b, until) = tripped();
        let probe = pass(&mut b, until);
        b.neutral(probe);
        assert!(pass(&mut b, until).probe);
    }

    #[test]
    fn a_probe_that_never_reports_is_forgotten_after_its_lease() {
        let (mut b, until) = tripped();
        let lost = pass(&mut b, until);
        let later = until + Duration::from_secs(60);
        assert_eq!(b.enter(Instant(later.0 - 1)), Entry::Closed(later));
        let second = pass(&mut b, later);
        b.success(later, lost);
        assert_eq!(b.state(later), "half_open", "a forgotten probe closes nothing");
        b.success(later, second);
        assert_eq!(b.state(later), "closed");
    }

    #[test]
    fn a_forced_attempt_that_fails_does_not_make_room_for_a_second_probe() {
        let (mut b, until) = tripped();
        let probe = pass(&mut b, until);
        let forced = b.force(until);
        assert!(probe.probe && !forced.probe);
        b.failure(until, forced);
        let later = until + Duration::from_secs(30);
        assert!(matches!(b.enter(later), Entry::Closed(_)), "the probe is still out");
        b.success(later, probe);
        assert_eq!(b.state(later), "closed");
    }

    #[test]
    fn an_attempt_from_before_the_opening_does_not_close_it() {
        let mut b = Breaker::new(BreakerSettings::default());
        let early = pass(&mut b, Instant(0));
        for i in 0..5 {
            let l = pass(&mut b, Instant(i));
            b.failure(Instant(i), l);
        }
        b.success(Instant(6), early);
        assert_eq!(b.state(Instant(6)), "open");
    }
}
