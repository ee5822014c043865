//! The explained checks of a certificate compared with the results of rustls, openssl and Python.

use echoscope::tls::CertificateFile;
use echoscope::tls::explain::inspection::explain_check;
use echoscope::tls::inspect::client_check::{CheckOutcome, ClientCheck, Roots, check_as_clients};
use echoscope::tls::options::Trust;
use jiff::Timestamp;

use super::fixtures::{Fixture, TestFolder};
use super::real_clients::{self, Question};
use crate::support::program;

fn checks(fixture: &Fixture) -> Vec<ClientCheck> {
    let file = CertificateFile::read(&fixture.certificate).unwrap();
    let roots = Roots::read(fixture.ca.as_ref().unwrap_or(&fixture.certificate)).unwrap();
    check_as_clients(&file, &roots, Timestamp::now())
}

/// Explains, in one text, the checks of a client that trusts the certificate file itself.
fn explain_with_own_ca(fixture: &Fixture) -> String {
    let checks = checks(fixture);
    let own = checks.iter().filter(|check| matches!(check.trust, Trust::ThisServer(_)));
    own.map(explain_check).collect::<Vec<_>>().join("\n")
}

/// Returns each check with a question for a real client.
fn questions(fixtures: &[Fixture]) -> Vec<(&'static str, ClientCheck, Question)> {
    let mut all = Vec::new();
    for fixture in fixtures {
        for check in checks(fixture) {
            let ca = match &check.trust {
                Trust::CaFile(path) => path.clone(),
                _ => fixture.certificate.clone(),
            };
            for name in check.names.clone() {
                let question = Question {
                    certificate: fixture.certificate.clone(),
                    key: fixture.key.clone(),
                    ca: ca.clone(),
                    name,
                };
                all.push((fixture.name, check.clone(), question));
            }
        }
    }
    all
}

#[test]
fn rustls_agrees_with_the_checks() {
    let folder = TestFolder::new();
    let mut fixtures = folder.all();
    if let Some(openssl) = program("openssl") {
        fixtures.push(folder.tutorial(&openssl));
    }
    for (name, check, question) in questions(&fixtures) {
        let accepted = real_clients::rustls(&question);
        assert_eq!(is_accepted(&check), accepted, "{name} for {}: {}", question.name, explain_check(&check));
    }
}

fn is_accepted(check: &ClientCheck) -> bool {
    matches!(check.outcome, CheckOutcome::Accepted)
}

/// Compares a client's answer with the check and with the explanation, which may mention this client.
fn compare(
    client: &str,
    name: &str,
    check: &ClientCheck,
    accepts: bool,
    explained: Option<bool>,
    wrong: &mut Vec<String>,
) {
    let explanation = explain_check(check);
    match explained {
        Some(explained) if explained != accepts => {
            wrong.push(format!("{name}: {client} accepts: {accepts}: {explanation}"));
        }
        // If the check passes, the explanation has to mention a client that rejects the certificate.
        None if is_accepted(check) && !accepts => {
            wrong.push(format!("{name}: {client} rejects, unmentioned: {explanation}"));
        }
        _ => {}
    }
}

#[test]
fn openssl_and_python_have_the_explained_quirks() {
    let (Some(openssl), Some(python)) = (program("openssl"), program("python3")) else { return };
    let folder = TestFolder::new();
    let mut fixtures = folder.all();
    // OpenSSL 3.0 can't read this key, because rcgen writes it in a newer format (RFC 5958).
    fixtures.retain(|fixture| fixture.name != "ed25519");
    fixtures.push(folder.tutorial(&openssl));
    fixtures.extend(folder.by_openssl(&openssl));
    let questions = questions(&fixtures);
    let asked: Vec<_> = questions.iter().map(|(.., question)| question.clone()).collect();
    let by_python = real_clients::python(&python, &asked);
    assert_eq!(by_python.len(), asked.len());
    let mut wrong = Vec::new();
    for ((name, check, question), (older, newer)) in questions.iter().zip(by_python) {
        let explanation = explain_check(check);
        let explained = |accept: &[&str], reject: &[&str]| {
            let any = |texts: &[&str]| texts.iter().any(|text| explanation.contains(text));
            if any(accept) { Some(true) } else { any(reject).then_some(false) }
        };
        let of_openssl = explained(
            &["openssl accepts", "openssl and Python accept"],
            &["openssl and Python reject", "openssl and Python before 3.13 reject"],
        );
        let of_older = explained(
            &["openssl and Python accept", "so does Python before 3.13"],
            &["openssl and Python reject", "openssl and Python before 3.13 reject"],
        );
        let of_newer = explained(&["openssl and Python accept"], &["openssl and Python reject"]);
        compare("openssl", name, check, real_clients::openssl(&openssl, question), of_openssl, &mut wrong);
        compare("Python before 3.13", name, check, older, of_older, &mut wrong);
        // The strict context checks more than the explanations cover, so only results that they mention are compared.
        if of_newer.is_some() {
            compare("Python since 3.13", name, check, newer, of_newer, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn each_error_has_its_own_explanation() {
    let folder = TestFolder::new();
    let all = folder.all();
    let given =
        |name: &str| explain_check(&checks(all.iter().find(|fixture| fixture.name == name).unwrap())[0]);
    let own = |name: &str| explain_with_own_ca(all.iter().find(|fixture| fixture.name == name).unwrap());
    assert_eq!(
        own("own"),
        "A client that has this file as its CA file accepts it for localhost, 127.0.0.1 and ::1."
    );
    assert_eq!(
        own("no-intermediate"),
        "A client that has this file as its CA file rejects it for localhost and 127.0.0.1: the client doesn't trust its \
         issuer. Give the client the certificate of CN=Middle, O=Lab as its CA file; if it has that, an intermediate certificate is missing."
    );
    assert!(given("no-intermediate").contains("an intermediate certificate is missing"));
    for (explanation, part) in [
        (own("expired"), "it expired on 2021-01-01 00:00:00 UTC. Make a new one."),
        (own("early"), "it is not valid before 2088-01-01 00:00:00 UTC."),
        (given("expired-intermediate"), "another certificate of its chain expired on 2021-01-01"),
        (own("no-san"), "it has only a common name, which newer clients ignore"),
        (own("no-san"), "openssl accepts it anyway, and so does Python before 3.13."),
        (own("nameless"), "rejects it for localhost: it contains no host names"),
        (own("ca-as-server"), "marked as a CA's, which a server's certificate must not be"),
        (own("ca-as-server"), "openssl accepts it anyway"),
        (own("client-purpose"), "its extended key usage does not allow a TLS server"),
        (own("wrong-key-usage"), "openssl and Python reject it: its key usage does not allow a TLS server"),
        (own("chain"), "accepts it for localhost and 127.0.0.1. openssl and Python before 3.13 reject it"),
        (given("signed-by-no-ca"), "not marked as a CA's"),
        (given("namesake"), "was not made with its issuer's key"),
        (own("wildcard"), "accepts it for www.example.org, example.org and 192.0.2.1."),
    ] {
        assert!(explanation.contains(part), "{part:?} is not in {explanation:?}");
    }
}

#[test]
fn the_tutorials_certificate_is_explained() {
    let Some(openssl) = program("openssl") else { return };
    let folder = TestFolder::new();
    let tutorial = folder.tutorial(&openssl);
    let explanation = explain_with_own_ca(&tutorial);
    // Since 3.2, openssl creates an X.509 version 3 certificate, still without alternative names.
    let version = CertificateFile::read(&tutorial.certificate).unwrap().own().version;
    let why = if version == 1 {
        "it is an X.509 version 1 certificate, and the client accepts version 3 only"
    } else {
        "it has only a common name, which newer clients ignore"
    };
    assert!(explanation.contains(why), "{explanation}");
    assert!(
        explanation.ends_with("openssl accepts it anyway, and so does Python before 3.13."),
        "{explanation}"
    );
}

#[test]
fn the_trust_store_of_the_os_does_not_contain_a_new_certificate() {
    let folder = TestFolder::new();
    let fixture = folder.own("own", &super::fixtures::params(&["localhost"]));
    let file = CertificateFile::read(&fixture.certificate).unwrap();
    let roots = Roots::system();
    let check = check_as_clients(&file, &roots, Timestamp::now()).remove(0);
    if roots.is_empty() {
        assert!(matches!(check.outcome, CheckOutcome::NoRoots(_)), "{check:?}");
        assert!(explain_check(&check).contains("no system trust store was found"));
    } else {
        assert!(check.is_expected() && !is_accepted(&check), "{check:?}");
        assert_eq!(
            explain_check(&check),
            "A client that uses the system trust store rejects it for localhost: the client doesn't trust its issuer. It is \
             self-signed, as expected of one that you made: give the client this certificate as its CA file."
        );
    }
}
