//! Decodes one PEM block to DER: the only file that uses `rustls-pemfile`.
//!
//! That crate is archived (RUSTSEC-2025-0134) and does little more than call the PEM reader of
//! `rustls-pki-types`. It stays behind [`decode`] so that this reader can replace it in one step.

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls_pemfile::Item;

use crate::tls::error::Fault;
use crate::tls::sections::{Damage, Label, Section};

/// What a usable block holds.
pub(super) enum Decoded {
    Certificate(CertificateDer<'static>),
    Key(PrivateKeyDer<'static>),
}

/// Decodes a block that is labelled as a certificate or as a private key in a form that rustls reads.
pub(super) fn decode(section: &Section) -> Result<Decoded, Fault> {
    let label = match section.label {
        Label::Certificate | Label::TrustedCertificate => "CERTIFICATE",
        Label::Pkcs8 => "PRIVATE KEY",
        Label::Pkcs1 => "RSA PRIVATE KEY",
        Label::Sec1 => "EC PRIVATE KEY",
        _ => return Err(Fault::NoneFound),
    };
    match &section.damage {
        Some(Damage::NoEnd { label }) => return Err(Fault::NoEnd { label: label.clone() }),
        Some(Damage::BeginLine) => return Err(Fault::BeginLine { label }),
        None => {}
    }
    let mut text = format!("-----BEGIN {label}-----\n").into_bytes();
    text.extend_from_slice(&section.body);
    text.extend_from_slice(format!("-----END {label}-----\n").as_bytes());
    match rustls_pemfile::read_one_from_slice(&text) {
        Ok(Some((Item::X509Certificate(der), _))) => Ok(Decoded::Certificate(der)),
        Ok(Some((Item::Pkcs8Key(der), _))) => Ok(Decoded::Key(der.into())),
        Ok(Some((Item::Pkcs1Key(der), _))) => Ok(Decoded::Key(der.into())),
        Ok(Some((Item::Sec1Key(der), _))) => Ok(Decoded::Key(der.into())),
        Ok(_) => Err(Fault::NoneFound),
        Err(rustls_pemfile::Error::Base64Decode(raw)) => Err(Fault::Base64 { raw }),
        // The block was put together above, so this can't be; and the error would quote lines of a key.
        Err(_) => Err(Fault::Base64 { raw: "malformed block".to_owned() }),
    }
}
