//! The shapes in which PEM files arrive: labels, encodings, line ends, byte order marks and joins. A file that openssl
//! reads is read, or the error names the reason.

use std::fs;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use echoscope::tls::{
    self, CertificateFault, CertificateFile, ClientCaFile, FileContent, FileProblem, FileRole, Form, KeyFile,
};
use rcgen::PKCS_ECDSA_P256_SHA256;

use crate::support::server_config;
use crate::tls_files::handshake::assert_serves;
use crate::tls_files::lab::{Lab, has_program, pair};

/// Returns a PEM block with LF line ends.
fn pem(label: &str, der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let lines: Vec<_> = base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// The name of an encoding, and a function that writes text in it.
type Encoding = (&'static str, fn(&str) -> Vec<u8>);

const ENCODINGS: [Encoding; 4] = [
    ("UTF-8", |text| text.as_bytes().to_vec()),
    ("UTF-16LE", |text| text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
    ("UTF-16BE", |text| text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
    ("UTF-32LE", |text| text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect()),
];

/// Each combination of encodings, line ends, byte order marks and joins, in a file that is joined from two files.
#[test]
fn a_chain_is_read_in_every_shape() {
    let lab = Lab::new();
    let ders = [(); 2].map(|()| pair(&PKCS_ECDSA_P256_SHA256).0.der().to_vec());
    let mut labels = ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"].into_iter().cycle();
    let mut check = |first: &Encoding, second: &Encoding, line_end: &str, marks: [&str; 2], join: &str| {
        let label = labels.next().unwrap();
        let text =
            |at: usize| format!("{}{}", marks[at], pem(label, &ders[at]).trim_end().replace('\n', line_end));
        let bytes = [(first.1)(&(text(0) + join)), (second.1)(&text(1))].concat();
        let path = lab.write("chain.crt", bytes);
        let shape = format!("{label} {} {} {line_end:?} {marks:?} {join:?}", first.0, second.0);
        let read = CertificateFile::read(&path).unwrap_or_else(|error| panic!("{shape}: {error}"));
        let chain: Vec<_> = read.chain().iter().map(|der| der.to_vec()).collect();
        assert_eq!(chain, ders, "{shape}");
    };
    for first in &ENCODINGS {
        for second in &ENCODINGS {
            for line_end in ["\n", "\r\n", "\r", "\n\n", " \t\n "] {
                for marks in [["", ""], ["\u{feff}", ""], ["\u{feff}", "\u{feff}"], ["", "\u{feff}"]] {
                    for join in ["\n", "", "  ", "\n\n", "\nBag Attributes\n    localKeyID: 01\n"] {
                        check(first, second, line_end, marks, join);
                    }
                }
            }
        }
    }
}

#[test]
fn a_key_is_read_under_every_label_that_openssl_accepts() {
    if !has_program("openssl", "version") {
        return;
    }
    let lab = Lab::new();
    lab.run("openssl genrsa -out rsa.key 2048");
    lab.run("openssl ecparam -name prime256v1 -genkey -noout -out ec.key");
    lab.run("openssl rsa -in rsa.key -traditional -outform der -out pkcs1");
    lab.run("openssl ec -in ec.key -outform der -out sec1");
    lab.run("openssl pkcs8 -topk8 -nocrypt -in rsa.key -outform der -out rsa-pkcs8");
    lab.run("openssl pkcs8 -topk8 -nocrypt -in ec.key -outform der -out ec-pkcs8");
    for (name, key) in [("pkcs1", "rsa"), ("rsa-pkcs8", "rsa"), ("sec1", "ec"), ("ec-pkcs8", "ec")] {
        lab.run(&format!("openssl req -x509 -subj /CN=localhost -key {key}.key -out {name}.crt"));
        let der = fs::read(lab.path(name)).unwrap();
        for label in [
            "PRIVATE KEY",
            "RSA PRIVATE KEY",
            "EC PRIVATE KEY",
            "DSA PRIVATE KEY",
            "ENCRYPTED PRIVATE KEY",
            "PUBLIC KEY",
        ] {
            let path = lab.write("server.key", pem(label, &der));
            let openssl =
                Command::new("openssl").args(["pkey", "-noout", "-in"]).arg(&path).output().unwrap();
            match KeyFile::read(&path) {
                Ok(_) => assert_serves(&lab, &format!("{name}.crt"), "server.key"),
                Err(error) => assert!(!openssl.status.success(), "{label} {name}: {error}"),
            }
            assert_eq!(tls::classify(&path).unwrap(), FileRole::Key);
        }
    }
}

#[test]
fn keys_that_the_library_cannot_use_are_not_called_damaged() {
    if !has_program("openssl", "version") {
        return;
    }
    let lab = Lab::new();
    let rsa = "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048";
    lab.run(&format!("{rsa} -pkeyopt rsa_keygen_primes:3 -out primes.key"));
    lab.run("openssl rsa -in primes.key -traditional -out primes1.key");
    lab.run(&format!("{rsa} -pkeyopt rsa_keygen_pubexp:1099511627791 -out exponent.key"));
    lab.run("openssl ecparam -name brainpoolP256r1 -genkey -param_enc explicit -noout -out explicit.key");
    let problem = |name: &str| KeyFile::read(&lab.path(name)).unwrap_err().problem;
    assert!(matches!(problem("primes.key"), FileProblem::RsaPrimes(3)));
    assert!(matches!(problem("primes1.key"), FileProblem::RsaPrimes(3)));
    assert!(matches!(problem("exponent.key"), FileProblem::RsaExponent(41)));
    assert!(matches!(problem("explicit.key"), FileProblem::UnsupportedKey(_)));

    // The parts of this key contradict each other, which openssl notices only with `-check`.
    let mut der = pair(&PKCS_ECDSA_P256_SHA256).1.serialize_der();
    let last = der.len() - 1;
    der[last] ^= 1;
    lab.write("contradictory.key", pem("PRIVATE KEY", &der));
    assert!(matches!(problem("contradictory.key"), FileProblem::RejectedKey(_)));
    lab.write("number.key", pem("PRIVATE KEY", &[2, 1, 5]));
    assert!(matches!(problem("number.key"), FileProblem::RejectedKey(_)));
    lab.write("cut.key", pem("PRIVATE KEY", &der[..last]));
    assert!(matches!(problem("cut.key"), FileProblem::DamagedKey));
}

#[test]
fn keys_with_explicit_parameters_of_a_common_curve_serve() {
    if !has_program("openssl", "version") {
        return;
    }
    let lab = Lab::new();
    lab.run("openssl ecparam -name prime256v1 -genkey -param_enc explicit -out sec1.key");
    lab.run("openssl pkcs8 -topk8 -nocrypt -in sec1.key -out pkcs8.key");
    lab.run("openssl ec -in sec1.key -param_enc named_curve -out named.key");
    lab.run("openssl req -x509 -subj /CN=localhost -key named.key -out named.crt");
    // Most clients reject a certificate with explicit parameters, but openssl can serve it.
    lab.run("openssl req -x509 -subj /CN=localhost -key sec1.key -out explicit.crt");
    for key in ["sec1.key", "pkcs8.key"] {
        assert_eq!(KeyFile::read(&lab.path(key)).unwrap().key_type().to_string(), "ECDSA P-256");
        assert_serves(&lab, "named.crt", key);
        server_config(&lab.path("explicit.crt"), &lab.path(key)).unwrap();
    }
}

#[test]
fn bytes_after_the_content_of_a_block_are_ignored() {
    let lab = Lab::new();
    let (certificate, key) = pair(&PKCS_ECDSA_P256_SHA256);
    lab.write("server.crt", pem("CERTIFICATE", &[certificate.der(), &b"\0\n"[..]].concat()));
    lab.write("server.key", pem("PRIVATE KEY", &[&key.serialize_der(), &b"\0\n"[..]].concat()));
    assert_eq!(CertificateFile::read(&lab.path("server.crt")).unwrap().chain()[0], *certificate.der());
    assert_serves(&lab, "server.crt", "server.key");
}

/// Splits the first object of some DER into its tag and length, its content, and the bytes after it.
fn split(der: &[u8]) -> (&[u8], &[u8], &[u8]) {
    let more = if der[1] < 0x80 { 0 } else { usize::from(der[1] & 0x7f) };
    let number = |bytes: &[u8]| bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    let length = if more == 0 { usize::from(der[1]) } else { number(&der[2..2 + more]) };
    let (header, rest) = der.split_at(2 + more);
    let (content, rest) = rest.split_at(length);
    (header, content, rest)
}

/// Encodes objects, and those inside them, without their lengths (X.690, section 8.1.3.6).
fn with_indefinite_lengths(mut der: &[u8]) -> Vec<u8> {
    let mut ber = Vec::new();
    while !der.is_empty() {
        let (header, content, rest) = split(der);
        if header[0] & 0x20 == 0 {
            ber.extend([header, content].concat());
        } else {
            ber.extend([header[0], 0x80]);
            ber.extend(with_indefinite_lengths(content));
            ber.extend([0, 0]);
        }
        der = rest;
    }
    ber
}

#[test]
fn a_key_in_ber_serves_and_a_certificate_in_ber_is_named() {
    let lab = Lab::new();
    let (certificate, key) = pair(&PKCS_ECDSA_P256_SHA256);
    lab.write("server.crt", pem("CERTIFICATE", certificate.der()));
    lab.write("server.key", pem("PRIVATE KEY", &with_indefinite_lengths(&key.serialize_der())));
    assert_serves(&lab, "server.crt", "server.key");
    let ber = lab.write("ber.crt", pem("CERTIFICATE", &with_indefinite_lengths(certificate.der())));
    let problem = CertificateFile::read(&ber).unwrap_err().problem;
    assert!(
        matches!(problem, FileProblem::BadCertificate { fault: CertificateFault::Ber, .. }),
        "{problem:?}"
    );
}

#[test]
fn other_content_in_a_certificate_block_is_named_with_a_command_that_works() {
    if !has_program("openssl", "version") {
        return;
    }
    let lab = Lab::new();
    let (certificate, key) = pair(&PKCS_ECDSA_P256_SHA256);
    let good = certificate.pem().replace("\r\n", "\n");
    lab.write("server.crt", &good);
    lab.write("server.key", key.serialize_pem());
    lab.run("openssl req -new -subj /CN=localhost -key server.key -outform der -out request");
    lab.run("openssl pkcs12 -export -in server.crt -inkey server.key -passout pass:x -out pkcs12");
    lab.run("openssl crl2pkcs7 -nocrl -certfile server.crt -outform der -out pkcs7");
    lab.run("openssl pkcs8 -topk8 -in server.key -passout pass:x -outform der -out encrypted");
    fs::write(lab.path("key"), key.serialize_der()).unwrap();
    for (name, content) in [
        ("request", FileContent::Request),
        ("pkcs12", FileContent::Pkcs12),
        ("pkcs7", FileContent::Pkcs7),
        ("key", FileContent::Key),
        ("encrypted", FileContent::EncryptedKey),
    ] {
        let block = pem("CERTIFICATE", &fs::read(lab.path(name)).unwrap());
        let path = lab.write("other.crt", &block);
        for role in [FileRole::Certificate, FileRole::ClientCa] {
            let problem = match role {
                FileRole::ClientCa => ClientCaFile::read(&path).unwrap_err().problem,
                _ => CertificateFile::read(&path).unwrap_err().problem,
            };
            let FileProblem::Instead { content: found, form } = problem else {
                panic!("{name}: {problem:?}")
            };
            assert_eq!((found, form), (content, Form::Mislabeled), "{name}");
        }
        // As a later certificate, it isn't skipped.
        lab.write("chain.crt", format!("{good}{block}"));
        let problem = CertificateFile::read(&lab.path("chain.crt")).unwrap_err().problem;
        let FileProblem::BadCertificate { number: 2, of: 2, fault } = problem else { panic!("{problem:?}") };
        assert_eq!(fault, CertificateFault::Other(content));
        if cfg!(unix) && !matches!(content, FileContent::Key | FileContent::EncryptedKey) {
            let error = CertificateFile::read(&path).unwrap_err();
            let command = tls::explain::file_error_command(&error).unwrap();
            let password = if name == "pkcs12" { " -passin pass:x" } else { "" };
            let made = if name == "request" { "server.crt" } else { "plain.crt" };
            let _ = fs::remove_file(lab.path(made));
            let status = Command::new("sh").arg("-c").arg(format!("{command}{password}")).output().unwrap();
            assert!(status.status.success(), "{command}");
            assert_serves(&lab, made, "server.key");
        }
    }
    lab.write("encrypted.key", pem("PRIVATE KEY", &fs::read(lab.path("encrypted")).unwrap()));
    let problem = KeyFile::read(&lab.path("encrypted.key")).unwrap_err().problem;
    let FileProblem::Instead { content: FileContent::EncryptedKey, form: Form::Mislabeled } = problem else {
        panic!("{problem:?}")
    };
}

#[test]
fn a_complete_certificate_with_an_invalid_date_is_not_called_damaged() {
    let lab = Lab::new();
    let mut der = pair(&PKCS_ECDSA_P256_SHA256).0.der().to_vec();
    let date = der.windows(6).position(|bytes| bytes == b"260101").unwrap();
    der[date..date + 6].copy_from_slice(b"260230");
    let path = lab.write("server.crt", pem("CERTIFICATE", &der));
    let problem = CertificateFile::read(&path).unwrap_err().problem;
    let FileProblem::BadCertificate { number: 1, of: 1, fault } = problem else { panic!("{problem:?}") };
    assert!(matches!(fault, CertificateFault::Unparsable(_)), "{fault:?}");
    der.truncate(date);
    lab.write("server.crt", pem("CERTIFICATE", &der));
    let problem = CertificateFile::read(&path).unwrap_err().problem;
    assert!(matches!(problem, FileProblem::BadCertificate { fault: CertificateFault::Damaged, .. }));
}

#[test]
fn a_client_ca_needs_only_a_name_and_a_key() {
    let lab = Lab::new();
    let (certificate, _) = pair(&PKCS_ECDSA_P256_SHA256);
    // X.509 version 2, which the verifier rejects in a certificate.
    let mut der = certificate.der().to_vec();
    let version = der.windows(5).position(|bytes| bytes == [0xa0, 3, 2, 1, 2]).unwrap();
    der[version + 4] = 1;
    let path = lab.write("ca.crt", pem("CERTIFICATE", &der));
    assert_eq!(ClientCaFile::read(&path).unwrap().subjects().len(), 1);
}
