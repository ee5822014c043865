//! Observes a process through /proc (proc(5)): its file descriptors, threads, memory and CPU time.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::{echoscope, program};

/// Returns how many file descriptors the process has open.
pub(crate) fn descriptors(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count()
}

/// Returns how many threads the process has.
pub(crate) fn threads(pid: u32) -> usize {
    number(pid, "Threads:")
}

/// Returns whether the process has a thread whose name starts with `name`.
pub(crate) fn has_thread(pid: u32, name: &str) -> bool {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    // The name of a thread that ends meanwhile can't be read.
    tasks
        .flatten()
        .any(|task| fs::read_to_string(task.path().join("comm")).is_ok_and(|found| found.starts_with(name)))
}

/// Returns the resident memory of the process in KiB.
pub(crate) fn resident(pid: u32) -> usize {
    number(pid, "VmRSS:")
}

fn number(pid: u32, key: &str) -> usize {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(key)).unwrap();
    line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Returns the CPU time that all threads of the process have used.
pub(crate) fn cpu_time(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // Skip the name in parentheses, which may contain anything; utime and stime are fields 14 and 15.
    let (_, rest) = stat.rsplit_once(") ").unwrap();
    let ticks: u64 = rest.split(' ').skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum();
    // USER_HZ is 100 on every architecture that Rust's standard library supports.
    Duration::from_millis(ticks * 10)
}

/// Asserts that a process is idle: within one of several seconds it uses less than a sixth of a second of CPU time. A
/// busy loop would use at least its fair share in each, even on a busy machine.
#[track_caller]
pub(crate) fn assert_idle(pid: u32) {
    const OBSERVED_TIME: Duration = Duration::from_secs(1);
    // While other tests have thousands of connections, the OS's table of sockets takes long to read.
    let took = (0..10).map(|_| {
        let before = cpu_time(pid);
        std::thread::sleep(OBSERVED_TIME);
        cpu_time(pid).saturating_sub(before)
    });
    let mut took = took.inspect(|took| println!("{took:?} of CPU time in {OBSERVED_TIME:?}"));
    assert!(took.any(|took| took < OBSERVED_TIME / 6), "it does not rest");
}

/// Lets this process and its children open `count` files. Returns `None` if that isn't allowed.
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

/// Returns a command that starts the program in a shell after `preparation`, for example `ulimit -n 64`.
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
