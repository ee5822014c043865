//! The lesson bar, from the title of the lesson to the buttons.

use egui::{
    FontId, Frame, Label, Margin, Rect, RichText, ScrollArea, Sense, Stroke, Ui, Vec2, accesskit, vec2,
};

use crate::app::{App, Command, SetUp};
use crate::lessons::LessonRun;
use crate::lessons::builtin::builtin_lessons;
use crate::lessons::lesson_event::LessonPlace;
use crate::lessons::setting_override::SettingOverrides;
use crate::ui::action::Action;
use crate::ui::lesson::lesson_action::open_place;
use crate::ui::lesson::lesson_height::{self, BarHeight};
use crate::ui::lesson::lesson_parts::{condition, done_sentence, step_symbols};
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{
    ICON_BUTTON, icon_button, pill_button, pill_width, quiet_button, quiet_width, text_width,
};
use crate::ui::widgets::icon::{self, Icon};
use crate::ui::widgets::note::{Tone, note};

/// The state of the bar.
#[derive(Debug, Default)]
pub(in crate::ui) struct LessonBar {
    /// Whether only its first row is shown.
    folded: bool,
    /// The generation of the step in the last frame. A new step is shown from its top.
    generation: u64,
    height: BarHeight,
    /// BarHeight of the buttons, as of the last frame.
    buttons_height: f32,
}

impl LessonBar {
    /// Shows the lesson that the user is doing, if any, at the top of the area.
    pub(in crate::ui) fn show(&mut self, ui: &mut Ui, app: &App) -> Vec<Action> {
        let Some(run) = app.lesson() else {
            self.folded = false;
            return Vec::new();
        };
        let palette = Palette::of(ui);
        let most = lesson_height::max_height(ui.available_height());
        let margin = Margin { left: 16, right: 12, top: 6, bottom: 8 };
        let frame = Frame::new().fill(palette.panel).inner_margin(margin);
        let mut actions = Vec::new();
        let shown = frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = 4.0;
            actions.extend(self.heading(ui, run));
            if !self.folded {
                let is_new_step = self.generation != run.generation();
                let around = ICON_BUTTON + margin.sum().y + 4.0;
                let all = self.height.of(ui, run.lesson(), ui.available_width()).min(most - around);
                let room = (all - self.buttons_height - 4.0).max(LINE);
                let mut area = ScrollArea::vertical()
                    .id_salt("lesson")
                    .auto_shrink(false)
                    .max_height(room)
                    .min_scrolled_height(room);
                if is_new_step {
                    area = area.vertical_scroll_offset(0.0);
                }
                let scrolled = area.show(ui, |ui| {
                    ui.set_width(ui.available_width() - size::SCROLL_BAR);
                    actions.extend(texts(ui, app, run));
                });
                let buttons_height = ui.scope(|ui| {
                    actions.extend(buttons(ui, app, run));
                    ui.min_rect().height()
                });
                self.height.record(scrolled.content_size.y + buttons_height.inner + 4.0);
                if (buttons_height.inner - self.buttons_height).abs() > 0.5 {
                    self.buttons_height = buttons_height.inner;
                    ui.ctx().request_discard("the buttons of the lesson have another height now");
                }
            }
        });
        // The tabs follow right below.
        ui.add_space(-ui.spacing().item_spacing.y);
        self.generation = run.generation();
        let area = shown.response.rect;
        let stripe = Rect::from_min_size(area.min, vec2(4.0, area.height()));
        ui.painter().rect_filled(stripe, 0.0, palette.accent);
        ui.painter().hline(area.x_range(), area.bottom() - 0.5, Stroke::new(1.0, palette.border));
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
            let how_far = match run.step() {
                Some(_) => format!("Step {} of {count}", run.position() + 1),
                None => format!("All {count} steps are behind you"),
            };
            ui.scope(|ui| {
                ui.set_max_width(room);
                let rest = text_width(ui, &how_far, theme::text()) + size::GAP;
                ui.scope(|ui| {
                    // Without room for both, the title is truncated, since the step is shown nowhere else.
                    ui.set_max_width((room - rest).max(LINE));
                    let title = RichText::new(&run.lesson().title).font(theme::strong(size::TEXT));
                    ui.add(Label::new(title.color(palette.accent)).truncate());
                });
                ui.add(Label::new(RichText::new(how_far).color(palette.muted)).truncate());
                step_symbols(ui, run, ui.available_width());
                ui.add_space((ui.available_width()).max(0.0));
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

/// The least height of the text: one line.
const LINE: f32 = 24.0;
/// In a window lower than this, the text of the step comes first.
const LOW: f32 = 600.0;

/// Shows why the previous step happened, the text of this step, and its conditions.
fn texts(ui: &mut Ui, app: &App, run: &LessonRun) -> Vec<Action> {
    let mut actions = Vec::new();
    let done = if run.is_review() { run.step() } else { run.previous_done() };
    let why = done.map(|step| step.why.as_deref().unwrap_or("Done."));
    let before = why.filter(|_| !run.is_review());
    // In a low window the rest has to be scrolled to.
    let low = ui.ctx().content_rect().height() < LOW;
    if let Some(why) = before.filter(|_| !low || run.step().is_none()) {
        done_sentence(ui, "Done: ", why);
    }
    let Some(step) = run.step() else {
        large(ui, "That was the last step. What would you like to do next?");
        return actions;
    };
    ui.add_space(2.0);
    large(ui, &step.text);
    ui.add_space(2.0);
    if run.is_review()
        && let Some(why) = why
    {
        done_sentence(ui, "Done: ", why);
        return actions;
    }
    let statuses = run.condition_statuses();
    if statuses.len() > 1 || statuses.iter().any(|status| status.count.is_some()) {
        ui.scope(|ui| {
            // A row is as high as its text, not as a button.
            ui.spacing_mut().interact_size.y = 18.0;
            ui.spacing_mut().item_spacing = Vec2::new(14.0, 2.0);
            ui.horizontal_wrapped(|ui| {
                for status in &statuses {
                    condition(ui, status);
                }
            });
        });
    }
    if let Some(why) = before.filter(|_| low) {
        done_sentence(ui, "Done: ", why);
    }
    if app.lesson_lacks_certificate() {
        ui.horizontal_wrapped(|ui| {
            note(
                ui,
                Tone::Caution,
                "A later step serves TLS, for which you need a certificate that is valid today, and its key.",
            );
            if pill_button(ui, "Create certificate…").clicked() {
                actions.push(Action::CreateCertificate);
            }
        });
    }
    actions
}

/// Shows a text in letters that are readable from the last row of a class.
fn large(ui: &mut Ui, text: &str) {
    let palette = Palette::of(ui);
    let words = RichText::new(text).font(FontId::proportional(size::LESSON)).color(palette.text);
    let response = ui.add(Label::new(words).wrap());
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_live(accesskit::Live::Polite));
}

/// Shows the buttons of the step at the left and the navigation at the right, in as many rows as needed.
fn buttons(ui: &mut Ui, app: &App, run: &LessonRun) -> Vec<Action> {
    let mut actions = Vec::new();
    let navigation = navigation(run, ui.available_width() < NARROW);
    let gap = 4.0;
    let width: f32 = navigation.iter().map(|(label, _)| quiet_width(ui, label) + gap).sum();
    let room = ui.available_width() - width;
    let step = run.step().filter(|_| !run.is_review());
    let mut settings = step.map(|step| &step.settings).filter(|settings| !settings.0.is_empty());
    let mut offer = match step {
        Some(step) => step.open.map(offer),
        None => next_lesson(app).filter(|_| run.step().is_none()),
    };
    let is_wide = |settings: &SettingOverrides| {
        text_width(ui, &settings.description(), theme::small()) + SET_UP_ROOM > room
    };
    if let Some(settings) = settings.take_if(|settings| offer.is_some() || is_wide(settings)) {
        actions.extend(ui.horizontal(|ui| set_up(ui, app, settings)).inner);
    }
    let is_wide = |label: &str| pill_width(ui, label) + gap > room;
    if let Some((label, action)) = offer.take_if(|(label, _)| is_wide(label)) {
        actions.extend(pill_button(ui, &label).clicked().then_some(action));
    }
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = gap;
        actions.extend(settings.and_then(|settings| set_up(ui, app, settings)));
        if let Some((label, action)) = offer
            && pill_button(ui, &label).clicked()
        {
            actions.push(action);
        }
        ui.add_space((ui.available_width() - width).max(0.0));
        for (label, command) in navigation {
            if quiet_button(ui, label).clicked() {
                actions.push(command.into());
            }
        }
    });
    actions
}

/// The width of the button and the texts around the settings of a step.
const SET_UP_ROOM: f32 = 240.0;

/// A bar narrower than this has no button to restart the lesson, which the menu has, too.
const NARROW: f32 = 500.0;

/// Returns the labels and commands of the navigation.
fn navigation(run: &LessonRun, narrow: bool) -> Vec<(&'static str, Command)> {
    let mut buttons = Vec::new();
    if run.position() > 0 && !narrow {
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
    let what = settings.description();
    let (words, pressed) = match app.lesson_set_up() {
        SetUp::Ready => {
            let (rect, _) = ui.allocate_exact_size(vec2(14.0, size::CHIP), Sense::hover());
            let square = Rect::from_center_size(rect.center(), Vec2::splat(12.0));
            icon::paint(ui.painter(), Icon::Check, square, palette.good);
            (format!("It is set up: {what}."), false)
        }
        SetUp::Needed => (format!("{what}."), pill_button(ui, "Set it up").clicked()),
        SetUp::NeedsRestart => {
            (format!("{what}; the server starts anew."), pill_button(ui, "Set it up").clicked())
        }
    };
    ui.add_space(4.0);
    ui.add(Label::new(RichText::new(words).size(size::SMALL).color(palette.muted)).wrap());
    pressed.then(|| Command::SetUpLesson.into())
}

/// Returns the label and the action of the button that opens a place.
fn offer(place: LessonPlace) -> (String, Action) {
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
