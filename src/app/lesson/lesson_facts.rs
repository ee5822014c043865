//! Collects the facts that a lesson is judged by.

use std::collections::HashSet;

use jiff::Timestamp;

use crate::app::clients::ClientTab;
use crate::app::form::Check;
use crate::app::state::App;
use crate::client::client_event::ClientState;
use crate::lessons::lesson_event::LessonFacts;
use crate::server::ServerState;

impl App {
    /// Returns how many clients of the Client tab are connected to the server and not accepted yet, for OSs that don't report
    /// the accept queue; `None` while the server isn't listening.
    fn own_clients_waiting(&self) -> Option<u64> {
        let ServerState::Listening { addresses, .. } = self.state() else { return None };
        let port = addresses.first()?.port();
        let accepted: HashSet<_> = self.connections().iter().map(|open| open.client.peer).collect();
        let waits = self.clients.iter().map(ClientTab::status).filter(|status| {
            let connected =
                matches!(status.state, ClientState::Handshake | ClientState::Open | ClientState::HalfClosed);
            let to_us = status.peer.is_some_and(|peer| peer.port() == port && peer.ip().is_loopback());
            connected && to_us && status.local.is_some_and(|local| !accepted.contains(&local))
        });
        Some(waits.count() as u64)
    }

    /// Returns whether a certificate that is valid today and a matching key are chosen.
    pub(super) fn has_certificate(&self) -> bool {
        let Check::Good(report) = self.certificate() else { return false };
        let now = Timestamp::now();
        matches!(self.pair(), Some(Ok(()))) && report.not_before <= now && now <= report.not_after
    }

    /// Collects the current facts.
    pub(in crate::app) fn facts(&self) -> LessonFacts {
        let counters = self.counters();
        LessonFacts {
            running: self.listening_with(),
            stopped: self.state().is_stopped(),
            form: self.settings().clone(),
            connected: counters.clients_now,
            waiting: counters.waiting.map(u64::from).or_else(|| self.own_clients_waiting()),
            certificate: self.has_certificate(),
            paused: self.is_paused(),
            stepping: self.is_stepping(),
            paused_before: self.paused_threads().iter().map(|paused| paused.site.call).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::app::clients::ClientCommand;
    use crate::app::{Command, Options};
    use crate::settings::{Mode, Settings};

    fn until(app: &mut App, done: impl Fn(&App) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !done(app) {
            assert!(Instant::now() < deadline, "timed out");
            app.poll();
            std::thread::yield_now();
        }
    }

    #[test]
    fn clients_of_the_client_tab_that_wait_are_counted() {
        let settings =
            Settings { host: "127.0.0.1".to_owned(), port: 0, mode: Mode::One, ..Settings::default() };
        let mut app = App::new(settings, Options::default());
        assert_eq!(app.own_clients_waiting(), None);
        app.apply(Command::Start);
        until(&mut app, |app| app.own_clients_waiting() == Some(0));
        for waiting in [0, 1, 2] {
            if waiting > 0 {
                app.apply(Command::Client(ClientCommand::Add));
            }
            let id = app.clients().newest();
            app.apply(Command::Client(ClientCommand::Connect(id)));
            until(&mut app, |app| {
                app.clients().get(id).is_some_and(|tab| tab.state() == ClientState::Open)
                    && app.counters().clients_now == 1
            });
            assert_eq!(app.own_clients_waiting(), Some(waiting));
        }
    }
}
