//! Certificates, keys and what a TLS handshake agreed on. No sockets, no window.
//!
//! ```text
//!  path ──> file ──> sections ──> pem ──┬──> certificate ──┬──> config ──> serving ──> rustls::ServerConfig
//!           bytes    PEM blocks   DER   ├──> key ──────────┤               for each connection
//!                        │              └──> client_ca ────┤
//!                        └─ no block: der (what is it then?)  options, key_log
//! ```
//!
//! Whatever is wrong on the way becomes a [`FileError`] or a [`TlsError`], whose words stand in `sentences`.
//! The window's one line about a certificate is its `report`'s, and what clients will object to its `caution`'s, which
//! also looks at the server's host and at the `signer`. [`details`] tells all about a chosen certificate file and what
//! clients will say to it, [`create`] makes such files, and [`connecting`] is the client's side of a connection.
//! More parts serve the connections: [`sniff`] tells from a client's first bytes whether it speaks TLS at all,
//! [`offer`] reads its hello, [`handshake`] tells what was agreed, [`names`] what the numbers are called and mean, and
//! [`words`] explains, with the tables in `failures` and `words::refused`, what went wrong. `private` keeps the files
//! that are written for their owner.

use std::path::Path;

mod caution;
pub mod certificate;
pub mod client_ca;
pub mod client_config;
pub mod client_hello;
pub mod create;
mod der;
pub mod error;
pub mod explain;
mod file;
pub mod handshake;
mod hosts;
pub mod inspect;
pub mod key;
mod key_log;
mod kind;
pub mod names;
pub mod options;
mod pair;
mod pem;
mod private;
mod report;
mod sections;
mod sentences;
pub mod server_config;
mod server_verifier;
pub mod session_error;
mod signer;

pub use caution::Served;
pub use certificate::CertificateFile;
pub use client_ca::{ClientCaFile, ClientCaReport};
pub use error::{Fault, FileError, Role, TlsError};
pub use key::{KeyFile, KeyReport};
pub use key_log::caution as key_log_caution;
pub use kind::KeyKind;
pub use pair::check_pair;
pub use report::{Authority, CertificateReport};
pub use server_config::{load, server_config};
pub use signer::Signer;

use sections::Label;

/// Tells by its content which of the two fields a file is for.
///
/// A private key that can't be used as it is (locked, in binary form, OpenSSH's) is still for the key's field,
/// where its remedy is told. A file with both is for the certificate's.
///
/// # Errors
/// The file can't be read, or holds neither a certificate nor a private key.
pub fn classify(path: &Path) -> Result<Role, FileError> {
    let error = |fault| FileError::new(path, Role::Certificate, fault);
    let bytes = file::read(path).map_err(error)?;
    let found = sections::find(&bytes);
    if found.iter().any(|section| section.label.is_certificate()) {
        return Ok(Role::Certificate);
    }
    if found.iter().any(|section| section.label.is_private_key()) {
        return Ok(Role::Key);
    }
    match error::instead(Role::Certificate, &bytes, &found) {
        Fault::Binary | Fault::Pkcs12 | Fault::Pkcs7 { .. } => Ok(Role::Certificate),
        Fault::Swapped | Fault::Locked { .. } => Ok(Role::Key),
        Fault::PublicKey => Err(FileError::new(path, Role::Key, Fault::PublicKey)),
        Fault::NoneFound if found.iter().all(|section| section.label == Label::Parameters) => {
            Err(FileError::new(path, Role::Certificate, Fault::Neither))
        }
        fault => Err(error(fault)),
    }
}
