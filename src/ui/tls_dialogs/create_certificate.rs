//! The dialog *Create certificate…*: a form for the certificate, and a second page with the files that were created.

use std::error::Error;
use std::path::{Path, PathBuf};

use egui::{Spinner, Ui};
use jiff::Timestamp;

use crate::app::tls_jobs::{CertificateCreator, PathText, default_folder};
use crate::app::{App, Command, WakeFn};
use crate::lessons::condition::LessonPlace;
use crate::server::ServerState;
use crate::settings::SettingChoice;
use crate::text::list;
use crate::tls::create::{
    CA_CERTIFICATE, CA_KEY, CertificateSpec, CreatedFiles, Defect, KeyChoice, Preflight, SpecField,
    SpecProblem, openssl_script, parse_days, split_names,
};
use crate::ui::action::Action;
use crate::ui::dialog_layout::{
    CONNECT_AND_CHECK, DialogField, below, below_any, choice_row, command_lines, error_note,
    error_or_sentence, heading, mono, row,
};
use crate::ui::widgets::controls::{check_box, collapsible, copy_box};
use crate::ui::widgets::dialog::{Dialog, DialogPart, default_button};
use crate::ui::widgets::field::{Tone, named, note, small};

const FORM: Dialog = Dialog { title: "Create a certificate", width: 600.0 };
const CREATED: Dialog = Dialog { title: "Certificate created", width: 600.0 };

/// The state of the dialog: its fields as they are typed, and the progress of the creation.
pub(super) struct CreateDialog {
    creator: CertificateCreator,
    pub(super) folder: PathText,
    common_name: String,
    names: String,
    days: String,
    key: KeyChoice,
    signed_by_ca: bool,
    client_certificate: bool,
    defect: Option<Defect>,
    /// The names of the existing files that the user allowed to replace.
    replace: Vec<String>,
    /// The values for which the last preflight was started.
    checked_spec: Option<CertificateSpec>,
    preflight: Option<(CertificateSpec, Preflight)>,
    /// The result of the last creation; `Ok(None)` if it was canceled. The error may also be that of the last preflight.
    outcome: Option<Result<Option<CreatedFiles>, Box<dyn Error>>>,
    /// Whether the folder field still has to get the focus.
    needs_focus: bool,
}

impl CreateDialog {
    /// Returns the dialog filled in with a certificate for this computer, in the folder of the current certificate.
    pub(super) fn new(wake: &WakeFn, app: &App) -> Self {
        let spec = CertificateSpec::default();
        Self {
            creator: CertificateCreator::new(wake),
            folder: default_folder(app.settings()).into(),
            common_name: spec.common_name,
            names: spec.names.join(", "),
            days: spec.days.to_string(),
            key: spec.key,
            signed_by_ca: spec.signed_by_ca,
            client_certificate: spec.client_certificate,
            defect: spec.defect,
            replace: Vec::new(),
            checked_spec: None,
            preflight: None,
            outcome: None,
            needs_focus: true,
        }
    }

    /// Shows the dialog; returns whether it is to be closed.
    pub(super) fn show(&mut self, ui: &Ui, app: &App, actions: &mut Vec<Action>) -> bool {
        self.poll(actions);
        if let Some(Ok(Some(created))) = &self.outcome {
            return show_created(ui, app, created, actions);
        }
        let spec = self.spec();
        if self.checked_spec.as_ref() != Some(&spec) && !self.creator.creations.is_busy() {
            self.start_preflight(spec.clone());
            self.outcome = None;
        }
        // Taken out of `self`, which `fields` borrows mutably. A preflight for another folder, defect or use of a CA, or
        // for other files, is not current.
        let last_preflight = self.preflight.take();
        let is_current = |(checked_spec, _): &&(CertificateSpec, Preflight)| {
            checked_spec.folder == spec.folder
                && checked_spec.needs_ca() == spec.needs_ca()
                && checked_spec.defect == spec.defect
                && checked_spec.file_names() == spec.file_names()
        };
        let current = last_preflight.as_ref().filter(is_current).map(|(_, preflight)| preflight);
        let is_ready = spec.problems().is_empty()
            && !self.creator.creations.is_busy()
            && current.is_some_and(|preflight| {
                preflight.problems.is_empty()
                    && preflight.existing.iter().all(|name| self.replace.contains(name))
            });
        let no_preflight = Preflight::default();
        let preflight = current.unwrap_or(&no_preflight);
        let (mut create, mut cancel) = (false, false);
        let keys = FORM.show(ui, |ui, part| match part {
            DialogPart::Contents => {
                let is_idle = !self.creator.creations.is_busy();
                ui.add_enabled_ui(is_idle, |ui| self.fields(ui, &spec, preflight, actions));
            }
            DialogPart::Buttons => (create, cancel) = self.buttons(ui, &preflight.existing, is_ready),
        });
        if (create || keys.entered) && is_ready {
            self.outcome = None;
            self.creator.start(spec, !preflight.existing.is_empty());
        }
        self.preflight = last_preflight;
        let closed = cancel || keys.closed;
        if closed && self.creator.creations.is_busy() {
            self.creator.cancel();
            self.outcome = Some(Ok(None));
            return false;
        }
        closed
    }

    fn start_preflight(&mut self, spec: CertificateSpec) {
        self.creator.preflights.start(spec.clone());
        self.checked_spec = Some(spec);
    }

    fn poll(&mut self, actions: &mut Vec<Action>) {
        match self.creator.preflights.poll() {
            None => {}
            Some(Ok(preflight)) => self.preflight = Some(preflight),
            Some(Err(error)) => {
                // The creation checks the same again.
                self.preflight = self.checked_spec.clone().map(|spec| (spec, Preflight::default()));
                self.outcome = Some(Err(error.into()));
            }
        }
        let Some(result) = self.creator.creations.poll().map(super::flatten) else { return };
        match &result {
            Ok(Some(created)) => actions.push(Command::UseCreated(Box::new(created.clone())).into()),
            Ok(None) => {}
            // The folder may have changed since the last preflight.
            Err(_) => self.start_preflight(self.spec()),
        }
        self.outcome = Some(result);
    }

    fn spec(&self) -> CertificateSpec {
        CertificateSpec {
            folder: self.folder.path.clone(),
            common_name: self.common_name.trim().to_owned(),
            names: split_names(&self.names),
            // Anything that isn't a number becomes zero, which is out of range.
            days: parse_days(&self.days).unwrap_or(0),
            key: self.key,
            signed_by_ca: self.signed_by_ca,
            client_certificate: self.client_certificate,
            defect: self.defect,
        }
    }

    fn fields(
        &mut self,
        ui: &mut Ui,
        spec: &CertificateSpec,
        preflight: &Preflight,
        actions: &mut Vec<Action>,
    ) {
        ui.label(
            "Creates a key and a certificate for experiments. Neither the system trust store nor a browser's is changed.",
        );
        ui.add_space(2.0);
        let problems = spec.problems();
        let problem = |field: SpecField| {
            problems.iter().chain(&preflight.problems).find(|problem| problem.field() == field)
        };
        self.folder_row(ui, problem(SpecField::Folder), preflight.creates_folder, actions);
        let fields = [
            (
                "Common name",
                &mut self.common_name,
                SpecField::CommonName,
                "The name that clients connect to.",
            ),
            ("Names", &mut self.names, SpecField::Names, "More names and addresses, separated by commas."),
            (
                "Days",
                &mut self.days,
                SpecField::Days,
                "How long the certificate is valid from now, up to 36,500 days.",
            ),
        ];
        for (label, text, field, about) in fields {
            let problem = problem(field);
            let field = DialogField { label, text, hint: "", is_wrong: problem.is_some() };
            if let Some(changed) = field.show(ui).1 {
                *text = changed;
            }
            below(ui, |ui| error_or_sentence(ui, problem.map(as_error), about));
        }
        self.key = choice_row(ui, "Key", self.key, &KeyChoice::choices()).unwrap_or(self.key);
        let abouts: Vec<_> = KeyChoice::choices().iter().map(|(key, ..)| key.about()).collect();
        below_any(ui, &abouts, |ui| drop(small(ui, self.key.about())));
        self.ca_row(ui, spec, preflight.creates_ca, problem(SpecField::Ca));
        let none = [(None, "Not broken", "Clients that trust its issuer accept it.")];
        let defects: Vec<_> = none
            .into_iter()
            .chain(Defect::choices().into_iter().map(|(defect, label, about)| (Some(defect), label, about)))
            .collect();
        let chosen = choice_row(ui, "Broken on purpose", self.defect, &defects);
        self.defect = chosen.unwrap_or(self.defect);
        let abouts: Vec<_> = defects.iter().map(|(.., about)| *about).collect();
        below_any(ui, &abouts, |ui| match self.defect {
            None => drop(small(ui, none[0].2)),
            Some(defect) => {
                let warning = note(ui, Tone::Caution, defect.about());
                if chosen.is_some() {
                    warning.scroll_to_me(None);
                }
            }
        });
        files_row(ui, spec, preflight);
        collapsible(ui, "openssl commands", "Show the openssl commands", |ui| {
            if problems.is_empty() {
                small(ui, "They create the same files by hand, in the same folder.");
                copy_box(ui, "Copy the commands", &openssl_script(spec, Timestamp::now()), usize::MAX);
            } else {
                small(ui, "Correct the fields above to see them.");
            }
        });
    }

    fn folder_row(
        &mut self,
        ui: &mut Ui,
        problem: Option<&SpecProblem>,
        is_created: bool,
        actions: &mut Vec<Action>,
    ) {
        let is_wrong = problem.is_some();
        let field = DialogField { label: "Folder", text: &self.folder.text, hint: "path", is_wrong };
        let choose = Action::SetCertificateFolder(PathBuf::new());
        let (response, changed) = field.show_with_browse(ui, choose, actions);
        let about =
            if is_created { "This folder will be created." } else { "Where Echoscope writes the files." };
        below(ui, |ui| error_or_sentence(ui, problem.map(as_error), about));
        if std::mem::take(&mut self.needs_focus) {
            response.request_focus();
        }
        if let Some(changed) = changed {
            self.folder = changed.into();
        }
    }

    fn ca_row(
        &mut self,
        ui: &mut Ui,
        spec: &CertificateSpec,
        is_created: bool,
        problem: Option<&SpecProblem>,
    ) {
        row(ui, "", |ui, _| {
            let label = "Signed by a practice CA";
            // Some defects, and a client certificate, determine whether the CA signs the certificate.
            let mut signed = match spec.defect {
                Some(Defect::NoIntermediate) => true,
                Some(Defect::SelfSigned) => false,
                _ if spec.client_certificate => true,
                _ => return drop(check_box(ui, &mut self.signed_by_ca, label)),
            };
            // Disabling it twice would make it dimmer than the rest.
            ui.add_enabled_ui(!ui.is_enabled(), |ui| check_box(ui, &mut signed, label));
        });
        let abouts = [
            "The folder also gets a practice CA, which doesn't sign it.",
            "Without it, the certificate is self-signed. With it, clients trust one ca.crt and everything that it signs.",
            "ca.key and ca.crt are created once in this folder and sign every certificate in it.",
            "ca.key in this folder signs it. Give ca.crt to the clients.",
        ];
        let about = abouts[match (spec.needs_ca(), is_created) {
            (true, _) if spec.defect == Some(Defect::SelfSigned) => 0,
            (false, _) => 1,
            (true, true) => 2,
            (true, false) => 3,
        }];
        below_any(ui, &abouts, |ui| error_or_sentence(ui, problem.map(as_error), about));
        row(ui, "", |ui, _| check_box(ui, &mut self.client_certificate, "Also a client certificate"));
        let about = "client.key and client.crt, signed by the same CA, for a server that asks for client certificates.";
        below(ui, |ui| drop(small(ui, about)));
    }

    /// Shows the buttons; returns whether *Create* and *Cancel* were clicked.
    fn buttons(&mut self, ui: &mut Ui, existing: &[String], is_ready: bool) -> (bool, bool) {
        let is_busy = self.creator.creations.is_busy();
        let create = default_button(ui, "Create", is_ready);
        let create = if existing.is_empty() {
            create
        } else {
            create.on_disabled_hover_text("Allow replacing the existing files first.")
        };
        let cancel = ui.button("Cancel").clicked();
        if !existing.is_empty() && !is_busy {
            // Shown beside the button that it enables: among the contents, it could be scrolled out of view.
            let mut allowed = existing.iter().all(|name| self.replace.contains(name));
            if check_box(ui, &mut allowed, "Replace existing files").changed() {
                self.replace = if allowed { existing.to_vec() } else { Vec::new() };
            }
        }
        // Aligns a sentence of one line with the buttons.
        ui.spacing_mut().interact_size.y = 16.0;
        let is_canceled = matches!(self.outcome, Some(Ok(None)));
        if is_busy {
            ui.add(Spinner::new().size(16.0));
            small(ui, if is_canceled { "Stopping…" } else { "Creating a key…" });
        } else if let Some(Err(error)) = &self.outcome {
            error_note(ui, &**error);
        } else if is_canceled {
            note(ui, Tone::Hint, "Canceled. Nothing was written.");
        }
        (create.clicked(), cancel)
    }
}

/// Shows the files that will be written, and those that exist already.
fn files_row(ui: &mut Ui, spec: &CertificateSpec, preflight: &Preflight) {
    let mut names: Vec<_> = spec.file_names().into_iter().map(str::to_owned).collect();
    if preflight.creates_ca {
        names.extend([CA_KEY, CA_CERTIFICATE].map(str::to_owned));
    }
    row(ui, "Files", |ui, _| small(ui, list(&names, usize::MAX)));
    let existing = &preflight.existing;
    if !existing.is_empty() {
        let verb = if existing.len() == 1 { "exists" } else { "exist" };
        let text = format!("{} already {verb}.", list(existing, usize::MAX));
        below(ui, |ui| drop(note(ui, Tone::Caution, &text)));
    }
}

fn as_error(problem: &SpecProblem) -> &dyn Error {
    problem
}

/// Shows the page with the created files; returns whether the dialog is to be closed.
fn show_created(ui: &Ui, app: &App, created: &CreatedFiles, actions: &mut Vec<Action>) -> bool {
    CREATED.show_until_closed(ui, "Done", |ui, part| {
        if part == DialogPart::Contents {
            created_contents(ui, app, created);
        } else if ui.button("Certificate details…").clicked() {
            actions.push(Action::Open(LessonPlace::CertificateDetails));
        }
    })
}

fn created_contents(ui: &mut Ui, app: &App, created: &CreatedFiles) {
    let tone = if created.defect.is_some() { Tone::Caution } else { Tone::Good };
    note(ui, tone, &created.summary);
    ui.label(created.advice());
    let folder = created.certificate.parent().unwrap_or(Path::new(""));
    named(ui, "Folder", |ui| mono(ui, &folder.display().to_string()));
    let names: Vec<_> = created.files.iter().filter_map(|file| file.file_name()?.to_str()).collect();
    named(ui, "Files", |ui| mono(ui, &names.join(", ")));
    if created.client.is_some() {
        let text = "The Client tab presents client.crt. To request it, set “Client certificates” under Options…; the client CA is \
                    set already.";
        note(ui, Tone::Hint, text);
    }
    let next = if app.state().is_stopped() {
        "TLS is on with this certificate. Start the server, then run one of these commands:"
    } else {
        "TLS is on with this certificate. Restart the server to use it."
    };
    note(ui, Tone::Hint, next);
    let port = match app.state() {
        ServerState::Listening { addresses, .. } => addresses.first().map(std::net::SocketAddr::port),
        _ => None,
    };
    heading(ui, CONNECT_AND_CHECK);
    command_lines(ui, &created.client_commands(port.unwrap_or(app.settings().port)));
    heading(ui, "Without a window");
    copy_box(ui, "Copy the server command", &created.server_command().line, usize::MAX);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable;

    use super::*;
    use crate::app::Options;
    use crate::app::tls_jobs::LatestJob;
    use crate::settings::Settings;
    use crate::ui::theme;

    const INTERNAL_ERROR: &str = "Internal error: the work ended without a result. Try again.";

    /// Runs frames until the job has ended and its error is shown.
    fn wait_for_error(harness: &mut Harness<'_, (CreateDialog, bool)>) {
        let is_shown = |harness: &Harness<'_, _>| harness.query_by_label_contains(INTERNAL_ERROR).is_some();
        for _ in 0..1000 {
            harness.step();
            if is_shown(harness) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        panic!("the dialog shows no error");
    }

    #[test]
    fn jobs_that_panic_leave_the_dialog_usable() {
        let app = App::new(Settings::default(), Options::default());
        let wake: WakeFn = Arc::new(|| {});
        let mut dialog = CreateDialog::new(&wake, &app);
        dialog.creator.preflights = LatestJob::new("test", &wake, |_| panic!("on purpose"));
        dialog.creator.creations = LatestJob::new("test", &wake, |_| panic!("on purpose"));
        let mut has_fonts = false;
        let show = |ui: &mut Ui, state: &mut (CreateDialog, bool)| {
            if !std::mem::replace(&mut has_fonts, true) {
                return theme::install(ui.ctx());
            }
            state.1 |= state.0.show(ui, &app, &mut Vec::new());
        };
        let mut harness = Harness::new_ui_state(show, (dialog, false));
        wait_for_error(&mut harness);
        harness.step();
        harness.get_by_label("Create").click();
        wait_for_error(&mut harness);
        harness.get_by_label("Cancel").click();
        harness.step();
        harness.step();
        assert!(harness.state().1, "the dialog stays open");
    }
}
