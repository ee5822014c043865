//! Parts of a certificate as text on one line: distinguished names, subject alternative names, bytes, numbers and
//! extensions (RFC 5280, section 4.2).

use std::fmt;
use std::fmt::Write as _;
use std::net::IpAddr;

use x509_parser::asn1_rs::{Any, Oid, Tag};
use x509_parser::extensions::{
    AuthorityKeyIdentifier, BasicConstraints, DistributionPointName, ExtendedKeyUsage, GeneralName,
    GeneralSubtree, NameConstraints, ParsedExtension, X509Extension,
};
use x509_parser::objects::{oid_registry, oid2abbrev, oid2description};
use x509_parser::prelude::X509Certificate;
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

use crate::text::{count, is_bidi_or_control, list, sanitize, truncate};

/// The maximum length of a text from a certificate, in characters.
const MAX_TEXT: usize = 256;

const COMMON_NAME: &str = "2.5.4.3";

/// Returns text from a certificate on one line, shortened if it is very long.
pub(in crate::tls) fn one_line(text: &str) -> String {
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
pub(in crate::tls) fn hex(bytes: &[u8]) -> String {
    let bytes: Vec<_> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    bytes.join(":")
}

/// Returns a serial number in hexadecimal, as `openssl x509 -serial` prints it.
pub(in crate::tls) fn serial_number(bytes: &[u8]) -> String {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let digits = hex(&bytes[zeros..]).replace(':', "");
    if digits.is_empty() { "00".to_owned() } else { one_line(&digits) }
}

/// Returns a name in the format of RFC 4514, with its last part first and a space after each comma: `CN=localhost,
/// O=Lab`; `(none)` if it is empty. This matches `openssl x509 -nameopt RFC2253,sep_comma_plus_space`, but without
/// escapes for non-ASCII text. Control and bidi characters are escaped: `\0A`.
#[must_use]
pub fn distinguished_name(name: &X509Name<'_>) -> String {
    let part = |attributes: Vec<String>| attributes.into_iter().rev().collect::<Vec<_>>().join(" + ");
    let mut parts: Vec<_> = name.iter_rdn().map(|rdn| part(rdn.iter().map(attribute).collect())).collect();
    parts.reverse();
    if parts.is_empty() { "(none)".to_owned() } else { truncate(parts.join(", ").chars(), MAX_TEXT) }
}

/// Returns the common names without escapes; empty ones are omitted.
pub(in crate::tls) fn common_names(name: &X509Name<'_>) -> Vec<String> {
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

/// Returns whether one of the common names has a string type that gnutls doesn't read.
pub(in crate::tls) fn has_rare_common_name(name: &X509Name<'_>) -> bool {
    let common_names = name.iter_attributes().filter(|part| part.attr_type().to_id_string() == COMMON_NAME);
    let mut tags = common_names.map(|part| part.attr_value().tag());
    tags.any(|tag| !matches!(tag, Tag::Utf8String | Tag::PrintableString | Tag::T61String | Tag::BmpString))
}

/// Returns whether OpenSSL can parse the types of a name's values.
pub(in crate::tls) fn has_openssl_types(name: &X509Name<'_>) -> bool {
    let mut tags = name.iter_attributes().map(|part| part.attr_value().tag());
    tags.all(|tag| {
        matches!(
            tag,
            Tag::Utf8String
                | Tag::PrintableString
                | Tag::T61String
                | Tag::BmpString
                | Tag::UniversalString
                | Tag::Ia5String
                | Tag::NumericString
                | Tag::BitString
                | Tag::Sequence
        )
    })
}

/// Returns the text of a string type (X.680, section 41); `None` for other types.
fn string_value(value: &Any<'_>) -> Option<String> {
    let bytes = value.data;
    match value.tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::NumericString | Tag::VisibleString => {
            Some(String::from_utf8_lossy(bytes).into_owned())
        }
        // In practice, T.61 strings and the other types of several character sets contain Latin-1.
        Tag::T61String | Tag::VideotexString | Tag::GraphicString | Tag::GeneralString => {
            Some(bytes.iter().map(|byte| char::from(*byte)).collect())
        }
        Tag::UniversalString => {
            let code = |four: &[u8]| u32::from_be_bytes([four[0], four[1], four[2], four[3]]);
            let character = |four| char::from_u32(code(four)).unwrap_or(char::REPLACEMENT_CHARACTER);
            Some(bytes.chunks_exact(4).map(character).collect())
        }
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
                // Writing to a string can't fail.
                let _ = write!(shown, "\\{byte:02X}");
            }
        } else {
            shown.extend(is_special.then_some('\\').into_iter().chain([c]));
        }
    }
    shown
}

/// The kind of a [`SubjectAltName`] that is a host name.
pub(in crate::tls) const DNS_NAME: &str = "DNS name";
/// The kind of a [`SubjectAltName`] that is an address.
pub(in crate::tls) const IP_ADDRESS: &str = "IP address";

/// A subject alternative name. Displayed as `DNS name localhost`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectAltName {
    /// The kind of name (RFC 5280, section 4.2.1.6): `DNS name`, `IP address`.
    pub kind: &'static str,
    /// The name or address, on one line.
    pub text: String,
}

impl SubjectAltName {
    pub(in crate::tls) fn of(name: &GeneralName<'_>) -> Self {
        let (kind, text) = match name {
            GeneralName::DNSName(name) => (DNS_NAME, (*name).to_owned()),
            GeneralName::IPAddress(bytes) => match address(bytes) {
                Some(address) => (IP_ADDRESS, address.to_string()),
                None => ("other name", format!("damaged address {}", short_hex(bytes))),
            },
            GeneralName::RFC822Name(name) => ("email address", (*name).to_owned()),
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

/// Returns the address that is encoded in a subject alternative name; `None` if its length is wrong.
fn address(bytes: &[u8]) -> Option<IpAddr> {
    <[u8; 4]>::try_from(bytes)
        .map(IpAddr::from)
        .or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from))
        .ok()
}

/// Returns the subject alternative names; none if there is no such extension or it can't be parsed.
pub(in crate::tls) fn general_names<'a>(certificate: &'a X509Certificate<'_>) -> &'a [GeneralName<'a>] {
    let names = certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectAlternativeName(names) => Some(names.general_names.as_slice()),
        _ => None,
    });
    names.unwrap_or_default()
}

/// One extension of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtensionDetails {
    /// The extension's name, for example `Key Usage`; `Extension 1.2.3` if it is unknown.
    pub name: String,
    /// The extension's object identifier.
    pub oid: String,
    /// Whether a client that doesn't know the extension must reject the certificate.
    pub critical: bool,
    /// Whether the extension's value can't be parsed.
    pub is_damaged: bool,
    /// The extension's value, on one line.
    pub value: String,
}

const POLICIES: &[(&str, &str)] = &[
    ("2.5.29.32.0", "any policy"),
    ("2.23.140.1.1", "extended validation"),
    ("2.23.140.1.2.1", "domain validated"),
    ("2.23.140.1.2.2", "organization validated"),
    ("2.23.140.1.2.3", "individual validated"),
];

const ACCESS_METHODS: &[(&str, &str)] = &[
    ("1.3.6.1.5.5.7.48.1", "revocation status (OCSP) at"),
    ("1.3.6.1.5.5.7.48.2", "issuer's certificate at"),
];

impl ExtensionDetails {
    pub(in crate::tls) fn of(extension: &X509Extension<'_>) -> Self {
        let oid = extension.oid.to_id_string();
        let name = match oid2description(&extension.oid, oid_registry()) {
            Ok(description) => description.trim_start_matches("X509v3 ").to_owned(),
            Err(_) => format!("Extension {oid}"),
        };
        let is_damaged = matches!(extension.parsed_extension(), ParsedExtension::ParseError { .. });
        Self { name, critical: extension.critical, is_damaged, value: one_line(&value(extension)), oid }
    }
}

fn find(table: &'static [(&str, &str)], oid: &str) -> Option<&'static str> {
    table.iter().find(|(known, _)| *known == oid).map(|(_, name)| *name)
}

/// Returns the first items on one line, and the number of the others.
fn short_list(items: impl Iterator<Item = String>) -> String {
    list(&items.collect::<Vec<_>>(), 12)
}

fn name_list(names: &[GeneralName<'_>]) -> String {
    short_list(names.iter().map(|name| SubjectAltName::of(name).to_string()))
}

fn value(extension: &X509Extension<'_>) -> String {
    use ParsedExtension as P;
    match extension.parsed_extension() {
        P::KeyUsage(usage) => usage.to_string(),
        P::ExtendedKeyUsage(usage) => extended_key_usage(usage),
        P::BasicConstraints(constraints) => basic_constraints(constraints),
        P::SubjectAlternativeName(names) => name_list(&names.general_names),
        P::IssuerAlternativeName(names) => name_list(&names.general_names),
        P::SubjectKeyIdentifier(identifier) => short_hex(identifier.0),
        P::AuthorityKeyIdentifier(AuthorityKeyIdentifier { key_identifier: Some(key), .. }) => {
            short_hex(key.0)
        }
        P::NameConstraints(constraints) => name_constraints(constraints),
        P::CRLDistributionPoints(points) => {
            short_list(points.points.iter().filter_map(|point| match &point.distribution_point {
                Some(DistributionPointName::FullName(names)) => Some(name_list(names)),
                _ => None,
            }))
        }
        P::CertificatePolicies(policies) => short_list(policies.iter().map(|policy| {
            let oid = policy.policy_id.to_id_string();
            find(POLICIES, &oid).map_or(oid.clone(), |name| format!("{name} ({oid})"))
        })),
        P::AuthorityInfoAccess(access) => short_list(access.iter().map(|access| {
            let method = access.access_method.to_id_string();
            let location = SubjectAltName::of(&access.access_location).text;
            format!("{} {location}", find(ACCESS_METHODS, &method).unwrap_or(&method))
        })),
        P::SCT(stamps) => format!("{} from public logs", count(stamps.len() as u64, "signed timestamp")),
        P::ParseError { .. } => format!("damaged: {}", short_hex(extension.value)),
        _ => short_hex(extension.value),
    }
}

fn extended_key_usage(usage: &ExtendedKeyUsage<'_>) -> String {
    let flags = [
        (usage.any, "any purpose"),
        (usage.server_auth, "TLS server"),
        (usage.client_auth, "TLS client"),
        (usage.code_signing, "code signing"),
        (usage.email_protection, "email protection"),
        (usage.time_stamping, "time stamping"),
        (usage.ocsp_signing, "signing revocation status (OCSP)"),
    ];
    let known = flags.iter().filter(|(set, _)| *set).map(|(_, name)| (*name).to_owned());
    known.chain(usage.other.iter().map(Oid::to_id_string)).collect::<Vec<_>>().join(", ")
}

fn basic_constraints(constraints: &BasicConstraints) -> String {
    match (constraints.ca, constraints.path_len_constraint) {
        (false, _) => "not a CA".to_owned(),
        (true, None) => "a CA".to_owned(),
        (true, Some(0)) => "a CA, with no other CA below it".to_owned(),
        (true, Some(max)) => {
            format!("a CA, with at most {} below it", count(max.into(), "other CA"))
        }
    }
}

fn name_constraints(constraints: &NameConstraints<'_>) -> String {
    let part = |label: &str, subtrees: &Option<Vec<GeneralSubtree<'_>>>| {
        let names = subtrees.as_ref()?.iter().map(|subtree| constrained_name(&subtree.base));
        Some(format!("{label} {}", short_list(names)))
    };
    let parts =
        [part("only", &constraints.permitted_subtrees), part("never", &constraints.excluded_subtrees)];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// Returns the text of a name in name constraints. For addresses, this is an address and a mask of the same length (RFC
/// 5280, section 4.2.1.10).
fn constrained_name(name: &GeneralName<'_>) -> String {
    if let GeneralName::IPAddress(bytes) = name {
        let (address, mask) = bytes.split_at(bytes.len() / 2);
        if let (Some(address), Some(mask)) = (self::address(address), self::address(mask)) {
            return format!("IP address {address} with mask {mask}");
        }
    }
    SubjectAltName::of(name).to_string()
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
