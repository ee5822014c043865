//! What lies over the window now and then: files about to be dropped, a path to type, a notice.

use std::time::Duration;

use eframe::egui::text::LayoutJob;
use eframe::egui::{
    Align, Align2, Area, Context, Frame, Id, Key, Label, LayerId, Layout, Margin, Modal, Modifiers, Order,
    Rect, RichText, Sense, Stroke, StrokeKind, Ui, vec2,
};

use super::dialogs::{Purpose, command, wire_file};
use super::theme::{self, Palette, size};
use super::widgets::controls::{ICON_BUTTON, icon_button};
use super::widgets::field::text_field;
use super::widgets::icon::{self, Icon};
use super::wish::Wish;
use crate::session::lab::typed_path;
use crate::session::{Command, Notice, Session};
use crate::settings::fields::Field;

/// The session's notice, in a bar that lies over the lower edge of the centre: nothing moves when it comes or goes.
#[derive(Debug, Default)]
pub(super) struct NoticeBar {
    /// What is shown, and since when.
    shown: Option<(Notice, f64)>,
}

/// How long good news are shown, in seconds. Bad ones stay until they are dismissed.
const GOOD_NEWS: f64 = 6.0;

impl NoticeBar {
    /// Shows the notice; returns the wish to dismiss it, the user's or that of time.
    pub(super) fn show(&mut self, ui: &Ui, session: &Session, area: Rect) -> Option<Wish> {
        let now = ui.input(|input| input.time);
        let Some(notice) = session.notice() else {
            self.shown = None;
            return None;
        };
        let since = match &self.shown {
            Some((shown, since)) if shown == notice => *since,
            _ => now,
        };
        self.shown = Some((notice.clone(), since));
        let rest = since + GOOD_NEWS - now;
        if !notice.problem && rest <= 0.0 {
            return Some(Command::DismissNotice.into());
        }
        if !notice.problem {
            ui.ctx().request_repaint_after(Duration::from_secs_f64(rest));
        }
        let palette = Palette::of(ui);
        let width = area.width() - 2.0 * size::EDGE;
        let bar = Area::new(Id::unique("notice"))
            .order(Order::Middle)
            .pivot(Align2::CENTER_BOTTOM)
            .fixed_pos(area.center_bottom() - vec2(0.0, size::GAP))
            .constrain(false)
            .fade_in(false)
            .show(ui.ctx(), |ui| {
                Frame::new()
                    .fill(if notice.problem { palette.problem_soft } else { palette.accent_soft })
                    .stroke(Stroke::new(1.0, if notice.problem { palette.problem } else { palette.accent }))
                    .corner_radius(size::RADIUS + 2)
                    .inner_margin(Margin { left: 14, right: 8, top: 6, bottom: 6 })
                    .show(ui, |ui| {
                        ui.set_width(width - 22.0);
                        ui.horizontal(|ui| words_and_cross(ui, notice)).inner
                    })
                    .inner
            });
        bar.inner.then(|| Command::DismissNotice.into())
    }
}

/// The words, level with the cross; returns whether that was pressed.
fn words_and_cross(ui: &mut Ui, notice: &Notice) -> bool {
    let palette = Palette::of(ui);
    let (sign, ink) =
        if notice.problem { (Icon::Problem, palette.problem) } else { (Icon::Check, palette.accent) };
    let width = ui.available_width() - ICON_BUTTON - size::GAP - 21.0;
    let job = |ink| {
        let mut job = LayoutJob::simple(notice.text.clone(), theme::small(), ink, width);
        job.wrap.max_rows = 3;
        job
    };
    let galley = ui.painter().layout_job(job(palette.text));
    let height = galley.size().y.max(ICON_BUTTON);
    let (square, _) = ui.allocate_exact_size(vec2(13.0, height), Sense::hover());
    icon::paint(ui.painter(), sign, Rect::from_center_size(square.center(), vec2(13.0, 13.0)), ink);
    ui.allocate_ui_with_layout(vec2(width, height), Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_width(width);
        ui.add(Label::new(job(palette.text)).wrap());
    });
    icon_button(ui, Icon::Cross, "Dismiss", None).clicked()
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
    pub(super) fn new(purpose: Purpose, session: &Session, saved: Option<&str>) -> Self {
        let text = match purpose {
            Purpose::Open(field) => session.form().text(field).to_owned(),
            Purpose::OfClient(id, field) => {
                session.clients().get(id).map_or("", |tab| tab.form().text(field)).to_owned()
            }
            Purpose::KeyLog => session.form().text(Field::KeyLog).to_owned(),
            Purpose::NewFolder | Purpose::Roots | Purpose::Lesson => String::new(),
            Purpose::SaveLog => saved.map_or_else(|| at_home("echoscope-log.txt"), str::to_owned),
            Purpose::SaveProgram => saved.map_or_else(|| at_home("ServerPython.py"), str::to_owned),
            Purpose::SaveWire(id, format) => at_home(&wire_file(id, format)),
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
                Purpose::Open(_) | Purpose::OfClient(..) => ("Open a file", "Open"),
                Purpose::Lesson => ("Open a lesson", "Open"),
                Purpose::SaveLog => ("Save the log", "Save"),
                Purpose::SaveProgram => ("Save the program", "Save"),
                Purpose::SaveWire(..) => ("Save the ladder", "Save"),
                Purpose::KeyLog => ("Write TLS keys to a file", "Use"),
                Purpose::NewFolder | Purpose::Roots => ("Choose a path", "Use"),
            };
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
                        eframe::egui::Button::new(RichText::new(action).color(palette.on_strong))
                            .fill(palette.start[0]),
                    )
                    .clicked()
                    || (entered && ready)
                {
                    answer = Some(command(self.purpose, typed_path(&self.text)).map(Wish::from));
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
