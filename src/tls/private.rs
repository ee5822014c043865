//! Files for their owner's eyes: keys, and logs of keys.
//!
//! On Unix a file's mode says who may read it. On Windows a new file takes over the rights of its folder, which in a
//! user's own folders are the user's, the administrators' and the system's: there is nothing to add.

use std::fs::{File, OpenOptions};
use std::io;

use tempfile::Builder;

/// Makes a new file readable for its owner alone, from the first byte on, where it is `secret`; for others too where it
/// isn't, as far as the user's umask goes.
pub(super) fn create(options: &mut OpenOptions, secret: bool) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, if secret { 0o600 } else { 0o644 });
    #[cfg(not(unix))]
    let _ = secret;
    options
}

/// Makes a new folder one that its owner alone may look into, from the start.
pub(super) fn folder<'a, 'p, 's>(builder: &'a mut Builder<'p, 's>) -> &'a mut Builder<'p, 's> {
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder
}

/// Takes from others what rights they have to a file that was there already.
pub(super) fn take_back(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}
