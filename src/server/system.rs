//! What differs from system to system, each with its reason.

use std::io;

/// Whether an error says that no file descriptor is left for this process or for the system.
pub(super) fn is_out_of_files(error: &io::Error) -> bool {
    // EMFILE and ENFILE have the same numbers on Linux, the BSDs and macOS; WSAEMFILE is Windows'.
    const CODES: [i32; 2] = if cfg!(windows) { [10024, 10024] } else { [24, 23] };
    error.raw_os_error().is_some_and(|code| CODES.contains(&code))
}

/// Whether an error says that the system has no such address family (`EAFNOSUPPORT`).
pub(super) fn is_family_missing(error: &io::Error) -> bool {
    let code = if cfg!(windows) {
        10047
    } else if cfg!(target_os = "linux") {
        97
    } else {
        47
    };
    error.raw_os_error() == Some(code)
}
