//! The Code tab: the tutorial's program for the current settings, in one of two versions. While the server runs, the
//! tab shows the lines where its threads are. Below the program is what the server does beyond it.

mod line_status;
mod listing;

use std::path::PathBuf;
use std::time::Duration;

use egui::{Frame, Margin, Panel, ScrollArea, Ui, vec2};

use crate::app::{App, Command};
use crate::python::Version;
use crate::server::Phase;
use crate::server::calls::{Call, Calls};
use crate::server::event::ClientId;
use crate::settings::Setting;
use crate::ui::action::Action;
use crate::ui::tabs::python::line_status::{followed_line, line_statuses};
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{copy_button, pill_button, switch, text_width};
use crate::ui::widgets::field::small;
use crate::ui::widgets::{scroll_when_small, toolbar};
use crate::ui::{backlog, frame_pacing, step_bar};

/// The state of the tab.
#[derive(Debug, Default)]
pub(crate) struct CodePanel {
    /// The followed line in the last frame. The listing scrolls to it when it changes.
    last_line: Option<usize>,
    /// The calls in the last frame.
    last_calls: Option<Calls>,
    /// The time at which the highlight of each call's line ends, in the order of [`Call::ALL`].
    highlight_ends: [f64; Call::ALL.len()],
    /// The number of the egui pass in which the tab was last shown.
    last_pass: u64,
    /// The height of everything but the program, as of the last frame.
    height_around: f32,
}

/// A window shorter than this has less room for the accept queue, so that the program has more.
const SHORT_WINDOW: f32 = 600.0;
/// The height of the text about the accept queue in a short and in a tall window. A longer text scrolls, so that the
/// program keeps its height while the server starts.
const QUEUE: [f32; 2] = [56.0, 88.0];
/// The minimum height of the program: seven lines, and the space below them.
const MIN_PROGRAM: f32 = 7.0 * size::CODE_ROW + size::GAP;
/// The width of the switch and the buttons in the toolbar, with the space around them.
const TOOLS_WIDTH: f32 = 360.0;
/// How long a line is highlighted after it ran, in seconds.
const HIGHLIGHT_TIME: f64 = 0.7;
/// How long after a change the calls are read again, since a thread may make its next call a moment later.
const REREAD_DELAY: Duration = Duration::from_millis(120);

impl CodePanel {
    /// Shows the tab.
    pub(crate) fn show(&mut self, ui: &mut Ui, app: &App) -> Vec<Action> {
        let before = self.height_around;
        let actions =
            scroll_when_small(ui, "code tab", vec2(0.0, before + MIN_PROGRAM), |ui| self.parts(ui, app));
        if (self.height_around - before).abs() > 0.5 {
            ui.ctx().request_discard("the height of the parts around the program has changed");
        }
        actions
    }

    fn parts(&mut self, ui: &mut Ui, app: &App) -> Vec<Action> {
        let mut actions = Vec::new();
        let height = ui.available_height();
        let bar = Frame::new().fill(Palette::of(ui).panel);
        let steps = bar.inner_margin(Margin::symmetric(16, 7));
        Panel::top("step bar").frame(steps).show(ui, |ui| {
            actions.extend(step_bar::show(ui, app));
        });
        actions.extend(toolbar(ui, "code toolbar", |ui| tools(ui, app)));
        let is_short = ui.ctx().content_rect().height() < SHORT_WINDOW;
        let queue = bar.inner_margin(Margin::symmetric(16, 9));
        Panel::bottom("accept queue").resizable(false).frame(queue).show(ui, |ui| {
            let height = QUEUE[usize::from(!is_short)];
            let scroll = ScrollArea::vertical().id_salt("accept queue").auto_shrink(false);
            let scroll = scroll.max_height(height).min_scrolled_height(height);
            scroll.show(ui, |ui| actions.extend(backlog::show(ui, app)));
        });
        self.height_around = height - ui.available_height();
        let program = app.program();
        let calls = app.calls();
        let highlighted = self.highlighted(ui, &calls);
        let queued = queued(app, &calls);
        let statuses = line_statuses(&program, &calls, &queued, !app.state().is_stopped(), highlighted);
        // When the tab has just been opened, the listing scrolls to the followed line even if it is still the same.
        let pass = ui.ctx().cumulative_pass_nr();
        let is_opened = pass > self.last_pass + 1;
        self.last_pass = pass;
        let line = followed_line(&statuses, &calls);
        let scrolled_to = line.filter(|line| is_opened || self.last_line != Some(*line));
        self.last_line = line;
        listing::show(ui, &program, &statuses, scrolled_to);
        self.last_calls = Some(calls);
        actions
    }

    /// Returns which calls were made a moment ago. Requests a repaint for when that changes, and soon after the calls
    /// have changed.
    fn highlighted(&mut self, ui: &Ui, calls: &Calls) -> [bool; Call::ALL.len()] {
        let now = ui.input(|input| input.time);
        if let Some(last) = &self.last_calls {
            for (end, (before, after)) in
                self.highlight_ends.iter_mut().zip(last.counts.iter().zip(&calls.counts))
            {
                if after > before {
                    *end = now + HIGHLIGHT_TIME;
                }
            }
        }
        if self.last_calls.as_ref() != Some(calls) {
            frame_pacing::repaint_after(ui.ctx(), REREAD_DELAY);
        }
        let time_left = self.highlight_ends.iter().map(|end| end - now).filter(|time_left| *time_left > 0.0);
        if let Some(time_left) = time_left.min_by(f64::total_cmp) {
            ui.ctx().request_repaint_after(Duration::from_secs_f64(time_left));
        }
        self.highlight_ends.map(|end| end > now)
    }
}

fn tools(ui: &mut Ui, app: &App) -> Option<Action> {
    let program = app.program();
    let is_robust = program.version == Version::Robust;
    let settings = if !app.state().is_stopped() {
        "for the running server"
    } else if app.form().first_invalid().is_some() {
        "for the last valid settings; fix the field in error"
    } else {
        "for these settings"
    };
    let text = format!("The tutorial's program {settings}");
    let is_narrow = text_width(ui, &text, theme::small()) + TOOLS_WIDTH > ui.available_width();
    small(ui, text);
    if is_narrow {
        // The copy button doesn't move to the next row by itself.
        ui.end_row();
    } else {
        ui.add_space(size::GAP);
    }
    let label = Setting::RobustProgram.label();
    let about = "Show the program with error handling, timeouts, and a line for each closed connection";
    let robust = switch(ui, is_robust, label).on_hover_text(about);
    small(ui, label);
    copy_button(ui, "Copy", || program.text());
    let save = pill_button(ui, "Save as ServerPython.py…");
    let save = save.on_hover_text("Run it with python3 while this server is stopped");
    if robust.clicked() {
        return Some(Command::set(Setting::RobustProgram, !is_robust).into());
    }
    save.clicked().then(|| Action::choose_path(Command::SaveProgram(PathBuf::new())))
}

/// Returns the clients that wait for a thread of the pool. Reads the connections only if there are more clients than
/// threads at a call.
fn queued(app: &App, calls: &Calls) -> Vec<ClientId> {
    if app.counters().clients_now <= calls.clients.len() as u64 {
        return Vec::new();
    }
    let queued = app.connections().into_iter().filter(|connection| connection.phase == Phase::Queued);
    queued.map(|connection| connection.client.id).collect()
}
