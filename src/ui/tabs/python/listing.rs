//! The program's text, which can be selected and copied. Line numbers are on the left; the threads at each line, and
//! how often it ran, are on the right. Below a line where a thread is paused are the thread's variables, and below the
//! program is what the server does beyond it.

use std::sync::Arc;

use egui::epaint::text::PlacedRow;
use egui::text::{LayoutJob, TextWrapping};
use egui::{
    Align, Align2, Color32, Frame, Galley, Id, Margin, Pos2, Rect, Role, ScrollArea, Sense, Shape, TextEdit,
    TextFormat, Ui, WidgetInfo, pos2, vec2,
};

use crate::python::Program;
use crate::python::tokens::{TokenKind, tokens};
use crate::server::event::ClientId;
use crate::text::with_thousands;
use crate::ui::tabs::python::line_status::{LabelPart, LineStatus, MAX_NAMED};
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::char_width;
use crate::ui::widgets::field::small;
use crate::ui::widgets::icon::{self, Icon};

/// The width to the left of the text, for an icon and the line number.
const GUTTER: f32 = 54.0;
/// The width to the right of the text, for how often a line ran.
const COUNTS: f32 = 62.0;
/// The number of lines above the one that is scrolled to.
const LINES_ABOVE: f32 = 4.0;
/// The distance between a line's text and its label.
const LABEL_SPACING: f32 = 14.0;
/// The width of the area for the tooltip of a line without room for a label.
const MIN_LABEL: f32 = 60.0;
/// In a listing narrower than this, variables begin at the left, and otherwise below the line's text.
const NARROW: f32 = 560.0;
/// The indentation of every line that makes a call, at least.
const INDENTATION: usize = 4;

/// Shows the program. Scrolls the line `scrolled_to`, if there is one, to a place near the top.
pub(crate) fn show(ui: &mut Ui, program: &Program, statuses: &[LineStatus], scrolled_to: Option<usize>) {
    let view = ui.available_rect_before_wrap();
    let palette = Palette::of(ui);
    // The last line's line feed would show as an empty line.
    let text = program.text();
    let text = text.trim_end();
    ScrollArea::both().id_salt("program").auto_shrink(false).show(ui, |ui| {
        let background = ui.painter().add(Shape::Noop);
        let galley = ui.fonts_mut(|fonts| fonts.layout_job(syntax_colored(program, statuses, palette)));
        let width = (galley.size().x + GUTTER + COUNTS).max(view.width());
        let output = TextEdit::multiline(&mut &*text)
            .id(Id::unique("program text"))
            .frame(Frame::new().inner_margin(Margin { left: 54, right: 62, top: 8, bottom: 8 }))
            .min_size(vec2(width, 0.0))
            .desired_width(f32::INFINITY)
            .layouter(&mut |_, _, _| Arc::clone(&galley))
            .show(ui);
        output.response.widget_info(|| {
            let mut info = WidgetInfo::labeled(Role::TextInput, true, "The program");
            info.current_text_value = Some(text.to_owned());
            info
        });
        let rows = ListingRows { program, galley: &output.galley, at: output.galley_pos, view };
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
        show_notes(ui, program, view.width() - GUTTER - size::EDGE);
    });
}

/// Shows what the server does beyond the program, below the program's text.
fn show_notes(ui: &mut Ui, program: &Program, width: f32) {
    ui.horizontal_top(|ui| {
        ui.add_space(GUTTER);
        ui.vertical(|ui| {
            ui.set_max_width(width);
            ui.spacing_mut().item_spacing.y = 3.0;
            small(ui, "Beyond this program, the server");
            for note in &program.notes {
                small(ui, format!("·  {note}"));
            }
            ui.add_space(size::GAP);
        });
    });
}

/// Returns the colored text. A line with variables is twice as high, with its text in the upper half.
fn syntax_colored(program: &Program, statuses: &[LineStatus], palette: &Palette) -> LayoutJob {
    let mut job = LayoutJob::default();
    job.wrap.max_width = f32::INFINITY;
    let format = |color| TextFormat {
        line_height: Some(size::CODE_ROW),
        valign: Align::TOP,
        ..TextFormat::simple(theme::mono(), color)
    };
    let lines = program.lines.iter().map(|line| line.text.as_str());
    for (index, (line, tokens)) in lines.clone().zip(tokens(lines)).enumerate() {
        if index > 0 {
            job.append("\n", 0.0, format(palette.text));
        }
        let mut start = 0;
        if statuses.iter().any(|status| status.line == index && !status.variables.is_empty()) {
            start = INDENTATION.min(line.len());
            let line_height = Some(2.0 * size::CODE_ROW);
            job.append(&line[..start], 0.0, TextFormat { line_height, ..format(palette.text) });
        }
        for (range, kind) in tokens {
            let range = range.start.max(start)..range.end.max(start);
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
    program: &'a Program,
    galley: &'a Galley,
    at: Pos2,
    /// The visible area. The gutter and the counts stay at its sides while the text scrolls sideways.
    view: Rect,
}

impl ListingRows<'_> {
    /// Returns a line's rectangle over the whole width of the view, with the space for variables below its text.
    fn rect(&self, line: usize) -> Rect {
        let row = self.galley.rows.get(line).map_or(Rect::ZERO, PlacedRow::rect);
        Rect::from_x_y_ranges(self.view.x_range(), row.y_range()).translate(vec2(0.0, self.at.y))
    }

    /// Returns the rectangle of a line's text over the whole width of the view.
    fn text_rect(&self, line: usize) -> Rect {
        let rect = self.rect(line);
        rect.with_max_y(rect.bottom().min(rect.top() + size::CODE_ROW))
    }

    /// Paints the line numbers, and an icon at each line that has a thread, over the scrolled text.
    fn paint_gutter(&self, ui: &Ui, statuses: &[LineStatus]) {
        let palette = Palette::of(ui);
        let gutter = self.view.with_max_x(self.view.left() + GUTTER - size::GAP);
        ui.painter().rect_filled(gutter, 0.0, palette.canvas);
        for line in 0..self.galley.rows.len() {
            let rect = self.text_rect(line);
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

    /// Shows which threads are at a line and how often it ran, after the text. A label that doesn't fit there is shortened
    /// or omitted, and the tooltip has all of it. Below the text are the variables of a paused thread.
    fn show_status(&self, ui: &Ui, status: &LineStatus) {
        let palette = Palette::of(ui);
        let (rect, line) = (self.text_rect(status.line), self.rect(status.line));
        let count_color = if status.highlighted { palette.accent } else { palette.muted };
        let made = match status.made {
            0 => String::new(),
            made => format!("{}×", with_thousands(made)),
        };
        let count = ui.painter().layout_no_wrap(made, theme::mono(), count_color);
        let right = rect.right() - COUNTS.max(count.size().x + size::EDGE + size::GAP);
        let text_end = self.galley.rows.get(status.line).map_or(0.0, |row| row.rect().right());
        let after_text = self.at.x + text_end + LABEL_SPACING;
        let full = [MAX_NAMED, 2, 1].map(|max_named| status.label(max_named));
        let short = [MAX_NAMED, 2, 1].map(|max_named| status.short_label(max_named));
        let fits = |label: &Arc<Galley>| after_text + label.size().x <= right;
        let find = |labels: &[Vec<LabelPart>]| labels.iter().map(|label| lay_out_label(ui, label)).find(fits);
        let full_label = find(&full);
        let is_complete = full_label.is_some() || !status.is_occupied();
        let label = full_label.or_else(|| find(&short));
        if status.made > 0 {
            let color = background_color(status, palette).unwrap_or(palette.canvas);
            ui.painter().rect_filled(rect.with_min_x(right), 0.0, color);
        }
        let left = if label.is_some() { after_text.max(rect.left() + GUTTER) } else { right - MIN_LABEL };
        if let Some(label) = label {
            let at = pos2(left, rect.center().y - label.size().y / 2.0);
            ui.painter().galley(at, label, palette.text);
        }
        let at = pos2(rect.right() - size::EDGE - count.size().x, rect.center().y - count.size().y / 2.0);
        ui.painter().galley(at, count, count_color);
        if !status.variables.is_empty() {
            let text = &self.program.lines[status.line].text;
            let indentation = if rect.width() < NARROW { 0 } else { text.len() - text.trim_start().len() };
            #[expect(clippy::cast_precision_loss, reason = "a few spaces")]
            let left = rect.left() + GUTTER + indentation as f32 * char_width(ui);
            let below =
                Rect::from_x_y_ranges(left..=rect.right() - size::EDGE, rect.bottom()..=line.bottom());
            let thread = status.variables_of.filter(|_| status.has_several_paused() || !is_complete);
            show_variables(ui, below, thread, status);
        }
        let described = Rect::from_x_y_ranges(left..=rect.right(), line.y_range());
        let response = ui.interact(described, Id::unique("mark").with(status.line), Sense::hover());
        let description = status.description();
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &description));
        if !is_complete {
            response.on_hover_text(description);
        }
    }
}

/// Shows the variables of a paused thread below the text of a line, after the thread's client if one is given.
fn show_variables(ui: &Ui, place: Rect, thread: Option<ClientId>, status: &LineStatus) {
    let palette = Palette::of(ui);
    let mut job = LayoutJob::default();
    let mono = |color| TextFormat::simple(theme::mono(), color);
    if let Some(id) = thread {
        job.append(&id.to_string(), 0.0, mono(palette.client(id.0)));
    }
    for (name, value) in &status.variables {
        let before = if job.is_empty() { 0.0 } else { LABEL_SPACING };
        job.append(&format!("{name} = "), before, mono(palette.muted));
        job.append(value, 0.0, mono(palette.text));
    }
    job.wrap = TextWrapping::truncate_at_width(place.width().max(1.0));
    let galley = ui.painter().layout_job(job);
    ui.painter().galley(pos2(place.left(), place.center().y - galley.size().y / 2.0), galley, palette.text);
}

fn lay_out_label(ui: &Ui, label: &[LabelPart]) -> Arc<Galley> {
    let palette = Palette::of(ui);
    let mut job = LayoutJob::default();
    for part in label {
        let (text, color) = match part {
            LabelPart::Client(id) => (&id.to_string(), palette.client(id.0)),
            LabelPart::Text(text) => (text, palette.accent),
            LabelPart::Paused(text) => (text, palette.caution),
        };
        job.append(text, 6.0, TextFormat::simple(theme::small(), color));
    }
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}
