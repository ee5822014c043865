//! Tests of the checks: wrong servers fail the check that is meant for their mistake, and right ones pass.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../support/mod.rs"]
mod support;

mod broken;
mod cancel;
mod command;
mod right;

use std::ffi::OsString;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex};

use echoscope::check::{CheckResult, CheckVerdict, Report};

/// Returns a port that is free now.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Returns a command that runs a Python program with arguments. `None` without Python.
fn python(file: &Path, arguments: &[&str]) -> Option<Vec<OsString>> {
    let python = support::program("python3")?;
    let arguments = arguments.iter().map(OsString::from);
    Some([python.into_os_string(), file.into()].into_iter().chain(arguments).collect())
}

/// Returns a file in this folder.
fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check").join(name)
}

/// Returns the names of the checks with this verdict.
fn with_verdict(report: &Report, verdict: CheckVerdict) -> Vec<&str> {
    let results = report.results.iter().filter(|result| result.outcome.verdict == verdict);
    results.map(|result| result.check.name).collect()
}

/// Returns all results as text, for the message of a failed assertion.
fn text(report: &Report) -> String {
    report.results.iter().map(CheckResult::text).collect()
}

/// A turn in the machine's use. Some checks open many connections, and many of them at once would disturb each other.
struct Turn;

static RUNNING: (Mutex<usize>, Condvar) = (Mutex::new(0), Condvar::new());

impl Turn {
    /// Waits until fewer than four other checks run.
    fn take() -> Self {
        let running = RUNNING.0.lock().unwrap();
        *RUNNING.1.wait_while(running, |running| *running >= 4).unwrap() += 1;
        Self
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Drop also runs while a failed assertion unwinds.
        *RUNNING.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) -= 1;
        RUNNING.1.notify_one();
    }
}
