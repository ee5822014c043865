//! Distinguished names in one line.

use std::fmt::Write as _;

use x509_parser::asn1_rs::{Any, Tag};
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

use crate::tls::inspect::text;

const COMMON_NAME: &str = "2.5.4.3";

/// The short names that openssl and RFC 4514, section 3 use.
const SHORT: &[(&str, &str)] = &[
    (COMMON_NAME, "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "street"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "title"),
    ("2.5.4.17", "postalCode"),
    ("2.5.4.42", "GN"),
    ("2.5.4.43", "initials"),
    ("2.5.4.46", "dnQualifier"),
    ("2.5.4.97", "organizationIdentifier"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
];

/// A name in RFC 4514's form, the last part of the encoding first and with a space after each comma:
/// `CN=localhost, O=Lab`. That is `openssl x509 -nameopt RFC2253,sep_comma_plus_space` with text beyond ASCII left as it
/// is. What would break or turn the line is escaped as `\0A` is.
#[must_use]
pub fn distinguished_name(name: &X509Name<'_>) -> String {
    let parts: Vec<String> = name
        .iter_rdn()
        .map(|part| part.iter().map(attribute).collect::<Vec<_>>())
        .map(|mut attributes| {
            attributes.reverse();
            attributes.join(" + ")
        })
        .collect();
    match parts.as_slice() {
        [] => "(none)".to_owned(),
        parts => {
            let shown: Vec<&str> = parts.iter().rev().map(String::as_str).collect();
            crate::text::truncate(shown.join(", ").chars(), 256)
        }
    }
}

/// The common names as they are: not kept to one line, and none that is empty.
pub(super) fn common_names(name: &X509Name<'_>) -> Vec<String> {
    name.iter_attributes()
        .filter(|attribute| attribute.attr_type().to_id_string() == COMMON_NAME)
        .filter_map(|attribute| decoded(attribute.attr_value()))
        .filter(|name| !name.is_empty())
        .collect()
}

fn attribute(attribute: &AttributeTypeAndValue<'_>) -> String {
    let oid = attribute.attr_type().to_id_string();
    let short = SHORT.iter().find(|(known, _)| *known == oid).map_or(oid.as_str(), |(_, short)| *short);
    match decoded(attribute.attr_value()) {
        Some(value) => format!("{short}={}", escaped(&value)),
        None => format!("{short}=#{}", text::hex(attribute.attr_value().data).replace(':', "")),
    }
}

/// The text of a string type (X.680, section 41); `None` for what is no text.
fn decoded(value: &Any<'_>) -> Option<String> {
    let bytes = value.data;
    match value.tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::NumericString | Tag::VisibleString => {
            Some(String::from_utf8_lossy(bytes).into_owned())
        }
        // T.61 is read as Latin-1, as everyone does.
        Tag::T61String => Some(bytes.iter().map(|byte| char::from(*byte)).collect()),
        Tag::BmpString => {
            let units = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            Some(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
        }
        Tag::UniversalString => {
            let units =
                bytes.chunks_exact(4).map(|four| u32::from_be_bytes([four[0], four[1], four[2], four[3]]));
            Some(units.map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
        }
        _ => None,
    }
}

/// RFC 4514, section 2.4.
fn escaped(value: &str) -> String {
    let last = value.chars().count().saturating_sub(1);
    let mut shown = String::with_capacity(value.len());
    for (at, c) in value.chars().enumerate() {
        if crate::text::is_bidi_or_control(c) {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                // Writing to a String does not fail.
                let _ = write!(shown, "\\{byte:02X}");
            }
            continue;
        }
        let special = matches!(c, ',' | '+' | '"' | '\\' | '<' | '>' | ';')
            || (c == ' ' && (at == 0 || at == last))
            || (c == '#' && at == 0);
        if special {
            shown.push('\\');
        }
        shown.push(c);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_meaning_is_escaped() {
        assert_eq!(escaped("a, b+c"), r"a\, b\+c");
        assert_eq!(escaped(" #a "), r"\ #a\ ");
        assert_eq!(escaped("#a"), r"\#a");
        assert_eq!(escaped("a\nb\u{202e}"), r"a\0Ab\E2\80\AE");
        assert_eq!(escaped("Zoë"), "Zoë");
    }
}
