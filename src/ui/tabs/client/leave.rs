//! The four ways to leave, and what each puts on the wire.

use egui::Ui;

use crate::app::clients::{ClientCommand, ClientTab};
use crate::client::event::Leave;
use crate::client::status::{State, Status};
use crate::ui::action::Action;
use crate::ui::tabs::client::action;
use crate::ui::widgets::controls::{pill_button, pill_width};

const GAP: f32 = 6.0;

/// How wide the row of buttons is.
pub(in crate::ui) fn width(ui: &Ui) -> f32 {
    Leave::ALL.iter().map(|how| pill_width(ui, how.label()) + GAP).sum::<f32>() - GAP
}

/// Shows the buttons.
pub(in crate::ui) fn show(ui: &mut Ui, tab: &ClientTab, status: &Status) -> Option<Action> {
    let mut wanted = None;
    let tls = status.agreed.is_some();
    ui.spacing_mut().item_spacing.x = GAP;
    for how in Leave::ALL {
        let reason = cannot(how, status);
        let button = ui.add_enabled_ui(reason.is_none(), |ui| pill_button(ui, how.label())).inner;
        let button = button.on_hover_text(about(how, tls)).on_disabled_hover_text(format!(
            "{}\n{}",
            reason.unwrap_or_default(),
            about(how, tls)
        ));
        if button.clicked() {
            wanted = Some(action(ClientCommand::Leave { id: tab.id(), how }));
        }
    }
    wanted
}

/// What goes on the wire, and what the server sees of it.
fn about(how: Leave, tls: bool) -> &'static str {
    match (how, tls) {
        (Leave::Close, false) => {
            "Sends FIN. The server's recv() returns b'', the end of the stream, and it closes, too."
        }
        (Leave::Close, true) => {
            "Sends TLS's close_notify, then FIN. The server sees the end of the stream, in order, and closes, too."
        }
        (Leave::HalfClose, false) => {
            "Sends FIN but goes on reading: all that is still on its way comes back, then the server closes."
        }
        (Leave::HalfClose, true) => {
            "Sends TLS's close_notify but goes on reading: all that is still on its way comes back, then the server \
             closes."
        }
        (Leave::Abort, _) => {
            "Sends RST. What is still on its way is lost, and the server's recv() fails: connection reset by peer."
        }
        (Leave::Vanish, false) => {
            "Closes without reading what is left. The server sees FIN, as with Close; where something was left unread, \
             the system sends RST."
        }
        (Leave::Vanish, true) => {
            "Sends FIN without close_notify before it. The server can't tell whether data was cut off on the way, and \
             its log says so."
        }
    }
}

/// Why it can't be done now.
fn cannot(how: Leave, status: &Status) -> Option<&'static str> {
    match status.state {
        State::Idle | State::Closed => Some("Nothing is connected."),
        State::Resolving | State::Connecting | State::Handshake => {
            Some("It is still connecting: press Cancel.")
        }
        State::Closing => Some("It is leaving already."),
        State::HalfClosed if how == Leave::HalfClose => Some("The end of the stream was sent already."),
        State::Open if how == Leave::HalfClose && status.half_close_pending => {
            Some("The end of the stream will be sent once all that waits has gone.")
        }
        State::Open | State::HalfClosed => None,
    }
}
