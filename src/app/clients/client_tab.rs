//! One client tab: its form, its connection and its transcript.

use std::sync::Arc;

use crate::app::clients::client_command::{ClientTabId, SendKind};
use crate::app::clients::client_form::ClientForm;
use crate::app::clients::transcript::{Transcript, TranscriptRecorder};
use crate::client::client_event::{ClientEventKind, CloseMode};
use crate::client::client_status::{ClientState, ClientStatus};
use crate::client::connection_config::Payload;
use crate::client::{Client, SendError};

/// One client tab.
pub struct ClientTab {
    id: ClientTabId,
    pub(super) form: ClientForm,
    pub(super) client: Option<Client>,
    connections: u32,
    pub(super) transcript: TranscriptRecorder,
    pub(super) refused: Option<String>,
}

impl ClientTab {
    pub(super) fn new(id: ClientTabId, form: ClientForm) -> Self {
        Self {
            id,
            form,
            client: None,
            connections: 0,
            transcript: TranscriptRecorder::default(),
            refused: None,
        }
    }

    /// Returns its number.
    #[must_use]
    pub fn id(&self) -> ClientTabId {
        self.id
    }

    /// Returns its form.
    #[must_use]
    pub fn form(&self) -> &ClientForm {
        &self.form
    }

    /// Returns the status of its connection, or of the last one at its end; copied at each call. Exact at any time.
    #[must_use]
    pub fn status(&self) -> ClientStatus {
        self.client.as_ref().map_or_else(ClientStatus::default, Client::status)
    }

    /// Returns how far its connection has come: the short form of [`ClientTab::status`].
    #[must_use]
    pub fn state(&self) -> ClientState {
        self.status().state
    }

    /// Returns the transcript of all connections of the tab.
    #[must_use]
    pub fn transcript(&self) -> &Transcript {
        &self.transcript.entries
    }

    /// Returns how many connections were tried; the newest entries have this number.
    #[must_use]
    pub fn connections(&self) -> u32 {
        self.connections
    }

    /// Returns why the last send was refused, until one is accepted or the form is changed.
    #[must_use]
    pub fn refused(&self) -> Option<&str> {
        self.refused.as_deref()
    }

    /// Returns whether the form can connect now: nothing is connected, and no field is wrong.
    #[must_use]
    pub fn can_connect(&self) -> bool {
        self.state().is_disconnected() && self.form.blocked().is_none()
    }

    /// Returns why nothing can be sent now; `None`: it can.
    #[must_use]
    pub fn cannot_send(&self) -> Option<String> {
        let status = self.status();
        let error = match status.state {
            ClientState::Open if status.half_close_pending => SendError::HalfClosed,
            ClientState::Open => return self.form.payload().err(),
            ClientState::HalfClosed => SendError::HalfClosed,
            _ => SendError::NotOpen,
        };
        Some(error.to_string())
    }

    pub(super) fn connect(&mut self, wake: Arc<dyn Fn() + Send + Sync>) {
        if !self.state().is_disconnected() {
            return;
        }
        let Some(config) = self.form.config() else { return };
        // Takes the last events of the connection before it.
        self.poll(&mut |_| {});
        self.connections += 1;
        self.refused = None;
        self.client = Some(Client::connect(config, move || wake()));
    }

    pub(super) fn send(&self, payload: Payload) -> Result<(), String> {
        let client = self.client.as_ref().ok_or(SendError::NotOpen);
        client.and_then(|client| client.send(payload)).map_err(|error| error.to_string())
    }

    pub(super) fn repeat(&self) -> Result<(), String> {
        let (times, every) = self.form.repetition()?;
        if self.form.send_kind == SendKind::File {
            return Err("A file can't be repeated. Send text or hex, or send the file again.".to_owned());
        }
        let Payload::Bytes(data) = self.form.payload()? else { return Ok(()) };
        let client = self.client.as_ref().ok_or(SendError::NotOpen);
        client.and_then(|client| client.repeat(data, times, every)).map_err(|error| error.to_string())
    }

    pub(super) fn stop_sending(&self) {
        if let Some(client) = &self.client {
            client.stop_sending();
        }
    }

    pub(super) fn close(&self, mode: CloseMode) {
        if let Some(client) = &self.client {
            client.close(mode);
        }
    }

    /// Moves new events to the transcript, after showing each to `observe`. Returns whether there were any.
    pub(super) fn poll(&mut self, observe: &mut impl FnMut(&ClientEventKind)) -> bool {
        let Some(client) = &self.client else { return false };
        let events = client.drain();
        let any = !events.is_empty();
        for event in events {
            observe(&event.kind);
            self.transcript.push(self.connections, event);
        }
        any
    }
}
