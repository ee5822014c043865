//! While nothing happens, the window paints nothing, whatever it shows and wherever the keyboard focus is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use echoscope::app::{App, Command, Options};
use echoscope::server::ServerState;
use echoscope::settings::{Mode, Settings};
use echoscope::ui;
use eframe::App as _;
use egui::{Context, Key, Modifiers, RawInput, Role, ViewportId};
use egui_kittest::kittest::Queryable;

use crate::basics::{Dropped, connect, echo};
use crate::harness::{PressMode, Window};

/// How long the window must be idle: longer than any of its timers.
const IDLE_TIME: Duration = Duration::from_millis(300);

/// How long the tests wait for the rate: longer than the time over which it is measured.
const RATE_TIME: Duration = Duration::from_millis(600);

/// Returns after what time the window requests the next frame.
fn next_frame(window: &Window) -> Duration {
    window.0.output().viewport_output[&ViewportId::ROOT].repaint_delay
}

/// Runs frames until the window requests no more.
#[track_caller]
fn run_until_idle(window: &mut Window, what: &str) {
    for _ in 0..200 {
        window.0.step();
        if next_frame(window) == Duration::MAX {
            return;
        }
        // The rate is measured in real time, not in the time that the test harness reports.
        thread::sleep(Duration::from_millis(10));
    }
    panic!("{what}: the window asks for another frame in {:?}", next_frame(window));
}

#[test]
fn idle_window_paints_nothing_in_any_tab_and_mode() {
    for mode in [Mode::One, Mode::Threads, Mode::Pool] {
        let wakes = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&wakes);
        let settings =
            Settings { host: "127.0.0.1".to_owned(), port: 0, pool_size: 1, mode, ..Settings::default() };
        let wake = Arc::new(move || {
            counted.fetch_add(1, Relaxed);
        });
        let mut window = Window::woken(settings, [1180.0, 760.0], PressMode::Mouse, wake);
        run_until_idle(&mut window, "before the start");
        let address = window.start();
        let mut client = connect(address);
        echo(&mut client, b"x");
        window.wait_until_shown("Received: b'x'");
        // In two of the modes, this client waits for the only thread.
        let _waiting = connect(address);
        window.wait_until("the second client", |window| {
            let counters = window.state().app().counters();
            counters.clients_now == 2 || counters.waiting == Some(1) || counters.waiting.is_none()
        });
        thread::sleep(RATE_TIME);
        run_until_idle(&mut window, "after the rate is measured");
        for tab in [Key::Num1, Key::Num3, Key::Num4, Key::Num5, Key::Num2] {
            let what = format!("{mode:?}, {tab:?}");
            window.0.key_press_modifiers(Modifiers::COMMAND, tab);
            window.0.step();
            run_until_idle(&mut window, &what);
            let before = wakes.load(Relaxed);
            thread::sleep(IDLE_TIME);
            assert_eq!(wakes.load(Relaxed), before, "{what}: the window was woken without news");
            window.0.step();
            assert_eq!(next_frame(&window), Duration::MAX, "{what}: a frame asks for another one");
        }
    }
}

#[test]
fn window_with_idle_built_in_client_paints_nothing() {
    let settings = Settings { host: "127.0.0.1".to_owned(), port: 0, ..Settings::default() };
    let mut window = Window::new(settings, [1180.0, 760.0], PressMode::Mouse);
    window.start();
    window.0.key_press_modifiers(Modifiers::COMMAND, Key::Num3);
    window.0.run();
    window.click("Connect");
    window.wait_until_shown("from port");
    window.click("Send");
    window.wait_until_shown("sent ↵");
    run_until_idle(&mut window, "after an echo");
}

#[test]
fn focused_field_paints_nothing() {
    let settings = Settings { host: "127.0.0.1".to_owned(), port: 0, ..Settings::default() };
    let mut window = Window::new(settings, [1180.0, 760.0], PressMode::Mouse);
    for field in ["Port", "Filter"] {
        window.0.get_by_role_and_label(Role::TextInput, field).focus();
        window.run();
        run_until_idle(&mut window, field);
    }
}

#[test]
fn hidden_window_collects_the_log_and_repeats_no_input() {
    let settings = Settings { host: "127.0.0.1".to_owned(), port: 0, ..Settings::default() };
    let (ctx, mut frame) = (Context::default(), eframe::Frame::_new_kittest());
    let wakes = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&wakes);
    let wake = Arc::new(move || {
        counted.fetch_add(1, Relaxed);
    });
    let mut app = App::new(settings, Options { wake, ..Options::default() });
    app.apply(Command::Start);
    let mut window = ui::Window::new(&ctx, app).without_native_dialogs();
    let dropped = Arc::new(Dropped("no such file".into()));
    let input = RawInput { dropped_files: vec![dropped], ..RawInput::default() };
    // The first frames are laid out twice, the second time without input.
    for input in [RawInput::default(), RawInput::default(), RawInput::default(), input] {
        let output = ctx.run_ui(input, |ui| {
            window.logic(ui.ctx(), &mut frame);
            window.ui(ui, &mut frame);
        });
        output.drop_without_applying_deltas();
    }
    // As eframe does for a hidden window.
    let mut hidden_frame = || {
        let _ = ctx.run_logic(&RawInput::default(), |ctx| window.logic(ctx, &mut frame));
        thread::sleep(Duration::from_millis(10));
        (window.app().state(), window.app().log().next_number())
    };
    let address = loop {
        if let (ServerState::Listening { addresses, .. }, _) = hidden_frame() {
            break addresses[0];
        }
    };
    // The file is checked in the background.
    let before = (0..50).map(|_| hidden_frame().1).max().unwrap();
    echo(&mut connect(address), b"x");
    while hidden_frame().1 < before + 3 {}
    // The end of the connection may wake the window once more. Dropping the file again would wake it for each check.
    let woken = wakes.load(Relaxed);
    let after = (0..20).map(|_| hidden_frame().1).max().unwrap();
    assert_eq!(after, before + 3, "accepted, received and closed");
    assert!(wakes.load(Relaxed) <= woken + 2, "{} times", wakes.load(Relaxed) - woken);
}
