//! Asks the user for a path: in the OS's file dialog, or in a prompt of our own if the OS has no dialog.
//!
//! The OS's dialog is created on the window's thread, as macOS requires, and awaited on another thread. An [`Action`]
//! that needs a path waits here until the path is known.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;
use std::time::{Duration, Instant};

use egui::text::{CCursor, CCursorRange};
use egui::{Context, Id, TextEdit, Ui};
use rfd::{AsyncFileDialog, FileHandle};

use crate::app::clients::{ClientCommand, ClientField, TabCommand};
use crate::app::tls_jobs::typed_path;
use crate::app::{App, Command, ExistenceCheck, WakeFn, existence_check};
use crate::capture::sequence::SequenceFormat;
use crate::platform::IS_DESKTOP_PART_OF_OS;
use crate::settings::Setting;
use crate::text::display_name;
use crate::ui::action::{Action, CheckFile};
use crate::ui::widgets::dialog::{Dialog, DialogPart, default_button};
use crate::ui::widgets::field::{Tone, note, text_field};

/// The path that was chosen in the OS's dialog, if any, and how long the dialog was open.
type Answer = (Option<PathBuf>, Duration);

/// The dialogs that ask for a path. At most one is open at a time.
pub(super) struct FileDialogs {
    /// Whether to try the OS's dialogs before prompts.
    native: bool,
    pending: Option<(Action, Receiver<Answer>)>,
    prompt: Option<PathPrompt>,
    /// The folder of the path last typed into a prompt that saves a file.
    saved_folder: Option<PathBuf>,
}

/// An answer without a path that comes faster than this means that the OS has no file dialogs: a user needs longer to
/// see and cancel one.
const MIN_ANSWER_TIME: Duration = Duration::from_millis(700);

impl FileDialogs {
    /// Returns file dialogs that use the OS's own if `native` and if the OS has them, or else prompts.
    pub(super) fn new(native: bool) -> Self {
        Self { native, pending: None, prompt: None, saved_folder: None }
    }

    /// Asks for the path that an action needs, unless another dialog is open.
    pub(super) fn open(&mut self, ctx: &Context, frame: &eframe::Frame, action: Action) {
        let Some(request) = PathRequest::for_action(&action) else { return };
        if self.pending.is_some() || self.prompt.is_some() {
            return;
        }
        match self.native.then(|| open_native(ctx, frame, &request)).flatten() {
            Some(answer) => self.pending = Some((action, answer)),
            None => self.open_prompt(ctx, action, request),
        }
    }

    fn open_prompt(&mut self, ctx: &Context, action: Action, request: PathRequest) {
        let text = if request.current.is_empty() && request.kind == PathKind::SaveFile {
            let folder = self.saved_folder.clone().or_else(std::env::home_dir).unwrap_or_default();
            folder.join(&request.file_name).to_string_lossy().into_owned()
        } else {
            request.current.clone()
        };
        let ctx = ctx.clone();
        let wake: WakeFn = Arc::new(move || ctx.request_repaint());
        self.prompt = Some(PathPrompt {
            action,
            request,
            text,
            stage: Stage::Typing,
            is_new: true,
            has_failed: false,
            check: existence_check(&wake),
        });
    }

    /// Returns the action with the path that was chosen in the OS's dialog, once the user has answered. Opens a prompt
    /// if it turns out that the OS has no dialog.
    pub(super) fn poll(&mut self, ctx: &Context) -> Option<Action> {
        let (_, receiver) = self.pending.as_ref()?;
        let (path, open_for) = match receiver.try_recv() {
            Err(TryRecvError::Empty) => return None,
            // The dialog's thread panicked.
            Err(TryRecvError::Disconnected) => (None, Duration::ZERO),
            Ok(answer) => answer,
        };
        let (action, _) = self.pending.take()?;
        if let Some(path) = path {
            return Some(action.with_path(path));
        }
        if !IS_DESKTOP_PART_OF_OS && open_for < MIN_ANSWER_TIME {
            let request = PathRequest::for_action(&action)?;
            self.open_prompt(ctx, action, request);
        }
        None
    }

    /// Returns whether a prompt is open.
    pub(super) fn is_prompting(&self) -> bool {
        self.prompt.is_some()
    }

    /// Shows the prompt while it is open; returns the action with the typed path when the user confirms it. While the
    /// app saves a file, the prompt stays open, and also after a failure.
    pub(super) fn show_prompt(&mut self, ui: &Ui, app: &App) -> Option<Action> {
        let prompt = self.prompt.as_mut()?;
        match prompt.show(ui, app)? {
            PromptResult::Closed => {
                let has_failed = prompt.has_failed;
                self.prompt = None;
                // The user has read the failure in the prompt.
                let is_newest = app.notice().is_some() && app.notice() == app.save_failure();
                (has_failed && is_newest).then(|| Command::DismissNotice.into())
            }
            PromptResult::Confirmed => {
                let path = typed_path(&prompt.text);
                if prompt.request.kind == PathKind::SaveFile {
                    self.saved_folder = path.parent().map(Path::to_owned);
                }
                let action = prompt.action.clone().with_path(path);
                if prompt.saves_file() {
                    prompt.stage = Stage::Saving;
                } else {
                    self.prompt = None;
                }
                Some(action)
            }
        }
    }
}

/// Opens the OS's dialog and waits for its answer on a thread. Returns `None` if that thread can't be created.
fn open_native(ctx: &Context, frame: &eframe::Frame, request: &PathRequest) -> Option<Receiver<Answer>> {
    let mut dialog = AsyncFileDialog::new().set_parent(frame).set_title(request.title);
    if !request.file_name.is_empty() {
        dialog = dialog.set_file_name(&request.file_name);
    }
    for (name, extensions) in request.filters {
        dialog = dialog.add_filter(*name, extensions);
    }
    let choice: Pin<Box<dyn Future<Output = Option<FileHandle>> + Send>> = match request.kind {
        PathKind::OpenFile => Box::pin(dialog.pick_file()),
        PathKind::SaveFile => Box::pin(dialog.save_file()),
        PathKind::Folder => Box::pin(dialog.pick_folder()),
    };
    let (started, ctx) = (Instant::now(), ctx.clone());
    let (sender, receiver) = channel();
    let wait = move || {
        let path = pollster::block_on(choice).map(PathBuf::from);
        // The receiver no longer exists if the window was closed meanwhile.
        let _ = sender.send((path, started.elapsed()));
        ctx.request_repaint();
    };
    thread::Builder::new().name("file-dialog".to_owned()).spawn(wait).ok()?;
    Some(receiver)
}

/// A dialog of our own with a field for a path.
struct PathPrompt {
    action: Action,
    request: PathRequest,
    text: String,
    stage: Stage,
    /// Whether the field didn't have the focus yet.
    is_new: bool,
    /// Whether saving has failed since the prompt was opened.
    has_failed: bool,
    check: ExistenceCheck,
}

/// The stage that a prompt is in.
#[derive(Debug, PartialEq, Eq)]
enum Stage {
    /// The user types a path.
    Typing,
    /// The app checks whether the file exists.
    Checking,
    /// The file exists, and the user decides whether to replace it.
    Asking,
    /// The app saves the file.
    Saving,
    /// The file could not be saved, for this reason.
    Failed(String),
}

/// How the user answered a prompt, or that the file was saved.
#[derive(Debug, Clone, Copy)]
enum PromptResult {
    /// The path was confirmed.
    Confirmed,
    /// The prompt is to be closed.
    Closed,
}

impl PathPrompt {
    /// Returns whether the app saves a file at the path.
    fn saves_file(&self) -> bool {
        // The key log is only a setting, and its file is appended to.
        self.request.kind == PathKind::SaveFile && !matches!(self.action, Action::App(Command::Set(..)))
    }

    /// Shows the prompt. Returns `None` while it stays open.
    fn show(&mut self, ui: &Ui, app: &App) -> Option<PromptResult> {
        let mut result = self.advance(app);
        let is_busy = matches!(self.stage, Stage::Checking | Stage::Saving);
        let is_ready = !is_busy && !self.text.trim().is_empty();
        let (mut confirmed, mut canceled) = (false, false);
        let keys = Dialog { title: self.request.title, width: 480.0 }.show(ui, |ui, part| match part {
            DialogPart::Contents => {
                ui.add_enabled_ui(!is_busy, |ui| self.show_field(ui));
                match &self.stage {
                    Stage::Asking => {
                        let name = display_name(&typed_path(&self.text));
                        note(ui, Tone::Caution, &format!("{name} already exists. Replace it?"));
                    }
                    Stage::Failed(reason) => drop(note(ui, Tone::Problem, reason)),
                    Stage::Typing | Stage::Checking | Stage::Saving => {}
                }
            }
            DialogPart::Buttons => {
                let label = match self.request.kind {
                    _ if self.stage == Stage::Asking => "Replace",
                    PathKind::OpenFile => "Open",
                    PathKind::SaveFile => "Save",
                    PathKind::Folder => "Choose",
                };
                confirmed = default_button(ui, label, is_ready).clicked();
                let cancel = ui.button("Cancel");
                if self.stage == Stage::Asking && ui.memory(|memory| memory.focused().is_none()) {
                    // The Enter key that confirmed the path, pressed again, doesn't replace the file.
                    cancel.request_focus();
                    ui.ctx().request_repaint();
                }
                canceled = cancel.clicked();
            }
        });
        if confirmed || (keys.entered && is_ready) {
            if self.saves_file() && self.stage != Stage::Asking {
                self.check.start(typed_path(&self.text));
                self.stage = Stage::Checking;
            } else {
                result = Some(PromptResult::Confirmed);
            }
        } else if canceled || keys.closed {
            result = Some(PromptResult::Closed);
        }
        result
    }

    /// Goes on when the disk has answered or the file was saved.
    fn advance(&mut self, app: &App) -> Option<PromptResult> {
        match self.stage {
            Stage::Checking => match self.check.poll() {
                Some(Ok(false)) => return Some(PromptResult::Confirmed),
                // If the check failed, the user decides.
                Some(Ok(true) | Err(_)) => self.stage = Stage::Asking,
                None => {}
            },
            Stage::Saving if !app.is_saving() => match app.save_failure() {
                Some(failure) => {
                    self.stage = Stage::Failed(failure.text.clone());
                    self.has_failed = true;
                }
                None => return Some(PromptResult::Closed),
            },
            _ => {}
        }
        None
    }

    fn show_field(&mut self, ui: &mut Ui) {
        let label = ui.weak("No file dialog is available, so type the path.");
        match self.action {
            Action::App(Command::SaveLog { .. }) => {
                ui.weak("The whole log is saved: as JSON lines if the name ends in .json or .jsonl, otherwise as text.");
            }
            Action::App(Command::SaveCheckReport { .. }) => {
                ui.weak("The report is saved as JSON if the name ends in .json, otherwise as HTML.");
            }
            _ => {}
        }
        let width = ui.available_width();
        let (field, typed) = text_field(ui, "typed path", width, &self.text, "path", false);
        let field = field.labelled_by(label.id);
        if let Some(typed) = typed {
            self.text = typed;
            self.stage = Stage::Typing;
        }
        // Keeps the focus in the field, except during the question whether to replace the file. Only Enter takes it
        // away, and that also confirms the path.
        let is_free = ui.memory(|memory| memory.focused().is_none()) && !field.lost_focus();
        if ui.is_enabled() && self.stage != Stage::Asking && is_free {
            field.request_focus();
            ui.ctx().request_repaint();
            if std::mem::take(&mut self.is_new) {
                select_name(ui.ctx(), field.id, &self.text);
            }
        }
    }
}

/// Selects the file name without its extension in the text field with a path, so that typing replaces it.
fn select_name(ctx: &Context, field: Id, text: &str) {
    let path = Path::new(text);
    let length = |part: Option<&OsStr>| part.map_or(0, |part| part.to_string_lossy().chars().count());
    let start = text.chars().count() - length(path.file_name());
    let name = CCursorRange::two(CCursor::new(start), CCursor::new(start + length(path.file_stem())));
    let mut state = TextEdit::load_state(ctx, field).unwrap_or_default();
    state.cursor.set_char_range(Some(name));
    state.store(ctx, field);
}

/// The file types to choose from, each with its name and extensions. The first one is selected.
type Filters = &'static [(&'static str, &'static [&'static str])];

/// The properties of a dialog that asks for the path of an action.
#[derive(Debug)]
struct PathRequest {
    title: &'static str,
    kind: PathKind,
    /// The current path; empty if there is none.
    current: String,
    /// The file name to suggest; empty for a file or folder that exists already.
    file_name: String,
    /// Empty for all files.
    filters: Filters,
}

/// The kind of path that a dialog asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PathKind {
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

    /// Returns the dialog for the path of an action; `None` if the action needs no path.
    fn for_action(action: &Action) -> Option<Self> {
        Some(match action {
            Action::SetCertificateFolder(_) => {
                Self { kind: PathKind::Folder, ..Self::open("Choose a folder for the certificate", "") }
            }
            Action::SetDetailsCaFile(_) | Action::SetCheckFile(CheckFile::Ca, _) => {
                Self::open("Choose the CA file", "")
            }
            Action::SetCheckFile(CheckFile::Program, _) => {
                let filters: Filters = &[("Python", &["py"]), ("All files", &["*"])];
                Self { filters, ..Self::open("Choose the program to check", "") }
            }
            Action::App(command) => match command {
                Command::Set(Setting::ClientCa, path) => Self::open("Choose the CA file", path),
                Command::Set(Setting::Key, path) => Self::open("Choose the private key", path),
                Command::Set(Setting::KeyLog, path) => Self {
                    current: path.clone(),
                    ..Self::save("Choose a file for the TLS keys", "keys.log", &[])
                },
                Command::Set(_, path) => Self::open("Choose the certificate", path),
                Command::Client(ClientCommand::Tab(_, TabCommand::Edit(field, path))) => {
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
                Command::SaveCheckReport { .. } => {
                    let filters: Filters = &[("HTML", &["html", "htm"]), ("JSON", &["json"])];
                    Self::save("Save the report", "echoscope-check.html", filters)
                }
                Command::SaveLessonResult(name) => {
                    Self::save("Save the result", &name.to_string_lossy(), &[("Text", &["txt"])])
                }
                Command::SaveSequence { id, format, .. } => {
                    let (extension, filters): (_, Filters) = match format {
                        SequenceFormat::Svg => ("svg", &[("SVG picture", &["svg"])]),
                        SequenceFormat::Text => ("txt", &[("Text", &["txt"])]),
                    };
                    let name = format!("echoscope-connection-{}.{extension}", id.0);
                    Self::save("Save the sequence diagram", &name, filters)
                }
                Command::SavePackets { connection, .. } => {
                    let number = connection.map_or_else(|| "s".to_owned(), |id| format!("-{}", id.0));
                    let name = format!("echoscope-connection{number}.pcapng");
                    Self::save("Save the packets", &name, &[("pcapng", &["pcapng"])])
                }
                _ => return None,
            },
            _ => return None,
        })
    }
}
