//! Invalid input is rejected in one line, and nothing is left half-written.

use std::fs;
use std::path::Path;

use echoscope::tls::create::{CertificateSpec, KeyChoice, SpecField, SpecProblem, preflight};
use jiff::Timestamp;

use crate::create_certificate::test_folder::{TestFolder, create, one_line, run};
use crate::support::program;

#[test]
fn invalid_values_are_usage_errors() {
    let folder = TestFolder::new();
    let (long, label) = ("a.".repeat(150), "a".repeat(64));
    let long_common_name = format!("{}test", "a.".repeat(40));
    for (flags, expected) in [
        (["--name", "*..x"], "an extra dot or hyphen"),
        (["--name", &long], "at most 253 characters"),
        (["--name", &label], "at most 63 between"),
        (["--name", "😀"], "xn-- form"),
        (["--name", "bücher.example"], "xn-- form"),
        (["--name", "-a.b"], "an extra dot or hyphen"),
        (["--name", "localhost."], "an extra dot or hyphen"),
        (["--name", "a.test.."], "an extra dot or hyphen"),
        (["--name", ""], "common name is empty"),
        (["--name", &long_common_name], "common name has 84 characters"),
        (["--days", "0"], "from 1 to 36,500"),
        (["--days", "100000"], "from 1 to 36,500"),
        (["--days", "-1"], "from 1 to 36,500"),
        (["--days", "99999999999999999999"], "from 1 to 36,500"),
        (["--key", "dsa"], "possible values: rsa2048"),
        (["--broken", "badly"], "possible values: expired"),
        (["--headless", "--force"], "--headless"),
    ] {
        let message = one_line(&folder.create(&flags), 2);
        assert!(message.contains(expected), "{flags:?}: {message}");
        assert_eq!(folder.files(), Vec::<String>::new(), "{flags:?}");
    }
}

#[test]
fn every_name_is_checked() {
    let folder = TestFolder::new();
    let message = one_line(&folder.create(&["--name", "a.test", "--name", "http://b.test"]), 2);
    assert!(message.contains("Remove http://"), "{message}");
}

#[test]
fn an_unusable_folder_is_reported() {
    let folder = TestFolder::new();
    fs::write(folder.path("file"), "x").unwrap();
    let parent = folder.path("a").join("b");
    for (folder, expected) in [
        (folder.path("file"), "is not a folder"),
        (folder.path("file").join("c"), "file is not a folder"),
        (parent, "creates only its last folder"),
    ] {
        let message = one_line(&create(&folder, &["--key", "p256"]), 1);
        assert!(message.contains(expected), "{}: {message}", folder.display());
    }
    assert_eq!(folder.files(), ["file"]);
}

/// Not even root may create files in /sys.
#[cfg(target_os = "linux")]
#[test]
fn a_read_only_folder_is_reported() {
    for folder in ["/sys", "/sys/echoscope"] {
        let message = one_line(&create(Path::new(folder), &["--key", "p256"]), 1);
        assert!(message.contains("Can't write to /sys (permission denied)"), "{message}");
        assert!(message.contains("a folder of your own"), "{message}");
    }
    // In /proc the OS reports ENOENT, though the folder exists.
    for folder in ["/proc", "/proc/echoscope"] {
        let message = one_line(&create(Path::new(folder), &["--key", "p256"]), 1);
        let expected = "echoscope: Can't write to /proc. Choose a folder of your own.";
        assert_eq!(message, expected);
    }
}

#[test]
fn existing_files_are_only_replaced_with_force() {
    let folder = TestFolder::new();
    fs::write(folder.path("server.crt"), "mine").unwrap();
    fs::write(folder.path("server.key"), "mine too").unwrap();
    let message = one_line(&folder.create(&["--key", "p256"]), 1);
    assert!(message.contains("server.key and server.crt already exist in "), "{message}");
    assert!(message.contains("--force"), "{message}");
    assert_eq!(folder.files(), ["server.crt", "server.key"]);
    assert_eq!(fs::read_to_string(folder.path("server.crt")).unwrap(), "mine");
    assert_eq!(folder.create(&["--key", "p256", "--force"]).code, Some(0));
    assert_eq!(folder.files(), ["server.crt", "server.csr", "server.key"]);
    assert!(fs::read_to_string(folder.path("server.key")).unwrap().contains("PRIVATE KEY"));
}

#[test]
fn a_failure_while_writing_restores_the_folder() {
    let folder = TestFolder::new();
    fs::write(folder.path("server.key"), "mine").unwrap();
    fs::create_dir(folder.path("server.crt")).unwrap();
    let message = one_line(&folder.create(&["--key", "p256", "--force", "--signed-by-ca"]), 1);
    assert!(message.contains("Can't write server.crt"), "{message}");
    assert_eq!(folder.files(), ["server.crt", "server.key"]);
    assert_eq!(fs::read_to_string(folder.path("server.key")).unwrap(), "mine");
}

#[test]
fn an_unusable_ca_is_reported() {
    let good = TestFolder::with_certificate(&["--key", "p256", "--signed-by-ca"]);
    let other = TestFolder::with_certificate(&["--key", "p256", "--signed-by-ca"]);
    let copy = |from: &Path, folder: &TestFolder, name: &str| {
        fs::copy(from, folder.path(name)).unwrap();
    };
    let refused = |folder: &TestFolder, expected: &str| {
        let before = folder.files();
        let message = one_line(&folder.create(&["--key", "p256", "--signed-by-ca"]), 1);
        assert!(message.contains(expected), "{message}");
        assert_eq!(folder.files(), before);
    };

    let folder = TestFolder::new();
    copy(&good.path("ca.crt"), &folder, "ca.crt");
    refused(&folder, "contains ca.crt but no ca.key");
    copy(&other.path("ca.key"), &folder, "ca.key");
    refused(&folder, "ca.key doesn't match ca.crt");
    fs::write(folder.path("ca.key"), "nothing of the kind").unwrap();
    refused(&folder, "ca.key contains no private key");

    let folder = TestFolder::new();
    copy(&good.path("ca.key"), &folder, "ca.key");
    refused(&folder, "contains ca.key but no ca.crt");

    let folder = TestFolder::new();
    copy(&good.path("server.crt"), &folder, "ca.crt");
    copy(&good.path("server.key"), &folder, "ca.key");
    refused(&folder, "not a CA's certificate");
}

#[test]
fn an_expired_or_unusual_ca_is_reported() {
    let Some(openssl) = program("openssl") else { return };
    let folder = TestFolder::with_certificate(&["--key", "p256", "--broken", "expired"]);
    fs::rename(folder.path("server.crt"), folder.path("ca.crt")).unwrap();
    fs::rename(folder.path("server.key"), folder.path("ca.key")).unwrap();
    let message = one_line(&folder.create(&["--signed-by-ca", "--force"]), 1);
    assert!(message.contains("ca.crt is not valid now (expired on"), "{message}");

    // rcgen keeps only one of two name parts of the same type, so clients wouldn't find the issuer.
    let folder = TestFolder::new();
    for line in
        ["genrsa -out ca.key 2048", "req -x509 -new -key ca.key -subj /OU=A/OU=B/CN=Class -out ca.crt"]
    {
        assert_eq!(run(&openssl, folder.folder(), line).code, Some(0));
    }
    let message = one_line(&folder.create(&["--key", "p256", "--signed-by-ca"]), 1);
    assert!(message.contains("name or key is unusual"), "{message}");
    assert_eq!(folder.files(), ["ca.crt", "ca.key"]);
}

#[test]
fn help_lists_every_flag() {
    let folder = TestFolder::new();
    let end = folder.create(&["--help"]);
    assert_eq!((end.code, end.stderr.as_str()), (Some(0), ""));
    for flag in [
        "--out",
        "--name",
        "--days",
        "--key",
        "--signed-by-ca",
        "--broken",
        "--force",
        "--show-commands",
        "365",
        "intermediate.crt",
    ] {
        assert!(end.stdout.contains(flag), "{flag}\n{}", end.stdout);
    }
}

#[test]
fn the_preflight_predicts_the_result() {
    let folder = TestFolder::new();
    let now = Timestamp::now();
    let request = |folder: &Path| CertificateSpec {
        folder: folder.to_owned(),
        key: KeyChoice::P256,
        signed_by_ca: true,
        ..CertificateSpec::default()
    };
    let found = preflight(&request(&folder.path("new")), now);
    assert!(found.problems.is_empty() && found.creates_folder && found.creates_ca, "{found:?}");
    assert_eq!(folder.files(), Vec::<String>::new(), "the preflight left something");

    let folder = TestFolder::with_certificate(&["--key", "p256", "--signed-by-ca"]);
    let found = preflight(&request(folder.folder()), now);
    assert!(found.problems.is_empty() && !found.creates_folder && !found.creates_ca, "{found:?}");
    assert_eq!(found.existing, ["server.key", "server.csr", "server.crt"]);

    fs::remove_file(folder.path("ca.key")).unwrap();
    let wrong = CertificateSpec { days: 0, ..request(folder.folder()) };
    let fields: Vec<_> = preflight(&wrong, now).problems.iter().map(SpecProblem::field).collect();
    assert_eq!(fields, [SpecField::Days, SpecField::Ca]);
}
