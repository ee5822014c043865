//! The panel at the left: the settings form, and below it the start button and a command to try, which stay in view
//! while the form scrolls.

use egui::{Context, Margin, Rect, ScrollArea, Ui, UiBuilder, pos2, vec2};

use crate::app::App;
use crate::settings::Setting;
use crate::ui::action::Action;
use crate::ui::server_form::ServerForm;
use crate::ui::theme::size;
use crate::ui::try_it::TryItPanel;
use crate::ui::widgets::note::reveal_problems;
use crate::ui::{start_button, tls_form};

/// The state of the side panel.
#[derive(Debug)]
pub(super) struct SidePanel {
    form: ServerForm,
    try_it: TryItPanel,
    /// Height of the part below the form in the last frame.
    pinned: f32,
}

impl SidePanel {
    /// Returns the panel with its form folded.
    pub(super) fn new() -> Self {
        Self { form: ServerForm::default(), try_it: TryItPanel::default(), pinned: 132.0 }
    }

    /// Moves the keyboard focus to a field of the form.
    pub(super) fn focus(&mut self, ctx: &Context, field: Setting) {
        self.form.focus(ctx, field);
    }

    /// Shows the panel. If a start has just failed, the reason in the form is scrolled into view.
    pub(super) fn show(&mut self, ui: &mut Ui, app: &App, failed_just_now: bool) -> Vec<Action> {
        let mut actions = Vec::new();
        let area = ui.available_rect_before_wrap();
        let split = area.bottom() - self.pinned;
        // The form is added first, and so comes first for the Tab key, though the part below it takes its height first.
        let form = Rect::from_min_max(area.min + vec2(size::EDGE, 0.0), pos2(area.right(), split));
        ui.scope_builder(UiBuilder::new().max_rect(form).id_salt("form"), |ui| {
            reveal_problems(ui.ctx(), failed_just_now);
            let margin = Margin { top: 14, ..Margin::ZERO };
            ScrollArea::vertical().auto_shrink(false).content_margin(margin).show(ui, |ui| {
                ui.set_width(ui.available_width() - size::EDGE);
                actions.extend(self.form.show(ui, app));
                ui.add_space(6.0);
                actions.extend(tls_form::show(ui, app));
                ui.add_space(size::GAP);
            });
            reveal_problems(ui.ctx(), false);
        });
        let below = Rect::from_min_max(pos2(area.left(), split), area.max).shrink2(vec2(size::EDGE, 0.0));
        let pinned = ui.scope_builder(UiBuilder::new().max_rect(below).id_salt("pinned"), |ui| {
            ui.add_space(size::GAP);
            actions.extend(self.try_it.show(ui, app));
            ui.add_space(2.0);
            actions.extend(start_button::show(ui, app).map(Action::from));
            // With the spacing between two widgets, the edge below gets as wide as those at the sides.
            ui.add_space(size::EDGE - size::GAP);
            ui.min_rect().height()
        });
        if (pinned.inner - self.pinned).abs() > 0.5 {
            self.pinned = pinned.inner;
            ui.ctx().request_discard("the height of the part below the form has changed");
        }
        ui.advance_cursor_after_rect(area);
        actions
    }
}
