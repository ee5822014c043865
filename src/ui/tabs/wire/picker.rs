//! Which connection is shown: a list of all that are kept, the newest first.

use egui::{
    Align2, EventFilter, Id, Key, Modifiers, PointerButton, Popup, PopupCloseBehavior, Rect, Response, Role,
    Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2,
};

use crate::app::App;
use crate::capture::CaptureInfo;
use crate::server::client_id::ClientId;
use crate::text::with_thousands;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::focus_ring;
use crate::ui::widgets::icon::{self, Icon};
use crate::ui::widgets::virtual_list::VirtualList;

/// Height of an entry, and how many are in view at most.
const ENTRY: f32 = 26.0;
const MOST: f32 = 11.0;

/// Which connection is to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ui) enum Choice {
    /// Whichever is the newest.
    Newest,
    /// This one.
    This(ClientId),
}

/// What the list itself remembers.
#[derive(Debug, Default)]
pub(in crate::ui) struct Picker {
    open: bool,
    list: VirtualList,
    /// The entry that the keyboard is on: 0 is “the newest”.
    cursor: usize,
}

impl Picker {
    /// Shows the button, and below it the list while it is open. Returns what was chosen.
    pub(in crate::ui) fn show(
        &mut self,
        ui: &mut Ui,
        app: &App,
        shown: Option<&CaptureInfo>,
        chosen: Option<ClientId>,
        width: f32,
    ) -> Option<Choice> {
        let words = match (shown, chosen) {
            (Some(info), Some(_)) => entry(info),
            (Some(info), None) => format!("Newest: {}", entry(info)),
            (None, Some(id)) => format!("{id} · no longer kept"),
            (None, None) => "No connection".to_owned(),
        };
        let response = button(ui, &words, width, self.open);
        // Enter, where the list is open, is meant for the entry that the keyboard is on.
        let entered = self.open && response.clicked() && !response.clicked_by(PointerButton::Primary);
        if response.clicked() && !entered {
            self.open = !self.open;
            if self.open {
                self.go_to(app, chosen);
                response.request_focus();
            }
        }
        let keyboard = response.has_focus();
        if keyboard {
            let filter = EventFilter { vertical_arrows: true, escape: self.open, ..EventFilter::default() };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        }
        if !self.open {
            let wanted = keyboard && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::ArrowDown));
            if wanted {
                self.go_to(app, chosen);
                self.open = true;
            }
            return None;
        }
        self.opened(ui, app, &response, keyboard, entered)
    }

    fn go_to(&mut self, app: &App, chosen: Option<ClientId>) {
        self.cursor = at(&app.captures().list(), chosen);
        self.list.go_to_start();
        self.list.reveal(self.cursor, ENTRY);
    }

    fn opened(
        &mut self,
        ui: &Ui,
        app: &App,
        response: &Response,
        keyboard: bool,
        entered: bool,
    ) -> Option<Choice> {
        let all = app.captures().list();
        let count = all.len() + 1;
        // The newest first, after the entry for whichever is the newest.
        let choice = |row: usize| {
            let row = row.checked_sub(1);
            row.map_or(Choice::Newest, |row| Choice::This(all[all.len() - 1 - row].client.id))
        };
        let mut chosen = None;
        if keyboard {
            self.keys(ui, count);
        }
        if entered {
            chosen = Some(choice(self.cursor.min(count - 1)));
        }
        #[expect(clippy::cast_precision_loss, reason = "cut to a few rows")]
        let height = (count as f32).min(MOST) * ENTRY;
        let room = (ui.ctx().content_rect().bottom() - response.rect.bottom() - 30.0).max(3.0 * ENTRY);
        let height = height.min((room / ENTRY).floor() * ENTRY);
        let Self { open, list, cursor, .. } = self;
        let popup = Popup::from_response(response)
            .open_bool(open)
            .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
            .width(response.rect.width())
            .accessible_name("Connections to show");
        let clicked = popup.show(|ui| {
            let (rect, _) =
                ui.allocate_exact_size(vec2(response.rect.width() - 14.0, height), Sense::hover());
            let mut clicked = None;
            list.show(ui, rect, ENTRY, count, |ui, row, rect| {
                let words = match row.checked_sub(1) {
                    Some(row) => entry(&all[all.len() - 1 - row]),
                    None => "Always the newest connection".to_owned(),
                };
                if option(ui, row, rect, &words, row == *cursor) {
                    clicked = Some(row);
                }
            });
            clicked
        });
        if let Some(row) = clicked.and_then(|shown| shown.inner) {
            chosen = Some(choice(row));
        }
        if chosen.is_some() {
            self.open = false;
            response.request_focus();
        }
        chosen
    }

    /// Moves the cursor.
    fn keys(&mut self, ui: &Ui, count: usize) {
        let page = self.list.rows_in_view(ENTRY).max(2) - 1;
        let steps = [
            (Key::ArrowUp, self.cursor.saturating_sub(1)),
            (Key::ArrowDown, self.cursor + 1),
            (Key::PageUp, self.cursor.saturating_sub(page)),
            (Key::PageDown, self.cursor + page),
            (Key::Home, 0),
            (Key::End, count),
        ];
        for (key, row) in steps {
            if ui.input_mut(|input| input.consume_key(Modifiers::NONE, key)) {
                self.cursor = row.min(count - 1);
                self.list.reveal(self.cursor, ENTRY);
            }
        }
    }
}

/// The row of what is chosen.
fn at(all: &[CaptureInfo], chosen: Option<ClientId>) -> usize {
    let place = chosen.and_then(|id| all.iter().rposition(|info| info.client.id == id));
    place.map_or(0, |place| all.len() - place)
}

/// `#2 · 127.0.0.1:49743 · open · 14 marks`.
fn entry(info: &CaptureInfo) -> String {
    let state = if info.closed { "closed" } else { "open" };
    let count = info.marks as u64;
    let rows = if count == 1 { "row" } else { "rows" };
    let tls = if info.tls { " · TLS" } else { "" };
    format!("{} · {} · {state} · {} {rows}{tls}", info.client.id, info.client.peer, with_thousands(count))
}

fn button(ui: &mut Ui, words: &str, width: f32, open: bool) -> Response {
    let palette = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(width, size::CONTROL), Sense::click());
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ComboBox, true, "Connection");
        info.current_text_value = Some(words.to_owned());
        info
    });
    let hovered = response.hovered() || open;
    let (fill, outline) =
        if hovered { (palette.field_hover, palette.border_strong) } else { (palette.field, palette.border) };
    ui.painter().rect(rect, size::RADIUS, fill, Stroke::new(1.0, outline), StrokeKind::Inside);
    let sign = Rect::from_center_size(rect.right_center() - vec2(16.0, 0.0), vec2(11.0, 11.0));
    icon::paint(ui.painter(), Icon::ChevronDown, sign, palette.muted);
    let text = Rect::from_min_max(rect.min + vec2(10.0, 0.0), rect.max - vec2(30.0, 0.0));
    crate::ui::tabs::wire::row::cut(ui, text, Align2::LEFT_CENTER, words, theme::text(), palette.text);
    focus_ring(ui, &response, rect, f32::from(size::RADIUS));
    response.on_hover_text("Which connection is shown")
}

/// One entry; returns whether it was pressed.
fn option(ui: &Ui, row: usize, rect: Rect, words: &str, on: bool) -> bool {
    let palette = Palette::of(ui);
    let response = ui.interact(rect, Id::unique("connection to show").with(row), Sense::CLICK);
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, on, words));
    if on || response.hovered() {
        let fill = if on { palette.row_selected } else { palette.field_hover };
        ui.painter().rect_filled(rect, 4.0, fill);
    }
    if on {
        let bar = Rect::from_min_size(rect.min, vec2(3.0, rect.height()));
        ui.painter().rect_filled(bar, 0.0, palette.accent);
    }
    crate::ui::tabs::wire::row::cut(
        ui,
        rect.shrink2(vec2(10.0, 0.0)),
        Align2::LEFT_CENTER,
        words,
        theme::text(),
        palette.text,
    );
    response.clicked()
}
