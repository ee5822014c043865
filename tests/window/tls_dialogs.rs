//! The TLS dialogs: certificates are created, inspected and served from the window.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::harness::{PressMode, Window};
use echoscope::server::ServerState;
use echoscope::settings::{ClientAuth, Setting, Settings, TlsVersions};
use egui::{Event, Key, Modifiers, PointerButton, Role};
use egui_kittest::kittest::{NodeT, Queryable};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

impl Window {
    fn for_reader(settings: Settings, size: [f32; 2]) -> Self {
        let settings = Settings { port: 0, host: "127.0.0.1".to_owned(), ..settings };
        Self::new(settings, size, PressMode::Reader)
    }

    /// Opens a list and chooses one of its lines.
    #[track_caller]
    fn choose(&mut self, list: &str, line: &str) {
        self.0.get_by_role_and_label(Role::ComboBox, list).click_accesskit();
        self.run();
        self.click(line);
    }

    /// Opens a list with a click so quick that it arrives in one frame, and chooses one of its lines with the mouse.
    #[track_caller]
    fn choose_by_mouse(&mut self, list: &str, line: &str) {
        let at = self.0.get_by_role_and_label(Role::ComboBox, list).rect().center();
        let button = |pressed| {
            let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
            Event::PointerButton { pos: at, button, pressed, modifiers }
        };
        self.0.input_mut().events.extend([Event::PointerMoved(at), button(true), button(false)]);
        self.run();
        self.0.get_by_label(line).click();
        self.run();
        let value = self.0.get_by_role_and_label(Role::ComboBox, list).value();
        assert_eq!(value.as_deref(), Some(line), "{list}");
    }

    /// Creates a certificate in this folder with the open dialog, and waits for the second page.
    #[track_caller]
    fn create(&mut self, folder: &Path) {
        self.fill("Folder", &folder.to_string_lossy());
        self.wait_until_enabled("Create");
        self.click("Create");
        self.wait_until_shown("Certificate created");
    }
}

fn small() -> [f32; 2] {
    [720.0, 480.0]
}

fn large() -> [f32; 2] {
    [1180.0, 760.0]
}

/// Connects a client that trusts the certificates in the file.
fn client(address: SocketAddr, ca: &Path, name: &str) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca).unwrap() {
        roots.add(certificate.unwrap()).unwrap();
    }
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), stream)
}

fn echo(client: &mut StreamOwned<ClientConnection, TcpStream>) {
    client.write_all(b"Hello").unwrap();
    let mut back = [0; 5];
    client.read_exact(&mut back).unwrap();
    assert_eq!(&back, b"Hello");
}

#[test]
fn rows_of_the_create_dialog_stay_when_other_hints_are_shown() {
    for size in [large(), small()] {
        let mut window = Window::for_reader(Settings::default(), size);
        window.click("Create certificate…");
        window.wait_until_enabled("Create");
        let place = |window: &Window| {
            let [key, broken] = ["Key", "Broken on purpose"]
                .map(|list| window.0.get_by_role_and_label(Role::ComboBox, list).rect().top());
            broken - key
        };
        let before = place(&window);
        window.click("Signed by a practice CA");
        assert!(window.shows("ca.key and ca.crt are created once"));
        assert!((place(&window) - before).abs() < 0.5, "{size:?}: the hint about the CA");
        window.choose("Key", "RSA 4096");
        assert!((place(&window) - before).abs() < 0.5, "{size:?}: the hint about the key");
    }
}

#[test]
fn a_created_certificate_is_filled_in_and_served() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::for_reader(Settings::default(), large());
    window.click("Create certificate…");
    window.choose("Key", "ECDSA P-256");
    window.click("Signed by a practice CA");
    window.create(&folder.path().join("lab"));
    let made = folder.path().join("lab");
    for name in ["server.key", "server.csr", "server.crt", "ca.key", "ca.crt"] {
        assert!(made.join(name).is_file(), "{name}");
    }
    assert!(window.shows("Give") && window.shows("No trust store was changed"));
    window.0.get_by_label("Copy the command for curl").click_accesskit();
    window.0.step();
    assert!(window.copied().unwrap().starts_with(echoscope::platform::terminal::CURL));
    window.0.run_ok();
    window.click("Done");
    assert!(!window.shows("Certificate created"));
    let settings = window.app().settings().clone();
    assert!(settings.tls);
    assert_eq!((settings.certificate, settings.key), (made.join("server.crt"), made.join("server.key")));
    window.wait_until_shown("matches the certificate");
    let address = window.start();
    window.click("gnutls-cli");
    assert!(window.shows("gnutls-cli --x509cafile"), "the commands are reachable later, too");
    window.click("Details…");
    window.wait_until_shown("How clients check it");
    window.click("How clients connect and check it");
    assert!(window.0.query_by_label("Copy the command for curl").is_some());
    window.click("Close details");
    echo(&mut client(address, &made.join("ca.crt"), "localhost"));
}

#[test]
fn invalid_fields_show_errors_and_disable_create() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::for_reader(Settings::default(), large());
    window.click("Create certificate…");
    window.fill("Folder", &folder.path().to_string_lossy());
    window.wait_until_enabled("Create");
    window.fill("Days", "100000");
    assert!(window.shows("Days must be a whole number from 1 to 36,500") && !window.enabled("Create"));
    window.fill("Days", "30");
    window.fill("Common name", "*..x");
    assert!(window.shows("*..x") && !window.enabled("Create"));
    window.fill("Common name", "");
    assert!(window.shows("The common name is empty."));
    // Enter does nothing, because the button is disabled.
    window.0.key_press(Key::Enter);
    window.0.run_ok();
    window.fill("Common name", "localhost");
    window.fill("Folder", &folder.path().join("no/where").to_string_lossy());
    window.wait_until_shown("There is no folder");
    assert!(!window.enabled("Create"));
    window.0.key_press(Key::Escape);
    window.0.run_ok();
    assert!(!window.shows("Create a certificate"), "Escape closes the dialog");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was written");
}

#[test]
fn existing_files_are_only_replaced_after_consent() {
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("server.key");
    std::fs::write(&old, "old").unwrap();
    // The check box is beside the button, so it is visible even in the smallest window.
    let mut window = Window::for_reader(Settings::default(), small());
    window.click("Create certificate…");
    window.fill("Folder", &folder.path().to_string_lossy());
    window.wait_until_shown("server.key already exists.");
    assert!(!window.enabled("Create"));
    window.0.key_press(Key::Enter);
    window.0.run_ok();
    assert_eq!(std::fs::read_to_string(&old).unwrap(), "old");
    window.click("Replace existing files");
    window.click("Create");
    window.wait_until_shown("Certificate created");
    assert!(std::fs::read_to_string(&old).unwrap().starts_with("-----BEGIN"));
}

#[test]
fn client_certificate_is_only_replaced_after_consent() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["server.key", "client.key"] {
        std::fs::write(folder.path().join(name), "old").unwrap();
    }
    let mut window = Window::for_reader(Settings::default(), large());
    window.click("Create certificate…");
    window.click("Signed by a practice CA");
    window.fill("Folder", &folder.path().to_string_lossy());
    window.wait_until_shown("server.key already exists.");
    window.click("Replace existing files");
    window.wait_until_enabled("Create");
    window.0.get_by_label("Also a client certificate").click_accesskit();
    // The frame with the click, and the one that starts to look for the files.
    window.0.step();
    window.0.step();
    assert!(!window.enabled("Create"), "the folder was not yet searched for client.key");
    window.wait_until_shown("server.key and client.key already exist.");
    assert!(!window.enabled("Create"));
}

#[test]
fn the_openssl_commands_follow_the_form() {
    let mut window = Window::for_reader(Settings::default(), large());
    window.click("Create certificate…");
    window.click("Show the openssl commands");
    assert!(window.shows("openssl genrsa -out server.key 2048"));
    window.choose("Key", "Ed25519");
    assert!(window.shows("openssl genpkey -algorithm ED25519"));
}

#[test]
fn a_defect_shows_a_warning_until_it_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::for_reader(Settings::default(), large());
    window.click("Create certificate…");
    window.choose("Key", "ECDSA P-256");
    window.choose("Broken on purpose", "Wrong name");
    assert!(window.shows("It is for wrong-name.example"));
    window.create(folder.path());
    window.click("Done");
    let label = "it is for wrong-name.example, but the server's host is 127.0.0.1";
    window.wait_until_shown(label);
    window.click("Details…");
    window.wait_until_shown("A client that has this file as its CA file");
    assert_eq!(window.0.query_all_by_label_contains(label).count(), 2, "the details show it, too");
    window.click("Close details");
    // A new certificate at the same path removes the warning.
    window.click("Create certificate…");
    window.choose("Key", "ECDSA P-256");
    window.wait_until_shown("already exist.");
    window.click("Replace existing files");
    window.click("Create");
    window.wait_until_shown("Certificate created");
    window.click("Done");
    window
        .wait_until("the label is gone", |window| window.query_all_by_label_contains(label).next().is_none());
}

#[test]
fn details_show_the_certificate_and_the_checks() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::for_reader(Settings::default(), large());
    window.click("Create certificate…");
    window.choose("Key", "ECDSA P-256");
    window.click("Signed by a practice CA");
    window.create(folder.path());
    window.click("Certificate details…");
    window.wait_until_shown("A client that uses the system trust store rejects it");
    assert!(window.shows("CN=localhost") && window.shows("ECDSA P-256") && window.shows("SHA-256"));
    assert!(window.shows(" days left"));
    window.click("Extensions of certificate 1: 6");
    assert!(window.shows("TLS server"), "extensions are described");
    let title = |window: &Window| window.0.get_by_label("CA file").rect();
    let before = title(&window);
    window.choose("Clients trust", "A CA file");
    window.wait_until_shown("the CAs in ca.crt accepts it");
    assert_eq!(title(&window), before, "the field was there before");
    window.fill("CA file", &folder.path().join("none.crt").to_string_lossy());
    window.wait_until_shown("none.crt");
    window.click("Close details");
    assert!(!window.shows("How clients check it"));
}

/// Writes a certificate and its key to files.
fn files(folder: &Path) -> (PathBuf, PathBuf) {
    let (certificate, key) = (folder.join("server.crt"), folder.join("server.key"));
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    (certificate, key)
}

#[test]
fn options_change_the_served_tls() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = files(folder.path());
    let settings = Settings { tls: true, certificate: certificate.clone(), key, ..Settings::default() };
    let mut window = Window::for_reader(settings, large());
    window.click("Options…");
    window.choose("Versions", "TLS 1.2 only");
    window.click("Let clients resume sessions");
    window.fill("ALPN", "h2,");
    assert!(window.shows("Remove the extra comma."));
    window.fill("ALPN", "");
    let log = folder.path().join("keys.log");
    window.fill("Key log", &log.to_string_lossy());
    assert!(window.shows("anyone with this file can decrypt a recording"));
    window.choose("Client certificates", "Optional");
    window.fill("Client CA", &certificate.to_string_lossy());
    window.wait_until_shown("CN=rcgen self signed cert");
    window.click("Done");
    assert!(window.shows("TLS key log is on"), "the warning is visible while the dialog is closed");
    let settings = window.app().settings();
    assert_eq!((settings.tls_versions, settings.session_tickets), (TlsVersions::Only12, false));
    assert_eq!(settings.client_auth, ClientAuth::Optional);

    let address = window.start();
    let mut client = client(address, &certificate, "localhost");
    echo(&mut client);
    assert_eq!(client.conn.protocol_version(), Some(rustls::ProtocolVersion::TLSv1_2));
    assert!(std::fs::read_to_string(&log).unwrap().starts_with("CLIENT_RANDOM"));
    window.click("Options…");
    assert!(!window.shows("Restart now"));
    window.choose("Versions", "TLS 1.3 only");
    assert!(window.shows("Restart now to apply Versions"));
    // The dialog has the keyboard, so the shortcut doesn't stop the server.
    window.0.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    window.0.run_ok();
    assert!(matches!(window.app().state(), ServerState::Listening { .. }));
}

#[test]
fn handshake_parameters_are_shown_with_the_log_entry_and_the_connection() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = files(folder.path());
    let settings = Settings { tls: true, certificate: certificate.clone(), key, ..Settings::default() };
    let mut window = Window::for_reader(settings, large());
    let address = window.start();
    let mut client = client(address, &certificate, "localhost");
    echo(&mut client);
    window.wait_until_shown("Received: b'Hello'");
    window.0.get_by_label_contains("TLS 1.3 ·").click();
    window.0.run_ok();
    let meaning = "encrypts and authenticates each record";
    assert!(window.shows("Cipher suite") && window.shows(meaning) && window.shows("Server name (SNI)"));
    assert!(!window.shows("Offered version"), "the offer is collapsed");
    window.0.get_by_label_contains("Offered by the client").click_accesskit();
    window.0.run_ok();
    assert!(window.shows("Offered version"));
    window.0.get_by_label_contains("Offered by the client").click_accesskit();
    window.0.run_ok();

    window.click("Live");
    window.click("List of connections");
    assert!(window.shows(meaning), "the connection of the log's entry is selected");
    window.click("Connection #1");
    assert!(!window.shows(meaning));
    window.0.get_by_role_and_label(Role::ListBoxOption, "Connection #1").focus();
    window.0.run_ok();
    assert!(window.shows(meaning), "the keyboard is enough to choose a connection");
    window.click("Connection #1");
    assert!(!window.shows(meaning));
    drop(client);
    window.wait_until_shown("No client is connected");
}

#[test]
fn lists_stay_above_a_dialog_that_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = files(folder.path());
    let settings = Settings { tls: true, certificate, key, ..Settings::default() };
    let mut window = Window::for_reader(settings, large());
    window.wait_until_shown("matches the certificate");
    for (open, list, lines, close) in [
        ("Create certificate…", "Key", ["Ed25519", "ECDSA P-256"], "Cancel"),
        ("Options…", "Versions", ["TLS 1.2 only", "TLS 1.3 only"], "Done"),
        ("Details…", "Clients trust", ["A CA file", "A CA file"], "Close details"),
    ] {
        for line in lines {
            window.click(open);
            window.choose_by_mouse(list, line);
            window.click(close);
        }
    }
}

#[test]
fn created_page_begins_at_its_top() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::for_reader(Settings::default(), small());
    for turn in 0..2 {
        window.click("Create certificate…");
        window.choose("Key", "ECDSA P-256");
        window.fill("Folder", &folder.path().to_string_lossy());
        if turn > 0 {
            window.wait_until_shown("already exist.");
            window.click("Replace existing files");
        }
        window.wait_until_enabled("Create");
        // The end of the form is in view, not its beginning.
        window.0.get_by_label("Show the openssl commands").scroll_to_me();
        window.run();
        window.click("Create");
        window.wait_until_shown("Certificate created");
        // The dialog's own node has the same name as its title, but no bounds.
        let titles = window.0.get_all_by_label("Certificate created");
        let title = titles.rev().find(|node| node.accesskit_node().has_bounds()).unwrap().rect();
        // The form behind the dialog shows the same line, further left.
        let verdict = window.0.query_all_by_label_contains("365 days left").map(|node| node.rect());
        let verdict = verdict.max_by(|one, other| one.left().total_cmp(&other.left())).unwrap();
        assert!(verdict.top() > title.bottom() && verdict.top() < title.bottom() + 60.0, "{turn}: {verdict}");
        // The end of this page is in view when it closes.
        window.0.get_by_label("Copy the server command").scroll_to_me();
        window.run();
        window.click("Done");
    }
}

#[test]
fn client_certificate_is_created_and_presented() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::for_reader(Settings::default(), large());
    window.click("Create certificate…");
    window.choose("Key", "ECDSA P-256");
    window.click("Also a client certificate");
    window.create(folder.path());
    assert!(window.shows("The Client tab presents client.crt"));
    window.click("Done");
    let made = |name: &str| folder.path().join(name);
    assert_eq!(window.app().settings().client_ca, made("ca.crt"));
    window.click("Options…");
    window.choose("Client certificates", "Required");
    window.wait_until_shown("CN=Echoscope practice CA");
    window.click("Done");
    window.start();
    window.wait_until_shown("-cert");
    assert!(!window.shows("The server requires a client certificate."));
    window.0.key_press_modifiers(Modifiers::COMMAND, Key::Num3);
    window.run();
    window.click("Connect");
    window.wait_until_shown("Client 1, connected");

    // Without the files, the command doesn't name them.
    std::fs::remove_file(made("client.key")).unwrap();
    window.0.event(Event::WindowFocused(true));
    window.wait_until_shown("The server requires a client certificate.");
    assert!(!window.shows("-cert"));
}

#[test]
fn replaced_certificate_shows_that_a_restart_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = files(folder.path());
    let settings = Settings { tls: true, certificate, key, ..Settings::default() };
    let mut window = Window::for_reader(settings, large());
    window.start();
    window.wait_until_shown("matches the certificate");
    let hint = "Restart now";
    assert!(!window.shows(hint));
    files(folder.path());
    window.0.event(Event::WindowFocused(true));
    window.wait_until_shown(hint);
    assert!(window.app().needs_restart(Setting::Certificate) && window.app().needs_restart(Setting::Key));
    window.click("Stop server");
    window.start();
    window.wait_until_shown("matches the certificate");
    assert!(!window.shows(hint));
}
