//! The *Lessons* menu in the top bar: the built-in lessons with the progress in each, and opening a lesson file.

use std::path::PathBuf;

use egui::{Popup, ScrollArea, Ui, accesskit};

use crate::app::{App, Command};
use crate::lessons::condition::LessonPlace;
use crate::lessons::{Lesson, builtin_lessons};
use crate::ui::action::Action;
use crate::ui::theme::size;
use crate::ui::widgets::controls::{menu_item, quiet_button};

/// The label of the button.
pub(super) const LABEL: &str = "Lessons";
/// The width of the menu if the window is wide enough.
const WIDTH: f32 = 400.0;

/// Shows the *Lessons* button, and its menu while it is open.
pub(super) fn show(ui: &mut Ui, app: &App) -> Option<Action> {
    let button = quiet_button(ui, LABEL);
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
        button.on_hover_text("Short experiments, each done step by step");
    }
    action
}

fn items(ui: &mut Ui, app: &App) -> Option<Action> {
    let mut action = None;
    for (number, lesson) in builtin_lessons().iter().enumerate() {
        let title = format!("{}. {}", number + 1, lesson.title);
        let progress = app.lesson_progress(&lesson.title);
        let is_finished = progress.is_some_and(|progress| progress.finished);
        if menu_item(ui, &title, &about(app, lesson), is_finished).clicked() {
            action = Some(Command::StartLesson(number).into());
        }
    }
    ui.separator();
    if menu_item(ui, "Open a lesson file…", "A lesson that a teacher has written", false).clicked() {
        action = Some(Action::choose_path(Command::OpenLesson(PathBuf::new())));
    }
    let check = LessonPlace::CheckServer;
    if menu_item(ui, check.label(), "Tests an echo server, and explains its mistakes", false).clicked() {
        action = Some(Action::Open(check));
    }
    if app.lesson().is_some() {
        if menu_item(ui, "Restart the lesson", "Back to step 1, with no step ticked", false).clicked() {
            action = Some(Command::RestartLesson.into());
        }
        if menu_item(ui, "Leave the lesson", "Restores the settings from before the lesson", false).clicked()
        {
            action = Some(Command::LeaveLesson.into());
        }
    }
    action
}

/// Returns the sentence below a lesson's title.
fn about(app: &App, lesson: &Lesson) -> String {
    let Some(progress) = app.lesson_progress(&lesson.title) else { return lesson.summary.clone() };
    let finished = if progress.finished { "Finished before. " } else { "" };
    match progress.resumes_at() {
        Some(step) if step < lesson.steps.len() => {
            let (step, count) = (step + 1, lesson.steps.len());
            format!("{finished}Now at step {step} of {count}. {}", lesson.summary)
        }
        _ => format!("{finished}{}", lesson.summary),
    }
}
