//! The server that is checked: connects to it, sends, and compares what comes back. Each step has a time limit.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::check::connection::{CheckConnection, Received};
use crate::check::mistake;
use crate::check::outcome::{Failure, Outcome};
use crate::platform::sockets::{is_reset, is_timeout};
use crate::settings::TlsVersions;
use crate::text::{count, duration, io_error, with_thousands};
use crate::tls::client_config::Connector;
use crate::tls::options::{TlsChoices, Trust};

/// The pause between two attempts to send or receive.
const PAUSE: Duration = Duration::from_micros(500);
/// How long more data may come after the first byte that is wrong. It is part of the evidence.
const AFTER_DIFFERENCE: Duration = Duration::from_millis(200);
/// How long the server has to close a connection before the client continues.
const CLOSE: Duration = Duration::from_millis(200);
/// A check may take this many times the limit for one step.
const STEPS: u32 = 6;
/// How much one call receives.
const CHUNK: usize = 64 * 1024;

/// Why a step with the server failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The host has no known address.
    NoAddress,
    /// Nothing listens on the address.
    Refused,
    /// The OS of the server didn't answer.
    Unanswered,
    /// The server sent nothing for too long.
    Silent,
    /// The server closed the connection too early.
    Closed,
    /// The server reset the connection.
    Reset,
    /// Other bytes came back than were sent.
    Differs,
    /// Another error, with its text.
    Error(String),
    /// The user canceled the checks.
    Canceled,
}

/// A step that failed, and its data.
#[derive(Debug)]
pub(super) struct StepError {
    pub(super) trouble: Trouble,
    /// The address, or the host if it has none.
    server: String,
    limit: Duration,
    sent: Vec<u8>,
    pub(super) received: Vec<u8>,
}

impl From<StepError> for Failure {
    fn from(problem: StepError) -> Self {
        let StepError { trouble, server, limit, sent, received } = problem;
        let limit = duration(limit);
        let amount = if sent.is_empty() {
            String::new()
        } else {
            format!(
                " after {} of {}",
                with_thousands(received.len() as u64),
                count(sent.len() as u64, "byte")
            )
        };
        let finding = match trouble {
            Trouble::NoAddress => format!("Can't find {server}. Check the name."),
            Trouble::Refused => format!("Connection refused: nothing listens on {server}."),
            Trouble::Unanswered => format!("{server} didn't accept a connection within {limit}."),
            Trouble::Silent if sent.is_empty() => format!("The server didn't answer within {limit}."),
            Trouble::Silent if received.is_empty() => format!("Nothing came back within {limit}."),
            Trouble::Silent => format!("The server sent nothing more within {limit}{amount}."),
            Trouble::Closed => format!("The server closed the connection{amount}."),
            Trouble::Reset => format!("The server reset the connection{amount}."),
            Trouble::Differs => "Other bytes came back than were sent.".to_owned(),
            Trouble::Error(text) => text,
            Trouble::Canceled => "Canceled.".to_owned(),
        };
        let failure = Outcome::failed(finding);
        if sent.is_empty() {
            return failure;
        }
        failure.with_mistake(mistake::recognize(&sent, &received)).with_exchange(&sent, &received)
    }
}

/// Data to send, and how to send it.
#[derive(Debug, Default)]
struct Plan<'a> {
    data: &'a [u8],
    /// How much of it is sent already.
    sent: usize,
    /// Begin to read only when nothing could be sent for this long.
    lateness: Option<Duration>,
    /// End this side of the stream after the data.
    finish: bool,
}

/// The server that is checked.
#[derive(Debug, Clone)]
pub(super) struct CheckTarget<'a> {
    /// The addresses of the host; empty before the lookup, and if it fails. Once one has accepted a connection, it is the only one.
    pub(super) addresses: Vec<SocketAddr>,
    /// The host as the user typed it.
    pub(super) host: &'a str,
    /// The choices for TLS; `None` without TLS.
    pub(super) tls: Option<TlsChoices>,
    /// The limit for one step.
    pub(super) timeout: Duration,
    pub(super) cancel: &'a AtomicBool,
}

impl CheckTarget<'_> {
    /// Returns the choices for TLS with which any certificate is accepted.
    pub(super) fn any_certificate() -> TlsChoices {
        TlsChoices::new(Trust::Nothing)
    }

    /// Returns the same target with another limit for one step.
    pub(super) fn with_timeout(&self, timeout: Duration) -> Self {
        Self { timeout, ..self.clone() }
    }

    /// Returns the same target with other choices for TLS.
    pub(super) fn with_tls(&self, change: impl FnMut(&mut TlsChoices)) -> Self {
        let mut tls = self.tls.clone();
        tls.iter_mut().for_each(change);
        Self { tls, ..self.clone() }
    }

    /// Returns the same target with only these versions of TLS.
    pub(super) fn with_versions(&self, versions: TlsVersions) -> Self {
        self.with_tls(|tls| tls.versions = versions)
    }

    /// Returns the address that is connected to.
    pub(super) fn address(&self) -> Result<SocketAddr, StepError> {
        self.addresses.first().copied().ok_or_else(|| self.problem(Trouble::NoAddress))
    }

    /// Returns the address that is connected to, or the host if it has no known address.
    pub(super) fn name(&self) -> String {
        self.addresses.first().map_or_else(|| self.host.to_owned(), SocketAddr::to_string)
    }

    pub(super) fn is_canceled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    pub(super) fn problem(&self, trouble: Trouble) -> StepError {
        let trouble = if self.is_canceled() { Trouble::Canceled } else { trouble };
        StepError {
            trouble,
            server: self.name(),
            limit: self.timeout,
            sent: Vec::new(),
            received: Vec::new(),
        }
    }

    fn io_problem(&self, error: &io::Error) -> StepError {
        self.problem(match error.kind() {
            ErrorKind::ConnectionRefused => Trouble::Refused,
            _ if is_timeout(error) => Trouble::Unanswered,
            _ if is_reset(error) => Trouble::Reset,
            ErrorKind::Other => Trouble::Error(error.to_string()),
            _ => Trouble::Error(format!("The OS reports an error for {}: {}.", self.name(), io_error(error))),
        })
    }

    /// Connects over TCP alone.
    pub(super) fn open(&self) -> Result<CheckConnection, StepError> {
        if self.is_canceled() {
            return Err(self.problem(Trouble::Canceled));
        }
        let deadline = Instant::now() + self.timeout;
        let pause = || self.pause_until(deadline).map_err(|_| io::Error::from(ErrorKind::TimedOut));
        CheckConnection::open(self.address()?, pause).map_err(|error| {
            // A connection attempt that the user canceled ends like one without an answer.
            if error.kind() == ErrorKind::TimedOut {
                return self.problem(Trouble::Unanswered);
            }
            self.io_problem(&error)
        })
    }

    /// Connects, with the TLS handshake if there is TLS.
    pub(super) fn connect(&self) -> Result<CheckConnection, StepError> {
        let mut connection = self.open()?;
        self.start_tls(&mut connection)?;
        self.handshake(&mut connection)?;
        Ok(connection)
    }

    /// Starts TLS if there is TLS.
    pub(super) fn start_tls(&self, connection: &mut CheckConnection) -> Result<(), StepError> {
        let Some(choices) = &self.tls else { return Ok(()) };
        let connector = Connector::new(choices, self.host)
            .map_err(|error| self.problem(Trouble::Error(error.to_string())))?;
        connection.start_tls(connector).map_err(|error| self.io_problem(&error))
    }

    /// Completes the TLS handshake.
    pub(super) fn handshake(&self, connection: &mut CheckConnection) -> Result<(), StepError> {
        let start = Instant::now();
        while connection.is_handshaking() {
            connection.advance_handshake().map_err(|error| self.io_problem(&error))?;
            if connection.is_handshaking() {
                self.pause_until(start + self.timeout)?;
            }
        }
        Ok(())
    }

    /// Pauses for a moment, unless the time is over or the checks are canceled.
    pub(super) fn pause_until(&self, deadline: Instant) -> Result<(), StepError> {
        if Instant::now() >= deadline || self.is_canceled() {
            return Err(self.problem(Trouble::Silent));
        }
        thread::sleep(PAUSE);
        Ok(())
    }

    /// Sends data and expects the same data back.
    pub(super) fn echo(&self, connection: &mut CheckConnection, data: &[u8]) -> Result<(), StepError> {
        self.transfer(connection, &Plan { data, ..Plan::default() })
    }

    /// Sends data in parts with a pause after each, and expects all of it back.
    pub(super) fn echo_parts(
        &self,
        connection: &mut CheckConnection,
        parts: &[&[u8]],
        pause: Duration,
    ) -> Result<(), StepError> {
        let data = parts.concat();
        let mut sent = 0;
        for part in parts {
            // An error will show when the rest is sent or received.
            sent += connection.send(part).unwrap_or_default();
            thread::sleep(pause);
        }
        self.echo_rest(connection, &data, sent)
    }

    /// Sends the rest of data of which `sent` bytes are sent already, and expects all of it back.
    pub(super) fn echo_rest(
        &self,
        connection: &mut CheckConnection,
        data: &[u8],
        sent: usize,
    ) -> Result<(), StepError> {
        self.transfer(connection, &Plan { data, sent, ..Plan::default() })
    }

    /// Sends data, ends this side of the stream, and expects the same data back. Begins to read as late as
    /// [`CheckTarget::echo_late`].
    pub(super) fn finish_and_echo(
        &self,
        connection: &mut CheckConnection,
        data: &[u8],
        lateness: Duration,
    ) -> Result<(), StepError> {
        self.transfer(connection, &Plan { data, lateness: Some(lateness), finish: true, ..Plan::default() })
    }

    /// Sends data, expects the same data back, and begins to read only when nothing could be sent for `lateness`.
    pub(super) fn echo_late(
        &self,
        connection: &mut CheckConnection,
        data: &[u8],
        lateness: Duration,
    ) -> Result<(), StepError> {
        self.transfer(connection, &Plan { data, lateness: Some(lateness), ..Plan::default() })
    }

    fn transfer(&self, connection: &mut CheckConnection, plan: &Plan<'_>) -> Result<(), StepError> {
        let &Plan { data, mut sent, lateness, finish } = plan;
        let start = Instant::now();
        let mut received = Vec::with_capacity(data.len());
        let mut buffer = vec![0; CHUNK];
        let (mut is_finished, mut is_reading) = (!finish, lateness.is_none());
        let mut last_progress = start;
        let mut is_right = true;
        let trouble = loop {
            let mut has_progress = false;
            let step = if sent < data.len() {
                connection.send(&data[sent..]).map(|count| {
                    sent += count;
                    has_progress |= count > 0;
                })
            } else {
                connection.flush().and_then(|is_flushed| {
                    if is_flushed && !is_finished {
                        is_finished = true;
                        has_progress = true;
                        connection.finish_sending()?;
                    }
                    Ok(())
                })
            };
            // Data that the server sent before it reset or closed the connection can still be received.
            let step = step.or_else(|error| if is_reset(&error) && is_reading { Ok(()) } else { Err(error) });
            if let Err(error) = step {
                break self.io_problem(&error).trouble;
            }
            is_reading |= lateness.is_some_and(|lateness| last_progress.elapsed() >= lateness);
            if is_reading {
                match connection.receive(&mut buffer) {
                    Ok(Received::Data(count)) => {
                        received.extend_from_slice(&buffer[..count]);
                        has_progress = true;
                        let from = received.len() - count;
                        is_right = is_right && data.get(from..received.len()) == Some(&received[from..]);
                    }
                    Ok(Received::Nothing) => {}
                    Ok(Received::End) => break Trouble::Closed,
                    Err(error) => break self.io_problem(&error).trouble,
                }
            }
            if is_right && received.len() == data.len() {
                return Ok(());
            }
            let now = Instant::now();
            if has_progress {
                last_progress = now;
            }
            let limit = if is_right { self.timeout } else { AFTER_DIFFERENCE };
            if now - last_progress >= limit || now - start >= self.timeout * STEPS {
                break Trouble::Silent;
            }
            if self.is_canceled() {
                break Trouble::Canceled;
            }
            if !has_progress {
                thread::sleep(PAUSE);
            }
        };
        let trouble = if is_right { trouble } else { Trouble::Differs };
        Err(StepError { sent: data.to_vec(), received, ..self.problem(trouble) })
    }

    /// Waits for the server's end of stream. Data before it is a difference.
    pub(super) fn expect_end(&self, connection: &mut CheckConnection) -> Result<(), StepError> {
        let start = Instant::now();
        loop {
            match connection.receive(&mut [0; 64]) {
                Ok(Received::End) => return Ok(()),
                Ok(Received::Nothing) => self.pause_until(start + self.timeout)?,
                Ok(Received::Data(_)) => return Err(self.problem(Trouble::Differs)),
                Err(error) => return Err(self.io_problem(&error)),
            }
        }
    }

    /// Closes a connection. Waits a moment for the server to close it, too: the next client then finds the server ready.
    pub(super) fn close(&self, mut connection: CheckConnection) {
        // This fails if the server has closed the connection.
        if connection.finish_sending().is_ok() {
            self.listen(&mut connection, CLOSE);
        }
    }

    /// Waits for `time`, and returns what the server sends meanwhile without having been asked.
    pub(super) fn listen(&self, connection: &mut CheckConnection, time: Duration) -> Vec<u8> {
        let start = Instant::now();
        let (mut received, mut buffer) = (Vec::new(), [0; 256]);
        while start.elapsed() < time && received.len() < CHUNK && !self.is_canceled() {
            match connection.receive(&mut buffer) {
                Ok(Received::Data(count)) => received.extend_from_slice(&buffer[..count]),
                Ok(Received::Nothing) => thread::sleep(PAUSE),
                Ok(Received::End) | Err(_) => break,
            }
        }
        received
    }
}
