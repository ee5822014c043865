//! Checks the app's own clients: only the echo comes back, and no connection is lost without a reason.

use std::collections::{HashMap, HashSet};

use echoscope::app::clients::{ClientCommand, ClientTab, ClientTabId};
use echoscope::app::{App, Command};
use echoscope::client::client_error::Stage;
use echoscope::client::client_event::{ClientCloseCause, ClientState, CloseMode, ConnectionOutcome, PeerEnd};

/// The state of the tabs' connections.
#[derive(Default)]
pub(super) struct Tabs {
    /// Connections that may end in any way: the server was stopped, they were closed by us, or they don't match its
    /// settings.
    excused: HashSet<ClientTabId>,
    /// Whether the load may end in any way.
    crowd_excused: bool,
    /// Compared bytes by the connection's number, as last read.
    compared: HashMap<(ClientTabId, u32), u64>,
    compared_before: u64,
    told: HashSet<(ClientTabId, u32)>,
    crowd_told: bool,
    /// Whether the server closes idle clients, maybe while they send.
    lenient: bool,
}

impl Tabs {
    /// Notes that the server starts, and whether it may close clients on its own.
    pub(super) fn begin(&mut self, lenient: bool) {
        self.lenient = lenient;
    }

    /// Allows any end until the next connection.
    pub(super) fn excuse(&mut self, id: ClientTabId) {
        self.excused.insert(id);
    }

    pub(super) fn excuse_all(&mut self, app: &App) {
        self.excused.extend(app.clients().iter().map(ClientTab::id));
        self.crowd_excused = true;
    }

    /// Expects the echo of a new connection.
    pub(super) fn expect(&mut self, id: ClientTabId) {
        self.excused.remove(&id);
    }

    /// Expects the echo of a new load.
    pub(super) fn expect_crowd(&mut self) {
        (self.crowd_excused, self.crowd_told) = (false, false);
    }

    /// Allows the load to end in any way while all connections are closed.
    pub(super) fn settle(&mut self) {
        // Clients that the server hasn't accepted yet are closed without an echo.
        self.crowd_excused = true;
    }

    /// Returns the failures, each once.
    pub(super) fn look(&mut self, app: &App) -> Vec<String> {
        let mut wrong = Vec::new();
        for tab in app.clients().iter() {
            let key = (tab.id(), tab.connections());
            let echo = tab.status().echo;
            self.compared.insert(key, echo.compared);
            if self.excused.contains(&tab.id()) || self.told.contains(&key) {
                continue;
            }
            let found = if echo.difference.is_some() || echo.unsolicited > 0 {
                Some(format!("WRONG BYTES: {echo:?}"))
            } else {
                tab.status().outcome.as_ref().filter(|_| !self.lenient).and_then(unexpected)
            };
            if let Some(found) = found {
                self.told.insert(key);
                wrong.push(format!("client tab {}: {found}", tab.id()));
            }
        }
        let crowd = app.clients().load().status();
        if let Some(status) = crowd
            .filter(|status| status.failed > 0 && !self.crowd_excused && !self.crowd_told && !self.lenient)
            && status.first_failure.as_ref().is_none_or(|(_, failure)| failure.stage() != Stage::Connecting)
        {
            self.crowd_told = true;
            wrong.push(format!("{} of the crowd failed: {:?}", status.failed, status.first_failure));
        }
        wrong
    }

    /// Closes connections whose echo is complete. Returns whether all are closed.
    pub(super) fn settled(&mut self, app: &mut App) -> bool {
        let mut all_gone = true;
        for id in app.clients().iter().map(ClientTab::id).collect::<Vec<_>>() {
            let Some(status) = app.clients().get(id).map(ClientTab::status) else { continue };
            let echoed = status.echo.outstanding == 0 && status.queued == 0 && status.file.is_none();
            let command = match status.state {
                ClientState::Idle | ClientState::Closed => continue,
                ClientState::Resolving | ClientState::Connecting | ClientState::Handshake => {
                    self.excuse(id);
                    Some(ClientCommand::Cancel(id))
                }
                ClientState::Open if self.excused.contains(&id) => {
                    Some(ClientCommand::Close(id, CloseMode::Abort))
                }
                ClientState::Open if status.repeat.is_none() && echoed => {
                    Some(ClientCommand::Close(id, CloseMode::Close))
                }
                ClientState::Open | ClientState::HalfClosed | ClientState::Closing => None,
            };
            all_gone = false;
            if let Some(command) = command {
                app.apply(command.into());
            }
        }
        if app.clients().load().is_running() {
            app.apply(Command::Client(ClientCommand::CloseLoad));
            all_gone = false;
        }
        all_gone
    }

    /// Returns the bytes compared since the last call.
    pub(super) fn take_compared(&mut self) -> u64 {
        let now = self.compared.values().sum::<u64>();
        let since = now.saturating_sub(self.compared_before);
        self.compared_before = now;
        since
    }
}

/// Returns why a connection must not end in this way while the server runs.
fn unexpected(ended: &ConnectionOutcome) -> Option<String> {
    match ended {
        // The accept queue was too short for a burst.
        ConnectionOutcome::Failed(failure) if failure.stage() == Stage::Connecting => None,
        ConnectionOutcome::Failed(failure) => Some(format!("failed: {failure} ({})", failure.raw())),
        ConnectionOutcome::Closed(closed) => match closed.cause {
            ClientCloseCause::Server(PeerEnd::Reset | PeerEnd::WithoutCloseNotify) => {
                Some(format!("{:?}", closed.cause))
            }
            _ => None,
        },
    }
}
