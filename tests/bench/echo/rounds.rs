//! Measures in turn, each server once in each round, so that other load on the machine affects all of them.

use crate::figures::{Figure, Trial};
use crate::numbers::Spread;
use crate::peers::{Kind, Peer};
use crate::{Lab, Outcome, say};

/// The results of one trial's rounds.
pub(crate) struct Measured {
    pub(crate) figures: &'static [Figure],
    kinds: Vec<Kind>,
    /// By round, by server, by figure.
    rounds: Vec<Vec<Vec<f64>>>,
}

/// Starts the servers and measures all rounds.
pub(crate) fn run(lab: &Lab, trial: &Trial) -> Outcome<Measured> {
    let kinds = lab.kinds.clone();
    let mut servers =
        kinds.iter().map(|kind| Peer::start(lab, *kind, trial.setup)).collect::<Outcome<Vec<_>>>()?;
    let mut measured = Measured { figures: trial.figures, kinds, rounds: Vec::new() };
    // Round 0 warms up and does not count.
    for round in 0..=lab.rounds() {
        let mut values = Vec::new();
        for server in &mut servers {
            let result = trial.load.run(&server.target, lab.slice());
            server.check()?;
            values.push(result.map_err(|why| format!("{}, {}: {why}", trial.name, server.kind.name()))?);
            server.rest()?;
        }
        if round > 0 {
            measured.rounds.push(values);
        }
    }
    for (index, figure) in trial.figures.iter().enumerate() {
        let (divisor, unit) = figure.unit;
        let medians = measured.kinds.iter().enumerate().filter_map(|(server, kind)| {
            let spread = Spread::of(measured.rounds.iter().map(|round| round[server][index] / divisor))?;
            Some(format!("{} {:.1}", kind.name(), spread.median))
        });
        say(&format!("{} [{unit}]: {}", figure.name, medians.collect::<Vec<_>>().join(", ")));
    }
    Ok(measured)
}

impl Measured {
    /// Returns the figure of one server divided by another's, round by round; `None` if one of them was not measured.
    pub(crate) fn ratio(&self, figure: usize, over: Kind, under: Kind) -> Option<Spread> {
        let place = |kind| self.kinds.iter().position(|it| *it == kind);
        let (over, under) = (place(over)?, place(under)?);
        Spread::of(self.rounds.iter().map(|round| round[over][figure] / round[under][figure]))
    }

    /// Returns how many times as fast one server is as another; for times the ratio is inverted.
    pub(crate) fn times_as_fast(&self, figure: usize, over: Kind, under: Kind) -> Option<Spread> {
        if self.figures[figure].is_time() {
            self.ratio(figure, under, over)
        } else {
            self.ratio(figure, over, under)
        }
    }
}
