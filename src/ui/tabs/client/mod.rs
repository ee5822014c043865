//! The Client tab: clients of one's own, what each is connected to, what it sent, and what came back.
//!
//! ```text
//! ┌ chips ─────────────────────────────────────────────────────────┐
//! │ (● Client 1 ×) (◔ Client 2)  +                         Crowd…  │   crowd
//! ├ place ─────────────────────────────────────────────────────────┤
//! │ Host [localhost          ] Port [12345] [Connect]              │
//! │ ● Connected to 127.0.0.1:12345 …   Close Half-close Abort …    │   standing, leave
//! │ ▸ TLS: as the server, off                                      │   tls
//! ├ transcript ────────────────────────────────────────────────────┤
//! │ 12:03:07.009  →  b'Hello\n'              6 B  0.2 ms  ✓ exact  │   row, words
//! │ 12:03:07.010  ←  b'Hello\n'              6 B                   │
//! ├ detail ────────────────────────────────────────────────────────┤
//! │ 0000  48 65 6c 6c 6f 0a                          Hello·        │
//! ├ composer ──────────────────────────────────────────────────────┤
//! │ (Text|Hex|File) [Hello                              ] [Send]   │   repeat, sending
//! └────────────────────────────────────────────────────────────────┘
//! ```

mod chips;
mod composer;
mod crowd;
mod detail;
mod fields;
mod leave;
mod place;
mod repeat;
mod row;
mod standing;
mod tls;
mod transcript;
mod words;

use egui::{
    Button, Context, Key, Margin, Modifiers, Popup, Rect, Response, RichText, ScrollArea, Stroke, Ui,
    UiBuilder, pos2, vec2,
};

use crate::app::App;
use crate::app::clients::{ClientCommand, ClientTab, ClientTabId};
use crate::client::status::State;
use crate::ui::action::Action;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::room::with_height;

use composer::Composer;
use crowd::CrowdPopup;
use transcript::Transcripts;

/// What the tab itself remembers.
#[derive(Debug, Default)]
pub(in crate::ui) struct ClientPanel {
    chosen: Option<ClientTabId>,
    /// The newest client when one more was asked for: the one after it is chosen as soon as it is there.
    adding_after: Option<ClientTabId>,
    /// Whether the keyboard is to go where it is needed first.
    arrived: bool,
    tls_open: bool,
    transcripts: Transcripts,
    composer: Composer,
    crowd: CrowdPopup,
    heights: Heights,
}

/// How high the parts are that have a height of their own, as of the last frame.
#[derive(Debug, Default, Clone, Copy)]
struct Heights {
    chips: f32,
    /// The form, as it would be if all of it was in view.
    form: f32,
    composer: f32,
}

impl Heights {
    /// How high the tab is to be where there is so much room: what doesn't fit is scrolled for.
    fn of_tab(self, room: f32) -> f32 {
        let least = self.chips + self.form.min(FORM) + ENOUGH_ROWS + self.composer;
        if room >= least { room } else { least - self.form.min(FORM) + self.form }
    }

    fn differ(self, other: Self) -> bool {
        let differ = |a: f32, b: f32| (a - b).abs() > 0.5;
        differ(self.chips, other.chips)
            || differ(self.form, other.form)
            || differ(self.composer, other.composer)
    }
}

/// What the transcript keeps of a low window, while the form above it is long: some rows, and their edges.
const ENOUGH_ROWS: f32 = 4.0 * size::LOG_ROW + size::GAP;
/// The form scrolls by itself only where so much of it stays in view.
const FORM: f32 = 6.0 * size::CONTROL;

impl ClientPanel {
    /// The tab comes to the front: the keyboard goes where it is needed first.
    pub(in crate::ui) fn arrive(&mut self) {
        self.arrived = true;
    }

    /// The selected entry of the chosen client as text for the clipboard.
    pub(in crate::ui) fn copy(&self, app: &App) -> Option<String> {
        let tab = app.clients().get(self.chosen?)?;
        self.transcripts.copy(tab, app.settings().data_format)
    }

    /// Shows the tab.
    pub(in crate::ui) fn show(&mut self, ui: &mut Ui, app: &App) -> Vec<Action> {
        self.settle(app);
        let before = self.heights;
        let height = before.of_tab(ui.available_height());
        let actions = with_height(ui, "client tab", height, |ui| self.parts(ui, app));
        if self.heights.differ(before) {
            ui.ctx().request_discard("a part of the Client tab has another height now");
        }
        actions
    }

    fn parts(&mut self, ui: &mut Ui, app: &App) -> Vec<Action> {
        let mut actions = Vec::new();
        let standings = standing::all(app);
        let top = ui.max_rect().top();
        match chips::show(ui, app, &standings, self.chosen, &mut self.crowd, &mut actions) {
            Some(chips::Pressed::Choose(id)) => {
                self.chosen = Some(id);
                ui.ctx().request_repaint();
            }
            Some(chips::Pressed::Add) => {
                self.adding_after = Some(app.clients().newest());
                actions.push(action(ClientCommand::Add));
            }
            Some(chips::Pressed::Remove(id)) => actions.push(action(ClientCommand::Remove(id))),
            None => {}
        }
        self.heights.chips = ui.available_rect_before_wrap().top() - top;
        let Some(tab) = self.chosen.and_then(|id| app.clients().get(id)) else {
            place::nobody(ui);
            return actions;
        };
        let standing = standing::of(&standings, tab.id());
        self.keys(ui.ctx(), tab, &mut actions);
        self.lay_out(ui, app, tab, standing, &mut actions);
        // After Connect the next thing is to type.
        let connects = ClientCommand::Connect(tab.id());
        if actions.contains(&action(connects)) && tab.can_connect() {
            self.composer.focus();
        }
        actions
    }

    /// One client is chosen as long as there is any.
    fn settle(&mut self, app: &App) {
        let clients = app.clients();
        if self.adding_after.is_some_and(|newest| newest != clients.newest()) {
            self.adding_after = None;
            self.chosen = Some(clients.newest());
        }
        if self.chosen.and_then(|id| clients.get(id)).is_none() {
            // The one that stands where the closed one stood, or before it.
            let after = clients.iter().map(ClientTab::id).find(|id| Some(*id) > self.chosen);
            self.chosen = after.or_else(|| clients.iter().last().map(ClientTab::id));
        }
        self.transcripts.keep_only(clients);
    }

    fn keys(&mut self, ctx: &Context, tab: &ClientTab, actions: &mut Vec<Action>) {
        let state = tab.state();
        if state.is_connecting()
            && !Popup::is_any_open(ctx)
            && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape))
        {
            actions.push(action(ClientCommand::Cancel(tab.id())));
        }
        if std::mem::take(&mut self.arrived) {
            if matches!(state, State::Open) {
                self.composer.focus();
            } else {
                place::focus(ctx);
            }
        }
    }

    /// The form on top as far as there is room, the composer at the bottom, the transcript in between. For the Tab key
    /// they come from top to bottom.
    fn lay_out(
        &mut self,
        ui: &mut Ui,
        app: &App,
        tab: &ClientTab,
        standing: standing::Standing,
        actions: &mut Vec<Action>,
    ) {
        let palette = Palette::of(ui);
        let area = ui.available_rect_before_wrap();
        let split = area.bottom() - self.heights.composer;
        let most = (split - area.top() - ENOUGH_ROWS).max(3.0 * size::CONTROL);
        let top = Rect::from_min_max(area.min, pos2(area.right(), area.top() + most));
        let head = ui.scope_builder(UiBuilder::new().max_rect(top).id_salt("place"), |ui| {
            let scrolled = ScrollArea::vertical()
                .auto_shrink([false, true])
                .max_height(most)
                .min_scrolled_height(most)
                .content_margin(Margin::symmetric(16, 0))
                .show(ui, |ui| {
                    ui.set_width(ui.available_width());
                    ui.spacing_mut().item_spacing.y = 6.0;
                    ui.add_space(4.0);
                    actions.extend(place::show(ui, app, tab, standing));
                    actions.extend(tls::show(ui, app, tab, &mut self.tls_open));
                    ui.add_space(2.0);
                });
            self.heights.form = scrolled.content_size.y;
            area.top() + scrolled.content_size.y.min(most)
        });
        let edge = head.inner.max(area.top());
        let rows = Rect::from_min_max(pos2(area.left(), edge + 1.0), pos2(area.right(), split));
        ui.painter().rect_filled(rows, 0.0, palette.canvas);
        ui.painter().hline(area.x_range(), edge, Stroke::new(1.0, palette.border));
        ui.scope_builder(UiBuilder::new().max_rect(rows).id_salt(("rows", tab.id())), |ui| {
            actions.extend(self.transcripts.show(ui, app, tab));
        });
        ui.painter().hline(area.x_range(), split, Stroke::new(1.0, palette.border));
        let below = Rect::from_min_max(pos2(area.left(), split), area.max).shrink2(vec2(size::EDGE, 0.0));
        let foot = ui.scope_builder(UiBuilder::new().max_rect(below).id_salt("composer"), |ui| {
            ui.add_space(size::GAP);
            actions.extend(self.composer.show(ui, tab));
            ui.add_space(size::GAP);
            ui.min_rect().height()
        });
        self.heights.composer = foot.inner;
        ui.advance_cursor_after_rect(area);
    }
}

/// A command for the client tabs as a action.
fn action(command: ClientCommand) -> Action {
    Action::App(command.into())
}

/// The button that is meant to be pressed next.
fn strong_button(ui: &mut Ui, label: &str, enabled: bool, width: Option<f32>) -> Response {
    let palette = Palette::of(ui);
    let least = vec2(width.unwrap_or_default(), size::CONTROL);
    if !enabled {
        return ui.add_enabled(false, Button::new(label).min_size(least));
    }
    let text = RichText::new(label).font(theme::strong(size::TEXT)).color(palette.on_strong);
    ui.add(Button::new(text).fill(palette.start[0]).min_size(least))
}
