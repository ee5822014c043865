//! Reads and checks certificates, private keys and CA certificates from files.
//!
//! ```text
//! path ──> read_file ──> pem::find ──> decode ──> CertificateFile, KeyFile, ClientCaFile
//!          bytes         PEM blocks    DER
//!                           └─ not the right block: der::detect_content finds out what the file is instead
//! ```

use std::fmt;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::{CertificateDer, Der, PrivateKeyDer, TrustAnchor};
use rustls::sign::SigningKey;
use x509_parser::asn1_rs::{FromDer, Sequence};
use x509_parser::error::X509Error;
use x509_parser::oid_registry::OID_X509_EXT_NAME_CONSTRAINTS;
use x509_parser::prelude::X509Certificate;
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::platform::files::{ReadError, read_regular};
use crate::tls::certificate::{self, Certificate};
use crate::tls::der;
use crate::tls::file_error::{
    CertificateFault, FileContent, FileProblem, FileRole, Form, TlsError, TlsFileError,
};
use crate::tls::key_type::{KeyType, UNNAMED_CURVE, is_same_family};
use crate::tls::pem::{self, Damage, PemBlock};

/// The largest file that is read, in bytes: 1 MiB. A chain of ten certificates has about 20 KiB.
pub(super) const MAX_FILE_SIZE: u64 = 1024 * 1024;

/// The first bytes of a Java key store, in the two forms that Java had before it used PKCS#12.
const JKS: [u8; 4] = [0xfe, 0xed, 0xfe, 0xed];
const JCEKS: [u8; 4] = [0xce; 4];

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
        let (key, key_type) = typed_key(path)?;
        let signing = match (&key_type, any_supported_type(&key)) {
            (KeyType::Other(name), _) if name != UNNAMED_CURVE => {
                return Err(FileProblem::UnsupportedKey(key_type));
            }
            (_, Ok(signing)) => signing,
            (KeyType::Other(_), Err(_)) => return Err(FileProblem::UnsupportedKey(key_type)),
            (_, Err(error)) => return Err(FileProblem::RejectedKey(error.to_string())),
        };
        // The library recognizes the parameters of its own curves.
        let named = signing.public_key().and_then(|key| {
            SubjectPublicKeyInfo::from_der(&key).ok().map(|(_, parsed)| certificate::key_type(&parsed))
        });
        let key_type = if key_type == KeyType::on_curve(None) { named.unwrap_or(key_type) } else { key_type };
        Ok(Self { path: path.to_owned(), signing, key_type })
    }
}

/// Reads the first private key in a file.
///
/// # Errors
/// The file can't be read, or its key is of a kind that rustls can't sign with.
pub(super) fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsFileError> {
    let key = typed_key(path).map_err(|problem| TlsFileError::new(path, FileRole::Key, problem))?;
    Ok(key.0)
}

fn typed_key(path: &Path) -> Result<(PrivateKeyDer<'static>, KeyType), FileProblem> {
    let bytes = read_file(path)?;
    let blocks = pem::find(&bytes);
    match blocks.iter().find(|block| block.content == FileContent::Key) {
        Some(block) => der::private_key(&block.decode()?),
        None => Err(unexpected_content(&bytes, &blocks, FileContent::Key)),
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
            let anchor = trust_anchor(der).map_err(|error| FileProblem::BadCertificate {
                number: index + 1,
                of: found.len(),
                fault: CertificateFault::Unparsable(error.to_string()),
            })?;
            roots.roots.push(anchor);
        }
        let subjects = found.iter().filter_map(|der| Some(Certificate::from_der(der)?.subject)).collect();
        Ok(Self { roots: Arc::new(roots), subjects })
    }
}

/// The contents of the server's files when they were read, which show later whether a file was replaced. The public key
/// represents the private key. A file that wasn't read has no content.
#[derive(Debug, Clone, Default)]
pub struct LoadedFiles {
    certificate: Option<Vec<CertificateDer<'static>>>,
    key: Option<Vec<u8>>,
    client_ca: Option<Arc<RootCertStore>>,
}

impl LoadedFiles {
    /// Returns the contents of these files.
    #[must_use]
    pub fn new(
        certificate: Option<&CertificateFile>,
        key: Option<&KeyFile>,
        client_ca: Option<&ClientCaFile>,
    ) -> Self {
        Self {
            certificate: certificate.map(|file| file.chain.clone()),
            key: key.and_then(|file| Some(file.signing.public_key()?.to_vec())),
            client_ca: client_ca.map(|file| Arc::clone(&file.roots)),
        }
    }

    /// Returns whether a file was read both times and had another content.
    #[must_use]
    pub fn differs(&self, other: &Self, role: FileRole) -> bool {
        match role {
            FileRole::Certificate => is_changed(self.certificate.as_ref(), other.certificate.as_ref()),
            FileRole::Key => is_changed(self.key.as_ref(), other.key.as_ref()),
            FileRole::ClientCa => {
                let [one, two] = [self, other].map(|files| files.client_ca.as_ref().map(|ca| &ca.roots));
                is_changed(one, two)
            }
            FileRole::KeyLog => false,
        }
    }
}

fn is_changed<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
    one.is_some() && other.is_some() && one != other
}

/// Returns what a verifier needs to know of a CA (RFC 5280, section 6.1.1).
///
/// # Errors
/// The library can't use the certificate, and neither can [`lenient_anchor`].
pub(super) fn trust_anchor(der: &CertificateDer<'_>) -> Result<TrustAnchor<'static>, webpki::Error> {
    let anchor = webpki::anchor_from_trusted_cert(der).map(|anchor| anchor.to_owned());
    anchor.or_else(|error| lenient_anchor(der).ok_or(error))
}

/// Returns the same as [`trust_anchor`] for any certificate that can be parsed. The library rejects version 2, unique
/// identifiers and other properties that don't matter in a trust anchor.
fn lenient_anchor(der: &CertificateDer<'_>) -> Option<TrustAnchor<'static>> {
    let (_, parsed) = X509Certificate::from_der(der).ok()?;
    let content = |der: &[u8]| {
        let (_, sequence) = Sequence::from_der(der).ok()?;
        Some(Der::from(sequence.content.to_vec()))
    };
    let constraints = parsed.get_extension_unique(&OID_X509_EXT_NAME_CONSTRAINTS).ok()?;
    Some(TrustAnchor {
        subject: content(parsed.subject().as_raw())?,
        subject_public_key_info: content(parsed.public_key().raw)?,
        name_constraints: match constraints {
            Some(extension) => Some(content(extension.value)?),
            None => None,
        },
    })
}

/// Reads a certificate and its private key.
///
/// # Errors
/// One of the files can't be used, or the certificate and the key don't match.
pub(super) fn read_pair(certificate: &Path, key: &Path) -> Result<(CertificateFile, KeyFile), TlsError> {
    let (certificate, key) = (CertificateFile::read(certificate)?, KeyFile::read(key)?);
    check_pair(&certificate, &key)?;
    Ok((certificate, key))
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
    match unexpected_content(&bytes, &blocks, C::Certificate) {
        FileProblem::Instead { content: C::Certificate | C::Pkcs12 | C::Pkcs7 | C::JavaKeyStore, .. } => {
            Ok(FileRole::Certificate)
        }
        FileProblem::Instead { content: C::Key | C::EncryptedKey | C::OpenSshKey | C::PuttyKey, .. } => {
            Ok(FileRole::Key)
        }
        problem @ FileProblem::Instead { content: C::PublicKey, .. } => error(FileRole::Key, problem),
        FileProblem::NoneFound if blocks.iter().all(|block| block.content == C::Parameters) => {
            error(FileRole::Certificate, FileProblem::Neither)
        }
        problem => error(FileRole::Certificate, problem),
    }
}

/// Reads every certificate in a file: at least one. Fails if any of them can't be parsed.
pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, FileProblem> {
    use FileContent::Certificate;
    let bytes = read_file(path)?;
    let blocks = pem::find(&bytes);
    if !blocks.iter().any(|block| block.content == Certificate) {
        return Err(unexpected_content(&bytes, &blocks, Certificate));
    }
    let is_candidate = |block: &&PemBlock| block.content == Certificate || block.labeled == Certificate;
    let found: Vec<_> = blocks.iter().filter(is_candidate).collect();
    let read = |(index, block): (usize, &&PemBlock)| {
        let bad = |fault| FileProblem::BadCertificate { number: index + 1, of: found.len(), fault };
        if block.content != Certificate {
            return Err(bad(CertificateFault::Other(block.content)));
        }
        let mut der = block.decode()?;
        let parsed = X509Certificate::from_der(&der).map(|(rest, _)| der.len() - rest.len());
        let length = parsed.map_err(|error| {
            bad(match der::to_der(&der) {
                None => CertificateFault::Damaged,
                Some(other) if X509Certificate::from_der(&other).is_ok() => CertificateFault::Ber,
                Some(_) => CertificateFault::Unparsable(match X509Error::from(error) {
                    // These are about the parser's own steps.
                    X509Error::Der(_) | X509Error::NomError(_) => "invalid structure".to_owned(),
                    error => error.to_string(),
                }),
            })
        })?;
        // The bytes after a certificate are OpenSSL's own (`TRUSTED CERTIFICATE`), or of no use.
        der.truncate(length);
        Ok(der.into())
    };
    found.iter().enumerate().map(read).collect()
}

/// Returns the problem of a file that has no block of the wanted kind: what it contains instead.
fn unexpected_content(bytes: &[u8], blocks: &[PemBlock], wanted: FileContent) -> FileProblem {
    use FileContent as C;
    let is_unusable_key = |block: &&PemBlock| matches!(block.content, C::EncryptedKey | C::OpenSshKey);
    // Parameters often precede a key, so any other block is reported first.
    let is_not_parameters = |block: &&PemBlock| block.content != C::Parameters;
    let block = blocks
        .iter()
        .find(|block| block.labeled == wanted)
        .or_else(|| blocks.iter().find(is_unusable_key))
        .or_else(|| blocks.iter().find(is_not_parameters))
        .or(blocks.first());
    match block {
        Some(block) if block.content == C::Other && block.damage != Some(Damage::BeginLine) => {
            FileProblem::OtherBlock(block.label.clone())
        }
        Some(PemBlock { content: C::Other | C::Parameters, .. }) => FileProblem::NoneFound,
        Some(block) => {
            let form = if block.content == block.labeled { Form::Pem } else { Form::Mislabeled };
            FileProblem::Instead { content: block.content, form }
        }
        // An OpenSSH public key is a line of text.
        None if bytes.starts_with(b"ssh-") || bytes.starts_with(b"ecdsa-sha2-") => {
            FileProblem::Instead { content: C::PublicKey, form: Form::Pem }
        }
        None if bytes.starts_with(b"PuTTY-User-Key-File-") => {
            FileProblem::Instead { content: C::PuttyKey, form: Form::Pem }
        }
        None if bytes.starts_with(&JKS) || bytes.starts_with(&JCEKS) => {
            FileProblem::Instead { content: C::JavaKeyStore, form: Form::Binary }
        }
        None => der::detect_content(bytes)
            .map_or(FileProblem::NoneFound, |content| FileProblem::Instead { content, form: Form::Binary }),
    }
}

/// Reads a regular file of at most [`MAX_FILE_SIZE`].
fn read_file(path: &Path) -> Result<Vec<u8>, FileProblem> {
    if path.as_os_str().is_empty() {
        return Err(FileProblem::NoPath);
    }
    let bytes = read_regular(path, MAX_FILE_SIZE).map_err(|error| read_problem(path, error))?;
    if bytes.is_empty() { Err(FileProblem::Empty) } else { Ok(bytes) }
}

/// Converts an error of reading a file to the problem that caused it.
pub(super) fn read_problem(path: &Path, error: ReadError) -> FileProblem {
    match error {
        ReadError::Path(error) => path_problem(path, error),
        ReadError::Folder => FileProblem::Folder,
        ReadError::NotRegular => FileProblem::NotOrdinary,
        ReadError::TooLarge { bytes, .. } => FileProblem::TooLarge(bytes),
        ReadError::Read(error) => os_problem(error),
    }
}

/// Returns why a path leads to no file, given the error of `fs::metadata`: searches the first part of the path that is
/// missing, closed, or no folder.
fn path_problem(path: &Path, error: io::Error) -> FileProblem {
    use io::ErrorKind::{NotADirectory, NotFound, PermissionDenied};
    if !matches!(error.kind(), NotFound | NotADirectory | PermissionDenied) {
        return os_problem(error);
    }
    if path.starts_with("~") {
        return FileProblem::Tilde;
    }
    if path.starts_with("file:") {
        return FileProblem::Url;
    }
    let Ok(whole) = std::path::absolute(path) else { return FileProblem::CurrentFolderGone };
    let mut parts = whole.components().peekable();
    let mut part = PathBuf::new();
    while let Some(next) = parts.next() {
        let folder = part.clone();
        part.push(next);
        if matches!(next, Component::Prefix(_)) {
            continue;
        }
        let is_last = parts.peek().is_none();
        match (fs::metadata(&part), fs::read_link(&part)) {
            (Err(error), Ok(target)) if matches!(error.kind(), NotFound | NotADirectory) => {
                return FileProblem::DanglingLink { link: part, target };
            }
            (Err(error), Err(_)) if error.kind() == NotFound && is_last => {
                return FileProblem::NoSuchFile(folder);
            }
            (Err(error), Err(_)) if error.kind() == NotFound => return FileProblem::NoSuchFolder(part),
            (Err(error), Err(_)) if error.kind() == PermissionDenied => {
                return FileProblem::FolderClosed(folder, Arc::new(error));
            }
            (Err(error), Ok(_)) if error.kind() == PermissionDenied && !is_last => {
                return FileProblem::FolderClosed(part, Arc::new(error));
            }
            (Err(error), _) => return os_problem(error),
            (Ok(found), _) if !found.is_dir() && (!is_last || error.kind() == NotADirectory) => {
                return FileProblem::NotAFolder(part);
            }
            _ => {}
        }
    }
    os_problem(error)
}

fn os_problem(error: io::Error) -> FileProblem {
    match error.kind() {
        io::ErrorKind::PermissionDenied => FileProblem::NotReadable(Arc::new(error)),
        _ => FileProblem::Unreadable(Arc::new(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn denied_permission_is_distinguished_from_other_failures() {
        let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
        assert!(matches!(os_problem(denied()), FileProblem::NotReadable(_)));
        assert!(matches!(os_problem(io::Error::other("disk")), FileProblem::Unreadable(_)));
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
    fn a_lenient_anchor_is_that_of_the_library() {
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.name_constraints = Some(rcgen::NameConstraints {
            permitted_subtrees: vec![rcgen::GeneralSubtree::DnsName("lab.example".to_owned())],
            excluded_subtrees: Vec::new(),
        });
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(certificate.der().clone()).unwrap();
        assert!(roots.roots[0].name_constraints.is_some());
        assert_eq!(lenient_anchor(certificate.der()).as_ref(), roots.roots.first());
    }

    #[test]
    fn a_compressed_point_is_the_same_point() {
        assert!(is_same_point(&[4, 1, 2, 5, 7], &[3, 1, 2]));
        assert!(is_same_point(&[2, 1, 2], &[4, 1, 2, 5, 6]));
        assert!(!is_same_point(&[2, 1, 2], &[4, 1, 2, 5, 7]));
        assert!(!is_same_point(&[4, 1, 2, 5, 7], &[4, 1, 2, 5, 6]));
    }
}
