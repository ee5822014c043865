//! Signals that ask the program to stop, except for those that its parent process ignores.

/// Calls `callback` in a thread of its own after each Ctrl-C, and on Unix after each SIGINT, SIGTERM and SIGHUP.
///
/// A signal that was ignored when the program started stays ignored: `nohup` ignores SIGHUP so that a program outlives
/// its terminal, and a shell without job control ignores SIGINT for programs in the background (POSIX, Shell Command
/// Language, section 2.12).
///
/// # Errors
/// The OS refused a thread or a handler.
pub fn on_stop_signal(callback: impl FnMut() + Send + 'static) -> Result<(), ctrlc::Error> {
    #[cfg(unix)]
    let ignored: Vec<_> = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP]
        .into_iter()
        .filter(|signal| is_ignored(*signal))
        .collect();
    ctrlc::set_handler(callback)?;
    #[cfg(unix)]
    ignored.into_iter().for_each(ignore);
    Ok(())
}

#[cfg(unix)]
fn is_ignored(signal: libc::c_int) -> bool {
    let mut action = std::mem::MaybeUninit::<libc::sigaction>::uninit();
    #[expect(unsafe_code, reason = "sigaction(2) has no safe wrapper that only reads")]
    // SAFETY: without a new action, the call only writes the current one to the pointer, if it succeeds.
    unsafe {
        libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) == 0
            && action.assume_init().sa_sigaction == libc::SIG_IGN
    }
}

#[cfg(unix)]
fn ignore(signal: libc::c_int) {
    #[expect(unsafe_code, reason = "signal(2) has no safe wrapper")]
    // SAFETY: ignoring a signal runs no code.
    unsafe {
        libc::signal(signal, libc::SIG_IGN);
    }
}
