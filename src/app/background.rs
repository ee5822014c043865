//! Work that may block runs on threads of its own: reading and writing files, looking up an address. The results come
//! back through a channel that [`crate::app::App::poll`] reads.

use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use crate::app::file_check::CheckedFiles;
use crate::app::notice::Notice;
use crate::lessons::Lesson;
use crate::lessons::lesson::LessonFileError;
use crate::tls::file_error::{FileRole, TlsFileError};

/// Called from any thread when [`crate::app::App::poll`] would find something new.
pub type WakeFn = Arc<dyn Fn() + Send + Sync>;

/// The result of work in the background.
pub(super) enum JobResult {
    /// A message for the user.
    Notice(Notice),
    /// The certificate and key files were checked. Only the check with the highest number counts.
    Files(u64, Box<CheckedFiles>),
    /// A lesson file was read.
    Lesson(Box<Result<Lesson, LessonFileError>>),
    /// A file that was dropped on the window was read.
    DroppedFile(PathBuf, Result<FileRole, TlsFileError>),
    /// This computer's address in the local network, IPv6 or IPv4, was looked up.
    LanAddress {
        /// Whether the IPv6 address was asked for.
        ipv6: bool,
        /// `None` without a network.
        address: Option<IpAddr>,
    },
}

/// Starts the threads and receives their results.
pub(super) struct Background {
    sender: Sender<JobResult>,
    results: Receiver<JobResult>,
    wake: WakeFn,
    /// Every thread that writes a file holds a clone of the sender, so the receiver is disconnected when all are done.
    writers: (Option<Sender<()>>, Receiver<()>),
}

impl Background {
    pub(super) fn new(wake: WakeFn) -> Self {
        let (sender, results) = channel();
        let (writer, all_written) = channel();
        Self { sender, results, wake, writers: (Some(writer), all_written) }
    }

    /// Runs `work` on a thread of this name. [`Self::finish_writing`] waits for work that `writes` a file.
    ///
    /// # Errors
    /// The OS has no thread to spare.
    pub(super) fn run(
        &self,
        name: &str,
        writes: bool,
        work: impl FnOnce() -> JobResult + Send + 'static,
    ) -> io::Result<()> {
        let (sender, wake) = (self.sender.clone(), Arc::clone(&self.wake));
        let guard = self.writers.0.clone().filter(|_| writes);
        let run = move || {
            // Fails only when the app is gone.
            let _ = sender.send(work());
            drop(guard);
            wake();
        };
        thread::Builder::new().name(name.to_owned()).spawn(run).map(drop)
    }

    /// Returns a function that shows a notice.
    pub(super) fn notifier(&self) -> impl Fn(Notice) + Send + 'static {
        let (sender, wake) = (self.sender.clone(), Arc::clone(&self.wake));
        move |notice| {
            // Fails only when the app is gone.
            let _ = sender.send(JobResult::Notice(notice));
            wake();
        }
    }

    /// Returns the next result, if there is one.
    pub(super) fn next_result(&self) -> Option<JobResult> {
        self.results.try_recv().ok()
    }

    /// Waits until every file is written, but no longer than `timeout`.
    pub(super) fn finish_writing(&mut self, timeout: Duration) {
        self.writers.0 = None;
        // Nothing is ever sent: it returns when the last sender is dropped.
        let _ = self.writers.1.recv_timeout(timeout);
    }
}
