//! The window with a screen reader: in every tab and dialog each control has a role, a unique name and, where it has
//! one, its value or state.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use crate::harness::{PressMode, Window};
use crate::parts::{Part, parts, resize};
use echoscope::settings::{Mode, Settings};
use egui::{Event, Key, Modifiers, Role};
use egui_kittest::kittest::{NodeT, Queryable};

fn open(settings: Settings) -> Window {
    let settings = Settings { host: "127.0.0.1".to_owned(), port: 0, ..settings };
    // The window is so large that nothing is scrolled out of view, because that wouldn't be in the accessibility tree, and
    // just too narrow for two tabs side by side.
    Window::new(settings, [1480.0, 1400.0], PressMode::Reader)
}

fn press(window: &mut Window, name: &str) {
    window.0.get_by_label(name).click_accesskit();
    window.run();
    window.run();
}

fn show(window: &mut Window, tab: Key) {
    window.0.key_press_modifiers(Modifiers::COMMAND, tab);
    window.run();
}

fn key(window: &mut Window, key: Key) {
    window.0.key_press(key);
    window.run();
}

/// Asserts that all controls have a role, a unique name, and a value or state.
#[track_caller]
fn assert_accessible(window: &Window, which: &str) {
    let all = parts(window);
    // egui puts areas behind a dialog that take the clicks beside its controls. These areas aren't controls.
    let whole = window.0.ctx.content_rect();
    let behind = |part: &&Part<'_>| {
        part.name.is_empty() && (part.rect == whole || part.node.children().next().is_some())
    };
    let acting: Vec<&Part<'_>> =
        all.iter().filter(|part| part.acts && is_control(part) && !behind(part)).collect();
    assert!(acting.len() > 5, "{which}: only {} controls", acting.len());
    let mut names: HashMap<(Role, &str), u32> = HashMap::new();
    for part in &acting {
        let described = part.description();
        assert!(!part.name.trim().is_empty(), "{which}: {described} has no name");
        assert!(
            !matches!(part.role(), Role::Unknown | Role::GenericContainer),
            "{which}: {described} has no role"
        );
        *names.entry((part.role(), &part.name)).or_default() += 1;
    }
    for part in &all {
        assert_value(part, which);
    }
    let twice: Vec<_> = names.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "{which}: controls with the same name: {twice:?}");
}

/// Asserts that a dialog of this name is announced to screen readers.
#[track_caller]
fn assert_dialog(window: &Window, name: &str) {
    assert!(window.0.query_by_role_and_label(Role::Dialog, name).is_some(), "{name} is no dialog");
}

/// Returns whether a part is a control: not a selectable text, a container or a scroll bar.
fn is_control(part: &Part<'_>) -> bool {
    !matches!(part.role(), Role::Label | Role::TextRun | Role::Window | Role::Dialog | Role::ScrollBar)
}

/// Asserts that a control with a value or a state reports it.
#[track_caller]
fn assert_value(part: &Part<'_>, which: &str) {
    let node = &part.node;
    let reported = match part.role() {
        Role::TextInput | Role::MultilineTextInput => {
            node.value().is_some() || node.data().placeholder().is_some() || node.is_read_only()
        }
        Role::ComboBox => node.value().is_some_and(|value| !value.is_empty()),
        Role::Switch | Role::CheckBox | Role::RadioButton | Role::Tab | Role::ListBoxOption => {
            node.toggled().is_some() || node.is_selected().is_some()
        }
        Role::Slider | Role::ProgressIndicator => node.numeric_value().is_some(),
        _ => true,
    };
    assert!(reported, "{which}: {} has no value", part.description());
}

fn echo(client: &mut TcpStream, data: &[u8]) {
    client.write_all(data).unwrap();
    client.read_exact(&mut vec![0; data.len()]).unwrap();
}

fn certificate(folder: &Path) -> Settings {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (folder.join("server.crt"), folder.join("server.key"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    Settings { tls: true, certificate, key, ..Settings::default() }
}

const TABS: [Key; 5] = [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5];

#[test]
fn every_tab_is_accessible_before_the_start() {
    let mut window = open(Settings { mode: Mode::Pool, tls: true, ..Settings::default() });
    press(&mut window, "More: recv size, limits, timeouts");
    for tab in TABS {
        show(&mut window, tab);
        assert_accessible(&window, &format!("{tab:?}"));
    }
    for (field, text) in [("Host", "127.0.0.1"), ("Pool size", "10"), ("Recv size", "1024")] {
        let value = window.0.get_by_role_and_label(Role::TextInput, field).value();
        assert_eq!(value.as_deref(), Some(text), "the value of {field}");
    }
    let mode = window.0.get_by_role_and_label(Role::ComboBox, "Clients").value();
    assert_eq!(mode.as_deref(), Some("A pool of threads"));
}

#[test]
fn every_tab_is_accessible_with_clients() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = open(Settings::default());
    let address = window.start();
    let mut clients = [(); 2].map(|()| TcpStream::connect(address).unwrap());
    for client in &mut clients {
        echo(client, b"Hello\n");
    }
    window.wait_until_shown("#2 Received: b'Hello");
    window.0.get_by_label_contains("Log, ").focus();
    window.run();
    key(&mut window, Key::ArrowUp);
    assert_accessible(&window, "the log, an entry selected");
    show(&mut window, Key::Num1);
    assert_accessible(&window, "the picture");
    press(&mut window, "List of connections");
    press(&mut window, "Connection #1");
    assert_accessible(&window, "the list of connections");
    press(&mut window, "Show in Wire");
    window.0.get_by_label_contains("Sequence diagram of").focus();
    window.run();
    key(&mut window, Key::ArrowUp);
    assert_accessible(&window, "the wire");
    press(&mut window, "Rows by time");
    assert_accessible(&window, "the wire by time");
    show(&mut window, Key::Num4);
    assert_accessible(&window, "the code");
    window.0.get_by_role_and_label(Role::Switch, "Step mode").click_accesskit();
    window.run();
    send_only(&mut clients);
    window.wait_until("both clients paused", |window| window.state().app().paused_threads().len() >= 2);
    assert_accessible(&window, "step mode");
    key(&mut window, Key::F5);
    window.0.key_press_modifiers(Modifiers::COMMAND, Key::S);
    window.wait_until_shown("type the path");
    assert_dialog(&window, "Save the log");
    assert_accessible(&window, "a path to type");
    window.0.event(Event::Text(folder.path().join("no/log.txt").to_string_lossy().into_owned()));
    window.run();
    key(&mut window, Key::Enter);
    window.wait_until_shown("Can't save the log");
    assert_accessible(&window, "an error in the prompt");
    key(&mut window, Key::Escape);
    key(&mut window, Key::Num1);
    window.0.key_press_modifiers(Modifiers::COMMAND, Key::L);
    window.wait_until_shown("Undo");
    assert_accessible(&window, "a notice");
}

/// Sends bytes without waiting for their echo, so that step mode pauses each client's thread.
fn send_only(clients: &mut [TcpStream]) {
    for client in clients {
        client.write_all(b"again").unwrap();
    }
}

#[test]
fn client_tab_is_accessible_with_everything_unfolded() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = open(certificate(folder.path()));
    window.start();
    show(&mut window, Key::Num3);
    press(&mut window, "Connect");
    window.wait_until_shown("Client 1, connected");
    let is_state_row = |label: String| label.starts_with("Connected to");
    let mut buttons = window.0.query_all_by_role(Role::Button);
    buttons.find(|it| it.accesskit_node().label().is_some_and(is_state_row)).unwrap().click_accesskit();
    drop(buttons);
    window.run();
    press(&mut window, "TLS: as the server, trusts its certificate");
    window.0.get_by_label_contains("Transcript of Client 1").focus();
    window.run();
    key(&mut window, Key::End);
    assert_accessible(&window, "connected, TLS open");
    press(&mut window, "Add a client");
    press(&mut window, "Send a file");
    assert_accessible(&window, "two clients, a file to send");
    window.0.get_by_role_and_label(Role::ComboBox, "Trusts").click_accesskit();
    window.run();
    press(&mut window, "A CA file");
    assert_accessible(&window, "a CA file to trust");
    press(&mut window, "Crowd…");
    assert_accessible(&window, "the crowd");
}

#[test]
fn lessons_and_help_are_accessible() {
    let mut window = open(Settings::default());
    press(&mut window, "Lessons");
    assert_accessible(&window, "the menu");
    press(&mut window, "2. One at a time, and the backlog");
    assert_accessible(&window, "a lesson");
    press(&mut window, "Skip this step");
    assert_accessible(&window, "its second step");
    key(&mut window, Key::F1);
    assert!(window.shows("Five minutes"));
    assert_dialog(&window, "Help");
    assert_accessible(&window, "the help");
}

#[test]
fn tls_dialogs_are_accessible() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = open(certificate(folder.path()));
    window.wait_until_shown("matches the certificate");
    press(&mut window, "Create certificate…");
    window.wait_until_shown("already exist");
    press(&mut window, "Show the openssl commands");
    assert_dialog(&window, "Create a certificate");
    assert_accessible(&window, "create a certificate");
    press(&mut window, "Replace existing files");
    window.wait_until_enabled("Create");
    press(&mut window, "Create");
    window.wait_until_shown("Certificate created");
    assert_accessible(&window, "the certificate is made");
    press(&mut window, "Done");
    window.wait_until_enabled("Details…");
    press(&mut window, "Details…");
    window.wait_until_shown("A client that has this file");
    window.0.get_by_label_contains("Extensions of certificate 1").click_accesskit();
    window.run();
    assert_accessible(&window, "details");
    press(&mut window, "Close details");
    press(&mut window, "Options…");
    window.0.get_by_role_and_label(Role::ComboBox, "Client certificates").click_accesskit();
    window.run();
    assert_accessible(&window, "a list that is open");
    press(&mut window, "Required");
    assert_accessible(&window, "options");
}

#[test]
fn tabs_side_by_side_are_accessible() {
    let mut window = open(Settings::default());
    resize(&mut window, [1800.0, 1200.0], 1.0);
    window.start();
    for tab in TABS {
        show(&mut window, tab);
        assert_accessible(&window, &format!("{tab:?} beside another tab"));
    }
}

#[test]
fn combo_box_opens_at_the_choice_and_returns_the_focus() {
    let mut window = open(Settings { mode: Mode::Threads, ..Settings::default() });
    window.0.get_by_role_and_label(Role::ComboBox, "Clients").focus();
    window.run();
    key(&mut window, Key::Space);
    let focused = |window: &Window| {
        window
            .0
            .root()
            .children_recursive()
            .find(egui_kittest::Node::is_focused)
            .map(|node| (node.accesskit_node().role(), node.accesskit_node().label().unwrap_or_default()))
    };
    let on = |window: &Window| focused(window).map(|(_, name)| name).unwrap_or_default();
    assert_eq!(on(&window), "A thread for each");
    for (pressed, expected) in [
        (Key::ArrowDown, "A pool of threads"),
        (Key::ArrowDown, "A pool of threads"),
        (Key::Home, "One at a time"),
        (Key::ArrowUp, "One at a time"),
        (Key::End, "A pool of threads"),
    ] {
        key(&mut window, pressed);
        assert_eq!(on(&window), expected, "after {pressed:?}");
    }
    key(&mut window, Key::Enter);
    assert_eq!(window.app().settings().mode, Mode::Pool);
    assert_eq!(focused(&window), Some((Role::ComboBox, "Clients".to_owned())), "the focus is back");
}

#[test]
fn zoom_keeps_the_focused_field_in_view() {
    let mut window = open(Settings::default());
    resize(&mut window, [1180.0, 760.0], 1.0);
    show(&mut window, Key::Num3);
    for field in ["Text to send", "Backlog"] {
        for zoom in [2.0, 1.0, 2.5] {
            // In a narrow window, the form is hidden unless one of its fields has the focus.
            resize(&mut window, [1180.0, 760.0], 1.0);
            window.0.get_by_role_and_label(Role::TextInput, field).focus();
            window.run();
            window.run();
            resize(&mut window, [1180.0, 760.0], zoom);
            let all = parts(&window);
            let part = all.iter().find(|part| part.name == field).unwrap();
            let lost = part.rect.area() - part.seen.area();
            assert!(lost < 1.0, "zoomed {zoom}, {field} at {} is seen in {}", part.rect, part.seen);
        }
    }
}
