//! The tab with the tutorial's program: for the present settings, and while the server runs with what it is doing now.

mod listing;
mod marks;

use std::path::PathBuf;
use std::time::Duration;

use egui::{Align, Frame, Label, Layout, Margin, Panel, RichText, ScrollArea, Ui};

use crate::app::{App, Command};
use crate::server::calls::{Call, Calls};
use crate::server::client_id::ClientId;
use crate::server::status::Phase;
use crate::ui::action::Action;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{copy_pill, pill_button};
use crate::ui::widgets::room::with_height;
use crate::ui::{backlog, step_bar};
use listing::Listing;
use marks::Mark;

/// What the tab itself remembers.
#[derive(Debug, Default)]
pub(in crate::ui) struct CodePanel {
    listing: Listing,
    /// What the server was doing when it was last looked at.
    seen: Option<Calls>,
    /// Until when each call's line shows that it has just been made, in the order of [`Call::ALL`].
    lit: [f64; Call::ALL.len()],
    /// The number of the pass in which the tab was last shown.
    pass: u64,
    /// Height of all but the program, as of the last frame.
    around: f32,
}

/// In a window lower than this the program needs the room more than the sentences below it, which then scroll.
const LOW: f32 = 600.0;
/// Height of what is left of them then.
const QUEUE_LOW: f32 = 74.0;
/// What the program keeps of a low window: some lines, and the edge below them.
const PROGRAM: f32 = 7.0 * size::CODE_ROW + size::GAP;
/// How long a line shows that it has just run, in seconds.
const LIT: f64 = 0.7;
/// After a change the threads are looked at once more: one may have gone on to its next call a moment after it told
/// of the one before.
const SETTLE: Duration = Duration::from_millis(120);

impl CodePanel {
    /// Shows the program, and who is where in it.
    pub(in crate::ui) fn show(&mut self, ui: &mut Ui, app: &App) -> Vec<Action> {
        let before = self.around;
        let actions = with_height(ui, "code tab", before + PROGRAM, |ui| self.parts(ui, app));
        if (self.around - before).abs() > 0.5 {
            ui.ctx().request_discard("what stands around the program has another height now");
        }
        actions
    }

    fn parts(&mut self, ui: &mut Ui, app: &App) -> Vec<Action> {
        let mut actions = Vec::new();
        let height = ui.available_height();
        let bar = Frame::new().fill(Palette::of(ui).panel);
        let steps = bar.inner_margin(Margin { left: 16, right: 16, top: 7, bottom: 7 });
        Panel::top("step bar").resizable(false).frame(steps).show(ui, |ui| {
            actions.extend(step_bar::show(ui, app));
        });
        let tools = bar.inner_margin(Margin::symmetric(16, 0));
        Panel::top("code toolbar").exact_size(size::TOOLBAR).resizable(false).frame(tools).show(ui, |ui| {
            actions.extend(toolbar(ui, app));
        });
        let low = ui.ctx().content_rect().height() < LOW;
        let queue =
            Panel::bottom("accept queue").resizable(false).frame(bar.inner_margin(Margin::symmetric(16, 9)));
        if low {
            queue.exact_size(QUEUE_LOW).show(ui, |ui| {
                ScrollArea::vertical().id_salt("accept queue").auto_shrink(false).show(ui, |ui| {
                    actions.extend(backlog::show(ui, app));
                });
            });
        } else {
            queue.show(ui, |ui| actions.extend(backlog::show(ui, app)));
        }
        self.around = height - ui.available_height();
        let program = app.program();
        let calls = app.calls();
        let lit = self.watch(ui, &calls);
        let queued = queued(app, &calls);
        let marks = marks::of(&program, &calls, &queued, !app.state().is_stopped(), lit);
        // Whoever opens the tab while the server runs wants to see where it is.
        let pass = ui.ctx().cumulative_pass_nr();
        let just_opened = pass > self.pass + 1;
        self.pass = pass;
        self.listing.show(ui, &program, &marks, just_opened);
        self.seen = Some(calls);
        actions
    }

    /// Which calls were made a moment ago. Asks for the frames in which that, or where a thread is, will be otherwise.
    fn watch(&mut self, ui: &Ui, calls: &Calls) -> [bool; Call::ALL.len()] {
        let now = ui.input(|input| input.time);
        if let Some(seen) = &self.seen {
            for (lit, (was, is)) in self.lit.iter_mut().zip(seen.counts.iter().zip(calls.counts)) {
                if is > *was {
                    *lit = now + LIT;
                }
            }
            if seen != calls {
                ui.ctx().request_repaint_after(SETTLE);
            }
        } else {
            ui.ctx().request_repaint_after(SETTLE);
        }
        let rest = self.lit.iter().map(|until| until - now).filter(|rest| *rest > 0.0);
        if let Some(rest) = rest.min_by(f64::total_cmp) {
            ui.ctx().request_repaint_after(Duration::from_secs_f64(rest));
        }
        self.lit.map(|until| until > now)
    }
}

/// Whose program it is, and what can be done with it.
fn toolbar(ui: &mut Ui, app: &App) -> Option<Action> {
    let mut action = None;
    ui.horizontal_centered(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let save = pill_button(ui, "Save as ServerPython.py…");
            if save.on_hover_text("Run it with python3, instead of this server or beside it").clicked() {
                action = Some(Action::choose_path(Command::SaveProgram(PathBuf::new())));
            }
            if copy_pill(ui, "Copy", "Copy the whole program") {
                action = Some(Action::CopyText(app.program().text()));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let words = if !app.state().is_stopped() {
                    "What the running server does, in Python"
                } else if app.form().first_invalid().is_some() {
                    "The program for the last right settings: one of them is wrong now"
                } else {
                    "The program for these settings, in Python"
                };
                let words = RichText::new(words).font(theme::small()).color(Palette::of(ui).muted);
                ui.add(Label::new(words).truncate());
            });
        });
    });
    action
}

/// Who was accepted and waits for a thread of the pool. The connections are looked at only where there is somebody who
/// is at no call.
fn queued(app: &App, calls: &Calls) -> Vec<ClientId> {
    if app.counters().clients_now <= calls.clients.len() as u64 {
        return Vec::new();
    }
    let connections = app.connections().into_iter();
    connections.filter(|known| known.phase == Phase::Queued).map(|known| known.client.id).collect()
}

/// Which line is to be in view: the one at which somebody halts, or else the one at which clients are waited for.
fn focus(marks: &[Mark]) -> Option<usize> {
    let halts = marks.iter().find(|mark| mark.halts());
    halts
        .or_else(|| marks.iter().find(|mark| mark.call == Some(Call::Accept) && mark.is_occupied()))
        .map(|mark| mark.line)
}
