//! The tabs over the centre of the window.

use eframe::egui::{FontId, Response, Role, Sense, Stroke, Ui, WidgetInfo, vec2};

use super::theme::{self, Palette, size};
use super::widgets::focus_ring;
use super::wish::Tab;
use crate::session::Session;

/// What the row of tabs itself remembers.
#[derive(Debug, Default)]
pub(super) struct Tabs {
    take_keyboard: bool,
}

impl Tabs {
    /// The keyboard goes to the current tab, from which the Tab key leads into what it shows.
    pub(super) fn take_keyboard(&mut self) {
        self.take_keyboard = true;
    }

    /// Shows the tabs; returns the one that was chosen.
    pub(super) fn show(&mut self, ui: &mut Ui, session: &Session, current: Tab) -> Option<Tab> {
        let take_keyboard = std::mem::take(&mut self.take_keyboard);
        let mut chosen = None;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            ui.add_space(size::EDGE - 4.0);
            for (number, which) in Tab::ALL.into_iter().enumerate() {
                let label = match which {
                    Tab::Log => "Log".to_owned(),
                    Tab::Code => "Code".to_owned(),
                    Tab::Wire => "Wire".to_owned(),
                    Tab::Connections => match session.counters().clients_now {
                        0 => "Connections".to_owned(),
                        now => format!("Connections {now}"),
                    },
                    Tab::Client => "Client".to_owned(),
                };
                let response =
                    tab(ui, &label, which == current).on_hover_text(format!("Ctrl+{}", number + 1));
                if take_keyboard && which == current {
                    response.request_focus();
                }
                if response.clicked() {
                    chosen = Some(which);
                }
            }
        });
        chosen
    }
}

fn tab(ui: &mut Ui, label: &str, on: bool) -> Response {
    let palette = Palette::of(ui);
    let font: FontId = if on { theme::strong(size::TEXT) } else { theme::text() };
    let galley = ui.painter().layout_no_wrap(label.to_owned(), font, palette.text);
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + 28.0, size::TABS), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, on, label));
    let ink = if on || response.hovered() { palette.text } else { palette.muted };
    ui.painter().galley_with_override_text_color(rect.center() - galley.size() / 2.0, galley, ink);
    if on {
        ui.painter().hline(rect.x_range(), rect.bottom() - 1.0, Stroke::new(2.0, palette.accent));
    }
    focus_ring(ui, &response, rect.shrink2(vec2(4.0, 7.0)), 4.0);
    response
}
