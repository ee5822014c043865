//! The kinds of clients, well-behaved and misbehaving, and the result that each may expect.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::Duration;

use rustls::ClientConfig;
use socket2::SockRef;

use crate::random::Random;
use crate::tally::Tally;
use crate::target::Target;
use crate::waits::Waiting;
use crate::wire::{self, Wire};

/// The behavior of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Echo,
    HalfClose,
    Reset,
    NeverReads,
    Bytewise,
    Reconnect,
    Garbage,
    Vanish,
    Bulk,
    Stays,
}

impl Kind {
    pub(crate) const ALL: [Self; 10] = [
        Self::Echo,
        Self::HalfClose,
        Self::Reset,
        Self::NeverReads,
        Self::Bytewise,
        Self::Reconnect,
        Self::Garbage,
        Self::Vanish,
        Self::Bulk,
        Self::Stays,
    ];

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Echo => "echoed and compared",
            Self::HalfClose => "half-closed",
            Self::Reset => "reset",
            Self::NeverReads => "never read",
            Self::Bytewise => "byte by byte",
            Self::Reconnect => "came again",
            Self::Garbage => "sent garbage",
            Self::Vanish => "vanished at once",
            Self::Bulk => "bulk",
            Self::Stays => "stayed a while",
        }
    }

    /// Chooses a kind at random. Kinds that occupy a thread for long are rare.
    pub(crate) fn choose(random: &mut Random) -> Self {
        match random.between(0, 99) {
            0..=27 => Self::Echo,
            28..=39 => Self::HalfClose,
            40..=51 => Self::Reset,
            52..=54 => Self::NeverReads,
            55..=62 => Self::Bytewise,
            63..=70 => Self::Reconnect,
            71..=80 => Self::Garbage,
            81..=90 => Self::Vanish,
            91..=95 => Self::Bulk,
            _ => Self::Stays,
        }
    }
}

/// The reason why a visit failed.
#[derive(Debug)]
pub(crate) enum VisitError {
    /// The connection ended early, which is allowed while the server stops.
    Broken(String),
    /// The bytes that came back differ from those that were sent, which is never allowed.
    Wrong(String),
}

type VisitResult = Result<(), VisitError>;

/// A client's visit to a server.
pub(crate) struct Visit<'a> {
    pub(crate) target: &'a Target,
    pub(crate) random: &'a mut Random,
    pub(crate) waiting: &'a Waiting,
    pub(crate) tally: &'a Tally,
}

impl Visit<'_> {
    pub(crate) fn make(&mut self, kind: Kind) -> VisitResult {
        match kind {
            Kind::Echo => self.echo(),
            Kind::HalfClose => self.half_close(),
            Kind::Reset => self.reset(),
            Kind::NeverReads => self.never_reads(),
            Kind::Bytewise => self.bytewise(),
            Kind::Reconnect => self.reconnect(),
            Kind::Garbage => self.garbage(),
            Kind::Vanish => self.vanish(),
            Kind::Bulk => self.bulk(),
            Kind::Stays => self.stays(),
        }
    }

    fn echo(&mut self) -> VisitResult {
        let mut wire = self.open(false)?;
        for _ in 0..self.random.between(1, 12) {
            let length = self.random_length(8192);
            self.round_trip(&mut *wire, length)?;
        }
        self.close_cleanly(wire)
    }

    fn half_close(&mut self) -> VisitResult {
        let mut wire = self.open(false)?;
        let length = self.random_length(200_000);
        let data = self.random.bytes(length);
        self.waiting.restart_for("the whole echo after the end of what was sent");
        wire.write_all(&data).map_err(broken("write"))?;
        wire.end_sending().map_err(broken("end of stream"))?;
        let mut back = Vec::new();
        let end = wire.read_to_end(&mut back);
        self.expect_all(&data, &back, end.map(drop))
    }

    fn reset(&mut self) -> VisitResult {
        let tcp = self.connect()?;
        let early = self.random.one_in(4);
        let mut wire = if early { wire::plain(tcp, false) } else { self.shake_hands(tcp, false, None)? };
        for _ in 0..self.random.between(0, 3) {
            let length = self.random_length(20_000);
            let data = self.random.bytes(length);
            // If `early`, these bytes are garbage to a TLS server, and it may have closed the connection already.
            let _ = wire.write_all(&data);
            if !early && self.random.one_in(2) {
                let _ = wire.read(&mut [0; 4096]);
            }
        }
        SockRef::from(wire.tcp()).set_linger(Some(Duration::ZERO)).map_err(broken("SO_LINGER"))
    }

    fn never_reads(&mut self) -> VisitResult {
        let mut wire = self.open(false)?;
        let data = self.random.bytes(65_536);
        wire.tcp().set_write_timeout(Some(Duration::from_millis(100))).map_err(broken("time limit"))?;
        // Write until all buffers are full or the server closes the connection.
        for _ in 0..400 {
            if wire.write_all(&data).is_err() {
                break;
            }
        }
        self.pause(200, 1200);
        Ok(())
    }

    fn bytewise(&mut self) -> VisitResult {
        let mut wire = self.open(true)?;
        for _ in 0..self.random.between(5, 60) {
            self.round_trip(&mut *wire, 1)?;
            self.pause(0, 8);
        }
        self.close_cleanly(wire)
    }

    /// Connects three times in turn. With TLS, each connection after the first resumes the session.
    fn reconnect(&mut self) -> VisitResult {
        let config = self.config()?;
        for turn in 0..3 {
            let tcp = self.connect()?;
            let mut wire = self.shake_hands(tcp, false, config.clone())?;
            let length = self.random_length(2000);
            self.round_trip(&mut *wire, length)?;
            if turn > 0 && config.is_some() && self.target.tickets {
                if !wire.is_resumed() {
                    return Err(VisitError::Broken(format!("visit {turn} made a full handshake")));
                }
                self.tally.resumed.fetch_add(1, Relaxed);
            }
            self.close_cleanly(wire)?;
        }
        Ok(())
    }

    fn garbage(&mut self) -> VisitResult {
        let mut tcp = self.connect()?;
        let length = self.random_length(3000);
        let mut data = match self.random.between(0, 4) {
            0 => b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
            // A handshake record that claims more than the allowed length and never becomes complete.
            1 => vec![22, 3, 1, 255, 255, 1, 0],
            2 => vec![22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3],
            // Application data before the handshake.
            3 => vec![23, 3, 3, 0, 20],
            _ => Vec::new(),
        };
        data.extend(self.random.bytes(length));
        self.waiting.restart_for("the end of a connection with garbage");
        let sent = tcp.write_all(&data).and_then(|()| tcp.shutdown(Shutdown::Write));
        let mut back = Vec::new();
        let end = tcp.read_to_end(&mut back);
        if self.target.trusted.is_some() {
            // The connection may end in any way, but it must end.
            return match end {
                Err(error) if is_timeout(&error) => Err(VisitError::Broken("garbage held on to".to_owned())),
                _ => Ok(()),
            };
        }
        self.expect_all(&data, &back, sent.and(end.map(drop)))
    }

    fn vanish(&mut self) -> VisitResult {
        for _ in 0..self.random.between(1, 10) {
            drop(self.connect()?);
        }
        Ok(())
    }

    fn bulk(&mut self) -> VisitResult {
        let tcp = self.connect()?;
        let block = self.random.bytes(65_536);
        // Every `recv` call has a cost, so large transfers take very long with few bytes per call.
        let blocks = (self.target.recv_size / 8).clamp(1, self.random.length(8, 128));
        if self.target.trusted.is_some() {
            let mut wire = self.shake_hands(tcp, false, None)?;
            for _ in 0..blocks {
                self.send_and_compare(&mut *wire, &block)?;
            }
            return self.close_cleanly(wire);
        }
        let mut reader = tcp;
        let mut writer = reader.try_clone().map_err(broken("second handle"))?;
        let read = thread::scope(|scope| {
            let block = &block;
            let written = scope.spawn(move || {
                (0..blocks).try_for_each(|_| writer.write_all(block))?;
                writer.shutdown(Shutdown::Write)
            });
            let read = self.read_blocks(&mut reader, block, blocks);
            if read.is_err() {
                // Otherwise the writer would wait for a reader that has stopped.
                let _ = reader.shutdown(Shutdown::Both);
            }
            let written = written.join().map_err(|_| VisitError::Wrong("the writer panicked".to_owned()))?;
            read.and(written.map_err(broken("bulk write")))
        });
        read?;
        self.expect_end(&mut reader)
    }

    fn read_blocks(&mut self, reader: &mut TcpStream, block: &[u8], blocks: usize) -> VisitResult {
        let mut back = vec![0; block.len()];
        for _ in 0..blocks {
            self.waiting.restart_for("a block of bulk data");
            reader.read_exact(&mut back).map_err(broken("bulk read"))?;
            if back != block {
                return Err(wrong(block, &back));
            }
            self.tally.compared.fetch_add(back.len() as u64, Relaxed);
        }
        Ok(())
    }

    fn stays(&mut self) -> VisitResult {
        let mut wire = self.open(false)?;
        self.round_trip(&mut *wire, 100)?;
        self.pause(500, 3000);
        self.round_trip(&mut *wire, 100)?;
        self.close_cleanly(wire)
    }

    /// Checks that all sent bytes came back before the end of the stream. A shorter echo means a broken connection,
    /// a different one is wrong.
    fn expect_all(&self, sent: &[u8], back: &[u8], end: io::Result<()>) -> VisitResult {
        if !sent.starts_with(back) {
            return Err(wrong(sent, back));
        }
        self.tally.compared.fetch_add(back.len() as u64, Relaxed);
        end.map_err(broken("read to the end"))?;
        if back.len() < sent.len() {
            return Err(VisitError::Broken(format!("{} of {} bytes came back", back.len(), sent.len())));
        }
        Ok(())
    }

    /// Returns a random length up to `most`; half of the time at most 200. The limit is lower for a server with a
    /// small recv size.
    fn random_length(&mut self, most: usize) -> usize {
        let most = most.min(self.target.recv_size.saturating_mul(2000)).max(1);
        let most = if self.random.one_in(2) { most } else { most.min(200) };
        self.random.length(1, most)
    }

    fn pause(&mut self, least: u64, most: u64) {
        self.waiting.restart_for("a pause of its own");
        thread::sleep(Duration::from_millis(self.random.between(least, most)));
    }

    fn connect(&mut self) -> Result<TcpStream, VisitError> {
        let address = self.random.pick(&self.target.addresses);
        self.waiting.restart_for("the connection");
        loop {
            match wire::connect(address) {
                // All client ports are in use at the moment.
                Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => {
                    thread::sleep(Duration::from_millis(100));
                }
                connected => {
                    self.tally.connections.fetch_add(1, Relaxed);
                    return connected.map_err(broken("connect"));
                }
            }
        }
    }

    fn open(&mut self, bytewise: bool) -> Result<Box<dyn Wire>, VisitError> {
        let tcp = self.connect()?;
        self.shake_hands(tcp, bytewise, None)
    }

    /// Returns a TLS client configuration without saved sessions; `None` without TLS.
    fn config(&self) -> Result<Option<Arc<ClientConfig>>, VisitError> {
        let trusted = self.target.trusted.as_deref();
        trusted.map(|trusted| wire::trusting(trusted).map_err(broken("trust"))).transpose()
    }

    fn shake_hands(
        &self,
        tcp: TcpStream,
        bytewise: bool,
        shared_config: Option<Arc<ClientConfig>>,
    ) -> Result<Box<dyn Wire>, VisitError> {
        let config = if shared_config.is_some() { shared_config } else { self.config()? };
        let Some(config) = config else { return Ok(wire::plain(tcp, bytewise)) };
        self.waiting.restart_for("the TLS handshake");
        wire::tls(tcp, bytewise, &config).map_err(broken("TLS handshake"))
    }

    fn round_trip(&mut self, wire: &mut dyn Wire, length: usize) -> VisitResult {
        let data = self.random.bytes(length);
        self.send_and_compare(wire, &data)
    }

    fn send_and_compare(&mut self, wire: &mut dyn Wire, data: &[u8]) -> VisitResult {
        self.waiting.restart_for("an echo");
        wire.write_all(data).and_then(|()| wire.flush()).map_err(broken("write"))?;
        let mut back = vec![0; data.len()];
        wire.read_exact(&mut back).map_err(broken("read"))?;
        if back != data {
            return Err(wrong(data, &back));
        }
        self.tally.compared.fetch_add(data.len() as u64, Relaxed);
        Ok(())
    }

    fn close_cleanly(&mut self, mut wire: Box<dyn Wire>) -> VisitResult {
        wire.end_sending().map_err(broken("end of stream"))?;
        self.expect_end(&mut *wire)
    }

    fn expect_end(&mut self, wire: &mut (impl Read + ?Sized)) -> VisitResult {
        self.waiting.restart_for("the server's end of stream");
        match wire.read(&mut [0; 64]).map_err(broken("the server's end"))? {
            0 => Ok(()),
            more => Err(VisitError::Wrong(format!("{more} bytes arrived that no client sent"))),
        }
    }
}

fn broken(what: &'static str) -> impl Fn(io::Error) -> VisitError {
    move |error| VisitError::Broken(format!("{what}: {error}"))
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

fn wrong(sent: &[u8], back: &[u8]) -> VisitError {
    let at = sent.iter().zip(back).position(|(sent, back)| sent != back);
    let at = at.map_or_else(|| format!("{} bytes came back", back.len()), |at| format!("byte {at} differs"));
    VisitError::Wrong(format!("of {} bytes {at}", sent.len()))
}
