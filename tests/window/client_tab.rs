//! The Client tab as a user sees it, with real clients and a real server.

use std::io::Read;
use std::net::TcpListener;
use std::path::Path;

use crate::harness::{PressMode, Window};
use crate::parts::{Part, parts};
use echoscope::app::clients::{ClientField, ClientTab};
use echoscope::client::client_event::{
    ClientEventKind, ClientState, CloseMode, ConnectionOutcome, SendOrigin,
};
use echoscope::client::echo_check::EchoVerdict;
use echoscope::log::line;
use echoscope::server::event::{CloseReason, EventKind};
use echoscope::settings::{Mode, Settings};
use egui::{Event, Key, Modifiers, Role};
use egui_kittest::kittest::{NodeT, Queryable};

const SIZE: [f32; 2] = [1180.0, 760.0];

impl Window {
    /// Opens the window with the Client tab in front.
    fn client(settings: Settings) -> Self {
        Self::client_of(settings, SIZE)
    }

    fn client_of(settings: Settings, size: [f32; 2]) -> Self {
        let settings = Settings { host: "127.0.0.1".to_owned(), port: 0, ..settings };
        let mut window = Self::new(settings, size, PressMode::Mouse);
        window.ctrl(Key::Num3);
        window
    }

    /// Opens the Client tab and starts the server.
    fn started(settings: Settings) -> Self {
        let mut window = Self::client(settings);
        window.press(Key::Enter);
        window.wait_until_shown("Stop server");
        window
    }

    /// Opens the Client tab, starts the server and connects.
    fn connected(settings: Settings) -> Self {
        let mut window = Self::started(settings);
        window.connect();
        window
    }

    fn connect(&mut self) {
        self.click("Connect");
        self.wait_until_shown("from port");
        self.wait_until("an open connection", |window| {
            newest(window.state().app()).state() == ClientState::Open
        });
    }

    fn ctrl(&mut self, key: Key) {
        self.0.key_press_modifiers(Modifiers::COMMAND, key);
        self.run();
    }

    /// Chooses which certificates the client trusts.
    fn trust(&mut self, whom: &str) {
        self.0.get_by_role_and_label(Role::ComboBox, "Trusts").click();
        self.run();
        self.click(whom);
    }

    /// Types into the field that has the focus.
    fn types(&mut self, text: &str) {
        self.0.event(Event::Text(text.to_owned()));
        self.run();
    }

    /// Returns the lines of the server's log.
    fn log(&self) -> Vec<String> {
        let app = self.app();
        app.log().iter().map(|entry| line::line(&entry.event, app.settings().data_format)).collect()
    }

    fn reason(&self) -> Option<CloseReason> {
        self.app().log().iter().find_map(|entry| match &entry.event.kind {
            EventKind::Closed(closed) => Some(closed.reason),
            _ => None,
        })
    }

    fn has_focus(&self, role: Role, name: &str) -> bool {
        self.0.get_by_role_and_label(role, name).accesskit_node().is_focused()
    }
}

/// Returns the client that was added last.
fn newest(app: &echoscope::app::App) -> &ClientTab {
    app.clients().get(app.clients().newest()).unwrap()
}

/// Creates a certificate for localhost and 127.0.0.1, and returns settings that use it.
fn certificate(folder: &Path, name: &str) -> Settings {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (folder.join(format!("{name}.crt")), folder.join(format!("{name}.key")));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    Settings { tls: true, certificate, key, ..Settings::default() }
}

#[test]
fn keyboard_alone_starts_connects_and_sends() {
    let mut window = Window::client(Settings::default());
    assert!(window.shows("The server isn't running."));
    assert!(window.shows("press Connect, type something below, and press Enter"));
    window.press(Key::Enter);
    window.wait_until_shown("Stop server");
    window.wait_until("the keyboard on Connect", |window| {
        window.get_by_role_and_label(Role::Button, "Connect").accesskit_node().is_focused()
    });
    window.press(Key::Enter);
    assert!(window.has_focus(Role::TextInput, "Text to send"), "the next thing is to type");
    window.wait_until_shown("Client 1, connected");
    window.types("Hello");
    window.press(Key::Enter);
    window.wait_until("the verdict", |window| {
        window.query_all_by_role(Role::ListBoxOption).any(|row| {
            row.accesskit_node().label().is_some_and(|label| {
                label.contains("sent Hello↵, 6 B, echoed after") && label.ends_with("exact")
            })
        })
    });
    assert!(window.shows("received Hello↵, 6 B"));
    assert!(window.shows("all exact"));
    assert!(window.has_focus(Role::TextInput, "Text to send"), "Enter again sends again");
    window.press(Key::Enter);
    window.wait_until("a second send", |window| newest(window.state().app()).status().received == 12);
    // The next text replaces the one that was sent.
    window.types("Bye");
    assert_eq!(newest(window.app()).form().text(ClientField::Text), "Bye");
    assert!(window.log().iter().any(|line| line == "Received: b'Hello\\n'"), "{:?}", window.log());
}

#[test]
fn selected_row_is_shown_in_full_and_copied() {
    let mut window = Window::connected(Settings::default());
    window.types("Hello");
    window.press(Key::Enter);
    window.wait_until_shown("received Hello");
    window.0.get_by_label_contains("Transcript of Client 1").focus();
    window.run();
    window.press(Key::ArrowUp);
    assert!(window.shows("Received 6 bytes"), "the newest first");
    assert!(window.shows("48 65 6c 6c 6f 0a") && window.shows("A stream has no messages"));
    window.press(Key::ArrowUp);
    assert!(window.shows("Sent 6 bytes") && window.shows("Echoed byte for byte"));
    window.0.event(Event::Copy);
    window.0.step();
    assert!(window.copied().is_some_and(|text| text.contains("sent Hello↵")), "{:?}", window.copied());
    window.press(Key::Home);
    assert!(window.shows("tries the host's addresses"));
    window.press(Key::Escape);
    assert!(!window.shows("tries the host's addresses"));
    window.click("Clear the transcript");
    assert!(window.shows("Type something below and press Enter"));
}

#[test]
fn invalid_escape_is_explained_under_the_field() {
    let mut window = Window::connected(Settings::default());
    window.types(r"ab\q");
    assert!(window.shows(r"Character 3: \q is not an escape."));
    assert!(!window.enabled("Send"));
    window.press(Key::Enter);
    assert_eq!(newest(window.app()).status().sent, 0, "nothing is sent");
    window.press(Key::Backspace);
    window.types("n");
    assert!(!window.shows("is not an escape") && window.enabled("Send"));
    window.click("Escapes");
    window.click("Send");
    window.wait_until_shown(r"received ab\n↵");
    window.click("Send hexadecimal digits");
    window.types("48 6");
    assert!(window.shows("Character 4:"), "the place counts blanks, too");
    window.types("9");
    window.press(Key::Enter);
    window.wait_until_shown("received Hi");
}

#[test]
fn second_client_waits_until_the_first_closes() {
    let mut window = Window::connected(Settings { mode: Mode::One, ..Settings::default() });
    window.wait_until_shown("Client 1, connected");
    window.click("Add a client");
    window.connect();
    window.wait_until_shown("Client 2, waits to be accepted");
    assert!(window.shows("waits in the accept queue until"), "the explanation is shown");
    window.types("me too");
    window.press(Key::Enter);
    window.wait_until_shown("sent me too↵, 7 B, waiting for the echo");
    assert!(window.shows("7 B not echoed yet"));
    window.0.get_by_label_contains("Client 1, connected").click();
    window.run();
    window.click("Close");
    // The second client may have been served by now, so its state isn't known.
    window.0.get_by_label_contains("Client 2, ").click();
    window.wait_until_shown("received me too↵");
    window.wait_until_shown("Client 2, connected");
    assert!(window.shows("Client 1, closed"));
}

#[test]
fn rejected_certificate_is_explained_with_the_raw_error_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::started(certificate(folder.path(), "server"));
    window.connect();
    window.wait_until_shown("Client 1, connected");
    window.types("secret");
    window.press(Key::Enter);
    window.wait_until_shown("received secret↵");
    assert!(window.shows("TLS 1.3 · TLS_"));
    window.click("Close");
    window.wait_until_shown("Client 1, closed");
    assert!(window.shows("TLS: as the server, trusts its certificate"));
    // Trust a certificate that isn't the server's.
    let other = certificate(folder.path(), "other");
    window.click("TLS: as the server, trusts its certificate");
    window.trust("A CA file");
    assert!(window.shows("Choose the CA file to trust.") && !window.enabled("Connect"));
    window.fill("CA file", &other.certificate.display().to_string());
    window.click("Connect");
    window.wait_until_shown("Client 1, failed");
    assert!(!window.shows("Give up after"), "the options are hidden after a connect");
    assert!(window.shows("TLS handshake failed"));
    assert!(window.shows("rejected the server's certificate"), "in plain words");
    window.0.get_by_label_contains("Transcript of Client 1").focus();
    window.run();
    window.press(Key::End);
    window.click("Show raw text");
    assert!(window.shows("Hide raw text"));
    let Some(ConnectionOutcome::Failed(error)) = newest(window.app()).status().outcome else {
        panic!("{:?}", newest(window.app()).status())
    };
    let raw = error.raw();
    assert!(window.shows(&raw), "{raw}");
    // Without any check there is a warning.
    window.click("TLS: as the server, trusts a CA file");
    window.trust("Any certificate (no check)");
    assert!(window.shows("The server's certificate isn't checked"));
    window.click("Connect");
    window.wait_until_shown("Client 1, connected");
}

#[test]
fn each_close_mode_appears_in_the_servers_log() {
    let folder = tempfile::tempdir().unwrap();
    let plain = Settings::default();
    let tls = certificate(folder.path(), "server");
    let table = [
        (&plain, CloseMode::Abort, CloseReason::Reset),
        (&plain, CloseMode::Close, CloseReason::EndOfStream),
        (&plain, CloseMode::HalfClose, CloseReason::EndOfStream),
        (&tls, CloseMode::Close, CloseReason::EndOfStream),
        (&tls, CloseMode::WithoutCloseNotify, CloseReason::EndWithoutCloseNotify),
    ];
    for (settings, how, expected) in table {
        let mut window = Window::started(settings.clone());
        assert!(!window.enabled(how.label()), "it can't be closed before");
        window.connect();
        window.wait_until("the server's side", |window| window.state().app().counters().clients_now == 1);
        window.wait_until("TLS's end on the server's side", |window| {
            window.state().app().connections().iter().all(|it| it.phase == echoscope::server::Phase::Open)
        });
        window.click(how.label());
        window.wait_until("the end in the log", |window| {
            window.state().app().log().iter().any(|entry| matches!(entry.event.kind, EventKind::Closed(_)))
        });
        assert_eq!(window.reason().unwrap(), expected, "{how:?}");
        window.wait_until("rest", |window| newest(window.state().app()).state() == ClientState::Closed);
        assert!(!window.enabled(how.label()) && window.enabled("Connect"));
    }
}

#[test]
fn host_and_port_follow_the_server_until_edited_and_again_on_request() {
    let mut window = Window::started(Settings::default());
    let port = window.address().port().to_string();
    assert!(window.shows("Host and port follow the server."));
    let typed = |window: &Window| {
        window.0.get_by_role_and_label(Role::TextInput, "Port to connect to").value().unwrap_or_default()
    };
    assert_eq!(typed(&window), port, "the port that the OS chose");
    window.fill("Port to connect to", "9");
    assert!(window.shows("Only the host follows the server."));
    window.fill("Port to connect to", "70000");
    assert!(window.shows("Port must be a whole number from 1 to 65,535.") && !window.enabled("Connect"));
    window.click("Follow the server");
    assert_eq!(typed(&window), port);
    assert!(window.shows("Host and port follow the server.") && window.enabled("Connect"));
    window.click("TLS: off, like the server");
    window.click("TLS of the client");
    assert!(window.shows("This server has no certificate yet") && !window.enabled("Connect"));
    window.click("Follow the server: TLS");
    assert!(window.shows("TLS: off, like the server") && window.enabled("Connect"));
}

#[test]
fn refused_connection_is_explained_and_escape_cancels() {
    let mut window = Window::client(Settings::default());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    window.fill("Port to connect to", &port.to_string());
    assert!(!window.shows("The server isn't running."), "it is not the server of this window");
    // The listener never answers, so the TLS handshake waits.
    window.click("TLS: off, like the server");
    window.click("TLS of the client");
    window.trust("Any certificate (no check)");
    window.click("Connect");
    window.wait_until_shown("Client 1, in the TLS handshake");
    let (mut silent, _) = listener.accept().unwrap();
    window.press(Key::Escape);
    window.wait_until_shown("Connecting was canceled");
    let mut hello = Vec::new();
    let _ = silent.read_to_end(&mut hello);
    assert!(hello.starts_with(&[0x16, 3]), "a ClientHello had been sent: {hello:?}");
    drop((listener, silent));
    window.click("Connect");
    window.wait_until_shown("Client 1, failed");
    assert!(window.shows("Can't connect"));
    // The status is updated before the transcript.
    window.wait_until_shown(&format!("Connection refused by 127.0.0.1:{port}"));
}

#[test]
fn clients_can_be_added_up_to_sixteen_and_all_removed() {
    let mut window = Window::client(Settings::default());
    for _ in 1..16 {
        assert!(window.enabled("Add a client"));
        window.click("Add a client");
    }
    assert!(window.shows("Client 16, not connected") && !window.enabled("Add a client"));
    window.click("Remove Client 16");
    assert!(!window.shows("Client 16") && window.enabled("Add a client"));
    assert!(window.shows("Remove Client 15"), "the one before it is chosen");
    window.click("Client 3, not connected");
    window.click("Remove Client 3");
    assert!(window.shows("Remove Client 4"), "the one after it is chosen");
    while window.app().clients().iter().next().is_some() {
        let label = window.app().clients().iter().next().unwrap().id();
        window.click(&format!("Client {label}, not connected"));
        window.press(Key::Delete);
        if window.app().clients().get(label).is_some() {
            window.click(&format!("Remove Client {label}"));
        }
    }
    assert!(window.shows("There is no client"));
    window.click("Add a client");
    assert!(window.shows("Connect"));
}

#[test]
fn repetition_can_be_stopped_and_a_file_is_sent_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data.bin");
    let data: Vec<u8> = (0..200_000_u32).map(|number| number.to_be_bytes()[3]).collect();
    std::fs::write(&file, &data).unwrap();
    let mut window = Window::connected(Settings::default());
    window.types("tick");
    window.fill("Times to repeat", "3");
    window.fill("Milliseconds between repetitions", "1");
    window.click("Repeat");
    window.wait_until_shown("sent 3/3 tick↵");
    window.fill("Times to repeat", "1000");
    window.fill("Milliseconds between repetitions", "60000");
    window.click("Repeat");
    window.wait_until_shown("1 of 1,000 sent");
    window.click("Stop sending");
    window.wait_until("the end of it", |window| newest(window.state().app()).status().repeat.is_none());
    window.fill("Times to repeat", "0");
    assert!(window.shows("Times must be a whole number from 1 to 1,000,000.") && !window.enabled("Repeat"));
    window.click("Send a file");
    assert!(!window.enabled("Send"));
    let before = newest(window.app()).status().received;
    window.fill("File to send", &file.display().to_string());
    window.press(Key::Enter);
    // The received data may have pushed the file's row out of view, so this looks in the transcript.
    window.wait_until("the file's verdict", |window| {
        newest(window.state().app()).transcript().iter().any(|entry| match &entry.event {
            ClientEventKind::Sent { from: SendOrigin::File { path, .. }, .. } => {
                assert_eq!(*path, file);
                entry.echo.is_some_and(|echo| echo.verdict == EchoVerdict::Exact)
            }
            _ => false,
        })
    });
    assert!(window.shows("all exact"));
    assert_eq!(newest(window.app()).status().received - before, data.len() as u64);
}

#[test]
fn pasted_megabyte_is_truncated_with_a_note() {
    let mut window = Window::connected(Settings::default());
    window.types("Hello");
    window.0.event(Event::Paste("x".repeat(1 << 20)));
    window.run();
    assert!(window.shows("The field is full: characters after the first 32,768 are dropped."));
    let typed = newest(window.app()).form().text(ClientField::Text);
    assert!(typed.starts_with("Hellox") && typed.len() == 32_768, "{} bytes", typed.len());
    window.press(Key::Enter);
    window.wait_until("its echo", |window| newest(window.state().app()).status().echo.compared == 32_769);
    // All of the text is selected, so the next key replaces it.
    window.types("H");
    assert!(!window.shows("The field is full"));
}

#[test]
fn pasted_lines_are_sent_with_their_line_ends() {
    let mut window = Window::connected(Settings::default());
    let request = "GET / HTTP/1.1\r\nHost: x\n\r\n";
    window.0.event(Event::Paste(request.to_owned()));
    window.run();
    assert!(window.has_focus(Role::MultilineTextInput, "Text to send"), "the lines are shown as lines");
    assert!(window.shows("CR LF (\\r\\n) and LF (\\n)"));
    window.press(Key::Enter);
    let length = request.len() as u64 + 1;
    window.wait_until("its echo", |window| newest(window.state().app()).status().echo.compared == length);
    let sent = newest(window.app()).transcript().iter().find_map(|entry| match &entry.event {
        ClientEventKind::Sent { data, .. } => Some(data.to_vec()),
        _ => None,
    });
    assert_eq!(sent.as_deref(), Some(format!("{request}\n").as_bytes()));

    window.types("one");
    window.0.key_press_modifiers(Modifiers::SHIFT, Key::Enter);
    window.run();
    window.types("two");
    assert_eq!(newest(window.app()).form().text(ClientField::Text), "one\ntwo");
    assert_eq!(newest(window.app()).status().echo.compared, length, "Shift+Enter doesn't send");
}

#[test]
fn lines_pasted_into_another_field_are_reported() {
    let mut window = Window::client(Settings::default());
    window.0.get_by_role_and_label(Role::TextInput, "Host to connect to").focus();
    window.run();
    window.0.event(Event::Paste("localhost\n".to_owned()));
    window.run();
    assert!(window.app().notice().is_none(), "the last line end is no part of the text");
    window.0.event(Event::Paste("first\nsecond".to_owned()));
    window.run();
    assert!(window.app().notice().is_some_and(|notice| notice.problem));
}

#[test]
fn load_clients_connect_and_close() {
    let mut window = Window::started(Settings { backlog: 64, ..Settings::default() });
    window.0.get_by_role_and_label(Role::Button, "Crowd…").focus();
    window.run();
    window.press(Key::Space);
    assert!(window.shows("sends one line, checks its echo"));
    window.press(Key::Tab);
    assert!(window.has_focus(Role::TextInput, "Clients"), "the keyboard gets there");
    window.fill("Clients", "500");
    assert!(window.shows("Clients must be a whole number from 1 to 200.") && !window.enabled("Connect them"));
    window.fill("Clients", "12");
    window.click("Connect them");
    window.wait_until_shown("12 clients: 12 echoed");
    assert!(window.shows("12 clients now"));
    window.click("Disconnect all");
    window.wait_until_shown("12 clients: 12 closed");
    window.wait_until_shown("0 clients now, 12 total");
    window.press(Key::Escape);
    assert!(!window.shows("sends one line, checks its echo"));
    window.click("Stop server");
    window.wait_until_shown("Start server");
}

#[test]
fn all_controls_are_visible_in_the_smallest_window() {
    let folder = tempfile::tempdir().unwrap();
    for settings in [Settings::default(), certificate(folder.path(), "server")] {
        let uses_tls = settings.tls;
        let mut window = Window::client_of(settings, [720.0, 480.0]);
        window.press(Key::Enter);
        window.wait_until_shown("Stop server");
        window.connect();
        window.types("Hi");
        window.press(Key::Enter);
        window.wait_until_shown("received Hi↵");
        let close_notify = uses_tls.then_some("Close without close_notify");
        let names = ["Close", "Half-close", "Abort", "Send", "Clear the transcript"];
        for name in names.into_iter().chain(close_notify) {
            let all = parts(&window);
            let is_it = |part: &&Part<'_>| part.role() == Role::Button && part.name == name;
            let part = all.iter().find(is_it).unwrap_or_else(|| panic!("there is no {name}"));
            let lost = part.rect.width() - part.seen.width();
            assert!(lost < 1.0 && part.seen.bottom() <= 480.0, "TLS {uses_tls}: {}", part.description());
        }
        window.click("Line ending and repetition");
        assert!(window.shows("Times to repeat"));
        assert_eq!(window.shows("Close without close_notify"), uses_tls);
        window.click("Abort");
        window.wait_until_shown("Aborted by this client (RST)");
    }
}

/// Returns how many rows of the transcript are fully visible.
fn visible_rows(window: &Window) -> usize {
    let is_visible = |part: &&Part<'_>| {
        part.role() == Role::ListBoxOption && (part.rect.area() - part.seen.area()).abs() < 1.0
    };
    parts(window).iter().filter(is_visible).count()
}

#[test]
fn echo_is_in_view_in_a_short_tab() {
    for (size, is_presenter) in [([720.0, 480.0], false), ([1280.0, 800.0], true), ([1180.0, 760.0], true)] {
        let mut window = Window::client_of(Settings::default(), size);
        window.press(Key::Enter);
        window.wait_until_shown("Stop server");
        if is_presenter {
            window.press(Key::F11);
        } else {
            window.click("Lessons");
            window.0.get_by_label("1. Your first echo").click_accesskit();
            window.run();
        }
        window.0.get_by_role_and_label(Role::Button, "Connect").click_accesskit();
        window.run();
        window.wait_until_shown("Client 1, connected");
        window.types("Hello");
        window.press(Key::Enter);
        window.wait_until_shown(", exact");
        window.run();
        assert!(visible_rows(&window) >= 4, "{size:?}: only {} rows", visible_rows(&window));
    }
}

/// Returns the row with the state of the connection.
fn state_row(window: &Window) -> egui_kittest::Node<'_> {
    let mut buttons = window.0.query_all_by_role(Role::Button);
    let is_it = |label: String| label.starts_with("Connected to 127.0.0.1");
    buttons.find(|button| button.accesskit_node().label().is_some_and(is_it)).unwrap()
}

#[test]
fn state_row_shows_the_form_while_connected_and_the_transcript_stays() {
    let mut window = Window::connected(Settings::default());
    window.wait_until_shown("Client 1, connected");
    let top = |window: &Window| window.0.get_by_label_contains("Transcript of").rect().top();
    let before = top(&window);
    assert!(!window.shows("Host to connect to"));
    window.types("Hello");
    window.press(Key::Enter);
    window.wait_until_shown("all exact");
    assert!((top(&window) - before).abs() < 0.5, "the first echo moves the transcript");
    let place = state_row(&window).rect();
    state_row(&window).click();
    window.run();
    assert!(window.shows("Host to connect to") && window.shows("Close the connection to change"));
    let moved = state_row(&window).rect().top() - place.top();
    assert!(moved.abs() < 0.5, "the row stays under the pointer");
    state_row(&window).click();
    window.run();
    assert!(!window.shows("Host to connect to"));
}

#[test]
fn server_name_is_in_view_and_enter_connects() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::started(certificate(folder.path(), "server"));
    let field = |window: &Window| window.0.get_by_role_and_label(Role::TextInput, "Server name").rect();
    assert!(field(&window).bottom() < window.0.get_by_label_contains("Transcript of").rect().top());
    window.fill("Server name", "example.com");
    window.press(Key::Enter);
    window.wait_until_shown("Client 1, failed");
    assert!(window.shows("TLS handshake failed"));
    window.fill("Server name", "");
    window.click("TLS: as the server, trusts its certificate");
    for name in ["Client ALPN", "Client key", "Seconds to wait for an answer", "Host to connect to"] {
        let before = newest(window.app()).connections();
        if !window.shows("Client ALPN") {
            window.click("TLS: as the server, trusts its certificate");
        }
        window.0.get_by_role_and_label(Role::TextInput, name).focus();
        window.run();
        window.press(Key::Enter);
        window.wait_until("an open connection", |window| {
            newest(window.state().app()).state() == ClientState::Open
        });
        assert_eq!(newest(window.app()).connections(), before + 1, "{name}");
        assert!(!window.shows("Client ALPN"), "the options make room for the transcript");
        window.click("Abort");
        window.wait_until("the end", |window| newest(window.state().app()).state() == ClientState::Closed);
    }
}

#[test]
fn connect_stays_in_view_while_the_options_scroll() {
    let folder = tempfile::tempdir().unwrap();
    let settings = certificate(folder.path(), "server");
    let mut window = Window::client_of(settings, [720.0, 480.0]);
    window.click("TLS: as the server, trusts its certificate");
    let before = window.0.get_by_label("Connect").rect();
    window.0.get_by_role_and_label(Role::TextInput, "Text to send").scroll_to_me();
    window.run();
    let name = window.0.get_by_role_and_label(Role::TextInput, "Server name").rect();
    assert!(name.top() < before.top(), "the tab has scrolled: {name}");
    assert_eq!(window.0.get_by_label("Connect").rect(), before);
}

#[test]
fn lesson_reveals_the_server_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::started(certificate(folder.path(), "server"));
    window.click("Lessons");
    window.0.get_by_label("5. A certificate of your own").click_accesskit();
    window.run();
    while !window.shows("Show the server name") {
        window.click("Skip this step");
    }
    window.ctrl(Key::Num1);
    window.click("Show the server name in the Client tab");
    assert!(window.has_focus(Role::TextInput, "Server name"));
    window.types("example.com");
    window.press(Key::Enter);
    window.wait_until_shown("Client 1, failed");
    window.wait_until_shown(" done: Rejected: the certificate is trusted");
}

#[test]
fn chip_shows_the_servers_number_of_the_connection() {
    let mut window = Window::connected(Settings::default());
    window.wait_until_shown("Client 1, connected, #1 on the server");
    window.click("Close");
    window.wait_until_shown("Client 1, closed, #1 on the server");
    window.connect();
    window.wait_until_shown("Client 1, connected, #2 on the server");
    // A connection to another server has no number.
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    window.click("Close");
    window.wait_until_shown("Client 1, closed, #2 on the server");
    window.fill("Port to connect to", &other.local_addr().unwrap().port().to_string());
    window.connect();
    window.wait_until_shown("Client 1, connected");
    assert!(!window.shows("on the server"));
}

#[test]
fn transcript_format_is_text_and_python_in_a_lesson_until_it_is_chosen() {
    let mut window = Window::connected(Settings::default());
    window.types("Hello");
    window.press(Key::Enter);
    window.wait_until_shown("received Hello↵");
    window.click("Lessons");
    window.0.get_by_label("1. Your first echo").click_accesskit();
    window.run();
    assert!(window.shows("received b'Hello\\n'"));
    window.click("Show the transcript as hex");
    assert!(window.shows("received 48 65 6c 6c 6f 0a"));
    window.0.get_all_by_label("Leave the lesson").next().unwrap().click_accesskit();
    window.run();
    assert!(window.shows("received 48 65 6c 6c 6f 0a"), "the choice is kept");
    assert!(window.log().iter().any(|line| line == "Received: b'Hello\\n'"), "the log is as in the tutorial");
}

#[test]
fn menu_of_a_row_copies_and_disconnects() {
    let mut window = Window::connected(Settings::default());
    window.types("Hello");
    window.press(Key::Enter);
    window.wait_until_shown(", exact");
    window.0.query_all_by_label_contains("sent Hello").next().unwrap().click_secondary();
    window.run();
    window.0.get_by_role_and_label(Role::Button, "Copy").click();
    window.0.step();
    let copied = window.copied().expect("the row was copied");
    assert!(copied.contains("sent Hello") && copied.ends_with("exact"), "{copied}");
    window.run();
    window.0.query_all_by_label_contains("sent Hello").next().unwrap().click_secondary();
    window.run();
    window.click("Disconnect #1");
    window.wait_until_shown("Client 1, closed");
}
