//! Makes keys and certificates in memory: nothing here touches a disk.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, PKCS_RSA_SHA256, RsaKeySize,
    SerialNumber,
};
use rustls::crypto::aws_lc_rs::default_provider;

use crate::tls::create::broken::Broken;
use crate::tls::create::ca::Authority;
use crate::tls::create::error::CreateError;
use crate::tls::create::request::{KeyChoice, Request};
use crate::tls::create::{text, version1};

/// A certificate is valid from a little before it was made and until a little after its last day, so that clients
/// whose clocks differ by a few minutes agree on the number of days.
pub(super) const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// How far from now the validity of an expired certificate ended, and of one not valid yet begins.
pub(super) const BROKEN_DAYS: u32 = 30;

/// The only name in a certificate with the wrong one; `.example` belongs to nobody (RFC 2606, section 2).
pub(super) const WRONG_NAME: &str = "wrong-name.example";

/// The common name of the intermediate CA.
pub(super) const INTERMEDIATE_NAME: &str = "Echoscope practice intermediate CA";

/// What a request comes to, as PEM.
pub(super) struct Made {
    pub(super) key: String,
    pub(super) request: String,
    pub(super) certificate: String,
    /// The certificate in binary form.
    pub(super) der: Vec<u8>,
    /// The CA that signed the server's certificate and is not sent along.
    pub(super) intermediate: Option<String>,
}

/// Makes the server's key, its signing request and its certificate. `authority` is the practice CA, where the request
/// needs one.
pub(super) fn server(
    request: &Request,
    authority: Option<&Authority>,
    now: Timestamp,
) -> Result<Made, CreateError> {
    let key = generate(request.key)?;
    let csr = signing_request(request)?.serialize_request(&key)?;
    let params = certificate(request, now)?;
    let mut intermediate = None;
    let mut der = match (request.broken, authority) {
        (Some(Broken::SelfSigned), _) | (_, None) => params.self_signed(&key)?.der().to_vec(),
        (Some(Broken::NoIntermediate), Some(authority)) => {
            let between = authority_params(INTERMEDIATE_NAME, request.days, now)?;
            let between_key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
            let made = between.signed_by(&between_key, &authority.issuer)?;
            authority.has_signed(made.der())?;
            intermediate = Some(text::pem("CERTIFICATE", made.der()));
            params.signed_by(&key, &Issuer::new(between, between_key))?.der().to_vec()
        }
        (_, Some(authority)) => {
            let der = params.signed_by(&key, &authority.issuer)?.der().to_vec();
            authority.has_signed(&der)?;
            der
        }
    };
    if request.broken == Some(Broken::Version1) {
        der = match authority {
            Some(authority) => version1::downgrade(&der, authority.issuer.key())?,
            None => version1::downgrade(&der, &key)?,
        };
    }
    Ok(Made {
        key: text::private_key(&key),
        request: text::pem("CERTIFICATE REQUEST", csr.der()),
        certificate: text::pem("CERTIFICATE", &der),
        der,
        intermediate,
    })
}

/// The moments between which a certificate for so many days is valid, in whole seconds.
pub(super) fn validity(days: u32, broken: Option<Broken>, now: Timestamp) -> (Timestamp, Timestamp) {
    let long = |days: u32| SignedDuration::from_hours(24 * i64::from(days));
    // Saturating: the clock of a computer may say anything.
    let plus = |moment: Timestamp, by: SignedDuration| moment.saturating_add(by).unwrap_or(moment);
    let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
    let start = match broken {
        Some(Broken::Expired) => plus(now, -long(days + BROKEN_DAYS)),
        Some(Broken::NotYetValid) => plus(now, long(BROKEN_DAYS)),
        _ => now,
    };
    (plus(start, -SKEW), plus(plus(start, long(days)), SKEW))
}

/// What an authority's certificate says.
pub(super) fn authority_params(
    name: &str,
    days: u32,
    now: Timestamp,
) -> Result<CertificateParams, CreateError> {
    let mut params = common(name, Vec::new())?;
    mark_authority(&mut params);
    finish(&mut params, validity(days, None, now))?;
    Ok(params)
}

/// The subject and the names, without what only a certificate has.
fn signing_request(request: &Request) -> Result<CertificateParams, CreateError> {
    common(subject(request), alternative_names(request))
}

fn certificate(request: &Request, now: Timestamp) -> Result<CertificateParams, CreateError> {
    let mut params = signing_request(request)?;
    if request.broken == Some(Broken::CaAsServer) {
        mark_authority(&mut params);
    } else {
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages.push(KeyUsagePurpose::DigitalSignature);
        if request.key.is_rsa() {
            // For the key exchange of TLS 1.2 and older in which the client encrypts to the server's RSA key.
            params.key_usages.push(KeyUsagePurpose::KeyEncipherment);
        }
        params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
    }
    finish(&mut params, validity(request.days, request.broken, now))?;
    Ok(params)
}

/// The common name that the certificate gets.
pub(super) fn subject(request: &Request) -> &str {
    if request.broken == Some(Broken::WrongName) { WRONG_NAME } else { &request.common_name }
}

/// The subject alternative names that the certificate gets.
pub(super) fn alternative_names(request: &Request) -> Vec<String> {
    match request.broken {
        Some(Broken::WrongName) => vec![WRONG_NAME.to_owned()],
        Some(Broken::NoSan | Broken::Version1) => Vec::new(),
        _ => request.all_names().into_iter().map(str::to_owned).collect(),
    }
}

fn common(name: &str, names: Vec<String>) -> Result<CertificateParams, CreateError> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params)
}

fn mark_authority(params: &mut CertificateParams) {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
}

/// What a signing request does not have: serial number, validity, and who signed it.
fn finish(
    params: &mut CertificateParams,
    (not_before, not_after): (Timestamp, Timestamp),
) -> Result<(), CreateError> {
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let seconds = |moment: Timestamp| Duration::from_secs(moment.as_second().unsigned_abs());
    let date = |moment: Timestamp| {
        if moment.as_second() < 0 { epoch - seconds(moment) } else { epoch + seconds(moment) }
    };
    (params.not_before, params.not_after) = (date(not_before), date(not_after));
    params.serial_number = Some(SerialNumber::from(serial()?.to_vec()));
    params.use_authority_key_identifier_extension = true;
    Ok(())
}

/// A random number above zero of 16 bytes (RFC 5280, section 4.1.2.2, allows 20).
fn serial() -> Result<[u8; 16], CreateError> {
    let mut serial = [0; 16];
    let random = default_provider().secure_random;
    let failed = |_| CreateError::Library { raw: "the system gives no random numbers".to_owned() };
    random.fill(&mut serial).map_err(failed)?;
    // Without the first bit, which is the sign, and with the second, so that no first byte is left out.
    serial[0] = serial[0] & 0x7f | 0x40;
    Ok(serial)
}

fn generate(key: KeyChoice) -> Result<KeyPair, CreateError> {
    Ok(match key {
        KeyChoice::Rsa2048 => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?,
        KeyChoice::Rsa4096 => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_4096)?,
        KeyChoice::P256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?,
        KeyChoice::Ed25519 => KeyPair::generate_for(&PKCS_ED25519)?,
    })
}
