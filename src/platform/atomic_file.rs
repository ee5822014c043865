//! Writes a file completely or not at all.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Calls `write` with a temporary file in the same folder, which replaces `path` once everything is on the disk. Returns
/// the result of `write`.
///
/// The contents may be confidential, so an existing file keeps its mode; a new one gets the user's default.
///
/// # Errors
/// The folder isn't writable, the disk is full, or `write` failed. The old file is then unchanged.
pub fn write<T>(path: &Path, write: impl FnOnce(&mut BufWriter<&File>) -> io::Result<T>) -> io::Result<T> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".echoscope");
    #[cfg(unix)]
    let builder = {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path).map_or(0o666, |old| old.permissions().mode() & 0o777);
        builder.permissions(std::fs::Permissions::from_mode(mode))
    };
    let file = builder.tempfile_in(folder_of(path))?;
    let mut out = BufWriter::new(file.as_file());
    let written = write(&mut out)?;
    out.flush()?;
    drop(out);
    // Some file systems report only here that the disk is full.
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(written)
}

/// Returns the folder of a file; `.` for a bare name.
#[must_use]
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
