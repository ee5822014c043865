//! Warns about a certificate that is chosen for the server: what clients may reject it for, in a sentence or two.
//!
//! Only the gravest reason is given: first those for which every client rejects a certificate, then those for which only
//! some do, or only those that trust another certificate.

use std::net::IpAddr;

use jiff::Timestamp;

use crate::settings::parse::{is_localhost_name, is_loopback};
use crate::tls::certificate_report::{Authority, CertificateReport, date};
use crate::tls::inspect::served_certificate::Issuer;

impl CertificateReport {
    /// Returns a warning about the certificate itself, wherever it is served.
    #[must_use]
    pub fn caution(&self, now: Timestamp) -> Option<String> {
        self.refused_by_all(now).or_else(|| self.refused_by_some())
    }

    /// Returns a warning about the certificate on a server that listens on `host`: its names may be for another host, and
    /// clients may not know its issuer.
    #[must_use]
    pub fn caution_served(&self, now: Timestamp, host: &str, issuer: &Issuer) -> Option<String> {
        self.refused_by_all(now)
            .or_else(|| self.wrong_name(host))
            .or_else(|| without_intermediate(issuer))
            .or_else(|| self.refused_by_some())
            .or_else(|| distrusted(issuer))
    }

    fn refused_by_all(&self, now: Timestamp) -> Option<String> {
        Some(if now > self.validity.not_after {
            format!(
                "This certificate expired on {}, so clients that check it will refuse it. Make a new one.",
                date(self.validity.not_after)
            )
        } else if now < self.validity.not_before {
            format!(
                "This certificate is {}, so clients that check it will refuse it. Wait until then, or see whether \
                 this computer's clock is right.",
                self.validity.description(now)
            )
        } else if self.authority == Authority::Only {
            "This is a certificate authority's own certificate, for signing others and not for serving: clients refuse \
             it even where they trust it."
                .to_owned()
        } else if self.exact_names.is_empty() {
            "This certificate is for no name at all, so clients that check it will refuse it.".to_owned()
        } else {
            return None;
        })
    }

    fn wrong_name(&self, host: &str) -> Option<String> {
        let names = self.names_line();
        if lead_to(&self.exact_names, host) {
            None
        } else if self.exact_names.iter().all(|name| is_reserved(name)) && is_everywhere(host) {
            Some(format!(
                "This certificate is for {names}, and names under .example are reserved (RFC 2606): clients will reject it."
            ))
        } else {
            Some(format!(
                "This certificate is for {names}, but the server's host is {host}: clients that connect to it will reject \
                 the certificate."
            ))
        }
    }

    fn refused_by_some(&self) -> Option<String> {
        Some(if self.version < 3 {
            format!(
                "This is an X.509 version {} certificate: openssl and Python take it, stricter clients may refuse \
                 it.",
                self.version
            )
        } else if let Some(hash) = self.weak_hash {
            format!("This certificate is signed with {hash}, which most clients no longer trust.")
        } else if self.authority == Authority::Marked {
            "This certificate is marked as a certificate authority's own: openssl, curl and Python take it where they \
             trust it, but stricter clients refuse it."
                .to_owned()
        } else if !self.has_alternative_names {
            "This certificate has its name only as common name, where browsers and other newer clients no longer \
             look."
                .to_owned()
        } else {
            return None;
        })
    }
}

/// Whether a host is every address of this computer, and so no name to connect to.
fn is_everywhere(host: &str) -> bool {
    host.parse::<IpAddr>().is_ok_and(|address| address.is_unspecified())
}

fn without_intermediate(issuer: &Issuer) -> Option<String> {
    let Issuer::Intermediate { name } = issuer else { return None };
    Some(format!(
        "This chain is without its intermediate: the issuer, {name}, is not sent, so clients will reject it. Append \
         intermediate.crt to the file."
    ))
}

fn distrusted(issuer: &Issuer) -> Option<String> {
    match issuer {
        Issuer::Itself | Issuer::Known | Issuer::Intermediate { .. } => None,
        Issuer::ItselfBesideCa => Some(
            "This certificate is self-signed, though a CA's ca.crt is next to it: clients that trust ca.crt will reject it. \
             Give them this certificate instead."
                .to_owned(),
        ),
        Issuer::NamesakeOfCa => Some(
            "The ca.crt next to this certificate has its issuer's name but another key: clients that trust ca.crt will \
             reject it. Make a new certificate."
                .to_owned(),
        ),
        Issuer::Unknown { name } => Some(format!(
            "This certificate is signed by {name}, whose own is neither in the file nor next to it as ca.crt: clients must \
             trust that CA. Append it if it is an intermediate one."
        )),
    }
}

/// Whether clients can reach a server that listens on `host` under one of the names. Returns true if that depends on a name
/// server or a hosts file.
fn lead_to(names: &[String], host: &str) -> bool {
    let host = plain(host);
    if is_loopback(host) {
        return names.iter().any(|name| is_loopback(name) || covers(name, host));
    }
    match address(host) {
        // Any name may resolve to one of this computer's addresses.
        Some(host) if host.is_unspecified() => names.iter().any(|name| !is_reserved(name)),
        // A name may resolve to the address.
        Some(host) => names.iter().any(|name| match address(name) {
            Some(address) => address == host,
            None => !is_localhost_name(name) && !is_reserved(name),
        }),
        // Certificates contain a non-ASCII name in another form, which is not computed here.
        None => !host.is_ascii() || names.iter().any(|name| covers(name, host)),
    }
}

/// Whether a name in a certificate, perhaps with a wildcard for its first label, covers the one that a client asks for
/// (RFC 6125, section 6.4).
fn covers(name: &str, asked: &str) -> bool {
    if let (Some(name), Some(asked)) = (address(name), address(asked)) {
        return name == asked;
    }
    let name = plain(name);
    let below = |rest: &str| asked.split_once('.').is_some_and(|(_, above)| above.eq_ignore_ascii_case(rest));
    name.eq_ignore_ascii_case(asked) || name.strip_prefix("*.").is_some_and(below)
}

/// Whether a name is under `.example`, which is reserved (RFC 2606, section 2).
fn is_reserved(name: &str) -> bool {
    plain(name).rsplit('.').next().is_some_and(|last| last.eq_ignore_ascii_case("example"))
}

/// Removes a name's final dot, and an address's zone: `fe80::1%eth0` is `fe80::1` in a certificate.
fn plain(host: &str) -> &str {
    let host = host.strip_suffix('.').unwrap_or(host);
    host.split_once('%').map_or(host, |(address, _)| address)
}

fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::certificate_report::tests::report;

    fn now() -> Timestamp {
        "2026-06-01T00:00:00Z".parse().unwrap()
    }

    fn caution(host: &str, issuer: &Issuer, change: fn(&mut CertificateReport)) -> String {
        let mut report = report();
        change(&mut report);
        report.caution_served(now(), host, issuer).unwrap_or_default()
    }

    fn own(change: fn(&mut CertificateReport)) -> String {
        let mut report = report();
        change(&mut report);
        let own = report.caution(now()).unwrap_or_default();
        assert_eq!(caution("localhost", &Issuer::Itself, change), own);
        own
    }

    fn expired(report: &mut CertificateReport) {
        report.validity.not_after = "2026-05-31T00:00:00Z".parse().unwrap();
    }

    #[test]
    fn defects_of_the_certificate_are_reported() {
        assert_eq!(own(|_| {}), "");
        let old = own(|report| (report.version, report.has_alternative_names) = (1, false));
        assert!(
            old.starts_with("This is an X.509 version 1 certificate: openssl and Python take it, stricter"),
            "{old}"
        );
        assert!(own(|report| report.weak_hash = Some("SHA-1")).contains("signed with SHA-1"));
        assert!(own(|report| report.has_alternative_names = false).contains("only as common name"));
        assert!(own(|report| report.exact_names.clear()).contains("for no name at all"));
        let both = own(|report| {
            expired(report);
            report.version = 1;
        });
        assert!(both.starts_with("This certificate expired on 2026-05-31, so clients"), "{both}");
        let early = own(|report| report.validity.not_before = "2026-06-02T00:00:00Z".parse().unwrap());
        assert!(early.starts_with("This certificate is not valid before 2026-06-02, so clients"), "{early}");
    }

    #[test]
    fn a_signing_certificate_differs_from_a_marked_one() {
        let also = own(|report| report.authority = Authority::Marked);
        assert!(also.contains("marked as a certificate authority's own: openssl, curl and Python take"));
        let only = own(|report| report.authority = Authority::Only);
        assert!(only.contains("for signing others and not for serving: clients refuse"), "{only}");
    }

    #[test]
    fn the_gravest_defect_is_reported() {
        let wrong = |report: &mut CertificateReport| {
            report.names = vec!["wrong-name.example".to_owned()];
            report.exact_names.clone_from(&report.names);
        };
        let between = Issuer::Intermediate { name: "CN=Between".to_owned() };
        let unknown = Issuer::Unknown { name: "CN=Somebody".to_owned() };
        let told = caution("localhost", &between, wrong);
        assert!(
            told.contains(
                "for wrong-name.example, but the server's host is localhost: clients that connect to it"
            ),
            "{told}"
        );
        let told = caution("0.0.0.0", &between, wrong);
        assert!(told.contains("names under .example are reserved"), "{told}");
        assert!(caution("localhost", &between, expired).contains("expired"));
        let no_san = |report: &mut CertificateReport| report.has_alternative_names = false;
        assert!(
            caution("localhost", &between, no_san)
                .contains("without its intermediate: the issuer, CN=Between, is not")
        );
        for issuer in [Issuer::ItselfBesideCa, Issuer::NamesakeOfCa, unknown.clone()] {
            assert!(caution("localhost", &issuer, no_san).contains("only as common name"), "{issuer:?}");
        }
        assert!(
            caution("localhost", &Issuer::ItselfBesideCa, |_| {}).contains("is self-signed, though a CA's")
        );
        assert!(caution("localhost", &Issuer::NamesakeOfCa, |_| {}).contains("another key"));
        assert!(
            caution("localhost", &unknown, |_| {}).contains("signed by CN=Somebody, whose own is neither")
        );
        assert_eq!(caution("localhost", &Issuer::Known, |_| {}), "");
    }

    fn leads(names: &str, host: &str) -> bool {
        lead_to(&names.split_whitespace().map(str::to_owned).collect::<Vec<_>>(), host)
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
            assert!(leads(names, host), "{names} for {host}");
        }
    }

    #[test]
    fn names_of_other_hosts_are_noticed() {
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
            assert!(!leads(names, host), "{names} for {host}");
        }
    }
}
