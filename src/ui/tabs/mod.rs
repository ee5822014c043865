//! The row of tabs, and the content of each.

pub(crate) mod client;
pub(crate) mod connections;
pub(crate) mod detail_view;
mod event_row;
pub(crate) mod log;
pub(crate) mod python;
pub(crate) mod wire;

use egui::{Context, Id, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo, vec2};

use crate::app::App;
use crate::text::with_thousands;
use crate::ui::action::Tab;
use crate::ui::shortcuts::named;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::text_width;
use crate::ui::widgets::focus_ring;

/// The space between two tabs.
const BETWEEN: f32 = 4.0;
/// The space at both sides of a tab's name together, if there is room.
const PADDING: f32 = 28.0;
/// The same in a narrow window that shows a large number of connections.
const MIN_PADDING: f32 = 8.0;

/// Moves the keyboard focus to a tab, from which the Tab key leads into its content.
pub(crate) fn focus(ctx: &Context, tab: Tab) {
    ctx.memory_mut(|memory| memory.request_focus(id(tab)));
}

fn id(tab: Tab) -> Id {
    Id::unique("tab").with(tab)
}

/// Shows the row of tabs; returns the one that was pressed.
pub(crate) fn show(ui: &mut Ui, app: &App, current: Tab) -> Option<Tab> {
    let mut pressed = None;
    let labels = Tab::ALL.map(|tab| match (tab, app.counters().clients_now) {
        (Tab::Log, _) => "Log".to_owned(),
        (Tab::Connections, 0) => "Connections".to_owned(),
        (Tab::Connections, now) => format!("Connections {}", with_thousands(now)),
        (Tab::Client, _) => "Client".to_owned(),
        (Tab::Code, _) => "Code".to_owned(),
        (Tab::Wire, _) => "Wire".to_owned(),
    });
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = BETWEEN;
        ui.add_space(size::EDGE - BETWEEN);
        let bold = theme::strong(size::TEXT);
        let names: f32 = labels.iter().map(|label| text_width(ui, label, bold.clone()) + BETWEEN).sum();
        #[expect(clippy::cast_precision_loss, reason = "there are five tabs")]
        let padding = (ui.available_width() - names) / labels.len() as f32;
        for (number, (tab, label)) in Tab::ALL.into_iter().zip(&labels).enumerate() {
            let response = button(ui, tab, label, tab == current, padding.clamp(MIN_PADDING, PADDING));
            if response.on_hover_text(named(ui.ctx(), &format!("Ctrl+{}", number + 1))).clicked() {
                pressed = Some(tab);
            }
        }
    });
    pressed
}

fn button(ui: &mut Ui, tab: Tab, label: &str, selected: bool, padding: f32) -> Response {
    let palette = Palette::of(ui);
    let font = if selected { theme::strong(size::TEXT) } else { theme::text() };
    let galley = ui.painter().layout_no_wrap(label.to_owned(), font, palette.text);
    let rect: Rect = ui.allocate_space(vec2(galley.size().x + padding, size::TABS)).1;
    let response = ui.interact(rect, id(tab), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, selected, label));
    let color = if selected || response.hovered() { palette.text } else { palette.muted };
    ui.painter().galley_with_override_text_color(rect.center() - galley.size() / 2.0, galley, color);
    if selected {
        ui.painter().hline(rect.x_range(), rect.bottom() - 1.0, Stroke::new(2.0, palette.accent));
    }
    focus_ring(ui, &response, rect.shrink2(vec2(4.0, 7.0)), 4.0);
    response
}
