//! The blocks of a pcapng file, in memory until they are written.

use std::borrow::Cow;
use std::io;
use std::time::{Duration, SystemTime};

use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption, InterfaceTsResolution,
};
use pcap_file::pcapng::blocks::opt_common::CommonOption;
use pcap_file::pcapng::blocks::section_header::{SectionHeaderBlock, SectionHeaderOption};
use pcap_file::pcapng::blocks::unknown::UnknownBlock;
use pcap_file::pcapng::{PcapNgBlock, PcapNgWriter};
use pcap_file::{DataLink, Endianness};

/// The first four bytes of every pcapng file: the type of its section header.
pub(super) const MAGIC: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

/// The comment in the section header.
const COMMENT: &str = "\
Echoscope recorded what its server received and sent. The IP and TCP frames are synthetic: each holds what one recv() \
returned or one send() took, with the time of that call. The TCP handshake, acknowledgments, windows and checksums were \
computed. Not recorded: retransmissions, keep-alive probes, the real sizes of segments, and packets of connections that \
were not accepted. A comment on a packet marks each gap in the data.";

/// The type of a Decryption Secrets Block (draft-ietf-opsawg-pcapng, section 4.7).
const DECRYPTION_SECRETS: u32 = 0x0a;
/// The type of secrets that are the lines of a TLS key log.
const TLS_KEY_LOG: u32 = 0x544c_534b;

/// Blocks of a pcapng file that are waiting to be written.
pub(super) struct Blocks {
    writer: PcapNgWriter<Vec<u8>>,
    packets: u64,
    /// A comment that the next packet gets.
    note: Option<String>,
}

impl Blocks {
    /// Creates the blocks at the start of a file.
    pub(super) fn new() -> io::Result<Self> {
        let section = SectionHeaderBlock {
            endianness: Endianness::Little,
            options: vec![
                SectionHeaderOption::UserApplication(concat!("Echoscope ", env!("CARGO_PKG_VERSION")).into()),
                SectionHeaderOption::Common(CommonOption::Comment(COMMENT.into())),
            ],
            ..SectionHeaderBlock::default()
        };
        let interface = InterfaceDescriptionBlock {
            // Each frame begins with an IP header.
            linktype: DataLink::RAW,
            snaplen: 0,
            options: vec![
                InterfaceDescriptionOption::IfName("echoscope".into()),
                InterfaceDescriptionOption::IfTsResol(InterfaceTsResolution::NANO),
            ],
        };
        let mut writer = PcapNgWriter::with_section_header(Vec::new(), section).map_err(io::Error::other)?;
        writer.write_pcapng_block(interface).map_err(io::Error::other)?;
        Ok(Self { writer, packets: 0, note: None })
    }

    /// Adds a comment to the next packet.
    pub(super) fn note(&mut self, comment: String) {
        self.note = Some(comment);
    }

    /// Adds a packet, whose bytes begin with the IP header.
    pub(super) fn packet(&mut self, at: SystemTime, bytes: &[u8], comment: Option<String>) -> io::Result<()> {
        let packet = EnhancedPacketBlock {
            interface_id: 0,
            timestamp: at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO),
            original_len: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            data: Cow::Borrowed(bytes),
            options: self
                .note
                .take()
                .into_iter()
                .chain(comment)
                .map(|comment| EnhancedPacketOption::Common(CommonOption::Comment(comment.into())))
                .collect(),
        };
        self.writer.write_pcapng_block(packet).map_err(io::Error::other)?;
        self.packets += 1;
        Ok(())
    }

    /// Adds lines of a TLS key log. Wireshark decrypts only packets that come after them.
    pub(super) fn tls_keys(&mut self, lines: &str) -> io::Result<()> {
        let len = u32::try_from(lines.len()).map_err(io::Error::other)?;
        let mut value: Vec<u8> = [TLS_KEY_LOG.to_le_bytes(), len.to_le_bytes()].concat();
        value.extend_from_slice(lines.as_bytes());
        value.resize(value.len().next_multiple_of(4), 0);
        let block_len = u32::try_from(value.len() + 12).map_err(io::Error::other)?;
        let block = UnknownBlock::new(DECRYPTION_SECRETS, block_len, &value);
        self.writer.write_block(&block.into_block()).map_err(io::Error::other)?;
        Ok(())
    }

    /// Returns the number of packets that were added.
    pub(super) fn packets(&self) -> u64 {
        self.packets
    }

    /// Returns the bytes that are waiting. The caller clears those that it has written.
    pub(super) fn bytes(&mut self) -> &mut Vec<u8> {
        self.writer.get_mut()
    }
}
