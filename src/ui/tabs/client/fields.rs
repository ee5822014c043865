//! A client's text fields: what is typed becomes a action, and what is wrong stands under it.

use egui::{Button, Key, Response, Ui};

use crate::app::clients::{ClientCommand, ClientField, ClientTab};
use crate::ui::action::Action;
use crate::ui::tabs::client::action;
use crate::ui::theme::size;
use crate::ui::widgets::field::{path_field, text_field};
use crate::ui::widgets::note::{Tone, note};

/// What the field is called among all of the window's fields, and what it is for.
pub(in crate::ui) fn about(field: ClientField) -> (&'static str, &'static str) {
    match field {
        ClientField::Host => ("Host to connect to", "The name or address to connect to."),
        ClientField::Port => ("Port to connect to", "The port to connect to."),
        ClientField::Timeout => {
            ("Seconds to wait for an answer", "After so many seconds without an answer connecting fails.")
        }
        ClientField::CaFile => ("CA file", "The certificates of the authorities to trust, in PEM form."),
        ClientField::ServerName => (
            "Server name",
            "The name to ask for (SNI) and to look for in the server's certificate. Empty: the host.",
        ),
        ClientField::Alpn => {
            ("Client ALPN", "The protocols to offer, best first, with commas between them. Empty: none.")
        }
        ClientField::Certificate => (
            "Client certificate",
            "The certificate to show when the server asks for one, in PEM form. Empty: none.",
        ),
        ClientField::Key => ("Client key", "The private key that belongs to it, in PEM form."),
        ClientField::Text => ("Text to send", "What to send; Enter sends it."),
        ClientField::Hex => ("Hex to send", "Two hexadecimal digits for each byte; Enter sends them."),
        ClientField::File => ("File to send", "The path of a file of any size; Enter sends it."),
        ClientField::Times => ("Times to repeat", "How often to send it."),
        ClientField::Every => {
            ("Milliseconds between repetitions", "How long from one to the next, in milliseconds.")
        }
    }
}

/// A field's name for the way to give it the keyboard.
pub(in crate::ui) fn salt(field: ClientField) -> String {
    format!("client {}", field.label())
}

/// A text field. Returns its response and whether Enter was pressed in it.
pub(in crate::ui) fn edit(
    ui: &mut Ui,
    tab: &ClientTab,
    field: ClientField,
    width: f32,
    hint: &'static str,
    actions: &mut Vec<Action>,
) -> (Response, bool) {
    let wrong = is_wrong(tab, field);
    let written = text_field(ui, &salt(field), width, tab.form().text(field), hint, wrong);
    finish(ui, tab, field, written, actions)
}

/// A text field for a path, with a button for the system's dialog.
pub(in crate::ui) fn path(
    ui: &mut Ui,
    tab: &ClientTab,
    field: ClientField,
    actions: &mut Vec<Action>,
) -> (Response, bool) {
    let width = ui.available_width() - 36.0 - size::GAP;
    let wrong = is_wrong(tab, field);
    let written = path_field(ui, &salt(field), width, tab.form().text(field), "path", wrong);
    let edited = finish(ui, tab, field, written, actions);
    let browse = ui.add_sized([36.0, size::CONTROL], Button::new("…"));
    let browse = browse.accessible_name(format!("Browse for {}", about(field).0));
    if browse.on_hover_text("Browse…").clicked() {
        let current = tab.form().text(field).to_owned();
        actions.push(Action::choose_path(action(ClientCommand::Edit(tab.id(), field, current))));
    }
    edited
}

fn finish(
    ui: &Ui,
    tab: &ClientTab,
    field: ClientField,
    (response, changed): (Response, Option<String>),
    actions: &mut Vec<Action>,
) -> (Response, bool) {
    let (name, what) = about(field);
    let response = response.accessible_name(name);
    actions.extend(changed.map(|text| action(ClientCommand::Edit(tab.id(), field, text))));
    let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let response = if response.has_focus() { response } else { response.on_hover_text(what) };
    (response, entered)
}

/// Whether a mistake of the form is this field's.
fn is_wrong(tab: &ClientTab, field: ClientField) -> bool {
    tab.form().error(field).is_some()
}

/// What is wrong with a field, under it.
pub(in crate::ui) fn error(ui: &mut Ui, tab: &ClientTab, field: ClientField) {
    if let Some(words) = tab.form().error(field) {
        note(ui, Tone::Problem, &words);
    }
}
