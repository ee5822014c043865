//! Extensions in words (RFC 5280, section 4.2).

use x509_parser::asn1_rs::Oid;
use x509_parser::extensions::{
    AuthorityKeyIdentifier, BasicConstraints, DistributionPointName, ExtendedKeyUsage, GeneralName, KeyUsage,
    NameConstraints, ParsedExtension, X509Extension,
};

use crate::tls::inspect::names::Name;
use crate::tls::inspect::{fingerprint, text};

/// One extension of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// What people call it, for example `Key usage`; `Extension 1.2.3` for an unknown one.
    pub name: String,
    /// Its object identifier.
    pub oid: String,
    /// Whether a client that does not know it must refuse the certificate.
    pub critical: bool,
    /// What it says, in one line.
    pub value: String,
}

/// As many names as a line holds.
const MOST: usize = 12;

const NAMES: &[(&str, &str)] = &[
    ("2.5.29.14", "Subject key identifier"),
    ("2.5.29.15", "Key usage"),
    ("2.5.29.17", "Subject alternative names"),
    ("2.5.29.18", "Issuer alternative names"),
    ("2.5.29.19", "Basic constraints"),
    ("2.5.29.30", "Name constraints"),
    ("2.5.29.31", "Revocation lists"),
    ("2.5.29.32", "Certificate policies"),
    ("2.5.29.33", "Policy mappings"),
    ("2.5.29.35", "Authority key identifier"),
    ("2.5.29.36", "Policy constraints"),
    ("2.5.29.37", "Extended key usage"),
    ("2.5.29.54", "Inhibit any policy"),
    ("1.3.6.1.5.5.7.1.1", "Authority information"),
    ("1.3.6.1.5.5.7.1.11", "Subject information"),
    ("1.3.6.1.5.5.7.1.24", "TLS feature"),
    ("1.3.6.1.4.1.11129.2.4.2", "Certificate transparency"),
    ("1.3.6.1.4.1.11129.2.4.3", "Certificate transparency poison"),
    ("2.16.840.1.113730.1.1", "Netscape certificate type"),
    ("2.16.840.1.113730.1.13", "Netscape comment"),
];

const POLICIES: &[(&str, &str)] = &[
    ("2.5.29.32.0", "any policy"),
    ("2.23.140.1.1", "extended validation"),
    ("2.23.140.1.2.1", "domain validated"),
    ("2.23.140.1.2.2", "organization validated"),
    ("2.23.140.1.2.3", "individual validated"),
];

const ACCESS: &[(&str, &str)] = &[
    ("1.3.6.1.5.5.7.48.1", "revocation status (OCSP) at"),
    ("1.3.6.1.5.5.7.48.2", "issuer's certificate at"),
];

impl Extension {
    pub(super) fn of(extension: &X509Extension<'_>) -> Self {
        let oid = extension.oid.to_id_string();
        Self {
            name: named(NAMES, &oid).map_or_else(|| format!("Extension {oid}"), str::to_owned),
            critical: extension.critical,
            value: text::line(&value(&oid, extension)),
            oid,
        }
    }

    /// `critical` or `not critical`.
    #[must_use]
    pub fn critical_words(&self) -> &'static str {
        if self.critical { "critical" } else { "not critical" }
    }
}

fn value(oid: &str, extension: &X509Extension<'_>) -> String {
    use ParsedExtension as P;
    match extension.parsed_extension() {
        P::KeyUsage(usage) => key_usage(*usage),
        P::ExtendedKeyUsage(usage) => extended_key_usage(usage),
        P::BasicConstraints(constraints) => basic_constraints(constraints),
        P::SubjectAlternativeName(names) => general_names(&names.general_names),
        P::IssuerAlternativeName(names) => general_names(&names.general_names),
        P::SubjectKeyIdentifier(identifier) => text::hex(identifier.0),
        P::AuthorityKeyIdentifier(identifier) => authority_key(identifier),
        P::NameConstraints(constraints) => name_constraints(constraints),
        P::CRLDistributionPoints(points) => {
            let places: Vec<_> = points
                .points
                .iter()
                .filter_map(|point| match &point.distribution_point {
                    Some(DistributionPointName::FullName(names)) => Some(general_names(names)),
                    _ => None,
                })
                .collect();
            crate::text::list(&places, MOST)
        }
        P::CertificatePolicies(policies) => {
            let policies: Vec<_> = policies
                .iter()
                .map(|policy| policy.policy_id.to_id_string())
                .map(|oid| named(POLICIES, &oid).map_or(oid.clone(), |name| format!("{name} ({oid})")))
                .collect();
            crate::text::list(&policies, MOST)
        }
        P::AuthorityInfoAccess(access) => {
            let places: Vec<_> = access
                .iter()
                .map(|place| {
                    let method = place.access_method.to_id_string();
                    format!(
                        "{} {}",
                        named(ACCESS, &method).unwrap_or(&method),
                        Name::of(&place.access_location).text
                    )
                })
                .collect();
            crate::text::list(&places, MOST)
        }
        P::SCT(stamps) => match stamps.len() {
            1 => "1 signed timestamp of a public log".to_owned(),
            count => format!("{count} signed timestamps of public logs"),
        },
        P::NSCertType(kind) => kind.to_string(),
        P::NsCertComment(comment) => (*comment).to_owned(),
        P::InhibitAnyPolicy(inhibit) => format!("after {} certificates", inhibit.skip_certs),
        // status_request (RFC 7633): the server must staple.
        P::UnsupportedExtension { .. }
            if oid == "1.3.6.1.5.5.7.1.24" && extension.value == [48, 3, 2, 1, 5] =>
        {
            "the server must send proof that the certificate is not revoked (OCSP)".to_owned()
        }
        P::ParseError { .. } => format!("damaged: {}", text::hex(extension.value)),
        _ => text::hex(extension.value),
    }
}

fn named(table: &'static [(&str, &str)], oid: &str) -> Option<&'static str> {
    table.iter().find(|(known, _)| *known == oid).map(|(_, name)| *name)
}

fn chosen(flags: &[(bool, &str)]) -> Vec<String> {
    flags.iter().filter(|(set, _)| *set).map(|(_, name)| (*name).to_owned()).collect()
}

fn key_usage(usage: KeyUsage) -> String {
    let uses = chosen(&[
        (usage.digital_signature(), "digital signature"),
        (usage.non_repudiation(), "non-repudiation"),
        (usage.key_encipherment(), "key encipherment"),
        (usage.data_encipherment(), "data encipherment"),
        (usage.key_agreement(), "key agreement"),
        (usage.key_cert_sign(), "signing certificates"),
        (usage.crl_sign(), "signing revocation lists"),
        (usage.encipher_only(), "encipher only"),
        (usage.decipher_only(), "decipher only"),
    ]);
    uses.join(", ")
}

fn extended_key_usage(usage: &ExtendedKeyUsage<'_>) -> String {
    let mut uses = chosen(&[
        (usage.any, "any purpose"),
        (usage.server_auth, "TLS server"),
        (usage.client_auth, "TLS client"),
        (usage.code_signing, "code signing"),
        (usage.email_protection, "mail protection"),
        (usage.time_stamping, "time stamping"),
        (usage.ocsp_signing, "signing revocation status (OCSP)"),
    ]);
    uses.extend(usage.other.iter().map(Oid::to_id_string));
    uses.join(", ")
}

fn basic_constraints(constraints: &BasicConstraints) -> String {
    match (constraints.ca, constraints.path_len_constraint) {
        (false, _) => "not a certificate authority".to_owned(),
        (true, None) => "a certificate authority".to_owned(),
        (true, Some(0)) => "a certificate authority, with no other below it".to_owned(),
        (true, Some(1)) => "a certificate authority, with at most 1 other below it".to_owned(),
        (true, Some(most)) => format!("a certificate authority, with at most {most} others below it"),
    }
}

fn authority_key(identifier: &AuthorityKeyIdentifier<'_>) -> String {
    let mut parts = Vec::new();
    if let Some(key) = &identifier.key_identifier {
        parts.push(text::hex(key.0));
    }
    if let Some(issuer) = &identifier.authority_cert_issuer {
        parts.push(format!("issuer {}", general_names(issuer)));
    }
    if let Some(serial) = identifier.authority_cert_serial {
        parts.push(format!("serial number {}", fingerprint::serial(serial)));
    }
    if parts.is_empty() { "empty".to_owned() } else { parts.join(", ") }
}

fn name_constraints(constraints: &NameConstraints<'_>) -> String {
    let trees = |words: &str, trees: &Option<Vec<_>>| {
        trees.as_ref().map(|trees: &Vec<x509_parser::extensions::GeneralSubtree<'_>>| {
            let names: Vec<_> = trees.iter().map(|tree| constrained(&tree.base)).collect();
            format!("{words} {}", crate::text::list(&names, MOST))
        })
    };
    let parts: Vec<_> =
        [trees("only", &constraints.permitted_subtrees), trees("never", &constraints.excluded_subtrees)]
            .into_iter()
            .flatten()
            .collect();
    parts.join("; ")
}

/// An address constraint is an address and a mask of the same length (RFC 5280, section 4.2.1.10).
fn constrained(name: &GeneralName<'_>) -> String {
    if let GeneralName::IPAddress(bytes) = name
        && bytes.len() % 2 == 0
    {
        let (address, mask) = bytes.split_at(bytes.len() / 2);
        if let (Some(address), Some(mask)) =
            (crate::tls::inspect::report::address(address), crate::tls::inspect::report::address(mask))
        {
            return format!("IP address {address} with mask {mask}");
        }
    }
    Name::of(name).to_string()
}

fn general_names(names: &[GeneralName<'_>]) -> String {
    crate::text::list(&names.iter().map(|name| Name::of(name).to_string()).collect::<Vec<_>>(), MOST)
}
