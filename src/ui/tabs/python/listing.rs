//! The program's text, which can be selected and copied. Line numbers are on the left; the threads at each line, and
//! how often it ran, are on the right.

use std::sync::Arc;

use egui::epaint::text::PlacedRow;
use egui::text::LayoutJob;
use egui::{
    Align, Align2, Color32, Frame, Galley, Id, Margin, Pos2, Rect, Role, ScrollArea, Sense, Shape, TextEdit,
    TextFormat, Ui, WidgetInfo, pos2, vec2,
};

use crate::python::Program;
use crate::python::tokens::{TokenKind, tokens};
use crate::server::calls::Call;
use crate::text::with_thousands;
use crate::ui::tabs::python::line_status::{LabelPart, LineStatus, MAX_NAMED};
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::icon::{self, Icon};

/// The width to the left of the text, for an icon and the line number.
const GUTTER: f32 = 54.0;
/// The width to the right of the text, for how often a line ran.
const COUNTS: f32 = 62.0;
/// The number of lines above the one that is scrolled to.
const LINES_ABOVE: f32 = 4.0;
/// The distance between a line's text and its label.
const LABEL_SPACING: f32 = 14.0;

/// Shows the program. Scrolls the line `scrolled_to`, if there is one, to a place near the top.
pub(crate) fn show(ui: &mut Ui, program: &Program, statuses: &[LineStatus], scrolled_to: Option<usize>) {
    let view = ui.available_rect_before_wrap();
    let palette = Palette::of(ui);
    // The last line's line feed would show as an empty line.
    let text = program.text();
    let text = text.trim_end();
    ScrollArea::both().id_salt("program").auto_shrink(false).show(ui, |ui| {
        let background = ui.painter().add(Shape::Noop);
        let galley = ui.fonts_mut(|fonts| fonts.layout_job(syntax_colored(program, palette)));
        let width = (galley.size().x + GUTTER + COUNTS).max(view.width());
        let output = TextEdit::multiline(&mut &*text)
            .id(Id::unique("program text"))
            .frame(Frame::new().inner_margin(Margin { left: 54, right: 62, top: 8, bottom: 8 }))
            .min_size(vec2(width, view.height()))
            .desired_width(f32::INFINITY)
            .layouter(&mut |_, _, _| Arc::clone(&galley))
            .show(ui);
        output.response.widget_info(|| {
            let mut info = WidgetInfo::labeled(Role::TextInput, true, "The program");
            info.current_text_value = Some(text.to_owned());
            info
        });
        let rows = ListingRows { galley: &output.galley, at: output.galley_pos, view };
        if let Some(line) = scrolled_to {
            let mut rect = rows.rect(line);
            // egui also scrolls the item spacing into view, where part of another line would show.
            rect.min.y -= LINES_ABOVE * size::CODE_ROW - ui.spacing().item_spacing.y;
            ui.scroll_to_rect(rect, Some(Align::Min));
        }
        let backgrounds = statuses.iter().filter_map(|status| {
            Some(Shape::rect_filled(rows.rect(status.line), 0.0, background_color(status, palette)?))
        });
        ui.painter().set(background, Shape::Vec(backgrounds.collect()));
        rows.paint_gutter(ui, statuses);
        for status in statuses {
            rows.show_status(ui, status);
        }
    });
}

/// Returns the line of a paused thread, or else of the thread that waits for clients.
pub(crate) fn line_of_interest(statuses: &[LineStatus]) -> Option<usize> {
    let is_accepting = |status: &&LineStatus| status.call == Some(Call::Accept) && status.is_occupied();
    let paused = statuses.iter().find(|status| status.has_paused());
    paused.or_else(|| statuses.iter().find(is_accepting)).map(|status| status.line)
}

fn syntax_colored(program: &Program, palette: &Palette) -> LayoutJob {
    let mut job = LayoutJob::default();
    job.wrap.max_width = f32::INFINITY;
    let format = |color| TextFormat {
        line_height: Some(size::CODE_ROW),
        valign: Align::Center,
        ..TextFormat::simple(theme::mono(), color)
    };
    let lines = program.lines.iter().map(|line| line.text.as_str());
    for (index, (line, tokens)) in lines.clone().zip(tokens(lines)).enumerate() {
        if index > 0 {
            job.append("\n", 0.0, format(palette.text));
        }
        for (range, kind) in tokens {
            let color = match kind {
                TokenKind::Plain => palette.text,
                TokenKind::Keyword => palette.clients[1],
                TokenKind::Text => palette.good,
                TokenKind::Comment => palette.muted,
                TokenKind::Number => palette.caution,
            };
            job.append(&line[range], 0.0, format(color));
        }
    }
    job
}

fn background_color(status: &LineStatus, palette: &Palette) -> Option<Color32> {
    if status.highlighted {
        Some(palette.accent_soft)
    } else {
        status.is_occupied().then_some(palette.row_selected)
    }
}

/// The laid-out lines of the program, and where they are.
struct ListingRows<'a> {
    galley: &'a Galley,
    at: Pos2,
    /// The visible area. The gutter and the counts stay at its sides while the text scrolls sideways.
    view: Rect,
}

impl ListingRows<'_> {
    /// Returns a line's rectangle over the whole width of the view.
    fn rect(&self, line: usize) -> Rect {
        let row = self.galley.rows.get(line).map_or(Rect::ZERO, PlacedRow::rect);
        Rect::from_x_y_ranges(self.view.x_range(), row.y_range()).translate(vec2(0.0, self.at.y))
    }

    /// Paints the line numbers, and an icon at each line that has a thread, over the scrolled text.
    fn paint_gutter(&self, ui: &Ui, statuses: &[LineStatus]) {
        let palette = Palette::of(ui);
        let gutter = self.view.with_max_x(self.view.left() + GUTTER - size::GAP);
        ui.painter().rect_filled(gutter, 0.0, palette.canvas);
        for line in 0..self.galley.rows.len() {
            let rect = self.rect(line);
            if !self.view.y_range().intersects(rect.y_range()) {
                continue;
            }
            let status = statuses.iter().find(|status| status.line == line && status.is_occupied());
            let color = match status {
                Some(status) if status.has_paused() => palette.caution,
                Some(_) => palette.accent,
                None => palette.muted,
            };
            if status.is_some() {
                let center = pos2(rect.left() + 12.0, rect.center().y);
                let icon = Rect::from_center_size(center, vec2(10.0, 10.0));
                icon::paint(ui.painter(), Icon::Play, icon, color);
            }
            let at = pos2(gutter.right() - size::GAP, rect.center().y);
            ui.painter().text(at, Align2::RIGHT_CENTER, line + 1, theme::mono(), color);
        }
    }

    /// Shows which threads are at a line and how often it ran: after the text if there is room, or else over its end.
    fn show_status(&self, ui: &Ui, status: &LineStatus) {
        let palette = Palette::of(ui);
        let rect = self.rect(status.line);
        let count_color = if status.highlighted { palette.accent } else { palette.muted };
        let made = match status.made {
            0 => String::new(),
            made => format!("{}×", with_thousands(made)),
        };
        let count = ui.painter().layout_no_wrap(made, theme::mono(), count_color);
        let right = rect.right() - COUNTS.max(count.size().x + size::EDGE + size::GAP);
        let text_end = self.galley.rows.get(status.line).map_or(0.0, |row| row.rect().right());
        let after_text = self.at.x + text_end + LABEL_SPACING;
        // Showing fewer clients is better than covering the line's text.
        let labels = [MAX_NAMED, 2, 1].map(|max_named| lay_out_label(ui, status, max_named));
        let fits = |label: &&Arc<Galley>| after_text + label.size().x <= right;
        let label = labels.iter().find(fits).unwrap_or(&labels[2]);
        let left = after_text.min(right - label.size().x).max(rect.left() + GUTTER);
        if !label.is_empty() || status.made > 0 {
            let cover = if label.is_empty() { right } else { left - 6.0 };
            let color = background_color(status, palette).unwrap_or(palette.canvas);
            ui.painter().rect_filled(rect.with_min_x(cover), 0.0, color);
        }
        let at = pos2(left, rect.center().y - label.size().y / 2.0);
        ui.painter().galley(at, Arc::clone(label), palette.text);
        let at = pos2(rect.right() - size::EDGE - count.size().x, rect.center().y - count.size().y / 2.0);
        ui.painter().galley(at, count, count_color);
        let described = Rect::from_x_y_ranges(left..=rect.right(), rect.y_range());
        let response = ui.interact(described, Id::unique("mark").with(status.line), Sense::hover());
        let description = status.description();
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &description));
    }
}

fn lay_out_label(ui: &Ui, status: &LineStatus, max_named: usize) -> Arc<Galley> {
    let palette = Palette::of(ui);
    let mut job = LayoutJob::default();
    for part in status.label(max_named) {
        let (text, color) = match part {
            LabelPart::Client(id) => (id.to_string(), palette.client(id.0)),
            LabelPart::Text(text) => (text, palette.accent),
            LabelPart::Paused(text) => (text, palette.caution),
        };
        job.append(&text, 6.0, TextFormat::simple(theme::small(), color));
    }
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}
