//! The possible reasons for clients to reject the server's certificate. The same table serves the warning about a newly
//! chosen certificate and the explanation of an alert from a client.

use std::net::IpAddr;

use jiff::Timestamp;
use rustls::AlertDescription as Alert;

use crate::settings::parse::{is_localhost_name, is_loopback};
use crate::text::{MAX_NAME, sanitize};
use crate::tls::certificate::{covers, is_address};
use crate::tls::explain::protocol_errors::Peer;
use crate::tls::inspect::served_certificate::{ServedCertificate, TrustAnchor};
use crate::tls::session_error::ServerTlsError;

/// A server's certificate, and either the client that rejected it or the host that it is chosen for.
pub(super) struct Case<'a> {
    pub(super) served: &'a ServedCertificate,
    pub(super) at: Timestamp,
    /// The error of the client that rejected the certificate.
    pub(super) client: Option<&'a ServerTlsError>,
    /// The host that a server with this certificate will listen on.
    pub(super) host: Option<&'a str>,
}

pub(super) type Holds = fn(&Case<'_>) -> bool;

/// One possible reason to reject the server's certificate.
pub(super) struct Reason {
    /// Whether the reason applies.
    holds: Holds,
    /// The alerts that clients send for this reason.
    pub(super) alerts: &'static [Alert],
    /// The end of a sentence that begins with “because”.
    pub(super) why: &'static str,
    /// The remedy, as a sentence.
    pub(super) advice: &'static str,
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

/// The possible reasons: first those for which every client rejects a certificate, last those that depend on which CAs
/// the client trusts.
const REASONS: &[Reason] = &[
    Reason {
        holds: |case| case.at > case.served.own.validity.not_after,
        alerts: DATES_ALERTS,
        why: "it expired on {ends}",
        advice: "Make a new one.",
    },
    Reason {
        holds: |case| case.at < case.served.own.validity.not_before,
        alerts: DATES_ALERTS,
        why: "it is not valid before {begins}",
        advice: "Make a new one, or see whether this computer's clock is right.",
    },
    Reason {
        holds: |case| case.served.outdated_above(case.at).is_some(),
        alerts: DATES_ALERTS,
        why: "certificate {number} of its file is only valid from {above_begins} to {above_ends}",
        advice: "Replace it by a valid one.",
    },
    Reason {
        holds: |case| case.client.is_some(),
        alerts: &[Alert::CertificateExpired],
        why: "the client's clock is wrong, or its CA certificate has expired: ours is valid from {begins} to {ends}",
        advice: "Set the client's clock right, or make a new CA.",
    },
    Reason {
        holds: |case| {
            let own = &case.served.own;
            case.name().is_some_and(|name| !own.is_for(name) && !own.is_for_by_common_name(name))
        },
        alerts: GENERIC_ALERTS,
        why: "it is made for another name than {asked}, which the client asked for: it is for {names}",
        advice: "Connect to a name in it, or make one that has {asked}.",
    },
    Reason {
        holds: |case| {
            case.host.is_some_and(|host| !can_lead_to(&case.served.own.hosts_or_common_names(), host))
        },
        alerts: &[],
        why: "it is for {names}, but the server's host is {host}",
        advice: "Make one for the host, or choose another host.",
    },
    Reason {
        holds: |case| !case.served.own.may_serve,
        alerts: &[Alert::UnsupportedCertificate, Alert::BadCertificate, Alert::CertificateUnknown],
        why: "its extended key usage does not allow a TLS server",
        advice: "Make one with the purpose serverAuth.",
    },
    Reason {
        holds: |case| case.served.own.is_ca && !case.served.own.may_sign,
        alerts: PURPOSE_ALERTS,
        why: "it is marked as a CA's own, for signing others and not for a server",
        advice: "Make one for a server, and sign it with this one if you like.",
    },
    Reason {
        holds: |case| !case.served.own.may_sign,
        alerts: PURPOSE_ALERTS,
        why: "its key usage does not allow a TLS server",
        advice: "Make one with the key usage digitalSignature, or with none.",
    },
    Reason {
        holds: |case| case.served.own.version < 3,
        alerts: KIND_ALERTS,
        why: "it is of X.509 version {version}, and strict clients accept version 3 only",
        advice: "Make a new one with extensions, such as its alternative names.",
    },
    Reason {
        holds: |case| case.served.own.is_ca,
        alerts: &[Alert::UnsupportedCertificate],
        why: "it is marked as a CA's own, as openssl req -x509 makes them",
        advice: "Make one with basicConstraints=CA:FALSE.",
    },
    Reason {
        holds: |case| case.served.weak().is_some(),
        alerts: GENERIC_ALERTS,
        why: "it is made with {weak}, which is too weak for most clients",
        advice: "Make one with SHA-256, and an RSA key of 2048 bits or one on P-256.",
    },
    Reason {
        holds: |case| case.client.is_none() && case.served.own.hosts().next().is_none(),
        alerts: &[],
        why: "it is for {names}",
        advice: "Make one with alternative names: browsers look at no others.",
    },
    Reason {
        holds: |case| case.is_for_another_address(),
        alerts: GENERIC_ALERTS,
        why: "it is made for another name than the client asked for: probably that was {guess}, and the certificate \
              is for {names}",
        advice: "Connect to a name in it, or make one that has the name or address that the client checks for.",
    },
    Reason {
        holds: |case| case.served.anchor == TrustAnchor::OwnBesideCa,
        alerts: TRUST_ALERTS,
        why: "it is self-signed, though a CA's ca.crt is next to it",
        advice: "Give clients {certificate} as their CA file instead.",
    },
    Reason {
        holds: |case| case.client.is_some() && case.served.anchor == TrustAnchor::Own,
        alerts: TRUST_ALERTS,
        why: "it is self-signed, so clients must be configured to trust it",
        advice: "Give the client {certificate} as its CA file, or serve a certificate that a CA of the client's has \
                 signed.",
    },
    Reason {
        holds: |case| case.client.is_some() && case.served.anchor == TrustAnchor::InFile,
        alerts: TRUST_ALERTS,
        why: "the client doesn't trust the root of its chain",
        advice: "Give the client {certificate}, which contains that root, as its CA file.",
    },
    Reason {
        holds: |case| matches!(case.served.anchor, TrustAnchor::Intermediate { .. }),
        alerts: TRUST_ALERTS,
        why: "its intermediate is not sent: {issuer} signed it, whose certificate is in intermediate.crt",
        advice: "Append intermediate.crt to {certificate}, and restart the server.",
    },
    Reason {
        holds: |case| case.client.is_some() && matches!(case.served.anchor, TrustAnchor::Beside { .. }),
        alerts: TRUST_ALERTS,
        why: "the client doesn't trust the issuer: {issuer}, whose certificate is next to it in ca.crt",
        advice: "Give the client {anchor} as its CA file.",
    },
    Reason {
        holds: |case| matches!(case.served.anchor, TrustAnchor::Missing { has_namesake: true, .. }),
        alerts: TRUST_ALERTS,
        why: "the ca.crt next to it has the name of its issuer, {issuer}, but another key",
        advice: "Make a new certificate.",
    },
    Reason {
        holds: |case| match case.served.anchor {
            TrustAnchor::Missing { is_direct, .. } => is_direct || case.client.is_some(),
            _ => false,
        },
        alerts: TRUST_ALERTS,
        why: "its issuer is not trusted: {issuer}, whose certificate is not in {certificate}",
        advice: "Give clients the CA's file as their CA file; if that CA is an intermediate one, append its \
                 certificate to {certificate}.",
    },
];

impl Case<'_> {
    /// Returns the reasons that apply, the most serious first.
    pub(super) fn reasons(&self) -> impl Iterator<Item = &'static Reason> {
        REASONS.iter().filter(|reason| (reason.holds)(self))
    }

    pub(super) fn value(&self, key: &str) -> Option<String> {
        let own = &self.served.own;
        let above = || self.served.outdated_above(self.at);
        Some(match key {
            "begins" => own.validity.begins(),
            "ends" => own.validity.ends(),
            "number" => above()?.0.to_string(),
            "above_begins" => above()?.1.begins(),
            "above_ends" => above()?.1.ends(),
            "asked" => self.asked(),
            "guess" => self.guess(),
            "host" => self.host?.to_owned(),
            "names" => self.served.names(),
            "version" => own.version.to_string(),
            "weak" => self.served.weak()?,
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

    /// Returns the name or address that the client asked for.
    fn asked(&self) -> String {
        match (self.name(), self.address()) {
            (Some(name), _) => sanitize(name, MAX_NAME),
            (None, Some(address)) => address.to_string(),
            (None, None) => "an address".to_owned(),
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

    /// Returns whether the client sent no server name, as when it connects to an IP address, and the certificate
    /// doesn't contain that address.
    fn is_for_another_address(&self) -> bool {
        let own = &self.served.own;
        self.client.is_some_and(|client| client.client_hello.is_some())
            && self.name().is_none()
            && match self.address() {
                Some(address) => !own.is_for(&address.to_string()),
                None => !own.hosts().any(is_address),
            }
    }
}

impl ServedCertificate {
    /// Returns a warning about the certificate on a server that listens on `host`: the most serious reason for clients
    /// to reject it.
    #[must_use]
    pub fn caution(&self, now: Timestamp, host: &str) -> Option<String> {
        let case = Case { served: self, at: now, client: None, host: Some(host) };
        let Reason { why, advice, .. } = case.reasons().next()?;
        let text = format!("Clients may reject this certificate because {why}. {advice}");
        Some(Peer::Client.fill(&text, |key| match key {
            "certificate" => Some("the file".to_owned()),
            _ => case.value(key),
        }))
    }
}

/// Returns whether one of the names can lead clients to a server that listens on `host`. If that depends on DNS or a
/// hosts file, the result is true.
fn can_lead_to(names: &[&str], host: &str) -> bool {
    let host = without_dot_and_zone(host);
    if is_loopback(host) {
        return names.iter().any(|name| is_loopback(name) || covers(name, host));
    }
    match host.parse::<IpAddr>() {
        // Any name that isn't reserved may resolve to one of this computer's addresses.
        Ok(host) if host.to_canonical().is_unspecified() => names.iter().any(|name| !is_reserved(name)),
        // Any name that isn't reserved may resolve to this address.
        Ok(_) => names.iter().any(|name| {
            if is_address(name) { covers(name, host) } else { !is_localhost_name(name) && !is_reserved(name) }
        }),
        // Certificates contain non-ASCII names in `xn--` form. The host isn't converted to it here, so it is accepted.
        Err(_) => !host.is_ascii() || names.iter().any(|name| covers(name, host)),
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
    use crate::tls::inspect::certificate_text::{DNS_NAME, SubjectAltName};
    use crate::tls::key_type::KeyType;

    fn caution(host: &str, anchor: TrustAnchor, change: fn(&mut Certificate)) -> String {
        let mut served = ServedCertificate { own: good_certificate(), above: Vec::new(), anchor };
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
        assert!(old.contains("it is of X.509 version 1, and strict"), "{old}");
        assert!(own(|own| own.key = KeyType::Rsa { bits: 1024 }).contains("made with RSA 1024"));
        assert!(own(only_common_name).contains("only as common name"));
        assert!(own(|own| own.names.clear()).contains("no name at all"));
        let both = own(|own| {
            expired(own);
            own.version = 1;
        });
        assert!(
            both.starts_with("Clients may reject this certificate because it expired on 2026-05-31"),
            "{both}"
        );
        let early = own(|own| own.validity.not_before = "2026-06-02T00:00:00Z".parse().unwrap());
        assert!(early.contains("it is not valid before 2026-06-02"), "{early}");
    }

    #[test]
    fn a_ca_for_signing_only_has_its_own_warning() {
        let also_serves = own(|own| own.is_ca = true);
        assert!(also_serves.contains("it is marked as a CA's own, as openssl"), "{also_serves}");
        let only_signs = own(|own| (own.is_ca, own.may_sign) = (true, false));
        assert!(only_signs.contains("for signing others and not for a server"), "{only_signs}");
    }

    #[test]
    fn the_most_serious_defect_is_reported() {
        let wrong = |own: &mut Certificate| {
            own.names = vec![SubjectAltName { kind: DNS_NAME, text: "wrong-name.example".to_owned() }];
        };
        let between = || TrustAnchor::Intermediate { issuer: "CN=Between".to_owned() };
        let missing = |is_direct, has_namesake| TrustAnchor::Missing {
            issuer: "CN=Somebody".to_owned(),
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
                TrustAnchor::OwnBesideCa => "is self-signed, though a CA's",
                TrustAnchor::Intermediate { .. } => "its intermediate is not sent: CN=Between signed it",
                TrustAnchor::Missing { has_namesake: true, .. } => "CN=Somebody, but another key",
                _ => "its issuer is not trusted: CN=Somebody, whose certificate is not in the file",
            };
            assert!(text.contains(expected), "{text}");
        }
        for anchor in [TrustAnchor::InFile, missing(false, false)] {
            assert_eq!(caution("localhost", anchor, |_| {}), "");
        }
    }

    fn can_lead(names: &str, host: &str) -> bool {
        can_lead_to(&names.split_whitespace().collect::<Vec<_>>(), host)
    }

    #[test]
    fn names_of_the_server_cause_no_warning() {
        for (names, host) in [
            ("localhost", "localhost"),
            ("LocalHost", "localhost"),
            ("localhost", "LOCALHOST."),
            ("localhost", "127.0.0.1"),
            ("127.0.0.1", "localhost"),
            ("::1", "localhost"),
            ("0:0:0:0:0:0:0:1", "::1"),
            ("other.test localhost", "localhost"),
            ("*.localhost", "app.localhost"),
            ("My-PC", "my-pc"),
            ("*.example.org", "WWW.example.org"),
            ("www.example", "www.example"),
            ("192.168.1.5", "192.168.1.5"),
            ("192.168.1.5", "::ffff:192.168.1.5"),
            ("my-pc.lan", "192.168.1.5"),
            ("fe80::1", "fe80::1%eth0"),
            ("localhost", "0.0.0.0"),
            ("192.168.1.5", "0.0.0.0"),
            ("echo.test", "::"),
            ("xn--bcher-kva.test", "bücher.test"),
        ] {
            assert!(can_lead(names, host), "{names} for {host}");
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
            ("localhosts", "localhost"),
            ("192.168.1.5", "localhost"),
            ("192.168.1.6 localhost", "192.168.1.5"),
            ("*.example.org", "example.org"),
            ("*.example.org", "a.b.example.org"),
            ("localhost", "my-pc"),
            ("", "localhost"),
        ] {
            assert!(!can_lead(names, host), "{names} for {host}");
        }
    }
}
