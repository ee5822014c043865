//! The state of each client, from its own side and the server's: the signs in the bar of clients, the status line, and the
//! buttons that close the connection.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use egui::{
    Align, Color32, Label, Layout, Painter, Rect, RichText, Role, Sense, Shape, Stroke, StrokeKind, Ui, Vec2,
    WidgetInfo, pos2, vec2,
};

use crate::app::App;
use crate::app::clients::{ClientCommand, ClientTab, ClientTabId, Followed};
use crate::client::client_event::{ClientState, ClientStatus, CloseMode, ConnectionOutcome};
use crate::server::{Connection, Phase, ServerState};
use crate::ui::action::Action;
use crate::ui::tabs::client::transcript_text;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{pill_button, pill_width, text_width};
use crate::ui::widgets::icon::{self, Icon};

/// Below this width the buttons get a row of their own.
const NARROW: f32 = 640.0;
/// Between two buttons.
const GAP: f32 = 6.0;

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

    /// Paints its sign, which differs by shape as well as by color: a full disc is connected, a clock waits, a square is
    /// closed.
    pub(super) fn paint(self, painter: &Painter, rect: Rect, palette: &Palette) {
        let color = self.color(palette);
        let (c, r) = (rect.center(), rect.width().min(rect.height()) / 2.0);
        let thin = Stroke::new((r * 0.2).max(1.3), color);
        match self {
            Self::Idle => drop(painter.circle_stroke(c, r * 0.72, thin)),
            Self::Connected => drop(painter.circle_filled(c, r * 0.8, color)),
            Self::HalfClosed => {
                painter.circle_stroke(c, r * 0.72, thin);
                let angle = |step| std::f32::consts::PI * (0.5 + f32::from(step) / 12.0);
                let half = (0..=12_u8).map(|step| c + Vec2::angled(angle(step)) * r * 0.72);
                painter.add(Shape::convex_polygon(half.collect(), color, Stroke::NONE));
            }
            Self::Connecting | Self::Handshake | Self::Closing => {
                for x in [-0.68, 0.0, 0.68] {
                    painter.circle_filled(pos2(c.x + x * r, c.y), r * 0.22, color);
                }
            }
            Self::NotAccepted | Self::NoThread | Self::NoAnswer => {
                painter.circle_stroke(c, r * 0.8, thin);
                painter.line_segment([c, pos2(c.x, c.y - r * 0.5)], thin);
                painter.line_segment([c, pos2(c.x + r * 0.42, c.y)], thin);
            }
            Self::Closed => {
                let square = Rect::from_center_size(c, Vec2::splat(r * 1.25));
                painter.rect_stroke(square, r * 0.15, thin, StrokeKind::Middle);
            }
            Self::Failed => icon::paint(painter, Icon::Problem, rect, color),
        }
    }
}

/// Shows the status line and the buttons that close the connection.
pub(super) fn show(
    ui: &mut Ui,
    tab: &ClientTab,
    status: &ClientStatus,
    state: DisplayState,
    actions: &mut Vec<Action>,
) {
    let narrow = ui.available_width() < NARROW;
    let buttons = CloseMode::ALL.iter().map(|mode| pill_width(ui, mode.label()) + GAP).sum::<f32>() - GAP;
    ui.horizontal(|ui| {
        ui.set_min_height(size::CHIP);
        let width = ui.available_width() - if narrow { 0.0 } else { buttons + size::GAP };
        ui.allocate_ui_with_layout(vec2(width, size::CHIP), Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_width(width);
            line(ui, tab, status, state, narrow);
        });
        if !narrow {
            close_buttons(ui, tab, status, actions);
        }
    });
    if narrow {
        ui.horizontal(|ui| close_buttons(ui, tab, status, actions));
    }
}

fn line(ui: &mut Ui, tab: &ClientTab, status: &ClientStatus, state: DisplayState, narrow: bool) {
    let palette = Palette::of(ui);
    let (square, response) = ui.allocate_exact_size(Vec2::splat(14.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, state.label()));
    state.paint(ui.painter(), Rect::from_center_size(square.center(), Vec2::splat(12.0)), palette);
    let color = if state == DisplayState::Failed { palette.problem } else { palette.text };
    ui.spacing_mut().item_spacing.x = size::GAP;
    let text = status_text(tab, status, state, narrow);
    let label = ui.add(Label::new(RichText::new(text).color(color)).truncate());
    let traffic = transcript_text::traffic(status);
    let tooltip = match &status.outcome {
        Some(ConnectionOutcome::Failed(error)) => Some(error.to_string()),
        _ => traffic.clone(),
    };
    if let Some(tooltip) = tooltip {
        label.on_hover_text(tooltip);
    }
    if let Some(traffic) = traffic
        && text_width(ui, &traffic, theme::small()) <= ui.available_width()
    {
        ui.label(RichText::new(traffic).size(size::SMALL).color(palette.muted));
    }
}

/// Returns the state in a sentence.
fn status_text(tab: &ClientTab, status: &ClientStatus, state: DisplayState, narrow: bool) -> String {
    let peer = status.peer.map_or_else(String::new, |peer| peer.to_string());
    let port = status.local.map_or_else(String::new, |local| format!(" from port {}", local.port()));
    match state {
        // A narrow window has no room for this above.
        DisplayState::Idle if narrow && follows_address(tab) => {
            "Not connected; follows the server".to_owned()
        }
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
            let version = status.handshake.as_ref().map_or("", |handshake| handshake.agreed.version);
            let separator = if version.is_empty() { "" } else { " · " };
            format!("Connected to {peer}{port}{separator}{version}")
        }
        DisplayState::HalfClosed => format!("Half-closed{port}: reading only"),
        DisplayState::Closing => "Leaving…".to_owned(),
        DisplayState::Closed | DisplayState::Failed => {
            status.outcome.as_ref().map_or("Closed", transcript_text::outcome).to_owned()
        }
    }
}

/// Returns whether host and port follow the server.
pub(super) fn follows_address(tab: &ClientTab) -> bool {
    [Followed::Host, Followed::Port].iter().all(|part| tab.form().is_following(*part))
}

fn close_buttons(ui: &mut Ui, tab: &ClientTab, status: &ClientStatus, actions: &mut Vec<Action>) {
    let tls = status.handshake.is_some();
    ui.spacing_mut().item_spacing.x = GAP;
    for mode in CloseMode::ALL {
        let (reason, effect) = (cannot_close(mode, status), explain_close(mode, tls));
        let button = ui.add_enabled_ui(reason.is_none(), |ui| pill_button(ui, mode.label())).inner;
        let disabled = format!("{}\n{effect}", reason.unwrap_or_default());
        if button.on_hover_text(effect).on_disabled_hover_text(disabled).clicked() {
            actions.push(ClientCommand::Close(tab.id(), mode).into());
        }
    }
}

/// Explains what is sent, and what the server sees of it.
fn explain_close(mode: CloseMode, tls: bool) -> &'static str {
    match (mode, tls) {
        (CloseMode::Close, false) => {
            "Sends FIN. The server's recv() returns b'', the end of the stream, and it closes, too."
        }
        (CloseMode::Close, true) => {
            "Sends TLS's close_notify, then FIN. The server sees the end of the stream, in order, and closes, too."
        }
        (CloseMode::HalfClose, false) => {
            "Sends FIN but goes on reading: all that is still in flight comes back, then the server closes."
        }
        (CloseMode::HalfClose, true) => {
            "Sends TLS's close_notify but goes on reading: all that is still in flight comes back, then the server \
             closes."
        }
        (CloseMode::Abort, _) => {
            "Sends RST. What is still in flight is lost, and the server's recv() fails: connection reset by peer."
        }
        (CloseMode::WithoutCloseNotify, false) => {
            "Closes without reading what is left. The server sees FIN, as with Close; where something was left unread, \
             the system sends RST."
        }
        (CloseMode::WithoutCloseNotify, true) => {
            "Sends FIN without close_notify before it. The server can't tell whether data was cut off on the way, and \
             its log says so."
        }
    }
}

/// Returns why the connection can't be closed in this mode now.
fn cannot_close(mode: CloseMode, status: &ClientStatus) -> Option<&'static str> {
    match status.state {
        ClientState::Idle | ClientState::Closed => Some("Nothing is connected."),
        state if state.is_connecting() => Some("It is still connecting: press Cancel."),
        ClientState::Closing => Some("It is leaving already."),
        ClientState::HalfClosed if mode == CloseMode::HalfClose => {
            Some("The end of the stream was sent already.")
        }
        _ if mode == CloseMode::HalfClose && status.half_close_pending => {
            Some("The end of the stream will be sent once all that waits has gone.")
        }
        _ => None,
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
