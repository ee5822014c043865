//! Two tabs side by side in a wide window: which tabs are shown where, the splitter between them, and what survives.

use std::collections::BTreeSet;

use echoscope::settings::Settings;
use egui::{Key, Modifiers, Pos2, Rect, Role, Shape};
use egui_kittest::kittest::Queryable;

use crate::basics::{connect, echo};
use crate::harness::Window;
use crate::parts::{Part, parts};

const WIDE: [f32; 2] = [1600.0, 900.0];
const TABS: [(Key, &str); 5] = [
    (Key::Num1, "Live"),
    (Key::Num2, "Log"),
    (Key::Num3, "Client"),
    (Key::Num4, "Code"),
    (Key::Num5, "Wire"),
];

fn open() -> Window {
    Window::sized(Settings { host: "127.0.0.1".to_owned(), ..Settings::default() }, WIDE)
}

/// Returns the names of the tabs in view, from left to right.
fn shown(window: &Window) -> Vec<String> {
    let mut panels: Vec<_> = parts(window).into_iter().filter(|part| part.role() == Role::TabPanel).collect();
    panels.sort_by(|one, other| one.rect.left().total_cmp(&other.rect.left()));
    panels.iter().map(|panel| panel.name.trim_end_matches(" tab").to_owned()).collect()
}

pub(crate) fn panel(window: &Window, tab: &str) -> Rect {
    let all = parts(window);
    let is_it = |part: &&Part<'_>| part.role() == Role::TabPanel && part.name == format!("{tab} tab");
    all.iter().find(is_it).unwrap_or_else(|| panic!("{tab} isn't shown")).rect
}

fn choose(window: &mut Window, tab: &str) {
    window.0.get_by_role_and_label(Role::Tab, tab).click();
    window.run();
}

fn keys(window: &mut Window, key: Key) {
    window.0.key_press_modifiers(Modifiers::COMMAND, key);
    window.run();
}

fn resize(window: &mut Window, size: [f32; 2]) {
    window.0.set_size(size.into());
    window.run();
}

#[test]
fn each_side_shows_its_tab_and_a_tab_of_the_other_side_changes_places() {
    let mut window = open();
    assert_eq!(shown(&window), ["Client", "Log"]);
    choose(&mut window, "Wire on the right");
    assert_eq!(shown(&window), ["Client", "Wire"]);
    choose(&mut window, "Code on the left");
    assert_eq!(shown(&window), ["Code", "Wire"]);
    choose(&mut window, "Code on the right");
    assert_eq!(shown(&window), ["Wire", "Code"]);
}

#[test]
fn keys_choose_the_tab_of_the_side_that_was_used_last() {
    let mut window = open();
    keys(&mut window, Key::Num5);
    assert_eq!(shown(&window), ["Client", "Wire"]);
    window.0.get_by_role_and_label(Role::TextInput, "Host to connect to").click();
    window.run();
    keys(&mut window, Key::Num4);
    assert_eq!(shown(&window), ["Code", "Wire"], "after a click on the left");
    choose(&mut window, "Log on the right");
    keys(&mut window, Key::Num5);
    assert_eq!(shown(&window), ["Code", "Wire"], "after a click on the right");
    choose(&mut window, "Log on the left");
    window.0.get_by_role_and_label(Role::Tab, "Wire on the right").focus();
    window.run();
    window.run();
    keys(&mut window, Key::Num3);
    assert_eq!(shown(&window), ["Log", "Client"], "after the focus moved to the right");
    keys(&mut window, Key::Num2);
    assert_eq!(shown(&window), ["Log", "Client"], "it is in view");
    keys(&mut window, Key::Num5);
    assert_eq!(shown(&window), ["Wire", "Client"], "its side is in use now");
}

#[test]
fn a_narrow_window_shows_one_tab_and_keeps_the_state_of_both() {
    let mut window = open();
    window.fill("Filter", "apple");
    choose(&mut window, "Log on the left");
    assert_eq!(shown(&window), ["Log", "Client"]);
    let filter = |window: &Window| {
        let field = window.0.get_by_role_and_label(Role::TextInput, "Filter");
        (field.value(), field.is_focused())
    };
    window.0.get_by_role_and_label(Role::TextInput, "Filter").focus();
    window.run();
    choose(&mut window, "Client on the left");
    assert_eq!(shown(&window), ["Client", "Log"]);
    assert_eq!(
        filter(&window),
        (Some("apple".to_owned()), false),
        "the Client's first control has the focus"
    );
    window.0.get_by_role_and_label(Role::TextInput, "Filter").focus();
    window.run();
    resize(&mut window, [1180.0, 760.0]);
    assert_eq!(shown(&window), ["Log"], "the tab that was used last");
    assert_eq!(filter(&window), (Some("apple".to_owned()), true));
    choose(&mut window, "Client");
    assert_eq!(shown(&window), ["Client"]);
    choose(&mut window, "Code");
    resize(&mut window, WIDE);
    assert_eq!(shown(&window), ["Client", "Code"]);
}

#[test]
fn focused_field_keeps_the_focus_when_its_tab_changes_sides() {
    let mut window = open();
    window.0.get_by_role_and_label(Role::TextInput, "Filter").focus();
    window.run();
    window.0.get_by_role_and_label(Role::Tab, "Log on the left").click_accesskit();
    window.run();
    assert_eq!(shown(&window), ["Log", "Client"]);
    assert!(window.0.get_by_role_and_label(Role::TextInput, "Filter").is_focused());
}

fn splitter(window: &Window) -> Rect {
    window.0.get_by_role_and_label(Role::Splitter, "Move the border between the tabs").rect()
}

fn drag(window: &mut Window, from: Pos2, to: Pos2) {
    window.0.drag_at(from);
    window.run();
    window.0.hover_at(to);
    window.run();
    window.0.drop_at(to);
    window.run();
}

#[test]
fn splitter_is_dragged_moved_by_keys_and_saved() {
    let mut window = open();
    assert_eq!(window.app().settings().split, 500);
    let from = splitter(&window).center();
    drag(&mut window, from, Pos2::new(from.x + 128.0, from.y));
    assert!((splitter(&window).center().x - from.x - 128.0).abs() < 2.0, "it is at {}", splitter(&window));
    assert_eq!(window.app().settings().split, 600);
    window.0.get_by_role_and_label(Role::Splitter, "Move the border between the tabs").focus();
    window.run();
    window.press(Key::ArrowLeft);
    assert_eq!(window.app().settings().split, 575);
    let from = splitter(&window).center();
    drag(&mut window, from, Pos2::new(1590.0, from.y));
    assert!(panel(&window, "Log").width() >= 380.0, "both sides stay usable");
    let settings = Settings { split: 400, ..window.app().settings().clone() };
    let window = Window::sized(settings, WIDE);
    let (left, right) = (panel(&window, "Client").width(), panel(&window, "Log").width());
    assert!((left / (left + right) - 0.4).abs() < 0.01, "{left} and {right}");
}

#[test]
fn no_control_is_cut_off_in_a_narrow_side() {
    for split in [320, 360, 400, 500, 600, 680] {
        let settings = Settings { host: "127.0.0.1".to_owned(), split, ..Settings::default() };
        let mut window = Window::sized(settings, [1500.0, 900.0]);
        let address = window.start();
        let mut client = connect(address);
        echo(&mut client, b"Hello\n");
        for (_, tab) in TABS {
            choose(&mut window, &format!("{tab} on the right"));
            let all = parts(&window);
            for part in all.iter().filter(|part| part.acts && part.name != "The program") {
                let lost = part.rect.width() - part.seen.width();
                assert!(lost < 1.0, "{split}, {tab}: {} is cut off by {lost} points", part.description());
            }
        }
    }
}

#[test]
fn opening_a_tab_from_elsewhere_keeps_the_client_in_view() {
    let mut window = open();
    let address = window.start();
    let mut client = connect(address);
    echo(&mut client, b"Hello\n");
    window.wait_until_shown("Received: b'Hello\\n'");
    window.0.get_by_label_contains("Received: b'Hello").click();
    window.run();
    window.click("Show in Wire");
    assert_eq!(shown(&window), ["Client", "Wire"]);
    keys(&mut window, Key::F);
    assert_eq!(shown(&window), ["Client", "Log"]);
}

/// Returns egui's messages about widgets with the same id, which it paints in debug builds.
fn id_clashes(window: &Window) -> BTreeSet<String> {
    fn texts(shape: &Shape, found: &mut BTreeSet<String>) {
        match shape {
            Shape::Text(text) if text.galley.text().contains(" use of ") => {
                found.insert(text.galley.text().to_owned());
            }
            Shape::Vec(shapes) => shapes.iter().for_each(|shape| texts(shape, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    window.0.output().shapes.iter().for_each(|clipped| texts(&clipped.shape, &mut found));
    found
}

#[test]
fn every_pair_of_tabs_has_unique_ids() {
    let mut window = open();
    assert!(window.0.ctx.options(|options| options.warn_on_id_clash), "egui would report no clash");
    let address = window.start();
    let mut client = connect(address);
    echo(&mut client, b"Hello\n");
    // Each list has a selected row, so that there are details below it.
    window.wait_until_shown("Received: b'Hello\\n'");
    window.0.get_by_label_contains("Received: b'Hello").click();
    window.run();
    keys(&mut window, Key::Num1);
    window.click("List of connections");
    window.click("Connection #1");
    keys(&mut window, Key::Num5);
    window.0.get_by_label_contains("Sequence diagram of").focus();
    window.run();
    window.press(Key::ArrowUp);
    for (_, left) in TABS {
        for (_, right) in TABS {
            choose(&mut window, &format!("{left} on the left"));
            choose(&mut window, &format!("{right} on the right"));
            let clashes = id_clashes(&window);
            assert!(clashes.is_empty(), "{left} and {right}: {clashes:?}");
            assert_eq!(shown(&window).len(), 2, "{left} and {right}");
        }
    }
}

/// Returns the rectangles that are filled with the color of `row`'s background.
fn filled_like(window: &Window, row: Rect) -> Vec<Rect> {
    fn rectangles(shape: &Shape, found: &mut Vec<(Rect, egui::Color32)>) {
        match shape {
            Shape::Rect(shape) => found.push((shape.rect, shape.fill)),
            Shape::Vec(shapes) => shapes.iter().for_each(|shape| rectangles(shape, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    window.0.output().shapes.iter().for_each(|clipped| rectangles(&clipped.shape, &mut found));
    let fill =
        found.iter().find(|(rect, _)| rect.center().distance(row.center()) < 2.0).expect("a background").1;
    found.into_iter().filter(|(_, color)| *color == fill).map(|(rect, _)| rect).collect()
}

#[test]
fn hovered_data_is_highlighted_in_both_tabs() {
    let mut window = open();
    window.start();
    window.click("Connect");
    window.wait_until_shown("Connected to");
    for text in ["first", "second"] {
        window.fill("Text to send", text);
        window.press(Key::Enter);
        window.wait_until_shown(&format!("Received: b'{text}\\n'"));
    }
    let sent = |text: &str| format!("sent {text}");
    for tab in ["Log", "Wire"] {
        choose(&mut window, &format!("{tab} on the right"));
        let row = |window: &Window, label: &str| window.0.get_by_label_contains(label).rect();
        window.wait_until_shown("second");
        let client_row = row(&window, &sent("second"));
        window.0.hover_at(client_row.center());
        window.run();
        let filled = filled_like(&window, client_row);
        let other = panel(&window, tab);
        let rows: Vec<_> = parts(&window)
            .iter()
            .filter(|part| part.role() == Role::ListBoxOption && other.contains(part.rect.center()))
            .map(|part| {
                let is_filled = filled.iter().any(|rect| rect.center().distance(part.rect.center()) < 2.0);
                (part.name.clone(), is_filled)
            })
            .collect();
        assert!(rows.iter().any(|(_, is_filled)| *is_filled), "{tab}: {rows:?}");
        for (name, is_filled) in &rows {
            let is_about = name.contains("second") && !name.contains("printed");
            assert_eq!(*is_filled, is_about, "{tab}: {name}");
        }
        let earlier = row(&window, &sent("first"));
        assert!(!filled.iter().any(|rect| rect.center().distance(earlier.center()) < 2.0), "{tab}");
    }
}
