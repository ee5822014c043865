//! The basic use of the window, with a real server and real sockets but no screen.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use crate::harness::Window;
use echoscope::server::ServerState;
use echoscope::settings::Settings;
use egui::{Event, Key, Modifiers, Role};
use egui_kittest::kittest::{NodeT, Queryable};

impl Window {
    pub(crate) fn can_start(&self) -> bool {
        self.enabled("Start server")
    }

    pub(crate) fn row_count(&self) -> usize {
        self.0.query_all_by_role(Role::ListBoxOption).count()
    }
}

/// Sends bytes and asserts that they come back.
pub(crate) fn echo(client: &mut TcpStream, data: &[u8]) {
    client.write_all(data).unwrap();
    let mut back = vec![0; data.len()];
    client.read_exact(&mut back).unwrap();
    assert_eq!(back, data);
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let client = TcpStream::connect(address).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    client
}

#[test]
fn client_is_served_shown_and_disconnected() {
    let mut window = Window::open();
    assert!(window.shows("Nothing has happened yet") && window.shows("Stopped"));
    let address = window.start();
    let mut client = connect(address);
    echo(&mut client, b"Hello\n");
    window.wait_until_shown("Received: b'Hello\\n'");
    window.wait_until_shown("1 client now, 1 total");
    window.0.get_by_label_contains("Received: b'Hello").click();
    window.0.run();
    assert!(window.shows("recv() returned 6 bytes"), "the details show the selected entry");
    window.click("Live");
    window.click("List of connections");
    assert!(window.shows("Disconnect #1"));
    window.click("Disconnect #1");
    window.wait_until_shown("No client is connected");
    assert_eq!(client.read(&mut [0]).unwrap_or(0), 0, "the client is disconnected");
    window.click("Stop server");
    window.wait_until_shown("Start server");
    assert!(window.can_start());
}

#[test]
fn invalid_field_explains_itself_and_disables_start() {
    let mut window = Window::open();
    window.fill("Port", "70000");
    assert!(window.shows("Port must be a whole number from 0 to 65,535."));
    assert!(!window.can_start());
    window.0.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    window.0.run();
    assert!(window.shows("Stopped"), "the key doesn't start what the button wouldn't");
    window.fill("Port", "0");
    assert!(!window.shows("Port must be a whole number from 0 to 65,535.") && window.can_start());
    window.fill("Host", "http://localhost");
    assert!(window.shows("Leave out http://") && !window.can_start());
}

#[test]
fn public_host_warns_and_changes_wait_for_a_restart() {
    let mut window = Window::open();
    window.fill("Host", "0.0.0.0");
    assert!(window.shows("Other computers on your network"));
    window.fill("Host", "127.0.0.1");
    assert!(!window.shows("Other computers on your network"));
    window.start();
    assert!(!window.shows("Restart now"));
    let places = |window: &Window| {
        let backlog = window.0.get_by_role_and_label(Role::TextInput, "Backlog").rect();
        (backlog, window.0.get_by_label("Copy this command").rect())
    };
    let before = places(&window);
    window.fill("Backlog", "9");
    assert!(window.shows("Restart now to apply Backlog"));
    assert_eq!(places(&window), before, "the button moves the form or the command");
    window.click("Restart now to apply Backlog");
    window.wait_until("a restart with the new backlog", |window| {
        let app = window.state().app();
        matches!(app.state(), ServerState::Listening { .. }) && app.settings_to_apply().is_empty()
    });
    assert!(!window.shows("Restart now"));
}

#[test]
fn address_for_others_is_shown_and_copied() {
    let settings = Settings { host: "192.0.2.9".to_owned(), port: 4711, ..Settings::default() };
    for size in [[1180.0, 760.0], [720.0, 480.0]] {
        let mut window = Window::sized(settings.clone(), size);
        assert!(window.shows("Others connect to"));
        let address = window.0.get_by_label("192.0.2.9:4711").rect();
        assert!(window.0.ctx.content_rect().contains_rect(address), "{address}");
        window.0.get_by_label("Copy the address for others").click_accesskit();
        window.0.step();
        assert_eq!(window.copied().as_deref(), Some("192.0.2.9:4711"));
        window.run();
        window.fill("Host", "localhost");
        assert!(!window.shows("Others connect to"));
    }
}

#[test]
fn busy_port_offers_a_free_one() {
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = busy.local_addr().unwrap().port();
    let mut window =
        Window::with_settings(Settings { host: "127.0.0.1".to_owned(), port, ..Settings::default() });
    window.click("Start server");
    window.wait_until_shown("already in use by another program. Stop that program");
    window.click("Use a free port");
    window.wait_until_shown("Stop server");
    let address = window.address();
    assert_ne!(address.port(), port);
    let typed = window.0.get_by_role_and_label(Role::TextInput, "Port").value();
    assert_eq!(typed, Some(address.port().to_string()), "the form shows the port that was taken");
    echo(&mut connect(address), b"x");
}

#[test]
fn certificate_files_are_checked_under_their_fields() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("server.crt"), folder.path().join("server.key"));
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let path = |path: &Path| path.to_string_lossy().into_owned();

    let mut window = Window::open();
    window.0.get_by_role_and_label(Role::Switch, "TLS").click();
    window.0.run();
    assert!(!window.can_start() && window.shows("TLS needs a certificate and its key"));
    window.fill("server.crt", &path(&key));
    window.wait_until_shown("not a certificate");
    window.fill("server.crt", &path(&certificate));
    window.wait_until_shown("days left");
    window.fill("server.key", &path(&folder.path().join("nothing.key")));
    window.wait_until("an error under the key", |window| {
        window
            .query_all_by_label_contains("nothing.key")
            .any(|node| node.accesskit_node().role() == Role::Label)
    });
    window.fill("server.key", &path(&key));
    window.wait_until_shown("matches the certificate");
    let address = window.start();
    assert!(window.shows("· TLS"));
    let mut client = connect(address);
    client.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    window.wait_until_shown("doesn't use TLS");
}

#[test]
fn filter_takes_text_clients_and_kinds() {
    let mut window = Window::open();
    let address = window.start();
    let (mut one, mut two) = (connect(address), connect(address));
    echo(&mut one, b"apple");
    echo(&mut two, b"pear");
    window.wait_until_shown("Received: b'apple'");
    window.wait_until_shown("Received: b'pear'");
    window.fill("Filter", "pear");
    assert!(window.shows("b'pear'") && !window.shows("b'apple'"));
    window.fill("Filter", "#1");
    assert!(!window.shows("Received: b'pear'") && window.shows("Received: b'apple'"));
    window.click("Data");
    assert!(!window.shows("Received: b'apple'") && window.shows("#1 Received new connection"));
    window.fill("Filter", "no such entry");
    assert!(window.shows("No entry matches the filter"));
    window.click("Show all entries");
    assert!(window.shows("Received: b'apple'") && window.shows("Received: b'pear'"));
    window.click("Data as hex");
    assert!(window.shows("70 65 61 72"), "data is written as hex now");
}

#[test]
fn rows_are_selected_and_copied() {
    let mut window = Window::open();
    let address = window.start();
    let mut client = connect(address);
    for line in [b"one", b"two", b"six"] {
        echo(&mut client, line);
    }
    window.wait_until_shown("b'six'");
    window.0.get_by_label_contains("b'one'").click();
    window.0.run();
    window.0.get_by_label_contains("Received: b'six'").click_modifiers(Modifiers::SHIFT);
    window.0.run();
    window.0.event(Event::Copy);
    window.0.step();
    let copied = window.copied().expect("something was copied");
    let lines: Vec<&str> = copied.lines().collect();
    assert_eq!(lines.len(), 3);
    window.0.step();
    assert!(window.shows("3 entries copied"));
    assert!(
        lines[0].ends_with("#1    Received: b'one'") && lines[2].ends_with("#1    Received: b'six'"),
        "{copied}"
    );

    window.0.key_press(Key::ArrowUp);
    window.0.run();
    window.0.event(Event::Copy);
    window.0.step();
    assert!(
        window.copied().expect("one entry was copied").ends_with("b'two'"),
        "the keyboard moves the selection"
    );
    window.0.key_press(Key::Home);
    window.0.run();
    window.0.key_press_modifiers(Modifiers::SHIFT, Key::End);
    window.0.run();
    window.0.event(Event::Copy);
    window.0.step();
    assert_eq!(window.copied().expect("all were copied").lines().count(), window.row_count());
    window.0.key_press_modifiers(Modifiers::COMMAND, Key::L);
    window.0.run();
    assert_eq!(window.row_count(), 0);
    assert!(window.shows("The log was cleared") && window.shows("Server running, 1 client connected"));
}

#[test]
fn log_follows_until_the_user_scrolls_up() {
    let mut window = Window::open();
    let address = window.start();
    let mut client = connect(address);
    for number in 0..100 {
        echo(&mut client, format!("line {number:03}").as_bytes());
    }
    window.wait_until_shown("b'line 099'");
    assert!(!window.shows("b'line 000'") && window.row_count() < 60, "only rows in view are drawn");
    window.0.get_by_label_contains("Received: b'line 099'").click();
    window.0.run();
    window.0.key_press(Key::Home);
    window.0.run();
    assert!(window.shows("Starting server on port"));
    echo(&mut client, b"the latest");
    window.wait_until("the latest entry", |window| window.state().app().counters().bytes_received == 810);
    window.wait_until_shown("1 new entry ↓");
    assert!(!window.shows("b'the latest'"), "the reader is left where they are");
    window.click("1 new entry ↓");
    window.wait_until_shown("b'the latest'");
    assert!(!window.shows("new entry"));
    window.0.get_by_label_contains("b'the latest'").click();
    window.0.run();
    echo(&mut client, b"one more");
    window.wait_until_shown("1 new entry ↓");
    window.click("Follow");
    window.wait_until_shown("b'one more'");
}

#[test]
fn keyboard_alone_starts_filters_and_stops() {
    let mut window = Window::open();
    window.0.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    window.0.run();
    window.wait_until_shown("Stop server");
    window.0.key_press_modifiers(Modifiers::COMMAND, Key::Num1);
    window.0.run();
    assert!(window.shows("No client is connected"));
    window.0.key_press_modifiers(Modifiers::COMMAND, Key::F);
    window.0.run();
    assert!(
        window.0.get_by_role_and_label(Role::TextInput, "Filter").is_focused(),
        "Ctrl+F goes to the log's filter"
    );
    let mut seen = Vec::new();
    for _ in 0..60 {
        window.0.key_press(Key::Tab);
        window.0.run();
        let button = window.0.get_by_label("Stop server");
        if button.is_focused() {
            break;
        }
        seen.extend(
            window
                .0
                .root()
                .children_recursive()
                .find(egui_kittest::Node::is_focused)
                .map(|node| format!("{node:?}")),
        );
    }
    assert!(window.0.get_by_label("Stop server").is_focused(), "Tab never came to the button: {seen:#?}");
    window.0.key_press(Key::Space);
    window.0.run();
    window.wait_until_shown("Start server");
    window.0.key_press(Key::F1);
    window.0.run();
    assert!(window.shows("Search the guides"));
    window.0.key_press(Key::Escape);
    window.0.run();
    assert!(!window.shows("Search the guides"));
}

#[test]
fn buttons_keep_their_places_and_names_in_every_size() {
    for size in [[720.0, 480.0], [1180.0, 760.0], [2560.0, 1440.0]] {
        let host = "a-very-long-host-name-that-is-longer-than-its-field.example.org".to_owned();
        let mut window = Window::sized(Settings { host, tls: true, ..Settings::default() }, size);
        window.click("More: recv size, limits, timeouts");
        window.0.check_accessibility();
        let start = window.0.get_by_label("Start server").rect();
        assert!(
            start.bottom() < size[1] - 30.0 && start.right() < 320.0,
            "the button is at {start:?} in {size:?}"
        );
        for button in ["Lessons", "Help", "Save…", "Clear", "Follow"] {
            let rect = window.0.get_by_label(button).rect();
            assert!(rect.right() <= size[0] && rect.left() >= 320.0, "{button} is at {rect:?} in {size:?}");
        }
    }
}

/// A file as the OS's drag and drop delivers it.
#[derive(Debug)]
pub(crate) struct Dropped(pub(crate) std::path::PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

#[test]
fn dropped_key_fills_its_field_and_other_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (key, notes) = (folder.path().join("mine.pem"), folder.path().join("notes.txt"));
    std::fs::write(&key, rcgen::KeyPair::generate().unwrap().serialize_pem()).unwrap();
    std::fs::write(&notes, "buy milk").unwrap();
    let mut window = Window::with_settings(Settings { tls: true, ..Settings::default() });
    window.0.input_mut().dropped_files.push(std::sync::Arc::new(Dropped(key.clone())));
    window.0.step();
    let filled = key.to_string_lossy().into_owned();
    window.wait_until("the key's path in its field", |window| {
        window.get_by_role_and_label(Role::TextInput, "server.key").value().as_ref() == Some(&filled)
    });
    window.0.input_mut().dropped_files.push(std::sync::Arc::new(Dropped(notes)));
    window.0.step();
    window.wait_until_shown("Dismiss");
    assert!(window.shows("notes.txt"));
    window.click("Dismiss");
    assert!(!window.shows("Dismiss"));
}

#[test]
fn mouse_chooses_mode_theme_and_help() {
    let mut window = Window::open();
    assert!(!window.shows("Pool size"));
    window.0.get_by_role_and_label(Role::ComboBox, "Clients").click();
    window.0.run();
    window.click("A pool of threads");
    assert!(window.shows("Pool size"));
    for (name, dark) in [("Dark theme", true), ("Light theme", false)] {
        window.click(name);
        assert_eq!(window.0.ctx.theme() == egui::Theme::Dark, dark);
    }
    window.click("Help");
    assert!(window.shows("Five minutes"));
    window.click("Close the help");
    assert!(!window.shows("Five minutes"));
}

#[test]
fn details_show_data_that_is_cut_off_in_its_row() {
    let mut window = Window::with_settings(Settings { recv_size: 1 << 20, ..Settings::default() });
    let address = window.start();
    let mut client = connect(address);
    let data: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let mut reader = client.try_clone().unwrap();
    let back = std::thread::spawn(move || {
        let mut back = vec![0; 300_000];
        reader.read_exact(&mut back).map(|()| back)
    });
    client.write_all(&data).unwrap();
    assert_eq!(back.join().unwrap().unwrap(), data);
    window.wait_until_shown("Received: b'");
    window.0.query_all_by_label_contains("Received: b'").next().unwrap().click();
    window.0.run();
    assert!(window.shows("recv() returned") && window.shows("Copy data"));
    window.0.get_by_label("Copy data").click();
    window.0.step();
    assert!(window.copied().is_some_and(|text| text.starts_with("b'\\x00\\x01") && text.ends_with('\'')));
}
