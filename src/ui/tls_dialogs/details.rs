//! *Details…*: what clients will say to the certificate in the form, and its chain in full.

use std::path::{Path, PathBuf};

use egui::{Label, RichText, Spinner, Ui};

use crate::app::App;
use crate::app::tls_jobs::{Inspection, Inspector, RootsFrom, Wake, typed_path};
use crate::tls::error::FileError;
use crate::tls::inspect::{Link, Outcome, Verdict};
use crate::ui::action::Action;
use crate::ui::theme::{self, Palette, size};
use crate::ui::tls_dialogs::certificate;
use crate::ui::tls_dialogs::dialog::{Dialog, default_button};
use crate::ui::tls_dialogs::parts::{choose, heading, row, sentence, under};
use crate::ui::tls_dialogs::shown;
use crate::ui::widgets::field::text_field;
use crate::ui::widgets::note::{Tone, note};

/// The dialog, and what is known of the file.
pub(super) struct DetailsDialog {
    inspector: Inspector,
    path: PathBuf,
    system: bool,
    ca_file: String,
    asked: Option<RootsFrom>,
    found: Option<Result<Inspection, FileError>>,
    /// The certificates whose extensions are shown, by their place in the chain.
    unfolded: Vec<usize>,
}

const DIALOG: Dialog = Dialog { id: "certificate details", title: "Certificate details", width: 680.0 };

impl DetailsDialog {
    /// Starts to read the certificate in the form.
    pub(super) fn new(wake: &Wake, app: &App) -> Self {
        Self {
            inspector: Inspector::new(wake),
            path: app.settings().certificate.clone(),
            system: true,
            ca_file: String::new(),
            asked: None,
            found: None,
            unfolded: Vec::new(),
        }
    }

    /// The CA file that was browsed to.
    pub(super) fn set_roots(&mut self, path: &Path) {
        self.ca_file = shown(path);
    }

    /// Shows the dialog; returns what it actions for, and whether it is done.
    pub(super) fn show(&mut self, ui: &Ui, app: &App) -> (Vec<Action>, bool) {
        let roots = if self.system || self.ca_file.trim().is_empty() {
            RootsFrom::System
        } else {
            RootsFrom::File(typed_path(&self.ca_file))
        };
        if self.asked.as_ref() != Some(&roots) {
            self.inspector.ask(self.path.clone(), roots.clone());
            self.asked = Some(roots);
        }
        if let Some(found) = self.inspector.answer() {
            self.found = Some(found);
        }
        let mut state = (Vec::new(), false);
        let busy = self.inspector.is_busy();
        let ended = DIALOG.show(
            ui,
            &mut state,
            |ui, (actions, _)| self.contents(ui, app, actions),
            |ui, (_, done)| {
                *done = default_button(ui, "Close details", true).clicked();
                if busy {
                    ui.add(Spinner::new().size(16.0));
                    sentence(ui, "Checking…");
                }
            },
        );
        let (actions, done) = state;
        (actions, done || ended.closed || ended.entered)
    }

    fn contents(&mut self, ui: &mut Ui, app: &App, actions: &mut Vec<Action>) {
        let path = RichText::new(shown(&self.path)).font(theme::mono()).color(Palette::of(ui).muted);
        ui.add(Label::new(path).truncate());
        if let Some(caution) = app.certificate_caution() {
            note(ui, Tone::Caution, &caution);
        }
        let found = match self.found.take() {
            None => return,
            Some(Err(error)) => {
                let told = note(ui, Tone::Problem, &error.to_string());
                if let Some(raw) = error.raw() {
                    told.on_hover_text(raw);
                }
                self.found = Some(Err(error));
                return;
            }
            Some(Ok(found)) => found,
        };
        heading(ui, "What clients will say");
        self.roots(ui, actions);
        match &found.verdicts {
            Ok(verdicts) => verdicts.iter().for_each(|verdict| say(ui, verdict)),
            Err(error) => {
                under(ui, |ui| note(ui, Tone::Problem, &error.to_string()));
            }
        }
        sentence(ui, "Whether a certificate was revoked is not checked: that would ask the network.");
        let chain = &found.details.chain;
        heading(
            ui,
            if chain.len() == 1 {
                "The certificate".to_owned()
            } else {
                format!("The chain of {}", chain.len())
            },
        );
        for (index, one) in chain.iter().enumerate() {
            let unfolded = self.unfolded.contains(&index);
            if certificate::show(ui, index, one, found.at, unfolded, actions) {
                if unfolded {
                    self.unfolded.retain(|other| *other != index);
                } else {
                    self.unfolded.push(index);
                }
            }
            if let Some(problem) = found.details.links.get(index).and_then(Link::problem) {
                note(ui, Tone::Problem, &problem);
            }
        }
        note(ui, Tone::Hint, &found.details.end.words());
        self.found = Some(Ok(found));
    }

    /// Whose authorities the first client trusts.
    fn roots(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let choices = [
            (
                true,
                "The system's authorities",
                "Those that come with this computer, as browsers and curl use them.",
            ),
            (false, "A CA file", "The certificates in a file, as with openssl's -CAfile."),
        ];
        row(ui, "Clients trust", |ui, name| {
            self.system =
                choose(ui, name, "whom clients trust", self.system, &choices).unwrap_or(self.system);
        });
        if self.system {
            return;
        }
        row(ui, "CA file", |ui, name| {
            let width = ui.available_width() - 84.0 - size::GAP;
            let (response, typed) =
                text_field(ui, "CA file of the clients", width, &self.ca_file, "path", false);
            response.labelled_by(name.id);
            self.ca_file = typed.unwrap_or_else(|| std::mem::take(&mut self.ca_file));
            let browse = ui.add_sized([84.0, size::CONTROL], egui::Button::new("Browse…"));
            if browse.accessible_name("Browse for the CA file").clicked() {
                actions.push(Action::choose_path(Action::SetDetailsCaFile(PathBuf::new())));
            }
        });
    }
}

/// One verdict: a tick, a cross, or a word where a refusal is what one expects.
fn say(ui: &mut Ui, verdict: &Verdict) {
    let tone = match verdict.outcome {
        Outcome::Accepted => Tone::Good,
        Outcome::Refused if verdict.expected => Tone::Caution,
        Outcome::Refused => Tone::Problem,
        Outcome::Unknown => Tone::Hint,
    };
    let told = note(ui, tone, &verdict.words);
    if let Some(raw) = &verdict.raw {
        told.on_hover_text(raw);
    }
}
