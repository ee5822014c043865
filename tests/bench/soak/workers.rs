//! Threads that visit a target repeatedly, as long as there is one.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::Duration;

use crate::random::Random;
use crate::tally::Tally;
use crate::target::{Ground, Target};
use crate::visits::{Kind, Trouble, Visit};
use crate::waits::Waits;

/// The state that all workers share.
#[derive(Clone, Default)]
pub(crate) struct Crew {
    pub(crate) tally: Arc<Tally>,
    pub(crate) waits: Arc<Waits>,
}

impl Crew {
    /// Starts `count` workers, which end with the ground. `part` makes their random choices differ from those of
    /// others.
    pub(crate) fn send(&self, count: u64, ground: &Arc<Ground>, seed: u64, part: u64) {
        for worker in 0..count {
            let (crew, ground) = (self.clone(), Arc::clone(ground));
            let mut random = Random::of(seed, part * 1000 + worker);
            thread::spawn(move || {
                while let Some(target) = ground.enter() {
                    let kind = Kind::choose(&mut random);
                    crew.visit(&target, kind, &mut random);
                    ground.leave();
                    thread::sleep(Duration::from_millis(random.between(0, 40)));
                }
            });
        }
    }

    /// Makes one visit and counts its result.
    pub(crate) fn visit(&self, target: &Target, kind: Kind, random: &mut Random) {
        let waiting = self.waits.begin(format!("{}, a client of “{}”: its start", target.name, kind.label()));
        let mut visit = Visit { target, random, waiting: &waiting, tally: &self.tally };
        let made = visit.make(kind);
        let told = |words: &str| format!("{}, a client of “{}”: {words}", target.name, kind.label());
        match made {
            Ok(()) => self.tally.visited(kind),
            Err(Trouble::Broken(_)) if target.excuses() => {
                self.tally.cut_short.fetch_add(1, Relaxed);
            }
            Err(Trouble::Broken(words)) => self.tally.failed(&told(&words)),
            Err(Trouble::Wrong(words)) => self.tally.failed(&told(&format!("WRONG BYTES: {words}"))),
        }
    }
}
