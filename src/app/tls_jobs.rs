//! Jobs for the TLS dialogs that may take long, each kind on its own thread: creating certificates and reading them in
//! full. The caller starts a job and polls for its result after each wake-up. Only the result of the last job counts.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use jiff::Timestamp;

use crate::app::background::WakeFn;
use crate::settings::Settings;
use crate::tls::create::{self, CertificateSpec, CreateError, CreatedFiles, Preflight};
use crate::tls::file_error::TlsFileError;
use crate::tls::inspect::chain::{ChainLink, chain_links};
use crate::tls::inspect::client_check::{ClientCheck, Roots, check_as_clients};
use crate::tls::{Certificate, CertificateFile};

pub use crate::settings::parse::path as typed_path;

/// Returns the folder for new certificates: that of the current certificate, or else `echoscope` in the user's
/// documents or home folder.
#[must_use]
pub fn default_folder(settings: &Settings) -> PathBuf {
    if let Some(current) = settings.certificate.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        return current.to_owned();
    }
    let Some(dirs) = directories::UserDirs::new() else { return PathBuf::new() };
    // Only the last folder of a path can be created, so its parent has to exist.
    let parent = dirs.document_dir().filter(|folder| folder.is_dir()).unwrap_or(dirs.home_dir());
    parent.join("echoscope")
}

/// Creates certificates in the background: generating a long RSA key takes seconds.
pub struct CertificateCreator {
    /// Checks the folder and the practice CA.
    pub preflights: LatestJobThread<CertificateSpec, (CertificateSpec, Preflight)>,
    /// Creates the files.
    pub creations: LatestJobThread<Creation, CreationResult>,
    cancelled: Arc<AtomicBool>,
}

/// A certificate to create.
pub struct Creation {
    spec: CertificateSpec,
    replace: bool,
    cancelled: Arc<AtomicBool>,
}

/// The result of a creation; `Ok(None)` if it was cancelled.
pub type CreationResult = Result<Option<CreatedFiles>, CreateError>;

impl CertificateCreator {
    /// Starts the threads. They end when this is dropped, which also cancels a creation.
    #[must_use]
    pub fn new(wake: &WakeFn) -> Self {
        let preflight = |spec: CertificateSpec| {
            let preflight = create::preflight(&spec, Timestamp::now());
            (spec, preflight)
        };
        let create = |creation: Creation| {
            let write = create::prepare(&creation.spec, creation.replace, Timestamp::now())?;
            if creation.cancelled.load(Ordering::SeqCst) {
                return Ok(None);
            }
            write().map(Some)
        };
        Self {
            preflights: LatestJobThread::new("check-folder", Arc::clone(wake), preflight),
            creations: LatestJobThread::new("create-certificate", Arc::clone(wake), create),
            cancelled: Arc::default(),
        }
    }

    /// Starts to create the files.
    pub fn start(&mut self, spec: CertificateSpec, replace: bool) {
        self.cancelled = Arc::default();
        self.creations.start(Creation { spec, replace, cancelled: Arc::clone(&self.cancelled) });
    }

    /// Cancels the creation, unless its files are being written already.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
    }
}

impl Drop for CertificateCreator {
    fn drop(&mut self) {
        self.cancel();
    }
}

/// A certificate file in full, and how clients treat it.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// Its certificates, the server's own first.
    pub certificates: Arc<[Certificate]>,
    /// The relation of each certificate to the next.
    pub links: Vec<ChainLink>,
    /// The checks that clients make, or the error of their CA file.
    pub checks: Result<Vec<ClientCheck>, TlsFileError>,
    /// The time of the checks.
    pub at: Timestamp,
}

/// Inspects a certificate file, given with the clients' CA file; without one they use the OS's trust store.
pub type CertificateInspector = LatestJobThread<(PathBuf, Option<PathBuf>), Result<Inspection, TlsFileError>>;

/// Starts a thread that reads and checks certificate files. It loads the OS's trust store once.
#[must_use]
pub fn certificate_inspector(wake: &WakeFn) -> CertificateInspector {
    let mut system = None;
    let inspect = move |(path, ca_file): (PathBuf, Option<PathBuf>)| {
        let file = CertificateFile::read(&path)?;
        let roots = match ca_file {
            None => Ok(system.get_or_insert_with(Roots::system).clone()),
            Some(path) => Roots::read(&path),
        };
        let at = Timestamp::now();
        let checks = roots.map(|roots| check_as_clients(&file, &roots, at));
        let certificates = Arc::clone(file.certificates());
        Ok(Inspection { certificates, links: chain_links(&file), checks, at })
    };
    LatestJobThread::new("inspect-certificate", Arc::clone(wake), inspect)
}

/// A thread that runs one job after the other and skips all but the last of those that wait. It ends when this is
/// dropped.
pub struct LatestJobThread<Job, Output> {
    jobs: Option<Sender<(u64, Job)>>,
    outputs: Receiver<(u64, Output)>,
    started: u64,
    finished: u64,
}

impl<Job: Send + 'static, Output: Send + 'static> LatestJobThread<Job, Output> {
    fn new(name: &str, wake: WakeFn, mut run: impl FnMut(Job) -> Output + Send + 'static) -> Self {
        let (jobs, waiting) = channel::<(u64, Job)>();
        let (done, outputs) = channel();
        let work = move || {
            while let Ok(mut job) = waiting.recv() {
                while let Ok(newer) = waiting.try_recv() {
                    job = newer;
                }
                if done.send((job.0, run(job.1))).is_err() {
                    return;
                }
                wake();
            }
        };
        let spawned = thread::Builder::new().name(name.to_owned()).spawn(work).is_ok();
        Self { jobs: spawned.then_some(jobs), outputs, started: 0, finished: 0 }
    }

    /// Starts a job. Earlier jobs are superseded.
    pub fn start(&mut self, job: Job) {
        self.started += 1;
        let sent = self.jobs.as_ref().is_some_and(|jobs| jobs.send((self.started, job)).is_ok());
        if !sent {
            self.finished = self.started;
        }
    }

    /// Returns whether the last job runs or waits.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.finished < self.started
    }

    /// Returns the output of the last job, once.
    pub fn poll(&mut self) -> Option<Output> {
        let (number, output) = self.outputs.try_iter().last()?;
        if number != self.started {
            return None;
        }
        self.finished = number;
        Some(output)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn only_the_last_job_has_an_output() {
        let (woken, wakes) = mpsc::channel();
        let wake: WakeFn = Arc::new(move || woken.send(()).unwrap_or_default());
        let (release, held) = mpsc::channel::<()>();
        let mut thread = LatestJobThread::new("test", wake, move |number: u32| {
            held.recv().unwrap();
            number * 2
        });
        (1..=3).for_each(|number| thread.start(number));
        assert!(thread.is_busy());
        // Enough for every job, even if none is skipped.
        (0..3).for_each(|_| release.send(()).unwrap());
        let output = loop {
            wakes.recv().unwrap();
            if let Some(output) = thread.poll() {
                break output;
            }
        };
        assert_eq!((output, thread.is_busy()), (6, false));
    }
}
