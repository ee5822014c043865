//! A folder with files for one test, and the programs that create them.

use std::fmt::Display;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use echoscope::tls::{CertificateFile, KeyFile};
use rcgen::{CertificateParams, KeyPair};

/// The folder of a test.
pub(crate) struct Lab(pub(crate) tempfile::TempDir);

impl Lab {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        fs::write(self.path(name), content).unwrap();
        self.path(name)
    }

    /// Runs a command in the folder. Its arguments are split at spaces.
    pub(crate) fn run(&self, line: &str) {
        let mut parts = line.split(' ');
        let output =
            Command::new(parts.next().unwrap()).args(parts).current_dir(self.0.path()).output().unwrap();
        assert!(output.status.success(), "{line}\n{}", String::from_utf8_lossy(&output.stderr));
    }

    pub(crate) fn certificate_error(&self, name: &str) -> String {
        self.relative_message(&CertificateFile::read(&self.path(name)).unwrap_err())
    }

    pub(crate) fn key_error(&self, name: &str) -> String {
        self.relative_message(&KeyFile::read(&self.path(name)).unwrap_err())
    }

    /// Returns the error message without the folder's path, as if the user had given relative paths.
    pub(crate) fn relative_message(&self, error: &impl Display) -> String {
        let folder = format!(" {}{}", self.0.path().display(), std::path::MAIN_SEPARATOR);
        error.to_string().replace(&folder, " ")
    }
}

/// Returns whether a program is installed. In CI on Linux it must be.
pub(crate) fn has_program(program: &str, argument: &str) -> bool {
    let found = Command::new(program).arg(argument).output().is_ok();
    let needed = std::env::var_os("CI").is_some() && cfg!(target_os = "linux");
    assert!(found || !needed, "{program} is needed in CI");
    if !found {
        // The test runner hides the output of `println!`, but not this.
        let _ = writeln!(std::io::stderr(), "skipped: {program} is not on this computer");
    }
    found
}

/// Returns a certificate for localhost that is valid in 2026, and its key.
pub(crate) fn pair(algorithm: &'static rcgen::SignatureAlgorithm) -> (rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate_for(algorithm).unwrap();
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let mut params = CertificateParams::new(names).unwrap();
    params.not_before = rcgen::date_time_ymd(2026, 1, 1);
    params.not_after = rcgen::date_time_ymd(2027, 1, 1);
    (params.self_signed(&key).unwrap(), key)
}
