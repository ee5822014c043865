//! What clients may find wrong with a certificate, in a sentence or two. Where several things are, the gravest is told:
//! what every client refuses comes before what only some do, or only those that were given another certificate.

use jiff::Timestamp;

use crate::tls::hosts;
use crate::tls::report::{Authority, CertificateReport, date};
use crate::tls::signer::Signer;

/// How a certificate is served.
#[derive(Debug, Clone, Copy)]
pub struct Served<'a> {
    /// The host that the server listens on.
    pub host: &'a str,
    /// Who signed the certificate.
    pub signer: &'a Signer,
}

impl CertificateReport {
    /// What clients may find wrong with the certificate itself, wherever it is served.
    #[must_use]
    pub fn caution(&self, now: Timestamp) -> Option<String> {
        self.refused_by_all(now).or_else(|| self.refused_by_some())
    }

    /// The same, and what they may find wrong with it where it is served: its names may be for another host, and who
    /// signed it may be unknown to them.
    #[must_use]
    pub fn caution_served(&self, now: Timestamp, served: Served<'_>) -> Option<String> {
        self.refused_by_all(now)
            .or_else(|| self.wrong_name(served.host))
            .or_else(|| without_intermediate(served.signer))
            .or_else(|| self.refused_by_some())
            .or_else(|| distrusted(served.signer))
    }

    fn refused_by_all(&self, now: Timestamp) -> Option<String> {
        Some(if now > self.not_after {
            format!(
                "This certificate expired on {}, so clients that check it will refuse it. Make a new one.",
                date(self.not_after)
            )
        } else if now < self.not_before {
            format!(
                "This certificate is {}, so clients that check it will refuse it. Wait until then, or see whether \
                 this computer's clock is right.",
                self.validity(now)
            )
        } else if self.authority == Authority::Only {
            "This is a certificate authority's own certificate, for signing others and not for serving: openssl, curl, \
             Python, gnutls and rustls refuse it even where they trust it."
                .to_owned()
        } else if self.exact_names.is_empty() {
            "This certificate is for no name at all, so clients that check it will refuse it.".to_owned()
        } else {
            return None;
        })
    }

    fn wrong_name(&self, host: &str) -> Option<String> {
        let names = self.names_line();
        if hosts::lead_to(&self.exact_names, host) {
            None
        } else if self.exact_names.iter().all(|name| hosts::is_nobodys(name)) && is_everywhere(host) {
            Some(format!(
                "This certificate is for {names}, and names under .example belong to nobody: clients that check the \
                 name will refuse it."
            ))
        } else {
            Some(format!(
                "This certificate is for {names}, but the server's host is {host}: clients that connect to {host} will \
                 refuse it."
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
            "This certificate is marked as a certificate authority's own: openssl, curl, Python and gnutls take it where \
             they trust it, but stricter clients such as rustls refuse it from a server."
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

/// Whether it stands for every address of this computer, so that it is no name to connect to.
fn is_everywhere(host: &str) -> bool {
    host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_unspecified())
}

fn without_intermediate(signer: &Signer) -> Option<String> {
    let Signer::Intermediate { issuer } = signer else { return None };
    Some(format!(
        "This chain is without its intermediate: the issuer, {issuer}, is not sent along, so clients that know only the \
         root CA will refuse it. Append intermediate.crt to the file."
    ))
}

fn distrusted(signer: &Signer) -> Option<String> {
    match signer {
        Signer::Itself | Signer::Known | Signer::Intermediate { .. } => None,
        Signer::ItselfBesideCa => Some(
            "This certificate is self-signed, though a CA's ca.crt stands beside it: clients that are given ca.crt will \
             refuse it. Give them this certificate instead, or make one that is signed by the CA."
                .to_owned(),
        ),
        Signer::NamesakeOfCa => Some(
            "The ca.crt beside this certificate has its issuer's name but another key: clients that are given ca.crt \
             will refuse it. Make the certificate anew, or put the right ca.crt there."
                .to_owned(),
        ),
        Signer::Unknown { issuer } => Some(format!(
            "This certificate is signed by {issuer}, whose own is neither in the file nor beside it as ca.crt: clients \
             that don't know that CA will refuse it. If it is an intermediate CA, append its certificate to the file."
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::report::tests::report;

    fn now() -> Timestamp {
        "2026-06-01T00:00:00Z".parse().unwrap()
    }

    fn caution(host: &str, signer: &Signer, change: fn(&mut CertificateReport)) -> String {
        let mut report = report();
        change(&mut report);
        report.caution_served(now(), Served { host, signer }).unwrap_or_default()
    }

    fn own(change: fn(&mut CertificateReport)) -> String {
        let mut report = report();
        change(&mut report);
        let own = report.caution(now()).unwrap_or_default();
        assert_eq!(caution("localhost", &Signer::Itself, change), own);
        own
    }

    fn expired(report: &mut CertificateReport) {
        report.not_after = "2026-05-31T00:00:00Z".parse().unwrap();
    }

    #[test]
    fn the_certificates_own_faults_are_told() {
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
        let early = own(|report| report.not_before = "2026-06-02T00:00:00Z".parse().unwrap());
        assert!(early.starts_with("This certificate is not valid before 2026-06-02, so clients"), "{early}");
    }

    #[test]
    fn a_certificate_that_only_signs_others_is_told_from_one_that_also_may() {
        let also = own(|report| report.authority = Authority::Marked);
        assert!(
            also.contains("marked as a certificate authority's own: openssl, curl, Python and gnutls take")
        );
        let only = own(|report| report.authority = Authority::Only);
        assert!(only.contains("for signing others and not for serving: openssl, curl"), "{only}");
    }

    #[test]
    fn the_gravest_fault_is_told() {
        let wrong = |report: &mut CertificateReport| {
            report.names = vec!["wrong-name.example".to_owned()];
            report.exact_names.clone_from(&report.names);
        };
        let between = Signer::Intermediate { issuer: "CN=Between".to_owned() };
        let unknown = Signer::Unknown { issuer: "CN=Somebody".to_owned() };
        let told = caution("localhost", &between, wrong);
        assert!(
            told.contains("for wrong-name.example, but the server's host is localhost: clients that connect"),
            "{told}"
        );
        let told = caution("0.0.0.0", &between, wrong);
        assert!(told.contains("names under .example belong to nobody"), "{told}");
        assert!(caution("localhost", &between, expired).contains("expired"));
        let no_san = |report: &mut CertificateReport| report.has_alternative_names = false;
        assert!(
            caution("localhost", &between, no_san)
                .contains("without its intermediate: the issuer, CN=Between, is")
        );
        for signer in [Signer::ItselfBesideCa, Signer::NamesakeOfCa, unknown.clone()] {
            assert!(caution("localhost", &signer, no_san).contains("only as common name"), "{signer:?}");
        }
        assert!(
            caution("localhost", &Signer::ItselfBesideCa, |_| {}).contains("is self-signed, though a CA's")
        );
        assert!(caution("localhost", &Signer::NamesakeOfCa, |_| {}).contains("another key"));
        assert!(
            caution("localhost", &unknown, |_| {}).contains("signed by CN=Somebody, whose own is neither")
        );
        assert_eq!(caution("localhost", &Signer::Known, |_| {}), "");
    }
}
