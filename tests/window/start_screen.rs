//! The start screen, by mouse and by keyboard.

use std::path::Path;

use egui::{Key, Role};
use egui_kittest::kittest::{NodeT, Queryable};

use crate::harness::Window;

const SIZE: [f32; 2] = [1180.0, 760.0];

fn focused(window: &Window) -> String {
    let mut nodes = window.0.root().children_recursive();
    let focused = nodes.find(egui_kittest::Node::is_focused);
    focused.and_then(|node| node.accesskit_node().label()).unwrap_or_default()
}

#[test]
fn two_clicks_send_the_first_echo() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::first_run(SIZE, folder.path());
    window.click("Send an echo");
    window.wait_until_shown("Client 1, connected");
    window.wait_until_enabled("Send");
    window.click("Send");
    window.wait_until_shown("received Hello↵");
    let field = window.0.get_by_role_and_label(Role::TextInput, "Text to send");
    assert!(field.is_focused(), "a click on Send leaves the focus in the field");
    field.type_text("Bye");
    window.run();
    window.press(Key::Enter);
    window.wait_until_shown("received Bye↵");
}

#[test]
fn first_echo_is_a_click_a_text_and_enter_away() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::first_run(SIZE, folder.path());
    assert!(window.shows("See how a network server works"));
    window.click("Send an echo");
    window.wait_until_shown("Client 1, connected");
    assert!(window.0.get_by_role_and_label(Role::TextInput, "Text to send").is_focused());
    window.0.get_by_role_and_label(Role::TextInput, "Text to send").type_text("Hello");
    window.run();
    window.press(Key::Enter);
    window.wait_until_shown("received Hello↵");
    window.click("Log");
    assert!(!window.shows("See how a network server works") && window.shows("Received: b'Hello\\n'"));
}

#[test]
fn keyboard_alone_tries_tls() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::first_run([720.0, 480.0], folder.path());
    assert_eq!(focused(&window), "Send an echo", "Enter is enough for the first step");
    window.press(Key::Tab);
    assert_eq!(focused(&window), "Take a lesson");
    window.press(Key::Tab);
    assert_eq!(focused(&window), "Try TLS");
    window.press(Key::Enter);
    window.wait_until_shown("Client 1, connected");
    assert!(window.app().settings().tls);
    assert!(folder.path().join("server.crt").exists());
}

#[test]
fn lesson_begins_in_place_of_the_start_screen() {
    let mut window = Window::first_run(SIZE, Path::new(""));
    window.press(Key::Tab);
    window.press(Key::Enter);
    assert!(window.shows("Step 1 of 7") && !window.shows("See how a network server works"));
    assert_eq!(focused(&window), "Live", "the Tab key continues from here");
}

#[test]
fn start_screen_can_be_dismissed() {
    let mut window = Window::first_run(SIZE, Path::new(""));
    window.click("Don't show this again");
    assert!(!window.shows("See how a network server works") && window.shows("The server isn't running"));
    assert!(!window.app().settings().start_screen);
}

#[test]
fn first_echo_with_an_invalid_setting_shows_the_setting() {
    let mut window = Window::first_run(SIZE, Path::new(""));
    window.fill("Backlog", "x");
    window.click("Send an echo");
    assert!(window.0.get_by_role_and_label(Role::TextInput, "Backlog").is_focused());
    assert!(window.shows("See how a network server works"), "nothing has happened yet");
}
