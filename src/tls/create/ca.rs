//! The practice CA: `ca.key` and `ca.crt` of a folder, made once and used again. It is trusted by nobody who was not
//! given `ca.crt`.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rcgen::{Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::asn1_rs::FromDer;
use x509_parser::prelude::X509Certificate;

use crate::tls::certificate::CertificateFile;
use crate::tls::create::error::CreateError;
use crate::tls::create::make;
use crate::tls::create::problem::Problem;
use crate::tls::error::{Fault, FileError, Role};
use crate::tls::key::KeyFile;
use crate::tls::pair::check_pair;
use crate::tls::pem::{self, Decoded};
use crate::tls::{file, sections};

/// The file name of the CA's certificate: what clients are given.
pub const CA_CERTIFICATE: &str = "ca.crt";
/// The file name of the CA's private key.
pub const CA_KEY: &str = "ca.key";
/// The CA's common name.
pub const CA_NAME: &str = "Echoscope practice CA";
/// How long a new CA is valid: ten years, so that it outlives a course.
pub const CA_DAYS: u32 = 3650;

/// A certificate with the key that signs in its name.
pub(super) struct Authority {
    pub(super) certificate: CertificateDer<'static>,
    pub(super) issuer: Issuer<'static, KeyPair>,
}

/// Reads the CA of the folder; `None` where it has none yet.
pub(super) fn load(folder: &Path, now: Timestamp) -> Result<Option<Authority>, Problem> {
    let (certificate, key) = (folder.join(CA_CERTIFICATE), folder.join(CA_KEY));
    match (is_there(&certificate), is_there(&key)) {
        (false, false) => return Ok(None),
        (true, false) => return Err(Problem::CaWithoutKey),
        (false, true) => return Err(Problem::KeyWithoutCa),
        (true, true) => {}
    }
    let file = CertificateFile::read(&certificate)?;
    check_pair(&file, &KeyFile::read(&key)?)?;
    let report = file.report();
    let date = |moment: Timestamp| moment.strftime("%Y-%m-%d");
    if now > report.not_after {
        return Err(Problem::CaNotValid { when: format!("expired since {}", date(report.not_after)) });
    }
    if now < report.not_before {
        return Err(Problem::CaNotValid { when: format!("not valid before {}", date(report.not_before)) });
    }
    // A file that was read has at least one certificate.
    let certificate = file.chain().first().cloned().ok_or(Problem::NotACa)?;
    check_authority(&certificate)?;
    let unusual = |error: rcgen::Error| Problem::CaUnusual { raw: error.to_string() };
    let key = KeyPair::try_from(&private_key(&key)?).map_err(unusual)?;
    let issuer = Issuer::from_ca_cert_der(&certificate, key).map_err(unusual)?;
    Ok(Some(Authority { certificate, issuer }))
}

/// Makes a new one.
pub(super) fn new(now: Timestamp) -> Result<(Authority, KeyPair), CreateError> {
    let params = make::authority_params(CA_NAME, CA_DAYS, now)?;
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
    let certificate = params.self_signed(&key)?.der().clone();
    let kept = KeyPair::try_from(key.serialized_der())?;
    Ok((Authority { certificate, issuer: Issuer::new(params, kept) }, key))
}

impl Authority {
    /// The last second in which clients take what it signed.
    pub(super) fn ends(&self) -> Option<Timestamp> {
        let (_, own) = X509Certificate::from_der(&self.certificate).ok()?;
        Timestamp::from_second(own.validity().not_after.timestamp()).ok()
    }

    /// Whether clients will find that it signed the certificate: the names must be the same to the byte, and rcgen
    /// does not keep every unusual one.
    pub(super) fn has_signed(&self, certificate: &[u8]) -> Result<(), Problem> {
        let unusual = |raw: &str| Problem::CaUnusual { raw: raw.to_owned() };
        let (_, own) =
            X509Certificate::from_der(&self.certificate).map_err(|error| unusual(&error.to_string()))?;
        let (_, made) =
            X509Certificate::from_der(certificate).map_err(|error| unusual(&error.to_string()))?;
        if made.issuer().as_raw() != own.subject().as_raw() {
            return Err(unusual("its name can't be written in the same way"));
        }
        made.verify_signature(Some(own.public_key())).map_err(|error| unusual(&error.to_string()))
    }
}

/// Even a link that leads nowhere is there: what it stands for must not be made anew.
fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

fn check_authority(certificate: &CertificateDer<'_>) -> Result<(), Problem> {
    let damaged = |raw: String| Problem::CaUnusual { raw };
    let (_, parsed) = X509Certificate::from_der(certificate).map_err(|error| damaged(error.to_string()))?;
    let usage = parsed.key_usage().map_err(|error| damaged(error.to_string()))?;
    if !parsed.is_ca() || usage.is_some_and(|usage| !usage.value.key_cert_sign()) {
        return Err(Problem::NotACa);
    }
    if parsed.subject().iter().any(|part| part.iter().next().is_none()) {
        return Err(damaged("an empty part in its name".to_owned()));
    }
    Ok(())
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, FileError> {
    let bytes = file::read(path).map_err(|fault| refused(path, fault))?;
    let found = sections::find(&bytes);
    let section = found.iter().find(|section| section.label.is_plain_key());
    match section.map(pem::decode) {
        Some(Ok(Decoded::Key(key))) => Ok(key),
        Some(Err(fault)) => Err(refused(path, fault)),
        _ => Err(refused(path, Fault::NoneFound)),
    }
}

fn refused(path: &Path, fault: Fault) -> FileError {
    FileError { path: PathBuf::from(path), role: Role::Key, fault }
}
