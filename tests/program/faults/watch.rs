//! A process from outside, as /proc tells of it (proc(5)): its file descriptors, threads, memory and CPU time.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::{echoscope, program};

/// How many file descriptors it has open.
pub(crate) fn descriptors(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count()
}

/// How many threads it has.
pub(crate) fn threads(pid: u32) -> usize {
    number(pid, "Threads:")
}

/// Whether one of its threads has a name that begins so.
pub(crate) fn has_thread(pid: u32, name: &str) -> bool {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    // One that ends meanwhile has no name any more.
    tasks
        .flatten()
        .any(|task| fs::read_to_string(task.path().join("comm")).is_ok_and(|found| found.starts_with(name)))
}

/// Its resident memory, in KiB.
pub(crate) fn resident(pid: u32) -> usize {
    number(pid, "VmRSS:")
}

fn number(pid: u32, key: &str) -> usize {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(key)).unwrap();
    line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
}

/// The CPU time of all its threads so far.
pub(crate) fn cpu_time(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // The name in parentheses may hold anything; utime and stime are the 14th and 15th field of all.
    let (_, rest) = stat.rsplit_once(") ").unwrap();
    let ticks: u64 = rest.split(' ').skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum();
    // USER_HZ is 100 on every architecture that Rust's standard library knows.
    Duration::from_millis(ticks * 10)
}

/// Asserts that a process rests: over a second it takes less than a sixth of that as CPU time. A loop that spins takes
/// all that it is given, on a busy machine still its fair share.
#[track_caller]
pub(crate) fn assert_rests(pid: u32) {
    const LOOK: Duration = Duration::from_secs(1);
    let before = cpu_time(pid);
    std::thread::sleep(LOOK);
    let took = cpu_time(pid).saturating_sub(before);
    assert!(took < LOOK / 6, "it does not rest: {took:?} of CPU time in {LOOK:?}");
}

/// Sees to it that this process, and those that it starts, may open so many files. `None`: it may not.
pub(crate) fn allow_descriptors(count: usize) -> Option<()> {
    program("prlimit")?;
    let pid = std::process::id().to_string();
    let raise = format!("--nofile={count}:");
    let status =
        Command::new("prlimit").args(["--pid", &pid, &raise]).stderr(Stdio::null()).status().unwrap();
    if !status.success() {
        eprintln!("skipped: this process may not open {count} files (ulimit -Hn)");
        return None;
    }
    Some(())
}

/// The program, started by a shell that does this first: `ulimit -n 64`.
pub(crate) fn after(preparation: &str, arguments: &[&str]) -> Command {
    let plain = echoscope(arguments);
    let mut command = Command::new("sh");
    let line = format!(r#"{preparation}; exec "$0" "$@""#);
    command.args(["-c", &line]).arg(plain.get_program()).args(plain.get_args()).stdin(Stdio::null());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}
