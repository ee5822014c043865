//! A lesson that is being done: at which step it is, and what of each step has been seen.

use std::sync::Arc;

use crate::lessons::condition::{Condition, Since};
use crate::lessons::facts::{Facts, Happening};
use crate::lessons::tally::Tally;
use crate::lessons::{Lesson, Step, words};

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mark {
    /// Still to be done.
    #[default]
    Open,
    /// What it waits for was seen.
    Done,
    /// The user went past it.
    Skipped,
}

/// One condition of a step and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sign {
    /// What is waited for, in a few words.
    pub words: String,
    /// Whether it is met.
    pub met: bool,
    /// How much of how much, where more than one is waited for.
    pub count: Option<(u64, u64)>,
}

/// A lesson that is being done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    lesson: Arc<Lesson>,
    marks: Vec<Mark>,
    /// For each condition of each step.
    tallies: Vec<Vec<Tally>>,
    /// The step that is shown; one past the last when all are behind.
    at: usize,
    /// Grows with each change of step: what was found out before is not about the step that is shown now.
    turn: u64,
}

impl Running {
    /// At the first step.
    #[must_use]
    pub fn new(lesson: Arc<Lesson>) -> Self {
        let marks = vec![Mark::Open; lesson.steps.len()];
        let tallies = lesson.steps.iter().map(|step| vec![Tally::default(); step.conditions.len()]).collect();
        Self { lesson, marks, tallies, at: 0, turn: 0 }
    }

    /// The lesson.
    #[must_use]
    pub fn lesson(&self) -> &Lesson {
        &self.lesson
    }

    /// The step that is shown, from 0; the number of steps when all are behind.
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }

    /// The step that is shown; `None` when all are behind.
    #[must_use]
    pub fn step(&self) -> Option<&Step> {
        self.lesson.steps.get(self.at)
    }

    /// How each step stands.
    #[must_use]
    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// Whether the step that is shown was ticked off: one went back to it.
    #[must_use]
    pub fn is_review(&self) -> bool {
        self.marks.get(self.at) == Some(&Mark::Done)
    }

    /// The step before the one that is shown, where it was ticked off: what has just happened.
    #[must_use]
    pub fn just_done(&self) -> Option<&Step> {
        let before = self.at.checked_sub(1)?;
        (self.marks[before] == Mark::Done).then(|| &self.lesson.steps[before])
    }

    /// What the step that is shown waits for, one by one; without what other things may stand in for.
    #[must_use]
    pub fn signs(&self) -> Vec<Sign> {
        let Some(step) = self.step() else { return Vec::new() };
        let sign = |index: usize| {
            let (condition, tally) = (&step.conditions[index], &self.tallies[self.at][index]);
            let count = match condition {
                Condition::Seen { at_least, .. } if *at_least > 1 => {
                    Some((tally.count(condition), *at_least))
                }
                _ => None,
            };
            Sign { words: words::condition(condition), met: tally.is_met(condition), count }
        };
        step.goal.needed().into_iter().map(sign).collect()
    }

    /// Changes with each change of step, and never comes back.
    #[must_use]
    pub fn turn(&self) -> u64 {
        self.turn
    }

    /// Takes in what happened; goes on where it was the last that the step waited for.
    pub fn happened(&mut self, happening: Happening<'_>) {
        for (number, (step, tallies)) in self.lesson.steps.iter().zip(&mut self.tallies).enumerate() {
            for (condition, tally) in step.conditions.iter().zip(tallies) {
                let counts = match condition {
                    Condition::Is(_) => false,
                    Condition::Seen { since: Since::Step, .. } => number == self.at,
                    Condition::Seen { since: Since::Lesson, .. } => true,
                };
                if counts && self.marks[number] == Mark::Open {
                    tally.happened(condition, happening);
                }
            }
        }
        self.tick();
    }

    /// Takes in what is so; goes on where that was the last that the step waited for. `facts` must be newer than the
    /// beginning of the step: see [`Running::turn`].
    pub fn look(&mut self, facts: &Facts) {
        if let Some(step) = self.lesson.steps.get(self.at).filter(|_| self.marks[self.at] == Mark::Open) {
            for (condition, tally) in step.conditions.iter().zip(&mut self.tallies[self.at]) {
                tally.look(condition, facts);
            }
        }
        self.tick();
    }

    /// Goes past the step that is shown.
    pub fn next(&mut self) {
        if let Some(mark) = self.marks.get_mut(self.at) {
            if *mark == Mark::Open {
                *mark = Mark::Skipped;
            }
            self.go_to(self.at + 1);
        }
    }

    /// Shows the step before; one that was skipped begins anew.
    pub fn back(&mut self) {
        if self.at > 0 {
            self.go_to(self.at - 1);
        }
    }

    /// Begins the lesson anew.
    pub fn restart(&mut self) {
        let turn = self.turn + 1;
        *self = Self { turn, ..Self::new(Arc::clone(&self.lesson)) };
    }

    fn tick(&mut self) {
        let Some(step) = self.lesson.steps.get(self.at).filter(|_| self.marks[self.at] == Mark::Open) else {
            return;
        };
        let tallies = &self.tallies[self.at];
        if step.goal.is_reached(&|index| tallies[index].is_met(&step.conditions[index])) {
            self.marks[self.at] = Mark::Done;
            self.go_to(self.at + 1);
        }
    }

    fn go_to(&mut self, at: usize) {
        self.at = at;
        self.turn += 1;
        let Some(step) = self.lesson.steps.get(at).filter(|_| self.marks[at] != Mark::Done) else { return };
        self.marks[at] = Mark::Open;
        for (condition, tally) in step.conditions.iter().zip(&mut self.tallies[at]) {
            if !matches!(condition, Condition::Seen { since: Since::Lesson, .. }) {
                *tally = Tally::default();
            }
        }
    }
}
