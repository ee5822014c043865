//! The tabs over the centre of the window.

pub(in crate::ui) mod client;
pub(in crate::ui) mod connections;
pub(in crate::ui) mod log;
pub(in crate::ui) mod python;
pub(in crate::ui) mod wire;

use egui::{FontId, Response, Role, Sense, Stroke, Ui, WidgetInfo, vec2};

use crate::app::App;
use crate::text::with_thousands;
use crate::ui::action::Tab;
use crate::ui::shortcuts::named;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::text_width;
use crate::ui::widgets::focus_ring;

/// What the row of tabs itself remembers.
#[derive(Debug, Default)]
pub(in crate::ui) struct Tabs {
    take_keyboard: bool,
}

impl Tabs {
    /// The keyboard goes to the current tab, from which the Tab key leads into what it shows.
    pub(in crate::ui) fn take_keyboard(&mut self) {
        self.take_keyboard = true;
    }

    /// Shows the tabs; returns the one that was chosen.
    pub(in crate::ui) fn show(&mut self, ui: &mut Ui, app: &App, current: Tab) -> Option<Tab> {
        let take_keyboard = std::mem::take(&mut self.take_keyboard);
        let mut chosen = None;
        let labels = Tab::ALL.map(|which| label(which, app));
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = APART;
            ui.add_space(size::EDGE - APART);
            let padding = padding(ui, &labels);
            for (number, (which, label)) in Tab::ALL.into_iter().zip(&labels).enumerate() {
                let response = tab(ui, label, which == current, padding);
                let response = response.on_hover_text(named(ui.ctx(), &format!("Ctrl+{}", number + 1)));
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

/// Between two tabs.
const APART: f32 = 4.0;
/// Left and right of a tab's name together, where there is room.
const PADDING: f32 = 28.0;
/// The same in a narrow window, while the number of connections is a long one.
const LEAST_PADDING: f32 = 8.0;

fn label(which: Tab, app: &App) -> String {
    match which {
        Tab::Log => "Log".to_owned(),
        Tab::Code => "Code".to_owned(),
        Tab::Wire => "Wire".to_owned(),
        Tab::Connections => match app.counters().clients_now {
            0 => "Connections".to_owned(),
            now => format!("Connections {}", with_thousands(now)),
        },
        Tab::Client => "Client".to_owned(),
    }
}

/// What stands left and right of each name, so that all have room.
fn padding(ui: &Ui, labels: &[String]) -> f32 {
    let names: f32 =
        labels.iter().map(|label| text_width(ui, label, theme::strong(size::TEXT)) + APART).sum();
    #[expect(clippy::cast_precision_loss, reason = "a handful of tabs")]
    let each = (ui.available_width() - names) / labels.len() as f32;
    each.clamp(LEAST_PADDING, PADDING)
}

fn tab(ui: &mut Ui, label: &str, on: bool, padding: f32) -> Response {
    let palette = Palette::of(ui);
    let font: FontId = if on { theme::strong(size::TEXT) } else { theme::text() };
    let galley = ui.painter().layout_no_wrap(label.to_owned(), font, palette.text);
    let (rect, response) =
        ui.allocate_exact_size(vec2(galley.size().x + padding, size::TABS), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, on, label));
    let ink = if on || response.hovered() { palette.text } else { palette.muted };
    ui.painter().galley_with_override_text_color(rect.center() - galley.size() / 2.0, galley, ink);
    if on {
        ui.painter().hline(rect.x_range(), rect.bottom() - 1.0, Stroke::new(2.0, palette.accent));
    }
    focus_ring(ui, &response, rect.shrink2(vec2(4.0, 7.0)), 4.0);
    response
}
