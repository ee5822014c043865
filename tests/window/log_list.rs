//! The list of the Log tab as a user sees it: evicted entries, the keyboard, the details, the menu of an entry, and
//! columns that keep their places.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use echoscope::app::{App, Options};
use echoscope::server::event::{ClientId, ClientInfo, CloseReason, Closed, Event as ServerEvent, EventKind};
use echoscope::settings::{DataFormat, Settings};
use echoscope::ui;
use egui::epaint::Shape;
use egui::{Key, Modifiers, Pos2, Rect, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use crate::basics::{connect, echo};
use crate::harness::Window;

fn client(id: u64) -> ClientInfo {
    ClientInfo { id: ClientId(id), peer: SocketAddr::from(([127, 0, 0, 1], 49743)) }
}

fn event(id: u64, kind: EventKind) -> ServerEvent {
    ServerEvent { at: SystemTime::UNIX_EPOCH, client: Some(client(id)), kind }
}

fn received(id: u64, data: &[u8]) -> ServerEvent {
    let (data, echoed) = (data.into(), data.len());
    event(id, EventKind::Received { data, echoed, offset: 0, took: Duration::from_micros(41) })
}

fn closed(id: u64) -> ServerEvent {
    let (reason, lasted) = (CloseReason::EndOfStream, Duration::from_secs(1));
    event(id, EventKind::Closed(Closed { reason, raw: None, received: 1, sent: 1, lasted }))
}

/// Opens a window with a log of these events.
fn window(
    settings: Settings,
    size: [f32; 2],
    events: impl IntoIterator<Item = ServerEvent> + 'static,
) -> Harness<'static, ui::Window> {
    let settings = Settings { tab: 2, ..settings };
    let mut window = Harness::builder().with_size(size).with_max_steps(20).build_eframe(move |creation| {
        ui::Window::new(&creation.egui_ctx, App::with_log(settings, Options::default(), events))
    });
    window.run();
    window
}

fn shows(window: &Harness<'static, ui::Window>, text: &str) -> bool {
    window.query_all_by_label_contains(text).next().is_some()
}

/// Returns the painted texts that contain `text`, with their positions.
fn painted(window: &Harness<'static, ui::Window>, text: &str) -> Vec<(String, Pos2)> {
    let texts = window.output().shapes.iter().filter_map(|clipped| match &clipped.shape {
        Shape::Text(shape) => Some((shape.galley.job.text.clone(), shape.pos)),
        _ => None,
    });
    texts.filter(|(painted, _)| painted.contains(text)).collect()
}

fn row(window: &Harness<'static, ui::Window>, text: &str) -> Rect {
    let mut rows = window.query_all_by_role(Role::ListBoxOption);
    let found = rows.find(|row| row.accesskit_node().label().is_some_and(|label| label.contains(text)));
    found.unwrap_or_else(|| panic!("no row contains {text}")).rect()
}

fn filter(window: &mut Harness<'static, ui::Window>, text: &str) {
    window.get_by_role_and_label(Role::TextInput, "Filter").focus();
    window.run();
    window.get_by_role_and_label(Role::TextInput, "Filter").type_text(text);
    window.run();
}

fn focused(window: &Harness<'static, ui::Window>) -> String {
    let node = window.root().children_recursive().find(egui_kittest::Node::is_focused);
    node.and_then(|node| node.accesskit_node().label()).unwrap_or_default()
}

#[test]
fn flood_keeps_other_entries_and_the_list_reports_the_removed_ones() {
    let settings = Settings { log_entries: 1000, ..Settings::default() };
    let flood = (0..5000).map(|_| received(2, b"flood"));
    let events = [event(1, EventKind::Opened), received(1, b"early"), event(2, EventKind::Opened)];
    let mut window = window(settings, [1180.0, 760.0], events.into_iter().chain(flood));
    let removed = "4,003 older data entries were removed to stay within 1,000 entries and 64 MiB.";
    assert!(shows(&window, removed));
    filter(&mut window, "#1");
    assert!(shows(&window, "#1 Received new connection"), "the client is still connected");
    assert!(!shows(&window, "b'early'"));
    filter(&mut window, " early");
    assert!(shows(&window, "No entry matches the filter") && shows(&window, removed));
}

#[test]
fn without_eviction_the_list_reports_no_removal() {
    let window = window(Settings::default(), [1180.0, 760.0], [received(1, b"x")]);
    assert!(!shows(&window, "removed"));
}

#[test]
fn removal_moves_no_row_and_the_filter_hides_the_details() {
    let settings = Settings { log_entries: 1000, ..Settings::default() };
    let top = |count: usize| {
        let window = window(settings.clone(), [1180.0, 760.0], (0..count).map(|_| received(1, b"x")));
        assert_eq!(shows(&window, "removed"), count > 1000);
        painted(&window, "Received: b'x'").iter().map(|(_, at)| at.y).fold(f32::INFINITY, f32::min)
    };
    assert!((top(900) - top(1100)).abs() < 0.5);
    let mut window = window(settings, [1180.0, 760.0], [received(1, b"one"), received(2, b"two")]);
    window.get_by_label_contains("Received: b'one'").click();
    window.run();
    assert!(shows(&window, "#1 · recv() returned"));
    filter(&mut window, "two");
    assert!(!shows(&window, "#1 · recv() returned"), "the filter hides the entry");
    window.key_press(Key::Escape);
    window.run();
    assert!(shows(&window, "#1 · recv() returned"));
}

#[test]
fn key_focuses_the_list_and_arrow_down_leads_from_the_filter_into_it() {
    let mut window = window(Settings::default(), [1180.0, 760.0], (0..5).map(|id| received(id, b"x")));
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num4);
    window.run();
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num2);
    window.run();
    assert_eq!(focused(&window), "Log, 5 entries");
    window.key_press(Key::ArrowUp);
    window.run();
    assert!(shows(&window, "#4 · recv() returned 1 byte"), "the last entry is selected");
    window.key_press(Key::Escape);
    window.run();
    window.key_press_modifiers(Modifiers::COMMAND, Key::F);
    window.run();
    assert_eq!(focused(&window), "Filter");
    window.key_press(Key::ArrowDown);
    window.run();
    assert_eq!(focused(&window), "Log, 5 entries");
    window.key_press(Key::ArrowDown);
    window.run();
    assert!(shows(&window, "#0 · recv() returned 1 byte"), "the first entry is selected");
}

#[test]
fn categories_are_one_stop_of_the_tab_key() {
    let mut window = window(Settings::default(), [1180.0, 760.0], [received(1, b"x")]);
    let mut press = |key: Key| {
        window.key_press(key);
        window.run();
        focused(&window)
    };
    press(Key::Tab);
    while press(Key::Tab) != "Filter" {}
    assert_eq!(press(Key::Tab), "Connections");
    assert_eq!(press(Key::ArrowRight), "Data");
    assert_eq!(press(Key::Space), "Data");
    assert_eq!(press(Key::Tab), "Data as Python prints it");
    assert!(!shows(&window, "Received: b'x'"), "the entries about data are hidden");
}

#[test]
fn details_are_open_only_while_an_entry_is_selected() {
    let mut window = window(Settings::default(), [1180.0, 760.0], (0..100).map(|id| received(id, b"x")));
    let hint = |window: &Harness<'static, ui::Window>| {
        window.query_by_label("Select a row to see its details and an explanation.").map(|node| node.rect())
    };
    let log = window.get_by_role_and_label(Role::ListBox, "Log, 100 entries").rect();
    assert!(hint(&window).unwrap().top() - log.bottom() < 20.0 && log.bottom() > 680.0, "{log}");
    // An entry in the upper part stays where it is, and one that the details would cover is directly above them.
    let upper = row(&window, "#80 ").center();
    window.get_by_label_contains("#80 Received").click();
    window.run();
    assert!(shows(&window, "#80 · recv() returned 1 byte") && hint(&window).is_none());
    assert!((row(&window, "#80 ").center() - upper).length() < 1.0);
    window.get_by_label("Close the details").click();
    window.run();
    assert!(hint(&window).is_some() && !shows(&window, "recv() returned"));
    window.get_by_label("Follow").click();
    window.run();
    window.get_by_label_contains("#99 Received").click();
    window.run();
    let list = window.get_by_role_and_label(Role::ListBox, "Log, 100 entries").rect();
    let selected = row(&window, "#99 ");
    assert!(
        list.contains_rect(selected) && list.bottom() - selected.bottom() < 2.0 * 23.0,
        "{selected} {list}"
    );
}

#[test]
fn columns_stay_when_the_scroll_bar_appears() {
    // `before` entries fit into the list; with `after` entries it has a scroll bar.
    let (before, after) = (20, 100);
    let columns = |entries: u64| {
        let events = (0..entries).map(|_| received(1, b"Hello\n"));
        let window = window(Settings::default(), [1180.0, 760.0], events);
        let xs = |text: &str| painted(&window, text).iter().map(|(_, at)| at.x).collect::<Vec<_>>();
        let rows: Vec<f32> =
            window.query_all_by_role(Role::ListBoxOption).map(|row| row.rect().right()).collect();
        let (trailing, lines) = (xs("6 B"), xs("Received: b'Hello"));
        for xs in [&rows, &trailing, &lines] {
            assert!(xs.len() >= 10 && xs.iter().all(|x| (x - xs[0]).abs() < 0.01), "{xs:?}");
        }
        (rows.len(), rows[0], trailing[0], lines[0])
    };
    let (few, many) = (columns(before), columns(after));
    assert_eq!(few.0 as u64, before, "all fit");
    assert!(many.0 < 60, "the list scrolls");
    assert_eq!((few.1, few.2, few.3), (many.1, many.2, many.3));
}

#[test]
fn text_at_the_right_edge_stays_near_its_line() {
    let window = window(Settings::default(), [2560.0, 1440.0], [received(1, b"Hello\n")]);
    let (line, trailing) = (painted(&window, "Received: b'Hello")[0].1, painted(&window, "6 B")[0].1);
    assert!((trailing.x - line.x) < 1000.0, "{line} {trailing}");
}

#[test]
fn characters_without_a_glyph_are_escaped() {
    let settings = Settings { data_format: DataFormat::Text, ..Settings::default() };
    let window = window(settings, [1180.0, 760.0], [received(1, "na\u{ef}ve \u{1f9a9}!".as_bytes())]);
    assert_eq!(painted(&window, "Received: ")[0].0, "Received: na\u{ef}ve \\u{1f9a9}!");
}

#[test]
fn long_row_has_no_tooltip() {
    let mut window = window(Settings::default(), [1180.0, 760.0], [received(1, &[b'x'; 2000])]);
    window.get_by_label_contains("#1 Received").hover();
    // Longer than egui waits before it shows a tooltip.
    (0..10).for_each(|_| window.step());
    assert_eq!(painted(&window, "xxxxx").len(), 1, "only the row itself shows the data");
}

#[test]
fn menu_of_an_entry_copies_shows_the_wire_and_disconnects() {
    let mut window = Window::open();
    let address = window.start();
    let mut client = connect(address);
    echo(&mut client, b"Hello\n");
    window.wait_until_shown("Received: b'Hello");
    let open_menu = |window: &mut Window| {
        window.0.get_by_label_contains("#1 Received: b'Hello").click_secondary();
        window.0.run();
    };
    open_menu(&mut window);
    window.0.get_by_role_and_label(Role::Button, "Copy").click();
    window.0.step();
    assert!(window.copied().is_some_and(|text| text.ends_with("#1    Received: b'Hello\\n'")));
    window.0.run();
    open_menu(&mut window);
    window.0.get_by_role_and_label(Role::Button, "Show in Wire").click();
    window.0.run();
    window.wait_until_shown("Sequence diagram of #1");
    window.click("Log");
    open_menu(&mut window);
    window.click("Disconnect #1");
    window.wait_until_shown("Closed by you");
    open_menu(&mut window);
    assert!(!window.enabled("Disconnect #1"), "it is disconnected already");
}

#[test]
fn kept_entries_and_recent_ones_are_selected_and_copied_in_order() {
    let settings = Settings { log_entries: 1000, ..Settings::default() };
    let flood = (0..2000).map(|_| received(2, b"flood"));
    let mut window = window(settings, [1180.0, 760.0], [closed(1)].into_iter().chain(flood));
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num2);
    window.run();
    window.key_press(Key::Home);
    window.run();
    window.key_press_modifiers(Modifiers::SHIFT, Key::ArrowDown);
    window.run();
    window.event(egui::Event::Copy);
    window.step();
    let copied = window.output().platform_output.commands.iter().find_map(|command| match command {
        egui::OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    let copied = copied.expect("two entries were copied");
    let lines: Vec<&str> = copied.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].contains("#1 ") && lines[1].ends_with("Received: b'flood'"), "{copied}");
}
