//! *Create certificate…*: what is asked for, whether it can be made, and the making.

mod fields;

use std::path::Path;

use egui::{Spinner, Ui};

use crate::app::tls_jobs::{Maker, Wake, default_folder, typed_path};
use crate::app::{App, Command};
use crate::tls::create::{
    Broken, CreateError, Field, KeyChoice, Look, Problem, Request, parse_days, split_names,
};
use crate::ui::action::Action;
use crate::ui::tls_dialogs::created::CreatedPage;
use crate::ui::tls_dialogs::dialog::{Dialog, default_button};
use crate::ui::tls_dialogs::parts::{sentence, tick};
use crate::ui::tls_dialogs::shown;
use crate::ui::widgets::note::{Tone, note};

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
}

const DIALOG: Dialog = Dialog { id: "create certificate", title: "Create a certificate", width: 600.0 };

impl CreateDialog {
    /// Starts with a certificate for this computer, in the folder of the present one.
    pub(super) fn new(wake: &Wake, app: &App) -> Self {
        let request = Request::default();
        Self {
            maker: Maker::new(wake),
            folder: shown(&default_folder(app.settings())),
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
        }
    }

    /// The folder that was browsed to.
    pub(super) fn set_folder(&mut self, path: &Path) {
        self.folder = shown(path);
    }

    /// Shows the dialog; returns what it actions for, and whether it is done.
    pub(super) fn show(&mut self, ui: &Ui, app: &App) -> (Vec<Action>, bool) {
        let mut actions = Vec::new();
        self.take_answers(&mut actions);
        if let Some(page) = &mut self.created {
            let (more, done) = page.show(ui, app);
            actions.extend(more);
            return (actions, done);
        }
        let request = self.request();
        if self.asked.as_ref() != Some(&request) && !self.maker.is_making() {
            self.maker.look(request.clone());
            self.asked = Some(request.clone());
            (self.failed, self.called_off) = (None, false);
        }
        let mut pressed = Pressed::default();
        let ended = {
            let mut state = (&mut *self, &mut actions, &mut pressed);
            DIALOG.show(
                ui,
                &mut state,
                |ui, (dialog, actions, _)| {
                    ui.add_enabled_ui(!dialog.maker.is_making(), |ui| dialog.fields(ui, &request, actions));
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
            return (actions, false);
        }
        (actions, leave)
    }

    fn take_answers(&mut self, actions: &mut Vec<Action>) {
        if let Some(looked) = self.maker.looked() {
            self.looked = Some(looked);
        }
        match self.maker.made() {
            Some(Ok(Some(created))) => {
                actions.push(Command::UseCreated(Box::new(created.clone())).into());
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
