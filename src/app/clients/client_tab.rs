//! One client tab: its form, its connection, and its transcript, whose entries are bounded in number and in bytes.

use crate::app::background::WakeFn;
use crate::app::clients::client_command::{ClientTabId, SendKind};
use crate::app::clients::client_form::ClientForm;
use crate::client::client_event::{ClientEvent, ClientEventKind, ClientState, ClientStatus, CloseMode};
use crate::client::echo_check::EchoResult;
use crate::client::{Client, Payload, SendError};
use crate::ring_buffer::{Limits, RingBuffer};
use crate::server::event::ClientId;
use std::time::SystemTime;

/// One client tab.
pub struct ClientTab {
    id: ClientTabId,
    pub(super) form: ClientForm,
    pub(super) client: Option<Client>,
    connections: u32,
    /// The server's number of the newest connection, once this window's server has accepted it.
    pub(super) accepted_as: Option<ClientId>,
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
            accepted_as: None,
            transcript: TranscriptRecorder::default(),
            refused: None,
        }
    }

    /// Returns the tab's number.
    #[must_use]
    pub fn id(&self) -> ClientTabId {
        self.id
    }

    /// Returns the tab's form.
    #[must_use]
    pub fn form(&self) -> &ClientForm {
        &self.form
    }

    /// Returns a copy of the status of the tab's connection, or of its last one as it ended. It is exact at any time.
    #[must_use]
    pub fn status(&self) -> ClientStatus {
        self.client.as_ref().map_or_else(ClientStatus::default, Client::status)
    }

    /// Returns the state in [`ClientTab::status`].
    #[must_use]
    pub fn state(&self) -> ClientState {
        self.status().state
    }

    /// Returns the transcript of all connections of the tab.
    #[must_use]
    pub fn transcript(&self) -> &Transcript {
        &self.transcript.entries
    }

    /// Returns how many connections the tab has attempted. This is also the number of the newest connection.
    #[must_use]
    pub fn connections(&self) -> u32 {
        self.connections
    }

    /// Returns the newest connection's number on this window's server; `None` until that has accepted it, and for
    /// connections to other servers.
    #[must_use]
    pub fn accepted_as(&self) -> Option<ClientId> {
        self.accepted_as
    }

    /// Returns why the last send was refused, until a send is accepted or the form is changed.
    #[must_use]
    pub fn refused(&self) -> Option<&str> {
        self.refused.as_deref()
    }

    /// Returns whether the form can connect now: the tab is disconnected, and the form is valid.
    #[must_use]
    pub fn can_connect(&self) -> bool {
        self.state().is_disconnected() && self.form.blocked().is_none()
    }

    /// Returns why nothing can be sent now; `None` if sending is possible.
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

    pub(super) fn connect(&mut self, wake: WakeFn) {
        if !self.state().is_disconnected() {
            return;
        }
        let Some(config) = self.form.config() else { return };
        // This moves the last events of the previous connection to the transcript.
        self.poll(&mut |_| {});
        self.connections += 1;
        self.accepted_as = None;
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

    /// Returns whether the tab has a connection whose number on this window's server isn't known (yet).
    pub(super) fn awaits_number(&self) -> bool {
        let status = self.status();
        self.accepted_as.is_none() && (status.local.is_some() || status.state.is_connecting())
    }

    /// Moves new events to the transcript, after passing each to `observe`. Returns whether there were any.
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

/// The most entries that a transcript keeps.
pub const MAX_ENTRIES: usize = 10_000;
/// The most bytes of data that a transcript keeps.
pub const MAX_BYTES: usize = 4 << 20;

/// One entry of a transcript.
#[derive(Debug, Clone)]
pub struct TranscriptEntry {
    /// The entry's number. The entries of a tab are numbered from 1; a number is never reused, not even after the
    /// transcript was cleared.
    pub number: u64,
    /// The number of the connection that the entry belongs to: the tab's connections are numbered from 1.
    pub connection: u32,
    /// The wall-clock time.
    pub at: SystemTime,
    /// The event; never [`ClientEventKind::Echoed`].
    pub event: ClientEventKind,
    /// The echo of a send; `None` until its last byte has come back.
    pub echo: Option<EchoResult>,
}

impl TranscriptEntry {
    /// Returns the entry's data; empty if it has none.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        match &self.event {
            ClientEventKind::Sent { data, .. } | ClientEventKind::Received { data, .. } => data,
            _ => &[],
        }
    }
}

/// The transcript of a tab: its newest entries.
pub type Transcript = RingBuffer<TranscriptEntry>;

/// Turns the events of a tab's connections into its transcript.
#[derive(Debug)]
pub(super) struct TranscriptRecorder {
    pub(super) entries: Transcript,
    /// The number of the oldest entry whose echo may still come.
    next_echo: u64,
}

impl Default for TranscriptRecorder {
    fn default() -> Self {
        let limits = Limits { entries: MAX_ENTRIES, bytes: MAX_BYTES };
        Self { entries: RingBuffer::new(limits, 1), next_echo: 1 }
    }
}

impl TranscriptRecorder {
    pub(super) fn push(&mut self, connection: u32, event: ClientEvent) {
        let ClientEvent { at, kind: event } = event;
        if let ClientEventKind::Echoed(result) = event {
            return self.set_echo(connection, result);
        }
        let number = self.entries.next_number();
        let entry = TranscriptEntry { number, connection, at, event, echo: None };
        let bytes = entry.data().len();
        self.entries.push(entry, bytes);
    }

    /// Stores the echo of a send. Echoes arrive in the order of the sends, so each search continues where the last one
    /// ended.
    fn set_echo(&mut self, connection: u32, result: EchoResult) {
        self.next_echo = self.next_echo.max(self.entries.first_number());
        while let Some(index) = self.entries.position(self.next_echo)
            && let Some(entry) = self.entries.get_mut(index)
        {
            if let ClientEventKind::Sent { number, .. } = entry.event {
                if (entry.connection, number) > (connection, result.number) {
                    return;
                }
                if (entry.connection, number) == (connection, result.number) {
                    entry.echo = Some(result);
                }
            }
            self.next_echo += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::client_event::SendOrigin;
    use crate::client::echo_check::EchoVerdict;
    use std::time::Duration;

    #[test]
    fn echoes_are_stored_despite_unmeasured_and_cleared_sends() {
        let mut transcript = TranscriptRecorder::default();
        let event = |kind| ClientEvent { at: SystemTime::now(), kind };
        let sent = |number, measured| {
            let data = b"x".as_slice().into();
            event(ClientEventKind::Sent { number, data, offset: 0, from: SendOrigin::Typed, measured })
        };
        let echo_of = |number| {
            let (verdict, round_trip) = (EchoVerdict::Exact, Duration::from_millis(1));
            event(ClientEventKind::Echoed(EchoResult { number, verdict, round_trip }))
        };
        let echoes = |transcript: &TranscriptRecorder| {
            transcript.entries.iter().map(|entry| entry.echo.map(|echo| echo.number)).collect::<Vec<_>>()
        };
        for event in [sent(1, true), sent(2, false), sent(3, true), echo_of(1), echo_of(3)] {
            transcript.push(1, event);
        }
        assert_eq!(echoes(&transcript), [Some(1), None, Some(3)]);
        transcript.push(1, sent(4, true));
        transcript.entries.clear();
        for event in [sent(5, true), echo_of(4), echo_of(5)] {
            transcript.push(1, event);
        }
        transcript.push(2, sent(1, true));
        transcript.push(2, echo_of(1));
        assert_eq!(echoes(&transcript), [Some(5), Some(1)]);
    }
}
