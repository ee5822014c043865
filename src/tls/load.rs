//! Reads and checks certificates, private keys and CA certificates from files.
//!
//! ```text
//! path ──> read_file ──> pem::find ──> decode ──> CertificateFile, KeyFile, ClientCaFile
//!          bytes         PEM blocks    DER
//!                           └─ not the right block: der::detect_content finds out what the file is instead
//! ```

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SigningKey};
use x509_parser::asn1_rs::FromDer;
use x509_parser::prelude::X509Certificate;
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::tls::certificate::Certificate;
use crate::tls::der;
use crate::tls::file_error::{FileContent, FileProblem, FileRole, TlsError, TlsFileError};
use crate::tls::key_type::{KeyType, is_same_family};
use crate::tls::pem::{self, Damage, PemBlock};

/// The largest file that is read, in bytes: 1 MiB. A chain of ten certificates has about 20 KiB.
pub(super) const MAX_FILE_SIZE: u64 = 1024 * 1024;

/// A certificate and the chain after it, read from one file.
#[derive(Debug, Clone)]
pub struct CertificateFile {
    pub(super) path: PathBuf,
    pub(super) chain: Vec<CertificateDer<'static>>,
    certificates: Arc<[Certificate]>,
}

impl CertificateFile {
    /// Reads every certificate in the file, the server's own first. May block on the disk.
    ///
    /// # Errors
    /// Every [`FileProblem`] that a certificate file can have.
    pub fn read(path: &Path) -> Result<Self, TlsFileError> {
        let chain =
            certificates(path).map_err(|problem| TlsFileError::new(path, FileRole::Certificate, problem))?;
        let certificates = chain.iter().filter_map(|der| Certificate::from_der(der)).collect();
        Ok(Self { path: path.to_owned(), chain, certificates })
    }

    /// Returns the server's own certificate.
    #[must_use]
    pub fn own(&self) -> &Certificate {
        // `read` fails if the file contains no certificate.
        &self.certificates[0]
    }

    /// Returns all certificates, the server's own first.
    #[must_use]
    pub fn certificates(&self) -> &Arc<[Certificate]> {
        &self.certificates
    }

    /// Returns the certificates in DER form, as they are sent: at least one, the server's own first.
    #[must_use]
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }
}

/// A private key that the server can sign with. The secret never appears in error messages or debug output.
#[derive(Clone)]
pub struct KeyFile {
    pub(super) path: PathBuf,
    pub(super) signing: Arc<dyn SigningKey>,
    key_type: KeyType,
}

impl KeyFile {
    /// Reads the first private key in the file. May block on the disk.
    ///
    /// # Errors
    /// Every [`FileProblem`] that a key file can have.
    pub fn read(path: &Path) -> Result<Self, TlsFileError> {
        Self::try_read(path).map_err(|problem| TlsFileError::new(path, FileRole::Key, problem))
    }

    /// Returns the type of the key, for example `RSA 2048`.
    #[must_use]
    pub fn key_type(&self) -> &KeyType {
        &self.key_type
    }

    fn try_read(path: &Path) -> Result<Self, FileProblem> {
        let bytes = read_file(path)?;
        let blocks = pem::find(&bytes);
        let der = private_key(&bytes, &blocks)?.decode()?;
        let bad = |reason: &dyn fmt::Display| FileProblem::BadKey(reason.to_string());
        let key = PrivateKeyDer::try_from(der).map_err(|error| bad(&error))?;
        let key_type = der::key_type(&key).ok_or_else(|| bad(&"unknown structure"))?;
        match key_type {
            KeyType::Rsa { bits } if !(2048..=8192).contains(&bits) => {
                return Err(FileProblem::RsaLength(bits));
            }
            KeyType::Other(_) => return Err(FileProblem::UnsupportedKey(key_type)),
            _ => {}
        }
        let signing = any_supported_type(&key).map_err(|error| bad(&error))?;
        Ok(Self { path: path.to_owned(), signing, key_type })
    }
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyFile")
            .field("path", &self.path)
            .field("key_type", &self.key_type)
            .finish_non_exhaustive()
    }
}

/// The CA certificates against which clients' certificates are checked.
#[derive(Debug, Clone)]
pub struct ClientCaFile {
    pub(super) roots: Arc<RootCertStore>,
    subjects: Vec<String>,
}

impl ClientCaFile {
    /// Reads every certificate in the file. May block on the disk.
    ///
    /// # Errors
    /// Every [`FileProblem`] that a file of certificates can have.
    pub fn read(path: &Path) -> Result<Self, TlsFileError> {
        Self::try_read(path).map_err(|problem| TlsFileError::new(path, FileRole::ClientCa, problem))
    }

    /// Returns the subject of each certificate in the file.
    #[must_use]
    pub fn subjects(&self) -> &[String] {
        &self.subjects
    }

    fn try_read(path: &Path) -> Result<Self, FileProblem> {
        let found = certificates(path)?;
        let mut roots = RootCertStore::empty();
        for (index, der) in found.iter().enumerate() {
            roots.add(der.clone()).map_err(|error| FileProblem::BadCertificate {
                number: index + 1,
                of: found.len(),
                reason: error.to_string(),
            })?;
        }
        let subjects = found.iter().filter_map(|der| Some(Certificate::from_der(der)?.subject)).collect();
        Ok(Self { roots: Arc::new(roots), subjects })
    }
}

/// Reads a certificate and its private key.
///
/// # Errors
/// One of the files can't be used, or the certificate and the key don't match.
pub(super) fn read_pair(certificate: &Path, key: &Path) -> Result<(CertificateFile, CertifiedKey), TlsError> {
    let (certificate, key) = (CertificateFile::read(certificate)?, KeyFile::read(key)?);
    check_pair(&certificate, &key)?;
    let pair = CertifiedKey::new(certificate.chain.clone(), key.signing);
    Ok((certificate, pair))
}

/// Checks that the certificate contains the private key's public key. rustls' own check isn't enough: it parses only
/// X.509 version 3, and it compares bytes, although the same public key can be encoded in more than one way.
///
/// # Errors
/// [`TlsError::KeyMismatch`], or [`TlsError::ChainOrder`] if the key belongs to a later certificate of the file.
pub fn check_pair(certificate: &CertificateFile, key: &KeyFile) -> Result<(), TlsError> {
    // All supported types of keys return their public key. For another type, the handshake will fail.
    let Some(own) = key.signing.public_key() else { return Ok(()) };
    let position = certificate.chain.iter().position(|der| has_public_key(der, own.as_ref()));
    let (certificate, key) = (certificate.path.clone(), key.path.clone());
    match position {
        Some(0) => Ok(()),
        Some(index) => Err(TlsError::ChainOrder { certificate, key, number: index + 1 }),
        None => Err(TlsError::KeyMismatch { certificate, key }),
    }
}

fn has_public_key(certificate: &CertificateDer<'_>, key: &[u8]) -> bool {
    X509Certificate::from_der(certificate).is_ok_and(|(_, parsed)| is_same_key(parsed.public_key(), key))
}

/// Returns whether two `SubjectPublicKeyInfo`s (RFC 5280, section 4.1.2.7) contain the same key. The algorithm's
/// parameters may differ: RSA's are NULL, missing, or those of RSA-PSS; a curve is named or described by its
/// parameters.
fn is_same_key(one: &SubjectPublicKeyInfo<'_>, other: &[u8]) -> bool {
    if one.raw == other {
        return true;
    }
    let Ok((_, other)) = SubjectPublicKeyInfo::from_der(other) else { return false };
    let algorithm = |key: &SubjectPublicKeyInfo<'_>| key.algorithm.algorithm.to_id_string();
    is_same_family(&algorithm(one), &algorithm(&other))
        && is_same_point(&one.subject_public_key.data, &other.subject_public_key.data)
}

/// Returns whether two encoded public keys are equal. Of two points of a curve, one may be compressed: its y coordinate
/// is reduced to its parity (SEC 1, section 2.3.3).
fn is_same_point(one: &[u8], other: &[u8]) -> bool {
    match (one, other) {
        ([2 | 3, ..], [4, _, ..]) => compress(other).as_deref() == Some(one),
        ([4, _, ..], [2 | 3, ..]) => compress(one).as_deref() == Some(other),
        _ => one == other,
    }
}

fn compress(point: &[u8]) -> Option<Vec<u8>> {
    let (&[4], rest) = point.split_at_checked(1)? else { return None };
    let (x, y) = rest.split_at(rest.len() / 2);
    let mut short = vec![2 + (y.last()? & 1)];
    short.extend_from_slice(x);
    Some(short)
}

/// Returns whether a file belongs in the certificate field or in the key field, by its content.
///
/// An unusable private key (encrypted, binary, OpenSSH's) still belongs in the key field, which shows the remedy. A
/// file with both belongs in the certificate field.
///
/// # Errors
/// The file can't be read, or holds neither a certificate nor a private key.
pub fn classify(path: &Path) -> Result<FileRole, TlsFileError> {
    use FileContent as C;
    let error = |role, problem| Err(TlsFileError::new(path, role, problem));
    let bytes = match read_file(path) {
        Ok(bytes) => bytes,
        Err(problem) => return error(FileRole::Certificate, problem),
    };
    let blocks = pem::find(&bytes);
    let holds = |content| blocks.iter().any(|block| block.content == content);
    if holds(C::Certificate) {
        return Ok(FileRole::Certificate);
    }
    if holds(C::Key) {
        return Ok(FileRole::Key);
    }
    match unexpected_content(&bytes, &blocks) {
        FileProblem::Instead { content: C::Certificate | C::Pkcs12 | C::Pkcs7, .. } => {
            Ok(FileRole::Certificate)
        }
        FileProblem::Instead { content: C::Key | C::EncryptedKey | C::OpenSshKey, .. } => Ok(FileRole::Key),
        problem @ FileProblem::Instead { content: C::PublicKey, .. } => error(FileRole::Key, problem),
        FileProblem::NoneFound if blocks.iter().all(|block| block.content == C::Parameters) => {
            error(FileRole::Certificate, FileProblem::Neither)
        }
        problem => error(FileRole::Certificate, problem),
    }
}

/// Reads every certificate in a file: at least one. Fails if any of them can't be parsed.
pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, FileProblem> {
    let bytes = read_file(path)?;
    let blocks = pem::find(&bytes);
    let found: Vec<_> = blocks.iter().filter(|block| block.content == FileContent::Certificate).collect();
    if found.is_empty() {
        return Err(unexpected_content(&bytes, &blocks));
    }
    let mut chain = Vec::with_capacity(found.len());
    for (index, block) in found.iter().enumerate() {
        let bad = |reason| FileProblem::BadCertificate { number: index + 1, of: found.len(), reason };
        let mut der = block.decode()?;
        let (rest, _) = X509Certificate::from_der(&der).map_err(|error| bad(error.to_string()))?;
        match rest.len() {
            // OpenSSL appends data for its own use, which must not be sent.
            extra if block.label == pem::TRUSTED => der.truncate(der.len() - extra),
            0 => {}
            extra => return Err(bad(format!("{extra} bytes too many"))),
        }
        chain.push(der.into());
    }
    Ok(chain)
}

/// Returns the first block with an unencrypted private key, or as an error what the file contains instead.
fn private_key<'a>(bytes: &[u8], blocks: &'a [PemBlock]) -> Result<&'a PemBlock, FileProblem> {
    match blocks.iter().find(|block| block.content == FileContent::Key) {
        Some(block) if block.label == pem::DSA => {
            Err(FileProblem::UnsupportedKey(KeyType::Other("DSA".to_owned())))
        }
        Some(block) => Ok(block),
        None => Err(unexpected_content(bytes, blocks)),
    }
}

/// Returns the problem of a file that has no block of the required kind: what it contains instead.
fn unexpected_content(bytes: &[u8], blocks: &[PemBlock]) -> FileProblem {
    use FileContent as C;
    let is_unusable_key = |block: &&PemBlock| matches!(block.content, C::EncryptedKey | C::OpenSshKey);
    // Parameters often precede a key, so any other block is reported first.
    let is_not_parameters = |block: &&PemBlock| block.content != C::Parameters;
    let block = blocks
        .iter()
        .find(is_unusable_key)
        .or_else(|| blocks.iter().find(is_not_parameters))
        .or(blocks.first());
    match block {
        Some(block) if block.content == C::Other && block.damage != Some(Damage::BeginLine) => {
            FileProblem::OtherBlock(block.label.clone())
        }
        Some(PemBlock { content: C::Other | C::Parameters, .. }) => FileProblem::NoneFound,
        Some(block) => FileProblem::Instead { content: block.content, binary: false },
        // An OpenSSH public key is a line of text.
        None if bytes.starts_with(b"ssh-") || bytes.starts_with(b"ecdsa-sha2-") => {
            FileProblem::Instead { content: C::PublicKey, binary: false }
        }
        None => der::detect_content(bytes)
            .map_or(FileProblem::NoneFound, |content| FileProblem::Instead { content, binary: true }),
    }
}

/// Reads an ordinary file of at most [`MAX_FILE_SIZE`].
fn read_file(path: &Path) -> Result<Vec<u8>, FileProblem> {
    if path.as_os_str().is_empty() {
        return Err(FileProblem::NoPath);
    }
    let check = |metadata: fs::Metadata| {
        check_kind(&metadata)?;
        let bytes = metadata.len();
        if bytes > MAX_FILE_SIZE { Err(FileProblem::TooLarge(bytes)) } else { Ok(()) }
    };
    // The kind is checked before the file is opened, because opening a pipe without a writer would block forever.
    check(fs::metadata(path).map_err(|error| metadata_problem(path, error))?)?;
    let file = File::open(path).map_err(read_problem)?;
    check(file.metadata().map_err(read_problem)?)?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_SIZE + 1).read_to_end(&mut bytes).map_err(read_problem)?;
    match bytes.len() as u64 {
        0 => Err(FileProblem::Empty),
        // The file grew between the check and the read.
        bytes if bytes > MAX_FILE_SIZE => Err(FileProblem::TooLarge(bytes)),
        _ => Ok(bytes),
    }
}

/// Returns an error for anything but an ordinary file.
pub(super) fn check_kind(metadata: &fs::Metadata) -> Result<(), FileProblem> {
    if metadata.is_dir() {
        Err(FileProblem::Folder)
    } else if !metadata.is_file() {
        Err(FileProblem::NotOrdinary)
    } else {
        Ok(())
    }
}

/// Converts an error of `fs::metadata` to the problem that caused it.
pub(super) fn metadata_problem(path: &Path, error: io::Error) -> FileProblem {
    match error.kind() {
        // The file doesn't exist, or a folder in its path doesn't exist or is a file.
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            let folder = folder_of(path);
            if folder.is_dir() { FileProblem::NoSuchFile(folder) } else { FileProblem::NoSuchFolder(folder) }
        }
        io::ErrorKind::PermissionDenied => FileProblem::FolderClosed(folder_of(path), Arc::new(error)),
        _ => read_problem(error),
    }
}

fn read_problem(error: io::Error) -> FileProblem {
    match error.kind() {
        io::ErrorKind::PermissionDenied => FileProblem::NotReadable(Arc::new(error)),
        _ => FileProblem::Unreadable(Arc::new(error)),
    }
}

/// Returns the folder that a file is in, or would be.
pub(super) fn folder_of(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute.parent().map_or_else(|| absolute.clone(), Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn denied_permission_is_distinguished_from_other_failures() {
        let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
        assert!(matches!(read_problem(denied()), FileProblem::NotReadable(_)));
        assert!(matches!(metadata_problem(Path::new("a/b"), denied()), FileProblem::FolderClosed(..)));
        assert!(matches!(read_problem(io::Error::other("disk")), FileProblem::Unreadable(_)));
    }

    #[test]
    fn a_file_of_the_maximum_size_is_read_and_a_larger_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        let mut bytes = vec![b'x'; usize::try_from(MAX_FILE_SIZE).unwrap()];
        fs::write(&path, &bytes).unwrap();
        assert_eq!(read_file(&path).unwrap().len(), bytes.len());
        bytes.push(b'x');
        fs::write(&path, &bytes).unwrap();
        let error = read_file(&path).unwrap_err();
        assert!(matches!(error, FileProblem::TooLarge(bytes) if bytes == MAX_FILE_SIZE + 1));
    }

    #[test]
    fn a_compressed_point_is_the_same_point() {
        assert!(is_same_point(&[4, 1, 2, 5, 7], &[3, 1, 2]));
        assert!(is_same_point(&[2, 1, 2], &[4, 1, 2, 5, 6]));
        assert!(!is_same_point(&[2, 1, 2], &[4, 1, 2, 5, 7]));
        assert!(!is_same_point(&[4, 1, 2, 5, 7], &[4, 1, 2, 5, 6]));
    }
}
