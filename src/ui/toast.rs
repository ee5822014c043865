//! The toast: the newest notice, in the status bar. It covers nothing and moves nothing.

use std::time::Duration;

use egui::text::LayoutJob;
use egui::{Align, Frame, Label, Layout, Margin, NumExt, Rect, Sense, Stroke, Ui, Vec2, accesskit, vec2};

use crate::app::{App, Command, Notice, NoticeTopic};
use crate::ui::action::Action;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{ICON_BUTTON, icon_button, pill_button, pill_width, text_width};
use crate::ui::widgets::icon::{self, Icon};

/// Shows the newest notice. A success disappears after a while, also if a problem covers it; a problem disappears when it
/// is dismissed or outdated.
#[derive(Debug, Default)]
pub(super) struct Toast {
    /// The notices, and the time from which the display time of each counts, in seconds.
    notices: Vec<(Notice, f64)>,
}

/// How long a success is shown, in seconds.
const SUCCESS_TIME: f64 = 6.0;
/// How long a notice with *Undo* is shown, in seconds: long enough to reach the button with the keyboard.
const UNDO_TIME: f64 = 15.0;
/// A text up to this width is shown in one line, a longer one in two. The tooltip has all of a text that is still longer.
const ONE_LINE: f32 = 320.0;
/// The least room for a text beside several buttons. With less, a notice has only its first button.
const MIN_TEXT: f32 = 180.0;
/// The least room for the counters.
const MIN_COUNTERS: f32 = 140.0;
/// The space between the frame and its contents at the left and right.
const PADDING: i8 = 10;
/// The width of the icon.
const ICON: f32 = 13.0;

impl Toast {
    /// Shows the newest notice, if there is one, at the right of the available space. Returns the action of the button
    /// that was pressed, or the action that dismisses the notice when its time is over.
    pub(super) fn show(&mut self, ui: &mut Ui, app: &App) -> Option<Action> {
        let now = ui.input(|input| input.time);
        let since = |notice| self.notices.iter().find(|(known, _)| known == notice).map_or(now, |it| it.1);
        self.notices = app.notices().iter().map(|notice| (notice.clone(), since(notice))).collect();
        let (notice, since) = self.notices.last_mut()?;
        let mut buttons = buttons(notice);
        let around = |buttons: &[Button]| {
            let widths = buttons.iter().map(|(label, _)| pill_width(ui, label) + size::GAP);
            2.0 * (f32::from(PADDING) + 1.0) + ICON + ICON_BUTTON + 2.0 * size::GAP + widths.sum::<f32>()
        };
        let room = |around| ui.available_width() - around - MIN_COUNTERS;
        if room(around(&buttons)) < MIN_TEXT {
            buttons.truncate(1);
        }
        let around = around(&buttons);
        let room = room(around);
        let (text, text_size) = text(ui, notice, room);
        let size = vec2(text_size.x + around, text_size.y + 2.0);
        let show = |ui: &mut Ui| {
            frame(ui, notice).show(ui, |ui| contents(ui, notice, &buttons, text, text_size)).inner
        };
        let shown = ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), show);
        let (action, has_focus) = shown.inner;
        // A toast that is about to be used doesn't disappear.
        let is_held = has_focus || shown.response.contains_pointer();
        if is_held {
            *since = now;
        }
        let time_left = |(notice, since): &(Notice, f64)| {
            since + if notice.can_undo() { UNDO_TIME } else { SUCCESS_TIME } - now
        };
        let successes = self.notices.iter().filter(|(notice, _)| !notice.problem);
        let first = successes.min_by(|one, other| time_left(one).total_cmp(&time_left(other)));
        let Some(first) = first else { return action };
        ui.ctx().request_repaint_after(Duration::from_secs_f64(time_left(first).max(0.0)));
        action.or_else(|| (time_left(first) <= 0.0).then(|| Command::ExpireNotice(first.0.topic).into()))
    }
}

/// A button's label and action.
type Button = (&'static str, Action);

/// Returns the buttons of a notice, the most important first.
fn buttons(notice: &Notice) -> Vec<Button> {
    match notice.topic {
        NoticeTopic::ClearedLog => vec![("Undo", Command::RestoreLog.into())],
        NoticeTopic::Crash => vec![
            ("Show", Action::ShowCrashReports),
            ("Copy", Action::CopyCrashReports),
            ("Delete", Command::DeleteCrashReports.into()),
        ],
        _ => Vec::new(),
    }
}

/// Returns the text of a notice, in at most two lines that are no wider than `room`, and the size that it takes.
fn text(ui: &Ui, notice: &Notice, room: f32) -> (LayoutJob, Vec2) {
    let whole = text_width(ui, &notice.text, theme::small()).ceil();
    let layout = |width: f32| {
        let color = Palette::of(ui).text;
        let mut job = LayoutJob::simple(notice.text.clone(), theme::small(), color, width);
        job.wrap.max_rows = 2;
        let galley = ui.painter().layout_job(job.clone());
        (job, galley)
    };
    let narrow = layout(room.min((whole / 2.0 + 60.0).max(ONE_LINE)));
    let (job, galley) = if narrow.1.elided { layout(room) } else { narrow };
    (job, galley.size().at_least(vec2(0.0, ICON_BUTTON)).ceil())
}

fn frame(ui: &Ui, notice: &Notice) -> Frame {
    let palette = Palette::of(ui);
    let (fill, edge) = if notice.problem {
        (palette.problem_soft, palette.problem)
    } else {
        (palette.accent_soft, palette.accent)
    };
    let frame = Frame::new().fill(fill).stroke(Stroke::new(1.0, edge)).corner_radius(size::RADIUS);
    frame.inner_margin(Margin::symmetric(PADDING, 0))
}

/// Shows the icon, the text and the buttons. Returns the action of the button that was pressed, and whether one of the
/// buttons has the keyboard focus.
fn contents(
    ui: &mut Ui,
    notice: &Notice,
    buttons: &[Button],
    text: LayoutJob,
    text_size: Vec2,
) -> (Option<Action>, bool) {
    let palette = Palette::of(ui);
    let (icon, color) =
        if notice.problem { (Icon::Problem, palette.problem) } else { (Icon::Check, palette.accent) };
    ui.spacing_mut().item_spacing.x = size::GAP;
    let (square, _) = ui.allocate_exact_size(vec2(ICON, text_size.y), Sense::hover());
    icon::paint(ui.painter(), icon, Rect::from_center_size(square.center(), vec2(ICON, ICON)), color);
    ui.allocate_ui_with_layout(text_size, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_width(text_size.x);
        let label = ui.add(Label::new(text).wrap());
        let live = if notice.problem { accesskit::Live::Assertive } else { accesskit::Live::Polite };
        ui.ctx().accesskit_node_builder(label.id, |node| node.set_live(live));
    });
    let (mut action, mut has_focus) = (None, false);
    for (label, pressed) in buttons {
        let button = pill_button(ui, label);
        has_focus |= button.has_focus();
        if button.clicked() {
            action = Some(pressed.clone());
        }
    }
    let dismiss = icon_button(ui, Icon::Cross, "Dismiss", None);
    has_focus |= dismiss.has_focus();
    if dismiss.clicked() {
        action = Some(Command::DismissNotice.into());
    }
    (action, has_focus)
}
