//! The transcript of a client tab: what was sent and received, and what else happened, bounded in number and in bytes.

use std::time::SystemTime;

use crate::client::client_event::{ClientEvent, ClientEventKind};
use crate::client::echo_check::EchoResult;
use crate::ring_buffer::{Limits, RingBuffer};

/// The most entries that a transcript keeps.
pub const MAX_ENTRIES: usize = 10_000;
/// The most bytes of data that it keeps.
pub const MAX_BYTES: usize = 4 << 20;

/// One entry of a transcript.
#[derive(Debug, Clone)]
pub struct TranscriptEntry {
    /// Numbers the entries of one tab from 1; never reused, not even after the transcript was cleared.
    pub number: u64,
    /// The connection of the tab that it belongs to, from 1.
    pub connection: u32,
    /// The wall clock.
    pub at: SystemTime,
    /// The event; never [`ClientEventKind::Echoed`].
    pub event: ClientEventKind,
    /// How a send came back; `None` until its last byte has.
    pub echo: Option<EchoResult>,
}

impl TranscriptEntry {
    /// Returns its data; empty if it has none.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        match &self.event {
            ClientEventKind::Sent { data, .. } | ClientEventKind::Received(data) => data,
            _ => &[],
        }
    }
}

/// The newest entries of a tab.
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
        let ClientEvent { at, kind: event, .. } = event;
        if let ClientEventKind::Echoed(result) = event {
            return self.set_echo(connection, result);
        }
        let number = self.entries.next_number();
        let entry = TranscriptEntry { number, connection, at, event, echo: None };
        let bytes = entry.data().len();
        self.entries.push(entry, bytes);
    }

    /// Stores the echo of a send. Echoes come in the order of the sends, so the search goes on where the last one ended.
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
    use std::time::{Duration, Instant};

    use super::*;
    use crate::client::client_event::SendOrigin;
    use crate::client::echo_check::EchoVerdict;

    #[test]
    fn echoes_find_their_sends_past_unmeasured_and_cleared_ones() {
        let mut transcript = TranscriptRecorder::default();
        let event = |kind| ClientEvent { at: SystemTime::now(), when: Instant::now(), kind };
        let sent = |number, measured| {
            let data = b"x".as_slice().into();
            event(ClientEventKind::Sent { number, data, from: SendOrigin::Typed, measured })
        };
        let echoed = |number| {
            let (verdict, round_trip) = (EchoVerdict::Exact, Duration::from_millis(1));
            event(ClientEventKind::Echoed(EchoResult { number, verdict, round_trip }))
        };
        let echoes = |transcript: &TranscriptRecorder| {
            transcript.entries.iter().map(|entry| entry.echo.map(|echo| echo.number)).collect::<Vec<_>>()
        };
        for event in [sent(1, true), sent(2, false), sent(3, true), echoed(1), echoed(3)] {
            transcript.push(1, event);
        }
        assert_eq!(echoes(&transcript), [Some(1), None, Some(3)]);
        transcript.push(1, sent(4, true));
        transcript.entries.clear();
        for event in [sent(5, true), echoed(4), echoed(5)] {
            transcript.push(1, event);
        }
        transcript.push(2, sent(1, true));
        transcript.push(2, echoed(1));
        assert_eq!(echoes(&transcript), [Some(5), Some(1)]);
    }
}
