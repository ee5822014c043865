//! The judge of server certificates: from a chain, a host and a time to the reasons for which clients reject it.
//!
//! The form, the details, the log's explanation of a rejection and the built-in client's checks take their reasons from
//! here. `tests/library/certificate_matrix` compares the verdicts with real clients. Whether a client trusts the root
//! is its own choice and not judged here.

use std::net::IpAddr;
use std::ops::BitOr;

use jiff::Timestamp;

use crate::text::list;
use crate::tls::certificate::{Certificate, covers};
use crate::tls::inspect::certificate_text::{DNS_NAME, IP_ADDRESS, SubjectAltName};
use crate::tls::inspect::defect::Defect;
use crate::tls::inspect::served_certificate::ServedCertificate;
use crate::tls::key_type::KeyType;

/// The minimum length of an RSA key in bits. Most clients reject shorter keys (NIST SP 800-131A, section 6).
const MIN_RSA_BITS: u32 = 2048;

/// A set of clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Clients(u8);

impl Clients {
    /// No client.
    pub const NONE: Self = Self(0);
    /// `openssl s_client`.
    pub const OPENSSL: Self = Self(1);
    /// Python before 3.13, with its default context.
    pub const PYTHON: Self = Self(2);
    /// Python since 3.13, whose default context is strict.
    pub const STRICT_PYTHON: Self = Self(4);
    /// curl with OpenSSL.
    pub const CURL: Self = Self(8);
    /// `gnutls-cli`.
    pub const GNUTLS: Self = Self(16);
    /// rustls. The built-in client uses it, but accepts a certificate that it was given even if rustls can't verify it.
    pub const RUSTLS: Self = Self(32);
    /// All of them.
    pub const ALL: Self = Self(63);
    /// openssl, Python and curl.
    pub const MOST: Self = Self(1 | 2 | 8);
    /// Those that use OpenSSL's checks of a chain.
    const WITH_OPENSSL: Self = Self(1 | 2 | 4 | 8);

    /// Each client.
    pub const EACH: [Self; 6] =
        [Self::OPENSSL, Self::PYTHON, Self::STRICT_PYTHON, Self::CURL, Self::GNUTLS, Self::RUSTLS];

    const NAMES: [(Self, &str); 6] = [
        (Self::OPENSSL, "openssl"),
        (Self::PYTHON, "Python before 3.13"),
        (Self::STRICT_PYTHON, "Python since 3.13"),
        (Self::CURL, "curl"),
        (Self::GNUTLS, "GnuTLS"),
        (Self::RUSTLS, "rustls"),
    ];

    /// Returns whether all clients of another set are in this one.
    #[must_use]
    pub const fn contain(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// Returns the clients' names as part of a sentence.
    #[must_use]
    pub fn names(self) -> String {
        let names = Self::NAMES.iter().filter(|(client, _)| self.contain(*client));
        list(&names.map(|(_, name)| (*name).to_owned()).collect::<Vec<_>>(), Self::NAMES.len())
    }
}

impl BitOr for Clients {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A reason to reject the certificate that is served, or one above it, and the clients that do so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The reason.
    pub defect: Defect,
    /// The position of the certificate on the path from the server's own, which is 0, to the root.
    pub position: usize,
    /// The clients that reject the certificate for this reason.
    pub clients: Clients,
}

/// The extensions that each client handles, so that they may be critical, by their object identifiers.
const KNOWN_TO_ALL: &[&str] = &["2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.30", "2.5.29.31", "2.5.29.37"];
const KNOWN_TO_OPENSSL: &[&str] = &[
    "2.5.29.32",
    "2.5.29.33",
    "2.5.29.36",
    "2.5.29.54",
    "1.3.6.1.5.5.7.1.7",
    "1.3.6.1.5.5.7.1.8",
    "1.3.6.1.5.5.7.1.14",
    NETSCAPE_TYPE,
];
const KNOWN_TO_GNUTLS: &[&str] =
    &["2.5.29.14", "2.5.29.32", "2.5.29.35", "2.5.29.54", "1.3.6.1.5.5.7.1.14", MUST_STAPLE];
/// The extensions that OpenSSL parses for every certificate.
const PARSED_BY_OPENSSL: &[&str] = &[
    "2.5.29.14",
    "2.5.29.15",
    "2.5.29.17",
    "2.5.29.19",
    "2.5.29.30",
    "2.5.29.31",
    "2.5.29.35",
    "2.5.29.37",
    NETSCAPE_TYPE,
];
const SUBJECT_KEY: &str = "2.5.29.14";
const ALTERNATIVE_NAMES: &str = "2.5.29.17";
const BASIC_CONSTRAINTS: &str = "2.5.29.19";
const AUTHORITY_KEY: &str = "2.5.29.35";
const PURPOSES: &str = "2.5.29.37";
const NETSCAPE_TYPE: &str = "2.16.840.1.113730.1.1";
const MUST_STAPLE: &str = "1.3.6.1.5.5.7.1.24";

const SERVER_PURPOSE: &str = "1.3.6.1.5.5.7.3.1";
const ANY_PURPOSE: &str = "2.5.29.37.0";
/// Netscape's and Microsoft's purposes for servers of the 1990s, which OpenSSL still accepts.
const GATED_PURPOSES: [&str; 2] = ["2.16.840.1.113730.4.1", "1.3.6.1.4.1.311.10.3.3"];

impl ServedCertificate {
    /// Returns the reasons for which clients that ask for `host` reject the certificate at a time, the most serious
    /// first. Without a host, its names aren't judged.
    #[must_use]
    pub fn verdicts(&self, host: Option<&str>, at: Timestamp) -> Vec<Verdict> {
        let mut found = Vec::new();
        let mut add = |defect, position, clients: Clients| {
            if clients != Clients::NONE {
                found.push(Verdict { defect, position, clients });
            }
        };
        let path: Vec<_> =
            std::iter::once(&self.own).chain(self.above.iter().map(|above| &above.certificate)).collect();
        for (position, certificate) in path.iter().enumerate() {
            // rustls takes only the name and the key from a root.
            let is_root = position > 0 && certificate.self_signed;
            let all = if is_root { Clients::ALL.without(Clients::RUSTLS) } else { Clients::ALL };
            if let Some(defect) = date_defect(certificate, at) {
                add(defect, position, all);
            }
        }
        if let Some(host) = host {
            let defect = match () {
                () if self.own.is_for_by_common_name(host) => Defect::OnlyCommonName,
                () if self.own.names_that_suggest(host).next().is_some() => Defect::NameForm,
                () => Defect::WrongName,
            };
            add(defect, 0, not_for(&self.own, host));
        }
        self.judge_own(&mut add);
        for position in 1..path.len() {
            judge_issuer(&path, position, &mut add);
        }
        if path.len() > 1 {
            let strict = |at: &usize| breaks_strict_rule(path[*at], *at > 0, *at + 1 < path.len());
            (0..path.len())
                .find(strict)
                .into_iter()
                .for_each(|at| add(Defect::Strict, at, Clients::STRICT_PYTHON));
        }
        if let Some(rejection) = &self.built_in {
            let is_known = found.iter().any(|verdict| verdict.clients.contain(Clients::RUSTLS));
            if rejection.is_name_constraint {
                found.push(Verdict { defect: Defect::NameConstraint, position: 0, clients: Clients::ALL });
            } else if !is_known {
                found.push(Verdict { defect: Defect::BuiltIn, position: 0, clients: Clients::RUSTLS });
            }
        }
        found
    }

    /// Judges the server's own certificate, without its dates and names.
    fn judge_own(&self, add: &mut impl FnMut(Defect, usize, Clients)) {
        let own = &self.own;
        add(Defect::WrongPurpose, 0, not_for_servers(own));
        // A client that was given the certificate itself as CA skips some checks.
        let is_given =
            self.above.is_empty() && (own.self_signed || own.defects.contains(&Defect::OwnSignature));
        let given = |clients: Clients| if is_given { clients } else { Clients::NONE };
        let usage = match own.key_usage {
            Some(0) => Clients::WITH_OPENSSL.without(given(Clients::CURL)),
            Some(_) if !own.has_tls_usage() => Clients::ALL.without(Clients::RUSTLS),
            Some(_) if !own.may_sign() => Clients::GNUTLS,
            _ => Clients::NONE,
        };
        let is_for_signing = own.is_ca && usage != Clients::NONE;
        add(if is_for_signing { Defect::CaForSigningOnly } else { Defect::WrongKeyUsage }, 0, usage);
        if own.version < 3 {
            // A strict client doesn't take a certificate of version 1 for a CA's, not even for its own.
            let strict = if own.version == 1 { given(Clients::STRICT_PYTHON) } else { Clients::NONE };
            let reading = if own.extensions.is_empty() { Clients::NONE } else { Clients::GNUTLS };
            add(Defect::OldVersion, 0, Clients::RUSTLS | strict | reading);
        } else if own.key_usage.is_some_and(|usage| usage & KEY_CERT_SIGN != 0)
            && !own.is_ca
            && own.extension_count(BASIC_CONSTRAINTS) == 0
        {
            add(Defect::Strict, 0, given(Clients::STRICT_PYTHON));
        }
        if own.is_ca {
            add(Defect::IsCa, 0, Clients::RUSTLS);
        }
        // Only rustls checks the signature of a certificate that it was given as CA.
        let unless_given = |clients: Clients| if is_given { clients } else { Clients::ALL };
        if own.weak_hash().is_some() {
            add(Defect::Weak, 0, unless_given(Clients::RUSTLS));
        } else if is_weak_key(own) {
            add(Defect::Weak, 0, Clients::ALL);
        }
        add(Defect::CriticalExtension, 0, not_handled(own).without(given(Clients::GNUTLS)));
        // curl accepts a certificate that it was given as CA even where OpenSSL can't parse an extension.
        add(Defect::RepeatedExtension, 0, repeated(own).without(given(Clients::CURL)));
        add(Defect::DamagedExtension, 0, damaged(own).without(given(Clients::CURL)));
        for defect in &own.defects {
            let clients = match defect {
                Defect::OtherAlgorithm => unless_given(Clients::GNUTLS | Clients::RUSTLS),
                Defect::OwnSignature => given(Clients::RUSTLS),
                Defect::NameType | Defect::WrongPurpose => Clients::WITH_OPENSSL,
                _ => Clients::ALL,
            };
            add(*defect, 0, clients);
        }
        if own.extension_count(MUST_STAPLE) > 0 {
            add(Defect::MustStaple, 0, Clients::GNUTLS);
        }
        if own.names.iter().any(|name| name.kind == DNS_NAME && name.text.is_empty()) {
            add(Defect::EmptyName, 0, Clients::GNUTLS);
        }
    }
}

/// Judges a certificate that signed the one below it on the path.
fn judge_issuer(path: &[&Certificate], position: usize, add: &mut impl FnMut(Defect, usize, Clients)) {
    let issuer = path[position];
    let is_root = issuer.self_signed;
    // rustls takes only the name and the key from a root, but its name constraints, too.
    let all = if is_root { Clients::ALL.without(Clients::RUSTLS) } else { Clients::ALL };
    if is_root && issuer.version < 3 {
        // Roots of version 1 have no constraints. All clients but strict ones accept them.
        add(Defect::OldVersion, position, Clients::STRICT_PYTHON);
    } else if !issuer.is_ca {
        add(Defect::NotCa, position, all);
    }
    if issuer.key_usage.is_some_and(|usage| usage & KEY_CERT_SIGN == 0) {
        add(Defect::MayNotSign, position, Clients::ALL.without(Clients::RUSTLS));
    }
    let is_for_servers = issuer
        .purposes
        .as_ref()
        .is_none_or(|purposes| purposes.iter().any(|purpose| purpose == SERVER_PURPOSE));
    if !is_for_servers {
        add(Defect::WrongPurpose, position, if is_root { Clients::WITH_OPENSSL } else { Clients::ALL });
    }
    let below = path[1..position].iter().filter(|other| other.subject != other.issuer).count();
    if issuer.path_length.is_some_and(|max| (max as usize) < below) {
        add(Defect::PathLength, position, all);
    }
    if !is_root && issuer.weak_hash().is_some() || is_weak_key(issuer) {
        add(Defect::Weak, position, all);
    }
    let known_to = |clients: Clients| if is_root { clients.without(Clients::RUSTLS) } else { clients };
    add(Defect::CriticalExtension, position, known_to(not_handled(issuer)));
    add(Defect::RepeatedExtension, position, known_to(repeated(issuer)));
    add(Defect::DamagedExtension, position, known_to(damaged(issuer)));
    for defect in &issuer.defects {
        match defect {
            Defect::NameType => add(*defect, position, Clients::WITH_OPENSSL),
            Defect::OtherAlgorithm | Defect::DateFormat => add(*defect, position, all),
            _ => {}
        }
    }
}

/// The bits of the key usage (RFC 5280, section 4.2.1.3).
pub(in crate::tls) const DIGITAL_SIGNATURE: u16 = 1;
const KEY_ENCIPHERMENT: u16 = 1 << 2;
const KEY_AGREEMENT: u16 = 1 << 4;
pub(in crate::tls) const KEY_CERT_SIGN: u16 = 1 << 5;

impl Certificate {
    /// Returns whether the key usage, if any, allows signing a handshake.
    #[must_use]
    pub fn may_sign(&self) -> bool {
        self.key_usage.is_none_or(|usage| usage & DIGITAL_SIGNATURE != 0)
    }

    /// Returns whether the key usage, if any, allows signing a handshake or exchanging keys.
    fn has_tls_usage(&self) -> bool {
        self.key_usage.is_none_or(|usage| usage & (DIGITAL_SIGNATURE | KEY_ENCIPHERMENT | KEY_AGREEMENT) != 0)
    }

    /// Returns the alternative names that a reader would take for this host, though clients may not.
    pub(in crate::tls) fn names_that_suggest(&self, host: &str) -> impl Iterator<Item = &SubjectAltName> {
        self.names
            .iter()
            .filter(move |name| [DNS_NAME, IP_ADDRESS].contains(&name.kind) && covers(&name.text, host))
    }

    fn extension_count(&self, oid: &str) -> usize {
        self.extensions.iter().filter(|extension| extension.oid == oid).count()
    }
}

fn date_defect(certificate: &Certificate, at: Timestamp) -> Option<Defect> {
    let validity = certificate.validity;
    match at {
        _ if validity.not_after < validity.not_before => Some(Defect::ReversedDates),
        _ if at > validity.not_after => Some(Defect::Expired),
        _ if at < validity.not_before => Some(Defect::NotValidYet),
        _ => None,
    }
}

fn is_weak_key(certificate: &Certificate) -> bool {
    matches!(certificate.key, KeyType::Rsa { bits } if bits < MIN_RSA_BITS)
}

/// Returns the clients that don't accept the extended key usage for a server.
fn not_for_servers(own: &Certificate) -> Clients {
    let Some(purposes) = &own.purposes else { return Clients::NONE };
    let has = |wanted: &str| purposes.iter().any(|purpose| purpose == wanted);
    if has(SERVER_PURPOSE) {
        Clients::NONE
    } else if GATED_PURPOSES.into_iter().any(has) {
        Clients::GNUTLS | Clients::RUSTLS
    } else if has(ANY_PURPOSE) || purposes.is_empty() {
        Clients::ALL.without(Clients::GNUTLS)
    } else {
        Clients::ALL
    }
}

/// Returns the clients that don't handle one of the critical extensions.
fn not_handled(certificate: &Certificate) -> Clients {
    let critical = certificate.extensions.iter().filter(|extension| extension.critical);
    critical
        .map(|extension| {
            let is_in = |known: &[&str]| known.contains(&extension.oid.as_str());
            let unless = |is_known: bool, clients| if is_known { Clients::NONE } else { clients };
            let rare = unless(is_in(KNOWN_TO_OPENSSL), Clients::WITH_OPENSSL)
                | unless(is_in(KNOWN_TO_GNUTLS), Clients::GNUTLS)
                | Clients::RUSTLS;
            unless(is_in(KNOWN_TO_ALL), rare)
        })
        .fold(Clients::NONE, BitOr::bitor)
}

/// Returns the clients that reject an extension for being there twice.
fn repeated(certificate: &Certificate) -> Clients {
    let twice = certificate.extensions.iter().filter(|one| certificate.extension_count(&one.oid) > 1);
    twice
        .map(|extension| {
            let is_parsed = PARSED_BY_OPENSSL.contains(&extension.oid.as_str());
            if is_parsed { Clients::ALL } else { Clients::GNUTLS }
        })
        .fold(Clients::NONE, BitOr::bitor)
}

/// Returns the clients that reject an extension for its encoding, without rustls, whose own check finds that.
fn damaged(certificate: &Certificate) -> Clients {
    let damaged = certificate.extensions.iter().filter(|extension| extension.is_damaged);
    damaged
        .map(|extension| match extension.oid.as_str() {
            ALTERNATIVE_NAMES | PURPOSES => Clients::WITH_OPENSSL | Clients::GNUTLS,
            oid if PARSED_BY_OPENSSL.contains(&oid) => Clients::WITH_OPENSSL,
            _ => Clients::NONE,
        })
        .fold(Clients::NONE, BitOr::bitor)
}

/// Returns whether a certificate of a path breaks a rule of RFC 5280 that OpenSSL checks only if it is strict.
fn breaks_strict_rule(certificate: &Certificate, is_issuer: bool, has_issuer: bool) -> bool {
    if certificate.version < 3 {
        return is_issuer || !certificate.extensions.is_empty();
    }
    let has = |oid: &str| certificate.extension_count(oid) > 0;
    let is_critical = |oid: &str| certificate.extensions.iter().any(|it| it.oid == oid && it.critical);
    let signs = certificate.key_usage.is_some_and(|usage| usage & KEY_CERT_SIGN != 0);
    let ca = certificate.is_ca
        && (!is_critical(BASIC_CONSTRAINTS) || certificate.key_usage.is_none() || !has(SUBJECT_KEY));
    let not_ca = !certificate.is_ca && (signs || certificate.path_length.is_some());
    let is_nameless = certificate.subject == "(none)"
        && (certificate.is_ca || !has(ALTERNATIVE_NAMES) || !is_critical(ALTERNATIVE_NAMES));
    ca || not_ca
        || is_nameless
        || (has_issuer && !has(AUTHORITY_KEY))
        || is_critical(AUTHORITY_KEY)
        || is_critical(SUBJECT_KEY)
        || (has(ALTERNATIVE_NAMES) && certificate.names.is_empty())
}

/// Returns the clients for which a certificate isn't for a host: a name or an address.
fn not_for(own: &Certificate, host: &str) -> Clients {
    let (host, is_address) = match host.parse::<IpAddr>() {
        Ok(address) => (address.to_string(), true),
        Err(_) => (host.to_owned(), false),
    };
    let of_kind = |kind: &'static str| own.names.iter().filter(move |name| name.kind == kind);
    let (has_dns, has_address) = (of_kind(DNS_NAME).next().is_some(), of_kind(IP_ADDRESS).next().is_some());
    let last = own.common_names.last();
    if is_address {
        if of_kind(IP_ADDRESS).any(|name| name.text == host) {
            return Clients::NONE;
        }
        let curl = !has_dns && !has_address && last.is_some_and(|name| *name == host);
        return Clients::ALL.without(if curl { Clients::CURL } else { Clients::NONE });
    }
    let mut accepting =
        of_kind(DNS_NAME).map(|name| covering(&name.text, &host)).fold(Clients::NONE, BitOr::bitor);
    let by = |name: &String, clients: Clients| Clients(covering(name, &host).0 & clients.0);
    if !has_dns {
        let openssl = Clients::WITH_OPENSSL.without(Clients::CURL);
        accepting = own.common_names.iter().map(|name| by(name, openssl)).fold(accepting, BitOr::bitor);
        if let Some(last) = last.filter(|_| !has_address) {
            let is_readable = own.common_names.len() == 1 && !own.has_rare_common_name;
            let has_other = own.names.iter().any(|name| name.kind == "URI");
            let gnutls = if is_readable && !has_other { Clients::GNUTLS } else { Clients::NONE };
            accepting = accepting | by(last, Clients::CURL | gnutls);
        }
    }
    Clients::ALL.without(accepting)
}

/// Returns the clients for which a name in a certificate covers a host name. A wildcard needs two labels after it (RFC
/// 9525, section 6.3, leaves that to the client).
fn covering(name: &str, host: &str) -> Clients {
    if name.eq_ignore_ascii_case(host) {
        return Clients::ALL;
    }
    if name.strip_suffix('.').is_some_and(|name| name.eq_ignore_ascii_case(host)) {
        return Clients::CURL;
    }
    let (Some((pattern, parent)), Some((label, rest))) = (name.split_once('.'), host.split_once('.')) else {
        return Clients::NONE;
    };
    let Some((before, after)) = pattern.split_once('*') else { return Clients::NONE };
    let is_host_name =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
    let has_two_labels = parent.trim_end_matches('.').contains('.');
    if !has_two_labels || label.is_empty() || parent.contains('*') || !parent.eq_ignore_ascii_case(rest) {
        return Clients::NONE;
    }
    // OpenSSL allows only these characters in the label that a wildcard matches and in the rest of the name.
    let openssl = is_host_name(host) && is_host_name(parent);
    let of_openssl = |clients: Clients| if openssl { clients } else { Clients::NONE };
    if pattern == "*" {
        return Clients::CURL | Clients::GNUTLS | Clients::RUSTLS | of_openssl(Clients::WITH_OPENSSL);
    }
    let (label, before, after) =
        (label.to_ascii_lowercase(), before.to_ascii_lowercase(), after.to_ascii_lowercase());
    let is_partial = label.len() >= before.len() + after.len()
        && label.starts_with(&before)
        && label.ends_with(&after)
        && !label.starts_with("xn--");
    if !is_partial {
        return Clients::NONE;
    }
    of_openssl(Clients::OPENSSL) | if before.is_empty() { Clients::GNUTLS } else { Clients::NONE }
}
