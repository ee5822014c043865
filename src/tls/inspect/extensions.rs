//! Describes the extensions of a certificate (RFC 5280, section 4.2).

use x509_parser::asn1_rs::Oid;
use x509_parser::extensions::{
    AuthorityKeyIdentifier, BasicConstraints, DistributionPointName, ExtendedKeyUsage, GeneralName,
    GeneralSubtree, NameConstraints, ParsedExtension, X509Extension,
};
use x509_parser::objects::{oid_registry, oid2description};

use crate::text::{count, list};
use crate::tls::certificate_report;
use crate::tls::inspect::certificate_text::{SubjectAltName, one_line, serial_number, short_hex};

/// One extension of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtensionDetails {
    /// Its name, for example `Key Usage`; `Extension 1.2.3` for an unknown one.
    pub name: String,
    /// Its object identifier.
    pub oid: String,
    /// Whether a client that doesn't know it must reject the certificate.
    pub critical: bool,
    /// Its value on one line.
    pub value: String,
}

/// The OID of the TLS feature extension (RFC 7633), which x509-parser doesn't know.
const TLS_FEATURE: &str = "1.3.6.1.5.5.7.1.24";

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
    pub(super) fn of(extension: &X509Extension<'_>) -> Self {
        let oid = extension.oid.to_id_string();
        Self {
            name: extension_name(extension, &oid),
            critical: extension.critical,
            value: one_line(&value(&oid, extension)),
            oid,
        }
    }
}

/// Returns the name that openssl prints, too.
fn extension_name(extension: &X509Extension<'_>, oid: &str) -> String {
    match oid2description(&extension.oid, oid_registry()) {
        Ok(description) => description.trim_start_matches("X509v3 ").to_owned(),
        Err(_) if oid == TLS_FEATURE => "TLS Feature".to_owned(),
        Err(_) => format!("Extension {oid}"),
    }
}

fn find(table: &'static [(&str, &str)], oid: &str) -> Option<&'static str> {
    table.iter().find(|(known, _)| *known == oid).map(|(_, name)| *name)
}

/// Lists the items, at most as many as fit on a line.
fn short_list(items: impl Iterator<Item = String>) -> String {
    list(&items.collect::<Vec<_>>(), 12)
}

fn general_names(names: &[GeneralName<'_>]) -> String {
    short_list(names.iter().map(|name| SubjectAltName::of(name).to_string()))
}

fn value(oid: &str, extension: &X509Extension<'_>) -> String {
    use ParsedExtension as P;
    match extension.parsed_extension() {
        P::KeyUsage(usage) => usage.to_string(),
        P::ExtendedKeyUsage(usage) => extended_key_usage(usage),
        P::BasicConstraints(constraints) => basic_constraints(constraints),
        P::SubjectAlternativeName(names) => general_names(&names.general_names),
        P::IssuerAlternativeName(names) => general_names(&names.general_names),
        P::SubjectKeyIdentifier(identifier) => short_hex(identifier.0),
        P::AuthorityKeyIdentifier(identifier) => authority_key(identifier),
        P::NameConstraints(constraints) => name_constraints(constraints),
        P::CRLDistributionPoints(points) => {
            short_list(points.points.iter().filter_map(|point| match &point.distribution_point {
                Some(DistributionPointName::FullName(names)) => Some(general_names(names)),
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
        P::SCT(stamps) => format!("{} of public logs", count(stamps.len() as u64, "signed timestamp")),
        P::NsCertComment(comment) => (*comment).to_owned(),
        P::InhibitAnyPolicy(inhibit) => format!("after {} certificates", inhibit.skip_certs),
        // A list with status_request only (RFC 7633).
        P::UnsupportedExtension { .. } if oid == TLS_FEATURE && extension.value == [48, 3, 2, 1, 5] => {
            "the server must send an OCSP response, which proves that the certificate is not revoked"
                .to_owned()
        }
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
        (usage.email_protection, "mail protection"),
        (usage.time_stamping, "time stamping"),
        (usage.ocsp_signing, "signing revocation status (OCSP)"),
    ];
    let known = flags.iter().filter(|(set, _)| *set).map(|(_, name)| (*name).to_owned());
    known.chain(usage.other.iter().map(Oid::to_id_string)).collect::<Vec<_>>().join(", ")
}

fn basic_constraints(constraints: &BasicConstraints) -> String {
    match (constraints.ca, constraints.path_len_constraint) {
        (false, _) => "not a certificate authority".to_owned(),
        (true, None) => "a certificate authority".to_owned(),
        (true, Some(0)) => "a certificate authority, with no other below it".to_owned(),
        (true, Some(max)) => {
            format!("a certificate authority, with at most {} below it", count(max.into(), "other"))
        }
    }
}

fn authority_key(identifier: &AuthorityKeyIdentifier<'_>) -> String {
    let key = identifier.key_identifier.as_ref().map(|key| short_hex(key.0));
    let issuer = identifier.authority_cert_issuer.as_ref();
    let issuer = issuer.map(|issuer| format!("issuer {}", general_names(issuer)));
    let serial = identifier.authority_cert_serial;
    let serial = serial.map(|serial| format!("serial number {}", serial_number(serial)));
    let parts: Vec<_> = [key, issuer, serial].into_iter().flatten().collect();
    if parts.is_empty() { "empty".to_owned() } else { parts.join(", ") }
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

/// A constraint on addresses is an address and a mask of the same length (RFC 5280, section 4.2.1.10).
fn constrained_name(name: &GeneralName<'_>) -> String {
    if let GeneralName::IPAddress(bytes) = name {
        let (address, mask) = bytes.split_at(bytes.len() / 2);
        if let (Some(address), Some(mask)) =
            (certificate_report::address(address), certificate_report::address(mask))
        {
            return format!("IP address {address} with mask {mask}");
        }
    }
    SubjectAltName::of(name).to_string()
}
