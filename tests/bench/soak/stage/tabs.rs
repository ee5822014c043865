//! Checks the app's own clients: only the echo comes back, and no connection is lost without a reason.

use std::collections::{HashMap, HashSet};

use echoscope::app::clients::{ClientCommand, ClientTab, ClientTabId, TabCommand};
use echoscope::app::{App, Command};
use echoscope::client::client_error::Stage;
use echoscope::client::client_event::{ClientCloseCause, ClientState, CloseMode, ConnectionOutcome, PeerEnd};

/// The state of the tabs' connections.
#[derive(Default)]
pub(super) struct Tabs {
    /// The tabs whose connection may end in any way, because the server was stopped, the test closed the
    /// connection, or the client's settings don't match the server's.
    excused: HashSet<ClientTabId>,
    /// Whether the load may end in any way.
    load_excused: bool,
    /// The compared bytes by tab and number of the connection, as last read.
    compared: HashMap<(ClientTabId, u32), u64>,
    compared_before: u64,
    reported: HashSet<(ClientTabId, u32)>,
    load_reported: bool,
    /// Whether the server may close clients as idle, possibly while they send.
    lenient: bool,
}

impl Tabs {
    /// Sets whether the server that starts may close clients as idle.
    pub(super) fn begin(&mut self, lenient: bool) {
        self.lenient = lenient;
    }

    /// Allows a tab's connection to end in any way.
    pub(super) fn excuse(&mut self, id: ClientTabId) {
        self.excused.insert(id);
    }

    pub(super) fn excuse_all(&mut self, app: &App) {
        self.excused.extend(app.clients().iter().map(ClientTab::id));
        self.load_excused = true;
    }

    /// Expects a tab's next connection to end without a failure.
    pub(super) fn expect(&mut self, id: ClientTabId) {
        self.excused.remove(&id);
    }

    /// Expects a new load to run without a failure.
    pub(super) fn expect_load(&mut self) {
        (self.load_excused, self.load_reported) = (false, false);
    }

    /// Allows the load to end in any way while all connections are closed.
    pub(super) fn excuse_load(&mut self) {
        // Clients that the server hasn't accepted yet are closed without an echo.
        self.load_excused = true;
    }

    /// Returns the failures that weren't returned before.
    pub(super) fn new_failures(&mut self, app: &App) -> Vec<String> {
        let mut wrong = Vec::new();
        for tab in app.clients().iter() {
            let key = (tab.id(), tab.connections());
            let echo = tab.status().echo;
            self.compared.insert(key, echo.compared);
            if self.excused.contains(&tab.id()) || self.reported.contains(&key) {
                continue;
            }
            let found = if echo.difference.is_some() || echo.unsolicited > 0 {
                Some(format!("WRONG BYTES: {echo:?}"))
            } else {
                tab.status().outcome.as_ref().filter(|_| !self.lenient).and_then(unexpected)
            };
            if let Some(found) = found {
                self.reported.insert(key);
                wrong.push(format!("client tab {}: {found}", tab.id()));
            }
        }
        let load = app.clients().load().status();
        if let Some(status) = load
            .filter(|status| status.failed > 0 && !self.load_excused && !self.load_reported && !self.lenient)
            && status.first_failure.as_ref().is_none_or(|(_, failure)| failure.stage() != Stage::Connecting)
        {
            self.load_reported = true;
            wrong.push(format!("{} of the crowd failed: {:?}", status.failed, status.first_failure));
        }
        wrong
    }

    /// Closes connections whose echo is complete. Returns whether all are closed.
    pub(super) fn close_echoed(&mut self, app: &mut App) -> bool {
        let mut all_gone = true;
        for id in app.clients().iter().map(ClientTab::id).collect::<Vec<_>>() {
            let Some(status) = app.clients().get(id).map(ClientTab::status) else { continue };
            let echoed = status.echo.outstanding == 0 && status.queued == 0 && status.file.is_none();
            let command = match status.state {
                ClientState::Idle | ClientState::Closed => continue,
                ClientState::Resolving | ClientState::Connecting | ClientState::Handshake => {
                    self.excuse(id);
                    Some(ClientCommand::Tab(id, TabCommand::Cancel))
                }
                ClientState::Open if self.excused.contains(&id) => {
                    Some(ClientCommand::Tab(id, TabCommand::Close(CloseMode::Abort)))
                }
                ClientState::Open if status.repeat.is_none() && echoed => {
                    Some(ClientCommand::Tab(id, TabCommand::Close(CloseMode::Close)))
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

    /// Returns the number of bytes compared since the last call.
    pub(super) fn take_compared(&mut self) -> u64 {
        let now = self.compared.values().sum::<u64>();
        let since = now.saturating_sub(self.compared_before);
        self.compared_before = now;
        since
    }
}

/// Returns the failure if a connection must not end in this way while the server runs.
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
