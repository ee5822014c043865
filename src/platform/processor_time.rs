//! The processor time of a thread's work, and of a software renderer's threads.

use std::time::{Duration, Instant};

/// Returns the processor time of this thread (`clock_gettime(2)`), if the OS reports it.
#[cfg(unix)]
#[expect(unsafe_code, reason = "rustix' safe wrapper crashes under valgrind, which moves the vDSO")]
pub(crate) fn thread_time() -> Option<Duration> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is valid for the call, which writes one `timespec` to it.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    let (seconds, nanoseconds) = (u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?);
    (result == 0).then(|| Duration::new(seconds, nanoseconds))
}

/// Returns `None`.
#[cfg(not(unix))]
pub(crate) fn thread_time() -> Option<Duration> {
    None
}

/// Measures the processor time of this thread's work. If the OS doesn't report it, this measures the elapsed time
/// instead, which is longer.
pub(crate) struct WorkTimer {
    processor: Option<Duration>,
    clock: Instant,
}

impl WorkTimer {
    pub(crate) fn start() -> Self {
        Self { processor: thread_time(), clock: Instant::now() }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        let processor = self.processor.zip(thread_time()).map(|(start, now)| now.saturating_sub(start));
        processor.unwrap_or_else(|| self.clock.elapsed())
    }
}

/// The threads of this process on which a software renderer draws.
#[cfg(feature = "gui")]
#[derive(Debug)]
pub(crate) struct RasterThreads {
    #[cfg(target_os = "linux")]
    statistics: Vec<std::fs::File>,
}

#[cfg(feature = "gui")]
impl RasterThreads {
    /// Finds the threads by their names, which only Linux reports.
    #[cfg(target_os = "linux")]
    pub(crate) fn find() -> Self {
        use std::fs::{self, File};
        /// The beginning of the names of Mesa's threads, as in `llvmpipe-0`.
        const NAME: &str = "llvmpipe";

        let threads =
            fs::read_dir("/proc/self/task").into_iter().flatten().flatten().map(|entry| entry.path());
        let is_named = |name: String| name.starts_with(NAME);
        let found = threads.filter(|path| fs::read_to_string(path.join("comm")).is_ok_and(is_named));
        Self { statistics: found.filter_map(|path| File::open(path.join("schedstat")).ok()).collect() }
    }

    /// Finds no threads.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn find() -> Self {
        Self {}
    }

    /// Returns the processor time of all threads; `None` if it can't be measured.
    #[cfg(target_os = "linux")]
    pub(crate) fn time(&self) -> Option<Duration> {
        use std::os::unix::fs::FileExt;

        // The file begins with the thread's time on a processor in nanoseconds (Documentation/scheduler/sched-stats.rst
        // in the kernel's source).
        let time = |file: &std::fs::File| {
            let mut text = [0; 64];
            let length = file.read_at(&mut text, 0).ok()?;
            let text = std::str::from_utf8(&text[..length]).ok()?;
            text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
        };
        let times = self.statistics.iter().map(time).collect::<Option<Vec<_>>>()?;
        (!times.is_empty()).then(|| times.iter().sum())
    }

    /// Returns `None`.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn time(&self) -> Option<Duration> {
        let _ = self;
        None
    }
}

#[cfg(all(test, feature = "gui", target_os = "linux"))]
mod tests {
    use super::*;
    use std::thread::Builder;

    #[test]
    fn time_of_the_renderers_threads_is_measured() {
        let (work, orders) = std::sync::mpsc::sync_channel(0);
        let rasterize = move || {
            for () in orders {
                let start = Instant::now();
                while start.elapsed() < Duration::from_millis(20) {}
            }
        };
        let thread = Builder::new().name("llvmpipe-0".to_owned()).spawn(rasterize).unwrap();
        work.send(()).unwrap();
        let threads = RasterThreads::find();
        let before = threads.time().unwrap();
        // Handing over the third order waits for the end of the second.
        work.send(()).unwrap();
        work.send(()).unwrap();
        let took = threads.time().unwrap().checked_sub(before).unwrap();
        drop(work);
        thread.join().unwrap();
        assert!(took > Duration::ZERO, "{took:?}");
        assert!(thread_time().unwrap() > Duration::ZERO);
    }
}
