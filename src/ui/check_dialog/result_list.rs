//! The list of all checks by group, with the verdict of each. A row opens its evidence and explanation.

use egui::style::ScrollAnimation;
use egui::text::LayoutJob;
use egui::{Button, Color32, Label, Margin, Rect, Response, ScrollArea, TextFormat, Ui, WidgetText, vec2};

use crate::app::CheckRun;
use crate::check::{self, CheckResult, CheckVerdict, Report, ServerCheck};
use crate::ui::dialog_layout::mono;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{copy_box, move_focus_by_keys};
use crate::ui::widgets::dialog::Dialog;
use crate::ui::widgets::field::{heading, named, small};
use crate::ui::widgets::icon::Icon;

/// Smallest height of the list. In a shorter window, it scrolls together with what is above it.
const MIN_HEIGHT: f32 = 140.0;
/// How far the details of a row are to the right of it.
const INDENT: i8 = 37;
/// A reason for skipping a check that is at most this long, in bytes, is shown beside its title.
const SHORT_REASON: usize = 40;

/// The state of the list.
#[derive(Debug, Default)]
pub(super) struct ResultList {
    /// The name of the check whose details are shown.
    opened: Option<&'static str>,
    /// The name of the check that was last scrolled to, and whether that was after the run. The user may scroll on.
    scrolled_to: Option<(bool, &'static str)>,
    /// Whether the run has ended, and the first failed check was opened.
    has_ended: bool,
}

impl ResultList {
    /// Shows the list in the height that `above` leaves.
    pub(super) fn show(&mut self, ui: &mut Ui, run: &CheckRun, above: f32) {
        if let Some(report) = run.report()
            && !std::mem::replace(&mut self.has_ended, true)
        {
            self.opened = report.first_failed().map(|result| result.check.name);
        }
        let current = if self.has_ended {
            // Without a failed check, the list is shown from its beginning.
            let first_failed = run.report().and_then(Report::first_failed).map(|result| result.check.name);
            first_failed.or(check::CHECKS.first().map(|check| check.name))
        } else {
            run.current().map(|check| check.name)
        };
        let height = (Dialog::contents_height(ui) - above - size::GAP).max(MIN_HEIGHT);
        let area = ScrollArea::vertical().id_salt("checks").auto_shrink([false, true]).max_height(height);
        area.min_scrolled_height(height).show(ui, |ui| {
            ui.set_width(ui.available_width() - size::SCROLL_BAR);
            ui.spacing_mut().item_spacing.y = 1.0;
            let mut rows = Vec::new();
            for (title, checks) in check::groups() {
                ui.add_space(size::GAP);
                // A scroll to the first row of a group also shows its heading.
                let mut top = heading(ui, title).rect.top() - size::GAP;
                for check in checks {
                    let result = run.results().iter().find(|result| result.check.name == check.name);
                    let row = self.row(ui, run, check, result);
                    if current == Some(check.name) && self.scrolled_to != Some((self.has_ended, check.name)) {
                        self.scrolled_to = Some((self.has_ended, check.name));
                        // With the open details, or as much of them as there is room for.
                        let bottom = ui.min_rect().bottom().min(top + height);
                        let rect = Rect::from_x_y_ranges(row.rect.x_range(), top..=bottom);
                        ui.scroll_to_rect_animation(rect, None, ScrollAnimation::none());
                    }
                    rows.push(row);
                    top = ui.min_rect().bottom();
                }
            }
            move_focus_by_keys(ui, &rows);
        });
    }

    /// Shows a check: a symbol, its title and its verdict; below them what was found, unless it passed.
    fn row(
        &mut self,
        ui: &mut Ui,
        run: &CheckRun,
        check: &'static ServerCheck,
        result: Option<&CheckResult>,
    ) -> Response {
        let palette = Palette::of(ui);
        let is_current = run.current().is_some_and(|current| current.name == check.name);
        let (symbol, word, color) = match result.map(|result| result.outcome.verdict) {
            Some(verdict) => (verdict.symbol(), verdict.name(), verdict_color(palette, verdict)),
            None if is_current => ('●', "running", palette.accent),
            None => (' ', "waiting", palette.muted),
        };
        let is_open = self.opened == Some(check.name);
        let mut job = LayoutJob::default();
        job.append(&symbol.to_string(), 0.0, TextFormat::simple(theme::mono(), color));
        job.append(check.title, size::GAP, TextFormat::simple(theme::text(), palette.text));
        let chevron = if is_open { Icon::ChevronDown } else { Icon::ChevronRight };
        let finding = result.map(|result| result.outcome.finding.as_str()).unwrap_or_default();
        let is_skipped = result.is_some_and(|result| result.outcome.verdict == CheckVerdict::Skipped);
        let has_short_reason = is_skipped && finding.len() <= SHORT_REASON;
        let word = if has_short_reason { format!("{word}: {finding}") } else { word.to_owned() };
        let verdict = egui::RichText::new(&word).small().color(color);
        let button = Button::new((chevron.atom(10.0), job)).right_text(verdict).truncate().small();
        let button = button.frame_when_inactive(false).min_size(vec2(ui.available_width(), size::CHIP));
        let row = ui.add_enabled(result.is_some(), button);
        let row = row.accessible_name(format!("{}: {word}", check.title));
        ui.ctx().accesskit_node_builder(row.id, |node| node.set_expanded(is_open));
        if row.clicked() {
            self.opened = (!is_open).then_some(check.name);
        }
        if row.gained_focus() {
            row.scroll_to_me_animation(None, ScrollAnimation::none());
        }
        let is_passed = result.is_some_and(|result| result.outcome.verdict == CheckVerdict::Passed);
        if let Some(result) = result.filter(|_| is_open || !(is_passed || has_short_reason)) {
            let margin = Margin { left: INDENT, right: 4, top: 0, bottom: if is_open { 8 } else { 2 } };
            egui::Frame::new().inner_margin(margin).show(ui, |ui| {
                small(ui, finding);
                if is_open {
                    ui.spacing_mut().item_spacing.y = 4.0;
                    ui.add_space(size::GAP);
                    details(ui, result);
                }
            });
        }
        row
    }
}

fn verdict_color(palette: &Palette, verdict: CheckVerdict) -> Color32 {
    match verdict {
        CheckVerdict::Passed => palette.good,
        CheckVerdict::Failed => palette.problem,
        CheckVerdict::Skipped => palette.muted,
        CheckVerdict::Observed => palette.accent,
    }
}

/// Shows the evidence, the likely mistake with a right line, and what the check does.
fn details(ui: &mut Ui, result: &CheckResult) {
    for (label, text) in result.details() {
        match label {
            "sent" => named(ui, "Sent", |ui| drop(mono(ui, &text))),
            "received" => named(ui, "Received", |ui| drop(mono(ui, &text))),
            "difference" => value(ui, "Difference", text),
            "stderr" => named(ui, "Printed on stderr", |ui| drop(mono(ui, &text))),
            "likely mistake" => value(ui, "Likely mistake", theme::bold(text)),
            "right" => named(ui, "Right in Python", |ui| copy_box(ui, "Copy the line", &text, usize::MAX)),
            _ => {}
        }
    }
    value(ui, "The check", result.check.about);
    value(ui, "Source", result.check.source);
}

/// Shows a value that wraps, since a text beside a label would otherwise widen the dialog.
fn value(ui: &mut Ui, name: &str, text: impl Into<WidgetText>) {
    named(ui, name, |ui| drop(ui.add(Label::new(text).wrap())));
}
