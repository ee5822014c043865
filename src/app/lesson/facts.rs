//! What the app tells a lesson: what is so now, and what its clients have done.

use std::collections::HashSet;

use jiff::Timestamp;

use crate::app::clients::ClientTab;
use crate::app::{App, Check};
use crate::client::client_event::ClientEventKind;
use crate::client::client_status::ClientState;
use crate::client::echo_check::{EchoResult, EchoVerdict};
use crate::lessons::facts::{Facts, Happening};
use crate::server::config::ServerConfig;
use crate::server::status::ServerState;
use crate::settings::Settings;

impl App {
    /// Takes in what the client tabs have done, and tells the lesson. Whether it was anything.
    pub(in crate::app) fn poll_clients(&mut self) -> bool {
        let Self { clients, lessons, .. } = self;
        clients.poll(&mut |event| match event {
            ClientEventKind::Echoed(EchoResult { verdict: EchoVerdict::Exact, .. }) => {
                lessons.happened(Happening::Echo);
            }
            ClientEventKind::HalfClosed => lessons.happened(Happening::HalfClosed),
            _ => {}
        })
    }

    /// How many clients of our own tabs are connected to the server and not accepted by it: what is known of its
    /// accept queue where the system doesn't tell. `None` while it doesn't listen.
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

    /// Whether there is a key with a certificate that fits it and is valid today.
    pub(super) fn has_certificate(&self) -> bool {
        let Check::Good(report) = self.certificate() else { return false };
        let now = Timestamp::now();
        matches!(self.pair(), Some(Ok(()))) && report.not_before <= now && now <= report.not_after
    }

    /// What is so now, for the lesson.
    pub(super) fn facts(&self) -> Facts {
        let counters = self.counters();
        Facts {
            running: self.running_settings(),
            stopped: self.state().is_stopped(),
            form: self.settings().clone(),
            connected: counters.clients_now,
            waiting: counters.waiting.map(u64::from).or_else(|| self.own_clients_waiting()),
            certificate: self.has_certificate(),
            paused: self.is_paused(),
            stepping: self.is_stepping(),
            halted: self.paused_threads().iter().map(|halt| halt.site.call).collect(),
        }
    }

    /// What the listening server was started with, as settings; the port is the one that it has.
    pub(super) fn running_settings(&self) -> Option<Settings> {
        let ServerState::Listening { addresses, .. } = self.state() else { return None };
        let config: &ServerConfig = self.server.as_ref()?.config();
        let tls = config.tls.as_ref();
        let form = self.settings();
        Some(Settings {
            host: config.host.clone(),
            port: addresses.first().map_or(config.port, std::net::SocketAddr::port),
            backlog: config.backlog,
            mode: config.mode,
            pool_size: config.pool_size,
            recv_size: u32::try_from(config.recv_size).unwrap_or(u32::MAX),
            max_clients: u32::try_from(config.max_clients).unwrap_or(u32::MAX),
            idle_timeout: config
                .idle_timeout
                .map_or(0, |time| u32::try_from(time.as_secs()).unwrap_or(u32::MAX)),
            tls: tls.is_some(),
            // Without TLS there is nothing that could differ from the form.
            tls_versions: tls.map_or(form.tls_versions, |tls| tls.versions),
            client_auth: tls.map_or(form.client_auth, |tls| tls.client_auth),
            alpn: tls.map_or_else(|| form.alpn.clone(), |tls| tls.alpn.clone()),
            session_tickets: tls.map_or(form.session_tickets, |tls| tls.tickets),
            ..form.clone()
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::app::clients::ClientCommand;
    use crate::app::{Command, Options};
    use crate::settings::Mode;

    fn until(app: &mut App, done: impl Fn(&App) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !done(app) {
            assert!(Instant::now() < deadline, "waited in vain");
            app.poll();
            std::thread::yield_now();
        }
    }

    /// Where the kernel tells, it is asked; this is what stands in for it elsewhere.
    #[test]
    fn clients_of_our_own_that_nobody_accepted_are_counted() {
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
