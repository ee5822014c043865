//! TLS versions, ALPN and tickets, and options with which the server doesn't start.

use std::fs;

use serde_json::json;

use crate::support::finish;
use crate::tls_options::lab::{Lab, version};

#[test]
fn only_the_chosen_versions_are_accepted() {
    for (served, refused) in [("1.3", "1.2"), ("1.2", "1.3")] {
        let lab = Lab::start(&format!("--tls-versions {served}"));
        let flag = |version: &str| format!("-tls{}", version.replace('.', "_"));
        if let Some(output) = lab.openssl(&flag(served)) {
            assert!(output.echoed, "{}", output.text);
            assert_eq!(lab.visit().handshake()["version"], format!("TLS {served}"));
            assert!(!lab.openssl(&flag(refused)).unwrap().echoed);
            let visit = lab.visit();
            let (text, problem) = visit.failure();
            assert!(text.contains(&format!("no TLS version in common (TLS {served} only")), "{text}");
            assert_eq!(problem["offer"]["versions"], json!([format!("TLS {refused}")]));
        }
        if let Some(output) = lab.python(version(served)) {
            assert_eq!(output[0]["echo"], "Hello from Python\n", "{output:?}");
            assert_eq!(lab.visit().handshake()["version"], format!("TLS {served}"));
            let output = lab.python(version(refused)).unwrap();
            assert!(output[0]["error"].as_str().unwrap().contains("PROTOCOL_VERSION"), "{output:?}");
            let visit = lab.visit();
            assert!(visit.failure().0.contains("no TLS version in common"), "{visit:?}");
        }
    }
}

#[test]
fn an_alpn_protocol_is_agreed_on_or_the_client_is_rejected() {
    let lab = Lab::start("--alpn echo,h2");
    if let Some(output) = lab.openssl("-alpn h2,echo") {
        // The server's order of preference decides.
        assert!(output.text.contains("ALPN protocol: echo"), "{}", output.text);
        let visit = lab.visit();
        assert_eq!(visit.handshake()["alpn"], "echo");
        assert_eq!(visit.handshake()["offer"]["alpn"], json!(["h2", "echo"]));
        assert!(!lab.openssl("-alpn http/1.1").unwrap().echoed);
        let visit = lab.visit();
        let (text, problem) = visit.failure();
        assert!(text.contains("The server supports echo, h2:"), "{text}");
        assert_eq!(problem["offer"]["alpn"], json!(["http/1.1"]));
    }
    for served in ["1.2", "1.3"] {
        if let Some(output) = lab.python(json!({ "version": served, "alpn": ["h2"] })) {
            assert_eq!(output[0]["alpn"], "h2", "{output:?}");
            assert_eq!(lab.visit().handshake()["alpn"], "h2");
            let output = lab.python(json!({ "version": served, "alpn": ["spdy/3"] })).unwrap();
            assert!(
                output[0]["error"].as_str().unwrap().to_lowercase().contains("no application protocol"),
                "{output:?}"
            );
            assert!(lab.visit().failure().0.contains("(ALPN)"));
            // A client without ALPN is served, too.
            lab.python(version(served)).unwrap();
            assert_eq!(lab.visit().handshake().get("alpn"), None);
        }
    }
}

#[test]
fn sessions_are_resumed_with_tickets_and_never_without() {
    for (arguments, tickets) in [("", true), ("--no-tickets", false)] {
        let lab = Lab::start(arguments);
        let second = if tickets { "resumed" } else { "full" };
        for served in ["1.2", "1.3"] {
            if let Some(output) = lab.python(json!({ "version": served, "visits": 2 })) {
                assert_eq!(output[1]["reused"], json!(tickets), "TLS {served}: {output:?}");
                assert_eq!(lab.visit().handshake()["handshake"], "full");
                assert_eq!(lab.visit().handshake()["handshake"], second, "TLS {served}");
            }
            let flag = format!("-tls{}", served.replace('.', "_"));
            if let Some(output) = lab.openssl(&format!("{flag} -sess_out session")) {
                assert!(output.text.contains("New, TLSv1"), "{}", output.text);
                assert_eq!(lab.visit().handshake()["handshake"], "full");
                // Without tickets, TLS 1.3 has no session that could be resumed.
                if lab.path("session").exists() {
                    let output = lab.openssl(&format!("{flag} -sess_in session")).unwrap();
                    assert_eq!(output.text.contains("Reused, TLSv1"), tickets, "{}", output.text);
                    let visit = lab.visit();
                    assert_eq!(visit.handshake()["handshake"], second);
                    let signed = visit.handshake().get("signature_scheme").is_some();
                    assert_eq!(signed, !tickets, "a resumed session is not signed for");
                    fs::remove_file(lab.path("session")).unwrap();
                } else {
                    assert!(!tickets);
                }
            }
        }
    }
}

#[test]
fn unusable_options_are_reported_before_the_start() {
    let lab = Lab::new();
    fs::write(lab.path("empty.crt"), "").unwrap();
    for (arguments, code, expected) in [
        ("--client-auth required --client-ca FOLDER/none.crt", 1, "There is no file none.crt"),
        ("--client-auth optional --client-ca FOLDER/empty.crt", 1, "empty.crt is empty"),
        (
            "--client-auth required --client-ca FOLDER/client.key",
            1,
            "contains a private key, not a certificate",
        ),
        ("--client-auth required", 2, "needs a CA file"),
        ("--key-log FOLDER/server.key", 1, "is not a key log"),
        ("--key-log FOLDER/none/keys.log", 1, "there is no folder"),
        ("--key-log FOLDER", 1, "is a folder"),
        ("--alpn h2,h2", 2, "Remove the duplicate name."),
    ] {
        let key = fs::read(lab.path("server.key")).unwrap();
        let end = finish(lab.command(arguments));
        assert_eq!(end.code, Some(code), "{arguments}: {}", end.stderr);
        assert!(
            end.stderr.contains(expected) && end.stderr.lines().count() == 1,
            "{arguments}: {}",
            end.stderr
        );
        assert_eq!(fs::read(lab.path("server.key")).unwrap(), key);
    }
}
