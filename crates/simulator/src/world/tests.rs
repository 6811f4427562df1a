//! Worlds that must hold, and worlds in which one thing is broken on purpose between the machine and the checks, and
//! must be seen.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use resilient_completion_engine::call::transitions::TABLE;
use std::collections::BTreeSet;

/// What is broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Sabotage {
    None,
    AttemptsStayOpen,
    EndedTwice,
    StrangerAborted,
    TextOfAnotherModel,
    PieceTwice,
    PieceLost,
    RestartsHidden,
    AnswerCutShort,
    BlockedLinks,
    KindChanged,
    PartialLost,
    NoWakes,
}

impl Sabotage {
    pub(super) fn apply(self, actions: &mut Vec<Action>, said: &mut [Asked]) {
        match self {
            Sabotage::None | Sabotage::NoWakes => {}
            Sabotage::AttemptsStayOpen => actions.retain(|a| !matches!(a, Action::Abort { .. })),
            Sabotage::EndedTwice => {
                if matches!(actions.last(), Some(Action::Finish(_))) {
                    let again = Error::new(Kind::Timeout, "again");
                    actions.push(Action::Finish(Verdict::Failure(Box::new(again))));
                }
            }
            Sabotage::StrangerAborted => {
                if matches!(actions.first(), Some(Action::Send { .. })) {
                    actions.insert(0, Action::Abort { attempt: 7 });
                }
            }
            Sabotage::TextOfAnotherModel => deltas(actions, |text| *text = text.replace(":3", ":4")),
            Sabotage::PieceTwice => deltas(actions, |text| *text = text.repeat(2)),
            Sabotage::PieceLost => deltas(actions, |text| {
                if text.contains(":2") {
                    text.clear();
                }
            }),
            Sabotage::RestartsHidden => {
                actions.retain(|a| !matches!(a, Action::Deliver(d) if d.restarted));
            }
            Sabotage::AnswerCutShort => {
                for action in actions {
                    if let Action::Finish(Verdict::Answer(success)) = action {
                        success.answer.text.truncate(4);
                    }
                }
            }
            Sabotage::BlockedLinks => {
                for asked in said {
                    if let Asked::Blocked(_, until) = asked {
                        *until = Some(Instant::NEVER);
                    }
                }
            }
            Sabotage::KindChanged => errors(actions, |e| e.kind = Kind::Closed),
            Sabotage::PartialLost => errors(actions, |e| e.partial = None),
        }
    }
}

fn deltas(actions: &mut [Action], change: impl Fn(&mut String)) {
    for action in actions {
        if let Action::Deliver(delta) = action {
            change(&mut delta.text);
        }
    }
}

fn errors(actions: &mut [Action], change: impl Fn(&mut Error)) {
    for action in actions {
        if let Action::Finish(Verdict::Failure(error)) = action {
            change(error);
        }
    }
}

fn world(seed: u64, calls: u32) -> World {
    World::new(seed, calls, None).unwrap()
}

#[test]
fn worlds_hold_and_the_same_seed_gives_the_same_digest() {
    let mut sum = Report::default();
    for seed in [1, 2, 3] {
        let (report, again) = (world(seed, 1_500).run(), world(seed, 1_500).run());
        assert_eq!(report.digest, again.digest, "seed {seed}");
        sum.add(report);
    }
    assert_ne!(world(1, 200).run().digest, world(2, 200).run().digest, "the seed matters");
    let broken: Vec<_> = sum.shortest();
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(sum.answered > sum.calls / 2, "{}", sum.to_json());
    // Nothing is promised about what never happened.
    let missed: Vec<_> =
        TABLE.iter().filter(|(from, cause, _)| !sum.visited.contains(&(*from, *cause))).collect();
    assert!(missed.is_empty(), "moves that no call made: {missed:?}");
    let played: BTreeSet<&str> = sum.scenes.keys().copied().collect();
    let missed: Vec<&str> = scenes::names().into_iter().filter(|name| !played.contains(name)).collect();
    assert!(missed.is_empty(), "scenes that were never played: {missed:?}");
}

#[test]
fn what_is_broken_on_purpose_is_seen() {
    let cases = [
        (Sabotage::AttemptsStayOpen, "every attempt is ended"),
        (Sabotage::EndedTwice, "nothing follows the end"),
        (Sabotage::StrangerAborted, "only a live attempt is ended"),
        (Sabotage::TextOfAnotherModel, "no two answers are glued"),
        (Sabotage::PieceTwice, "no two answers are glued"),
        (Sabotage::PieceLost, "a stream's pieces are its answer"),
        (Sabotage::RestartsHidden, "no two answers are glued"),
        (Sabotage::AnswerCutShort, "only a whole good answer is a success"),
        (Sabotage::BlockedLinks, "no send to an open or cooling link"),
        (Sabotage::KindChanged, "exhaustion has the kind of the last answer"),
        (Sabotage::PartialLost, "the partial text is what was shown"),
        (Sabotage::NoWakes, "no call hangs"),
    ];
    for (sabotage, rule) in cases {
        let mut world = world(7, 400);
        world.sabotage = sabotage;
        let report = world.run();
        assert!(report.violations.iter().any(|v| v.rule == rule), "{sabotage:?} must break {rule:?}");
    }
}

#[test]
fn a_call_can_be_told_step_by_step() {
    let story = World::new(1, 50, Some(3)).unwrap().run().story;
    assert!(story.iter().any(|line| line.contains("send 0")), "{story:?}");
    assert!(story.iter().any(|line| line.contains("finish")), "{story:?}");
}
