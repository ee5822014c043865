//! The panel on the left: the settings form, and below it a command to try and the start button, which stay in view
//! while the form scrolls.

use egui::{Context, Margin, Rect, ScrollArea, Ui, UiBuilder, pos2, vec2};

use crate::app::{App, Check, Command};
use crate::server::ServerState;
use crate::server::start_error::StartError;
use crate::settings::Setting;
use crate::ui::action::Action;
use crate::ui::server_form::ServerForm;
use crate::ui::theme::size;
use crate::ui::widgets::field::{Tone, note, reveal_problems};
use crate::ui::widgets::focused_at;
use crate::ui::{restart_button, start_button, tls_form, try_it};

/// The state of the side panel.
#[derive(Debug)]
pub(super) struct SidePanel {
    form: ServerForm,
    /// The index of the program whose command is shown.
    program: usize,
    /// The height of the part below the form, as of the last frame.
    pinned: f32,
    /// Whether the panel makes room for the tabs, unless the user opens it.
    is_automatic: bool,
    /// Whether the user has opened it nevertheless.
    is_opened: bool,
    /// Whether the keyboard focus was in it in the last frame.
    has_focus: bool,
}

impl SidePanel {
    /// Returns a panel whose form has the section “More” closed.
    pub(super) fn new() -> Self {
        Self {
            form: ServerForm::default(),
            program: 0,
            pinned: 132.0,
            is_automatic: false,
            is_opened: false,
            has_focus: false,
        }
    }

    /// Hides the panel when the window becomes narrow, except while the user types in the form, and in presenter mode.
    /// Must be called once per frame.
    pub(super) fn make_room(&mut self, is_narrow: bool, is_presenting: bool) {
        let is_automatic = is_narrow || is_presenting;
        if is_automatic && !self.is_automatic {
            self.is_opened = self.has_focus && !is_presenting;
        }
        self.is_automatic = is_automatic;
    }

    /// Returns whether the panel is shown.
    pub(super) fn is_shown(&self, app: &App) -> bool {
        if self.is_automatic { self.is_opened } else { app.settings().side_panel }
    }

    /// Shows or hides the panel. Returns the command that saves this, unless the panel only makes room for now.
    pub(super) fn set_shown(&mut self, shown: bool) -> Option<Command> {
        if self.is_automatic {
            self.is_opened = shown;
            return None;
        }
        Some(Command::set(Setting::SidePanel, shown))
    }

    /// Moves the keyboard focus to a field of the form.
    pub(super) fn focus(&mut self, ctx: &Context, field: Setting) {
        self.form.focus(ctx, field);
    }

    /// Shows the panel. If a start has just failed, the reason in the form is scrolled into view.
    pub(super) fn show(&mut self, ui: &mut Ui, app: &App, failed_just_now: bool) -> Vec<Action> {
        let mut actions = Vec::new();
        let area = ui.available_rect_before_wrap();
        self.has_focus = focused_at(ui).is_some_and(|at| area.x_range().contains(at.x));
        let split = area.bottom() - self.pinned;
        // The form is added first, in the order of the Tab key, although its height depends on the part below it.
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
            try_it::show(ui, app, &mut self.program);
            ui.add_space(2.0);
            start_notes(ui, app);
            ui.horizontal(|ui| {
                let pending = restart_button::pending(app);
                let beside = pending.as_ref().map_or(0.0, |_| restart_button::WIDTH + size::GAP);
                actions.extend(start_button::show_large(ui, app, ui.available_width() - beside));
                if let Some(pending) = pending {
                    actions.extend(restart_button::show(ui, app, &pending).map(Action::from));
                }
            });
            // Together with the item spacing, this makes the space below the button as wide as the space beside it.
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

/// Shows why the server can't be started or why the start failed.
fn start_notes(ui: &mut Ui, app: &App) {
    let state = app.state();
    if let ServerState::Failed(error) = &state
        && !is_shown_at_field(app, error)
    {
        note(ui, Tone::Problem, &error.to_string());
    }
    if state.is_stopped()
        && let Some(reason) = app.blocked()
    {
        note(ui, Tone::Hint, &reason);
    }
}

/// Returns whether the form shows the reason of a failed start at one of its fields.
fn is_shown_at_field(app: &App, error: &StartError) -> bool {
    match error {
        StartError::System { .. } | StartError::Panicked(_) => false,
        StartError::Tls(_) => {
            let bad_file = matches!(app.certificate(), Check::Bad(_)) || matches!(app.key(), Check::Bad(_));
            app.settings().tls && (bad_file || matches!(app.pair(), Some(Err(_))))
        }
        StartError::NameNotFound { .. } | StartError::Bind(_) => true,
    }
}
