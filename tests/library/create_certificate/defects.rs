//! Deliberately broken certificates: how each client rejects them, and how the server's log explains that.

use std::fs;

use crate::create_certificate::clients::{self, Verdict, still_echoes};
use crate::create_certificate::test_folder::{TestFolder, run};
use crate::support::{Server, program};

/// The expected results for one defect.
struct Expected {
    keyword: &'static str,
    /// The name or address that the clients ask for.
    name: &'static str,
    /// A part of the error message of openssl, and of Python, which uses OpenSSL.
    openssl: &'static str,
    gnutls: &'static str,
    rustls: &'static str,
    /// A part of the log's explanation of the alerts of openssl, Python and gnutls.
    log: &'static str,
    /// A part of the log's explanation of the alert of rustls.
    log_rustls: &'static str,
}

const UNKNOWN: &str = "issuer is unknown";

/// Texts that each appear in the log's explanation of one cause only.
const EXPIRED: &str = "it expired on ";
const EARLY: &str = "it is not valid before ";
const NAME: &str = "it is for another name than ";
const CA: &str = "it is marked as a CA's";
const SELF_SIGNED: &str = "it is self-signed, ";
const INTERMEDIATE: &str = "the certificate of its issuer, CN=";
const VERSION_1: &str = "it is an X.509 version 1 certificate";
const CAUSES: [&str; 7] = [EXPIRED, EARLY, NAME, CA, SELF_SIGNED, INTERMEDIATE, VERSION_1];

/// The expected results. Without alternative names openssl, Python and gnutls still check the common name, so they
/// reject only an address.
const ALL: [Expected; 8] = [
    Expected {
        keyword: "expired",
        name: "localhost",
        openssl: "certificate has expired",
        gnutls: "uses expired certificate",
        rustls: "expired",
        log: EXPIRED,
        log_rustls: EXPIRED,
    },
    Expected {
        keyword: "not-yet-valid",
        name: "localhost",
        openssl: "certificate is not yet valid",
        gnutls: "uses not yet valid certificate",
        rustls: "not valid yet",
        log: EARLY,
        log_rustls: EARLY,
    },
    Expected {
        keyword: "wrong-name",
        name: "localhost",
        openssl: "ostname mismatch",
        gnutls: "name in the certificate does not match",
        rustls: "not valid for name",
        log: NAME,
        log_rustls: NAME,
    },
    Expected {
        keyword: "no-san",
        name: "127.0.0.1",
        openssl: "IP address mismatch",
        gnutls: "name in the certificate does not match",
        rustls: "not valid for name",
        log: NAME,
        log_rustls: NAME,
    },
    Expected {
        keyword: "ca-as-server",
        name: "localhost",
        openssl: "certificate purpose",
        gnutls: "Key usage violation",
        rustls: "CaUsedAsEndEntity",
        log: CA,
        log_rustls: CA,
    },
    Expected {
        keyword: "self-signed",
        name: "localhost",
        openssl: "self-signed certificate",
        gnutls: UNKNOWN,
        rustls: "UnknownIssuer",
        log: SELF_SIGNED,
        log_rustls: SELF_SIGNED,
    },
    Expected {
        keyword: "no-intermediate",
        name: "localhost",
        openssl: "unable to get local issuer certificate",
        gnutls: UNKNOWN,
        rustls: "UnknownIssuer",
        log: INTERMEDIATE,
        log_rustls: INTERMEDIATE,
    },
    Expected {
        keyword: "v1",
        name: "127.0.0.1",
        openssl: "IP address mismatch",
        gnutls: "name in the certificate does not match",
        rustls: "UnsupportedCertVersion",
        log: NAME,
        log_rustls: VERSION_1,
    },
];

fn check_rejected(client: &str, verdict: Verdict, reason: &str) -> bool {
    match verdict {
        None => false,
        Some(Err(message)) => {
            // OpenSSL 1.1.1 writes "self signed" without the hyphen.
            let message = message.replace("self signed", "self-signed");
            assert!(message.contains(reason), "{client} should report {reason:?}: {message}");
            true
        }
        Some(Ok(())) => panic!("{client} accepted it instead of reporting {reason:?}"),
    }
}

/// Waits for the next explanation, and asserts that it names this cause and no other.
fn assert_explained(client: &str, server: &Server, cause: &str) {
    let text = server.out.wait_until(|line| line.contains("The client ")).pop().unwrap();
    for other in CAUSES {
        assert_eq!(text.contains(other), other == cause, "{client}, {other:?}: {text}");
    }
}

fn check(expected: &Expected, flags: &[&str]) {
    let Expected { keyword, name, log, .. } = *expected;
    let folder = TestFolder::with_certificate(&[&["--key", "p256", "--broken", keyword], flags].concat());
    let ca = folder.ca_file();
    let server = folder.serve();
    for (client, verdict, reason) in [
        ("openssl", clients::openssl as fn(u16, &str, &str) -> Verdict, expected.openssl),
        ("Python", clients::python, expected.openssl),
        ("gnutls", clients::gnutls, expected.gnutls),
    ] {
        let client = format!("{client}, {keyword} {flags:?}");
        if check_rejected(&client, verdict(server.port, &ca, name), reason) {
            assert_explained(&client, &server, log);
        }
    }
    let client = format!("rustls, {keyword} {flags:?}");
    check_rejected(&client, Some(clients::rustls(server.port, &ca, name)), expected.rustls);
    // rustls doesn't accept version 1 certificates as roots, so it didn't connect.
    if !(keyword == "v1" && flags.is_empty()) {
        assert_explained(&client, &server, expected.log_rustls);
    }
    still_echoes(&server);
}

#[test]
fn every_self_signed_defect_is_rejected_and_explained() {
    for expected in &ALL {
        check(expected, &[]);
    }
}

#[test]
fn every_defect_signed_by_the_ca_is_rejected_and_explained() {
    for expected in &ALL {
        check(expected, &["--signed-by-ca"]);
    }
}

#[test]
fn some_clients_accept_a_common_name_alone() {
    for keyword in ["no-san", "v1"] {
        let folder = TestFolder::with_certificate(&["--key", "p256", "--broken", keyword, "--signed-by-ca"]);
        let (ca, server) = (folder.ca_file(), folder.serve());
        for verdict in [
            clients::openssl(server.port, &ca, "localhost"),
            clients::python(server.port, &ca, "localhost"),
            clients::gnutls(server.port, &ca, "localhost"),
            clients::curl(server.port, &ca, "localhost"),
        ] {
            assert_eq!(verdict.unwrap_or(Ok(())), Ok(()), "{keyword}");
        }
        assert!(clients::rustls(server.port, &ca, "localhost").is_err(), "{keyword}");
    }
}

#[test]
fn only_curl_accepts_a_common_name_that_is_an_address() {
    for keyword in ["no-san", "v1"] {
        let flags = ["--key", "p256", "--broken", keyword, "--signed-by-ca", "--name", "127.0.0.1"];
        let folder = TestFolder::with_certificate(&flags);
        let (ca, server) = (folder.ca_file(), folder.serve());
        assert_eq!(clients::curl(server.port, &ca, "127.0.0.1").unwrap_or(Ok(())), Ok(()), "{keyword}");
        for verdict in [
            clients::openssl(server.port, &ca, "127.0.0.1"),
            clients::python(server.port, &ca, "127.0.0.1"),
            clients::gnutls(server.port, &ca, "127.0.0.1"),
            Some(clients::rustls(server.port, &ca, "127.0.0.1")),
        ] {
            assert!(verdict.is_none_or(|verdict| verdict.is_err()), "{keyword}");
        }
    }
}

#[test]
fn appending_the_intermediate_repairs_the_chain() {
    let folder = TestFolder::with_certificate(&["--key", "p256", "--broken", "no-intermediate"]);
    assert_eq!(
        folder.files(),
        ["ca.crt", "ca.key", "intermediate.crt", "server.crt", "server.csr", "server.key"]
    );
    let mut chain = fs::read(folder.path("server.crt")).unwrap();
    chain.extend(fs::read(folder.path("intermediate.crt")).unwrap());
    fs::write(folder.path("server.crt"), chain).unwrap();
    let (ca, server) = (folder.ca_file(), folder.serve());
    for verdict in [
        clients::openssl(server.port, &ca, "localhost"),
        clients::python(server.port, &ca, "localhost"),
        clients::gnutls(server.port, &ca, "localhost"),
        Some(clients::rustls(server.port, &ca, "localhost")),
    ] {
        assert_eq!(verdict.unwrap_or(Ok(())), Ok(()));
    }
}

#[test]
fn the_output_explains_the_defect() {
    let folder = TestFolder::new();
    let end = folder.create(&["--broken", "expired", "--key", "p256"]);
    assert!(end.stdout.contains("Broken on purpose: It expired 30 days ago"), "{}", end.stdout);
    assert!(end.stdout.contains("expired on "), "{}", end.stdout);
}

/// The advice isn't what the client has just done, and its command works in any folder.
#[test]
fn the_advice_in_the_log_works() {
    let Some(openssl) = program("openssl") else { return };
    let other = TestFolder::with_certificate(&["--key", "p256"]);
    let elsewhere = other.folder();
    let connect = |server: &Server, ca: &str| {
        let line =
            format!("s_client -connect localhost:{} -CAfile {ca} -verify_return_error -brief", server.port);
        assert_ne!(run(&openssl, elsewhere, &line).code, Some(0));
        server.out.wait_until(|line| line.contains("The client ")).pop().unwrap()
    };

    let folder = TestFolder::with_certificate(&["--key", "p256", "--broken", "no-intermediate"]);
    let text = connect(&folder.serve(), &folder.ca_file());
    let append = format!("Append intermediate.crt to {}, and restart", folder.text("server.crt"));
    assert!(text.contains(&append) && !text.contains("To try"), "{text}");

    let folder = TestFolder::with_certificate(&["--key", "p256", "--signed-by-ca"]);
    let server = folder.serve();
    let text = connect(&server, "server.crt");
    let (_, line) = text.split_once("To try: ").unwrap();
    assert!(line.contains(" -verify_return_error -verify_"), "{line}");
    let (echoed, output) = clients::echoes(line);
    assert!(echoed, "{line}\n{output}");

    // Without the CA's file, the advice contains no command.
    fs::remove_file(folder.path("ca.crt")).unwrap();
    let text = connect(&folder.serve(), "server.crt");
    assert!(text.contains("the issuer's certificate as their CA file") && !text.contains("To try"), "{text}");
}
