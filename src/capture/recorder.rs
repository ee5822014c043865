//! Records one connection, from the thread that serves it: the bytes on its socket, and the TLS records and plaintext
//! in them.

use std::collections::VecDeque;
use std::sync::Arc;

use rustls::{Error, IoState};

use crate::capture::captures::{Capture, CaptureEvent, CaptureEventKind, Side};
use crate::capture::pcapng::FileConnection;
use crate::capture::record_inference::{ClientRecords, SendContext, ServerRecords, TlsSnapshot};
use crate::capture::recording::Recording;
use crate::capture::tls_record::{RawRecord, RecordParser, RecordPayload};

/// Records one connection. A recorder without a capture and a file does nothing.
pub(crate) struct Recorder {
    capture: Option<Arc<Capture>>,
    file: Option<Arc<FileConnection>>,
    /// The last plaintext received from the client.
    received: Option<CaptureEvent>,
    /// The state that only a TLS connection needs.
    tls: Option<Box<TlsRecorder>>,
}

#[derive(Default)]
struct TlsRecorder {
    incoming: RecordParser,
    outgoing: RecordParser,
    /// Received records that rustls hasn't processed yet.
    waiting: VecDeque<RawRecord>,
    client: ClientRecords,
    server: ServerRecords,
    /// The event of the client's last processed record, by its index.
    last_record: Option<u32>,
    /// The event of the plaintext that is being sent, by its index.
    sending: Option<u32>,
    /// Whether rustls has stopped processing records.
    stopped: bool,
}

impl Recorder {
    /// Creates a recorder. `requests_certificate` is whether the server asks for a client certificate.
    pub(crate) fn new(recording: &Recording, tls: bool, requests_certificate: bool) -> Self {
        let Recording { capture, file } = recording.clone();
        let tls = (tls && capture.is_some()).then(|| {
            Box::new(TlsRecorder {
                client: ClientRecords::new(requests_certificate),
                server: ServerRecords::new(requests_certificate),
                ..TlsRecorder::default()
            })
        });
        Self { capture, file, received: None, tls }
    }

    /// Records bytes that the socket received.
    pub(crate) fn on_received(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if let Some(file) = &self.file {
            file.data(Side::Client, bytes);
        }
        let Some(capture) = &self.capture else { return };
        let Some(tls) = &mut self.tls else {
            self.received = capture.record(Side::Client, CaptureEventKind::Plaintext, bytes, None);
            return;
        };
        let waiting = &mut tls.waiting;
        tls.incoming.feed(bytes, |len| capture.kept_len(len), |raw| waiting.push_back(raw));
        if tls.stopped { tls.record_unread(capture) } else { tls.record_other_bytes(capture) }
    }

    /// Records bytes that the socket sent.
    pub(crate) fn on_sent(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if let Some(file) = &self.file {
            file.data(Side::Server, bytes);
        }
        let Some(capture) = &self.capture else { return };
        let Some(tls) = &mut self.tls else {
            self.record_sent_plaintext(bytes);
            return;
        };
        let (server, sending) = (&mut tls.server, tls.sending);
        let complete = |raw| {
            if let Some(raw) = server.on_sent(raw) {
                record_server(capture, &raw, sending);
            }
        };
        tls.outgoing.feed(bytes, |len| capture.kept_len(len), complete);
    }

    /// Records the client's next record after `process_new_packets` returned `result` for it. `before` and `after` are
    /// the states before and after that call. All plaintext of the previous record must have been read.
    pub(crate) fn on_record_processed(
        &mut self,
        before: &TlsSnapshot,
        after: &TlsSnapshot,
        result: &Result<IoState, Error>,
    ) {
        let (Some(capture), Some(tls)) = (&self.capture, &mut self.tls) else { return };
        let Some(mut raw) = tls.waiting.pop_front() else { return };
        tls.client.on_processed(&mut raw, before, after, result);
        tls.server.on_client_record(&raw);
        tls.last_record = record(capture, Side::Client, &raw, None);
        tls.record_other_bytes(capture);
    }

    /// Records the client's next record as skipped early data.
    pub(crate) fn on_early_data(&mut self) {
        let (Some(capture), Some(tls)) = (&self.capture, &mut self.tls) else { return };
        let Some(mut raw) = tls.waiting.pop_front() else { return };
        tls.client.on_early_data(&mut raw);
        record(capture, Side::Client, &raw, None);
        tls.record_other_bytes(capture);
    }

    /// Records plaintext from the client's last record, which the connection's `recv` returns.
    pub(crate) fn on_plaintext_received(&mut self, bytes: &[u8]) {
        if let (Some(capture), Some(tls)) = (&self.capture, &self.tls) {
            self.received = capture.record(Side::Client, CaptureEventKind::Plaintext, bytes, tls.last_record);
        }
    }

    /// Records plaintext that the connection's `sendall` is about to send over TLS.
    pub(crate) fn on_plaintext_sent(&mut self, bytes: &[u8]) {
        if self.tls.is_none() {
            return;
        }
        let sending = self.record_sent_plaintext(bytes);
        if let Some(tls) = &mut self.tls {
            tls.sending = sending;
        }
    }

    /// Sets the purpose of the records that are sent until [`Recorder::end_send`].
    pub(crate) fn begin_send(&mut self, context: SendContext, state: TlsSnapshot) {
        if let Some(tls) = &mut self.tls {
            tls.server.begin_send(context, state);
        }
    }

    /// Records the server's remaining records, after everything was sent or nothing more can be sent.
    pub(crate) fn end_send(&mut self) {
        if let (Some(capture), Some(tls)) = (&self.capture, &mut self.tls) {
            tls.end_send(capture);
        }
    }

    /// Records everything that the client still sends as unread, because rustls processes no more records.
    pub(crate) fn on_reading_stopped(&mut self) {
        if let (Some(capture), Some(tls)) = (&self.capture, &mut self.tls) {
            tls.stopped = true;
            tls.record_unread(capture);
        }
    }

    /// Records what was received or sent so far, even if it isn't complete, since nothing follows.
    pub(crate) fn finish(&mut self) {
        self.on_reading_stopped();
        if let (Some(capture), Some(tls)) = (&self.capture, &mut self.tls) {
            tls.incoming.take_rest().map(|raw| record(capture, Side::Client, &raw, None));
            tls.end_send(capture);
            tls.outgoing.take_rest().map(|raw| record(capture, Side::Server, &raw, None));
        }
    }

    fn record_sent_plaintext(&self, bytes: &[u8]) -> Option<u32> {
        let capture = self.capture.as_ref()?;
        let event = match &self.received {
            Some(received) => capture.record_echo(received, bytes),
            None => capture.record(Side::Server, CaptureEventKind::Plaintext, bytes, None),
        };
        event.map(|event| event.index)
    }
}

impl TlsRecorder {
    /// Records waiting bytes that aren't a record, up to the next record for rustls to process.
    fn record_other_bytes(&mut self, capture: &Capture) {
        while let Some(raw) = self.waiting.pop_front_if(|raw| raw.header.is_none()) {
            record(capture, Side::Client, &raw, None);
        }
    }

    fn record_unread(&mut self, capture: &Capture) {
        for mut raw in self.waiting.drain(..) {
            self.client.on_unread(&mut raw);
            record(capture, Side::Client, &raw, None);
        }
    }

    fn end_send(&mut self, capture: &Capture) {
        for raw in self.server.end_send() {
            record_server(capture, &raw, self.sending);
        }
        self.sending = None;
    }
}

impl Drop for Recorder {
    /// Records what is incomplete, even during a panic.
    fn drop(&mut self) {
        self.finish();
    }
}

/// Stores a record of the server, with a link to the plaintext in it.
fn record_server(capture: &Capture, raw: &RawRecord, plaintext: Option<u32>) {
    let has_data = raw.header.is_some_and(|header| matches!(header.payload, RecordPayload::Data { .. }));
    record(capture, Side::Server, raw, plaintext.filter(|_| has_data));
}

fn record(capture: &Capture, side: Side, raw: &RawRecord, link: Option<u32>) -> Option<u32> {
    let kind = raw.header.map_or(CaptureEventKind::Raw, CaptureEventKind::Record);
    capture.record_start(side, kind, (&raw.bytes, raw.len), link).map(|event| event.index)
}
