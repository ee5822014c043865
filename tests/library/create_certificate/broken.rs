//! Certificates that are broken on purpose: what each client says, and how the server's log explains it.

use std::fs;

use crate::create_certificate::clients::{self, Verdict, still_echoes};
use crate::create_certificate::lab::{Lab, run};
use crate::support::{Server, program};

/// What is to be seen for one kind.
struct Expected {
    keyword: &'static str,
    /// The name or address that the clients ask for.
    name: &'static str,
    /// A part of what openssl and Python, which uses it, say.
    openssl: &'static str,
    gnutls: &'static str,
    rustls: &'static str,
    /// A part of what the log says to the alert of each.
    log: &'static str,
    /// The same to the alert of rustls, where that is another.
    log_rustls: &'static str,
}

const UNKNOWN: &str = "issuer is unknown";

/// A part of the log's words for each cause, which stands in no other's.
const EXPIRED: &str = "it has expired: its last moment was ";
const EARLY: &str = "it is not valid yet: its first moment is ";
const NAME: &str = "it is made for another name than ";
const CA: &str = "it is marked as a certificate authority's own";
const SELF_SIGNED: &str = "the client does not trust who signed it: it signed itself";
const INTERMEDIATE: &str = "its intermediate is not sent: CN=";
const VERSION_1: &str = "it is of X.509 version 1";
const CAUSES: [&str; 7] = [EXPIRED, EARLY, NAME, CA, SELF_SIGNED, INTERMEDIATE, VERSION_1];

/// Without alternative names the first three still look at the common name, so it is the address that they refuse.
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

fn refused(client: &str, verdict: Verdict, reason: &str) -> bool {
    match verdict {
        None => false,
        Some(Err(words)) => {
            // OpenSSL 1.1.1 writes it without the hyphen.
            let words = words.replace("self signed", "self-signed");
            assert!(words.contains(reason), "{client} should have said {reason:?}: {words}");
            true
        }
        Some(Ok(())) => panic!("{client} took it, and should have said {reason:?}"),
    }
}

/// Waits for the words about one more refusal, and expects one cause in them and no other.
fn explained(client: &str, server: &Server, cause: &str) {
    let text = server.out.until(|line| line.contains("The client ")).pop().unwrap();
    for other in CAUSES {
        assert_eq!(text.contains(other), other == cause, "{client}, {other:?}: {text}");
    }
}

fn check(expected: &Expected, flags: &[&str]) {
    let Expected { keyword, name, log, .. } = *expected;
    let lab = Lab::made(&[&["--key", "p256", "--broken", keyword], flags].concat());
    let ca = lab.ca_file();
    let server = lab.serve();
    for (client, verdict, reason) in [
        ("openssl", clients::openssl as fn(&Server, &str, &str) -> Verdict, expected.openssl),
        ("Python", clients::python, expected.openssl),
        ("gnutls", clients::gnutls, expected.gnutls),
    ] {
        let client = format!("{client}, {keyword} {flags:?}");
        if refused(&client, verdict(&server, &ca, name), reason) {
            explained(&client, &server, log);
        }
    }
    let client = format!("rustls, {keyword} {flags:?}");
    refused(&client, Some(clients::rustls(&server, &ca, name)), expected.rustls);
    // One that can't be made a root was not even tried.
    if !(keyword == "v1" && flags.is_empty()) {
        explained(&client, &server, expected.log_rustls);
    }
    still_echoes(&server);
}

#[test]
fn every_kind_signed_by_itself_is_refused_as_it_should_be() {
    for expected in &ALL {
        check(expected, &[]);
    }
}

#[test]
fn every_kind_signed_by_the_ca_is_refused_as_it_should_be() {
    for expected in &ALL {
        check(expected, &["--signed-by-ca"]);
    }
}

#[test]
fn the_common_name_alone_is_still_taken_by_some() {
    for keyword in ["no-san", "v1"] {
        let lab = Lab::made(&["--key", "p256", "--broken", keyword, "--signed-by-ca"]);
        let (ca, server) = (lab.ca_file(), lab.serve());
        for verdict in [
            clients::openssl(&server, &ca, "localhost"),
            clients::python(&server, &ca, "localhost"),
            clients::gnutls(&server, &ca, "localhost"),
            clients::curl(&server, &ca, "localhost"),
        ] {
            assert_eq!(verdict.unwrap_or(Ok(())), Ok(()), "{keyword}");
        }
        assert!(clients::rustls(&server, &ca, "localhost").is_err(), "{keyword}");
    }
}

#[test]
fn the_chain_is_mended_with_the_intermediate_beside_it() {
    let lab = Lab::made(&["--key", "p256", "--broken", "no-intermediate"]);
    assert_eq!(
        lab.files(),
        ["ca.crt", "ca.key", "intermediate.crt", "server.crt", "server.csr", "server.key"]
    );
    let mut chain = fs::read(lab.path("server.crt")).unwrap();
    chain.extend(fs::read(lab.path("intermediate.crt")).unwrap());
    fs::write(lab.path("server.crt"), chain).unwrap();
    let (ca, server) = (lab.ca_file(), lab.serve());
    for verdict in [
        clients::openssl(&server, &ca, "localhost"),
        clients::python(&server, &ca, "localhost"),
        clients::gnutls(&server, &ca, "localhost"),
        Some(clients::rustls(&server, &ca, "localhost")),
    ] {
        assert_eq!(verdict.unwrap_or(Ok(())), Ok(()));
    }
}

#[test]
fn what_is_broken_is_told() {
    let lab = Lab::new();
    let end = lab.create(&["--broken", "expired", "--key", "p256"]);
    assert!(end.stdout.contains("Broken on purpose: Its last day was 30 days ago"), "{}", end.stdout);
    assert!(end.stdout.contains("expired on "), "{}", end.stdout);
}

/// The advice is never what the client has just done, and it works as it is printed, wherever it is pasted.
#[test]
fn what_the_log_advises_helps() {
    let Some(openssl) = program("openssl") else { return };
    let other = Lab::made(&["--key", "p256"]);
    let elsewhere = other.folder();
    let connect = |server: &Server, ca: &str| {
        let line =
            format!("s_client -connect localhost:{} -CAfile {ca} -verify_return_error -brief", server.port);
        assert_ne!(run(&openssl, elsewhere, &line).code, Some(0));
        server.out.until(|line| line.contains("The client ")).pop().unwrap()
    };

    let lab = Lab::made(&["--key", "p256", "--broken", "no-intermediate"]);
    let text = connect(&lab.serve(), &lab.ca_file());
    let append = format!("Append intermediate.crt to {} and start", lab.text("server.crt"));
    assert!(text.contains(&append) && !text.contains("To try"), "{text}");

    let lab = Lab::made(&["--key", "p256", "--signed-by-ca"]);
    let server = lab.serve();
    let text = connect(&server, "server.crt");
    let (_, line) = text.split_once("To try: openssl ").unwrap();
    let end = run(&openssl, elsewhere, line);
    assert!(end.stdout.contains("Verify return code: 0 (ok)"), "{line}\n{end:?}");

    // Where nothing tells which file is the CA's, there is no line to try.
    fs::remove_file(lab.path("ca.crt")).unwrap();
    let text = connect(&lab.serve(), "server.crt");
    assert!(text.contains("the CA's file") && !text.contains("To try"), "{text}");
}
