//! The servers' certificates, created once with `echoscope create-certificate`.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::Outcome;

/// The type of a server's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Rsa2048,
    P256,
}

/// A folder with a certificate and its key for each key type.
pub(crate) struct Certificates {
    folder: TempDir,
}

impl Certificates {
    /// Creates a certificate for each key type.
    pub(crate) fn make() -> Outcome<Self> {
        let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
        let made = Self { folder };
        for key in [Key::Rsa2048, Key::P256] {
            let (certificate, _) = made.files(key);
            let mut command = Command::new(env!("CARGO_BIN_EXE_echoscope"));
            command.args(["create-certificate", "--key", key.keyword(), "--out"]);
            command.args(certificate.parent()).stdin(Stdio::null()).stdout(Stdio::null());
            let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
            if !status.success() {
                return Err(format!("{command:?} ended with {status}"));
            }
        }
        Ok(made)
    }

    /// Returns the paths of the certificate and its key.
    pub(crate) fn files(&self, key: Key) -> (PathBuf, PathBuf) {
        let folder = self.folder.path().join(key.keyword());
        (folder.join("server.crt"), folder.join("server.key"))
    }
}

impl Key {
    fn keyword(self) -> &'static str {
        match self {
            Self::Rsa2048 => "rsa2048",
            Self::P256 => "p256",
        }
    }
}
