//! Files chosen as certificates or keys: each is parsed, or rejected with a message that reveals no part of a key.
//! Parsed certificates survive being written and read again.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use echoscope::tls::inspect::client_check::Roots;
use echoscope::tls::{
    CertificateFile, ClientCaFile, FileRole, KeyFile, TlsError, TlsFileError, check_pair, classify,
};
use echoscope_fuzz::{Identity, Scratch, check_message, identities, pem, seed};
use libfuzzer_sys::fuzz_target;

static SCRATCH: LazyLock<Scratch> = LazyLock::new(Scratch::new);
static IDENTITIES: LazyLock<Vec<Identity>> = LazyLock::new(identities);
/// Lines that only a key contains.
static SECRETS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let keys = IDENTITIES.iter().map(|identity| String::from_utf8_lossy(&identity.key).into_owned());
    let lines = keys.flat_map(|key| key.lines().map(str::to_owned).collect::<Vec<_>>());
    lines.filter(|line| line.len() >= 40 && !line.starts_with('-')).collect()
});

fuzz_target!(
    init: seed(seeds()),
    |data: &[u8]| {
        let path = SCRATCH.write("chosen.pem", data);
        let certificate = accepted(CertificateFile::read(&path));
        let key = accepted(KeyFile::read(&path));
        let ca = accepted(ClientCaFile::read(&path));
        let roots = accepted(Roots::read(&path));
        match accepted(classify(&path)) {
            Some(FileRole::Certificate) => assert!(key.is_none() || certificate.is_some() || holds_certificate(data)),
            Some(role) => assert!(role == FileRole::Key && certificate.is_none()),
            None => assert!(certificate.is_none() && key.is_none()),
        }
        if let Some(certificate) = &certificate {
            check_chain(&path, certificate);
            assert!(roots.is_some());
        }
        if let Some(ca) = ca {
            assert_eq!(ca.subjects().len(), certificate.as_ref().map_or(0, |file| file.chain().len()));
        }
        if let (Some(certificate), Some(key)) = (&certificate, &key) {
            match check_pair(certificate, key) {
                Ok(()) => {}
                Err(error @ (TlsError::KeyMismatch { .. } | TlsError::ChainOrder { .. })) => check_no_secrets(&error.to_string()),
                Err(other) => panic!("{other}"),
            }
        }
        if data.is_ascii() {
            check_mangled(data, certificate.as_ref(), key.as_ref());
        }
    }
);

/// Returns the parsed file, or checks the error message.
fn accepted<T>(read: Result<T, TlsFileError>) -> Option<T> {
    read.map_err(|error| {
        check_message(&error.to_string());
        check_no_secrets(&format!("{error} {:?} {error:?}", error.raw()));
    })
    .ok()
}

fn check_no_secrets(text: &str) {
    assert!(
        !SECRETS.iter().any(|secret| text.contains(secret.as_str())),
        "the text contains a key: {text:?}"
    );
}

fn holds_certificate(data: &[u8]) -> bool {
    data.windows(11).any(|window| window == b"CERTIFICATE") || !data.is_ascii()
}

/// Checks that a chain survives being written as PEM and read again.
fn check_chain(path: &Path, file: &CertificateFile) {
    let written: String = file.chain().iter().map(|der| pem("CERTIFICATE", der)).collect();
    let reread =
        CertificateFile::read(&SCRATCH.write("again.pem", written.as_bytes())).expect("it was read before");
    assert_eq!(
        (reread.chain(), reread.certificates()),
        (file.chain(), file.certificates()),
        "{}",
        path.display()
    );
}

/// Checks that a file is parsed the same after changes that mail programs, editors and shells make to text.
fn check_mangled(data: &[u8], certificate: Option<&CertificateFile>, key: Option<&KeyFile>) {
    let text = String::from_utf8_lossy(data);
    let wide = |unit: fn(u16) -> [u8; 2]| {
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(unit).collect()
    };
    let mangled: [Vec<u8>; 4] = [
        format!("\u{feff}{text}").into_bytes(),
        text.replace('\n', "\r\n  ").into_bytes(),
        wide(u16::to_le_bytes),
        wide(u16::to_be_bytes),
    ];
    for bytes in mangled.iter().take(if certificate.is_some() || key.is_some() { 4 } else { 1 }) {
        let path = SCRATCH.write("mangled.pem", bytes);
        let chain = CertificateFile::read(&path).ok().map(|file| file.chain().to_vec());
        assert_eq!(chain.as_deref(), certificate.map(CertificateFile::chain));
        assert_eq!(
            KeyFile::read(&path).ok().map(|key| key.key_type().clone()),
            key.map(|key| key.key_type().clone())
        );
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for Identity { certificate, key } in IDENTITIES.iter() {
        seeds.extend([certificate.clone(), key.clone(), [certificate.as_slice(), key].concat()]);
    }
    let short = [
        ("ENCRYPTED PRIVATE KEY", "QUJD"),
        ("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nQUJD"),
        ("OPENSSH PRIVATE KEY", "QUJD"),
        ("PUBLIC KEY", "QUJD"),
        ("CERTIFICATE REQUEST", "QUJD"),
        ("EC PARAMETERS", "BggqhkjOPQMBBw=="),
        ("TRUSTED CERTIFICATE", "QUJD"),
    ];
    seeds.extend(short.map(|(label, body)| {
        format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n").into_bytes()
    }));
    let long = "LONG".repeat(500);
    seeds.extend(["SOMETHING \u{202e}ELSE", &long].map(|label| pem(label, b"ABC").into_bytes()));
    seeds.extend([
        b"-----BEGIN CERTIFICATE----- QUJD".to_vec(),
        b"ssh-ed25519 AAAA me".to_vec(),
        vec![0x30, 3, 2, 1, 3],
    ]);
    seeds
}
