//! A client's TLS connection on a blocking socket.
//!
//! This drives rustls by hand (`read_tls`, `process_new_packets`, `write_tls`), so that the socket's time limits and
//! errors stay visible and the handshake has a deadline of its own.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use rustls::{AlertDescription, InvalidMessage, PeerIncompatible, ServerConnection};

use crate::capture::{
    ALERT, APPLICATION_DATA, SendContext, TlsSnapshot, alert_for, record_header, starts_encryption,
};
use crate::server::event::{CloseReason, Problem};
use crate::server::record_reader::RecordReader;
use crate::server::socket::{ConnectionError, Socket};
use crate::tls::client_hello::{first_hello, other_protocol};
use crate::tls::early_data::{self, EarlyDataFilter};
use crate::tls::handshake::Handshake;
use crate::tls::server_config::{TlsServer, chosen_scheme};
use crate::tls::session_error::{ServerContext, ServerTlsError, TlsErrorCause};

/// The maximum number of bytes that all clients together may send in TLS handshakes that aren't done. Each is kept up to
/// three times: for rustls, for the log, and in a buffer that is larger than its content.
const MAX_HANDSHAKE_BYTES: usize = 8 << 20;
/// The number of bytes that a client may send in its handshake even so: more than usual clients need.
const USUAL_HANDSHAKE: usize = 8 << 10;

/// One client's part of the bytes in unfinished handshakes.
struct HandshakeBudget<'a> {
    all: &'a AtomicUsize,
    own: usize,
}

impl HandshakeBudget<'_> {
    fn take(&mut self, received: usize) -> Result<(), ConnectionError> {
        self.own += received;
        let all = self.all.fetch_add(received, Relaxed) + received;
        if all > MAX_HANDSHAKE_BYTES && self.own > USUAL_HANDSHAKE {
            return Err(ConnectionError::Closed(CloseReason::HandshakeLimit));
        }
        Ok(())
    }
}

impl Drop for HandshakeBudget<'_> {
    fn drop(&mut self) {
        self.all.fetch_sub(self.own, Relaxed);
    }
}

/// A TLS connection.
pub(super) struct TlsStream {
    connection: ServerConnection,
    records: RecordReader,
    /// The state after the newest record of the handshake. It doesn't change after the handshake.
    snapshot: TlsSnapshot,
    /// Whether the records that the server sends are encrypted.
    is_encrypting: bool,
    /// Skips the early data of a client that announced it, until its first handshake record.
    early_data: Option<Box<EarlyDataFilter>>,
    context: Arc<ServerContext>,
}

impl TlsStream {
    /// Performs the handshake within `timeout`, as the tutorial's `wrap_socket(conn, server_side=True)` does.
    // Not inlined: otherwise its variables would also be on the stack of clients without TLS, and pages of the stack
    // that were used once stay in memory.
    #[inline(never)]
    pub(super) fn accept(
        socket: &Socket<'_>,
        tls: &TlsServer,
        timeout: Duration,
        handshake_bytes: &AtomicUsize,
        buffer: &mut [u8],
    ) -> Result<(Box<Self>, Arc<Handshake>), ConnectionError> {
        let start = Instant::now();
        let mut stream = Self::new(tls)?;
        let result = stream.shake_hands(socket, start + timeout, handshake_bytes, buffer);
        let client_hello = first_hello(&stream.records.take_first_bytes()).map(Arc::new);
        match result {
            Ok(()) => {
                let handshake =
                    Handshake::of_server(&stream.connection, chosen_scheme(), client_hello, start.elapsed());
                Ok((stream, Arc::new(handshake)))
            }
            Err(ConnectionError::Closed(CloseReason::Idle)) => {
                Err(ConnectionError::Tls(Problem::HandshakeTimeout { after: timeout }))
            }
            Err(mut error) => {
                if let ConnectionError::Tls(Problem::Tls(error)) = &mut error
                    && let Some(error) = Arc::get_mut(error)
                {
                    (error.client_hello, error.local_address) = (client_hello, socket.local_address());
                }
                Err(error)
            }
        }
    }

    // Not inlined, so that the connection is on the heap before the handshake, which needs the most stack.
    #[inline(never)]
    fn new(tls: &TlsServer) -> Result<Box<Self>, ConnectionError> {
        let context = Arc::clone(tls.context());
        let connection = ServerConnection::new(tls.new_connection()).map_err(io::Error::other)?;
        Ok(Box::new(Self {
            snapshot: TlsSnapshot::of(&connection),
            is_encrypting: false,
            early_data: None,
            connection,
            records: RecordReader::new(),
            context,
        }))
    }

    fn shake_hands(
        &mut self,
        socket: &Socket<'_>,
        deadline: Instant,
        handshake_bytes: &AtomicUsize,
        buffer: &mut [u8],
    ) -> Result<(), ConnectionError> {
        let mut budget = HandshakeBudget { all: handshake_bytes, own: 0 };
        while self.connection.is_handshaking() {
            let result = self.read_record(socket, Some(deadline), buffer, |received| budget.take(received));
            let has_hello = self.connection.protocol_version().is_some();
            if !has_hello && let Some((start, protocol)) = other_protocol(self.records.first_bytes()) {
                return Err(ConnectionError::Tls(Problem::NotTls { start, protocol }));
            }
            if !result? {
                return Err(match self.records.first_bytes() {
                    // The client only checked whether the port is open.
                    [] => ConnectionError::Closed(CloseReason::EndOfStream),
                    _ if has_hello => self.error(TlsErrorCause::ClosedInHandshake, true),
                    _ => self.error(TlsErrorCause::ClosedInHello, true),
                });
            }
        }
        Ok(())
    }

    /// Receives at least one byte of plaintext, and at most `max`. `buffer` has room for that, and for what
    /// [`RecordReader::fill`] needs.
    pub(super) fn recv(
        &mut self,
        socket: &Socket<'_>,
        buffer: &mut [u8],
        max: usize,
    ) -> Result<usize, ConnectionError> {
        loop {
            match self.connection.reader().read(&mut buffer[..max]) {
                Ok(0) => return Err(ConnectionError::Closed(CloseReason::EndOfStream)),
                Ok(received) => {
                    socket.recorder().on_plaintext_received(&buffer[..received]);
                    return Ok(received);
                }
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                    return Err(ConnectionError::Closed(CloseReason::EndWithoutCloseNotify));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
            self.read_record(socket, None, buffer, |_| Ok(()))?;
        }
    }

    /// Sends all of the data. Returns how much was sent, even after an error.
    pub(super) fn send_all(
        &mut self,
        socket: &Socket<'_>,
        data: &[u8],
    ) -> (usize, Result<(), ConnectionError>) {
        let mut sent = 0;
        socket.recorder().on_plaintext_sent(data);
        while sent < data.len() {
            let taken = match self.connection.writer().write(&data[sent..]) {
                Ok(taken) => taken,
                Err(error) => return (sent, Err(error.into())),
            };
            if let Err(error) = self.flush(socket, SendContext::Data(taken)) {
                return (sent, Err(error.into()));
            }
            sent += taken;
        }
        (sent, Ok(()))
    }

    /// Sends `close_notify`, unless earlier records could not be sent. Errors are ignored, since the connection ends
    /// anyway.
    pub(super) fn close(&mut self, socket: &Socket<'_>) {
        if self.connection.wants_write() {
            return;
        }
        self.connection.send_close_notify();
        let _ = self.flush(socket, SendContext::CloseNotify);
    }

    /// Receives and processes the client's next record, and sends what rustls answers. Returns false at the end of the
    /// stream.
    fn read_record(
        &mut self,
        socket: &Socket<'_>,
        deadline: Option<Instant>,
        buffer: &mut [u8],
        mut on_received: impl FnMut(usize) -> Result<(), ConnectionError>,
    ) -> Result<bool, ConnectionError> {
        while self.records.next_len().is_none() {
            let received = self.records.fill(buffer, |buffer| socket.recv(buffer, deadline))?;
            if received == 0 {
                self.connection.read_tls(&mut io::empty())?;
                return Ok(false);
            }
            on_received(received)?;
        }
        let in_handshake = self.connection.is_handshaking();
        let before = self.snapshot;
        if self.is_next_early_data() {
            self.records.skip_next();
            socket.recorder().on_early_data();
            return Ok(true);
        }
        let result = match self.records.pass_next(&mut self.connection) {
            Ok(()) => self.connection.process_new_packets(),
            // rustls takes no more bytes of a handshake message.
            Err(_) => Err(InvalidMessage::HandshakePayloadTooLarge.into()),
        };
        if in_handshake {
            self.snapshot = TlsSnapshot::of(&self.connection);
        }
        socket.recorder().on_record_processed(&before, &self.snapshot, &result);
        match result {
            Ok(_) if in_handshake => {
                let was_encrypting = self.is_encrypting;
                self.flush(socket, SendContext::Handshake)?;
                if self.is_encrypting && !was_encrypting {
                    self.await_early_data();
                }
            }
            Ok(_) => self.flush(socket, SendContext::Reply)?,
            Err(error) => {
                self.send_alert(socket, &error);
                return Err(self.error(error, in_handshake));
            }
        }
        Ok(true)
    }

    /// Prepares to skip early data if the client announced it.
    fn await_early_data(&mut self) {
        if first_hello(self.records.first_bytes()).is_some_and(|hello| hello.early_data) {
            self.early_data = EarlyDataFilter::new(&self.connection).map(Box::new);
        } else {
            early_data::forget_secret();
        }
    }

    /// Returns whether the next record is early data, which can't follow the client's first handshake record.
    fn is_next_early_data(&mut self) -> bool {
        let record = self.records.next();
        if record_header(record).is_none_or(|header| header.content_type != APPLICATION_DATA) {
            return false;
        }
        self.early_data = self.early_data.take().filter(|filter| filter.is_early_data(record));
        self.early_data.is_some()
    }

    /// Sends the fatal alert for an error (RFC 8446, section 6.2). Ignores failures, since the client may have closed the
    /// connection already.
    ///
    /// rustls queues no alert for some errors. While records are unencrypted, this sends the missing alert; later it
    /// can't, since only rustls can encrypt.
    fn send_alert(&mut self, socket: &Socket<'_>, error: &rustls::Error) {
        let mut records = self.take_records();
        if !self.is_encrypting
            && let Some(alert) = self.own_alert(error, &records)
        {
            if is_alert(&records) {
                records.clear();
            }
            records.extend([ALERT, 3, 3, 0, 2, 2, u8::from(alert)]);
        }
        let context = SendContext::Failure(alert_for(error, self.snapshot.tls13));
        socket.recorder().begin_send(context, self.snapshot);
        let _ = socket.send_all(&records);
        socket.recorder().end_send();
    }

    /// Returns the alert to send if rustls' `records` end without one, or with another one than the RFCs require.
    fn own_alert(&self, error: &rustls::Error, records: &[u8]) -> Option<AlertDescription> {
        let hello = first_hello(self.records.first_bytes());
        let enabled = self.context.files.versions;
        match (error, hello) {
            (rustls::Error::PeerIncompatible(_), Some(hello))
                if !hello.versions.iter().any(|version| enabled.contains(*version)) =>
            {
                Some(AlertDescription::ProtocolVersion)
            }
            // RFC 8446, section 9.2.
            (rustls::Error::PeerIncompatible(reason), Some(hello))
                if (hello.groups.is_empty()
                    || hello.signature_schemes.is_empty()
                    || *reason == PeerIncompatible::KeyShareExtensionRequired)
                    && enabled.contains(TLS13)
                    && hello.versions.contains(&TLS13) =>
            {
                Some(AlertDescription::MissingExtension)
            }
            // RFC 8446, section 5.
            (
                rustls::Error::InvalidMessage(
                    InvalidMessage::InvalidContentType | InvalidMessage::InvalidCcs,
                ),
                _,
            ) => Some(AlertDescription::UnexpectedMessage),
            // RFC 8446, section 5.1.
            (rustls::Error::InvalidMessage(InvalidMessage::MessageTooLarge), _) => {
                Some(AlertDescription::RecordOverflow)
            }
            _ if records.last_chunk::<ALERT_RECORD>().is_some_and(|last| is_alert(last)) => None,
            _ => missing_alert(error, self.snapshot.tls13),
        }
    }

    /// Takes the records that rustls has ready.
    fn take_records(&mut self) -> Vec<u8> {
        let mut records = Vec::new();
        // Writing to a `Vec` can't fail.
        while self.connection.wants_write() && self.connection.write_tls(&mut records).is_ok() {}
        self.is_encrypting |= starts_encryption(&records, self.snapshot.tls13);
        records
    }

    fn error(&self, cause: impl Into<TlsErrorCause>, in_handshake: bool) -> ConnectionError {
        let context = Arc::clone(&self.context);
        let error = ServerTlsError::new(cause.into(), in_handshake, context);
        let error = ServerTlsError { is_tls13: self.snapshot.tls13, ..error };
        ConnectionError::Tls(Problem::Tls(Arc::new(error)))
    }

    /// Sends everything that rustls has ready.
    fn flush(&mut self, mut socket: &Socket<'_>, context: SendContext) -> io::Result<()> {
        if !self.connection.wants_write() {
            return Ok(());
        }
        socket.recorder().begin_send(context, self.snapshot);
        let mut result = Ok(());
        if !self.is_encrypting {
            let records = self.take_records();
            result = socket.write_all(&records);
        }
        while result.is_ok() && self.connection.wants_write() {
            result = match self.connection.write_tls(&mut socket) {
                Ok(0) => Err(ErrorKind::WriteZero.into()),
                Err(error) if error.kind() != ErrorKind::Interrupted => Err(error),
                _ => Ok(()),
            };
        }
        socket.recorder().end_send();
        result
    }
}

/// TLS 1.3 in `supported_versions` (RFC 8446, section 4.2.1).
const TLS13: u16 = 0x0304;
/// The length of a record with an unencrypted alert.
const ALERT_RECORD: usize = 7;

/// Returns whether the bytes are a record with an unencrypted alert (RFC 8446, sections 5.1 and 6).
fn is_alert(record: &[u8]) -> bool {
    matches!(record, [ALERT, _, _, 0, 2, _, _])
}

/// Returns the alert for an error for which rustls queues none (RFC 8446, section 6.2; RFC 5246, section 7.2.2); `None`
/// if the client sent an alert itself.
fn missing_alert(error: &rustls::Error, tls13: bool) -> Option<AlertDescription> {
    use rustls::PeerMisbehaved as P;
    Some(match error {
        rustls::Error::AlertReceived(_) => return None,
        rustls::Error::PeerMisbehaved(
            P::IllegalMiddleboxChangeCipherSpec
            | P::KeyEpochWithPendingFragment
            | P::MessageInterleavedWithHandshakeMessage
            | P::RejectedEarlyDataInterleavedWithHandshakeMessage
            | P::TooManyEmptyFragments
            | P::TooManyWarningAlertsReceived,
        ) => AlertDescription::UnexpectedMessage,
        rustls::Error::PeerMisbehaved(_) => AlertDescription::IllegalParameter,
        // `General`: the client accepts no signature that the server's key can make.
        rustls::Error::PeerIncompatible(_) | rustls::Error::General(_) => AlertDescription::HandshakeFailure,
        _ => alert_for(error, tls13).map_or(AlertDescription::HandshakeFailure, AlertDescription::from),
    })
}
