//! The verdicts, held against rustls, openssl and Python.

use echoscope::tls::CertificateFile;
use echoscope::tls::inspect::{Outcome, Roots, Trust, Verdict, verdicts};
use jiff::Timestamp;

use super::fixtures::{Fixture, TestFolder};
use super::real_clients::{self, Question};
use crate::support::program;

fn told(fixture: &Fixture) -> Vec<Verdict> {
    let file = CertificateFile::read(&fixture.certificate).unwrap();
    let roots = Roots::read(fixture.ca.as_ref().unwrap_or(&fixture.certificate)).unwrap();
    verdicts(&file, &roots, Timestamp::now())
}

/// What is told to a client that is given the file itself, in one text.
fn as_own_ca(fixture: &Fixture) -> String {
    let told = told(fixture);
    let words: Vec<_> =
        told.iter().filter(|it| it.trust == Trust::File).map(|it| it.words.as_str()).collect();
    words.join("\n")
}

/// Every verdict with the questions that it answers.
fn questions(fixtures: &[Fixture]) -> Vec<(&'static str, Verdict, Question)> {
    let mut all = Vec::new();
    for fixture in fixtures {
        for verdict in told(fixture) {
            let ca = match &verdict.trust {
                Trust::Given(path) => path.clone(),
                _ => fixture.certificate.clone(),
            };
            for name in verdict.names.clone() {
                let question = Question {
                    certificate: fixture.certificate.clone(),
                    key: fixture.key.clone(),
                    ca: ca.clone(),
                    name,
                };
                all.push((fixture.name, verdict.clone(), question));
            }
        }
    }
    all
}

#[test]
fn rustls_does_what_the_verdicts_say() {
    let folder = TestFolder::new();
    let mut fixtures = folder.all();
    if let Some(openssl) = program("openssl") {
        fixtures.push(folder.tutorial(&openssl));
    }
    for (name, verdict, question) in questions(&fixtures) {
        let taken = real_clients::rustls(&question);
        let expected = if taken { Outcome::Accepted } else { Outcome::Refused };
        assert_eq!(verdict.outcome, expected, "{name} for {}: {}", question.name, verdict.words);
    }
}

/// Whether a client differs from the verdict, and what the verdict says of it.
fn compare(
    who: &str,
    name: &str,
    verdict: &Verdict,
    taken: bool,
    says: Option<bool>,
    wrong: &mut Vec<String>,
) {
    let accepted = verdict.outcome == Outcome::Accepted;
    match says {
        Some(says) if says != taken => {
            wrong.push(format!("{name}: {who} took it: {taken}: {}", verdict.words));
        }
        // A client of this kind is promised to be content: whoever is not has to be named.
        None if accepted && !taken => wrong.push(format!("{name}: {who} refuses, unsaid: {}", verdict.words)),
        None if !accepted && taken => println!("{name}: {who} accepts, unsaid: {}", verdict.words),
        _ => {}
    }
}

#[test]
fn what_is_said_of_openssl_and_python_is_so() {
    let (Some(openssl), Some(python)) = (program("openssl"), program("python3")) else { return };
    let folder = TestFolder::new();
    let mut fixtures = folder.all();
    // OpenSSL 3.0 does not read the newer form in which rcgen writes this key (RFC 5958).
    fixtures.retain(|fixture| fixture.name != "ed25519");
    fixtures.push(folder.tutorial(&openssl));
    fixtures.extend(folder.by_openssl(&openssl));
    let questions = questions(&fixtures);
    let asked: Vec<_> = questions.iter().map(|(.., question)| question.clone()).collect();
    let by_python = real_clients::python(&python, &asked);
    assert_eq!(by_python.len(), asked.len());
    let mut wrong = Vec::new();
    for ((name, verdict, question), (older, newer)) in questions.iter().zip(by_python) {
        let says = |accept: &[&str], refuse: &[&str]| {
            let any = |words: &[&str]| words.iter().any(|words| verdict.words.contains(words));
            if any(accept) { Some(true) } else { any(refuse).then_some(false) }
        };
        let of_openssl = says(
            &["openssl accepts", "openssl and Python accept"],
            &["openssl and Python refuse", "openssl and Python before 3.13 refuse"],
        );
        let of_older = says(
            &["openssl and Python accept", "so does Python before 3.13"],
            &["openssl and Python refuse", "openssl and Python before 3.13 refuse"],
        );
        let of_newer = says(&["openssl and Python accept"], &["openssl and Python refuse"]);
        compare("openssl", name, verdict, real_clients::openssl(&openssl, question), of_openssl, &mut wrong);
        compare("Python before 3.13", name, verdict, older, of_older, &mut wrong);
        // The strict rules want more than a verdict has room for: what is said is so, and all else is silence.
        if let Some(says) = of_newer {
            compare("Python since 3.13", name, verdict, newer, Some(says), &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn each_fault_is_told_in_its_own_words() {
    let folder = TestFolder::new();
    let all = folder.all();
    let given = |name: &str| told(all.iter().find(|fixture| fixture.name == name).unwrap())[0].words.clone();
    let own = |name: &str| as_own_ca(all.iter().find(|fixture| fixture.name == name).unwrap());
    assert_eq!(
        own("own"),
        "A client that is given this file as CA would accept it for localhost, 127.0.0.1 and ::1."
    );
    assert_eq!(
        own("no-intermediate"),
        "A client that is given this file as CA would refuse it for localhost and 127.0.0.1: it was not signed by a \
         CA that the client trusts. Give the client the certificate of CN=Middle, O=TestFolder as CA instead."
    );
    assert!(given("no-intermediate").contains("an intermediate certificate is missing from the file"));
    for (words, part) in [
        (own("expired"), "it expired on 2021-01-01 00:00:00 UTC. Make a new one."),
        (own("early"), "it is not valid before 2088-01-01 00:00:00 UTC."),
        (given("expired-intermediate"), "another certificate of its chain expired on 2021-01-01"),
        (own("no-san"), "that is its common name, where newer clients no longer look"),
        (own("no-san"), "openssl accepts it all the same, and so does Python before 3.13."),
        (own("nameless"), "refuse it for localhost: it has no name in it at all"),
        (own("ca-as-server"), "marked as a CA's own, which a server's certificate must not be"),
        (own("ca-as-server"), "openssl accepts it all the same"),
        (own("client-purpose"), "its extended key usage does not allow a TLS server"),
        (own("wrong-key-usage"), "openssl and Python refuse it: its key usage allows neither"),
        (
            own("chain"),
            "would accept it for localhost and 127.0.0.1. openssl and Python before 3.13 refuse it",
        ),
        (given("signed-by-no-ca"), "not marked as a CA's"),
        (given("namesake"), "was not made with the key of the CA that it names"),
        (own("wildcard"), "would accept it for www.example.org, example.org and 192.0.2.1."),
    ] {
        assert!(words.contains(part), "{part:?} is not in {words:?}");
    }
}

#[test]
fn the_tutorials_certificate_is_told_for_what_it_is() {
    let Some(openssl) = program("openssl") else { return };
    let folder = TestFolder::new();
    let tutorial = folder.tutorial(&openssl);
    let told = as_own_ca(&tutorial);
    // Later versions of openssl make it an X.509 version 3 certificate, still without alternative names.
    let version = CertificateFile::read(&tutorial.certificate).unwrap().report().version;
    let why = if version == 1 {
        "it is an X.509 version 1 certificate, and the client accepts version 3 only"
    } else {
        "that is its common name, where newer clients no longer look"
    };
    assert!(told.contains(why), "{told}");
    assert!(told.ends_with("openssl accepts it all the same, and so does Python before 3.13."), "{told}");
}

#[test]
fn the_systems_authorities_do_not_know_a_certificate_of_ones_own() {
    let folder = TestFolder::new();
    let fixture = folder.own("own", &super::fixtures::params(&["localhost"]));
    let file = CertificateFile::read(&fixture.certificate).unwrap();
    let roots = Roots::system();
    let told = verdicts(&file, &roots, Timestamp::now());
    if roots.is_empty() {
        assert_eq!(told[0].outcome, Outcome::Unknown);
        assert!(told[0].words.contains("this computer has no list of authorities"), "{}", told[0].words);
    } else {
        assert!(told[0].expected && told[0].outcome == Outcome::Refused);
        assert_eq!(
            told[0].words,
            "A client that trusts the system's authorities would refuse it for localhost: it was not signed by a \
             CA that the client trusts. Expected for a certificate of your own."
        );
    }
}
