//! Certificates as bytes: every text about a chain is one line, and a key matches a certificate if and only if the
//! certificate contains its public key.
#![no_main]

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use echoscope::tls::explain::inspection::{explain_check, explain_end, explain_link};
use echoscope::tls::inspect::chain::chain_links;
use echoscope::tls::inspect::client_check::{Roots, check_as_clients};
use echoscope::tls::{Certificate, CertificateFile, KeyFile, ServedCertificate, TlsError, check_pair};
use echoscope_fuzz::{Identity, Scratch, check_line, check_message, identities, pem, seed};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use x509_parser::prelude::{FromDer, X509Certificate};

static SCRATCH: LazyLock<Scratch> = LazyLock::new(Scratch::new);
static KNOWN: LazyLock<Known> = LazyLock::new(Known::new);

/// The certificates, keys and trust stores that every input is checked against.
struct Known {
    chains: Vec<Vec<u8>>,
    keys: Vec<(KeyFile, Vec<u8>)>,
    roots: Roots,
    now: Timestamp,
}

impl Known {
    fn new() -> Self {
        let identities = identities();
        let chains: Vec<_> = identities.iter().map(|identity| der(&identity.certificate)).collect();
        let key = |(identity, chain): (&Identity, &Vec<u8>)| {
            let file = KeyFile::read(&SCRATCH.write("server.key", &identity.key)).expect("a key of ours");
            (file, public_key(chain).expect("a certificate of ours"))
        };
        let keys = identities.iter().zip(&chains).take(3).map(key).collect();
        let roots = SCRATCH.write("roots.pem", &identities[0].certificate);
        Self {
            keys,
            chains,
            roots: Roots::read(&roots).expect("a certificate of ours"),
            now: Timestamp::now(),
        }
    }
}

fuzz_target!(
    init: seed(KNOWN.chains.iter().cloned()),
    |data: &[u8]| {
        let chain = split(data);
        for certificate in &chain {
            if let Some(details) = Certificate::from_der(certificate) {
                assert_eq!(details.fingerprint.len(), 95);
            }
        }
        let text: String = chain.iter().map(|certificate| pem("CERTIFICATE", certificate)).collect();
        match CertificateFile::read(&SCRATCH.write("server.crt", text.as_bytes())) {
            Ok(file) => {
                assert_eq!(file.chain().len(), chain.len());
                check_details(&file);
                check_explanations(&file);
                check_pairs(&file);
            }
            Err(error) => check_message(&error.to_string()),
        }
        check_key(data);
    }
);

fn check_details(file: &CertificateFile) {
    let links = chain_links(file);
    let count = file.chain().len();
    assert_eq!((file.certificates().len(), links.len() + 1), (count, count));
    for (index, link) in links.iter().enumerate() {
        check_line(&explain_link(index + 1, link).unwrap_or_default());
    }
    for certificate in file.certificates().iter() {
        check_line(&explain_end(certificate));
        let lines = [&certificate.subject, &certificate.issuer, &certificate.serial, &certificate.signature];
        lines.into_iter().for_each(|text| check_line(text));
        check_line(&certificate.key.to_string());
        check_line(&certificate.validity.description(KNOWN.now));
        assert!((0.0..=1.0).contains(&certificate.validity.elapsed(KNOWN.now)));
        certificate.common_names.iter().for_each(|name| check_line(name));
        certificate.names.iter().for_each(|name| check_line(&name.text));
        for extension in &certificate.extensions {
            check_line(&extension.name);
            check_line(&extension.value);
        }
    }
    for check in check_as_clients(file, &KNOWN.roots, KNOWN.now) {
        check_line(&explain_check(&check));
        check.names.iter().for_each(|name| check_line(name));
        check_line(&check.raw().unwrap_or_default());
    }
}

fn check_explanations(file: &CertificateFile) {
    check_message(&file.own().line(KNOWN.now));
    let served = ServedCertificate::of(file);
    for host in ["localhost", "127.0.0.1", "::", "wrong.example"] {
        served.cautions(KNOWN.now, host).iter().for_each(|text| check_message(text));
    }
    check_line(&served.names());
    let is_odd = |host: &str| host.contains('*') || host.trim_end_matches('.').is_empty();
    assert!(served.own.hosts().all(|host| is_odd(host) || served.own.is_for(host)), "{served:?}");
    let mut numbers = served.above.iter().filter_map(|above| above.number);
    assert!(numbers.all(|number| (2..=file.chain().len()).contains(&number)));
}

/// Checks that a key matches a certificate if and only if the certificate contains its public key.
fn check_pairs(file: &CertificateFile) {
    for (key, public) in &KNOWN.keys {
        let holds = |der: &[u8]| public_key(der).is_some_and(|held| held == *public);
        let place = file.chain().iter().position(|der| holds(der));
        match (check_pair(file, key), place) {
            (Ok(()), _) => {
                // The public keys are equal, or one is the same point in another encoding.
                let held = public_key(&file.chain()[0]).expect("it was read");
                assert!(
                    held == *public
                        || held.len() != public.len()
                        || held.ends_with(&public[public.len() - 16..]),
                    "{held:02x?}"
                );
            }
            (Err(TlsError::KeyMismatch { .. }), None) => {}
            (Err(TlsError::ChainOrder { number, .. }), place) => {
                assert!(place.is_none_or(|place| place + 1 >= number) && number > 1);
            }
            (other, place) => panic!("{other:?}, though the key's public half is in {place:?}"),
        }
    }
}

/// Checks that the bytes, read as a key in each encoding, are rejected with a message or have a key type with a name.
fn check_key(data: &[u8]) {
    for label in ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"] {
        match KeyFile::read(&SCRATCH.write("any.key", pem(label, data).as_bytes())) {
            Ok(key) => check_message(&key.key_type().to_string()),
            Err(error) => check_message(&error.to_string()),
        }
    }
}

/// Splits bytes at the ends of DER values (X.690, section 8.1.3). The rest that isn't a value becomes the last part.
fn split(mut data: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while !data.is_empty() && found.len() < 4 {
        let end = match data {
            [0x30, 0x82, high, low, ..] => 4 + usize::from(u16::from_be_bytes([*high, *low])),
            [0x30, 0x81, length, ..] => 3 + usize::from(*length),
            _ => data.len(),
        };
        let (piece, rest) = data.split_at(end.min(data.len()));
        found.push(piece);
        data = rest;
    }
    found
}

fn public_key(der: &[u8]) -> Option<Vec<u8>> {
    X509Certificate::from_der(der).ok().map(|(_, parsed)| parsed.public_key().raw.to_vec())
}

/// Returns the certificates of a PEM file, concatenated.
fn der(pem: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(pem);
    let blocks = text.split("-----BEGIN CERTIFICATE-----").skip(1);
    let body = |block: &str| {
        block.split("-----END").next().unwrap_or_default().split_whitespace().collect::<String>()
    };
    blocks.flat_map(|block| STANDARD.decode(body(block)).expect("base64")).collect()
}
