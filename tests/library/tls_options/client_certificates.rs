//! Client certificates of openssl and Python in both TLS versions: required, optional or not requested. The log
//! explains each rejection.

use serde_json::{Value, json};

use crate::tls_options::lab::{Lab, Visit};

const VERSIONS: [&str; 2] = ["1.2", "1.3"];

/// Connects with each client in each version, and calls `check` with the server's events and whether the echo came
/// back. `certificate` is the name of a certificate in the lab, or empty for none.
fn with_each_client(lab: &Lab, certificate: &str, check: impl Fn(&Visit, bool)) {
    for version in VERSIONS {
        let flag = format!("-tls{}", version.replace('.', "_"));
        let (shown, options) = if certificate.is_empty() {
            (String::new(), json!({ "version": version }))
        } else {
            let shown = format!("-cert {certificate}.crt -key {certificate}.key");
            (shown, json!({ "version": version, "cert": certificate }))
        };
        if let Some(output) = lab.openssl(&format!("{flag} {shown}")) {
            check(&lab.visit(), output.echoed);
        }
        if let Some(output) = lab.python(options) {
            check(&lab.visit(), output[0].get("echo").and_then(Value::as_str) == Some("Hello from Python\n"));
        }
    }
}

fn assert_rejected(lab: &Lab, certificate: &str, expected: &str) {
    with_each_client(lab, certificate, |visit, echoed| {
        let (text, problem) = visit.failure();
        assert!(text.contains(expected) && !echoed, "{certificate}: {text}");
        assert!(problem["offer"]["cipher_suites"].as_array().is_some_and(|suites| !suites.is_empty()));
    });
}

fn assert_served(lab: &Lab, certificate: &str) {
    with_each_client(lab, certificate, |visit, echoed| {
        assert!(echoed, "{certificate}: {visit:?}");
        let shown = visit.handshake().get("client_certificate");
        if certificate.is_empty() {
            assert_eq!(shown, None);
        } else {
            let shown = shown.unwrap();
            assert_eq!(shown["subject"], format!("CN={certificate}"));
            assert_eq!(shown["issuer"], "CN=Practice CA");
            assert_eq!(shown["sha256"].as_str().unwrap().len(), 32 * 3 - 1);
        }
    });
}

#[test]
fn a_required_certificate_must_be_signed_by_the_client_ca() {
    let lab = Lab::start("--client-auth required --client-ca FOLDER/ca.crt");
    assert_rejected(&lab, "", "The client presented no certificate, and the server requires one.");
    assert_rejected(&lab, "stranger", "its issuer is not the CA that this server trusts for clients");
    assert_rejected(&lab, "expired", "it expired on ");
    assert_rejected(&lab, "purpose", "does not allow a TLS client");
    // The client presents the server's own certificate, which is self-signed.
    assert_rejected(&lab, "server", "its issuer is not the CA");
    assert_served(&lab, "client");
}

#[test]
fn an_optional_certificate_is_verified_if_presented() {
    let lab = Lab::start("--client-auth optional --client-ca FOLDER/ca.crt");
    assert_served(&lab, "");
    assert_served(&lab, "client");
    assert_rejected(&lab, "stranger", "Sign it with the CA in ");
}

#[test]
fn no_certificate_is_requested_by_default() {
    let lab = Lab::start("");
    with_each_client(&lab, "stranger", |visit, echoed| {
        assert!(echoed);
        assert_eq!(visit.handshake().get("client_certificate"), None);
    });
}

#[test]
fn rejected_self_signed_and_version_1_certificates_are_explained() {
    let lab = Lab::new();
    let Some(openssl) = crate::support::program("openssl") else { return };
    for line in [
        "req -x509 -newkey rsa:2048 -nodes -keyout self.key -subj /CN=self -days 9 -out self.crt",
        "req -new -key client.key -subj /CN=v1 -out v1.csr",
        "genrsa -out v1.key 2048",
        "req -new -key v1.key -subj /CN=v1 -out v1.csr",
        "x509 -req -days 9 -in v1.csr -signkey v1.key -out v1.crt",
    ] {
        let mut command = std::process::Command::new(&openssl);
        command.args(line.split(' ')).current_dir(lab.folder.path());
        let end = crate::support::finish(command);
        assert_eq!(end.code, Some(0), "{line}: {}", end.stderr);
    }
    let mut lab = lab;
    lab.serve("--client-auth required --client-ca FOLDER/self.crt");
    assert_rejected(&lab, "self", "is marked as a CA's");
    lab.serve("--client-auth required --client-ca FOLDER/v1.crt");
    assert_rejected(&lab, "v1", "X.509 version 1");
}

#[test]
fn a_resumed_session_keeps_the_client_certificate() {
    let lab = Lab::start("--client-auth required --client-ca FOLDER/ca.crt");
    for version in VERSIONS {
        let Some(output) = lab.python(json!({ "version": version, "cert": "client", "visits": 2 })) else {
            return;
        };
        assert_eq!(output[1]["reused"], true, "{output:?}");
        lab.visit();
        let visit = lab.visit();
        assert_eq!(visit.handshake()["handshake"], "resumed");
        assert_eq!(visit.handshake()["client_certificate"]["subject"], "CN=client");
    }
}
