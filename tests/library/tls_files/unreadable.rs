//! Files that can't be read or parsed. No message shows a part of a key.

use std::fs;
use std::path::Path;

use echoscope::tls::{self, CertificateFile, FileProblem, FileRole, KeyFile};
use rcgen::PKCS_ECDSA_P256_SHA256;

use crate::tls_files::lab::{Lab, pair};

#[test]
fn a_path_without_a_file_names_the_folder() {
    let lab = Lab::new();
    let folder = lab.0.path().display().to_string();
    assert_eq!(
        lab.certificate_error("server.crt"),
        format!("There is no file server.crt in {folder}. Check the name and the folder.")
    );
    assert_eq!(
        lab.key_error("lab/server.key"),
        "server.key can't be found: there is no folder lab. Check the path."
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

#[test]
fn a_path_that_leads_nowhere_names_the_part_that_is_wrong() {
    let lab = Lab::new();
    let file = lab.write("server.crt", "x");
    let problem = |path: &Path| CertificateFile::read(path).unwrap_err().problem;
    for after in ["server.crt/", "server.crt/x", "server.crt/x/y"] {
        let FileProblem::NotAFolder(found) = problem(&lab.path(after)) else {
            panic!("{after}: {:?}", problem(&lab.path(after)))
        };
        assert_eq!(found, file, "{after}");
    }
    let FileProblem::NoSuchFolder(missing) = problem(&lab.path("a/b/server.crt")) else { panic!() };
    assert_eq!(missing, lab.path("a"));
    assert!(matches!(problem(Path::new("~/server.crt")), FileProblem::Tilde));
    assert!(matches!(problem(Path::new("file:///tmp/server.crt")), FileProblem::Url));
}

#[cfg(unix)]
#[test]
fn links_that_lead_nowhere_are_named() {
    use std::os::unix::fs::symlink;

    let lab = Lab::new();
    symlink("nowhere", lab.path("server.crt")).unwrap();
    symlink("nowhere", lab.path("lab")).unwrap();
    for (path, link) in [("server.crt", "server.crt"), ("lab/server.crt", "lab")] {
        let problem = CertificateFile::read(&lab.path(path)).unwrap_err().problem;
        let FileProblem::DanglingLink { link: found, target } = problem else { panic!("{problem:?}") };
        assert_eq!((found, target.to_str()), (lab.path(link), Some("nowhere")));
    }
}

// The OS has a limit for names and for links; Windows' errors differ.
#[cfg(unix)]
#[test]
fn other_errors_of_the_os_are_shown_as_they_are() {
    let lab = Lab::new();
    std::os::unix::fs::symlink("loop", lab.path("loop")).unwrap();
    for name in ["loop", &"x".repeat(300), "a\0b"] {
        let path = lab.path(name);
        let error = CertificateFile::read(&path).unwrap_err();
        assert!(matches!(error.problem, FileProblem::Unreadable(_)), "{error:?}");
        let reason = echoscope::text::io_error(&fs::File::open(&path).unwrap_err());
        assert!(error.to_string().contains(&reason), "{error}");
        assert!(error.raw().unwrap().contains(&reason), "{error:?}");
    }
}

// The mode makes the file unreadable; files on Windows have no mode.
#[cfg(unix)]
#[test]
fn an_unreadable_file_is_reported() {
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    let lab = Lab::new();
    let path = lab.write("server.key", "x");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&path).is_ok() {
        let _ = writeln!(std::io::stderr(), "skipped: this user may read every file");
        return;
    }
    let error = KeyFile::read(&path).unwrap_err();
    assert!(error.to_string().starts_with("server.key can't be read: permission denied."), "{error}");
    assert!(
        lab.relative_message(&error).ends_with(": sudo install -m 600 -o $USER server.key plain.key"),
        "{error}"
    );
    assert!(error.raw().unwrap().contains("denied"));
}

// On Windows, pipes and devices aren't in folders.
#[cfg(unix)]
#[test]
fn a_pipe_or_a_device_is_never_opened() {
    let device = CertificateFile::read(Path::new("/dev/zero")).unwrap_err();
    assert!(matches!(device.problem, FileProblem::NotOrdinary), "{device}");
    let lab = Lab::new();
    if crate::tls_files::lab::has_program("mkfifo", "--version") {
        lab.run("mkfifo server.key");
        // The pipe has no writer, so opening it would block forever.
        let pipe = KeyFile::read(&lab.path("server.key")).unwrap_err();
        assert!(matches!(pipe.problem, FileProblem::NotOrdinary), "{pipe}");
        assert!(matches!(
            tls::classify(&lab.path("server.key")).unwrap_err().problem,
            FileProblem::NotOrdinary
        ));
    }
}

#[test]
fn files_of_the_wrong_size_are_reported() {
    let lab = Lab::new();
    lab.write("server.crt", "");
    lab.write("server.key", vec![b'x'; 1024 * 1024 * 7 / 2]);
    assert_eq!(
        lab.certificate_error("server.crt"),
        "server.crt is empty. Most likely the command that made it failed: run it again."
    );
    assert_eq!(
        lab.key_error("server.key"),
        "server.key is too large (3.5 MiB) for a private key. Choose a private key file, \
         such as server.key."
    );
}

#[test]
fn messages_name_the_damaged_part() {
    let lab = Lab::new();
    let (certificate, key) = pair(&PKCS_ECDSA_P256_SHA256);
    let (certificate, key) = (certificate.pem(), key.serialize_pem());
    let not_base64 = |text: &str| text.replacen("MI", "M*", 1);
    let no_end = |text: &str| text[..text.find("-----END").unwrap()].to_owned();
    let begin = |text: &str| text.replacen("-----\r\n", "-----", 1).replacen("-----\n", "-----", 1);
    let nonsense = |label: &str| format!("-----BEGIN {label}-----\nSGVsbG8=\n-----END {label}-----\n");

    lab.write("a.crt", not_base64(&certificate));
    lab.write("a.key", not_base64(&key));
    let base64 = "is damaged: it is not base64.";
    assert!(lab.certificate_error("a.crt").starts_with(&format!("The certificate in a.crt {base64}")));
    assert!(lab.key_error("a.key").starts_with(&format!("The private key in a.key {base64}")));

    lab.write("b.crt", no_end(&certificate));
    lab.write("b.key", no_end(&key));
    let end = lab.certificate_error("b.crt");
    assert!(
        end.starts_with("b.crt is cut off: the line -----END CERTIFICATE----- is missing. Copy"),
        "{end}"
    );
    let end = lab.key_error("b.key");
    assert!(
        end.starts_with("b.key is cut off: the line -----END PRIVATE KEY----- is missing. Copy"),
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
    let bad = "is damaged. Copy";
    assert!(lab.certificate_error("d.crt").starts_with(&format!("The certificate in d.crt {bad}")));
    assert!(lab.certificate_error("e.crt").starts_with(&format!("Certificate 2 of 2 in e.crt {bad}")));
    for (name, label) in [("d.key", "PRIVATE KEY"), ("e.key", "RSA PRIVATE KEY"), ("f.key", "EC PRIVATE KEY")]
    {
        lab.write(name, nonsense(label));
        let error = lab.key_error(name);
        let expected = format!("The private key in {name} is damaged.");
        assert!(error.starts_with(&expected), "{error}");
    }
    // A damaged certificate in the same file doesn't affect the key.
    lab.write("both.key", format!("{}{key}", no_end(&certificate)));
    KeyFile::read(&lab.path("both.key")).unwrap();
}

#[test]
fn messages_about_other_files_name_what_is_missing() {
    let lab = Lab::new();
    let text = "is the same in every language\n";
    let other = "-----BEGIN PGP MESSAGE-----\nSGVsbG8=\n-----END PGP MESSAGE-----\n";
    let parameters = "-----BEGIN DH PARAMETERS-----\nSGVsbG8=\n-----END DH PARAMETERS-----\n";
    let binary = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice();
    for (name, content) in [("a", text.as_bytes()), ("b", binary), ("c", parameters.as_bytes()), ("d", b"0")]
    {
        lab.write(name, content);
        for problem in [
            CertificateFile::read(&lab.path(name)).unwrap_err().problem,
            KeyFile::read(&lab.path(name)).unwrap_err().problem,
        ] {
            assert!(matches!(problem, FileProblem::NoneFound), "{name}: {problem:?}");
        }
        let neither = tls::classify(&lab.path(name)).unwrap_err().to_string();
        assert!(
            neither.starts_with(&format!("{name} contains neither a certificate nor a private key.")),
            "{neither}"
        );
    }
    lab.write("mail.asc", other);
    assert_eq!(
        lab.certificate_error("mail.asc"),
        "mail.asc contains “PGP MESSAGE”, not a certificate. Choose a certificate file, such as server.crt."
    );
}

#[test]
fn dropped_files_are_recognized_by_their_content() {
    let lab = Lab::new();
    let (certificate, key) = pair(&PKCS_ECDSA_P256_SHA256);
    for (name, content, role) in [
        ("1", certificate.pem().into_bytes(), FileRole::Certificate),
        ("2", key.serialize_pem().into_bytes(), FileRole::Key),
        ("3", certificate.der().to_vec(), FileRole::Certificate),
        ("4", key.serialize_der(), FileRole::Key),
        ("5", format!("{}{}", key.serialize_pem(), certificate.pem()).into_bytes(), FileRole::Certificate),
        ("6", b"-----BEGIN ENCRYPTED PRIVATE KEY-----".to_vec(), FileRole::Key),
        ("7", b"-----BEGIN OPENSSH PRIVATE KEY-----".to_vec(), FileRole::Key),
    ] {
        assert_eq!(tls::classify(&lab.write(name, content)).unwrap(), role, "{name}");
    }
    assert!(matches!(tls::classify(&lab.path("8")).unwrap_err().problem, FileProblem::NoSuchFile(_)));
    assert!(matches!(tls::classify(lab.0.path()).unwrap_err().problem, FileProblem::Folder));
}

#[test]
fn messages_contain_no_part_of_a_key() {
    let lab = Lab::new();
    let key = pair(&PKCS_ECDSA_P256_SHA256).1.serialize_pem();
    let secret = key.lines().nth(2).unwrap();
    let path = lab.write("server.key", &key);
    let read = KeyFile::read(&path).unwrap();
    assert!(!format!("{read:?}").contains("Signing") && !format!("{read:?}").contains(secret));
    for damaged in [
        key.replacen("-----END", "-----FIN", 1),
        key.replacen('\n', "\n*", 3),
        key.replace("-----\n", "-----").replace("-----\r\n", "-----"),
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
