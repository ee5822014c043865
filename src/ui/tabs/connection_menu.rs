//! The lines of context menus that concern a connection.

use egui::{Button, Ui};

use crate::app::{App, Command};
use crate::server::event::ClientInfo;
use crate::ui::action::Action;

/// Shows the lines; returns what the user chose.
pub(super) fn show(ui: &mut Ui, app: &App, client: ClientInfo) -> Option<Action> {
    let id = client.id;
    if ui.button("Copy address").clicked() {
        ui.ctx().copy_text(client.peer.to_string());
    }
    if app.capture(id).is_some() && ui.button("Show in Wire").clicked() {
        return Some(Action::ShowWire(id));
    }
    let is_connected = app.connections().iter().any(|connection| connection.client.id == id);
    let disconnect = ui.add_enabled(is_connected, Button::new(format!("Disconnect {id}")));
    disconnect.clicked().then(|| Command::Disconnect(id).into())
}
