//! For each alert and each certificate the one cause that holds, and none that does not.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::tls::explain::server::tests::{check, situation};

const LOCALHOST: RequestedName<'static> = RequestedName { name: Some("localhost"), address: None };
const NAMELESS: RequestedName<'static> =
    RequestedName { name: None, address: Some(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST)) };

/// A part of the words for each cause, which stands in no other's.
const CAUSES: [&str; 15] = [
    "has expired",
    "not valid yet",
    "certificate 2 of its file",
    "clock is wrong",
    "another name than",
    "extended key usage",
    "certificate authority's own",
    "its key usage does not",
    "X.509 version 1",
    "too weak",
    "it signed itself",
    "is not in server.crt",
    "its intermediate is not sent",
    "stands beside it in ca.crt",
    "only as common name, where openssl",
];

fn text(alert: Alert, change: impl Fn(&mut Served), asked: Option<RequestedName<'_>>) -> Option<String> {
    let mut situation = situation();
    change(&mut situation.served);
    let now = "2026-06-01T00:00:00Z".parse().unwrap();
    let text = refused(alert, &situation, asked, now)?;
    check(&text);
    Some(text)
}

/// Expects one cause, and no other in the sentence that tells it.
fn expect(alerts: &[Alert], change: impl Fn(&mut Served), asked: RequestedName<'_>, cause: &str) {
    assert!(CAUSES.contains(&cause), "{cause}");
    for alert in alerts {
        let text = text(*alert, &change, Some(asked)).unwrap_or_else(|| panic!("{alert:?}, {cause}"));
        let (told, _) = text.split_once(" If it does trust that").unwrap_or((&text, ""));
        for other in CAUSES {
            assert_eq!(told.contains(other), other == cause, "{alert:?}, {other:?}: {text}");
        }
        let sure = matches!(alert, Alert::CertificateExpired | Alert::UnknownCA);
        assert_eq!(told.contains("most likely because"), !sure, "{alert:?}: {text}");
    }
}

fn expired(served: &mut Served) {
    served.validity.not_after = "2026-05-31T00:00:00Z".parse().unwrap();
}

fn early(served: &mut Served) {
    served.validity.not_before = "2026-06-02T00:00:00Z".parse().unwrap();
}

fn nothing(_: &mut Served) {}

fn elsewhere(served: &mut Served) {
    (served.hosts, served.addresses) = (vec!["elsewhere.example".to_owned()], Vec::new());
}

/// As openssl x509 -req makes them.
fn version1(served: &mut Served) {
    elsewhere(served);
    (served.version, served.hosts, served.common) = (1, Vec::new(), vec!["localhost".to_owned()]);
}

fn practice_ca(served: &mut Served) {
    (served.is_ca, served.may_sign) = (true, false);
}

fn issued(served: &mut Served) {
    served.anchor = Anchor::Missing("CN=Lab CA".to_owned());
}

fn beside(served: &mut Served) {
    served.anchor = Anchor::Beside { issuer: "CN=Lab CA".to_owned(), ca: "/tmp/lab/ca.crt".into() };
}

fn without_intermediate(served: &mut Served) {
    served.anchor = Anchor::Intermediate { issuer: "CN=Between".to_owned() };
}

#[test]
fn dates_go_by_this_computers_clock() {
    expect(DATES, expired, LOCALHOST, "has expired");
    expect(DATES, early, LOCALHOST, "not valid yet");
    expect(&[Alert::CertificateExpired], nothing, LOCALHOST, "clock is wrong");
    expect(&[Alert::CertificateExpired], issued, LOCALHOST, "clock is wrong");
    let above = |served: &mut Served| {
        let mut old = served.clone();
        expired(&mut old);
        served.above = vec![old.validity];
    };
    expect(DATES, above, LOCALHOST, "certificate 2 of its file");
    // What does not depend on the dates is not explained by them.
    expect(&[Alert::UnknownCA], expired, LOCALHOST, "it signed itself");
    let ends = text(Alert::CertificateExpired, expired, None).unwrap();
    assert!(ends.contains("2026-05-31 00:00:00 UTC"), "{ends}");
}

#[test]
fn the_name_is_told_from_the_hello_or_the_address() {
    expect(VAGUE, elsewhere, LOCALHOST, "another name than");
    expect(VAGUE, elsewhere, NAMELESS, "another name than");
    expect(&[Alert::BadCertificate], version1, NAMELESS, "another name than");
    // What is in the certificate can't be missing there.
    expect(VAGUE, nothing, LOCALHOST, "it signed itself");
    expect(VAGUE, nothing, NAMELESS, "it signed itself");
    let below = RequestedName { name: Some("www.lab.example"), address: None };
    expect(VAGUE, issued, below, "is not in server.crt");
    let said = text(Alert::BadCertificate, elsewhere, Some(NAMELESS)).unwrap();
    assert!(
        said.contains(
            "so probably for 127.0.0.1, or a name that leads there such as localhost, and the certificate is for \
             elsewhere.example."
        ) && !said.contains("make one that has 127.0.0.1"),
        "{said}"
    );
    let said = text(Alert::BadCertificate, version1, Some(NAMELESS)).unwrap();
    // What stands in it is no name that the client missed.
    let told =
        "so probably for 127.0.0.1, and the certificate is for localhost, and that only as common name";
    assert!(said.contains(told), "{said}");
    let lan = RequestedName { name: None, address: Some(IpAddr::V4(std::net::Ipv4Addr::new(10, 1, 2, 3))) };
    let said = text(Alert::BadCertificate, elsewhere, Some(lan)).unwrap();
    assert!(said.contains("for 10.1.2.3, or a name that leads there, and the"), "{said}");
    // An address that is the common name is not another one.
    let address_only = |served: &mut Served| {
        elsewhere(served);
        (served.hosts, served.common) = (Vec::new(), vec!["127.0.0.1".to_owned()]);
    };
    expect(VAGUE, address_only, NAMELESS, "only as common name, where openssl");
    // A client's own text is neither a line of its own nor a name for something of ours.
    let odd = RequestedName { name: Some("a\nb{key}"), address: None };
    let said = text_of_odd(odd);
    assert!(said.contains("a?b{key}") && !said.contains('\n'), "{said}");
}

fn text_of_odd(odd: RequestedName<'_>) -> String {
    let now = "2026-06-01T00:00:00Z".parse().unwrap();
    refused(Alert::BadCertificate, &situation(), Some(odd), now).unwrap()
}

#[test]
fn a_certificate_of_the_wrong_kind_is_told_by_the_alerts_for_that() {
    expect(PURPOSE, practice_ca, LOCALHOST, "certificate authority's own");
    expect(PURPOSE, |served| served.may_sign = false, LOCALHOST, "its key usage does not");
    expect(KIND, version1, LOCALHOST, "X.509 version 1");
    expect(KIND, |served| served.may_serve = false, LOCALHOST, "extended key usage");
    expect(VAGUE, |served| served.weak = Some("SHA-1".to_owned()), LOCALHOST, "too weak");
    let tutorial = |served: &mut Served| served.is_ca = true;
    expect(&[Alert::UnsupportedCertificate], tutorial, LOCALHOST, "certificate authority's own");
    // OpenSSL, gnutls and browsers take a CA's mark where the key usage does not forbid it.
    expect(TRUST, tutorial, LOCALHOST, "it signed itself");
    for alert in [Alert::UnsupportedCertificate, Alert::InternalError] {
        assert_eq!(text(alert, nothing, Some(LOCALHOST)), None, "{alert:?}");
    }
}

#[test]
fn trust_depends_on_who_signed() {
    expect(TRUST, nothing, LOCALHOST, "it signed itself");
    expect(TRUST, issued, LOCALHOST, "is not in server.crt");
    let said = text(Alert::UnknownCA, issued, None).unwrap();
    assert!(
        said.contains("CN=Lab CA") && said.ends_with("append its certificate to server.crt."),
        "a file that nobody knows is in no line to try: {said}"
    );
    expect(TRUST, beside, LOCALHOST, "stands beside it in ca.crt");
    let said = text(Alert::UnknownCA, beside, None).unwrap();
    assert!(
        said.contains("CN=Lab CA")
            && said.ends_with("To try: openssl s_client -connect localhost:12345 -CAfile /tmp/lab/ca.crt"),
        "{said}"
    );
    expect(TRUST, without_intermediate, LOCALHOST, "its intermediate is not sent");
    let said = text(Alert::UnknownCA, without_intermediate, None).unwrap();
    assert!(said.contains("CN=Between") && said.contains("Append intermediate.crt to server.crt"), "{said}");
    assert!(!said.contains("To try"), "with ca.crt alone it fails again: {said}");
    let said = text(Alert::UnknownCA, |served| served.anchor = Anchor::InFile, None).unwrap();
    assert!(said.contains("root") && said.ends_with("-CAfile server.crt"), "{said}");
}

#[test]
fn where_the_alert_leaves_more_than_one_the_other_is_told_too() {
    let said = |change: fn(&mut Served)| text(Alert::BadCertificate, change, Some(LOCALHOST)).unwrap();
    assert!(said(nothing).contains("may check for another name than localhost."), "{}", said(nothing));
    assert!(said(version1).contains("localhost is only its common name"), "{}", said(version1));
    assert!(said(|served| served.is_ca = true).contains("marked as a CA, which stricter clients refuse"));
    // Nothing is known of the name before the hello: the words for the alert name every cause.
    assert_eq!(text(Alert::BadCertificate, nothing, None), None);
    // Nor is any other alert about the certificate.
    for number in 0..=u8::MAX {
        let alert = Alert::from(number);
        let ours = TRUST.iter().chain(PURPOSE).chain(DATES).any(|known| *known == alert);
        assert_eq!(text(alert, practice_ca, Some(LOCALHOST)).is_some(), ours, "{alert:?}");
    }
}
