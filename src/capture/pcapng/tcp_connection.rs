//! Makes the IP and TCP frames of one connection.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::SystemTime;

use etherparse::{PacketBuilder, TcpHeader, TcpOptionElement};

use crate::capture::captures::Side;
use crate::capture::pcapng::Blocks;
use crate::text::count;

/// The most data bytes in a frame: the 65,535 bytes of an IPv4 packet without its two headers of 20 bytes.
const MAX_SEGMENT: u16 = 65_495;
/// The receive window of both sides is 65,535 times 2 to the power of this number: 8 MiB (RFC 7323, section 2.2).
const WINDOW_SCALE: u8 = 7;
/// How many bytes may be unacknowledged before the other side acknowledges them in a frame of its own.
const MAX_UNACKNOWLEDGED: u32 = 1 << 20;
/// The hop limit of all packets.
const HOPS: u8 = 64;

/// One connection, as its frames have shown it so far.
pub(super) struct TcpConnection {
    /// The client and the server, by [`Side::index`].
    ends: [End; 2],
    /// Whether the connection was reset or lost, so that no frame follows.
    is_over: bool,
}

/// One side of a connection.
struct End {
    address: SocketAddr,
    /// The sequence number of the next byte. The first one has number 1, since the SYN has number 0.
    next: u32,
    /// The sequence number up to which the other side has acknowledged the bytes.
    acknowledged: u32,
    /// The number of bytes before the next frame that are missing.
    missing: u64,
    has_sent_fin: bool,
}

/// The flags of a frame. All but the first SYN also have ACK.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flag {
    Syn,
    Ack,
    Push,
    Fin,
    Reset,
}

impl TcpConnection {
    /// Adds the TCP handshake of a connection.
    pub(super) fn open(
        blocks: &mut Blocks,
        at: SystemTime,
        client: SocketAddr,
        server: SocketAddr,
    ) -> io::Result<Self> {
        let ends = [client, server].map(|address| End {
            address: SocketAddr::new(address.ip().to_canonical(), address.port()),
            next: 0,
            acknowledged: 0,
            missing: 0,
            has_sent_fin: false,
        });
        let mut connection = Self { ends, is_over: false };
        connection.frame(blocks, at, Side::Client, Flag::Syn, &[])?;
        connection.frame(blocks, at, Side::Server, Flag::Syn, &[])?;
        connection.frame(blocks, at, Side::Client, Flag::Ack, &[])?;
        Ok(connection)
    }

    /// Adds data that a side sent.
    pub(super) fn data(
        &mut self,
        blocks: &mut Blocks,
        at: SystemTime,
        side: Side,
        data: &[u8],
    ) -> io::Result<()> {
        let data = if self.is_over { &[] } else { data };
        for segment in data.chunks(MAX_SEGMENT.into()) {
            self.frame(blocks, at, side, Flag::Push, segment)?;
            let end = &self.ends[side.index()];
            if end.next.wrapping_sub(end.acknowledged) >= MAX_UNACKNOWLEDGED {
                self.frame(blocks, at, side.other(), Flag::Ack, &[])?;
            }
        }
        Ok(())
    }

    /// Leaves out bytes that a side sent, because they are not known. The next frame gets a comment.
    pub(super) fn skip(&mut self, side: Side, bytes: u64) {
        let end = &mut self.ends[side.index()];
        end.missing += bytes;
        #[expect(clippy::cast_possible_truncation, reason = "sequence numbers are counted modulo 2^32")]
        let bytes = bytes as u32;
        end.next = end.next.wrapping_add(bytes);
    }

    /// Adds the FIN of a side, once, and its acknowledgment.
    pub(super) fn fin(&mut self, blocks: &mut Blocks, at: SystemTime, side: Side) -> io::Result<()> {
        if self.is_over || std::mem::replace(&mut self.ends[side.index()].has_sent_fin, true) {
            return Ok(());
        }
        self.frame(blocks, at, side, Flag::Fin, &[])?;
        self.frame(blocks, at, side.other(), Flag::Ack, &[])
    }

    /// Adds the client's RST. Nothing follows it.
    pub(super) fn reset(&mut self, blocks: &mut Blocks, at: SystemTime) -> io::Result<()> {
        self.finish(blocks, at)?;
        self.is_over = true;
        self.frame(blocks, at, Side::Client, Flag::Reset, &[])
    }

    /// Ends the connection without a frame: the OS gave it up.
    pub(super) fn lost(&mut self, blocks: &mut Blocks, at: SystemTime) -> io::Result<()> {
        self.finish(blocks, at)?;
        self.is_over = true;
        Ok(())
    }

    /// Ends the connection, which the server has closed. If the server could not send FIN, the client had reset the
    /// connection: its OS answers data with RST after the client has closed its socket (RFC 1122, section 4.2.2.13).
    pub(super) fn close(&mut self, blocks: &mut Blocks, at: SystemTime) -> io::Result<()> {
        if !self.is_over && !self.ends[Side::Server.index()].has_sent_fin {
            return self.reset(blocks, at);
        }
        self.finish(blocks, at)
    }

    /// Adds a frame for each gap that has no comment yet.
    pub(super) fn finish(&mut self, blocks: &mut Blocks, at: SystemTime) -> io::Result<()> {
        for side in [Side::Client, Side::Server] {
            if !self.is_over && self.ends[side.index()].missing > 0 {
                self.frame(blocks, at, side, Flag::Ack, &[])?;
            }
        }
        Ok(())
    }

    fn frame(
        &mut self,
        blocks: &mut Blocks,
        at: SystemTime,
        side: Side,
        flag: Flag,
        data: &[u8],
    ) -> io::Result<()> {
        let (end, peer) = (&self.ends[side.index()], &self.ends[side.other().index()]);
        let is_first = flag == Flag::Syn && side == Side::Client;
        let window = if flag == Flag::Reset { 0 } else { u16::MAX };
        let mut header = TcpHeader::new(end.address.port(), peer.address.port(), end.next, window);
        header.ack = !is_first;
        header.acknowledgment_number = if is_first { 0 } else { peer.next };
        match flag {
            Flag::Syn => {
                header.syn = true;
                let options = [
                    TcpOptionElement::MaximumSegmentSize(MAX_SEGMENT),
                    TcpOptionElement::WindowScale(WINDOW_SCALE),
                ];
                header.set_options(&options).map_err(io::Error::other)?;
            }
            Flag::Ack => {}
            Flag::Push => header.psh = true,
            Flag::Fin => header.fin = true,
            Flag::Reset => header.rst = true,
        }
        let packet = match (end.address.ip(), peer.address.ip()) {
            (IpAddr::V4(from), IpAddr::V4(to)) => PacketBuilder::ipv4(from.octets(), to.octets(), HOPS),
            (from, to) => PacketBuilder::ipv6(ipv6(from), ipv6(to), HOPS),
        };
        let packet = packet.tcp_header(header);
        let mut bytes = Vec::with_capacity(packet.size(data.len()));
        packet.write(&mut bytes, data).map_err(io::Error::other)?;

        let [end, peer] = self.ends_of(side);
        let missing = std::mem::take(&mut end.missing);
        let comment =
            (missing > 0).then(|| format!("{} before this packet not recorded.", count(missing, "byte")));
        // SYN and FIN each take a sequence number (RFC 9293, section 3.4).
        let numbers = data.len() + usize::from(matches!(flag, Flag::Syn | Flag::Fin));
        end.next = end.next.wrapping_add(u32::try_from(numbers).unwrap_or(u32::MAX));
        peer.acknowledged = peer.next;
        blocks.packet(at, &bytes, comment)
    }

    /// Returns this side and the other one.
    fn ends_of(&mut self, side: Side) -> [&mut End; 2] {
        let [client, server] = &mut self.ends;
        match side {
            Side::Client => [client, server],
            Side::Server => [server, client],
        }
    }
}

fn ipv6(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    }
}
