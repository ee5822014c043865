//! The crowd: up to two hundred clients at once, for the sight of a server under many.

use egui::{
    Button, Frame, Id, Label, Margin, Popup, PopupCloseBehavior, Rect, RectAlign, RichText, Role, Sense, Ui,
    WidgetInfo, pos2, vec2,
};

use crate::app::clients::crowd::waiting_words;
use crate::app::clients::{CrowdCommand, CrowdStatus};
use crate::app::{App, Command};
use crate::text::with_thousands;
use crate::ui::action::Action;
use crate::ui::tabs::client::strong_button;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{pill_button, pill_width};
use crate::ui::widgets::field::{label, text_field};
use crate::ui::widgets::note::{Tone, note};

/// What the popup remembers: nothing, egui knows whether it is open.
#[derive(Debug, Default)]
pub(in crate::ui) struct CrowdPopup;

const WIDTH: f32 = 340.0;

impl CrowdPopup {
    /// How wide its button is.
    #[expect(clippy::unused_self, reason = "it belongs to the popup")]
    pub(in crate::ui) fn width(&self, ui: &Ui, app: &App) -> f32 {
        pill_width(ui, &button_words(app))
    }

    /// Shows the button, and under it what it opens.
    #[expect(clippy::unused_self, reason = "it belongs to the popup")]
    pub(in crate::ui) fn show(&mut self, ui: &mut Ui, app: &App) -> Vec<Action> {
        let mut actions = Vec::new();
        let button = pill_button(ui, &button_words(app))
            .on_hover_text("Connect up to 200 clients at once, each with a line of its own");
        let frame = Frame::popup(ui.style()).inner_margin(Margin::same(14));
        Popup::from_toggle_button_response(&button)
            .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
            .align(RectAlign::BOTTOM_END)
            .id(Id::unique("crowd"))
            .frame(frame)
            .width(WIDTH)
            .accessible_name("Crowd of clients")
            .show(|ui| {
                ui.set_width(WIDTH);
                contents(ui, app, &mut actions);
            });
        actions
    }
}

fn button_words(app: &App) -> String {
    match app.clients().crowd().status() {
        Some(status) if !status.over => {
            format!("Crowd: {} of {}…", with_thousands(status.echoed), with_thousands(status.of))
        }
        _ => "Crowd…".to_owned(),
    }
}

fn contents(ui: &mut Ui, app: &App, actions: &mut Vec<Action>) {
    let palette = Palette::of(ui);
    let crowd = app.clients().crowd();
    ui.spacing_mut().item_spacing = vec2(size::GAP, size::GAP);
    ui.label(RichText::new("A crowd of clients").font(theme::strong(15.0)).color(palette.text));
    let about = "Each connects as Client 1 would, sends one line of its own, checks that it comes back, and stays until \
                 you let it go.";
    ui.add(Label::new(RichText::new(about).color(palette.muted)).wrap());
    let there = crowd.is_there();
    ui.horizontal(|ui| {
        ui.add_enabled_ui(!there, |ui| {
            let name = label(ui, "Clients", 56.0);
            let wrong = crowd.error().is_some();
            let (field, changed) = text_field(ui, "crowd", 64.0, crowd.count(), "100", wrong);
            let entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            let _ = field.labelled_by(name.id);
            actions.extend(changed.map(|text| Command::Crowd(CrowdCommand::Edit(text)).into()));
            let reason = crowd.error().or_else(|| app.clients().crowd_blocked());
            let connect = strong_button(ui, "Connect them", !there && reason.is_none(), None);
            let connect = connect.on_disabled_hover_text(reason.clone().unwrap_or_default());
            if connect.clicked() || (entered && reason.is_none()) {
                actions.push(Command::Crowd(CrowdCommand::Connect).into());
            }
        });
        let going = crowd.status().is_some_and(|status| status.letting_go);
        let words = if there && going { "Going…" } else { "Let them go" };
        let go = ui.add_enabled(there && !going, Button::new(words));
        if go.on_hover_text("Each says goodbye and closes").clicked() {
            actions.push(Command::Crowd(CrowdCommand::LetGo).into());
        }
    });
    if let Some(words) = crowd.error().or_else(|| app.clients().crowd_blocked()) {
        note(ui, Tone::Problem, &words);
    } else if !there && app.state().is_stopped() {
        note(ui, Tone::Hint, "The server isn't running: start it first.");
    }
    if let Some(status) = crowd.status() {
        counts(ui, status);
    }
}

/// How they stand: a bar, the numbers in words, and what to know about those who wait or failed.
fn counts(ui: &mut Ui, status: &CrowdStatus) {
    let palette = Palette::of(ui);
    let parts = [
        (status.echoed, "have their echo", palette.good),
        (status.waiting, "connected, waiting", palette.caution),
        (status.connecting, "connecting", palette.accent),
        (status.failed, "failed", palette.problem),
        (status.left, "gone", palette.muted),
    ];
    let (bar, response) = ui.allocate_exact_size(vec2(ui.available_width(), 10.0), Sense::hover());
    let words: Vec<String> = parts
        .iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, what, _)| format!("{count} {what}"))
        .collect();
    let all = format!("{} clients: {}", with_thousands(status.of), words.join(", "));
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &all));
    ui.painter().rect_filled(bar, 3.0, palette.field);
    let mut left = bar.left();
    for (count, _, ink) in parts {
        let width = bar.width() * f32::from(count) / f32::from(status.of.max(1));
        let part = Rect::from_min_max(pos2(left, bar.top()), pos2(left + width, bar.bottom()));
        ui.painter().rect_filled(part, 3.0, ink);
        left += width;
    }
    ui.spacing_mut().item_spacing.y = 4.0;
    ui.spacing_mut().interact_size.y = 18.0;
    for (count, what, ink) in parts.into_iter().filter(|(count, ..)| *count > 0) {
        ui.horizontal(|ui| {
            let (square, _) = ui.allocate_exact_size(vec2(10.0, 16.0), Sense::hover());
            let square = Rect::from_center_size(square.center(), vec2(8.0, 8.0));
            ui.painter().rect_filled(square, 2.0, ink);
            ui.label(RichText::new(format!("{} {what}", with_thousands(count))).color(palette.text));
        });
    }
    ui.add_space(4.0);
    if let Some(words) = waiting_words(status) {
        note(ui, Tone::Hint, &words);
    }
    if let Some((number, failure)) = &status.first_failure {
        let text = format!("Client {number} of the crowd failed first. {}", failure.text);
        let said = note(ui, Tone::Problem, &text);
        if !failure.raw.is_empty() {
            said.on_hover_text(&failure.raw);
        }
    }
}
