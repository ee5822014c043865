//! The app's notices, at the lower edge, where they cover nothing that can be pressed and move no button.

use std::time::Duration;

use egui::text::LayoutJob;
use egui::{Align, Frame, Label, Layout, Margin, Panel, Rect, Sense, Stroke, Ui, vec2};

use crate::app::{App, Command, Notice};
use crate::ui::action::Action;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{ICON_BUTTON, icon_button, text_width};
use crate::ui::widgets::icon::{self, Icon};

/// The app's notice. Good news in one line stand where the counters are, for a while: nothing moves. Any other
/// notice has a row of its own at the foot of the centre, beside the start button, which stays where it is.
#[derive(Debug, Default)]
pub(super) struct NoticeBar {
    /// What is shown, and since when.
    shown: Option<(Notice, f64)>,
    /// Whether it stands where the counters are.
    brief: bool,
}

/// How long good news are shown, in seconds. Bad ones stay until they are dismissed.
const GOOD_NEWS: f64 = 6.0;

impl NoticeBar {
    /// Shows the bar with the `counters`, or the notice in their place; returns the action to dismiss it, the user's or
    /// that of time.
    pub(super) fn show(
        &mut self,
        ui: &mut Ui,
        app: &App,
        bar: Frame,
        counters: impl FnOnce(&mut Ui),
    ) -> Option<Action> {
        let now = ui.input(|input| input.time);
        let Some(notice) = app.notice() else {
            self.shown = None;
            let status = Panel::bottom("status").exact_size(size::STATUS_BAR).resizable(false);
            status.frame(bar).show(ui, counters);
            return None;
        };
        let since = match &self.shown {
            Some((shown, since)) if shown == notice => *since,
            _ => now,
        };
        self.shown = Some((notice.clone(), since));
        let rest = since + GOOD_NEWS - now;
        let over = !notice.problem && rest <= 0.0;
        if !notice.problem {
            ui.ctx().request_repaint_after(Duration::from_secs_f64(rest.max(0.0)));
        }
        let text = text_width(ui, &notice.text, theme::small());
        self.brief = !notice.problem && text + MARGIN.sum().x + AROUND_WORDS <= ui.available_width();
        let status = Panel::bottom("status").exact_size(size::STATUS_BAR).resizable(false);
        let dismissed = if self.brief {
            let shown = status.frame(frame(ui, notice)).show(ui, |ui| {
                let words = ui.horizontal_centered(|ui| words_and_cross(ui, notice));
                words.inner
            });
            edge(ui, notice, shown.response.rect);
            shown.inner
        } else {
            status.frame(bar).show(ui, counters);
            false
        };
        (dismissed || over).then(|| Command::DismissNotice.into())
    }

    /// Shows a notice that needs a row of its own at the foot of the centre; returns the action to dismiss it.
    pub(super) fn row(&self, ui: &mut Ui, app: &App) -> Option<Action> {
        let notice = app.notice().filter(|_| !self.brief)?;
        let frame = frame(ui, notice).inner_margin(Margin { top: 4, bottom: 4, ..MARGIN });
        let panel = Panel::bottom("notice").resizable(false).frame(frame);
        let shown = panel.show(ui, |ui| ui.horizontal(|ui| words_and_cross(ui, notice)).inner);
        edge(ui, notice, shown.response.rect);
        shown.inner.then(|| Command::DismissNotice.into())
    }
}

/// Left and right of a notice.
const MARGIN: Margin = Margin { left: 16, right: 11, top: 0, bottom: 0 };

fn frame(ui: &Ui, notice: &Notice) -> Frame {
    let palette = Palette::of(ui);
    let fill = if notice.problem { palette.problem_soft } else { palette.accent_soft };
    Frame::new().fill(fill).inner_margin(MARGIN)
}

/// The line above a notice.
fn edge(ui: &Ui, notice: &Notice, area: Rect) {
    let palette = Palette::of(ui);
    let ink = if notice.problem { palette.problem } else { palette.accent };
    ui.painter().hline(area.x_range(), area.top() + 0.5, Stroke::new(1.0, ink));
}

/// More of a notice is told in its tooltip, and in the log.
const MOST_ROWS: usize = 4;
/// What stands around the words: the sign, the cross, and space.
const AROUND_WORDS: f32 = ICON_BUTTON + size::GAP + 21.0;

/// The words, level with the cross; returns whether that was pressed.
fn words_and_cross(ui: &mut Ui, notice: &Notice) -> bool {
    let palette = Palette::of(ui);
    let (sign, ink) =
        if notice.problem { (Icon::Problem, palette.problem) } else { (Icon::Check, palette.accent) };
    let width = ui.available_width() - AROUND_WORDS;
    let job = |ink| {
        let mut job = LayoutJob::simple(notice.text.clone(), theme::small(), ink, width);
        job.wrap.max_rows = MOST_ROWS;
        job
    };
    let galley = ui.painter().layout_job(job(palette.text));
    let height = galley.size().y.max(ICON_BUTTON);
    let (square, _) = ui.allocate_exact_size(vec2(13.0, height), Sense::hover());
    icon::paint(ui.painter(), sign, Rect::from_center_size(square.center(), vec2(13.0, 13.0)), ink);
    ui.allocate_ui_with_layout(vec2(width, height), Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_width(width);
        ui.add(Label::new(job(palette.text)).wrap());
    });
    icon_button(ui, Icon::Cross, "Dismiss", None).clicked()
}
