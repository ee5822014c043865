//! The help: every guide, the search, links between guides, and the keyboard.

use std::fs;
use std::path::Path;

use egui::{Key, Modifiers, Role, vec2};
use egui_kittest::kittest::Queryable;

use crate::harness::Window;

/// So high that nothing of a guide is scrolled out of view.
const HIGH: [f32; 2] = [1180.0, 6000.0];

fn open_help(size: [f32; 2]) -> Window {
    let mut window = Window::sized(echoscope::settings::Settings::default(), size);
    window.press(Key::F1);
    window
}

/// Returns the headings of a guide.
fn headings(guide: &str) -> Vec<&str> {
    let mut in_code = false;
    let lines = guide.lines().filter(|line| {
        in_code ^= line.starts_with("```");
        !in_code && line.starts_with('#')
    });
    lines.map(|line| line.trim_start_matches(['#', ' '])).collect()
}

/// Returns whether a heading or another text is in view. The accessibility tree also has texts that are scrolled out.
fn shows_heading(window: &Window, heading: &str) -> bool {
    let room = window.0.ctx.content_rect().shrink2(vec2(0.0, 110.0));
    let mut found = window.0.query_all_by_role_and_label(Role::Label, heading);
    found.any(|label| room.contains(label.rect().center()))
}

fn search_field_is_focused(window: &Window) -> bool {
    window.0.get_by_role_and_label(Role::TextInput, "Search the guides").is_focused()
}

#[test]
fn every_guide_opens_with_all_of_its_headings() {
    let mut window = open_help(HIGH);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/guide");
    let mut guides = 0;
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let headings = headings(&text);
        window.click(&format!("Guide: {}", headings[0]));
        for heading in headings {
            assert!(shows_heading(&window, heading), "{}: there is no heading {heading}", path.display());
        }
        guides += 1;
    }
    assert!(guides >= 9, "only {guides} guides");
}

#[test]
fn search_leads_to_a_section() {
    let mut window = open_help([720.0, 480.0]);
    assert!(search_field_is_focused(&window), "the search is ready to type in");
    window.fill("Search the guides", "exit codes");
    assert!(
        window.shows("Command line › Exit codes and signals") && window.shows("1: the server can't start")
    );
    window.press(Key::Enter);
    assert!(shows_heading(&window, "Exit codes and signals") && !shows_heading(&window, "Server options"));
    window.0.key_press_modifiers(Modifiers::COMMAND, Key::F);
    window.run();
    assert!(search_field_is_focused(&window));
    window.fill("Search the guides", "zebra");
    assert!(window.shows("No section contains all of these words."));
    window.press(Key::Escape);
    assert!(!window.shows("Close the help"));
}

#[test]
fn link_between_guides_opens_the_other_guide() {
    let mut window = open_help(HIGH);
    assert!(!shows_heading(&window, "How a lesson works"));
    window.0.get_by_role_and_label(Role::Link, "Lessons").click();
    window.run();
    assert!(shows_heading(&window, "How a lesson works"));
    assert!(window.0.output().platform_output.commands.is_empty(), "nothing is opened outside the window");
}

#[test]
fn about_shows_the_version() {
    let mut window = open_help([1180.0, 760.0]);
    window.click("Guide: About Echoscope");
    assert!(shows_heading(&window, "Version") && shows_heading(&window, env!("CARGO_PKG_VERSION")));
}

#[test]
fn page_keys_scroll_the_guide_while_the_search_has_the_focus() {
    let mut window = open_help([720.0, 480.0]);
    assert!(shows_heading(&window, "Five minutes"));
    window.press(Key::PageDown);
    assert!(!shows_heading(&window, "Five minutes") && search_field_is_focused(&window));
    window.press(Key::PageUp);
    assert!(shows_heading(&window, "Five minutes"));
}
