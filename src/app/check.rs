//! The certificate and key files, read and checked off the front end's thread as soon as their paths change.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use crate::tls::error::{FileError, Role, TlsError};
use crate::tls::{
    self, CertificateFile, CertificateReport, ClientCaFile, ClientCaReport, KeyFile, KeyReport, Signer,
};

/// What is known of a file.
#[derive(Debug, Clone)]
pub enum Check<T> {
    /// No path was given.
    Empty,
    /// It is being read.
    Reading,
    /// It can be used, and this is in it.
    Good(T),
    /// It can't be used, for this reason.
    Bad(FileError),
}

impl<T> Check<T> {
    /// The file at this path is being read. What was known stays on show until the answer comes, which mostly is
    /// within the same frame.
    pub(super) fn expect(&mut self, path: &Path) {
        if path.as_os_str().is_empty() {
            *self = Self::Empty;
        } else if !matches!(self, Self::Good(_)) {
            *self = Self::Reading;
        }
    }
}

/// What was found out about the files together.
#[derive(Debug, Clone)]
pub(super) struct Files {
    pub(super) certificate: Check<CertificateReport>,
    /// Who signed the certificate, as far as it and the files beside it tell; `None` until it is good.
    pub(super) signer: Option<Signer>,
    pub(super) key: Check<KeyReport>,
    pub(super) client_ca: Check<ClientCaReport>,
    /// Whether they belong together; `None` until both are good.
    pub(super) pair: Option<Result<(), TlsError>>,
}

impl Files {
    pub(super) fn nothing() -> Self {
        Self {
            certificate: Check::Empty,
            signer: None,
            key: Check::Empty,
            client_ca: Check::Empty,
            pair: None,
        }
    }
}

/// What comes back from the thread.
pub(super) enum Finding {
    /// The files at the paths that were asked for last.
    Files(Box<Files>),
    /// What a dropped file is.
    Dropped(PathBuf, Result<Role, FileError>),
}

enum Question {
    Files { certificate: PathBuf, key: PathBuf, client_ca: PathBuf },
    Dropped(PathBuf),
}

/// The thread that reads files, and the way to it. It ends when this is dropped.
pub(super) struct Checker {
    questions: Option<Sender<Question>>,
    findings: Receiver<Finding>,
    /// Questions about the files that have no answer yet: only the last answer counts.
    open: usize,
}

impl Checker {
    pub(super) fn new(wake: impl Fn() + Send + 'static) -> Self {
        let (questions, asked) = channel();
        let (found, findings) = channel();
        let work = move || {
            while let Ok(question) = asked.recv() {
                let finding = match question {
                    Question::Files { certificate, key, client_ca } => {
                        Finding::Files(Box::new(check(&certificate, &key, &client_ca)))
                    }
                    Question::Dropped(path) => {
                        let role = tls::classify(&path);
                        Finding::Dropped(path, role)
                    }
                };
                if found.send(finding).is_err() {
                    return;
                }
                wake();
            }
        };
        // Without the thread nothing is checked ahead; the start reads the files itself and tells.
        let started = thread::Builder::new().name("check files".to_owned()).spawn(work).is_ok();
        Self { questions: started.then_some(questions), findings, open: 0 }
    }

    /// Asks for the files. Whether an answer will come.
    pub(super) fn files(&mut self, certificate: PathBuf, key: PathBuf, client_ca: PathBuf) -> bool {
        let asked = self.ask(Question::Files { certificate, key, client_ca });
        self.open += usize::from(asked);
        asked
    }

    pub(super) fn dropped(&self, path: PathBuf) {
        self.ask(Question::Dropped(path));
    }

    /// The next answer that still counts.
    pub(super) fn next(&mut self) -> Option<Finding> {
        loop {
            let finding = self.findings.try_recv().ok()?;
            if matches!(finding, Finding::Files(_)) {
                self.open -= 1;
                if self.open > 0 {
                    continue;
                }
            }
            return Some(finding);
        }
    }

    fn ask(&self, question: Question) -> bool {
        self.questions.as_ref().is_some_and(|questions| questions.send(question).is_ok())
    }
}

fn check(certificate: &Path, key: &Path, client_ca: &Path) -> Files {
    let client_ca = (!client_ca.as_os_str().is_empty()).then(|| ClientCaFile::read(client_ca));
    let certificate = (!certificate.as_os_str().is_empty()).then(|| CertificateFile::read(certificate));
    let key = (!key.as_os_str().is_empty()).then(|| KeyFile::read(key));
    let pair = match (&certificate, &key) {
        (Some(Ok(certificate)), Some(Ok(key))) => Some(tls::check_pair(certificate, key)),
        _ => None,
    };
    let signer = certificate.as_ref().and_then(|read| read.as_ref().ok()).map(Signer::of);
    Files {
        signer,
        certificate: told(certificate, |file| file.report().clone()),
        key: told(key, |file| file.report().clone()),
        client_ca: told(client_ca, |file| file.report().clone()),
        pair,
    }
}

fn told<F, R>(read: Option<Result<F, FileError>>, report: impl FnOnce(&F) -> R) -> Check<R> {
    match read {
        None => Check::Empty,
        Some(Ok(file)) => Check::Good(report(&file)),
        Some(Err(error)) => Check::Bad(error),
    }
}
