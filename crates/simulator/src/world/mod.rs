//! Worlds in virtual time: many calls share guards while providers fail in every way that is known, and the machine's
//! promises are checked after every event.
//!
//! Knows the engine; uses no socket, clock or thread. Must not decide what a call does. Invariants: a world follows from
//! its seed alone, so the same seed gives the same digest; a broken promise is told with the seed that shows it.

mod digest;
mod due;
mod plans;
mod replay;
mod report;
mod scenes;
mod watch;
mod weather;
mod witness;

#[cfg(test)]
mod tests;

pub use digest::Digest;
pub use report::{Report, Violation};

use bytes::Bytes;
use due::{Due, Happening};
use plans::{ENDPOINTS, MODELS};
use replay::Recording;
use resilient_completion_engine::base::{Duration, Instant, Rng, WallTime};
use resilient_completion_engine::call::{Action, Call, Event, Guards as _, SharedGuards, Verdict};
use resilient_completion_engine::error::{Error, Kind};
use resilient_completion_engine::outcome::TransportFault;
use resilient_completion_engine::plan::Plan;
use scenes::{Scene, What};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use watch::{Attempt, LATE, Told, Watch};
use weather::Weather;
use witness::{Asked, Book, Witness};

/// The wall clock at the beginning of every world.
const WALL: WallTime = WallTime(1_790_000_000_000);
/// Plans of a world.
const PLANS: usize = 48;
/// Mean time between two calls.
const PACE: u64 = 300_000;
/// One call in so many is played again from its record.
const REPLAYED: u64 = 8;
/// More wakes than this at one instant are a spin.
const SPIN: u32 = 20;

/// One world.
pub struct World {
    seed: u64,
    plans: Vec<Plan>,
    weather: Weather,
    guards: SharedGuards,
    book: Book,
    due: BinaryHeap<Reverse<Due>>,
    pushed: u64,
    actors: Vec<Option<Box<Actor>>>,
    /// Which call is told step by step.
    tell: Option<u32>,
    report: Report,
    #[cfg(test)]
    sabotage: tests::Sabotage,
}

/// One call on its way.
struct Actor {
    call: Call,
    watch: Watch,
    rng: Rng,
    start: Instant,
    /// The wake that is on its way.
    wake: Instant,
    wakes: (Instant, u32),
    away_until: Instant,
    events: u32,
    recording: Option<Recording>,
}

impl World {
    /// A world of `calls` calls; the last third of them in calm weather, and an epilogue of one call per plan.
    ///
    /// # Errors
    /// If the engine refuses one of the world's plans, which it must not.
    pub fn new(seed: u64, calls: u32, tell: Option<u32>) -> Result<World, Error> {
        let mut rng = Rng::new(seed);
        let defaults = plans::defaults();
        let mut plans = Vec::with_capacity(PLANS);
        while plans.len() < PLANS {
            match plans::plan(&defaults, &mut rng) {
                Ok(plan) => plans.push(plan),
                // A request with an image and only models that take none.
                Err(e) if e.kind == Kind::NoFit => {}
                Err(e) => return Err(e),
            }
        }
        let (mut at, mut calm) = (Instant(0), Instant(0));
        let mut starts = Vec::with_capacity(calls as usize + PLANS);
        for i in 0..calls {
            at = at + Duration(rng.below(2 * PACE));
            starts.push(at);
            if i == calls - calls / 3 {
                calm = at;
            }
        }
        // Long enough for every breaker to let a probe through.
        at = at + Duration::from_secs(300);
        for _ in 0..PLANS {
            at = at + Duration::from_secs(90);
            starts.push(at);
        }
        let mut world = World {
            seed,
            plans,
            weather: Weather::new(seed, &MODELS, calm),
            guards: SharedGuards::default(),
            book: Book::default(),
            due: BinaryHeap::new(),
            pushed: 0,
            actors: starts.iter().map(|_| None).collect(),
            tell,
            report: Report::default(),
            #[cfg(test)]
            sabotage: tests::Sabotage::None,
        };
        for (call, at) in starts.into_iter().enumerate() {
            world.push(at, call as u32, Happening::Start);
        }
        Ok(world)
    }

    /// Lets everything happen.
    #[must_use]
    pub fn run(mut self) -> Report {
        while let Some(Reverse(due)) = self.due.pop() {
            self.report.virtual_time = self.report.virtual_time.max(due.at.since(Instant(0)));
            self.happen(due);
        }
        self.phantoms_back(Instant::NEVER);
        for call in 0..self.actors.len() {
            if let Some(actor) = self.actors[call].take() {
                let detail = format!("next timeout {:?}", actor.call.next_timeout());
                self.violation("no call hangs", call as u32, actor.events, detail);
            }
        }
        if self.book.out() != 0 {
            let detail = format!("{} leases were never returned", self.book.out());
            self.violation("every lease is returned", 0, u32::MAX, detail);
        }
        for (endpoint, tokens) in self.guards.tokens() {
            if tokens < 0.0 {
                self.violation(
                    "retry tokens are never negative",
                    0,
                    u32::MAX,
                    format!("{endpoint}: {tokens}"),
                );
            }
        }
        self.report
    }

    fn push(&mut self, at: Instant, call: u32, what: Happening) {
        self.pushed += 1;
        self.due.push(Reverse(Due { at, order: self.pushed, call, what }));
    }

    fn happen(&mut self, Due { at: now, call, what, .. }: Due) {
        if let Happening::Start = what {
            self.begin(now, call);
            return;
        }
        let Some(mut actor) = self.actors[call as usize].take() else { return };
        if now < actor.away_until && !matches!(what, Happening::Cancel) {
            // Nobody reads while the reader is away; all of it happens when it is back.
            let back = actor.away_until;
            self.push(back, call, what);
            self.actors[call as usize] = Some(actor);
            return;
        }
        match what {
            Happening::Start => {}
            Happening::Back => self.feed(now, call, &mut actor, Event::Resumed),
            Happening::Cancel => self.feed(now, call, &mut actor, Event::Cancel),
            Happening::Wake => self.wake(now, call, &mut actor),
            Happening::Io(attempt, what) => {
                // A driver drops what comes after an abort, but some of it may be on its way already.
                if actor.watch.is_live(attempt) || actor.rng.below(4) == 0 {
                    self.io(now, call, &mut actor, attempt, what);
                }
            }
        }
        self.keep(now, call, actor);
    }

    fn begin(&mut self, now: Instant, call: u32) {
        let calls = self.actors.len() - PLANS;
        let plan = match (call as usize).checked_sub(calls) {
            Some(nth) => nth,
            None => Rng::new(self.seed ^ (u64::from(call) << 20)).below(PLANS as u64) as usize,
        };
        let mut rng = Rng::new(self.seed.rotate_left(17) ^ u64::from(call));
        let (plan, seed) = (self.plans[plan].clone(), rng.next_u64());
        let recording = (rng.below(REPLAYED) == 0).then(|| Recording::new(now, plan.clone(), seed));
        let mut actor = Box::new(Actor {
            watch: Watch::new(now, &plan),
            call: Call::new(now, WALL, plan, seed),
            rng,
            start: now,
            wake: Instant::NEVER,
            wakes: (Instant(0), 0),
            away_until: Instant(0),
            events: 0,
            recording,
        });
        self.report.calls += 1;
        let in_storm = (call as usize) < calls;
        if in_storm && actor.rng.below(30) == 0 {
            let at = now + Duration(actor.rng.below(10_000_000));
            self.push(at, call, Happening::Cancel);
        }
        let first = if in_storm && actor.rng.below(200) == 0 { Event::Cancel } else { Event::Start };
        self.feed(now, call, &mut actor, first);
        self.keep(now, call, actor);
    }

    fn wake(&mut self, now: Instant, call: u32, actor: &mut Actor) {
        actor.wake = Instant::NEVER;
        if actor.wakes.0 != now {
            actor.wakes = (now, 0);
        }
        actor.wakes.1 += 1;
        if actor.wakes.1 > SPIN {
            self.violation(
                "no call spins",
                call,
                actor.events,
                format!("{} wakes at {now:?}", actor.wakes.1),
            );
            self.feed(now, call, actor, Event::Cancel);
            return;
        }
        self.feed(now, call, actor, Event::Wake);
    }

    fn io(&mut self, now: Instant, call: u32, actor: &mut Actor, attempt: u32, what: What) {
        if actor.rng.below(50) == 0 {
            self.feed(now, call, actor, Event::Wake);
        }
        let event = match what {
            What::Head(status, headers) => Event::Head { attempt, status, headers },
            What::End => Event::End { attempt },
            What::Fault(stage) => {
                Event::Fault { attempt, fault: TransportFault { stage, message: "broke".into() } }
            }
            What::Bytes(bytes) => {
                let cuts = if actor.rng.below(3) == 0 { actor.rng.below(3) } else { 0 };
                let mut rest: Bytes = bytes;
                for _ in 0..cuts {
                    let bytes = rest.split_to(actor.rng.below(rest.len() as u64 + 1) as usize);
                    self.feed(now, call, actor, Event::Bytes { attempt, bytes });
                }
                Event::Bytes { attempt, bytes: rest }
            }
        };
        self.feed(now, call, actor, event);
    }

    /// Puts a call back and sees to its next wake, or parts from it.
    fn keep(&mut self, now: Instant, call: u32, mut actor: Box<Actor>) {
        if actor.watch.is_finished() {
            // Whatever still comes must not move it.
            for event in [Event::Wake, Event::End { attempt: 0 }, Event::Cancel] {
                self.feed(now, call, &mut actor, event);
            }
            if let Some(recording) = actor.recording.take()
                && let Err(detail) = recording.play_again()
            {
                self.violation(
                    "the same events give the same actions, however bytes are split",
                    call,
                    actor.events,
                    detail,
                );
            }
            return;
        }
        if let Some(at) = actor.call.next_timeout()
            && at < actor.wake
            && self.wakes()
        {
            actor.wake = at;
            self.arm(now, at, call, &mut actor);
        }
        self.actors[call as usize] = Some(actor);
    }

    /// Sends a wake on its way; timers may be late.
    fn arm(&mut self, now: Instant, at: Instant, call: u32, actor: &mut Actor) {
        let mut due = at.max(now);
        // Waits for a retry are rare, and what disturbs them must not be.
        let (storm, waits) = (!self.weather.is_calm(now), !actor.watch.is_out());
        let often = if waits { 4 } else { 300 };
        if storm && actor.rng.below(often) == 0 {
            // The machine that all of it runs on sleeps for a while.
            due = due + Duration(actor.rng.below(60_000_000));
            actor.watch.postponed(due);
        } else if actor.rng.below(10) == 0 {
            due = due + Duration(actor.rng.below(LATE.0));
        }
        self.push(due, call, Happening::Wake);
        if storm && waits && actor.rng.below(12) == 0 {
            // A caller loses patience.
            self.push(now + Duration(at.since(now).0 / 2), call, Happening::Cancel);
        }
    }

    #[cfg(not(test))]
    fn wakes(&self) -> bool {
        true
    }

    #[cfg(test)]
    fn wakes(&self) -> bool {
        self.sabotage != tests::Sabotage::NoWakes
    }

    fn feed(&mut self, now: Instant, call: u32, actor: &mut Actor, event: Event) {
        actor.events += 1;
        self.report.events += 1;
        self.tell(call, || format!("{now:?} {}", report::told(&event)));
        let mut said = Vec::new();
        if let Some(recording) = &mut actor.recording {
            recording.event(now, &event);
        }
        let race = actor.rng.below(4) == 0 && !self.weather.is_calm(now);
        let mut witness = Witness { guards: &mut self.guards, book: &mut self.book, said: &mut said, race };
        actor.call.handle(now, event, &mut witness);
        let mut actions = Vec::new();
        while let Some(action) = actor.call.poll_action() {
            actions.push(action);
        }
        #[cfg(test)]
        self.sabotage.apply(&mut actions, &mut said);
        for action in actions {
            self.act(now, call, actor, action, &said);
        }
        actor.watch.waits(&actor.call);
        if let Some(recording) = &mut actor.recording {
            recording.said(said);
        }
        if !self.book.phantoms.is_empty() && actor.rng.below(4) == 0 {
            self.phantoms_back(now);
        }
        for detail in std::mem::take(&mut self.book.broken) {
            self.violation("the guards' leases are honoured", call, actor.events, detail);
        }
        for (rule, detail) in std::mem::take(&mut actor.watch.broken) {
            self.violation(rule, call, actor.events, detail);
        }
    }

    /// Calls of another thread end, and say how or nothing.
    fn phantoms_back(&mut self, now: Instant) {
        while let Some((target, lease)) = self.book.phantom_back() {
            match now.0 % 3 {
                0 => {
                    self.guards.success(now, &target, lease);
                    self.book.answered(&target);
                }
                1 => self.guards.failure(now, &target, lease),
                _ => self.guards.neutral(&target, lease),
            }
        }
    }

    fn act(&mut self, now: Instant, call: u32, actor: &mut Actor, action: Action, said: &[Asked]) {
        self.tell(call, || format!("{now:?}   -> {}", report::said(&action)));
        self.report.digest.action(u64::from(call), now, &action);
        if let Some(recording) = &mut actor.recording {
            recording.action(now, &action);
        }
        match &action {
            Action::Send { attempt, request } => {
                let whole: Vec<u8> = request.body.iter().flat_map(|b| b.iter().copied()).collect();
                self.send(now, call, actor, *attempt, &whole, said);
                return;
            }
            Action::Deliver(_) if actor.rng.below(40) == 0 => {
                // The reader of a stream does something else for a while.
                actor.away_until = now + Duration(actor.rng.below(40_000_000));
                actor.watch.postponed(actor.away_until);
                self.push(actor.away_until, call, Happening::Back);
            }
            Action::Finish(verdict) => self.finished(now, call, actor, verdict),
            _ => {}
        }
        actor.watch.action(now, &actor.call, &action);
    }

    fn send(
        &mut self,
        now: Instant,
        call: u32,
        actor: &mut Actor,
        attempt: u32,
        body: &[u8],
        said: &[Asked],
    ) {
        self.report.attempts += 1;
        let plan = actor.call.plan();
        let label = actor.call.trace().attempts.get(attempt as usize).map(|a| a.label.as_str());
        let Some(candidate) = plan.candidates.iter().position(|c| Some(c.label.as_str()) == label) else {
            self.violation("no send to a link outside the plan", call, actor.events, format!("{label:?}"));
            return;
        };
        let c = &plan.candidates[candidate];
        let (model, stream) = (c.model.clone(), plan.streams());
        let asks = format!("{{\"model\":\"{model}\",");
        let place = |list: &[&str], word: &str| list.iter().position(|w| *w == word).unwrap_or(0);
        let (endpoint, m) = (place(&ENDPOINTS, &c.endpoint.name), place(&MODELS, &model));
        let streams = body.ends_with(b",\"stream\":true}");
        if !body.starts_with(asks.as_bytes()) || streams != stream {
            let sent = String::from_utf8_lossy(body).into_owned();
            self.violation("the body is the link's own", call, actor.events, sent);
        }
        let performance = self.weather.play(now, endpoint, m, stream, &mut actor.rng);
        let scene: &Scene = performance.scene;
        *self.report.scenes.entry(scene.name).or_default() += 1;
        let beats: Vec<(Instant, What)> =
            performance.times.into_iter().zip(scene.beats.iter().map(|b| b.what.clone())).collect();
        let told = Told { said, book: &self.book };
        let known = Attempt {
            candidate,
            model: m,
            good: scene.good.clone(),
            asks: scene.asks(),
            sent: now,
            content: None,
            over: false,
        };
        actor.watch.sent(now, &actor.call, attempt, known, &told);
        let name = scene.name;
        self.tell(call, || format!("{now:?}      {model} will play {name}"));
        for (at, what) in beats {
            self.push(at, call, Happening::Io(attempt, what));
        }
    }

    fn finished(&mut self, now: Instant, call: u32, actor: &Actor, verdict: &Verdict) {
        let epilogue = call as usize >= self.actors.len() - PLANS;
        match verdict {
            Verdict::Answer(success) => {
                self.report.answered += 1;
                let first = actor.call.plan().candidates.first().map(|c| c.label.as_str());
                if epilogue && first != Some(&success.label) {
                    let detail = format!("{} answered at {now:?}, not {first:?}", success.label);
                    self.violation("after the storm the first choice answers", call, actor.events, detail);
                }
            }
            Verdict::Failure(error) => {
                *self.report.failures.entry(error.kind.word()).or_default() += 1;
                // A reader who stays away beyond the total has itself to thank.
                let attentive = actor.away_until == Instant(0);
                if self.weather.is_calm(actor.start) && attentive && error.kind != Kind::Cancelled {
                    let detail = format!("{}: {error}", error.kind);
                    self.violation("in calm weather every call is answered", call, actor.events, detail);
                }
            }
        }
        self.report.visited.extend(actor.call.visited());
    }

    fn tell(&mut self, call: u32, line: impl FnOnce() -> String) {
        if self.tell == Some(call) {
            self.report.story.push(line());
        }
    }

    fn violation(&mut self, rule: &'static str, call: u32, events: u32, detail: String) {
        self.tell(call, || format!("  !! {rule}: {detail}"));
        self.report.violations.push(Violation { seed: self.seed, call, events, rule, detail });
    }
}
