//! What was made, and how to use it: the second page of *Create certificate…*.

use egui::Ui;

use crate::app::App;
use crate::tls::create::{Created, Use};
use crate::ui::action::Action;
use crate::ui::theme::size;
use crate::ui::tls_dialogs::dialog::{Dialog, default_button};
use crate::ui::tls_dialogs::parts::{copyable, heading, named, paragraph, sentence};
use crate::ui::tls_dialogs::{file_name, port, shown};
use crate::ui::widgets::note::{Tone, note};

/// The files that were made.
pub(super) struct CreatedPage {
    created: Created,
}

const DIALOG: Dialog = Dialog { id: "certificate created", title: "The certificate is made", width: 600.0 };

impl CreatedPage {
    pub(super) fn new(created: Created) -> Self {
        Self { created }
    }

    /// Shows the page; returns what it actions for, and whether it is done.
    pub(super) fn show(&mut self, ui: &Ui, app: &App) -> (Vec<Action>, bool) {
        let mut state = (Vec::new(), false);
        let uses = self.created.uses(port(app));
        let ended = DIALOG.show(
            ui,
            &mut state,
            |ui, (actions, _)| self.contents(ui, app, &uses, actions),
            |ui, (actions, done)| {
                *done = default_button(ui, "Done", true).clicked();
                if ui.button("Certificate details…").clicked() {
                    actions.push(Action::ShowCertificateDetails);
                }
            },
        );
        let (actions, done) = state;
        (actions, done || ended.closed || ended.entered)
    }

    fn contents(&self, ui: &mut Ui, app: &App, uses: &[Use], actions: &mut Vec<Action>) {
        let created = &self.created;
        let tone = if created.broken.is_some() { Tone::Caution } else { Tone::Good };
        note(ui, tone, &created.line);
        paragraph(ui, &created.advice());
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = size::GAP;
            named(ui, "Folder");
            sentence(ui, &created.certificate.parent().map(shown).unwrap_or_default());
        });
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = size::GAP;
            named(ui, "Files");
            let names: Vec<_> = created.files.iter().map(|file| shown(&file_name(file))).collect();
            sentence(ui, &names.join(", "));
        });
        let running = !app.state().is_stopped();
        note(
            ui,
            Tone::Hint,
            if running {
                "The form uses it now, with TLS on. It is served when the server is started again."
            } else {
                "The form uses it now, with TLS on. Start the server, then try one of these:"
            },
        );
        heading(ui, "How clients connect and check it");
        for way in uses {
            sentence(ui, way.program);
            actions.extend(copyable(ui, &format!("the line for {}", way.program), &way.line));
        }
        heading(ui, "Without a window");
        let serve = created.serve();
        actions.extend(copyable(ui, "the line that serves", &serve.line));
    }
}
