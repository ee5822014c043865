//! The bar at the bottom: clients, bytes, the accept queue and the data rate. Notices appear in the bar or above it.

use std::time::Duration;

use egui::text::LayoutJob;
use egui::{Align, Frame, Label, Layout, Margin, Panel, Rect, RichText, Sense, Ui, vec2};

use crate::app::{AcceptQueueStatus, App, Command, Notice};
use crate::text::{self, with_thousands};
use crate::ui::action::Action;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{ICON_BUTTON, gauge, icon_button, text_width};
use crate::ui::widgets::icon::{self, Icon};

/// The bar. A notice of success replaces the counters for a while, so that nothing moves. A problem gets its own row
/// below the tabs, so that the start button stays in place.
#[derive(Debug, Default)]
pub(super) struct StatusBar {
    /// The notice that is shown, and the time at which it appeared, in seconds.
    shown: Option<(Notice, f64)>,
}

/// How long a notice of success is shown, in seconds. A problem stays until it is dismissed.
const SUCCESS_TIME: f64 = 6.0;

impl StatusBar {
    /// Shows the bar with the counters, or a notice in their place. Returns the action that dismisses the notice when
    /// the user presses the cross or the notice expires.
    pub(super) fn show(&mut self, ui: &mut Ui, app: &App) -> Option<Action> {
        let now = ui.input(|input| input.time);
        let status = Panel::bottom("status").exact_size(size::STATUS_BAR);
        let Some(notice) = app.notice() else {
            self.shown = None;
            status.frame(Frame::NONE).show(ui, |ui| counters(ui, app));
            return None;
        };
        let since = match &self.shown {
            Some((shown, since)) if shown == notice => *since,
            _ => now,
        };
        self.shown = Some((notice.clone(), since));
        let time_left = since + SUCCESS_TIME - now;
        let is_expired = !notice.problem && time_left <= 0.0;
        if !notice.problem {
            ui.ctx().request_repaint_after(Duration::from_secs_f64(time_left.max(0.0)));
        }
        let dismissed = if notice.problem {
            status.frame(Frame::NONE).show(ui, |ui| counters(ui, app));
            false
        } else {
            let content = |ui: &mut Ui| ui.horizontal_centered(|ui| text_and_cross(ui, notice)).inner;
            status.frame(frame(ui, notice)).show(ui, content).inner
        };
        (dismissed || is_expired).then(|| Command::DismissNotice.into())
    }

    /// Shows a problem in a row of its own; returns the action that dismisses it when the user presses the cross.
    pub(super) fn show_notice(ui: &mut Ui, app: &App) -> Option<Action> {
        let notice = app.notice().filter(|notice| notice.problem)?;
        let frame = frame(ui, notice).inner_margin(Margin { top: 4, bottom: 4, ..MARGIN });
        let panel = Panel::bottom("notice").frame(frame);
        let dismissed = panel.show(ui, |ui| ui.horizontal(|ui| text_and_cross(ui, notice)).inner).inner;
        dismissed.then(|| Command::DismissNotice.into())
    }
}

const MARGIN: Margin = Margin { left: 16, right: 11, top: 0, bottom: 0 };

fn frame(ui: &Ui, notice: &Notice) -> Frame {
    let palette = Palette::of(ui);
    let fill = if notice.problem { palette.problem_soft } else { palette.accent_soft };
    Frame::new().fill(fill).inner_margin(MARGIN)
}

/// The most lines of a problem that are shown. Its tooltip and the log have all of it.
const MAX_ROWS: usize = 4;
/// Width of the icon, the cross and the space around the text.
const AROUND_TEXT: f32 = ICON_BUTTON + size::GAP + 21.0;

/// Adds a notice's icon, its text and a cross; returns whether the cross was pressed.
fn text_and_cross(ui: &mut Ui, notice: &Notice) -> bool {
    let palette = Palette::of(ui);
    let (icon, color) =
        if notice.problem { (Icon::Problem, palette.problem) } else { (Icon::Check, palette.accent) };
    let width = ui.available_width() - AROUND_TEXT;
    let mut job = LayoutJob::simple(notice.text.clone(), theme::small(), palette.text, width);
    job.wrap.max_rows = if notice.problem { MAX_ROWS } else { 1 };
    let galley = ui.painter().layout_job(job.clone());
    let height = galley.size().y.max(ICON_BUTTON);
    let (square, _) = ui.allocate_exact_size(vec2(13.0, height), Sense::hover());
    icon::paint(ui.painter(), icon, Rect::from_center_size(square.center(), vec2(13.0, 13.0)), color);
    ui.allocate_ui_with_layout(vec2(width, height), Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_width(width);
        ui.add(Label::new(job).wrap());
    });
    icon_button(ui, Icon::Cross, "Dismiss", None).clicked()
}

/// The longest accept queue that is drawn with boxes. A longer one is shown only as numbers.
const MAX_BOXES: u16 = 16;
/// A bar narrower than this lacks the boxes and the total number of clients.
const MEDIUM: f32 = 900.0;
/// A bar narrower than this also lacks the data rate.
const NARROW: f32 = 600.0;

/// Shows the counters. Each has room for the largest usual value, so that the others keep their places.
fn counters(ui: &mut Ui, app: &App) {
    let counters = app.counters();
    let width = ui.available_width();
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 20.0;
        ui.add_space(size::EDGE);
        let now = format!("{} now", text::count(counters.clients_now, "client"));
        let total = format!("{} in all", with_thousands(counters.clients_total));
        if width >= MEDIUM {
            let about = "Clients connected now, and since the start";
            item(ui, &format!("{now}, {total}"), "1,000 clients now, 10,000 in all", about);
        } else {
            item(ui, &now, "1,000 clients now", &format!("Clients connected now; {total} since the start"));
        }
        let received = format!("↓ {}", text::bytes(counters.bytes_received));
        item(ui, &received, "↓ 999.9 MB", "Received from clients");
        item(ui, &format!("↑ {}", text::bytes(counters.bytes_sent)), "↑ 999.9 MB", "Sent back to clients");
        if let Some(queue) = app.accept_queue() {
            accept_queue(ui, &queue, width >= MEDIUM);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(size::EDGE);
            if width >= NARROW {
                let rate = format!("{}/s", text::bytes(app.rate()));
                item(ui, &rate, "999.9 MB/s", "Bytes a second, both ways together");
            }
            if let Some(caution) = app.key_log_caution() {
                let color = Palette::of(ui).caution;
                ui.label(RichText::new("TLS key log is on").small().color(color)).on_hover_text(caution);
            }
        });
    });
}

/// Shows a text in as much room as the `widest` usual one needs.
fn item(ui: &mut Ui, text: &str, widest: &str, about: &str) {
    let width = text_width(ui, widest, theme::small()).max(text_width(ui, text, theme::small()));
    let (room, layout) = (vec2(width.ceil(), ui.available_height()), *ui.layout());
    ui.allocate_ui_with_layout(room, layout, |ui| {
        ui.set_min_width(room.x);
        ui.label(RichText::new(text).small().weak()).on_hover_text(about);
    });
}

/// Shows the accept queue: a box for each place, filled if a client waits there, and the numbers.
fn accept_queue(ui: &mut Ui, queue: &AcceptQueueStatus, draws_boxes: bool) {
    let about = format!(
        "The accept queue: clients that the system has let in and the server has not accepted yet. {} {}",
        queue.next, queue.about
    );
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        item(ui, "backlog", "", &about);
        let is_short = draws_boxes && queue.room <= u32::from(MAX_BOXES);
        if let Some(waiting) = queue.waiting.filter(|_| is_short) {
            gauge(ui, waiting, queue.room, vec2(8.0, 12.0), MAX_BOXES, &queue.label).on_hover_text(&about);
        }
        let paused = if queue.paused { " · paused" } else { "" };
        item(ui, &format!("{}{paused}", queue.label), "", &about);
    });
}
