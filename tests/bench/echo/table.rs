//! The result: a table for the terminal, and the same as Markdown for the README.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::figures::{Goal, WINDOW_GOAL};
use crate::memory::Memory;
use crate::numbers::Spread;
use crate::peers::Kind;
use crate::rounds::Measured;

/// How much more memory for each client counts as unchanged when a server has many clients instead of few.
const CONSTANT_MEMORY: Goal = Goal::AtMost(1.1);

const SPEED: &[&str] =
    &["", "÷ bare", "goal", "window's speed ÷ headless", "goal", "times the tutorial", "goal", "times socat"];

/// The rows of the results, as text.
pub(crate) struct Table {
    machine: String,
    speed: Vec<Vec<String>>,
    memory: Vec<Vec<String>>,
    memory_head: Vec<String>,
}

impl Table {
    /// Creates an empty table. `machine` describes the machine of the measurements.
    pub(crate) fn new(machine: String) -> Self {
        Self { machine, speed: Vec::new(), memory: Vec::new(), memory_head: Vec::new() }
    }

    /// Adds a row for each figure.
    pub(crate) fn add(&mut self, measured: &Measured) {
        for (index, figure) in measured.figures.iter().enumerate() {
            let bare = measured.ratio(index, Kind::Headless, Kind::Bare);
            let window = measured.times_as_fast(index, Kind::Window, Kind::Headless);
            let tutorial = measured.times_as_fast(index, Kind::Headless, Kind::Tutorial);
            let socat = measured.times_as_fast(index, Kind::Headless, Kind::Socat);
            self.speed.push(vec![
                figure.name.to_owned(),
                cell(bare),
                verdict(Some(figure.bare), bare),
                cell(window),
                verdict(Some(WINDOW_GOAL), window),
                cell(tutorial),
                verdict(figure.tutorial, tutorial),
                cell(socat),
            ]);
        }
    }

    /// Adds a row for each server.
    pub(crate) fn add_memory(&mut self, memory: &Memory) {
        let counts = memory.counts.iter().map(|count| format!("at {count}"));
        self.memory_head = ["KiB for each idle client".to_owned()]
            .into_iter()
            .chain(counts)
            .chain(["goal", "most ÷ fewest", "goal"].map(str::to_owned))
            .collect();
        for (index, kind) in memory.kinds.iter().enumerate() {
            let is_echoscope = matches!(kind, Kind::Headless | Kind::Window);
            let each: Vec<_> = (0..memory.counts.len()).map(|count| memory.kibibytes(index, count)).collect();
            let most = Spread::of(each.iter().flatten().map(|spread| spread.median))
                .map(|spread| Spread { median: spread.most, ..spread });
            let growth = memory.growth(index);
            let mut row = vec![format!("{}, {}", memory.transport.label(), kind.name())];
            row.extend(
                each.iter().map(|spread| spread.map_or_else(no_value, |it| format!("{:.1}", it.median))),
            );
            row.push(verdict(is_echoscope.then(|| memory.transport.goal()), most));
            row.push(cell(growth));
            row.push(verdict(is_echoscope.then_some(CONSTANT_MEMORY), growth));
            self.memory.push(row);
        }
    }

    /// Returns the table in columns for a terminal.
    pub(crate) fn text(&self) -> String {
        let mut parts = Vec::new();
        for (head, rows) in self.tables() {
            let all: Vec<&Vec<String>> = std::iter::once(&head).chain(rows).collect();
            let width = |column: usize| all.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
            let widths: Vec<usize> = (0..head.len()).map(width).collect();
            parts.extend(all.iter().map(|row| {
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
        for (head, rows) in self.tables() {
            text += &line(&head);
            text += &line(&vec!["---".to_owned(); head.len()]);
            text.extend(rows.iter().map(|row| line(row)));
            text.push('\n');
        }
        text + &format!("Measured on: {}.\n", self.machine)
    }

    fn tables(&self) -> Vec<(Vec<String>, &Vec<Vec<String>>)> {
        let speed = (SPEED.iter().map(|&it| it.to_owned()).collect(), &self.speed);
        let all = [speed, (self.memory_head.clone(), &self.memory)];
        all.into_iter().filter(|(_, rows)| !rows.is_empty()).collect()
    }
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
