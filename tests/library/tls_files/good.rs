//! Certificate and key files that work in a server.

use std::fs;

use echoscope::tls::{CertificateFile, FileRole, KeyFile, ServedCertificate};
use jiff::{SignedDuration, Timestamp};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};

use crate::support::server_config;
use crate::tls_files::handshake::assert_serves;
use crate::tls_files::lab::{Lab, has_program, pair};

fn caution(file: &CertificateFile, now: Timestamp) -> Option<String> {
    ServedCertificate::of(file).caution(now, "localhost")
}

#[test]
fn every_kind_of_key_loads_and_serves() {
    for (algorithm, name) in [
        (&PKCS_ECDSA_P256_SHA256, "ECDSA P-256"),
        (&PKCS_ECDSA_P384_SHA384, "ECDSA P-384"),
        (&PKCS_ED25519, "Ed25519"),
        (&rcgen::PKCS_RSA_SHA256, "RSA 2048"),
    ] {
        let lab = Lab::new();
        let (certificate, key) = pair(algorithm);
        lab.write("server.crt", certificate.pem());
        lab.write("server.key", key.serialize_pem());
        let read = CertificateFile::read(&lab.path("server.crt")).unwrap();
        assert_eq!(
            read.own().line(at("2026-12-30T12:00:00Z")),
            format!("localhost, 127.0.0.1, ::1 · {name} · 2 days left")
        );
        assert_eq!(caution(&read, at("2026-12-30T12:00:00Z")), None);
        assert_eq!(KeyFile::read(&lab.path("server.key")).unwrap().key_type().to_string(), name);
        assert_serves(&lab, "server.crt", "server.key");
    }
}

#[test]
fn the_tutorials_three_commands_create_files_that_serve() {
    if !has_program("openssl", "version") {
        return;
    }
    let lab = Lab::new();
    lab.run("openssl genrsa -out server.key 2048");
    lab.run("openssl req -new -subj /CN=localhost -key server.key -out server.csr");
    lab.run("openssl x509 -req -days 365 -in server.csr -signkey server.key -out server.crt");
    let read = CertificateFile::read(&lab.path("server.crt")).unwrap();
    // OpenSSL uses this computer's clock, so the certificate is at most a few seconds old.
    let now = Timestamp::now();
    assert_eq!(read.own().line(now), "localhost · RSA 2048 · 365 days left");
    let late = read.own().validity.not_after + SignedDuration::from_secs(1);
    assert!(read.own().line(late).starts_with("localhost · RSA 2048 · expired on 20"));
    assert!(read.own().self_signed);
    // OpenSSL 3.4 creates version 3 here, for which the warning is only about the missing names.
    let warning = caution(&read, now).unwrap();
    let expected = if read.own().version == 1 { "X.509 version 1" } else { "only as common name" };
    assert!(warning.contains(expected), "{warning}");
    assert_serves(&lab, "server.crt", "server.key");
    // The command in the warning creates a certificate without a warning.
    lab.run(&read.own().better(&lab.path("server.key")).unwrap());
    let better = CertificateFile::read(&lab.path("better.crt")).unwrap();
    assert_eq!(caution(&better, Timestamp::now() + SignedDuration::from_secs(5)), None);
    assert_serves(&lab, "better.crt", "server.key");
}

#[test]
fn a_version_1_certificate_serves() {
    if !has_program("openssl", "version") {
        return;
    }
    let lab = Lab::new();
    lab.run("openssl genrsa -out server.key 2048");
    lab.run("openssl req -new -subj /CN=localhost -key server.key -out server.csr");
    // Older versions of OpenSSL create version 1 by default; since 3.3 there is the option `-x509v1`.
    let make = "openssl x509 -req -days 365 -in server.csr -signkey server.key -out server.crt";
    lab.run(make);
    let version = || CertificateFile::read(&lab.path("server.crt")).unwrap().own().version;
    if version() != 1 {
        lab.run("openssl req -x509 -x509v1 -days 365 -key server.key -subj /CN=localhost -out server.crt");
    }
    assert_eq!(version(), 1);
    assert_serves(&lab, "server.crt", "server.key");
}

#[test]
fn every_form_of_private_key_is_read() {
    if !has_program("openssl", "version") {
        return;
    }
    let lab = Lab::new();
    lab.run("openssl genrsa -traditional -out pkcs1.key 2048");
    lab.run("openssl pkey -in pkcs1.key -out pkcs8.key");
    lab.run("openssl ecparam -name prime256v1 -genkey -out sec1.key");
    lab.run("openssl ecparam -name secp521r1 -genkey -noout -out p521.key");
    lab.run("openssl genpkey -algorithm ed25519 -out ed25519.key");
    let text = |name| fs::read_to_string(lab.path(name)).unwrap();
    assert!(text("pkcs1.key").starts_with("-----BEGIN RSA PRIVATE KEY"));
    assert!(text("pkcs8.key").starts_with("-----BEGIN PRIVATE KEY"));
    assert!(text("sec1.key").starts_with("-----BEGIN EC PARAMETERS"));
    for (name, kind) in [
        ("pkcs1", "RSA 2048"),
        ("pkcs8", "RSA 2048"),
        ("sec1", "ECDSA P-256"),
        ("p521", "ECDSA P-521"),
        ("ed25519", "Ed25519"),
    ] {
        assert_eq!(
            KeyFile::read(&lab.path(&format!("{name}.key"))).unwrap().key_type().to_string(),
            kind,
            "{name}"
        );
        lab.run(&format!("openssl req -x509 -subj /CN=a -key {name}.key -out {name}.crt"));
        assert_serves(&lab, &format!("{name}.crt"), &format!("{name}.key"));
    }
}

/// A change that an editor, a mail program or a shell makes to a file.
type Change<'a> = &'a dyn Fn(&str) -> Vec<u8>;

#[test]
fn text_around_the_blocks_is_ignored() {
    let lab = Lab::new();
    let (certificate, key) = pair(&PKCS_ECDSA_P256_SHA256);
    let (certificate, key) = (certificate.pem(), key.serialize_pem());
    let both = format!("{key}{certificate}");
    let indented =
        |text: &str| format!("  \t{}", text.trim_end().replace("\r\n", "\n").replace('\n', "  \r\n \t"));
    let attributes = |text: &str| {
        format!("Bag Attributes\n    localKeyID: 01 02 \nKey Attributes: <No Attributes>\n{text}")
    };
    let utf16 = |text: &str| {
        let units = "\u{feff}".encode_utf16().chain(text.encode_utf16().collect::<Vec<_>>());
        units.flat_map(u16::to_le_bytes).collect::<Vec<_>>()
    };
    let changes: [(&str, Change<'_>); 7] = [
        ("a byte order mark", &|text| format!("\u{feff}{text}").into_bytes()),
        ("CRLF", &|text| text.replace("\r\n", "\n").replace('\n', "\r\n").into_bytes()),
        ("indentation and trailing blanks", &|text| indented(text).into_bytes()),
        ("leading and trailing text", &|text| format!("My server, 2026:\n\n{text}\nthat's all").into_bytes()),
        ("bag attributes", &|text| attributes(text).into_bytes()),
        ("UTF-16", &utf16),
        ("the other half in the same file", &|_| both.clone().into_bytes()),
    ];
    for (what, change) in changes {
        println!("with {what}");
        lab.write("server.crt", change(&certificate));
        lab.write("server.key", change(&key));
        assert_serves(&lab, "server.crt", "server.key");
    }
}

#[test]
fn a_chain_is_sent_completely_and_must_begin_with_the_servers_certificate() {
    let lab = Lab::new();
    let ca_key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let mut ca = CertificateParams::new(Vec::<String>::new()).unwrap();
    ca.distinguished_name.push(rcgen::DnType::CommonName, "Practice CA");
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca_certificate = ca.self_signed(&ca_key).unwrap();
    let issuer = rcgen::Issuer::new(ca, &ca_key);
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let leaf =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    lab.write("server.key", key.serialize_pem());
    lab.write("server.crt", format!("{}{}", leaf.pem(), ca_certificate.pem()));
    let read = CertificateFile::read(&lab.path("server.crt")).unwrap();
    assert_eq!((read.own().self_signed, read.chain().len()), (false, 2));
    assert_serves(&lab, "server.crt", "server.key");

    lab.write("reversed.crt", format!("{}{}", ca_certificate.pem(), leaf.pem()));
    let error = server_config(&lab.path("reversed.crt"), &lab.path("server.key")).unwrap_err();
    assert_eq!(error.field(), FileRole::Certificate);
    assert_eq!(
        error.to_string(),
        "server.key belongs to certificate 2 in reversed.crt, but clients take the first one as the server's. Move that \
         certificate to the top of the file."
    );
    let caution =
        caution(&CertificateFile::read(&lab.path("reversed.crt")).unwrap(), Timestamp::now()).unwrap();
    assert!(caution.contains("it is for Practice CA, and that only"), "{caution}");
}

#[test]
fn openssls_trusted_certificate_is_reduced_to_the_certificate() {
    if !has_program("openssl", "version") {
        return;
    }
    let lab = Lab::new();
    let (certificate, key) = pair(&PKCS_ECDSA_P256_SHA256);
    lab.write("plain.crt", certificate.pem());
    lab.write("server.key", key.serialize_pem());
    lab.run("openssl x509 -in plain.crt -trustout -addtrust serverAuth -out server.crt");
    assert!(fs::read_to_string(lab.path("server.crt")).unwrap().contains("BEGIN TRUSTED CERTIFICATE"));
    assert_eq!(CertificateFile::read(&lab.path("server.crt")).unwrap().chain()[0], *certificate.der());
    assert_serves(&lab, "server.crt", "server.key");
}

fn at(moment: &str) -> Timestamp {
    moment.parse().unwrap()
}
