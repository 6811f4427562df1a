//! One thread that wakes calls when a limit of theirs runs out.
//!
//! Knows wakers and instants. Must not know calls. Invariants: an alarm never fires early; setting one wakes the thread
//! only if it is the earliest, so in steady state a call costs no system call here (a tokio timer wakes the I/O thread
//! for every call: measured, 20 us of CPU each); the thread holds its lock only to look at the table.

use resilient_completion_engine::base::{Duration, Instant};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// The table of alarms.
pub(crate) struct Clock {
    origin: std::time::Instant,
    table: Mutex<Table>,
    earlier: Condvar,
}

struct Table {
    alarms: BTreeMap<(Instant, u64), Waker>,
    /// When the thread will look next.
    next_look: Instant,
    running: bool,
    last: u64,
}

/// One call's alarm; [`Clock::clear`] takes it off the table.
#[derive(Default)]
pub(crate) struct Alarm(Option<(Instant, u64, Waker)>);

impl Clock {
    pub(crate) fn new() -> Clock {
        let table = Table { alarms: BTreeMap::new(), next_look: Instant::NEVER, running: false, last: 0 };
        Clock { origin: std::time::Instant::now(), table: Mutex::new(table), earlier: Condvar::new() }
    }

    /// Microseconds since this clock was made.
    pub(crate) fn now(&self) -> Instant {
        Instant(u64::try_from(self.origin.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    /// Starts the thread, once.
    pub(crate) fn start(&'static self) -> std::io::Result<()> {
        let mut table = self.table();
        if !table.running {
            std::thread::Builder::new()
                .name("resilient-clock".to_owned())
                .stack_size(64 * 1024)
                .spawn(move || self.watch())?;
            table.running = true;
        }
        Ok(())
    }

    /// Ready once `due` has come; wakes the task then. An alarm that is set for an earlier time is left where it is:
    /// it wakes the task once for nothing, which is cheaper than moving it with every piece of a stream.
    pub(crate) fn poll(&self, alarm: &mut Alarm, due: Instant, cx: &Context<'_>) -> Poll<()> {
        let now = self.now();
        if now >= due {
            return Poll::Ready(());
        }
        match &alarm.0 {
            Some((at, _, waker)) if *at > now && *at <= due && waker.will_wake(cx.waker()) => {}
            _ => self.set(alarm, due, cx.waker()),
        }
        Poll::Pending
    }

    /// Takes an alarm off the table.
    pub(crate) fn clear(&self, alarm: &mut Alarm) {
        if let Some((at, number, _)) = alarm.0.take() {
            self.table().alarms.remove(&(at, number));
        }
    }

    fn set(&self, alarm: &mut Alarm, at: Instant, waker: &Waker) {
        let mut table = self.table();
        if let Some((old, number, _)) = alarm.0.take() {
            table.alarms.remove(&(old, number));
        }
        table.last += 1;
        let number = table.last;
        table.alarms.insert((at, number), waker.clone());
        alarm.0 = Some((at, number, waker.clone()));
        if at < table.next_look {
            table.next_look = at;
            self.earlier.notify_one();
        }
    }

    fn watch(&self) {
        let mut due: Vec<Waker> = Vec::new();
        loop {
            let mut table = self.table();
            let now = self.now();
            while let Some(first) = table.alarms.first_entry().filter(|e| e.key().0 <= now) {
                due.push(first.remove());
            }
            if due.is_empty() {
                table.next_look = table.alarms.keys().next().map_or(Instant::NEVER, |(at, _)| *at);
                let wait = table.next_look.since(now);
                // A year at most: longer waits overflow on some systems.
                let wait = std::time::Duration::from_micros(wait.0.min(365 * 86_400 * 1_000_000));
                drop(self.earlier.wait_timeout(table, wait).map_err(|_| ()));
            } else {
                drop(table);
                due.drain(..).for_each(Waker::wake);
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn alarms(&self) -> usize {
        self.table().alarms.len()
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // Nothing that runs under this lock can leave the table half changed.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What `work` comes to within `limit`, or `None`; `work` goes on when it is polled again. For waits that are cut into
/// turns: a tokio timer would wake the I/O thread for each.
pub async fn within<F: Future + Unpin>(limit: std::time::Duration, work: &mut F) -> Option<F::Output> {
    let process = crate::process::process();
    // Without the thread there is no time limit either: the work still ends the wait.
    let watched = process.clock.start().is_ok();
    let micros = u64::try_from(limit.as_micros()).unwrap_or(u64::MAX);
    let due = if watched { process.clock.now() + Duration(micros) } else { Instant::NEVER };
    let mut alarm = Alarm::default();
    let done = poll_fn(|cx| match Pin::new(&mut *work).poll(cx) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending if due == Instant::NEVER => Poll::Pending,
        Poll::Pending => process.clock.poll(&mut alarm, due, cx).map(|()| None),
    })
    .await;
    process.clock.clear(&mut alarm);
    done
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn clock() -> &'static Clock {
        let clock = Box::leak(Box::new(Clock::new()));
        clock.start().unwrap();
        clock
    }

    async fn sleep(clock: &Clock, until: Instant) {
        let mut alarm = Alarm::default();
        poll_fn(|cx| clock.poll(&mut alarm, until, cx)).await;
        clock.clear(&mut alarm);
    }

    #[tokio::test]
    async fn alarms_fire_in_order_and_never_early() {
        let clock = clock();
        for ms in [5u64, 1, 3] {
            let until = Instant(clock.now().0 + ms * 1_000);
            sleep(clock, until).await;
            assert!(clock.now() >= until);
        }
        assert!(clock.table().alarms.is_empty());
    }

    #[tokio::test]
    async fn work_that_is_cut_into_turns_goes_on() {
        let (sender, mut receiver) = tokio::sync::oneshot::channel();
        let turn = std::time::Duration::from_millis(2);
        assert!(within(turn, &mut receiver).await.is_none());
        sender.send(7).unwrap();
        assert_eq!(within(turn, &mut receiver).await, Some(Ok(7)));
    }

    #[tokio::test]
    async fn a_later_alarm_does_not_hide_an_earlier_one() {
        let clock = clock();
        let far = Instant(clock.now().0 + 60_000_000);
        let mut alarm = Alarm::default();
        poll_fn(|cx| {
            assert!(clock.poll(&mut alarm, far, cx).is_pending());
            Poll::Ready(())
        })
        .await;
        sleep(clock, Instant(clock.now().0 + 2_000)).await;
        clock.clear(&mut alarm);
        assert!(clock.table().alarms.is_empty());
    }

    #[tokio::test]
    async fn an_alarm_that_moves_later_fires_at_its_last_time() {
        let clock = clock();
        let start = clock.now();
        let mut due = Instant(start.0 + 2_000);
        let (mut alarm, mut looks) = (Alarm::default(), 0);
        poll_fn(|cx| {
            looks += 1;
            if looks == 2 {
                due = Instant(start.0 + 6_000);
            }
            clock.poll(&mut alarm, due, cx)
        })
        .await;
        assert!(clock.now() >= Instant(start.0 + 6_000));
        assert!(looks <= 4, "{looks}");
        clock.clear(&mut alarm);
    }
}
