//! What a user is told about certificate and key files, and that the good ones serve TLS.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use echoscope::tls::{self, CertificateFile, Fault, KeyFile, Role, TlsError};
use jiff::{SignedDuration, Timestamp};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, HandshakeKind, ProtocolVersion, ServerConnection,
    SignatureScheme,
};

/// A folder of its own for each test.
struct Lab(tempfile::TempDir);

impl Lab {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        fs::write(self.path(name), content).unwrap();
        self.path(name)
    }

    /// Runs a program here; its arguments are split at spaces.
    fn run(&self, line: &str) {
        let mut words = line.split(' ');
        let output =
            Command::new(words.next().unwrap()).args(words).current_dir(self.0.path()).output().unwrap();
        assert!(output.status.success(), "{line}\n{}", String::from_utf8_lossy(&output.stderr));
    }

    fn certificate_error(&self, name: &str) -> String {
        CertificateFile::read(&self.path(name)).map(|file| file.report().clone()).unwrap_err().to_string()
    }

    fn key_error(&self, name: &str) -> String {
        KeyFile::read(&self.path(name)).map(|file| file.report().clone()).unwrap_err().to_string()
    }
}

/// Whether the program is here. In CI it must be.
fn have(program: &str, argument: &str) -> bool {
    let found = Command::new(program).arg(argument).output().is_ok();
    assert!(found || std::env::var_os("CI").is_none(), "{program} is needed in CI");
    if !found {
        println!("SKIPPED: {program} is not on this computer");
    }
    found
}

fn pair(algorithm: &'static rcgen::SignatureAlgorithm) -> (rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate_for(algorithm).unwrap();
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let mut params = CertificateParams::new(names).unwrap();
    params.not_before = rcgen::date_time_ymd(2026, 1, 1);
    params.not_after = rcgen::date_time_ymd(2027, 1, 1);
    (params.self_signed(&key).unwrap(), key)
}

fn at(moment: &str) -> Timestamp {
    moment.parse().unwrap()
}

// --- Files that serve -------------------------------------------------------------------------------------------

#[test]
fn every_kind_of_key_loads_and_serves() {
    for (algorithm, name) in [
        (&PKCS_ECDSA_P256_SHA256, "ECDSA P-256"),
        (&PKCS_ECDSA_P384_SHA384, "ECDSA P-384"),
        (&PKCS_ED25519, "Ed25519"),
        (&rcgen::PKCS_RSA_SHA256, "RSA 2048"),
    ] {
        let lab = Lab::new();
        let (certificate, key) = pair(algorithm);
        lab.write("server.crt", certificate.pem());
        lab.write("server.key", key.serialize_pem());
        let read = CertificateFile::read(&lab.path("server.crt")).unwrap();
        assert_eq!(
            read.report().line(at("2026-12-30T12:00:00Z")),
            format!("localhost, 127.0.0.1, ::1 · {name} · 1 day left")
        );
        assert_eq!(read.report().caution(at("2026-12-30T12:00:00Z")), None);
        assert_eq!(KeyFile::read(&lab.path("server.key")).unwrap().report().line(), name);
        serves(&lab, "server.crt", "server.key");
    }
}

#[test]
fn the_tutorials_three_commands_make_files_that_serve() {
    if !have("openssl", "version") {
        return;
    }
    let lab = Lab::new();
    lab.run("openssl genrsa -out server.key 2048");
    lab.run("openssl req -new -subj /CN=localhost -key server.key -out server.csr");
    lab.run("openssl x509 -req -days 365 -in server.csr -signkey server.key -out server.crt");
    let read = CertificateFile::read(&lab.path("server.crt")).unwrap();
    // OpenSSL's clock is the system's: the certificate is a few seconds old at most.
    let now = Timestamp::now();
    let lines = ["localhost · RSA 2048 · 364 days left", "localhost · RSA 2048 · 365 days left"];
    assert!(lines.contains(&read.report().line(now).as_str()), "{}", read.report().line(now));
    let late = read.report().not_after + SignedDuration::from_secs(1);
    assert!(read.report().line(late).starts_with("localhost · RSA 2048 · expired on 20"));
    assert!(read.report().self_signed);
    // OpenSSL 3.4 makes version 3 here, with which there is nothing to caution of but the missing names.
    let caution = read.report().caution(now).unwrap();
    let expected =
        if read.report().version == 1 { "X.509 version 1 certificate" } else { "only as common name" };
    assert!(caution.contains(expected), "{caution}");
    serves(&lab, "server.crt", "server.key");
    // The command that the caution gives makes a certificate without one.
    lab.run(&caution[caution.find("openssl req").unwrap()..]);
    let better = CertificateFile::read(&lab.path("better.crt")).unwrap();
    assert_eq!(better.report().caution(Timestamp::now() + SignedDuration::from_secs(5)), None);
    serves(&lab, "better.crt", "server.key");
}

#[test]
fn a_version_1_certificate_serves_whatever_openssl_makes_today() {
    if !have("openssl", "version") {
        return;
    }
    let lab = Lab::new();
    lab.run("openssl genrsa -out server.key 2048");
    lab.run("openssl req -new -subj /CN=localhost -key server.key -out server.csr");
    // With `-x509v1` from OpenSSL 3.3 on, by default before.
    let make = "openssl x509 -req -days 365 -in server.csr -signkey server.key -out server.crt";
    lab.run(make);
    let version = || CertificateFile::read(&lab.path("server.crt")).unwrap().report().version;
    if version() != 1 {
        lab.run("openssl req -x509 -x509v1 -days 365 -key server.key -subj /CN=localhost -out server.crt");
    }
    assert_eq!(version(), 1);
    serves(&lab, "server.crt", "server.key");
}

#[test]
fn every_form_of_private_key_is_read() {
    if !have("openssl", "version") {
        return;
    }
    let lab = Lab::new();
    lab.run("openssl genrsa -traditional -out pkcs1.key 2048");
    lab.run("openssl pkey -in pkcs1.key -out pkcs8.key");
    lab.run("openssl ecparam -name prime256v1 -genkey -out sec1.key");
    lab.run("openssl ecparam -name secp521r1 -genkey -noout -out p521.key");
    lab.run("openssl genpkey -algorithm ed25519 -out ed25519.key");
    let text = |name| fs::read_to_string(lab.path(name)).unwrap();
    assert!(text("pkcs1.key").starts_with("-----BEGIN RSA PRIVATE KEY"));
    assert!(text("pkcs8.key").starts_with("-----BEGIN PRIVATE KEY"));
    assert!(text("sec1.key").starts_with("-----BEGIN EC PARAMETERS"));
    for (name, kind) in [
        ("pkcs1", "RSA 2048"),
        ("pkcs8", "RSA 2048"),
        ("sec1", "ECDSA P-256"),
        ("p521", "ECDSA P-521"),
        ("ed25519", "Ed25519"),
    ] {
        assert_eq!(KeyFile::read(&lab.path(&format!("{name}.key"))).unwrap().report().line(), kind, "{name}");
        lab.run(&format!("openssl req -x509 -subj /CN=a -key {name}.key -out {name}.crt"));
        serves(&lab, &format!("{name}.crt"), &format!("{name}.key"));
    }
}

#[test]
fn text_around_the_blocks_does_no_harm() {
    let lab = Lab::new();
    let (certificate, key) = pair(&PKCS_ECDSA_P256_SHA256);
    let (certificate, key) = (certificate.pem(), key.serialize_pem());
    let both = format!("{key}{certificate}");
    let indented = |text: &str| text.lines().map(|line| format!("   \t{line}  \r\n")).collect::<String>();
    let attributes = |text: &str| {
        format!("Bag Attributes\n    localKeyID: 01 02 \nKey Attributes: <No Attributes>\n{text}")
    };
    let utf16 = |text: &str| {
        let units = "\u{feff}".encode_utf16().chain(text.encode_utf16().collect::<Vec<_>>());
        units.flat_map(u16::to_le_bytes).collect::<Vec<_>>()
    };
    let changes: [(&str, &dyn Fn(&str) -> Vec<u8>); 7] = [
        ("a byte order mark", &|text| format!("\u{feff}{text}").into_bytes()),
        ("CRLF", &|text| text.replace("\r\n", "\n").replace('\n', "\r\n").into_bytes()),
        ("indentation and trailing blanks", &|text| indented(text).into_bytes()),
        ("leading and trailing text", &|text| format!("My server, 2026:\n\n{text}\nthat's all").into_bytes()),
        ("bag attributes", &|text| attributes(text).into_bytes()),
        ("UTF-16", &utf16),
        ("the other half in the same file", &|_| both.clone().into_bytes()),
    ];
    for (what, change) in changes {
        println!("with {what}");
        lab.write("server.crt", change(&certificate));
        lab.write("server.key", change(&key));
        serves(&lab, "server.crt", "server.key");
    }
}

#[test]
fn a_chain_is_sent_whole_and_must_begin_with_the_servers_own() {
    let lab = Lab::new();
    let ca_key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let mut ca = CertificateParams::new(Vec::<String>::new()).unwrap();
    ca.distinguished_name.push(rcgen::DnType::CommonName, "Practice CA");
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca_certificate = ca.self_signed(&ca_key).unwrap();
    let issuer = rcgen::Issuer::new(ca, &ca_key);
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let leaf =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    lab.write("server.key", key.serialize_pem());
    lab.write("server.crt", format!("{}{}", leaf.pem(), ca_certificate.pem()));
    let read = CertificateFile::read(&lab.path("server.crt")).unwrap();
    assert_eq!((read.report().chain, read.report().self_signed, read.chain().len()), (2, false, 2));
    serves(&lab, "server.crt", "server.key");

    lab.write("reversed.crt", format!("{}{}", ca_certificate.pem(), leaf.pem()));
    let error = tls::load(&lab.path("reversed.crt"), &lab.path("server.key")).unwrap_err();
    assert_eq!(error.field(), Role::Certificate);
    assert_eq!(
        error.to_string(),
        "server.key belongs to certificate 2 in reversed.crt, but clients take the first as the server's. Move that one to \
         the top of the file."
    );
    let caution =
        CertificateFile::read(&lab.path("reversed.crt")).unwrap().report().caution(Timestamp::now()).unwrap();
    assert!(caution.contains("certificate authority's own"), "{caution}");
}

#[test]
fn openssls_trusted_form_is_cut_to_the_certificate() {
    if !have("openssl", "version") {
        return;
    }
    let lab = Lab::new();
    let (certificate, key) = pair(&PKCS_ECDSA_P256_SHA256);
    lab.write("plain.crt", certificate.pem());
    lab.write("server.key", key.serialize_pem());
    lab.run("openssl x509 -in plain.crt -trustout -addtrust serverAuth -out server.crt");
    assert!(fs::read_to_string(lab.path("server.crt")).unwrap().contains("BEGIN TRUSTED CERTIFICATE"));
    assert_eq!(CertificateFile::read(&lab.path("server.crt")).unwrap().chain()[0], *certificate.der());
    serves(&lab, "server.crt", "server.key");
}

// --- Files that don't, and what is said -------------------------------------------------------------------------

#[test]
fn a_path_that_leads_to_no_file_says_where_it_looked() {
    let lab = Lab::new();
    let folder = lab.0.path().display().to_string();
    assert_eq!(
        lab.certificate_error("server.crt"),
        format!("There is no file server.crt in {folder}. Check the spelling and the folder.")
    );
    assert_eq!(
        lab.key_error("lab/server.key"),
        format!("server.key can't be found: there is no folder {folder}/lab. Check the path.")
    );
    assert_eq!(
        KeyFile::read(Path::new("")).unwrap_err().to_string(),
        "No private key is chosen. Type the path of a private key file, such as server.key."
    );
    fs::create_dir(lab.path("certs")).unwrap();
    assert_eq!(
        lab.certificate_error("certs"),
        "certs is a folder. Choose a certificate file in it, such as server.crt."
    );
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_says_so() {
    use std::os::unix::fs::PermissionsExt;
    let lab = Lab::new();
    let path = lab.write("server.key", "x");
    fs::set_permissions(&path, fs::Permissions::from_mode(0)).unwrap();
    if fs::read(&path).is_ok() {
        println!("SKIPPED: this user may read every file");
        return;
    }
    let error = KeyFile::read(&path).unwrap_err();
    assert!(
        error.to_string().starts_with("server.key can't be read: the system does not let you."),
        "{error}"
    );
    assert!(error.to_string().ends_with(": chmod u+r server.key"), "{error}");
    assert!(error.raw().unwrap().contains("denied"));
}

#[cfg(unix)]
#[test]
fn a_pipe_or_a_device_is_never_opened() {
    let expected =
        "zero is a device or a pipe, not an ordinary file, so it was not read. Choose a certificate file.";
    assert_eq!(CertificateFile::read(Path::new("/dev/zero")).unwrap_err().to_string(), expected);
    let lab = Lab::new();
    if have("mkfifo", "--version") {
        lab.run("mkfifo server.key");
        // Nobody writes to it: an open would wait until the test is killed.
        assert!(lab.key_error("server.key").starts_with("server.key is a device or a pipe"));
        assert!(matches!(tls::classify(&lab.path("server.key")).unwrap_err().fault, Fault::NotOrdinary));
    }
}

#[test]
fn files_of_the_wrong_size_say_so() {
    let lab = Lab::new();
    lab.write("server.crt", "");
    lab.write("server.key", vec![b'x'; 1024 * 1024 * 7 / 2]);
    assert_eq!(
        lab.certificate_error("server.crt"),
        "server.crt is empty: the command that should have written it has most likely failed. Make it again."
    );
    assert_eq!(
        lab.key_error("server.key"),
        "server.key has 3.5 MiB, far more than a private key: nothing over 1 MiB is read. Choose a private key file, \
         such as server.key."
    );
}

#[test]
fn binary_files_say_how_to_convert_them() {
    let lab = Lab::new();
    let (certificate, key) = pair(&PKCS_ECDSA_P256_SHA256);
    lab.write("server.crt", certificate.der());
    lab.write("server.key", key.serialize_der());
    let (first, second) = (lab.certificate_error("server.crt"), lab.key_error("server.key"));
    assert_eq!(
        first,
        "server.crt is a certificate in binary form (DER), but the text form (PEM) is needed. Convert it: openssl x509 \
         -inform der -in server.crt -out plain.crt"
    );
    assert_eq!(
        second,
        "server.key is a private key in binary form (DER), but the text form (PEM) is needed. Convert it: openssl pkey \
         -inform der -in server.key -out plain.key"
    );
    if have("openssl", "version") {
        lab.run(&first[first.find("openssl").unwrap()..]);
        lab.run(&second[second.find("openssl").unwrap()..]);
        serves(&lab, "plain.crt", "plain.key");
    }
}

#[test]
fn swapped_files_say_so() {
    let lab = Lab::new();
    let (certificate, key) = pair(&PKCS_ECDSA_P256_SHA256);
    lab.write("server.crt", key.serialize_pem());
    lab.write("server.key", certificate.pem());
    lab.write("der.crt", key.serialize_der());
    lab.write("der.key", certificate.der());
    for name in ["server.crt", "der.crt"] {
        let error = lab.certificate_error(name);
        assert!(
            error.starts_with(&format!("{name} holds a private key, not a certificate. Perhaps the two")),
            "{error}"
        );
    }
    for name in ["server.key", "der.key"] {
        let error = lab.key_error(name);
        assert!(
            error.starts_with(&format!("{name} holds a certificate, not a private key. Perhaps the two")),
            "{error}"
        );
    }
}

#[test]
fn requests_public_keys_and_revocation_lists_are_called_by_their_names() {
    if !have("openssl", "version") {
        return;
    }
    let lab = Lab::new();
    lab.run("openssl genrsa -out server.key 2048");
    lab.run("openssl req -new -subj /CN=localhost -key server.key -out server.csr");
    lab.run("openssl req -new -subj /CN=localhost -key server.key -outform der -out der.csr");
    lab.run("openssl pkey -in server.key -pubout -out public.key");
    lab.run("openssl pkey -in server.key -pubout -outform der -out public.der");
    lab.run("openssl rsa -in server.key -RSAPublicKey_out -out rsa-public.key");
    lab.run("openssl req -x509 -subj /CN=localhost -key server.key -out ca.crt");
    lab.write("index.txt", "");
    lab.write(
        "ca.cnf",
        "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=1\n",
    );
    lab.run("openssl ca -config ca.cnf -gencrl -keyfile server.key -cert ca.crt -out ca.crl");
    lab.run("openssl crl -in ca.crl -outform der -out der.crl");
    let request = "is a certificate signing request: it only asks for a certificate. Sign it, then choose the certificate: \
                   openssl x509 -req -days 365 -in";
    let public = "is a public key alone, and a certificate also has a name and a signature.";
    let revoked = "is a revocation list (CRL): it tells which certificates are no longer good.";
    for (name, as_certificate, as_key) in [
        ("server.csr", request, "is a certificate signing request, not a private key. Choose the key"),
        ("der.csr", request, "is a certificate signing request, not a private key."),
        ("public.key", public, "is the public half of a key, and the server needs the private half."),
        ("public.der", public, "is the public half of a key"),
        ("rsa-public.key", public, "is the public half of a key"),
        ("ca.crl", revoked, revoked),
        ("der.crl", revoked, revoked),
    ] {
        let (first, second) = (lab.certificate_error(name), lab.key_error(name));
        assert!(first.starts_with(&format!("{name} {as_certificate}")), "{first}");
        assert!(second.starts_with(&format!("{name} {as_key}")), "{second}");
        assert_eq!(
            tls::classify(&lab.path(name)).map_err(|error| error.to_string().contains(name)),
            Err(true)
        );
    }
    let remedy = lab.certificate_error("server.csr");
    lab.run(&remedy[remedy.find("openssl").unwrap()..]);
    serves(&lab, "server.crt", "server.key");
}

#[test]
fn encrypted_keys_say_how_to_open_them() {
    if !have("openssl", "version") {
        return;
    }
    let lab = Lab::new();
    lab.run("openssl genrsa -out open.key 2048");
    lab.run("openssl pkcs8 -topk8 -in open.key -passout pass:secret -out server.key");
    lab.run("openssl pkcs8 -topk8 -in open.key -passout pass:secret -outform der -out der.key");
    lab.run("openssl rsa -traditional -aes256 -in open.key -passout pass:secret -out my-old.key");
    assert!(fs::read_to_string(lab.path("my-old.key")).unwrap().contains("Proc-Type: 4,ENCRYPTED"));
    for (name, command) in [
        ("server.key", "openssl pkey -in server.key -out plain.key"),
        ("my-old.key", "openssl pkey -in my-old.key -out plain.key"),
        ("der.key", "openssl pkey -inform der -in der.key -out plain.key"),
    ] {
        assert_eq!(
            lab.key_error(name),
            format!(
                "{name} is encrypted: it opens only with its passphrase. Make a copy without one: {command}"
            )
        );
        lab.run(&format!("{command} -passin pass:secret"));
        assert_eq!(KeyFile::read(&lab.path("plain.key")).unwrap().report().line(), "RSA 2048");
    }
}

#[test]
fn an_openssh_key_says_how_to_convert_it() {
    if !have("ssh-keygen", "-?") {
        return;
    }
    let lab = Lab::new();
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "rsa", "-b", "2048", "-N", "", "-f"])
        .arg(lab.path("id_rsa"))
        .status();
    assert!(made.unwrap().success());
    assert_eq!(
        lab.key_error("id_rsa"),
        "id_rsa is in OpenSSH's own form, which TLS does not use. Copy it to plain.key and convert the copy (RSA and ECDSA \
         keys only): ssh-keygen -p -N \"\" -m PKCS8 -f plain.key"
    );
    assert!(lab.key_error("id_rsa.pub").contains("is the public half of a key"));
    fs::copy(lab.path("id_rsa"), lab.path("plain.key")).unwrap();
    let convert = Command::new("ssh-keygen")
        .args(["-p", "-N", "", "-m", "PKCS8", "-f"])
        .arg(lab.path("plain.key"))
        .output();
    assert!(convert.unwrap().status.success());
    assert_eq!(KeyFile::read(&lab.path("plain.key")).unwrap().report().line(), "RSA 2048");
}

#[test]
fn bundles_say_how_to_open_them() {
    if !have("openssl", "version") {
        return;
    }
    let lab = Lab::new();
    let (certificate, key) = pair(&PKCS_ECDSA_P256_SHA256);
    lab.write("server.crt", certificate.pem());
    lab.write("server.key", key.serialize_pem());
    lab.run("openssl pkcs12 -export -in server.crt -inkey server.key -passout pass:secret -out my.pfx");
    lab.run("openssl crl2pkcs7 -nocrl -certfile server.crt -out my.p7b");
    lab.run("openssl crl2pkcs7 -nocrl -certfile server.crt -outform der -out der.p7b");
    for (error, command) in [
        (lab.certificate_error("my.pfx"), "openssl pkcs12 -in my.pfx -nokeys -out plain.crt"),
        (lab.key_error("my.pfx"), "openssl pkcs12 -in my.pfx -nocerts -nodes -out plain.key"),
        (lab.certificate_error("my.p7b"), "openssl pkcs7 -print_certs -in my.p7b -out plain.crt"),
        (
            lab.certificate_error("der.p7b"),
            "openssl pkcs7 -print_certs -inform der -in der.p7b -out plain.crt",
        ),
    ] {
        assert!(error.contains(" bundle") && error.ends_with(&format!(": {command}")), "{error}");
        let password = if command.contains("pkcs12") { " -passin pass:secret" } else { "" };
        lab.run(&format!("{command}{password}"));
    }
    serves(&lab, "plain.crt", "plain.key");
    assert!(lab.key_error("my.p7b").contains("which holds certificates but no key"));
}

#[test]
fn a_key_that_does_not_match_says_so() {
    let lab = Lab::new();
    for other in [&PKCS_ED25519, &PKCS_ECDSA_P256_SHA256] {
        lab.write("server.crt", pair(&PKCS_ECDSA_P256_SHA256).0.pem());
        lab.write("other.key", pair(other).1.serialize_pem());
        let error = tls::load(&lab.path("server.crt"), &lab.path("other.key")).unwrap_err();
        assert!(matches!(error, TlsError::KeyMismatch { .. }));
        assert_eq!(error.field(), Role::Key);
        assert_eq!(
            error.to_string(),
            "other.key does not belong to server.crt: the certificate was made with another key. Choose the two that were \
             made together, or make a new certificate for this key: openssl req -x509 -key other.key -days 365 -subj \
             /CN=localhost -out new.crt"
        );
    }
    if have("openssl", "version") {
        lab.run("openssl req -x509 -key other.key -days 365 -subj /CN=localhost -out new.crt");
        serves(&lab, "new.crt", "other.key");
    }
}

#[test]
fn keys_that_can_not_sign_say_what_they_are() {
    if !have("openssl", "version") {
        return;
    }
    let lab = Lab::new();
    lab.run("openssl genrsa -out short.key 1024");
    lab.run("openssl genrsa -traditional -out odd.key 2047");
    lab.run("openssl genpkey -algorithm ed448 -out ed448.key");
    lab.run("openssl genpkey -algorithm x25519 -out x25519.key");
    lab.run("openssl ecparam -name secp256k1 -genkey -noout -out k1.key");
    lab.run("openssl genpkey -algorithm rsa-pss -out pss.key");
    lab.run("openssl dsaparam -noout -genkey -out dsa.key 1024");
    for (name, what) in [
        ("short.key", "The RSA key in short.key has 1024 bits, and fewer than 2048 are no longer safe."),
        ("odd.key", "The RSA key in odd.key has 2047 bits, and fewer than 2048 are no longer safe."),
        ("ed448.key", "ed448.key holds an Ed448 key, which this server can't sign with."),
        ("x25519.key", "x25519.key holds an X25519 key, which this server can't sign with."),
        ("k1.key", "k1.key holds an ECDSA secp256k1 key, which this server can't sign with."),
        ("pss.key", "pss.key holds an RSA-PSS key, which this server can't sign with."),
        ("dsa.key", "dsa.key holds a DSA key, which this server can't sign with."),
    ] {
        let error = lab.key_error(name);
        assert!(error.starts_with(what), "{error}");
        assert!(
            error.ends_with("then a new certificate for it: openssl genrsa -out new.key 2048"),
            "{error}"
        );
        assert_eq!(tls::classify(&lab.path(name)).unwrap(), Role::Key, "{name}");
    }
}

#[test]
fn damaged_files_say_what_is_damaged() {
    let lab = Lab::new();
    let (certificate, key) = pair(&PKCS_ECDSA_P256_SHA256);
    let (certificate, key) = (certificate.pem(), key.serialize_pem());
    let not_base64 = |text: &str| text.replacen("MI", "M*", 1);
    let no_end = |text: &str| text[..text.find("-----END").unwrap()].to_owned();
    let begin = |text: &str| text.replacen("-----\r\n", "-----", 1).replacen("-----\n", "-----", 1);
    let nonsense = |label: &str| format!("-----BEGIN {label}-----\nSGVsbG8=\n-----END {label}-----\n");

    lab.write("a.crt", not_base64(&certificate));
    lab.write("a.key", not_base64(&key));
    let base64 = "is damaged: the lines between BEGIN and END are not base64.";
    assert!(lab.certificate_error("a.crt").starts_with(&format!("The certificate in a.crt {base64}")));
    assert!(lab.key_error("a.key").starts_with(&format!("The private key in a.key {base64}")));
    assert!(CertificateFile::read(&lab.path("a.crt")).unwrap_err().raw().is_some());

    lab.write("b.crt", no_end(&certificate));
    lab.write("b.key", no_end(&key));
    let end = lab.certificate_error("b.crt");
    assert!(
        end.starts_with("b.crt breaks off: the line -----END CERTIFICATE----- is missing. Copy"),
        "{end}"
    );
    let end = lab.key_error("b.key");
    assert!(
        end.starts_with("b.key breaks off: the line -----END PRIVATE KEY----- is missing. Copy"),
        "{end}"
    );

    lab.write("c.crt", begin(&certificate));
    let line = lab.certificate_error("c.crt");
    assert!(
        line.starts_with("The first line of the certificate in c.crt is damaged. It must be -----BEGIN C"),
        "{line}"
    );

    lab.write("d.crt", nonsense("CERTIFICATE"));
    lab.write("e.crt", format!("{certificate}{}", nonsense("CERTIFICATE")));
    let bad = "is damaged: it is base64, but not of a certificate. Copy";
    assert!(lab.certificate_error("d.crt").starts_with(&format!("The certificate in d.crt {bad}")));
    assert!(lab.certificate_error("e.crt").starts_with(&format!("Certificate 2 of 2 in e.crt {bad}")));
    for (name, label) in [("d.key", "PRIVATE KEY"), ("e.key", "RSA PRIVATE KEY"), ("f.key", "EC PRIVATE KEY")]
    {
        lab.write(name, nonsense(label));
        let error = lab.key_error(name);
        let expected =
            format!("The private key in {name} is damaged: it is base64, but not of a key that works.");
        assert!(error.starts_with(&expected), "{error}");
    }
    // A damaged certificate beside it is no fault of the key.
    lab.write("both.key", format!("{}{key}", no_end(&certificate)));
    KeyFile::read(&lab.path("both.key")).unwrap();
}

#[test]
fn files_of_other_kinds_say_what_is_missing() {
    let lab = Lab::new();
    let text = "is the same in every language\n";
    let other = "-----BEGIN PGP MESSAGE-----\nSGVsbG8=\n-----END PGP MESSAGE-----\n";
    let parameters = "-----BEGIN DH PARAMETERS-----\nSGVsbG8=\n-----END DH PARAMETERS-----\n";
    let binary = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice();
    for (name, content) in [("a", text.as_bytes()), ("b", binary), ("c", parameters.as_bytes()), ("d", b"0")]
    {
        lab.write(name, content);
        let (first, second) = (lab.certificate_error(name), lab.key_error(name));
        assert!(
            first.starts_with(&format!("{name} holds no certificate: it has no line -----BEGIN CERT")),
            "{first}"
        );
        assert!(
            second.starts_with(&format!("{name} holds no private key: it has no line -----BEGIN PRIV")),
            "{second}"
        );
        let neither = tls::classify(&lab.path(name)).unwrap_err().to_string();
        assert!(
            neither.starts_with(&format!("{name} holds neither a certificate nor a private key.")),
            "{neither}"
        );
    }
    lab.write("mail.asc", other);
    assert_eq!(
        lab.certificate_error("mail.asc"),
        "mail.asc holds no certificate, but something called “PGP MESSAGE”. Choose a certificate file, such as server.crt."
    );
}

#[test]
fn a_dropped_file_finds_its_field() {
    let lab = Lab::new();
    let (certificate, key) = pair(&PKCS_ECDSA_P256_SHA256);
    for (name, content, role) in [
        ("1", certificate.pem().into_bytes(), Role::Certificate),
        ("2", key.serialize_pem().into_bytes(), Role::Key),
        ("3", certificate.der().to_vec(), Role::Certificate),
        ("4", key.serialize_der(), Role::Key),
        ("5", format!("{}{}", key.serialize_pem(), certificate.pem()).into_bytes(), Role::Certificate),
        ("6", b"-----BEGIN ENCRYPTED PRIVATE KEY-----".to_vec(), Role::Key),
        ("7", b"-----BEGIN OPENSSH PRIVATE KEY-----".to_vec(), Role::Key),
    ] {
        assert_eq!(tls::classify(&lab.write(name, content)).unwrap(), role, "{name}");
    }
    assert!(matches!(tls::classify(&lab.path("8")).unwrap_err().fault, Fault::NoSuchFile { .. }));
    assert!(matches!(tls::classify(lab.0.path()).unwrap_err().fault, Fault::Folder));
}

#[test]
fn no_part_of_a_key_is_ever_shown() {
    let lab = Lab::new();
    let key = pair(&PKCS_ECDSA_P256_SHA256).1.serialize_pem();
    let secret = key.lines().nth(2).unwrap();
    let path = lab.write("server.key", &key);
    let read = KeyFile::read(&path).unwrap();
    assert!(!format!("{read:?}").contains("Signing") && !format!("{read:?}").contains(secret));
    for damaged in [
        key.replacen("-----END", "-----FIN", 1),
        key.replacen("\n", "\n*", 3),
        key.replace("-----\n", "-----").replace("-----\r\n", "-----"),
        key.replace("PRIVATE", "RSA PRIVATE"),
        key.replace("PRIVATE KEY", "ODD THING"),
        secret.to_owned(),
    ] {
        let error = KeyFile::read(&lab.write("bad.key", damaged)).unwrap_err();
        let all = format!("{error} {error:?} {:?}", error.raw());
        for part in [&secret[..20], &secret[20..40]] {
            assert!(!all.contains(part), "{all}");
        }
    }
}

// --- A handshake in memory ----------------------------------------------------------------------------------------

/// Shakes hands twice in each TLS version and echoes, so that the second handshake resumes the first one's session.
fn serves(lab: &Lab, certificate: &str, key: &str) {
    let server = tls::load(&lab.path(certificate), &lab.path(key)).unwrap_or_else(|error| panic!("{error}"));
    let chain = CertificateFile::read(&lab.path(certificate)).unwrap().chain().to_vec();
    for (version, name) in [
        (&rustls::version::TLS13, ProtocolVersion::TLSv1_3),
        (&rustls::version::TLS12, ProtocolVersion::TLSv1_2),
    ] {
        let client =
            ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
                .with_protocol_versions(&[version])
                .unwrap()
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Anyone(chain.clone())))
                .with_no_client_auth();
        let client = Arc::new(client);
        for kind in [HandshakeKind::Full, HandshakeKind::Resumed] {
            let mut server = ServerConnection::new(server.clone()).unwrap();
            let mut client =
                ClientConnection::new(client.clone(), ServerName::try_from("localhost").unwrap()).unwrap();
            client.writer().write_all(b"Hello\n").unwrap();
            for _ in 0..10 {
                carry(&mut client, &mut server);
                carry(&mut server, &mut client);
            }
            let mut received = [0; 6];
            server.reader().read_exact(&mut received).unwrap();
            assert_eq!(&received, b"Hello\n");
            assert_eq!(server.protocol_version(), Some(name));
            assert_eq!(server.handshake_kind(), Some(kind), "{name:?}");
        }
    }
}

fn carry<A, B, C, D>(from: &mut A, to: &mut B)
where
    A: std::ops::DerefMut<Target = rustls::ConnectionCommon<C>>,
    B: std::ops::DerefMut<Target = rustls::ConnectionCommon<D>>,
    C: rustls::SideData,
    D: rustls::SideData,
{
    let mut bytes = Vec::new();
    while from.wants_write() {
        from.write_tls(&mut bytes).unwrap();
    }
    let mut rest = bytes.as_slice();
    while !rest.is_empty() {
        to.read_tls(&mut rest).unwrap();
        to.process_new_packets().unwrap();
    }
}

/// Takes every certificate, as long as it is the chain that was in the file, but verifies the signature where it can:
/// rustls' client refuses to read an X.509 version 1 certificate.
#[derive(Debug)]
struct Anyone(Vec<CertificateDer<'static>>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        first: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        assert_eq!((first, rest), (&self.0[0], &self.0[1..]));
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let verified = rustls::crypto::verify_tls13_signature(
            message,
            certificate,
            signed,
            &provider.signature_verification_algorithms,
        );
        match verified {
            Err(rustls::Error::InvalidCertificate(rustls::CertificateError::Other(_))) => {
                Ok(HandshakeSignatureValid::assertion())
            }
            other => other,
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
