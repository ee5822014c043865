//! The window. In each frame `logic` polls the app, and `ui` lays out the panels and carries out the actions that they
//! return.

use std::sync::Arc;
use std::time::Duration;

use egui::{
    Align2, CentralPanel, Context, Event, Frame, Id, LayerId, Order, Panel, ThemePreference, Ui, Visuals,
    vec2,
};

use crate::app::{App, Command, Notice};
use crate::lessons::condition::LessonPlace;
use crate::platform::processor_time::WorkTimer;
use crate::platform::renderers::DrawingDevice;
use crate::server::ServerState;
use crate::settings::{Setting, ThemeChoice};
use crate::ui::action::{Action, TABS};
use crate::ui::file_dialogs::FileDialogs;
use crate::ui::frame_pacing::{self, FrameMeter, FramePacing};
use crate::ui::lesson_bar::LessonBar;
use crate::ui::side_panel::SidePanel;
use crate::ui::status_bar::StatusBar;
use crate::ui::tabs::client::{ClientPanel, composer};
use crate::ui::tabs::connections::ConnectionsPanel;
use crate::ui::tabs::detail_view::show_panel;
use crate::ui::tabs::log::log_panel::{self, LogPanel};
use crate::ui::tabs::log::{log_entry, log_toolbar};
use crate::ui::tabs::python::CodePanel;
use crate::ui::tabs::wire::WirePanel;
use crate::ui::theme::{self, Palette, size};
use crate::ui::tls_dialogs::TlsDialogs;
use crate::ui::widgets::{scroll_when_small, track_window_size};
use crate::ui::{help, shortcuts, tabs, top_bar};

/// The window's state: the app that it shows, and the state of each panel.
pub struct Window {
    app: App,
    tab: LessonPlace,
    side_panel: SidePanel,
    log: LogPanel,
    connections: ConnectionsPanel,
    client: ClientPanel,
    code: CodePanel,
    wire: WirePanel,
    file_dialogs: FileDialogs,
    status_bar: StatusBar,
    tls_dialogs: TlsDialogs,
    lesson: LessonBar,
    frames: FrameMeter,
    device: Option<DrawingDevice>,
    shows_help: bool,
    was_failed: bool,
    /// Whether a start has failed since the last frame. If so, the reason is scrolled into view.
    failed_just_now: bool,
}

impl Window {
    /// Returns a window for an app. Installs fonts and themes in the context, and sets the saved zoom.
    #[must_use]
    pub fn new(ctx: &Context, app: App) -> Self {
        theme::install(ctx);
        // Unlike `set_zoom_factor`, this takes effect in the first frame.
        ctx.options_mut(|options| options.zoom_factor = f32::from(app.settings().zoom) / 100.0);
        Self {
            app,
            tab: LessonPlace::Log,
            side_panel: SidePanel::new(),
            log: LogPanel::new(),
            connections: ConnectionsPanel::default(),
            client: ClientPanel::default(),
            code: CodePanel::default(),
            wire: WirePanel::default(),
            file_dialogs: FileDialogs::new(true),
            status_bar: StatusBar::default(),
            tls_dialogs: TlsDialogs::default(),
            lesson: LessonBar::default(),
            frames: FrameMeter::default(),
            device: None,
            shows_help: false,
            was_failed: false,
            failed_just_now: false,
        }
    }

    /// Returns the window with prompts for paths in place of the OS's file dialogs. For tests, which can't operate the
    /// OS's dialogs.
    #[must_use]
    pub fn without_native_dialogs(mut self) -> Self {
        self.file_dialogs = FileDialogs::new(false);
        self
    }

    /// Returns the window with the device that draws it, which reports the cost of its frames to `pacing`.
    pub(super) fn drawn_by(mut self, device: DrawingDevice, pacing: Arc<FramePacing>) -> Self {
        self.frames = FrameMeter::new(pacing, device.is_software);
        self.device = Some(device);
        self
    }

    /// Returns the app that the window shows.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    fn handle_action(&mut self, ctx: &Context, frame: &eframe::Frame, action: Action) {
        match action {
            Action::App(command) => {
                // A user who starts the server wants to see the new entries.
                self.log.follow |= command == Command::Start;
                self.app.apply(command);
            }
            Action::ChoosePath(action) => {
                let saves_log = matches!(*action, Action::App(Command::SaveLog { .. }));
                if !(saves_log && self.app.log().is_empty()) {
                    self.file_dialogs.open(ctx, frame, *action);
                }
            }
            Action::SetCertificateFolder(path) => self.tls_dialogs.set_folder(path),
            Action::SetDetailsCaFile(path) => self.tls_dialogs.set_ca_file(path),
            Action::ToggleHelp => self.shows_help = !self.shows_help,
            Action::Open(place) => {
                self.app.apply(Command::Opened(place));
                if TABS.contains(&place) {
                    self.tab = place;
                } else {
                    self.tls_dialogs.open(ctx, &self.app, place);
                }
                if place == LessonPlace::Client {
                    self.client.on_show();
                }
            }
            Action::ShowWire(id) => {
                self.wire.choose(id);
                self.handle_action(ctx, frame, Action::Open(LessonPlace::Wire));
            }
            Action::FocusFilter => {
                self.tab = LessonPlace::Log;
                ctx.memory_mut(|memory| memory.request_focus(log_toolbar::filter_id()));
            }
            Action::CopyEntries => {
                let format = self.app.settings().data_format;
                let now = ctx.input(|input| input.time);
                let copied = match self.tab {
                    LessonPlace::Client => self.client.copy(&self.app),
                    _ => self.log.copy(self.app.log(), format, now),
                };
                if let Some(text) = copied {
                    ctx.copy_text(text);
                }
            }
            Action::ToggleStepping => {
                self.app.apply(Command::SetStepping(!self.app.is_stepping()));
            }
            Action::StepNext => {
                if let Some(thread) = self.app.paused_threads().first() {
                    self.app.apply(Command::Step(thread.id()));
                }
            }
            Action::StartOrStop => match self.app.state() {
                ServerState::Starting if self.app.is_stepping() => self.app.apply(Command::Stop),
                ServerState::Listening { .. } => self.app.apply(Command::Stop),
                ServerState::Stopped | ServerState::Failed(_) => match self.app.missing() {
                    None => self.handle_action(ctx, frame, Command::Start.into()),
                    Some(field) => self.side_panel.focus(ctx, field),
                },
                _ => {}
            },
        }
    }

    /// Handles input that concerns no widget. Only while the window is drawn: while it is hidden, egui keeps the input of
    /// the last frame.
    fn handle_input(&mut self, ctx: &Context) {
        let dropped = ctx.input(|input| input.raw.dropped_files.clone());
        for file in dropped {
            self.app.apply(Command::DropFile(file.path().to_path_buf()));
        }
        self.warn_of_pasted_lines(ctx);
        let gained_focus = ctx.input(|input| input.events.contains(&Event::WindowFocused(true)));
        if gained_focus && self.app.settings().tls {
            // The user may have created new certificate files in a terminal.
            self.app.apply(Command::CheckFiles);
        }
    }

    /// Warns if a text with several lines is pasted into a field for one line: egui makes the line ends spaces.
    fn warn_of_pasted_lines(&mut self, ctx: &Context) {
        let has_lines = |event: &Event| match event {
            Event::Paste(text) => text.trim_end_matches(['\r', '\n']).contains(['\r', '\n']),
            _ => false,
        };
        if ctx.text_edit_focused()
            && !composer::has_focus(ctx)
            && ctx.input(|input| input.events.iter().any(has_lines))
        {
            let text =
                "The field takes one line, and the pasted text has several. The line ends became spaces.";
            self.app.tell(Notice { text: text.to_owned(), problem: true });
        }
    }

    fn layout(&mut self, ui: &mut Ui) -> Vec<Action> {
        let mut actions = Vec::new();
        Panel::top("top").exact_size(size::TOP_BAR).frame(Frame::NONE).show(ui, |ui| {
            actions.extend(top_bar::show(ui, &self.app));
        });
        actions.extend(self.status_bar.show(ui, &self.app));
        Panel::left("left").exact_size(size::SIDE_PANEL).resizable(false).frame(Frame::NONE).show(ui, |ui| {
            actions.extend(self.side_panel.show(ui, &self.app, self.failed_just_now));
        });
        // Most tabs paint no background of their own.
        let canvas = Frame::new().fill(Palette::of(ui).canvas);
        CentralPanel::default().frame(canvas).show(ui, |ui| actions.extend(self.center(ui)));
        actions
    }

    fn center(&mut self, ui: &mut Ui) -> Vec<Action> {
        let mut actions = Vec::new();
        actions.extend(StatusBar::show_notice(ui, &self.app));
        actions.extend(self.lesson.show(ui, &self.app));
        Panel::top("tabs").exact_size(size::TABS).frame(Frame::NONE).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            actions.extend(tabs::show(ui, &self.app, self.tab).map(Action::Open));
        });
        let min_size = vec2(0.0, size::MIN_TAB);
        match self.tab {
            LessonPlace::Log => {
                actions.extend(scroll_when_small(ui, "log tab", min_size, |ui| self.log_tab(ui)));
            }
            LessonPlace::Client => actions.extend(self.client.show(ui, &self.app)),
            LessonPlace::Connections => {
                let show = |ui: &mut Ui| self.connections.show(ui, &self.app);
                actions.extend(scroll_when_small(ui, "connections tab", min_size, show));
            }
            LessonPlace::Code => actions.extend(self.code.show(ui, &self.app)),
            _ => {
                let show = |ui: &mut Ui| self.wire.show(ui, &self.app);
                actions.extend(scroll_when_small(ui, "wire tab", min_size, show));
            }
        }
        actions
    }

    fn log_tab(&mut self, ui: &mut Ui) -> Vec<Action> {
        let mut actions = Vec::new();
        actions.extend(log_toolbar::show(ui, &self.app, &mut self.log));
        let format = self.app.settings().data_format;
        let entry = self.log.current(self.app.log()).map(|entry| log_entry::detail(entry, format));
        let detail = show_panel(ui, entry, format);
        actions.extend(detail.action);
        if detail.closed {
            self.log.deselect();
        }
        actions.extend(self.log.show(ui, &self.app));
        actions
    }

    fn overlays(&mut self, ui: &Ui) -> Vec<Action> {
        let mut actions = self.tls_dialogs.show(ui, &self.app);
        if self.shows_help {
            self.shows_help = help::show(ui, self.app.settings_file(), self.device.as_ref());
        }
        actions.extend(self.file_dialogs.poll());
        actions.extend(self.file_dialogs.show_prompt(ui));
        drop_hint(ui);
        actions
    }
}

/// Explains what dropping files does, while files are dragged over the window.
fn drop_hint(ui: &Ui) {
    let ctx = ui.ctx();
    if ctx.input(|input| input.raw.hovered_files.is_empty()) {
        return;
    }
    let palette = Palette::of(ui);
    let painter = ctx.layer_painter(LayerId::new(Order::Foreground, Id::unique("drop hint")));
    let area = ctx.content_rect();
    painter.rect_filled(area, 0.0, palette.panel.gamma_multiply(0.93));
    let text = "Drop the file here: a certificate or a key finds its own field.";
    painter.text(area.center(), Align2::CENTER_CENTER, text, theme::strong(16.0), palette.text);
}

impl eframe::App for Window {
    fn logic(&mut self, ctx: &Context, frame: &mut eframe::Frame) {
        self.frames.begin_frame(ctx, frame.info().cpu_usage);
        self.app.poll();
        let failed = matches!(self.app.state(), ServerState::Failed(_));
        self.failed_just_now = failed && !self.was_failed;
        self.was_failed = failed;
        let timer = WorkTimer::start();
        let log_complete = self.log.update(self.app.log());
        let wire_complete = self.wire.update(&self.app, self.tab == LessonPlace::Wire);
        self.app.add_log_time(timer.elapsed());
        if !(log_complete && wire_complete) {
            ctx.request_repaint();
        }
        // The rate falls even if there are no new events, and nothing else would repaint it.
        if self.app.rate() > 0 {
            frame_pacing::repaint_after(ctx, Duration::from_millis(250));
        }
        ctx.set_theme(match self.app.settings().theme {
            ThemeChoice::System => ThemePreference::System,
            ThemeChoice::Light => ThemePreference::Light,
            ThemeChoice::Dark => ThemePreference::Dark,
        });
        // egui handles the zoom keys; the resulting zoom factor is saved in the settings.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "egui zooms from 0.2 to 5"
        )]
        let percent = (ctx.zoom_factor() * 100.0).round() as u16;
        if percent != self.app.settings().zoom {
            self.app.apply(Command::set(Setting::Zoom, percent));
        }
    }

    fn ui(&mut self, ui: &mut Ui, frame: &mut eframe::Frame) {
        self.frames.begin_drawing();
        self.handle_input(ui.ctx());
        track_window_size(ui.ctx());
        // While a TLS dialog is open, shortcuts are off.
        let mut actions = if self.tls_dialogs.is_open() { Vec::new() } else { shortcuts::read(ui.ctx()) };
        // A shortcut that shows one of these tabs also focuses it, so that the Tab key leads into its content. In the Log
        // tab, it focuses the list, and in the Client tab the control that is needed first.
        let focused_tabs = [LessonPlace::Connections, LessonPlace::Code, LessonPlace::Wire].map(Action::Open);
        let focus_tab = actions.iter().any(|action| focused_tabs.contains(action));
        let focus_log = actions.contains(&Action::Open(LessonPlace::Log));
        actions.extend(scroll_when_small(ui, "window", size::LAYOUT_MIN.into(), |ui| self.layout(ui)));
        actions.extend(self.overlays(ui));
        if !actions.is_empty() {
            // The effect of the actions is visible in the next frame.
            ui.ctx().request_repaint();
        }
        let ctx = ui.ctx().clone();
        for action in actions {
            self.handle_action(&ctx, frame, action);
        }
        if focus_tab {
            tabs::focus(&ctx, self.tab);
        } else if focus_log {
            log_panel::focus(&ctx);
        }
    }

    // The bars show this color instead of painting a background, which would be slow without a GPU.
    fn clear_color(&self, visuals: &Visuals) -> [f32; 4] {
        Palette::for_theme(visuals.dark_mode).panel.to_normalized_gamma_f32()
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.app.shutdown();
    }
}
