//! The layout around the tabs: the side panel hides, presenter mode and the zoom change the size of everything, and
//! nothing else makes a control move.

use std::collections::BTreeMap;

use echoscope::lessons::builtin_lessons;
use echoscope::settings::{ClientAuth, Settings};
use egui::{Event, Key, Modifiers, Rect, Role, ViewportCommand, ViewportId};
use egui_kittest::kittest::Queryable;

use crate::basics::{connect, echo};
use crate::harness::{PressMode, Window};
use crate::parts::{Part, parts, resize};
use crate::split_view::panel;

fn open(settings: Settings, size: [f32; 2]) -> Window {
    let settings = Settings { host: "127.0.0.1".to_owned(), ..settings };
    Window::sized(settings, size)
}

fn keys(window: &mut Window, key: Key) {
    window.0.key_press_modifiers(Modifiers::COMMAND, key);
    window.run();
}

fn shows_form(window: &Window) -> bool {
    window.0.query_by_role_and_label(Role::TextInput, "Backlog").is_some()
}

fn is_fully_seen(window: &Window, name: &str) -> bool {
    let all = parts(window);
    all.iter().any(|part| part.name == name && (part.rect.area() - part.seen.area()).abs() < 1.0)
}

#[test]
fn side_panel_hides_and_the_start_button_stays() {
    let mut window = open(Settings::default(), [1180.0, 760.0]);
    let log = panel(&window, "Log");
    keys(&mut window, Key::B);
    assert!(!shows_form(&window) && !window.app().settings().side_panel);
    assert!(panel(&window, "Log").width() > log.width() + 300.0);
    let start = window.0.get_by_label("Start server").rect();
    window.start();
    assert_eq!(window.0.get_by_label("Stop server").rect(), start, "the button keeps its place");
    window.click("Stop server");
    window.wait_until_shown("Start server");
    window.click("The form");
    assert!(shows_form(&window) && window.app().settings().side_panel);
    let window = open(Settings { side_panel: false, ..Settings::default() }, [1180.0, 760.0]);
    assert!(!shows_form(&window), "the window remembers it");
}

#[test]
fn hidden_side_panel_opens_for_a_missing_field_and_a_failed_start() {
    let settings = Settings { side_panel: false, tls: true, ..Settings::default() };
    let mut window = open(settings, [1180.0, 760.0]);
    window.click("Start server");
    window.run();
    assert!(window.0.get_by_role_and_label(Role::TextInput, "server.crt").is_focused());
    let busy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = busy.local_addr().unwrap().port();
    let mut window = open(Settings { side_panel: false, port, ..Settings::default() }, [1180.0, 760.0]);
    window.click("Start server");
    window.wait_until_shown("Use a free port");
}

#[test]
fn side_panel_makes_room_in_a_narrow_window() {
    let mut window = open(Settings::default(), [1280.0, 800.0]);
    resize(&mut window, [1280.0, 800.0], 2.0);
    assert!(!shows_form(&window) && window.app().settings().side_panel, "hidden, but not for good");
    for key in [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5] {
        keys(&mut window, key);
        for part in parts(&window).iter().filter(|part| part.acts && part.name != "The program") {
            let lost = part.rect.width() - part.seen.width();
            assert!(lost < 1.0, "{key:?}: {} is cut off by {lost} points", part.description());
        }
    }
    assert!(is_fully_seen(&window, "Start server") && is_fully_seen(&window, "Help"));
    keys(&mut window, Key::B);
    assert!(shows_form(&window));
    keys(&mut window, Key::B);
    assert!(!shows_form(&window));
    resize(&mut window, [1280.0, 800.0], 1.0);
    assert!(shows_form(&window), "it returns with the space");
}

/// Returns the zoom in percent.
#[expect(clippy::cast_sign_loss, reason = "it is positive")]
fn zoom(window: &Window) -> u16 {
    (window.0.ctx.zoom_factor() * 100.0).round() as u16
}

/// Presses a key and asserts that the window then requests or ends full screen.
#[track_caller]
fn assert_full_screen_after(window: &mut Window, key: Key, expected: bool) {
    let (physical_key, modifiers) = (None, Modifiers::NONE);
    window.0.event(Event::Key { key, physical_key, pressed: true, repeat: false, modifiers });
    window.0.step();
    let output = window.0.output();
    let commands: Vec<_> = output.viewport_output.values().flat_map(|viewport| &viewport.commands).collect();
    assert!(commands.contains(&&ViewportCommand::Fullscreen(expected)), "{commands:?}");
}

#[test]
fn presenter_mode_is_larger_without_the_form_and_never_saved() {
    for leave in [Key::Escape, Key::F11] {
        let mut window = open(Settings { zoom: 120, ..Settings::default() }, [1920.0, 1080.0]);
        assert_full_screen_after(&mut window, Key::F11, true);
        window.run();
        assert_eq!((zoom(&window), window.app().settings().zoom), (180, 120));
        assert!(!shows_form(&window) && window.shows("Leave presenter mode"));
        window.start();
        assert_full_screen_after(&mut window, leave, false);
        window.run();
        assert_eq!((zoom(&window), window.app().settings().zoom), (120, 120), "after {leave:?}");
        assert!(shows_form(&window) && !window.shows("Leave presenter mode"));
    }
}

#[test]
fn leaving_full_screen_by_the_means_of_the_os_ends_presenter_mode() {
    let mut window = open(Settings::default(), [1920.0, 1080.0]);
    window.press(Key::F11);
    for fills_screen in [true, false] {
        assert!(window.shows("Leave presenter mode"));
        let viewports = &mut window.0.input_mut().viewports;
        viewports.entry(ViewportId::ROOT).or_default().fullscreen = Some(fills_screen);
        window.0.step();
    }
    window.run();
    assert_eq!(zoom(&window), 100);
    assert!(shows_form(&window));
}

#[test]
fn escape_closes_a_dialog_before_it_ends_presenter_mode() {
    let mut window = open(Settings::default(), [1920.0, 1080.0]);
    window.press(Key::F11);
    window.press(Key::F1);
    assert!(window.shows("Close the help"));
    window.press(Key::Escape);
    assert!(!window.shows("Close the help") && window.shows("Leave presenter mode"));
    window.click("Leave presenter mode");
    assert!(!window.shows("Leave presenter mode"));
}

#[test]
fn presenter_mode_cuts_nothing_off_in_a_small_window() {
    let mut window = open(Settings::default(), [720.0, 480.0]);
    window.press(Key::F11);
    window.start();
    for key in [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5] {
        keys(&mut window, key);
        for part in parts(&window).iter().filter(|part| part.acts && part.name != "The program") {
            let lost = part.rect.width() - part.seen.width();
            assert!(lost < 1.0, "{key:?}: {} is cut off by {lost} points", part.description());
        }
    }
}

#[test]
fn presenter_mode_shows_the_address_for_others() {
    let settings = Settings { host: "192.0.2.7".to_owned(), port: 4711, ..Settings::default() };
    let mut window = Window::sized(settings, [1920.0, 1080.0]);
    window.press(Key::F11);
    let address = window.0.get_by_label("192.0.2.7:4711").rect();
    assert!(
        address.height() * f32::from(zoom(&window)) / 100.0 > 40.0,
        "{address} is too small for the last row"
    );
    window.press(Key::F11);
    let mut window = open(Settings { port: 4711, ..Settings::default() }, [1920.0, 1080.0]);
    window.press(Key::F11);
    assert!(!window.shows("Others connect to"), "other computers can't connect");
}

#[test]
fn zoom_control_changes_shows_and_resets_the_zoom() {
    let mut window = open(Settings::default(), [1180.0, 760.0]);
    window.click("Zoom in");
    window.run();
    assert_eq!((zoom(&window), window.app().settings().zoom), (110, 110));
    window.click("Zoom 110 %");
    window.run();
    assert_eq!(zoom(&window), 100);
    window.click("Zoom out");
    window.run();
    assert_eq!((zoom(&window), window.app().settings().zoom), (90, 90));
}

#[test]
fn each_step_of_a_lesson_shows_all_its_text() {
    for (number, lesson) in builtin_lessons().iter().enumerate() {
        let mut window = Window::new(Settings::default(), [1180.0, 760.0], PressMode::Reader);
        window.click("Lessons");
        window.click(&format!("{}. {}", number + 1, lesson.title));
        let bottom = panel(&window, "Log").top();
        // A step whose state is reached already needs no skip.
        while window.shows("Skip this step") {
            window.click("Skip this step");
            let all = parts(&window);
            let is_explanation =
                |part: &&Part<'_>| part.name.starts_with("– Step") || part.name.starts_with("✓ Step");
            let explanation = all.iter().find(is_explanation).unwrap();
            let hidden = explanation.rect.height() - explanation.seen.height();
            assert!(hidden < 3.0, "{}, {}: {hidden} points are hidden", lesson.title, explanation.name);
        }
        let moved = panel(&window, "Log").top() - bottom;
        assert!(moved.abs() < 0.5, "the steps of {} differ in height", lesson.title);
    }
}

/// Areas by role, name and how many times the two occurred before.
type Positions = BTreeMap<(String, String, usize), Rect>;

/// Returns the areas of all controls and texts.
fn positions(window: &Window) -> Positions {
    let (mut found, mut counts) = (Positions::new(), BTreeMap::new());
    let is_kept = |part: &&Part<'_>| {
        matches!(
            part.role(),
            Role::Button
                | Role::TextInput
                | Role::Switch
                | Role::CheckBox
                | Role::ComboBox
                | Role::Tab
                | Role::Splitter
                | Role::Label
                | Role::Dialog
        ) && !part.name.is_empty()
    };
    for part in parts(window).iter().filter(is_kept) {
        let mut rect = part.rect;
        if part.role() == Role::Dialog {
            // It may become higher.
            rect.max.y = rect.min.y;
        }
        let name = (format!("{:?}", part.role()), part.name.clone());
        let count: &mut usize = counts.entry(name.clone()).or_default();
        found.insert((name.0, name.1, *count), rect);
        *count += 1;
    }
    found
}

/// Asserts that everything that both have is in the same place, or, for what is `below` this height, at least in the
/// same columns.
#[track_caller]
fn assert_nothing_moved(before: &Positions, after: &Positions, below: f32, which: &str) {
    let mut compared = 0;
    for (name, old) in before {
        let Some(new) = after.get(name) else { continue };
        compared += 1;
        // The width of a text differs by fractions of a point.
        let is_near = |one: f32, other: f32| (one - other).abs() < 0.5;
        let is_below = old.top() > below;
        let same = is_near(old.left(), new.left())
            && is_near(old.right(), new.right())
            && (is_below || is_near(old.top(), new.top()) && is_near(old.bottom(), new.bottom()));
        assert!(same, "{which}: {name:?} moved from {old} to {new}");
    }
    assert!(compared > 5, "{which}: only {compared} controls");
}

#[test]
fn tabs_toolbars_and_status_bar_stay_when_clients_connect() {
    for (key, tab) in [
        (Key::Num1, "Live"),
        (Key::Num2, "Log"),
        (Key::Num3, "Client"),
        (Key::Num4, "Code"),
        (Key::Num5, "Wire"),
    ] {
        for size in [[720.0, 480.0], [1180.0, 760.0], [1600.0, 900.0]] {
            let mut window = open(Settings { backlog: 20, ..Settings::default() }, size);
            let address = window.start();
            let mut first = connect(address);
            echo(&mut first, b"x");
            window.wait_until("one client", |window| window.state().app().counters().bytes_sent == 1);
            keys(&mut window, key);
            let before = controls_and_status(&window);
            let mut clients: Vec<_> = (0..12).map(|_| connect(address)).collect();
            for client in &mut clients {
                echo(client, &[b'x'; 2000]);
            }
            window.wait_until("all clients", |window| {
                let counters = window.state().app().counters();
                counters.clients_now == 13 && counters.bytes_sent == 24_001
            });
            let after = controls_and_status(&window);
            assert_nothing_moved(&before, &after, f32::INFINITY, &format!("{tab} in {size:?}"));
        }
    }
}

/// Returns the positions of controls, without those in the rows of lists, and the left edges of the texts of the status
/// bar, whose text changes.
fn controls_and_status(window: &Window) -> Positions {
    let mut found = positions(window);
    found.retain(|(role, name, _), _| {
        role != "Label" && !name.starts_with("Disconnect") && !name.contains('#')
    });
    let bottom = window.0.ctx.content_rect().bottom();
    for (index, start) in ["client", "↓", "↑", "accept queue"].into_iter().enumerate() {
        let all = parts(window);
        let is_it = |part: &&Part<'_>| {
            part.role() == Role::Label
                && part.rect.top() > bottom - 30.0
                && (part.name.starts_with(start) || (start == "client" && part.name.contains("client")))
        };
        let part = all.iter().find(is_it).unwrap_or_else(|| panic!("the status bar lacks {start}"));
        let edge = Rect::from_min_max(part.rect.left_top(), part.rect.left_bottom());
        found.insert(("status".to_owned(), start.to_owned(), index), edge);
    }
    found
}

#[test]
fn selecting_a_tab_moves_no_other_tab() {
    let mut window = open(Settings::default(), [1180.0, 760.0]);
    let tabs = |window: &Window| {
        let mut found = positions(window);
        found.retain(|(role, ..), _| role == "Tab");
        found
    };
    let before = tabs(&window);
    assert_eq!(before.len(), 5);
    for key in [Key::Num2, Key::Num3, Key::Num4, Key::Num5] {
        keys(&mut window, key);
        assert_eq!(tabs(&window), before, "after {key:?}");
    }
}

/// Replaces the text of a field by pasting.
fn paste(window: &mut Window, field: &str, text: &str) {
    window.0.get_by_role_and_label(Role::TextInput, field).focus();
    window.run();
    keys(window, Key::A);
    window.0.event(Event::Paste(text.to_owned()));
    window.run();
}

#[test]
fn form_keeps_its_columns_when_errors_and_a_scroll_bar_appear() {
    let mut window = open(Settings::default(), [1180.0, 760.0]);
    window.click("More: recv size, limits, timeouts");
    let before = positions(&window);
    for field in ["Port", "Backlog", "Recv size", "Max clients", "Idle timeout"] {
        paste(&mut window, field, "x");
    }
    resize(&mut window, [1180.0, 500.0], 1.0);
    resize(&mut window, [1180.0, 760.0], 1.0);
    let errors = window.0.query_all_by_label_contains("must be a whole number").count();
    assert!(errors >= 5, "only {errors} errors");
    let top = before[&("TextInput".to_owned(), "Host".to_owned(), 0)].bottom();
    // The form is scrolled to the field with the focus.
    let moved = |positions: Positions| -> Positions {
        positions.into_iter().filter(|(_, rect)| rect.left() < 320.0 && rect.top() > top).collect()
    };
    assert_nothing_moved(&moved(before), &positions(&window), 0.0, "the form");
}

/// Opens a dialog, changes a field in it, and asserts that everything above the next row stays, and that everything
/// else stays in its column.
fn check_dialog(settings: &Settings, open_dialog: &str, field: &str, text: &str, hint: &str) {
    for size in [[1180.0, 760.0], [720.0, 480.0]] {
        let mut window = Window::new(settings.clone(), size, PressMode::Reader);
        window.click(open_dialog);
        if open_dialog == "Create certificate…" {
            // By then, the folder was checked.
            window.wait_until_enabled("Create");
        }
        window.0.get_by_role_and_label(Role::TextInput, field).focus();
        window.run();
        window.run();
        let before = positions(&window);
        assert!(!window.shows(hint), "{open_dialog}: {hint} is shown too early");
        paste(&mut window, field, text);
        window.wait_until_shown(hint);
        window.run();
        let edge = before[&("TextInput".to_owned(), field.to_owned(), 0)].bottom();
        assert_nothing_moved(&before, &positions(&window), edge, &format!("{open_dialog} in {size:?}"));
    }
}

#[test]
fn dialogs_keep_their_upper_edge_when_a_hint_appears() {
    let folder = tempfile::tempdir().unwrap();
    let tls = Settings { tls: true, certificate: folder.path().join("none.crt"), ..Settings::default() };
    check_dialog(&tls, "Create certificate…", "Days", "0", "1 to 36,500");
    check_dialog(&tls, "Options…", "ALPN", "a,,b", "ALPN must be names");
    let settings = Settings { client_auth: ClientAuth::Required, ..tls };
    check_dialog(&settings, "Options…", "Client CA", "/no/such/file", "can't be found");
}
