//! The threads and the memory of this process.

/// How many threads this process has, and how much of its memory is in RAM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessUsage {
    /// The number of threads.
    pub threads: u64,
    /// The resident memory in bytes.
    pub resident: u64,
}

/// Returns the current usage, which only Linux reports in an easily read file (proc(5), `status`); elsewhere `None`.
#[cfg(target_os = "linux")]
#[must_use]
pub fn process_usage() -> Option<ProcessUsage> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let number = |key: &str| {
        let value = status.lines().find_map(|line| line.strip_prefix(key))?;
        value.trim_start_matches(':').split_whitespace().next()?.parse::<u64>().ok()
    };
    Some(ProcessUsage { threads: number("Threads")?, resident: number("VmRSS")? * 1024 })
}

/// Returns `None`.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn process_usage() -> Option<ProcessUsage> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    #[test]
    fn threads_and_memory_are_counted() {
        // Other tests of this process start and end threads, too, but not hundreds.
        const THREADS: usize = 500;
        let barrier = Barrier::new(THREADS + 1);
        let usage = thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| barrier.wait());
            }
            let usage = process_usage();
            barrier.wait();
            usage
        });
        let usage = usage.unwrap();
        assert!(usage.threads > THREADS as u64, "{usage:?}");
        assert!(usage.resident > 1 << 20, "{usage:?}");
    }
}
