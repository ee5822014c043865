//! The Live tab: the picture of the server and the list of its connections.

use echoscope::settings::{Mode, Settings};
use egui::{Key, Rect, Role};
use egui_kittest::kittest::{NodeT, Queryable};

use crate::basics::{connect, echo};
use crate::harness::Window;

/// Opens a window with the Live tab in front.
fn open(mode: Mode) -> Window {
    let settings = Settings { host: "127.0.0.1".to_owned(), mode, pool_size: 1, ..Settings::default() };
    let mut window = Window::with_settings(settings);
    window.click("Live");
    window
}

#[test]
fn picture_shows_the_queue_the_thread_and_each_client() {
    let mut window = open(Mode::Threads);
    assert!(window.shows("The server isn't running"));
    let address = window.start();
    window.wait_until_shown("accept thread: accept() waits");
    assert!(window.shows(&format!("Accept queue of {address}: 0")));
    let mut client = connect(address);
    echo(&mut client, b"Hello\n");
    window.wait_until_shown("6 B received, 6 B sent");
    window.wait_until_shown("thread “client #1”: recv(1024) waits");
    drop(client);
    window.wait_until_shown("No client is connected");
}

#[test]
fn selected_connection_is_explained_and_disconnected() {
    let mut window = open(Mode::Threads);
    let address = window.start();
    let _client = connect(address);
    window.wait_until_shown("Connection #1 from");
    window.0.get_by_label_contains("Connection #1 from").click();
    window.run();
    assert!(window.shows("recv() waits until the client sends something"));
    window.press(Key::Escape);
    assert!(!window.shows("recv() waits until"), "Escape closes the details");
    window.0.get_by_label_contains("Connection #1 from").click();
    window.run();
    window.click("Disconnect");
    window.wait_until_shown("No client is connected");
}

#[test]
fn menu_of_a_connection_copies_its_address_shows_the_wire_and_disconnects() {
    let mut window = open(Mode::Threads);
    let address = window.start();
    for (view, connection) in
        [("Picture of the server", "Connection #1 from"), ("List of connections", "Connection #2")]
    {
        let client = connect(address);
        window.click(view);
        window.wait_until_shown(connection);
        let open_menu = |window: &mut Window| {
            window.0.get_by_label_contains(connection).click_secondary();
            window.run();
        };
        open_menu(&mut window);
        window.0.get_by_role_and_label(Role::Button, "Copy address").click();
        window.0.step();
        assert_eq!(window.copied(), Some(client.local_addr().unwrap().to_string()));
        window.run();
        open_menu(&mut window);
        window.click("Show in Wire");
        window.wait_until_shown(if view.starts_with('P') {
            "Sequence diagram of #1"
        } else {
            "Sequence diagram of #2"
        });
        window.click("Live");
        open_menu(&mut window);
        window.0.query_all_by_label_contains("Disconnect #").last().unwrap().click();
        window
            .wait_until("the end of the connection", |window| window.state().app().connections().is_empty());
    }
}

/// Returns where the picture shows each connection, from the first one to the last one.
fn connections(window: &Window) -> Vec<Rect> {
    let shown = window.0.query_all_by_role(Role::ListBoxOption);
    let mut rects: Vec<_> = shown.map(|shown| shown.rect()).collect();
    rects.sort_by(|one, other| one.top().total_cmp(&other.top()));
    rects
}

#[test]
fn selecting_a_connection_moves_no_other_one_and_keeps_it_in_view() {
    for size in [[1180.0, 760.0], [720.0, 480.0]] {
        let settings = Settings { host: "127.0.0.1".to_owned(), ..Settings::default() };
        let mut window = Window::sized(settings, size);
        window.click("Live");
        let address = window.start();
        let _clients = [(); 4].map(|()| connect(address));
        window.wait_until_shown("Connection #4 from");
        window.run();
        let before = connections(&window);
        window.0.get_by_label_contains("Connection #2 from").click();
        window.run();
        window.run();
        let after = connections(&window);
        // In a short window, the picture may scroll as a whole.
        let scrolled = after[0].min - before[0].min;
        let expected: Vec<_> = before.iter().map(|rect| rect.translate(scrolled)).collect();
        assert_eq!(after, expected, "{size:?}");
        assert!(scrolled.y == 0.0 || size[1] < 500.0, "scrolled by {scrolled} in {size:?}");
        let details = window.0.get_by_label_contains("Explanation and").rect();
        assert!(after[1].bottom() < details.top() - 24.0, "{} is covered by {details}", after[1]);
    }
}

#[test]
fn tab_key_visits_the_connections_before_the_details() {
    let mut window = open(Mode::Threads);
    let address = window.start();
    let _client = connect(address);
    window.wait_until_shown("Connection #1 from");
    window.0.get_by_label_contains("Connection #1 from").click();
    window.run();
    window.0.get_by_label_contains("Connection #1 from").focus();
    window.run();
    let is_reached = |_| {
        window.press(Key::Tab);
        window.0.get_by_role_and_label(Role::Button, "Disconnect").is_focused()
    };
    assert!((0..4).any(is_reached), "the details come next");
}

#[test]
fn button_that_pauses_accepting_keeps_its_size() {
    let mut window = open(Mode::Threads);
    window.start();
    let rect = |window: &Window, name| window.0.get_by_role_and_label(Role::Button, name).rect();
    let before = rect(&window, "Pause accepting");
    window.click("Pause accepting");
    window.wait_until_shown("Resume accepting");
    assert_eq!(rect(&window, "Resume accepting"), before);
}

#[test]
fn clients_in_the_accept_queue_are_shown_by_their_address() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let mut window = open(Mode::One);
    let address = window.start();
    let _served = connect(address);
    let waiting = connect(address).local_addr().unwrap();
    window.wait_until_shown(&format!("{waiting} waits for accept()"));
    window.wait_until_shown("server thread: serves #1");
}

#[test]
fn client_without_a_thread_of_the_pool_is_shown() {
    let mut window = open(Mode::Pool);
    let address = window.start();
    let _clients = [connect(address), connect(address)];
    window.wait_until_shown("waits for a thread of the pool");
    window.wait_until_shown("1 with a client, 1 waiting for a thread");
}

#[test]
fn next_steps_the_paused_thread() {
    let mut window = open(Mode::Threads);
    window.press(Key::F9);
    window.click("Start server");
    window.wait_until_shown("accept thread: paused before socket()");
    window.click("Next, accept thread");
    window.wait_until_shown("accept thread: paused before bind()");
    assert!(window.shows("Step mode · "));
}

/// Presses the heading of a column.
fn sort(window: &mut Window, column: &str) {
    window.0.get_by_role_and_label(Role::ColumnHeader, column).click();
    window.run();
}

#[test]
fn list_is_sorted_by_the_pressed_column() {
    let mut window = open(Mode::Threads);
    let address = window.start();
    let mut clients = [(); 3].map(|()| connect(address));
    for (client, data) in clients.iter_mut().zip([&b"xx"[..], b"xxx", b"x"]) {
        echo(client, data);
    }
    window.wait_until_shown("3 clients now");
    window.click("List of connections");
    window.click("Connection #1");
    assert!(window.shows("recv() waits until the client sends something"), "the list explains, too");
    window.press(Key::Escape);
    let order = |window: &Window| {
        let rows = window.0.query_all_by_role(Role::ListBoxOption);
        let mut rows: Vec<_> =
            rows.map(|row| (row.rect().top(), row.accesskit_node().label().unwrap())).collect();
        rows.sort_by(|one, other| one.0.total_cmp(&other.0));
        rows.into_iter().map(|(_, name)| name.replace("Connection #", "")).collect::<String>()
    };
    assert_eq!(order(&window), "123");
    sort(&mut window, "Received");
    assert_eq!(order(&window), "213");
    sort(&mut window, "Received");
    assert_eq!(order(&window), "312");
    sort(&mut window, "Client");
    assert_eq!(order(&window), "123");
}

#[test]
fn connection_selected_in_one_tab_is_selected_in_all() {
    let mut window = open(Mode::Threads);
    let address = window.start();
    let mut clients = [(); 2].map(|()| connect(address));
    for client in &mut clients {
        echo(client, b"x");
    }
    window.wait_until_shown("Connection #2 from");
    window.0.get_by_label_contains("Connection #1 from").click();
    window.run();
    window.click("Wire");
    assert!(window.shows("Sequence diagram of #1"));
    window.click("Log");
    window.0.get_by_label_contains("#2 Received: b'x'").click();
    window.run();
    window.click("Live");
    assert!(window.shows("#2 · 127.0.0.1:"), "the details are about the entry's connection");
}
