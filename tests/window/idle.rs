//! While nothing happens nothing is painted, whatever is shown and wherever the keyboard is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use echoscope::settings::{Mode, Settings};
use egui::{Key, Modifiers, Role, ViewportId};
use egui_kittest::kittest::Queryable;

use crate::basics::{connect, echo};
use crate::harness::{Hand, Window};

/// Longer than anything that the window does by itself, such as following the rate.
const CALM: Duration = Duration::from_millis(300);

/// Longer than the shortest time that the rate is taken over: what was echoed has gone into it.
const TAKEN_IN: Duration = Duration::from_millis(600);

/// When the window wants to be painted again by itself.
fn next_frame(window: &Window) -> Duration {
    window.0.output().viewport_output[&ViewportId::ROOT].repaint_delay
}

/// Lets frames go by until the window asks for none; fails where it never comes to that.
#[track_caller]
fn come_to_rest(window: &mut Window, what: &str) {
    for _ in 0..200 {
        window.0.step();
        if next_frame(window) == Duration::MAX {
            return;
        }
        // What has to pass is real time, such as the span of the rate, and not a frame's.
        thread::sleep(Duration::from_millis(10));
    }
    panic!("{what}: the window still wants to be painted again in {:?}", next_frame(window));
}

#[test]
fn idle_means_idle() {
    for mode in [Mode::One, Mode::Threads, Mode::Pool] {
        let wakes = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&wakes);
        let settings =
            Settings { host: "127.0.0.1".to_owned(), port: 0, pool_size: 1, mode, ..Settings::default() };
        let wake = Arc::new(move || {
            counted.fetch_add(1, Relaxed);
        });
        let mut window = Window::woken(settings, [1180.0, 760.0], Hand::Mouse, wake);
        come_to_rest(&mut window, "before the start");
        let address = window.start();
        let mut client = connect(address);
        echo(&mut client, b"x");
        window.until_shown("Received: b'x'");
        // Where there is only one thread to serve clients, this one waits.
        let _waiting = connect(address);
        window.until("the second client", |window| {
            let counters = window.state().app().counters();
            counters.clients_now == 2 || counters.waiting == Some(1) || counters.waiting.is_none()
        });
        thread::sleep(TAKEN_IN);
        come_to_rest(&mut window, "once the rate is taken");
        for tab in [Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num1] {
            let what = format!("{mode:?}, {tab:?}");
            window.0.key_press_modifiers(Modifiers::COMMAND, tab);
            window.0.step();
            come_to_rest(&mut window, &what);
            let before = wakes.load(Relaxed);
            thread::sleep(CALM);
            assert_eq!(wakes.load(Relaxed), before, "{what}: the window was woken for nothing");
            window.0.step();
            assert_eq!(next_frame(&window), Duration::MAX, "{what}: one frame leads to another");
        }
    }
}

#[test]
fn a_client_of_ones_own_at_rest_is_idle_too() {
    let settings = Settings { host: "127.0.0.1".to_owned(), port: 0, ..Settings::default() };
    let mut window = Window::new(settings, [1180.0, 760.0], Hand::Mouse);
    window.start();
    window.0.key_press_modifiers(Modifiers::COMMAND, Key::Num3);
    window.0.run();
    window.click("Connect");
    window.until_shown("from port");
    window.click("Send");
    window.until_shown("sent b'");
    come_to_rest(&mut window, "after an echo");
}

#[test]
fn a_field_that_has_the_keyboard_is_idle_too() {
    let settings = Settings { host: "127.0.0.1".to_owned(), port: 0, ..Settings::default() };
    let mut window = Window::new(settings, [1180.0, 760.0], Hand::Mouse);
    for field in ["Port", "Filter"] {
        window.0.get_by_role_and_label(Role::TextInput, field).focus();
        window.run();
        come_to_rest(&mut window, field);
    }
}
