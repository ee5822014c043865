//! The subcommand `echoscope check`: turns options into [`CheckOptions`], prints each result as it comes, and writes
//! reports.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueHint};

use crate::check::{self, CHECKS, CheckOptions, CheckProgress, Expect, Profile, Report};
use crate::cli::help_text::{self, CHECK_EXAMPLES, OUTPUT, SERVER, TLS};
use crate::platform::signals;
use crate::settings::{Settings, parse};
use crate::text::{display_path, io_error};
use crate::tls::options::Trust;

/// Check an echo server and explain each verdict
///
/// Connects to the server, or starts the command and connects to it. Connects to no other address.
#[derive(Debug, Args)]
#[command(after_long_help = help_text::examples(CHECK_EXAMPLES) + "\n\n" + &help_text::check_exit_codes())]
pub(super) struct CheckFlags {
    /// The server's address [default: localhost:12345]
    #[arg(value_name = "HOST:PORT", allow_hyphen_values = false)]
    address: Option<String>,

    /// The command that starts the server, after --
    ///
    /// It is started with PYTHONUNBUFFERED=1 and ended after the checks.
    #[arg(last = true, value_name = "COMMAND", value_hint = ValueHint::CommandWithArguments)]
    command: Vec<OsString>,

    /// Use TLS
    #[arg(long = "tls", help_heading = TLS)]
    is_tls: bool,

    /// CA file that the server's certificate must be signed by
    ///
    /// Without it, the certificate is only described.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "is_tls", help_heading = TLS)]
    ca: Option<PathBuf>,

    /// How clients must be served
    #[arg(long, value_name = "MODE", value_parser = modes(), help_heading = SERVER)]
    expect: Option<String>,

    /// Which checks are required
    #[arg(
        long,
        value_name = "PROFILE",
        default_value = "strict",
        value_parser = choices(PROFILES),
        help_heading = SERVER,
        hide_short_help = true
    )]
    profile: String,

    /// Seconds that one step of a check may take, 1 to 600
    #[arg(
        long,
        value_name = "SECONDS",
        default_value = "5",
        value_parser = clap::value_parser!(u64).range(1..=600),
        help_heading = SERVER,
        hide_short_help = true
    )]
    timeout: u64,

    /// Run only this check and those that it depends on (repeat for more)
    #[arg(long, value_name = "NAME", value_parser = names(), hide_possible_values = true, help_heading = SERVER)]
    only: Vec<String>,

    /// List the checks, and run none
    #[arg(long, help_heading = OUTPUT)]
    list: bool,

    /// Print one JSON object
    #[arg(long, conflicts_with = "list", help_heading = OUTPUT)]
    json: bool,

    /// Also write a report as an HTML file
    #[arg(
        long,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        conflicts_with = "list",
        help_heading = OUTPUT
    )]
    html: Option<PathBuf>,
}

const PROFILES: &[(&str, &str)] = &[
    ("strict", "All checks are required"),
    ("course", "Checks that the tutorial's program can't pass are only observed"),
];

fn choices(choices: &'static [(&'static str, &'static str)]) -> PossibleValuesParser {
    help_text::keywords_of(choices.iter().copied())
}

fn modes() -> PossibleValuesParser {
    help_text::keywords_of(Expect::ALL.into_iter().map(|mode| (mode.name(), mode.title())))
}

fn names() -> impl TypedValueParser<Value = String> {
    help_text::keywords_of(CHECKS.iter().map(|check| (check.name, check.title)))
}

/// The subcommand with valid options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckCommand {
    options: CheckOptions,
    list: bool,
    json: bool,
    html: Option<PathBuf>,
}

impl CheckFlags {
    /// Returns the subcommand, or an error of one line if an option is invalid.
    pub(super) fn read(self) -> Result<CheckCommand, String> {
        let (address, default) = (self.address.unwrap_or_default(), Settings::default());
        let (host, port) = parse::address(&address, (&default.host, default.port))
            .map_err(|error| format!("{address}: {error}"))?;
        let options = CheckOptions {
            tls: self.is_tls,
            trust: self.ca.map(Trust::CaFile),
            only: self.only.iter().filter_map(|name| check::find(name)).map(|check| check.name).collect(),
            timeout: Duration::from_secs(self.timeout),
            expect: self.expect.and_then(|name| Expect::ALL.into_iter().find(|mode| mode.name() == name)),
            profile: if self.profile == "course" { Profile::Course } else { Profile::Strict },
            command: self.command,
            ..CheckOptions::new(host, port)
        };
        Ok(CheckCommand { options, list: self.list, json: self.json, html: self.html })
    }
}

impl CheckCommand {
    /// Runs the checks and prints each result as it comes. Returns whether all required checks passed.
    ///
    /// # Errors
    /// The report can't be written. The error is one line.
    pub fn run(&self) -> Result<bool, String> {
        if self.list {
            for check in CHECKS {
                print(&format!("{:<17} {}. {}\n", check.name, check.title, check.about));
            }
            return Ok(true);
        }
        let cancel = Arc::new(AtomicBool::new(false));
        let canceled = Arc::clone(&cancel);
        // Without a handler, Ctrl-C ends this program, and the checked one stays.
        signals::on_stop_signal(move || canceled.store(true, Ordering::Relaxed))
            .map_err(|error| format!("Can't handle Ctrl-C: {error}."))?;
        if !self.json {
            print(&format!("Check of {}. {}\n\n", self.options.address(), self.options.about()));
        }
        let report = check::run(&self.options, &cancel, |progress| {
            if let CheckProgress::Finished(result) = progress
                && !self.json
            {
                print(&result.text());
            }
        });
        self.finish(&report)?;
        Ok(report.is_passed())
    }

    fn finish(&self, report: &Report) -> Result<(), String> {
        if self.json {
            print(&format!("{}\n", report.json()));
        } else {
            print(&format!("\n{}.\n", report.summary()));
        }
        let Some(path) = &self.html else { return Ok(()) };
        fs::write(path, check::html(report))
            .map_err(|error| format!("Can't write {}: {}.", display_path(path), io_error(&error)))
    }
}

fn print(text: &str) {
    let mut out = io::stdout().lock();
    // The reader may close the pipe early, as `| head` does.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
