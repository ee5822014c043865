//! The client tabs of the app: up to sixteen clients, each with its own form, connection and transcript, and the load
//! clients beside them.
//!
//! The fields of a tab that are about the server follow the running server, or the window's form if none is running,
//! until they are edited. Nothing that is typed here is saved: most fields follow settings that are, and the rest (what
//! was sent, to which server, with which key) is private.

mod client_command;
mod client_form;
mod client_tab;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

pub use client_command::{
    ClientCommand, ClientField, ClientTabId, Followed, SendKind, TabCommand, TrustChoice,
};
pub use client_form::{ClientForm, MAX_INPUT};
pub use client_tab::{ClientTab, MAX_BYTES, MAX_ENTRIES, Transcript, TranscriptEntry};

pub(super) use client_form::{ClientTls, ServerEndpoint};

use crate::app::background::WakeFn;
use crate::client::client_event::{ClientEventKind, ClientStatus, CloseMode};
use crate::client::{Client, ConnectionConfig, LoadClients, LoadStatus, MAX_LOAD_CLIENTS, Payload};
use crate::server::event::ClientInfo;
use crate::settings::parse;
use crate::text::with_thousands;

/// The most accepted clients that are kept for tabs that don't know their own address yet.
const MAX_ACCEPTED: usize = 1_000;

/// The maximum number of client tabs.
pub const MAX_CLIENT_TABS: usize = 16;

/// The client tabs of the app, in the order in which they were added, and the load clients.
pub struct Clients {
    tabs: Vec<ClientTab>,
    last_id: u64,
    server: ServerEndpoint,
    load: LoadForm,
    /// Clients that this window's server has accepted while a tab had a connection without a number, the newest first.
    accepted: VecDeque<ClientInfo>,
    /// Connections of removed tabs that are still closing.
    closing: Vec<Client>,
    wake: WakeFn,
}

impl Clients {
    /// Creates the clients: one tab, which follows this server.
    pub(super) fn new(server: ServerEndpoint, wake: WakeFn) -> Self {
        let (tabs, accepted, closing) = (Vec::new(), VecDeque::new(), Vec::new());
        let mut clients = Self { tabs, last_id: 0, server, load: LoadForm::new(), accepted, closing, wake };
        clients.add();
        clients
    }

    /// Iterates over the tabs in order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &ClientTab> {
        self.tabs.iter()
    }

    /// Returns the tab with this number.
    #[must_use]
    pub fn get(&self, id: ClientTabId) -> Option<&ClientTab> {
        self.tabs.iter().find(|tab| tab.id() == id)
    }

    /// Returns the number of tabs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tabs.len()
    }

    /// Returns whether every tab was removed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tabs.is_empty()
    }

    /// Returns whether there is room for another tab.
    #[must_use]
    pub fn can_add(&self) -> bool {
        self.tabs.len() < MAX_CLIENT_TABS
    }

    /// Returns the number of the tab that was added last, which may have been removed.
    #[must_use]
    pub fn newest(&self) -> ClientTabId {
        ClientTabId(self.last_id)
    }

    /// Carries out a command, or starts to.
    pub(super) fn apply(&mut self, command: ClientCommand) {
        match command {
            ClientCommand::Add => self.add(),
            ClientCommand::Tab(id, command) => self.apply_to_tab(id, command),
            ClientCommand::EditLoadCount(text) => self.load.count = text,
            ClientCommand::ConnectLoad => {
                if let Some(config) = self.first_form().config() {
                    self.load.connect(config, &self.wake);
                }
            }
            ClientCommand::CloseLoad => self.load.clients.iter().for_each(LoadClients::close),
        }
    }

    fn apply_to_tab(&mut self, id: ClientTabId, command: TabCommand) {
        let Some(index) = self.tabs.iter().position(|tab| tab.id() == id) else { return };
        let tab = &mut self.tabs[index];
        match command {
            TabCommand::Remove => {
                tab.close(CloseMode::Close);
                self.closing.extend(self.tabs.remove(index).client);
            }
            TabCommand::Connect => tab.connect(Arc::clone(&self.wake)),
            TabCommand::Cancel if tab.state().is_connecting() => tab.close(CloseMode::Abort),
            TabCommand::Cancel => {}
            TabCommand::Close(mode) => tab.close(mode),
            TabCommand::Send => {
                tab.refused = tab.form().payload().and_then(|payload| tab.send(payload)).err();
            }
            TabCommand::SendFile(path) => tab.refused = tab.send(Payload::File(path)).err(),
            TabCommand::Repeat => tab.refused = tab.repeat().err(),
            TabCommand::StopSending => tab.stop_sending(),
            TabCommand::ClearTranscript => tab.transcript.entries.clear(),
            command => {
                tab.refused = None;
                tab.form.apply(command);
            }
        }
    }

    /// Moves new events to the transcripts, after passing each to `observe`. Returns whether anything has changed.
    pub(super) fn poll(&mut self, observe: &mut impl FnMut(&ClientEventKind)) -> bool {
        self.closing.retain(|client| !client.is_over());
        let mut changed = self.load.poll();
        for tab in &mut self.tabs {
            changed |= tab.poll(observe);
        }
        changed
    }

    /// Records that this window's server has accepted a client, which may be one of the tabs.
    pub(super) fn on_accepted(&mut self, client: ClientInfo) {
        if self.tabs.iter().any(ClientTab::awaits_number) {
            self.accepted.truncate(MAX_ACCEPTED - 1);
            self.accepted.push_front(client);
        }
    }

    /// Gives each tab whose connection was accepted the server's number for it. A client may learn its own address
    /// after the server has accepted it, so clients that fit no tab yet are kept. `fits` compares the addresses that a
    /// tab and the server report.
    pub(super) fn number_tabs(&mut self, fits: impl Fn(&ClientStatus, SocketAddr) -> bool) {
        if self.accepted.is_empty() {
            return;
        }
        for tab in self.tabs.iter_mut().filter(|tab| tab.awaits_number()) {
            let status = tab.status();
            let found = self.accepted.iter().find(|client| fits(&status, client.peer));
            tab.accepted_as = found.map(|client| client.id);
        }
        if !self.tabs.iter().any(ClientTab::awaits_number) {
            self.accepted.clear();
        }
    }

    /// Follows the settings of the server. Returns whether they have changed.
    pub(super) fn follow(&mut self, server: ServerEndpoint) -> bool {
        let changed = server != self.server;
        if changed {
            self.tabs.iter_mut().for_each(|tab| tab.form.server = server.clone());
            self.server = server;
        }
        changed
    }

    /// Puts a client certificate and its key into the tabs that have none.
    pub(super) fn offer_identity(&mut self, certificate: &Path, key: &Path) {
        let files = [(ClientField::Certificate, certificate), (ClientField::Key, key)];
        for tab in &mut self.tabs {
            if files.iter().all(|(field, _)| tab.form.text(*field).is_empty()) {
                for (field, path) in files {
                    let text = path.display().to_string();
                    tab.form.apply(TabCommand::Edit(field, text));
                }
            }
        }
    }

    /// Returns the TLS part of each tab's form.
    pub(super) fn tls_parts(&self) -> BTreeMap<ClientTabId, ClientTls> {
        self.tabs.iter().map(|tab| (tab.id(), tab.form.tls_part())).collect()
    }

    /// Restores the TLS parts of these tabs. Every other tab uses TLS as the server does.
    pub(super) fn restore_tls_parts(&mut self, mut parts: BTreeMap<ClientTabId, ClientTls>) {
        for tab in &mut self.tabs {
            match parts.remove(&tab.id()) {
                Some(part) => tab.form.restore_tls_part(part),
                None => tab.form.apply(TabCommand::FollowServer(Followed::Tls)),
            }
        }
    }

    /// Returns the certificate file of this window's server.
    #[must_use]
    pub fn server_certificate(&self) -> &Path {
        &self.server.certificate
    }

    /// Returns the load clients.
    #[must_use]
    pub fn load(&self) -> &LoadForm {
        &self.load
    }

    /// Returns why the load clients can't connect, if the form of the first tab is invalid: they use its settings.
    #[must_use]
    pub fn load_blocked(&self) -> Option<String> {
        self.first_form().blocked().map(|(_, reason)| reason)
    }

    /// Returns the first tab's form, or a new one if there is no tab.
    fn first_form(&self) -> ClientForm {
        self.tabs.first().map_or_else(|| ClientForm::new(self.server.clone()), |tab| tab.form().clone())
    }

    /// Closes every connection at once, without waiting.
    pub(super) fn close_now(&self) {
        self.connections().for_each(Client::close_now);
        self.load.clients.iter().for_each(LoadClients::close_now);
    }

    /// Waits for the end of all connections until `deadline`.
    pub(super) fn wait_until_over(&self, deadline: Instant) {
        // A thread that doesn't end in time ends with the process.
        let _ = self.connections().all(|client| client.wait_until_over(deadline));
        let _ = self.load.clients.iter().all(|clients| clients.wait_until_over(deadline));
    }

    fn connections(&self) -> impl Iterator<Item = &Client> {
        self.tabs.iter().filter_map(|tab| tab.client.as_ref()).chain(&self.closing)
    }

    /// Adds a tab that starts with a copy of the last tab's form.
    fn add(&mut self) {
        if self.can_add() {
            self.last_id += 1;
            let form = self.tabs.last().map(|tab| tab.form().clone());
            let form = form.unwrap_or_else(|| ClientForm::new(self.server.clone()));
            self.tabs.push(ClientTab::new(ClientTabId(self.last_id), form));
        }
    }
}

/// The load clients of the app, and the field for their number.
pub struct LoadForm {
    /// The number to connect, as typed.
    pub count: String,
    pub(super) clients: Option<LoadClients>,
    /// The status at the last poll.
    status: Option<LoadStatus>,
}

impl LoadForm {
    pub(super) fn new() -> Self {
        Self { count: "100".to_owned(), clients: None, status: None }
    }

    /// Returns why the number is invalid.
    #[must_use]
    pub fn error(&self) -> Option<String> {
        self.number().err()
    }

    /// Returns the status of the load clients, also after their end; `None` before the first ones were connected.
    #[must_use]
    pub fn status(&self) -> Option<&LoadStatus> {
        self.status.as_ref()
    }

    /// Returns whether any load client's connection isn't over yet.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.status.as_ref().is_some_and(|status| !status.is_over)
    }

    fn number(&self) -> Result<u32, String> {
        let range = 1..=MAX_LOAD_CLIENTS.into();
        parse::number("Clients", range, &self.count).map_err(|error| error.to_string())
    }

    pub(super) fn connect(&mut self, config: ConnectionConfig, wake: &WakeFn) {
        let Some(count) = self.number().ok().and_then(|count| u16::try_from(count).ok()) else { return };
        if !self.is_running() {
            let wake = Arc::clone(wake);
            self.clients = Some(LoadClients::connect(config, count, move || wake()));
            self.poll();
        }
    }

    /// Updates the status, and returns whether it has changed.
    pub(super) fn poll(&mut self) -> bool {
        let Some(clients) = &self.clients else { return false };
        let summary = |it: &LoadStatus| {
            (it.connecting, it.waiting, it.echoed, it.closed, it.failed, it.is_closing, it.is_over)
        };
        let before = self.status.replace(clients.status());
        before.as_ref().map(summary) != self.status.as_ref().map(summary)
    }
}

/// Explains in a sentence or two why load clients have no echo yet. Returns `None` if none of them is waiting.
#[must_use]
pub fn explain_waiting(status: &LoadStatus) -> Option<String> {
    if status.is_closing || status.is_over {
        return None;
    }
    let count = |number: u16, verbs: [&str; 2]| {
        format!("{} {}", with_thousands(number), verbs[usize::from(number != 1)])
    };
    let waiting = (status.waiting > 0).then(|| {
        format!(
            "{} connected, with no answer yet: most likely the server hasn't served them. If its accept queue overflowed, \
             the OS tries again.",
            count(status.waiting, ["is", "are"])
        )
    });
    let connecting = (status.connecting > 0).then(|| {
        format!(
            "{} no answer to the SYN yet: most likely the accept queue is full. The OS tries again.",
            count(status.connecting, ["has", "have"])
        )
    });
    let parts: Vec<String> = [waiting, connecting].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}
