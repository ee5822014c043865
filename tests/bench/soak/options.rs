//! What the soak is started with: how long, and from which seed.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How to start it.
pub(crate) const USAGE: &str =
    "soak: nothing done. Half an hour of mixed load: cargo bench --bench soak -- --minutes 30 [--seed N]";

/// The hidden first argument of the child that holds the session.
pub(crate) const STAGE: &str = "--stage";

/// What was asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    pub(crate) length: Duration,
    /// Decides the mix; the same seed gives the same choices.
    pub(crate) seed: u64,
}

impl Options {
    /// Reads the arguments, without the program's name; `None` where no soak was asked for.
    pub(crate) fn read(arguments: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut minutes = None;
        let mut seed = None;
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            let mut value = || {
                let text = arguments.next().unwrap_or_default();
                text.parse::<u64>()
                    .map_err(|_| format!("{argument} takes a whole number, and {text:?} is none."))
            };
            match argument.as_str() {
                "--minutes" => minutes = Some(value()?),
                "--seed" => seed = Some(value()?),
                // Cargo's own, and a test runner's.
                "--bench" | "--test" => {}
                _ => return Err(format!("{argument} is not known. {USAGE}")),
            }
        }
        let Some(minutes) = minutes else { return Ok(None) };
        let length = Duration::from_secs(60 * minutes.clamp(1, 24 * 60));
        Ok(Some(Self { length, seed: seed.unwrap_or_else(any_seed) }))
    }

    /// From one rest, at which everything is read, to the next.
    pub(crate) fn between_rests(&self) -> Duration {
        (self.length / 30).clamp(Duration::from_secs(10), Duration::from_secs(60))
    }
}

fn any_seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::from(now.subsec_nanos()) ^ (now.as_secs() % 100_000)
}
