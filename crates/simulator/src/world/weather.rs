//! How providers are at a moment: healthy, rough, slow, dead in one way; and which scene that makes of a request.
//!
//! Knows scenes. Must not know calls. Invariants: everything follows from the seed and the virtual time; after the calm
//! has begun every request is answered well and soon.

use super::scenes::{Beat, Scene, Scenes, What};
use resilient_completion_engine::base::{Instant, Rng};

/// How long a mood lasts: 40 s, a few breaker intervals.
const MOOD: u64 = 40_000_000;
/// How long an endpoint or its key is down for everybody.
const WALL: u64 = 15_000_000;

/// The moods of a world's providers.
pub(super) struct Weather {
    seed: u64,
    scenes: Vec<Scenes>,
    calm_from: Instant,
}

#[derive(Clone, Copy, PartialEq)]
enum Mood {
    Healthy,
    Rough,
    Slow,
    Dead(u64),
}

/// What a request will get, in virtual time.
pub(super) struct Performance<'a> {
    pub(super) scene: &'a Scene,
    pub(super) times: Vec<Instant>,
}

impl Weather {
    pub(super) fn new(seed: u64, models: &[&str], calm_from: Instant) -> Weather {
        Weather {
            seed,
            scenes: models.iter().enumerate().map(|(m, name)| Scenes::of(m, name)).collect(),
            calm_from,
        }
    }

    pub(super) fn is_calm(&self, now: Instant) -> bool {
        now >= self.calm_from
    }

    /// The scene for a request sent now, and when each of its beats comes.
    pub(super) fn play(
        &self,
        now: Instant,
        endpoint: usize,
        m: usize,
        stream: bool,
        rng: &mut Rng,
    ) -> Performance<'_> {
        let scenes = &self.scenes[m];
        let way = usize::from(stream);
        if self.is_calm(now) {
            // The plainest answer, which no limit of any plan is too short for.
            return perform(&scenes.good[way][0], now, 1, rng);
        }
        // One period in five, and each kind in its turn.
        let wall = now.0 / WALL;
        if Rng::new(self.seed ^ (wall << 24) ^ endpoint as u64).below(5) == 0 {
            let kind = (wall + endpoint as u64) % scenes.walls.len() as u64;
            return perform(&scenes.walls[kind as usize], now, 1, rng);
        }
        let epoch = now.0 / MOOD;
        let mut own = Rng::new(self.seed ^ (epoch << 8) ^ ((endpoint as u64) << 40) ^ ((m as u64) << 32));
        let mood = match own.below(10) {
            0..4 => Mood::Healthy,
            4..7 => Mood::Rough,
            7 => Mood::Slow,
            _ => Mood::Dead(own.next_u64()),
        };
        let fault = match mood {
            Mood::Healthy | Mood::Slow => rng.below(20) == 0,
            Mood::Rough => rng.below(2) == 0,
            Mood::Dead(_) => true,
        };
        let scene = match mood {
            Mood::Dead(which) => &scenes.bad[way][(which % scenes.bad[way].len() as u64) as usize],
            _ if fault => pick(&scenes.bad[way], rng),
            _ => pick(&scenes.good[way], rng),
        };
        perform(scene, now, if mood == Mood::Slow { 20 } else { 1 }, rng)
    }
}

fn pick<'a>(scenes: &'a [Scene], rng: &mut Rng) -> &'a Scene {
    &scenes[rng.below(scenes.len() as u64) as usize]
}

fn perform<'a>(scene: &'a Scene, now: Instant, slower: u64, rng: &mut Rng) -> Performance<'a> {
    let mut at = now.0;
    let times = scene
        .beats
        .iter()
        .map(|Beat { gap: (least, most), what }| {
            // Half of all neighbouring bytes come in the same instant, as they do on a fast line.
            let together = matches!(what, What::Bytes(_)) && *least == 0 && rng.below(2) == 0;
            let wait = if together { 0 } else { least * 1_000 + rng.below((most - least) * 1_000 + 1) };
            at += wait * slower;
            Instant(at)
        })
        .collect();
    Performance { scene, times }
}
