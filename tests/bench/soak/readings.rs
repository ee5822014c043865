//! The resources of a process, read from /proc, and whether they grow over a run.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// The number of readings at the start of a run that don't count.
pub(crate) const WARM_UP: usize = 2;
/// The growth of resident memory that is always allowed.
const SLACK_KIB: f64 = 4096.0;
/// The allowed growth as a share of the baseline's memory; the larger limit applies.
const SLACK_PART: f64 = 0.15;

/// The resources of an idle process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reading {
    /// Resident memory in KiB.
    pub(crate) memory: u64,
    pub(crate) files: usize,
    pub(crate) threads: usize,
}

/// A process whose resource usage is sampled repeatedly.
pub(crate) struct Watched {
    pub(crate) name: &'static str,
    pub(crate) process: u32,
    pub(crate) readings: Vec<Reading>,
}

impl Watched {
    pub(crate) fn new(name: &'static str, process: u32) -> Self {
        Self { name, process, readings: Vec::new() }
    }

    fn folder(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}", self.process))
    }

    /// Reads the process; returns `None` if it has ended.
    pub(crate) fn read(&self) -> Option<Reading> {
        let status = fs::read_to_string(self.folder().join("status")).ok()?;
        let number = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1)?.parse::<u64>().ok()
        };
        let files = fs::read_dir(self.folder().join("fd")).ok()?.count();
        let threads = usize::try_from(number("Threads:")?).ok()?;
        Some(Reading { memory: number("VmRSS:")?, files, threads })
    }

    /// Returns the names of the process's threads and files, each with its count, for a message.
    pub(crate) fn inventory(&self) -> String {
        let names = |folder: &str, name: &dyn Fn(PathBuf) -> Option<String>| {
            let mut found = BTreeMap::<String, usize>::new();
            for entry in fs::read_dir(self.folder().join(folder)).into_iter().flatten().flatten() {
                *found.entry(name(entry.path()).unwrap_or_default()).or_default() += 1;
            }
            found.iter().map(|(name, count)| format!("{count} × {name}")).collect::<Vec<_>>().join(", ")
        };
        let threads =
            names("task", &|path| Some(fs::read_to_string(path.join("comm")).ok()?.trim().to_owned()));
        // Of a name such as `socket:[12345]`, only the type matters.
        let files = names("fd", &|path| {
            Some(fs::read_link(path).ok()?.display().to_string().split(":[").next()?.to_owned())
        });
        format!("threads: {threads}; files: {files}")
    }

    /// Returns the baseline reading.
    pub(crate) fn baseline(&self) -> Option<Reading> {
        self.readings.get(WARM_UP).copied()
    }

    /// Returns a message for each resource that has grown over the run.
    pub(crate) fn grown(&self) -> Vec<String> {
        let mut grown = Vec::new();
        let (Some(first), Some(last)) = (self.baseline(), self.readings.last()) else { return grown };
        if last.files > first.files {
            grown.push(format!("{}: {} open files became {}", self.name, first.files, last.files));
        }
        if last.threads > first.threads {
            grown.push(format!("{}: {} threads became {}", self.name, first.threads, last.threads));
        }
        let (growth, slack) = (self.growth(), self.slack());
        if growth > slack {
            grown.push(format!(
                "{}: memory grew by {growth:.0} KiB in the second half of the run, and {slack:.0} KiB are chance",
                self.name
            ));
        }
        grown
    }

    #[expect(clippy::cast_precision_loss, reason = "KiB of a process that fits into memory")]
    pub(crate) fn slack(&self) -> f64 {
        SLACK_KIB.max(SLACK_PART * self.baseline().map_or(0.0, |first| first.memory as f64))
    }

    /// Returns the growth in KiB from the middle of the run to its end. The first half is ignored, because an
    /// allocator may still reach its largest peak.
    #[expect(clippy::cast_precision_loss, reason = "KiB of a process that fits into memory")]
    pub(crate) fn growth(&self) -> f64 {
        let counted = self.readings.get(WARM_UP..).unwrap_or_default();
        let second_half = &counted[counted.len() / 2..];
        trend(&second_half.iter().map(|reading| reading.memory as f64).collect::<Vec<_>>())
    }
}

/// Returns the growth by the median slope of all pairs of readings (Theil and Sen), which a single odd reading at
/// either end doesn't change.
#[expect(clippy::cast_precision_loss, reason = "a run has some thousand readings at most")]
pub(crate) fn trend(readings: &[f64]) -> f64 {
    let mut slopes = Vec::new();
    for (from, before) in readings.iter().enumerate() {
        for (to, after) in readings.iter().enumerate().skip(from + 1) {
            slopes.push((after - before) / (to - from) as f64);
        }
    }
    slopes.sort_by(f64::total_cmp);
    slopes.get(slopes.len() / 2).map_or(0.0, |median| median * (readings.len() - 1) as f64)
}
