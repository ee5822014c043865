//! A connected client: the handshake, what comes, and the snapshot of it all. What goes is `sending`'s.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use rustls::ClientConnection;

use crate::client::echo::{Back, EchoCheck};
use crate::client::event::{CloseHow, Closed, EventKind, Failure, Leave, PeerEnd, Stage};
use crate::client::mailbox::Mailbox;
use crate::client::outbox::Outbox;
use crate::client::run::{End, Run, enter};
use crate::client::status::{State, Status};
use crate::client::stream::{Defect, Got, Stream};
use crate::client::words;
use crate::tls::connecting::{Connector, Explained, gone_in_handshake, reset_in_handshake};

/// How much is read at once.
const BUFFER: usize = 64 << 10;
/// How often is read before writing gets its turn, so that neither starves.
const READS: usize = 16;

pub(super) struct Talk<'a> {
    pub(super) run: &'a mut Run,
    pub(super) stream: Stream,
    connector: Option<Connector>,
    pub(super) outbox: Outbox,
    pub(super) echo: EchoCheck,
    pub(super) state: State,
    opened: Instant,
    pub(super) sends: u64,
    pub(super) sent: u64,
    received: u64,
    /// Bytes that were forgotten.
    pub(super) unsent: u64,
    pub(super) half_close_pending: bool,
    /// In which way we leave, and until when.
    pub(super) leaving: Option<(Leave, Instant)>,
    /// FIN is to follow what TLS has still to say.
    pub(super) finish_pending: bool,
    /// Nothing can be written any more: what is still to be read tells why.
    pub(super) write_broken: bool,
    pub(super) blocked_since: Option<Instant>,
    /// When something came last, or when something was sent with nothing outstanding.
    pub(super) heard: Instant,
    /// Until when sending waits for its echo.
    pub(super) held_until: Option<Instant>,
    /// Sends that were told of and are not back.
    pub(super) told: VecDeque<u64>,
    buffer: Vec<u8>,
}

impl<'a> Talk<'a> {
    pub(super) fn new(
        run: &'a mut Run,
        socket: TcpStream,
        connector: Option<Connector>,
        tls: Option<ClientConnection>,
        took: Duration,
    ) -> Result<Self, End> {
        // What is typed goes at once, and not when the last piece was acknowledged (tcp(7)).
        let _ = socket.set_nodelay(true);
        let stream = Stream::new(socket, tls);
        let (local, peer) =
            stream.addresses().map_err(|error| End::Failed(words::broken(Stage::Connecting, &error)))?;
        run.shared.update(|status| {
            status.local = Some(local);
            status.peer = Some(peer);
        });
        run.shared.mailbox.tell(EventKind::Connected { local, peer, took });
        let state = if stream.tls().is_some() { State::Handshake } else { State::Open };
        enter(&run.shared, state);
        // An edge may have passed while we connected.
        (run.readable, run.writable) = (true, true);
        Ok(Self {
            run,
            stream,
            connector,
            outbox: Outbox::default(),
            echo: EchoCheck::default(),
            state,
            opened: Instant::now(),
            sends: 0,
            sent: 0,
            received: 0,
            unsent: 0,
            half_close_pending: false,
            leaving: None,
            finish_pending: false,
            write_broken: false,
            blocked_since: None,
            heard: Instant::now(),
            held_until: None,
            told: VecDeque::new(),
            buffer: vec![0; BUFFER],
        })
    }

    /// To the end of the connection.
    pub(super) fn talk(mut self) -> Result<Closed, End> {
        let how = self.go_on();
        // What was ordered in this very moment is not sent any more, and counts as such.
        for order in self.run.shared.take_orders().0 {
            self.outbox.take(order);
        }
        // Before the socket goes, so that nobody sees a closed connection that counts as open.
        self.publish();
        Ok(self.closed(how?))
    }

    fn go_on(&mut self) -> Result<CloseHow, End> {
        loop {
            if let Some(how) = self.take_orders()? {
                return Ok(how);
            }
            let mut more = false;
            if self.run.readable {
                match self.receive()? {
                    Received::Some => more = true,
                    Received::Nothing => {}
                    Received::End(how) => return Ok(self.peer_ended(how)),
                }
            }
            self.shake_hands();
            if self.state == State::Open && !self.write_broken {
                more |= self.send();
            }
            self.say_what_is_due();
            self.publish();
            let now = Instant::now();
            if let Some((how, _)) = self.leaving.filter(|(_, until)| *until <= now) {
                return Ok(CloseHow::Us(how));
            }
            let until =
                self.leaving.map(|(_, until)| until).or_else(|| self.outbox.due()).or(self.held_until);
            let time = if more || (self.write_broken && self.run.readable) {
                Some(Duration::ZERO)
            } else {
                until.map(|until| until.saturating_duration_since(now))
            };
            let stage = self.stage();
            self.run.wait(time).map_err(|error| End::Failed(words::no_means(stage, &error)))?;
        }
    }

    fn receive(&mut self) -> Result<Received, End> {
        for _ in 0..READS {
            match self.stream.read(&mut self.buffer) {
                Ok(Got::Data(count)) => self.took_in(count),
                Ok(Got::Nothing) if self.write_broken && self.leaving.is_none() => {
                    return Ok(Received::End(PeerEnd::Reset));
                }
                Ok(Got::Nothing) => {
                    self.run.readable = false;
                    return Ok(Received::Nothing);
                }
                Ok(Got::End(how)) if self.state == State::Handshake => {
                    let Explained { text, raw } = match how {
                        PeerEnd::Reset => reset_in_handshake("connection reset".to_owned()),
                        _ => gone_in_handshake(),
                    };
                    return Err(End::Failed(Failure { stage: Stage::Handshake, text, raw }));
                }
                // The system tells of RST once, and that may have been while writing.
                Ok(Got::End(how)) if self.write_broken && how != PeerEnd::CloseNotify => {
                    return Ok(Received::End(PeerEnd::Reset));
                }
                Ok(Got::End(how)) => return Ok(Received::End(how)),
                Err(_) if self.leaving.is_some() => return Ok(Received::End(PeerEnd::Reset)),
                Err(Defect::Tls(error)) => return Err(self.tls_failed(&error)),
                Err(Defect::System(error)) => {
                    return Err(End::Failed(words::broken(self.stage(), &error)));
                }
            }
        }
        Ok(Received::Some)
    }

    fn took_in(&mut self, count: usize) {
        let is_first = self.received == 0;
        self.received += count as u64;
        self.heard = Instant::now();
        let mut all_back = Vec::new();
        self.echo.received(&self.buffer[..count], self.heard, |back| all_back.push(back));
        // First the snapshot: who hears of something finds it there.
        self.publish();
        let data = &self.buffer[..count];
        let mailbox = &self.run.shared.mailbox;
        mailbox.tell_data(count, || EventKind::Received { data: data.into() });
        for back in all_back {
            tell_back(mailbox, &mut self.told, back);
        }
        if is_first && self.stream.tls().is_none() && looks_like_alert(data) {
            let text = "The server answered with a TLS alert: it speaks TLS, and took what we sent for a mistake. \
                        Turn TLS on here, or off there.";
            mailbox.tell(EventKind::Note { text: text.to_owned() });
        }
    }

    fn tls_failed(&mut self, error: &rustls::Error) -> End {
        // The alert that tells the server why; it may be gone already.
        let _ = self.stream.flush();
        let stage = self.stage();
        let in_handshake = stage == Stage::Handshake;
        let told = self.connector.as_ref().map(|connector| connector.failure(error, in_handshake));
        let Explained { text, raw } =
            told.unwrap_or_else(|| Explained { text: error.to_string(), raw: error.to_string() });
        End::Failed(Failure { stage, text, raw })
    }

    /// The handshake's end is told.
    fn shake_hands(&mut self) {
        if self.state != State::Handshake || self.stream.is_handshaking() {
            return;
        }
        if let (Some(connector), Some(tls)) = (&self.connector, self.stream.tls()) {
            let agreed = Arc::new(connector.agreed(tls, self.opened.elapsed()));
            self.run.shared.update(|status| status.agreed = Some(Arc::clone(&agreed)));
            self.run.shared.mailbox.tell(EventKind::Handshake(agreed));
        }
        self.enter(State::Open);
    }

    /// What can still be read tells why.
    pub(super) fn write_failed(&mut self) {
        self.write_broken = true;
        self.run.readable = true;
    }

    pub(super) fn enter(&mut self, state: State) {
        self.state = state;
        enter(&self.run.shared, state);
    }

    pub(super) fn stage(&self) -> Stage {
        if self.state == State::Handshake { Stage::Handshake } else { Stage::Open }
    }

    /// The snapshot.
    pub(super) fn publish(&self) {
        let mut changed = false;
        self.run.shared.update(|status| {
            let seen = |it: &Status| {
                let half = it.half_close_pending;
                (it.sent, it.received, it.queued, it.blocked_since, it.repeat, it.echo, half)
            };
            let before = seen(status);
            status.sends = self.sends;
            status.sent = self.sent;
            status.received = self.received;
            status.queued = self.outbox.queued();
            status.blocked_since = self.blocked_since;
            status.file = self.outbox.file();
            status.repeat = self.outbox.repetition();
            status.half_close_pending = self.half_close_pending;
            status.echo = self.echo.report();
            changed = before != seen(status);
        });
        if changed {
            // Not all of it is told by an event, and what is may have been looked at before.
            self.run.shared.mailbox.wake();
        }
    }

    fn closed(&self, how: CloseHow) -> Closed {
        Closed {
            how,
            sent: self.sent,
            received: self.received,
            unsent: self.unsent + self.outbox.queued(),
            lasted: self.opened.elapsed(),
        }
    }
}

/// What one turn of reading found.
enum Received {
    /// There may be more.
    Some,
    Nothing,
    End(PeerEnd),
}

/// Tells that a send is back, if it was told of that it went.
pub(super) fn tell_back(mailbox: &Mailbox, told: &mut VecDeque<u64>, back: Back) {
    while told.front().is_some_and(|number| *number < back.number) {
        told.pop_front();
    }
    if told.front() == Some(&back.number) {
        told.pop_front();
        let Back { number, verdict, round_trip } = back;
        mailbox.tell_beside(EventKind::Echoed { number, verdict, round_trip });
    }
}

/// A record of type alert, version 3.x, with two bytes in it (RFC 8446, section 5.1).
fn looks_like_alert(data: &[u8]) -> bool {
    matches!(data, [21, 3, 0..=4, 0, 2, _, _, ..])
}
