//! The details of a certificate compared with the output of `openssl x509`.

use std::path::Path;
use std::process::Command;

use echoscope::tls::explain::inspection::{explain_end, explain_link};
use echoscope::tls::inspect::chain::{ChainLink, chain_links};
use echoscope::tls::{Certificate, CertificateFile};
use jiff::Timestamp;
use jiff::fmt::strtime;

use super::fixtures::{Authority, Fixture, TestFolder};
use crate::support::program;

fn file(fixture: &Fixture) -> CertificateFile {
    CertificateFile::read(&fixture.certificate).unwrap()
}

fn print(openssl: &Path, certificate: &Path, arguments: &str) -> String {
    let output = Command::new(openssl)
        .args(["x509", "-noout", "-in"])
        .arg(certificate)
        .args(arguments.split(' '))
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Returns the text after `=` in the line that starts with `name`.
fn after<'a>(printed: &'a str, name: &str) -> &'a str {
    let line =
        printed.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {printed}"));
    line.split_once('=').unwrap().1
}

fn date(printed: &str) -> Timestamp {
    let parts = strtime::parse("%b %d %H:%M:%S %Y GMT", printed).unwrap();
    parts.to_datetime().unwrap().to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp()
}

fn extension<'a>(certificate: &'a Certificate, name: &str) -> Option<&'a str> {
    certificate.extensions.iter().find(|extension| extension.name == name).map(|it| it.value.as_str())
}

#[test]
fn every_field_equals_the_output_of_openssl() {
    let Some(openssl) = program("openssl") else { return };
    let folder = TestFolder::new();
    let mut fixtures = folder.all();
    fixtures.push(folder.tutorial(&openssl));
    fixtures.extend(folder.by_openssl(&openssl));
    for fixture in fixtures {
        let (path, name) = (&fixture.certificate, fixture.name);
        let file = file(&fixture);
        let first = file.own();
        let printed = print(
            &openssl,
            path,
            "-subject -issuer -serial -fingerprint -sha256 -dates -nameopt \
             esc_2253,esc_ctrl,utf8,sep_comma_plus_space,dn_rev,sname,dump_unknown,dump_der",
        );
        assert_eq!(first.subject, after(&printed, "subject"), "{name}");
        assert_eq!(first.issuer, after(&printed, "issuer"), "{name}");
        assert_eq!(first.serial, after(&printed, "serial"), "{name}");
        assert_eq!(first.fingerprint, after(&printed, "sha256 Fingerprint"), "{name}");
        assert_eq!(first.validity.not_before, date(after(&printed, "notBefore")), "{name}");
        assert_eq!(first.validity.not_after, date(after(&printed, "notAfter")), "{name}");
        let text = print(&openssl, path, "-text");
        assert!(text.contains(&format!("Version: {} (", first.version)), "{name}");
        let algorithm =
            text.lines().find_map(|line| line.trim().strip_prefix("Signature Algorithm: ")).unwrap();
        let parts = |text: &str| {
            let text = text.to_lowercase().replace('-', "");
            ["rsa", "ecdsa", "ed25519", "pss", "sha1", "sha256", "sha384"].map(|part| text.contains(part))
        };
        // openssl prints the hash of RSA-PSS on another line, which isn't read here.
        let printed = if algorithm == "rsassaPss" { "rsassaPss with sha256" } else { algorithm };
        assert_eq!(parts(&first.signature), parts(printed), "{name}: {algorithm} {}", first.signature);
        let identifier =
            text.split("Subject Key Identifier: ").nth(1).map(|rest| rest.lines().nth(1).unwrap().trim());
        assert_eq!(extension(first, "Subject Key Identifier"), identifier, "{name}");
        assert_eq!(
            first.extensions.len(),
            text.matches("X509v3 ").count().saturating_sub(1) + text.matches(" 1.2.3.4: ").count(),
            "{name}\n{text}"
        );
        assert_eq!(
            first.extensions.iter().filter(|extension| extension.critical).count(),
            text.matches(": critical").count(),
            "{name}"
        );
        let dns =
            text.lines().find(|line| line.contains("DNS:")).map_or(0, |line| line.matches("DNS:").count());
        assert_eq!(first.names.iter().filter(|it| it.kind == "DNS name").count(), dns, "{name}");
    }
}

#[test]
fn every_field_is_described() {
    let Some(openssl) = program("openssl") else { return };
    let folder = TestFolder::new();
    let all = folder.by_openssl(&openssl);
    let of = |name: &str| file(all.iter().find(|fixture| fixture.name == name).unwrap()).own().clone();
    let full = of("openssl-p384");
    assert_eq!(full.subject, "CN=localhost, O=Lab, C=DE");
    let names: Vec<_> = full.names.iter().map(ToString::to_string).collect();
    assert_eq!(
        names,
        [
            "DNS name localhost",
            "IP address 127.0.0.1",
            "IP address ::1",
            "email address a@example.org",
            "URI https://example.org/"
        ]
    );
    assert_eq!(full.serial, "1267");
    assert_eq!(
        (full.key.to_string().as_str(), full.signature.as_str()),
        ("ECDSA P-384", "ecdsa-with-SHA384")
    );
    assert_eq!(extension(&full, "Key Usage"), Some("Digital Signature, Key Encipherment"));
    assert_eq!(extension(&full, "Extended Key Usage"), Some("TLS server, TLS client, 1.2.3.4"));
    assert_eq!(extension(&full, "Basic Constraints"), Some("not a CA"));
    assert_eq!(extension(&full, "Extension 1.2.3.4"), Some("0C:05:68:65:6C:6C:6F"));
    assert!(full.validity.description(Timestamp::now()).ends_with(" days left"));
    assert_eq!(of("openssl-sha1").weak_hash(), Some("SHA1"));
    assert_eq!(of("openssl-pss").signature, "rsassa-pss with sha256");
    assert_eq!(extension(&of("openssl-ca"), "Basic Constraints"), Some("a CA"));
}

#[test]
fn special_characters_are_escaped() {
    let folder = TestFolder::new();
    let strange = folder.all().into_iter().find(|fixture| fixture.name == "strange").unwrap();
    let subject = file(&strange).own().subject.clone();
    assert!(subject.contains(r#"OU=a\0Ab\1B[31m\, #\+\""#), "{subject}");
    assert!(subject.contains(r"L=\ Zürich\ "), "{subject}");
}

#[test]
fn broken_links_are_explained() {
    let folder = TestFolder::new();
    let all = folder.all();
    let read = |name: &str| file(all.iter().find(|fixture| fixture.name == name).unwrap());
    let of = |name: &str| chain_links(&read(name));
    let end = |name: &str| explain_end(read(name).certificates().last().unwrap());
    assert_eq!(of("full-chain"), [ChainLink::Signed, ChainLink::Signed]);
    assert!(end("full-chain").contains("self-signed"));
    assert!(end("chain").contains("The issuer of the last certificate, CN=Root, O=Lab,"));
    assert_eq!(explain_link(1, &of("chain")[0]), None);
    assert!(end("no-intermediate").contains("The issuer of the last certificate, CN=Middle, O=Lab,"));
    assert_eq!(
        explain_link(1, &of("wrong-order")[0]).unwrap(),
        "The issuer of certificate 1 is CN=Middle, O=Lab, but certificate 2 is CN=Root, O=Lab. Move certificate 3, the \
         issuer's, to that place."
    );
    let namesake = explain_link(1, &of("namesake")[0]).unwrap();
    assert!(namesake.contains("but another key, so it didn't sign it"), "{namesake}");
    assert_eq!(of("twice"), [ChainLink::Repeated, ChainLink::Signed]);
}

#[test]
fn an_unrelated_certificate_is_not_the_issuer() {
    let folder = TestFolder::new();
    let (one, other) = (Authority::root("One"), Authority::root("Other"));
    let path = folder.write("two.crt", &format!("{}{}", one.pem, other.pem));
    let links = chain_links(&CertificateFile::read(&path).unwrap());
    assert!(matches!(&links[0], ChainLink::OtherName { found: None, .. }), "{links:?}");
}
