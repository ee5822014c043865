//! The state of each client, from its own side and the server's: the signs in the bar of clients, the status line, and the
//! buttons that close the connection.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use egui::{Color32, Label, Painter, Rect, RichText, Sense, Stroke, Ui, Vec2};

use crate::app::App;
use crate::app::clients::{ClientCommand, ClientTab, ClientTabId};
use crate::client::client_event::{ClientState, ClientStatus, CloseMode, ConnectionOutcome};
use crate::server::{Connection, Phase, ServerState};
use crate::ui::action::Action;
use crate::ui::tabs::client::transcript_text;
use crate::ui::theme::Palette;
use crate::ui::widgets::controls::pill_button;
use crate::ui::widgets::field::{Tone, note};
use crate::ui::widgets::icon::{self, Icon};

/// The state of a client as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DisplayState {
    /// No connection was tried.
    Idle,
    /// The server has not answered yet.
    Connecting,
    /// The TLS handshake is under way.
    Handshake,
    /// The OS has completed the TCP handshake, and the server's program has not accepted the connection.
    NotAccepted,
    /// Accepted, but no thread of the pool is free.
    NoThread,
    /// Something was sent, and nothing has come back.
    NoAnswer,
    /// Connected.
    Connected,
    /// The client has no more to send.
    HalfClosed,
    /// The client is closing the connection.
    Closing,
    /// The connection was closed.
    Closed,
    /// The connection failed.
    Failed,
}

/// Returns the state of each client.
pub(super) fn display_states(app: &App) -> BTreeMap<ClientTabId, DisplayState> {
    let statuses: Vec<_> = app.clients().iter().map(|tab| (tab.id(), tab.status())).collect();
    let any = statuses.iter().any(|(_, status)| !status.state.is_disconnected());
    let server = if any { app.state() } else { ServerState::Stopped };
    let connections = if any { app.connections() } else { Vec::new() };
    let state =
        |(id, status): &(ClientTabId, ClientStatus)| (*id, display_state(status, &server, &connections));
    statuses.iter().map(state).collect()
}

fn display_state(status: &ClientStatus, server: &ServerState, connections: &[Connection]) -> DisplayState {
    let state = match status.state {
        ClientState::Idle => return DisplayState::Idle,
        ClientState::Resolving | ClientState::Connecting => return DisplayState::Connecting,
        ClientState::Closing => return DisplayState::Closing,
        ClientState::Closed if matches!(status.outcome, Some(ConnectionOutcome::Failed(_))) => {
            return DisplayState::Failed;
        }
        ClientState::Closed => return DisplayState::Closed,
        ClientState::Handshake => DisplayState::Handshake,
        ClientState::HalfClosed => DisplayState::HalfClosed,
        ClientState::Open if status.echo.outstanding > 0 && status.received == 0 => DisplayState::NoAnswer,
        ClientState::Open => DisplayState::Connected,
    };
    waiting_for_server(status, server, connections).unwrap_or(state)
}

/// Returns why this window's server does not serve the client yet, if it is connected to that server.
fn waiting_for_server(
    status: &ClientStatus,
    server: &ServerState,
    connections: &[Connection],
) -> Option<DisplayState> {
    let (local, peer) = (status.local?, status.peer?);
    let ServerState::Listening { addresses, .. } = server else { return None };
    let is_ours = addresses.iter().any(|address| {
        address.port() == peer.port() && (address.ip().is_unspecified() || is_same(*address, peer))
    });
    // Once the server has ended its side it no longer lists the connection.
    if !is_ours || status.peer_end.is_some() {
        return None;
    }
    match connections.iter().find(|connection| is_same(connection.client.peer, local)) {
        None => Some(DisplayState::NotAccepted),
        Some(connection) if connection.phase == Phase::Queued => Some(DisplayState::NoThread),
        Some(_) => None,
    }
}

/// Returns whether two addresses are the same; an IPv4-mapped IPv6 address is the IPv4 address.
fn is_same(one: SocketAddr, other: SocketAddr) -> bool {
    one.port() == other.port() && one.ip().to_canonical() == other.ip().to_canonical()
}

impl DisplayState {
    /// Returns a word or two to follow the client's name.
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
            Self::Closing => "leaving",
            Self::Closed => "closed",
            Self::Failed => "failed",
        }
    }

    /// Explains the state, if the label doesn't.
    pub(super) fn explanation(self) -> Option<&'static str> {
        Some(match self {
            Self::NotAccepted => {
                "The system has let it in, but the server has not accepted it yet: it waits in the backlog. What it \
                 sends is kept until then."
            }
            Self::NoThread => "The server has accepted it, but no thread of the pool is free to serve it.",
            Self::NoAnswer => "It has sent something, and nothing has come back yet.",
            Self::HalfClosed => "It has said that it has no more to send, and goes on reading.",
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

    /// Paints its sign: a disc while connected, a ring while not, and a ring with a dot in between.
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

/// Shows the state, the buttons that close the connection, and the traffic.
pub(super) fn show(ui: &mut Ui, tab: &ClientTab, state: DisplayState, actions: &mut Vec<Action>) {
    let palette = Palette::of(ui);
    let status = tab.status();
    ui.horizontal(|ui| {
        let (square, _) = ui.allocate_exact_size(Vec2::splat(14.0), Sense::hover());
        state.paint(ui.painter(), square, palette);
        let color = if state == DisplayState::Failed { palette.problem } else { palette.text };
        let label = Label::new(RichText::new(status_text(&status, state)).color(color)).truncate();
        let label = ui.add(label);
        if let Some(ConnectionOutcome::Failed(error)) = &status.outcome {
            label.on_hover_text(error.to_string());
        }
    });
    ui.horizontal(|ui| {
        for mode in CloseMode::ALL {
            let effect = explain_close(mode, status.handshake.is_some());
            let reason = cannot_close(mode, &status);
            let button = ui.add_enabled_ui(reason.is_none(), |ui| pill_button(ui, mode.label())).inner;
            let disabled = format!("{}\n{effect}", reason.unwrap_or_default());
            if button.on_hover_text(effect).on_disabled_hover_text(disabled).clicked() {
                actions.push(ClientCommand::Close(tab.id(), mode).into());
            }
        }
        ui.add_enabled_ui(!tab.transcript().is_empty(), |ui| {
            let clear = pill_button(ui, "Clear").accessible_name("Clear the transcript");
            if clear.on_hover_text("Remove all entries below").clicked() {
                actions.push(ClientCommand::ClearTranscript(tab.id()).into());
            }
        });
        if let Some(traffic) = transcript_text::traffic(&status) {
            let label = Label::new(RichText::new(&traffic).small().weak()).truncate();
            ui.add(label).on_hover_text(traffic);
        }
    });
    if let Some(explanation) = state.explanation() {
        note(ui, Tone::Hint, explanation);
    }
}

/// Returns the state in a sentence.
fn status_text(status: &ClientStatus, state: DisplayState) -> String {
    let peer = status.peer.map_or_else(String::new, |peer| peer.to_string());
    let port = status.local.map_or_else(String::new, |local| format!(" from port {}", local.port()));
    match state {
        DisplayState::Idle => "Not connected".to_owned(),
        DisplayState::Connecting if status.state == ClientState::Resolving => {
            "Looking for the host…".to_owned()
        }
        DisplayState::Connecting => "Connecting…".to_owned(),
        DisplayState::Handshake => format!("Connected{port}; TLS handshake…"),
        DisplayState::NotAccepted | DisplayState::NoThread | DisplayState::NoAnswer => {
            format!("Connected{port}; {}", state.label())
        }
        DisplayState::Connected => {
            let tls =
                status.handshake.as_ref().map_or_else(String::new, |it| format!(" · {}", it.agreed.version));
            format!("Connected to {peer}{port}{tls}")
        }
        DisplayState::HalfClosed => format!("Half-closed{port}: reading only"),
        DisplayState::Closing => "Leaving…".to_owned(),
        DisplayState::Closed | DisplayState::Failed => {
            status.outcome.as_ref().map_or("Closed", transcript_text::outcome).to_owned()
        }
    }
}

/// Explains what is sent, and what the server sees of it.
fn explain_close(mode: CloseMode, tls: bool) -> String {
    let end = match mode {
        _ if !tls => "FIN",
        CloseMode::Close => "TLS's close_notify and FIN",
        _ => "TLS's close_notify",
    };
    match mode {
        CloseMode::Close => format!(
            "Sends {end}. The server's recv() returns b'', the end of the stream, and it closes, too."
        ),
        CloseMode::HalfClose => format!(
            "Sends {end} but goes on reading: all that is still in flight comes back, then the server closes."
        ),
        CloseMode::Abort => {
            "Sends RST. What is still in flight is lost, and the server's recv() fails: connection reset by peer."
                .to_owned()
        }
        CloseMode::WithoutCloseNotify if tls => {
            "Sends FIN without close_notify. The server can't tell whether data was cut off, and its log says so."
                .to_owned()
        }
        CloseMode::WithoutCloseNotify => {
            "Closes without reading what is left. The server sees FIN, or RST if something was left unread."
                .to_owned()
        }
    }
}

/// Returns why the connection can't be closed in this mode now.
fn cannot_close(mode: CloseMode, status: &ClientStatus) -> Option<&'static str> {
    match status.state {
        state if state.is_connecting() => Some("It is still connecting: press Cancel."),
        ClientState::Open | ClientState::HalfClosed if mode != CloseMode::HalfClose => None,
        ClientState::Open if !status.half_close_pending => None,
        ClientState::Open | ClientState::HalfClosed => {
            Some("The end of the stream was sent, or will be once all that waits was sent.")
        }
        _ => Some("There is no open connection."),
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::client::client_event::PeerEnd;
    use crate::client::echo_check::EchoReport;
    use crate::server::event::{ClientId, ClientInfo};

    fn open() -> ClientStatus {
        ClientStatus {
            state: ClientState::Open,
            local: Some("127.0.0.1:50000".parse().unwrap()),
            peer: Some("127.0.0.1:12345".parse().unwrap()),
            ..ClientStatus::default()
        }
    }

    fn listening(address: &str) -> ServerState {
        ServerState::Listening { addresses: vec![address.parse().unwrap()], tls: false }
    }

    fn served(peer: &str, phase: Phase) -> Connection {
        Connection {
            client: ClientInfo { id: ClientId(1), peer: peer.parse().unwrap() },
            since: SystemTime::UNIX_EPOCH,
            phase,
            received: 0,
            sent: 0,
            tls: None,
        }
    }

    #[test]
    fn client_missing_from_the_servers_list_waits_to_be_accepted() {
        let ours = listening("127.0.0.1:12345");
        assert_eq!(display_state(&open(), &ours, &[]), DisplayState::NotAccepted);
        let other = [served("127.0.0.1:50001", Phase::Open)];
        assert_eq!(display_state(&open(), &ours, &other), DisplayState::NotAccepted);
        let queued = [served("127.0.0.1:50000", Phase::Queued)];
        assert_eq!(display_state(&open(), &ours, &queued), DisplayState::NoThread);
        let mapped = [served("[::ffff:127.0.0.1]:50000", Phase::Open)];
        assert_eq!(display_state(&open(), &ours, &mapped), DisplayState::Connected);
        assert_eq!(display_state(&open(), &listening("0.0.0.0:12345"), &[]), DisplayState::NotAccepted);
        let ended = ClientStatus { peer_end: Some(PeerEnd::Fin), ..open() };
        assert_eq!(display_state(&ended, &ours, &[]), DisplayState::Connected);
    }

    #[test]
    fn client_of_another_server_is_connected_or_unanswered() {
        let others = listening("127.0.0.1:9");
        assert_eq!(display_state(&open(), &others, &[]), DisplayState::Connected);
        let echo = EchoReport { outstanding: 6, ..EchoReport::default() };
        let silent = ClientStatus { echo, ..open() };
        assert_eq!(display_state(&silent, &others, &[]), DisplayState::NoAnswer);
        let slow = ClientStatus { received: 1, ..silent };
        assert_eq!(display_state(&slow, &others, &[]), DisplayState::Connected);
    }
}
