//! The app's own clients, watched: nothing but the echo comes back, and nobody is lost without a reason.

use std::collections::{HashMap, HashSet};

use echoscope::app::clients::{ClientCommand, ClientTab, ClientTabId};
use echoscope::app::{App, Command};
use echoscope::client::client_error::Stage;
use echoscope::client::client_event::{CloseCause, CloseMode, ConnectionOutcome, PeerEnd};
use echoscope::client::client_status::ClientState;

/// What is known of the tabs' connections.
#[derive(Default)]
pub(super) struct Tabs {
    /// Of these any end is right: the server was stopped, we broke them off, or they speak what the server doesn't.
    excused: HashSet<ClientTabId>,
    /// Whether any end of the crowd is right.
    crowd_excused: bool,
    /// Bytes compared on the connection of this number, as last seen.
    compared: HashMap<(ClientTabId, u32), u64>,
    compared_before: u64,
    told: HashSet<(ClientTabId, u32)>,
    crowd_told: bool,
    /// The server closes clients that are idle, maybe while they send.
    lenient: bool,
}

impl Tabs {
    /// The server is started; whether it may close clients on its own.
    pub(super) fn begin(&mut self, lenient: bool) {
        self.lenient = lenient;
    }

    /// From now on until the next connection any end of it is right.
    pub(super) fn excuse(&mut self, id: ClientTabId) {
        self.excused.insert(id);
    }

    pub(super) fn excuse_all(&mut self, app: &App) {
        self.excused.extend(app.clients().iter().map(ClientTab::id));
        self.crowd_excused = true;
    }

    /// A new connection begins.
    pub(super) fn expect(&mut self, id: ClientTabId) {
        self.excused.remove(&id);
    }

    /// A new crowd begins.
    pub(super) fn expect_crowd(&mut self) {
        (self.crowd_excused, self.crowd_told) = (false, false);
    }

    /// From here on they go as soon as everything is back.
    pub(super) fn settle(&mut self) {
        // Those who wait for their turn are let go without it.
        self.crowd_excused = true;
    }

    /// What is wrong with them, each thing once.
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

    /// Lets those go who have everything back. Whether all are gone.
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

    /// Bytes that were compared since this was asked last.
    pub(super) fn take_compared(&mut self) -> u64 {
        let now = self.compared.values().sum::<u64>();
        let since = now.saturating_sub(self.compared_before);
        self.compared_before = now;
        since
    }
}

/// Why this is no way to end while the server runs and nobody has asked for it.
fn unexpected(ended: &ConnectionOutcome) -> Option<String> {
    match ended {
        // The queue was too short for so many at once.
        ConnectionOutcome::Failed(failure) if failure.stage() == Stage::Connecting => None,
        ConnectionOutcome::Failed(failure) => Some(format!("failed: {failure} ({})", failure.raw())),
        ConnectionOutcome::Closed(closed) => match closed.cause {
            CloseCause::Server(PeerEnd::Reset | PeerEnd::WithoutCloseNotify) => {
                Some(format!("{:?}", closed.cause))
            }
            _ => None,
        },
    }
}
