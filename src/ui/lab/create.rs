//! *Create certificate…*: what it is to be, what is wrong with that, which files it makes.

use std::path::Path;

use eframe::egui::{Spinner, TextEdit, Ui};
use jiff::Timestamp;

use super::created::CreatedPage;
use super::dialog::{Dialog, default_button};
use super::parts::{choose, copyable, paragraph, reveal, row, sentence, tick, under};
use super::{TYPE_IT, shown};
use crate::session::lab::{Maker, Wake, default_folder, typed_path};
use crate::session::{Command, Session};
use crate::tls::create::{
    Broken, CA_CERTIFICATE, CA_KEY, CERTIFICATE, CreateError, Field, INTERMEDIATE, KEY, KeyChoice, Look,
    Problem, Request, SIGNING_REQUEST, openssl_commands, parse_days, split_names,
};
use crate::ui::dialogs::Purpose;
use crate::ui::server_form::disclosure;
use crate::ui::theme::size;
use crate::ui::widgets::field::text_field;
use crate::ui::widgets::note::{Tone, note};
use crate::ui::wish::Wish;

#[expect(clippy::struct_excessive_bools, reason = "boxes to tick, folds and states of one dialog")]
/// The dialog's fields as they are typed, and what is known about them.
pub(super) struct CreateDialog {
    maker: Maker,
    folder: String,
    common_name: String,
    names: String,
    days: String,
    key: KeyChoice,
    signed_by_ca: bool,
    broken: Option<Broken>,
    /// The files of these names may be replaced.
    replace: Vec<String>,
    commands: bool,
    asked: Option<Request>,
    looked: Option<(Request, Look)>,
    failed: Option<CreateError>,
    called_off: bool,
    created: Option<CreatedPage>,
    fresh: bool,
    pub(super) no_browsing: bool,
}

const DIALOG: Dialog = Dialog { id: "create certificate", title: "Create a certificate", width: 600.0 };

impl CreateDialog {
    /// Starts with a certificate for this computer, in the folder of the present one.
    pub(super) fn new(wake: &Wake, session: &Session) -> Self {
        let request = Request::default();
        Self {
            maker: Maker::new(wake),
            folder: shown(&default_folder(session.settings())),
            common_name: request.common_name,
            names: request.names.join(", "),
            days: request.days.to_string(),
            key: request.key,
            signed_by_ca: false,
            broken: None,
            replace: Vec::new(),
            commands: false,
            asked: None,
            looked: None,
            failed: None,
            called_off: false,
            created: None,
            fresh: true,
            no_browsing: false,
        }
    }

    /// The folder that was browsed to.
    pub(super) fn set_folder(&mut self, path: &Path) {
        self.folder = shown(path);
        self.no_browsing = false;
    }

    /// Shows the dialog; returns what it wishes for, and whether it is done.
    pub(super) fn show(&mut self, ui: &Ui, session: &Session) -> (Vec<Wish>, bool) {
        let mut wishes = Vec::new();
        self.take_answers(&mut wishes);
        if let Some(page) = &mut self.created {
            let (more, done) = page.show(ui, session);
            wishes.extend(more);
            return (wishes, done);
        }
        let request = self.request();
        if self.asked.as_ref() != Some(&request) && !self.maker.is_making() {
            self.maker.look(request.clone());
            self.asked = Some(request.clone());
            (self.failed, self.called_off) = (None, false);
        }
        let mut pressed = Pressed::default();
        let ended = {
            let mut state = (&mut *self, &mut wishes, &mut pressed);
            DIALOG.show(
                ui,
                &mut state,
                |ui, (dialog, wishes, _)| {
                    ui.add_enabled_ui(!dialog.maker.is_making(), |ui| dialog.fields(ui, &request, wishes));
                },
                |ui, (dialog, _, pressed)| **pressed = dialog.buttons(ui, &request),
            )
        };
        if (pressed.create || ended.entered) && self.may_create(&request) {
            self.failed = None;
            self.called_off = false;
            self.maker.make(request, !self.existing().is_empty());
        }
        let leave = pressed.cancel || ended.closed;
        if leave && self.maker.is_making() {
            self.maker.call_off();
            self.called_off = true;
            return (wishes, false);
        }
        (wishes, leave)
    }

    fn take_answers(&mut self, wishes: &mut Vec<Wish>) {
        if let Some(looked) = self.maker.looked() {
            self.looked = Some(looked);
        }
        match self.maker.made() {
            Some(Ok(Some(created))) => {
                wishes.push(Command::UseCreated(Box::new(created.clone())).into());
                self.created = Some(CreatedPage::new(created));
            }
            Some(Ok(None)) => self.called_off = true,
            Some(Err(error)) => {
                // Files may be there by now that were not.
                self.asked = None;
                self.maker.look(self.request());
                self.asked = Some(self.request());
                self.failed = Some(error);
            }
            None => {}
        }
    }

    fn request(&self) -> Request {
        Request {
            folder: typed_path(&self.folder),
            common_name: self.common_name.trim().to_owned(),
            names: split_names(&self.names),
            // Zero is out of range, like everything that is not a number.
            days: parse_days(&self.days).unwrap_or(0),
            key: self.key,
            signed_by_ca: self.signed_by_ca,
            broken: self.broken,
        }
    }

    /// What the disk said about this folder and this use of its CA.
    fn look(&self, request: &Request) -> Option<&Look> {
        let (asked, look) = self.looked.as_ref()?;
        let same = asked.folder == request.folder
            && asked.needs_ca() == request.needs_ca()
            && asked.broken == request.broken;
        same.then_some(look)
    }

    fn existing(&self) -> &[String] {
        self.looked.as_ref().map_or(&[], |(_, look)| look.existing.as_slice())
    }

    fn problem(&self, request: &Request, field: Field) -> Option<Problem> {
        let of_values = request.problems().into_iter().find(|problem| problem.field() == field);
        let of_disk = matches!(field, Field::Folder | Field::Ca);
        of_values.or_else(|| {
            let found = &self.look(request).filter(|_| of_disk)?.problems;
            found.iter().find(|problem| problem.field() == field).cloned()
        })
    }

    fn may_create(&self, request: &Request) -> bool {
        !self.maker.is_making()
            && self.look(request).is_some_and(|look| look.problems.is_empty() && self.consents(look))
            && request.problems().is_empty()
    }

    fn consents(&self, look: &Look) -> bool {
        look.existing.iter().all(|name| self.replace.contains(name))
    }

    fn fields(&mut self, ui: &mut Ui, request: &Request, wishes: &mut Vec<Wish>) {
        paragraph(
            ui,
            "Makes a key and a certificate for experiments. Nothing is put into the trust store of the system or of a \
             browser.",
        );
        ui.add_space(2.0);
        self.folder_row(ui, request, wishes);
        let fields = [
            (
                "Common name",
                Field::CommonName,
                "Whom the certificate is about: the name that clients connect to.",
            ),
            ("Names", Field::Names, "More names and addresses that it is for, with commas between them."),
            ("Days", Field::Days, "How long it is valid from now on, at most 36,500 days."),
        ];
        for (name, field, about) in fields {
            let problem = self.problem(request, field);
            let text = match field {
                Field::CommonName => &mut self.common_name,
                Field::Names => &mut self.names,
                _ => &mut self.days,
            };
            typed(ui, name, text, problem.is_some());
            under(ui, |ui| told(ui, problem.as_ref(), about));
        }
        self.kind(ui, request);
        self.files(ui, request);
        if disclosure(ui, "Show the openssl commands", self.commands).clicked() {
            self.commands = !self.commands;
        }
        if self.commands {
            if request.problems().is_empty() {
                sentence(ui, "They make the same files by hand, in the same folder.");
                wishes.extend(copyable(
                    ui,
                    "the openssl commands",
                    &openssl_commands(request, Timestamp::now()),
                ));
            } else {
                sentence(ui, "They are shown when the fields above are in order.");
            }
        }
    }

    fn folder_row(&mut self, ui: &mut Ui, request: &Request, wishes: &mut Vec<Wish>) {
        let problem = self.problem(request, Field::Folder);
        row(ui, "Folder", |ui, name| {
            let width = ui.available_width() - 84.0 - size::GAP;
            let (response, typed) =
                text_field(ui, "folder of the certificate", width, &self.folder, "path", problem.is_some());
            let response = response.labelled_by(name.id);
            if std::mem::take(&mut self.fresh) {
                response.request_focus();
            }
            self.folder = typed.unwrap_or_else(|| std::mem::take(&mut self.folder));
            if ui
                .add_sized([84.0, size::CONTROL], eframe::egui::Button::new("Browse…"))
                .accessible_name("Browse for the folder")
                .clicked()
            {
                wishes.push(Wish::Browse(Purpose::NewFolder));
            }
        });
        under(ui, |ui| {
            let makes = self.look(request).is_some_and(|look| look.makes_folder);
            let about = if makes {
                "This folder is made: it is not there yet."
            } else {
                "Where the files are written."
            };
            told(ui, problem.as_ref(), about);
            if self.no_browsing {
                note(ui, Tone::Hint, TYPE_IT);
            }
        });
    }

    fn kind(&mut self, ui: &mut Ui, request: &Request) {
        let keys = KeyChoice::ALL.map(|key| (key, key.label(), key.sentence()));
        row(ui, "Key", |ui, name| {
            self.key = choose(ui, name, "kind of key", self.key, &keys).unwrap_or(self.key);
        });
        under(ui, |ui| sentence(ui, self.key.sentence()));
        row(ui, "", |ui, _| {
            // Some ways to break it leave no choice.
            let fixed = match request.broken {
                Some(Broken::NoIntermediate) => Some(true),
                Some(Broken::SelfSigned) => Some(false),
                _ => None,
            };
            let mut on = fixed.unwrap_or(self.signed_by_ca);
            ui.add_enabled_ui(fixed.is_none(), |ui| tick(ui, &mut on, "Signed by a practice CA"));
            if fixed.is_none() {
                self.signed_by_ca = on;
            }
        });
        let makes_ca = self.look(request).is_some_and(|look| look.makes_ca);
        let problem = self.problem(request, Field::Ca);
        under(ui, |ui| {
            let about = match (request.needs_ca(), makes_ca) {
                (true, _) if request.broken == Some(Broken::SelfSigned) => {
                    "The folder gets a practice CA, too, which does not sign it."
                }
                (false, _) => {
                    "Without it the certificate signs itself. With it, clients trust one ca.crt and all that it signs."
                }
                (true, true) => {
                    "ca.key and ca.crt are made once in this folder, and sign every certificate in it."
                }
                (true, false) => "The folder's ca.key signs it; give ca.crt to the clients.",
            };
            told(ui, problem.as_ref(), about);
        });
        let intact = [(None, "Not broken", "Clients that trust it accept it.")];
        let kinds: Vec<_> = intact
            .into_iter()
            .chain(Broken::ALL.map(|broken| (Some(broken), broken.label(), broken.sentence())))
            .collect();
        row(ui, "Broken on purpose", |ui, name| {
            self.broken = choose(ui, name, "broken on purpose", self.broken, &kinds).unwrap_or(self.broken);
        });
        under(ui, |ui| match self.broken {
            None => sentence(ui, "Clients that trust it accept it."),
            Some(broken) => note(ui, Tone::Caution, broken.sentence()),
        });
    }

    /// Which files are made, and whether those that are there may be replaced.
    fn files(&mut self, ui: &mut Ui, request: &Request) {
        let makes_ca = self.look(request).is_some_and(|look| look.makes_ca);
        let mut names = vec![KEY, SIGNING_REQUEST, CERTIFICATE];
        if request.broken == Some(Broken::NoIntermediate) {
            names.insert(2, INTERMEDIATE);
        }
        if makes_ca {
            names.extend([CA_KEY, CA_CERTIFICATE]);
        }
        row(ui, "Files", |ui, _| sentence(ui, &listed(&names)));
        let existing = self.look(request).map(|look| look.existing.clone()).unwrap_or_default();
        if !existing.is_empty() {
            under(ui, |ui| {
                let names: Vec<_> = existing.iter().map(String::as_str).collect();
                let is = if names.len() == 1 { "is" } else { "are" };
                note(ui, Tone::Caution, &format!("{} {is} there already.", listed(&names)));
            });
        }
    }

    fn buttons(&mut self, ui: &mut Ui, request: &Request) -> Pressed {
        let making = self.maker.is_making();
        let enabled = self.may_create(request);
        let create = default_button(ui, "Create", enabled);
        let create = if self.existing().is_empty() {
            create
        } else {
            create.on_disabled_hover_text("Say first whether the existing files may be replaced.")
        };
        let cancel = ui.button("Cancel").clicked();
        let existing = self.look(request).map(|look| look.existing.clone()).unwrap_or_default();
        if !existing.is_empty() && !making {
            // Here, since the button waits for it: further up it may be out of view.
            let mut consents = existing.iter().all(|name| self.replace.contains(name));
            if tick(ui, &mut consents, "Replace existing files").changed() {
                self.replace = if consents { existing } else { Vec::new() };
            }
        }
        // A sentence of one line is level with the buttons.
        ui.spacing_mut().interact_size.y = 16.0;
        if making {
            ui.add(Spinner::new().size(16.0));
            let what = if self.called_off { "Stopping…" } else { "Looking for a key…" };
            sentence(ui, what);
        } else if let Some(error) = &self.failed {
            let shown = note(ui, Tone::Problem, &error.to_string());
            if let Some(raw) = error.raw() {
                shown.on_hover_text(raw);
            }
        } else if self.called_off {
            note(ui, Tone::Hint, "Cancelled: nothing was written.");
        }
        Pressed { create: create.clicked(), cancel }
    }
}

#[derive(Default)]
struct Pressed {
    create: bool,
    cancel: bool,
}

fn typed(ui: &mut Ui, name: &'static str, text: &mut String, wrong: bool) {
    row(ui, name, |ui, label| {
        let width = if name == "Days" { 84.0 } else { ui.available_width() };
        if name == "Names" {
            let edit = TextEdit::multiline(text).id_salt(name).desired_rows(2).desired_width(width);
            let response = ui.add(edit).labelled_by(label.id);
            reveal(ui, &response);
            if wrong {
                let outline = eframe::egui::Stroke::new(1.5, crate::ui::theme::Palette::of(ui).problem);
                let inside = eframe::egui::StrokeKind::Inside;
                ui.painter().rect_stroke(response.rect, size::RADIUS, outline, inside);
            }
            return;
        }
        let (response, changed) = text_field(ui, name, width, text, "", wrong);
        reveal(ui, &response.labelled_by(label.id));
        if let Some(changed) = changed {
            *text = changed;
        }
    });
}

/// What is wrong with a field; where nothing is, what it is for.
fn told(ui: &mut Ui, problem: Option<&Problem>, about: &str) {
    match problem {
        None => drop(sentence(ui, about)),
        Some(problem) => {
            let shown = note(ui, Tone::Problem, &problem.to_string());
            if let Some(raw) = problem.raw() {
                shown.on_hover_text(raw);
            }
        }
    }
}

/// `a`, `a and b`, `a, b and c`.
fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
