//! The session's notices, at the bottom of the window, where they cover nothing that can be pressed.

use std::time::Duration;

use eframe::egui::text::LayoutJob;
use eframe::egui::{Align, Frame, Label, Layout, Margin, Panel, Rect, Sense, Stroke, Ui, vec2};

use super::theme::{self, Palette, size};
use super::widgets::controls::{ICON_BUTTON, icon_button, text_width};
use super::widgets::icon::{self, Icon};
use super::wish::Wish;
use crate::session::{Command, Notice, Session};

/// The session's notice. Good news in one line stand where the counters are, for a while: nothing moves. Any other
/// notice has a row of its own above them. Neither lies over anything that can be pressed.
#[derive(Debug, Default)]
pub(super) struct NoticeBar {
    /// What is shown, and since when.
    shown: Option<(Notice, f64)>,
}

/// How long good news are shown, in seconds. Bad ones stay until they are dismissed.
const GOOD_NEWS: f64 = 6.0;

impl NoticeBar {
    /// Shows the bar with the `counters`, and the notice; returns the wish to dismiss it, the user's or that of time.
    pub(super) fn show(
        &mut self,
        ui: &mut Ui,
        session: &Session,
        bar: Frame,
        counters: impl FnOnce(&mut Ui),
    ) -> Option<Wish> {
        let now = ui.input(|input| input.time);
        let Some(notice) = session.notice() else {
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
        let palette = Palette::of(ui);
        let fill = if notice.problem { palette.problem_soft } else { palette.accent_soft };
        let line = Stroke::new(1.0, if notice.problem { palette.problem } else { palette.accent });
        let margin = Margin { left: 16, right: 11, top: 0, bottom: 0 };
        let frame = Frame::new().fill(fill).inner_margin(margin);
        let text = text_width(ui, &notice.text, theme::small());
        let brief = !notice.problem && text + margin.sum().x + AROUND_WORDS <= ui.available_width();
        let status = Panel::bottom("status").exact_size(size::STATUS_BAR).resizable(false);
        let shown = if brief {
            status.frame(frame).show(ui, |ui| ui.horizontal_centered(|ui| words_and_cross(ui, notice)).inner)
        } else {
            status.frame(bar).show(ui, counters);
            let frame = frame.inner_margin(Margin { top: 4, bottom: 4, ..margin });
            let panel = Panel::bottom("notice").resizable(false).frame(frame);
            panel.show(ui, |ui| ui.horizontal(|ui| words_and_cross(ui, notice)).inner)
        };
        let edge = shown.response.rect;
        ui.painter().hline(edge.x_range(), edge.top() + 0.5, line);
        (shown.inner || over).then(|| Command::DismissNotice.into())
    }
}

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
        job.wrap.max_rows = 3;
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
