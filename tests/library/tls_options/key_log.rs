//! The key log: tshark decrypts a capture with it.

use std::fs;

use crate::support::running::wait_for;
use crate::support::tshark::Tshark;
use crate::tls_options::lab::Lab;

#[test]
fn tshark_decrypts_a_capture_with_the_key_log() {
    for (flag, secret) in [("-tls1_3", "SERVER_TRAFFIC_SECRET_0"), ("-tls1_2", "CLIENT_RANDOM")] {
        let Some(tshark) = Tshark::tls() else { return };
        let lab = Lab::start("--key-log FOLDER/keys.log --capture FOLDER/a.pcapng");
        let note = lab.wait_until("note");
        assert!(note["text"].as_str().unwrap().contains("can decrypt a recording"), "{note}");
        let (keys, capture) = (lab.path("keys.log"), lab.path("a.pcapng"));
        let Some(output) = lab.openssl(flag) else { return };
        assert!(output.echoed, "{}", output.text);
        lab.visit();
        assert!(fs::read_to_string(&keys).unwrap().contains(secret));
        // The file is written a few milliseconds later.
        wait_for("the FIN", || !tshark.fields(&capture, "tcp.flags.fin == 1", &["tcp.seq"]).is_empty());
        assert_eq!(tshark.follow(&capture, 0), [b""; 2], "{flag}: it was not encrypted");
        let decrypted = tshark.with_keys(&keys).follow(&capture, 0);
        for side in decrypted {
            assert!(String::from_utf8_lossy(&side).contains("Hello from openssl"), "{flag}: {side:?}");
        }
    }
}

#[test]
fn the_key_log_is_private_and_only_written_on_request() {
    let lab = Lab::start("--key-log FOLDER/keys.log");
    let Some(_) = lab.python(crate::tls_options::lab::version("1.3")) else { return };
    lab.visit();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(lab.path("keys.log")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let text = fs::read_to_string(lab.path("keys.log")).unwrap();
    assert!(text.lines().count() >= 4, "{text}");
    let mut lab = lab;
    lab.serve("");
    lab.python(crate::tls_options::lab::version("1.3")).unwrap();
    lab.visit();
    assert_eq!(fs::read_to_string(lab.path("keys.log")).unwrap(), text);
}
