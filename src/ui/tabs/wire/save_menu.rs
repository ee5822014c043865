//! The *Save as…* menu of the Wire tab.

use std::path::PathBuf;

use egui::{Align, Layout, Popup, PopupCloseBehavior, RichText, Ui};

use crate::app::{App, Command};
use crate::capture::sequence::SequenceFormat;
use crate::server::event::ClientId;
use crate::ui::action::Action;
use crate::ui::widgets::controls::{check_box, menu_item, pill_button};

/// The label of the button.
const LABEL: &str = "Save as…";
/// The width of the menu.
const WIDTH: f32 = 360.0;

/// Shows the button, and its menu while it is open. `shown` is the client of the connection in the diagram.
pub(super) fn show(ui: &mut Ui, app: &App, shown: Option<ClientId>) -> Option<Action> {
    let button = pill_button(ui, LABEL).on_hover_text("Save the diagram, or the packets for Wireshark");
    let mut action = None;
    Popup::menu(&button).close_behavior(PopupCloseBehavior::CloseOnClickOutside).gap(4.0).show(|ui| {
        ui.set_width(WIDTH);
        ui.spacing_mut().item_spacing.y = 2.0;
        if let Some(command) = items(ui, app, shown) {
            ui.close();
            action = Some(Action::choose_path(command));
        }
        ui.separator();
        let mut keeps_keys = app.keeps_tls_keys();
        if check_box(ui, &mut keeps_keys, "Include TLS keys").changed() {
            action = Some(Command::KeepTlsKeys(keeps_keys).into());
        }
        let about = "Turn this on before a client connects: with its keys, Wireshark decrypts the pcapng file, and so can \
                     anyone else who has it. The keys are kept until you turn this off or close the window.";
        ui.with_layout(Layout::top_down(Align::Min), |ui| ui.label(RichText::new(about).small().weak()));
    });
    action
}

fn items(ui: &mut Ui, app: &App, shown: Option<ClientId>) -> Option<Command> {
    let mut command = None;
    let path = PathBuf::new();
    if let Some(id) = shown {
        for (format, title, about) in [
            (SequenceFormat::Svg, "SVG…", "The whole diagram as a picture"),
            (SequenceFormat::Text, "Text…", "The whole diagram as text"),
        ] {
            if menu_item(ui, title, about, false).clicked() {
                command = Some(Command::SaveSequence { id, path: path.clone(), format });
            }
        }
        let about = format!("The packets of {id}, for Wireshark");
        if menu_item(ui, "pcapng of this connection…", &about, false).clicked() {
            command = Some(Command::SavePackets { connection: Some(id), path: path.clone() });
        }
    }
    if app.captures().newest().is_some() {
        let about = "The packets of all connections that are kept, for Wireshark";
        if menu_item(ui, "pcapng of all connections…", about, false).clicked() {
            command = Some(Command::SavePackets { connection: None, path });
        }
    }
    command
}
