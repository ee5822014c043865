//! Creates keys and certificates in memory, and loads the practice CA: `ca.key` and `ca.crt` in a folder, created once
//! and then reused. Only clients that were given `ca.crt` trust this CA.

use std::borrow::Cow;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use pem::{EncodeConfig, LineEnding, Pem};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, PKCS_RSA_SHA256, RsaKeySize, SigningKey,
};
use rustls::pki_types::CertificateDer;
use x509_parser::asn1_rs::{Any, BitString, Class, FromDer, Sequence, ToDer};
use x509_parser::prelude::X509Certificate;

use crate::platform::HAS_CRLF_LINES;
use crate::tls::certificate::CLOCK_SKEW;
use crate::tls::create::certificate_spec::{
    CA_CERTIFICATE, CA_KEY, CERTIFICATE, CLIENT_CERTIFICATE, CLIENT_KEY, CertificateSpec, Defect,
    INTERMEDIATE, KEY, KeyChoice, SIGNING_REQUEST,
};
use crate::tls::create::create_error::{CreateError, SpecProblem};
use crate::tls::load::{private_key, read_pair};

/// The validity of a new practice CA in days: ten years, so that it is valid for a whole course.
pub(super) const CA_DAYS: u32 = 3650;

/// The number of days since the validity of an expired certificate ended, or until that of a not yet valid one begins.
pub(super) const DEFECT_DAYS: u32 = 30;

/// The only name in a certificate with [`Defect::WrongName`]. Names under `.example` are reserved (RFC 2606, section
/// 2).
pub(super) const WRONG_NAME: &str = "wrong-name.example";

/// The practice CA's common name.
pub(super) const CA_NAME: &str = "Echoscope practice CA";

/// The intermediate CA's common name.
pub(super) const INTERMEDIATE_NAME: &str = "Echoscope practice intermediate CA";

/// The client certificate's common name.
pub(super) const CLIENT_NAME: &str = "Echoscope client";

/// The practice CA's certificate and private key.
pub(super) struct PracticeCa {
    pub(super) certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

/// A new certificate for a server, and the files to write for it.
pub(super) struct Issued {
    /// The certificate as DER.
    pub(super) certificate: Vec<u8>,
    /// The names and contents of the files: the private key, the signing request, the intermediate CA's certificate
    /// with [`Defect::NoIntermediate`], the certificate, and the client's key and certificate if they were requested.
    pub(super) files: Vec<(&'static str, String)>,
}

impl PracticeCa {
    /// Creates a practice CA. Also returns its private key as PEM.
    pub(super) fn new(now: Timestamp) -> Result<(Self, String), rcgen::Error> {
        let params = ca_params(CA_NAME, CA_DAYS, now)?;
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let key_pem = private_key_pem(&key);
        let certificate = params.self_signed(&key)?.der().clone();
        Ok((Self { certificate, issuer: Issuer::new(params, key) }, key_pem))
    }

    /// Loads the practice CA from the folder. Returns `None` if the folder has none.
    pub(super) fn load(folder: &Path, now: Timestamp) -> Result<Option<Self>, SpecProblem> {
        let (certificate, key) = (folder.join(CA_CERTIFICATE), folder.join(CA_KEY));
        // A dangling symbolic link counts as a file, because writing to it would create its target.
        let exists = |path: &Path| fs::symlink_metadata(path).is_ok();
        match (exists(&certificate), exists(&key)) {
            (false, false) => return Ok(None),
            (true, false) => {
                return Err(unusable(
                    "The folder contains ca.crt but no ca.key. Restore ca.key, or choose another folder",
                ));
            }
            (false, true) => {
                return Err(unusable(
                    "The folder contains ca.key but no ca.crt. Restore ca.crt, or choose another folder",
                ));
            }
            (true, true) => {}
        }
        let (file, _) = read_pair(&certificate, &key)?;
        let validity = file.own().validity;
        if !validity.holds(now) {
            return Err(unusable(format!("ca.crt is not valid now ({})", validity.description(now))));
        }
        // `read_pair` fails if the file contains no certificate.
        let certificate = file.chain()[0].clone();
        check_may_sign(&certificate)?;
        let key = KeyPair::try_from(&private_key(&key)?).map_err(unusual)?;
        let issuer = Issuer::from_ca_cert_der(&certificate, key).map_err(unusual)?;
        Ok(Some(Self { certificate, issuer }))
    }

    /// Returns the last second of the CA's validity.
    pub(super) fn not_after(&self) -> Option<Timestamp> {
        let (_, own) = X509Certificate::from_der(&self.certificate).ok()?;
        Timestamp::from_second(own.validity().not_after.timestamp()).ok()
    }

    /// Checks that clients will recognize this CA as the issuer of a certificate. The names must be equal byte for
    /// byte, and rcgen doesn't preserve every unusual name.
    fn check_issued(&self, certificate: &[u8]) -> Result<(), SpecProblem> {
        let (_, own) = X509Certificate::from_der(&self.certificate).map_err(unusual)?;
        let (_, issued) = X509Certificate::from_der(certificate).map_err(unusual)?;
        if issued.issuer().as_raw() != own.subject().as_raw() {
            return Err(unusual("its name can't be written in the same way"));
        }
        issued.verify_signature(Some(own.public_key())).map_err(unusual)
    }
}

fn unusable(why: impl Into<String>) -> SpecProblem {
    SpecProblem::UnusableCa { why: why.into(), source: None }
}

fn unusual(error: impl Into<Box<dyn Error + Send + Sync>>) -> SpecProblem {
    let why = "Can't sign with ca.crt, whose name or key is unusual".to_owned();
    SpecProblem::UnusableCa { why, source: Some(error.into()) }
}

fn check_may_sign(certificate: &CertificateDer<'_>) -> Result<(), SpecProblem> {
    let (_, parsed) = X509Certificate::from_der(certificate).map_err(unusual)?;
    let usage = parsed.key_usage().map_err(unusual)?;
    if !parsed.is_ca() || usage.is_some_and(|usage| !usage.value.key_cert_sign()) {
        return Err(unusable("ca.crt is not a CA's certificate"));
    }
    if parsed.subject().iter().any(|part| part.iter().next().is_none()) {
        return Err(unusual("an empty part in its name"));
    }
    Ok(())
}

/// Creates the server's key, its signing request and its certificate. `ca` is the practice CA if the certificate
/// needs it. Generating an RSA key may take seconds.
pub(super) fn issue(
    spec: &CertificateSpec,
    ca: Option<&PracticeCa>,
    now: Timestamp,
) -> Result<Issued, CreateError> {
    let key = generate_key(spec.key)?;
    let signing_request = base_params(subject(spec), subject_alt_names(spec))?.serialize_request(&key)?;
    let params = server_params(spec, now)?;
    let mut files = vec![
        (KEY, private_key_pem(&key)),
        (SIGNING_REQUEST, to_pem("CERTIFICATE REQUEST", signing_request.der())),
    ];
    let mut certificate = match (spec.defect, ca) {
        (Some(Defect::SelfSigned), _) | (_, None) => params.self_signed(&key)?.der().to_vec(),
        (Some(Defect::NoIntermediate), Some(ca)) => {
            let intermediate = ca_params(INTERMEDIATE_NAME, spec.days, now)?;
            let intermediate_key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
            let issued = intermediate.signed_by(&intermediate_key, &ca.issuer)?.der().to_vec();
            ca.check_issued(&issued)?;
            files.push((INTERMEDIATE, to_pem("CERTIFICATE", &issued)));
            params.signed_by(&key, &Issuer::new(intermediate, intermediate_key))?.der().to_vec()
        }
        (_, Some(ca)) => {
            let issued = params.signed_by(&key, &ca.issuer)?.der().to_vec();
            ca.check_issued(&issued)?;
            issued
        }
    };
    if spec.defect == Some(Defect::Version1) {
        certificate = as_version_1(&certificate, ca.map_or(&key, |ca| ca.issuer.key()))?;
    }
    files.push((CERTIFICATE, to_pem("CERTIFICATE", &certificate)));
    if let Some(ca) = ca.filter(|_| spec.client_certificate) {
        let key = generate_key(spec.key)?;
        let issued = client_params(spec, now)?.signed_by(&key, &ca.issuer)?;
        ca.check_issued(issued.der())?;
        files.push((CLIENT_KEY, private_key_pem(&key)));
        files.push((CLIENT_CERTIFICATE, to_pem("CERTIFICATE", issued.der())));
    }
    Ok(Issued { certificate, files })
}

fn generate_key(key: KeyChoice) -> Result<KeyPair, rcgen::Error> {
    match key {
        KeyChoice::Rsa2048 => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048),
        KeyChoice::Rsa4096 => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_4096),
        KeyChoice::P256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256),
        KeyChoice::Ed25519 => KeyPair::generate_for(&PKCS_ED25519),
    }
}

/// Returns the first and the last moment of a certificate's validity, in whole seconds.
pub(super) fn validity(days: u32, defect: Option<Defect>, now: Timestamp) -> (Timestamp, Timestamp) {
    let length = |days: u32| SignedDuration::from_hours(24 * i64::from(days));
    // The sum saturates, because a computer's clock may be set to any time.
    let plus = |moment: Timestamp, by: SignedDuration| moment.saturating_add(by).unwrap_or(moment);
    let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
    let start = match defect {
        Some(Defect::Expired) => plus(now, -length(days + DEFECT_DAYS)),
        Some(Defect::NotYetValid) => plus(now, length(DEFECT_DAYS)),
        _ => now,
    };
    (plus(start, -CLOCK_SKEW), plus(plus(start, length(days)), CLOCK_SKEW))
}

/// Returns the certificate's common name.
pub(super) fn subject(spec: &CertificateSpec) -> &str {
    if spec.defect == Some(Defect::WrongName) { WRONG_NAME } else { &spec.common_name }
}

/// Returns the certificate's subject alternative names.
pub(super) fn subject_alt_names(spec: &CertificateSpec) -> Vec<String> {
    match spec.defect {
        Some(Defect::WrongName) => vec![WRONG_NAME.to_owned()],
        Some(defect) if defect.has_no_names() => Vec::new(),
        _ => spec.all_names().into_iter().map(str::to_owned).collect(),
    }
}

fn base_params(common_name: &str, names: Vec<String>) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    Ok(params)
}

fn server_params(spec: &CertificateSpec, now: Timestamp) -> Result<CertificateParams, rcgen::Error> {
    let mut params = base_params(subject(spec), subject_alt_names(spec))?;
    set_validity(&mut params, validity(spec.days, spec.defect, now));
    if spec.defect == Some(Defect::CaAsServer) {
        mark_as_ca(&mut params);
        return Ok(params);
    }
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages.push(KeyUsagePurpose::DigitalSignature);
    if spec.key.is_rsa() {
        // For the key exchange of TLS 1.2 and older in which the client encrypts to the server's RSA key.
        params.key_usages.push(KeyUsagePurpose::KeyEncipherment);
    }
    params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
    Ok(params)
}

/// Returns the values of the client certificate. It is valid as long as the server's, but never defective.
fn client_params(spec: &CertificateSpec, now: Timestamp) -> Result<CertificateParams, rcgen::Error> {
    let mut params = base_params(CLIENT_NAME, Vec::new())?;
    set_validity(&mut params, validity(spec.days, None, now));
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages.push(KeyUsagePurpose::DigitalSignature);
    params.extended_key_usages.push(ExtendedKeyUsagePurpose::ClientAuth);
    Ok(params)
}

fn ca_params(common_name: &str, days: u32, now: Timestamp) -> Result<CertificateParams, rcgen::Error> {
    let mut params = base_params(common_name, Vec::new())?;
    mark_as_ca(&mut params);
    set_validity(&mut params, validity(days, None, now));
    Ok(params)
}

fn mark_as_ca(params: &mut CertificateParams) {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
}

fn set_validity(params: &mut CertificateParams, (not_before, not_after): (Timestamp, Timestamp)) {
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let date = |moment: Timestamp| {
        let seconds = Duration::from_secs(moment.as_second().unsigned_abs());
        if moment.as_second() < 0 { epoch - seconds } else { epoch + seconds }
    };
    (params.not_before, params.not_after) = (date(not_before), date(not_after));
    params.use_authority_key_identifier_extension = true;
}

/// Returns a PEM block (RFC 7468, section 2) with the OS's line endings.
pub(super) fn to_pem(label: &str, der: &[u8]) -> String {
    let ending = if HAS_CRLF_LINES { LineEnding::CRLF } else { LineEnding::LF };
    pem::encode_config(&Pem::new(label, der), EncodeConfig::new().set_line_ending(ending))
}

/// Returns the private key as PKCS#8 version 1, which every program reads.
///
/// rcgen writes Ed25519 keys as version 2 (RFC 5958) with the public key, which OpenSSL can't read. Apart from the 32
/// bytes of the secret, version 1 of such a key is fixed (RFC 8410, section 7).
fn private_key_pem(key: &KeyPair) -> String {
    const VERSION_2: &[u8] = &[0x02, 0x01, 0x01];
    const ALGORITHM: &[u8] = &[0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    let der = key.serialized_der();
    let inside = der.get(2..).and_then(|inside| inside.strip_prefix(VERSION_2)?.strip_prefix(ALGORITHM));
    match inside.and_then(|inside| inside.get(..32)) {
        Some(secret) => to_pem("PRIVATE KEY", &[&[0x30, 0x2e, 0x02, 0x01, 0x00], ALGORITHM, secret].concat()),
        None => to_pem("PRIVATE KEY", der),
    }
}

/// Returns the certificate as X.509 version 1, signed with the issuer's key; rcgen creates version 3 only.
///
/// ```text
/// Certificate ::= SEQUENCE { SEQUENCE { [0] version, serial, …, subjectPublicKeyInfo, [3] extensions },
///                            signatureAlgorithm, BIT STRING }          (RFC 5280, section 4.1)
/// ```
///
/// Version 1 is the default, which DER omits, and has no extensions. So the tagged parts are removed, and the rest is
/// signed again.
fn as_version_1(certificate: &[u8], issuer: &impl SigningKey) -> Result<Vec<u8>, rcgen::Error> {
    let damaged = || rcgen::Error::CouldNotParseCertificate;
    let outer = elements(certificate).ok_or_else(damaged)?;
    let [to_be_signed, algorithm, _signature] = outer[..] else { return Err(damaged()) };
    let fields = elements(to_be_signed).ok_or_else(damaged)?;
    // Version, unique identifiers and extensions have a context-specific tag.
    let is_tagged = |element: &&[u8]| {
        Any::from_der(element).is_ok_and(|(_, object)| object.header.class() == Class::ContextSpecific)
    };
    let untagged: Vec<_> = fields.into_iter().filter(|field| !is_tagged(field)).collect();
    let to_be_signed = sequence(&untagged).ok_or_else(damaged)?;
    let signature = BitString::new(0, &issuer.sign(&to_be_signed)?).to_der_vec().map_err(|_| damaged())?;
    sequence(&[&to_be_signed, algorithm, &signature]).ok_or_else(damaged)
}

/// Returns the elements of a sequence, each with its tag and length.
fn elements(der: &[u8]) -> Option<Vec<&[u8]>> {
    let mut rest = Any::from_der(der).ok()?.1.data;
    let mut elements = Vec::new();
    while !rest.is_empty() {
        let (after, _) = Any::from_der(rest).ok()?;
        elements.push(&rest[..rest.len() - after.len()]);
        rest = after;
    }
    Some(elements)
}

fn sequence(elements: &[&[u8]]) -> Option<Vec<u8>> {
    Sequence::new(Cow::Owned(elements.concat())).to_der_vec().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_version_and_extensions_are_removed() {
        let generated = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let der = as_version_1(generated.cert.der(), &generated.signing_key).unwrap();
        let (rest, old) = x509_parser::parse_x509_certificate(generated.cert.der()).unwrap();
        let (_, new) = x509_parser::parse_x509_certificate(&der).unwrap();
        assert!(rest.is_empty());
        assert_eq!((old.version().0, new.version().0), (2, 0));
        assert_eq!(new.extensions().len(), 0);
        assert_eq!(new.raw_serial(), old.raw_serial());
        assert_eq!(new.subject().as_raw(), old.subject().as_raw());
        assert_eq!(new.validity(), old.validity());
        assert_eq!(new.public_key().raw, old.public_key().raw);
        new.verify_signature(None).unwrap();
    }
}
