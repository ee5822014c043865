//! Compiles `baseline.c`, where a C compiler and OpenSSL's headers are installed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::{Outcome, machine};

/// The compiled baseline in C, in a temporary folder.
pub(crate) struct Baseline {
    folder: TempDir,
}

impl Baseline {
    /// Compiles the baseline. Returns `None`, and prints the reason, if that needs something that isn't installed; in CI
    /// that is an error.
    pub(crate) fn compile() -> Outcome<Option<Self>> {
        if !machine::has_program("cc")? || !machine::has("openssl/ssl.h", finds_header()?)? {
            return Ok(None);
        }
        let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
        let baseline = Self { folder };
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/echo/baseline.c");
        let mut cc = Command::new("cc");
        cc.args(["-O2", "-pthread", "-o"]).arg(baseline.program()).arg(source);
        let output = cc.args(["-lssl", "-lcrypto"]).output().map_err(|error| format!("cc: {error}"))?;
        if output.status.success() {
            Ok(Some(baseline))
        } else {
            Err(format!("baseline.c can't be compiled:\n{}", String::from_utf8_lossy(&output.stderr)))
        }
    }

    /// Returns the path of the program.
    pub(crate) fn program(&self) -> PathBuf {
        self.folder.path().join("baseline")
    }
}

/// Returns whether the C compiler finds OpenSSL's headers.
fn finds_header() -> Outcome<bool> {
    let mut cc = Command::new("cc");
    cc.args(["-E", "-include", "openssl/ssl.h", "-x", "c", "-"]).stdin(Stdio::null());
    let status = cc.stdout(Stdio::null()).stderr(Stdio::null()).status();
    Ok(status.map_err(|error| format!("cc: {error}"))?.success())
}
