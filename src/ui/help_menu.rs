//! The *Help* menu in the top bar: the help, the built-in lessons, and opening a lesson file.

use std::path::PathBuf;

use egui::text::LayoutJob;
use egui::{Popup, Response, RichText, Role, ScrollArea, Sense, TextFormat, Ui, WidgetInfo, accesskit, vec2};

use crate::app::{App, Command};
use crate::lessons::builtin_lessons;
use crate::ui::action::Action;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::quiet_button;
use crate::ui::widgets::focus_ring;

/// The width of the menu if the window is wide enough.
const WIDTH: f32 = 400.0;

/// Shows the button, and the menu while it is open.
pub(super) fn show(ui: &mut Ui, app: &App) -> Option<Action> {
    let button = quiet_button(ui, "Help");
    let open = Popup::is_id_open(ui.ctx(), Popup::default_response_id(&button));
    ui.ctx().accesskit_node_builder(button.id, |node| {
        node.set_has_popup(accesskit::HasPopup::Menu);
        node.set_expanded(open);
    });
    let mut action = None;
    Popup::menu(&button).gap(4.0).show(|ui| {
        let room = ui.ctx().content_rect();
        ui.set_width(WIDTH.min(room.width() - 40.0));
        let most = room.height() - size::TOP_BAR - size::STATUS_BAR;
        ScrollArea::vertical().max_height(most).min_scrolled_height(most).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            action = items(ui, app);
            if action.is_some() {
                // A click closes the menu anyway, but the Enter key does not.
                ui.close();
            }
        });
    });
    if !open {
        button.on_hover_text("Help, keyboard shortcuts (F1) and lessons");
    }
    action
}

fn items(ui: &mut Ui, app: &App) -> Option<Action> {
    let palette = Palette::of(ui);
    let mut action = None;
    if item(ui, "Help and keys", "What there is to do and to press. F1 opens it, too.").clicked() {
        action = Some(Action::ToggleHelp);
    }
    ui.add_space(4.0);
    ui.separator();
    ui.add_space(2.0);
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = 18.0;
        ui.add_space(8.0);
        ui.label(RichText::new("Lessons").font(theme::strong(size::SMALL)).color(palette.muted));
    });
    ui.add_space(2.0);
    for (number, lesson) in builtin_lessons().iter().enumerate() {
        let title = format!("{}. {}", number + 1, lesson.title);
        if item(ui, &title, &lesson.summary).clicked() {
            action = Some(Command::StartLesson(number).into());
        }
    }
    ui.add_space(4.0);
    ui.separator();
    ui.add_space(2.0);
    if item(ui, "Open a lesson file…", "A lesson that a teacher has written.").clicked() {
        action = Some(Action::choose_path(Command::OpenLesson(PathBuf::new())));
    }
    if app.lesson().is_some()
        && item(ui, "Begin the lesson anew", "Back to its first step, with every step open.").clicked()
    {
        action = Some(Command::RestartLesson.into());
    }
    if app.lesson().is_some()
        && item(ui, "Leave the lesson", "The form gets back the settings of before.").clicked()
    {
        action = Some(Command::LeaveLesson.into());
    }
    action
}

/// Shows a menu item with a sentence below its title.
fn item(ui: &mut Ui, title: &str, about: &str) -> Response {
    let palette = Palette::of(ui);
    let width = ui.available_width();
    let mut job = LayoutJob::default();
    job.wrap.max_width = width - 16.0;
    job.append(&format!("{title}\n"), 0.0, TextFormat::simple(theme::text(), palette.text));
    job.append(about, 0.0, TextFormat::simple(theme::small(), palette.muted));
    let galley = ui.painter().layout_job(job);
    let (rect, response) = ui.allocate_exact_size(vec2(width, galley.size().y + 10.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::MenuItem, true, title));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_description(about));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, size::RADIUS, palette.field);
    }
    ui.painter().galley(rect.min + vec2(8.0, 5.0), galley, palette.text);
    focus_ring(ui, &response, rect.shrink(2.0), f32::from(size::RADIUS));
    if response.has_focus() {
        response.scroll_to_me(None);
    }
    response
}
