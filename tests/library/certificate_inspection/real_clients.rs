//! Real clients that accept or reject a certificate file for a name.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use echoscope::tls::CertificateFile;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConnection};
use serde_json::{Value, json};

use crate::support::server_config;

/// A question to a client: does it accept this certificate for this name if it trusts `ca`?
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) ca: PathBuf,
    pub(crate) name: String,
}

/// Returns whether `openssl verify` accepts the certificate.
pub(crate) fn openssl(program: &Path, question: &Question) -> bool {
    let kind =
        if question.name.parse::<std::net::IpAddr>().is_ok() { "-verify_ip" } else { "-verify_hostname" };
    let output = Command::new(program)
        .args(["verify", "-purpose", "sslserver", "-no-CApath", "-no-CAstore", kind, &question.name])
        .arg("-CAfile")
        .arg(&question.ca)
        .arg("-untrusted")
        .arg(&question.certificate)
        .arg(&question.certificate)
        .output()
        .unwrap();
    output.status.success()
}

/// A Python program that answers each question twice: with the default context of versions before 3.13, and with that
/// of newer versions, which is strict but accepts a partial chain.
const PYTHON: &str = r#"
import json, ssl, sys

def handshake(question, strict):
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(question["certificate"], question["key"])
    client = ssl.create_default_context(cafile=question["ca"])
    both = ssl.VERIFY_X509_STRICT | 0x80000
    client.verify_flags = client.verify_flags | both if strict else client.verify_flags & ~both
    a, b, c, d = (ssl.MemoryBIO() for _ in range(4))
    ends = [client.wrap_bio(a, b, server_hostname=question["name"]), server.wrap_bio(c, d, server_side=True)]
    for _ in range(10):
        for end in ends:
            try:
                end.do_handshake()
                if end is ends[0]:
                    return True
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError as error:
                return False
            c.write(b.read())
            a.write(d.read())
    raise SystemExit("the handshake does not end")

for question in json.load(sys.stdin):
    print(json.dumps([handshake(question, False), handshake(question, True)]))
"#;

/// Returns for each question whether Python accepts the certificate: before version 3.13, and since then.
pub(crate) fn python(program: &Path, questions: &[Question]) -> Vec<(bool, bool)> {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("questions.json");
    let questions: Vec<Value> = questions
        .iter()
        .map(|it| json!({"certificate": it.certificate, "key": it.key, "ca": it.ca, "name": it.name}))
        .collect();
    fs::write(&input, Value::from(questions).to_string()).unwrap();
    let output =
        Command::new(program).args(["-c", PYTHON]).stdin(fs::File::open(&input).unwrap()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Returns whether a rustls client accepts the certificate in a handshake in memory with Echoscope's server
/// configuration.
pub(crate) fn rustls(question: &Question) -> bool {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(CertificateFile::read(&question.ca).unwrap().chain().to_vec());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(question.name.clone()).unwrap();
    let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut server =
        ServerConnection::new(server_config(&question.certificate, &question.key).unwrap()).unwrap();
    while client.is_handshaking() {
        let mut wire = Vec::new();
        client.write_tls(&mut wire).unwrap();
        server.read_tls(&mut wire.as_slice()).unwrap();
        server.process_new_packets().unwrap();
        wire.clear();
        while server.wants_write() {
            server.write_tls(&mut wire).unwrap();
        }
        let mut rest = wire.as_slice();
        while !rest.is_empty() {
            client.read_tls(&mut rest).unwrap();
            if client.process_new_packets().is_err() {
                return false;
            }
        }
    }
    true
}
