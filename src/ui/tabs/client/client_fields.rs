//! The text fields of a client and their parts: edits become actions, and errors are shown below.

use egui::{Button, Key, Response, RichText, Ui, vec2};

use crate::app::clients::{ClientCommand, ClientField, ClientTab};
use crate::ui::action::Action;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::field::{path_field, text_field};
use crate::ui::widgets::note::{Tone, note};

/// Returns the accessible name of the field, which is unique in the window, and its tooltip.
pub(super) fn describe(field: ClientField) -> (&'static str, &'static str) {
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

/// Returns the name by which `focus_field` finds a field.
pub(super) fn salt(field: ClientField) -> String {
    format!("client {}", field.label())
}

/// Shows a text field. Returns whether Enter was pressed in it.
pub(super) fn edit(
    ui: &mut Ui,
    tab: &ClientTab,
    field: ClientField,
    width: f32,
    hint: &'static str,
    actions: &mut Vec<Action>,
) -> bool {
    let is_wrong = tab.form().error(field).is_some();
    let (response, edited) = text_field(ui, &salt(field), width, tab.form().text(field), hint, is_wrong);
    finish(ui, tab, field, response, edited, actions)
}

/// Shows a text field for a path, with a button for the file dialog. Returns whether Enter was pressed in the field.
pub(super) fn edit_path(ui: &mut Ui, tab: &ClientTab, field: ClientField, actions: &mut Vec<Action>) -> bool {
    let width = ui.available_width() - 36.0 - size::GAP;
    let (is_wrong, text) = (tab.form().error(field).is_some(), tab.form().text(field));
    let (response, edited) = path_field(ui, &salt(field), width, text, "path", is_wrong);
    let entered = finish(ui, tab, field, response, edited, actions);
    let browse = ui.add_sized([36.0, size::CONTROL], Button::new("…"));
    let browse = browse.accessible_name(format!("Browse for {}", describe(field).0));
    if browse.on_hover_text("Browse…").clicked() {
        let current = tab.form().text(field).to_owned();
        actions.push(Action::choose_path(ClientCommand::Edit(tab.id(), field, current)));
    }
    entered
}

fn finish(
    ui: &Ui,
    tab: &ClientTab,
    field: ClientField,
    response: Response,
    edited: Option<String>,
    actions: &mut Vec<Action>,
) -> bool {
    let (name, tooltip) = describe(field);
    actions.extend(edited.map(|text| ClientCommand::Edit(tab.id(), field, text).into()));
    let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let response = response.accessible_name(name);
    if !response.has_focus() {
        response.on_hover_text(tooltip);
    }
    entered
}

/// Shows what is wrong with a field.
pub(super) fn show_error(ui: &mut Ui, tab: &ClientTab, field: ClientField) {
    if let Some(error) = tab.form().error(field) {
        note(ui, Tone::Problem, &error);
    }
}

/// Shows the button to press next, at least this wide.
pub(super) fn strong_button(ui: &mut Ui, label: &str, enabled: bool, width: Option<f32>) -> Response {
    let min_size = vec2(width.unwrap_or_default(), size::CONTROL);
    if !enabled {
        return ui.add_enabled(false, Button::new(label).min_size(min_size));
    }
    let palette = Palette::of(ui);
    let text = RichText::new(label).font(theme::strong(size::TEXT)).color(palette.on_strong);
    ui.add(Button::new(text).fill(palette.start[0]).min_size(min_size))
}
