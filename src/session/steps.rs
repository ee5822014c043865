//! Watching the server's calls: where each thread is, step mode, and pausing the accept loop.

use super::Session;
use crate::server::Server;
use crate::server::calls::{Calls, Halt};

impl Session {
    /// Which of the server's threads are at which calls, and how often each call was made in the present run or the
    /// last one; copied at each call, so ask only where it is shown.
    #[must_use]
    pub fn calls(&self) -> Calls {
        let calls = self.server.as_ref().map_or_else(Calls::default, Server::calls);
        Calls { stepping: self.stepping, ..calls }
    }

    /// Whether the server halts before each call, or will when it is started.
    #[must_use]
    pub fn is_stepping(&self) -> bool {
        self.stepping
    }

    /// Who halts, the oldest halt first; cheap where step mode is off.
    #[must_use]
    pub fn halts(&self) -> Vec<Halt> {
        if !self.stepping {
            return Vec::new();
        }
        self.server.as_ref().map_or_else(Vec::new, Server::halts)
    }

    /// Whether the running server was told to leave its accept queue alone.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.server.as_ref().is_some_and(Server::is_paused)
    }

    pub(super) fn set_stepping(&mut self, stepping: bool) {
        self.stepping = stepping;
        if let Some(server) = &self.server {
            server.set_stepping(stepping);
        }
    }
}
