//! One entry of a list in full: title, bytes in hexadecimal and as text, and an explanation.

use egui::text::{LayoutJob, TextWrapping};
use egui::{
    Align, Color32, FontId, Grid, Id, Label, Layout, Rect, RichText, Role, ScrollArea, Sense, TextFormat, Ui,
    UiBuilder, WidgetInfo, pos2, vec2,
};

use crate::log::format::{self, HexRow};
use crate::log::handshake_details::DetailRow;
use crate::server::event::ClientId;
use crate::settings::DataFormat;
use crate::ui::action::Action;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{collapsible, copy_pill, pill_button, text_width};
use crate::ui::widgets::virtual_list::{VirtualList, whole_rows};

/// The contents of a [`DetailView`].
#[derive(Default)]
pub(crate) struct DetailContent<'a> {
    /// The number of the entry. Another one is shown from its top.
    pub(crate) number: u64,
    pub(crate) title: String,
    /// Texts for the space beside the title, the longest first: the first that fits is shown.
    pub(crate) subtitles: Vec<String>,
    pub(crate) data: &'a [u8],
    /// The whole line of the entry, if it is worth repeating.
    pub(crate) line: Option<String>,
    /// The message of the OS or the library, shown on request.
    pub(crate) raw: Option<String>,
    pub(crate) explanation: String,
    pub(crate) rows: Vec<DetailRow>,
    /// The connection that a button shows in the Wire tab.
    pub(crate) connection: Option<ClientId>,
}

/// The state of the view.
#[derive(Debug, Default)]
pub(crate) struct DetailView {
    bytes: VirtualList,
    /// The entry of the last frame.
    shown: Option<u64>,
    show_raw: bool,
}

/// Below this width a row has 8 bytes, so that their text still fits beside them.
pub(crate) const NARROW: f32 = 560.0;
/// The space for the scroll bar at the right of a text.
const BAR: f32 = 8.0;

impl DetailView {
    /// Shows an entry in all the available space.
    pub(crate) fn show(
        &mut self,
        ui: &mut Ui,
        content: DetailContent<'_>,
        format: DataFormat,
    ) -> Option<Action> {
        let palette = Palette::of(ui);
        if self.shown.replace(content.number) != Some(content.number) {
            self.bytes.go_to_start();
        }
        let action = self.show_title(ui, &content, format);
        let area = ui.available_rect_before_wrap();
        let mut below = area;
        if !content.data.is_empty() {
            let (text, width) = (content.explanation.clone(), area.width() - BAR);
            let galley = ui.painter().layout(text, theme::text(), palette.muted, width);
            let room = area.height() - galley.size().y - size::GAP;
            below.min.y = self.show_bytes(ui, area, room, content.data) + size::GAP;
        }
        let mut child = ui.new_child(UiBuilder::new().max_rect(below));
        show_the_bar(&mut child);
        ScrollArea::vertical().auto_shrink(false).show(&mut child, |ui| {
            ui.set_width(ui.available_width() - BAR);
            ui.spacing_mut().item_spacing.y = 6.0;
            let paragraph = |ui: &mut Ui, text: String, font: FontId, color| {
                ui.add(Label::new(RichText::new(text).font(font).color(color)).wrap());
            };
            if let Some(line) = content.line {
                paragraph(ui, line, theme::mono(), palette.text);
            }
            if let Some(raw) = content.raw.filter(|_| self.show_raw) {
                paragraph(ui, raw, theme::mono(), palette.muted);
            }
            paragraph(ui, content.explanation, theme::text(), palette.muted);
            handshake_table(ui, &content.rows);
        });
        ui.advance_cursor_after_rect(area);
        action
    }

    /// Shows the title with a subtitle, and the buttons.
    fn show_title(&mut self, ui: &mut Ui, content: &DetailContent<'_>, format: DataFormat) -> Option<Action> {
        let palette = Palette::of(ui);
        let mut action = None;
        let is_wide = ui.available_width() >= NARROW;
        ui.horizontal(|ui| {
            ui.set_height(size::CHIP);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if !content.data.is_empty() {
                    if copy_pill(ui, "Copy data", "All of it, written as in the list") {
                        action = Some(Action::CopyText(format::data(content.data, format)));
                    }
                } else if content.raw.is_some() {
                    let label = if self.show_raw { "Hide raw text" } else { "Show raw text" };
                    let button = pill_button(ui, label);
                    if button.on_hover_text("The message of the OS or the library").clicked() {
                        self.show_raw = !self.show_raw;
                    }
                }
                if let Some(connection) = content.connection.filter(|_| is_wide)
                    && pill_button(ui, "Show on the wire")
                        .on_hover_text("Everything that was sent on this connection")
                        .clicked()
                {
                    action = Some(Action::ShowWire(connection));
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let title = RichText::new(&content.title).font(theme::strong(size::TEXT));
                    ui.add(Label::new(title.color(palette.text)).truncate());
                    let room = ui.available_width();
                    let fits = |text: &&String| text_width(ui, text, theme::mono()) <= room;
                    let Some(text) = content.subtitles.iter().find(fits) else { return };
                    let text = RichText::new(text).font(theme::mono()).color(palette.muted);
                    ui.add(Label::new(text).truncate());
                });
            });
        });
        action
    }

    /// Shows the bytes, at most `room` points high. Returns the lower edge.
    fn show_bytes(&mut self, ui: &mut Ui, area: Rect, room: f32, data: &[u8]) -> f32 {
        let in_row: u8 = if area.width() < NARROW { 8 } else { 16 };
        let chunk = usize::from(in_row);
        let rows = data.len().div_ceil(chunk);
        #[expect(clippy::cast_precision_loss, reason = "cut to the height of the area")]
        let wanted = rows as f32 * size::HEX_ROW + size::HEX_ROW / 2.0;
        let list = Rect::from_min_size(area.min, vec2(area.width(), wanted.min(room)));
        let list = whole_rows(ui, list, size::HEX_ROW);
        self.bytes.show(ui, list, size::HEX_ROW, rows, |ui, index, rect| {
            if let Some(bytes) = data.chunks(chunk).nth(index) {
                hex_row(ui, rect, &HexRow { offset: index * chunk, bytes }, in_row);
            }
        });
        list.bottom()
    }
}

/// Makes the scroll bar visible: a small area shows in no other way that it has more content.
pub(crate) fn show_the_bar(ui: &mut Ui) {
    let scroll = &mut ui.spacing_mut().scroll;
    scroll.floating_width = 4.0;
    scroll.dormant_handle_opacity = 0.6;
}

/// Draws one row: offset, hexadecimal digits, text.
pub(crate) fn hex_row(ui: &Ui, rect: Rect, row: &HexRow<'_>, in_row: u8) {
    let palette = Palette::of(ui);
    let advance = ui.fonts_mut(|fonts| fonts.glyph_width(&theme::mono(), '0'));
    let offset = row.offset_text();
    let response = ui.interact(rect, Id::unique("bytes").with(row.offset), Sense::hover());
    response.widget_info(|| {
        WidgetInfo::labeled(Role::Label, true, format!("{offset}  {}  {}", row.hex(), row.text()))
    });
    let mut left = rect.left();
    let mut put = |text: String, chars: f32, color: Color32| {
        let mut job = LayoutJob::single_section(text, TextFormat::simple(theme::mono(), color));
        job.wrap = TextWrapping::truncate_at_width((rect.right() - left).max(0.0));
        let galley = ui.painter().layout_job(job);
        ui.painter().galley(pos2(left, rect.center().y - galley.size().y / 2.0), galley, color);
        left += chars * advance;
    };
    let digits = if offset.len() > 4 { 10.0 } else { 6.0 };
    put(offset, digits, palette.muted);
    put(row.hex(), f32::from(in_row) * 3.0 + 2.0, palette.text);
    put(row.text(), f32::from(in_row), palette.text);
}

/// The labels of the client's offer, which come last, begin with this.
const OFFER: &str = "Offered ";
const LABEL: f32 = 128.0;
const VALUE: f32 = 250.0;
/// Below this width the meaning is shown under its value.
const NARROW_TABLE: f32 = 660.0;

/// Shows the parameters of a TLS handshake as a table with a label, a value and its meaning. The client's offer is
/// collapsed below it.
pub(in crate::ui) fn handshake_table(ui: &mut Ui, facts: &[DetailRow]) {
    let split = facts.iter().position(|(label, ..)| label.starts_with(OFFER)).unwrap_or(facts.len());
    let (agreed, offered) = facts.split_at(split);
    if !agreed.is_empty() {
        table(ui, "agreed", agreed);
    }
    if !offered.is_empty() {
        let title = format!("What the client offered: {} facts", offered.len());
        collapsible(ui, "the client's offer", &title, |ui| table(ui, "offered", offered));
    }
}

fn table(ui: &mut Ui, id: &str, facts: &[DetailRow]) {
    let palette = Palette::of(ui);
    let narrow = ui.available_width() < NARROW_TABLE;
    let under_width = (ui.available_width() - LABEL - 24.0).max(120.0);
    let meaning_width = (ui.available_width() - LABEL - VALUE - 32.0).max(120.0);
    let small = |text: &str| RichText::new(text.to_owned()).size(size::SMALL).color(palette.muted);
    ui.spacing_mut().interact_size.y = 18.0;
    Grid::new(id).num_columns(if narrow { 2 } else { 3 }).min_row_height(18.0).spacing([16.0, 4.0]).show(
        ui,
        |ui| {
            for (label, value, meaning) in facts {
                ui.scope(|ui| {
                    ui.set_min_width(LABEL);
                    ui.label(small(label));
                });
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = 1.0;
                    let width = if narrow { under_width } else { VALUE };
                    ui.set_width(width);
                    ui.add(Label::new(RichText::new(value).font(theme::mono()).color(palette.text)).wrap());
                    if let Some(meaning) = meaning.as_ref().filter(|_| narrow) {
                        ui.add(Label::new(small(meaning)).wrap());
                    }
                });
                if !narrow {
                    ui.vertical(|ui| {
                        ui.set_width(meaning_width);
                        ui.add(Label::new(small(meaning.as_deref().unwrap_or_default())).wrap());
                    });
                }
                ui.end_row();
            }
        },
    );
}
