//! The verdicts, held against rustls, openssl and Python.

use echoscope::tls::CertificateFile;
use echoscope::tls::details::{Outcome, Roots, Trust, Verdict, verdicts};
use jiff::Timestamp;

use super::fixtures::{Fixture, Lab, params};
use super::oracles::{self, Question};
use super::support::program;

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
    let lab = Lab::new();
    let mut fixtures = lab.all();
    if let Some(openssl) = program("openssl") {
        fixtures.push(lab.tutorial(&openssl));
    }
    for (name, verdict, question) in questions(&fixtures) {
        let taken = oracles::rustls(&question);
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
            wrong.push(format!("{name}: {who} took it: {taken}: {}", verdict.words))
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
    let lab = Lab::new();
    let mut fixtures = lab.all();
    fixtures.push(lab.tutorial(&openssl));
    let questions = questions(&fixtures);
    let asked: Vec<_> = questions.iter().map(|(.., question)| question.clone()).collect();
    let by_python = oracles::python(&python, &asked);
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
        compare("openssl", name, verdict, oracles::openssl(&openssl, question), of_openssl, &mut wrong);
        compare("Python before 3.13", name, verdict, older, of_older, &mut wrong);
        // The strict rules want more than a verdict has room for: what is said is so, and all else is silence.
        if let Some(says) = of_newer {
            compare("Python since 3.13", name, verdict, newer, Some(says), &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}
