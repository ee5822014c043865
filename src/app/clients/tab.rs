//! One client tab: what is typed in it, its connection, and what went to and fro.

use std::fmt;
use std::sync::Arc;

use crate::app::clients::field::SendKind;
use crate::app::clients::follow::ServerSide;
use crate::app::clients::form::ClientForm;
use crate::app::clients::transcript::Transcript;
use crate::client::config::Payload;
use crate::client::event::{Closed, EventKind, Failure, Leave};
use crate::client::status::{State, Status};
use crate::client::{Client, SendError};

/// Numbers the client tabs of a app from 1; a number is not used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientTabId(pub u64);

impl fmt::Display for ClientTabId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// One client tab.
pub struct ClientTab {
    id: ClientTabId,
    form: ClientForm,
    client: Option<Client>,
    /// How many connections there were.
    connections: u32,
    transcript: Transcript,
    /// How the last connection ended.
    ended: Option<Ended>,
    /// Why the last send was refused.
    refused: Option<String>,
}

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// It was open, and was closed.
    Closed(Closed),
    /// It failed.
    Failed(Failure),
}

impl ClientTab {
    pub(super) fn new(id: ClientTabId, form: ClientForm) -> Self {
        Self {
            id,
            form,
            client: None,
            connections: 0,
            transcript: Transcript::default(),
            ended: None,
            refused: None,
        }
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> ClientTabId {
        self.id
    }

    /// What stands in its fields.
    #[must_use]
    pub fn form(&self) -> &ClientForm {
        &self.form
    }

    /// How its connection stands, or how the last one stood at its end; copied at each call. Exact at any time.
    #[must_use]
    pub fn status(&self) -> Status {
        self.client.as_ref().map_or_else(Status::default, Client::status)
    }

    /// How far its connection has come: the short form of [`ClientTab::status`].
    #[must_use]
    pub fn state(&self) -> State {
        self.status().state
    }

    /// What went to and fro, over all connections of the tab.
    #[must_use]
    pub fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// How many connections were tried; the newest entries carry this number.
    #[must_use]
    pub fn connections(&self) -> u32 {
        self.connections
    }

    /// How the last connection ended; `None` while it lasts, and where there was none.
    #[must_use]
    pub fn ended(&self) -> Option<&Ended> {
        self.ended.as_ref()
    }

    /// Why the last send, or the last wish to send, came to nothing. It goes with the next one that is taken, or when
    /// something else is typed.
    #[must_use]
    pub fn refused(&self) -> Option<&str> {
        self.refused.as_deref()
    }

    /// Whether the form can connect now: nothing is connected, and no field is wrong.
    #[must_use]
    pub fn can_connect(&self) -> bool {
        self.state().is_at_rest() && self.form.blocked().is_none()
    }

    /// Why nothing can be sent now; `None`: it can.
    #[must_use]
    pub fn cannot_send(&self) -> Option<String> {
        let status = self.status();
        let error = match status.state {
            State::Open if status.half_close_pending => SendError::HalfClosed,
            State::Open => return self.form.payload().err(),
            State::HalfClosed => SendError::HalfClosed,
            _ => SendError::NotOpen,
        };
        Some(error.to_string())
    }

    pub(super) fn form_mut(&mut self) -> &mut ClientForm {
        self.refused = None;
        &mut self.form
    }

    /// The server may have changed. Whether that shows here.
    pub(super) fn follow(&mut self, server: &ServerSide) -> bool {
        self.form.follow(server.clone())
    }

    pub(super) fn connect(&mut self, wake: Arc<dyn Fn() + Send + Sync>) {
        if !self.state().is_at_rest() {
            return;
        }
        let Some(config) = self.form.config() else { return };
        // What the connection before it has still to tell.
        self.poll(&mut |_| {});
        self.connections += 1;
        self.ended = None;
        self.refused = None;
        self.client = Some(Client::connect(config, move || wake()));
    }

    pub(super) fn send(&mut self, payload: Result<Payload, String>) {
        let sent = payload.and_then(|payload| {
            let client = self.client.as_ref().ok_or(SendError::NotOpen).map_err(|error| error.to_string())?;
            client.send(payload).map_err(|error| error.to_string())
        });
        self.refused = sent.err();
    }

    pub(super) fn repeat(&mut self) {
        self.refused = self.try_repeat().err();
    }

    fn try_repeat(&self) -> Result<(), String> {
        let (times, every) = self.form.repetition()?;
        if self.form.send_kind() == SendKind::File {
            return Err("A file can't be repeated. Send text or hex, or send the file again.".to_owned());
        }
        let Payload::Bytes(data) = self.form.payload()? else { return Ok(()) };
        let client = self.client.as_ref().ok_or_else(|| SendError::NotOpen.to_string())?;
        client.repeat(data, times, every).map_err(|error| error.to_string())
    }

    pub(super) fn stop_sending(&self) {
        if let Some(client) = &self.client {
            client.stop_sending();
        }
    }

    pub(super) fn cancel(&self) {
        if let Some(client) = self.client.as_ref().filter(|client| client.status().state.is_connecting()) {
            client.cancel();
        }
    }

    pub(super) fn leave(&self, how: Leave) {
        if let Some(client) = &self.client {
            client.leave(how);
        }
    }

    pub(super) fn clear(&mut self) {
        self.transcript.clear();
    }

    /// Takes in what has happened. Whether anything did.
    /// Takes in what has happened, and shows it to `told` on its way. Whether anything did.
    pub(super) fn poll(&mut self, told: &mut impl FnMut(&EventKind)) -> bool {
        let Some(client) = &self.client else { return false };
        let events = client.drain();
        let any = !events.is_empty();
        for event in events {
            told(&event.kind);
            match &event.kind {
                EventKind::Closed(closed) => self.ended = Some(Ended::Closed(closed.clone())),
                EventKind::Failed(failure) => self.ended = Some(Ended::Failed(failure.clone())),
                _ => {}
            }
            self.transcript.push(self.connections, event);
        }
        any
    }

    pub(super) fn take_client(&mut self) -> Option<Client> {
        self.client.take()
    }

    pub(super) fn client(&self) -> Option<&Client> {
        self.client.as_ref()
    }
}
