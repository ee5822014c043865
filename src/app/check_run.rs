//! A run of the checks: its progress, and its report once it has ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::check::{CheckOptions, CheckProgress, CheckResult, Report, ServerCheck};

/// Runs the checks, as [`crate::check::run`] does.
pub type RunChecks =
    Arc<dyn Fn(&CheckOptions, &AtomicBool, &mut dyn FnMut(CheckProgress<'_>)) -> Report + Send + Sync>;

/// The last run of the checks, which may still be in progress.
#[derive(Debug)]
pub struct CheckRun {
    pub(super) options: CheckOptions,
    pub(super) started: Instant,
    pub(super) current: Option<&'static ServerCheck>,
    pub(super) results: Vec<CheckResult>,
    /// The report, once the run has ended.
    pub(super) report: Option<Arc<Report>>,
    /// Whether the thread of the run panicked.
    pub(super) has_crashed: bool,
    pub(super) cancel: Arc<AtomicBool>,
}

impl CheckRun {
    pub(super) fn new(options: CheckOptions) -> Self {
        Self {
            options,
            started: Instant::now(),
            current: None,
            results: Vec::new(),
            report: None,
            has_crashed: false,
            cancel: Arc::default(),
        }
    }

    /// Returns the server that is checked, and how.
    #[must_use]
    pub fn options(&self) -> &CheckOptions {
        &self.options
    }

    /// Returns the check that runs now.
    #[must_use]
    pub fn current(&self) -> Option<&'static ServerCheck> {
        self.current
    }

    /// Returns the results so far or, once the run has ended, all.
    #[must_use]
    pub fn results(&self) -> &[CheckResult] {
        self.report().map_or(&self.results, |report| &report.results)
    }

    /// Returns the report, once the run has ended.
    #[must_use]
    pub fn report(&self) -> Option<&Report> {
        self.report.as_deref()
    }

    /// Returns whether the run is in progress.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.report.is_none() && !self.has_crashed
    }

    /// Returns whether the run ended without a report because of a bug in Echoscope.
    #[must_use]
    pub fn has_crashed(&self) -> bool {
        self.has_crashed
    }

    /// Returns whether the run was canceled and hasn't ended yet.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        self.is_running() && self.cancel.load(Ordering::Relaxed)
    }

    /// Returns how long the run has taken so far or, once it has ended, in all.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.report.as_ref().map_or_else(|| self.started.elapsed(), |report| report.took)
    }
}
