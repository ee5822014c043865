//! The dialog *Certificate details*: how clients would treat the form's certificate, and its chain in full.

use std::error::Error;
use std::path::PathBuf;

use egui::{Frame, Label, ProgressBar, RichText, Spinner, Stroke, Ui};
use jiff::Timestamp;

use crate::app::tls_jobs::{CertificateInspector, Inspection, PathText, certificate_inspector};
use crate::app::{App, Check, WakeFn};
use crate::tls::explain::inspection::{explain_check, explain_end, explain_link};
use crate::tls::inspect::client_check::{CheckOutcome, ClientCheck};
use crate::tls::{Certificate, Validity};
use crate::ui::action::Action;
use crate::ui::dialog_layout::{
    CONNECT_AND_CHECK, DialogField, below, choice_row, command_lines, error_note, heading, mono,
};
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{collapsible, copy_box};
use crate::ui::widgets::dialog::{Dialog, DialogPart};
use crate::ui::widgets::field::{Tone, named, note, small};

const DIALOG: Dialog = Dialog { title: "Certificate details", width: 680.0 };

/// The state of the dialog, with the result of the inspection.
pub(super) struct DetailsDialog {
    inspector: CertificateInspector,
    path: PathBuf,
    /// Whether clients trust the OS's trust store instead of a CA file.
    trusts_system: bool,
    pub(super) ca_file: PathText,
    /// The CA file of the last inspection that was started; empty for the OS's trust store.
    started: Option<PathBuf>,
    found: Option<Result<Inspection, Box<dyn Error>>>,
}

impl DetailsDialog {
    /// Returns the dialog for the form's certificate.
    pub(super) fn new(wake: &WakeFn, app: &App) -> Self {
        let path = app.settings().certificate.clone();
        let ca_file = match app.certificate() {
            Check::Good(served) => served.ca_file(&path).unwrap_or_default(),
            _ => PathBuf::new(),
        };
        Self {
            inspector: certificate_inspector(wake),
            path,
            trusts_system: true,
            ca_file: ca_file.into(),
            started: None,
            found: None,
        }
    }

    /// Shows the dialog; returns whether it is to be closed.
    pub(super) fn show(&mut self, ui: &Ui, app: &App, actions: &mut Vec<Action>) -> bool {
        let ca_file = if self.trusts_system { PathBuf::new() } else { self.ca_file.path.clone() };
        if self.started.as_ref() != Some(&ca_file) {
            let roots = Some(&ca_file).filter(|path| !path.as_os_str().is_empty()).cloned();
            self.inspector.start((self.path.clone(), roots));
            self.started = Some(ca_file);
        }
        if let Some(found) = self.inspector.poll() {
            self.found = Some(super::flatten(found));
        }
        let is_busy = self.inspector.is_busy();
        DIALOG.show_until_closed(ui, "Close details", |ui, part| match part {
            DialogPart::Contents => self.contents(ui, app, actions),
            DialogPart::Buttons if is_busy => {
                ui.add(Spinner::new().size(16.0));
                small(ui, "Checking…");
            }
            DialogPart::Buttons => {}
        })
    }

    fn contents(&mut self, ui: &mut Ui, app: &App, actions: &mut Vec<Action>) {
        let path = RichText::new(self.path.display().to_string()).monospace().weak();
        ui.add(Label::new(path).truncate());
        for caution in app.certificate_cautions() {
            note(ui, Tone::Caution, &caution);
        }
        // Taken out of `self`, which `inspection` borrows mutably.
        let found = self.found.take();
        match &found {
            None => {}
            Some(Err(error)) => error_note(ui, &**error),
            Some(Ok(found)) => self.inspection(ui, app, found, actions),
        }
        self.found = found;
    }

    fn inspection(&mut self, ui: &mut Ui, app: &App, found: &Inspection, actions: &mut Vec<Action>) {
        heading(ui, "How clients check it");
        self.trust_rows(ui, actions);
        match &found.checks {
            Ok(checks) => checks.iter().for_each(|check| client_check(ui, check)),
            Err(error) => below(ui, |ui| error_note(ui, error)),
        }
        small(ui, "Echoscope doesn't check whether a certificate was revoked: that would use the network.");
        let commands = app.try_it();
        if app.clients_use_tls() && !commands.is_empty() {
            collapsible(ui, "client commands", CONNECT_AND_CHECK, |ui| command_lines(ui, &commands));
        }
        let chain = &found.certificates;
        let title =
            if chain.len() == 1 { "The certificate" } else { &format!("The chain of {}", chain.len()) };
        heading(ui, title);
        for (index, certificate) in chain.iter().enumerate() {
            certificate_box(ui, index, certificate, found.at);
            let link = found.links.get(index);
            if let Some(problem) = link.and_then(|link| explain_link(index + 1, link)) {
                note(ui, Tone::Problem, &problem);
            }
        }
        if let Some(last) = chain.last() {
            note(ui, Tone::Hint, &explain_end(last));
        }
    }

    /// Shows the choice of the CAs that clients trust.
    fn trust_rows(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let choices = [
            (
                true,
                "The system trust store",
                "The CAs that the OS trusts, as curl does. Chrome and Firefox have root stores of their own.",
            ),
            (false, "A CA file", "The certificates in a file, as with -CAfile of openssl."),
        ];
        let chosen = choice_row(ui, "Clients trust", self.trusts_system, &choices);
        self.trusts_system = chosen.unwrap_or(self.trusts_system);
        let field = DialogField { label: "CA file", text: &self.ca_file.text, hint: "path", is_wrong: false };
        let choose = Action::SetDetailsCaFile(PathBuf::new());
        // Always there, so that nothing moves when it is needed.
        let show = |ui: &mut Ui| field.show_with_browse(ui, choose, actions).1;
        if let Some(changed) = ui.add_enabled_ui(!self.trusts_system, show).inner {
            self.ca_file = changed.into();
        }
    }
}

fn client_check(ui: &mut Ui, check: &ClientCheck) {
    let tone = match check.outcome {
        CheckOutcome::Accepted => Tone::Good,
        CheckOutcome::Rejected { .. } if check.is_expected() => Tone::Caution,
        CheckOutcome::Rejected { .. } | CheckOutcome::InvalidName => Tone::Problem,
        CheckOutcome::NoRoots(_) => Tone::Hint,
    };
    let shown = note(ui, tone, &explain_check(check));
    if let Some(raw) = check.raw() {
        shown.on_hover_text(raw);
    }
}

/// Shows a certificate's fields and extensions in a box.
fn certificate_box(ui: &mut Ui, index: usize, certificate: &Certificate, now: Timestamp) {
    let palette = Palette::of(ui);
    let frame = Frame::new()
        .fill(palette.canvas)
        .stroke(Stroke::new(1.0, palette.border))
        .corner_radius(size::RADIUS)
        .inner_margin(12);
    frame.show(ui, |ui| {
        ui.push_id(index, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = 5.0;
            let title = format!("{} · {}", index + 1, role(index, certificate));
            ui.label(theme::bold(title));
            fields(ui, certificate, now);
            let count = certificate.extensions.len();
            if count == 0 {
                return;
            }
            let label = format!("Extensions of certificate {}: {count}", index + 1);
            collapsible(ui, &format!("extensions {index}"), &label, |ui| {
                for extension in &certificate.extensions {
                    let critical = if extension.critical { " (critical)" } else { "" };
                    small(ui, format!("{}{critical}", extension.name)).on_hover_text(&extension.oid);
                    mono(ui, &extension.value);
                    ui.add_space(2.0);
                }
            });
        });
    });
}

fn role(index: usize, certificate: &Certificate) -> &'static str {
    match (index, certificate.self_signed) {
        (0, true) => "The server's certificate, self-signed",
        (0, false) => "The server's certificate",
        (_, true) => "A CA, self-signed",
        (_, false) if certificate.is_ca => "An intermediate CA",
        (_, false) => "Not a CA",
    }
}

fn fields(ui: &mut Ui, certificate: &Certificate, now: Timestamp) {
    let names: Vec<_> = certificate.names.iter().map(ToString::to_string).collect();
    let names = match (names.is_empty(), certificate.is_ca) {
        (true, true) => "none".to_owned(),
        (true, false) => "none: strict clients reject it".to_owned(),
        (false, _) => names.join(", "),
    };
    for (name, value) in
        [("Subject", &certificate.subject), ("Issuer", &certificate.issuer), ("Names", &names)]
    {
        named(ui, name, |ui| mono(ui, value));
    }
    named(ui, "Validity", |ui| ui.vertical(|ui| validity(ui, &certificate.validity, now)));
    named(ui, "Key", |ui| mono(ui, &certificate.key.to_string()));
    named(ui, "Signature", |ui| mono(ui, &certificate.signature));
    // Clients don't verify the signature of a certificate that they trust as a CA (RFC 8446, section 4.4.2.2).
    if certificate.weak_hash().is_some() && !certificate.self_signed {
        note(ui, Tone::Caution, "Most clients reject this signature algorithm.");
    }
    for (name, value) in [("SHA-256", &certificate.fingerprint), ("Serial number", &certificate.serial)] {
        named(ui, name, |ui| copy_box(ui, &format!("Copy {name}"), value, usize::MAX));
    }
    named(ui, "X.509 version", |ui| mono(ui, &certificate.version.to_string()));
}

/// Shows a bar for how much of the validity period has passed, its beginning and end, and what that means now.
fn validity(ui: &mut Ui, validity: &Validity, now: Timestamp) {
    let palette = Palette::of(ui);
    ui.spacing_mut().item_spacing.y = 3.0;
    let description = validity.description(now);
    let (bar_color, color) =
        if validity.holds(now) { (palette.accent, palette.good) } else { (palette.problem, palette.problem) };
    #[expect(clippy::cast_possible_truncation, reason = "from 0 to 1, for the eye")]
    let bar = ProgressBar::new(validity.elapsed(now) as f32).fill(bar_color).desired_width(360.0);
    let _ = ui.add(bar.desired_height(6.0)).accessible_name(format!("Validity: {description}"));
    mono(ui, &format!("{} to {}", validity.begins(), validity.ends()));
    ui.add(Label::new(RichText::new(description).small().color(color)).wrap());
}
