//! The console or terminal that started the program: attaching to it, and the state of its streams.
//!
//! Windows decides before a program starts whether it has a console. Ours is marked as a window program
//! (`windows_subsystem`), so that a double-click doesn't open a console. Therefore it must attach itself to its
//! parent's console before `--headless` or `--help` can print and Ctrl-C can stop it.
//!
//! No well-kept crate wraps both of the calls that attaching needs, so it uses `unsafe`.

/// Attaches to the console of the parent process, if it has one. Redirected streams stay redirected. An attached
/// process ends when the console is closed, so this is called only before something is printed. Does nothing on Unix.
pub fn attach() {
    #[cfg(all(windows, feature = "gui"))]
    windows::attach();
}

/// Prints a message of the program on stderr, in a line of its own. Unlike `eprintln`, it never panics: the reader of a pipe
/// may have closed it.
pub fn print_error(message: &str) {
    use std::io::Write;

    let _ = writeln!(std::io::stderr(), "echoscope: {message}");
}

/// Returns whether the user can see stderr. After a double-click on Windows they can't.
#[must_use]
pub fn is_stderr_visible() -> bool {
    #[cfg(all(windows, feature = "gui"))]
    return windows::is_open(&winapi_util::HandleRef::stderr());
    #[cfg(not(all(windows, feature = "gui")))]
    true
}

/// Waits until a stdout that doesn't block takes more bytes, for at most `timeout`. Returns whether it may.
#[cfg(unix)]
#[must_use]
pub fn wait_for_stdout(timeout: std::time::Duration) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    let stdout = std::io::stdout();
    let timeout = Timespec::try_from(timeout).ok();
    poll(&mut [PollFd::new(&stdout, PollFlags::OUT)], timeout.as_ref()).is_ok_and(|ready| ready > 0)
}

/// Waits for `timeout` and returns false, since stdout always blocks.
#[cfg(not(unix))]
#[must_use]
pub fn wait_for_stdout(timeout: std::time::Duration) -> bool {
    std::thread::sleep(timeout);
    false
}

#[cfg(all(windows, feature = "gui"))]
mod windows {
    use std::os::windows::io::AsRawHandle;

    use winapi_util::{HandleRef, file};
    use windows_sys::Win32::System::Console::{
        ATTACH_PARENT_PROCESS, AttachConsole, STD_ERROR_HANDLE, STD_OUTPUT_HANDLE, SetStdHandle,
    };

    pub(super) fn attach() {
        // Attaching replaces redirected streams with the console, unless the parent passed them explicitly, which `cmd`
        // doesn't do for `>` and `|`.
        let before = [(STD_OUTPUT_HANDLE, HandleRef::stdout()), (STD_ERROR_HANDLE, HandleRef::stderr())];
        let redirected: Vec<_> = before.into_iter().filter(|(_, handle)| is_open(handle)).collect();
        #[expect(unsafe_code, reason = "the calls have no safe wrapper; see above")]
        // SAFETY: neither call takes a pointer. std gets the standard handles at each use and stores none of them. The
        // handles that are restored were the process's own just before, and are never closed.
        unsafe {
            if AttachConsole(ATTACH_PARENT_PROCESS) != 0 {
                for (which, handle) in redirected {
                    SetStdHandle(which, handle.as_raw_handle());
                }
            }
        }
    }

    /// Returns whether a standard handle is open.
    pub(super) fn is_open(handle: &HandleRef) -> bool {
        file::typ(handle).is_ok_and(|kind| kind.is_disk() || kind.is_pipe() || kind.is_char())
    }
}
