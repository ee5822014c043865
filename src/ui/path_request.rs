//! The file dialog for each action that needs a path: title, file name and file types.

use crate::app::Command;
use crate::app::clients::{ClientCommand, ClientField};
use crate::capture::sequence::SequenceFormat;
use crate::settings::Setting;
use crate::ui::action::Action;

/// File types by name and extensions; the first one is selected.
type Filters = &'static [(&'static str, &'static [&'static str])];

/// The dialog for an action's path.
#[derive(Debug)]
pub(super) struct PathRequest {
    pub(super) title: &'static str,
    pub(super) kind: PathKind,
    /// The path in use now; empty if there is none.
    pub(super) current: String,
    /// The file name to suggest; empty for a file or folder that exists already.
    pub(super) file_name: String,
    /// The file types to choose from; empty for all files.
    pub(super) filters: Filters,
}

/// The kind of path that a dialog asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PathKind {
    OpenFile,
    SaveFile,
    Folder,
}

impl PathRequest {
    fn open(title: &'static str, current: &str) -> Self {
        let (current, file_name) = (current.to_owned(), String::new());
        Self { title, kind: PathKind::OpenFile, current, file_name, filters: &[] }
    }

    fn save(title: &'static str, file_name: &str, filters: Filters) -> Self {
        let file_name = file_name.to_owned();
        Self { title, kind: PathKind::SaveFile, current: String::new(), file_name, filters }
    }

    /// Returns the dialog for an action; `None` if the action has no path.
    pub(super) fn for_action(action: &Action) -> Option<Self> {
        Some(match action {
            Action::SetCertificateFolder(_) => {
                Self { kind: PathKind::Folder, ..Self::open("Choose a folder for the certificate", "") }
            }
            Action::SetDetailsCaFile(_) => Self::open("Choose the CA file", ""),
            Action::App(command) => match command {
                Command::Set(Setting::ClientCa, path) => Self::open("Choose the CA file", path),
                Command::Set(Setting::Key, path) => Self::open("Choose the private key", path),
                Command::Set(Setting::KeyLog, path) => {
                    Self { current: path.clone(), ..Self::save("Write TLS keys to a file", "keys.log", &[]) }
                }
                Command::Set(_, path) => Self::open("Choose the certificate", path),
                Command::Client(ClientCommand::Edit(_, field, path)) => {
                    let title = match field {
                        ClientField::CaFile => "Choose the CA file",
                        ClientField::Certificate => "Choose the client certificate",
                        ClientField::Key => "Choose the client key",
                        _ => "Choose the file to send",
                    };
                    Self::open(title, path)
                }
                Command::OpenLesson(_) => {
                    let filters: Filters = &[("Lessons", &["toml"]), ("All files", &["*"])];
                    Self { filters, ..Self::open("Open a lesson", "") }
                }
                Command::SaveProgram(_) => {
                    Self::save("Save the program", "ServerPython.py", &[("Python", &["py"])])
                }
                Command::SaveLog { .. } => {
                    let filters: Filters = &[("Text", &["txt", "log"]), ("JSON lines", &["jsonl", "json"])];
                    Self::save("Save the log", "echoscope-log.txt", filters)
                }
                Command::SaveSequence { id, format, .. } => {
                    let (extension, filters): (_, Filters) = match format {
                        SequenceFormat::Svg => ("svg", &[("SVG picture", &["svg"])]),
                        SequenceFormat::Text => ("txt", &[("Text", &["txt"])]),
                    };
                    let name = format!("echoscope-connection-{}.{extension}", id.0);
                    Self::save("Save the sequence diagram", &name, filters)
                }
                _ => return None,
            },
            _ => return None,
        })
    }
}
