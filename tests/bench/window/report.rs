//! What the figures have in common: how often, the median, and how they are told.

use std::time::Duration;

/// How often things are measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rounds {
    /// Whether a rough figure soon is wanted.
    pub(crate) quick: bool,
}

impl Rounds {
    /// `whole` rounds, or fewer where a rough figure is enough.
    pub(crate) fn of(self, whole: usize) -> usize {
        if self.quick { whole.div_ceil(3).max(3) } else { whole }
    }
}

/// The one in the middle; of two, the upper one.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Tells a figure beside its goal, which is the most that it may be.
pub(crate) fn at_most(what: &str, figure: f64, goal: f64, more: &str) {
    let verdict = if figure <= goal { "met" } else { "MISSED" };
    println!("  {what:<44} {figure:>8.2}   at most {goal:<6} {verdict:<7} {more}");
}

/// Tells a figure beside its goal, which is the least that it may be.
pub(crate) fn at_least(what: &str, figure: f64, goal: f64, more: &str) {
    let verdict = if figure >= goal { "met" } else { "MISSED" };
    println!("  {what:<44} {figure:>8.2}   at least {goal:<5} {verdict:<7} {more}");
}
