//! The machine that runs the benchmark, and its limits for a process.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

use crate::{Outcome, print_now};

/// The number of open files that a process with 5,000 clients needs.
const NEEDED_FILES: u64 = 6000;

/// Returns a line with the machine's processor, cores, kernel and load, and the versions of what the servers use.
pub(crate) fn describe() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map(|it| it.1);
    let all = cpu.lines().filter(|line| line.starts_with("processor")).count();
    // `taskset` may allow this process fewer.
    let usable = thread::available_parallelism().map_or(0, usize::from);
    let cores = if usable < all { format!("{usable} of {all} cores") } else { format!("{usable} cores") };
    let kernel = read_line("/proc/sys/kernel/osrelease").map_or_else(
        || std::env::consts::OS.to_owned(),
        |release| format!("{} {release}", std::env::consts::OS),
    );
    let load = read_line("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default().to_owned();
    let compiler = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let mut parts = vec![model.unwrap_or("an unknown processor").to_owned(), cores, kernel];
    parts.extend(first_line(&compiler, &["--version"]));
    for program in ["cc", "python3"] {
        parts.extend(first_line(program, &["--version"]));
    }
    parts.extend(first_line("openssl", &["version"]));
    if !load.is_empty() {
        parts.push(format!("load average {load} at the start"));
    }
    parts.join(", ")
}

fn read_line(path: &str) -> Option<String> {
    fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
}

fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().ok()?;
    String::from_utf8_lossy(&output.stdout).lines().next().map(str::to_owned)
}

/// Returns whether a program is installed, and prints a line if it isn't. In CI a missing program is an error.
pub(crate) fn has_program(name: &str) -> Outcome<bool> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found =
        std::env::split_paths(&path).map(|folder: PathBuf| folder.join(name)).any(|file| file.is_file());
    has(name, found)
}

/// Returns `found`, and prints a line if it is false. In CI that is an error.
pub(crate) fn has(name: &str, found: bool) -> Outcome<bool> {
    if !found && std::env::var_os("CI").is_some() {
        return Err(format!("{name} is missing, and in CI it must not be"));
    }
    if !found {
        print_now(&format!("skipped: {name} is not installed"));
    }
    Ok(found)
}

/// Returns how many files this process may have open; `None` if the OS doesn't report it.
pub(crate) fn file_limit() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    let soft = line.split_whitespace().next()?;
    if soft == "unlimited" { Some(u64::MAX) } else { soft.parse().ok() }
}

/// Calls `measure` in a process whose file limit is as high as possible: this process, or a copy that a shell starts.
pub(crate) fn with_enough_files(measure: impl FnOnce() -> Outcome<()>) -> Outcome<()> {
    const FILES_RAISED_VARIABLE: &str = "ECHO_BENCH_FILES_RAISED";
    let enough = file_limit().is_none_or(|limit| limit >= NEEDED_FILES);
    if enough || std::env::var_os(FILES_RAISED_VARIABLE).is_some() {
        return measure();
    }
    let own = std::env::current_exe().map_err(|error| format!("this program can't be found: {error}"))?;
    let status = Command::new("sh")
        .args(["-c", r#"ulimit -n "$(ulimit -Hn)"; exec "$0" "$@""#])
        .arg(own)
        .args(std::env::args_os().skip(1))
        .env(FILES_RAISED_VARIABLE, "1")
        .status()
        .map_err(|error| format!("no shell to raise the file limit: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("the run ended with {status}")) }
}
