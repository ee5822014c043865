//! The window's controls: egui's buttons and combo boxes in our sizes, and our own switches, collapsible sections and
//! gauges.

use std::time::Duration;

use egui::text::{LayoutJob, TextWrapping};
use egui::{
    Align, Button, Color32, ComboBox, EventFilter, FontId, Frame, Id, Key, Label, Layout, Margin, Modifiers,
    Rect, Response, RichText, Role, Sense, Stroke, StrokeKind, TextFormat, TextWrapMode, Ui, Vec2,
    WidgetInfo, pos2, vec2,
};

use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::focus_ring;
use crate::ui::widgets::icon::{self, Icon};

/// Adds a small toggle button with round ends.
pub(crate) fn chip(ui: &mut Ui, label: &str, on: bool) -> Response {
    ui.add(small_button(label).selected(on).corner_radius(size::CHIP / 2.0))
}

/// Adds a small button.
pub(crate) fn pill_button(ui: &mut Ui, label: &str) -> Response {
    ui.add(small_button(label))
}

/// Returns the width of a chip or a small button, to align it to a right edge.
pub(crate) fn pill_width(ui: &Ui, label: &str) -> f32 {
    text_width(ui, label, theme::small()) + 2.0 * ui.spacing().button_padding.x
}

/// Returns a small button.
pub(crate) fn small_button<'a>(label: impl Into<RichText>) -> Button<'a> {
    let text = label.into().size(size::SMALL);
    Button::new(text).small().min_size(vec2(0.0, size::CHIP)).wrap_mode(TextWrapMode::Extend)
}

/// Adds a button over the bottom of a list, for scrolling to the newest row.
pub(crate) fn newest_button(ui: &Ui, id: Id, rows: Rect, text: &str) -> Response {
    let palette = Palette::of(ui);
    let galley = ui.painter().layout_no_wrap(text.to_owned(), theme::small(), palette.on_strong);
    let center = rows.center_bottom() - vec2(0.0, 18.0);
    let rect = Rect::from_center_size(center, vec2(galley.size().x + 28.0, 26.0));
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, text));
    let fill = palette.start[usize::from(response.hovered())];
    ui.painter().rect_filled(rect, 13.0, fill);
    ui.painter().galley(rect.center() - galley.size() / 2.0, galley, palette.on_strong);
    focus_ring(ui, &response, rect, 13.0);
    response.on_hover_text("Go to the newest entry and follow")
}

/// Shows a menu item with a sentence below its title, and a check mark if it is finished.
pub(crate) fn menu_item(ui: &mut Ui, title: &str, about: &str, is_finished: bool) -> Response {
    let palette = Palette::of(ui);
    let mut job = LayoutJob::default();
    job.append(title, 0.0, TextFormat::simple(theme::text(), palette.text));
    if is_finished {
        job.append("✓", size::GAP, TextFormat::simple(theme::strong(size::TEXT), palette.good));
    }
    job.append("\n", 0.0, TextFormat::simple(theme::text(), palette.text));
    job.append(about, 0.0, TextFormat::simple(theme::small(), palette.muted));
    let padding = std::mem::replace(&mut ui.spacing_mut().button_padding, vec2(2.0, 5.0));
    let response = ui.add(Button::new(job).wrap()).accessible_name(title);
    ui.spacing_mut().button_padding = padding;
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_role(Role::MenuItem);
        node.set_description(about);
    });
    if response.has_focus() {
        response.scroll_to_me(None);
    }
    response
}

/// Shows a check box with an outline, so that it is visible while it isn't checked.
pub(crate) fn check_box(ui: &mut Ui, on: &mut bool, text: &str) -> Response {
    ui.scope(|ui| {
        let outline = Stroke::new(1.0, Palette::of(ui).muted);
        ui.visuals_mut().widgets.inactive.bg_stroke = outline;
        ui.checkbox(on, text)
    })
    .inner
}

/// Adds a button that has no frame until the pointer is over it.
pub(crate) fn quiet_button(ui: &mut Ui, label: &str) -> Response {
    let text = RichText::new(label).weak();
    ui.add(Button::new(text).frame_when_inactive(false).wrap_mode(TextWrapMode::Extend))
}

/// Returns the width of a quiet button.
pub(crate) fn quiet_width(ui: &Ui, label: &str) -> f32 {
    text_width(ui, label, theme::text()) + 2.0 * ui.spacing().button_padding.x
}

/// Returns the width of a text on one line.
pub(crate) fn text_width(ui: &Ui, text: &str, font: FontId) -> f32 {
    ui.painter().layout_no_wrap(text.to_owned(), font, Color32::PLACEHOLDER).size().x
}

/// The space on each side of a segment's text.
const SEGMENT_PADDING: f32 = 8.0;

/// Adds a segmented control: choices side by side in one outline, each with a label, a name for screen readers and a
/// tooltip. Returns the index of the choice that was pressed.
pub(crate) fn segments(ui: &mut Ui, choices: &[(&str, &str, &str)], selected: usize) -> Option<usize> {
    let mut chosen = None;
    let area = vec2(segments_width(ui, choices), size::CHIP);
    ui.allocate_ui_with_layout(area, Layout::left_to_right(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        ui.spacing_mut().button_padding.x = SEGMENT_PADDING;
        let outline = Stroke::new(1.0, Palette::of(ui).border_strong);
        for (index, (label, name, about)) in choices.iter().enumerate() {
            let on = index == selected;
            let button = small_button(*label).selected(on).frame_when_inactive(on);
            if ui.add(button).accessible_name(*name).on_hover_text(*about).clicked() {
                chosen = Some(index);
            }
        }
        ui.painter().rect_stroke(ui.min_rect(), size::RADIUS, outline, StrokeKind::Inside);
    });
    chosen
}

/// Returns the width of a segmented control.
pub(crate) fn segments_width(ui: &Ui, choices: &[(&str, &str, &str)]) -> f32 {
    choices.iter().map(|(label, ..)| text_width(ui, label, theme::small()) + 2.0 * SEGMENT_PADDING).sum()
}

/// How long a copy button shows its check mark, in seconds.
const CHECK_MARK_TIME: f64 = 1.5;

/// Adds an icon button that copies a text when it is pressed, and shows a check mark for a moment.
pub(crate) fn copy_button(ui: &mut Ui, name: &str, text: impl FnOnce() -> String) {
    let id = ui.scope_id().with(("copied at", name));
    let now = ui.input(|input| input.time);
    let time_left = ui.data(|data| data.get_temp::<f64>(id)).map_or(0.0, |at| at + CHECK_MARK_TIME - now);
    if time_left > 0.0 {
        ui.ctx().request_repaint_after(Duration::from_secs_f64(time_left));
    }
    let icon = if time_left > 0.0 { Icon::Check } else { Icon::Copy };
    if icon_button(ui, icon, name, None).clicked() {
        ui.data_mut(|data| data.insert_temp(id, now));
        ui.ctx().copy_text(text());
    }
}

/// Shows a text in a fixed-width font, up to `max_rows` lines of it, and a button that copies all of it.
pub(crate) fn copy_box(ui: &mut Ui, name: &str, text: &str, max_rows: usize) {
    let palette = Palette::of(ui);
    let frame = Frame::new().fill(palette.field).stroke(Stroke::new(1.0, palette.border));
    let margin = Margin { left: 10, right: 4, top: 3, bottom: 3 };
    frame.corner_radius(size::RADIUS).inner_margin(margin).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            let width = ui.available_width() - ICON_BUTTON - 4.0;
            ui.scope(|ui| {
                ui.set_width(width);
                let format = TextFormat::simple(theme::mono(), palette.text);
                let mut job = LayoutJob::single_section(text.to_owned(), format);
                job.wrap = TextWrapping { max_width: width, max_rows, ..TextWrapping::default() };
                // A long text fills its lines, so that more of it is seen.
                job.wrap.break_anywhere = ui.painter().layout_job(job.clone()).elided;
                ui.add(Label::new(job).wrap());
            });
            copy_button(ui, name, || text.to_owned());
        });
    });
}

/// Width and height of an icon button.
pub(crate) const ICON_BUTTON: f32 = 26.0;

/// Adds a button with an icon. It is a toggle button if `on` is given. `name` is its tooltip and for screen readers.
pub(crate) fn icon_button(ui: &mut Ui, icon: Icon, name: &str, on: Option<bool>) -> Response {
    let muted = Palette::of(ui).muted;
    let button = Button::new(icon.atom(15.0)).small().min_size(Vec2::splat(ICON_BUTTON));
    let button = button.frame_when_inactive(on == Some(true));
    let button = if let Some(on) = on { button.selected(on) } else { button };
    let add = |ui: &mut Ui| {
        ui.spacing_mut().button_padding.x = 5.0;
        ui.visuals_mut().widgets.inactive.fg_stroke.color = muted;
        ui.add(button).accessible_name(name)
    };
    ui.scope(add).inner.on_hover_text(name)
}

/// Adds a switch without a label. `name` is for screen readers.
pub(crate) fn switch(ui: &mut Ui, on: bool, name: &str) -> Response {
    let palette = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(34.0, 20.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Switch, ui.is_enabled(), on, name));
    let progress = ui.ctx().animate_bool_responsive(response.id, on);
    let track = palette.border_strong.lerp_to_gamma(palette.start[0], progress);
    let radius = rect.height() / 2.0;
    ui.painter().rect_filled(rect, radius, track);
    let knob_x = egui::lerp(rect.left() + radius..=rect.right() - radius, progress);
    ui.painter().circle_filled(pos2(knob_x, rect.center().y), radius - 3.0, palette.on_strong);
    // Apart from the track, which has nearly the same color while the switch is on.
    focus_ring(ui, &response, rect.expand(2.0), radius + 2.0);
    response
}

/// Shows the row that opens and closes a section; the caller stores whether the section is `open`. While it is closed,
/// the row has the problem color if a field in the section is `wrong`.
pub(crate) fn disclosure(ui: &mut Ui, text: &str, open: bool, wrong: bool) -> Response {
    let palette = Palette::of(ui);
    let chevron = if open { Icon::ChevronDown } else { Icon::ChevronRight };
    let button = Button::new((chevron.atom(10.0), text)).small().frame_when_inactive(false).truncate();
    let add = |ui: &mut Ui| {
        ui.spacing_mut().button_padding.x = 2.0;
        let color = if wrong && !open { palette.problem } else { palette.muted };
        ui.visuals_mut().widgets.inactive.fg_stroke.color = color;
        ui.add(button.min_size(vec2(0.0, ICON_BUTTON)))
    };
    let response = ui.scope(add).inner;
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_expanded(open));
    response
}

/// Shows a row that opens and closes a section, with `contents` below it while the section is open. It is closed at
/// first; egui's memory stores its state under `id`.
pub(crate) fn collapsible(ui: &mut Ui, id: &str, text: &str, contents: impl FnOnce(&mut Ui)) {
    let id = Id::unique(id);
    let open = ui.data(|data| data.get_temp::<bool>(id)).unwrap_or_default();
    if disclosure(ui, text, open, false).clicked() {
        ui.data_mut(|data| data.insert_temp(id, !open));
    }
    if open {
        contents(ui);
    }
}

/// The space between two boxes of a gauge.
const BOX_SPACING: f32 = 3.0;

/// Draws a box for each place, filled if the place is taken. With more than `max_boxes` places, each box stands for
/// several of them. `name` is for screen readers.
pub(crate) fn gauge(
    ui: &mut Ui,
    taken: u32,
    places: u32,
    cell: Vec2,
    max_boxes: u16,
    name: &str,
) -> Response {
    let palette = Palette::of(ui);
    let boxes = boxes(places, max_boxes);
    let filled = (u64::from(taken.min(places)) * u64::from(boxes)).div_ceil(u64::from(places.max(1)));
    let pitch = cell.x + BOX_SPACING;
    let size = vec2(gauge_width(places, cell, max_boxes), cell.y);
    let (area, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
    for index in 0..boxes {
        let left = area.left() + f32::from(index) * pitch;
        let place = Rect::from_min_size(pos2(left, area.top()), cell);
        if u64::from(index) < filled {
            ui.painter().rect_filled(place, 2.0, palette.caution);
        } else {
            let outline = Stroke::new(1.0, palette.muted);
            ui.painter().rect_stroke(place, 2.0, outline, StrokeKind::Inside);
        }
    }
    response
}

/// Returns the width of a gauge.
pub(crate) fn gauge_width(places: u32, cell: Vec2, max_boxes: u16) -> f32 {
    (f32::from(boxes(places, max_boxes)) * (cell.x + BOX_SPACING) - BOX_SPACING).max(0.0)
}

fn boxes(places: u32, max_boxes: u16) -> u16 {
    u16::try_from(places).unwrap_or(max_boxes).min(max_boxes)
}

/// The greatest height of a combo box's list. A longer list scrolls.
const MAX_LIST_HEIGHT: f32 = 360.0;

/// Adds a combo box of this width. Each choice has a label and a tooltip, which may be empty. Returns the response and
/// the new choice, if there is one.
pub(crate) fn choice<T: Copy + PartialEq, S: AsRef<str>>(
    ui: &mut Ui,
    id: &str,
    width: f32,
    current: T,
    choices: &[(T, S, &str)],
) -> (Response, Option<T>) {
    let at = choices.iter().position(|(choice, ..)| *choice == current).unwrap_or(0);
    let mut chosen = None;
    let salt = Id::unique("combo box").with(id);
    // The line of the list that had the focus in the last frame, if any. The outer `None` means that it wasn't open.
    let focused_before: Option<Option<Id>> = ui.data(|data| data.get_temp(salt));
    let parent = ui.layer_id();
    let combo = ComboBox::from_id_salt(id)
        .width(width)
        .height(MAX_LIST_HEIGHT)
        .truncate()
        .icon(|ui, rect, visuals, _| {
            icon::paint(ui.painter(), Icon::ChevronDown, rect.shrink(3.0), visuals.text_color());
        })
        .selected_text(choices.get(at).map_or("", |(_, label, _)| label.as_ref()))
        .show_ui(ui, |ui| {
            let list = ui.layer_id();
            if list.order == parent.order {
                // The combo box is in a dialog. A quick click raises the dialog and opens the list in the same frame,
                // and then egui keeps the order that the two layers had before, so the list could stay behind.
                ui.memory_mut(|memory| memory.areas_mut().set_sublayer(parent, list));
            }
            let mut lines = Vec::with_capacity(choices.len());
            for (choice, label, about) in choices {
                let line = ui.selectable_label(*choice == current, label.as_ref());
                let line = if about.is_empty() { line } else { line.on_hover_text(*about) };
                if line.clicked() {
                    chosen = Some(*choice).filter(|choice| *choice != current);
                    // egui closes the list after a click, but not after the Enter key.
                    ui.close();
                }
                lines.push(line);
            }
            if focused_before.is_none()
                && let Some(line) = lines.get(at)
            {
                line.request_focus();
                line.scroll_to_me(None);
            }
            move_focus_by_keys(ui, &lines);
            lines.iter().find(|line| line.has_focus()).map(|line| line.id)
        });
    if let Some(focused) = combo.inner {
        ui.data_mut(|data| data.insert_temp(salt, focused));
    } else if let Some(line) = focused_before {
        ui.data_mut(|data| data.remove::<Option<Id>>(salt));
        // The list has closed. The combo box gets the focus back, unless another widget has it.
        if ui.memory(|memory| memory.focused().is_none_or(|now| Some(now) == line)) {
            combo.response.request_focus();
        }
    }
    (combo.response, chosen)
}

/// Moves the focus within a list when an arrow key, Home or End is pressed.
pub(crate) fn move_focus_by_keys(ui: &Ui, lines: &[Response]) {
    let Some(at) = lines.iter().position(Response::has_focus) else { return };
    let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(lines[at].id, filter));
    let last = lines.len() - 1;
    let steps = [
        (Key::ArrowUp, at.saturating_sub(1)),
        (Key::ArrowDown, (at + 1).min(last)),
        (Key::Home, 0),
        (Key::End, last),
    ];
    for (key, to) in steps {
        if ui.input_mut(|input| input.consume_key(Modifiers::NONE, key)) {
            lines[to].request_focus();
            lines[to].scroll_to_me(None);
        }
    }
}
