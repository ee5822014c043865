//! What can be wrong with certificate and key files. The words for it stand in `sentences`.

use std::path::{Path, PathBuf};

use crate::tls::der::{self, Content};
use crate::tls::kind::KeyKind;
use crate::tls::sections::{Damage, Label, Section};
use crate::tls::sentences;

/// What a file is chosen as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// `server.crt`: the certificate, with the chain after it.
    Certificate,
    /// `server.key`: the private key.
    Key,
    /// `ca.crt`: the CA certificates that sign the clients' certificates.
    ClientCa,
    /// `keys.log`: where keys are written to.
    KeyLog,
}

/// A file that can't be used as what it was chosen as. Displayed as a sentence or two with the remedy.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", sentences::file(self))]
pub struct FileError {
    /// The file, as it was typed.
    pub path: PathBuf,
    /// What it was chosen as.
    pub role: Role,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong with a file. Never holds anything of the file's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// No path was given.
    NoPath,
    /// The folder is there, the file is not (`ENOENT`).
    NoSuchFile {
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// Not even the folder is there.
    NoSuchFolder {
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// The system does not let us look into the folder (`EACCES`).
    FolderClosed {
        /// Which.
        folder: PathBuf,
        /// The system's own words.
        raw: String,
    },
    /// The path is a folder's.
    Folder,
    /// A pipe, a socket or a device.
    NotOrdinary,
    /// The system does not let us read the file (`EACCES`).
    NotReadable {
        /// The system's own words.
        raw: String,
    },
    /// Reading failed for another reason.
    Unreadable {
        /// The system's own words.
        raw: String,
    },
    /// The file can't be made or written.
    NotWritable {
        /// The system's own words.
        raw: String,
    },
    /// The file that keys are to be written to holds something else.
    NotAKeyLog,
    /// No bytes at all.
    Empty,
    /// Longer than 1 MiB.
    TooLarge {
        /// How long.
        bytes: u64,
    },
    /// The right thing, but as binary DER instead of PEM.
    Binary,
    /// A key where the certificate should be, or the other way round.
    Swapped,
    /// A certificate signing request (PKCS#10, RFC 2986).
    Request,
    /// A public key alone.
    PublicKey,
    /// A certificate revocation list (RFC 5280, section 5).
    Crl,
    /// A PKCS#12 bundle: `.p12`, `.pfx`.
    Pkcs12,
    /// A PKCS#7 bundle: `.p7b`.
    Pkcs7 {
        /// Whether it is in binary form.
        binary: bool,
    },
    /// A private key under a password.
    Locked {
        /// Whether it is in binary form.
        binary: bool,
    },
    /// A private key in OpenSSH's own form.
    OpenSsh,
    /// The block's lines are not base64.
    Base64 {
        /// The library's own words.
        raw: String,
    },
    /// The block has no END line of its own.
    NoEnd {
        /// What its BEGIN line says.
        label: String,
    },
    /// The block's BEGIN line is damaged.
    BeginLine {
        /// What it should say.
        label: &'static str,
    },
    /// A block decodes, but to something that is no certificate.
    BadCertificate {
        /// Which of the file's certificates, from 1.
        number: usize,
        /// How many there are.
        of: usize,
        /// The library's own words.
        raw: String,
    },
    /// The block decodes, but to something that is no private key.
    BadKey {
        /// The library's own words.
        raw: String,
    },
    /// An RSA key of a length that we don't sign with: under 2048 bits or over 8192.
    RsaLength {
        /// Its length.
        bits: u32,
    },
    /// A kind of key that we can't sign with.
    UnsupportedKey {
        /// Which.
        kind: KeyKind,
    },
    /// PEM, but of some other kind.
    OtherBlock {
        /// What its BEGIN line says.
        label: String,
    },
    /// Nothing of what was looked for.
    NoneFound,
    /// A dropped file is neither a certificate nor a key.
    Neither,
}

/// Why TLS can't be served with the files given. Displayed as a sentence or two with the remedy.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TlsError {
    /// One of the files can't be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// The certificate was made for another key.
    #[error("{}", sentences::mismatch(certificate, key))]
    KeyMismatch {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// The key belongs to a certificate of the chain, but not to the first one.
    #[error("{}", sentences::order(certificate, key, *number))]
    ChainOrder {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// Which certificate the key belongs to, from 1.
        number: usize,
    },
    /// rustls refused what is left after all of our own checks.
    #[error("The TLS library did not accept this certificate and key. Make a new pair and try again.")]
    Library {
        /// The library's own words.
        raw: String,
    },
}

impl FileError {
    pub(super) fn new(path: &Path, role: Role, fault: Fault) -> Self {
        Self { path: path.to_owned(), role, fault }
    }

    /// The system's or the library's own words, for the details.
    #[must_use]
    pub fn raw(&self) -> Option<String> {
        match &self.fault {
            Fault::FolderClosed { raw, .. }
            | Fault::NotReadable { raw }
            | Fault::Unreadable { raw }
            | Fault::NotWritable { raw }
            | Fault::Base64 { raw }
            | Fault::BadCertificate { raw, .. }
            | Fault::BadKey { raw } => Some(raw.clone()),
            _ => None,
        }
    }

    /// The command that mends it, where there is one; it ends the displayed sentences too.
    #[must_use]
    pub fn command(&self) -> Option<String> {
        sentences::command(self)
    }
}

impl TlsError {
    /// Which of the files is at fault, for the field to show it under.
    #[must_use]
    pub fn field(&self) -> Role {
        match self {
            Self::File(error) => error.role,
            Self::KeyMismatch { .. } => Role::Key,
            Self::ChainOrder { .. } | Self::Library { .. } => Role::Certificate,
        }
    }

    /// The system's or the library's own words, for the details.
    #[must_use]
    pub fn raw(&self) -> Option<String> {
        match self {
            Self::File(error) => error.raw(),
            Self::KeyMismatch { .. } | Self::ChainOrder { .. } => None,
            Self::Library { raw } => Some(raw.clone()),
        }
    }
}

/// What the file holds instead of what was looked for, none of which was among its blocks.
pub(super) fn instead(role: Role, bytes: &[u8], found: &[Section]) -> Fault {
    // A block that says little comes last: parameters stand before many a key.
    let telling = found.iter().find(|section| section.label != Label::Parameters).or_else(|| found.first());
    let Some(section) = telling else { return without_blocks(role, bytes) };
    match &section.label {
        Label::Request => Fault::Request,
        Label::PublicKey => Fault::PublicKey,
        Label::Crl => Fault::Crl,
        Label::Pkcs7 => Fault::Pkcs7 { binary: false },
        label if label.is_certificate() || label.is_private_key() => Fault::Swapped,
        Label::Other(label) if section.damage != Some(Damage::BeginLine) => {
            Fault::OtherBlock { label: label.clone() }
        }
        _ => Fault::NoneFound,
    }
}

fn without_blocks(role: Role, bytes: &[u8]) -> Fault {
    // The public half of an OpenSSH key is a line of text.
    if bytes.starts_with(b"ssh-") || bytes.starts_with(b"ecdsa-sha2-") {
        return Fault::PublicKey;
    }
    match (der::guess(bytes), role) {
        (Some(Content::Certificate), Role::Certificate | Role::ClientCa)
        | (Some(Content::Key), Role::Key) => Fault::Binary,
        (Some(Content::LockedKey), Role::Key) => Fault::Locked { binary: true },
        (Some(Content::Certificate | Content::Key | Content::LockedKey), _) => Fault::Swapped,
        (Some(Content::PublicKey), _) => Fault::PublicKey,
        (Some(Content::Request), _) => Fault::Request,
        (Some(Content::Crl), _) => Fault::Crl,
        (Some(Content::Pkcs12), _) => Fault::Pkcs12,
        (Some(Content::Pkcs7), _) => Fault::Pkcs7 { binary: true },
        (None, _) => Fault::NoneFound,
    }
}
