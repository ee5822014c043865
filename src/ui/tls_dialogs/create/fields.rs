//! The dialog's fields, each with what is wrong with it or what it is for.

use std::path::PathBuf;

use egui::{TextEdit, Ui};
use jiff::Timestamp;

use crate::tls::create::{
    Broken, CA_CERTIFICATE, CA_KEY, CERTIFICATE, Field, INTERMEDIATE, KEY, KeyChoice, Problem, Request,
    SIGNING_REQUEST, openssl_commands,
};
use crate::ui::action::Action;
use crate::ui::theme::size;
use crate::ui::tls_dialogs::create::CreateDialog;
use crate::ui::tls_dialogs::parts::{choose, copyable, paragraph, reveal, row, sentence, tick, under};
use crate::ui::widgets::disclosure::disclosure;
use crate::ui::widgets::field::text_field;
use crate::ui::widgets::note::{Tone, note};

impl CreateDialog {
    /// Shows them all.
    pub(super) fn fields(&mut self, ui: &mut Ui, request: &Request, actions: &mut Vec<Action>) {
        paragraph(
            ui,
            "Makes a key and a certificate for experiments. Nothing is put into the trust store of the system or of a \
             browser.",
        );
        ui.add_space(2.0);
        self.folder_row(ui, request, actions);
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
        if disclosure(ui, "Show the openssl commands", self.commands, false).clicked() {
            self.commands = !self.commands;
        }
        if self.commands {
            if request.problems().is_empty() {
                sentence(ui, "They make the same files by hand, in the same folder.");
                actions.extend(copyable(
                    ui,
                    "the openssl commands",
                    &openssl_commands(request, Timestamp::now()),
                ));
            } else {
                sentence(ui, "They are shown when the fields above are in order.");
            }
        }
    }

    fn folder_row(&mut self, ui: &mut Ui, request: &Request, actions: &mut Vec<Action>) {
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
                .add_sized([84.0, size::CONTROL], egui::Button::new("Browse…"))
                .accessible_name("Browse for the folder")
                .clicked()
            {
                actions.push(Action::choose_path(Action::SetCertificateFolder(PathBuf::new())));
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
}

fn typed(ui: &mut Ui, name: &'static str, text: &mut String, wrong: bool) {
    row(ui, name, |ui, label| {
        let width = if name == "Days" { 84.0 } else { ui.available_width() };
        if name == "Names" {
            let edit = TextEdit::multiline(text).id_salt(name).desired_rows(2).desired_width(width);
            let response = ui.add(edit).labelled_by(label.id);
            reveal(ui, &response);
            if wrong {
                let outline = egui::Stroke::new(1.5, crate::ui::theme::Palette::of(ui).problem);
                let inside = egui::StrokeKind::Inside;
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
