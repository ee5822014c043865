//! The load clients of the app: how many, their connections, and how far they have come.

use std::sync::Arc;

use crate::app::clients::client_form::parse_number;
use crate::client::connection_config::ConnectionConfig;
use crate::client::load_clients::{LoadClients, LoadStatus, MAX_LOAD_CLIENTS};
use crate::text::with_thousands;

/// The load clients of the app.
pub struct LoadForm {
    /// The number to connect, as typed.
    pub count: String,
    pub(super) clients: Option<LoadClients>,
    /// As of the last poll.
    status: Option<LoadStatus>,
}

impl LoadForm {
    pub(super) fn new() -> Self {
        Self { count: "100".to_owned(), clients: None, status: None }
    }

    /// Returns what is wrong with the number.
    #[must_use]
    pub fn error(&self) -> Option<String> {
        self.number().err()
    }

    /// Returns how far the clients have come, or how the last ones ended; `None`: there were none.
    #[must_use]
    pub fn status(&self) -> Option<&LoadStatus> {
        self.status.as_ref()
    }

    /// Returns whether there are load clients whose connections are not all over.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.status.as_ref().is_some_and(|status| !status.is_over)
    }

    fn number(&self) -> Result<u32, String> {
        parse_number("Clients", &self.count, 1, MAX_LOAD_CLIENTS.into())
    }

    pub(super) fn connect(&mut self, config: ConnectionConfig, wake: &Arc<dyn Fn() + Send + Sync>) {
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

/// Explains in a sentence or two why clients have no echo yet; `None` if none of them waits.
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
            "{} connected and without an answer: the server hasn't served them yet, or its accept queue was too \
             short for so many at once, and the system tries again.",
            count(status.waiting, ["is", "are"])
        )
    });
    let connecting = (status.connecting > 0).then(|| {
        format!(
            "{} no answer even to the SYN: the accept queue may be full, and the system tries again.",
            count(status.connecting, ["has", "have"])
        )
    });
    let parts: Vec<String> = [waiting, connecting].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}
