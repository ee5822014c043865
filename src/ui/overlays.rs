//! What lies over the window now and then: files about to be dropped, a path to type.

use egui::{
    Align2, Context, Frame, Id, Key, Label, LayerId, Modifiers, Order, RichText, Stroke, StrokeKind, Ui, vec2,
};

use crate::app::App;
use crate::app::tls_jobs::typed_path;
use crate::settings::fields::Field;
use crate::ui::action::Action;
use crate::ui::dialogs::{Purpose, command, wire_file};
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::field::text_field;
use crate::ui::widgets::modal;

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
    painter.text(centre + vec2(0.0, 6.0), Align2::CENTER_TOP, text, theme::text(), palette.muted);
}

/// A file in the user's own folder.
fn at_home(name: &str) -> String {
    std::env::home_dir().unwrap_or_default().join(name).to_string_lossy().into_owned()
}

/// Asks for a path where the system has no file dialog.
#[derive(Debug)]
pub(super) struct TypePath {
    purpose: Purpose,
    text: String,
}

impl TypePath {
    /// Starts with what is known of the path; `saved` is where the same was to be saved the last time.
    pub(super) fn new(purpose: Purpose, app: &App, saved: Option<&str>) -> Self {
        let text = match purpose {
            Purpose::Open(field) => app.form().text(field).to_owned(),
            Purpose::OfClient(id, field) => {
                app.clients().get(id).map_or("", |tab| tab.form().text(field)).to_owned()
            }
            Purpose::KeyLog => app.form().text(Field::KeyLog).to_owned(),
            Purpose::NewFolder | Purpose::Roots | Purpose::Lesson => String::new(),
            Purpose::SaveLog => saved.map_or_else(|| at_home("echoscope-log.txt"), str::to_owned),
            Purpose::SaveProgram => saved.map_or_else(|| at_home("ServerPython.py"), str::to_owned),
            Purpose::SaveWire(id, format) => at_home(&wire_file(id, format)),
        };
        Self { purpose, text }
    }

    /// Shows the question; returns whether it is answered, and the answer.
    pub(super) fn show(&mut self, ui: &Ui) -> (bool, Option<Action>) {
        let palette = Palette::of(ui);
        let frame = Frame::window(ui.style()).fill(palette.panel);
        let room = ui.ctx().content_rect().width();
        let (title, action) = match self.purpose {
            Purpose::Open(_) | Purpose::OfClient(..) => ("Open a file", "Open"),
            Purpose::Lesson => ("Open a lesson", "Open"),
            Purpose::SaveLog => ("Save the log", "Save"),
            Purpose::SaveProgram => ("Save the program", "Save"),
            Purpose::SaveWire(..) => ("Save the ladder", "Save"),
            Purpose::KeyLog => ("Write TLS keys to a file", "Use"),
            Purpose::NewFolder | Purpose::Roots => ("Choose a path", "Use"),
        };
        let modal = modal(Id::unique("type a path"), title).frame(frame).backdrop_color(palette.veil);
        let response = modal.show(ui.ctx(), |ui| {
            ui.set_width((room - 80.0).min(480.0));
            ui.label(RichText::new(title).font(theme::strong(16.0)));
            let why = "This system has no file dialog to offer, so type the path.";
            let label = ui.add(Label::new(RichText::new(why).color(palette.muted)).wrap());
            if self.purpose == Purpose::SaveLog {
                let how = ".json or .jsonl saves JSON lines, anything else text; the whole log is saved.";
                ui.add(Label::new(RichText::new(how).color(palette.muted)).wrap());
            }
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
                        egui::Button::new(RichText::new(action).color(palette.on_strong))
                            .fill(palette.start[0]),
                    )
                    .clicked()
                    || (entered && ready)
                {
                    answer = Some(command(self.purpose, typed_path(&self.text)).map(Action::from));
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
