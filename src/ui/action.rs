//! The requests that panels and keyboard shortcuts make: commands for the app, and actions that concern only the
//! window.

use std::path::PathBuf;

use crate::app::Command;
use crate::app::clients::{ClientCommand, TabCommand};
use crate::app::{ExportFormat, ReportFormat};
use crate::lessons::condition::LessonPlace;
use crate::server::event::ClientId;
use crate::ui::split_view::Side;

/// A file that the dialog *Check a server…* asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CheckFile {
    /// The Python program to check.
    Program,
    /// The CAs that the server's certificate must be signed by.
    Ca,
}

/// A request by the user. Panels return actions, and `Window::handle_action` carries them out after the layout.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub(super) enum Action {
    /// Runs a command of the app.
    App(Command),
    /// Asks for a path in a file dialog, then carries out the inner action with that path. Until then the inner action
    /// holds the current path, if any.
    ChoosePath(Box<Action>),
    /// Sets the folder in the dialog that creates a certificate.
    SetCertificateFolder(PathBuf),
    /// Sets the CA file in the dialog that shows a certificate's details.
    SetDetailsCaFile(PathBuf),
    /// Sets a file in the dialog that checks a server.
    SetCheckFile(CheckFile, PathBuf),
    /// Opens or closes the help.
    ToggleHelp,
    /// Brings this tab to the front, opens this dialog, or moves the keyboard focus to this field.
    Open(LessonPlace),
    /// Shows this tab on one side of the window, or else on the side that was used last.
    ChooseTab(Option<Side>, LessonPlace),
    /// Shows or hides the side panel.
    ToggleSidePanel,
    /// Starts or ends presenter mode.
    TogglePresenter,
    /// Brings the Log tab to the front and moves the keyboard focus to its filter.
    FocusFilter,
    /// Copies the selected log entries to the clipboard, or in the Client tab the selected transcript entry.
    CopyEntries,
    /// Switches step mode on or off.
    ToggleStepping,
    /// In step mode, lets the thread that has been paused longest make its call.
    StepNext,
    /// Shows this connection in the Wire tab.
    ShowWire(ClientId),
    /// Opens the dialog with the crash reports.
    ShowCrashReports,
    /// Copies the crash reports to the clipboard.
    CopyCrashReports,
    /// Starts the server, or stops it if it is running.
    StartOrStop,
}

impl Action {
    /// Returns an action that asks for a path and then carries out `action` with it.
    pub(super) fn choose_path(action: impl Into<Self>) -> Self {
        Self::ChoosePath(Box::new(action.into()))
    }

    /// Returns the action that saves the log to a file that the user chooses.
    pub(super) fn save_log() -> Self {
        Self::choose_path(Command::SaveLog { path: PathBuf::new(), format: ExportFormat::Text })
    }

    /// Returns this action with the path that was chosen for it. An action that needs no path is returned unchanged.
    pub(super) fn with_path(self, path: PathBuf) -> Self {
        let text = path.to_string_lossy().into_owned();
        match self {
            Self::SetCertificateFolder(_) => Self::SetCertificateFolder(path),
            Self::SetDetailsCaFile(_) => Self::SetDetailsCaFile(path),
            Self::SetCheckFile(file, _) => Self::SetCheckFile(file, path),
            Self::App(command) => Self::App(match command {
                Command::Set(field, _) => Command::SetPath(field, path),
                Command::Client(ClientCommand::Tab(id, TabCommand::Edit(field, _))) => {
                    ClientCommand::Tab(id, TabCommand::Edit(field, text)).into()
                }
                Command::SaveLog { .. } => {
                    let json = path.extension().is_some_and(|end| {
                        end.eq_ignore_ascii_case("json") || end.eq_ignore_ascii_case("jsonl")
                    });
                    let format = if json { ExportFormat::JsonLines } else { ExportFormat::Text };
                    Command::SaveLog { path, format }
                }
                Command::SaveCheckReport { .. } => {
                    let json = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("json"));
                    let format = if json { ReportFormat::Json } else { ReportFormat::Html };
                    Command::SaveCheckReport { path, format }
                }
                Command::SaveProgram(_) => Command::SaveProgram(path),
                Command::SaveSequence { id, format, .. } => Command::SaveSequence { id, path, format },
                Command::SavePackets { connection, .. } => Command::SavePackets { connection, path },
                Command::OpenLesson(_) => Command::OpenLesson(path),
                Command::SaveLessonResult(_) => Command::SaveLessonResult(path),
                other => other,
            }),
            other => other,
        }
    }
}

impl From<Command> for Action {
    fn from(command: Command) -> Self {
        Self::App(command)
    }
}

impl From<ClientCommand> for Action {
    fn from(command: ClientCommand) -> Self {
        Self::App(command.into())
    }
}

/// The tabs in the center of the window, from left to right.
pub(super) const TABS: [LessonPlace; 5] =
    [LessonPlace::Live, LessonPlace::Log, LessonPlace::Client, LessonPlace::Code, LessonPlace::Wire];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_format_follows_file_extension() {
        for (name, expected) in [
            ("a.txt", ExportFormat::Text),
            ("a", ExportFormat::Text),
            ("a.jsonl", ExportFormat::JsonLines),
            ("A.JSON", ExportFormat::JsonLines),
        ] {
            let save = Action::from(Command::SaveLog { path: PathBuf::new(), format: ExportFormat::Text });
            let expected = Command::SaveLog { path: name.into(), format: expected };
            assert_eq!(save.with_path(name.into()), expected.into());
        }
    }
}
