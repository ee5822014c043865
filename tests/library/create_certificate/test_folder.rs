//! A folder for one test, and `create-certificate` in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::{Finished, Server, echoscope, finish};

pub(crate) const KEYS: [&str; 4] = ["rsa2048", "rsa4096", "p256", "ed25519"];

pub(crate) struct TestFolder(tempfile::TempDir);

impl TestFolder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Runs `echoscope create-certificate --out` with this folder and these flags.
    pub(crate) fn create(&self, flags: &[&str]) -> Finished {
        create(self.folder(), flags)
    }

    /// Creates a folder and a certificate in it with these flags.
    pub(crate) fn with_certificate(flags: &[&str]) -> Self {
        let folder = Self::new();
        let end = folder.create(flags);
        assert_eq!((end.code, end.stderr.as_str()), (Some(0), ""), "{flags:?}");
        folder
    }

    /// Starts a server with the certificate.
    pub(crate) fn serve(&self) -> Server {
        Server::start(&[
            "--host",
            "127.0.0.1",
            "--tls",
            "--cert",
            &self.text("server.crt"),
            "--key",
            &self.text("server.key"),
        ])
    }

    /// Returns the file that clients trust: the CA's, or the certificate itself.
    pub(crate) fn ca_file(&self) -> String {
        let ca = self.path("ca.crt");
        self.text(if ca.exists() { "ca.crt" } else { "server.crt" })
    }

    /// Returns the names of all files in the folder, including hidden ones.
    pub(crate) fn files(&self) -> Vec<String> {
        files(self.folder())
    }
}

/// Returns the names of all files in a folder, including hidden ones.
pub(crate) fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

pub(crate) fn create(folder: &Path, flags: &[&str]) -> Finished {
    let mut arguments = vec!["create-certificate", "--out", folder.to_str().unwrap()];
    arguments.extend_from_slice(flags);
    finish(echoscope(&arguments))
}

/// Runs a program in a folder. Splits its arguments at spaces.
pub(crate) fn run(program: &Path, folder: &Path, line: &str) -> Finished {
    let mut command = Command::new(program);
    command.args(line.split(' ')).current_dir(folder).stdin(Stdio::null());
    finish(command)
}

/// Asserts the exit code and one line without jargon on stderr; returns that line.
pub(crate) fn one_line(end: &Finished, code: i32) -> String {
    assert_eq!((end.code, end.stdout.as_str()), (Some(code), ""), "{end:?}");
    let lines: Vec<_> = end.stderr.lines().collect();
    assert_eq!(lines.len(), 1, "{lines:#?}");
    for jargon in ["Os {", "Error", "::", "panicked", "os error"] {
        assert!(!lines[0].contains(jargon), "{jargon:?} in {}", lines[0]);
    }
    lines[0].to_owned()
}
