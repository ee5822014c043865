//! The dialog *Check a server…*: a form for the server and the requirements, then the run of the checks and its report.
//!
//! The run belongs to the app ([`crate::app::CheckRun`]). Closing the dialog cancels it.

mod result_list;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use egui::{Label, ProgressBar, Ui, accesskit};

use crate::app::tls_jobs::PathText;
use crate::app::{
    App, CheckRun, Command, ExistenceCheck, NoticeTopic, ReportFormat, WakeFn, existence_check,
};
use crate::check::{CHECKS, CheckOptions, CheckVerdict, Expect, Profile};
use crate::lessons::LessonRun;
use crate::lessons::lesson::LessonStep;
use crate::platform::terminal::PYTHON;
use crate::server::ServerState;
use crate::settings::parse;
use crate::text::{count, display_name, duration};
use crate::tls::options::Trust;
use crate::ui::action::{Action, CheckFile};
use crate::ui::check_dialog::result_list::ResultList;
use crate::ui::dialog_layout::{DialogField, below, below_any, choice_row, row};
use crate::ui::frame_pacing::repaint_after;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::check_box;
use crate::ui::widgets::dialog::{Dialog, DialogPart, default_button};
use crate::ui::widgets::field::{Tone, note, small};

const DIALOG: Dialog = Dialog { title: "Check a server", width: 720.0 };

/// The port of the tutorial's program.
const DEFAULT_PORT: u16 = 12345;

/// The kind of server to check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ServerChoice {
    ThisServer,
    Address,
    PythonFile,
}

const SERVERS: [(ServerChoice, &str, &str); 3] = [
    (ServerChoice::ThisServer, "This server", "The server of this window, while it runs"),
    (ServerChoice::Address, "Another address", "A server that runs already"),
    (ServerChoice::PythonFile, "A Python file", "A program that the checks start and end"),
];
const MODES: [(Option<Expect>, &str, &str); 4] = [
    (None, "Any", "The checks only observe how many clients are served at once."),
    (Some(Expect::One), "One client at a time", "Another client is served only after the first has closed."),
    (
        Some(Expect::Threads),
        "All clients at once",
        "32 clients are served at once, as with a thread for each.",
    ),
    (Some(Expect::Pool), "Several clients at once", "At least 2 clients are served at once, as with a pool."),
];
const COURSE: &str =
    "Only observes resets and a stuck TLS handshake, which the tutorial's program can't handle.";
const COURSE_OF_PROGRAM: &str = "Only observes resets, Ctrl-C, a restart at once and a stuck TLS handshake, which the \
                                 tutorial's program can't handle.";
const NO_FILE: &str = "No such file. Check the path.";
const LOAD: &str = "The checks send 8 MiB, connect up to 64 clients at once and reset connections. Don't check a server that \
                    others use.";

/// The state of the dialog. It keeps what the user entered until the window is closed.
#[expect(clippy::struct_excessive_bools, reason = "each is a check box or a state of its own")]
pub(super) struct CheckDialog {
    is_open: bool,
    /// `None` until the user has chosen: this server while it runs, otherwise a file.
    target: Option<ServerChoice>,
    address: String,
    pub(super) program: PathText,
    /// Looks for the program's file in the background.
    file_check: Option<ExistenceCheck>,
    /// The path that was looked for last, and whether the window had the focus: the user may create the file elsewhere.
    looked_for: Option<(PathBuf, bool)>,
    is_missing: bool,
    port: String,
    tls: bool,
    pub(super) ca_file: PathText,
    expect: Option<Expect>,
    is_course: bool,
    /// Whether the form is shown instead of the last run.
    shows_form: bool,
    list: ResultList,
}

impl Default for CheckDialog {
    fn default() -> Self {
        Self {
            is_open: false,
            target: None,
            address: String::new(),
            program: PathBuf::new().into(),
            file_check: None,
            looked_for: None,
            is_missing: false,
            port: String::new(),
            tls: false,
            ca_file: PathBuf::new().into(),
            expect: None,
            is_course: false,
            shows_form: true,
            list: ResultList::default(),
        }
    }
}

impl CheckDialog {
    /// Returns whether the dialog is open. An open dialog gets all keys.
    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }

    /// Opens the dialog, with the report of the last run if there is one. A lesson that waits for another run gets the
    /// form.
    pub(super) fn open(&mut self, app: &App) {
        // The program in the Code tab has the form's port.
        let port = Some(app.settings().port).filter(|port| *port != 0).unwrap_or(DEFAULT_PORT);
        if self.port.is_empty() {
            self.port = port.to_string();
        }
        if self.address.is_empty() {
            self.address = format!("localhost:{port}");
        }
        (self.is_open, self.looked_for) = (true, None);
        let waits = app.lesson().and_then(LessonRun::step).is_some_and(LessonStep::waits_for_check);
        self.shows_form = app.check_run().is_none_or(|run| waits && !run.is_running());
    }

    /// Puts a program that was just saved into its field, and its port unless the OS will choose it.
    pub(super) fn set_program(&mut self, path: PathBuf, port: u16) {
        self.program = path.into();
        if port != 0 {
            self.port = port.to_string();
        }
    }

    /// Puts a file that the user chose into its field.
    pub(super) fn set_file(&mut self, file: CheckFile, path: PathBuf) {
        match file {
            CheckFile::Program => self.program = path.into(),
            CheckFile::Ca => self.ca_file = path.into(),
        }
    }

    /// Shows the dialog if it is open.
    pub(super) fn show(&mut self, ui: &Ui, app: &App) -> Vec<Action> {
        let mut actions = Vec::new();
        if !self.is_open {
            return actions;
        }
        self.look_for_program(ui);
        let run = app.check_run().filter(|_| !self.shows_form);
        let options = self.options(app);
        let (mut starts, mut closes) = (false, false);
        let keys = DIALOG.show(ui, |ui, part| match (part, run) {
            (DialogPart::Contents, None) => self.form(ui, app, &options, &mut actions),
            (DialogPart::Contents, Some(run)) => self.run(ui, app, run),
            (DialogPart::Buttons, Some(run)) if run.is_running() => {
                let cancel = ui.add_enabled(!run.is_ending(), egui::Button::new("Cancel"));
                if cancel.clicked() {
                    actions.push(Command::CancelCheck.into());
                }
            }
            (DialogPart::Buttons, _) => {
                let label = if run.is_some() { "Run again" } else { "Run the checks" };
                let start = default_button(ui, label, options.is_ok());
                starts = match &options {
                    Ok(_) => start.clicked(),
                    Err(reason) => start.on_disabled_hover_text(reason).clicked(),
                };
                if run.is_some() {
                    self.shows_form = ui.button("Change…").clicked();
                    if run.is_some_and(|run| run.report().is_some()) && ui.button("Save report…").clicked()
                    {
                        let (path, format) = (PathBuf::new(), ReportFormat::Html);
                        actions.push(Action::choose_path(Command::SaveCheckReport { path, format }));
                    }
                } else if app.check_run().is_some() {
                    self.shows_form = !ui.button("Last result").clicked();
                }
                let has_run = app.check_run().is_some();
                closes = ui.button(if has_run { "Done" } else { "Close" }).clicked();
            }
        });
        let is_running = app.check_run().is_some_and(CheckRun::is_running);
        if let Ok(options) = options
            && (starts || keys.entered)
            && !is_running
        {
            self.target = Some(self.target(app));
            (self.shows_form, self.list) = (false, ResultList::default());
            actions.push(Command::RunCheck(Box::new(options)).into());
        }
        if closes || keys.closed {
            self.is_open = false;
            actions.push(Command::CancelCheck.into());
        }
        actions
    }

    fn look_for_program(&mut self, ui: &Ui) {
        let path = &self.program.path;
        let wanted = (path.clone(), ui.input(|input| input.focused));
        if self.looked_for.as_ref() != Some(&wanted) {
            self.is_missing &= self.looked_for.as_ref().is_some_and(|(last, _)| last == path);
            let ctx = ui.ctx().clone();
            let wake: WakeFn = Arc::new(move || ctx.request_repaint());
            let check = self.file_check.insert(existence_check(&wake));
            if !path.as_os_str().is_empty() {
                check.start(path.clone());
            }
            self.looked_for = Some(wanted);
        }
        if let Some(Ok(exists)) = self.file_check.as_mut().and_then(ExistenceCheck::poll) {
            self.is_missing = !exists;
        }
    }

    fn target(&self, app: &App) -> ServerChoice {
        let is_running = matches!(app.state(), ServerState::Listening { .. });
        self.target.unwrap_or(if is_running { ServerChoice::ThisServer } else { ServerChoice::PythonFile })
    }

    /// Returns the options of the next run, or why it can't start.
    fn options(&self, app: &App) -> Result<CheckOptions, String> {
        let options = match self.target(app) {
            ServerChoice::ThisServer => app.options_for_own_check()?,
            ServerChoice::Address => {
                let (host, port) = self.host_and_port()?;
                self.with_tls(CheckOptions::new(host, port))
            }
            ServerChoice::PythonFile => {
                let port = self.program_port(app)?;
                let program = &self.program.path;
                if program.as_os_str().is_empty() {
                    return Err("Choose the file of the program.".to_owned());
                }
                if self.is_missing {
                    return Err(NO_FILE.to_owned());
                }
                let program = std::path::absolute(program).unwrap_or_else(|_| program.clone());
                let folder = program.parent().map(Path::to_owned);
                let command = vec![PYTHON.into(), program.into_os_string()];
                self.with_tls(CheckOptions { command, folder, ..CheckOptions::new("localhost", port) })
            }
        };
        let profile = if self.is_course { Profile::Course } else { Profile::Strict };
        Ok(CheckOptions { expect: self.expect, profile, ..options })
    }

    fn with_tls(&self, options: CheckOptions) -> CheckOptions {
        let ca_file = Some(&self.ca_file.path).filter(|path| self.tls && !path.as_os_str().is_empty());
        CheckOptions { tls: self.tls, trust: ca_file.cloned().map(Trust::CaFile), ..options }
    }

    fn host_and_port(&self) -> Result<(String, u16), String> {
        if self.address.trim().is_empty() {
            return Err("Enter the server's address, such as localhost:12345.".to_owned());
        }
        parse::address(&self.address, ("localhost", DEFAULT_PORT)).map_err(|error| error.to_string())
    }

    fn program_port(&self, app: &App) -> Result<u16, String> {
        let number = parse::number("Port", 1..=u16::MAX.into(), &self.port);
        let port = number.map_err(|error| error.to_string())?;
        match app.state() {
            ServerState::Listening { addresses, .. }
                if addresses.iter().any(|address| u32::from(address.port()) == port) =>
            {
                Err(format!("The server of this window uses port {port}. Stop it first."))
            }
            _ => Ok(u16::try_from(port).unwrap_or_default()),
        }
    }

    fn form(
        &mut self,
        ui: &mut Ui,
        app: &App,
        options: &Result<CheckOptions, String>,
        actions: &mut Vec<Action>,
    ) {
        ui.label(
            "Small clients connect to an echo server, test it, and explain its mistakes. They connect to no other address.",
        );
        ui.add_space(2.0);
        let target = self.target(app);
        let chosen = choice_row(ui, "Server", target, &SERVERS);
        self.target = chosen.or(self.target);
        match target {
            ServerChoice::ThisServer => below(ui, |ui| match options {
                Ok(options) => drop(small(ui, describe(options))),
                Err(reason) => drop(note(ui, Tone::Problem, reason)),
            }),
            ServerChoice::Address => {
                let error = self.host_and_port().err();
                text_row(ui, "Server address", &mut self.address, error, LOAD);
                self.tls_rows(ui, actions);
            }
            ServerChoice::PythonFile => {
                self.program_row(ui, actions);
                let error = self.program_port(app).err();
                let about = "The port in the program: its SERVER_PORT.";
                text_row(ui, "Server port", &mut self.port, error, about);
                self.tls_rows(ui, actions);
            }
        }
        self.expect = choice_row(ui, "Expected mode", self.expect, &MODES).unwrap_or(self.expect);
        let abouts = MODES.map(|(.., about)| about);
        let about = MODES.iter().find(|(mode, ..)| *mode == self.expect).map_or("", |(.., about)| about);
        below_any(ui, &abouts, |ui| drop(small(ui, about)));
        row(ui, "", |ui, _| check_box(ui, &mut self.is_course, "Course profile"));
        let course = if target == ServerChoice::PythonFile { COURSE_OF_PROGRAM } else { COURSE };
        below(ui, |ui| drop(small(ui, course)));
    }

    fn program_row(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let text = &self.program.text;
        let field = DialogField { label: "Python file", text, hint: "path", is_wrong: self.is_missing };
        let choose = Action::SetCheckFile(CheckFile::Program, PathBuf::new());
        if let Some(changed) = field.show_with_browse(ui, choose, actions).1 {
            self.program = changed.into();
        }
        let about = format!("{PYTHON} runs it in its folder. It and its children are ended afterwards.");
        below(ui, |ui| {
            drop(if self.is_missing { note(ui, Tone::Problem, NO_FILE) } else { small(ui, about) });
        });
    }

    fn tls_rows(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        row(ui, "", |ui, _| check_box(ui, &mut self.tls, "The server uses TLS"));
        if !self.tls {
            return;
        }
        let text = &self.ca_file.text;
        let field = DialogField { label: "Server's CA file", text, hint: "optional", is_wrong: false };
        let choose = Action::SetCheckFile(CheckFile::Ca, PathBuf::new());
        if let Some(changed) = field.show_with_browse(ui, choose, actions).1 {
            self.ca_file = changed.into();
        }
        let about = "The certificate must be signed by a CA in this file. Without it, the certificate is only described.";
        below(ui, |ui| drop(small(ui, about)));
    }

    /// Shows the run: its progress or conclusion, and below it the list of all checks.
    fn run(&mut self, ui: &mut Ui, app: &App, run: &CheckRun) {
        let top = ui.cursor().top();
        let took = run.report().map(|_| format!(", checked in {}", duration(run.elapsed())));
        small(ui, describe(run.options()) + &took.unwrap_or_default());
        match run.report() {
            None if run.has_crashed() => {
                let text = "Internal error: the checks ended without a result. Run them again.";
                note(ui, Tone::Problem, text);
            }
            None => progress(ui, run),
            Some(report) => {
                let palette = Palette::of(ui);
                let (symbol, color) = match (report.first_failed(), report.is_canceled) {
                    (Some(_), _) => (CheckVerdict::Failed.symbol(), palette.problem),
                    (None, true) => (CheckVerdict::Skipped.symbol(), palette.caution),
                    (None, false) => (CheckVerdict::Passed.symbol(), palette.good),
                };
                let text = format!("{symbol} {}", report.conclusion());
                let shown = ui.add(Label::new(theme::bold(text).color(color)).wrap());
                ui.ctx().accesskit_node_builder(shown.id, |node| node.set_live(accesskit::Live::Polite));
            }
        }
        let saved = app.notice().filter(|notice| notice.topic == NoticeTopic::SavedReport);
        if let Some(notice) = saved {
            note(ui, if notice.problem { Tone::Problem } else { Tone::Good }, &notice.text);
        }
        ui.add_space(2.0);
        self.list.show(ui, run, ui.cursor().top() - top);
    }
}

/// Shows a text field, with its error or what it is for.
fn text_row(ui: &mut Ui, label: &str, text: &mut String, error: Option<String>, about: &str) {
    let field = DialogField { label, text, hint: "", is_wrong: error.is_some() };
    if let Some(changed) = field.show(ui).1 {
        *text = changed;
    }
    below(ui, |ui| match error {
        Some(error) => drop(note(ui, Tone::Problem, &error)),
        None => drop(small(ui, about)),
    });
}

/// Returns the server that is checked, in a few words.
fn describe(options: &CheckOptions) -> String {
    let CheckOptions { host, port, command, .. } = options;
    let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
    let mut text = match command.last() {
        Some(program) => format!("{PYTHON} {}, {host}:{port}", display_name(Path::new(program))),
        None => format!("{host}:{port}"),
    };
    text += match (options.tls, &options.trust) {
        (false, _) => ", without TLS",
        (true, None) => ", with TLS",
        (true, Some(Trust::ThisServer(_))) => ", with TLS, trusting its own certificate",
        (true, Some(_)) => ", with TLS and a CA file",
    };
    if let Some(mode) = options.expect {
        text = format!("{text}, expected mode: {}", mode.title().to_lowercase());
    }
    if options.profile == Profile::Course {
        text += ", course profile";
    }
    text
}

/// Shows how many checks are done, the time so far, and the current check.
fn progress(ui: &mut Ui, run: &CheckRun) {
    let (done, all) = (run.results().len(), CHECKS.len());
    let seconds = run.elapsed().as_secs();
    let now = match run.current() {
        _ if run.is_ending() => "Canceling…".to_owned(),
        Some(check) => format!("Now: {}", check.title),
        None => "Starting…".to_owned(),
    };
    let text = format!("{done} of {all} checks, {}. {now}", count(seconds, "second"));
    #[expect(clippy::cast_precision_loss, reason = "a few checks")]
    let bar = ProgressBar::new(done as f32 / all as f32).fill(Palette::of(ui).accent).animate(false);
    let _ = ui.add(bar.desired_height(6.0)).accessible_name("Progress of the checks");
    small(ui, text);
    // The time goes on, even if nothing else happens.
    repaint_after(ui.ctx(), Duration::from_secs(1));
    ui.spacing_mut().item_spacing.y = size::GAP;
}
