//! The client tabs of a app: up to sixteen clients, each with a form, a connection and a transcript of its own.
//!
//! A tab follows the server that runs, or the one that the form describes, field by field until a field is changed. What
//! is typed here is not remembered between runs: most of it follows settings that are, and the rest (what was sent, to
//! whom, with which key) is nobody's business tomorrow.

mod command;
pub mod crowd;
mod field;
mod follow;
mod form;
mod tab;
mod transcript;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

pub use command::ClientCommand;
pub use crowd::{CrowdCommand, CrowdModel, CrowdStatus};
pub use field::{ClientField, Followed, MOST_TYPED, SendKind, TrustChoice};
pub use form::ClientForm;
pub use tab::{ClientTab, ClientTabId, Ended};
pub use transcript::{Direction, Entry, EntryKind, MOST_BYTES, MOST_ENTRIES, Transcript};

pub(super) use follow::ServerSide;

use crate::client::Client;
use crate::client::config::Payload;
use crate::client::event::{EventKind, Leave};

/// The most client tabs at once.
pub const MOST_CLIENTS: usize = 16;

/// The client tabs of a app, in the order in which they were made.
pub struct Clients {
    tabs: Vec<ClientTab>,
    last_id: u64,
    server: ServerSide,
    crowd: CrowdModel,
    /// Connections of closed tabs that are still saying goodbye.
    leaving: Vec<Client>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Clients {
    /// One tab that follows this server.
    pub(super) fn new(server: ServerSide, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        let crowd = CrowdModel::new();
        let mut clients = Self { tabs: Vec::new(), last_id: 0, server, crowd, leaving: Vec::new(), wake };
        clients.add();
        clients
    }

    /// The tabs in order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &ClientTab> {
        self.tabs.iter()
    }

    /// The tab of this number.
    #[must_use]
    pub fn get(&self, id: ClientTabId) -> Option<&ClientTab> {
        self.tabs.iter().find(|tab| tab.id() == id)
    }

    /// How many tabs there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tabs.len()
    }

    /// Whether every tab was closed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tabs.is_empty()
    }

    /// Whether there is room for another tab.
    #[must_use]
    pub fn can_add(&self) -> bool {
        self.tabs.len() < MOST_CLIENTS
    }

    /// The number of the tab that was made last, and may be closed already.
    #[must_use]
    pub fn newest(&self) -> ClientTabId {
        ClientTabId(self.last_id)
    }

    /// Does what the user asks for, or starts doing it.
    pub(super) fn apply(&mut self, command: ClientCommand) {
        let Some(id) = command.tab() else { return self.add() };
        let wake = Arc::clone(&self.wake);
        let Some(index) = self.tabs.iter().position(|tab| tab.id() == id) else { return };
        let tab = &mut self.tabs[index];
        match command {
            ClientCommand::Add => {}
            ClientCommand::Remove(_) => {
                let mut tab = self.tabs.remove(index);
                self.leaving.extend(tab.take_client().inspect(|client| client.leave(Leave::Close)));
            }
            ClientCommand::Edit(_, field, text) => tab.form_mut().edit(field, text),
            ClientCommand::SetTls(_, on) => tab.form_mut().set_tls(on),
            ClientCommand::SetTrust(_, trust) => tab.form_mut().set_trust(trust),
            ClientCommand::SetVersions(_, versions) => tab.form_mut().set_versions(versions),
            ClientCommand::FollowServer(_, part) => tab.form_mut().follow_again(part),
            ClientCommand::SetSendKind(_, kind) => tab.form_mut().set_send_kind(kind),
            ClientCommand::SetEscapes(_, on) => tab.form_mut().set_escapes(on),
            ClientCommand::SetLineEnding(_, ending) => tab.form_mut().set_line_ending(ending),
            ClientCommand::Connect(_) => tab.connect(wake),
            ClientCommand::Cancel(_) => tab.cancel(),
            ClientCommand::Send { .. } => {
                let payload = tab.form().payload();
                tab.send(payload);
            }
            ClientCommand::SendFile { path, .. } => tab.send(Ok(Payload::File(path))),
            ClientCommand::Repeat { .. } => tab.repeat(),
            ClientCommand::StopSending(_) => tab.stop_sending(),
            ClientCommand::Leave { how, .. } => tab.leave(how),
            ClientCommand::ClearTranscript(_) => tab.clear(),
        }
    }

    /// Takes in what has happened, and shows it to `told` on its way. Whether anything did.
    pub(super) fn poll(&mut self, told: &mut impl FnMut(&EventKind)) -> bool {
        self.leaving.retain(|client| !client.is_over());
        let crowd = self.crowd.poll();
        // All of them, and not only up to the first that has news.
        crowd | (self.tabs.iter_mut().filter_map(|tab| tab.poll(told).then_some(())).count() > 0)
    }

    /// The server's settings may have changed. Whether that shows in a tab.
    pub(super) fn follow(&mut self, server: ServerSide) -> bool {
        if server == self.server {
            return false;
        }
        self.server = server;
        let server = &self.server;
        self.tabs.iter_mut().filter_map(|tab| tab.follow(server).then_some(())).count() > 0
    }

    /// The certificate file that a tab trusts as *this server's*.
    #[must_use]
    pub fn server_certificate(&self) -> &Path {
        &self.server.certificate
    }

    /// The crowd beside the tabs.
    #[must_use]
    pub fn crowd(&self) -> &CrowdModel {
        &self.crowd
    }

    /// Why the first client, and so the crowd, can't connect as it stands.
    #[must_use]
    pub fn crowd_blocked(&self) -> Option<String> {
        self.first_form().blocked().map(|(_, words)| words)
    }

    /// Does what the user asks for about the crowd. It connects as the first client does.
    pub(super) fn apply_crowd(&mut self, command: CrowdCommand) {
        let form = self.first_form();
        self.crowd.apply(command, &form, &self.wake);
    }

    /// The first client's form, or a new one's.
    fn first_form(&self) -> ClientForm {
        let first = self.tabs.first().map(|tab| tab.form().clone());
        first.unwrap_or_else(|| ClientForm::new(self.server.clone()))
    }

    /// Ends every connection at once, without waiting.
    pub(super) fn end(&self) {
        self.all().for_each(Client::end);
        self.crowd.end();
    }

    /// Waits for all threads, but no longer than until then.
    pub(super) fn wait_over(&self, deadline: Instant) {
        for client in self.all() {
            // What doesn't end in time ends with the process.
            let _ = client.wait_over(deadline);
        }
        self.crowd.wait_over(deadline);
    }

    fn all(&self) -> impl Iterator<Item = &Client> {
        self.tabs.iter().filter_map(ClientTab::client).chain(&self.leaving)
    }

    fn add(&mut self) {
        if !self.can_add() {
            return;
        }
        self.last_id += 1;
        let form = self.tabs.last().map(|tab| tab.form().for_another());
        let form = form.unwrap_or_else(|| ClientForm::new(self.server.clone()));
        self.tabs.push(ClientTab::new(ClientTabId(self.last_id), form));
    }
}
