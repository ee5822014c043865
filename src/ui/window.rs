//! The window's one object: takes in what is new in `logic`, paints in `ui`, handle_action actions in between.

use std::path::Path;
use std::time::Duration;

use egui::{
    Align2, CentralPanel, Context, Event, Frame, Id, LayerId, Margin, Order, Panel, Stroke, StrokeKind,
    ThemePreference, Ui, Visuals, vec2,
};

use crate::app::{App, Command};
use crate::server::status::ServerState;
use crate::settings::{Setting, ThemeChoice};
use crate::ui::action::{Action, Tab};
use crate::ui::file_dialogs::FileDialogs;
use crate::ui::left::LeftSide;
use crate::ui::lesson::lesson_action;
use crate::ui::lesson::lesson_bar::LessonBar;
use crate::ui::notice::NoticeBar;
use crate::ui::tabs::Tabs;
use crate::ui::tabs::client::ClientPanel;
use crate::ui::tabs::connections::ConnectionsPanel;
use crate::ui::tabs::log::entry_detail::EntryDetail;
use crate::ui::tabs::log::log_panel::LogPanel;
use crate::ui::tabs::log::log_toolbar;
use crate::ui::tabs::python::CodePanel;
use crate::ui::tabs::wire::WirePanel;
use crate::ui::theme::{self, Palette, size};
use crate::ui::tls_dialogs::TlsDialogs;
use crate::ui::widgets::room::{look_at_size, with_height, with_least};
use crate::ui::zoom::ZoomMemory;
use crate::ui::{help, shortcuts, status_bar, top_bar};

/// The window: the app that it shows, and what each panel remembers for itself.
pub struct Window {
    app: App,
    theme: Option<ThemeChoice>,
    zoom: ZoomMemory,
    tab: Tab,
    tabs: Tabs,
    left: LeftSide,
    log: LogPanel,
    detail: EntryDetail,
    connections: ConnectionsPanel,
    client: ClientPanel,
    code: CodePanel,
    wire: WirePanel,
    dialogs: FileDialogs,
    notice: NoticeBar,
    tls_dialogs: TlsDialogs,
    lesson: LessonBar,
    help: bool,
    failed: bool,
    /// Whether a start has failed since the last frame: why it did is brought into view then.
    failed_just_now: bool,
    settings_file: Option<String>,
}

impl Window {
    /// A window onto a app. Gives the context its fonts and colours.
    #[must_use]
    pub fn new(ctx: &Context, app: App) -> Self {
        theme::install(ctx);
        Self {
            app,
            theme: None,
            zoom: ZoomMemory::default(),
            tab: Tab::default(),
            tabs: Tabs::default(),
            left: LeftSide::new(),
            log: LogPanel::new(),
            detail: EntryDetail::default(),
            connections: ConnectionsPanel::default(),
            client: ClientPanel::default(),
            code: CodePanel::default(),
            wire: WirePanel::default(),
            dialogs: FileDialogs::new(true),
            notice: NoticeBar::default(),
            tls_dialogs: TlsDialogs::default(),
            lesson: LessonBar::default(),
            help: false,
            failed: false,
            failed_just_now: false,
            settings_file: None,
        }
    }

    /// The same window, whose help tells in which file settings are remembered.
    #[must_use]
    pub fn remembering(mut self, settings_file: Option<&Path>) -> Self {
        self.settings_file = settings_file.map(|path| path.display().to_string());
        self
    }

    /// The same window without the system's file dialogs: paths are typed. For a window that is on no screen, where a
    /// dialog would wait for a person.
    #[must_use]
    pub fn typing_paths(mut self) -> Self {
        self.dialogs = FileDialogs::new(false);
        self
    }

    /// The app that the window shows.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    fn handle_action(&mut self, ctx: &Context, frame: &eframe::Frame, action: Action) {
        if let Some(opened) = lesson_action::opened(&action) {
            self.app.apply(opened);
        }
        match action {
            Action::App(command) => {
                // Who starts a server wants to see what it does.
                self.log.follow |= command == Command::Start;
                self.app.apply(command);
            }
            Action::ChoosePath(action) => {
                let saves_log = matches!(*action, Action::App(Command::SaveLog { .. }));
                if !(saves_log && self.app.log().is_empty()) {
                    self.dialogs.open(ctx, frame, *action);
                }
            }
            Action::SetCertificateFolder(path) => self.tls_dialogs.set_folder(&path),
            Action::SetDetailsCaFile(path) => self.tls_dialogs.set_ca_file(&path),
            Action::CreateCertificate => self.tls_dialogs.create_certificate(ctx, &self.app),
            Action::ShowCertificateDetails => self.tls_dialogs.show_certificate_details(ctx, &self.app),
            Action::ShowTlsOptions => self.tls_dialogs.show_options(),
            Action::CopyText(text) => ctx.copy_text(text),
            Action::ToggleHelp => self.help = !self.help,
            Action::Show(tab) => {
                self.tab = tab;
                if tab == Tab::Client {
                    self.client.arrive();
                }
            }
            Action::ShowWire(id) => {
                self.tab = Tab::Wire;
                self.wire.choose(id);
            }
            Action::FocusFilter => {
                self.tab = Tab::Log;
                ctx.memory_mut(|memory| memory.request_focus(log_toolbar::filter_id()));
            }
            Action::CopyEntries => {
                let format = self.app.settings().data_format;
                let now = ctx.input(|input| input.time);
                let copied = match self.tab {
                    Tab::Client => self.client.copy(&self.app),
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
                if let Some(halt) = self.app.paused_threads().first() {
                    self.app.apply(Command::Step(halt.id()));
                }
            }
            Action::StartOrStop => match self.app.state() {
                ServerState::Starting if self.app.is_stepping() => self.app.apply(Command::Stop),
                ServerState::Listening { .. } => self.app.apply(Command::Stop),
                ServerState::Stopped | ServerState::Failed(_) => match self.app.missing() {
                    None => {
                        self.log.follow = true;
                        self.app.apply(Command::Start);
                    }
                    Some(field) => self.left.focus(ctx, field),
                },
                _ => {}
            },
        }
    }

    fn follow_theme(&mut self, ctx: &Context) {
        let wanted = self.app.settings().theme;
        if self.theme != Some(wanted) {
            self.theme = Some(wanted);
            ctx.set_theme(match wanted {
                ThemeChoice::System => ThemePreference::System,
                ThemeChoice::Light => ThemePreference::Light,
                ThemeChoice::Dark => ThemePreference::Dark,
            });
        }
    }

    fn window(&mut self, ui: &mut Ui) -> Vec<Action> {
        let mut actions = Vec::new();
        let bar = Frame::NONE;
        Panel::top("top").exact_size(size::TOP_BAR).resizable(false).frame(bar).show(ui, |ui| {
            actions.extend(top_bar::show(ui, &self.app));
        });
        let counters = |ui: &mut Ui| status_bar::show(ui, &self.app);
        actions.extend(self.notice.show(ui, &self.app, bar, counters));
        Panel::left("left").exact_size(size::LEFT).resizable(false).frame(bar).show(ui, |ui| {
            actions.extend(self.left.show(ui, &self.app, self.failed_just_now));
        });
        // Its colour shows beside what scrolls, too, under the bar.
        let canvas = Frame::new().fill(Palette::of(ui).canvas);
        CentralPanel::default().frame(canvas).show(ui, |ui| actions.extend(self.centre(ui)));
        actions
    }

    fn centre(&mut self, ui: &mut Ui) -> Vec<Action> {
        let palette = Palette::of(ui);
        let mut actions = Vec::new();
        let bar = Frame::NONE;
        actions.extend(self.notice.row(ui, &self.app));
        actions.extend(self.lesson.show(ui, &self.app));
        Panel::top("tabs").exact_size(size::TABS).resizable(false).frame(bar).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            actions.extend(self.tabs.show(ui, &self.app, self.tab).map(Action::Show));
        });
        let canvas = Frame::new().fill(palette.canvas);
        match self.tab {
            Tab::Log => actions.extend(with_height(ui, "log tab", size::TAB_LEAST, |ui| self.log_tab(ui))),
            Tab::Client => {
                CentralPanel::default().frame(bar).show(ui, |ui| {
                    actions.extend(self.client.show(ui, &self.app));
                });
            }
            Tab::Connections => {
                actions.extend(with_height(ui, "connections tab", size::TAB_LEAST, |ui| {
                    let table = |ui: &mut Ui| self.connections.show(ui, &self.app);
                    CentralPanel::default().frame(canvas).show(ui, table).inner
                }));
            }
            Tab::Code => {
                CentralPanel::default().frame(canvas).show(ui, |ui| {
                    actions.extend(self.code.show(ui, &self.app));
                });
            }
            Tab::Wire => actions
                .extend(with_height(ui, "wire tab", size::TAB_LEAST, |ui| self.wire.show(ui, &self.app))),
        }
        actions
    }

    fn log_tab(&mut self, ui: &mut Ui) -> Vec<Action> {
        let palette = Palette::of(ui);
        let (bar, canvas) = (Frame::NONE, Frame::new().fill(palette.canvas));
        let mut actions = Vec::new();
        Panel::top("toolbar").resizable(false).frame(bar).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            actions.extend(log_toolbar::show(ui, &self.app, &mut self.log));
        });
        let margin = Margin { left: 16, right: 16, top: 8, bottom: 8 };
        // The log keeps the larger part of a low window, and enough of a high one.
        let height = ui.available_height();
        let most = (height - 200.0).max(height * 0.48).max(80.0);
        Panel::bottom("detail")
            .resizable(true)
            .default_size(size::DETAIL.min(most))
            .size_range(80.0..=most)
            .frame(bar.inner_margin(margin))
            .show(ui, |ui| {
                let entry = self.log.current(self.app.log());
                // Whatever is shown, the panel keeps the height that it has.
                ui.set_min_size(ui.available_size());
                actions.extend(self.detail.show(ui, entry, self.app.settings().data_format));
            });
        CentralPanel::default().frame(canvas).show(ui, |ui| self.log.show(ui, &self.app));
        actions
    }

    fn overlays(&mut self, ui: &Ui) -> Vec<Action> {
        let mut actions = self.tls_dialogs.show(ui, &self.app);
        if self.help {
            self.help = help::show(ui, self.settings_file.as_deref());
        }
        actions.extend(self.dialogs.poll());
        actions.extend(self.dialogs.show_prompt(ui));
        drop_hint(ui);
        actions
    }
}

/// Says what a drop would do, while files hover over the window.
fn drop_hint(ui: &Ui) {
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

impl eframe::App for Window {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.app.poll();
        let failed = matches!(self.app.state(), ServerState::Failed(_));
        self.failed_just_now = failed && !self.failed;
        self.failed = failed;
        let dropped = ctx.input(|input| input.raw.dropped_files.clone());
        for file in dropped {
            self.app.apply(Command::DropFile(file.path().to_path_buf()));
        }
        let came_back = ctx.input(|input| input.events.contains(&Event::WindowFocused(true)));
        if came_back && self.app.form().tls() {
            // Somebody who comes back from a terminal may have made the files anew there.
            self.app.apply(Command::CheckFiles);
        }
        if !self.log.update(self.app.log()) {
            ctx.request_repaint();
        }
        if !self.wire.update(&self.app, self.tab == Tab::Wire) {
            ctx.request_repaint();
        }
        // The rate falls by itself, with nobody there to wake the window.
        if self.app.rate() > 0.0 {
            ctx.request_repaint_after(Duration::from_millis(250));
        }
        self.follow_theme(ctx);
        if let Some(percent) = self.zoom.follow(ctx, self.app.settings().zoom) {
            self.app.apply(Command::set(Setting::Zoom, percent));
        }
    }

    fn ui(&mut self, ui: &mut Ui, frame: &mut eframe::Frame) {
        look_at_size(ui.ctx());
        // A dialog has the keyboard to itself.
        let mut actions = if self.tls_dialogs.is_open() { Vec::new() } else { shortcuts::read(ui.ctx()) };
        // The log's keys work from everywhere, and the Client tab knows better what is needed first.
        let leads_in =
            |action: &Action| matches!(action, Action::Show(Tab::Connections | Tab::Code | Tab::Wire));
        let by_key = actions.iter().any(leads_in);
        actions.extend(with_least(ui, "window", size::LAYOUT_MIN.into(), |ui| self.window(ui)));
        actions.extend(self.overlays(ui));
        if !actions.is_empty() {
            // What was wished for shows in the next frame.
            ui.ctx().request_repaint();
        }
        let ctx = ui.ctx().clone();
        if by_key {
            self.tabs.take_keyboard();
        }
        for action in actions {
            self.handle_action(&ctx, frame, action);
        }
    }

    // The colour of all bars: they need no paint of their own, of which each layer costs as much as the whole picture
    // where software draws.
    fn clear_color(&self, visuals: &Visuals) -> [f32; 4] {
        Palette::for_theme(visuals.dark_mode).panel.to_normalized_gamma_f32()
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.app.shutdown();
    }
}
