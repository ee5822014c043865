//! Threads that visit a target repeatedly, as long as there is one.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::Duration;

use crate::random::Random;
use crate::tally::Tally;
use crate::target::{Target, TargetSlot};
use crate::visits::{Kind, Visit, VisitError};
use crate::waits::Waits;

/// The state that all workers share.
#[derive(Clone, Default)]
pub(crate) struct Crew {
    pub(crate) tally: Arc<Tally>,
    pub(crate) waits: Arc<Waits>,
}

impl Crew {
    /// Starts `count` workers, which visit the targets in the slot until it ends them. `part` makes their random choices
    /// differ from those of other workers.
    pub(crate) fn start_workers(&self, count: u64, slot: &Arc<TargetSlot>, seed: u64, part: u64) {
        for worker in 0..count {
            let (crew, slot) = (self.clone(), Arc::clone(slot));
            let mut random = Random::of(seed, part * 1000 + worker);
            thread::spawn(move || {
                while let Some(target) = slot.enter() {
                    let kind = Kind::choose(&mut random);
                    crew.visit(&target, kind, &mut random);
                    slot.leave();
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
        let message = |text: &str| format!("{}, a client of “{}”: {text}", target.name, kind.label());
        match made {
            Ok(()) => self.tally.visited(kind),
            Err(VisitError::Broken(_)) if target.excuses() => {
                self.tally.cut_short.fetch_add(1, Relaxed);
            }
            Err(VisitError::Broken(text)) => self.tally.failed(&message(&text)),
            Err(VisitError::Wrong(text)) => self.tally.failed(&message(&format!("WRONG BYTES: {text}"))),
        }
    }
}
