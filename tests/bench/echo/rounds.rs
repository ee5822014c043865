//! Measures each server once in each round, so that other load on the machine affects all servers alike.

use crate::figures::{Figure, Trial};
use crate::numbers::Spread;
use crate::peers::{Kind, Peer};
use crate::{Lab, Outcome, print_now};

/// The results of one trial's rounds.
pub(crate) struct Measured {
    pub(crate) figures: &'static [Figure],
    kinds: Vec<Kind>,
    /// The values by round, server and figure.
    rounds: Vec<Vec<Vec<f64>>>,
}

/// Starts the servers and measures all rounds.
pub(crate) fn run(lab: &Lab, trial: &Trial) -> Outcome<Measured> {
    let kinds: Vec<_> =
        lab.kinds.iter().copied().filter(|kind| trial.with_others || !kind.is_other()).collect();
    let mut servers =
        kinds.iter().map(|kind| Peer::start(lab, *kind, trial.setup)).collect::<Outcome<Vec<_>>>()?;
    let mut measured = Measured { figures: trial.figures, kinds, rounds: Vec::new() };
    // Round 0 warms up and isn't counted.
    for round in 0..=lab.rounds() {
        let mut values = Vec::new();
        for server in &mut servers {
            let result = trial.load.run(&server.target, lab.slice());
            server.check()?;
            values.push(result.map_err(|why| format!("{}, {}: {why}", trial.name, server.kind.name()))?);
            server.wait_until_idle()?;
        }
        if round > 0 {
            measured.rounds.push(values);
        }
    }
    for (index, figure) in trial.figures.iter().enumerate() {
        let medians = measured
            .kinds
            .iter()
            .filter_map(|kind| Some(format!("{} {:.1}", kind.name(), measured.value(index, *kind)?.median)));
        let medians = medians.collect::<Vec<_>>().join(", ");
        print_now(&format!("{} [{}]: {medians}", figure.name, figure.unit.1));
    }
    Ok(measured)
}

impl Measured {
    /// Returns the figure of a server, in the figure's unit.
    pub(crate) fn value(&self, figure: usize, kind: Kind) -> Option<Spread> {
        let server = self.kinds.iter().position(|it| *it == kind)?;
        let (divisor, _) = self.figures[figure].unit;
        Spread::of(self.rounds.iter().map(|round| round[server][figure] / divisor))
    }

    /// Returns a figure of `over` divided by that of `under` in the same round; `None` if one of them wasn't measured.
    pub(crate) fn ratio(&self, figure: usize, over: Kind, under: Kind) -> Option<Spread> {
        let place = |kind| self.kinds.iter().position(|it| *it == kind);
        let (over, under) = (place(over)?, place(under)?);
        Spread::of(self.rounds.iter().map(|round| round[over][figure] / round[under][figure]))
    }

    /// Returns how many times as fast `over` is as `under`. If the figure is a time, the ratio is inverted.
    pub(crate) fn times_as_fast(&self, figure: usize, over: Kind, under: Kind) -> Option<Spread> {
        if self.figures[figure].is_time {
            self.ratio(figure, under, over)
        } else {
            self.ratio(figure, over, under)
        }
    }
}
