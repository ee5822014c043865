//! The window's size, its tab and the height of the details are saved in the settings and restored.

use echoscope::settings::Settings;
use egui::{Event, Key, Modifiers, PointerButton, Pos2, vec2};
use egui_kittest::kittest::Queryable;

use crate::basics::{connect, echo};
use crate::harness::Window;

#[test]
fn size_and_tab_are_saved_and_restored() {
    let mut window = Window::open();
    assert_eq!(window.app().settings().tab, 2);
    window.0.key_press_modifiers(Modifiers::COMMAND, Key::Num4);
    window.run();
    window.0.set_size(vec2(1000.0, 700.0));
    // The size counts once it no longer changes.
    for _ in 0..8 {
        window.0.step();
    }
    let settings = window.app().settings().clone();
    assert_eq!((settings.tab, settings.window_width, settings.window_height), (4, 1000, 700));
    let window = Window::with_settings(settings);
    assert!(window.shows("Step mode"), "the Code tab is in front");
}

#[test]
fn window_size_is_saved_without_the_zoom() {
    let mut window = Window::with_settings(Settings { zoom: 200, ..Settings::default() });
    for _ in 0..8 {
        window.0.step();
    }
    let settings = window.app().settings();
    let points = window.0.ctx.content_rect().size();
    let expected = (points * 2.0).round();
    assert_eq!(vec2(settings.window_width.into(), settings.window_height.into()), expected);
}

#[test]
fn maximized_window_is_saved_without_its_size() {
    let mut window = Window::open();
    let size = (window.app().settings().window_width, window.app().settings().window_height);
    let maximize = |window: &mut Window, is_maximized| {
        let input = window.0.input_mut();
        let id = input.viewport_id;
        input.viewports.entry(id).or_default().maximized = Some(is_maximized);
        window.0.set_size(vec2(1600.0, 900.0));
        for _ in 0..8 {
            window.0.step();
        }
        window.app().settings().clone()
    };
    let settings = maximize(&mut window, true);
    assert!(settings.window_maximized);
    assert_eq!((settings.window_width, settings.window_height), size);
    let settings = maximize(&mut window, false);
    assert!(!settings.window_maximized);
    assert_eq!((settings.window_width, settings.window_height), (1600, 900));
}

/// Returns the top edge of the details under the log.
fn top_of_details(window: &Window) -> f32 {
    window.0.get_by_label_contains("Explanation and").rect().top()
}

fn button(at: Pos2, pressed: bool) -> Event {
    Event::PointerButton { pos: at, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE }
}

#[test]
fn height_of_the_details_is_saved_when_the_drag_ends_and_restored() {
    let mut window = Window::open();
    echo(&mut connect(window.start()), b"x");
    window.wait_until_shown("Received: b'x'");
    window.0.get_by_label_contains("Received: b'x'").click();
    window.run();
    let before = window.app().settings().detail_height;
    let split = window.0.ctx.content_rect().bottom() - 34.0 - f32::from(before);
    let from = Pos2::new(700.0, split);
    let text = top_of_details(&window);
    window.0.event(Event::PointerMoved(from));
    window.0.step();
    window.0.event(button(from, true));
    window.0.step();
    for moved in [20.0, 60.0, 100.0] {
        window.0.event(Event::PointerMoved(from - vec2(0.0, moved)));
        window.0.step();
        assert_eq!(window.app().settings().detail_height, before, "saved during the drag");
    }
    window.0.event(button(from - vec2(0.0, 100.0), false));
    window.run();
    let moved = text - top_of_details(&window);
    assert!((moved - 100.0).abs() < 3.0, "the details grew by {moved}");
    let settings = window.app().settings().clone();
    assert!(settings.detail_height.abs_diff(before + 100) <= 3, "{}", settings.detail_height);
    // The next window has the same details, also in another tab.
    let height = f32::from(settings.detail_height);
    let mut window = Window::with_settings(settings);
    echo(&mut connect(window.start()), b"x");
    window.wait_until_shown("Received: b'x'");
    window.0.get_by_label_contains("Received: b'x'").click();
    window.run();
    let bottom = window.0.ctx.content_rect().bottom() - 30.0;
    let room = bottom - top_of_details(&window);
    assert!(room > height - 60.0 && room < height, "{room} of {height}");
}
