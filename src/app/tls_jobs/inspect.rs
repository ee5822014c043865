//! Reads a certificate file in full and has it checked as clients would, off the front end's thread.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use crate::app::tls_jobs::Wake;
use crate::app::tls_jobs::worker::Worker;
use crate::tls::CertificateFile;
use crate::tls::error::FileError;
use crate::tls::inspect::{Details, Roots, Verdict, verdicts};

/// Whose authorities a client trusts besides the file itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum RootsFrom {
    /// The system's.
    #[default]
    System,
    /// Those of a CA file.
    File(PathBuf),
}

/// What was found out about a certificate file.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// Its chain.
    pub details: Details,
    /// What clients will say; an error where the CA file can't be used.
    pub verdicts: Result<Vec<Verdict>, FileError>,
    /// When it was checked.
    pub at: Timestamp,
}

type Question = (PathBuf, RootsFrom);

/// The thread that reads and checks. The system's authorities are loaded once.
pub struct Inspector {
    worker: Worker<Question, Result<Inspection, FileError>>,
}

impl Inspector {
    /// Starts the thread; it ends when this is dropped.
    #[must_use]
    pub fn new(wake: &Wake) -> Self {
        let mut system = None;
        let inspect = move |(path, from): Question| {
            let file = CertificateFile::read(&path)?;
            let roots = match from {
                RootsFrom::System => Ok(system.get_or_insert_with(Roots::system).clone()),
                RootsFrom::File(path) => Roots::read(&path),
            };
            let at = Timestamp::now();
            let verdicts = roots.map(|roots| verdicts(&file, &roots, at));
            Ok(Inspection { details: Details::of(&file), verdicts, at })
        };
        Self { worker: Worker::new("inspect certificate", Arc::clone(wake), inspect) }
    }

    /// Asks about a file.
    pub fn ask(&mut self, path: PathBuf, roots: RootsFrom) {
        self.worker.ask((path, roots));
    }

    /// Whether an answer is still to come.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.worker.is_busy()
    }

    /// The answer to the last question, once.
    pub fn answer(&mut self) -> Option<Result<Inspection, FileError>> {
        self.worker.answer()
    }
}
