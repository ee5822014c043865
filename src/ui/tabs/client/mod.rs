//! The Client tab: the built-in clients, what each is connected to, what it sent, and what came back.
//!
//! ```text
//! ┌ client_bar ────────────────────────────────────────────────────┐
//! │ (● Client 1 ×) (◔ Client 2)  +                         Crowd…  │
//! ├ connect_form ──────────────────────────────────────────────────┤
//! │ Host [localhost          ] Port [12345] [Connect]              │
//! │ ● Connected to 127.0.0.1:12345 …   Close Half-close Abort …    │   status_line
//! │ ▸ TLS: as the server, off                                      │
//! ├ transcript_list ───────────────────────────────────────────────┤
//! │ 12:03:07.009  →  b'Hello\n'              6 B  0.2 ms  ✓ exact  │   transcript_row
//! │ 12:03:07.010  ←  b'Hello\n'              6 B                   │
//! ├ the selected entry ────────────────────────────────────────────┤   transcript_text
//! │ 0000  48 65 6c 6c 6f 0a                          Hello·        │
//! ├ composer ──────────────────────────────────────────────────────┤
//! │ (Text|Hex|File) [Hello                              ] [Send]   │
//! └────────────────────────────────────────────────────────────────┘
//! ```

mod client_bar;
mod composer;
mod connect_form;
mod status_line;
mod transcript_list;
mod transcript_row;
mod transcript_text;

use egui::{
    Context, Key, Margin, Modifiers, Popup, Rect, RichText, ScrollArea, Stroke, Ui, UiBuilder, pos2, vec2,
};

use crate::app::App;
use crate::app::clients::{ClientCommand, ClientTab, ClientTabId};
use crate::client::client_event::ClientState;
use crate::ui::action::Action;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::scroll_when_small;

use composer::Composer;
use status_line::{DisplayState, display_states};
use transcript_list::TranscriptLists;

/// The state of the tab.
#[derive(Debug, Default)]
pub(crate) struct ClientPanel {
    chosen: Option<ClientTabId>,
    /// The newest client when another one was added: the one after it is chosen as soon as it exists.
    adding_after: Option<ClientTabId>,
    /// Whether the keyboard focus is to move to what is needed first.
    needs_focus: bool,
    tls_open: bool,
    lists: TranscriptLists,
    composer: Composer,
    heights: Heights,
}

/// The heights of the parts that choose their own, as of the last frame.
#[derive(Debug, Default, Clone, Copy)]
struct Heights {
    bar: f32,
    /// The form, as if all of it were in view.
    form: f32,
    composer: f32,
}

impl Heights {
    /// Returns the height of the tab in a window with this much room: what doesn't fit is scrolled.
    fn of_tab(self, room: f32) -> f32 {
        let min = self.bar + self.form.min(MIN_FORM) + MIN_ROWS + self.composer;
        if room >= min { room } else { min - self.form.min(MIN_FORM) + self.form }
    }

    fn differ(self, other: Self) -> bool {
        let pairs = [(self.bar, other.bar), (self.form, other.form), (self.composer, other.composer)];
        pairs.into_iter().any(|(one, other)| (one - other).abs() > 0.5)
    }
}

/// The rows that stay in view in a low window while the form above them is long, with their edges.
const MIN_ROWS: f32 = 4.0 * size::LOG_ROW + size::GAP;
/// The form scrolls by itself only if this much of it stays in view.
const MIN_FORM: f32 = 6.0 * size::CONTROL;

impl ClientPanel {
    /// Moves the keyboard focus to what is needed first, when the tab comes to the front.
    pub(crate) fn on_show(&mut self) {
        self.needs_focus = true;
    }

    /// Returns the selected entry of the chosen client as text for the clipboard.
    pub(crate) fn copy(&self, app: &App) -> Option<String> {
        let tab = app.clients().get(self.chosen?)?;
        self.lists.copy(tab, app.settings().data_format)
    }

    /// Shows the tab.
    pub(crate) fn show(&mut self, ui: &mut Ui, app: &App) -> Vec<Action> {
        self.update_chosen(app);
        let before = self.heights;
        let height = before.of_tab(ui.available_height());
        let actions = scroll_when_small(ui, "client tab", vec2(0.0, height), |ui| self.parts(ui, app));
        if self.heights.differ(before) {
            ui.ctx().request_discard("a part of the Client tab has another height now");
        }
        actions
    }

    fn parts(&mut self, ui: &mut Ui, app: &App) -> Vec<Action> {
        let mut actions = Vec::new();
        let states = display_states(app);
        let top = ui.max_rect().top();
        if let Some(id) = client_bar::show(ui, app, &states, self.chosen, &mut actions) {
            self.chosen = Some(id);
            ui.ctx().request_repaint();
        }
        if actions.contains(&ClientCommand::Add.into()) {
            self.adding_after = Some(app.clients().newest());
        }
        self.heights.bar = ui.available_rect_before_wrap().top() - top;
        let Some(tab) = self.chosen.and_then(|id| app.clients().get(id)) else {
            no_client(ui);
            return actions;
        };
        self.keys(ui.ctx(), tab, &mut actions);
        let state = states.get(&tab.id()).copied().unwrap_or(DisplayState::Idle);
        self.client(ui, app, tab, state, &mut actions);
        // After Connect the next thing is to type.
        if actions.contains(&ClientCommand::Connect(tab.id()).into()) && tab.can_connect() {
            self.composer.focus();
        }
        actions
    }

    /// Keeps one client chosen as long as there is any.
    fn update_chosen(&mut self, app: &App) {
        let clients = app.clients();
        if self.adding_after.is_some_and(|newest| newest != clients.newest()) {
            self.adding_after = None;
            self.chosen = Some(clients.newest());
        }
        if self.chosen.and_then(|id| clients.get(id)).is_none() {
            // The one after the removed one, or the last.
            let after = clients.iter().map(ClientTab::id).find(|id| Some(*id) > self.chosen);
            self.chosen = after.or_else(|| clients.iter().last().map(ClientTab::id));
        }
        self.lists.retain(clients);
    }

    fn keys(&mut self, ctx: &Context, tab: &ClientTab, actions: &mut Vec<Action>) {
        let state = tab.state();
        if state.is_connecting()
            && !Popup::is_any_open(ctx)
            && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape))
        {
            actions.push(ClientCommand::Cancel(tab.id()).into());
        }
        if std::mem::take(&mut self.needs_focus) {
            if state == ClientState::Open {
                self.composer.focus();
            } else {
                connect_form::focus(ctx);
            }
        }
    }

    /// Shows the form at the top as far as there is room, the composer at the bottom, and the transcript in between. The
    /// Tab key moves through them from top to bottom.
    fn client(
        &mut self,
        ui: &mut Ui,
        app: &App,
        tab: &ClientTab,
        state: DisplayState,
        actions: &mut Vec<Action>,
    ) {
        let palette = Palette::of(ui);
        let area = ui.available_rect_before_wrap();
        let split = area.bottom() - self.heights.composer;
        let max = (split - area.top() - MIN_ROWS).max(3.0 * size::CONTROL);
        let top = Rect::from_min_max(area.min, pos2(area.right(), area.top() + max));
        ui.scope_builder(UiBuilder::new().max_rect(top).id_salt("place"), |ui| {
            let scrolled = ScrollArea::vertical()
                .auto_shrink([false, true])
                .max_height(max)
                .min_scrolled_height(max)
                .content_margin(Margin::symmetric(16, 0))
                .show(ui, |ui| {
                    ui.set_width(ui.available_width());
                    ui.spacing_mut().item_spacing.y = 6.0;
                    ui.add_space(4.0);
                    connect_form::show(ui, app, tab, state, actions);
                    connect_form::show_tls(ui, app, tab, &mut self.tls_open, actions);
                    ui.add_space(2.0);
                });
            self.heights.form = scrolled.content_size.y;
        });
        let edge = area.top() + self.heights.form.min(max);
        let rows = Rect::from_min_max(pos2(area.left(), edge + 1.0), pos2(area.right(), split));
        ui.painter().rect_filled(rows, 0.0, palette.canvas);
        ui.painter().hline(area.x_range(), edge, Stroke::new(1.0, palette.border));
        ui.scope_builder(UiBuilder::new().max_rect(rows).id_salt(("rows", tab.id())), |ui| {
            actions.extend(self.lists.show(ui, app, tab));
        });
        ui.painter().hline(area.x_range(), split, Stroke::new(1.0, palette.border));
        let below = Rect::from_min_max(pos2(area.left(), split), area.max).shrink2(vec2(size::EDGE, 0.0));
        let composer = ui.scope_builder(UiBuilder::new().max_rect(below).id_salt("composer"), |ui| {
            ui.add_space(size::GAP);
            self.composer.show(ui, tab, actions);
            ui.add_space(size::GAP);
            ui.min_rect().height()
        });
        self.heights.composer = composer.inner;
        ui.advance_cursor_after_rect(area);
    }
}

fn no_client(ui: &mut Ui) {
    let palette = Palette::of(ui);
    ui.add_space(2.0 * size::EDGE);
    ui.vertical_centered(|ui| {
        ui.label(RichText::new("There is no client").font(theme::strong(15.0)).color(palette.text));
        ui.label(RichText::new("Press + to add one.").color(palette.muted));
    });
}
