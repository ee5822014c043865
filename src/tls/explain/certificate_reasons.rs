//! The texts of the reasons for which clients reject the server's certificate, and the alerts that they send for them.
//! The same table serves the warning about a newly chosen certificate and the explanation of an alert from a client.
//! Whether a reason applies is judged in [`crate::tls::inspect::verdict`], except for the client's own trust and clock.

use std::net::IpAddr;

use jiff::Timestamp;
use rustls::AlertDescription as Alert;

use crate::text::{MAX_NAME, list, sanitize};
use crate::tls::certificate::is_address;
use crate::tls::explain::protocol_errors::Peer;
use crate::tls::inspect::defect::Defect;
use crate::tls::inspect::served_certificate::{ServedCertificate, TrustAnchor};
use crate::tls::inspect::verdict::{Clients, Verdict};
use crate::tls::session_error::ServerTlsError;

/// A server's certificate, and either the client that rejected it or the host that it is chosen for.
pub(super) struct Case<'a> {
    pub(super) served: &'a ServedCertificate,
    /// The error of the client that rejected the certificate.
    pub(super) client: Option<&'a ServerTlsError>,
    /// The host that a server with this certificate will listen on.
    host: Option<&'a str>,
    verdicts: Vec<Verdict>,
}

pub(super) type Holds = fn(&Case<'_>) -> bool;

/// How to find out whether a reason applies.
pub(super) enum Source {
    /// The judge has found this defect.
    Judge(Defect),
    /// The function returns true. These reasons depend on what a client trusts, or on what it checks for.
    Case(Holds),
}

/// One possible reason to reject the server's certificate.
pub(super) struct Reason {
    source: Source,
    /// The alerts that clients send for this reason.
    pub(super) alerts: &'static [Alert],
    /// The end of a sentence that begins with “because”. `{it}` stands for the certificate of the chain.
    pub(super) why: &'static str,
    /// The remedy, as a sentence.
    pub(super) advice: &'static str,
}

impl Reason {
    /// Returns whether the reason is that the client doesn't trust the issuer.
    pub(super) fn is_about_trust(&self) -> bool {
        matches!(self.source, Source::Case(_)) && self.alerts.contains(&Alert::UnknownCA)
    }
}

/// A reason that applies, and the verdict that it is from.
pub(super) struct Found {
    pub(super) reason: &'static Reason,
    verdict: Option<Verdict>,
}

/// Alerts that gnutls, Go, Java and browsers send for almost any reason. OpenSSL sends `BadCertificate` for a
/// certificate that is not valid yet or is for another name.
pub(super) const GENERIC_ALERTS: &[Alert] = &[Alert::BadCertificate, Alert::CertificateUnknown];
/// Alerts for a wrong purpose: the first from OpenSSL, the second from gnutls. rustls sends the third for a CA
/// certificate and for X.509 version 1.
pub(super) const PURPOSE_ALERTS: &[Alert] =
    &[Alert::UnsupportedCertificate, Alert::InternalError, Alert::CertificateUnknown];
pub(super) const KIND_ALERTS: &[Alert] = &[Alert::UnsupportedCertificate, Alert::CertificateUnknown];
/// Alerts for a certificate that is not valid now. rustls sends `CertificateExpired` even for one that is not valid
/// yet.
pub(super) const DATES_ALERTS: &[Alert] =
    &[Alert::CertificateExpired, Alert::BadCertificate, Alert::CertificateUnknown];
pub(super) const TRUST_ALERTS: &[Alert] =
    &[Alert::UnknownCA, Alert::BadCertificate, Alert::CertificateUnknown];

/// Alerts for a certificate with a rule or a purpose that a client doesn't accept.
const USE_ALERTS: &[Alert] =
    &[Alert::UnsupportedCertificate, Alert::BadCertificate, Alert::CertificateUnknown];
/// Alerts for a CA that may not sign the certificate below it.
const CHAIN_ALERTS: &[Alert] =
    &[Alert::UnknownCA, Alert::BadCertificate, Alert::CertificateUnknown, Alert::UnsupportedCertificate];
/// Alerts for a certificate that a client can't parse, or that has a part which it doesn't handle.
const FORM_ALERTS: &[Alert] = &[
    Alert::BadCertificate,
    Alert::CertificateUnknown,
    Alert::UnsupportedCertificate,
    Alert::DecodeError,
    Alert::DecryptError,
    Alert::InternalError,
];

/// The possible reasons: first those for which every client rejects a certificate, then those that depend on which CAs
/// the client trusts, last those of a few clients.
const REASONS: &[Reason] = &[
    Reason {
        source: Source::Judge(Defect::ReversedDates),
        alerts: DATES_ALERTS,
        why: "the validity of {it} ends before it begins: from {begins} to {ends}",
        advice: "Make a new one.",
    },
    Reason {
        source: Source::Judge(Defect::Expired),
        alerts: DATES_ALERTS,
        why: "{it} expired on {ends}",
        advice: "Make a new one.",
    },
    Reason {
        source: Source::Judge(Defect::NotValidYet),
        alerts: DATES_ALERTS,
        why: "{it} is not valid before {begins}",
        advice: "Make a new one, or check this computer's clock.",
    },
    Reason {
        source: Source::Judge(Defect::DateFormat),
        alerts: FORM_ALERTS,
        why: "{it} has a date in a format that clients can't parse",
        advice: "Make a new one with another program.",
    },
    Reason {
        source: Source::Case(|case| case.client.is_some()),
        alerts: &[Alert::CertificateExpired],
        why: "the client's clock is wrong, or its CA certificate has expired: the server's is valid from {begins} to {ends}",
        advice: "Set the client's clock, or make a new CA.",
    },
    Reason {
        source: Source::Judge(Defect::WrongName),
        alerts: GENERIC_ALERTS,
        why: "{wrong_name}",
        advice: "{name_advice}",
    },
    Reason {
        source: Source::Judge(Defect::NameForm),
        alerts: GENERIC_ALERTS,
        why: "it has {asked} only in a form that clients don't accept: {forms}",
        advice: "Make one with the exact host name, or with the address as an IP address.",
    },
    Reason {
        source: Source::Judge(Defect::WrongPurpose),
        alerts: USE_ALERTS,
        why: "{purpose} does not allow a TLS server",
        advice: "Make one with the purpose serverAuth.",
    },
    Reason {
        source: Source::Judge(Defect::CaForSigningOnly),
        alerts: PURPOSE_ALERTS,
        why: "it is marked as a CA's, for signing other certificates and not for a server",
        advice: "Make one for a server, which this one may sign.",
    },
    Reason {
        source: Source::Judge(Defect::WrongKeyUsage),
        alerts: PURPOSE_ALERTS,
        why: "its key usage does not allow a TLS server",
        advice: "Make one with the key usage digitalSignature, or without a key usage.",
    },
    Reason {
        source: Source::Judge(Defect::NotCa),
        alerts: CHAIN_ALERTS,
        why: "{it} is not marked as a CA's, though it signed the one before it",
        advice: "Make one with basicConstraints=CA:TRUE.",
    },
    Reason {
        source: Source::Judge(Defect::MayNotSign),
        alerts: CHAIN_ALERTS,
        why: "the key usage of {it} does not allow signing certificates",
        advice: "Make one with the key usage keyCertSign.",
    },
    Reason {
        source: Source::Judge(Defect::PathLength),
        alerts: CHAIN_ALERTS,
        why: "the path length of {it} allows fewer CAs below it than there are",
        advice: "Make one with a larger path length, or sign the server's certificate with it directly.",
    },
    Reason {
        source: Source::Judge(Defect::NameConstraint),
        alerts: CHAIN_ALERTS,
        why: "a CA above it is not allowed to sign certificates for its names",
        advice: "Sign it with another CA.",
    },
    Reason {
        source: Source::Judge(Defect::CriticalExtension),
        alerts: FORM_ALERTS,
        why: "{it} has a critical extension that clients don't support",
        advice: "Make one without the extension, or mark it as not critical.",
    },
    Reason {
        source: Source::Judge(Defect::RepeatedExtension),
        alerts: FORM_ALERTS,
        why: "{it} has the same extension twice",
        advice: "Make one with each extension once: one extension can hold several names.",
    },
    Reason {
        source: Source::Judge(Defect::DamagedExtension),
        alerts: FORM_ALERTS,
        why: "{it} has an extension that can't be parsed",
        advice: "Make a new one with another program.",
    },
    Reason {
        source: Source::Judge(Defect::NameType),
        alerts: FORM_ALERTS,
        why: "{it} has a name of a string type that OpenSSL can't parse",
        advice: "Make one with names of the type UTF8String.",
    },
    Reason {
        source: Source::Judge(Defect::OtherAlgorithm),
        alerts: FORM_ALERTS,
        why: "{it} names two different signature algorithms",
        advice: "Make a new one with another program.",
    },
    Reason {
        source: Source::Judge(Defect::OldVersion),
        alerts: KIND_ALERTS,
        why: "{it} is an X.509 version {version} certificate, and strict clients accept only version 3",
        advice: "Make a new one with extensions, such as subject alternative names.",
    },
    Reason {
        source: Source::Judge(Defect::IsCa),
        alerts: &[Alert::UnsupportedCertificate],
        why: "it is marked as a CA's, as openssl req -x509 does by default",
        advice: "Make one with basicConstraints=CA:FALSE.",
    },
    Reason {
        source: Source::Judge(Defect::Weak),
        alerts: GENERIC_ALERTS,
        why: "{it} {weak}",
        advice: "Make one with SHA-256, and an RSA key of at least 2048 bits or an ECDSA P-256 key.",
    },
    Reason {
        source: Source::Judge(Defect::OnlyCommonName),
        alerts: &[],
        why: "it is for {names}",
        advice: "Make one with subject alternative names (SAN): browsers check no others.",
    },
    Reason {
        source: Source::Case(is_for_another_address),
        alerts: GENERIC_ALERTS,
        why: "it is for another name than the client checks: probably {guess}, and the certificate is for {names}",
        advice: "Connect to a name in it, or make one that contains the name or address that the client checks.",
    },
    Reason {
        source: Source::Judge(Defect::OwnSignature),
        alerts: &[Alert::DecryptError],
        why: "it names itself as its issuer, but another key signed it",
        advice: "Make a new one.",
    },
    Reason {
        source: Source::Case(|case| case.served.anchor == TrustAnchor::OwnBesideCa),
        alerts: TRUST_ALERTS,
        why: "it is self-signed, although there is a CA's ca.crt in its folder",
        advice: "Give clients {certificate} as their CA file instead.",
    },
    Reason {
        source: Source::Case(|case| case.client.is_some() && case.served.anchor == TrustAnchor::Own),
        alerts: TRUST_ALERTS,
        why: "it is self-signed, so clients must be configured to trust it",
        advice: "Give the client {certificate} as its CA file, or serve a certificate that a CA of the client's has \
                 signed.",
    },
    Reason {
        source: Source::Case(|case| case.client.is_some() && case.served.anchor == TrustAnchor::InFile),
        alerts: TRUST_ALERTS,
        why: "the client doesn't trust the root of its chain",
        advice: "Give the client {certificate}, which contains that root, as its CA file.",
    },
    Reason {
        source: Source::Case(|case| matches!(case.served.anchor, TrustAnchor::Intermediate { .. })),
        alerts: TRUST_ALERTS,
        why: "the certificate of its issuer, {issuer}, is not sent: it is in intermediate.crt",
        advice: "Append intermediate.crt to {certificate}, and restart the server.",
    },
    Reason {
        source: Source::Case(|case| {
            case.client.is_some() && matches!(case.served.anchor, TrustAnchor::Beside { .. })
        }),
        alerts: TRUST_ALERTS,
        why: "the client doesn't trust its issuer, {issuer}, whose certificate is ca.crt in the same folder",
        advice: "Give the client {anchor} as its CA file.",
    },
    Reason {
        source: Source::Case(|case| {
            matches!(case.served.anchor, TrustAnchor::Missing { has_namesake: true, .. })
        }),
        alerts: TRUST_ALERTS,
        why: "ca.crt in its folder has the name of its issuer, {issuer}, but another key",
        advice: "Make a new certificate.",
    },
    Reason {
        source: Source::Case(|case| match case.served.anchor {
            TrustAnchor::Missing { is_direct, .. } => is_direct || case.client.is_some(),
            _ => false,
        }),
        alerts: TRUST_ALERTS,
        why: "its issuer is not trusted: {issuer}, whose certificate is not in {certificate}",
        advice: "Give clients the issuer's certificate as their CA file; if the issuer is an intermediate CA, append its \
                 certificate to {certificate}.",
    },
    Reason {
        source: Source::Judge(Defect::MustStaple),
        alerts: GENERIC_ALERTS,
        why: "it requires the server to send its revocation status (OCSP must-staple), and Echoscope sends none",
        advice: "Make one without the extension 1.3.6.1.5.5.7.1.24.",
    },
    Reason {
        source: Source::Judge(Defect::EmptyName),
        alerts: GENERIC_ALERTS,
        why: "one of its subject alternative names is empty",
        advice: "Make one without the empty name.",
    },
    Reason {
        source: Source::Judge(Defect::Strict),
        alerts: USE_ALERTS,
        why: "{it} breaks a rule of RFC 5280 that only strict clients check, such as a missing key identifier or key usage",
        advice: "Make a new one. For the exact rule, run openssl verify -x509_strict.",
    },
    Reason {
        source: Source::Judge(Defect::BuiltIn),
        alerts: FORM_ALERTS,
        why: "{built_in_why}",
        advice: "{built_in_advice}",
    },
];

impl<'a> Case<'a> {
    /// Returns the case of a client that rejected the certificate.
    pub(super) fn of_client(served: &'a ServedCertificate, error: &'a ServerTlsError) -> Self {
        let mut case = Self { served, client: Some(error), host: None, verdicts: Vec::new() };
        case.verdicts = served.verdicts(case.name(), error.at);
        case
    }

    /// Returns the case of clients of a server that will listen on this host.
    fn of_host(served: &'a ServedCertificate, host: &'a str, now: Timestamp) -> Self {
        let verdicts = served.verdicts(served.host_to_ask_for(host).as_deref(), now);
        Self { served, client: None, host: Some(host), verdicts }
    }

    /// Returns the reasons that apply, the most serious first.
    pub(super) fn reasons(&self) -> impl Iterator<Item = Found> {
        REASONS.iter().flat_map(|reason| {
            let holds = matches!(reason.source, Source::Case(holds) if holds(self));
            let judged = self.verdicts.iter().filter(|verdict| match reason.source {
                Source::Judge(defect) => verdict.defect == defect,
                Source::Case(_) => false,
            });
            let judged = judged.map(|verdict| Found { reason, verdict: Some(*verdict) });
            judged.chain(holds.then_some(Found { reason, verdict: None }))
        })
    }

    /// Returns a warning with the reason, the clients that it is a reason for, and the remedy.
    fn caution(&self, found: &Found) -> String {
        let clients = match found.verdict.map(|verdict| verdict.clients) {
            None => "Clients may reject".to_owned(),
            Some(clients) if clients.contain(Clients::MOST) => "Clients reject".to_owned(),
            Some(clients) => format!("Some clients ({}) reject", clients.names()),
        };
        let text =
            format!("{clients} this certificate because {}. {}", found.reason.why, found.reason.advice);
        Peer::Client.fill(&text, |key| match key {
            "certificate" => Some("the file".to_owned()),
            _ => self.value(found, key),
        })
    }

    /// Returns the value of a placeholder in a reason's text.
    pub(super) fn value(&self, found: &Found, key: &str) -> Option<String> {
        let own = &self.served.own;
        let position = found.verdict.map_or(0, |verdict| verdict.position);
        let certificate = self.served.at(position);
        let place = || match position.checked_sub(1).and_then(|above| self.served.above.get(above)?.number) {
            Some(number) => format!("certificate {number} of its file"),
            None => "the CA certificate in ca.crt".to_owned(),
        };
        Some(match key {
            "it" if position == 0 => "it".to_owned(),
            "it" => place(),
            "purpose" if position == 0 => "its extended key usage".to_owned(),
            "purpose" => format!("the extended key usage of {}", place()),
            "begins" => certificate.validity.begins(),
            "ends" => certificate.validity.ends(),
            "asked" => self.asked(),
            "guess" => self.guess(),
            "names" => self.served.names(),
            "forms" => {
                let asked = self.asked();
                let forms = own.names_that_suggest(&asked).map(ToString::to_string);
                list(&forms.collect::<Vec<_>>(), 4)
            }
            "wrong_name" => match self.host {
                Some(host) => format!("it is for {}, but the server's host is {host}", self.served.names()),
                None => format!(
                    "it is for another name than {}, which the client asked for: it is for {}",
                    self.asked(),
                    self.served.names()
                ),
            },
            "name_advice" if self.host.is_some() => {
                "Make one for the host, or choose another host.".to_owned()
            }
            "name_advice" => format!("Connect to a name in it, or make one that contains {}.", self.asked()),
            "version" => certificate.version.to_string(),
            "weak" => match certificate.weak_hash() {
                Some(hash) => format!("is signed with {hash}, which is no longer secure"),
                None => format!("has a key that is too short: {}", certificate.key),
            },
            "built_in_why" => self.served.built_in.as_ref()?.why.clone(),
            "built_in_advice" => self.served.built_in.as_ref()?.advice.clone(),
            "issuer" => match &self.served.anchor {
                TrustAnchor::Missing { issuer, .. }
                | TrustAnchor::Beside { issuer, .. }
                | TrustAnchor::Intermediate { issuer } => issuer.clone(),
                TrustAnchor::Own | TrustAnchor::OwnBesideCa | TrustAnchor::InFile => return None,
            },
            _ => return None,
        })
    }

    /// Returns the server name that the client asked for (SNI, RFC 6066, section 3).
    pub(super) fn name(&self) -> Option<&str> {
        self.client?.client_hello.as_ref()?.server_name.as_deref()
    }

    /// Returns the address of this computer that the client connected to.
    fn address(&self) -> Option<IpAddr> {
        self.client?.local_address
    }

    /// Returns the name or address that the client asked for, or the host in the form.
    fn asked(&self) -> String {
        match (self.host, self.name(), self.address()) {
            (Some(host), ..) => self.served.host_to_ask_for(host).unwrap_or_else(|| host.to_owned()),
            (_, Some(name), _) => sanitize(name, MAX_NAME),
            (_, None, Some(address)) => address.to_string(),
            (_, None, None) => "an address".to_owned(),
        }
    }

    /// Returns what a client that sent no server name probably checked for: the address that it connected to, or a name
    /// that it didn't send (OpenSSL sends no name without a dot). Omits the latter if the certificate has such a name.
    fn guess(&self) -> String {
        let (asked, own) = (self.asked(), &self.served.own);
        let has_short_name =
            own.hosts_or_common_names().iter().any(|name| !is_address(name) && !name.contains('.'));
        match self.address() {
            None => asked,
            _ if own.is_for("localhost") || own.is_for_by_common_name("localhost") => asked,
            Some(address) if address.is_loopback() => {
                format!("{asked}, or a name that leads there such as localhost")
            }
            _ if has_short_name => asked,
            Some(_) => format!("{asked}, or a name that leads there"),
        }
    }
}

/// Returns whether the client sent no server name, as when it connects to an IP address, and the certificate doesn't
/// contain that address.
fn is_for_another_address(case: &Case<'_>) -> bool {
    let own = &case.served.own;
    case.client.is_some_and(|client| client.client_hello.is_some())
        && case.name().is_none()
        && match case.address() {
            Some(address) => !own.is_for(&address.to_string()),
            None => !own.hosts().any(is_address),
        }
}

impl ServedCertificate {
    /// Returns a warning about the certificate on a server that listens on `host`: the most serious of
    /// [`ServedCertificate::cautions`].
    #[must_use]
    pub fn caution(&self, now: Timestamp, host: &str) -> Option<String> {
        self.cautions(now, host).into_iter().next()
    }

    /// Returns the reason of a verdict for clients that ask for `host`, as the end of a sentence.
    pub(in crate::tls) fn why(&self, verdict: Verdict, host: &str) -> String {
        let case = Case { served: self, client: None, host: Some(host), verdicts: vec![verdict] };
        let found = case.reasons().find(|found| found.verdict.is_some());
        found.map_or_else(String::new, |found| {
            Peer::Client.fill(found.reason.why, |key| case.value(&found, key))
        })
    }

    /// Returns every reason for clients to reject the certificate on a server that listens on `host`, as one to three
    /// sentences each, the most serious first.
    #[must_use]
    pub fn cautions(&self, now: Timestamp, host: &str) -> Vec<String> {
        let case = Case::of_host(self, host, now);
        let mut all: Vec<_> = case.reasons().collect();
        all.sort_by_key(|found| found.verdict.is_none_or(|verdict| !verdict.clients.contain(Clients::MOST)));
        all.iter().map(|found| case.caution(found)).collect()
    }

    /// Returns the host that clients ask for if a server with this certificate listens on `host`. If that stands for all
    /// addresses, this is a name in the certificate, or else the host itself. `None` if the host isn't ASCII: certificates
    /// contain such names in `xn--` form, to which the host isn't converted here.
    pub(in crate::tls) fn host_to_ask_for(&self, host: &str) -> Option<String> {
        let host = without_dot_and_zone(host);
        let is_unspecified =
            host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_unspecified());
        if !is_unspecified {
            return host.is_ascii().then(|| host.to_owned());
        }
        // Any name that isn't reserved may resolve to one of this computer's addresses.
        let names = self.own.hosts_or_common_names();
        let first = names.into_iter().find(|name| !is_reserved(name)).unwrap_or(host);
        Some(first.replacen('*', "www", 1))
    }
}

/// Returns whether a name is under `.example`, which is reserved (RFC 2606, section 2).
fn is_reserved(name: &str) -> bool {
    without_dot_and_zone(name).rsplit('.').next().is_some_and(|last| last.eq_ignore_ascii_case("example"))
}

/// Removes a name's final dot, and an address's zone: `fe80::1%eth0` is `fe80::1` in a certificate.
fn without_dot_and_zone(host: &str) -> &str {
    let host = host.strip_suffix('.').unwrap_or(host);
    host.split_once('%').map_or(host, |(address, _)| address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::certificate::Certificate;
    use crate::tls::certificate::tests::good_certificate;
    use crate::tls::inspect::certificate_text::{DNS_NAME, IP_ADDRESS, SubjectAltName};
    use crate::tls::inspect::verdict::KEY_CERT_SIGN;
    use crate::tls::key_type::KeyType;

    fn caution(host: &str, anchor: TrustAnchor, change: fn(&mut Certificate)) -> String {
        let mut served =
            ServedCertificate { own: good_certificate(), anchor, ..ServedCertificate::default() };
        change(&mut served.own);
        served.caution("2026-06-01T00:00:00Z".parse().unwrap(), host).unwrap_or_default()
    }

    fn own(change: fn(&mut Certificate)) -> String {
        caution("localhost", TrustAnchor::Own, change)
    }

    fn expired(own: &mut Certificate) {
        own.validity.not_after = "2026-05-31T00:00:00Z".parse().unwrap();
    }

    fn only_common_name(own: &mut Certificate) {
        own.names.clear();
        own.common_names = vec!["localhost".to_owned()];
    }

    #[test]
    fn defects_of_the_certificate_are_reported() {
        assert_eq!(own(|_| {}), "");
        let old = own(|own| {
            only_common_name(own);
            own.version = 1;
        });
        assert!(old.contains("it is an X.509 version 1 certificate, and strict"), "{old}");
        assert!(own(|own| own.key = KeyType::Rsa { bits: 1024 }).contains("key that is too short: RSA 1024"));
        assert!(own(only_common_name).contains("only as common name"));
        assert!(own(|own| own.names.clear()).contains("no host name"));
        let both = own(|own| {
            expired(own);
            own.version = 1;
        });
        assert!(
            both.starts_with("Clients reject this certificate because it expired on 2026-05-31"),
            "{both}"
        );
        let early = own(|own| own.validity.not_before = "2026-06-02T00:00:00Z".parse().unwrap());
        assert!(early.contains("it is not valid before 2026-06-02"), "{early}");
    }

    /// Of a certificate that is its own trust anchor, only rustls verifies the signature (RFC 8446, section 4.4.2.2).
    #[test]
    fn a_weak_signature_matters_to_few_clients_if_it_is_self_made() {
        let weak = |own: &mut Certificate| own.signature = "sha1WithRSAEncryption".to_owned();
        let text = own(weak);
        assert!(
            text.starts_with("Some clients (rustls) reject") && text.contains("signed with SHA1"),
            "{text}"
        );
        let issued =
            TrustAnchor::Missing { issuer: "CN=Lab".to_owned(), is_direct: false, has_namesake: false };
        let text = caution("localhost", issued, |own| {
            own.self_signed = false;
            own.signature = "sha1WithRSAEncryption".to_owned();
        });
        assert!(text.starts_with("Clients reject") && text.contains("signed with SHA1"), "{text}");
    }

    #[test]
    fn a_ca_for_signing_only_has_its_own_warning() {
        let also_serves = own(|own| own.is_ca = true);
        assert!(also_serves.contains("it is marked as a CA's, as openssl"), "{also_serves}");
        let only_signs = own(|own| (own.is_ca, own.key_usage) = (true, Some(KEY_CERT_SIGN)));
        assert!(only_signs.contains("for signing other certificates and not for a server"), "{only_signs}");
    }

    #[test]
    fn the_most_serious_defect_is_reported() {
        let wrong = |own: &mut Certificate| {
            own.names = vec![SubjectAltName { kind: DNS_NAME, text: "wrong-name.example".to_owned() }];
        };
        let between = || TrustAnchor::Intermediate { issuer: "CN=Between".to_owned() };
        let missing = |is_direct, has_namesake| TrustAnchor::Missing {
            issuer: "CN=Other CA".to_owned(),
            is_direct,
            has_namesake,
        };
        for host in ["localhost", "0.0.0.0"] {
            let text = caution(host, between(), wrong);
            let expected = format!("it is for wrong-name.example, but the server's host is {host}.");
            assert!(text.contains(&expected), "{text}");
        }
        assert!(caution("localhost", between(), expired).contains("expired"));
        for anchor in [TrustAnchor::OwnBesideCa, between(), missing(true, false), missing(false, true)] {
            assert!(caution("localhost", anchor.clone(), only_common_name).contains("only as common name"));
            let text = caution("localhost", anchor.clone(), |_| {});
            let expected = match anchor {
                TrustAnchor::OwnBesideCa => "is self-signed, although there is a CA's",
                TrustAnchor::Intermediate { .. } => "the certificate of its issuer, CN=Between, is not sent",
                TrustAnchor::Missing { has_namesake: true, .. } => "CN=Other CA, but another key",
                _ => "its issuer is not trusted: CN=Other CA, whose certificate is not in the file",
            };
            assert!(text.contains(expected), "{text}");
        }
        for anchor in [TrustAnchor::InFile, missing(false, false)] {
            assert_eq!(caution("localhost", anchor, |_| {}), "");
        }
    }

    #[test]
    fn every_defect_has_a_caution() {
        let mut served = ServedCertificate { own: good_certificate(), ..ServedCertificate::default() };
        expired(&mut served.own);
        served.own.purposes = Some(vec!["1.3.6.1.5.5.7.3.2".to_owned()]);
        served.own.is_ca = true;
        let now = "2026-06-01T00:00:00Z".parse().unwrap();
        let judged: Vec<_> =
            served.verdicts(Some("localhost"), now).iter().map(|verdict| verdict.defect).collect();
        assert_eq!(judged, [Defect::Expired, Defect::WrongPurpose, Defect::IsCa]);
        let cautions = served.cautions(now, "localhost");
        assert_eq!(cautions.len(), 3, "{cautions:?}");
        assert!(cautions[2].starts_with("Some clients (rustls) reject"), "{cautions:?}");
    }

    /// Returns the caution for a certificate with these alternative names.
    fn caution_for(names: &str, host: &str) -> Option<String> {
        let name = |text: &str| SubjectAltName {
            kind: if is_address(text) { IP_ADDRESS } else { DNS_NAME },
            text: text.to_owned(),
        };
        let own = Certificate { names: names.split_whitespace().map(name).collect(), ..good_certificate() };
        let served = ServedCertificate { own, ..ServedCertificate::default() };
        served.caution("2026-06-01T00:00:00Z".parse().unwrap(), host)
    }

    #[test]
    fn names_of_the_server_cause_no_warning() {
        for (names, host) in [
            ("localhost", "localhost"),
            ("LocalHost", "localhost"),
            ("localhost", "LOCALHOST."),
            ("::1", "0:0:0:0:0:0:0:1"),
            ("other.test localhost", "localhost"),
            ("My-PC", "my-pc"),
            ("*.example.org", "WWW.example.org"),
            ("www.example", "www.example"),
            ("192.168.1.5", "192.168.1.5"),
            ("fe80::1", "fe80::1%eth0"),
            ("localhost", "0.0.0.0"),
            ("192.168.1.5", "0.0.0.0"),
            ("*.example.org", "0.0.0.0"),
            ("wrong-name.example localhost", "::"),
            ("echo.test", "::"),
            ("xn--bcher-kva.test", "bücher.test"),
        ] {
            assert_eq!(caution_for(names, host), None, "{names} for {host}");
        }
    }

    #[test]
    fn names_of_other_hosts_cause_a_warning() {
        for (names, host) in [
            ("wrong-name.example", "localhost"),
            ("wrong-name.example", "127.0.0.1"),
            ("wrong-name.example", "0.0.0.0"),
            ("wrong-name.example", "::"),
            ("wrong-name.example", "192.168.1.5"),
            ("localhost", "127.0.0.1"),
            ("127.0.0.1", "localhost"),
            ("my-pc.lan", "192.168.1.5"),
            ("192.168.1.5", "::ffff:192.168.1.5"),
            ("localhosts", "localhost"),
            ("192.168.1.5", "localhost"),
            ("192.168.1.6 localhost", "192.168.1.5"),
            ("*.localhost", "app.localhost"),
            ("*.localhost", "0.0.0.0"),
            ("*.example.org", "example.org"),
            ("*.example.org", "a.b.example.org"),
            ("localhost", "my-pc"),
            ("", "localhost"),
        ] {
            assert!(caution_for(names, host).is_some(), "{names} for {host}");
        }
    }
}
