//! An open connection as a state machine that never blocks: TLS handshake, receiving, sending, and the ways to close.
//! `event_loop` calls [`OpenConnection::advance`] whenever the socket is ready, a request was made, or a deadline
//! passed.

use std::collections::VecDeque;
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::net::TcpStream;

use crate::client::client_error::{ClientError, ClientWarning, Stage};
use crate::client::client_event::{
    ClientCloseCause, ClientEventKind, ClientState, ClientStatus, CloseMode, ClosedConnection, PeerEnd,
    SendOrigin,
};
use crate::client::client_shared::{ClientShared, CloseRequest};
use crate::client::echo_check::{EchoCheck, EchoResult};
use crate::client::send_queue::{SendQueue, SendRequest};
use crate::client::transport::{ReadResult, Stream, StreamError, Target};
use crate::tls::client_config::Connector;
use crate::tls::session_error::TlsErrorCause;

/// How often the socket is read, and how many bytes and sends are written, before the other direction gets its turn.
const READS_PER_TURN: usize = 16;
const BYTES_PER_TURN: usize = 1 << 20;
const SENDS_PER_TURN: u64 = 1_000;
/// How many bytes may be outstanding before sending waits for the echo. The buffers of the two OSs can hold more, but
/// it isn't worth remembering all of that for the comparison.
const MAX_AHEAD: u64 = 4 << 20;
/// How long sending waits for the echo. A server that is silent for longer is slow, or isn't an echo server.
const ECHO_GRACE: Duration = Duration::from_secs(1);
/// How long data in flight may take to arrive after a close.
const CLOSE_GRACE: Duration = Duration::from_secs(1);

#[expect(clippy::struct_excessive_bools, reason = "independent facts about the two directions of a socket")]
pub(super) struct OpenConnection {
    shared: Arc<ClientShared>,
    target: Arc<Target>,
    stream: Stream,
    /// Whether a read or a write may succeed. This is remembered, since readiness is reported only when it changes.
    pub(super) readable: bool,
    pub(super) writable: bool,
    queue: SendQueue,
    echo: EchoCheck,
    state: ClientState,
    opened: Instant,
    sends: u64,
    sent: u64,
    received: u64,
    /// Bytes that were removed from the queue unsent.
    unsent: u64,
    half_close_pending: bool,
    /// How the client closes the connection, and until when it waits for the server.
    closing: Option<(CloseMode, Instant)>,
    /// A FIN that is to be sent after TLS's pending records, and whether `close_notify` is among these.
    pending_fin: Option<bool>,
    /// Whether nothing more can be written. After an error, the rest of the received data shows why.
    write_broken: bool,
    blocked_since: Option<Instant>,
    /// When data was last received, or a send started while nothing was outstanding.
    last_activity: Instant,
    /// Until when sending waits for the echo, if it does.
    held_until: Option<Instant>,
    /// The numbers of the sends that were reported and whose echo wasn't.
    reported: VecDeque<u64>,
}

impl OpenConnection {
    pub(super) fn new(
        shared: Arc<ClientShared>,
        target: Arc<Target>,
        socket: TcpStream,
        took: Duration,
    ) -> Result<Self, ClientError> {
        let tls = target.connector.as_ref().map(Connector::connection).transpose()?;
        // Small sends go at once instead of waiting for the previous acknowledgment (tcp(7)).
        let _ = socket.set_nodelay(true);
        let addresses = socket.local_addr().and_then(|local| Ok((local, socket.peer_addr()?)));
        let (local, peer) = addresses.map_err(|error| ClientError::lost(Stage::Connecting, error))?;
        shared.update(|status| (status.local, status.peer) = (Some(local), Some(peer)));
        shared.events.push(ClientEventKind::Connected { local, peer, took });
        let state = if tls.is_some() { ClientState::Handshake } else { ClientState::Open };
        shared.set_state(state);
        Ok(Self {
            shared,
            target,
            stream: Stream::new(socket, tls),
            // The socket may have become ready while it connected.
            readable: true,
            writable: true,
            queue: SendQueue::default(),
            echo: EchoCheck::default(),
            state,
            opened: Instant::now(),
            sends: 0,
            sent: 0,
            received: 0,
            unsent: 0,
            half_close_pending: false,
            closing: None,
            pending_fin: None,
            write_broken: false,
            blocked_since: None,
            last_activity: Instant::now(),
            held_until: None,
            reported: VecDeque::new(),
        })
    }

    /// Makes progress without blocking. Breaks when the connection is over. Otherwise continues with the latest time
    /// for the next call, if there is one.
    pub(super) fn advance(
        &mut self,
        buffer: &mut [u8],
    ) -> Result<ControlFlow<ClosedConnection, Option<Instant>>, ClientError> {
        let result = self.advance_to_cause(buffer);
        if let Ok(ControlFlow::Continue(due)) = result {
            return Ok(ControlFlow::Continue(due));
        }
        // Sends that were requested meanwhile count as unsent.
        for request in self.shared.take_sends() {
            self.queue.request(request);
        }
        self.publish();
        result.map(|flow| {
            flow.map_break(|cause| ClosedConnection {
                cause,
                sent: self.sent,
                received: self.received,
                unsent: self.unsent + self.queue.queued(),
                lasted: self.opened.elapsed(),
            })
        })
    }

    fn advance_to_cause(
        &mut self,
        buffer: &mut [u8],
    ) -> Result<ControlFlow<ClientCloseCause, Option<Instant>>, ClientError> {
        if let Some(cause) = self.take_requests()? {
            return Ok(ControlFlow::Break(cause));
        }
        let mut has_more = false;
        if self.readable {
            match self.receive(buffer)? {
                ControlFlow::Continue(more) => has_more = more,
                ControlFlow::Break(end) => return self.peer_ended(end).map(ControlFlow::Break),
            }
        }
        self.finish_handshake();
        if self.state == ClientState::Open && !self.write_broken {
            has_more |= self.send();
        }
        self.flush();
        self.publish();
        let now = Instant::now();
        Ok(match self.closing {
            Some((mode, deadline)) if deadline <= now => ControlFlow::Break(ClientCloseCause::Client(mode)),
            _ if has_more || (self.write_broken && self.readable) => ControlFlow::Continue(Some(now)),
            Some((_, deadline)) => ControlFlow::Continue(Some(deadline)),
            None => ControlFlow::Continue(self.queue.due().or(self.held_until)),
        })
    }

    /// Carries out the user's requests. Returns how the connection ended, if it did.
    fn take_requests(&mut self) -> Result<Option<ClientCloseCause>, ClientError> {
        let close = self.shared.take_close();
        if self.state != ClientState::Handshake {
            for request in self.shared.take_sends() {
                if matches!(request, SendRequest::Stop) {
                    self.stop_sending();
                } else {
                    self.queue.request(request);
                }
            }
        }
        match close {
            None => Ok(None),
            Some(CloseRequest::Drop) => {
                self.stream.send_close_notify();
                let _ = self.stream.flush();
                self.stream.send_fin();
                Ok(Some(ClientCloseCause::Dropped))
            }
            Some(CloseRequest::Close(_)) if self.state == ClientState::Handshake => {
                Ok(Some(ClientCloseCause::Canceled))
            }
            Some(CloseRequest::Close(mode)) => self.close(mode),
        }
    }

    /// Empties the queue. If a send has started, only the part that was already sent is compared with its echo.
    fn stop_sending(&mut self) {
        let started = self.queue.started().map(|job| (job.number, job.sent, job.is_complete()));
        self.unsent += self.queue.clear();
        self.blocked_since = None;
        if let Some((Some(number), sent, is_complete)) = started {
            if !is_complete {
                self.warn(ClientWarning::SendStopped { sent });
            }
            self.finish_send(number);
        }
    }

    fn close(&mut self, mode: CloseMode) -> Result<Option<ClientCloseCause>, ClientError> {
        match mode {
            CloseMode::WithoutCloseNotify if self.stream.tls().is_none() => {
                return self.close(CloseMode::Close);
            }
            CloseMode::HalfClose if self.state == ClientState::Open => {
                self.queue.stop_repeating();
                self.half_close_pending = true;
            }
            CloseMode::Abort => {
                let stage = self.stage();
                self.stream.set_reset_on_close().map_err(|error| ClientError::resources(stage, error))?;
                return Ok(Some(ClientCloseCause::Client(mode)));
            }
            CloseMode::Close | CloseMode::WithoutCloseNotify if self.closing.is_none() => {
                self.unsent += self.queue.clear();
                self.blocked_since = None;
                self.half_close_pending = false;
                self.closing = Some((mode, Instant::now() + CLOSE_GRACE));
                let (is_open, is_tls) = (self.state == ClientState::Open, self.stream.tls().is_some());
                if mode == CloseMode::WithoutCloseNotify {
                    self.write_broken = true;
                    self.stream.send_fin();
                    self.report_end(mode, false);
                } else if is_open || is_tls {
                    // After a half-close, `close_notify` was sent, and without TLS also FIN.
                    if is_open {
                        self.stream.send_close_notify();
                    }
                    self.pending_fin = Some(is_open && is_tls);
                }
                self.set_state(ClientState::Closing);
                // Before the server's end is read, which would otherwise be reported first.
                self.flush();
            }
            CloseMode::HalfClose | CloseMode::Close | CloseMode::WithoutCloseNotify => {}
        }
        Ok(None)
    }

    /// Closes after the server has ended its side.
    fn peer_ended(&mut self, end: PeerEnd) -> Result<ClientCloseCause, ClientError> {
        self.shared.update(|status| status.peer_end = Some(end));
        self.unsent += self.queue.clear();
        if let Some((mode, _)) = self.closing {
            // After FIN without close_notify, the server's answer is only a reaction to that.
            if mode == CloseMode::Close {
                self.shared.events.push(ClientEventKind::PeerClosed(end));
            }
            return Ok(ClientCloseCause::Client(mode));
        }
        self.shared.events.push(ClientEventKind::PeerClosed(end));
        let (is_open, is_tls) = (self.state == ClientState::Open, self.stream.tls().is_some());
        if end != PeerEnd::Reset && (is_open || is_tls) {
            if is_open {
                self.stream.send_close_notify();
                let _ = self.stream.flush();
            }
            self.stream.send_fin();
            self.report_end(CloseMode::Close, is_open && is_tls);
        }
        if self.target.requires_echo && !self.echo.report().is_exact() {
            return Err(ClientError::EndedEarly { is_reset: end == PeerEnd::Reset });
        }
        let is_answer =
            self.state == ClientState::HalfClosed && matches!(end, PeerEnd::Fin | PeerEnd::CloseNotify);
        Ok(if is_answer {
            ClientCloseCause::Client(CloseMode::HalfClose)
        } else {
            ClientCloseCause::Server(end)
        })
    }

    /// Reports that the client has ended its side.
    fn report_end(&self, mode: CloseMode, close_notify: bool) {
        self.shared.events.push(ClientEventKind::EndSent { mode, close_notify });
    }

    /// Reads the data that has arrived. Breaks when the server has ended its side. Otherwise continues with whether
    /// there may be more.
    fn receive(&mut self, buffer: &mut [u8]) -> Result<ControlFlow<PeerEnd, bool>, ClientError> {
        for _ in 0..READS_PER_TURN {
            match self.stream.read(buffer) {
                Ok(ReadResult::Data(count)) => self.handle_data(&buffer[..count])?,
                Ok(ReadResult::WouldBlock) if self.write_broken && self.closing.is_none() => {
                    return Ok(ControlFlow::Break(PeerEnd::Reset));
                }
                Ok(ReadResult::WouldBlock) => {
                    self.readable = false;
                    return Ok(ControlFlow::Continue(false));
                }
                Ok(ReadResult::End(end)) if self.state == ClientState::Handshake => {
                    return Err(self.tls_error(match end {
                        PeerEnd::Reset => TlsErrorCause::ResetInHandshake,
                        _ => TlsErrorCause::ClosedInHandshake,
                    }));
                }
                // The OS reports an RST only once, and may have reported it to a write.
                Ok(ReadResult::End(end)) if self.write_broken && end != PeerEnd::CloseNotify => {
                    return Ok(ControlFlow::Break(PeerEnd::Reset));
                }
                Ok(ReadResult::End(end)) => return Ok(ControlFlow::Break(end)),
                Err(_) if self.closing.is_some() => return Ok(ControlFlow::Break(PeerEnd::Reset)),
                Err(StreamError::Tls(error)) => return Err(self.tls_error(error.into())),
                Err(StreamError::Io(error)) => return Err(ClientError::lost(self.stage(), error)),
            }
        }
        Ok(ControlFlow::Continue(true))
    }

    fn handle_data(&mut self, data: &[u8]) -> Result<(), ClientError> {
        let offset = self.received;
        self.received += data.len() as u64;
        self.last_activity = Instant::now();
        let results = self.echo.received(data, self.last_activity);
        // Update the status before pushing the event, so that the bytes of a received event are already counted.
        self.publish();
        self.shared.events.push_data(data.len(), || ClientEventKind::Received { data: data.into(), offset });
        for result in results {
            self.report_echo(result);
        }
        if offset == 0 && self.stream.tls().is_none() && looks_like_alert(data) {
            self.warn(ClientWarning::TlsAlertInPlaintext);
        }
        let report = self.echo.report();
        if self.target.requires_echo && (report.difference.is_some() || report.unsolicited > 0) {
            let received = String::from_utf8_lossy(data).into_owned();
            return Err(ClientError::NotAnEcho { is_more: report.difference.is_none(), received });
        }
        Ok(())
    }

    fn tls_error(&mut self, cause: TlsErrorCause) -> ClientError {
        // Sends the alert that gives the server the reason. The server may have closed already.
        let _ = self.stream.flush();
        match &self.target.connector {
            Some(connector) => {
                ClientError::Tls(Box::new(connector.error(cause, self.state == ClientState::Handshake)))
            }
            // Plain TCP has no TLS errors.
            None => ClientError::lost(self.stage(), io::Error::other(cause)),
        }
    }

    fn finish_handshake(&mut self) {
        if self.state != ClientState::Handshake || self.stream.is_handshaking() {
            return;
        }
        if let (Some(connector), Some(tls)) = (&self.target.connector, self.stream.tls()) {
            let handshake = Arc::new(connector.handshake_info(tls, self.opened.elapsed()));
            self.shared.update(|status| status.handshake = Some(Arc::clone(&handshake)));
            self.shared.events.push(ClientEventKind::Handshake(handshake));
        }
        self.set_state(ClientState::Open);
        for request in self.shared.take_sends() {
            self.queue.request(request);
        }
    }

    /// Sends as much of the queue as the socket takes. Returns whether more could be sent at once.
    fn send(&mut self) -> bool {
        let mut bytes_left = BYTES_PER_TURN;
        let last = self.sends + SENDS_PER_TURN;
        self.held_until = None;
        while bytes_left > 0 && self.sends < last {
            let now = Instant::now();
            let Some(job) = self.queue.front(now) else { return false };
            if job.number.is_none() && !self.begin_send(now) {
                continue;
            }
            if self.echo.report().outstanding >= MAX_AHEAD && now < self.last_activity + ECHO_GRACE {
                self.held_until = Some(self.last_activity + ECHO_GRACE);
                return false;
            }
            let data = match self.queue.next_bytes() {
                Ok(data) => data,
                Err(error) => {
                    self.skip_file(error);
                    continue;
                }
            };
            if data.is_empty() {
                if let Some(number) = self.queue.pop().and_then(|job| job.number) {
                    self.finish_send(number);
                }
                continue;
            }
            if !self.writable {
                return false;
            }
            match self.stream.write(data) {
                Ok(0) => {
                    self.writable = false;
                    self.blocked_since.get_or_insert(now);
                    return false;
                }
                Ok(count) => {
                    self.blocked_since = None;
                    self.echo.sent(&data[..count]);
                    self.queue.advance(count);
                    self.sent += count as u64;
                    bytes_left = bytes_left.saturating_sub(count);
                }
                Err(_) => {
                    self.write_failed();
                    return false;
                }
            }
        }
        true
    }

    /// Starts the first send of the queue. Returns false if its file can't be read.
    fn begin_send(&mut self, now: Instant) -> bool {
        // This opens a file, so that its size is known when the send is reported.
        if let Err(error) = self.queue.next_bytes() {
            self.skip_file(error);
            return false;
        }
        if self.echo.report().outstanding == 0 {
            self.last_activity = now;
        }
        let Some(job) = self.queue.front(now) else { return false };
        self.sends += 1;
        let number = self.sends;
        job.number = Some(number);
        let measured = self.echo.begin(number, now);
        let from = job.origin.clone();
        let is_file = matches!(from, SendOrigin::File { .. });
        let data = if is_file { Arc::default() } else { Arc::clone(&job.data) };
        self.publish();
        let offset = self.sent;
        let sent = || ClientEventKind::Sent { number, data: Arc::clone(&data), offset, from, measured };
        // `reported` has at most as many numbers as the echo check measures sends.
        if self.shared.events.push_data(data.len(), sent) && measured {
            self.reported.push_back(number);
        }
        true
    }

    /// Ends a send, which must be the last one that was started. Reports its echo if that has already come back.
    fn finish_send(&mut self, number: u64) {
        let mut result = self.echo.end(number, Instant::now());
        while let Some(echo) = result {
            self.publish();
            self.report_echo(echo);
            result = self.echo.next_result(Instant::now());
        }
    }

    /// Drops a file that can't be read to its end from the queue.
    fn skip_file(&mut self, error: io::Error) {
        let Some(job) = self.queue.pop() else { return };
        if let SendOrigin::File { path, .. } = job.origin {
            self.warn(ClientWarning::UnreadableFile { path, source: Arc::new(error) });
        }
        if let Some(number) = job.number {
            // The part that was sent is still compared.
            self.finish_send(number);
        }
    }

    /// Reports that a send has come back, if the send itself was reported.
    fn report_echo(&mut self, result: EchoResult) {
        while self.reported.pop_front_if(|number| *number < result.number).is_some() {}
        if self.reported.pop_front_if(|number| *number == result.number).is_some() {
            self.shared.events.push_result(ClientEventKind::Echoed(result));
        }
    }

    /// Closes the sending side if that was requested and the queue is empty. Sends TLS's pending records, and then a
    /// pending FIN.
    fn flush(&mut self) {
        if self.half_close_pending && self.queue.is_empty() {
            self.half_close_pending = false;
            self.stream.send_close_notify();
            if self.stream.tls().is_none() {
                self.stream.send_fin();
            }
            self.set_state(ClientState::HalfClosed);
            self.report_end(CloseMode::HalfClose, self.stream.tls().is_some());
        }
        if self.write_broken {
            return;
        }
        match self.stream.flush() {
            Ok(true) => {
                if let Some(close_notify) = self.pending_fin.take() {
                    self.stream.send_fin();
                    self.report_end(CloseMode::Close, close_notify);
                }
            }
            Ok(false) => {}
            Err(_) => self.write_failed(),
        }
    }

    fn write_failed(&mut self) {
        self.write_broken = true;
        self.readable = true;
    }

    fn warn(&self, warning: ClientWarning) {
        self.shared.events.push(ClientEventKind::Warning(warning));
    }

    fn set_state(&mut self, state: ClientState) {
        self.state = state;
        self.shared.set_state(state);
    }

    fn stage(&self) -> Stage {
        if self.state == ClientState::Handshake { Stage::Handshake } else { Stage::Open }
    }

    /// Updates the status. Wakes the reader if anything has changed, since some changes have no event.
    fn publish(&self) {
        let mut changed = false;
        self.shared.update(|status| {
            let summary = |it: &ClientStatus| {
                let half_close = it.half_close_pending;
                (it.sent, it.received, it.queued, it.blocked_since, it.repeat, it.echo, half_close)
            };
            let before = summary(status);
            status.sends = self.sends;
            status.sent = self.sent;
            status.received = self.received;
            status.queued = self.queue.queued();
            status.blocked_since = self.blocked_since;
            status.file = self.queue.file_progress();
            status.repeat = self.queue.repeat_progress();
            status.half_close_pending = self.half_close_pending;
            status.echo = self.echo.report();
            changed = before != summary(status);
        });
        if changed {
            self.shared.events.wake();
        }
    }
}

/// Returns whether data begins with a TLS record of type alert, version 3.x, with two bytes in it (RFC 8446, section
/// 5.1).
fn looks_like_alert(data: &[u8]) -> bool {
    matches!(data, [21, 3, 0..=4, 0, 2, _, _, ..])
}
