//! Notices and what they offer: the toast and its place, *Undo* after *Clear*, and the prompt that saves a file.

use std::sync::Arc;

use echoscope::settings::Settings;
use egui::{Event, Key, Modifiers, Role, vec2};
use egui_kittest::kittest::Queryable;

use crate::basics::{Dropped, connect, echo};
use crate::harness::{PressMode, Window};
use crate::parts::{Part, parts, resize};

const PROMPT: &str = "No file dialog is available, so type the path.";

fn drop_file(window: &mut Window, path: &str) {
    window.0.input_mut().dropped_files.push(Arc::new(Dropped(path.into())));
    window.0.step();
}

#[test]
fn toast_moves_nothing_and_is_in_view_in_each_tab_with_a_lesson() {
    for (size, zoom) in [([1180.0, 760.0], 1.0), ([720.0, 480.0], 1.0), ([720.0, 480.0], 1.5)] {
        let settings = Settings { host: "127.0.0.1".to_owned(), ..Settings::default() };
        let mut window = Window::new(settings, size, PressMode::Reader);
        resize(&mut window, size, zoom);
        window.click("Lessons");
        window.click("1. Your first echo");
        window.start();
        let controls = |window: &mut Window| {
            [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5].map(|tab| {
                window.0.key_press_modifiers(Modifiers::COMMAND, tab);
                window.run();
                let is_kept = |part: &&Part<'_>| part.acts && part.is_seen() && part.role() == Role::Button;
                let parts = parts(window);
                assert!(parts.iter().any(|part| part.name.contains("0 clients now") && part.is_seen()));
                let toast = parts.iter().find(|part| part.name == "Dismiss");
                let controls = parts.iter().filter(is_kept).map(|part| (part.name.clone(), part.seen));
                (
                    controls.filter(|(name, _)| name != "Dismiss").collect::<Vec<_>>(),
                    toast.map(|part| part.seen),
                )
            })
        };
        let before = controls(&mut window);
        drop_file(
            &mut window,
            "/no/such/file/in/a/folder/with/a/name/so/long/that/the/notice/takes/two/lines",
        );
        window.wait_until_shown("Dismiss");
        for ((before, _), (after, toast)) in before.into_iter().zip(controls(&mut window)) {
            // With zoom, the whole window scrolls to the tab that gets the focus.
            assert!(zoom > 1.0 || before == after, "in {size:?}: {before:?} became {after:?}");
            let toast = toast.expect("the toast is shown in each tab");
            assert!((toast.size() - vec2(26.0, 26.0)).length() < 1.0, "{toast} of the button is in view");
        }
        let notice = window.app().notice().unwrap().text.clone();
        let text = window.0.get_by_label(&notice).rect();
        let room = window.0.ctx.content_rect();
        assert!(room.contains_rect(text) && text.top() > room.bottom() - 36.0, "{text} in {room}");
    }
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

#[test]
fn success_that_a_problem_covers_expires() {
    let mut window = Window::open();
    window.start();
    window.click("Clear");
    assert!(window.shows("Undo"));
    drop_file(&mut window, "/no/such/file");
    window.wait_until("the problem", |window| {
        window.query_by_label("Undo").is_none() && window.query_by_label("Dismiss").is_some()
    });
    for _ in 0..100 {
        // Each step is a quarter of a second.
        window.0.step();
    }
    window.click("Dismiss");
    assert!(!window.shows("Undo") && !window.shows("Dismiss"), "{:?}", window.app().notices());
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
fn enter_pressed_twice_replaces_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.txt");
    std::fs::write(&path, "my notes").unwrap();
    let mut window = Window::open();
    window.start();
    save_log(&mut window, &path.to_string_lossy());
    window.wait_until_shown("log.txt already exists. Replace it?");
    assert!(window.0.get_by_label("Cancel").is_focused());
    window.press(Key::Enter);
    assert!(!window.shows("type the path"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "my notes");
}

#[test]
fn typing_in_the_prompt_replaces_the_suggested_name() {
    let mut window = Window::open();
    window.start();
    window.0.key_press_modifiers(Modifiers::COMMAND, Key::S);
    window.wait_until_shown("type the path");
    window.0.event(Event::Text("friday".to_owned()));
    window.run();
    let typed = window.0.get_by_role_and_label(Role::TextInput, PROMPT).value().unwrap();
    let name = std::path::Path::new(&typed).file_name();
    assert_eq!(name, Some(std::ffi::OsStr::new("friday.txt")), "{typed}");
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
