//! The invariants of one call, checked after every event.
//!
//! Knows actions, the trace and the truth of the world (which scene an attempt got). Must not know how the machine
//! decides. Invariant: a promise is checked from what the call did, not from what it says it did.

use super::scenes::PIECES;
use super::witness::{Asked, Book};
use resilient_completion_engine::base::{Duration, Instant};
use resilient_completion_engine::call::{Action, Call, Verdict};
use resilient_completion_engine::error::{Class, Error, Kind};
use resilient_completion_engine::plan::explain::most_attempts;
use resilient_completion_engine::plan::{OnInterrupt, Plan};
use resilient_completion_engine::trace::EventName;

/// By how much a timer may be late in a world.
pub(super) const LATE: Duration = Duration::from_millis(30);

/// What is known of one call.
#[derive(Debug)]
pub(super) struct Watch {
    deadline: Instant,
    /// When it must have ended: the deadline, and later if the reader was away.
    due: Instant,
    /// Whether reader or machine were ever away, so that limits were met late through nobody's fault.
    disturbed: bool,
    bound: usize,
    attempts: Vec<Attempt>,
    finished: bool,
    forced: usize,
    /// The text that the reader has, and the model whose pieces it is made of.
    shown: String,
    shown_of: Option<usize>,
    restarts: usize,
    /// A rule and how it was broken.
    pub(super) broken: Vec<(&'static str, String)>,
}

/// One attempt as the world knows it.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) candidate: usize,
    pub(super) model: usize,
    /// The text of a good answer.
    pub(super) good: Option<String>,
    /// What the service will ask to wait, if the answer gets through.
    pub(super) asks: Duration,
    pub(super) sent: Instant,
    /// When text of it was shown last.
    pub(super) content: Option<Instant>,
    pub(super) over: bool,
}

/// What the call may do next, as far as the guards told it within this event.
pub(super) struct Told<'a> {
    pub(super) said: &'a [Asked],
    pub(super) book: &'a Book,
}

impl Watch {
    pub(super) fn new(now: Instant, plan: &Plan) -> Watch {
        Watch {
            deadline: now + plan.policy.timeouts.total,
            due: now + plan.policy.timeouts.total,
            disturbed: false,
            bound: most_attempts(plan) as usize,
            attempts: Vec::new(),
            finished: false,
            forced: 0,
            shown: String::new(),
            shown_of: None,
            restarts: 0,
            broken: Vec::new(),
        }
    }

    pub(super) fn is_finished(&self) -> bool {
        self.finished
    }

    /// Whether the attempt is out.
    pub(super) fn is_live(&self, attempt: u32) -> bool {
        self.attempts.get(attempt as usize).is_some_and(|a| !a.over)
    }

    /// Whether any attempt is out.
    pub(super) fn is_out(&self) -> bool {
        self.attempts.iter().any(|a| !a.over)
    }

    /// The reader or the whole machine is away until then: the call cannot end before.
    pub(super) fn postponed(&mut self, until: Instant) {
        self.due = self.due.max(until);
        self.disturbed = true;
    }

    fn rule(&mut self, name: &'static str, holds: bool, detail: impl FnOnce(&Watch) -> String) {
        if !holds {
            let detail = detail(self);
            self.broken.push((name, detail));
        }
    }

    /// A request goes out.
    pub(super) fn sent(&mut self, now: Instant, call: &Call, number: u32, attempt: Attempt, told: &Told<'_>) {
        let plan = call.plan();
        let c = &plan.candidates[attempt.candidate];
        self.rule("nothing follows the end", !self.finished, |_| "a send after the end".into());
        self.rule("attempts are numbered in order", number as usize == self.attempts.len(), |_| {
            format!("{number}")
        });
        self.rule("no send after the deadline", now < self.deadline, |w| format!("{now:?} {:?}", w.deadline));
        let live = self.attempts.iter().filter(|a| !a.over).count();
        self.rule("one attempt at a time", live == 0, |_| format!("{live} are out"));
        let bound = self.bound;
        self.rule("attempts stay within the plan's bound", (number as usize) < bound, |_| {
            format!("attempt {number}, bound {bound}")
        });
        let asked_before = self.attempts.iter().any(|a| a.candidate == attempt.candidate);
        let forced = told
            .said
            .iter()
            .any(|a| matches!(a, Asked::Enter { target, forced: true, .. } if *target == c.target));
        if asked_before {
            self.not_too_early(now, call, attempt.candidate);
        } else if forced {
            self.forced += 1;
            self.only_when_all_are_out(&c.target, told);
        } else {
            self.not_blocked(now, &c.target, &c.endpoint.id, told);
        }
        self.attempts.push(attempt);
    }

    fn not_too_early(&mut self, now: Instant, call: &Call, candidate: usize) {
        // The wait that the service asked for stands in the trace of the attempt before.
        let before = self.attempts.iter().rposition(|a| a.candidate == candidate);
        let Some(record) = before.and_then(|i| call.trace().attempts.get(i)) else { return };
        let asked =
            if record.status.is_some() { self.attempts[before.unwrap_or(0)].asks } else { Duration::ZERO };
        let ended = record.ended.unwrap_or(Duration::ZERO);
        let since = call.trace().offset(now).saturating_sub(ended);
        self.rule("never earlier than the service asked", since >= asked, |_| {
            format!("{since:?} after an answer that asked for {asked:?}")
        });
    }

    fn only_when_all_are_out(&mut self, target: &str, told: &Told<'_>) {
        let count = self.forced;
        self.rule("at most one forced attempt", count == 1, |_| format!("{count}"));
        let ready = told.said.iter().find_map(|a| match a {
            Asked::Blocked(t, None) if t != target => Some(t),
            _ => None,
        });
        // A ready link whose one probe another call took just now is not ready any more.
        let lost = |t: &str| {
            told.said.iter().any(|a| matches!(a, Asked::Enter { target, lease: None, .. } if target == t))
        };
        let ready = ready.filter(|t| !lost(t)).cloned();
        self.rule("forced only when no ready link is left", ready.is_none(), |_| {
            format!("{ready:?} is ready")
        });
    }

    fn not_blocked(&mut self, now: Instant, target: &str, endpoint: &str, told: &Told<'_>) {
        let answer = told.said.iter().rev().find_map(|a| match a {
            Asked::Blocked(t, until) if t == target => Some(*until),
            _ => None,
        });
        self.rule("no send to an open or cooling link", answer == Some(None), |_| {
            format!("{target}: {answer:?}")
        });
        let cooling = told.book.cooling(now, target).or(told.book.cooling(now, endpoint));
        self.rule("no send to a cooling link, by the witness's book", cooling.is_none(), |_| {
            format!("{target}: {cooling:?}")
        });
    }

    /// Any action but a send.
    pub(super) fn action(&mut self, now: Instant, call: &Call, action: &Action) {
        self.rule("nothing follows the end", !self.finished, |_| format!("{action:?}"));
        match action {
            Action::Send { .. } => {}
            Action::Abort { attempt } | Action::Release { attempt } => {
                let live = self.is_live(*attempt);
                self.rule("only a live attempt is ended", live, |_| format!("attempt {attempt}"));
                self.within_limits(now, call, *attempt as usize);
                if let Some(a) = self.attempts.get_mut(*attempt as usize) {
                    a.over = true;
                }
            }
            Action::Deliver(delta) if delta.restarted => {
                let may = call.plan().policy.on_interrupt == OnInterrupt::Restart && self.shown_of.is_some();
                self.rule("a restart is wished for and follows text", may, |w| format!("{:?}", w.shown));
                self.shown.clear();
                self.shown_of = None;
                self.restarts += 1;
            }
            Action::Deliver(delta) => self.shown(now, call, &delta.text),
            Action::Finish(verdict) => self.finish(now, call, verdict),
        }
    }

    /// An attempt ends: not later than its limits allow, by the text that was shown and nothing else.
    fn within_limits(&mut self, now: Instant, call: &Call, attempt: usize) {
        let (plan, limits) = (call.plan(), &call.plan().policy.timeouts);
        // Inside a plain call a stream's pieces are not shown, so nothing is known of them.
        let Some(a) = self.attempts.get(attempt).filter(|_| plan.streams() == plan.stream) else { return };
        let own = plan.candidates[a.candidate].timeout.or(limits.attempt);
        let (from, limit) = match a.content {
            Some(at) => (at, limits.between_tokens),
            None if plan.stream => (a.sent, own.into_iter().chain(limits.first_token).min()),
            None => (a.sent, own),
        };
        let fits = self.disturbed || limit.is_none_or(|limit| now <= from + limit + LATE);
        self.rule("no attempt outlives its limits", fits, |_| {
            format!("{limit:?} from {from:?}, ended {now:?}")
        });
    }

    /// After an event: a call with no attempt out waits for a retry that can still end in time.
    pub(super) fn waits(&mut self, call: &Call) {
        if let Some(at) = call.next_timeout()
            && !self.is_out()
        {
            self.rule("no wait that cannot end in time", at < self.deadline, |w| {
                format!("until {at:?}, the deadline is {:?}", w.deadline)
            });
        }
    }

    fn shown(&mut self, now: Instant, call: &Call, text: &str) {
        if let Some(a) = self.attempts.last_mut().filter(|_| !text.is_empty()) {
            a.content = Some(now);
        }
        let live = self.attempts.last().filter(|a| !a.over).map(|a| a.model);
        self.rule(
            "only a live attempt's text is shown, and only in a stream",
            live.is_some() && call.plan().stream,
            |_| format!("{text:?}"),
        );
        for piece in text.split_inclusive(' ') {
            let place = self.shown.matches(' ').count();
            let expected = live.map_or(String::new(), |m| format!("{m}:{place} "));
            let same = self.shown_of.is_none_or(|m| Some(m) == live);
            self.rule("no two answers are glued", same && piece == expected && place < PIECES, |w| {
                format!("{piece:?} after {:?}", w.shown)
            });
            self.shown_of = live;
            self.shown.push_str(piece);
        }
    }

    fn finish(&mut self, now: Instant, call: &Call, verdict: &Verdict) {
        self.finished = true;
        let (due, trace) = (self.due + LATE, call.trace());
        self.rule("the call ends by its deadline", now <= due, |_| format!("{now:?}, due {due:?}"));
        let all_over = self.attempts.iter().all(|a| a.over);
        self.rule("every attempt is ended", all_over, |w| format!("{:?}", w.attempts));
        let recorded =
            trace.attempts.len() == self.attempts.len() && trace.attempts.iter().all(|a| a.ended.is_some());
        self.rule("every send has one record with one end", recorded, |_| format!("{:?}", trace.attempts));
        match verdict {
            Verdict::Answer(success) => {
                let given = self.attempts.last();
                let good = given.and_then(|a| a.good.as_deref());
                let text = success.answer.text.as_str();
                let label = given.map(|a| &call.plan().candidates[a.candidate]);
                let right =
                    label.is_some_and(|c| c.label == success.label && success.fell_back == (c.position != 0));
                let whole = good == Some(text);
                self.rule("only a whole good answer is a success", whole, |w| {
                    format!("{text:?}, was {:?}", w.attempts.last())
                });
                self.rule("who answered is told right", right, |_| success.label.clone());
                let read = !call.plan().stream || self.shown == text;
                self.rule("a stream's pieces are its answer", read, |w| format!("{:?} {text:?}", w.shown));
                let kinds = trace.attempts.iter().rev().map(|a| a.kind.is_some());
                let marked = kinds.enumerate().all(|(i, failed)| failed == (i > 0));
                self.rule("all attempts but the last have a kind", marked, |_| {
                    format!("{:?}", trace.attempts)
                });
            }
            Verdict::Failure(error) => self.failed(now, call, error),
        }
    }

    fn failed(&mut self, now: Instant, call: &Call, error: &Error) {
        let trace = call.trace();
        let marked = trace.attempts.iter().all(|a| a.kind.is_some());
        self.rule("all attempts of a failed call have a kind", marked, |_| format!("{:?}", trace.attempts));
        let shown = self.shown_of.is_some();
        if error.kind == Kind::Cancelled {
            return;
        }
        self.rule(
            "a failure after text is an interruption",
            shown == (error.kind == Kind::Interrupted),
            |w| format!("{:?} after {:?}", error.kind, w.shown),
        );
        self.nobody_left_out(now, call, error);
        if error.kind == Kind::Interrupted {
            let partial = error.partial.as_ref().map(|p| p.text.as_str());
            self.rule("the partial text is what was shown", partial == Some(self.shown.as_str()), |w| {
                format!("{partial:?}, shown {:?}", w.shown)
            });
        } else if error.class == Class::FallbacksExhausted {
            let answered = trace.attempts.iter().rev().find(|a| a.status.is_some()).or(trace.attempts.last());
            let kind = answered.and_then(|a| a.kind);
            self.rule("exhaustion has the kind of the last answer", kind == Some(error.kind), |_| {
                format!("{:?}, the last answer was {kind:?}", error.kind)
            });
        }
    }

    /// A call that gives up has asked every link, or says why it did not.
    fn nobody_left_out(&mut self, now: Instant, call: &Call, error: &Error) {
        let (plan, trace) = (call.plan(), call.trace());
        let last = trace.attempts.last().and_then(|a| a.kind);
        let stopped = last.is_some_and(|k| plan.policy.stop_on.contains(&k))
            || (last == Some(Kind::Moderation) && plan.policy.content_filter_stops);
        if error.kind == Kind::Interrupted || stopped || now >= self.deadline || self.forced > 0 {
            return;
        }
        let passed_over = |label: &str| {
            let notes = trace.events.iter().filter(|e| e.name == EventName::PassedOver);
            notes.filter_map(|e| e.note.as_deref()).any(|n| n.split(':').next() == Some(label))
        };
        let asked = |i: usize| self.attempts.iter().any(|a| a.candidate == i);
        let mut rest =
            plan.candidates.iter().enumerate().filter(|(i, c)| !asked(*i) && !passed_over(&c.label));
        let left = rest.next().map(|(_, c)| c.label.clone());
        self.rule("no link is left out without a reason", left.is_none(), |_| format!("{left:?}"));
    }
}
