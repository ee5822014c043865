//! Runs the checks in order.

use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Instant;

use crate::check::context::{CheckOptions, Context, OUTPUT, Profile};
use crate::check::outcome::{CheckVerdict, Outcome};
use crate::check::program::CheckedProgram;
use crate::check::report::{CheckResult, Report};
use crate::check::robustness::serves_another;
use crate::check::table::{CHECKS, CheckNeed, ServerCheck, find};

/// The lines of the program's stderr that are kept as evidence.
const STDERR_LINES: usize = 6;

/// A step of a run.
#[derive(Debug, Clone, Copy)]
pub enum CheckProgress<'a> {
    /// A check begins.
    Started(&'static ServerCheck),
    /// A check is done.
    Finished(&'a CheckResult),
}

/// Runs the checks, and ends the program that it started. Setting `cancel` ends the run early. `progress` is called
/// before and after each check.
#[must_use]
pub fn run(
    options: &CheckOptions,
    cancel: &AtomicBool,
    mut progress: impl FnMut(CheckProgress<'_>),
) -> Report {
    let began = Instant::now();
    let mut context = Context::new(options, cancel);
    let mut results: Vec<CheckResult> = Vec::new();
    let mut is_suspect = false;
    let mut gone = None;
    for check in CHECKS.iter().filter(|check| is_selected(check, options)) {
        progress(CheckProgress::Started(check));
        let start = Instant::now();
        let reason = reason_to_skip(check, &context, &results).or_else(|| {
            // A server that failed a check may have ended, or may no longer serve clients.
            // The check of the restart starts the program itself.
            if check.name != "restart" && std::mem::take(&mut is_suspect) {
                gone = recover(&mut context, &results).map(|reason| {
                    let title = last_failed(&results).map_or("start", |last| last.check.title);
                    format!("Not run since “{title}”: {reason}")
                });
            }
            gone.clone()
        });
        let mut outcome = match reason {
            Some(reason) => Outcome::skipped(reason),
            None => run_one(check, &mut context),
        };
        outcome.took = start.elapsed();
        results.push(CheckResult { check, outcome });
        is_suspect |= last_failed(&results).is_some_and(|last| last.check.name == check.name);
        if let Some(result) = results.last() {
            progress(CheckProgress::Finished(result));
        }
    }
    let is_canceled = context.target.is_canceled();
    if let Some(program) = &mut context.program {
        program.stop();
    }
    for connection in context.half_closed.drain(..) {
        // Without the reset, the next run may have to wait.
        let _ = connection.reset();
    }
    let address = match context.target.addresses.first() {
        Some(address) => address.to_string(),
        None => options.address(),
    };
    Report { address, options: options.clone(), results, is_canceled, took: began.elapsed() }
}

/// Returns whether the user wants the check, or one that depends on it.
fn is_selected(check: &ServerCheck, options: &CheckOptions) -> bool {
    let depends =
        |name: &&str| *name == check.name || find(name).is_some_and(|wanted| depends_on(wanted, check));
    options.only.is_empty() || options.only.iter().any(depends)
}

fn depends_on(check: &ServerCheck, other: &ServerCheck) -> bool {
    check
        .depends
        .iter()
        .any(|name| *name == other.name || find(name).is_some_and(|earlier| depends_on(earlier, other)))
}

fn reason_to_skip(check: &ServerCheck, context: &Context<'_>, results: &[CheckResult]) -> Option<String> {
    if context.target.is_canceled() {
        return Some("canceled".to_owned());
    }
    match check.needs {
        CheckNeed::Tls if context.target.tls.is_none() => return Some("only with TLS".to_owned()),
        CheckNeed::Command if context.program.is_none() => {
            return Some("only if the checks start the program".to_owned());
        }
        _ => {}
    }
    let failed = |check: &ServerCheck| {
        results.iter().find(|result| check.depends.contains(&result.check.name) && !result.outcome.holds)
    };
    let mut root = failed(check)?;
    while let Some(earlier) = failed(root.check) {
        root = earlier;
    }
    Some(format!("depends on “{}”", root.check.title))
}

fn run_one(check: &'static ServerCheck, context: &mut Context<'_>) -> Outcome {
    let first_line = context.program.as_ref().map_or(0, CheckedProgram::next_err);
    let failure = match (check.run)(context) {
        Ok(outcome) => return outcome,
        Err(failure) => failure,
    };
    if context.target.is_canceled() {
        return Outcome::skipped("canceled");
    }
    let mut outcome = failure.with_mistake(None);
    outcome.mistake = outcome.mistake.or(check.mistake);
    let named = if context.program.is_some() { "The program ended" } else { "nothing listens" };
    if check.needs != CheckNeed::Command
        && !outcome.finding.contains(named)
        && let Some(end) = context.end_of_server()
    {
        outcome.finding = format!("{} {end}", outcome.finding);
    }
    if let Some(program) = &context.program {
        // The last lines of a program that has just ended may not have arrived yet.
        thread::sleep(OUTPUT);
        let mut lines = program.err_from(first_line);
        outcome.stderr = lines.split_off(lines.len().saturating_sub(STDERR_LINES));
    }
    if check.is_beyond_course && context.options.profile == Profile::Course {
        outcome.verdict = CheckVerdict::Observed;
    }
    *outcome
}

/// Returns the last check that was run and whose behavior the server doesn't have.
fn last_failed(results: &[CheckResult]) -> Option<&CheckResult> {
    let failed =
        |result: &&CheckResult| !result.outcome.holds && result.outcome.verdict != CheckVerdict::Skipped;
    results.iter().rfind(failed)
}

/// Makes sure that the server serves clients. If it doesn't, starts the program again, or returns why that can't be
/// done.
fn recover(context: &mut Context<'_>, results: &[CheckResult]) -> Option<String> {
    let is_alive = context.end_of_server().is_none();
    // A server that doesn't even echo a line can only be asked whether it still runs.
    let echoes = results.iter().any(|result| result.check.name == "line" && result.outcome.holds);
    let failure = if is_alive && echoes { serves_another(context, "After that").err() } else { None };
    if is_alive && failure.is_none() {
        return None;
    }
    if context.program.is_none() {
        return Some(
            failure.map_or("the server ended.".to_owned(), |_| {
                "the server no longer serves clients.".to_owned()
            }),
        );
    }
    context
        .start_program()
        .err()
        .map(|failure| format!("the program can't be started again. {}", failure.finding))
}
