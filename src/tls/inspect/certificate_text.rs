//! Parts of a certificate as text on one line: distinguished names, subject alternative names, bytes and numbers.

use std::fmt;
use std::fmt::Write as _;

use x509_parser::asn1_rs::{Any, Tag};
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::objects::{oid_registry, oid2abbrev};
use x509_parser::prelude::X509Certificate;
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

use crate::text::{is_bidi_or_control, sanitize, truncate};
use crate::tls::certificate_report;

/// The longest text that is shown of a certificate, in characters.
const MAX_TEXT: usize = 256;

const COMMON_NAME: &str = "2.5.4.3";

/// Returns text from a certificate on one line, shortened if it is very long.
pub(super) fn one_line(text: &str) -> String {
    sanitize(text, MAX_TEXT)
}

/// Returns bytes as uppercase hexadecimal with colons, as openssl prints them. Shows at most 32 bytes.
pub(super) fn short_hex(bytes: &[u8]) -> String {
    const MAX: usize = 32;
    match bytes.len() {
        0 => "empty".to_owned(),
        count if count > MAX => format!("{}… ({count} bytes in all)", hex(&bytes[..MAX])),
        _ => hex(bytes),
    }
}

/// Returns bytes as uppercase hexadecimal with colons: `AB:CD`.
pub(super) fn hex(bytes: &[u8]) -> String {
    let bytes: Vec<_> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    bytes.join(":")
}

/// Returns a serial number in hexadecimal, as `openssl x509 -serial` prints it.
pub(super) fn serial_number(bytes: &[u8]) -> String {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let digits = hex(&bytes[zeros..]).replace(':', "");
    if digits.is_empty() { "00".to_owned() } else { one_line(&digits) }
}

/// Returns a name in the format of RFC 4514, with its last part first and a space after each comma: `CN=localhost,
/// O=Lab`; `(none)` if it is empty. That is `openssl x509 -nameopt RFC2253,sep_comma_plus_space` without escapes for
/// text beyond ASCII. Control and bidi characters are escaped: `\0A`.
#[must_use]
pub fn distinguished_name(name: &X509Name<'_>) -> String {
    let part = |attributes: Vec<String>| attributes.into_iter().rev().collect::<Vec<_>>().join(" + ");
    let mut parts: Vec<_> = name.iter_rdn().map(|rdn| part(rdn.iter().map(attribute).collect())).collect();
    parts.reverse();
    if parts.is_empty() { "(none)".to_owned() } else { truncate(parts.join(", ").chars(), MAX_TEXT) }
}

/// Returns the common names without escapes; empty ones are omitted.
pub(super) fn common_names(name: &X509Name<'_>) -> Vec<String> {
    name.iter_attributes()
        .filter(|attribute| attribute.attr_type().to_id_string() == COMMON_NAME)
        .filter_map(|attribute| string_value(attribute.attr_value()))
        .filter(|name| !name.is_empty())
        .collect()
}

fn attribute(attribute: &AttributeTypeAndValue<'_>) -> String {
    let oid = attribute.attr_type().to_id_string();
    let short = oid2abbrev(attribute.attr_type(), oid_registry()).unwrap_or(&oid);
    match string_value(attribute.attr_value()) {
        Some(value) => format!("{short}={}", escaped(&value)),
        None => format!("{short}=#{}", short_hex(attribute.attr_value().data).replace(':', "")),
    }
}

/// Returns the text of a string type (X.680, section 41); `None` for other types.
fn string_value(value: &Any<'_>) -> Option<String> {
    let bytes = value.data;
    match value.tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::NumericString | Tag::VisibleString => {
            Some(String::from_utf8_lossy(bytes).into_owned())
        }
        // In practice T.61 is Latin-1.
        Tag::T61String => Some(bytes.iter().map(|byte| char::from(*byte)).collect()),
        Tag::BmpString => {
            let units: Vec<_> =
                bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
            Some(String::from_utf16_lossy(&units))
        }
        _ => None,
    }
}

/// Escapes an attribute's value (RFC 4514, section 2.4).
fn escaped(value: &str) -> String {
    let last = value.chars().count().saturating_sub(1);
    let mut shown = String::with_capacity(value.len());
    for (at, c) in value.chars().enumerate() {
        let is_special = matches!(c, ',' | '+' | '"' | '\\' | '<' | '>' | ';')
            || (c == ' ' && (at == 0 || at == last))
            || (c == '#' && at == 0);
        if is_bidi_or_control(c) {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                // Writing to a String does not fail.
                let _ = write!(shown, "\\{byte:02X}");
            }
        } else {
            shown.extend(is_special.then_some('\\').into_iter().chain([c]));
        }
    }
    shown
}

/// A subject alternative name. Displayed as `DNS name localhost`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectAltName {
    /// Its kind (RFC 5280, section 4.2.1.6): `DNS name`, `IP address`.
    pub kind: &'static str,
    /// The name.
    pub text: String,
}

impl SubjectAltName {
    pub(super) fn of(name: &GeneralName<'_>) -> Self {
        let (kind, text) = match name {
            GeneralName::DNSName(name) => ("DNS name", (*name).to_owned()),
            GeneralName::IPAddress(bytes) => match certificate_report::address(bytes) {
                Some(address) => ("IP address", address.to_string()),
                None => ("other name", format!("damaged address {}", short_hex(bytes))),
            },
            GeneralName::RFC822Name(name) => ("mail address", (*name).to_owned()),
            GeneralName::URI(name) => ("URI", (*name).to_owned()),
            GeneralName::DirectoryName(name) => ("directory name", distinguished_name(name)),
            GeneralName::OtherName(oid, value) => {
                ("other name", format!("{} {}", oid.to_id_string(), short_hex(value)))
            }
            GeneralName::RegisteredID(oid) => ("other name", format!("registered {}", oid.to_id_string())),
            GeneralName::X400Address(any) | GeneralName::EDIPartyName(any) => {
                ("other name", short_hex(any.data))
            }
            GeneralName::Invalid(_, bytes) => ("other name", format!("damaged {}", short_hex(bytes))),
        };
        Self { kind, text: one_line(&text) }
    }
}

impl fmt::Display for SubjectAltName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.text)
    }
}

/// Returns the subject alternative names; none if there is no such extension or it can't be parsed.
pub(super) fn general_names<'a>(certificate: &'a X509Certificate<'_>) -> &'a [GeneralName<'a>] {
    let names = certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectAlternativeName(names) => Some(names.general_names.as_slice()),
        _ => None,
    });
    names.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_characters_are_escaped() {
        assert_eq!(escaped("a, b+c"), r"a\, b\+c");
        assert_eq!(escaped(" #a "), r"\ #a\ ");
        assert_eq!(escaped("#a"), r"\#a");
        assert_eq!(escaped("a\nb\u{202e}"), r"a\0Ab\E2\80\AE");
        assert_eq!(escaped("Zoë"), "Zoë");
    }

    #[test]
    fn long_bytes_are_shortened() {
        assert_eq!(short_hex(&[1, 0xab]), "01:AB");
        assert!(short_hex(&[0; 33]).ends_with(":00… (33 bytes in all)"));
    }

    #[test]
    fn serial_numbers_have_no_leading_zeros() {
        assert_eq!(serial_number(&[0, 0xab, 1]), "AB01");
        assert_eq!(serial_number(&[0]), "00");
    }
}
