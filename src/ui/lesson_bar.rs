//! The bar above the tabs with the lesson that the user is doing.
//!
//! ```text
//! ┌───────────────────────────────────────────────────────────────────────────┐
//! │ Step 3 of 6  ✓ ✓ ● ○ ○ ○  Your first echo                            ⌄  ✕ │
//! │ Type Hello into the client's text field and press Enter.                  │ text of this step
//! │ What will come back? [Hello] [HELLO]                                      │ its question
//! │ ○ recv() returned “Hell”   ✓ recv() returned “o, w”                       │ its conditions
//! │ ✓ Step 2 done: accept() returned a new socket for this one client. …      │ explanation of the previous step
//! │ [Set it up] Backlog 2   [Show the Client tab]   Back   Skip this step     │
//! └───────────────────────────────────────────────────────────────────────────┘
//! ```

use std::fmt::Write;

use egui::layers::{PaintList, ShapeIdx};
use egui::text::LayoutJob;
use egui::{
    Align, Color32, FontId, Frame, Label, Layout, Margin, Panel, Rect, RichText, Role, ScrollArea, Shape,
    TextFormat, Ui, UiBuilder, Vec2, WidgetInfo, accesskit, vec2,
};

use crate::app::{App, Command, SetUp};
use crate::lessons::condition::{Condition, LessonPlace};
use crate::lessons::lesson::LessonStep;
use crate::lessons::lesson_run::{ConditionStatus, StepMark};
use crate::lessons::question::Question;
use crate::lessons::setting_override::{SettingOverride, SettingOverrides};
use crate::lessons::{LessonRun, builtin_lessons, usage_text};
use crate::text::with_thousands;
use crate::ui::action::{Action, TABS};
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{
    ICON_BUTTON, icon_button, pill_button, pill_width, quiet_button, quiet_width,
};
use crate::ui::widgets::field::{Tone, note, small};
use crate::ui::widgets::icon::Icon;

/// The state of the bar.
#[derive(Debug, Default)]
pub(super) struct LessonBar {
    /// Whether only the row with the progress and the title is shown.
    folded: bool,
}

/// The fraction of the available height that the bar may take.
const MAX_SHARE: f32 = 0.36;
/// The height of a row of a step's conditions.
const CONDITIONS_HEIGHT: f32 = 18.0;
/// The space below the letters in a line of text, which the edge of the visible area may cut.
const DESCENT: f32 = 3.0;
/// The space between two rows or two buttons.
const GAP: f32 = 4.0;
/// A bar narrower than this has no button that restarts the lesson; the Lessons menu has one, too.
const NARROW: f32 = 500.0;

impl LessonBar {
    /// Shows the lesson that the user is doing, if any, at the top of the area.
    pub(super) fn show(&mut self, ui: &mut Ui, app: &App) -> Vec<Action> {
        let Some(run) = app.lesson() else {
            self.folded = false;
            return Vec::new();
        };
        let palette = Palette::of(ui);
        let max_height = (ui.available_height() * MAX_SHARE).max(size::MIN_LESSON);
        let margin = Margin { left: 16, right: 12, top: 6, bottom: 8 };
        let frame = Frame::new().fill(palette.panel).inner_margin(margin);
        let mut actions = Vec::new();
        let shown = Panel::top("lesson").frame(frame).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = GAP;
            actions.extend(self.heading(ui, run));
            if !self.folded {
                // The height is the same for all steps, so that the tabs below the bar don't move.
                let max_height = max_height - ICON_BUTTON - margin.sum().y - GAP;
                let height = estimate_height(ui, app, run).min(max_height);
                let area = ui.available_rect_before_wrap().with_max_y(ui.cursor().top() + height);
                ui.scope_builder(UiBuilder::new().max_rect(area), |ui| actions.extend(step(ui, app, run)));
                ui.advance_cursor_after_rect(area);
            }
        });
        let area = shown.response.rect;
        let stripe = Rect::from_min_size(area.min, vec2(4.0, area.height()));
        ui.painter().rect_filled(stripe, 0.0, palette.accent);
        actions
    }

    /// Shows the progress, the title of the lesson, and the buttons that fold and leave it.
    fn heading(&mut self, ui: &mut Ui, run: &LessonRun) -> Option<Action> {
        let mut action = None;
        let mut right = |ui: &mut Ui| {
            if icon_button(ui, Icon::Cross, "Leave the lesson", None).clicked() {
                action = Some(Command::LeaveLesson.into());
            }
            let (chevron, name) = if self.folded {
                (Icon::ChevronRight, "Unfold the lesson")
            } else {
                (Icon::ChevronDown, "Fold the lesson")
            };
            if icon_button(ui, chevron, name, None).clicked() {
                self.folded = !self.folded;
            }
        };
        ui.horizontal(|ui| {
            ui.set_height(ICON_BUTTON);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                right(ui);
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| progress(ui, run));
            });
        });
        action
    }
}

/// Shows the progress of the lesson, and its title.
fn progress(ui: &mut Ui, run: &LessonRun) {
    let count = run.lesson().steps.len();
    ui.weak(match run.step() {
        Some(_) => format!("Step {} of {count}", run.position() + 1),
        None => format!("All {count} steps complete"),
    });
    step_symbols(ui, run);
    let title = theme::bold(&run.lesson().title).color(Palette::of(ui).accent);
    ui.add(Label::new(title).truncate());
}

/// Estimates the height that the tallest step needs, with the explanation above and one row of buttons.
fn estimate_height(ui: &Ui, app: &App, run: &LessonRun) -> f32 {
    let width = ui.available_width() - size::SCROLL_BAR;
    let height = |text: &str, font: FontId| {
        ui.painter().layout(text.to_owned(), font, Color32::PLACEHOLDER, width).size().y
    };
    let mut above = run.lesson().summary.clone();
    let mut tallest: f32 = 0.0;
    for (number, step) in run.lesson().steps.iter().enumerate() {
        let text = height(&step.text, FontId::proportional(size::LESSON));
        let conditions = if shows_conditions(step) { CONDITIONS_HEIGHT + GAP } else { 0.0 };
        let question = step.question.as_ref().map_or(0.0, |question| {
            let asked = height(&question.text, theme::text()) + size::CHIP + GAP;
            let answered = format!("{} {}", longest_verdict(question), question.why);
            asked.max(height(&answered, theme::text())) + GAP
        });
        let measured = if step.measure { CONDITIONS_HEIGHT + GAP } else { 0.0 };
        let certificate = if needs_certificate(app, run, number) { size::CHIP + GAP } else { 0.0 };
        let above_it = height(&above, theme::text()) + GAP;
        tallest = tallest.max(text + question + measured + conditions + certificate + above_it);
        let usage = if step.measure { "1,000 threads, 1,000 MiB of memory. " } else { "" };
        above = format!("– Step 10 skipped: {usage}{}", step.why.as_deref().unwrap_or_default());
        if let Some(question) = step.question.as_ref().filter(|_| step.waits_for_answer()) {
            let _ = write!(above, "{} {}", longest_verdict(question), question.why);
        }
    }
    let end = height(END, FontId::proportional(size::LESSON)) + height(&above, theme::text()) + GAP;
    tallest.max(end) + size::CHIP + 3.0 * GAP
}

/// Returns whether a step after this one needs a certificate, and none is chosen.
fn needs_certificate(app: &App, run: &LessonRun, step: usize) -> bool {
    let mut later = run.lesson().steps.iter().skip(step + 1);
    app.lesson_lacks_certificate() && later.any(|step| step.settings.0.iter().any(SettingOverride::is_tls))
}

/// Returns the longest text about an answer.
fn longest_verdict(question: &Question) -> String {
    let verdicts = (0..question.answers.len()).map(|answer| question.verdict(answer));
    verdicts.max_by_key(String::len).unwrap_or_default()
}

/// Returns whether the conditions of a step are shown: there are several, or one that counts.
fn shows_conditions(step: &LessonStep) -> bool {
    let conditions = step.goal.conditions();
    let counts =
        |condition: &&Condition| matches!(condition, Condition::Seen { at_least, .. } if *at_least > 1);
    step.goal.required().iter().filter(|is_required| **is_required).count() > 1
        || conditions.iter().any(counts)
}

/// Shows the current step in all the available space.
fn step(ui: &mut Ui, app: &App, run: &LessonRun) -> Vec<Action> {
    let panel = Panel::bottom("lesson buttons").show_separator_line(false);
    let mut actions = panel.frame(Frame::NONE).show(ui, |ui| buttons(ui, app, run)).inner;
    // The id differs for each step, so that a new step is shown from its top.
    let area = ScrollArea::vertical().id_salt(("lesson", run.generation())).auto_shrink(false);
    // With egui's minimum, the text would cover the buttons in a small window.
    let area = area.min_scrolled_height(0.0);
    area.show(ui, |ui| {
        ui.set_width(ui.available_width() - size::SCROLL_BAR);
        let first = ui.ctx().graphics(|graphics| graphics.get(ui.layer_id()).map(PaintList::next_idx));
        actions.extend(texts(ui, app, run));
        hide_cut_line(ui, first);
    });
    actions
}

/// Hides the line of text that the lower edge of the visible area would cut. `first` is the first shape of the texts.
fn hide_cut_line(ui: &Ui, first: Option<ShapeIdx>) {
    let edge = ui.clip_rect().bottom();
    let is_cut = |line: &Rect| line.top() < edge && edge < line.bottom() - DESCENT;
    let tops = ui.ctx().graphics(|graphics| {
        let shapes = graphics.get(ui.layer_id()).into_iter().flat_map(PaintList::all_entries);
        let texts =
            shapes.skip(first.map_or(0, |first| first.0)).filter_map(|clipped| match &clipped.shape {
                Shape::Text(text) => Some(text),
                _ => None,
            });
        let lines = texts.flat_map(|text| {
            text.galley.rows.iter().map(move |row| row.rect().translate(text.pos.to_vec2()))
        });
        lines.filter(is_cut).map(|line| line.top()).reduce(f32::min)
    });
    if let Some(top) = tops {
        let line = ui.clip_rect().with_min_y(top).with_max_x(ui.max_rect().right());
        ui.painter().rect_filled(line, 0.0, Palette::of(ui).panel);
    }
}

/// Shows the text of the current step, its conditions, and the explanation of the previous step.
fn texts(ui: &mut Ui, app: &App, run: &LessonRun) -> Option<Action> {
    let mut action = None;
    let text = run.step().map_or(END, |step| &step.text);
    // Large enough to read from the last row of a classroom.
    let response = ui.label(RichText::new(text).size(size::LESSON));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_live(accesskit::Live::Polite));
    if let Some((asked, answer)) = run.question(run.position()) {
        action = question(ui, asked, answer);
    }
    if let Some(usage) = run.usage(run.position()) {
        small(ui, format!("This program, with server and clients: {}", usage_text(usage)));
    }
    let statuses = if run.is_review() { Vec::new() } else { run.condition_statuses() };
    if statuses.len() > 1 || statuses.iter().any(|status| status.count.is_some()) {
        ui.scope(|ui| {
            // Makes a row only as high as its text, not as high as a button.
            ui.spacing_mut().interact_size.y = 18.0;
            ui.spacing_mut().item_spacing = Vec2::new(14.0, 2.0);
            ui.horizontal_wrapped(|ui| statuses.iter().for_each(|status| condition(ui, status)));
        });
    }
    if !run.is_review() && needs_certificate(app, run, run.position()) {
        // Above the explanation, which may have to scroll.
        ui.horizontal(|ui| {
            ui.set_height(size::CHIP);
            let button = "Create certificate…";
            ui.scope(|ui| {
                ui.set_max_width(ui.available_width() - pill_width(ui, button) - size::GAP);
                let hint = "A later step needs a certificate that is valid today, and its key.";
                note(ui, Tone::Caution, hint);
            });
            if pill_button(ui, button).clicked() {
                action = Some(Action::Open(LessonPlace::CreateCertificate));
            }
        });
    }
    explanation(ui, run);
    action
}

/// Shows a question with a button for each answer, or the explanation once it is answered.
fn question(ui: &mut Ui, question: &Question, answer: Option<usize>) -> Option<Action> {
    let palette = Palette::of(ui);
    if let Some(answer) = answer {
        let mut job = LayoutJob::default();
        append_verdict(&mut job, palette, question, answer);
        let response = ui.label(job);
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_live(accesskit::Live::Polite));
        return None;
    }
    let mut action = None;
    ui.label(RichText::new(&question.text).color(palette.accent));
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = GAP;
        for (index, answer) in question.answers.iter().enumerate() {
            let button = pill_button(ui, answer);
            ui.ctx().accesskit_node_builder(button.id, |node| node.set_description(&*question.text));
            if button.clicked() {
                action = Some(Command::AnswerQuestion(index).into());
            }
        }
    });
    action
}

/// Adds whether an answer is right, and the explanation.
fn append_verdict(job: &mut LayoutJob, palette: &Palette, question: &Question, answer: usize) {
    let color = if question.is_right(answer) { palette.good } else { palette.text };
    let verdict = format!("{} ", question.verdict(answer));
    job.append(&verdict, 0.0, TextFormat::simple(theme::strong(size::TEXT), color));
    job.append(&question.why, 0.0, TextFormat::simple(theme::text(), palette.text));
}

const END: &str = "That was the last step. What would you like to do next?";

/// Shows the explanation of the previous step, or of the current one if it is done; before the first step, the goal of
/// the lesson.
fn explanation(ui: &mut Ui, run: &LessonRun) {
    let palette = Palette::of(ui);
    let is_review = run.is_review();
    let shown = match run.step() {
        Some(step) if is_review => Some((step, StepMark::Done)),
        _ => run.previous(),
    };
    let Some((step, mark)) = shown else { return drop(ui.weak(&run.lesson().summary)) };
    let (label, label_color, color) = match mark {
        StepMark::Done if is_review => ("✓ Done: ".to_owned(), palette.good, palette.text),
        StepMark::Done => (format!("✓ Step {} done: ", run.position()), palette.good, palette.text),
        StepMark::Skipped | StepMark::Open => {
            (format!("– Step {} skipped: ", run.position()), palette.muted, palette.muted)
        }
    };
    let mut job = LayoutJob::default();
    job.append(&label, 0.0, TextFormat::simple(theme::strong(size::TEXT), label_color));
    // In a review, the measurement and the answer are above.
    if !is_review && let Some(number) = run.position().checked_sub(1) {
        if let Some(usage) = run.usage(number) {
            let usage = format!("{}. ", usage_text(usage));
            job.append(&usage, 0.0, TextFormat::simple(theme::strong(size::TEXT), color));
        }
        if step.waits_for_answer()
            && let Some((question, Some(answer))) = run.question(number)
        {
            append_verdict(&mut job, palette, question, answer);
        }
    }
    if let Some(why) = &step.why {
        job.append(why, 0.0, TextFormat::simple(theme::text(), color));
    }
    ui.label(job);
}

/// Shows the buttons of the step at the left and the navigation at the right, in as many rows as needed.
fn buttons(ui: &mut Ui, app: &App, run: &LessonRun) -> Vec<Action> {
    let mut actions = Vec::new();
    let navigation = navigation(run, ui.available_width() < NARROW);
    let width: f32 = navigation.iter().map(|(label, _)| quiet_width(ui, label) + GAP).sum();
    let step = run.step().filter(|_| !run.is_review());
    let mut pills: Vec<_> = match run.step() {
        Some(_) => step.and_then(|step| step.open).map(place_button).into_iter().collect(),
        None => next_lesson(app).into_iter().collect(),
    };
    if run.step().is_none() {
        let save = Command::SaveLessonResult(run.result_file_name().into());
        pills.push(("Save my result…".to_owned(), Action::choose_path(save)));
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = GAP;
        if let Some(settings) = step.map(|step| &step.settings).filter(|settings| !settings.0.is_empty()) {
            actions.extend(set_up(ui, app, settings));
        }
        for (label, action) in pills {
            if pill_button(ui, &label).clicked() {
                actions.push(action);
            }
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

/// Returns the labels and commands of the navigation buttons.
fn navigation(run: &LessonRun, is_narrow: bool) -> Vec<(&'static str, Command)> {
    let mut buttons = Vec::new();
    if run.position() > 0 && !is_narrow {
        buttons.push(("Restart", Command::RestartLesson));
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

/// Shows, in the current row, the step's settings, and a button that applies them unless they are in effect.
fn set_up(ui: &mut Ui, app: &App, settings: &SettingOverrides) -> Option<Action> {
    let settings = settings.description();
    let state = app.lesson_set_up();
    let pressed = state != SetUp::Ready && pill_button(ui, "Set it up").clicked();
    small(
        ui,
        match state {
            SetUp::Ready => format!("✓ It is set up: {settings}."),
            SetUp::Needed => format!("{settings}."),
            SetUp::NeedsRestart => format!("{settings}; the server restarts."),
            SetUp::NeedsCertificate => format!("{settings}; create a certificate first."),
        },
    );
    pressed.then(|| match state {
        SetUp::NeedsCertificate => Action::Open(LessonPlace::CreateCertificate),
        _ => Command::SetUpLesson.into(),
    })
}

/// Returns the label and the action of the button that opens a tab or dialog, or shows a field.
fn place_button(place: LessonPlace) -> (String, Action) {
    let is_dialog = !TABS.contains(&place) && place != LessonPlace::ServerName;
    let show = if is_dialog { "" } else { "Show " };
    (format!("{show}{}", place.label()), Action::Open(place))
}

/// Returns the label and the action of the button that starts the next built-in lesson.
fn next_lesson(app: &App) -> Option<(String, Action)> {
    let next = app.lesson_number()? + 1;
    let lesson = builtin_lessons().get(next)?;
    Some((format!("Next lesson: {}", lesson.title), Command::StartLesson(next).into()))
}

/// Shows a condition with a check mark if it is met.
fn condition(ui: &mut Ui, status: &ConditionStatus) {
    let palette = Palette::of(ui);
    let (symbol, color) = if status.is_met { ("✓", palette.good) } else { ("○", palette.muted) };
    let mut text = format!("{symbol} {}", status.text);
    if let Some((now, of)) = status.count.filter(|_| !status.is_met) {
        let _ = write!(text, ": {} of {} so far", with_thousands(now), with_thousands(of));
    }
    ui.label(RichText::new(text).small().color(color));
}

/// Shows a symbol for each step: a check mark if it is done, a dash if it was skipped, a dot for the current one.
fn step_symbols(ui: &mut Ui, run: &LessonRun) {
    let palette = Palette::of(ui);
    let marks = run.marks();
    let mut job = LayoutJob::default();
    for (number, mark) in marks.iter().enumerate() {
        let (symbol, color) = match mark {
            _ if number == run.position() => ("●", palette.accent),
            StepMark::Done => ("✓", palette.good),
            StepMark::Skipped => ("–", palette.muted),
            StepMark::Open => ("○", palette.muted),
        };
        job.append(symbol, 3.0, TextFormat::simple(theme::text(), color));
    }
    let count = |wanted| marks.iter().filter(|mark| **mark == wanted).count();
    let summary = match (count(StepMark::Done), count(StepMark::Skipped)) {
        (done, 0) => format!("{done} done"),
        (done, skipped) => format!("{done} done, {skipped} skipped"),
    };
    let response = ui.add(Label::new(job).selectable(false).truncate());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &summary));
    response.on_hover_text(summary);
}
