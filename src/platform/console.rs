//! Takes part in the console that the program was started from, as a program without a window would.
//!
//! Windows opens a console for a program, or doesn't, before a line of it has run. This one is marked as having a window
//! (`windows_subsystem`), so that a double-click opens no console beside it; then `--headless` and `--help` have nowhere
//! to print to, and Ctrl-C can't reach the program, until it attaches itself to its parent's console.
//!
//! The only file with `unsafe`: no well-kept crate wraps both of the calls that this takes.

use std::os::windows::io::AsRawHandle;

use winapi_util::{HandleRef, file};
use windows_sys::Win32::System::Console::{
    ATTACH_PARENT_PROCESS, AttachConsole, STD_ERROR_HANDLE, STD_OUTPUT_HANDLE, SetStdHandle,
};

/// Attaches to the console of the program's parent, where it has one. What was redirected stays so.
pub fn attach() {
    // Attaching puts the console in the place of files and pipes too, unless the parent passed them in so many words:
    // `cmd` doesn't, for `>` and `|`.
    let before = [(STD_OUTPUT_HANDLE, HandleRef::stdout()), (STD_ERROR_HANDLE, HandleRef::stderr())];
    let redirected = before.into_iter().filter(|(_, handle)| leads_somewhere(handle)).collect::<Vec<_>>();
    #[expect(unsafe_code, reason = "the calls have no safe wrapper; see above")]
    // SAFETY: neither takes a pointer. std asks for the standard handles at each use and holds none of them, and those
    // that are put back were the process's own a moment ago and are never closed.
    unsafe {
        if AttachConsole(ATTACH_PARENT_PROCESS) != 0 {
            for (which, handle) in redirected {
                SetStdHandle(which, handle.as_raw_handle());
            }
        }
    }
}

/// Whether anybody can see what is printed on stderr. After a double-click nobody can.
pub fn is_heard() -> bool {
    leads_somewhere(&HandleRef::stderr())
}

/// Whether a standard handle is open, on whatever.
fn leads_somewhere(handle: &HandleRef) -> bool {
    file::typ(handle).is_ok_and(|kind| kind.is_disk() || kind.is_pipe() || kind.is_char())
}
