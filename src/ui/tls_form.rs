//! The TLS part of the form: the switch, the two files, and what was found in them.

use std::fmt::Display;

use eframe::egui::{Align, Layout, Ui};
use jiff::Timestamp;

use super::dialogs::Purpose;
use super::lab::{Ask, form_parts};
use super::theme::size;
use super::widgets::controls::{pill_button, switch};
use super::widgets::field::{heading, label, text_field};
use super::widgets::note::{Tone, note};
use super::wish::Wish;
use crate::session::{Changed, Check, Command, Session};
use crate::settings::fields::Field;

/// Shows the switch and, while it is on, the files.
pub(super) fn show(ui: &mut Ui, session: &Session) -> Vec<Wish> {
    let mut wishes = Vec::new();
    let on = session.form().tls();
    ui.horizontal(|ui| {
        ui.set_min_height(22.0);
        heading(ui, "TLS");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if switch(ui, on, "TLS").on_hover_text("Encrypt connections (from the next start)").clicked() {
                wishes.push(Command::SetTls(!on).into());
            }
        });
    });
    if session.needs_restart(Changed::Tls) {
        note(ui, Tone::Hint, "Takes effect after a restart.");
    }
    if !on {
        wishes.extend(form_parts::buttons(ui, session));
        return wishes;
    }
    path_field(ui, session, Field::Certificate, &mut wishes);
    wishes.extend(certificate_line(ui, session));
    path_field(ui, session, Field::Key, &mut wishes);
    key_line(ui, session);
    wishes.extend(form_parts::buttons(ui, session));
    wishes
}

fn path_field(ui: &mut Ui, session: &Session, field: Field, wishes: &mut Vec<Wish>) {
    let form = session.form();
    let bad = match field {
        Field::Key => matches!(session.key(), Check::Bad(_)) || matches!(session.pair(), Some(Err(_))),
        _ => matches!(session.certificate(), Check::Bad(_)),
    };
    ui.horizontal(|ui| {
        let name = label(ui, field.label(), size::LABEL - size::GAP);
        let width = ui.available_width() - 36.0 - size::GAP;
        let wrong = bad || form.error(field).is_some();
        let (response, changed) =
            text_field(ui, field.label(), width, form.text(field), "path, or drop the file", wrong);
        let response = response.labelled_by(name.id);
        if !response.has_focus() && !form.text(field).is_empty() {
            response.on_hover_text(form.text(field));
        }
        wishes.extend(changed.map(|text| Command::Edit(field, text).into()));
        let browse = ui.add_sized([36.0, size::CONTROL], eframe::egui::Button::new("…"));
        let browse = browse.accessible_name(format!("Browse for {}", field.label()));
        if browse.on_hover_text("Browse…").clicked() {
            wishes.push(Wish::Browse(Purpose::Open(field)));
        }
    });
    if session.needs_restart(Changed::Field(field)) {
        note(ui, Tone::Hint, "Takes effect after a restart.");
    }
}

fn certificate_line(ui: &mut Ui, session: &Session) -> Option<Wish> {
    let now = Timestamp::now();
    if let Some(report) = found(ui, session.certificate()) {
        let in_time = (report.not_before..=report.not_after).contains(&now);
        let tone = if in_time { Tone::Good } else { Tone::Caution };
        let details = form_parts::beside(ui, "Details…", |ui| close(ui, tone, &report.line(now)));
        form_parts::on_purpose(ui, session);
        if details {
            return Some(Wish::Lab(Ask::Details));
        }
        if let Some(caution) = report.caution(now) {
            return advise(ui, &caution, report.better(&session.settings().key));
        }
    }
    None
}

/// A caution, and a command that leads to a certificate without its cause.
fn advise(ui: &mut Ui, caution: &str, command: Option<String>) -> Option<Wish> {
    close(ui, Tone::Caution, caution);
    let mut wish = None;
    ui.horizontal(|ui| {
        ui.add_space(19.0);
        if pill_button(ui, "Create a better one…").clicked() {
            wish = Some(Wish::Lab(Ask::Create));
        }
        if let Some(command) = command {
            let copy = pill_button(ui, "Copy command").accessible_name("Copy the command for a better one");
            if copy.on_hover_text(&command).clicked() {
                wish = Some(Wish::CopyText(command));
            }
        }
    });
    wish
}

fn key_line(ui: &mut Ui, session: &Session) {
    if let Some(report) = found(ui, session.key()) {
        match session.pair() {
            Some(Ok(())) => close(ui, Tone::Good, &format!("{} · matches the certificate", report.line())),
            Some(Err(error)) => with_raw(ui, error, error.raw()),
            None => close(ui, Tone::Good, &report.line()),
        }
    }
}

/// Tells about a file that can't be used or isn't read yet; returns what a good one holds.
fn found<'a, T>(ui: &mut Ui, check: &'a Check<T>) -> Option<&'a T> {
    match check {
        Check::Empty => None,
        Check::Reading => {
            close(ui, Tone::Hint, "Reading…");
            None
        }
        Check::Good(report) => Some(report),
        Check::Bad(error) => {
            with_raw(ui, error, error.raw());
            None
        }
    }
}

fn with_raw(ui: &mut Ui, error: &impl Display, raw: Option<String>) {
    ui.add_space(-3.0);
    let response = note(ui, Tone::Problem, &error.to_string());
    if let Some(raw) = raw {
        response.on_hover_text(raw);
    }
    ui.add_space(2.0);
}

/// A note that is closer to the field above it than to the one below.
fn close(ui: &mut Ui, tone: Tone, text: &str) {
    ui.add_space(-3.0);
    note(ui, tone, text);
    ui.add_space(2.0);
}
