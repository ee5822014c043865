//! A client's offer and the resulting handshake in the log: groups, signature schemes, a second ClientHello.

use serde_json::json;

use crate::tls_options::lab::{Lab, version};

#[test]
fn groups_and_schemes_are_logged_as_offered_and_as_agreed() {
    let lab = Lab::start("");
    let Some(output) = lab.openssl("-tls1_3 -groups P-384:X25519 -sigalgs ecdsa_secp256r1_sha256:ed25519")
    else {
        return;
    };
    assert!(output.echoed, "{}", output.text);
    let visit = lab.visit();
    let done = visit.handshake();
    assert_eq!(done["signature_scheme"], "ecdsa_secp256r1_sha256");
    assert_eq!(done["server_name"], "localhost");
    let offer = &done["offer"];
    assert_eq!(offer["groups"], json!(["secp384r1", "x25519"]));
    assert_eq!(offer["signature_schemes"], json!(["ecdsa_secp256r1_sha256", "ed25519"]));
    assert_eq!(offer["versions"], json!(["TLS 1.3"]));
    assert_eq!(offer["server_name"], "localhost");
    assert!(offer["cipher_suites"].as_array().unwrap().contains(&json!("TLS_CHACHA20_POLY1305_SHA256")));
    assert!(done["seconds"].as_f64().unwrap() > 0.0);
}

#[test]
fn a_second_client_hello_is_logged() {
    let lab = Lab::start("");
    // The client sends a key share for its first group only, which the server doesn't support.
    let Some(output) = lab.openssl("-tls1_3 -groups P-521:X25519") else { return };
    assert!(output.echoed, "{}", output.text);
    let visit = lab.visit();
    assert_eq!(visit.handshake()["handshake"], "full_with_retry");
    assert_eq!(visit.handshake()["group"], "x25519");
    assert_eq!(
        visit.handshake()["offer"]["key_shares"],
        json!(["secp521r1"]),
        "the first ClientHello is reported"
    );
    lab.openssl("-tls1_3 -groups X25519").unwrap();
    assert_eq!(lab.visit().handshake()["handshake"], "full");
}

#[test]
fn the_offer_of_a_rejected_client_is_logged() {
    let lab = Lab::start("");
    for (arguments, expected, list, offered) in [
        ("-tls1_3 -groups P-521", "no key exchange in common", "groups", "secp521r1"),
        (
            "-tls1_3 -sigalgs rsa_pss_rsae_sha256",
            "no signature algorithm",
            "signature_schemes",
            "rsa_pss_rsae_sha256",
        ),
        (
            "-tls1_2 -cipher AES128-SHA",
            "no key exchange in common",
            "cipher_suites",
            "TLS_RSA_WITH_AES_128_CBC_SHA",
        ),
        ("-tls1_1 -cipher ALL@SECLEVEL=0", "no TLS version in common", "versions", "TLS 1.1"),
    ] {
        let Some(output) = lab.openssl(arguments) else { return };
        assert!(!output.echoed, "{}", output.text);
        let visit = lab.visit();
        let (text, problem) = visit.failure();
        assert!(text.contains(expected), "{arguments}: {text}");
        let list = problem["offer"][list].as_array().unwrap();
        assert!(list.contains(&json!(offered)), "{arguments}: {problem}");
    }
}

#[test]
fn python_offers_what_its_openssl_does() {
    let lab = Lab::start("");
    let Some(_) = lab.python(version("1.3")) else { return };
    let visit = lab.visit();
    let done = visit.handshake();
    assert_eq!(done["offer"]["versions"], json!(["TLS 1.3"]));
    assert_eq!(done["signature_scheme"], "ecdsa_secp256r1_sha256");
    assert!(done["offer"]["groups"].as_array().unwrap().contains(&json!("x25519")));
    let Some(_) = lab.python(version("1.2")) else { return };
    let visit = lab.visit();
    assert_eq!(visit.handshake()["offer"]["versions"], json!(["TLS 1.2"]));
    assert_eq!(visit.handshake()["cipher_suite"], "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
}
