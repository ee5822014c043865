//! Client certificates: required and missing, wrong and right; optional with and without. With openssl and Python, in
//! both versions, each explained in the log.

use serde_json::{Value, json};

use crate::tls_options::lab::{Lab, Visit};

const VERSIONS: [&str; 2] = ["1.2", "1.3"];

/// One visit with each client in each version: `certificate` is a name in the lab, or empty.
fn visits(lab: &Lab, certificate: &str, check: impl Fn(&Visit, bool)) {
    for version in VERSIONS {
        let flag = format!("-tls{}", version.replace('.', "_"));
        let (shown, options) = if certificate.is_empty() {
            (String::new(), json!({ "version": version }))
        } else {
            let shown = format!("-cert {certificate}.crt -key {certificate}.key");
            (shown, json!({ "version": version, "cert": certificate }))
        };
        if let Some(said) = lab.openssl(&format!("{flag} {shown}")) {
            check(&lab.visit(), said.echoed);
        }
        if let Some(said) = lab.python(options) {
            check(&lab.visit(), said[0].get("echo").and_then(Value::as_str) == Some("Hello from Python\n"));
        }
    }
}

fn is_refused(lab: &Lab, certificate: &str, words: &str) {
    visits(lab, certificate, |visit, echoed| {
        let (text, problem) = visit.failure();
        assert!(text.contains(words) && !echoed, "{certificate}: {text}");
        assert!(problem["offer"]["cipher_suites"].as_array().is_some_and(|suites| !suites.is_empty()));
    });
}

fn is_served(lab: &Lab, certificate: &str) {
    visits(lab, certificate, |visit, echoed| {
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
fn required() {
    let lab = Lab::start("--client-auth required --client-ca FOLDER/ca.crt");
    is_refused(&lab, "", "The client presented no certificate, and the server requires one.");
    is_refused(&lab, "stranger", "was not signed by the CA that this server trusts for clients");
    is_refused(&lab, "expired", "it expired on ");
    is_refused(&lab, "purpose", "does not allow a TLS client");
    // The server itself as a client: its certificate is its own issuer, and unknown here.
    is_refused(&lab, "server", "was not signed by the CA");
    is_served(&lab, "client");
}

#[test]
fn optional() {
    let lab = Lab::start("--client-auth optional --client-ca FOLDER/ca.crt");
    is_served(&lab, "");
    is_served(&lab, "client");
    is_refused(&lab, "stranger", "Sign it with the CA in ");
}

#[test]
fn not_asked_for() {
    let lab = Lab::start("");
    visits(&lab, "stranger", |visit, echoed| {
        assert!(echoed);
        assert_eq!(visit.handshake().get("client_certificate"), None);
    });
}

#[test]
fn certificates_made_in_the_first_way_that_comes_to_mind_are_explained() {
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
    is_refused(&lab, "self", "is marked as a CA's own");
    lab.serve("--client-auth required --client-ca FOLDER/v1.crt");
    is_refused(&lab, "v1", "X.509 version 1");
}

#[test]
fn a_resumed_session_keeps_the_client_certificate() {
    let lab = Lab::start("--client-auth required --client-ca FOLDER/ca.crt");
    for version in VERSIONS {
        let Some(said) = lab.python(json!({ "version": version, "cert": "client", "visits": 2 })) else {
            return;
        };
        assert_eq!(said[1]["reused"], true, "{said:?}");
        lab.visit();
        let visit = lab.visit();
        assert_eq!(visit.handshake()["handshake"], "resumed");
        assert_eq!(visit.handshake()["client_certificate"]["subject"], "CN=client");
    }
}
