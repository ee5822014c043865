//! One of a crowd: connects, sends its line, compares what comes back, and stays.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

use crate::client::event::{Failure, PeerEnd, Stage};
use crate::client::stream::{Defect, Got, Stream};
use crate::client::words::{self, Refused};
use crate::tls::connecting::{Connector, Explained, gone_in_handshake, reset_in_handshake};

/// What all of them are made with.
pub(super) struct Plan {
    /// In the order in which they are tried.
    pub(super) addresses: Vec<SocketAddr>,
    pub(super) connector: Option<Connector>,
    /// How long an address may take to answer.
    pub(super) timeout: Duration,
}

pub(super) struct Member {
    /// From 1.
    pub(super) number: u16,
    pub(super) place: Place,
    /// Addresses that did not answer.
    refused: Vec<Refused>,
    line: Vec<u8>,
    /// How much of the line has gone, and how much has come back.
    gone: usize,
    back: usize,
}

/// How far it has come.
pub(super) enum Place {
    /// It has its turn with the next step.
    Ready,
    /// A SYN was sent; until then it may be answered.
    Connecting(TcpStream, Instant),
    /// Connected; the handshake, the line or its echo is under way.
    Talking(Box<Stream>),
    /// It has its echo.
    Stays(Box<Stream>),
    /// It said goodbye.
    Leaving(Box<Stream>),
    /// It has gone in order.
    Left,
    /// It has not.
    Failed(Failure),
}

impl Member {
    pub(super) fn new(number: u16, of: u16) -> Self {
        let line = format!("Hello from client {number} of {of}\n").into_bytes();
        Self { number, place: Place::Ready, refused: Vec::new(), line, gone: 0, back: 0 }
    }

    /// Until when it waits for an answer, where it does.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.place {
            Place::Connecting(_, until) => Some(until),
            _ => None,
        }
    }

    /// Whether its line has come back.
    pub(super) fn has_echo(&self) -> bool {
        self.back == self.line.len()
    }

    /// Goes as far as it can without waiting.
    pub(super) fn step(&mut self, plan: &Plan, registry: &Registry) {
        if matches!(self.place, Place::Ready | Place::Connecting(..)) {
            self.dial(plan, registry);
        }
        if matches!(self.place, Place::Talking(_) | Place::Stays(_) | Place::Leaving(_)) {
            self.place = match std::mem::replace(&mut self.place, Place::Left) {
                Place::Talking(stream) => self.talk(stream, plan),
                Place::Stays(stream) => self.stay(stream, plan),
                Place::Leaving(stream) => wait_for_end(stream),
                place => place,
            };
        }
    }

    /// Says goodbye, or gives up where there is nobody yet to say it to.
    pub(super) fn let_go(&mut self) {
        self.place = match std::mem::replace(&mut self.place, Place::Left) {
            Place::Talking(mut stream) | Place::Stays(mut stream) => {
                if !stream.is_handshaking() {
                    stream.say_goodbye();
                }
                // What finds no room now belongs to a server that takes nothing.
                let _ = stream.flush();
                stream.finish();
                Place::Leaving(stream)
            }
            Place::Ready | Place::Connecting(..) => Place::Left,
            place => place,
        };
    }

    /// Closes at once.
    pub(super) fn end(&mut self) {
        self.let_go();
        if matches!(self.place, Place::Leaving(_)) {
            self.place = Place::Left;
        }
    }

    fn dial(&mut self, plan: &Plan, registry: &Registry) {
        loop {
            let error = match std::mem::replace(&mut self.place, Place::Ready) {
                Place::Connecting(socket, until) => match connected(&socket) {
                    Ok(true) => return self.connected(socket, plan),
                    Ok(false) if Instant::now() < until => {
                        self.place = Place::Connecting(socket, until);
                        return;
                    }
                    Ok(false) => io::ErrorKind::TimedOut.into(),
                    Err(error) => error,
                },
                _ => match self.begin(plan, registry) {
                    Ok(socket) => {
                        self.place = Place::Connecting(socket, Instant::now() + plan.timeout);
                        continue;
                    }
                    Err(error) => error,
                },
            };
            let Some(address) = plan.addresses.get(self.refused.len()).copied() else { return };
            let silent = error.kind() == io::ErrorKind::TimedOut && address.ip().is_loopback();
            self.refused.push(Refused { address, error });
            // The next one of a silent loopback is the same computer.
            if silent || self.refused.len() >= plan.addresses.len() {
                self.place = Place::Failed(words::not_connected(&self.refused, plan.timeout));
                return;
            }
        }
    }

    fn begin(&self, plan: &Plan, registry: &Registry) -> io::Result<TcpStream> {
        let address = plan.addresses.get(self.refused.len()).ok_or(io::ErrorKind::AddrNotAvailable)?;
        let mut socket = TcpStream::connect(*address)?;
        let both = Interest::READABLE | Interest::WRITABLE;
        registry.register(&mut socket, Token(usize::from(self.number)), both)?;
        Ok(socket)
    }

    fn connected(&mut self, socket: TcpStream, plan: &Plan) {
        let tls = match plan.connector.as_ref().map(Connector::connection).transpose() {
            Ok(tls) => tls,
            Err(error) => {
                let raw = error.raw().unwrap_or_default();
                let failure = Failure { stage: Stage::Preparing, text: error.to_string(), raw };
                self.place = Place::Failed(failure);
                return;
            }
        };
        let _ = socket.set_nodelay(true);
        self.place = Place::Talking(Box::new(Stream::new(socket, tls)));
    }

    fn talk(&mut self, mut stream: Box<Stream>, plan: &Plan) -> Place {
        let mut buffer = [0; 512];
        loop {
            // Reading is what drives TLS's handshake, too.
            let nothing_came = match self.receive(&mut stream, &mut buffer, plan) {
                Ok(came) => !came,
                Err(place) => return place,
            };
            if self.has_echo() {
                return self.stay(stream, plan);
            }
            match self.send(&mut stream) {
                Ok(false) if nothing_came => return Place::Talking(stream),
                Ok(_) => {}
                // What can still be read tells why.
                Err(error) => {
                    return match self.receive(&mut stream, &mut buffer, plan) {
                        Err(place) => place,
                        Ok(_) => Place::Failed(words::broken(stage(&stream), &error)),
                    };
                }
            }
        }
    }

    /// Sends what is left of the line once TLS is ready. Whether anything went.
    fn send(&mut self, stream: &mut Stream) -> io::Result<bool> {
        stream.flush()?;
        if stream.is_handshaking() || self.gone == self.line.len() {
            return Ok(false);
        }
        let count = stream.write(&self.line[self.gone..])?;
        self.gone += count;
        Ok(count > 0)
    }

    /// Reads all that is there. Whether there was anything; an error is where that leads.
    fn receive(&mut self, stream: &mut Stream, buffer: &mut [u8], plan: &Plan) -> Result<bool, Place> {
        let mut any = false;
        loop {
            match stream.read(buffer) {
                Ok(Got::Data(count)) => {
                    any = true;
                    self.compare(&buffer[..count]).map_err(Place::Failed)?;
                }
                Ok(Got::Nothing) => return Ok(any),
                Ok(Got::End(how)) => return Err(self.ended(stream, how)),
                Err(Defect::Tls(error)) => {
                    // The alert that tells the server why; it may be gone already.
                    let _ = stream.flush();
                    let stage = stage(stream);
                    let told =
                        plan.connector.as_ref().map(|it| it.failure(&error, stage == Stage::Handshake));
                    let Explained { text, raw } =
                        told.unwrap_or_else(|| Explained { text: error.to_string(), raw: error.to_string() });
                    return Err(Place::Failed(Failure { stage, text, raw }));
                }
                Err(Defect::System(error)) => {
                    return Err(Place::Failed(words::broken(stage(stream), &error)));
                }
            }
        }
    }

    fn compare(&mut self, data: &[u8]) -> Result<(), Failure> {
        let expected = &self.line[self.back.min(self.gone)..self.gone];
        if data.len() > expected.len() {
            return Err(not_an_echo(
                "More came back than was sent. This server is no echo server: check the host and the port.",
                data,
            ));
        }
        if data != &expected[..data.len()] {
            return Err(not_an_echo(
                "Something else came back than was sent. This server is no echo server: check the host and the port.",
                data,
            ));
        }
        self.back += data.len();
        Ok(())
    }

    /// The server ended its side.
    fn ended(&self, stream: &Stream, how: PeerEnd) -> Place {
        if stream.is_handshaking() {
            let Explained { text, raw } = match how {
                PeerEnd::Reset => reset_in_handshake("connection reset".to_owned()),
                _ => gone_in_handshake(),
            };
            return Place::Failed(Failure { stage: Stage::Handshake, text, raw });
        }
        if self.has_echo() {
            return Place::Left;
        }
        let text = match how {
            PeerEnd::Reset => {
                "The server reset the connection before the line had come back. Look at its log."
            }
            _ => "The server closed the connection before the line had come back. Look at its log.",
        };
        Place::Failed(Failure { stage: Stage::Open, text: text.to_owned(), raw: format!("{how:?}") })
    }

    /// It has its echo: nothing more is to come but the server's end.
    fn stay(&mut self, mut stream: Box<Stream>, plan: &Plan) -> Place {
        match self.receive(&mut stream, &mut [0; 512], plan) {
            Ok(_) => Place::Stays(stream),
            Err(place) => place,
        }
    }
}

fn stage(stream: &Stream) -> Stage {
    if stream.is_handshaking() { Stage::Handshake } else { Stage::Open }
}

fn not_an_echo(text: &str, data: &[u8]) -> Failure {
    Failure { stage: Stage::Open, text: text.to_owned(), raw: String::from_utf8_lossy(data).into_owned() }
}

/// Whether TCP's handshake is done.
fn connected(socket: &TcpStream) -> io::Result<bool> {
    if let Some(error) = socket.take_error()? {
        return Err(error);
    }
    let Ok(peer) = socket.peer_addr() else { return Ok(false) };
    if socket.local_addr().is_ok_and(|local| local == peer) {
        // Nobody listens, and the system chose this very port for us: TCP connects to itself (RFC 9293, section 3.5).
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    Ok(true)
}

/// It said goodbye: whatever still comes is passed over, up to the server's end.
fn wait_for_end(mut stream: Box<Stream>) -> Place {
    loop {
        match stream.read(&mut [0; 512]) {
            Ok(Got::Data(_)) => {}
            Ok(Got::Nothing) => return Place::Leaving(stream),
            Ok(Got::End(_)) | Err(_) => return Place::Left,
        }
    }
}
