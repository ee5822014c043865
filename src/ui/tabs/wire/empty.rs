//! What to do where there is no ladder to show.

use egui::{RichText, Ui};

use crate::app::App;
use crate::server::client_id::ClientId;
use crate::ui::theme::{self, Palette, size};

/// Nobody has connected yet, or everything was cleared.
pub(in crate::ui) fn nothing(ui: &mut Ui, app: &App) {
    let text = if app.state().is_stopped() {
        "Press Start server, then connect with the line under “Try it”. Everything that goes by on the connection is \
         drawn here, arrow by arrow."
    } else {
        "Connect with the line under “Try it”. Everything that goes by on the connection is drawn here, arrow by arrow."
    };
    words(ui, "Nothing has gone by yet", text);
}

/// What was asked for is no longer there.
pub(in crate::ui) fn gone(ui: &mut Ui, id: Option<ClientId>) {
    let title = match id {
        Some(id) => format!("What went by on {id} is no longer kept"),
        None => "What went by is no longer kept".to_owned(),
    };
    words(ui, &title, "There is room for the newest connections only. Choose another one above.");
}

fn words(ui: &mut Ui, title: &str, text: &str) {
    let palette = Palette::of(ui);
    ui.add_space(size::EDGE * 2.0);
    ui.vertical_centered(|ui| {
        ui.set_max_width((ui.available_width() - 2.0 * size::EDGE).min(520.0));
        ui.label(RichText::new(title).font(theme::strong(15.0)).color(palette.text));
        ui.label(RichText::new(text).color(palette.muted));
    });
}
