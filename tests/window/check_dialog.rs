//! The dialog *Check a server…*: right and wrong servers, canceling, the report, and the keyboard.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use echoscope::app::{App, Options, RunChecks};
use echoscope::check::{self, CHECKS, CheckVerdict, Exchange, Expect, Report, ServerCheck};
use echoscope::settings::{ClientAuth, Mode, Settings};
use egui::{Key, Role, ViewportId};
use egui_kittest::kittest::{NodeT, Queryable, by};

use crate::check_report::{app_with_report, report};
use crate::harness::{PressMode, Window};
use crate::support::{Identity, Server, program};

const LARGE: [f32; 2] = [1180.0, 760.0];
const PROMPT: &str = "No file dialog is available, so type the path.";

fn open(settings: Settings, size: [f32; 2]) -> Window {
    let settings = Settings { host: "127.0.0.1".to_owned(), port: 0, ..settings };
    Window::new(settings, size, PressMode::Reader)
}

fn open_dialog(window: &mut Window) {
    window.0.get_by_role_and_label(Role::Tab, "Client").click_accesskit();
    window.run();
    window.click("Check a server…");
}

fn choose(window: &mut Window, list: &str, line: &str) {
    window.0.get_by_role_and_label(Role::ComboBox, list).click_accesskit();
    window.run();
    window.click(line);
}

#[track_caller]
fn wait_for_report(window: &mut Window) {
    window.wait_until("the report", |window| has_report(window.state().app()));
}

fn has_report(app: &App) -> bool {
    app.check_run().is_some_and(|run| run.report().is_some())
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Fills in the form for a program.
fn choose_program(window: &mut Window, file: &Path, port: u16) {
    choose(window, "Server", "A Python file");
    window.fill("Python file", &file.to_string_lossy());
    window.fill("Server port", &port.to_string());
}

/// Writes a wrong server from `tests/check/broken` with a fixed port.
fn broken(name: &str, folder: &Path, port: u16) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check/broken").join(name);
    let text = fs::read_to_string(source).unwrap();
    assert!(text.contains("int(sys.argv[1])"));
    let file = folder.join(name);
    fs::write(&file, text.replace("int(sys.argv[1])", &port.to_string())).unwrap();
    file
}

/// Starts to check a program that never listens, and returns its process id.
fn check_idle_program(window: &mut Window, folder: &Path) -> u32 {
    let (file, mark) = (folder.join("idle.py"), folder.join("mark"));
    // The relative name also shows that the program runs in its folder.
    let text = "import os, time\nwith open('new', 'w') as file:\n    file.write(str(os.getpid()))\n\
                os.rename('new', 'mark')\ntime.sleep(600)\n";
    fs::write(&file, text).unwrap();
    open_dialog(window);
    choose_program(window, &file, free_port());
    window.click("Run the checks");
    window.wait_until("the program", |_| mark.exists());
    fs::read_to_string(mark).unwrap().parse().unwrap()
}

#[track_caller]
fn assert_ends(process: u32) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while Path::new(&format!("/proc/{process}")).exists() {
        assert!(Instant::now() < deadline, "the program still runs");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn own_server_passes_and_each_row_has_a_verdict() {
    let mut window = open(Settings::default(), LARGE);
    open_dialog(&mut window);
    choose(&mut window, "Server", "This server");
    assert!(window.shows("The server isn't running.") && !window.enabled("Run the checks"));
    assert!(!window.shows("Done") && !window.shows("Ctrl-C"));
    window.press(Key::Escape);
    window.start();
    open_dialog(&mut window);
    window.click("Run the checks");
    for check in CHECKS {
        assert!(window.shows(&format!("{}: ", check.title)), "{check:?} isn't listed from the start");
    }
    assert!(window.shows("of 31 checks") && window.shows(": waiting"));
    wait_for_report(&mut window);
    assert!(window.shows("✓ No required check failed."));
    assert!(
        window.shows("Echoes a line: passed") && window.shows("Answers close_notify: skipped: only with TLS")
    );
    assert!(window.shows("Number of clients served at once: observed") && !window.shows(": waiting"));
    assert!(!window.shows("Sends b'Hello\\n' and compares"));
    window.click("Echoes a line: passed");
    assert!(window.shows("Sends b'Hello\\n' and compares") && window.shows("RFC 862"));
    // It stays until the next run.
    window.click("Done");
    window.click("Check a server…");
    assert!(window.shows("No required check failed.") && window.enabled("Run again"));
    window.click("Run again");
    assert!(!window.shows("No required check failed."));
    wait_for_report(&mut window);
    assert!(window.shows("No required check failed."));
}

#[test]
fn wrong_program_is_explained_and_its_report_saved() {
    if program("python3").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut window = open(Settings::default(), LARGE);
    open_dialog(&mut window);
    let port = free_port();
    choose_program(&mut window, &broken("one_recv.py", folder.path(), port), port);
    window.click("Run the checks");
    wait_for_report(&mut window);
    assert!(window.shows("✗ Start with: “Echoes again on the same connection”. "));
    assert!(window.shows("The server calls recv only once.") && window.shows("b'and again\\n'"));
    assert!(window.shows("while data := conn.recv(1024): conn.sendall(data)"));
    for (name, content) in [("report.html", "<!doctype html>"), ("report.JSON", "\"passed\":false")] {
        let path = folder.path().join(name);
        window.click("Save report…");
        window.fill(PROMPT, &path.to_string_lossy());
        window.press(Key::Enter);
        window.wait_until_shown(&format!("The report was saved to {}", path.display()));
        let text = fs::read_to_string(path).unwrap();
        assert!(text.contains(content) && text.contains("calls recv only once"), "{text}");
    }
}

#[test]
fn own_server_with_tls_passes_with_its_certificate() {
    let identity = Identity::new();
    let settings = Settings {
        tls: true,
        certificate: identity.certificate.clone().into(),
        key: identity.key.clone().into(),
        ..Settings::default()
    };
    let mut window =
        Window::new(Settings { port: 0, host: "localhost".to_owned(), ..settings }, LARGE, PressMode::Reader);
    window.start();
    open_dialog(&mut window);
    assert!(window.shows("with TLS, trusting its own certificate"));
    window.click("Run the checks");
    wait_for_report(&mut window);
    assert!(window.shows("No required check failed."), "{:?}", window.0.root());
    assert!(window.shows("Presents a certificate that this client accepts: passed"));
    assert!(window.shows("Survives plaintext at its TLS port: passed"));
}

#[test]
fn another_address_is_checked_with_tls_and_a_ca_file() {
    let identity = Identity::new();
    let server = Server::start(&identity.arguments());
    server.out.discard();
    let mut window = open(Settings::default(), LARGE);
    window.start();
    open_dialog(&mut window);
    choose(&mut window, "Server", "Another address");
    window.fill("Server address", "localhost:0");
    assert!(window.shows("Port must be a whole number") && !window.enabled("Run the checks"));
    window.fill("Server address", &format!("localhost:{}", server.port));
    window.click("The server uses TLS");
    window.fill("Server's CA file", &identity.certificate);
    window.click("Run the checks");
    wait_for_report(&mut window);
    assert!(window.shows("No required check failed."));
    assert!(window.shows("Presents a certificate that this client accepts: passed"));
    assert_eq!(window.app().counters().clients_total, 0, "the checks connected to this server");
}

#[test]
fn address_without_a_server_fails_the_first_check() {
    let mut window = open(Settings::default(), LARGE);
    open_dialog(&mut window);
    choose(&mut window, "Server", "Another address");
    window.fill("Server address", &format!("127.0.0.1:{}", free_port()));
    window.click("Run the checks");
    wait_for_report(&mut window);
    assert!(window.shows("Start with: “Accepts a client”."));
    assert!(window.shows("Connection refused: nothing listens on"));
    window.click("Change…");
    window.fill("Server address", "");
    assert!(window.shows("Enter the server's address") && !window.enabled("Run the checks"));
    window.click("Last result");
    assert!(window.shows("Start with: “Accepts a client”."));
}

/// Returns the report of a server that fails only this check.
fn report_of_one_failure(failed: &str) -> Report {
    let judge = |check: &ServerCheck| {
        let verdict = if check.name == failed { CheckVerdict::Failed } else { CheckVerdict::Passed };
        (verdict, "Only 1 of 32 clients was served at once, and all clients at once are expected.".to_owned())
    };
    let stderr = "ConnectionResetError: [Errno 104] Connection reset by peer".repeat(3);
    report(judge, &Exchange::new(&[b'x'; 200], b""), &[stderr])
}

/// Opens the dialog with a report.
fn open_report(size: [f32; 2], report: Report) -> Window {
    let mut window = Window::with_app(size, PressMode::Reader, move || {
        app_with_report(Settings { start_screen: false, ..Settings::default() }, report)
    });
    open_dialog(&mut window);
    window
}

#[test]
fn long_texts_wrap_in_a_small_window() {
    let longest =
        |length: fn(&ServerCheck) -> usize| CHECKS.iter().max_by_key(|check| length(check)).unwrap();
    let about = longest(|check| check.about.len());
    let mistake = longest(|check| check.mistake.map_or(0, |mistake| mistake.text.len()));
    let python = longest(|check| check.mistake.map_or(0, |mistake| mistake.python.len()));
    for check in [about, mistake, python] {
        let window = open_report([720.0, 480.0], report_of_one_failure(check.name));
        let screen = window.0.ctx.content_rect();
        let mut texts = vec![check.about, check.source, "xxxxxxxx", "ConnectionResetError"];
        texts.extend(check.mistake.map(|mistake| mistake.text));
        for text in texts {
            let shown = window.0.query_all_by_label_contains(text).next().expect(text).rect();
            let is_inside = shown.left() >= screen.left() && shown.right() <= screen.right();
            assert!(is_inside, "{text} is at {shown:?}");
        }
        for button in ["Run again", "Save report…", "Done"] {
            assert!(screen.contains_rect(window.0.get_by_label(button).rect()), "{button} is out of view");
        }
    }
}

#[test]
fn result_is_scrolled_to_the_failed_row_or_the_first_heading() {
    let mut right = report_of_one_failure("no such check");
    right.options.expect = Some(Expect::Threads);
    let window = open_report([820.0, 720.0], right);
    assert!(window.shows("without TLS, expected mode: all clients at once"));
    let above = window.0.get_by_label_contains("No required check failed.").rect();
    let heading = window.0.get_by_label("Echo").rect();
    assert!(heading.top() >= above.bottom(), "the first heading is cut: {heading:?} is below {above:?}");
    for failed in ["connect", "bytes", "reset", CHECKS.last().unwrap().name] {
        let window = open_report([820.0, 720.0], report_of_one_failure(failed));
        let check = CHECKS.iter().find(|check| check.name == failed).unwrap();
        let above = window.0.get_by_label_contains("Start with: ").rect();
        let below = window.0.get_by_label("Run again").rect();
        let row = window.0.get_by_label(&format!("{}: failed", check.title)).rect();
        let source = window.0.get_by_label("Source").rect();
        assert!(
            row.top() >= above.bottom() && source.bottom() <= below.top(),
            "{failed}: {row:?}, {source:?}"
        );
    }
}

#[test]
fn missing_program_is_reported_in_the_form() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("server.py");
    let mut window = open(Settings::default(), LARGE);
    open_dialog(&mut window);
    choose_program(&mut window, &file, free_port());
    window.wait_until_shown("No such file. Check the path.");
    assert!(!window.enabled("Run the checks"));
    fs::write(&file, "").unwrap();
    window.press(Key::Escape);
    window.click("Check a server…");
    window.wait_until_enabled("Run the checks");
    assert!(!window.shows("No such file"));
}

#[test]
fn run_that_panics_can_be_repeated() {
    let has_run = AtomicBool::new(false);
    let run_checks: RunChecks = Arc::new(move |options, cancel, progress| {
        assert!(has_run.swap(true, Ordering::Relaxed), "the first run panics on purpose");
        check::run(options, cancel, progress)
    });
    let settings = Settings { start_screen: false, ..Settings::default() };
    let options = Options { run_checks, ..Options::default() };
    let mut window = Window::with_options(settings, LARGE, PressMode::Reader, options);
    open_dialog(&mut window);
    choose(&mut window, "Server", "Another address");
    window.fill("Server address", &format!("127.0.0.1:{}", free_port()));
    window.click("Run the checks");
    window.wait_until_shown("Internal error: the checks ended without a result. Run them again.");
    window.click("Run again");
    wait_for_report(&mut window);
    assert!(window.shows("Start with: “Accepts a client”.") && !window.shows("Internal error"));
}

#[test]
fn cancel_ends_the_run_and_its_program() {
    if program("python3").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut window = open(Settings::default(), LARGE);
    let process = check_idle_program(&mut window, folder.path());
    window.click("Cancel");
    wait_for_report(&mut window);
    assert!(window.shows("31 skipped; canceled") && window.enabled("Run again"));
    assert_ends(process);
}

#[test]
fn closing_the_dialog_cancels_the_run() {
    if program("python3").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut window = open(Settings::default(), LARGE);
    let process = check_idle_program(&mut window, folder.path());
    window.press(Key::Escape);
    assert!(!window.shows("Accepts a client"));
    assert_ends(process);
    wait_for_report(&mut window);
    window.click("Check a server…");
    assert!(window.shows("canceled"));
}

#[test]
fn quitting_ends_the_program() {
    if program("python3").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut window = open(Settings::default(), LARGE);
    let process = check_idle_program(&mut window, folder.path());
    drop(window);
    assert!(!Path::new(&format!("/proc/{process}")).exists(), "the program still runs");
}

#[test]
fn server_that_could_not_pass_is_not_checked() {
    let settings = Settings { mode: Mode::One, client_auth: ClientAuth::Required, ..Settings::default() };
    let mut window = open(settings, LARGE);
    let address = window.start();
    let client = crate::basics::connect(address);
    window.wait_until("the client", |window| window.state().app().counters().clients_now == 1);
    open_dialog(&mut window);
    assert!(window.shows("The connected clients leave no place") && !window.enabled("Run the checks"));
    drop(client);
    window.wait_until_enabled("Run the checks");
    window.press(Key::Escape);
    window.press(Key::F9);
    window.click("Check a server…");
    assert!(window.shows("Step mode pauses the server") && !window.enabled("Run the checks"));
    choose(&mut window, "Server", "A Python file");
    assert!(!window.enabled("Run the checks"), "no file is chosen");
    window.fill("Python file", "server.py");
    window.fill("Server port", &address.port().to_string());
    assert!(window.shows("The server of this window uses port") && !window.enabled("Run the checks"));
}

#[test]
fn limit_of_clients_leaves_no_place_beside_an_idle_pool() {
    let mut window = open(Settings { mode: Mode::Pool, max_clients: 1, ..Settings::default() }, LARGE);
    let _client = crate::basics::connect(window.start());
    window.wait_until("the client", |window| window.state().app().counters().clients_now == 1);
    open_dialog(&mut window);
    assert!(window.shows("The connected clients leave no place") && !window.enabled("Run the checks"));
}

fn value(window: &Window, field: &str) -> Option<String> {
    window.0.get_by_role_and_label(Role::TextInput, field).value()
}

#[test]
fn saved_program_is_checked_on_its_own_port() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = open(Settings::default(), LARGE);
    open_dialog(&mut window);
    window.press(Key::Escape);
    let save = |window: &mut Window, name: &str| {
        window.0.get_by_role_and_label(Role::Tab, "Code").click_accesskit();
        window.run();
        window.click("Save as ServerPython.py…");
        let path = folder.path().join(name);
        window.fill(PROMPT, &path.to_string_lossy());
        window.press(Key::Enter);
        window.wait_until_shown("The program was saved.");
        open_dialog(window);
        choose(window, "Server", "A Python file");
        let port = value(window, "Server port").unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(&format!("SERVER_PORT = {port}\n")), "port {port}:\n{text}");
        window.press(Key::Escape);
    };
    window.fill("Port", "9000");
    save(&mut window, "form.py");
    // The OS chooses the port.
    window.fill("Port", "0");
    window.start();
    save(&mut window, "running.py");
}

#[test]
fn typed_address_is_kept_without_a_port() {
    let mut window = open(Settings::default(), LARGE);
    open_dialog(&mut window);
    choose(&mut window, "Server", "A Python file");
    window.fill("Server port", "");
    choose(&mut window, "Server", "Another address");
    window.fill("Server address", "192.0.2.1:80");
    window.press(Key::Escape);
    window.click("Check a server…");
    assert_eq!(value(&window, "Server address").as_deref(), Some("192.0.2.1:80"));
}

#[test]
fn dialog_opens_from_the_menu_and_the_help() {
    let mut window = open(Settings::default(), LARGE);
    window.click("Lessons");
    window.click("Check a server…");
    assert!(window.shows("Expected mode"));
    window.press(Key::Escape);
    window.press(Key::F1);
    window.click("Check a server…");
    assert!(window.shows("Expected mode") && !window.shows("Close the help"));
}

#[test]
fn keys_alone_run_the_checks_and_open_a_row() {
    for size in [[720.0, 480.0], LARGE] {
        let mut window = open(Settings::default(), size);
        window.start();
        window.0.get_by_label("Lessons").focus();
        window.run();
        window.press(Key::Enter);
        let focused = |window: &Window| {
            let node =
                window.0.query_all(by().predicate(|node| node.is_focused() && !node.is_hidden())).next();
            node.map(|node| node.accesskit_node().label().unwrap_or_default())
        };
        let tab_to = |window: &mut Window, wanted: &str| {
            for _ in 0..80 {
                if focused(window).is_some_and(|label| label.starts_with(wanted)) {
                    return;
                }
                window.press(Key::Tab);
            }
            panic!("the Tab key never comes to {wanted}; it is at {:?}", focused(window));
        };
        tab_to(&mut window, "Check a server…");
        window.press(Key::Enter);
        tab_to(&mut window, "Course profile");
        window.press(Key::Space);
        tab_to(&mut window, "Run the checks");
        window.press(Key::Enter);
        wait_for_report(&mut window);
        assert!(window.shows("No required check failed.") && window.shows("course profile"), "{size:?}");
        let screen = window.0.ctx.content_rect();
        for button in ["Run again", "Change…", "Save report…"] {
            assert!(screen.contains_rect(window.0.get_by_label(button).rect()), "{button} is out of view");
        }
        tab_to(&mut window, "Accepts a client");
        window.press(Key::ArrowDown);
        window.press(Key::Enter);
        assert!(window.shows("Sends b'Hello\\n' and compares"), "{:?}", focused(&window));
        window.press(Key::End);
        let last = "Starts again at once on the same port";
        assert!(focused(&window).is_some_and(|label| label.starts_with(last)));
        let row = window.0.query_all_by_label_contains(last).next().unwrap().rect();
        assert!(screen.contains_rect(row), "{size:?}: the focused row is at {row:?}");
        window.press(Key::Escape);
        assert!(!window.shows("Run again"));
    }
}

#[test]
fn finished_check_paints_nothing() {
    let mut window = open(Settings::default(), LARGE);
    window.start();
    open_dialog(&mut window);
    window.click("Run the checks");
    wait_for_report(&mut window);
    let next_frame = |window: &Window| window.0.output().viewport_output[&ViewportId::ROOT].repaint_delay;
    let deadline = Instant::now() + Duration::from_secs(10);
    while next_frame(&window) < Duration::MAX {
        assert!(Instant::now() < deadline, "the window asks for another frame in {:?}", next_frame(&window));
        // The rate is measured in real time.
        thread::sleep(Duration::from_millis(10));
        window.0.step();
    }
}
