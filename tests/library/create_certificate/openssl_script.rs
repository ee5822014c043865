//! The printed openssl commands create the same files.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::extensions::{ParsedExtension, X509Extension};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::create_certificate::test_folder::{KEYS, TestFolder, create, run};
use crate::support::{Finished, program};

/// The properties that must be equal in both certificates.
#[derive(Debug, PartialEq)]
struct Properties {
    version: u32,
    subject: String,
    issuer: String,
    key: (String, usize),
    signature: String,
    extensions: BTreeSet<String>,
}

fn extension(extension: &X509Extension<'_>) -> String {
    let value = match extension.parsed_extension() {
        // This is a hash of the key, which may be computed in several ways.
        ParsedExtension::SubjectKeyIdentifier(_) | ParsedExtension::AuthorityKeyIdentifier(_) => {
            String::new()
        }
        parsed => format!("{parsed:?}"),
    };
    format!("{} {} {value}", extension.oid, extension.critical)
}

fn key(key: &SubjectPublicKeyInfo<'_>) -> (String, usize) {
    (format!("{:?}", key.algorithm.algorithm), key.parsed().unwrap().key_size())
}

fn der(folder: &Path, name: &str) -> Vec<u8> {
    let bytes = fs::read(folder.join(name)).unwrap();
    x509_parser::pem::parse_x509_pem(&bytes).unwrap().1.contents
}

fn certificate(folder: &Path, name: &str) -> (Properties, i64, i64) {
    let der = der(folder, name);
    let (_, parsed) = X509Certificate::from_der(&der).unwrap();
    let properties = Properties {
        version: parsed.version().0 + 1,
        subject: parsed.subject().to_string(),
        issuer: parsed.issuer().to_string(),
        key: key(parsed.public_key()),
        signature: parsed.signature_algorithm.algorithm.to_id_string(),
        extensions: parsed.extensions().iter().map(extension).collect(),
    };
    let validity = parsed.validity();
    (properties, validity.not_before.timestamp(), validity.not_after.timestamp())
}

fn request(folder: &Path) -> (String, (String, usize), BTreeSet<String>) {
    let der = der(folder, "server.csr");
    let (_, parsed) = X509CertificationRequest::from_der(&der).unwrap();
    let info = &parsed.certification_request_info;
    let wanted = parsed.requested_extensions().map(|all| all.map(|one| format!("{one:?}")).collect());
    (info.subject.to_string(), key(&info.subject_pki), wanted.unwrap_or_default())
}

fn files(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn check(flags: &[&str]) {
    let (Some(sh), Some(_)) = (program("sh"), program("openssl")) else { return };
    let folder = TestFolder::new();
    let (by_echoscope, by_openssl) = (folder.path("ours"), folder.path("by hand"));
    assert_eq!(create(&by_echoscope, flags).code, Some(0), "{flags:?}");
    let Finished { code, stdout, .. } = create(&by_openssl, &[flags, &["--show-commands"]].concat());
    assert_eq!(code, Some(0), "{flags:?}");
    assert!(!by_openssl.exists(), "--show-commands wrote something");
    fs::write(folder.path("script"), &stdout).unwrap();
    let end = run(&sh, folder.folder(), "script");
    assert_eq!(end.code, Some(0), "{flags:?}: {end:?}\n{stdout}");
    assert_eq!(files(&by_echoscope), files(&by_openssl), "{flags:?}");
    assert_eq!(request(&by_echoscope), request(&by_openssl), "{flags:?}");
    for name in
        files(&by_echoscope).into_iter().filter(|name| Path::new(name).extension() == Some("crt".as_ref()))
    {
        let (properties, start, end) = certificate(&by_echoscope, &name);
        let (by_hand, start_by_hand, end_by_hand) = certificate(&by_openssl, &name);
        assert_eq!(properties, by_hand, "{flags:?}: {name}");
        // Echoscope's certificates are valid five minutes longer at both ends; the rest is the duration of the test.
        assert!((start - start_by_hand).abs() < 900, "{flags:?}: {name} begins at another time");
        assert!((end - end_by_hand).abs() < 900, "{flags:?}: {name} ends at another time");
    }
}

#[test]
fn the_script_creates_the_same_files_for_every_key() {
    for key in KEYS {
        check(&["--key", key]);
        check(&["--key", key, "--signed-by-ca", "--days", "7"]);
    }
}

#[test]
fn the_script_creates_the_same_client_certificate() {
    for key in KEYS {
        check(&["--key", key, "--client"]);
    }
    check(&["--key", "p256", "--client", "--broken", "self-signed"]);
}

#[test]
fn the_script_creates_the_same_files_for_every_defect() {
    for kind in [
        "expired",
        "not-yet-valid",
        "wrong-name",
        "no-san",
        "ca-as-server",
        "self-signed",
        "no-intermediate",
        "v1",
    ] {
        check(&["--key", "p256", "--broken", kind, "--name", "*.example.org", "--name", "::1"]);
        check(&["--key", "ed25519", "--broken", kind, "--signed-by-ca"]);
    }
}
