//! What can't be made is refused in one line, and nothing is left half-written.

use std::fs;
use std::path::Path;

use echoscope::tls::create::{Field, KeyChoice, Problem, Request, look};
use jiff::Timestamp;

use crate::create_certificate::lab::{Lab, create, one_line, run};
use crate::support::program;

#[test]
fn wrong_values_are_a_wrong_usage() {
    let lab = Lab::new();
    let (long, label) = ("a.".repeat(150), "a".repeat(64));
    let long_common_name = format!("{}test", "a.".repeat(40));
    for (flags, expected) in [
        (["--name", "*..x"], "a dot with nothing before or after it"),
        (["--name", &long], "has 300 characters"),
        (["--name", &label], "more than 63 characters"),
        (["--name", "😀"], "xn-- form"),
        (["--name", "bücher.example"], "xn-- form"),
        (["--name", "-a.b"], "a hyphen at the start or the end"),
        (["--name", "localhost."], "Leave it out: localhost."),
        (["--name", "a.test.."], "none at the ends"),
        (["--name", ""], "common name is empty"),
        (["--name", &long_common_name], "common name has 84 characters"),
        (["--days", "0"], "from 1 to 36,500"),
        (["--days", "100000"], "from 1 to 36,500"),
        (["--days", "-1"], "from 1 to 36,500"),
        (["--days", "99999999999999999999"], "from 1 to 36,500"),
        (["--key", "dsa"], "the kinds are rsa2048"),
        (["--broken", "badly"], "the kinds are expired"),
        (["--headless", "--force"], "--headless"),
    ] {
        let words = one_line(&lab.create(&flags), 2);
        assert!(words.contains(expected), "{flags:?}: {words}");
        assert_eq!(lab.files(), Vec::<String>::new(), "{flags:?}");
    }
}

#[test]
fn a_later_name_is_checked_too() {
    let lab = Lab::new();
    let words = one_line(&lab.create(&["--name", "a.test", "--name", "http://b.test"]), 2);
    assert!(words.contains("only the name or the address"), "{words}");
}

#[test]
fn a_folder_that_cant_be_used_is_told() {
    let lab = Lab::new();
    fs::write(lab.path("file"), "x").unwrap();
    let parent = lab.path("a").join("b");
    for (folder, expected) in [
        (lab.path("file"), "is not a folder"),
        (lab.path("file").join("c"), "file is not a folder"),
        (parent, "can be made new"),
    ] {
        let words = one_line(&create(&folder, &["--key", "p256"]), 1);
        assert!(words.contains(expected), "{}: {words}", folder.display());
    }
    assert_eq!(lab.files(), ["file"]);
}

/// Not even root may make files in /sys.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_cant_be_written_is_told() {
    for folder in ["/sys", "/sys/echoscope"] {
        let words = one_line(&create(Path::new(folder), &["--key", "p256"]), 1);
        assert!(words.contains("Nothing can be written in /sys (permission denied)"), "{words}");
        assert!(words.contains("a folder of your own"), "{words}");
    }
    // There the system says that there is no such folder, of one that everybody sees.
    for folder in ["/proc", "/proc/echoscope"] {
        let words = one_line(&create(Path::new(folder), &["--key", "p256"]), 1);
        let expected = "echoscope: The system lets nobody make files in /proc. Choose a folder of your own.";
        assert_eq!(words, expected);
    }
}

#[test]
fn files_that_are_there_stay_unless_forced() {
    let lab = Lab::new();
    fs::write(lab.path("server.crt"), "mine").unwrap();
    fs::write(lab.path("server.key"), "mine too").unwrap();
    let words = one_line(&lab.create(&["--key", "p256"]), 1);
    assert!(words.contains("server.key and server.crt are in "), "{words}");
    assert!(words.contains("--force"), "{words}");
    assert_eq!(lab.files(), ["server.crt", "server.key"]);
    assert_eq!(fs::read_to_string(lab.path("server.crt")).unwrap(), "mine");
    assert_eq!(lab.create(&["--key", "p256", "--force"]).code, Some(0));
    assert_eq!(lab.files(), ["server.crt", "server.csr", "server.key"]);
    assert!(fs::read_to_string(lab.path("server.key")).unwrap().contains("PRIVATE KEY"));
}

#[test]
fn a_failure_in_the_middle_leaves_nothing() {
    let lab = Lab::new();
    fs::write(lab.path("server.key"), "mine").unwrap();
    fs::create_dir(lab.path("server.crt")).unwrap();
    let words = one_line(&lab.create(&["--key", "p256", "--force", "--signed-by-ca"]), 1);
    assert!(words.contains("server.crt could not be written"), "{words}");
    assert_eq!(lab.files(), ["server.crt", "server.key"]);
    assert_eq!(fs::read_to_string(lab.path("server.key")).unwrap(), "mine");
}

#[test]
fn a_ca_that_cant_sign_is_told() {
    let good = Lab::made(&["--key", "p256", "--signed-by-ca"]);
    let other = Lab::made(&["--key", "p256", "--signed-by-ca"]);
    let copy = |from: &Path, lab: &Lab, name: &str| {
        fs::copy(from, lab.path(name)).unwrap();
    };
    let refused = |lab: &Lab, expected: &str| {
        let before = lab.files();
        let words = one_line(&lab.create(&["--key", "p256", "--signed-by-ca"]), 1);
        assert!(words.contains(expected), "{words}");
        assert_eq!(lab.files(), before);
    };

    let lab = Lab::new();
    copy(&good.path("ca.crt"), &lab, "ca.crt");
    refused(&lab, "ca.key, which signs with it, is missing");
    copy(&other.path("ca.key"), &lab, "ca.key");
    refused(&lab, "ca.key does not fit ca.crt");
    fs::write(lab.path("ca.key"), "nothing of the kind").unwrap();
    refused(&lab, "ca.key holds no private key");

    let lab = Lab::new();
    copy(&good.path("ca.key"), &lab, "ca.key");
    refused(&lab, "its certificate ca.crt is missing");

    let lab = Lab::new();
    copy(&good.path("server.crt"), &lab, "ca.crt");
    copy(&good.path("server.key"), &lab, "ca.key");
    refused(&lab, "not the certificate of an authority");
}

#[test]
fn a_ca_that_has_expired_or_has_an_odd_name_is_told() {
    let Some(openssl) = program("openssl") else { return };
    let lab = Lab::made(&["--key", "p256", "--broken", "expired"]);
    fs::rename(lab.path("server.crt"), lab.path("ca.crt")).unwrap();
    fs::rename(lab.path("server.key"), lab.path("ca.key")).unwrap();
    let words = one_line(&lab.create(&["--signed-by-ca", "--force"]), 1);
    assert!(words.contains("ca.crt is expired since"), "{words}");

    // Two parts of the same kind: rcgen keeps only one, and clients would not find the issuer.
    let lab = Lab::new();
    for line in
        ["genrsa -out ca.key 2048", "req -x509 -new -key ca.key -subj /OU=A/OU=B/CN=Class -out ca.crt"]
    {
        assert_eq!(run(&openssl, lab.folder(), line).code, Some(0));
    }
    let words = one_line(&lab.create(&["--key", "p256", "--signed-by-ca"]), 1);
    assert!(words.contains("unusual kind"), "{words}");
    assert_eq!(lab.files(), ["ca.crt", "ca.key"]);
}

#[test]
fn help_names_every_flag() {
    let lab = Lab::new();
    let end = lab.create(&["--help"]);
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
fn a_dialog_is_told_beforehand_what_will_happen() {
    let lab = Lab::new();
    let now = Timestamp::now();
    let request = |folder: &Path| Request {
        folder: folder.to_owned(),
        key: KeyChoice::P256,
        signed_by_ca: true,
        ..Request::default()
    };
    let found = look(&request(&lab.path("new")), now);
    assert!(found.problems.is_empty() && found.makes_folder && found.makes_ca, "{found:?}");
    assert_eq!(lab.files(), Vec::<String>::new(), "looking has left something");

    let lab = Lab::made(&["--key", "p256", "--signed-by-ca"]);
    let found = look(&request(lab.folder()), now);
    assert!(found.problems.is_empty() && !found.makes_folder && !found.makes_ca, "{found:?}");
    assert_eq!(found.existing, ["server.key", "server.csr", "server.crt"]);

    fs::remove_file(lab.path("ca.key")).unwrap();
    let wrong = Request { days: 0, ..request(lab.folder()) };
    let fields: Vec<_> = look(&wrong, now).problems.iter().map(Problem::field).collect();
    assert_eq!(fields, [Field::Days, Field::Ca]);
}
