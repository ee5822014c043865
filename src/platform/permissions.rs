//! Files and folders that only their owner may read.
//!
//! On Unix this is their mode. On Windows they inherit the access rights of the folder they are in; in a user's own folders
//! those are limited to the user, the administrators and the OS, so that there is nothing to add.

use std::fs::{File, OpenOptions};
use std::io;

/// Whether `sudo` can copy a file that the user may not read.
pub const HAS_SUDO: bool = cfg!(unix);

/// Makes a file that is created with these options readable only for its owner, from the first byte on.
pub fn owner_only(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Makes a new temporary folder accessible only for its owner, from the start.
pub fn owner_only_folder<'a, 'p, 's>(
    builder: &'a mut tempfile::Builder<'p, 's>,
) -> &'a mut tempfile::Builder<'p, 's> {
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder
}

/// Takes all rights to an existing file from everyone but its owner.
///
/// # Errors
/// The file belongs to someone else, or its file system has no permissions.
pub fn restrict_to_owner(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}
