//! The system's file dialogs. They are opened on the window's thread and waited for on another one.

use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context as TaskContext, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use egui::Context;

use crate::app::clients::{ClientCommand, ClientField, ClientTabId};
use crate::app::command::{ExportFormat, WireFormat};
use crate::app::{Command, LessonCommand};
use crate::server::client_id::ClientId;
use crate::settings::fields::Field;

/// What a dialog is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Choose the file for a path field.
    Open(Field),
    /// Choose the file for a path field of a client.
    OfClient(ClientTabId, ClientField),
    /// Choose where TLS keys are written to.
    KeyLog,
    /// Choose the folder for a new certificate.
    NewFolder,
    /// Choose the CA file that a certificate is checked against.
    Roots,
    /// Choose where the log is written to.
    SaveLog,
    /// Choose a lesson file.
    Lesson,
    /// Choose where the program is written to.
    SaveProgram,
    /// Choose where a connection's ladder is written to.
    SaveWire(ClientId, WireFormat),
}

/// The name that a saved ladder gets unless another one is chosen.
pub(super) fn wire_file(id: ClientId, format: WireFormat) -> String {
    let ending = match format {
        WireFormat::Svg => "svg",
        WireFormat::Text => "txt",
    };
    format!("echoscope-connection-{}.{ending}", id.0)
}

/// How a dialog ended.
#[derive(Debug)]
pub(super) enum Outcome {
    /// A file was chosen: this is to be done now.
    Chosen(Command),
    /// A path was chosen for one of the TLS lab's dialogs.
    ForLab(Purpose, PathBuf),
    /// So quickly gone that the user can't have cancelled it: this system has no file dialogs.
    Unavailable(Purpose),
}

/// What a dialog left behind.
#[derive(Debug)]
enum Answer {
    Path(PathBuf),
    Cancelled,
    Unavailable,
}

/// Opens dialogs, one at a time, and hands over what was chosen.
#[derive(Debug)]
pub(super) struct Dialogs {
    /// Whether the system is asked at all.
    offered: bool,
    open: Option<Purpose>,
    sender: Sender<(Purpose, Answer)>,
    receiver: Receiver<(Purpose, Answer)>,
}

/// Whether a system may come without file dialogs. A window of Windows or macOS always has them.
const MAY_BE_MISSING: bool = cfg!(not(any(windows, target_os = "macos")));

/// Hardly anybody sees, reads and cancels a dialog in less than this, and a busy system takes no longer to find that it has
/// none. Who is as quick is asked once more.
const TOO_QUICK: Duration = Duration::from_millis(700);

impl Dialogs {
    /// No dialog is open.
    pub(super) fn new() -> Self {
        let (sender, receiver) = channel();
        Self { offered: true, open: None, sender, receiver }
    }

    /// As on a system that has none.
    pub(super) fn none() -> Self {
        Self { offered: false, ..Self::new() }
    }

    /// Opens a dialog, unless one is open already.
    pub(super) fn open(&mut self, ctx: &Context, frame: &eframe::Frame, purpose: Purpose) {
        if self.open.is_some() {
            return;
        }
        self.open = Some(purpose);
        if !self.offered {
            self.is_unavailable(ctx, purpose);
            return;
        }
        // Created here: macOS allows it on the main thread only.
        let dialog = rfd::AsyncFileDialog::new().set_parent(frame);
        let (dialog, pick) = match purpose {
            Purpose::NewFolder => (dialog.set_title("Choose a folder for the certificate"), Pick::Folder),
            Purpose::Roots | Purpose::Open(Field::ClientCa) => {
                (dialog.set_title("Choose the CA file"), Pick::File)
            }
            Purpose::OfClient(_, field) => (dialog.set_title(client_title(field)), Pick::File),
            Purpose::KeyLog => (dialog.set_title("Write TLS keys to").set_file_name("keys.log"), Pick::Save),
            Purpose::Open(Field::Key) => (dialog.set_title("Choose the private key"), Pick::File),
            Purpose::Open(_) => (dialog.set_title("Choose the certificate"), Pick::File),
            Purpose::Lesson => (
                dialog
                    .set_title("Open a lesson")
                    .add_filter("Lessons", &["toml"])
                    .add_filter("All files", &["*"]),
                Pick::File,
            ),
            Purpose::SaveProgram => (
                dialog
                    .set_title("Save the program")
                    .set_file_name("ServerPython.py")
                    .add_filter("Python", &["py"]),
                Pick::Save,
            ),
            Purpose::SaveLog => (
                dialog
                    .set_title("Save the log")
                    .set_file_name("echoscope-log.txt")
                    .add_filter("Text", &["txt", "log"])
                    .add_filter("JSON lines", &["jsonl", "json"]),
                Pick::Save,
            ),
            Purpose::SaveWire(id, format) => {
                let dialog = dialog.set_title("Save the ladder").set_file_name(wire_file(id, format));
                let dialog = match format {
                    WireFormat::Svg => dialog.add_filter("SVG picture", &["svg"]),
                    WireFormat::Text => dialog.add_filter("Text", &["txt"]),
                };
                (dialog, Pick::Save)
            }
        };
        let (started, sender, repaint) = (Instant::now(), self.sender.clone(), ctx.clone());
        let done = move |path: Option<PathBuf>| {
            let answer = match path {
                Some(path) => Answer::Path(path),
                None if MAY_BE_MISSING && started.elapsed() < TOO_QUICK => Answer::Unavailable,
                None => Answer::Cancelled,
            };
            // The window may be gone by now; then nobody wants to know.
            let _ = sender.send((purpose, answer));
            repaint.request_repaint();
        };
        let thread = std::thread::Builder::new().name("file-dialog".to_owned());
        let spawned = match pick {
            Pick::Save => {
                let choice = dialog.save_file();
                thread.spawn(move || done(wait_for(choice).map(PathBuf::from)))
            }
            Pick::File => {
                let choice = dialog.pick_file();
                thread.spawn(move || done(wait_for(choice).map(PathBuf::from)))
            }
            Pick::Folder => {
                let choice = dialog.pick_folder();
                thread.spawn(move || done(wait_for(choice).map(PathBuf::from)))
            }
        };
        if spawned.is_err() {
            // Without a thread there is no dialog now.
            self.is_unavailable(ctx, purpose);
        }
    }

    fn is_unavailable(&self, ctx: &Context, purpose: Purpose) {
        // The other end is ours, too.
        let _ = self.sender.send((purpose, Answer::Unavailable));
        ctx.request_repaint();
    }

    /// How the last dialog ended, once.
    pub(super) fn poll(&mut self) -> Option<Outcome> {
        let (purpose, answer) = self.receiver.try_recv().ok()?;
        self.open = None;
        match answer {
            Answer::Path(path) => Some(match command(purpose, path.clone()) {
                Some(command) => Outcome::Chosen(command),
                None => Outcome::ForLab(purpose, path),
            }),
            Answer::Unavailable => Some(Outcome::Unavailable(purpose)),
            Answer::Cancelled => None,
        }
    }
}

/// What the system's dialog lets one choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pick {
    File,
    Folder,
    Save,
}

/// What the app is to do with a path that was chosen or typed; `None` where it is for one of our own dialogs.
pub(super) fn command(purpose: Purpose, path: PathBuf) -> Option<Command> {
    Some(match purpose {
        Purpose::NewFolder | Purpose::Roots => return None,
        Purpose::Open(field) => Command::Edit(field, path.to_string_lossy().into_owned()),
        Purpose::Lesson => Command::Lesson(LessonCommand::Open(path)),
        Purpose::OfClient(id, field) => {
            ClientCommand::Edit(id, field, path.to_string_lossy().into_owned()).into()
        }
        Purpose::KeyLog => Command::Edit(Field::KeyLog, path.to_string_lossy().into_owned()),
        Purpose::SaveProgram => Command::SaveProgram(path),
        Purpose::SaveLog => {
            let extension = path.extension().map(std::ffi::OsStr::to_ascii_lowercase);
            let json = extension.is_some_and(|extension| extension == "jsonl" || extension == "json");
            let format = if json { ExportFormat::JsonLines } else { ExportFormat::Text };
            Command::SaveLog { path, format }
        }
        Purpose::SaveWire(id, format) => Command::SaveWire { id, path, format },
    })
}

/// What the dialog for a client's file says.
fn client_title(field: ClientField) -> &'static str {
    match field {
        ClientField::CaFile => "Choose the CA file",
        ClientField::Certificate => "Choose the client certificate",
        ClientField::Key => "Choose the client key",
        _ => "Choose the file to send",
    }
}

/// Waits on this thread until a future is done.
fn wait_for<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut task = TaskContext::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut task) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_follows_the_name() {
        for (name, wanted) in [
            ("a.txt", ExportFormat::Text),
            ("a", ExportFormat::Text),
            ("a.jsonl", ExportFormat::JsonLines),
            ("A.JSON", ExportFormat::JsonLines),
        ] {
            let Some(Command::SaveLog { format, .. }) = command(Purpose::SaveLog, name.into()) else {
                panic!("{name}")
            };
            assert_eq!(format, wanted, "{name}");
        }
    }

    #[test]
    fn waiting_ends_when_another_thread_is_done() {
        let (sender, receiver) = channel::<Waker>();
        std::thread::spawn(move || receiver.recv().unwrap().wake());
        let mut asked = false;
        let value = wait_for(std::future::poll_fn(|task| {
            if asked {
                return Poll::Ready(7);
            }
            asked = true;
            sender.send(task.waker().clone()).unwrap();
            Poll::Pending
        }));
        assert_eq!(value, 7);
    }
}
