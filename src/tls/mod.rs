//! TLS without sockets: certificates and keys, rustls' configurations, and the parameters that a handshake negotiated.
//!
//! ```text
//!  load ──┬──> server_config ──> TlsServer ──> Handshake or ServerTlsError
//!         └──> client_config ──> Connector ──> ClientHandshake or ClientTlsError
//! ```
//!
//! [`load`] reads the files (with `pem`, `der` and `key_type`), `certificate` holds the fields of a certificate,
//! [`inspect`] predicts how clients will treat it, and [`create`] creates certificates. [`client_commands`] returns command
//! lines that connect and check it. [`client_hello`] parses what a client offers, [`early_data`] recognizes what to skip,
//! and [`names`] contains the names of the numbers in it. Errors are values ([`file_error`], [`session_error`]);
//! [`explain`] holds all of their texts.

mod certificate;
pub mod client_commands;
pub mod client_config;
pub mod client_hello;
pub mod create;
mod der;
pub mod early_data;
pub mod explain;
pub mod file_error;
pub mod handshake;
pub mod inspect;
mod key_log;
mod key_type;
pub mod load;
pub mod names;
pub mod options;
mod pem;
pub mod server_config;
mod server_verifier;
pub mod session_error;

pub use certificate::{Certificate, Validity};
pub use file_error::{CertificateFault, FileContent, FileProblem, FileRole, Form, TlsError, TlsFileError};
pub use inspect::served_certificate::ServedCertificate;
pub(crate) use key_log::key_log_line;
pub use key_type::KeyType;
pub use load::{CertificateFile, ClientCaFile, KeyFile, LoadedFiles, check_pair, classify};
