//! The command line: how long the test runs, and its seed.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The usage message.
pub(crate) const USAGE: &str =
    "soak: nothing done. Half an hour of mixed load: cargo bench --bench soak -- --minutes 30 [--seed N]";

/// The hidden first argument that makes this program the child process with the app.
pub(crate) const STAGE: &str = "--stage";

/// The options of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    pub(crate) length: Duration,
    /// Determines all random choices of the run.
    pub(crate) seed: u64,
}

impl Options {
    /// Parses the arguments after the program's name. Returns `None` if no soak test was requested.
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
                // Cargo and test runners pass these.
                "--bench" | "--test" => {}
                _ => return Err(format!("{argument} is not known. {USAGE}")),
            }
        }
        let Some(minutes) = minutes else { return Ok(None) };
        let length = Duration::from_mins(minutes.clamp(1, 24 * 60));
        Ok(Some(Self { length, seed: seed.unwrap_or_else(any_seed) }))
    }

    /// Returns the time between two idle readings.
    pub(crate) fn between_rests(&self) -> Duration {
        (self.length / 30).clamp(Duration::from_secs(10), Duration::from_mins(1))
    }
}

fn any_seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::from(now.subsec_nanos()) ^ (now.as_secs() % 100_000)
}
