//! The results of all checks, and their form for a terminal and for programs.

use std::fmt::Write;
use std::time::Duration;

use serde_json::{Value, json};

use crate::check::context::{CheckOptions, Expect, Profile};
use crate::check::outcome::{CheckVerdict, Excerpt, Outcome};
use crate::check::table::ServerCheck;
use crate::log::format::hex;
use crate::text::duration;

/// A check and its result.
#[derive(Debug, Clone)]
pub struct CheckResult {
    /// The check.
    pub check: &'static ServerCheck,
    /// Its result.
    pub outcome: Outcome,
}

/// The results of a run.
#[derive(Debug, Clone)]
pub struct Report {
    /// The server's address.
    pub address: String,
    /// The server that was checked, and how.
    pub options: CheckOptions,
    /// The results in order.
    pub results: Vec<CheckResult>,
    /// Whether the user canceled the run.
    pub is_canceled: bool,
    /// How long the run took.
    pub took: Duration,
}

impl Report {
    /// Returns whether all required checks passed.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        !self.is_canceled && self.count(CheckVerdict::Failed) == 0
    }

    /// Returns how many checks have this verdict.
    #[must_use]
    pub fn count(&self, verdict: CheckVerdict) -> usize {
        self.results.iter().filter(|result| result.outcome.verdict == verdict).count()
    }

    /// Returns how many checks have each verdict: `21 passed, 1 failed, 9 skipped, 3 observed`.
    #[must_use]
    pub fn summary(&self) -> String {
        let counts = CheckVerdict::ALL.map(|verdict| (self.count(verdict), verdict.name()));
        let parts =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!("{count} {name}"));
        let summary = parts.collect::<Vec<_>>().join(", ");
        if self.is_canceled { format!("{summary}; canceled") } else { summary }
    }

    /// Returns the first result with the verdict *failed*.
    #[must_use]
    pub fn first_failed(&self) -> Option<&CheckResult> {
        self.results.iter().find(|result| result.outcome.verdict == CheckVerdict::Failed)
    }

    /// Returns the result in one or two sentences: what to correct first, and how many checks have each verdict.
    #[must_use]
    pub fn conclusion(&self) -> String {
        let summary = self.summary();
        match self.first_failed() {
            Some(first) => format!("Start with: “{}”. {summary}.", first.check.title),
            None if self.is_canceled => format!("{summary}."),
            None => format!("No required check failed. {summary}."),
        }
    }

    /// Returns the report as JSON. Fields may be added, but they are never renamed or removed.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "address": self.address,
            "command": self.options.command_text(),
            "tls": self.options.tls,
            "expect": self.options.expect.map(Expect::name),
            "profile": if self.options.profile == Profile::Course { "course" } else { "strict" },
            "passed": self.is_passed(),
            "canceled": self.is_canceled,
            "checks": self.results.iter().map(CheckResult::json).collect::<Vec<_>>(),
        })
    }
}

impl CheckResult {
    /// Returns the evidence and the explanation as pairs of a label and a text.
    #[must_use]
    pub fn details(&self) -> Vec<(&'static str, String)> {
        let Outcome { exchange, mistake, stderr, .. } = &self.outcome;
        let mut details = Vec::new();
        if let Some(exchange) = exchange {
            details.push(("sent", exchange.sent.line()));
            details.push(("received", exchange.received.line()));
            details.push(("difference", exchange.difference_line()));
        }
        if !stderr.is_empty() {
            details.push(("stderr", stderr.join("\n")));
        }
        if let Some(mistake) = mistake {
            details.push(("likely mistake", mistake.text.to_owned()));
            if !mistake.python.is_empty() {
                details.push(("right", mistake.python.to_owned()));
            }
        }
        if !self.outcome.holds && self.outcome.verdict != CheckVerdict::Skipped {
            details.push(("see", self.check.source.to_owned()));
        }
        details
    }

    /// Returns the result for a terminal, with details if the server doesn't do what the check describes.
    #[must_use]
    pub fn text(&self) -> String {
        let Outcome { verdict, finding, .. } = &self.outcome;
        let mut text = format!("{} {}: {finding}", verdict.symbol(), self.check.title);
        for (label, detail) in self.details() {
            for (index, line) in detail.lines().enumerate() {
                let label = if index == 0 { label } else { "" };
                let _ = write!(text, "\n    {label:<15} {line}");
            }
        }
        text.push('\n');
        text
    }

    fn json(&self) -> Value {
        let Outcome { verdict, finding, exchange, mistake, stderr, took, .. } = &self.outcome;
        let excerpt =
            |part: &Excerpt| json!({ "hex": hex(&part.data), "offset": part.offset, "length": part.total });
        json!({
            "name": self.check.name,
            "title": self.check.title,
            "about": self.check.about,
            "source": self.check.source,
            "verdict": verdict.name(),
            "finding": finding,
            "sent": exchange.as_ref().map(|exchange| excerpt(&exchange.sent)),
            "received": exchange.as_ref().map(|exchange| excerpt(&exchange.received)),
            "difference": exchange.as_ref().and_then(|exchange| exchange.difference).map(|difference| json!({
                "offset": difference.offset, "expected": difference.expected, "got": difference.got,
            })),
            "mistake": mistake.map(|mistake| mistake.text),
            "python": mistake.map(|mistake| mistake.python).filter(|line| !line.is_empty()),
            "stderr": stderr,
            "seconds": took.as_secs_f64(),
        })
    }

    /// Returns how long the check took, for people.
    #[must_use]
    pub fn duration(&self) -> String {
        duration(self.outcome.took)
    }
}
