//! Cases that confused first-time users: stale notices, rows that move away from the pointer, dead ends.

use std::net::{SocketAddr, TcpListener};

use echoscope::settings::Settings;
use egui::accesskit::Toggled;
use egui::{Event, Key, Modifiers, PointerButton, Role};
use egui_kittest::kittest::{NodeT, Queryable};

use crate::basics::{connect, echo};
use crate::harness::Window;

#[test]
fn start_error_is_shown_until_the_form_changes() {
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = busy.local_addr().unwrap().port();
    let mut window =
        Window::with_settings(Settings { host: "127.0.0.1".to_owned(), port, ..Settings::default() });
    window.click("Start server");
    window.wait_until_shown("Can't start: ");
    assert!(window.shows("Use a free port"));
    window.fill("Port", "0");
    assert!(!window.shows("Can't start") && window.shows("Stopped"));
    assert!(
        !window.shows("Stop that program, or") || window.row_count() == 1,
        "only the log still has the error"
    );
    assert!(!window.shows("Use a free port"));
}

#[test]
fn notice_about_the_server_disappears_when_it_stops() {
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = busy.local_addr().unwrap().port();
    let mut window = Window::with_settings(Settings { port, ..Settings::default() });
    window.click("Start server");
    window.wait_until_shown("Stop server");
    if !matches!(window.address(), SocketAddr::V6(_)) {
        return; // No IPv6 here: then localhost has one address, and the start fails.
    }
    window.wait_until_shown("Listening, but not on every address");
    // Another socket listens on 127.0.0.1, so clients must not connect there.
    let line = &window.app().try_it()[0].line;
    assert!(line.contains("::1") && !line.contains("localhost"), "{line}");
    window.click("Client");
    let host = window.0.get_by_role_and_label(Role::TextInput, "Host to connect to").value();
    assert_eq!(host.as_deref(), Some("::1"), "the client connects to the other program");
    window.click("Stop server");
    window.wait_until_shown("Start server");
    assert!(!window.shows("Dismiss"));
}

#[test]
fn command_to_try_needs_valid_settings() {
    let mut window = Window::with_settings(Settings { port: 4711, ..Settings::default() });
    // The command uses a program that is usually installed.
    let line = if cfg!(windows) { "curl.exe telnet://localhost:4711" } else { "nc localhost 4711" };
    assert!(window.shows(line));
    window.fill("Backlog", "x");
    assert!(!window.shows(line) && window.shows("Correct the settings to see a command."));
    window.fill("Backlog", "5");
    window.0.get_by_role_and_label(Role::Switch, "TLS").click();
    window.0.run();
    let line = if cfg!(windows) { "https://localhost:4711" } else { "-connect localhost:4711" };
    assert!(window.shows(line) && !window.shows("-CAfile"));
}

#[test]
fn press_selects_the_row_under_the_pointer_and_stops_following() {
    let mut window = Window::open();
    let address = window.start();
    let mut client = connect(address);
    for number in 0..100 {
        echo(&mut client, format!("line {number:03}").as_bytes());
    }
    window.wait_until_shown("b'line 099'");
    let at = window.0.get_by_label_contains("Received: b'line 090'").rect().center();
    window.0.event(Event::PointerMoved(at));
    window.0.step();
    let press = |pressed| Event::PointerButton {
        pos: at,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    // More entries arrive before the next frame than fit in the window.
    for _ in 0..60 {
        echo(&mut client, b"flood");
    }
    window.0.event(press(true));
    window.0.step();
    window.wait_until_shown("new entries ↓");
    window.0.event(press(false));
    window.0.run();
    let row = window.0.get_by_label_contains("Received: b'line 090'");
    assert!((row.rect().center().y - at.y).abs() < 1.0, "the row moved away from the pointer");
    window.0.event(Event::Copy);
    window.0.step();
    assert!(window.copied().expect("one entry was copied").ends_with("b'line 090'"));
}

#[test]
fn escape_and_the_cross_clear_the_filter() {
    let mut window = Window::open();
    window.start();
    assert!(!window.shows("Clear the filter"));
    window.fill("Filter", "nothing like it");
    assert!(window.shows("No entry matches the filter"));
    window.0.key_press(Key::Escape);
    window.0.run();
    assert!(!window.shows("No entry matches the filter"));
    let filter = window.0.get_by_role_and_label(Role::TextInput, "Filter");
    assert!(filter.is_focused() && filter.value().is_none_or(|text| text.is_empty()));
    window.0.key_press(Key::Escape);
    window.0.run();
    assert!(!window.0.get_by_role_and_label(Role::TextInput, "Filter").is_focused());
    window.fill("Filter", "nothing like it");
    window.click("Clear the filter");
    assert!(!window.shows("No entry matches the filter"));
}

#[test]
fn start_with_an_invalid_field_focuses_it() {
    let mut window = Window::open();
    window.click("More: recv size, limits, timeouts");
    window.fill("Idle timeout", "soon");
    window.click("More: recv size, limits, timeouts");
    let idle = window.0.query_by_role_and_label(Role::TextInput, "Idle timeout");
    assert!(idle.is_none(), "an error doesn't keep the section open");
    window.0.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    window.0.run();
    assert!(window.0.get_by_role_and_label(Role::TextInput, "Idle timeout").is_focused());
    window.fill("Idle timeout", "0");
    window.0.get_by_role_and_label(Role::Switch, "TLS").click();
    window.0.run();
    window.0.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    window.0.run();
    assert!(window.0.get_by_role_and_label(Role::TextInput, "server.crt").is_focused());
}

#[test]
fn start_makes_the_log_follow() {
    let mut window = Window::with_settings(Settings::default());
    let follows =
        |window: &Window| window.0.get_by_label("Follow").accesskit_node().toggled() == Some(Toggled::True);
    window.start();
    window.click("Follow");
    assert!(!follows(&window));
    window.click("Stop server");
    window.wait_until_shown("Start server");
    assert!(!follows(&window), "a stop leaves the log's position");
    window.click("Start server");
    assert!(follows(&window));
}
