//! Errors of certificate and key files, as values. [`crate::tls::explain::files`] explains them and holds their `Display`.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::tls::key_type::KeyType;

/// The field that a file is chosen for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileRole {
    /// `server.crt`: the certificate, with the chain after it.
    Certificate,
    /// `server.key`: the private key.
    Key,
    /// `ca.crt`: the CA certificates that sign the clients' certificates.
    ClientCa,
    /// `keys.log`: the file that keys are written to.
    KeyLog,
}

/// A file that can't be used in its role. Its `Display` is a sentence or two with the remedy.
#[derive(Debug, Clone)]
pub struct TlsFileError {
    /// The file, as it was typed.
    pub path: PathBuf,
    /// The field that it was chosen for.
    pub role: FileRole,
    /// The problem with it.
    pub problem: FileProblem,
}

/// A problem with a file. It never contains anything of the file's content.
#[derive(Debug, Clone)]
pub enum FileProblem {
    /// No path was given.
    NoPath,
    /// This folder exists, the file in it doesn't (`ENOENT`).
    NoSuchFile(PathBuf),
    /// This folder doesn't exist.
    NoSuchFolder(PathBuf),
    /// The OS doesn't allow access to this folder (`EACCES`).
    FolderClosed(PathBuf, Arc<io::Error>),
    /// The path is a folder's.
    Folder,
    /// A pipe, a socket or a device.
    NotOrdinary,
    /// The OS doesn't allow the file to be read (`EACCES`).
    NotReadable(Arc<io::Error>),
    /// Reading failed for another reason.
    Unreadable(Arc<io::Error>),
    /// The file can't be created or written.
    NotWritable(Arc<io::Error>),
    /// The file that keys are to be written to is no key log.
    NotAKeyLog,
    /// The file is empty.
    Empty,
    /// The file has this many bytes, more than 1 MiB.
    TooLarge(u64),
    /// Something else than what was looked for, or the right thing in a form that can't be used.
    Instead {
        /// The content that was found.
        content: FileContent,
        /// Whether it is binary instead of PEM.
        binary: bool,
    },
    /// The block's lines are not base64.
    Base64,
    /// The block with this label in its BEGIN line has no END line.
    NoEnd(String),
    /// The block's BEGIN line is damaged; it should have this label.
    BeginLine(String),
    /// A block decodes, but not to a certificate.
    BadCertificate {
        /// Which of the file's certificates, from 1.
        number: usize,
        /// How many there are.
        of: usize,
        /// The library's reason.
        reason: String,
    },
    /// The block decodes, but not to a private key, for this reason of the library.
    BadKey(String),
    /// An RSA key with this many bits, under 2048 or over 8192.
    RsaLength(u32),
    /// A key of a type that the server can't sign with.
    UnsupportedKey(KeyType),
    /// PEM of another kind, with this label.
    OtherBlock(String),
    /// Nothing that was looked for.
    NoneFound,
    /// A dropped file that is neither a certificate nor a key.
    Neither,
}

/// The content of a file, by the label of a PEM block or by its binary structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileContent {
    /// A certificate.
    Certificate,
    /// A private key.
    Key,
    /// An encrypted private key.
    EncryptedKey,
    /// A private key in OpenSSH's format.
    OpenSshKey,
    /// A public key alone.
    PublicKey,
    /// A certificate signing request (PKCS#10, RFC 2986).
    Request,
    /// A certificate revocation list (RFC 5280, section 5).
    Crl,
    /// Certificate and key, encrypted: `.p12`, `.pfx` (RFC 7292).
    Pkcs12,
    /// Certificates only: `.p7b` (RFC 2315).
    Pkcs7,
    /// Parameters of an algorithm. OpenSSL writes them before an EC key, which repeats them.
    Parameters,
    /// Something else.
    Other,
}

/// Why TLS can't be served with the files given. Its `Display` is a sentence or two with the remedy.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TlsError {
    /// One of the files can't be used.
    File(#[from] TlsFileError),
    /// The certificate was made for another key.
    KeyMismatch {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// The key belongs to a certificate of the chain, but not to the first one.
    ChainOrder {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// Which certificate the key belongs to, from 1.
        number: usize,
    },
    /// rustls rejected the files although all other checks passed.
    Rustls(#[from] rustls::Error),
    /// rustls rejected the clients' CA.
    ClientVerifier(#[from] rustls::server::VerifierBuilderError),
}

impl TlsFileError {
    pub(super) fn new(path: &Path, role: FileRole, problem: FileProblem) -> Self {
        Self { path: path.to_owned(), role, problem }
    }

    /// Returns what the OS or the library reported, if anything.
    #[must_use]
    pub fn raw(&self) -> Option<String> {
        match &self.problem {
            FileProblem::BadCertificate { reason, .. } | FileProblem::BadKey(reason) => Some(reason.clone()),
            _ => self.source().map(ToString::to_string),
        }
    }
}

impl Error for TlsFileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.problem {
            FileProblem::FolderClosed(_, source)
            | FileProblem::NotReadable(source)
            | FileProblem::Unreadable(source)
            | FileProblem::NotWritable(source) => Some(source),
            _ => None,
        }
    }
}

impl TlsError {
    /// Returns which of the files has the problem, so that the field can show it.
    #[must_use]
    pub fn field(&self) -> FileRole {
        match self {
            Self::File(error) => error.role,
            Self::KeyMismatch { .. } => FileRole::Key,
            Self::ClientVerifier(_) => FileRole::ClientCa,
            Self::ChainOrder { .. } | Self::Rustls(_) => FileRole::Certificate,
        }
    }

    /// Returns what the OS or the library reported, if anything.
    #[must_use]
    pub fn raw(&self) -> Option<String> {
        match self {
            Self::File(error) => error.raw(),
            error => error.source().map(ToString::to_string),
        }
    }
}
