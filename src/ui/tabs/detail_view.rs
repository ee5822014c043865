//! The details of a list's selected entry, below the list: title, explanation, and bytes with their header fields.

use egui::containers::panel::PanelState;
use egui::text::LayoutJob;
use egui::{
    Align, Color32, Context, EventFilter, Frame, Id, Key, Label, Layout, Margin, Modifiers, Panel, Rect,
    RichText, Role, ScrollArea, Sense, Stroke, StrokeKind, TextFormat, Ui, WidgetInfo, pos2, vec2,
};

use crate::app::Command;
use crate::capture::sequence::HeaderField;
use crate::log::format;
use crate::log::handshake_details::DetailRow;
use crate::server::event::ClientId;
use crate::settings::DataFormat;
use crate::text::count;
use crate::ui::action::Action;
use crate::ui::tabs::event_row::with_escapes;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{collapsible, copy_button, icon_button, pill_button};
use crate::ui::widgets::field::named;
use crate::ui::widgets::icon::Icon;
use crate::ui::widgets::{char_width, focus_ring, grip};

/// The details of an entry.
#[derive(Default)]
pub(crate) struct DetailContent<'a> {
    /// The entry's number. An entry with another number is shown from its top.
    pub(crate) number: u64,
    pub(crate) title: String,
    pub(crate) subtitle: String,
    pub(crate) data: &'a [u8],
    /// The fields of the headers in the data.
    pub(crate) fields: Vec<HeaderField>,
    /// The entry's whole line, if it is longer than the title.
    pub(crate) line: Option<String>,
    /// The message of the OS or the library, which is shown on request.
    pub(crate) raw: Option<String>,
    pub(crate) explanation: String,
    pub(crate) rows: Vec<DetailRow>,
    /// The connection that the button *Show in Wire* shows in the Wire tab.
    pub(crate) connection: Option<ClientId>,
    /// Whether that connection is open, and a button *Disconnect* closes it.
    pub(crate) disconnect: bool,
    /// Whether the panel is only as high as the explanation, which is all that it contains.
    pub(crate) is_compact: bool,
}

/// The user's requests in the details.
#[derive(Default)]
pub(crate) struct DetailResponse {
    pub(crate) action: Option<Action>,
    /// Whether the details are to be closed.
    pub(crate) closed: bool,
}

/// Below this width, a line has 8 bytes instead of 16, so that their text still fits beside them.
const NARROW: f32 = 560.0;
/// The width that the subtitle needs at least.
const MIN_SUBTITLE: f32 = 40.0;
const HINT: &str = "Select a row to see its details and an explanation.";

fn height_id() -> Id {
    Id::unique("the height of the details")
}

/// Returns the height of the panel in all tabs, as the user dragged it; `None` before [`set_height`].
pub(crate) fn height(ctx: &Context) -> Option<f32> {
    ctx.data(|data| data.get_temp(height_id()))
}

/// Sets the height of the panel in all tabs.
pub(crate) fn set_height(ctx: &Context, height: f32) {
    ctx.data_mut(|data| data.insert_temp(height_id(), height));
}

/// Shows the panel below a list with a hint on one line.
pub(crate) fn show_hint(ui: &mut Ui, text: &str) {
    let frame = Frame::new().fill(Palette::of(ui).panel).inner_margin(Margin::symmetric(16, 8));
    let hint = Label::new(RichText::new(text).weak()).truncate();
    Panel::bottom("no detail").frame(frame).show(ui, |ui| ui.add(hint));
}

/// Shows the panel below a list with the selected entry. While none is selected, the panel is only as high as a hint.
pub(crate) fn show_panel(
    ui: &mut Ui,
    content: Option<DetailContent<'_>>,
    format: DataFormat,
) -> DetailResponse {
    let Some(content) = content else {
        show_hint(ui, HINT);
        return DetailResponse::default();
    };
    let frame = Frame::new().fill(Palette::of(ui).panel).inner_margin(Margin::symmetric(16, 8));
    let height = ui.available_height();
    // The list keeps at least half of a short window, and 200 points of a tall one.
    let mut max = (height - 200.0).max(height * 0.48).max(80.0);
    if content.is_compact {
        let width = ui.available_width() - 32.0 - size::SCROLL_BAR;
        let color = Palette::of(ui).text;
        let text = ui.painter().layout(content.explanation.clone(), theme::text(), color, width).size().y;
        max = (16.0 + size::CHIP + ui.spacing().item_spacing.y + text + 16.0).clamp(80.0, max);
    }
    let default = self::height(ui.ctx()).unwrap_or(size::DETAIL);
    let panel = Panel::bottom("detail").resizable(true).default_size(default.min(max));
    let id = ui.scope_id().with("detail");
    let is_dragged =
        ui.read_response(id.with("__resize")).is_some_and(|handle| handle.dragged() || handle.drag_stopped());
    if !is_dragged {
        // egui stores a height for each tab; without it, the panel has the common one.
        ui.data_mut(|data| data.remove::<PanelState>(id));
    }
    let show = |ui: &mut Ui| {
        // The panel keeps its height whatever it shows.
        ui.set_min_size(ui.available_size());
        show(ui, &content, format)
    };
    let shown = panel.size_range(80.0..=max).frame(frame).show(ui, show);
    grip(ui, shown.response.rect.center_top() + vec2(0.0, 4.0), vec2(36.0, 3.0), false);
    if is_dragged {
        set_height(ui.ctx(), shown.response.rect.height());
    }
    if ui.memory(|memory| memory.has_focus(id.with("__resize"))) {
        // egui shows the focus of a panel's edge only to screen readers.
        let rect = shown.response.rect;
        ui.painter().hline(rect.x_range(), rect.top(), Palette::of(ui).focus_ring());
    }
    shown.inner
}

/// Shows an entry in all the available space.
pub(crate) fn show(ui: &mut Ui, content: &DetailContent<'_>, format: DataFormat) -> DetailResponse {
    let raw_id = Id::unique("raw texts are shown");
    let shows_raw = ui.data(|data| data.get_temp(raw_id)).unwrap_or(false);
    let mut detail = DetailResponse::default();
    ui.horizontal(|ui| {
        ui.set_height(size::CHIP);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            detail.closed = icon_button(ui, Icon::Cross, "Close the details", None).clicked();
            let copy = if format == DataFormat::Hex { "Copy hex" } else { "Copy data" };
            if !content.data.is_empty() {
                copy_button(ui, copy, || format::data(content.data, format));
            }
            if content.raw.is_some() {
                let label = if shows_raw { "Hide raw text" } else { "Show raw text" };
                if pill_button(ui, label)
                    .on_hover_text("The original message from the OS or the library")
                    .clicked()
                {
                    ui.data_mut(|data| data.insert_temp(raw_id, !shows_raw));
                }
            }
            if let Some(connection) = content.connection.filter(|_| content.disconnect)
                && pill_button(ui, "Disconnect").on_hover_text("Close this connection").clicked()
            {
                detail.action = Some(Command::Disconnect(connection).into());
            }
            if let Some(connection) = content.connection
                && pill_button(ui, "Show in Wire")
                    .on_hover_text("Show the sequence diagram of this connection in the Wire tab")
                    .clicked()
            {
                detail.action = Some(Action::ShowWire(connection));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(Label::new(theme::bold(&content.title)).truncate());
                // A long title in a narrow window leaves no room.
                if ui.available_width() > MIN_SUBTITLE {
                    ui.add(Label::new(RichText::new(&content.subtitle).weak()).truncate());
                }
            });
        });
    });
    let area = ui.available_rect_before_wrap();
    let response = ui.interact(area, ui.scope_id().with("details"), Sense::FOCUSABLE | Sense::CLICK);
    response.widget_info(|| {
        let bytes = count(content.data.len() as u64, "byte");
        WidgetInfo::labeled(Role::ScrollView, true, format!("Explanation and {bytes}"))
    });
    focus_ring(ui, &response, area, 4.0);
    // In a small area, only the scroll bar shows that there is more content.
    let scroll = &mut ui.spacing_mut().scroll;
    scroll.floating_width = 4.0;
    scroll.dormant_handle_opacity = 0.6;
    let scroll = ScrollArea::vertical().id_salt((content.number, &content.title));
    scroll.auto_shrink(false).animated(false).min_scrolled_height(0.0).show(ui, |ui| {
        if response.has_focus() {
            scroll_by_keys(ui, response.id, area.height());
        }
        ui.set_width(ui.available_width() - size::SCROLL_BAR);
        ui.spacing_mut().item_spacing.y = 6.0;
        for text in content.line.iter().chain(content.raw.iter().filter(|_| shows_raw)) {
            ui.monospace(with_escapes(ui, text, &theme::mono()));
        }
        ui.label(&content.explanation);
        handshake_table(ui, &content.rows);
        show_fields(ui, &content.fields);
        show_bytes(ui, content);
    });
    detail
}

/// Scrolls the details when an arrow key, Page Up, Page Down, Home or End is pressed.
fn scroll_by_keys(ui: &Ui, id: Id, view: f32) {
    let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
    for (key, points) in [
        (Key::ArrowUp, size::HEX_ROW),
        (Key::ArrowDown, -size::HEX_ROW),
        (Key::PageUp, view - size::HEX_ROW),
        (Key::PageDown, size::HEX_ROW - view),
        (Key::Home, 1e9),
        (Key::End, -1e9),
    ] {
        for _ in 0..ui.input_mut(|input| input.count_and_consume_key(Modifiers::NONE, key)) {
            ui.scroll_with_delta(vec2(0.0, points));
        }
    }
}

/// Returns the color of a header field by its name, so that it is the same in all messages.
fn color(palette: &Palette, field: &HeaderField) -> Color32 {
    match field.name {
        "Type" => palette.clients[1],
        "Version" => palette.clients[2],
        "Length" => palette.clients[3],
        "Message type" | "Level" => palette.clients[4],
        "Message length" | "Description" => palette.clients[5],
        _ => palette.muted,
    }
}

/// Lists the header fields: the position of the first byte, the name and the value of each.
fn show_fields(ui: &mut Ui, fields: &[HeaderField]) {
    let palette = Palette::of(ui);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 3.0);
        for field in fields {
            let text = format!("{:04x}  {} {}", field.range.start, field.name, field.value);
            let galley = ui.painter().layout_no_wrap(text.clone(), theme::small(), palette.text);
            let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(14.0, 4.0), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
            let stroke = Stroke::new(1.5, color(palette, field));
            ui.painter().rect_stroke(rect, 2.0, stroke, StrokeKind::Inside);
            ui.painter().galley(rect.min + vec2(7.0, 2.0), galley, palette.text);
        }
    });
}

/// Shows the bytes. Only the lines in view are laid out.
fn show_bytes(ui: &mut Ui, content: &DetailContent<'_>) {
    let per_line = if ui.available_width() < NARROW { 8 } else { 16 };
    let lines = content.data.chunks(per_line);
    #[expect(clippy::cast_precision_loss, reason = "a maximum of 131,072 lines")]
    let size_of_all = vec2(ui.available_width(), lines.len() as f32 * size::HEX_ROW);
    let (area, _) = ui.allocate_exact_size(size_of_all, Sense::hover());
    let visible = ui.clip_rect();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative")]
    let first = ((visible.top() - area.top()) / size::HEX_ROW).max(0.0) as usize;
    for (index, bytes) in lines.enumerate().skip(first) {
        #[expect(clippy::cast_precision_loss, reason = "a maximum of 131,072 lines")]
        let top = area.top() + index as f32 * size::HEX_ROW;
        if top >= visible.bottom() {
            break;
        }
        let rect = Rect::from_min_size(pos2(area.left(), top), vec2(area.width(), size::HEX_ROW));
        show_line(ui, rect, (index * per_line, bytes), per_line, &content.fields);
    }
}

/// Shows one line of bytes: its offset, hexadecimal digits and text. Outlines the header fields in it.
fn show_line(ui: &Ui, rect: Rect, (start, bytes): (usize, &[u8]), per_line: usize, fields: &[HeaderField]) {
    let palette = Palette::of(ui);
    let (offset, hex, text) = (format!("{start:04x}"), format::hex(bytes), format::printable(bytes));
    let response = ui.interact(rect, ui.scope_id().with(("bytes", start)), Sense::hover());
    let name = || format!("{offset}  {hex}  {text}");
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, name()));
    let mut job = LayoutJob::default();
    let mono = |color| TextFormat::simple(theme::mono(), color);
    let digits = if offset.len() > 4 { 10 } else { 6 };
    job.append(&format!("{offset:digits$}"), 0.0, mono(palette.muted));
    job.append(&format!("{hex:0$}  {text}", per_line * 3), 0.0, mono(palette.text));
    let galley = ui.painter().layout_job(job);
    let at = pos2(rect.left(), rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, palette.text);
    let advance = char_width(ui);
    let end = start + bytes.len();
    for field in fields.iter().filter(|field| field.range.start < end && field.range.end > start) {
        #[expect(clippy::cast_precision_loss, reason = "a maximum of 60")]
        let [from, to] = [field.range.start.max(start), field.range.end.min(end)]
            .map(|position| rect.left() + (digits + (position - start) * 3) as f32 * advance);
        let cell = Rect::from_x_y_ranges(from - 3.0..=to - advance + 3.0, rect.y_range().shrink(1.0));
        let stroke = Stroke::new(1.5, color(palette, field));
        if field.name == "Encrypted" {
            // This field spans many lines, in which boxes would be distracting.
            ui.painter().hline(cell.shrink(3.0).x_range(), cell.bottom(), stroke);
        } else {
            ui.painter().rect_stroke(cell, 2.0, stroke, StrokeKind::Inside);
        }
    }
}

/// Shows the parameters of a TLS handshake, each with its value and meaning. The client's offer, which comes last, is
/// collapsed.
fn handshake_table(ui: &mut Ui, rows: &[DetailRow]) {
    let split = rows.iter().position(|(label, ..)| label.starts_with("Offered ")).unwrap_or(rows.len());
    let (agreed, offered) = rows.split_at(split);
    let show = |ui: &mut Ui, rows: &[DetailRow]| {
        ui.spacing_mut().interact_size.y = 18.0;
        for (label, value, meaning) in rows {
            let text = |ui: &mut Ui| {
                ui.monospace(value);
                ui.label(RichText::new(meaning.as_deref().unwrap_or_default()).small().weak());
            };
            named(ui, label, |ui| ui.horizontal_wrapped(text));
        }
    };
    show(ui, agreed);
    if !offered.is_empty() {
        let title = format!("Offered by the client: {} items", offered.len());
        collapsible(ui, "the client's offer", &title, |ui| show(ui, offered));
    }
}
