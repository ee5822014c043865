//! Step mode and the accept queue in the window: the step bar, the keys, and the state in the header.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use echoscope::server::ServerState;
use echoscope::server::calls::Call;
use echoscope::settings::Settings;
use egui::{Key, Modifiers, Role, ViewportId};
use egui_kittest::kittest::Queryable;

use crate::basics::{connect, echo};
use crate::harness::Window;

fn window() -> Window {
    Window::with_settings(Settings { host: "127.0.0.1".to_owned(), ..Settings::default() })
}

/// Shows the tab with the step bar and the accept queue.
fn open_tab(window: &mut Window) {
    window.0.get_by_role_and_label(Role::Tab, "Code").click();
    window.0.run();
}

fn switch_on(window: &mut Window) {
    window.0.get_by_role_and_label(Role::Switch, "Step mode").click();
    window.0.run();
}

fn wait_until_paused(window: &mut Window, call: Call) {
    window.wait_until(call.label(), |window| {
        window.state().app().paused_threads().iter().any(|halt| halt.site.call == call)
    });
}

#[test]
fn keys_step_from_call_to_call_in_every_tab() {
    let mut window = window();
    open_tab(&mut window);
    assert!(window.shows("Off: the server runs without pausing."));
    switch_on(&mut window);
    window.wait_until_shown("Start the server: it pauses before socket().");
    window.click("Start server");
    wait_until_paused(&mut window, Call::Socket);
    window.wait_until_shown("Server is paused before socket() for 127.0.0.1:");
    window.click("Log");
    assert!(window.shows("Paused before socket()"), "the bar at the top shows it in every tab");
    for call in [Call::Bind, Call::Listen, Call::Accept] {
        window.0.key_press(Key::F10);
        wait_until_paused(&mut window, call);
        window.wait_until_shown(&format!("Paused before {}", call.label()));
    }
    let mut client = connect(window.address());
    client.write_all(b"Hello\n").unwrap();
    if cfg!(target_os = "linux") {
        window.wait_until_shown("1 of 6 waiting");
    }
    window.0.key_press(Key::F10);
    wait_until_paused(&mut window, Call::Recv);
    window.wait_until_shown("2 threads paused");
    open_tab(&mut window);
    // Only this client's thread makes its call.
    window.click("#1: recv(1024)");
    wait_until_paused(&mut window, Call::SendAll);
    assert!(window.shows("Server: accept()"));
    window.0.key_press(Key::F5);
    window.0.run();
    client.read_exact(&mut [0; 6]).unwrap();
    echo(&mut client, b"free again");
    window.wait_until("no paused thread", |window| window.state().app().paused_threads().is_empty());
    window.wait_until_shown("Off: the server runs without pausing.");
    assert!(window.shows("Listening on"));
    for paused in ["Paused before", "#1 paused before", "threads paused"] {
        assert!(!window.shows(paused), "the bar at the top still shows {paused:?}");
    }
}

#[test]
fn each_address_of_localhost_is_stepped_and_named() {
    let mut window = Window::open();
    open_tab(&mut window);
    switch_on(&mut window);
    window.click("Start server");
    for number in [1, 2] {
        for call in [Call::Socket, Call::Bind, Call::Listen] {
            wait_until_paused(&mut window, call);
            window.wait_until_shown(&format!("Server is paused before {}", call.label()));
            assert!(window.shows(&format!(", address {number} of 2")), "{}", call.label());
            assert!(window.shows(&format!("is paused before this line, address {number} of 2: ")));
            let text = if number == 1 { "The server isn't listening." } else { ", but not on" };
            assert!(window.shows(text), "{} for address {number}", call.label());
            window.0.key_press(Key::F10);
            window.0.run();
        }
    }
    wait_until_paused(&mut window, Call::Accept);
    window.wait_until_shown("The next client can connect");
}

#[test]
fn server_paused_during_start_can_be_stopped() {
    let mut window = window();
    open_tab(&mut window);
    switch_on(&mut window);
    window.click("Start server");
    wait_until_paused(&mut window, Call::Socket);
    window.0.key_press(Key::F10);
    wait_until_paused(&mut window, Call::Bind);
    window.wait_until_shown("Stop server");
    window.click("Stop server");
    window.wait_until_shown("Start server");
    window.wait_until_shown("Stopped");
}

#[test]
fn paused_accepting_fills_the_queue_and_explains_the_next_client() {
    let mut window = window();
    let address = window.start();
    open_tab(&mut window);
    window.wait_until_shown("The next client is accepted at once");
    window.click("Pause accepting");
    window.wait_until_shown("Accepting paused");
    if cfg!(target_os = "linux") {
        let clients = [(); 6].map(|()| TcpStream::connect(address).unwrap());
        window.wait_until_shown("6 of 6 waiting");
        window.wait_until_shown("Accepting is paused. The queue is full.");
        drop(clients);
    }
    window.click("Resume accepting");
    window.wait_until_shown("The next client is accepted at once");
    echo(&mut connect(address), b"x");
    window.click("Log");
    window.wait_until_shown("Accepting resumed");
}

#[test]
fn f9_toggles_step_mode() {
    let mut window = window();
    for on in [true, false] {
        window.0.key_press(Key::F9);
        window.0.run();
        assert_eq!(window.app().is_stepping(), on);
    }
}

#[test]
fn server_that_is_starting_can_be_stopped_after_half_a_second() {
    let is_starting = |window: &Window| matches!(window.app().state(), ServerState::Starting);
    let mut window = window();
    open_tab(&mut window);
    switch_on(&mut window);
    // Step mode keeps the server starting, as a resolver that doesn't answer does.
    for keyboard in [false, true] {
        let began = Instant::now();
        window.click("Start server");
        window.0.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
        window.0.step();
        if began.elapsed() < Duration::from_millis(500) {
            assert!(is_starting(&window), "a second press stops the server at once");
            let next_frame = window.0.output().viewport_output[&ViewportId::ROOT].repaint_delay;
            assert!(next_frame <= Duration::from_millis(500), "{next_frame:?}");
        }
        window.wait_until_enabled("Stop server");
        assert!(began.elapsed() >= Duration::from_millis(500) && is_starting(&window));
        if keyboard {
            window.0.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
        } else {
            window.0.get_by_label("Stop server").click();
        }
        window.wait_until_enabled("Start server");
    }
}
