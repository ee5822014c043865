//! The notice about crash reports of earlier runs, and the dialog that it opens.

use std::fs;
use std::path::{Path, PathBuf};

use echoscope::app::Options;
use echoscope::settings::Settings;
use echoscope::settings::settings_file::{self, OnBrokenFile, SettingsFile};
use egui::Key;
use egui_kittest::kittest::Queryable;

use crate::harness::{PressMode, Window};

const NOTICE: &str = "A bug in Echoscope left a crash report.";

fn write_report(folder: &Path, time: &str, text: &str) -> PathBuf {
    let path = folder.join(format!("echoscope-crash-{time}-1.txt"));
    fs::write(&path, text).unwrap();
    path
}

/// Opens a window that loads and saves its settings in this folder.
fn open(folder: &Path, size: [f32; 2]) -> Window {
    let path = folder.join("settings.toml");
    let settings = settings_file::load(&path, OnBrokenFile::Keep).settings;
    let file = SettingsFile::new(path, settings.clone());
    let crash_folder = Some(folder.to_owned());
    let options = Options { settings_file: Some(file), crash_folder, ..Options::default() };
    Window::with_options(Settings { start_screen: false, ..settings }, size, PressMode::Reader, options)
}

#[test]
fn new_report_is_shown_copied_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let path = write_report(folder.path(), "2026-01-05T11-00-00", "Message: a bug\n");
    for size in [[1180.0, 760.0], [720.0, 480.0]] {
        let mut window = open(folder.path(), size);
        if size[0] < 1000.0 {
            // The first window has reported the old one.
            write_report(folder.path(), "2026-01-05T12-00-00", "Message: a bug\n");
            window = open(folder.path(), size);
        }
        window.wait_until_shown(NOTICE);
        window.0.get_by_label("Copy").click_accesskit();
        window.0.step();
        assert_eq!(window.copied().as_deref(), Some("Message: a bug"));
        window.wait_until_shown("The crash report was copied.");
        for _ in 0..100 {
            window.0.step();
        }
        assert!(window.shows(NOTICE), "it doesn't expire");
        window.click("Show");
        assert!(window.shows("Message: a bug") && window.shows("echoscope-crash-2026-01-05T1"));
        window.press(Key::Escape);
        assert!(!window.shows("Message: a bug") && window.shows(NOTICE));
    }
    assert!(path.exists(), "a report stays until it is deleted");
}

#[test]
fn deleting_in_the_notice_or_in_the_dialog_deletes_the_files_that_were_shown() {
    for in_dialog in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["05", "06"].map(|day| {
            write_report(folder.path(), &format!("2026-01-{day}T11-00-00"), &format!("bug of day {day}"))
        });
        let mut window = open(folder.path(), [1180.0, 760.0]);
        window.wait_until_shown("Bugs in Echoscope left 2 crash reports.");
        assert!(paths.iter().all(|path| path.exists()));
        if in_dialog {
            window.click("Show");
            assert!(window.shows("bug of day 06\n\nbug of day 05"), "the newest is the first");
            let buttons = window.0.get_all_by_label("Delete");
            // The other one is in the notice at the bottom.
            buttons
                .min_by(|one, other| one.rect().top().total_cmp(&other.rect().top()))
                .unwrap()
                .click_accesskit();
            window.run();
            assert!(!window.shows("bug of day"));
        } else {
            window.click("Delete");
        }
        assert!(!window.shows("crash report"));
        window.wait_until("the files to be deleted", |_| paths.iter().all(|path| !path.exists()));
    }
}

#[test]
fn report_is_announced_once() {
    let folder = tempfile::tempdir().unwrap();
    write_report(folder.path(), "2026-01-05T11-00-00", "first");
    let mut window = open(folder.path(), [1180.0, 760.0]);
    window.wait_until_shown(NOTICE);
    window.click("Dismiss");
    assert!(!window.shows(NOTICE));
    // Saves the settings.
    drop(window);
    write_report(folder.path(), "2026-01-05T12-00-00", "second");
    let mut window = open(folder.path(), [1180.0, 760.0]);
    window.wait_until_shown(NOTICE);
    window.click("Show");
    assert!(window.shows("second") && !window.shows("first"));
    drop(window);
    let window = open(folder.path(), [1180.0, 760.0]);
    // With a notice, the thread would be gone after its update.
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(window.app().notice().is_none());
}
