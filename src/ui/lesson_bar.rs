//! The bar above the tabs with the lesson that the user is doing.
//!
//! ```text
//! ┌───────────────────────────────────────────────────────────────────────────┐
//! │ Your first echo   Step 3 of 6  ✓ ✓ ● ○ ○ ○                           ⌄  ✕ │
//! │ ✓ accept() returned a new socket, made for this one client. …              │ why of the previous step
//! │ Type Hello into the field of the client and press Enter.                   │ text of this step
//! │ ○ recv() returned “Hell”   ✓ recv() returned “o, w”                        │ its conditions
//! │ [Set it up] backlog 2   [Show the Client tab]   Back   Skip this step      │
//! └────────────────────────────────────────────────────────────────────────────┘
//! ```

use std::fmt::Write;
use std::mem;

use egui::text::LayoutJob;
use egui::{
    Color32, FontId, Frame, Label, Margin, Rect, RichText, Role, ScrollArea, Sense, Stroke, TextFormat, Ui,
    Vec2, WidgetInfo, accesskit, pos2, vec2,
};

use crate::app::{App, Command, SetUp};
use crate::lessons::condition::LessonPlace;
use crate::lessons::lesson::LessonStep;
use crate::lessons::lesson_run::{ConditionStatus, StepMark};
use crate::lessons::setting_override::SettingOverrides;
use crate::lessons::{LessonRun, builtin_lessons};
use crate::text::with_thousands;
use crate::ui::action::{Action, Tab};
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{
    ICON_BUTTON, icon_button, pill_button, quiet_button, quiet_width, text_width,
};
use crate::ui::widgets::field::{Tone, note};
use crate::ui::widgets::icon::{self, Icon};

/// The state of the bar.
#[derive(Debug, Default)]
pub(super) struct LessonBar {
    /// Whether only the first row is shown.
    folded: bool,
    /// The generation of the step in the last frame. A new step is shown from its top.
    generation: u64,
    /// The title of the lesson and the width of the bar that the height belongs to.
    measured: (String, f32),
    /// The height of the tallest step, without the first row: first an estimate, so that the tabs below the bar don't move
    /// with every step.
    tallest: f32,
    /// The height of the buttons in the last frame.
    buttons: f32,
}

/// The share of the window that the bar may take.
const MAX_SHARE: f32 = 0.36;
/// The least height of the text: one line.
const LINE: f32 = 24.0;
/// The space between two rows or two buttons.
const GAP: f32 = 4.0;
/// In a window lower than this, the text of the step comes first.
const LOW_WINDOW: f32 = 600.0;
/// A bar narrower than this has no button to restart the lesson, which the menu has, too.
const NARROW: f32 = 500.0;

impl LessonBar {
    /// Shows the lesson that the user is doing, if any, at the top of the area.
    pub(super) fn show(&mut self, ui: &mut Ui, app: &App) -> Vec<Action> {
        let Some(run) = app.lesson() else {
            self.folded = false;
            return Vec::new();
        };
        let palette = Palette::of(ui);
        let max_height = (ui.available_height() * MAX_SHARE).max(size::LESSON_LEAST);
        let margin = Margin { left: 16, right: 12, top: 6, bottom: 8 };
        let frame = Frame::new().fill(palette.panel).inner_margin(margin);
        let mut actions = Vec::new();
        let shown = frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = GAP;
            actions.extend(self.heading(ui, run));
            if !self.folded {
                actions.extend(self.step(ui, app, run, max_height - ICON_BUTTON - margin.sum().y - GAP));
            }
        });
        // No space between the bar and the tabs.
        ui.add_space(-ui.spacing().item_spacing.y);
        let area = shown.response.rect;
        let stripe = Rect::from_min_size(area.min, vec2(4.0, area.height()));
        ui.painter().rect_filled(stripe, 0.0, palette.accent);
        ui.painter().hline(area.x_range(), area.bottom() - 0.5, Stroke::new(1.0, palette.border));
        actions
    }

    /// Shows the current step, at most `max_height` points high.
    fn step(&mut self, ui: &mut Ui, app: &App, run: &LessonRun, max_height: f32) -> Vec<Action> {
        let mut actions = Vec::new();
        let measured = (run.lesson().title.clone(), ui.available_width());
        if self.measured != measured {
            self.measured = measured;
            self.tallest = estimate_height(ui, &run.lesson().steps);
        }
        let room = (self.tallest.min(max_height) - self.buttons - GAP).max(LINE);
        let mut area = ScrollArea::vertical().id_salt("lesson").auto_shrink(false);
        if self.generation != run.generation() {
            self.generation = run.generation();
            area = area.vertical_scroll_offset(0.0);
        }
        let texts = area.max_height(room).min_scrolled_height(room).show(ui, |ui| {
            ui.set_width(ui.available_width() - size::SCROLL_BAR);
            actions.extend(texts(ui, app, run));
        });
        let buttons = ui.scope(|ui| {
            actions.extend(buttons(ui, app, run));
            ui.min_rect().height()
        });
        let tallest = self.tallest.max(texts.content_size.y + buttons.inner + GAP);
        if (buttons.inner - self.buttons).abs() > 0.5 || tallest > self.tallest + 0.5 {
            (self.buttons, self.tallest) = (buttons.inner, tallest);
            ui.ctx().request_discard("the lesson bar has another height now");
        }
        actions
    }

    /// Shows the title of the lesson, the progress, and the buttons that fold and leave it.
    fn heading(&mut self, ui: &mut Ui, run: &LessonRun) -> Option<Action> {
        let palette = Palette::of(ui);
        let mut action = None;
        ui.horizontal(|ui| {
            ui.set_height(ICON_BUTTON);
            ui.spacing_mut().item_spacing.x = size::GAP;
            let room = ui.available_width() - 2.0 * ICON_BUTTON - 3.0 * size::GAP;
            let count = run.lesson().steps.len();
            let progress = match run.step() {
                Some(_) => format!("Step {} of {count}", run.position() + 1),
                None => format!("All {count} steps are behind you"),
            };
            ui.scope(|ui| {
                ui.set_max_width(room);
                let rest = text_width(ui, &progress, theme::text()) + size::GAP;
                ui.scope(|ui| {
                    // Without room for both, the title is truncated, since the step is shown nowhere else.
                    ui.set_max_width((room - rest).max(LINE));
                    let title = RichText::new(&run.lesson().title).font(theme::strong(size::TEXT));
                    ui.add(Label::new(title.color(palette.accent)).truncate());
                });
                ui.add(Label::new(RichText::new(progress).color(palette.muted)).truncate());
                step_symbols(ui, run, ui.available_width());
                ui.add_space(ui.available_width().max(0.0));
            });
            let (chevron, name) = if self.folded {
                (Icon::ChevronRight, "Unfold the lesson")
            } else {
                (Icon::ChevronDown, "Fold the lesson")
            };
            if icon_button(ui, chevron, name, None).clicked() {
                self.folded = !self.folded;
            }
            if icon_button(ui, Icon::Cross, "Leave the lesson", None).clicked() {
                action = Some(Command::LeaveLesson.into());
            }
        });
        action
    }
}

/// Estimates the height of the tallest step, with an explanation and in one row of buttons.
fn estimate_height(ui: &Ui, steps: &[LessonStep]) -> f32 {
    let width = ui.available_width() - size::SCROLL_BAR;
    let height = |text: &str, font: FontId, width: f32| {
        ui.painter().layout(text.to_owned(), font, Color32::PLACEHOLDER, width).size().y
    };
    let mut why_before = 0.0;
    let heights = steps.iter().map(|step| {
        let why = format!("Done: {}", step.why.as_deref().unwrap_or_default());
        let why = height(&why, theme::text(), width - 20.0);
        let text = height(&step.text, FontId::proportional(size::LESSON), width);
        let conditions = if step.goal.conditions().len() > 1 { LINE } else { 0.0 };
        text + conditions + why.max(mem::replace(&mut why_before, why))
    });
    heights.fold(0.0, f32::max) + size::CHIP + 6.0 * GAP
}

/// Shows why the previous step happened, the text of this step, and its conditions.
fn texts(ui: &mut Ui, app: &App, run: &LessonRun) -> Option<Action> {
    let done = if run.is_review() { run.step() } else { run.previous_done() };
    let why = done.map(|step| step.why.as_deref().unwrap_or("Done."));
    let is_low = ui.ctx().content_rect().height() < LOW_WINDOW;
    let why_comes_last = run.is_review() || (is_low && run.step().is_some());
    if let Some(why) = why.filter(|_| !why_comes_last) {
        done_sentence(ui, why);
    }
    ui.add_space(2.0);
    let text =
        run.step().map_or("That was the last step. What would you like to do next?", |step| &step.text);
    // Readable from the last row of a class.
    let text = RichText::new(text).font(FontId::proportional(size::LESSON)).color(Palette::of(ui).text);
    let response = ui.add(Label::new(text).wrap());
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_live(accesskit::Live::Polite));
    ui.add_space(2.0);
    let statuses = if run.is_review() { Vec::new() } else { run.condition_statuses() };
    if statuses.len() > 1 || statuses.iter().any(|status| status.count.is_some()) {
        ui.scope(|ui| {
            // A row is as high as its text, not as a button.
            ui.spacing_mut().interact_size.y = 18.0;
            ui.spacing_mut().item_spacing = Vec2::new(14.0, 2.0);
            ui.horizontal_wrapped(|ui| statuses.iter().for_each(|status| condition(ui, status)));
        });
    }
    if let Some(why) = why.filter(|_| why_comes_last) {
        done_sentence(ui, why);
    }
    if run.is_review() || run.step().is_none() || !app.lesson_lacks_certificate() {
        return None;
    }
    let create = ui.horizontal_wrapped(|ui| {
        let hint = "A later step needs a certificate that is valid today, and its key.";
        note(ui, Tone::Caution, hint);
        pill_button(ui, "Create certificate…").clicked()
    });
    create.inner.then_some(Action::CreateCertificate)
}

/// Shows the buttons of the step at the left and the navigation at the right, in as many rows as needed.
fn buttons(ui: &mut Ui, app: &App, run: &LessonRun) -> Vec<Action> {
    let mut actions = Vec::new();
    let navigation = navigation(run, ui.available_width() < NARROW);
    let width: f32 = navigation.iter().map(|(label, _)| quiet_width(ui, label) + GAP).sum();
    let step = run.step().filter(|_| !run.is_review());
    let button = match run.step() {
        Some(_) => step.and_then(|step| step.open).map(place_button),
        None => next_lesson(app),
    };
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = GAP;
        if let Some(settings) = step.map(|step| &step.settings).filter(|settings| !settings.0.is_empty()) {
            actions.extend(set_up(ui, app, settings));
        }
        if let Some((label, action)) = button
            && pill_button(ui, &label).clicked()
        {
            actions.push(action);
        }
        ui.add_space((ui.available_size_before_wrap().x - width).max(0.0));
        for (label, command) in navigation {
            if quiet_button(ui, label).clicked() {
                actions.push(command.into());
            }
        }
    });
    actions
}

/// Returns the labels and commands of the navigation.
fn navigation(run: &LessonRun, is_narrow: bool) -> Vec<(&'static str, Command)> {
    let mut buttons = Vec::new();
    if run.position() > 0 && !is_narrow {
        buttons.push(("Begin anew", Command::RestartLesson));
    }
    if run.position() > 0 {
        buttons.push(("Back", Command::PreviousStep));
    }
    buttons.push(match run.step() {
        Some(_) if run.is_review() => ("Next step", Command::NextStep),
        Some(_) => ("Skip this step", Command::NextStep),
        None => ("Leave the lesson", Command::LeaveLesson),
    });
    buttons
}

/// Shows the button that applies the settings of the step, or that they are applied, in the current row.
fn set_up(ui: &mut Ui, app: &App, settings: &SettingOverrides) -> Option<Action> {
    let palette = Palette::of(ui);
    let settings = settings.description();
    let state = app.lesson_set_up();
    let mut pressed = false;
    if state == SetUp::Ready {
        check_mark(ui, size::CHIP);
    } else {
        pressed = pill_button(ui, "Set it up").clicked();
    }
    let text = match state {
        SetUp::Ready => format!("It is set up: {settings}."),
        SetUp::Needed => format!("{settings}."),
        SetUp::NeedsRestart => format!("{settings}; the server starts anew."),
    };
    ui.add(Label::new(RichText::new(text).size(size::SMALL).color(palette.muted)).wrap());
    pressed.then(|| Command::SetUpLesson.into())
}

/// Returns the label and the action of the button that opens a place.
fn place_button(place: LessonPlace) -> (String, Action) {
    let action = open_place(place);
    let label = match action {
        Action::Show(_) => format!("Show {}", place.label()),
        _ => place.label().to_owned(),
    };
    (label, action)
}

/// Returns the label and the action of the button that starts the next built-in lesson.
fn next_lesson(app: &App) -> Option<(String, Action)> {
    let next = app.lesson_number()? + 1;
    let lesson = builtin_lessons().get(next)?;
    Some((format!("Next lesson: {}", lesson.title), Command::StartLesson(next).into()))
}

/// The width of the symbol of one step.
const STEP: f32 = 15.0;

/// Shows a sentence about something that is done, with a check mark before it.
fn done_sentence(ui: &mut Ui, why: &str) {
    let palette = Palette::of(ui);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        check_mark(ui, 18.0);
        let mut job = LayoutJob::default();
        job.append("Done: ", 0.0, TextFormat::simple(theme::strong(size::TEXT), palette.good));
        job.append(why, 0.0, TextFormat::simple(theme::text(), palette.text));
        ui.add(Label::new(job).wrap());
    });
}

fn check_mark(ui: &mut Ui, height: f32) {
    let (rect, _) = ui.allocate_exact_size(vec2(14.0, height), Sense::hover());
    let square = Rect::from_center_size(rect.center(), Vec2::splat(12.0));
    icon::paint(ui.painter(), Icon::Check, square, Palette::of(ui).good);
}

/// Shows a condition with a check mark if it is met. It is one widget, so that a row of conditions can wrap.
fn condition(ui: &mut Ui, status: &ConditionStatus) {
    let palette = Palette::of(ui);
    let mut text = status.text.clone();
    if let Some((now, of)) = status.count.filter(|_| !status.is_met) {
        let _ = write!(text, ": {} of {} so far", with_thousands(now), with_thousands(of));
    }
    let color = if status.is_met { palette.good } else { palette.muted };
    let most = ui.max_rect().width() - STEP - 4.0;
    let galley = ui.painter().layout(text.clone(), theme::small(), color, most);
    let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(STEP + 4.0, 2.0), Sense::hover());
    let square = Rect::from_center_size(rect.left_center() + vec2(STEP / 2.0, 0.0), Vec2::splat(12.0));
    if status.is_met {
        icon::paint(ui.painter(), Icon::Check, square, palette.good);
    } else {
        ui.painter().circle_stroke(square.center(), 4.5, Stroke::new(1.2, palette.muted));
    }
    ui.painter().galley(rect.min + vec2(STEP + 4.0, 1.0), galley, color);
    let state = if status.is_met { "done" } else { "still to come" };
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{text} ({state})")));
}

/// Shows a symbol for each step: a check mark if it is done, a dash if it was skipped, a dot for the current one. Shows nothing
/// if there isn't room for all.
fn step_symbols(ui: &mut Ui, run: &LessonRun, room: f32) {
    let marks = run.marks();
    #[allow(clippy::cast_precision_loss)] // A lesson has a few dozen steps at most.
    let width = marks.len() as f32 * STEP;
    if width > room {
        return;
    }
    let palette = Palette::of(ui);
    let (area, response) = ui.allocate_exact_size(vec2(width, STEP), Sense::hover());
    let count = |wanted| marks.iter().filter(|mark| **mark == wanted).count();
    let (done, skipped) = (count(StepMark::Done), count(StepMark::Skipped));
    let words = match skipped {
        0 => format!("{done} done"),
        _ => format!("{done} done, {skipped} skipped"),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
    let mut left = area.left();
    for (number, mark) in marks.iter().enumerate() {
        let square = Rect::from_min_size(pos2(left, area.top()), Vec2::splat(STEP)).shrink(2.0);
        let (center, color) = (square.center(), Stroke::new(1.4, palette.muted));
        match mark {
            _ if number == run.position() => drop(ui.painter().circle_filled(center, 4.5, palette.accent)),
            StepMark::Done => icon::paint(ui.painter(), Icon::Check, square, palette.good),
            StepMark::Skipped => drop(ui.painter().hline(center.x - 4.0..=center.x + 4.0, center.y, color)),
            StepMark::Open => drop(ui.painter().circle_stroke(center, 3.8, color)),
        }
        left += STEP;
    }
    response.on_hover_text(words);
}

/// Returns the action that opens a place.
fn open_place(place: LessonPlace) -> Action {
    match place {
        LessonPlace::Log => Action::Show(Tab::Log),
        LessonPlace::Connections => Action::Show(Tab::Connections),
        LessonPlace::Client => Action::Show(Tab::Client),
        LessonPlace::Code => Action::Show(Tab::Code),
        LessonPlace::Wire => Action::Show(Tab::Wire),
        LessonPlace::CreateCertificate => Action::CreateCertificate,
        LessonPlace::CertificateDetails => Action::ShowCertificateDetails,
        LessonPlace::TlsOptions => Action::ShowTlsOptions,
    }
}

/// Returns the command that reports to the lesson that an action opens a place.
pub(super) fn opened(action: &Action) -> Option<Command> {
    let action = if let Action::ShowWire(_) = action { &Action::Show(Tab::Wire) } else { action };
    let place = LessonPlace::ALL.into_iter().find(|place| open_place(*place) == *action)?;
    Some(Command::Opened(place))
}
