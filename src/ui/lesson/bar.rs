//! The bar itself: its rows, from the name of the lesson to the buttons.

use egui::{
    FontId, Frame, Label, Margin, Rect, RichText, ScrollArea, Sense, Stroke, Ui, Vec2, accesskit, vec2,
};

use crate::app::{App, Command, SetUp};
use crate::lessons::setting_override::SettingOverride;
use crate::lessons::{Place, Running, shipped};
use crate::ui::action::Action;
use crate::ui::lesson::height::{self, Height};
use crate::ui::lesson::parts::{progress, sign, tick};
use crate::ui::lesson::wish_for;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{
    ICON_BUTTON, icon_button, pill_button, pill_width, quiet_button, quiet_width, text_width,
};
use crate::ui::widgets::icon::{self, Icon};
use crate::ui::widgets::note::{Tone, note};

/// What the bar itself remembers.
#[derive(Debug, Default)]
pub(in crate::ui) struct LessonBar {
    /// Whether only its first row is shown.
    folded: bool,
    /// The change of step that was shown last: a new step is read from its beginning.
    turn: u64,
    height: Height,
    /// Height of the buttons, as of the last frame.
    foot: f32,
}

impl LessonBar {
    /// Shows the lesson that is being done, if any, in a bar of its own at the top of the area.
    pub(in crate::ui) fn show(&mut self, ui: &mut Ui, app: &App) -> Vec<Action> {
        let Some(running) = app.lesson() else {
            self.folded = false;
            return Vec::new();
        };
        let palette = Palette::of(ui);
        let most = height::most(ui.available_height());
        let margin = Margin { left: 16, right: 12, top: 6, bottom: 8 };
        let frame = Frame::new().fill(palette.panel).inner_margin(margin);
        let mut actions = Vec::new();
        let shown = frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = 4.0;
            actions.extend(self.heading(ui, running));
            if !self.folded {
                let anew = self.turn != running.turn();
                let around = ICON_BUTTON + margin.sum().y + 4.0;
                let all = self.height.of(ui, running.lesson(), ui.available_width()).min(most - around);
                let room = (all - self.foot - 4.0).max(LINE);
                let mut area = ScrollArea::vertical()
                    .id_salt("lesson")
                    .auto_shrink(false)
                    .max_height(room)
                    .min_scrolled_height(room);
                if anew {
                    area = area.vertical_scroll_offset(0.0);
                }
                let scrolled = area.show(ui, |ui| {
                    ui.set_width(ui.available_width() - size::SCROLL_BAR);
                    actions.extend(words(ui, app, running));
                });
                let foot = ui.scope(|ui| {
                    actions.extend(buttons(ui, app, running));
                    ui.min_rect().height()
                });
                self.height.saw(scrolled.content_size.y + foot.inner + 4.0);
                if (foot.inner - self.foot).abs() > 0.5 {
                    self.foot = foot.inner;
                    ui.ctx().request_discard("the buttons of the lesson have another height now");
                }
            }
        });
        // The tabs follow right below.
        ui.add_space(-ui.spacing().item_spacing.y);
        self.turn = running.turn();
        let area = shown.response.rect;
        let stripe = Rect::from_min_size(area.min, vec2(4.0, area.height()));
        ui.painter().rect_filled(stripe, 0.0, palette.accent);
        ui.painter().hline(area.x_range(), area.bottom() - 0.5, Stroke::new(1.0, palette.border));
        actions
    }

    /// The name of the lesson, how far it has come, and the buttons that fold and leave it.
    fn heading(&mut self, ui: &mut Ui, running: &Running) -> Option<Action> {
        let palette = Palette::of(ui);
        let mut action = None;
        ui.horizontal(|ui| {
            ui.set_height(ICON_BUTTON);
            ui.spacing_mut().item_spacing.x = size::GAP;
            let room = ui.available_width() - 2.0 * ICON_BUTTON - 3.0 * size::GAP;
            let count = running.lesson().steps.len();
            let how_far = match running.step() {
                Some(_) => format!("Step {} of {count}", running.at() + 1),
                None => format!("All {count} steps are behind you"),
            };
            ui.scope(|ui| {
                ui.set_max_width(room);
                let rest = text_width(ui, &how_far, theme::text()) + size::GAP;
                ui.scope(|ui| {
                    // Where there is no room for both, the title is cut: how far one has come is told nowhere else.
                    ui.set_max_width((room - rest).max(LINE));
                    let title = RichText::new(&running.lesson().title).font(theme::strong(size::TEXT));
                    ui.add(Label::new(title.color(palette.accent)).truncate());
                });
                ui.add(Label::new(RichText::new(how_far).color(palette.muted)).truncate());
                progress(ui, running, ui.available_width());
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

/// However little room there is, a line of the words is in view.
const LINE: f32 = 24.0;
/// A window lower than this has not much room for a lesson.
const LOW: f32 = 600.0;

/// What has just happened, what to do now, and what of it is done.
fn words(ui: &mut Ui, app: &App, running: &Running) -> Vec<Action> {
    let mut actions = Vec::new();
    let done = if running.is_review() { running.step() } else { running.just_done() };
    let why = done.map(|step| step.why.as_deref().unwrap_or("Done."));
    let before = why.filter(|_| !running.is_review());
    // In a low window what to do now comes first: the rest has to be scrolled for.
    let low = ui.ctx().content_rect().height() < LOW;
    if let Some(why) = before.filter(|_| !low || running.step().is_none()) {
        tick(ui, "Done: ", why);
    }
    let Some(step) = running.step() else {
        large(ui, "That was the last step. What would you like to do next?");
        return actions;
    };
    ui.add_space(2.0);
    large(ui, &step.text);
    ui.add_space(2.0);
    if running.is_review()
        && let Some(why) = why
    {
        tick(ui, "Done: ", why);
        return actions;
    }
    let signs = running.signs();
    if signs.len() > 1 || signs.iter().any(|sign| sign.count.is_some()) {
        ui.scope(|ui| {
            // A row is as high as its words, and not as a button.
            ui.spacing_mut().interact_size.y = 18.0;
            ui.spacing_mut().item_spacing = Vec2::new(14.0, 2.0);
            ui.horizontal_wrapped(|ui| {
                for one in &signs {
                    sign(ui, one);
                }
            });
        });
    }
    if let Some(why) = before.filter(|_| low) {
        tick(ui, "Done: ", why);
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

/// What to do now, to be read from the last row of a class.
fn large(ui: &mut Ui, text: &str) {
    let palette = Palette::of(ui);
    let words = RichText::new(text).font(FontId::proportional(size::LESSON)).color(palette.text);
    let response = ui.add(Label::new(words).wrap());
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_live(accesskit::Live::Polite));
}

/// What the step offers, at the left, and the ways out of it, at the right; in as many rows as are needed.
fn buttons(ui: &mut Ui, app: &App, running: &Running) -> Vec<Action> {
    let mut actions = Vec::new();
    let ways = ways(running, ui.available_width() < NARROW);
    let gap = 4.0;
    let width: f32 = ways.iter().map(|(label, _)| quiet_width(ui, label) + gap).sum();
    let room = ui.available_width() - width;
    let step = running.step().filter(|_| !running.is_review());
    let mut choices = step.map(|step| step.settings.as_slice()).filter(|choices| !choices.is_empty());
    let mut offer = match step {
        Some(step) => step.open.map(offer),
        None => next_lesson(app).filter(|_| running.step().is_none()),
    };
    let wide = |choices| text_width(ui, &listed(choices), theme::small()) + SET_UP_ROOM > room;
    if let Some(choices) = choices.take_if(|choices| offer.is_some() || wide(choices)) {
        actions.extend(ui.horizontal(|ui| set_up(ui, app, choices)).inner);
    }
    let wide = |label: &str| pill_width(ui, label) + gap > room;
    if let Some((label, action)) = offer.take_if(|(label, _)| wide(label)) {
        actions.extend(pill_button(ui, &label).clicked().then_some(action));
    }
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = gap;
        actions.extend(choices.and_then(|choices| set_up(ui, app, choices)));
        if let Some((label, action)) = offer
            && pill_button(ui, &label).clicked()
        {
            actions.push(action);
        }
        ui.add_space((ui.available_width() - width).max(0.0));
        for (label, command) in ways {
            if quiet_button(ui, label).clicked() {
                actions.push(command.into());
            }
        }
    });
    actions
}

/// Room for what stands around the settings of a step: the button, and the word that the server starts anew.
const SET_UP_ROOM: f32 = 240.0;

fn listed(choices: &[SettingOverride]) -> String {
    choices.iter().map(SettingOverride::words).collect::<Vec<_>>().join(", ")
}

/// In a bar narrower than this there is no room for beginning anew, which stands in the menu, too.
const NARROW: f32 = 500.0;

/// The ways out of the step that is shown, with their names.
fn ways(running: &Running, narrow: bool) -> Vec<(&'static str, Command)> {
    let mut ways = Vec::new();
    if running.at() > 0 && !narrow {
        ways.push(("Begin anew", Command::RestartLesson));
    }
    if running.at() > 0 {
        ways.push(("Back", Command::PreviousStep));
    }
    ways.push(match running.step() {
        Some(_) if running.is_review() => ("Next step", Command::NextStep),
        Some(_) => ("Skip this step", Command::NextStep),
        None => ("Leave the lesson", Command::LeaveLesson),
    });
    ways
}

/// Offers the settings of the step, or says that they are set; in a row of the caller's.
fn set_up(ui: &mut Ui, app: &App, choices: &[SettingOverride]) -> Option<Action> {
    let palette = Palette::of(ui);
    let what = listed(choices);
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

/// The tab or the dialog that a step is about, as a button's name and its action.
fn offer(place: Place) -> (String, Action) {
    let action = wish_for(place);
    let label = match action {
        Action::Show(_) => format!("Show {}", place.label()),
        _ => place.label().to_owned(),
    };
    (label, action)
}

/// The lesson after this one, among those that come with the app, as a button's name and its action.
fn next_lesson(app: &App) -> Option<(String, Action)> {
    let next = app.lesson_number()? + 1;
    let lesson = shipped().get(next)?;
    Some((format!("Next lesson: {}", lesson.title), Command::StartLesson(next).into()))
}
