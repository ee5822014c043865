//! The program itself: line numbers, the text in colour, to be selected and copied, and the marks beside it.

use std::sync::Arc;

use egui::epaint::text::PlacedRow;
use egui::text::LayoutJob;
use egui::{
    Align, Align2, Color32, Frame, Galley, Id, Margin, Pos2, Rect, Role, ScrollArea, Sense, Shape, Stroke,
    StrokeKind, TextEdit, TextFormat, Ui, WidgetInfo, pos2, vec2,
};

use crate::python::Program;
use crate::python::tokens::{self, Kind};
use crate::ui::tabs::python::focus;
use crate::ui::tabs::python::marks::{Mark, NAMED, Piece};
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::icon::{self, Icon};

/// The program as it was last laid out.
#[derive(Debug, Default)]
pub(in crate::ui) struct Listing {
    program: Option<Arc<Program>>,
    text: String,
    /// Whether the colours are those of the dark theme.
    dark: bool,
    job: LayoutJob,
    /// The line that was last brought into view.
    focused: Option<usize>,
}

/// Left of the text: the sign of who is there, and the number.
const GUTTER: f32 = 54.0;
/// Right of the text: how often a line ran.
const COUNTS: f32 = 62.0;
/// Lines above the one that is brought into view.
const ABOVE: f32 = 4.0;
/// Between two pieces of what stands beside a line.
const APART: f32 = 6.0;
/// Between the text and what stands beside it.
const BESIDE: f32 = 14.0;

impl Listing {
    /// Shows the program. `bring_into_view`: whether the line that matters is to be in view, also where it was before.
    pub(in crate::ui) fn show(
        &mut self,
        ui: &mut Ui,
        program: &Arc<Program>,
        marks: &[Mark],
        bring_into_view: bool,
    ) {
        self.lay_out(ui, program);
        let area = ui.available_rect_before_wrap();
        let wanted = focus(marks);
        let scroll = wanted.filter(|line| bring_into_view || self.focused != Some(*line));
        self.focused = wanted;
        ScrollArea::both().id_salt("program").auto_shrink(false).show(ui, |ui| {
            let ground = ui.painter().add(Shape::Noop);
            let job = self.job.clone();
            let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
            let wide = (galley.size().x + GUTTER + COUNTS).max(area.width());
            let margin = Margin { left: 54, right: 62, top: 8, bottom: 8 };
            let output = TextEdit::multiline(&mut self.text.as_str())
                .id(Id::unique("program text"))
                .frame(Frame::new().inner_margin(margin))
                .min_size(vec2(wide, area.height()))
                .desired_width(f32::INFINITY)
                .layouter(&mut |_, _, _| Arc::clone(&galley))
                .show(ui);
            output.response.widget_info(|| {
                let mut info = WidgetInfo::labeled(Role::TextInput, true, "The program");
                info.current_text_value = Some(self.text.clone());
                info
            });
            let rows = Rows { galley: &output.galley, at: output.galley_pos, area };
            if let Some(line) = scroll {
                // What comes next is read downwards from there. Scrolling leaves a space above, in which a part of one more
                // line would show.
                let above = vec2(0.0, ABOVE * size::CODE_ROW - ui.spacing().item_spacing.y);
                let rect = Rect::from_min_max(rows.rect(line).min - above, rows.rect(line).max);
                ui.scroll_to_rect(rect, Some(Align::Min));
            }
            ui.painter().set(ground, rows.grounds(marks, Palette::of(ui)));
            rows.edges(ui, marks);
            for mark in marks {
                rows.mark(ui, mark);
            }
        });
    }

    fn lay_out(&mut self, ui: &Ui, program: &Arc<Program>) {
        let dark = ui.visuals().dark_mode;
        let known = self.program.as_ref().is_some_and(|known| Arc::ptr_eq(known, program));
        if known && self.dark == dark {
            return;
        }
        self.text = program.text();
        // The last line's end would be shown as one line more.
        self.text.pop();
        self.dark = dark;
        self.job = coloured(program, Palette::of(ui));
        self.program = Some(Arc::clone(program));
    }
}

fn coloured(program: &Program, palette: &Palette) -> LayoutJob {
    let mut job = LayoutJob::default();
    job.wrap.max_width = f32::INFINITY;
    let format = |ink| TextFormat {
        line_height: Some(size::CODE_ROW),
        valign: Align::Center,
        ..TextFormat::simple(theme::mono(), ink)
    };
    let lines = program.lines.iter().map(|line| line.text.as_str());
    for (number, (line, pieces)) in lines.clone().zip(tokens::tokens(lines)).enumerate() {
        if number > 0 {
            job.append("\n", 0.0, format(palette.text));
        }
        for (range, kind) in pieces {
            let ink = match kind {
                Kind::Plain => palette.text,
                Kind::Keyword => palette.code_keyword,
                Kind::Text => palette.code_text,
                Kind::Comment => palette.muted,
                Kind::Number => palette.code_number,
            };
            job.append(&line[range], 0.0, format(ink));
        }
    }
    job
}

/// Where the lines stand.
struct Rows<'a> {
    galley: &'a Galley,
    at: Pos2,
    /// What is in view; the edges stay there however far the text is scrolled.
    area: Rect,
}

impl Rows<'_> {
    /// A line over the whole width of the view.
    fn rect(&self, line: usize) -> Rect {
        let row = self.galley.rows.get(line).map_or(Rect::ZERO, PlacedRow::rect);
        Rect::from_x_y_ranges(self.area.x_range(), row.y_range()).translate(vec2(0.0, self.at.y))
    }

    /// Where a line's text ends.
    fn end(&self, line: usize) -> f32 {
        self.at.x + self.galley.rows.get(line).map_or(0.0, |row| row.rect().right())
    }

    /// What lies under the lines at which somebody is, or was a moment ago.
    fn grounds(&self, marks: &[Mark], palette: &Palette) -> Shape {
        let ground = |mark: &Mark| {
            let fill = match (mark.lit, mark.is_occupied()) {
                (true, _) => palette.accent_soft,
                (false, true) => palette.row_selected,
                (false, false) => return None,
            };
            Some(Shape::rect_filled(self.rect(mark.line), 0.0, fill))
        };
        Shape::Vec(marks.iter().filter_map(ground).collect())
    }

    /// The numbers at the left and the counts at the right, over whatever is scrolled below them.
    fn edges(&self, ui: &Ui, marks: &[Mark]) {
        let palette = Palette::of(ui);
        let left = self.area.with_max_x(self.area.left() + GUTTER - size::GAP);
        ui.painter().rect_filled(left, 0.0, palette.canvas);
        let in_view = |rect: &Rect| self.area.y_range().intersects(rect.y_range());
        for line in 0..self.galley.rows.len() {
            let rect = self.rect(line);
            if !in_view(&rect) {
                continue;
            }
            let mark = marks.iter().find(|mark| mark.line == line);
            let occupied = mark.is_some_and(Mark::is_occupied);
            let ink = match occupied {
                true if mark.is_some_and(Mark::halts) => palette.caution,
                true => palette.accent,
                false => palette.muted,
            };
            if occupied {
                let centre = pos2(rect.left() + 12.0, rect.center().y);
                icon::paint(ui.painter(), Icon::Play, Rect::from_center_size(centre, vec2(10.0, 10.0)), ink);
            }
            let at = pos2(left.right() - size::GAP, rect.center().y);
            ui.painter().text(at, Align2::RIGHT_CENTER, line + 1, theme::mono(), ink);
        }
    }

    /// Who is at a line, and how often it ran: after the text where there is room, otherwise over its end.
    fn mark(&self, ui: &Ui, mark: &Mark) {
        let palette = Palette::of(ui);
        let rect = self.rect(mark.line);
        let ground = match (mark.lit, mark.is_occupied()) {
            (true, _) => palette.accent_soft,
            (false, true) => palette.row_selected,
            (false, false) => palette.canvas,
        };
        let ink = if mark.lit { palette.accent } else { palette.muted };
        let count = ui.painter().layout_no_wrap(mark.count(), theme::mono(), ink);
        let right = rect.right() - COUNTS.max(count.size().x + size::EDGE + size::GAP);
        let after = self.end(mark.line) + BESIDE;
        // Fewer are named rather than that the line itself is covered.
        let fits = |named: &usize| after + width(&Self::pieces(ui, mark, *named)) <= right;
        let named = [NAMED, 2].into_iter().find(fits).unwrap_or(1);
        let pieces = Self::pieces(ui, mark, named);
        let left = after.min(right - width(&pieces)).max(rect.left() + GUTTER);
        if !pieces.is_empty() || mark.made > 0 {
            let cover = if pieces.is_empty() { right } else { left - 6.0 };
            ui.painter().rect_filled(rect.with_min_x(cover), 0.0, ground);
        }
        let mut x = left;
        for Laid { galley, ink, padding } in pieces {
            let width = galley.size().x + 2.0 * padding;
            if padding > 0.0 {
                let place = Rect::from_min_size(pos2(x, rect.top() + 1.5), vec2(width, rect.height() - 3.0));
                let outline = Stroke::new(1.0, ink);
                ui.painter().rect(place, size::RADIUS, palette.canvas, outline, StrokeKind::Inside);
            }
            let at = pos2(x + padding, rect.center().y - galley.size().y / 2.0);
            ui.painter().galley(at, galley, ink);
            x += width + APART;
        }
        let at = pos2(rect.right() - size::EDGE - count.size().x, rect.center().y - count.size().y / 2.0);
        ui.painter().galley(at, count, ink);
        let said = Rect::from_x_y_ranges(left..=rect.right(), rect.y_range());
        let response = ui.interact(said, Id::unique("mark").with(mark.line), Sense::hover());
        let words = mark.words();
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
    }

    fn pieces(ui: &Ui, mark: &Mark, named: usize) -> Vec<Laid> {
        let palette = Palette::of(ui);
        let laid = |piece| {
            let (text, ink, padding) = match piece {
                Piece::Client(id) => (id.to_string(), palette.client(id.0), 5.0),
                Piece::Words(words) => (words, palette.accent, 0.0),
                Piece::Halt(words) => (words, palette.caution, 0.0),
            };
            Laid { galley: ui.painter().layout_no_wrap(text, theme::small(), ink), ink, padding }
        };
        mark.pieces(named).into_iter().map(laid).collect()
    }
}

/// A piece of what stands beside a line, laid out. A chip has its outline so far from its text.
struct Laid {
    galley: Arc<Galley>,
    ink: Color32,
    padding: f32,
}

/// How much room pieces take side by side.
fn width(pieces: &[Laid]) -> f32 {
    pieces.iter().map(|piece| piece.galley.size().x + 2.0 * piece.padding + APART).sum()
}
