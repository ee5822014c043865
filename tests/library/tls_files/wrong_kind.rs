//! Files of the wrong kind: the message names the kind, and the command in it works.

use std::fs;
use std::io::Write;
use std::process::Command;

use echoscope::tls::{self, FileContent, FileProblem, FileRole, KeyFile, TlsError};
use rcgen::{PKCS_ECDSA_P256_SHA256, PKCS_ED25519};

use crate::support::server_config;
use crate::tls_files::handshake::assert_serves;
use crate::tls_files::lab::{Lab, has_program, pair};

#[test]
fn messages_about_binary_files_contain_a_command_to_convert_them() {
    let lab = Lab::new();
    let (certificate, key) = pair(&PKCS_ECDSA_P256_SHA256);
    lab.write("server.crt", certificate.der());
    lab.write("server.key", key.serialize_der());
    let (first, second) = (lab.certificate_error("server.crt"), lab.key_error("server.key"));
    assert_eq!(
        first,
        "server.crt is a certificate in binary form (DER), but Echoscope reads text (PEM). Convert it: openssl x509 \
         -inform der -in server.crt -out plain.crt"
    );
    assert_eq!(
        second,
        "server.key is a private key in binary form (DER), but Echoscope reads text (PEM). Convert it: openssl pkey \
         -inform der -in server.key -out plain.key"
    );
    if has_program("openssl", "version") {
        lab.run(&first[first.find("openssl").unwrap()..]);
        lab.run(&second[second.find("openssl").unwrap()..]);
        assert_serves(&lab, "plain.crt", "plain.key");
    }
}

#[test]
fn swapped_files_are_reported() {
    let lab = Lab::new();
    let (certificate, key) = pair(&PKCS_ECDSA_P256_SHA256);
    lab.write("server.crt", key.serialize_pem());
    lab.write("server.key", certificate.pem());
    lab.write("der.crt", key.serialize_der());
    lab.write("der.key", certificate.der());
    for name in ["server.crt", "der.crt"] {
        let error = lab.certificate_error(name);
        assert!(
            error.starts_with(&format!("{name} contains a private key, not a certificate. If the two")),
            "{error}"
        );
    }
    for name in ["server.key", "der.key"] {
        let error = lab.key_error(name);
        assert!(
            error.starts_with(&format!("{name} contains a certificate, not a private key. If the two")),
            "{error}"
        );
    }
}

#[test]
fn messages_name_requests_public_keys_and_revocation_lists() {
    if !has_program("openssl", "version") {
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
    let request = "is a certificate signing request. Sign it, then choose the certificate: \
                   openssl x509 -req -days 365 -in";
    let public = "is only a public key. Choose the certificate";
    let revoked = "is a list of revoked certificates (CRL).";
    for (name, as_certificate, as_key) in [
        ("server.csr", request, "is a certificate signing request, not a private key. Choose the key"),
        ("der.csr", request, "is a certificate signing request, not a private key."),
        ("public.key", public, "is only a public key. Choose the private key"),
        ("public.der", public, "is only a public key"),
        ("rsa-public.key", public, "is only a public key"),
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
    assert_serves(&lab, "server.crt", "server.key");
}

#[test]
fn messages_about_encrypted_keys_contain_a_command_to_decrypt_them() {
    if !has_program("openssl", "version") {
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
                "{name} is encrypted, and Echoscope doesn't ask for passphrases. Make a copy without one: {command}"
            )
        );
        lab.run(&format!("{command} -passin pass:secret"));
        assert_eq!(KeyFile::read(&lab.path("plain.key")).unwrap().key_type().to_string(), "RSA 2048");
    }
}

#[test]
fn messages_about_openssh_keys_contain_a_command_to_convert_them() {
    if !has_program("ssh-keygen", "-?") {
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
        "id_rsa is in OpenSSH's format, which Echoscope doesn't read. Copy it to plain.key and convert the copy (RSA and ECDSA \
         keys only): ssh-keygen -p -N \"\" -m PKCS8 -f plain.key"
    );
    assert!(lab.key_error("id_rsa.pub").contains("is only a public key"));
    fs::copy(lab.path("id_rsa"), lab.path("plain.key")).unwrap();
    let convert = Command::new("ssh-keygen")
        .args(["-p", "-N", "", "-m", "PKCS8", "-f"])
        .arg(lab.path("plain.key"))
        .output();
    assert!(convert.unwrap().status.success());
    assert_eq!(KeyFile::read(&lab.path("plain.key")).unwrap().key_type().to_string(), "RSA 2048");
}

#[test]
fn key_stores_of_other_programs_are_named() {
    let lab = Lab::new();
    let putty = lab.write("my.ppk", "PuTTY-User-Key-File-3: ssh-rsa\r\nEncryption: none\r\n");
    let problem = KeyFile::read(&putty).unwrap_err().problem;
    assert!(matches!(problem, FileProblem::Instead { content: FileContent::PuttyKey, .. }), "{problem:?}");
    assert_eq!(tls::classify(&putty).unwrap(), FileRole::Key);
    // Too large a program to require it in CI.
    let has_keytool = Command::new("keytool").arg("-help").output().is_ok();
    if !has_program("openssl", "version") || !has_keytool {
        let _ = writeln!(std::io::stderr(), "skipped: keytool is not on this computer");
        return;
    }
    let (certificate, key) = pair(&PKCS_ECDSA_P256_SHA256);
    lab.write("server.crt", certificate.pem());
    lab.write("server.key", key.serialize_pem());
    lab.run("openssl pkcs12 -export -in server.crt -inkey server.key -passout pass:secret -out in.p12");
    let passwords = "-srcstorepass secret -deststorepass secret";
    lab.run(&format!(
        "keytool -importkeystore -srckeystore in.p12 -destkeystore my.jks -deststoretype jks {passwords}"
    ));
    let error = KeyFile::read(&lab.path("my.jks")).unwrap_err();
    let FileProblem::Instead { content: FileContent::JavaKeyStore, .. } = error.problem else {
        panic!("{error:?}")
    };
    lab.run(&format!("{} {passwords}", tls::explain::file_error_command(&error).unwrap()));
    let error = KeyFile::read(&lab.path("plain.p12")).unwrap_err();
    let FileProblem::Instead { content: FileContent::Pkcs12, .. } = error.problem else {
        panic!("{error:?}")
    };
    lab.run(&format!("{} -passin pass:secret", tls::explain::file_error_command(&error).unwrap()));
    assert_serves(&lab, "server.crt", "plain.key");
}

#[test]
fn messages_about_bundles_contain_a_command_to_unpack_them() {
    if !has_program("openssl", "version") {
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
    assert_serves(&lab, "plain.crt", "plain.key");
    assert!(lab.key_error("my.p7b").contains("which contains certificates but no key"));
}

#[test]
fn a_mismatched_key_is_reported() {
    let lab = Lab::new();
    for other in [&PKCS_ED25519, &PKCS_ECDSA_P256_SHA256] {
        lab.write("server.crt", pair(&PKCS_ECDSA_P256_SHA256).0.pem());
        lab.write("other.key", pair(other).1.serialize_pem());
        let error = server_config(&lab.path("server.crt"), &lab.path("other.key")).unwrap_err();
        assert!(matches!(error, TlsError::KeyMismatch { .. }));
        assert_eq!(error.field(), FileRole::Key);
        assert_eq!(
            lab.relative_message(&error),
            "other.key doesn't match server.crt. Choose the key and the certificate that were \
             made together, or make a new certificate: openssl req -x509 -key other.key -days 365 -subj \
             /CN=localhost -out new.crt"
        );
    }
    if has_program("openssl", "version") {
        lab.run("openssl req -x509 -key other.key -days 365 -subj /CN=localhost -out new.crt");
        assert_serves(&lab, "new.crt", "other.key");
    }
}

#[test]
fn messages_name_the_type_of_keys_that_cannot_sign() {
    if !has_program("openssl", "version") {
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
        ("short.key", "The RSA key in short.key has 1024 bits, but only 2048 to 8192 are supported."),
        ("odd.key", "The RSA key in odd.key has 2047 bits, but only 2048 to 8192 are supported."),
        ("ed448.key", "ed448.key contains an Ed448 key, which Echoscope can't sign with."),
        ("x25519.key", "x25519.key contains an X25519 key, which Echoscope can't sign with."),
        ("k1.key", "k1.key contains an ECDSA secp256k1 key, which Echoscope can't sign with."),
        ("pss.key", "pss.key contains an RSA-PSS key, which Echoscope can't sign with."),
        ("dsa.key", "dsa.key contains a DSA key, which Echoscope can't sign with."),
    ] {
        let error = lab.key_error(name);
        assert!(error.starts_with(what), "{error}");
        assert!(
            error.ends_with("then a new certificate for it: openssl genrsa -out new.key 2048"),
            "{error}"
        );
        assert_eq!(tls::classify(&lab.path(name)).unwrap(), FileRole::Key, "{name}");
    }
}
