//! What a front end can ask of the app.

use std::path::PathBuf;

use crate::app::clients::ClientCommand;
use crate::app::lesson::LessonCommand;
use crate::capture::sequence::SequenceFormat;
use crate::server::client_id::ClientId;
use crate::settings::fields::Field;
use crate::settings::{ClientAuth, DataFormat, Mode, ThemeChoice, TlsVersions};
use crate::tls::create::CreatedFiles;

/// One wish of the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// The text of a form field became this.
    Edit(Field, String),
    /// Serve clients this way (from the next start).
    SetMode(Mode),
    /// Switch TLS on or off (from the next start).
    SetTls(bool),
    /// Speak these versions of TLS (from the next start).
    SetTlsVersions(TlsVersions),
    /// Ask clients for a certificate, or don't (from the next start).
    SetClientAuth(ClientAuth),
    /// Give clients tickets to resume their sessions with, or don't (from the next start).
    SetTickets(bool),
    /// Show the window in this theme.
    SetTheme(ThemeChoice),
    /// Remember that the window is shown so large, in percent.
    SetZoom(u16),
    /// Write received bytes this way in log rows.
    SetDataFormat(DataFormat),
    /// Start the server with the form's settings. Nothing happens while a field is wrong or a server runs.
    Start,
    /// Start on a port that the system chooses, and put that port into the form.
    StartOnFreePort,
    /// Stop the server: all clients are closed.
    Stop,
    /// Close one client's connection.
    Disconnect(ClientId),
    /// A command about the client tabs or the load clients.
    Client(ClientCommand),
    /// Halt the server before each of its calls, from its next call or its next start on; or let it run free.
    SetStepping(bool),
    /// In step mode, let the call happen before which this client's thread halts; `None`: the thread that starts the
    /// server and accepts, which in mode *one client at a time* serves the clients, too. Nothing happens where it
    /// doesn't halt.
    Step(Option<ClientId>),
    /// Leave step mode: everybody goes on.
    GoOn,
    /// Stop calling `accept`, so that clients wait in the accept queue, or go on with it. It lasts until the server is
    /// stopped.
    PauseAccepting(bool),
    /// Read the certificate and key files again: they may have changed on disk.
    CheckFiles,
    /// Serve with the certificate that was just made: its paths go into the form, and TLS is switched on.
    UseCreated(Box<CreatedFiles>),
    /// A file was dropped on the window: find out whether it is a certificate or a key and fill in its field.
    DropFile(PathBuf),
    /// Forget all log entries, and what went by on connections that are over.
    ClearLog,
    /// Write the whole log to a file.
    SaveLog {
        /// Where to.
        path: PathBuf,
        /// Text or JSON lines.
        format: ExportFormat,
    },
    /// Write the program of [`crate::app::App::program`] to a file.
    SaveProgram(PathBuf),
    /// Write the sequence diagram of a connection to a file.
    SaveSequence {
        /// Whose connection.
        id: ClientId,
        /// Where to.
        path: PathBuf,
        /// A picture or text.
        format: SequenceFormat,
    },
    /// Do this about a lesson.
    Lesson(LessonCommand),
    /// The user has read the notice.
    DismissNotice,
}

impl From<ClientCommand> for Command {
    fn from(command: ClientCommand) -> Self {
        Self::Client(command)
    }
}

/// How a log is written to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// The lines as the window shows them, with time and client.
    Text,
    /// One JSON object a line, as `--log-format json` prints them.
    JsonLines,
}
