//! The toolbar of the log: the filter, the categories, the data format, and the buttons that act on the log.

use egui::{EventFilter, Id, Key, Margin, Modifiers, Rect, Response, Sense, TextEdit, Ui, UiBuilder, vec2};

use crate::app::{App, Command};
use crate::log::event_log::Category;
use crate::settings::{DataFormat, Setting};
use crate::ui::action::Action;
use crate::ui::shortcuts::with_key_names;
use crate::ui::tabs::log::log_panel::{self, LogPanel};
use crate::ui::theme::size;
use crate::ui::widgets::controls::{ICON_BUTTON, chip, icon_button, segments, small_button};
use crate::ui::widgets::field::add_edit;
use crate::ui::widgets::icon::Icon;
use crate::ui::widgets::toolbar;

/// Returns the id of the filter input, which Ctrl+F focuses.
pub(crate) fn filter_id() -> Id {
    Id::unique("filter")
}

/// The label, accessible name and tooltip of each data format.
const FORMATS: [(&str, &str, &str); 3] = [
    ("b'…'", "Data as Python prints it", "Received data as Python prints it: b'Hello\\n'"),
    ("Text", "Data as text", "Received data as text, with symbols for unprintable bytes"),
    ("Hex", "Data as hex", "Received data as hexadecimal digits, two for each byte"),
];

/// Shows the toolbar.
pub(crate) fn show(ui: &mut Ui, app: &App, log: &mut LogPanel) -> Vec<Action> {
    toolbar(ui, "toolbar", |ui| {
        let width = (ui.available_width() * 0.28 - 32.0).clamp(72.0, 360.0);
        filter(ui, log, width);
        categories(ui, log);
        tools(ui, app, log)
    })
}

/// Shows a chip for each category. The Tab key stops at one of them, from which the arrow keys lead to the others.
fn categories(ui: &mut Ui, log: &mut LogPanel) {
    let mut chips = Vec::with_capacity(Category::CHIPS.len());
    for (index, category) in Category::CHIPS.into_iter().enumerate() {
        let shown = log.categories.contains(category);
        let about = if shown { "Click to hide these entries" } else { "Click to show these entries" };
        let sense = if index == log.focused_chip { Sense::click() } else { Sense::CLICK };
        let chip = small_button(category.label()).selected(shown).corner_radius(size::CHIP / 2.0);
        let response = ui.add(chip.sense(sense)).on_hover_text(about);
        if response.clicked() {
            log.categories.toggle(category);
        }
        chips.push(response);
    }
    let Some(at) = chips.iter().position(Response::has_focus) else { return };
    let filter = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(chips[at].id, filter));
    let last = chips.len() - 1;
    for (key, to) in [(Key::ArrowLeft, at.saturating_sub(1)), (Key::ArrowRight, (at + 1).min(last))] {
        if ui.input_mut(|input| input.consume_key(Modifiers::NONE, key)) {
            log.focused_chip = to;
            chips[to].request_focus();
        }
    }
}

/// Shows the filter input. The Escape key and the clear button empty it, and the arrow down leads into the list.
fn filter(ui: &mut Ui, log: &mut LogPanel, width: f32) {
    let hint = if width < 170.0 { "Filter" } else { "Filter: text, #2, error…" };
    let has_text = !log.filter_text.is_empty();
    let right = if has_text { 28 } else { 10 };
    if ui.memory(|memory| memory.has_focus(filter_id()))
        && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::ArrowDown))
    {
        log_panel::focus(ui.ctx());
    }
    let edit = TextEdit::singleline(&mut log.filter_text)
        .id(filter_id())
        .hint_text(hint)
        .margin(Margin { left: 10, right, top: 5, bottom: 5 })
        .align(egui::Align2::LEFT_CENTER);
    let response =
        add_edit(ui, |ui| ui.add_sized(vec2(width, size::CONTROL), edit)).accessible_name("Filter");
    let mut clear = response.lost_focus() && has_text && ui.input(|input| input.key_pressed(Key::Escape));
    if has_text {
        let center = response.rect.right_center() - vec2(15.0, 0.0);
        let rect = Rect::from_center_size(center, vec2(ICON_BUTTON, ICON_BUTTON));
        // The button is in its own child `Ui`, so that it doesn't change the layout after the input.
        let mut child = ui.new_child(UiBuilder::new().max_rect(rect));
        clear |= icon_button(&mut child, Icon::Cross, "Clear the filter", None).clicked();
    }
    if clear {
        log.filter_text.clear();
        // Escape has taken the focus away, so it is requested again. A second Escape then releases it.
        response.request_focus();
    }
}

/// Shows the data formats and the buttons: follow, save, clear.
fn tools(ui: &mut Ui, app: &App, log: &mut LogPanel) -> Vec<Action> {
    let mut actions = Vec::new();
    let format = app.settings().data_format;
    let current = DataFormat::ALL.iter().position(|other| *other == format).unwrap_or(0);
    if let Some(chosen) = segments(ui, &FORMATS, current) {
        actions.push(Command::set(Setting::DataFormat, DataFormat::ALL[chosen]).into());
    }
    if chip(ui, "Follow", log.follow).on_hover_text("Keep the newest entry in view").clicked() {
        log.follow = !log.follow;
    }
    // Each by itself, so that it moves to the next row if it doesn't fit.
    let mut button = |label, about| {
        let button = ui.add_enabled(!app.log().is_empty(), small_button(label));
        button.on_hover_text(with_key_names(ui.ctx(), about)).clicked()
    };
    if button("Save…", "Write the whole log to a file (Ctrl+S)") {
        actions.push(Action::save_log());
    }
    if button("Clear", "Remove all entries (Ctrl+L)") {
        actions.push(Command::ClearLog.into());
    }
    actions
}
