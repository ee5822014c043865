//! The panel on the left: the settings form, and below it a command to try and the start button, which stay in view
//! while the form scrolls.

use egui::{
    Button, Color32, Context, Margin, Rect, Response, RichText, ScrollArea, Stroke, Ui, UiBuilder, pos2, vec2,
};

use crate::app::{App, Check, Command};
use crate::server::ServerState;
use crate::server::start_error::StartError;
use crate::settings::Setting;
use crate::ui::action::Action;
use crate::ui::server_form::ServerForm;
use crate::ui::shortcuts::with_key_names;
use crate::ui::theme::{Palette, size};
use crate::ui::widgets::field::{Tone, note, reveal_problems};
use crate::ui::widgets::icon::Icon;
use crate::ui::{restart_banner, tls_form, try_it};

/// The state of the side panel.
#[derive(Debug)]
pub(super) struct SidePanel {
    form: ServerForm,
    /// The index of the program whose command is shown.
    program: usize,
    /// The height of the part below the form, as of the last frame.
    pinned: f32,
}

impl SidePanel {
    /// Returns a panel whose form has the section “More” closed.
    pub(super) fn new() -> Self {
        Self { form: ServerForm::default(), program: 0, pinned: 132.0 }
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
            actions.extend(restart_banner::show(ui, app).map(Action::from));
            try_it::show(ui, app, &mut self.program);
            ui.add_space(2.0);
            actions.extend(start_button(ui, app).map(Action::from));
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

/// Shows the button that starts or stops the server and, above it, why it can't be pressed or why the start failed.
fn start_button(ui: &mut Ui, app: &App) -> Option<Command> {
    let palette = Palette::of(ui);
    let state = app.state();
    if let ServerState::Failed(error) = &state
        && !is_shown_at_field(app, error)
    {
        note(ui, Tone::Problem, &error.to_string());
    }
    match state {
        // In step mode, a server can be stopped while it is starting.
        ServerState::Starting if !app.is_stepping() => {
            wide_button(ui, "Starting…", None, None);
            None
        }
        ServerState::Stopping => {
            wide_button(ui, "Stopping…", None, None);
            None
        }
        ServerState::Starting | ServerState::Listening { .. } => {
            wide_button(ui, "Stop server", Some(Icon::Stop), Some(palette.stop))
                .on_hover_text(with_key_names(ui.ctx(), "Close all connections and stop (Ctrl+Enter)"))
                .clicked()
                .then_some(Command::Stop)
        }
        ServerState::Stopped | ServerState::Failed(_) => {
            if let Some(reason) = app.blocked() {
                note(ui, Tone::Hint, &reason);
                wide_button(ui, "Start server", Some(Icon::Play), None).on_disabled_hover_text(reason);
                return None;
            }
            wide_button(ui, "Start server", Some(Icon::Play), Some(palette.start))
                .on_hover_text(with_key_names(ui.ctx(), "Ctrl+Enter"))
                .clicked()
                .then_some(Command::Start)
        }
    }
}

/// Adds a button over the whole width. It is enabled if `colors` is given: its normal color, and its color under the
/// pointer.
fn wide_button(ui: &mut Ui, label: &str, icon: Option<Icon>, colors: Option<[Color32; 2]>) -> Response {
    let palette = Palette::of(ui);
    let text = RichText::new(label).heading();
    let button = match icon {
        Some(icon) => Button::new((icon.atom(13.0), text)),
        None => Button::new(text),
    };
    let button = button.corner_radius(size::RADIUS + 2);
    let button_size = vec2(ui.available_width(), size::START_BUTTON);
    let add = |ui: &mut Ui| {
        ui.spacing_mut().icon_spacing = size::GAP;
        let widgets = &mut ui.visuals_mut().widgets;
        if let Some([normal, hovered]) = colors {
            for (visuals, fill) in [
                (&mut widgets.inactive, normal),
                (&mut widgets.hovered, hovered),
                (&mut widgets.active, hovered),
            ] {
                visuals.weak_bg_fill = fill;
                visuals.fg_stroke.color = palette.on_strong;
                visuals.bg_stroke = Stroke::NONE;
            }
            // The focus ring, in a color that is visible on the button.
            widgets.active.bg_stroke = Stroke::new(2.0, palette.on_strong);
        }
        ui.add_enabled_ui(colors.is_some(), |ui| ui.add_sized(button_size, button)).inner
    };
    ui.scope(add).inner
}

/// Returns whether the form shows the reason of a failed start at one of its fields.
fn is_shown_at_field(app: &App, error: &StartError) -> bool {
    match error {
        StartError::System { .. } => false,
        StartError::Tls(_) => {
            let bad_file = matches!(app.certificate(), Check::Bad(_)) || matches!(app.key(), Check::Bad(_));
            app.settings().tls && (bad_file || matches!(app.pair(), Some(Err(_))))
        }
        StartError::NameNotFound { .. } | StartError::Bind(_) => true,
    }
}
