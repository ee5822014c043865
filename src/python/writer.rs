//! Collects a program's lines, each with its function and its call.

use crate::python::Line;
use crate::server::calls::Call;

/// A program that is being written.
#[derive(Debug, Default)]
pub(super) struct Writer {
    lines: Vec<Line>,
    function: Option<&'static str>,
}

impl Writer {
    /// Adds lines as they are.
    pub(super) fn text(&mut self, text: &str) {
        for line in text.lines() {
            self.push(line.to_owned(), None);
        }
    }

    /// Adds a line that makes a call.
    pub(super) fn call(&mut self, call: Call, line: &str) {
        self.push(line.to_owned(), Some(call));
    }

    /// Adds the line that hands a client to the pool.
    pub(super) fn hand_over(&mut self, line: &str) {
        self.text(line);
        if let Some(last) = self.lines.last_mut() {
            last.hands_over = true;
        }
    }

    /// Begins a function, two empty lines below what is before it.
    pub(super) fn function(&mut self, name: &'static str, parameters: &str, about: &str) {
        self.end_function();
        self.function = Some(name);
        self.text(&format!("def {name}({parameters}):\n    \"\"\"{about}\"\"\""));
    }

    /// What follows stands outside of every function.
    pub(super) fn end_function(&mut self) {
        self.function = None;
        self.text("\n\n");
    }

    /// The lines, of which the last is not empty.
    pub(super) fn into_lines(mut self) -> Vec<Line> {
        while self.lines.last().is_some_and(|line| line.text.is_empty()) {
            self.lines.pop();
        }
        self.lines
    }

    fn push(&mut self, text: String, call: Option<Call>) {
        self.lines.push(Line { text, call, hands_over: false, function: self.function });
    }
}
