//! Small windows and large letters: nothing lies over anything else, and all can be scrolled to and pressed.

mod every;

use crate::harness::{Hand, Window};
use echoscope::settings::Settings;
use egui::{Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, Rect, TouchPhase, vec2};
use egui_kittest::kittest::{Queryable, by};

/// Windows in pixels, and how far each is zoomed in.
const SIZES: [[f32; 2]; 2] = [[720.0, 480.0], [1180.0, 760.0]];
const ZOOMS: [f32; 5] = [1.0, 1.2, 1.4, 1.5, 2.0];

/// For each size and zoom a window in which the second lesson is being done and one's own clients are these.
fn each(clients: usize, check: impl Fn(&mut Window, &str)) {
    for size in SIZES {
        for zoom in ZOOMS {
            let settings = Settings { host: "127.0.0.1".to_owned(), port: 0, ..Settings::default() };
            let mut window = Window::new(settings, size.map(|side| side / zoom), Hand::Mouse);
            // As a screen reader does, which presses what is out of view, too.
            press(&mut window, "Help");
            press(&mut window, "2. One at a time, and the backlog");
            show(&mut window, Key::Num3);
            for _ in 1..clients {
                press(&mut window, "Add a client");
            }
            check(&mut window, &format!("{size:?} zoomed {zoom}, {clients} clients"));
        }
    }
}

fn press(window: &mut Window, name: &str) {
    window.0.get_by_label(name).click_accesskit();
    window.run();
}

/// Where a control is, or the first one of a name that ends with a star.
fn rect(window: &Window, name: &'static str) -> Rect {
    let is_it = move |label: String| match name.strip_suffix('*') {
        Some(start) => label.starts_with(start),
        None => label == name,
    };
    let mut nodes = window
        .0
        .query_all(by().predicate(move |node| node.label().or_else(|| node.value()).is_some_and(is_it)));
    nodes.next().unwrap_or_else(|| panic!("there is no {name}\n{:?}", window.0.root())).rect()
}

/// None of these covers any part of another one.
fn apart(window: &Window, names: &[&'static str], which: &str) {
    let places: Vec<_> = names.iter().map(|name| (name, rect(window, name))).collect();
    for (at, (one, here)) in places.iter().enumerate() {
        assert!(here.is_positive(), "{which}: {one} has no room: {here:?}");
        for (other, there) in &places[at + 1..] {
            let both = here.intersect(*there);
            let apart = both.width() < 0.5 || both.height() < 0.5;
            assert!(apart, "{which}: {one} at {here:?} lies over {other} at {there:?}");
        }
    }
}

/// Turns the wheel over the tab until a control is in view there, however much of what surrounds the tab has to be
/// scrolled, too.
fn reach(window: &mut Window, name: &'static str, which: &str) {
    for _ in 0..80 {
        let screen = window.0.ctx.content_rect();
        let top = rect(window, "Log").bottom().clamp(screen.top(), screen.bottom() - 40.0);
        let bottom = rect(window, "↓*").top().clamp(top + 32.0, screen.bottom());
        let left = rect(window, "Log").left().clamp(screen.left(), screen.right() - 20.0);
        let view = Rect::from_x_y_ranges(left..=screen.right(), top..=bottom);
        let to = rect(window, name).center();
        if view.shrink(12.0).contains(to) {
            return;
        }
        let way = |to: f32, from: f32, half: f32| {
            if (to - from).abs() < half - 12.0 { 0.0 } else { (from - to).clamp(-40.0, 40.0) }
        };
        let delta = vec2(
            way(to.x, view.center().x, view.width() / 2.0),
            way(to.y, view.center().y, view.height() / 2.0),
        );
        window.0.hover_at(view.center());
        let (unit, phase, source) = (MouseWheelUnit::Point, TouchPhase::Move, MouseWheelSource::Unknown);
        window.0.event(Event::MouseWheel { unit, delta, phase, source, modifiers: Modifiers::NONE });
        window.run();
    }
    panic!("{which}: {name} can't be scrolled to: it is at {:?}", rect(window, name));
}

fn show(window: &mut Window, tab: Key) {
    window.0.key_press_modifiers(Modifiers::COMMAND, tab);
    window.run();
}

const LESSON: [&str; 4] = ["Set it up", "Skip this step", "Fold the lesson", "Leave the lesson"];
const CLIENT: [&str; 15] = [
    "Add a client",
    "Crowd…",
    "Host to connect to",
    "Connect",
    "Close",
    "Half-close",
    "Abort",
    "Vanish",
    "Transcript of*",
    "Text to send",
    "Send",
    "No line ending",
    "Line feed",
    "Escapes",
    "Client 1,*",
];

#[test]
fn the_parts_of_the_client_tab_keep_apart() {
    for clients in [1, 9, 16] {
        each(clients, |window, which| {
            show(window, Key::Num3);
            apart(window, &CLIENT, which);
            apart(window, &LESSON, which);
            let lesson = rect(window, "Skip this step");
            assert!(lesson.bottom() <= rect(window, "Log").top(), "{which}: the tabs lie over the lesson");
            for name in CLIENT {
                reach(window, name, which);
            }
        });
    }
}

#[test]
fn the_program_and_the_accept_queue_keep_apart() {
    each(1, |window, which| {
        show(window, Key::Num4);
        let parts = ["Step mode", "Copy", "Save as ServerPython.py…", "Accept queue"];
        apart(window, &parts, which);
        for name in parts {
            reach(window, name, which);
        }
        let room = rect(window, "Accept queue").top() - rect(window, "Copy").bottom();
        assert!(room > 100.0, "{which}: the program has a height of {room}");
    });
}

#[test]
fn a_client_is_served_wherever_its_controls_have_to_be_scrolled_to() {
    each(9, |window, which| {
        show(window, Key::Num3);
        window.0.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
        window.until_shown("Stop server");
        for (name, then) in [("Connect", "from port"), ("Send", "sent b'"), ("Close", "Client 9, closed")] {
            reach(window, name, which);
            window.click(name);
            window.until_shown(then);
        }
    });
}

#[test]
fn the_tabs_stay_where_they_are_from_step_to_step() {
    each(1, |window, which| {
        let before = rect(window, "Log");
        for _ in 0..6 {
            press(window, "Skip this step");
            let now = rect(window, "Log");
            assert!((now.top() - before.top()).abs() < 1.0, "{which}: the tabs moved to {now:?}");
        }
    });
}
