//! Compares Echoscope's echo with baselines, measured in turn: `cargo bench --bench echo [-- [--quick] [NAME …]]`.
//!
//! ```text
//!  figures.rs   what is measured, and the goals
//!      │
//!  rounds.rs    runs each load of load/ against each server of peers.rs in turn; ratios within a round
//!      │
//!  memory.rs    compares the resident memory of the same servers
//!      │
//!  flood.rs     reads the log while messages flood the server
//!      │
//!  table.rs     medians, spreads and goals, on stdout and as Markdown
//! ```
//!
//! Every server is a process of its own: Echoscope without and with its window, the loop in C (baseline.c), the bare
//! loop in Rust (this program, started with `--bare`), the Python program that Echoscope writes, and socat. The clients
//! are in this process and are the same for all. The exit code shows only whether every byte was echoed, every entry
//! counted, and every server survived, not speed.

mod arguments;
mod bare;
mod baseline;
mod certificates;
mod display;
mod figures;
mod flood;
mod load;
mod machine;
mod memory;
mod numbers;
mod peers;
mod rounds;
mod table;
#[path = "../../support/trusting.rs"]
mod trusting;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use arguments::Arguments;
use baseline::Baseline;
use certificates::Certificates;
use display::Display;
use peers::Kind;

/// A result whose error is a message. Any error ends the run.
pub(crate) type Outcome<T> = Result<T, String>;

/// The data that the whole run shares.
pub(crate) struct Lab {
    /// Whether times and amounts are reduced for a short smoke run.
    pub(crate) quick: bool,
    pub(crate) certificates: Certificates,
    /// The loop in C; `None` if it can't be compiled here.
    pub(crate) baseline: Option<Baseline>,
    /// The window's display; `None` if the window can't be measured.
    pub(crate) display: Option<Display>,
    /// The servers that can be started here.
    pub(crate) kinds: Vec<Kind>,
}

impl Lab {
    /// Returns how often each server is measured.
    pub(crate) fn rounds(&self) -> usize {
        if self.quick { 2 } else { 9 }
    }

    /// Returns how long a server is measured in each round.
    pub(crate) fn slice(&self) -> Duration {
        if self.quick { Duration::from_millis(40) } else { Duration::from_millis(500) }
    }
}

fn main() -> ExitCode {
    let arguments = match Arguments::from_command_line() {
        Ok(arguments) => arguments,
        Err(why) => {
            print_now(&format!("echo: {why}"));
            return ExitCode::from(2);
        }
    };
    let done = match arguments {
        Arguments::Bare(bare) => bare::serve(&bare),
        Arguments::Measure { quick, names } => machine::with_enough_files(|| measure(quick, &names)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            print_now(&format!("FAILED: {why}"));
            ExitCode::FAILURE
        }
    }
}

fn measure(quick: bool, names: &[String]) -> Outcome<()> {
    let start = Instant::now();
    let wanted = |name: &str| names.is_empty() || names.iter().any(|part| name.contains(part.as_str()));
    let (trials, transports) = (figures::trials(), memory::Transport::ALL);
    if !trials.iter().any(|trial| wanted(trial.name))
        && !transports.iter().any(|it| wanted(it.name()))
        && !wanted(flood::NAME)
    {
        let all = trials.iter().map(|trial| trial.name).chain(transports.iter().map(|it| it.name()));
        let all = all.chain([flood::NAME]);
        return Err(format!("nothing is called that; there are {}", all.collect::<Vec<_>>().join(", ")));
    }
    let machine = machine::describe();
    print_now(&machine);
    let (baseline, display) = (Baseline::compile()?, Display::open()?);
    let kinds = peers::available(baseline.as_ref(), display.as_ref())?;
    let lab = Lab { quick, certificates: Certificates::make()?, baseline, display, kinds };
    let mut table = table::Table::new(machine);
    let trials = trials.iter().filter(|trial| wanted(trial.name));
    let measured = trials.map(|trial| rounds::run(&lab, trial)).collect::<Outcome<Vec<_>>>()?;
    if !measured.is_empty() {
        table.add(&measured);
    }
    for transport in transports.into_iter().filter(|it| wanted(it.name())) {
        if let Some(memory) = memory::measure(&lab, transport)? {
            table.add_memory(&memory);
        }
    }
    let mut missing = 0;
    if wanted(flood::NAME) {
        let floods = flood::measure(&lab)?;
        table.add_floods(&floods);
        missing = floods.iter().map(|flood| flood.missing.abs()).max().unwrap_or(0);
    }
    print_now(&table.text());
    if quick {
        print_now("A smoke run: the slices are far too short to measure speed.");
    }
    let path = table.write(quick || !names.is_empty())?;
    print_now(&format!("As Markdown: {} ({} s in all)", path.display(), start.elapsed().as_secs()));
    if missing == 0 { Ok(()) } else { Err(format!("the log's count is wrong by {missing} entries")) }
}

/// Prints and flushes a line, because a run takes minutes and a user may watch it.
pub(crate) fn print_now(line: &str) {
    let mut out = io::stdout().lock();
    // A closed stdout doesn't change the measurement.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
