//! What was made, and how to use it: the second page of *Create certificate…*.

use eframe::egui::Ui;

use super::dialog::{Dialog, default_button};
use super::parts::{copyable, heading, named, paragraph, sentence};
use super::{Ask, file_name, port, shown};
use crate::session::Session;
use crate::tls::create::{Created, Use};
use crate::ui::theme::size;
use crate::ui::widgets::note::{Tone, note};
use crate::ui::wish::Wish;

/// The files that were made.
pub(super) struct CreatedPage {
    created: Created,
}

const DIALOG: Dialog = Dialog { id: "certificate created", title: "The certificate is made", width: 600.0 };

impl CreatedPage {
    pub(super) fn new(created: Created) -> Self {
        Self { created }
    }

    /// Shows the page; returns what it wishes for, and whether it is done.
    pub(super) fn show(&mut self, ui: &Ui, session: &Session) -> (Vec<Wish>, bool) {
        let mut state = (Vec::new(), false);
        let uses = self.created.uses(port(session));
        let ended = DIALOG.show(
            ui,
            &mut state,
            |ui, (wishes, _)| self.contents(ui, session, &uses, wishes),
            |ui, (wishes, done)| {
                *done = default_button(ui, "Done", true).clicked();
                if ui.button("Certificate details…").clicked() {
                    wishes.push(Wish::Lab(Ask::Details));
                }
            },
        );
        let (wishes, done) = state;
        (wishes, done || ended.closed || ended.entered)
    }

    fn contents(&self, ui: &mut Ui, session: &Session, uses: &[Use], wishes: &mut Vec<Wish>) {
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
        let running = !session.state().is_at_rest();
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
            wishes.extend(copyable(ui, &format!("the line for {}", way.program), &way.line));
        }
        heading(ui, "Without a window");
        let serve = created.serve();
        wishes.extend(copyable(ui, "the line that serves", &serve.line));
    }
}
