//! The judge of certificates compared with real clients, for many odd certificates.

mod cases;
mod der;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use cases::{Case, Cases};
use echoscope::tls::inspect::served_certificate::TrustAnchor;
use echoscope::tls::inspect::verdict::Clients;
use echoscope::tls::options::TlsFiles;
use echoscope::tls::{Certificate, CertificateFile, ServedCertificate};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::create_certificate::clients;
use crate::support::running::Running;
use crate::support::{finish, program};

/// A Python program that connects with the default context of versions before 3.13, and with that of newer versions,
/// which is strict but accepts a partial chain.
const PYTHON: &str = "
import json, socket, ssl, sys
both = ssl.VERIFY_X509_STRICT | 0x80000
for case in json.load(sys.stdin):
    answers = []
    for strict in (False, True):
        try:
            context = ssl.create_default_context(cafile=case['ca'])
            context.verify_flags = context.verify_flags | both if strict else context.verify_flags & ~both
            with socket.create_connection(('127.0.0.1', case['port']), timeout=20) as plain:
                with context.wrap_socket(plain, server_hostname=case['host']):
                    answers.append(True)
        except (ssl.SSLError, ValueError):
            answers.append(False)
    print(json.dumps(answers), flush=True)
";

/// Cases, by the start of their names, in which these clients differ from the verdict, and why.
const EXCEPTIONS: &[(&str, Clients, &str)] = &[
    ("empty subject", Clients::CURL, "curl fails to print an empty issuer, which only a root can have here"),
    (
        "expired intermediate beside a valid one",
        Clients::GNUTLS,
        "GnuTLS takes the first issuer of that name",
    ),
    ("a constraint on subjects", Clients::GNUTLS, "GnuTLS doesn't apply constraints on subjects"),
    ("a constraint on the common name", Clients::GNUTLS, "GnuTLS takes the common name for a host name"),
];

/// The clients that a case is compared with in any version. Others have changed some of their rules.
const REAL: [Clients; 4] = [Clients::OPENSSL, Clients::CURL, Clients::PYTHON, Clients::GNUTLS];

/// Returns whether the clients have the versions whose rules the verdicts describe exactly: those of Debian 12.
fn are_described() -> bool {
    [
        ("openssl", "version", "OpenSSL 3.0."),
        ("curl", "--version", "curl 7.88."),
        ("gnutls-cli", "--version", "gnutls-cli 3.7."),
    ]
    .iter()
    .all(|(name, argument, version)| {
        let mut command = Command::new(name);
        command.arg(argument);
        finish(command).stdout.starts_with(version)
    })
}

/// A case, its files, and a server that serves it.
struct Served {
    case: Case,
    certificate: ServedCertificate,
    ca: String,
    port: u16,
}

impl Served {
    /// Writes the files of a case into a folder of its own and starts a server.
    fn start(case: Case, folder: &Path) -> (Self, Running) {
        fs::create_dir(folder).unwrap();
        let (path, key) = (folder.join("server.crt"), folder.join("server.key"));
        fs::write(&path, &case.chain).unwrap();
        fs::write(&key, &case.key).unwrap();
        let mut ca = path.clone();
        if let Some(pem) = &case.ca {
            ca = folder.join(if case.is_ca_beside { "ca.crt" } else { "root.pem" });
            fs::write(&ca, pem).unwrap();
        }
        let certificate = ServedCertificate::of(&CertificateFile::read(&path).unwrap());
        let server = Running::start(|config| config.tls = Some(TlsFiles::new(path, key)));
        let (ca, port) = (ca.to_str().unwrap().to_owned(), server.address.port());
        (Self { case, certificate, ca, port }, server)
    }

    /// Returns the clients that reject the certificate, without Python.
    fn rejecting(&self) -> Clients {
        let (port, host) = (self.port, self.case.host);
        let mut rejecting = Clients::NONE;
        for (client, ask) in [
            (Clients::OPENSSL, clients::openssl as fn(u16, &str, &str) -> clients::Verdict),
            (Clients::CURL, clients::curl),
            (Clients::GNUTLS, clients::gnutls),
            (Clients::RUSTLS, |port, ca, host| Some(clients::rustls(port, ca, host))),
        ] {
            if ask(port, &self.ca, host).expect("the program is installed").is_err() {
                rejecting = rejecting | client;
            }
        }
        rejecting
    }
}

/// Returns for each case which versions of Python reject the certificate.
fn python(all: &[Served]) -> Vec<Clients> {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("questions.json");
    let question = |served: &Served| json!({"host": served.case.host, "ca": served.ca, "port": served.port});
    fs::write(&input, all.iter().map(question).collect::<Value>().to_string()).unwrap();
    let mut command = Command::new(program("python3").unwrap());
    command.args(["-c", PYTHON]).stdin(Stdio::from(fs::File::open(&input).unwrap()));
    let end = finish(command);
    assert_eq!(end.code, Some(0), "{}", end.stderr);
    let clients = |line: &str| {
        let answers: [bool; 2] = serde_json::from_str(line).unwrap();
        let rejected = |accepts, client| if accepts { Clients::NONE } else { client };
        rejected(answers[0], Clients::PYTHON) | rejected(answers[1], Clients::STRICT_PYTHON)
    };
    end.stdout.lines().map(clients).collect()
}

#[test]
fn verdicts_agree_with_real_clients() {
    if ["openssl", "curl", "gnutls-cli", "python3"].iter().any(|name| program(name).is_none()) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let cases = Cases::all().into_iter().enumerate();
    let (all, _servers): (Vec<_>, Vec<_>) =
        cases.map(|(number, case)| Served::start(case, &folder.path().join(number.to_string()))).unzip();
    // Each thread asks about a quarter of the cases.
    let answers: Vec<Clients> = thread::scope(|scope| {
        let ask = |part: &[Served]| -> Vec<_> {
            let of_python = python(part);
            assert_eq!(of_python.len(), part.len());
            part.iter().zip(of_python).map(|(served, python)| served.rejecting() | python).collect()
        };
        let threads: Vec<_> =
            all.chunks(all.len().div_ceil(4)).map(|part| scope.spawn(move || ask(part))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let is_exact = are_described();
    let mut wrong = Vec::new();
    for (served, rejecting) in all.iter().zip(answers) {
        let name = &served.case.name;
        let (host, now) = (served.case.host, Timestamp::now());
        let verdicts = served.certificate.verdicts(Some(host), now);
        let judged = verdicts.iter().fold(Clients::NONE, |all, verdict| all | verdict.clients);
        let is_shown = !served.certificate.cautions(now, host).is_empty();
        // The judge leaves it to the client whether it trusts the root, which a path without its issuer doesn't reach.
        let has_no_path = matches!(
            served.certificate.anchor,
            TrustAnchor::Missing { is_direct: true, .. } | TrustAnchor::Missing { has_namesake: true, .. }
        );
        let is_trust = has_no_path && verdicts.is_empty() && rejecting == Clients::ALL && is_shown;
        let is_exception = |client: Clients| {
            EXCEPTIONS.iter().any(|(start, clients, _)| name.starts_with(start) && clients.contain(client))
        };
        let differs = |client: &Clients| judged.contain(*client) != rejecting.contain(*client);
        let is_false_alarm = REAL.iter().all(|client| !rejecting.contain(*client))
            && REAL.iter().any(|client| judged.contain(*client));
        let is_wrong =
            is_exact && Clients::EACH.into_iter().any(|client| differs(&client) && !is_exception(client));
        if rejecting.contain(Clients::MOST) && !is_shown {
            wrong.push(format!("{name}: no caution, though it is rejected by {}", rejecting.names()));
        } else if (is_false_alarm || is_wrong) && !is_trust {
            let (rejecting, judged) = (rejecting.names(), judged.names());
            wrong.push(format!("{name}: rejected by {rejecting}; judged {judged}: {verdicts:?}"));
        }
    }
    assert!(all.len() > 250);
    assert!(wrong.is_empty(), "{} of {}\n{}\n", wrong.len(), all.len(), wrong.join("\n"));
}

#[test]
fn common_names_of_every_string_type_are_read() {
    let mut count = 0;
    for case in Cases::all().into_iter().filter(|case| case.name.contains("String ")) {
        let block = pem::parse(&case.chain).unwrap();
        let certificate = Certificate::from_der(block.contents()).unwrap();
        assert_eq!(certificate.common_names, ["localhost"], "{}", case.name);
        assert_eq!(certificate.subject, "CN=localhost", "{}", case.name);
        assert!(certificate.line(Timestamp::now()).starts_with("localhost · "), "{}", case.name);
        count += 1;
    }
    assert_eq!(count, 16);
}
