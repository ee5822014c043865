//! The row over the ladder: which connection, whether its end is followed, how rows are placed, save.

use std::path::PathBuf;

use egui::style::HandleShape;
use egui::{RichText, Slider, Ui};

use crate::app::command::WireFormat;
use crate::app::{App, Command};
use crate::capture::CaptureInfo;
use crate::server::client_id::ClientId;
use crate::text;
use crate::ui::action::Action;
use crate::ui::shortcuts::named;
use crate::ui::tabs::wire::picker::{Choice, Picker};
use crate::ui::tabs::wire::rows::Rows;
use crate::ui::tabs::wire::zoom::{RANGE, WAYS, Zoom};
use crate::ui::theme::{Palette, size};
use crate::ui::widgets::controls::{chip, pill_button, pill_width, segments, segments_width};

/// Between two controls.
const GAP: f32 = 6.0;
/// Width of the slider and of what is written beside it.
const SLIDER: f32 = 110.0;
const SLIDER_WORDS: f32 = 86.0;
/// Below this width the save buttons have short names.
const TIGHT: f32 = 520.0;

/// Shows the row, or two where it is narrow; returns the connection that was chosen.
pub(in crate::ui) fn show(
    ui: &mut Ui,
    app: &App,
    shown: Option<&CaptureInfo>,
    chosen: Option<ClientId>,
    picker: &mut Picker,
    zoom: &mut Zoom,
    rows: &mut Rows,
) -> (Option<Choice>, Vec<Action>) {
    let tight = ui.available_width() < TIGHT;
    let saves = if ui.available_width() < TIGHT {
        ["SVG…", "Text…"]
    } else {
        ["Save as SVG…", "Save as text…"]
    };
    let slider = if zoom.is_by_time() { SLIDER + SLIDER_WORDS + 3.0 * GAP } else { 0.0 };
    let rest = segments_width(ui, &WAYS)
        + slider
        + saves.iter().map(|label| pill_width(ui, label) + GAP).sum::<f32>()
        + 3.0 * GAP
        + size::EDGE;
    let follow = pill_width(ui, "Follow") + 2.0 * GAP;
    let narrow = ui.available_width() < rest + follow + 330.0;
    let (mut choice, mut actions) = (None, Vec::new());
    ui.add_space((size::TOOLBAR - size::CONTROL) / 2.0);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = GAP;
        ui.set_height(size::CONTROL);
        ui.add_space(size::EDGE);
        let beside = follow + if narrow { size::EDGE } else { rest + GAP };
        let room = (ui.available_width() - beside).clamp(120.0, 420.0);
        choice = picker.show(ui, app, shown, chosen, room);
        if chip(ui, "Follow", rows.follow).on_hover_text("Keep the newest row in view").clicked() {
            rows.follow = !rows.follow;
        }
        if !narrow {
            ui.add_space((ui.available_width() - rest).max(0.0));
            actions.extend(tools(ui, shown, saves, zoom, rows, tight));
        }
    });
    if narrow {
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = GAP;
            ui.set_height(size::CHIP);
            ui.add_space(size::EDGE);
            actions.extend(tools(ui, shown, saves, zoom, rows, tight));
        });
    }
    ui.add_space((size::TOOLBAR - size::CONTROL) / 2.0);
    (choice, actions)
}

fn tools(
    ui: &mut Ui,
    shown: Option<&CaptureInfo>,
    saves: [&str; 2],
    zoom: &mut Zoom,
    rows: &mut Rows,
    tight: bool,
) -> Option<Action> {
    let palette = Palette::of(ui);
    if let Some(way) = segments(ui, &WAYS, zoom.way()) {
        zoom.set_way(way);
    }
    if zoom.is_by_time() {
        ui.spacing_mut().slider_width = if tight { SLIDER - 20.0 } else { SLIDER };
        ui.spacing_mut().interact_size.y = size::CHIP;
        let mut per_second = zoom.per_second();
        let slider = Slider::new(&mut per_second, RANGE.0..=RANGE.1)
            .logarithmic(true)
            .show_value(false)
            .handle_shape(HandleShape::Circle);
        let slider = ui.add(slider).accessible_name("Zoom by time");
        if slider
            .on_hover_text(named(ui.ctx(), "How finely time is drawn; Ctrl with the wheel does it too"))
            .changed()
        {
            zoom.set_per_second(per_second);
            rows.zoomed();
        }
        if !tight {
            let words = format!("{} a row", text::duration(zoom.row()));
            ui.label(RichText::new(words).size(size::SMALL).color(palette.muted));
        }
    }
    ui.add_space(GAP);
    let id = shown?.client.id;
    let mut action = None;
    for (label, name, format) in
        [(saves[0], "Save as SVG…", WireFormat::Svg), (saves[1], "Save as text…", WireFormat::Text)]
    {
        let about = match format {
            WireFormat::Svg => "Write the whole ladder to a file, as a picture",
            WireFormat::Text => "Write the whole ladder to a file, as text",
        };
        if pill_button(ui, label).accessible_name(name).on_hover_text(about).clicked() {
            action = Some(Action::choose_path(Command::SaveWire { id, path: PathBuf::new(), format }));
        }
    }
    action
}
