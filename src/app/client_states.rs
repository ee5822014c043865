//! The state of each client tab, combined from what its client and the server report.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use crate::app::clients::ClientTabId;
use crate::app::state::App;
use crate::client::client_event::{ClientState, ClientStatus, ConnectionOutcome};
use crate::server::event::ClientId;
use crate::server::{Connection, Phase, ServerState};

/// The state of a client tab, combined from what its client and the server report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TabState {
    /// No connection was attempted yet.
    Idle,
    /// The server has not answered yet.
    Connecting,
    /// The TLS handshake is under way.
    Handshake,
    /// The server's OS has completed the TCP handshake, but the server has not accepted the connection.
    NotAccepted,
    /// Accepted, but no thread of the pool is free.
    NoThread,
    /// The client has sent something and received nothing yet.
    NoAnswer,
    /// Connected.
    Connected,
    /// The client has closed its sending side.
    HalfClosed,
    /// The client is closing the connection.
    Closing,
    /// The connection was closed.
    Closed,
    /// The connection failed.
    Failed,
}

impl App {
    /// Returns the state of each client tab.
    #[must_use]
    pub fn client_states(&self) -> BTreeMap<ClientTabId, TabState> {
        let statuses: Vec<_> = self.clients().iter().map(|tab| (tab.id(), tab.status())).collect();
        let any = statuses.iter().any(|(_, status)| !status.state.is_disconnected());
        let connections = if any { self.connections() } else { Vec::new() };
        let server = self.state();
        statuses.iter().map(|(id, status)| (*id, tab_state(status, &server, &connections))).collect()
    }

    /// Returns the number under which this window's server has accepted the newest connection of a client tab.
    #[must_use]
    pub fn connection_of(&self, tab: ClientTabId) -> Option<ClientId> {
        self.clients().get(tab)?.accepted_as()
    }

    /// Finds the connections of client tabs among those that the server has accepted.
    pub(super) fn number_clients(&mut self) {
        let server = self.state();
        self.clients.number_tabs(|status, accepted| {
            is_ours(status, &server) && status.local.is_some_and(|local| is_same(local, accepted))
        });
    }
}

fn tab_state(status: &ClientStatus, server: &ServerState, connections: &[Connection]) -> TabState {
    let state = match status.state {
        ClientState::Idle => return TabState::Idle,
        ClientState::Resolving | ClientState::Connecting => return TabState::Connecting,
        ClientState::Closing => return TabState::Closing,
        ClientState::Closed if matches!(status.outcome, Some(ConnectionOutcome::Failed(_))) => {
            return TabState::Failed;
        }
        ClientState::Closed => return TabState::Closed,
        ClientState::Handshake => TabState::Handshake,
        ClientState::HalfClosed => TabState::HalfClosed,
        ClientState::Open if status.echo.outstanding > 0 && status.received == 0 => TabState::NoAnswer,
        ClientState::Open => TabState::Connected,
    };
    waiting_for_server(status, server, connections).unwrap_or(state)
}

/// If the client is connected to this window's server and that server doesn't serve it yet, returns why.
fn waiting_for_server(
    status: &ClientStatus,
    server: &ServerState,
    connections: &[Connection],
) -> Option<TabState> {
    let local = status.local?;
    // Once the server has ended its side, it no longer lists the connection.
    if !is_ours(status, server) || status.peer_end.is_some() {
        return None;
    }
    match connections.iter().find(|connection| is_same(connection.client.peer, local)) {
        None => Some(TabState::NotAccepted),
        Some(connection) if connection.phase == Phase::Queued => Some(TabState::NoThread),
        Some(_) => None,
    }
}

/// Returns whether the client is connected to this window's server.
fn is_ours(status: &ClientStatus, server: &ServerState) -> bool {
    let (Some(peer), ServerState::Listening { addresses, .. }) = (status.peer, server) else { return false };
    addresses.iter().any(|address| {
        address.port() == peer.port() && (address.ip().is_unspecified() || is_same(*address, peer))
    })
}

/// Returns whether two addresses are the same. An IPv4-mapped IPv6 address equals its IPv4 address.
fn is_same(one: SocketAddr, other: SocketAddr) -> bool {
    one.port() == other.port() && one.ip().to_canonical() == other.ip().to_canonical()
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
            site: None,
            received: 0,
            sent: 0,
            tls: None,
        }
    }

    #[test]
    fn client_missing_from_the_servers_list_waits_to_be_accepted() {
        let ours = listening("127.0.0.1:12345");
        assert_eq!(tab_state(&open(), &ours, &[]), TabState::NotAccepted);
        let other = [served("127.0.0.1:50001", Phase::Open)];
        assert_eq!(tab_state(&open(), &ours, &other), TabState::NotAccepted);
        let queued = [served("127.0.0.1:50000", Phase::Queued)];
        assert_eq!(tab_state(&open(), &ours, &queued), TabState::NoThread);
        let mapped = [served("[::ffff:127.0.0.1]:50000", Phase::Open)];
        assert_eq!(tab_state(&open(), &ours, &mapped), TabState::Connected);
        assert_eq!(tab_state(&open(), &listening("0.0.0.0:12345"), &[]), TabState::NotAccepted);
        let ended = ClientStatus { peer_end: Some(PeerEnd::Fin), ..open() };
        assert_eq!(tab_state(&ended, &ours, &[]), TabState::Connected);
    }

    #[test]
    fn client_of_another_server_is_connected_or_unanswered() {
        let others = listening("127.0.0.1:9");
        assert_eq!(tab_state(&open(), &others, &[]), TabState::Connected);
        let echo = EchoReport { outstanding: 6, ..EchoReport::default() };
        let silent = ClientStatus { echo, ..open() };
        assert_eq!(tab_state(&silent, &others, &[]), TabState::NoAnswer);
        let slow = ClientStatus { received: 1, ..silent };
        assert_eq!(tab_state(&slow, &others, &[]), TabState::Connected);
    }
}
