//! Every tab in every size: no control covers another one or is cut off at the left or right, and the start button and
//! the tabs keep their places.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use echoscope::settings::{Mode, Settings};
use egui::{Event, Key, Modifiers, Rect, Role};
use egui_kittest::kittest::{NodeT, Queryable};

use super::{press, rect, show};
use crate::basics::Dropped;
use crate::harness::{PressMode, Window};
use crate::parts::{Part, parts, resize};

/// The window sizes in pixels, each with a zoom.
const SIZES: [([f32; 2], f32); 6] = [
    ([720.0, 480.0], 0.8),
    ([720.0, 480.0], 1.0),
    ([720.0, 480.0], 2.0),
    ([1180.0, 760.0], 1.0),
    ([1180.0, 760.0], 2.0),
    ([2560.0, 1440.0], 1.0),
];
const TABS: [Key; 5] = [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5];
/// A window with fewer points than this scrolls as a whole.
const LAYOUT_MIN: [f32; 2] = [700.0, 400.0];

/// Returns a host name with the longest labels and the greatest length that the DNS allows.
fn longest_host() -> String {
    [63, 63, 63, 61].map(|length| "n".repeat(length)).join(".")
}

fn long_path(name: &str) -> String {
    format!("/home/{}{name}", "a folder with a long name/".repeat(12))
}

fn open(settings: Settings) -> Window {
    let settings = Settings { port: 0, ..settings };
    Window::new(settings, [1180.0, 760.0], PressMode::Reader)
}

fn connect(address: SocketAddr) -> TcpStream {
    let client = TcpStream::connect(address).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    client
}

/// Resizes and zooms the window, and checks it in each size.
fn in_each_size(window: &mut Window, check: impl Fn(&mut Window, &str)) {
    for (size, zoom) in SIZES {
        resize(window, size, zoom);
        check(window, &format!("{size:?} zoomed {zoom}"));
    }
}

/// Checks every tab in every size.
fn in_each_tab(window: &mut Window, check: impl Fn(&Window, &str)) {
    in_each_size(window, |window, which| {
        for tab in TABS {
            show(window, tab);
            check(window, &format!("{which}, {tab:?}"));
        }
    });
}

/// Returns whether no other control may cover this part.
fn must_be_uncovered(part: &Part<'_>) -> bool {
    let role = matches!(
        part.role(),
        Role::Button
            | Role::TextInput
            | Role::MultilineTextInput
            | Role::Switch
            | Role::CheckBox
            | Role::RadioButton
            | Role::ComboBox
            | Role::Slider
            | Role::Tab
            | Role::Label
            | Role::Status
            | Role::MenuItem
    );
    // The program is a text field, which contains the controls that mark its lines.
    role && !part.name.is_empty() && part.name != "The program" && part.is_seen()
}

/// Returns whether a part is meant to be inside or over another one.
fn may_cover(part: &Part<'_>) -> bool {
    part.name == "Clear the filter" || part.name.starts_with("Remove Client") || part.name.ends_with('↓')
}

#[track_caller]
fn assert_no_overlaps(window: &Window, which: &str) {
    let uncovered: Vec<Part<'_>> = parts(window).into_iter().filter(must_be_uncovered).collect();
    assert!(uncovered.len() > 8, "{which}: only {} parts", uncovered.len());
    for (at, one) in uncovered.iter().enumerate() {
        for other in &uncovered[at + 1..] {
            if one.layer != other.layer || may_cover(one) || may_cover(other) {
                continue;
            }
            let both = one.seen.intersect(other.seen);
            let apart = both.width() < 1.0 || both.height() < 1.0;
            assert!(apart, "{which}: {} covers {}", one.description(), other.description());
        }
    }
}

/// Asserts that no control is cut off at the left or right. Above and below, the user can scroll.
#[track_caller]
fn assert_nothing_cut_off(window: &Window, which: &str) {
    let room = window.0.ctx.content_rect();
    if room.width() < LAYOUT_MIN[0] || room.height() < LAYOUT_MIN[1] {
        return;
    }
    for part in parts(window).iter().filter(|part| must_be_uncovered(part)) {
        let lost = part.rect.width() - part.seen.width();
        assert!(lost < 1.0, "{which}: {} is cut off by {lost} points", part.description());
    }
    let start = start_button(window);
    assert!(room.contains_rect(start), "{which}: the start button is at {start}");
}

fn check_layout(window: &Window, which: &str) {
    assert_no_overlaps(window, which);
    assert_nothing_cut_off(window, which);
}

fn start_button(window: &Window) -> Rect {
    let all = parts(window);
    let names = ["Start server", "Stop server"];
    all.iter().find(|part| names.contains(&part.name.as_str())).expect("there is always one").rect
}

/// Replaces the text of a field.
fn paste(window: &mut Window, field: &str, text: &str) {
    window.0.get_by_role_and_label(Role::TextInput, field).focus();
    window.run();
    window.0.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.run();
    if text.is_empty() {
        window.0.key_press(Key::Delete);
    } else {
        window.0.event(Event::Paste(text.to_owned()));
    }
    window.run();
}

#[test]
fn layout_holds_before_anything_happens() {
    let mut window = open(Settings::default());
    in_each_tab(&mut window, check_layout);
}

#[test]
fn layout_holds_with_the_start_screen() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::first_run([1180.0, 760.0], folder.path());
    in_each_size(&mut window, |window, which| check_layout(window, which));
}

#[test]
fn layout_holds_with_longest_names_and_an_error_in_every_field() {
    let mut window = open(Settings {
        host: longest_host(),
        mode: Mode::Pool,
        tls: true,
        certificate: long_path("server.crt").into(),
        key: long_path("server.key").into(),
        ..Settings::default()
    });
    press(&mut window, "More: recv size, limits, timeouts");
    // The files are read on another thread, the key last.
    window.wait_until("both files", |window| {
        window.query_all_by_label_contains("server.key can't be found").next().is_some()
    });
    in_each_tab(&mut window, check_layout);
    resize(&mut window, [1180.0, 760.0], 1.0);
    let before = (start_button(&window), rect(&window, "Log"));
    let wrong = [
        ("Port", "99999"),
        ("Backlog", "many"),
        ("Pool size", "0"),
        ("Recv size", "0"),
        ("Max clients", "-1"),
        ("Idle timeout", "soon"),
        ("Log entries", "1"),
        ("Log memory", ""),
        // The host is last, because the note above the button is about the first field with an error.
        ("Host", "http://localhost:12345/a/b"),
    ];
    for (field, text) in wrong {
        paste(&mut window, field, text);
    }
    for (field, _) in wrong {
        let notes = window.0.query_all_by_label_contains(&format!("{field} ")).count();
        assert!(notes > 0, "no error is shown for {field}");
    }
    let after = (start_button(&window), rect(&window, "Log"));
    assert_eq!(after, before, "the start button and the tabs keep their places");
    in_each_tab(&mut window, check_layout);
}

#[test]
fn layout_holds_with_clients_a_lesson_and_a_notice() {
    let mut window = open(Settings { host: "127.0.0.1".to_owned(), ..Settings::default() });
    let address = window.start();
    let mut clients = [(); 3].map(|()| connect(address));
    for (client, length) in clients.iter_mut().zip([6, 200, 3000]) {
        let data = vec![b'x'; length];
        client.write_all(&data).unwrap();
        client.read_exact(&mut vec![0; length]).unwrap();
    }
    window.wait_until("all bytes", |window| window.state().app().counters().bytes_sent == 3206);
    press(&mut window, "Lessons");
    press(&mut window, "2. One at a time, and the backlog");
    // An error of several lines, which is shown until it is dismissed.
    window.0.input_mut().dropped_files.push(Arc::new(Dropped(long_path("log.txt").into())));
    window.0.step();
    window.wait_until_shown("Dismiss");
    window.fill("Backlog", "9");
    assert!(window.shows("Restart now to apply Backlog"));
    show(&mut window, Key::Num1);
    press(&mut window, "List of connections");
    press(&mut window, "Connection #2");
    show(&mut window, Key::Num2);
    window.0.get_by_label_contains("Log, ").focus();
    window.run();
    window.0.key_press(Key::ArrowUp);
    window.run();
    show(&mut window, Key::Num3);
    press(&mut window, "TLS: off, like the server");
    in_each_tab(&mut window, check_layout);
}

#[test]
fn layout_holds_after_a_lesson() {
    let mut window = open(Settings::default());
    press(&mut window, "Lessons");
    press(&mut window, "2. One at a time, and the backlog");
    while window.0.query_by_label("Skip this step").is_some() {
        press(&mut window, "Skip this step");
    }
    assert!(window.shows("That was the last step"));
    in_each_size(&mut window, |window, which| check_layout(window, which));
}

/// Asserts that the title and the buttons of a dialog, which don't scroll, are in view.
fn assert_in_view(window: &mut Window, names: &[&str], which: &str) {
    let room = window.0.ctx.content_rect();
    for name in names {
        // The dialog's own node has the same name as its title, but no bounds.
        let mut nodes = window.0.query_all_by_label(name).filter(|node| node.accesskit_node().has_bounds());
        let rect = nodes.next().unwrap_or_else(|| panic!("{which}: there is no {name}")).rect();
        assert!(room.contains_rect(rect), "{which}: {name} is at {rect} in {room}");
    }
}

#[test]
fn every_dialog_fits() {
    let mut window = open(Settings { tls: true, ..Settings::default() });
    press(&mut window, "Create certificate…");
    in_each_size(&mut window, |window, which| {
        assert_in_view(window, &["Create a certificate", "Close", "Create", "Cancel"], which);
    });
    press(&mut window, "Cancel");
    press(&mut window, "Options…");
    in_each_size(&mut window, |window, which| {
        assert_in_view(window, &["TLS options", "Close", "Done"], which);
    });
    press(&mut window, "Done");
    window.0.key_press(Key::F1);
    window.run();
    in_each_size(&mut window, |window, which| assert_in_view(window, &["Close the help"], which));
}

/// Returns how many connections the limit of open files allows, at most 1,000. Each needs two files, one at each end.
fn max_connections() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let limit = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(1024_usize);
    1_000.min(limit.saturating_sub(400) / 2)
}

#[test]
fn layout_holds_with_a_thousand_connections() {
    let count = max_connections();
    // With one thread for all clients, a waiting one needs a file but no thread.
    let mut window = open(Settings {
        host: "127.0.0.1".to_owned(),
        mode: Mode::Pool,
        pool_size: 1,
        max_clients: 2_000,
        backlog: 1_000,
        ..Settings::default()
    });
    let address = window.start();
    let clients: Vec<TcpStream> = (0..count).map(|_| connect(address)).collect();
    window.wait_until("all connections", |window| {
        window.state().app().counters().clients_now == clients.len() as u64
    });
    show(&mut window, Key::Num1);
    in_each_tab(&mut window, check_layout);
    show(&mut window, Key::Num1);
    press(&mut window, "List of connections");
    press(&mut window, "Connection #1");
    in_each_tab(&mut window, check_layout);
}
