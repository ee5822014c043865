//! How a client stands, seen from both sides: its own state, and whether the server has come to it yet.

use std::net::SocketAddr;

use egui::{Color32, Painter, Rect, Shape, Stroke, Vec2, pos2};

use crate::app::App;
use crate::app::clients::{ClientTab, ClientTabId, Ended};
use crate::client::status::{State, Status};
use crate::server::status::{Connection, Phase, ServerState};
use crate::ui::theme::Palette;
use crate::ui::widgets::icon::{self, Icon};

/// How a client stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ui) enum Standing {
    /// Nothing was tried yet.
    Idle,
    /// No answer from the other side yet.
    Connecting,
    /// TLS's handshake goes on.
    Handshake,
    /// The system let it in, and the server's program has not accepted it.
    NotAccepted,
    /// Accepted, but no thread of the pool is free.
    NoThread,
    /// Something was sent, and nothing has come back.
    NoAnswer,
    /// Connected.
    Connected,
    /// It has no more to send.
    HalfClosed,
    /// It is saying goodbye.
    Leaving,
    /// It is over, in order.
    Closed,
    /// It is over, and something went wrong.
    Failed,
}

/// How each client stands now.
pub(in crate::ui) fn all(app: &App) -> Vec<(ClientTabId, Standing)> {
    let statuses: Vec<(&ClientTab, Status)> = app.clients().iter().map(|tab| (tab, tab.status())).collect();
    let any = statuses.iter().any(|(_, status)| !status.state.is_at_rest());
    let server = if any { app.state() } else { ServerState::Stopped };
    let connections = if any { app.connections() } else { Vec::new() };
    let standing = |(tab, status): &(&ClientTab, Status)| {
        let failed = matches!(tab.ended(), Some(Ended::Failed(_)));
        (tab.id(), stands(status, failed, &server, &connections))
    };
    statuses.iter().map(standing).collect()
}

/// How one of them stands.
pub(in crate::ui) fn of(all: &[(ClientTabId, Standing)], id: ClientTabId) -> Standing {
    all.iter().find(|(known, _)| *known == id).map_or(Standing::Idle, |(_, standing)| *standing)
}

fn stands(status: &Status, failed: bool, server: &ServerState, connections: &[Connection]) -> Standing {
    let waits = || waits_for_server(status, server, connections);
    match status.state {
        State::Idle => Standing::Idle,
        State::Resolving | State::Connecting => Standing::Connecting,
        State::Handshake => waits().unwrap_or(Standing::Handshake),
        State::Open => waits().unwrap_or_else(|| {
            let silent = status.echo.outstanding > 0 && status.received == 0;
            if silent { Standing::NoAnswer } else { Standing::Connected }
        }),
        State::HalfClosed => waits().unwrap_or(Standing::HalfClosed),
        State::Closing => Standing::Leaving,
        State::Closed if failed => Standing::Failed,
        State::Closed => Standing::Closed,
    }
}

/// What keeps the server from serving this client, where it is the server of this very window.
fn waits_for_server(status: &Status, server: &ServerState, connections: &[Connection]) -> Option<Standing> {
    let (local, peer) = (status.local?, status.peer?);
    let ServerState::Listening { addresses, .. } = server else { return None };
    let is_ours = addresses.iter().any(|address| {
        address.port() == peer.port() && (address.ip().is_unspecified() || same(*address, peer))
    });
    // Once the server has ended its side it no longer lists the connection.
    if !is_ours || status.peer_end.is_some() {
        return None;
    }
    match connections.iter().find(|connection| same(connection.client.peer, local)) {
        None => Some(Standing::NotAccepted),
        Some(connection) if connection.phase == Phase::Queued => Some(Standing::NoThread),
        Some(_) => None,
    }
}

/// Whether two addresses are one, an IPv4 address inside an IPv6 one being that address.
fn same(one: SocketAddr, other: SocketAddr) -> bool {
    one.port() == other.port() && one.ip().to_canonical() == other.ip().to_canonical()
}

impl Standing {
    /// In a word or two, after the client's name.
    pub(in crate::ui) fn word(self) -> &'static str {
        match self {
            Self::Idle => "not connected",
            Self::Connecting => "connecting",
            Self::Handshake => "in the TLS handshake",
            Self::NotAccepted => "waits to be accepted",
            Self::NoThread => "waits for a thread",
            Self::NoAnswer => "waits for an answer",
            Self::Connected => "connected",
            Self::HalfClosed => "half-closed",
            Self::Leaving => "leaving",
            Self::Closed => "closed",
            Self::Failed => "failed",
        }
    }

    /// What it means, where that is not plain.
    pub(in crate::ui) fn meaning(self) -> Option<&'static str> {
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

    /// The colour of its sign. The sign's shape says the same.
    pub(in crate::ui) fn ink(self, palette: &Palette) -> Color32 {
        match self {
            Self::Connected | Self::HalfClosed => palette.good,
            Self::Connecting | Self::Handshake | Self::Leaving => palette.accent,
            Self::NotAccepted | Self::NoThread | Self::NoAnswer => palette.caution,
            Self::Idle | Self::Closed => palette.muted,
            Self::Failed => palette.problem,
        }
    }

    /// Draws its sign centred in a square: a full disc is connected, a clock waits, a square is over.
    pub(in crate::ui) fn paint(self, painter: &Painter, rect: Rect, palette: &Palette) {
        let ink = self.ink(palette);
        let (c, r) = (rect.center(), rect.width().min(rect.height()) / 2.0);
        let thin = Stroke::new((r * 0.2).max(1.3), ink);
        match self {
            Self::Idle => drop(painter.circle_stroke(c, r * 0.72, thin)),
            Self::Connected => drop(painter.circle_filled(c, r * 0.8, ink)),
            Self::HalfClosed => {
                painter.circle_stroke(c, r * 0.72, thin);
                let half: Vec<_> = (0..=12_u8)
                    .map(|step| {
                        c + Vec2::angled(std::f32::consts::PI * (0.5 + f32::from(step) / 12.0)) * r * 0.72
                    })
                    .collect();
                painter.add(Shape::convex_polygon(half, ink, Stroke::NONE));
            }
            Self::Connecting | Self::Handshake | Self::Leaving => {
                for x in [-0.68, 0.0, 0.68] {
                    painter.circle_filled(pos2(c.x + x * r, c.y), r * 0.22, ink);
                }
            }
            Self::NotAccepted | Self::NoThread | Self::NoAnswer => {
                painter.circle_stroke(c, r * 0.8, thin);
                painter.line_segment([c, pos2(c.x, c.y - r * 0.5)], thin);
                painter.line_segment([c, pos2(c.x + r * 0.42, c.y)], thin);
            }
            Self::Closed => {
                let square = Rect::from_center_size(c, Vec2::splat(r * 1.25));
                painter.rect_stroke(square, r * 0.15, thin, egui::StrokeKind::Middle);
            }
            Self::Failed => icon::paint(painter, Icon::Problem, rect, ink),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::client::echo::EchoReport;
    use crate::client::event::PeerEnd;
    use crate::server::client_id::{ClientId, ClientInfo};

    fn open() -> Status {
        Status {
            state: State::Open,
            local: Some("127.0.0.1:50000".parse().unwrap()),
            peer: Some("127.0.0.1:12345".parse().unwrap()),
            ..Status::default()
        }
    }

    fn listening(address: &str) -> ServerState {
        ServerState::Listening { addresses: vec![address.parse().unwrap()], tls: false }
    }

    fn served(peer: &str, phase: Phase) -> Connection {
        Connection {
            client: ClientInfo { id: ClientId(1), peer: peer.parse().unwrap() },
            since: SystemTime::UNIX_EPOCH,
            age: Duration::ZERO,
            phase,
            received: 0,
            sent: 0,
            tls: None,
        }
    }

    #[test]
    fn who_is_not_in_the_servers_list_waits_to_be_accepted() {
        let ours = listening("127.0.0.1:12345");
        assert_eq!(stands(&open(), false, &ours, &[]), Standing::NotAccepted);
        let other = [served("127.0.0.1:50001", Phase::Open)];
        assert_eq!(stands(&open(), false, &ours, &other), Standing::NotAccepted);
        let queued = [served("127.0.0.1:50000", Phase::Queued)];
        assert_eq!(stands(&open(), false, &ours, &queued), Standing::NoThread);
        let mapped = [served("[::ffff:127.0.0.1]:50000", Phase::Open)];
        assert_eq!(stands(&open(), false, &ours, &mapped), Standing::Connected);
        assert_eq!(stands(&open(), false, &listening("0.0.0.0:12345"), &[]), Standing::NotAccepted);
        let ended = Status { peer_end: Some(PeerEnd::Fin), ..open() };
        assert_eq!(stands(&ended, false, &ours, &[]), Standing::Connected);
    }

    #[test]
    fn of_another_server_only_silence_is_known() {
        let others = listening("127.0.0.1:9");
        assert_eq!(stands(&open(), false, &others, &[]), Standing::Connected);
        let echo = EchoReport { outstanding: 6, ..EchoReport::default() };
        let silent = Status { echo, ..open() };
        assert_eq!(stands(&silent, false, &others, &[]), Standing::NoAnswer);
        let slow = Status { received: 1, ..silent };
        assert_eq!(stands(&slow, false, &others, &[]), Standing::Connected);
    }
}
