//! One certificate of a chain: whom it is about, from when until when, its key, its extensions in words.

use egui::{Frame, Label, Rect, RichText, Role, Sense, Stroke, Ui, WidgetInfo, vec2};
use jiff::Timestamp;

use crate::tls::inspect::{CertificateDetails, Validity};
use crate::ui::action::Action;
use crate::ui::theme::{self, Palette, size};
use crate::ui::tls_dialogs::parts::{named, sentence, value};
use crate::ui::widgets::disclosure::disclosure;
use crate::ui::widgets::note::{Tone, note};

/// Shows a certificate; returns whether its extensions are to be unfolded or folded.
pub(super) fn show(
    ui: &mut Ui,
    index: usize,
    one: &CertificateDetails,
    now: Timestamp,
    unfolded: bool,
    actions: &mut Vec<Action>,
) -> bool {
    let palette = Palette::of(ui);
    Frame::new()
        .fill(palette.canvas)
        .stroke(Stroke::new(1.0, palette.border))
        .corner_radius(size::RADIUS)
        .inner_margin(12)
        .show(ui, |ui| {
            ui.push_id(index, |ui| {
                ui.set_width(ui.available_width());
                ui.spacing_mut().item_spacing.y = 5.0;
                let title = format!("{} · {}", index + 1, role(index, one));
                ui.label(RichText::new(title).font(theme::strong(size::TEXT)).color(palette.text));
                facts(ui, one, now, actions);
                let count = one.extensions.len();
                if count == 0 {
                    return false;
                }
                let toggled = disclosure(
                    ui,
                    &format!("Extensions of certificate {}: {count}", index + 1),
                    unfolded,
                    false,
                );
                if unfolded {
                    extensions(ui, one);
                }
                toggled.clicked()
            })
            .inner
        })
        .inner
}

fn role(index: usize, one: &CertificateDetails) -> &'static str {
    match (index, one.self_signed) {
        (0, true) => "The server's certificate, signed by itself",
        (0, false) => "The server's certificate",
        (_, true) => "An authority, signed by itself",
        (_, false) if one.is_ca => "An intermediate authority",
        (_, false) => "Not an authority",
    }
}

fn facts(ui: &mut Ui, one: &CertificateDetails, now: Timestamp, actions: &mut Vec<Action>) {
    actions.extend(value(ui, "Subject", &one.subject, false));
    actions.extend(value(ui, "Issuer", &one.issuer, false));
    let names: Vec<_> = one.names.iter().map(ToString::to_string).collect();
    if names.is_empty() {
        let text = if one.is_ca { "none" } else { "none: strict clients refuse it" };
        actions.extend(value(ui, "Names", text, false));
    } else {
        actions.extend(value(ui, "Names", &names.join(", "), false));
    }
    validity(ui, &one.validity, now);
    actions.extend(value(ui, "Key", &one.key_words(), false));
    actions.extend(value(ui, "Signature", &one.signature.words, false));
    if one.signature.weak {
        note(ui, Tone::Caution, "Clients of today no longer trust this kind of signature.");
    }
    actions.extend(value(ui, "SHA-256", &one.fingerprint, true));
    actions.extend(value(ui, "Serial number", &one.serial, true));
    actions.extend(value(ui, "X.509 version", &one.version.to_string(), false));
}

/// A bar for how much of the time has passed, both ends, and what that means now.
fn validity(ui: &mut Ui, validity: &Validity, now: Timestamp) {
    let palette = Palette::of(ui);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = size::GAP;
        named(ui, "Validity");
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 3.0;
            let words = validity.words(now);
            let holds = validity.holds(now);
            let ink = if holds { palette.good } else { palette.problem };
            let (rect, response) =
                ui.allocate_exact_size(vec2(ui.available_width().min(360.0), 16.0), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("Validity: {words}")));
            let bar = Rect::from_center_size(rect.center(), vec2(rect.width(), 6.0));
            ui.painter().rect_filled(bar, 3.0, palette.field_hover);
            #[expect(clippy::cast_possible_truncation, reason = "from 0 to 1, for the eye")]
            let share = validity.elapsed(now) as f32;
            let passed = Rect::from_min_size(bar.min, vec2((bar.width() * share).max(3.0), bar.height()));
            ui.painter().rect_filled(passed, 3.0, if holds { palette.accent } else { palette.problem });
            ui.painter().circle_filled(passed.right_center(), 4.5, if holds { palette.accent } else { ink });
            let span = format!("{} to {}", validity.begins(), validity.ends());
            ui.add(Label::new(RichText::new(span).font(theme::mono()).color(palette.text)).wrap());
            ui.add(Label::new(RichText::new(words).size(size::SMALL).color(ink)).wrap());
        });
    });
}

fn extensions(ui: &mut Ui, one: &CertificateDetails) {
    for extension in &one.extensions {
        let critical = if extension.critical { " (critical)" } else { "" };
        sentence(ui, &format!("{}{critical}", extension.name)).on_hover_text(&extension.oid);
        let text = RichText::new(&extension.value).font(theme::mono()).color(Palette::of(ui).text);
        ui.add(Label::new(text).wrap());
        ui.add_space(2.0);
    }
}
