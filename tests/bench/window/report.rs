//! Helpers for all sections: rounds, the median, and the output.

use std::time::Duration;

/// Determines the number of measurements.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rounds {
    /// Whether a rough figure is enough.
    pub(crate) quick: bool,
}

impl Rounds {
    /// Returns the number of rounds: `whole`, or fewer if a rough figure is enough.
    pub(crate) fn of(self, whole: usize) -> usize {
        if self.quick { whole.div_ceil(3).max(3) } else { whole }
    }
}

/// Returns the median; for an even count, the upper of the two middle values.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Prints a figure, its maximum, and whether it meets that goal.
pub(crate) fn at_most(what: &str, figure: f64, goal: f64, more: &str) {
    let verdict = if figure <= goal { "met" } else { "MISSED" };
    println!("  {what:<44} {figure:>8.2}   at most {goal:<6} {verdict:<7} {more}");
}

/// Prints a figure, its minimum, and whether it meets that goal.
pub(crate) fn at_least(what: &str, figure: f64, goal: f64, more: &str) {
    let verdict = if figure >= goal { "met" } else { "MISSED" };
    println!("  {what:<44} {figure:>8.2}   at least {goal:<5} {verdict:<7} {more}");
}
