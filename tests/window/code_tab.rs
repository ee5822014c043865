//! The Code tab as a user sees it: threads at the program's lines, copying, saving, step mode.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use crate::harness::{PressMode, Window};
use echoscope::settings::{Mode, Settings};
use egui::epaint::Shape;
use egui::{Event, Key, Modifiers, Role, ViewportId};
use egui_kittest::kittest::{NodeT, Queryable};

fn open(settings: Settings) -> Window {
    sized(settings, [1180.0, 760.0])
}

fn sized(settings: Settings, size: [f32; 2]) -> Window {
    let settings = Settings { host: "127.0.0.1".to_owned(), port: 0, ..settings };
    let mut window = Window::new(settings, size, PressMode::Mouse);
    window.0.key_press_modifiers(Modifiers::COMMAND, Key::Num4);
    window.run();
    window
}

/// Opens the tab with the robust version of the program.
fn open_robust(settings: Settings) -> Window {
    open(Settings { robust_program: true, ..settings })
}

fn connect(address: SocketAddr) -> TcpStream {
    let client = TcpStream::connect(address).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    client
}

fn echo(client: &mut TcpStream, data: &[u8]) {
    client.write_all(data).unwrap();
    let mut back = vec![0; data.len()];
    client.read_exact(&mut back).unwrap();
    assert_eq!(back, data);
}

#[test]
fn lines_show_their_threads_and_how_often_they_ran() {
    for robust_program in [false, true] {
        lines_show_their_threads(Settings { robust_program, ..Settings::default() });
    }
}

#[test]
fn program_keeps_its_height_while_the_server_starts() {
    // In the smallest window, the row of step mode wraps, and the tab scrolls by a few points.
    for (size, limit) in [([1180.0, 760.0], 3.0), ([720.0, 480.0], 8.0)] {
        let settings = Settings { host: "localhost".to_owned(), port: 0, ..Settings::default() };
        let mut window = Window::sized(settings, size);
        window.0.key_press_modifiers(Modifiers::COMMAND, Key::Num4);
        window.run();
        // The button beside the title moves it by a few points within the same space.
        let edge = |window: &Window| window.0.get_by_label("Accept queue").rect().top();
        let before = edge(&window);
        window.press(Key::F9);
        window.click("Start server");
        while !window.shows("paused before accept()") {
            assert!(
                (edge(&window) - before).abs() < limit,
                "{size:?}: at {} instead of {before}",
                edge(&window)
            );
            window.wait_until("the next call", |window| !window.state().app().paused_threads().is_empty());
            window.press(Key::F10);
        }
        assert!((edge(&window) - before).abs() < limit, "{size:?}: at {} instead of {before}", edge(&window));
    }
}

fn lines_show_their_threads(settings: Settings) {
    let mut window = open(settings);
    assert!(window.shows("The tutorial's program for these settings") && !window.shows("waits"));
    let address = window.start();
    window.wait_until_shown("accept(): the accept thread waits here");
    assert!(
        window.shows("The tutorial's program for the running server") && window.shows("bind(); it ran once")
    );
    let mut one = connect(address);
    window.wait_until_shown("recv(): #1 waits for bytes; it ran once");
    echo(&mut one, b"Hello");
    window.wait_until_shown("recv(): #1 waits for bytes; it ran 2 times");
    window.wait_until_shown("sendall(); it ran once");
    let two = connect(address);
    window.wait_until_shown("recv(): #1 #2 wait for bytes; it ran 3 times");
    drop(one);
    window.wait_until_shown("close(); it ran once");
    window.wait_until_shown("recv(): #2 waits for bytes");
    // A client that doesn't read its echo blocks its own thread alone.
    two.set_nonblocking(true).unwrap();
    let piece = vec![7; 65_536];
    window.wait_until("the echo to find no room", |window| {
        while (&two).write(&piece).is_ok() {}
        window.query_all_by_label_contains("sendall(): #2 is sent to").next().is_some()
    });
    two.shutdown(Shutdown::Both).unwrap();
    drop(two);
    window.wait_until_shown("close(); it ran 2 times");
    window.click("Stop server");
    window.wait_until_shown("Start server");
    assert!(!window.shows("waits here"));
}

#[test]
fn mode_one_has_no_thread_in_accept_while_it_serves() {
    let mut window = open(Settings { mode: Mode::One, ..Settings::default() });
    let address = window.start();
    let first = connect(address);
    window.wait_until_shown("recv(): #1 waits for bytes");
    assert!(!window.shows("the accept thread waits here"));
    let _second = connect(address);
    drop(first);
    window.wait_until_shown("recv(): #2 waits for bytes");
}

#[test]
fn pool_shows_clients_that_wait_for_a_thread() {
    let mut window = open(Settings { mode: Mode::Pool, pool_size: 1, ..Settings::default() });
    let address = window.start();
    let first = connect(address);
    window.wait_until_shown("recv(): #1 waits for bytes");
    let _second = connect(address);
    window.wait_until_shown("submit(): #2 waits for a thread");
    window.wait_until_shown("accept(): the accept thread waits here");
    drop(first);
    window.wait_until_shown("recv(): #2 waits for bytes");
    assert!(!window.shows("waits for a thread"));
}

#[test]
fn step_mode_shows_the_line_of_a_paused_thread() {
    let mut window = open(Settings::default());
    window.0.get_by_role_and_label(Role::Switch, "Step mode").click();
    window.run();
    window.click("Start server");
    for call in ["socket()", "bind()", "listen()"] {
        window.wait_until_shown(&format!("{call}: the server is paused before this line"));
        window.0.key_press(Key::F10);
        window.run();
    }
    window.wait_until_shown("accept(): the accept thread is paused before this line");
    let _client = connect(window.address());
    window.0.key_press(Key::F10);
    window.run();
    window.wait_until_shown("recv(): #1 is paused before this line");
    window.0.key_press(Key::F5);
    window.run();
    window.wait_until_shown("recv(): #1 waits for bytes; it ran once");
}

/// Switches step mode on and starts the server; returns a client that is paused before its first `recv`.
fn step_to_recv(window: &mut Window) -> TcpStream {
    let address = window.start();
    window.0.get_by_role_and_label(Role::Switch, "Step mode").click();
    window.run();
    let client = connect(address);
    // The accept call had begun before step mode was switched on.
    window.wait_until_shown("recv(): #1 is paused before this line");
    client
}

#[test]
fn variables_of_a_paused_thread_are_beside_its_line() {
    let mut window = open_robust(Settings::default());
    let mut client = step_to_recv(&mut window);
    let peer = client.local_addr().unwrap().port();
    let client_only = format!("received = 0, sent = 0, address = ('127.0.0.1', {peer}), conn = <socket>");
    window.wait_until_shown(&format!("recv(): #1 is paused before this line; {client_only}"));
    client.write_all(b"hi\n").unwrap();
    window.click("#1: recv(1024)");
    window.wait_until_shown(
        "sendall(): #1 is paused before this line; data = b'hi\\n', received = 3, sent = 0",
    );
    window.click("#1: sendall(b'hi\\n')");
    window.wait_until_shown("recv(): #1 is paused before this line; data = b'hi\\n', received = 3, sent = 3");
    client.shutdown(Shutdown::Write).unwrap();
    window.click("#1: recv(1024)");
    window
        .wait_until_shown("close(): #1 is paused before this line; data = b'', end = 'closed by the client'");
    window.0.key_press(Key::F5);
    window.run();
    window.wait_until_shown("close(); it ran once");
}

#[test]
fn variables_are_those_of_the_tutorials_program() {
    let mut window = open(Settings::default());
    let mut client = step_to_recv(&mut window);
    let conn = format!("conn = <socket, raddr=('127.0.0.1', {})>", client.local_addr().unwrap().port());
    window.wait_until_shown(&format!("recv(): #1 is paused before this line; {conn}"));
    client.write_all(b"hi\n").unwrap();
    window.click("#1: recv(1024)");
    window.wait_until_shown(&format!("sendall(): #1 is paused before this line; data = b'hi\\n', {conn}"));
}

#[test]
fn stepped_thread_is_followed() {
    let mut window = sized(Settings::default(), [720.0, 480.0]);
    let mut client = step_to_recv(&mut window);
    client.write_all(b"x").unwrap();
    // The area of the program, between its toolbar and the accept queue.
    let is_in_view = |window: &Window, text: &str| {
        let program = window.0.get_by_label("Copy").rect().bottom()
            ..=window.0.get_by_label("Accept queue").rect().top();
        let line = window.0.query_all_by_label_contains(text).next().unwrap().rect();
        program.contains(&line.center().y)
    };
    for (button, call) in [("#1: recv(1024)", "sendall()"), ("#1: sendall(b'x')", "recv()")] {
        window.click(button);
        let text = format!("{call}: #1 is paused before this line");
        window.wait_until_shown(&text);
        assert!(is_in_view(&window, &text), "{call}");
    }
    // Stepping the accepting thread leads to its line, although #1 is still paused at another one.
    window.click("Server: accept()");
    window.wait_until_shown("accept(): the accept thread waits here");
    assert!(is_in_view(&window, "accept(): the accept thread waits here"));
    assert!(!is_in_view(&window, "recv(): #1 is paused before this line"));
}

#[test]
fn program_can_be_copied_completely_or_in_part() {
    let mut window = open_robust(Settings::default());
    let program = window.app().program().text();
    window.0.get_by_role_and_label(Role::Button, "Copy").click();
    window.0.step();
    assert_eq!(window.copied(), Some(program.clone()));
    window.run();

    // With the keyboard alone: focus, select all, copy.
    window.0.get_by_role_and_label(Role::TextInput, "The program").focus();
    window.run();
    window.0.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.run();
    window.0.event(Event::Copy);
    window.0.step();
    assert_eq!(window.copied().as_deref(), Some(program.trim_end()));
    window.run();
    window.0.get_by_role_and_label(Role::TextInput, "The program").type_text("nothing is typed into it");
    window.run();
    let shown = window.0.get_by_role_and_label(Role::TextInput, "The program").value();
    assert_eq!(shown.as_deref(), Some(program.trim_end()));
}

#[test]
fn program_follows_the_form() {
    let mut window = open(Settings::default());
    assert!(shown_program(&window).contains("\n    sock.listen(5)\n"));
    window.fill("Backlog", "9");
    assert!(shown_program(&window).contains("\n    sock.listen(9)\n"));
    window.fill("Backlog", "many");
    assert!(shown_program(&window).contains("\n    sock.listen(9)\n"));
    assert!(window.shows("The tutorial's program for the last valid settings"));
}

fn shown_program(window: &Window) -> String {
    window.0.get_by_role_and_label(Role::TextInput, "The program").value().unwrap()
}

#[test]
fn switch_shows_copies_and_remembers_the_robust_version() {
    let mut window = open(Settings::default());
    let copy = |window: &mut Window| {
        window.0.get_by_role_and_label(Role::Button, "Copy").click();
        window.0.step();
        window.copied().unwrap()
    };
    let tutorial = copy(&mut window);
    assert_eq!(shown_program(&window), tutorial.trim_end());
    assert!(tutorial.starts_with("import socket\n"));
    assert!(
        window.shows("Beyond this program, the server") && window.shows("logs how each connection ended")
    );

    window.0.get_by_role_and_label(Role::Switch, "Robust version").click();
    window.run();
    let robust = copy(&mut window);
    assert_eq!(shown_program(&window), robust.trim_end());
    assert!(robust.contains("except KeyboardInterrupt:") && !tutorial.contains("except"));
    assert!(window.shows("sets TCP_NODELAY") && !window.shows("logs how each connection ended"));
    assert!(window.app().settings().robust_program);

    // The server runs on while the user switches back.
    window.start();
    window.0.get_by_role_and_label(Role::Switch, "Robust version").click();
    window.run();
    window.wait_until_shown("accept(): the accept thread waits here");
    assert!(shown_program(&window).starts_with("import socket\n"));
}

#[test]
fn no_frame_is_painted_while_nothing_happens() {
    let mut window = open(Settings::default());
    let address = window.start();
    let mut client = connect(address);
    echo(&mut client, b"x");
    window.wait_until_shown("recv(): #1 waits for bytes; it ran 2 times");
    // Before that, the rate of bytes is measured once more and is 0.
    window.wait_until("a frame that requests no other", |window| {
        window.output().viewport_output[&ViewportId::ROOT].repaint_delay == Duration::MAX
    });
}

#[test]
fn small_window_keeps_its_layout_and_every_control_has_a_name() {
    for size in [[720.0, 480.0], [1180.0, 760.0], [2560.0, 1440.0]] {
        let mut window = sized(Settings::default(), size);
        let address = window.start();
        let _client = connect(address);
        window.wait_until_shown("recv(): #1 waits for bytes");
        window.0.check_accessibility();
        for button in ["Copy", "Save as ServerPython.py…", "Pause accepting"] {
            let rect = window.0.get_by_role_and_label(Role::Button, button).rect();
            assert!(
                rect.right() <= size[0] && rect.left() >= 320.0 && rect.bottom() <= size[1] - 30.0,
                "{button} stands at {rect:?} in {size:?}"
            );
        }
        let accept = window.0.query_all_by_label_contains("accept(): the accept thread").next().unwrap();
        let text = window.0.get_by_role_and_label(Role::TextInput, "The program").accesskit_node().role();
        assert!(
            accept.rect().width() >= 60.0 && accept.rect().right() <= size[0],
            "{:?} {text:?}",
            accept.rect()
        );
        assert!(
            accept.rect().bottom() < size[1] - 60.0,
            "the line that matters is in view: {:?}",
            accept.rect()
        );
    }
}

#[test]
fn label_without_room_is_shortened_and_covers_no_code() {
    for (width, is_whole) in [(720.0, false), (1180.0, true)] {
        let mut window = sized(Settings::default(), [width, 760.0]);
        let address = window.start();
        let _client = connect(address);
        window.wait_until_shown("accept(): the accept thread waits here");
        window.wait_until_shown("recv(): #1 waits for bytes");
        let painted = |text: &str| {
            let shapes = &window.0.output().shapes;
            shapes.iter().any(|clipped| match &clipped.shape {
                Shape::Text(shape) => shape.galley.job.text == text,
                _ => false,
            })
        };
        assert_eq!(painted("the accept thread waits here"), is_whole, "{width}");
        assert_eq!(painted("#1waits for bytes"), is_whole, "{width}");
    }
}
