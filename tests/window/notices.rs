//! Notices and what they offer: the toast and its place, *Undo* after *Clear*, and the prompt that saves a file.

use std::sync::Arc;

use echoscope::settings::Settings;
use egui::{Key, Modifiers, Rect, Role};
use egui_kittest::kittest::Queryable;

use crate::basics::{Dropped, connect, echo};
use crate::harness::Window;

const PROMPT: &str = "No file dialog is available, so type the path.";

fn drop_file(window: &mut Window, path: &str) {
    window.0.input_mut().dropped_files.push(Arc::new(Dropped(path.into())));
    window.0.step();
}

fn rect(window: &Window, role: Role, name: &str) -> Rect {
    window.0.get_by_role_and_label(role, name).rect()
}

#[test]
fn toast_moves_nothing_and_covers_no_field() {
    let mut window = Window::with_settings(Settings { host: "127.0.0.1".to_owned(), ..Settings::default() });
    window.start();
    let controls = [
        (Key::Num2, Role::TextInput, "Filter"),
        (Key::Num3, Role::TextInput, "Host to connect to"),
        (Key::Num3, Role::TextInput, "Text to send"),
        (Key::Num3, Role::Button, "Connect"),
    ];
    let places = |window: &mut Window| {
        controls.map(|(tab, role, name)| {
            window.0.key_press_modifiers(Modifiers::COMMAND, tab);
            window.run();
            let place = rect(window, role, name);
            let toast = window.0.query_by_label("Dismiss").map(|button| button.rect());
            assert!(toast.is_none_or(|toast| !toast.intersects(place)), "the toast covers {name}");
            place
        })
    };
    let before = places(&mut window);
    drop_file(&mut window, "/no/such/file");
    window.wait_until_shown("Dismiss");
    assert_eq!(places(&mut window), before);
    let status = window.0.get_by_label_contains("0 clients now").rect();
    let toast = window.0.get_by_label("Dismiss").rect();
    assert!(toast.bottom() < status.top(), "{toast} covers the status bar at {status}");
}

#[test]
fn success_removes_the_error_about_the_same_action() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("mine.pem");
    std::fs::write(&key, rcgen::KeyPair::generate().unwrap().serialize_pem()).unwrap();
    let mut window = Window::open();
    drop_file(&mut window, "/no/such/file");
    window.wait_until_shown("Dismiss");
    drop_file(&mut window, &key.to_string_lossy());
    window.wait_until("the end of the error", |window| window.query_by_label("Dismiss").is_none());
}

#[test]
fn cleared_log_is_restored() {
    let mut window = Window::open();
    let mut client = connect(window.start());
    echo(&mut client, b"before");
    window.wait_until_shown("Received: b'before'");
    window.0.key_press_modifiers(Modifiers::COMMAND, Key::L);
    window.run();
    assert!(!window.shows("b'before'") && window.shows("The log was cleared"));
    echo(&mut client, b"after");
    window.wait_until_shown("Received: b'after'");
    window.click("Undo");
    assert!(!window.shows("Undo"));
    window.wait_until_shown("Received: b'before'");
    assert!(window.shows("Received: b'after'"));
    window.click("Clear");
    assert!(!window.shows("b'before'"));
    window.0.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    window.run();
    window.wait_until_shown("Received: b'before'");
    assert!(window.app().log().iter().map(|entry| entry.number).eq(0..window.app().log().next_number()));
}

#[test]
fn notice_of_a_success_disappears_by_itself() {
    let mut window = Window::open();
    window.start();
    window.click("Clear");
    assert!(window.shows("Undo"));
    for _ in 0..400 {
        // Each step is a quarter of a second.
        window.0.step();
        if !window.shows("Undo") {
            window.0.key_press_modifiers(Modifiers::COMMAND, Key::Z);
            window.run();
            assert!(window.app().log().is_empty(), "the entries are gone with the notice");
            return;
        }
    }
    panic!("the notice stays");
}

/// Opens the prompt that saves the log, and types a path.
fn save_log(window: &mut Window, path: &str) {
    window.0.key_press_modifiers(Modifiers::COMMAND, Key::S);
    window.wait_until_shown("type the path");
    window.fill(PROMPT, path);
    window.press(Key::Enter);
}

#[test]
fn prompt_asks_before_it_replaces_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.txt");
    std::fs::write(&path, "my notes").unwrap();
    let mut window = Window::open();
    window.start();
    save_log(&mut window, &path.to_string_lossy());
    window.wait_until_shown("log.txt already exists. Replace it?");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "my notes");
    window.click("Replace");
    window.wait_until_shown("The log (");
    assert!(!window.shows("type the path"));
    assert!(std::fs::read_to_string(&path).unwrap().contains("Starting server"));
}

#[test]
fn prompt_stays_open_with_the_error_if_saving_fails() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::open();
    window.start();
    let missing = folder.path().join("missing").join("log.txt");
    save_log(&mut window, &missing.to_string_lossy());
    window.wait_until_shown("Can't save the log to");
    assert!(window.shows("type the path") && !window.shows("Dismiss"), "the error is in the prompt only");
    let typed = window.0.get_by_role_and_label(Role::TextInput, PROMPT).value();
    assert_eq!(typed.as_deref(), Some(&*missing.to_string_lossy()), "the path is still there to correct");
    let path = folder.path().join("log.txt");
    window.fill(PROMPT, &path.to_string_lossy());
    assert!(!window.shows("Can't save"));
    window.press(Key::Enter);
    window.wait_until_shown("The log (");
    assert!(!window.shows("type the path") && path.exists());
}

#[test]
fn error_that_was_read_in_the_prompt_is_not_shown_again() {
    let mut window = Window::open();
    window.start();
    save_log(&mut window, "/no/such/folder/log.txt");
    window.wait_until_shown("Can't save the log to");
    window.fill(PROMPT, "/another/path");
    window.press(Key::Escape);
    assert!(!window.shows("type the path") && !window.shows("Can't save"));
}
