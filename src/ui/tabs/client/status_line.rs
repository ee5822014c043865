//! The texts and symbols of a client's state, the state row, and the buttons that close the connection.

use egui::{Color32, Label, Painter, Rect, RichText, Sense, Stroke, Ui, Vec2};

use crate::app::TabState;
use crate::app::clients::{ClientCommand, ClientTab, TabCommand};
use crate::client::client_event::{ClientState, ClientStatus, CloseMode, ConnectionOutcome};
use crate::settings::DataFormat;
use crate::ui::action::Action;
use crate::ui::tabs::client::transcript_text;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{disclosure, segments, small_button, text_width};
use crate::ui::widgets::field::{Tone, note};
use crate::ui::widgets::icon::{self, Icon};

impl TabState {
    /// Returns a description in a few words, to follow the client's name.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Idle => "not connected",
            Self::Connecting => "connecting",
            Self::Handshake => "in the TLS handshake",
            Self::NotAccepted => "waits to be accepted",
            Self::NoThread => "waits for a thread",
            Self::NoAnswer => "waits for an answer",
            Self::Connected => "connected",
            Self::HalfClosed => "half-closed",
            Self::Closing => "closing",
            Self::Closed => "closed",
            Self::Failed => "failed",
        }
    }

    /// Explains the state; returns `None` if the label is clear enough.
    pub(super) fn explanation(self) -> Option<&'static str> {
        Some(match self {
            Self::NotAccepted => {
                "The OS has completed the connection, which waits in the accept queue until the server accepts it. The OS \
                 keeps the data that it sends."
            }
            Self::NoThread => {
                "The server has accepted the connection, but no thread of the pool is free to serve it."
            }
            Self::NoAnswer => "This client has sent data and received nothing yet.",
            Self::HalfClosed => "This client has closed its sending side and still receives.",
            _ => return None,
        })
    }

    fn color(self, palette: &Palette) -> Color32 {
        match self {
            Self::Connected | Self::HalfClosed => palette.good,
            Self::Connecting | Self::Handshake | Self::Closing => palette.accent,
            Self::NotAccepted | Self::NoThread | Self::NoAnswer => palette.caution,
            Self::Idle | Self::Closed => palette.muted,
            Self::Failed => palette.problem,
        }
    }

    /// Paints the state's symbol: a disc if connected, a ring if idle or closed, an error icon if failed, and a ring
    /// with a dot otherwise.
    pub(super) fn paint(self, painter: &Painter, rect: Rect, palette: &Palette) {
        let color = self.color(palette);
        let (center, radius) = (rect.center(), rect.width() * 0.4);
        match self {
            Self::Failed => return icon::paint(painter, Icon::Problem, rect, color),
            Self::Connected => drop(painter.circle_filled(center, radius, color)),
            _ => drop(painter.circle_stroke(center, radius * 0.9, Stroke::new(1.4, color))),
        }
        if !matches!(self, Self::Idle | Self::Closed) {
            painter.circle_filled(center, radius * 0.4, color);
        }
    }
}

/// How the transcript can show data.
const FORMATS: [(DataFormat, (&str, &str, &str)); 3] = [
    (DataFormat::Text, ("Text", "Show the transcript as text", "Hello↵")),
    (DataFormat::Python, ("Python", "Show the transcript as Python", "b'Hello\\n', as Python prints bytes")),
    (DataFormat::Hex, ("Hex", "Show the transcript as hex", "48 65 6c 6c 6f 0a")),
];

/// The smallest width of the state beside the traffic.
const MIN_STATE: f32 = 120.0;

/// Shows the state and the traffic. While the connection is open, the row also opens and closes the form below it:
/// `shows_form` is whether the form is shown.
pub(super) fn show_state(ui: &mut Ui, tab: &ClientTab, state: TabState, shows_form: &mut bool) {
    let palette = Palette::of(ui);
    let status = tab.status();
    let traffic = transcript_text::traffic(&status).unwrap_or_default();
    ui.horizontal(|ui| {
        let (square, _) = ui.allocate_exact_size(Vec2::splat(14.0), Sense::hover());
        state.paint(ui.painter(), square, palette);
        let room = ui.available_width() - text_width(ui, &traffic, theme::small()) - size::GAP;
        ui.scope(|ui| {
            ui.set_max_width(room.max(MIN_STATE));
            let text = status_text(&status, state);
            if status.state.is_open() {
                let row = disclosure(ui, &text, *shows_form, false);
                if row.on_hover_text("Show or hide host, port and TLS options").clicked() {
                    *shows_form = !*shows_form;
                }
                return;
            }
            let color = if state == TabState::Failed { palette.problem } else { palette.text };
            let label = ui.add(Label::new(RichText::new(text).color(color)).truncate());
            if let Some(ConnectionOutcome::Failed(error)) = &status.outcome {
                label.on_hover_text(error.to_string());
            }
        });
        if !traffic.is_empty() {
            let label = Label::new(RichText::new(&traffic).small().weak()).truncate();
            ui.add(label).on_hover_text(traffic);
        }
    });
}

/// Shows the buttons that close the connection, and the format of the transcript. Returns the format if the user chose
/// one.
pub(super) fn show(
    ui: &mut Ui,
    tab: &ClientTab,
    state: TabState,
    format: DataFormat,
    actions: &mut Vec<Action>,
) -> Option<DataFormat> {
    let mut chosen = None;
    let status = tab.status();
    ui.horizontal_wrapped(|ui| {
        let version = status.handshake.as_ref().map(|handshake| handshake.agreed.version);
        let is_tls = version.is_some() || status.state.is_disconnected() && tab.form().tls();
        for mode in CloseMode::ALL {
            if mode == CloseMode::WithoutCloseNotify && !is_tls {
                continue;
            }
            let effect = explain_close(mode, is_tls, version);
            let reason = cannot_close(mode, &status);
            // In a scope of its own, a button would not wrap into the next row.
            let button = ui.add_enabled(reason.is_none(), small_button(mode.label()));
            let disabled = format!("{}\n{effect}", reason.unwrap_or_default());
            if button.on_hover_text(effect).on_disabled_hover_text(disabled).clicked() {
                actions.push(ClientCommand::Tab(tab.id(), TabCommand::Close(mode)).into());
            }
        }
        let clear = ui.add_enabled(!tab.transcript().is_empty(), small_button("Clear"));
        let clear = clear.accessible_name("Clear the transcript");
        if clear.on_hover_text("Remove all entries below").clicked() {
            actions.push(ClientCommand::Tab(tab.id(), TabCommand::ClearTranscript).into());
        }
        let current = FORMATS.iter().position(|(other, _)| *other == format).unwrap_or(0);
        chosen = segments(ui, &FORMATS.map(|(_, texts)| texts), current).map(|index| FORMATS[index].0);
    });
    if let Some(explanation) = state.explanation() {
        note(ui, Tone::Hint, explanation);
    }
    chosen
}

/// Returns the text of the status line.
fn status_text(status: &ClientStatus, state: TabState) -> String {
    let peer = status.peer.map_or_else(String::new, |peer| peer.to_string());
    let port = status.local.map_or_else(String::new, |local| format!(" from port {}", local.port()));
    match state {
        TabState::Idle => "Not connected".to_owned(),
        TabState::Connecting if status.state == ClientState::Resolving => "Looking up the host…".to_owned(),
        TabState::Connecting => "Connecting…".to_owned(),
        TabState::Handshake => format!("Connected{port}; TLS handshake…"),
        TabState::NotAccepted | TabState::NoThread | TabState::NoAnswer => {
            format!("Connected{port}; {}", state.label())
        }
        TabState::Connected => {
            let tls =
                status.handshake.as_ref().map_or_else(String::new, |it| format!(" · {}", it.agreed.version));
            format!("Connected to {peer}{port}{tls}")
        }
        TabState::HalfClosed => format!("Half-closed{port}: receiving only"),
        TabState::Closing => "Closing…".to_owned(),
        TabState::Closed | TabState::Failed => {
            status.outcome.as_ref().map_or("Closed", transcript_text::outcome).to_owned()
        }
    }
}

/// Explains what closing in this mode sends, and how the server notices it. `version` is the connection's TLS version.
fn explain_close(mode: CloseMode, is_tls: bool, version: Option<&str>) -> &'static str {
    match mode {
        CloseMode::Close if is_tls => {
            "Sends close_notify and FIN. The server's recv() returns b'', the end of the stream, and it closes, too."
        }
        CloseMode::Close => {
            "Sends FIN. The server's recv() returns b'', the end of the stream, and it closes, too."
        }
        CloseMode::HalfClose if version == Some("TLS 1.2") => {
            "Sends close_notify and still receives. TLS 1.2 has no half-close: a server must close at once and discard unsent \
             data (RFC 5246, section 7.2.1). Many servers, Echoscope's too, send the rest first."
        }
        CloseMode::HalfClose if is_tls => {
            "Sends close_notify and still receives: the rest of the echo arrives, then the server closes."
        }
        CloseMode::HalfClose => {
            "Sends FIN and still receives: the rest of the echo arrives, then the server closes."
        }
        CloseMode::Abort => {
            "Sends RST. Data in flight is lost, and the server's recv() fails with “Connection reset by peer”."
        }
        CloseMode::WithoutCloseNotify => {
            "Sends FIN without close_notify. The server can't rule out truncation, and its log shows that."
        }
    }
}

/// Returns why the connection can't be closed in this mode now.
fn cannot_close(mode: CloseMode, status: &ClientStatus) -> Option<&'static str> {
    match status.state {
        state if state.is_connecting() => Some("This client is still connecting: press Cancel."),
        ClientState::Open | ClientState::HalfClosed if mode != CloseMode::HalfClose => None,
        ClientState::Open if !status.half_close_pending => None,
        ClientState::Open | ClientState::HalfClosed => {
            Some("The sending side is closed, or will be once the send queue is empty.")
        }
        _ => Some("There is no open connection."),
    }
}
