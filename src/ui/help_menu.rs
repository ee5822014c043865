//! The *Help* menu in the top bar: the help, the built-in lessons, and opening a lesson file.

use std::path::PathBuf;

use egui::text::LayoutJob;
use egui::{Button, Popup, Response, RichText, ScrollArea, TextFormat, Ui, accesskit, vec2};

use crate::app::{App, Command};
use crate::lessons::builtin_lessons;
use crate::ui::action::Action;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::quiet_button;

/// The width of the menu if the window is wide enough.
const WIDTH: f32 = 400.0;

/// Shows the *Help* button, and its menu while it is open.
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
        let max_height = room.height() - size::TOP_BAR - size::STATUS_BAR;
        ScrollArea::vertical().max_height(max_height).min_scrolled_height(max_height).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            action = items(ui, app);
            if action.is_some() {
                // egui closes the menu after a click, but not after the Enter key.
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
    ui.spacing_mut().button_padding = vec2(2.0, 5.0);
    let mut action = None;
    if item(ui, "Help and keys", "What there is to do and to press. F1 opens it, too.").clicked() {
        action = Some(Action::ToggleHelp);
    }
    ui.separator();
    ui.label(RichText::new("Lessons").font(theme::strong(size::SMALL)).weak());
    for (number, lesson) in builtin_lessons().iter().enumerate() {
        let title = format!("{}. {}", number + 1, lesson.title);
        if item(ui, &title, &lesson.summary).clicked() {
            action = Some(Command::StartLesson(number).into());
        }
    }
    ui.separator();
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
    let mut job = LayoutJob::default();
    job.append(&format!("{title}\n"), 0.0, TextFormat::simple(theme::text(), palette.text));
    job.append(about, 0.0, TextFormat::simple(theme::small(), palette.muted));
    let response = ui.add(Button::new(job).wrap()).accessible_name(title);
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_role(accesskit::Role::MenuItem);
        node.set_description(about);
    });
    if response.has_focus() {
        response.scroll_to_me(None);
    }
    response
}
