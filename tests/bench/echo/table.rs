//! The result: tables for the terminal, and the same as Markdown for the guide.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::figures::{FLOOD_GOAL, Goal, WINDOW_GOAL};
use crate::flood::{self, Flood};
use crate::memory::{self, Memory};
use crate::numbers::{Spread, float};
use crate::peers::Kind;
use crate::rounds::Measured;

/// How much more memory for each client counts as unchanged when a server has many clients instead of few.
const CONSTANT_MEMORY: Goal = Goal::AtMost(1.1);

const SPEED: &[&str] = &[
    "",
    "echoscope --headless",
    "÷ C",
    "goal",
    "÷ bare",
    "window's speed ÷ headless",
    "goal",
    "with --capture ÷ without",
    "times the tutorial",
    "times socat",
];

const FLOOD: &[&str] = &[
    "the log under flood",
    "paced, thousands/s",
    "printed",
    "goal",
    "unpaced, thousands/s",
    "part that is printed",
    "echo ÷ bare",
    "goal",
    "echo ÷ with a closed log",
    "not accounted for",
];

/// The rows of the results, as text.
pub(crate) struct Table {
    machine: String,
    /// The rows of each part, after its head.
    parts: Vec<Vec<Vec<String>>>,
}

impl Table {
    /// Creates an empty table. `machine` describes the machine of the measurements.
    pub(crate) fn new(machine: String) -> Self {
        Self { machine, parts: Vec::new() }
    }

    /// Adds a row for each figure.
    pub(crate) fn add(&mut self, all: &[Measured]) {
        let mut rows = vec![strings(SPEED)];
        for measured in all {
            rows.extend(measured.figures.iter().enumerate().map(|(index, figure)| {
                let c = measured.ratio(index, Kind::Headless, Kind::C);
                let window = measured.times_as_fast(index, Kind::Window, Kind::Headless);
                let value = measured.value(index, Kind::Headless);
                vec![
                    figure.name.to_owned(),
                    value.map_or_else(no_value, |it| format!("{:.0} {}", it.median, figure.unit.1)),
                    cell(c),
                    verdict(figure.goal, c),
                    cell(measured.ratio(index, Kind::Headless, Kind::Bare)),
                    cell(window),
                    verdict(Some(WINDOW_GOAL), window),
                    cell(measured.times_as_fast(index, Kind::Capturing, Kind::Headless)),
                    cell(measured.times_as_fast(index, Kind::Headless, Kind::Tutorial)),
                    cell(measured.times_as_fast(index, Kind::Headless, Kind::Socat)),
                ]
            }));
        }
        self.parts.push(rows);
    }

    /// Adds a row for each server.
    pub(crate) fn add_memory(&mut self, memory: &Memory) {
        let name = format!("KiB for each idle client, {}", memory.transport.label());
        let counts = memory.counts.iter().map(|count| format!("at {count}"));
        let goals = ["goal", "the window adds", "goal", "most ÷ fewest", "goal"].map(str::to_owned);
        let mut rows = vec![std::iter::once(name).chain(counts).chain(goals).collect::<Vec<_>>()];
        for (index, kind) in memory.kinds.iter().enumerate() {
            let (is_headless, is_window) = (*kind == Kind::Headless, *kind == Kind::Window);
            let each: Vec<_> = (0..memory.counts.len()).map(|count| memory.kibibytes(index, count)).collect();
            let added = (0..memory.counts.len()).filter(|_| is_window).map(|count| memory.window_adds(count));
            let added = highest(added);
            let growth = memory.growth(index);
            let mut row = vec![kind.name().to_owned()];
            row.extend(
                each.iter().map(|spread| spread.map_or_else(no_value, |it| format!("{:.1}", it.median))),
            );
            row.push(verdict(is_headless.then(|| memory.transport.goal()), highest(each)));
            row.push(cell(added));
            row.push(verdict(Some(memory::WINDOW_GOAL), added));
            row.push(cell(growth));
            row.push(verdict((is_headless || is_window).then_some(CONSTANT_MEMORY), growth));
            rows.push(row);
        }
        self.parts.push(rows);
    }

    /// Adds a row for each format of the log.
    pub(crate) fn add_floods(&mut self, floods: &[Flood]) {
        let mut rows = vec![strings(FLOOD)];
        for flood in floods {
            // The round with the fewest entries counts, because none may be missing.
            let arrived = flood.arrived.map(|it| Spread { median: it.least, ..it });
            let has_rate = flood.paced.is_some_and(|it| it.median >= 0.99 * float(flood::RATE));
            let thousands =
                |rate: Option<Spread>| rate.map_or_else(no_value, |it| format!("{:.1}", it.median / 1000.0));
            rows.push(vec![
                flood.name().to_owned(),
                thousands(flood.paced),
                arrived.map_or_else(no_value, |it| format!("{:.2} %", 100.0 * it.median)),
                verdict(has_rate.then_some(Goal::AtLeast(1.0)), arrived),
                thousands(flood.unpaced),
                cell(flood.printed),
                cell(flood.to_bare),
                verdict(Some(FLOOD_GOAL), flood.to_bare),
                cell(flood.to_closed),
                flood.missing.to_string(),
            ]);
        }
        self.parts.push(rows);
    }

    /// Returns the table in columns for a terminal.
    pub(crate) fn text(&self) -> String {
        let mut parts = Vec::new();
        for rows in &self.parts {
            let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
            let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
            parts.extend(rows.iter().map(|row| {
                let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
                cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
            }));
            parts.push(String::new());
        }
        parts.join("\n")
    }

    /// Writes the Markdown and returns its path. A `partial` run has its own file, so that the complete run's file
    /// is kept.
    pub(crate) fn write(&self, partial: bool) -> Outcome<PathBuf> {
        let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let folder = temporary.parent().unwrap_or(temporary).join("bench");
        let path = folder.join(if partial { "echo-partial.md" } else { "echo.md" });
        let written = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, self.markdown()));
        written.map_err(|error| format!("{} can't be written: {error}", path.display()))?;
        Ok(path)
    }

    fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let mut text = String::new();
        for rows in &self.parts {
            text += &line(&rows[0]);
            text += &line(&vec!["---".to_owned(); rows[0].len()]);
            text.extend(rows[1..].iter().map(|row| line(row)));
            text.push('\n');
        }
        text + &format!("Measured on: {}.\n", self.machine)
    }
}

fn strings(head: &[&str]) -> Vec<String> {
    head.iter().map(|&it| it.to_owned()).collect()
}

/// Returns the spread with the highest median.
fn highest(spreads: impl IntoIterator<Item = Option<Spread>>) -> Option<Spread> {
    spreads.into_iter().flatten().max_by(|one, other| one.median.total_cmp(&other.median))
}

fn no_value() -> String {
    "–".to_owned()
}

/// Formats the median and the range of the rounds.
fn cell(ratio: Option<Spread>) -> String {
    ratio.map_or_else(no_value, |it| {
        let digits = if it.median >= 20.0 { 0 } else { 2 };
        format!("{:.digits$} ({:.digits$} to {:.digits$})", it.median, it.least, it.most)
    })
}

fn verdict(goal: Option<Goal>, ratio: Option<Spread>) -> String {
    match (goal, ratio) {
        (Some(goal), Some(ratio)) => format!("{}: {}", goal.text(), goal.verdict(ratio.median)),
        _ => no_value(),
    }
}
