//! Errors in certificate and key files, as values. [`crate::tls::explain::files`] contains their texts and their
//! `Display`.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::tls::key_type::KeyType;

/// The purpose of a file. Each purpose has its own field in the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileRole {
    /// `server.crt`: the certificate and the chain after it.
    Certificate,
    /// `server.key`: the private key.
    Key,
    /// `ca.crt`: the CA certificates that sign the clients' certificates.
    ClientCa,
    /// `keys.log`: the file that keys are written to.
    KeyLog,
}

/// The reason why a file can't be used in its role. `Display` gives one or two sentences with a remedy.
#[derive(Debug, Clone)]
pub struct TlsFileError {
    /// The file's path as the user typed it.
    pub path: PathBuf,
    /// The field that the file was chosen for.
    pub role: FileRole,
    /// The problem with the file.
    pub problem: FileProblem,
}

/// A problem with a file. It never contains any part of a key.
#[derive(Debug, Clone)]
pub enum FileProblem {
    /// No path was given.
    NoPath,
    /// The file doesn't exist (`ENOENT`), but this folder, in which it should be, does.
    NoSuchFile(PathBuf),
    /// This folder in the file's path doesn't exist.
    NoSuchFolder(PathBuf),
    /// This file is in the path where a folder should be, or the path of the file ends with a slash (`ENOTDIR`).
    NotAFolder(PathBuf),
    /// A symbolic link in the path leads to nothing.
    DanglingLink {
        /// The link's path.
        link: PathBuf,
        /// The path in the link.
        target: PathBuf,
    },
    /// The path is relative, and the program's current folder was removed.
    CurrentFolderGone,
    /// The path begins with a `~` that no shell has replaced by the home folder.
    Tilde,
    /// The path is a `file:` URL.
    Url,
    /// The OS doesn't allow access to this folder (`EACCES`).
    FolderClosed(PathBuf, Arc<io::Error>),
    /// The path leads to a folder.
    Folder,
    /// The path leads to a pipe, a socket or a device.
    NotOrdinary,
    /// The OS doesn't allow the file to be read (`EACCES`).
    NotReadable(Arc<io::Error>),
    /// Finding, opening or reading the file failed for another reason, which the OS's error describes.
    Unreadable(Arc<io::Error>),
    /// The file can't be created or written.
    NotWritable(Arc<io::Error>),
    /// The existing file that keys should be appended to isn't a key log.
    NotAKeyLog,
    /// The existing file that keys should be appended to belongs to another user, who could read them.
    NotOwn,
    /// The file is empty.
    Empty,
    /// The file has this many bytes, more than 1 MiB.
    TooLarge(u64),
    /// The file contains something else than its role requires, or the right content in an unusable form.
    Instead {
        /// The content that was found.
        content: FileContent,
        /// The form that it has.
        form: Form,
    },
    /// The lines of a PEM block aren't base64.
    Base64,
    /// The PEM block with this label has no END line.
    NoEnd(String),
    /// The BEGIN line of a PEM block is damaged or missing; it should have this label.
    BeginLine(String),
    /// The END line of the PEM block with this label is damaged, or has another label.
    EndLine(String),
    /// A PEM block is valid base64, but its content isn't a usable certificate.
    BadCertificate {
        /// The position of the certificate in the file, counted from 1.
        number: usize,
        /// The number of certificates in the file.
        of: usize,
        /// The problem with this certificate.
        fault: CertificateFault,
    },
    /// The PEM block is valid base64, but its content is incomplete or isn't ASN.1.
    DamagedKey,
    /// The key is complete, but can't be used, for this reason.
    RejectedKey(String),
    /// The RSA key has this many bits, fewer than 2048 or more than 8192.
    RsaLength(u32),
    /// The RSA key's public exponent has this many bits, more than 33.
    RsaExponent(u32),
    /// The RSA key has this many prime factors, not two (RFC 8017, section 3.2).
    RsaPrimes(usize),
    /// The key has this type, which the server can't sign with.
    UnsupportedKey(KeyType),
    /// The file contains a PEM block of an unknown kind, with this label.
    OtherBlock(String),
    /// The file contains neither what its role requires nor any other content that is recognized.
    NoneFound,
    /// The file was dropped on the window, but is neither a certificate nor a key.
    Neither,
}

/// A problem with one certificate of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateFault {
    /// It is incomplete, or isn't ASN.1.
    Damaged,
    /// It is encoded in BER instead of DER, so clients can't check its signature.
    Ber,
    /// The block contains something else.
    Other(FileContent),
    /// It is complete, but the parser can't read it, for this reason.
    Unparsable(String),
}

/// The form of a file's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A PEM block with the label for the content.
    Pem,
    /// A PEM block with the label of something else.
    Mislabeled,
    /// Binary.
    Binary,
}

/// The kind of a file's content, recognized by its binary structure or else by the label of a PEM block.
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
    /// A private key as the terminal program `PuTTY` stores it.
    PuttyKey,
    /// A public key without its private key.
    PublicKey,
    /// A certificate signing request (PKCS#10, RFC 2986).
    Request,
    /// A certificate revocation list (RFC 5280, section 5).
    Crl,
    /// A PKCS#12 bundle of certificate and key (RFC 7292): `.p12`, `.pfx`.
    Pkcs12,
    /// A Java key store (JKS or JCEKS) of certificates and keys: `.jks`.
    JavaKeyStore,
    /// A PKCS#7 bundle of certificates (RFC 2315): `.p7b`.
    Pkcs7,
    /// The parameters of an algorithm. OpenSSL writes them before an EC key, which contains them too.
    Parameters,
    /// Any other content.
    Other,
}

/// Why the chosen files can't be used for TLS. `Display` gives one or two sentences with a remedy.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TlsError {
    /// One of the files can't be used.
    File(#[from] TlsFileError),
    /// The certificate is for another private key.
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
        /// The position in the file of the certificate that the key belongs to, counted from 1.
        number: usize,
    },
    /// rustls rejected the files although all other checks passed.
    Rustls(#[from] rustls::Error),
    /// rustls rejected the CA for client certificates.
    ClientVerifier(#[from] rustls::server::VerifierBuilderError),
}

impl TlsFileError {
    pub(super) fn new(path: &Path, role: FileRole, problem: FileProblem) -> Self {
        Self { path: path.to_owned(), role, problem }
    }

    /// Returns the error that the OS or the library reported, if any.
    #[must_use]
    pub fn raw(&self) -> Option<String> {
        match &self.problem {
            FileProblem::BadCertificate { fault: CertificateFault::Unparsable(reason), .. }
            | FileProblem::RejectedKey(reason) => Some(reason.clone()),
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
    /// Returns the file with the problem, so that the form can show the error in its field.
    #[must_use]
    pub fn field(&self) -> FileRole {
        match self {
            Self::File(error) => error.role,
            Self::KeyMismatch { .. } => FileRole::Key,
            Self::ClientVerifier(_) => FileRole::ClientCa,
            Self::ChainOrder { .. } | Self::Rustls(_) => FileRole::Certificate,
        }
    }

    /// Returns the error that the OS or the library reported, if any.
    #[must_use]
    pub fn raw(&self) -> Option<String> {
        match self {
            Self::File(error) => error.raw(),
            error => error.source().map(ToString::to_string),
        }
    }
}
