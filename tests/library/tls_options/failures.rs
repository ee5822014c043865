//! The log explains why a client rejected the server, and its advice works.

use crate::create_certificate::clients::echoes;
use crate::support::program;
use crate::tls_options::lab::Lab;

#[test]
fn the_printed_advice_for_an_unknown_issuer_works() {
    let lab = Lab::start("--tls-versions 1.3");
    if program("openssl").is_none() {
        return;
    }
    // openssl uses only the last CA file, here one of a CA that didn't sign the server's certificate.
    let output = lab.openssl("-CAfile ca.crt").unwrap();
    assert!(!output.echoed, "{}", output.text);
    let visit = lab.visit();
    let (text, problem) = visit.failure();
    assert!(text.contains("because it is self-signed"), "{text}");
    assert!(problem["offer"]["versions"].is_array());
    let (_, line) = text.split_once("To try: ").unwrap();
    assert!(line.contains(&format!("localhost:{} ", lab.port)), "{line}");
    let (echoed, output) = echoes(line);
    assert!(echoed, "{line}\n{output}");
}

#[test]
fn a_name_that_is_not_in_the_certificate_is_explained() {
    let lab = Lab::start("");
    for (arguments, expected) in [
        (
            "-servername elsewhere -verify_hostname elsewhere",
            "it is for another name than elsewhere, which the",
        ),
        // openssl sends the server the name localhost, but checks the certificate for another name.
        ("-verify_hostname elsewhere", "it may check for another name than localhost."),
    ] {
        let Some(output) = lab.openssl(arguments) else { return };
        assert!(!output.echoed, "{}", output.text);
        let visit = lab.visit();
        let (text, _) = visit.failure();
        assert!(text.contains(expected), "{text}");
    }
}
