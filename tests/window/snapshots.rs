//! Pictures of the window, compared with those in `tests/window/snapshots`: every tab and every dialog, light and dark.
//! After an intended change, `UPDATE_SNAPSHOTS=1 cargo test --test window snapshots` renews them; look at each before you
//! commit it.
//!
//! A software Vulkan driver draws the pictures (Mesa's lavapipe, Debian package `mesa-vulkan-drivers`), so that they
//! are the same on every machine. Nothing in them depends on the time, the time zone or the computer's name.
#![cfg(target_os = "linux")]

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use echoscope::app::{App, Options};
use echoscope::check::{CheckNeed, CheckVerdict, Exchange, Report, ServerCheck};
use echoscope::server::event::{ClientId, ClientInfo, CloseReason, Closed, Event, EventKind};
use echoscope::settings::{Mode, Settings, ThemeChoice};
use echoscope::ui;
use egui::{Key, Modifiers, Role, Ui, ViewportId};
use egui_kittest::kittest::{NodeT, Queryable};
use egui_kittest::{Harness, SnapshotOptions, SnapshotResults};

use crate::check_report::{app_with_report, report};

type Window = Harness<'static, ui::Window>;

const WINDOW: [f32; 2] = [1180.0, 760.0];
/// The size of the window behind a dialog.
const SMALL: [f32; 2] = [760.0, 640.0];
const THEMES: [(ThemeChoice, &str); 2] = [(ThemeChoice::Light, "light"), (ThemeChoice::Dark, "dark")];

/// Opens a window with these settings and this log, drawn by wgpu.
fn window_with(size: [f32; 2], settings: Settings, log: Vec<Event>) -> Window {
    window_with_options(size, settings, log, Options::default())
}

fn window_with_options(size: [f32; 2], settings: Settings, log: Vec<Event>, options: Options) -> Window {
    window_of(size, move || App::with_log(settings, options, log))
}

/// Opens a window of an app, drawn by wgpu.
fn window_of(size: [f32; 2], app: impl FnOnce() -> App + 'static) -> Window {
    let options = SnapshotOptions::new().output_path("tests/window/snapshots");
    let builder = Harness::builder().with_size(size).with_options(options).wgpu();
    let mut window = builder.build_eframe(move |creation| {
        // eframe fills the window with the panels' color before it draws; the harness doesn't.
        let clear = |ui: &mut Ui| {
            let fill = ui.visuals().panel_fill;
            ui.painter().rect_filled(ui.ctx().viewport_rect(), 0.0, fill);
        };
        creation.egui_ctx.on_begin_pass("clear", Arc::new(clear));
        ui::Window::new(&creation.egui_ctx, app()).without_native_dialogs()
    });
    window.run();
    window
}

fn window(size: [f32; 2], theme: ThemeChoice) -> Window {
    window_with(size, Settings { theme, ..Settings::default() }, Vec::new())
}

/// Returns the log of one client that was served, as if it was at noon on this computer.
fn log() -> Vec<Event> {
    let noon = jiff::civil::date(2026, 1, 5).at(12, 0, 0, 0);
    let noon = SystemTime::from(noon.to_zoned(jiff::tz::TimeZone::system()).unwrap().timestamp());
    let address = "127.0.0.1:12345".parse().unwrap();
    let client = ClientInfo { id: ClientId(1), peer: "127.0.0.1:49743".parse().unwrap() };
    let closed = Closed {
        reason: CloseReason::EndOfStream,
        raw: None,
        received: 6,
        sent: 6,
        lasted: Duration::from_millis(5_020),
    };
    let received = EventKind::Received {
        data: (*b"Hello\n").into(),
        echoed: 6,
        offset: 0,
        took: Duration::from_micros(41),
    };
    let events = [
        (0, None, EventKind::Starting { port: 12345 }),
        (1, None, EventKind::Listening { addresses: vec![address], tls: false }),
        (4_200, Some(client), EventKind::Opened),
        (5_730, Some(client), received),
        (9_220, Some(client), EventKind::Closed(closed)),
    ];
    let event = |(millis, client, kind)| Event { at: noon + Duration::from_millis(millis), client, kind };
    events.map(event).into()
}

fn keys(window: &mut Window, key: Key) {
    window.key_press_modifiers(Modifiers::COMMAND, key);
    window.run();
}

fn press(window: &mut Window, name: &str) {
    window.get_by_label(name).click_accesskit();
    window.run_ok();
}

#[track_caller]
fn wait_until(window: &mut Window, what: &str, is_so: impl Fn(&Window) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so(window) {
        assert!(Instant::now() < deadline, "timed out waiting for: {what}");
        window.step();
    }
    window.run_ok();
}

fn fill(window: &mut Window, field: &str, text: &str) {
    window.get_by_role_and_label(Role::TextInput, field).focus();
    window.run_ok();
    keys(window, Key::A);
    window.event(egui::Event::Paste(text.to_owned()));
    window.run_ok();
}

#[test]
fn start_screen_in_light() {
    window(WINDOW, ThemeChoice::Light).snapshot("start-light");
}

#[test]
fn start_screen_in_dark_at_the_smallest_size() {
    window([720.0, 480.0], ThemeChoice::Dark).snapshot("start-dark-smallest");
}

#[test]
fn log_tab_with_a_selected_entry() {
    let mut results = SnapshotResults::new();
    for (theme, name) in THEMES {
        let mut window = window_with(WINDOW, Settings { theme, ..Settings::default() }, log());
        keys(&mut window, Key::Num2);
        window.get_by_label_contains("Received: b'Hello").click();
        window.run();
        window.snapshot(format!("log-{name}"));
        results.extend_harness(&mut window);
    }
}

#[test]
fn other_tabs() {
    let mut results = SnapshotResults::new();
    for (theme, name) in THEMES {
        let mut window = window(WINDOW, theme);
        let tabs = [(Key::Num1, "live"), (Key::Num3, "client"), (Key::Num4, "code"), (Key::Num5, "wire")];
        for (key, tab) in tabs {
            keys(&mut window, key);
            window.snapshot(format!("{tab}-{name}"));
        }
        results.extend_harness(&mut window);
    }
}

/// Connects to the server from an address and a port that no other program uses.
fn connect_from(port: u16) -> TcpStream {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.set_reuse_address(true).unwrap();
    socket.bind(&SocketAddr::from(([127, 77, 0, 2], port)).into()).unwrap();
    socket.connect(&SocketAddr::from(([127, 77, 0, 1], 12345)).into()).unwrap();
    socket.into()
}

#[test]
fn live_tab_with_clients() {
    let mut results = SnapshotResults::new();
    for (theme, name) in THEMES {
        let settings = Settings {
            theme,
            host: "127.77.0.1".to_owned(),
            mode: Mode::Pool,
            pool_size: 2,
            start_screen: false,
            ..Settings::default()
        };
        let mut window = window_with(WINDOW, settings, Vec::new());
        press(&mut window, "Start server");
        wait_until(&mut window, "the queue", |window| {
            window.query_by_label_contains("Accept queue of 127.77.0.1:12345: 0 of 6").is_some()
        });
        let mut clients = Vec::new();
        for port in [49743, 49751, 50112] {
            let mut client = connect_from(port);
            client.write_all(b"Hello\n").unwrap();
            clients.push(client);
            let count = clients.len() as u64;
            wait_until(&mut window, "the client", |window| {
                window.state().app().counters().clients_now == count
            });
        }
        wait_until(&mut window, "two echoes", |window| {
            let label = "6 B received, 6 B sent, receive queue 0 B, send queue 0 B, thread of the pool: recv(1024) waits";
            window.query_all_by_label_contains(label).count() == 2
                && window.query_by_label_contains("receive queue 6 B").is_some()
        });
        // The bytes are drawn for a moment after they have moved, and the rate is shown until it is 0 again.
        wait_until(&mut window, "quiet", |window| {
            window.state().app().rate() == 0
                && window.output().viewport_output[&ViewportId::ROOT].repaint_delay > Duration::from_mins(1)
        });
        window.snapshot(format!("live-clients-{name}"));
        results.extend_harness(&mut window);
        press(&mut window, "Stop server");
        wait_until(&mut window, "the stop", |window| window.query_by_label("Start server").is_some());
    }
}

#[test]
fn two_tabs_side_by_side() {
    window_with([1600.0, 800.0], Settings { theme: ThemeChoice::Light, ..Settings::default() }, log())
        .snapshot("split-light");
}

#[test]
fn presenter_mode_with_the_address_for_others() {
    let host = "192.0.2.7".to_owned();
    let settings = Settings { theme: ThemeChoice::Dark, host, ..Settings::default() };
    let mut window = window_with([1280.0, 800.0], settings, log());
    window.key_press(Key::F11);
    window.run();
    window.snapshot("presenter-dark");
}

#[test]
fn help_and_path_prompt() {
    let mut results = SnapshotResults::new();
    for (theme, name) in THEMES {
        let mut window = window_with(SMALL, Settings { theme, ..Settings::default() }, log());
        window.key_press(Key::F1);
        window.run();
        window.snapshot(format!("help-{name}"));
        window.key_press(Key::Escape);
        window.run();
        keys(&mut window, Key::S);
        // By default it is in the home folder.
        fill(&mut window, "No file dialog is available, so type the path.", "echoscope-log.txt");
        window.snapshot(format!("save-{name}"));
        results.extend_harness(&mut window);
    }
}

/// Returns the report of a server that passes, or of one that calls `recv` only once.
fn report_of_server(is_right: bool) -> Report {
    let judge = |check: &ServerCheck| {
        let (verdict, finding) = match (check.name, check.needs) {
            (_, CheckNeed::Tls) => (CheckVerdict::Skipped, "Only with TLS."),
            (_, CheckNeed::Command) => (CheckVerdict::Skipped, "Only if the checks start the program."),
            ("again", _) if !is_right => {
                (CheckVerdict::Failed, "The server closed the connection after 0 of 10 bytes.")
            }
            ("idle", _) => (CheckVerdict::Observed, "All of 32 clients were served at once."),
            ("late-reader" | "half-close", _) if !is_right => {
                (CheckVerdict::Skipped, "Depends on “Echoes more than one recv returns”.")
            }
            _ => (CheckVerdict::Passed, "The bytes came back."),
        };
        (verdict, finding.to_owned())
    };
    report(judge, &Exchange::new(b"and again\n", b""), &[])
}

#[test]
fn check_of_a_right_and_a_wrong_server() {
    let mut results = SnapshotResults::new();
    for (theme, name) in THEMES {
        for (is_right, server) in [(true, "right"), (false, "wrong")] {
            let settings = Settings { theme, ..Settings::default() };
            let mut window =
                window_of([820.0, 720.0], move || app_with_report(settings, report_of_server(is_right)));
            press(&mut window, "Lessons");
            press(&mut window, "Check a server…");
            window.snapshot(format!("check-{server}-{name}"));
            if is_right {
                press(&mut window, "Change…");
                window.snapshot(format!("check-form-{name}"));
            }
            results.extend_harness(&mut window);
        }
    }
}

#[test]
fn crash_reports() {
    let mut results = SnapshotResults::new();
    for (theme, name) in THEMES {
        // The folder has one report.
        let options = Options { crash_folder: Some("tests/window/files".into()), ..Options::default() };
        let settings = Settings { theme, ..Settings::default() };
        let mut window = window_with_options([720.0, 480.0], settings, Vec::new(), options);
        wait_until(&mut window, "the notice", |window| window.query_by_label("Show").is_some());
        window.snapshot(format!("crash-notice-{name}"));
        press(&mut window, "Show");
        window.snapshot(format!("crash-{name}"));
        results.extend_harness(&mut window);
    }
}

#[test]
fn tls_dialogs() {
    // Relative paths look the same on every machine. The certificate has expired, so that the text about it stays.
    let certificate = PathBuf::from("tests/window/files/expired.crt");
    let mut results = SnapshotResults::new();
    for (theme, name) in THEMES {
        let settings = Settings { theme, tls: true, certificate: certificate.clone(), ..Settings::default() };
        let mut window = window_with(SMALL, settings, Vec::new());
        press(&mut window, "Options…");
        window.snapshot(format!("options-{name}"));
        press(&mut window, "Done");

        wait_until(&mut window, "the certificate", |window| window.query_by_label("Details…").is_some());
        press(&mut window, "Details…");
        wait_until(&mut window, "the details", |window| {
            window.query_by_role_and_label(Role::ComboBox, "Clients trust").is_some()
        });
        window.get_by_role_and_label(Role::ComboBox, "Clients trust").click_accesskit();
        window.run_ok();
        press(&mut window, "A CA file");
        fill(&mut window, "CA file", "tests/window/files/expired.crt");
        wait_until(&mut window, "the result", |window| {
            window.query_by_label("Checking…").is_none()
                && window.query_all_by_label_contains("expired on").count() >= 2
        });
        window.snapshot(format!("details-{name}"));
        press(&mut window, "Close details");

        press(&mut window, "Create certificate…");
        // By default they contain the computer's name.
        fill(&mut window, "Names", "localhost, 127.0.0.1");
        wait_until(&mut window, "the check of the folder", |window| {
            let create = window.query_by_role_and_label(Role::Button, "Create");
            create.is_some_and(|button| !button.accesskit_node().is_disabled())
        });
        window.snapshot(format!("create-{name}"));
        results.extend_harness(&mut window);
    }
}
