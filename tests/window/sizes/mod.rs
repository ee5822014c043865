//! Small windows and large zooms: no control covers another one, and each can be scrolled to and pressed.

mod every_tab;

use crate::harness::{PressMode, Window};
use echoscope::settings::Settings;
use egui::{Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, Rect, TouchPhase, vec2};
use egui_kittest::kittest::{Queryable, by};

/// Sizes in points: the smallest window with a zoom of 100%, 140% and 200%, and the default one with 100% and 150%.
const SIZES: [[f32; 2]; 5] =
    [[720.0, 480.0], [514.0, 343.0], [360.0, 240.0], [1180.0, 760.0], [787.0, 507.0]];

/// Opens a window of this size with the second lesson and this many clients, and shows the Client tab.
fn open(points: [f32; 2], clients: usize) -> Window {
    let settings = Settings { host: "127.0.0.1".to_owned(), port: 0, ..Settings::default() };
    let mut window = Window::new(settings, points, PressMode::Mouse);
    press(&mut window, "Lessons");
    press(&mut window, "2. One at a time, and the backlog");
    show(&mut window, Key::Num3);
    for _ in 1..clients {
        press(&mut window, "Add a client");
    }
    window
}

fn resize(window: &mut Window, points: [f32; 2]) {
    window.0.set_size(points.into());
    window.run();
}

/// Presses a control as a screen reader does, which also works if it is scrolled out of view.
fn press(window: &mut Window, name: &str) {
    window.0.get_by_label(name).click_accesskit();
    window.run();
}

/// Returns the area of a control. If `name` ends with a star, it is the beginning of the control's name.
fn rect(window: &Window, name: &'static str) -> Rect {
    let matches = move |label: String| match name.strip_suffix('*') {
        Some(start) => label.starts_with(start),
        None => label == name,
    };
    let mut nodes = window
        .0
        .query_all(by().predicate(move |node| node.label().or_else(|| node.value()).is_some_and(matches)));
    nodes.next().unwrap_or_else(|| panic!("there is no {name}\n{:?}", window.0.root())).rect()
}

/// Asserts that none of these controls covers a part of another one.
fn assert_apart(window: &Window, names: &[&'static str], which: &str) {
    let rects: Vec<_> = names.iter().map(|name| (name, rect(window, name))).collect();
    for (at, (one, here)) in rects.iter().enumerate() {
        assert!(here.is_positive(), "{which}: {one} has no room: {here:?}");
        for (other, there) in &rects[at + 1..] {
            let both = here.intersect(*there);
            let apart = both.width() < 0.5 || both.height() < 0.5;
            assert!(apart, "{which}: {one} at {here:?} lies over {other} at {there:?}");
        }
    }
}

/// The height of the status bar, in points.
const STATUS_BAR: f32 = 34.0;
/// How far the center of a control must be from the edge, in points, to count as in view.
const EDGE: f32 = 8.0;

/// Turns the mouse wheel over the tab until a control is in view. That may also scroll the area around the tab.
fn scroll_to(window: &mut Window, name: &'static str, which: &str) {
    for _ in 0..80 {
        let screen = window.0.ctx.content_rect();
        // The status bar doesn't scroll.
        let bottom = screen.bottom() - STATUS_BAR;
        let top = rect(window, "Log").bottom().clamp(screen.top(), bottom - 40.0);
        let left = rect(window, "Live").left().clamp(screen.left(), screen.right() - 20.0);
        let view = Rect::from_x_y_ranges(left..=screen.right(), top..=bottom);
        let to = rect(window, name).center();
        if view.shrink(EDGE).contains(to) {
            return;
        }
        let way = |to: f32, from: f32, half: f32| {
            if (to - from).abs() < half - EDGE { 0.0 } else { (from - to).clamp(-100.0, 100.0) }
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
    panic!("{which}: {name} can't be scrolled into view: it is at {:?}", rect(window, name));
}

fn show(window: &mut Window, tab: Key) {
    window.0.key_press_modifiers(Modifiers::COMMAND, tab);
    window.run();
}

const LESSON: [&str; 4] = ["Set it up", "Skip this step", "Fold the lesson", "Leave the lesson"];
const CLIENT: [&str; 14] = [
    "Add a client",
    "Crowd…",
    "Host to connect to",
    "Connect",
    "Close",
    "Half-close",
    "Abort",
    "Transcript of*",
    "Text to send",
    "Send",
    "No line ending",
    "Line feed",
    "Escapes",
    "Client 1,*",
];

#[test]
fn client_tab_keeps_its_controls_apart_and_reachable() {
    for clients in [1, 16] {
        let mut window = open(SIZES[0], clients);
        for size in SIZES {
            resize(&mut window, size);
            let which = &format!("{size:?}, {clients} clients");
            if !window.shows("Line feed") {
                // A short tab hides the second row of the composer.
                window.0.get_by_label("Line ending and repetition").click_accesskit();
                window.run();
            }
            assert_apart(&window, &CLIENT, which);
            assert_apart(&window, &LESSON, which);
            let lesson = rect(&window, "Skip this step");
            assert!(lesson.bottom() <= rect(&window, "Log").top(), "{which}: the tabs cover the lesson");
            for name in CLIENT {
                scroll_to(&mut window, name, which);
            }
        }
    }
}

#[test]
fn code_tab_keeps_its_controls_apart_and_reachable() {
    for size in SIZES {
        let mut window = open(size, 1);
        show(&mut window, Key::Num4);
        let which = &format!("{size:?}");
        let controls = ["Step mode", "Robust version", "Copy", "Save as ServerPython.py…", "Accept queue"];
        assert_apart(&window, &controls, which);
        for name in controls {
            scroll_to(&mut window, name, which);
        }
        let room = rect(&window, "Accept queue").top() - rect(&window, "Copy").bottom();
        assert!(room > 100.0, "{which}: the program has a height of {room}");
    }
}

#[test]
fn client_connects_sends_and_closes_in_every_size() {
    for size in SIZES {
        let mut window = open(size, 9);
        window.0.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
        window.wait_until_shown("Stop server");
        for (button, then) in [("Connect", "from port"), ("Send", "sent b'"), ("Close", "Client 9, closed")] {
            scroll_to(&mut window, button, &format!("{size:?}"));
            window.click(button);
            window.wait_until_shown(then);
        }
    }
}

#[test]
fn lesson_steps_leave_the_tabs_in_place() {
    for size in SIZES {
        let mut window = open(size, 1);
        let before = rect(&window, "Log");
        for step in ["Skip this step", "Back"].map(|button| [button; 6]).concat() {
            press(&mut window, step);
            let now = rect(&window, "Log");
            assert!((now.top() - before.top()).abs() < 1.0, "{size:?}: the tabs moved to {now:?}");
        }
    }
}
