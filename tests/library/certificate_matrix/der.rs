//! Certificates in DER, field by field, so that a field can break any rule (X.690; RFC 5280, section 4.1).

use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

use rcgen::{KeyPair, PublicKeyData as _, SigningKey as _};

pub(super) const UTF8: u8 = 0x0c;
pub(super) const CN: &str = "2.5.4.3";
pub(super) const BASIC_CONSTRAINTS: &str = "2.5.29.19";
pub(super) const KEY_USAGE: &str = "2.5.29.15";
pub(super) const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
pub(super) const SAN: &str = "2.5.29.17";
pub(super) const NAME_CONSTRAINTS: &str = "2.5.29.30";

pub(super) const ECDSA_SHA256: &str = "1.2.840.10045.4.3.2";
pub(super) const ECDSA_SHA384: &str = "1.2.840.10045.4.3.3";
pub(super) const ECDSA_SHA512: &str = "1.2.840.10045.4.3.4";
pub(super) const ED25519: &str = "1.3.101.112";
pub(super) const RSA_MD5: &str = "1.2.840.113549.1.1.4";
pub(super) const RSA_SHA1: &str = "1.2.840.113549.1.1.5";
pub(super) const RSA_SHA256: &str = "1.2.840.113549.1.1.11";

/// Returns an element: its tag, its length and its content.
pub(super) fn tlv(tag: u8, content: impl AsRef<[u8]>) -> Vec<u8> {
    let content = content.as_ref();
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let mut element = vec![tag];
    match content.len() {
        0..0x80 => element.push(length[1]),
        0x80..0x100 => element.extend([0x81, length[1]]),
        _ => element.extend([0x82, length[0], length[1]]),
    }
    element.extend(content);
    element
}

pub(super) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, parts.concat())
}

pub(super) fn oid(text: &str) -> Vec<u8> {
    let arcs: Vec<u64> = text.split('.').map(|arc| arc.parse().unwrap()).collect();
    let mut content = Vec::new();
    for arc in std::iter::once(arcs[0] * 40 + arcs[1]).chain(arcs[2..].iter().copied()) {
        let groups = (1..=9).find(|count| arc >> (7 * count) == 0).unwrap();
        content.extend((0..groups).rev().map(|at| {
            let more = if at > 0 { 0x80 } else { 0 };
            more | u8::try_from(arc >> (7 * at) & 0x7f).unwrap()
        }));
    }
    tlv(6, content)
}

/// Returns a distinguished name with one common name of this string type.
pub(super) fn name(tag: u8, common_name: impl AsRef<[u8]>) -> Vec<u8> {
    sequence(&[tlv(0x31, sequence(&[oid(CN), tlv(tag, common_name)]))])
}

pub(super) fn extension(id: &str, critical: bool, value: impl AsRef<[u8]>) -> Vec<u8> {
    let critical = if critical { tlv(1, [0xff]) } else { Vec::new() };
    sequence(&[oid(id), critical, tlv(4, value)])
}

/// Returns a general name: an address, or a DNS name.
pub(super) fn general_name(name: &str) -> Vec<u8> {
    match name.parse() {
        Ok(IpAddr::V4(address)) => tlv(0x87, address.octets()),
        Ok(IpAddr::V6(address)) => tlv(0x87, address.octets()),
        Err(_) => tlv(0x82, name),
    }
}

pub(super) fn san(names: &[&str]) -> Vec<u8> {
    san_of(&names.iter().map(|name| general_name(name)).collect::<Vec<_>>())
}

pub(super) fn san_of(names: &[Vec<u8>]) -> Vec<u8> {
    extension(SAN, false, sequence(names))
}

/// Returns the key usage with these bits, the first of which is `digitalSignature` (RFC 5280, section 4.2.1.3).
pub(super) fn key_usage(bits: u8) -> Vec<u8> {
    extension(KEY_USAGE, true, tlv(3, [u8::try_from(bits.trailing_zeros()).unwrap(), bits]))
}

/// Returns the extended key usage with these purposes.
pub(super) fn purposes(critical: bool, ids: &[&str]) -> Vec<u8> {
    extension(EXTENDED_KEY_USAGE, critical, sequence(&ids.iter().map(|id| oid(id)).collect::<Vec<_>>()))
}

/// Returns basic constraints.
pub(super) fn constraints(is_ca: bool, path_length: Option<u8>) -> Vec<u8> {
    let ca = if is_ca { tlv(1, [0xff]) } else { Vec::new() };
    let length = path_length.map(|length| tlv(2, [length])).unwrap_or_default();
    extension(BASIC_CONSTRAINTS, true, sequence(&[ca, length]))
}

/// Returns a time: `UTCTime` for 13 characters, `GeneralizedTime` for more.
pub(super) fn time(text: &str) -> Vec<u8> {
    tlv(if text.len() == 13 { 0x17 } else { 0x18 }, text)
}

/// A key and the algorithm that it signs with.
pub(super) struct Key {
    pub(super) pair: KeyPair,
    algorithm: &'static str,
}

impl Key {
    pub(super) fn new() -> Self {
        Self::of(&rcgen::PKCS_ECDSA_P256_SHA256, ECDSA_SHA256)
    }

    pub(super) fn of(kind: &'static rcgen::SignatureAlgorithm, algorithm: &'static str) -> Self {
        Self { pair: KeyPair::generate_for(kind).unwrap(), algorithm }
    }

    /// Signs with an algorithm for which rcgen has no code.
    fn sign_by_openssl(&self, openssl: &Path, hash: &str, message: &[u8]) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("key"), self.pair.serialize_pem()).unwrap();
        fs::write(path("message"), message).unwrap();
        let output = Command::new(openssl)
            .args(["dgst", hash, "-sign"])
            .args([path("key"), path("message")])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }
}

/// The fields of a certificate. [`Fields::new`] returns good ones.
#[derive(Clone, PartialEq)]
pub(super) struct Fields {
    /// The encoded version, or nothing for X.509 version 1.
    pub(super) version: Vec<u8>,
    pub(super) serial: Vec<u8>,
    pub(super) subject: Vec<u8>,
    pub(super) begins: &'static str,
    pub(super) ends: &'static str,
    pub(super) extensions: Vec<Vec<u8>>,
    /// The signature algorithm, if it isn't the issuer's usual one.
    pub(super) algorithm: Option<&'static str>,
    /// The algorithm that the signed part names, if it differs.
    pub(super) inner_algorithm: Option<&'static str>,
    pub(super) has_broken_signature: bool,
}

impl Fields {
    pub(super) fn new(common_name: &str, extensions: Vec<Vec<u8>>) -> Self {
        Self {
            version: tlv(0xa0, tlv(2, [2])),
            serial: vec![0x4a, 0x11, 7],
            subject: name(UTF8, common_name),
            begins: "200101000000Z",
            ends: "491231235959Z",
            extensions,
            algorithm: None,
            inner_algorithm: None,
            has_broken_signature: false,
        }
    }

    /// Returns a CA's fields.
    pub(super) fn ca(common_name: &str) -> Self {
        let (usual, identifiers) = (vec![constraints(true, None), key_usage(0x06)], Self::identifiers());
        Self::new(common_name, [usual, identifiers].concat())
    }

    /// Returns the key identifiers of subject and issuer, which are the same for all.
    pub(super) fn identifiers() -> Vec<Vec<u8>> {
        let own = extension("2.5.29.14", false, tlv(4, [7; 20]));
        vec![own, extension("2.5.29.35", false, sequence(&[tlv(0x80, [7; 20])]))]
    }

    /// Returns the certificate in PEM, for `key`, signed by `issuer` with its key.
    pub(super) fn sign(&self, key: &Key, issuer: &Fields, issuer_key: &Key) -> String {
        let identifier = |id: &str| {
            let null = if id.starts_with("1.2.840.113549.") { tlv(5, []) } else { Vec::new() };
            sequence(&[oid(id), null])
        };
        let outer = self.algorithm.unwrap_or(issuer_key.algorithm);
        let inner = self.inner_algorithm.unwrap_or(outer);
        let extensions = match self.extensions.as_slice() {
            [] => Vec::new(),
            some => tlv(0xa3, sequence(some)),
        };
        let body = sequence(&[
            self.version.clone(),
            tlv(2, &self.serial),
            identifier(inner),
            issuer.subject.clone(),
            sequence(&[time(self.begins), time(self.ends)]),
            self.subject.clone(),
            key.pair.subject_public_key_info(),
            extensions,
        ]);
        let openssl = || crate::support::program("openssl").unwrap();
        let mut signature = match outer {
            RSA_SHA1 => issuer_key.sign_by_openssl(&openssl(), "-sha1", &body),
            RSA_MD5 => issuer_key.sign_by_openssl(&openssl(), "-md5", &body),
            _ => issuer_key.pair.sign(&body).unwrap(),
        };
        if self.has_broken_signature {
            *signature.last_mut().unwrap() ^= 1;
        }
        let der = sequence(&[body, identifier(outer), tlv(3, [vec![0], signature].concat())]);
        pem::encode(&pem::Pem::new("CERTIFICATE", der))
    }

    pub(super) fn sign_self(&self, key: &Key) -> String {
        self.sign(key, self, key)
    }
}
