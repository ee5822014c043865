//! The Log tab with as many entries as the settings allow: what a frame draws, and where the rows are, to the pixel.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use echoscope::app::{App, Options};
use echoscope::server::event::{ClientId, ClientInfo, Event as ServerEvent, EventKind};
use echoscope::settings::Settings;
use echoscope::ui::Window;
use egui::epaint::Shape;
use egui::{Event, Key, Modifiers, MouseWheelUnit, PointerButton, Pos2, Rect, Role, TouchPhase, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

/// The most entries that the settings allow.
const MAX_ENTRIES: u64 = 500_000;
const SIZE: [f32; 2] = [1180.0, 760.0];

/// Opens a window with a log of `line 0000000` and so on.
fn window(entries: u64) -> Harness<'static, Window> {
    let settings = Settings { log_entries: 500_000, log_mebibytes: 1024, port: 0, ..Settings::default() };
    let client = ClientInfo { id: ClientId(1), peer: SocketAddr::from(([127, 0, 0, 1], 49743)) };
    let earlier = (0..entries).map(move |index| {
        let data: Arc<[u8]> = format!("line {index:07}").into_bytes().into();
        let kind =
            EventKind::Received { echoed: data.len(), data, offset: 0, took: Duration::from_micros(41) };
        ServerEvent { at: SystemTime::UNIX_EPOCH, client: Some(client), kind }
    });
    let mut window = Harness::builder().with_size(SIZE).with_max_steps(20).build_eframe(move |creation| {
        Window::new(&creation.egui_ctx, App::with_log(settings, Options::default(), earlier))
    });
    run_until_idle(&mut window);
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num2);
    run_until_idle(&mut window);
    window
}

/// Runs frames until the window requests no more.
fn run_until_idle(window: &mut Harness<'static, Window>) {
    let is_idle = (0..1000).any(|_| window.run_ok().is_some());
    assert!(is_idle, "the window never settles");
}

/// Returns the visible rows: the number in each, and its rectangle.
fn rows(window: &Harness<'static, Window>) -> Vec<(u64, Rect)> {
    let rows = window.query_all_by_role(Role::ListBoxOption);
    let row = |node: egui_kittest::Node<'_>| {
        let label = node.accesskit_node().label().or_else(|| node.accesskit_node().value()).unwrap();
        let number = label.split("line ").nth(1).and_then(|rest| rest.get(..7)?.parse().ok());
        let number = number.unwrap_or_else(|| panic!("{label:?}"));
        (number, node.rect())
    };
    rows.map(row).collect()
}

/// Returns the vertical positions of the painted texts in the rows.
fn painted(window: &Harness<'static, Window>) -> Vec<f32> {
    let texts = window.output().shapes.iter().filter_map(|clipped| match &clipped.shape {
        Shape::Text(text) if text.galley.job.text.starts_with("Received: b'line") => Some(text.pos.y),
        _ => None,
    });
    texts.collect()
}

fn shapes(window: &Harness<'static, Window>) -> usize {
    window.output().shapes.len()
}

/// Returns the upper and the lower end of the log's scroll bar.
fn scroll_bar(window: &Harness<'static, Window>) -> (Pos2, Pos2) {
    let log = window.query_all_by_role(Role::ListBox).next().unwrap().rect();
    let x = log.right() - 6.0;
    (Pos2::new(x, log.top() + 6.0), Pos2::new(x, log.bottom() - 10.0))
}

/// Sets the number of pixels per point; the window keeps its size in points.
fn zoom(window: &mut Harness<'static, Window>, pixels: f32) {
    window.set_pixels_per_point(pixels);
    window.step();
    window.set_size(SIZE.into());
}

fn press(window: &mut Harness<'static, Window>, at: Pos2) {
    drag(window, at, at);
}

fn drag(window: &mut Harness<'static, Window>, from: Pos2, to: Pos2) {
    let (there, moved) = (Event::PointerMoved(from), Event::PointerMoved(to));
    for event in [there, button(from, true), moved, button(to, false), Event::PointerGone] {
        window.event(event);
        window.step();
    }
    run_until_idle(window);
}

fn button(pos: Pos2, pressed: bool) -> Event {
    Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE }
}

fn turn_wheel(window: &mut Harness<'static, Window>, points: f32) {
    let log = window.query_all_by_role(Role::ListBox).next().unwrap().rect();
    window.event(Event::PointerMoved(log.center()));
    window.event(Event::MouseWheel {
        unit: MouseWheelUnit::Point,
        delta: vec2(0.0, points),
        phase: TouchPhase::Move,
        modifiers: Modifiers::NONE,
        source: egui::MouseWheelSource::Unknown,
    });
    run_until_idle(window);
    window.event(Event::PointerGone);
    run_until_idle(window);
}

fn filter(window: &mut Harness<'static, Window>, text: &str) {
    window.get_by_role_and_label(Role::TextInput, "Filter").focus();
    run_until_idle(window);
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    run_until_idle(window);
    window.key_press(Key::Backspace);
    run_until_idle(window);
    if !text.is_empty() {
        window.get_by_role_and_label(Role::TextInput, "Filter").type_text(text);
    }
    run_until_idle(window);
}

#[test]
fn a_frame_draws_as_much_of_a_long_log_as_of_a_short_one() {
    let (mut few, mut many) = (window(1000), window(MAX_ENTRIES));
    assert_eq!(rows(&many).last().unwrap().0, MAX_ENTRIES - 1, "the end is followed");
    let compare = |few: &Harness<'static, Window>, many: &Harness<'static, Window>, what: &str| {
        let count = rows(many).len();
        assert!((10..60).contains(&count), "{what}: {count} rows are laid out");
        assert_eq!(count, rows(few).len(), "{what}: rows");
        // The button with the number of new entries may or may not be painted.
        assert!(shapes(many).abs_diff(shapes(few)) <= 3, "{what}: {} and {}", shapes(few), shapes(many));
    };
    compare(&few, &many, "at the end");
    for window in [&mut few, &mut many] {
        let (top, bottom) = scroll_bar(window);
        press(window, top + (bottom - top) / 2.0);
    }
    let middle = rows(&many)[0].0;
    assert!((200_000..300_000).contains(&middle), "the middle of the bar leads to {middle}");
    compare(&few, &many, "in the middle");
    // The scroll position is kept while the filter changes.
    let before = rows(&many);
    filter(&mut many, "no such line");
    assert!(rows(&many).is_empty());
    filter(&mut many, "");
    assert_eq!(rows(&many), before, "the scroll position is lost");
    for window in [&mut few, &mut many] {
        filter(window, "line");
    }
    compare(&few, &many, "with a filter on");
}

#[test]
fn rows_of_a_long_log_are_on_whole_pixels_at_any_zoom() {
    let mut window = window(MAX_ENTRIES);
    for pixels in [1.0, 1.1, 1.25, 1.75, 2.0] {
        zoom(&mut window, pixels);
        run_until_idle(&mut window);
        assert_on_pixels(&window, pixels, "at the end");
        assert_eq!(rows(&window).last().unwrap().0, MAX_ENTRIES - 1, "{pixels}: the end is followed");
        // Scroll up by a few points, then by a few rows.
        turn_wheel(&mut window, 7.3);
        assert_on_pixels(&window, pixels, "a little above the end");
        turn_wheel(&mut window, 111.7);
        assert_on_pixels(&window, pixels, "above the end");
        let last = rows(&window).last().unwrap().0;
        assert!((MAX_ENTRIES - 30..MAX_ENTRIES).contains(&last), "{pixels}: the wheel went to {last}");
        let (top, bottom) = scroll_bar(&window);
        press(&mut window, top + (bottom - top) * 0.5);
        press(&mut window, top + (bottom - top) * 0.9);
        assert_on_pixels(&window, pixels, "by the scroll bar");
        let first = rows(&window)[0].0;
        assert!(
            (MAX_ENTRIES * 8 / 10..MAX_ENTRIES - 100).contains(&first),
            "{pixels}: the scroll bar went to {first}"
        );
        let handle = top + (bottom - top) * 0.9;
        drag(&mut window, handle, bottom + vec2(0.0, 60.0));
        assert_eq!(
            rows(&window).last().unwrap().0,
            MAX_ENTRIES - 1,
            "{pixels}: the bar doesn't reach the end"
        );
    }
}

#[test]
fn top_row_stays_when_the_zoom_changes() {
    let mut window = window(100_000);
    let (top, bottom) = scroll_bar(&window);
    press(&mut window, top + (bottom - top) * 0.7);
    let first = rows(&window)[0].0;
    for pixels in [1.25, 1.1, 2.0, 1.0] {
        zoom(&mut window, pixels);
        run_until_idle(&mut window);
        assert_eq!(rows(&window)[0].0, first, "{pixels}");
    }
}

/// Asserts that every row begins on a pixel at the end of the previous one, and that rows and texts are evenly spaced.
#[track_caller]
fn assert_on_pixels(window: &Harness<'static, Window>, pixels: f32, what: &str) {
    let rows = rows(window);
    assert!(rows.len() > 5, "{pixels}, {what}: {} rows", rows.len());
    let height = (23.0 * pixels).round();
    for pair in rows.windows(2) {
        let ((number, rect), (next, below)) = (pair[0], pair[1]);
        assert_eq!(number + 1, next);
        let (top, next_top) = (rect.top() * pixels, below.top() * pixels);
        assert!((top - top.round()).abs() < 0.02, "{pixels}, {what}: line {number} begins at pixel {top}");
        assert!((next_top - top - height).abs() < 0.02, "{pixels}, {what}: {number} is not {height} high");
        assert!((rect.height() * pixels - height).abs() < 0.02, "{pixels}, {what}: {rect:?}");
    }
    let texts = painted(window);
    assert_eq!(texts.len(), rows.len());
    for pair in texts.windows(2) {
        let apart = (pair[1] - pair[0]) * pixels;
        assert!((apart - height).abs() < 0.02, "{pixels}, {what}: texts are {apart} pixels apart");
    }
}
