//! The names a certificate is for, by kind.

use std::fmt;

use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::X509Certificate;

use crate::tls::inspect::{name, report, text};

/// A subject alternative name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// What kind of name it is.
    pub kind: NameKind,
    /// The name, in one line.
    pub text: String,
}

/// The kinds of general names (RFC 5280, section 4.2.1.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NameKind {
    /// A host name, perhaps with a wildcard.
    Dns,
    /// An IPv4 or IPv6 address.
    Address,
    /// A mail address.
    Email,
    /// A URI.
    Uri,
    /// A distinguished name.
    Directory,
    /// Anything else, or damaged.
    Other,
}

impl NameKind {
    /// In words: `DNS name`, `IP address`, …
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Dns => "DNS name",
            Self::Address => "IP address",
            Self::Email => "mail address",
            Self::Uri => "URI",
            Self::Directory => "directory name",
            Self::Other => "other name",
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.words(), self.text)
    }
}

impl Name {
    pub(super) fn of(name: &GeneralName<'_>) -> Self {
        let (kind, shown) = match name {
            GeneralName::DNSName(name) => (NameKind::Dns, (*name).to_owned()),
            GeneralName::IPAddress(bytes) => match report::address(bytes) {
                Some(address) => (NameKind::Address, address.to_string()),
                None => (NameKind::Other, format!("damaged address {}", text::hex(bytes))),
            },
            GeneralName::RFC822Name(name) => (NameKind::Email, (*name).to_owned()),
            GeneralName::URI(name) => (NameKind::Uri, (*name).to_owned()),
            GeneralName::DirectoryName(name) => (NameKind::Directory, name::distinguished_name(name)),
            GeneralName::OtherName(oid, value) => {
                (NameKind::Other, format!("{} {}", oid.to_id_string(), text::hex(value)))
            }
            GeneralName::RegisteredID(oid) => (NameKind::Other, format!("registered {}", oid.to_id_string())),
            GeneralName::X400Address(any) | GeneralName::EDIPartyName(any) => {
                (NameKind::Other, text::hex(any.data))
            }
            GeneralName::Invalid(_, bytes) => (NameKind::Other, format!("damaged {}", text::hex(bytes))),
        };
        Self { kind, text: text::line(&shown) }
    }
}

/// The subject alternative names, in order; none where there is no such extension or it can't be read.
pub(super) fn alternative(certificate: &X509Certificate<'_>) -> Vec<Name> {
    general(certificate).iter().map(Name::of).collect()
}

/// The same, unchanged.
pub(super) fn general<'a>(certificate: &'a X509Certificate<'_>) -> &'a [GeneralName<'a>] {
    certificate
        .extensions()
        .iter()
        .find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::SubjectAlternativeName(names) => Some(names.general_names.as_slice()),
            _ => None,
        })
        .unwrap_or_default()
}
