//! Reports of checks that are the same on every computer.

use std::sync::Arc;
use std::time::Duration;

use echoscope::app::{App, CheckRun, Command, Options, RunChecks};
use echoscope::check::{
    CHECKS, CheckOptions, CheckResult, CheckVerdict, Exchange, Outcome, Report, ServerCheck,
};
use echoscope::settings::Settings;

/// Makes a report of all checks. `judge` returns the verdict and the finding of each; `exchange` is what failed checks
/// sent and received, and `stderr` what the program printed.
pub(crate) fn report(
    judge: impl Fn(&ServerCheck) -> (CheckVerdict, String),
    exchange: &Exchange,
    stderr: &[String],
) -> Report {
    let result = |check: &'static ServerCheck| {
        let (verdict, finding) = judge(check);
        let is_failed = verdict == CheckVerdict::Failed;
        let outcome = Outcome {
            verdict,
            finding,
            exchange: is_failed.then(|| exchange.clone()),
            mistake: check.mistake.filter(|_| is_failed),
            stderr: stderr.to_vec(),
            took: Duration::from_millis(20),
            holds: !is_failed,
        };
        CheckResult { check, outcome }
    };
    Report {
        address: "127.0.0.1:12345".to_owned(),
        options: CheckOptions::new("localhost", 12345),
        results: CHECKS.iter().map(result).collect(),
        is_canceled: false,
        took: Duration::from_millis(2_540),
    }
}

/// Returns an app in which the checks of a server have ended with this report.
pub(crate) fn app_with_report(settings: Settings, report: Report) -> App {
    let options = report.options.clone();
    let run_checks: RunChecks = Arc::new(move |_, _, _| report.clone());
    let mut app = App::with_log(settings, Options { run_checks, ..Options::default() }, Vec::new());
    app.apply(Command::RunCheck(Box::new(options)));
    while app.check_run().is_some_and(CheckRun::is_running) {
        app.poll();
    }
    app
}
