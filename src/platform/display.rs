//! Finds the display that the window opens on, and whether it shows the window.
//!
//! winit decides from the environment alone, and creates only one event loop in a process, even if it can't connect. So
//! a variable that is left over from another session would leave no window. This connects first.

/// Why there is no display.
#[derive(Debug, thiserror::Error)]
pub enum NoDisplay {
    /// The environment names no display.
    #[error("there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)")]
    NotSet,
    /// The environment names displays, but none can be used.
    #[error("no display can be used ({})", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Unusable(Vec<DisplayError>),
}

/// Why the display that a variable names can't be used.
#[derive(Debug, thiserror::Error)]
#[error("{variable} is {value:?}: {}", source.to_string().split_whitespace().collect::<Vec<_>>().join(" "))]
pub struct DisplayError {
    /// The environment variable.
    pub variable: &'static str,
    /// Its value.
    pub value: String,
    /// The error of connecting.
    pub source: std::io::Error,
}

/// Finds a display that answers: a Wayland compositor, or else an X server. Removes the environment variables of those
/// that were tried before and don't answer, since winit, OpenGL's library and child processes would use them.
///
/// Must be called before the program starts threads, since another thread could read the environment meanwhile.
///
/// # Errors
/// The environment names no display, or none that answers within five seconds.
pub fn find() -> Result<(), NoDisplay> {
    #[cfg(not(any(windows, target_os = "macos")))]
    unix::find()?;
    Ok(())
}

/// Returns a function that notifies winit if the X server shows nothing of the window with this ID. winit itself notices
/// only a window that others cover or that is minimized, not one on another workspace. The function waits for the X
/// server. On other displays it does nothing.
pub(crate) fn hidden_window_notifier(window: Option<u64>) -> impl FnMut() + Send {
    #[cfg(not(any(windows, target_os = "macos")))]
    let notify = unix::hidden_window_notifier(window);
    #[cfg(any(windows, target_os = "macos"))]
    let (notify, _) = (|| {}, window);
    notify
}

#[cfg(not(any(windows, target_os = "macos")))]
mod unix {
    use std::env;
    use std::ffi::OsString;
    use std::fs;
    use std::io::{self, ErrorKind, Read, Write};
    use std::os::unix::fs::FileTypeExt;
    use std::os::unix::net::UnixStream;
    use std::path::{Path, PathBuf};
    use std::sync::mpsc::{RecvTimeoutError, sync_channel};
    use std::thread;
    use std::time::Duration;

    use x11rb::errors::ReplyError;
    use x11rb::protocol::xproto::{
        ConnectionExt, EventMask, MapState, VISIBILITY_NOTIFY_EVENT, Visibility, VisibilityNotifyEvent,
    };
    use x11rb::rust_connection::RustConnection;

    use super::{DisplayError, NoDisplay};

    /// How long a display may take to answer.
    const TIMEOUT: Duration = Duration::from_secs(5);

    type Probe = fn(&OsString) -> io::Result<()>;

    /// The variables that name a display, in the order in which winit and libwayland use them.
    const DISPLAYS: [(&str, Probe); 3] =
        [("WAYLAND_SOCKET", wayland_socket), ("WAYLAND_DISPLAY", wayland_display), ("DISPLAY", x11)];

    pub(super) fn find() -> Result<(), NoDisplay> {
        let mut errors = Vec::new();
        let mut unusable = Vec::new();
        for (variable, probe) in DISPLAYS {
            let Some(value) = env::var_os(variable) else { continue };
            let name = value.to_string_lossy().into_owned();
            if !value.is_empty() {
                match within(TIMEOUT, move || probe(&value)) {
                    Ok(()) => {
                        unusable.into_iter().for_each(remove);
                        return Ok(());
                    }
                    Err(source) => errors.push(DisplayError { variable, value: name, source }),
                }
            }
            unusable.push(variable);
        }
        Err(if errors.is_empty() { NoDisplay::NotSet } else { NoDisplay::Unusable(errors) })
    }

    fn remove(variable: &str) {
        #[expect(unsafe_code, reason = "changing the environment has no safe wrapper")]
        // SAFETY: the main thread is the only one that uses the environment now. A probe that hasn't ended is past its
        // use: it is connected to a compositor, or waits for that.
        unsafe {
            env::remove_var(variable);
        }
    }

    /// Runs a probe in a thread of its own, since connecting can block.
    fn within(timeout: Duration, probe: impl FnOnce() -> io::Result<()> + Send + 'static) -> io::Result<()> {
        let (sender, receiver) = sync_channel(1);
        thread::Builder::new().name("probe display".to_owned()).spawn(move || sender.send(probe()))?;
        receiver.recv_timeout(timeout).unwrap_or_else(|error| match error {
            RecvTimeoutError::Timeout => Err(io::Error::new(ErrorKind::TimedOut, "it doesn't answer")),
            RecvTimeoutError::Disconnected => Err(io::Error::other("the attempt to connect failed")),
        })
    }

    /// Checks that the inherited file descriptor is a socket. Talking to it would use it up.
    fn wayland_socket(descriptor: &OsString) -> io::Result<()> {
        if fs::metadata(Path::new("/dev/fd").join(descriptor))?.file_type().is_socket() {
            Ok(())
        } else {
            Err(io::Error::other("it is not a socket"))
        }
    }

    /// Connects to the compositor's socket and checks that it answers.
    fn wayland_display(name: &OsString) -> io::Result<()> {
        let mut path = PathBuf::from(name);
        if path.is_relative() {
            let folder = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
            let folder = folder.ok_or_else(|| io::Error::other("XDG_RUNTIME_DIR is not set"))?;
            path = folder.join(path);
        }
        sync(UnixStream::connect(path)?)
    }

    /// Sends the request `wl_display.sync`, which each compositor answers with an event.
    fn sync(mut stream: UnixStream) -> io::Result<()> {
        // The object wl_display, the request's length and number, and the ID of the callback.
        let request = [1, 12 << 16, 2_u32];
        stream.write_all(&request.map(u32::to_ne_bytes).concat())?;
        stream.read_exact(&mut [0; 8])
    }

    pub(super) fn hidden_window_notifier(window: Option<u64>) -> impl FnMut() + Send {
        // With Wayland, the ID is an address, which is larger.
        let window = window.and_then(|window| u32::try_from(window).ok());
        let mut connection = None;
        move || {
            let Some(window) = window else { return };
            let connection =
                connection.get_or_insert_with(|| x11rb::connect(None).ok().map(|(connection, _)| connection));
            if let Some(connection) = connection {
                let _ = notify_if_hidden(connection, window);
            }
        }
    }

    /// Sends winit's window the event that it gets when others cover it. The X server sends none when a window stops
    /// being viewable, but it sends one when the window is visible again (X11 protocol, `VisibilityNotify`).
    fn notify_if_hidden(connection: &RustConnection, window: u32) -> Result<(), ReplyError> {
        let is_viewable = || -> Result<bool, ReplyError> {
            Ok(connection.get_window_attributes(window)?.reply()?.map_state == MapState::VIEWABLE)
        };
        let notify = |state| {
            let event =
                VisibilityNotifyEvent { response_type: VISIBILITY_NOTIFY_EVENT, sequence: 0, window, state };
            connection.send_event(false, window, EventMask::VISIBILITY_CHANGE, event)?.check()
        };
        if is_viewable()? {
            return Ok(());
        }
        notify(Visibility::FULLY_OBSCURED)?;
        // The X server may have shown the window just before that event.
        if is_viewable()? { notify(Visibility::UNOBSCURED) } else { Ok(()) }
    }

    /// Connects to the X server and authenticates.
    fn x11(_: &OsString) -> io::Result<()> {
        x11rb::connect(None).map(drop).map_err(io::Error::other)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn compositor_has_to_answer() {
            let (stream, mut compositor) = UnixStream::pair().unwrap();
            compositor.write_all(&[0; 12]).unwrap();
            sync(stream).unwrap();
            let mut request = [0; 12];
            compositor.read_exact(&mut request).unwrap();
            assert_eq!(request, [1_u32, 12 << 16, 2].map(u32::to_ne_bytes).concat()[..]);

            let (stream, compositor) = UnixStream::pair().unwrap();
            let error = within(Duration::from_millis(50), move || sync(stream)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TimedOut);
            drop(compositor);
            let (stream, _) = UnixStream::pair().unwrap();
            assert!(sync(stream).is_err(), "the compositor is gone");
        }

        #[test]
        fn inherited_descriptor_has_to_be_a_socket() {
            use std::os::fd::AsRawFd;
            let (socket, _other) = UnixStream::pair().unwrap();
            let file = tempfile::tempfile().unwrap();
            let check = |number: i32| wayland_socket(&number.to_string().into());
            assert!(check(socket.as_raw_fd()).is_ok());
            assert!(check(file.as_raw_fd()).is_err());
            assert!(wayland_socket(&"none".into()).is_err());
        }
    }
}
