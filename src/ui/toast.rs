//! The toast: the newest notice, at the top of the list of the tab in front. It covers no field and moves nothing.

use std::time::Duration;

use egui::text::LayoutJob;
use egui::{Align, Area, Frame, Id, Label, Layout, Margin, Order, Rect, Sense, Stroke, Ui, accesskit, vec2};

use crate::app::{App, Command, Notice};
use crate::ui::action::Action;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{ICON_BUTTON, icon_button, pill_button, pill_width};
use crate::ui::widgets::icon::{self, Icon};
use crate::ui::widgets::list_area;

/// Shows the newest notice. A success disappears after a while, a problem when it is dismissed or outdated.
#[derive(Debug, Default)]
pub(super) struct Toast {
    /// The notice that is shown, and the time from which its display time counts, in seconds.
    shown: Option<(Notice, f64)>,
}

/// How long a success is shown, in seconds.
const SUCCESS_TIME: f64 = 6.0;
/// How long a notice with *Undo* is shown, in seconds: long enough to reach the button with the keyboard.
const UNDO_TIME: f64 = 15.0;
/// The largest width of the text.
const MAX_TEXT: f32 = 400.0;
/// The most lines of text. The tooltip has all of it.
const MAX_ROWS: usize = 5;
/// The space between the toast and the edges of the list.
const MARGIN: f32 = 10.0;
/// The width of the icon.
const ICON: f32 = 13.0;

impl Toast {
    /// Shows the newest notice, if there is one. Returns the action of the button that was pressed, or the action that
    /// dismisses the notice when its time is over.
    pub(super) fn show(&mut self, ui: &Ui, app: &App) -> Option<Action> {
        let Some(notice) = app.notice() else {
            self.shown = None;
            return None;
        };
        let now = ui.input(|input| input.time);
        let since = match &self.shown {
            Some((shown, since)) if shown == notice => *since,
            _ => now,
        };
        let place = list_area(ui.ctx()).shrink(MARGIN);
        let undo_width = if notice.can_undo() { pill_width(ui, "Undo") + size::GAP } else { 0.0 };
        let around = 2.0 * 10.0 + ICON + ICON_BUTTON + 2.0 * size::GAP + undo_width;
        let mut job = LayoutJob::simple(
            notice.text.clone(),
            theme::small(),
            Palette::of(ui).text,
            MAX_TEXT.min(place.width() - around),
        );
        let row = ui.fonts_mut(|fonts| fonts.row_height(&theme::small()));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few rows")]
        let rows_in_list = ((place.height() - 8.0) / row).max(1.0) as usize;
        job.wrap.max_rows = MAX_ROWS.min(rows_in_list);
        let text = ui.painter().layout_job(job.clone()).size();
        let corner = place.right_top() - vec2(text.x + around, 0.0);
        let area = Area::new(Id::unique("toast")).order(Order::Foreground).fixed_pos(corner).constrain(false);
        let shown = area.show(ui.ctx(), |ui| {
            let contents = |ui: &mut Ui| {
                ui.horizontal(|ui| toast(ui, notice, job, vec2(text.x, text.y.max(ICON_BUTTON)))).inner
            };
            frame(ui, notice).show(ui, contents).inner
        });
        let (action, has_focus) = shown.inner;
        // A toast that is about to be used doesn't disappear.
        let is_held = has_focus || shown.response.contains_pointer();
        let since = if is_held { now } else { since };
        self.shown = Some((notice.clone(), since));
        if notice.problem || is_held {
            return action;
        }
        let time_left = since + if notice.can_undo() { UNDO_TIME } else { SUCCESS_TIME } - now;
        ui.ctx().request_repaint_after(Duration::from_secs_f64(time_left.max(0.0)));
        action.or_else(|| (time_left <= 0.0).then(|| Command::DismissNotice.into()))
    }
}

fn frame(ui: &Ui, notice: &Notice) -> Frame {
    let palette = Palette::of(ui);
    let (fill, edge) = if notice.problem {
        (palette.problem_soft, palette.problem)
    } else {
        (palette.accent_soft, palette.accent)
    };
    let frame = Frame::popup(ui.style()).fill(fill).stroke(Stroke::new(1.0, edge));
    frame.inner_margin(Margin::symmetric(10, 4))
}

/// Shows the icon, the text and the buttons. Returns the action of the button that was pressed, and whether one of the
/// buttons has the keyboard focus.
fn toast(ui: &mut Ui, notice: &Notice, text: LayoutJob, text_size: egui::Vec2) -> (Option<Action>, bool) {
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
    if notice.can_undo() {
        let undo = pill_button(ui, "Undo");
        has_focus |= undo.has_focus();
        if undo.clicked() {
            action = Some(Command::RestoreLog.into());
        }
    }
    let dismiss = icon_button(ui, Icon::Cross, "Dismiss", None);
    has_focus |= dismiss.has_focus();
    if dismiss.clicked() {
        action = Some(Command::DismissNotice.into());
    }
    (action, has_focus)
}
