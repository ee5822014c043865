//! What lies over the window now and then: files about to be dropped, a path to type, a notice.

use eframe::egui::{
    Align2, Context, Frame, Id, Key, Label, LayerId, Modal, Modifiers, Order, RichText, Stroke, StrokeKind,
    Ui,
};

use super::dialogs::{Purpose, command};
use super::theme::{self, Palette, size};
use super::widgets::controls::{ICON_BUTTON, icon_button};
use super::widgets::field::text_field;
use super::widgets::icon::Icon;
use super::widgets::note::{Tone, note};
use super::wish::Wish;
use crate::session::{Command, Session};
use crate::settings::fields::Field;

/// The bar with the session's notice; returns the wish to dismiss it.
pub(super) fn notice(ui: &mut Ui, session: &Session) -> Option<Wish> {
    let notice = session.notice()?;
    let mut wish = None;
    ui.horizontal_top(|ui| {
        ui.vertical(|ui| {
            ui.set_width(ui.available_width() - ICON_BUTTON - size::GAP);
            // The first line is level with the cross.
            ui.add_space(5.0);
            note(ui, if notice.problem { Tone::Problem } else { Tone::Hint }, &notice.text);
            ui.add_space(5.0);
        });
        if icon_button(ui, Icon::Cross, "Dismiss", None).clicked() {
            wish = Some(Command::DismissNotice.into());
        }
    });
    wish
}

/// Says what a drop would do, while files hover over the window.
pub(super) fn drop_hint(ui: &Ui) {
    let ctx: &Context = ui.ctx();
    if ctx.input(|input| input.raw.hovered_files.is_empty()) {
        return;
    }
    let palette = Palette::of(ui);
    let painter = ctx.layer_painter(LayerId::new(Order::Foreground, Id::unique("drop hint")));
    let area = ctx.content_rect();
    painter.rect_filled(area, 0.0, palette.panel.gamma_multiply(0.93));
    let frame = area.shrink(size::EDGE);
    painter.rect_stroke(frame, 12.0, Stroke::new(2.0, palette.accent), StrokeKind::Inside);
    let centre = frame.center();
    let (title, text) = ("Drop the file here", "A certificate or a key finds its own field.");
    painter.text(centre, Align2::CENTER_BOTTOM, title, theme::strong(20.0), palette.text);
    painter.text(
        centre + eframe::egui::vec2(0.0, 6.0),
        Align2::CENTER_TOP,
        text,
        theme::text(),
        palette.muted,
    );
}

/// Asks for a path where the system has no file dialog.
#[derive(Debug)]
pub(super) struct TypePath {
    purpose: Purpose,
    text: String,
}

impl TypePath {
    /// Starts with what is known of the path.
    pub(super) fn new(purpose: Purpose, session: &Session) -> Self {
        let text = match purpose {
            Purpose::Open(field) => session.form().text(field).to_owned(),
            Purpose::KeyLog => session.form().text(Field::KeyLog).to_owned(),
            Purpose::NewFolder | Purpose::Roots => String::new(),
            Purpose::SaveLog => {
                let folder = std::env::home_dir().unwrap_or_default();
                folder.join("echoscope-log.txt").to_string_lossy().into_owned()
            }
        };
        Self { purpose, text }
    }

    /// Shows the question; returns whether it is answered, and the answer.
    pub(super) fn show(&mut self, ui: &Ui) -> (bool, Option<Wish>) {
        let palette = Palette::of(ui);
        let frame = Frame::window(ui.style()).fill(palette.panel);
        let room = ui.ctx().content_rect().width();
        let modal = Modal::new(Id::unique("type a path")).frame(frame).backdrop_color(palette.veil);
        let response = modal.show(ui.ctx(), |ui| {
            ui.set_width((room - 80.0).min(480.0));
            let (title, action) = match self.purpose {
                Purpose::Open(_) => ("Open a file", "Open"),
                Purpose::SaveLog => ("Save the log", "Save"),
                Purpose::KeyLog => ("Write TLS keys to a file", "Use"),
                Purpose::NewFolder | Purpose::Roots => ("Choose a path", "Use"),
            };
            ui.label(RichText::new(title).font(theme::strong(16.0)));
            let why = "This system has no file dialog to offer, so type the path.";
            let label = ui.add(Label::new(RichText::new(why).color(palette.muted)).wrap());
            let width = ui.available_width();
            let (field, typed) = text_field(ui, "typed path", width, &self.text, "path", false);
            let field = field.labelled_by(label.id);
            self.text = typed.unwrap_or_else(|| std::mem::take(&mut self.text));
            let entered =
                field.lost_focus() && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter));
            if ui.memory(|memory| memory.focused().is_none()) {
                field.request_focus();
            }
            let mut answer = None;
            ui.horizontal(|ui| {
                let ready = !self.text.trim().is_empty();
                if ui
                    .add_enabled(
                        ready,
                        eframe::egui::Button::new(RichText::new(action).color(palette.on_strong))
                            .fill(palette.start[0]),
                    )
                    .clicked()
                    || (entered && ready)
                {
                    answer = Some(command(self.purpose, self.text.trim().into()).map(Wish::from));
                }
                if ui.button("Cancel").clicked() {
                    answer = Some(None);
                }
            });
            answer
        });
        let closed = response.should_close();
        match response.inner {
            Some(answer) => (true, answer),
            None => (closed, None),
        }
    }
}
