//! A folder for one test, and `create-certificate` in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::{Finished, Server, echoscope, finish};

pub(crate) const KEYS: [&str; 4] = ["rsa2048", "rsa4096", "p256", "ed25519"];

pub(crate) struct Lab(tempfile::TempDir);

impl Lab {
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

    /// Runs `echoscope create-certificate --out` this folder with more flags.
    pub(crate) fn create(&self, flags: &[&str]) -> Finished {
        create(self.folder(), flags)
    }

    /// The same, where it has to succeed.
    pub(crate) fn made(flags: &[&str]) -> Self {
        let lab = Self::new();
        let end = lab.create(flags);
        assert_eq!((end.code, end.stderr.as_str()), (Some(0), ""), "{flags:?}");
        lab
    }

    /// Serves with what was made.
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

    /// The file that clients are given as CA file.
    pub(crate) fn ca_file(&self) -> String {
        let ca = self.path("ca.crt");
        self.text(if ca.exists() { "ca.crt" } else { "server.crt" })
    }

    /// The names of all files in the folder, hidden ones too.
    pub(crate) fn files(&self) -> Vec<String> {
        files(self.folder())
    }
}

/// The names of all files in a folder, hidden ones too.
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

/// Runs a program in a folder; its arguments are split at spaces.
pub(crate) fn run(program: &Path, folder: &Path, line: &str) -> Finished {
    let mut command = Command::new(program);
    command.args(line.split(' ')).current_dir(folder).stdin(Stdio::null());
    finish(command)
}

/// Asserts an exit code and one plain line on stderr, and gives it.
pub(crate) fn one_line(end: &Finished, code: i32) -> String {
    assert_eq!((end.code, end.stdout.as_str()), (Some(code), ""), "{end:?}");
    let lines: Vec<_> = end.stderr.lines().collect();
    assert_eq!(lines.len(), 1, "{lines:#?}");
    for jargon in ["Os {", "Error", "::", "panicked", "os error"] {
        assert!(!lines[0].contains(jargon), "{jargon:?} in {}", lines[0]);
    }
    lines[0].to_owned()
}
