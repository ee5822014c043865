//! [`App::poll`] applies what happened on other threads: the events of the server and of the clients, and the results
//! of work in the background.

use std::time::{Duration, Instant};

use crate::app::clients::ServerEndpoint;
use crate::app::notices::{Notice, NoticeTopic};
use crate::app::state::App;
use crate::client::client_event::{ClientEventKind, CloseMode, ConnectionOutcome};
use crate::client::echo_check::{EchoResult, EchoVerdict};
use crate::lessons::lesson_event::LessonEvent;
use crate::server::ServerState;
use crate::server::event::EventKind;
use crate::settings::Setting;

impl App {
    /// Applies everything that happened since the last call. Returns whether anything did.
    pub fn poll(&mut self) -> bool {
        let mut changed = self.poll_events();
        changed |= self.poll_background();
        changed |= self.adopt_chosen_port();
        changed |= self.poll_restart();
        changed |= self.poll_first_connection();
        changed |= self.poll_clients();
        self.number_clients();
        changed |= self.clients.follow(ServerEndpoint::new(&self.settings_for_clients()));
        if !matches!(self.state(), ServerState::Starting | ServerState::Listening { .. }) {
            self.notices.remove(NoticeTopic::Server);
        }
        self.withdraw_undo();
        self.record_progress();
        let counters = self.counters();
        self.rate.update(Instant::now(), counters.bytes_received + counters.bytes_sent);
        changed
    }

    /// Moves all events from the server's channel to the log, and advances the lesson. Returns whether anything
    /// changed.
    ///
    /// The lesson's facts are collected before the events are read, so that all events up to that moment are counted
    /// when the step is updated. A step is updated only with facts that were collected for it. Therefore nothing that
    /// happened before a step can complete it.
    pub(super) fn poll_events(&mut self) -> bool {
        let mut changed = false;
        loop {
            let before = self.lessons.generation().map(|generation| (generation, self.facts()));
            changed |= self.drain_events();
            let Some((generation, facts)) = before else { return changed };
            if self.lessons.update(generation, &facts) == Some(generation) {
                return changed;
            }
            changed = true;
        }
    }

    /// Adds processor time that was spent on the log since the last poll, so that it limits how many events are logged.
    pub(crate) fn add_log_time(&mut self, time: Duration) {
        self.event_receiver.add_time(time);
    }

    fn drain_events(&mut self) -> bool {
        let Self { event_receiver, log, notices, unbound_addresses, lessons, clients, .. } = self;
        let taken = event_receiver.drain(|event| {
            if let EventKind::NotListening(error) = &event.kind {
                // The log entry alone is easily overlooked, and then a client may reach another program's server.
                let text = format!("Listening, but not on every address. {error}");
                notices.add(Notice::bad(NoticeTopic::Server, text));
                *unbound_addresses += 1;
            }
            if let (EventKind::Opened, Some(client)) = (&event.kind, event.client) {
                clients.on_accepted(client);
            }
            lessons.on_event(LessonEvent::Server(&event));
            log.append(event);
        });
        taken > 0
    }

    /// Applies the events of the client tabs, and reports them to the lesson. Returns whether anything happened.
    pub(super) fn poll_clients(&mut self) -> bool {
        let Self { clients, lessons, .. } = self;
        clients.poll(&mut |event| match event {
            ClientEventKind::Echoed(EchoResult { verdict: EchoVerdict::Exact, .. }) => {
                lessons.on_event(LessonEvent::Echo);
            }
            ClientEventKind::EndSent { mode: CloseMode::HalfClose, .. } => {
                lessons.on_event(LessonEvent::HalfClosed);
            }
            ClientEventKind::Sent { data, .. } => lessons.on_event(LessonEvent::Sent(data)),
            ClientEventKind::Ended(ConnectionOutcome::Failed(error)) if error.is_refusal() => {
                lessons.on_event(LessonEvent::Refused);
            }
            _ => {}
        })
    }

    fn poll_background(&mut self) -> bool {
        let mut changed = false;
        while let Some(update) = self.background.next_update() {
            update(self);
            changed = true;
        }
        changed
    }

    /// Puts the port that the OS chose into the form, if that was requested. Returns whether it did.
    fn adopt_chosen_port(&mut self) -> bool {
        let adopt = self.adopt_port && matches!(self.state(), ServerState::Listening { .. });
        if adopt {
            self.adopt_port = false;
            self.set(Setting::Port, self.port().to_string());
        }
        adopt
    }
}
