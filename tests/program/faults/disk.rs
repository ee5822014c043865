//! The disk is full while the log or the settings are saved: that is reported, no incomplete file remains, and the old
//! file is unchanged.
//!
//! The full disk is a small file system, if the test may mount one (as root, in a mount namespace). Without root, a
//! limit on the file size has the same effect. Both apply to a whole process, so the test runs this program again under
//! them.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use echoscope::app::ExportFormat;
use echoscope::app::{App, Command as Order, Options};
use echoscope::server::event::{Event, EventKind};
use echoscope::settings::Setting;
use echoscope::settings::Settings;
use echoscope::settings::settings_file::{self, OnBrokenFile, SettingsFile};

use crate::support::running::wait_for;
use crate::support::{finish, program};

/// The environment variable with the folder for the inner test.
const FOLDER: &str = "ECHOSCOPE_FULL_DISK";

/// Runs the test `within` of this program in a shell that first runs `preparation`.
fn start_within(preparation: &str, folder: &Path) -> crate::support::Finished {
    let mut command = Command::new("sh");
    let line = format!(r#"{preparation}; exec "$0" "$@""#);
    command
        .args(["-c", &line])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "faults::disk::within", "--ignored", "--nocapture"])
        .env(FOLDER, folder);
    finish(command)
}

#[track_caller]
fn assert_passed(end: &crate::support::Finished, expected: &str) {
    assert_eq!(end.code, Some(0), "{end:#?}");
    assert!(end.stdout.contains("1 passed"), "{end:#?}");
    assert!(end.stdout.contains(expected), "{expected:?} was not reported: {end:#?}");
}

#[test]
fn full_disk_is_reported() {
    if program("unshare").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mount = format!("mount -t tmpfs -o size=64k full '{}'", folder.path().display());
    let mut attempt = Command::new("unshare");
    attempt.args(["-m", "sh", "-c", &mount]);
    if finish(attempt).code != Some(0) {
        eprintln!("skipped: no file system can be mounted here");
        return;
    }
    let mut command = Command::new("unshare");
    let line = format!(r#"{mount} && exec "$0" "$@""#);
    command
        .args(["-m", "sh", "-c", &line])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "faults::disk::within", "--ignored", "--nocapture"])
        .env(FOLDER, folder.path());
    assert_passed(&finish(command), "No space left on device");
}

#[test]
fn file_size_limit_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    // Without the trap, the signal XFSZ would end the program before the write could fail (setrlimit(2)). The limit
    // is in blocks of 512 bytes.
    assert_passed(&start_within("trap '' XFSZ; ulimit -f 32", folder.path()), "File too large");
}

fn poll_until(app: &mut App, what: &str, mut done: impl FnMut(&App) -> bool) {
    wait_for(what, || {
        app.poll();
        done(app)
    });
}

fn files_in(folder: &Path) -> Vec<String> {
    let mut names = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect::<Vec<_>>();
    names.sort();
    names
}

#[test]
#[ignore = "the two tests above start it where the disk is small"]
fn within() {
    let folder = std::env::var_os(FOLDER).expect("it is started by the tests above");
    let folder = Path::new(&folder);
    let (settings_file, log) = (folder.join("settings.toml"), folder.join("log.txt"));
    let before = Settings { port: 4711, ..Settings::default() };
    let mut file = SettingsFile::new(settings_file.clone(), Settings::default());
    file.save(&before).unwrap();
    fs::write(&log, "an older log\n").unwrap();
    let old_settings = fs::read(&settings_file).unwrap();
    let options = Options { settings_file: Some(file), ..Options::default() };
    // The log has several hundred KiB.
    let entries = (0..4000).map(|number| {
        let text = format!("{number}: {}", "long ".repeat(20));
        Event { at: SystemTime::now(), client: None, kind: EventKind::Note { text, problem: false } }
    });
    let mut app = App::with_log(before.clone(), options, entries);
    for format in [ExportFormat::Text, ExportFormat::JsonLines] {
        app.apply(Order::DismissNotice);
        app.apply(Order::SaveLog { path: log.clone(), format });
        poll_until(&mut app, "the failure", |app| app.notice().is_some());
        let notice = app.notice().unwrap().clone();
        println!("{}", notice.text);
        assert!(notice.problem && notice.text.starts_with("Can't save the log to "), "{notice:?}");
        assert!(!notice.text.contains("os error"), "{notice:?}");
        assert!(fs::read(&log).unwrap() == b"an older log\n", "the old log was changed");
        assert_eq!(files_in(folder), ["log.txt", "settings.toml"], "something half-written stayed");
    }

    // A file fills the disk, and the settings need more than the remaining space.
    let filler = folder.join("filler");
    let _ = fs::write(&filler, vec![0; 1 << 20]);
    let names = files_in(folder);
    let endless = "very-long-name/".repeat(2000);
    app.apply(Order::DismissNotice);
    app.apply(Order::Set(Setting::Certificate, endless));
    poll_until(&mut app, "the failure", |app| app.notice().is_some());
    let notice = app.notice().unwrap().clone();
    println!("{}", notice.text);
    assert!(notice.problem && notice.text.starts_with("Can't save the settings to "), "{notice:?}");
    assert!(fs::read(&settings_file).unwrap() == old_settings, "the old settings were changed");
    assert_eq!(files_in(folder), names, "something half-written stayed");
    assert_eq!(settings_file::load(&settings_file, OnBrokenFile::Keep).settings, before);

    // When there is space again, the last change is saved.
    fs::remove_file(&filler).unwrap();
    app.apply(Order::Set(Setting::Certificate, "short.crt".to_owned()));
    drop(app);
    assert_eq!(
        settings_file::load(&settings_file, OnBrokenFile::Keep).settings.certificate,
        Path::new("short.crt")
    );
}
