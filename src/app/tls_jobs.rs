//! Jobs for the TLS dialogs that may take long: creating certificates and inspecting them. They run on threads of their
//! own. The caller starts a job and polls for its result after each wake-up. Only the result of the last job counts.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use jiff::Timestamp;

use crate::app::background::WakeFn;
use crate::settings::Settings;
use crate::text::io_error;
use crate::tls::create::{self, CertificateSpec, CreateError, CreatedFiles, Preflight};
use crate::tls::file_error::TlsFileError;
use crate::tls::inspect::chain::{ChainLink, chain_links};
use crate::tls::inspect::client_check::{ClientCheck, Roots, check_as_clients};
use crate::tls::{Certificate, CertificateFile};

pub use crate::settings::parse::{PathText, path as typed_path};

/// Returns the folder for new certificates: that of the current certificate, otherwise `echoscope` in the user's
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
    pub preflights: LatestJob<CertificateSpec, (CertificateSpec, Preflight)>,
    /// Creates the files.
    pub creations: LatestJob<Creation, CreationResult>,
    canceled: Arc<AtomicBool>,
}

/// A certificate to create.
pub struct Creation {
    spec: CertificateSpec,
    replace: bool,
    canceled: Arc<AtomicBool>,
}

/// The result of a creation; `Ok(None)` if it was canceled.
pub type CreationResult = Result<Option<CreatedFiles>, CreateError>;

impl CertificateCreator {
    /// Creates the creator without starting a job. Dropping it cancels a creation.
    #[must_use]
    pub fn new(wake: &WakeFn) -> Self {
        let preflight = |spec: CertificateSpec| {
            let preflight = create::preflight(&spec, Timestamp::now());
            (spec, preflight)
        };
        let create = |creation: Creation| {
            let write = create::prepare(&creation.spec, creation.replace, Timestamp::now())?;
            if creation.canceled.load(Ordering::SeqCst) {
                return Ok(None);
            }
            write().map(Some)
        };
        Self {
            preflights: LatestJob::new("check-folder", wake, preflight),
            creations: LatestJob::new("create-certificate", wake, create),
            canceled: Arc::default(),
        }
    }

    /// Starts to create the files. `replace`: whether existing files may be replaced.
    pub fn start(&mut self, spec: CertificateSpec, replace: bool) {
        self.canceled = Arc::default();
        self.creations.start(Creation { spec, replace, canceled: Arc::clone(&self.canceled) });
    }

    /// Cancels the creation, unless its files are being written already.
    pub fn cancel(&self) {
        self.canceled.store(true, Ordering::SeqCst);
    }
}

impl Drop for CertificateCreator {
    fn drop(&mut self) {
        self.cancel();
    }
}

/// The whole content of a certificate file, and how clients treat it.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// The file's certificates, the server's own first.
    pub certificates: Arc<[Certificate]>,
    /// How each certificate relates to the next.
    pub links: Vec<ChainLink>,
    /// The checks that clients make, or the error of their CA file.
    pub checks: Result<Vec<ClientCheck>, TlsFileError>,
    /// The time of the checks.
    pub at: Timestamp,
}

/// Inspects a certificate file. The job is its path and the clients' CA file; without one, the clients use the OS's
/// trust store.
pub type CertificateInspector = LatestJob<(PathBuf, Option<PathBuf>), Result<Inspection, TlsFileError>>;

/// Returns an inspector, which reads and checks certificate files in the background.
#[must_use]
pub fn certificate_inspector(wake: &WakeFn) -> CertificateInspector {
    LatestJob::new("inspect-certificate", wake, |(path, ca_file)| {
        let file = CertificateFile::read(&path)?;
        let roots = ca_file.map_or_else(|| Ok(Roots::system()), |path| Roots::read(&path));
        let at = Timestamp::now();
        let checks = roots.map(|roots| check_as_clients(&file, &roots, at));
        let certificates = Arc::clone(file.certificates());
        Ok(Inspection { certificates, links: chain_links(&file), checks, at })
    })
}

/// A job ended without an output.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The OS can't create a thread.
    #[error("Can't create a thread: {}. Try again.", io_error(.0))]
    Thread(io::Error),
    /// The job panicked. The panic hook has reported it.
    #[error("Internal error: the work ended without a result. Try again.")]
    Panicked,
}

/// Runs each job on a thread of its own. Only the output of the last one counts.
pub struct LatestJob<Job, Output> {
    name: &'static str,
    wake: WakeFn,
    run: fn(Job) -> Output,
    output: Option<Receiver<Result<Output, JobError>>>,
}

impl<Job: Send + 'static, Output: Send + 'static> LatestJob<Job, Output> {
    pub(crate) fn new(name: &'static str, wake: &WakeFn, run: fn(Job) -> Output) -> Self {
        Self { name, wake: Arc::clone(wake), run, output: None }
    }

    /// Starts a job. Discards the output of earlier jobs.
    pub fn start(&mut self, job: Job) {
        let (sender, output) = channel();
        self.output = Some(output);
        let (run, wake) = (self.run, Arc::clone(&self.wake));
        let finish = move |result| {
            if sender.send(result).is_ok() {
                wake();
            }
        };
        let report = finish.clone();
        let work =
            move || finish(catch_unwind(AssertUnwindSafe(|| run(job))).map_err(|_| JobError::Panicked));
        if let Err(error) = thread::Builder::new().name(self.name.to_owned()).spawn(work) {
            report(Err(JobError::Thread(error)));
        }
    }

    /// Returns whether the last job is running, or its output was not polled yet.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.output.is_some()
    }

    /// Returns the output of the last job, once, or why it has none.
    pub fn poll(&mut self) -> Option<Result<Output, JobError>> {
        let output = self.output.as_ref()?.try_recv().ok()?;
        self.output = None;
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
        let mut jobs = LatestJob::new("test", &wake, |number: u32| number * 2);
        (1..=3).for_each(|number| jobs.start(number));
        assert!(jobs.is_busy());
        let output = loop {
            wakes.recv().unwrap();
            if let Some(output) = jobs.poll() {
                break output;
            }
        };
        assert_eq!((output.unwrap(), jobs.is_busy()), (6, false));
    }

    #[test]
    fn job_that_panics_ends() {
        let (woken, wakes) = mpsc::channel();
        let wake: WakeFn = Arc::new(move || woken.send(()).unwrap_or_default());
        let mut jobs: LatestJob<(), ()> = LatestJob::new("test", &wake, |()| panic!("on purpose"));
        jobs.start(());
        wakes.recv().unwrap();
        assert!(matches!(jobs.poll(), Some(Err(JobError::Panicked))) && !jobs.is_busy());
    }
}
