//! [`App::poll`] takes in what happened on other threads: the events of the server and of the clients, and the results of
//! work in the background.

use std::time::Instant;

use crate::app::background::JobResult;
use crate::app::clients::ServerEndpoint;
use crate::app::notice::Notice;
use crate::app::state::App;
use crate::client::client_event::ClientEventKind;
use crate::client::echo_check::{EchoResult, EchoVerdict};
use crate::lessons::lesson_event::LessonEvent;
use crate::server::ServerState;
use crate::server::event::EventKind;
use crate::settings::Setting;
use crate::tls::file_error::FileRole;

impl App {
    /// Takes in what happened since the last call. Returns whether anything did.
    pub fn poll(&mut self) -> bool {
        let mut changed = self.poll_events();
        changed |= self.poll_background();
        changed |= self.adopt_chosen_port();
        changed |= self.poll_lesson();
        changed |= self.poll_clients();
        changed |= self.clients.follow(ServerEndpoint::new(&self.settings_for_clients()));
        if !matches!(self.state(), ServerState::Starting | ServerState::Listening { .. }) {
            self.run_notice = None;
        }
        let counters = self.counters();
        self.rate.update(Instant::now(), counters.bytes_received + counters.bytes_sent);
        changed
    }

    /// Moves all events from the server's channel to the log, and advances the lesson. Returns whether anything changed.
    ///
    /// The lesson's facts are collected before the events are read, so that every event up to then is known when the step
    /// is judged; and a step is judged only by facts that were collected for it. An event from before a step can
    /// therefore never complete it.
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

    fn drain_events(&mut self) -> bool {
        let Self { event_receiver, log, run_notice, unbound_addresses, lessons, .. } = self;
        let taken = event_receiver.drain(|event| {
            if let EventKind::NotListening(error) = &event.kind {
                // In the log alone it is easily overlooked, and then a client may reach another program's server.
                *run_notice = Some(Notice::bad(format!("Listening, but not on every address. {error}")));
                *unbound_addresses += 1;
            }
            lessons.on_event(LessonEvent::Server(&event));
            log.append(event);
        });
        taken > 0
    }

    /// Takes in what the client tabs did, and reports it to the lesson. Returns whether anything happened.
    pub(super) fn poll_clients(&mut self) -> bool {
        let Self { clients, lessons, .. } = self;
        clients.poll(&mut |event| match event {
            ClientEventKind::Echoed(EchoResult { verdict: EchoVerdict::Exact, .. }) => {
                lessons.on_event(LessonEvent::Echo);
            }
            ClientEventKind::HalfClosed => lessons.on_event(LessonEvent::HalfClosed),
            _ => {}
        })
    }

    fn poll_background(&mut self) -> bool {
        let mut changed = false;
        while let Some(result) = self.background.next_result() {
            changed = true;
            match result {
                JobResult::Notice(notice) => self.tell(notice),
                JobResult::Files(number, files) if number == self.file_checks => self.files = *files,
                JobResult::Files(..) => {}
                JobResult::DroppedFile(path, Ok(role)) => {
                    let certificate = role == FileRole::Certificate;
                    let setting = if certificate { Setting::Certificate } else { Setting::Key };
                    self.set(setting, path.display().to_string());
                    // The form shows the files only while TLS is on.
                    self.set(Setting::Tls, true.to_string());
                }
                JobResult::DroppedFile(_, Err(error)) => self.notice = Some(Notice::bad(error.to_string())),
                JobResult::LanAddress { ipv6, address } => self.set_lan_address(ipv6, address),
                JobResult::Lesson(read) => self.lesson_was_read(*read),
            }
        }
        changed
    }

    /// Puts the port that the OS chose into the form.
    fn adopt_chosen_port(&mut self) -> bool {
        let adopt = self.adopt_port && matches!(self.state(), ServerState::Listening { .. });
        if adopt {
            self.adopt_port = false;
            self.set(Setting::Port, self.port().to_string());
        }
        adopt
    }
}
