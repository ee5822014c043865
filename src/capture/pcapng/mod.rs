//! Writes connections as pcapng files (draft-ietf-opsawg-pcapng), which Wireshark reads.
//!
//! The server sees bytes, not packets. So the IP and TCP frames in a file are synthetic: [`TcpConnection`] makes them from
//! what `recv` returned and `send` took, and [`Blocks`] holds them as blocks of the file.
//!
//! ```text
//! captures in memory ───────────────────► save() ──┐
//!                                                  ├─► TcpConnection ─► Blocks ─► file
//! connections ─► FileConnection ─► queue ─► CaptureFile's thread ──┘
//! ```

mod blocks;
mod capture_file;
mod saved;
mod tcp_connection;
mod tls_keys;

use blocks::Blocks;
use tcp_connection::TcpConnection;

pub(crate) use capture_file::FileConnection;
pub use capture_file::{CaptureFile, CaptureFileError, LeftOut, Written};
pub use saved::{SavedPackets, save};
pub use tls_keys::TlsKeys;
