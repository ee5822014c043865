//! The Wire tab as a user sees it: real connections, real files, no screen.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::harness::{PressMode, Window};
use echoscope::capture::{Capture, CaptureEventKind, MAX_EVENTS, Side};
use echoscope::server::event::{ClientId, ClientInfo};
use echoscope::settings::Settings;
use echoscope::ui;
use egui::{Event, Key, Modifiers, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use rustls::{ClientConnection, StreamOwned};

impl Window {
    /// Returns whether the name of the shown connection contains `text`.
    fn picked(&self, text: &str) -> bool {
        picked(&self.0).contains(text)
    }

    #[track_caller]
    fn wait_until_picked(&mut self, text: &str) {
        self.wait_until(text, |window| picked(window).contains(text));
    }

    /// Opens a window with the Wire tab and a free port.
    fn wire(settings: Settings, size: [f32; 2]) -> Self {
        let mut window = Self::new(Settings { port: 0, ..settings }, size, PressMode::Mouse);
        window.click("Wire");
        window
    }

    /// Returns the labels of the rows in view, as a screen reader reads them.
    fn rows(&self) -> Vec<String> {
        let rows = self.0.query_all_by_role(Role::ListBoxOption);
        rows.filter_map(|row| row.accesskit_node().label()).collect()
    }

    /// Clicks the row in view that contains this text.
    #[track_caller]
    fn row(&mut self, text: &str) {
        self.0.get_by_role_and_label_contains(text).click();
        self.run();
    }

    /// Opens a capture without a connection.
    fn capture(&self, id: u64) -> Arc<Capture> {
        let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 40_000 + u16::try_from(id % 10_000).unwrap()));
        self.app().captures().open(ClientInfo { id: ClientId(id), peer }, peer, false, Instant::now())
    }
}

trait ByRole {
    fn get_by_role_and_label_contains(&self, text: &str) -> egui_kittest::Node<'_>;
}

impl ByRole for egui_kittest::Harness<'static, ui::Window> {
    #[track_caller]
    fn get_by_role_and_label_contains(&self, text: &str) -> egui_kittest::Node<'_> {
        let mut rows = self.query_all_by_role(Role::ListBoxOption);
        let found = rows.find(|row| row.accesskit_node().label().is_some_and(|label| label.contains(text)));
        found.unwrap_or_else(|| panic!("no row contains {text}: {:?}", self.root()))
    }
}

/// Returns the name of the shown connection.
fn picked(window: &Harness<'static, ui::Window>) -> String {
    let list = window.query_by_role_and_label(Role::ComboBox, "Connection");
    list.and_then(|list| list.value()).unwrap_or_default()
}

const LARGE: [f32; 2] = [1180.0, 1400.0];

fn connect(address: SocketAddr) -> TcpStream {
    let client = TcpStream::connect(address).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    client
}

fn echo(client: &mut (impl Read + Write), data: &[u8]) {
    client.write_all(data).unwrap();
    let mut back = vec![0; data.len()];
    client.read_exact(&mut back).unwrap();
    assert_eq!(back, data);
}

#[track_caller]
fn contains_in_order(rows: &[String], wanted: &[&str]) {
    let mut rest = rows.iter();
    for text in wanted {
        assert!(rest.any(|row| row.contains(text)), "{text} is missing, or out of order, in {rows:#?}");
    }
}

#[test]
fn plain_connection_is_shown_from_connect_to_close() {
    let mut window = Window::wire(Settings::default(), LARGE);
    assert!(window.shows("No connections yet") && window.shows("Press Start server"));
    let address = window.start();
    let mut client = connect(address);
    echo(&mut client, b"Hello\n");
    window.wait_until_shown("sendall(b'Hello\\n')");
    client.shutdown(Shutdown::Write).unwrap();
    window.wait_until_shown("The client closed first");
    window.wait_until_shown("close()");
    let wanted = [
        "in, client to server: connect",
        "in, client to server: 6 bytes, recv() → b'Hello\\n'",
        "out, server to client: 6 bytes, sendall(b'Hello\\n')",
        "in, client to server: FIN",
        "out, server to client: FIN",
        "at the server: closed, close() · the client sent end of stream",
    ];
    contains_in_order(&window.rows(), &wanted);
    assert!(window.picked("Newest: #1"));
    window.row("recv() →");
    assert!(window.shows("0000  48 65 6c 6c 6f 0a"), "the bytes of the selected row");
    assert!(window.shows("recv() returns whatever has arrived"), "and what it means");
    window.press(Key::ArrowDown);
    assert!(window.shows("The echo:"), "the arrow keys continue from there");
}

/// Opens a window with a certificate, and returns it with the folder of the certificate.
fn tls_window() -> (Window, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("server.crt"), folder.path().join("server.key"));
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let mut window = Window::wire(Settings { tls: true, certificate, key, ..Settings::default() }, LARGE);
    window.wait_until("the files are read", |window| {
        let button = window.query_by_role_and_label(Role::Button, "Start server");
        button.is_some_and(|button| !button.accesskit_node().is_disabled())
    });
    (window, folder)
}

fn tls_client(address: SocketAddr) -> StreamOwned<ClientConnection, TcpStream> {
    let config = Arc::new(crate::support::trusting::trusting(&[&rustls::version::TLS13], None));
    let connection = ClientConnection::new(config, "localhost".try_into().unwrap()).unwrap();
    StreamOwned::new(connection, connect(address))
}

#[test]
fn tls_records_are_shown_with_their_plaintext() {
    let (mut window, _folder) = tls_window();
    let address = window.start();
    let mut client = tls_client(address);
    echo(&mut client, b"Hello\n");
    client.conn.send_close_notify();
    client.flush().unwrap();
    window.wait_until_shown("close() ·");
    let wanted = [
        "in, client to server: ClientHello",
        "out, server to client: ServerHello",
        "out, server to client: Application data",
        "in, client to server: Application data",
        "at the server: 6 bytes, recv() → b'Hello\\n', received in the record of row",
        "at the server: 6 bytes, sendall(b'Hello\\n'), sent in the record of row",
        "in, client to server: Application data · 24 B, encrypted: close_notify",
    ];
    contains_in_order(&window.rows(), &wanted);
    let hidden = window.rows().iter().any(|row| row.contains("encrypted: ") && row.contains("Finished"));
    assert!(hidden, "the messages in encrypted handshake records: {:#?}", window.rows());
    window.row("ClientHello");
    for field in ["Type 22 handshake", "Version 0x0301", "Length ", "Message type 1 ClientHello"] {
        assert!(window.shows(field), "the header's field {field}");
    }
    assert!(window.shows("0000  16 03 01"), "the record as it was on the wire");
}

#[test]
fn event_without_a_log_entry_is_shown() {
    let mut window = Window::wire(Settings::default(), LARGE);
    window.start();
    let capture = window.capture(7);
    window.wait_until_picked("Newest: #7");
    let entries = window.app().log().len();
    capture.record(Side::Client, CaptureEventKind::Plaintext, b"unlogged", None);
    window.wait_until_shown("recv() → b'unlogged'");
    assert_eq!(window.app().log().len(), entries);
}

#[test]
fn newest_connection_is_shown_until_one_is_chosen() {
    let mut window = Window::wire(Settings::default(), LARGE);
    for id in 1..=1000 {
        window.capture(id);
    }
    window.wait_until_picked("Newest: #1000");
    window.click("Connection");
    assert!(window.shows("#999 · 127.0.0.1:40999") && !window.shows("#744 ·"), "the newest 256 are listed");
    for key in [Key::End, Key::ArrowUp, Key::Enter] {
        window.press(key);
    }
    assert!(window.picked("#746 · 127.0.0.1:40746"), "chosen with the keyboard alone");
    window.capture(1001);
    window.run();
    assert!(window.picked("#746 ·"), "a newer one doesn't replace it");
    window.click("Connection");
    window.press(Key::Home);
    window.press(Key::Enter);
    assert!(window.picked("Newest: #1001"));
}

#[test]
fn selected_row_keeps_its_connection() {
    let mut window = Window::wire(Settings::default(), LARGE);
    window.capture(1);
    window.wait_until_picked("Newest: #1");
    window.row("connect");
    window.capture(2);
    window.run();
    assert!(window.picked("#1 ·") && !window.picked("Newest: #2"));
}

#[test]
fn rows_can_be_placed_by_time() {
    let mut window = Window::wire(Settings::default(), [1180.0, 760.0]);
    let capture = window.capture(1);
    capture.record(Side::Client, CaptureEventKind::Plaintext, b"early", None);
    // The view must show this time between the events.
    std::thread::sleep(Duration::from_millis(40));
    capture.record(Side::Client, CaptureEventKind::Plaintext, b"late", None);
    window.wait_until_shown("b'late'");
    let distance = |window: &Window| {
        let [before, after] =
            ["b'early'", "b'late'"].map(|bytes| window.0.get_by_role_and_label_contains(bytes).rect().top());
        after - before
    };
    assert!((distance(&window) - 40.0).abs() < 1.0, "rows are 40 points high");
    window.click("Rows by time");
    window.wait_until("the longest wait is the largest distance", |window| {
        window.query_all_by_role(Role::ListBoxOption).count() == 1
    });
    window.click("Rows by order");
    assert!((distance(&window) - 40.0).abs() < 1.0);
}

#[test]
fn only_the_rows_in_view_are_laid_out() {
    let laid_out = |events: usize, scale: &str| {
        let mut window = Window::wire(Settings::default(), [1180.0, 760.0]);
        let capture = window.capture(1);
        for _ in 1..events {
            capture.record(Side::Client, CaptureEventKind::Plaintext, b"x", None);
        }
        let last = format!("Sequence diagram of #1, {} rows", echoscope::text::with_thousands(events as u64));
        window.wait_until_shown(&last);
        window.click(scale);
        let rows = window.rows();
        assert!(!rows.is_empty());
        (rows.len(), window.0.root().children_recursive().count())
    };
    for scale in ["Rows by order", "Rows by time"] {
        let (few, nodes) = laid_out(1000, scale);
        let (many, more_nodes) = laid_out(MAX_EVENTS, scale);
        assert!(many <= few * 3 / 2 + 2, "{scale}: {few} rows are laid out of 1000, {many} of {MAX_EVENTS}");
        assert!(more_nodes <= nodes * 3 / 2, "{scale}: {nodes} nodes, then {more_nodes}");
    }
}

#[test]
fn end_is_followed_until_another_row_is_selected() {
    let mut window = Window::wire(Settings::default(), [1180.0, 760.0]);
    let capture = window.capture(1);
    let add = |count: usize| {
        for _ in 0..count {
            capture.record(Side::Client, CaptureEventKind::Plaintext, b"x", None);
        }
    };
    add(99);
    window.wait_until_shown("100. ");
    add(100);
    window.wait_until_shown("200. ");
    window.0.get_by_role_and_label(Role::ListBox, "Sequence diagram of #1, 200 rows").focus();
    window.run();
    window.press(Key::Home);
    assert!(window.shows("1. 0"));
    add(100);
    window.wait_until_shown("Sequence diagram of #1, 300 rows");
    assert!(window.shows("1. 0") && !window.rows().iter().any(|row| row.starts_with("300.")));
    window.press(Key::End);
    assert!(window.rows().iter().any(|row| row.starts_with("300.")));
    add(1);
    window.wait_until_shown("301. ");
}

#[test]
fn diagram_is_saved_and_cleared() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::wire(Settings::default(), LARGE);
    let address = window.start();
    let mut client = connect(address);
    echo(&mut client, b"Hello\n");
    client.shutdown(Shutdown::Write).unwrap();
    window.wait_until_shown("close() ·");
    for (item, name, holds) in [("SVG…", "a.svg", "<svg "), ("Text…", "a.txt", "b'Hello\\n'")] {
        let path = folder.path().join(name);
        window.click("Save as…");
        window.click(item);
        window.wait_until_shown("type the path");
        let prompt = "No file dialog is available, so type the path.";
        let suggested = window.0.get_by_role_and_label(Role::TextInput, prompt).value().unwrap();
        let file = format!("echoscope-connection-1.{}", &name[2..]);
        assert!(suggested.ends_with(&file), "{suggested}");
        let is_first = name == "a.svg";
        assert_eq!(Path::new(&suggested).parent() == Some(folder.path()), !is_first, "{suggested}");
        window.fill(prompt, &path.to_string_lossy());
        window.press(Key::Enter);
        window.wait_until("the file", |_| path.exists());
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(holds), "{name}: {text}");
        window.wait_until_shown(name);
    }
    window.0.key_press_modifiers(Modifiers::COMMAND, Key::L);
    window.wait_until_shown("No connections yet");
    assert!(window.rows().is_empty());
}

#[test]
fn packets_are_saved_with_the_keys_that_were_kept() {
    let (mut window, folder) = tls_window();
    let save = |window: &mut Window, item: &str, name: &str| {
        let path = folder.path().join(name);
        window.click("Save as…");
        window.click(item);
        window.wait_until_shown("type the path");
        window.fill("No file dialog is available, so type the path.", &path.to_string_lossy());
        window.press(Key::Enter);
        window.wait_until_shown(&format!("saved to {}", path.display()));
        std::fs::read(&path).unwrap()
    };
    // Keys can be kept before there is a connection.
    window.click("Save as…");
    window.click("Include TLS keys");
    window.press(Key::Escape);
    assert!(window.app().keeps_tls_keys() && window.shows("TLS keys are kept"));
    let address = window.start();
    echo(&mut tls_client(address), b"Hello\n");
    window.wait_until_shown("close() ·");
    let one = save(&mut window, "pcapng of this connection…", "one.pcapng");
    assert!(window.shows("of 1 connection saved to") && window.shows("It has the TLS keys of 1 connection:"));
    let has_keys = |bytes: &[u8]| bytes.windows(24).any(|text| text == b"CLIENT_TRAFFIC_SECRET_0 ");
    assert!(has_keys(&one));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.path().join("one.pcapng")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    window.click("Save as…");
    window.click("Include TLS keys");
    window.press(Key::Escape);
    assert!(!window.shows("TLS keys are kept"));
    echo(&mut tls_client(address), b"Hello\n");
    window.wait_until_picked("#2 ·");
    let all = save(&mut window, "pcapng of all connections…", "all.pcapng");
    assert!(window.shows("of 2 connections saved to") && !has_keys(&all));
}

#[test]
fn keyboard_scrolls_through_all_bytes() {
    let mut window = Window::wire(Settings::default(), [720.0, 480.0]);
    let capture = window.capture(1);
    let bytes = (0..=255).cycle().take(4096).collect::<Vec<u8>>();
    capture.record(Side::Client, CaptureEventKind::Plaintext, &bytes, None);
    window.wait_until_shown("4,096 bytes");
    window.row("4,096 bytes");
    assert!(!window.shows("0ff8  f8"));
    window.0.get_by_label_contains("Explanation and").focus();
    window.run();
    window.press(Key::End);
    assert!(window.shows("0ff8  f8 f9 fa fb fc fd fe ff"), "the last bytes");
    window.press(Key::Home);
    assert!(window.shows("recv() returns whatever"));
    window.0.get_by_label("Copy hex").click();
    let copied = (0..10).find_map(|_| {
        window.0.step();
        window.copied()
    });
    assert!(copied.is_some_and(|hex| hex.ends_with("fd fe ff")));
}

#[test]
fn connections_and_log_entries_lead_to_the_diagram() {
    let mut window = Window::wire(Settings::default(), LARGE);
    let address = window.start();
    let mut first = connect(address);
    echo(&mut first, b"one\n");
    let mut second = connect(address);
    echo(&mut second, b"two\n");
    window.wait_until_picked("Newest: #2");
    window.click("Live");
    window.click("List of connections");
    window.click("Connection #1");
    window.click("Show in Wire");
    assert!(window.picked("#1 ·") && window.shows("recv() → b'one\\n'"));
    window.click("Log");
    window.row("Received: b'two");
    window.click("Show in Wire");
    assert!(window.picked("#2 ·") && window.shows("recv() → b'two\\n'"));
}

#[test]
fn smallest_window_shows_all_controls() {
    let mut window = Window::wire(Settings::default(), [720.0, 480.0]);
    let capture = window.capture(1);
    capture.record(Side::Client, CaptureEventKind::Plaintext, b"x", None);
    window.wait_until_shown("recv() → b'x'");
    window.row("recv() → b'x'");
    assert!(window.shows("2. 0"), "the selected row stays in view while its bytes open");
    assert!(window.shows("recv() returns whatever"));
    window.click("Rows by time");
    for name in ["Save as…", "Follow"] {
        let place = window.0.get_by_label(name).rect();
        assert!(place.right() <= 720.0 && place.left() >= 320.0, "{name} is at {place:?}");
    }
}

#[test]
fn details_are_open_only_while_a_row_is_selected() {
    let mut window = Window::wire(Settings::default(), [1180.0, 760.0]);
    let capture = window.capture(1);
    for _ in 0..40 {
        capture.record(Side::Client, CaptureEventKind::Plaintext, b"x", None);
    }
    window.wait_until_shown("41. ");
    let diagram = |window: &Window| window.0.get_by_label_contains("Sequence diagram of #1").rect();
    let before = diagram(&window);
    assert!(before.bottom() > 680.0, "the hint takes one line: {before}");
    // The details would cover the last row, so it moves, but no further than necessary.
    window.row("41. ");
    let (after, row) = (diagram(&window), window.0.get_by_role_and_label_contains("41. ").rect());
    assert!(after.bottom() < before.bottom() - 100.0 && window.shows("0000  78"));
    assert!(after.contains_rect(row) && after.bottom() - row.bottom() < 40.0, "{row} {after}");
    window.click("Close the details");
    assert_eq!(diagram(&window), before);
}

#[test]
fn toolbar_stays_when_the_scale_changes() {
    let mut window = Window::wire(Settings::default(), [1180.0, 760.0]);
    window.capture(1);
    window.wait_until_picked("Newest: #1");
    for (width, pixels) in (720_u16..1300).step_by(3).zip([1.0, 1.25, 1.5, 1.1].into_iter().cycle()) {
        window.0.set_pixels_per_point(pixels);
        window.0.set_size(egui::vec2(f32::from(width), 760.0));
        window.click("Rows by order");
        let names = ["Follow", "Rows by order", "Rows by time", "Save as…"];
        let places = |window: &Window| names.map(|name| window.0.get_by_label(name).rect());
        let before = places(&window);
        window.click("Rows by time");
        assert_eq!(places(&window), before, "{width}");
        window.0.get_by_label("Rows by time").hover();
        window.run();
        assert_eq!(places(&window), before, "{width}, under the pointer");
    }
}

#[test]
fn menu_of_a_row_copies_and_disconnects() {
    let mut window = Window::wire(Settings::default(), LARGE);
    let address = window.start();
    let mut client = connect(address);
    echo(&mut client, b"Hello\n");
    window.wait_until_shown("sendall(b'Hello\\n')");
    let open_menu = |window: &mut Window| {
        window.0.get_by_role_and_label_contains("sendall(").click_secondary();
        window.run();
    };
    open_menu(&mut window);
    window.0.get_by_role_and_label(Role::Button, "Copy").click();
    window.0.step();
    assert!(window.copied().is_some_and(|text| text.contains("6 bytes, sendall(b'Hello\\n')")));
    window.run();
    open_menu(&mut window);
    window.click("Disconnect #1");
    window.wait_until_shown("close() ·");
    assert_eq!(client.read(&mut [0]).unwrap_or(0), 0, "the client is disconnected");
}

#[test]
fn copy_key_copies_the_selected_row_and_no_log_entry() {
    let mut window = Window::wire(Settings::default(), LARGE);
    let mut client = connect(window.start());
    echo(&mut client, b"Hello\n");
    window.wait_until_shown("sendall(b'Hello\\n')");
    let copy = |window: &mut Window| {
        window.0.event(Event::Copy);
        window.0.step();
        let copied = window.copied();
        window.run();
        copied
    };
    assert_eq!(copy(&mut window), None, "no row is selected");
    window.row("sendall(");
    assert!(copy(&mut window).is_some_and(|text| text.contains("6 bytes, sendall(b'Hello\\n')")));
    window.click("Log");
    window.row("Received: b'Hello");
    assert!(copy(&mut window).is_some_and(|text| text.contains("Received: b'Hello\\n'")));
    window.click("Live");
    assert_eq!(copy(&mut window), None, "the log isn't in view");
}
