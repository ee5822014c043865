//! The parameters of a TLS handshake as a table with a label, a value and its meaning. The client's offer is
//! collapsed below it.

use egui::{Grid, Id, Label, RichText, Ui};

use crate::log::handshake_details::DetailRow;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::disclosure;

/// The labels of the client's offer, which come last, begin with this.
const OFFER: &str = "Offered ";
const LABEL: f32 = 128.0;
const VALUE: f32 = 250.0;
/// Below this width the meaning is shown under its value.
const NARROW: f32 = 660.0;

/// Shows the parameters.
pub(crate) fn show(ui: &mut Ui, facts: &[DetailRow]) {
    if facts.is_empty() {
        return;
    }
    let split = facts.iter().position(|(label, ..)| label.starts_with(OFFER)).unwrap_or(facts.len());
    let (agreed, offered) = facts.split_at(split);
    if !agreed.is_empty() {
        table(ui, "agreed", agreed);
    }
    if offered.is_empty() {
        return;
    }
    let id = Id::unique("the client's offer is open");
    let open = ui.data(|data| data.get_temp::<bool>(id)).unwrap_or_default();
    if disclosure(ui, &format!("What the client offered: {} facts", offered.len()), open, false).clicked() {
        ui.data_mut(|data| data.insert_temp(id, !open));
    }
    if open {
        table(ui, "offered", offered);
    }
}

fn table(ui: &mut Ui, id: &str, facts: &[DetailRow]) {
    let palette = Palette::of(ui);
    let narrow = ui.available_width() < NARROW;
    let under_width = (ui.available_width() - LABEL - 24.0).max(120.0);
    let meaning_width = (ui.available_width() - LABEL - VALUE - 32.0).max(120.0);
    let small = |text: &str| RichText::new(text.to_owned()).size(size::SMALL).color(palette.muted);
    ui.spacing_mut().interact_size.y = 18.0;
    Grid::new(id).num_columns(if narrow { 2 } else { 3 }).min_row_height(18.0).spacing([16.0, 4.0]).show(
        ui,
        |ui| {
            for (label, value, meaning) in facts {
                ui.scope(|ui| {
                    ui.set_min_width(LABEL);
                    ui.label(small(label));
                });
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = 1.0;
                    let width = if narrow { under_width } else { VALUE };
                    ui.set_width(width);
                    ui.add(Label::new(RichText::new(value).font(theme::mono()).color(palette.text)).wrap());
                    if let Some(meaning) = meaning.as_ref().filter(|_| narrow) {
                        ui.add(Label::new(small(meaning)).wrap());
                    }
                });
                if !narrow {
                    ui.vertical(|ui| {
                        ui.set_width(meaning_width);
                        ui.add(Label::new(small(meaning.as_deref().unwrap_or_default())).wrap());
                    });
                }
                ui.end_row();
            }
        },
    );
}
