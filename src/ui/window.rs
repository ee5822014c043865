//! The window. In each frame `logic` polls the app, and `ui` lays out the panels and carries out the actions that they
//! return.

use std::sync::Arc;
use std::time::Duration;

use egui::{
    Align2, CentralPanel, Context, Event, Frame, Id, LayerId, Order, Panel, Role, ThemePreference, Ui,
    UiBuilder, Visuals, vec2,
};

use crate::app::clients::ClientTabId;
use crate::app::{App, Command, Notice, NoticeTopic};
use crate::crash_report::panic_if_requested;
use crate::lessons::condition::{LessonPlace, RowPlace};
use crate::log::line;
use crate::platform::processor_time::WorkTimer;
use crate::platform::renderers::DrawingDevice;
use crate::server::ServerState;
use crate::server::event::ClientId;
use crate::settings::{Setting, ThemeChoice};
use crate::ui::action::{Action, TABS};
use crate::ui::check_dialog::CheckDialog;
use crate::ui::crash_dialog::CrashDialog;
use crate::ui::file_dialogs::FileDialogs;
use crate::ui::frame_pacing::{self, FrameMeter, FramePacing};
use crate::ui::help::{About, Help};
use crate::ui::lesson_bar::LessonBar;
use crate::ui::presenter::Presenter;
use crate::ui::side_panel::SidePanel;
use crate::ui::split_view::SplitView;
use crate::ui::tabs::client::{ClientPanel, composer};
use crate::ui::tabs::detail_view::{self, show_panel};
use crate::ui::tabs::hovered_data;
use crate::ui::tabs::live::LivePanel;
use crate::ui::tabs::log::log_panel::{self, LogPanel};
use crate::ui::tabs::log::{log_entry, log_toolbar};
use crate::ui::tabs::python::CodePanel;
use crate::ui::tabs::wire::WirePanel;
use crate::ui::theme::{self, Palette, size};
use crate::ui::tls_dialogs::TlsDialogs;
use crate::ui::toast::Toast;
use crate::ui::top_bar::TopBar;
use crate::ui::widgets::{scroll_when_small, track_window_size};
use crate::ui::{presenter, remembered, shortcuts, start_button, start_screen, status_bar, tabs};

/// The window's state: the app that it shows, and the state of each panel.
pub struct Window {
    app: App,
    tabs: SplitView,
    top_bar: TopBar,
    side_panel: SidePanel,
    live: LivePanel,
    selections: Selections,
    log: LogPanel,
    client: ClientPanel,
    code: CodePanel,
    wire: WirePanel,
    file_dialogs: FileDialogs,
    toast: Toast,
    tls_dialogs: TlsDialogs,
    check_dialog: CheckDialog,
    lesson: LessonBar,
    frames: FrameMeter,
    device: Option<DrawingDevice>,
    help: Help,
    presenter: Presenter,
    crash_dialog: CrashDialog,
    /// Whether the window was closed maximized and isn't maximized yet.
    will_maximize: bool,
    was_failed: bool,
    /// Whether a start has failed since the last frame. If so, the reason is scrolled into view.
    failed_just_now: bool,
}

/// The selection in each tab in the last frame.
#[derive(Debug, Clone, Copy, Default)]
struct Selections {
    live: Option<ClientId>,
    /// The number of the entry.
    log: Option<u64>,
    client: Option<ClientTabId>,
    wire: Option<ClientId>,
}

impl Window {
    /// Returns a window for an app. Installs fonts and themes in the context, and sets the saved zoom.
    #[must_use]
    pub fn new(ctx: &Context, app: App) -> Self {
        theme::install(ctx);
        // Otherwise a part of the first frame has the other theme.
        set_theme(ctx, app.settings().theme);
        // Unlike `set_zoom_factor`, this takes effect in the first frame.
        ctx.options_mut(|options| options.zoom_factor = f32::from(app.settings().zoom) / 100.0);
        detail_view::set_height(ctx, app.settings().detail_height.into());
        let will_maximize = app.settings().window_maximized;
        Self {
            tabs: SplitView::new(remembered::tab(&app)),
            app,
            top_bar: TopBar::default(),
            side_panel: SidePanel::new(),
            live: LivePanel::default(),
            selections: Selections::default(),
            log: LogPanel::new(),
            client: ClientPanel::default(),
            code: CodePanel::default(),
            wire: WirePanel::default(),
            file_dialogs: FileDialogs::new(true),
            toast: Toast::default(),
            tls_dialogs: TlsDialogs::default(),
            check_dialog: CheckDialog::default(),
            lesson: LessonBar::default(),
            frames: FrameMeter::default(),
            device: None,
            help: Help::default(),
            presenter: Presenter::default(),
            crash_dialog: CrashDialog::default(),
            will_maximize,
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

    /// Runs a command of the app, and shows what the user needs after it.
    fn run_command(&mut self, ctx: &Context, frame: &eframe::Frame, command: Command) {
        if let Command::SaveProgram(path) = &command {
            // The checks of a program probably are for this one.
            self.check_dialog.set_program(path.clone(), self.app.port());
        }
        // A user who starts the server wants to see the new entries.
        self.log.follow |= command == Command::Start;
        let is_first_step = matches!(command, Command::SendFirstEcho | Command::TryTls);
        let obstacle = match command {
            Command::SendFirstEcho => self.app.missing(),
            Command::TryTls => self.app.form().first_invalid(),
            _ => None,
        };
        if let Some(field) = obstacle {
            return self.side_panel.focus(ctx, field);
        }
        let leaves_start_screen = matches!(command, Command::StartLesson(_)) && self.app.shows_start_screen();
        self.app.apply(command);
        if leaves_start_screen {
            // The card had the keyboard focus.
            tabs::focus(ctx, self.tabs.side(), self.tabs.current());
        }
        if is_first_step {
            self.handle_action(ctx, frame, Action::Open(LessonPlace::Client));
            self.client.focus_input();
        }
    }

    fn handle_action(&mut self, ctx: &Context, frame: &eframe::Frame, action: Action) {
        match action {
            Action::App(command) => self.run_command(ctx, frame, command),
            Action::ChoosePath(action) => {
                let saves_log = matches!(*action, Action::App(Command::SaveLog { .. }));
                if !(saves_log && self.app.log().is_empty()) {
                    self.file_dialogs.open(ctx, frame, *action);
                }
            }
            Action::SetCertificateFolder(path) => self.tls_dialogs.set_folder(path),
            Action::SetDetailsCaFile(path) => self.tls_dialogs.set_ca_file(path),
            Action::SetCheckFile(file, path) => self.check_dialog.set_file(file, path),
            Action::ToggleHelp => self.help.toggle(ctx),
            Action::Open(place) if TABS.contains(&place) => {
                self.tabs.open(place);
                self.on_tab_shown(place);
            }
            Action::Open(LessonPlace::ServerName) => {
                self.tabs.open(LessonPlace::Client);
                self.app.apply(Command::Opened(LessonPlace::ServerName));
                self.client.focus_server_name(ctx);
            }
            Action::Open(LessonPlace::CheckServer) => {
                self.app.apply(Command::Opened(LessonPlace::CheckServer));
                self.check_dialog.open(&self.app);
            }
            Action::Open(dialog) => {
                self.app.apply(Command::Opened(dialog));
                self.tls_dialogs.open(ctx, &self.app, dialog);
            }
            Action::ChooseTab(side, tab) => {
                self.tabs.choose(side, tab);
                self.on_tab_shown(tab);
            }
            Action::ToggleSidePanel => self.show_side_panel(!self.side_panel.is_shown(&self.app)),
            Action::TogglePresenter => self.presenter.toggle(ctx, self.app.settings().zoom),
            Action::ShowWire(id) => {
                self.wire.choose(id);
                self.handle_action(ctx, frame, Action::Open(LessonPlace::Wire));
            }
            Action::FocusFilter if self.help.focus_search(ctx) => {}
            Action::FocusFilter => {
                self.tabs.open(LessonPlace::Log);
                ctx.memory_mut(|memory| memory.request_focus(log_toolbar::filter_id()));
            }
            Action::CopyEntries => {
                let format = self.app.settings().data_format;
                let now = ctx.input(|input| input.time);
                let copied = match self.tabs.current() {
                    LessonPlace::Client => self.client.copy(&self.app),
                    LessonPlace::Log => self.log.copy(self.app.log(), format, now),
                    LessonPlace::Wire => self.wire.copy(&self.app),
                    _ => None,
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
            Action::ShowCrashReports => self.crash_dialog.is_open = true,
            Action::CopyCrashReports => {
                ctx.copy_text(self.app.crash_text());
                self.app.tell(Notice::good(NoticeTopic::CopiedCrash, "The crash report was copied."));
            }
            Action::StartOrStop => match self.app.state() {
                ServerState::Starting if start_button::time_until_stop(&self.app).is_some() => {}
                ServerState::Starting | ServerState::Listening { .. } => self.app.apply(Command::Stop),
                ServerState::Stopped | ServerState::Failed(_) => match self.app.missing() {
                    None => self.handle_action(ctx, frame, Command::Start.into()),
                    Some(field) => {
                        self.show_side_panel(true);
                        self.side_panel.focus(ctx, field);
                    }
                },
                ServerState::Stopping => {}
            },
        }
    }

    fn on_tab_shown(&mut self, tab: LessonPlace) {
        self.app.apply(Command::Opened(tab));
        if tab == LessonPlace::Client {
            self.client.on_show();
        }
    }

    fn show_side_panel(&mut self, shown: bool) {
        if shown != self.side_panel.is_shown(&self.app)
            && let Some(command) = self.side_panel.set_shown(shown)
        {
            self.app.apply(command);
        }
    }

    /// Saves the zoom, which egui's keys change, except that of presenter mode.
    fn save_zoom(&mut self, ctx: &Context) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "egui zooms from 0.2 to 5"
        )]
        let percent = (ctx.zoom_factor() * 100.0).round() as u16;
        if !self.presenter.is_on() && percent != self.app.settings().zoom {
            self.app.apply(Command::set(Setting::Zoom, percent));
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
            let text = "This field takes one line, so the line breaks in the pasted text became spaces.";
            self.app.tell(Notice::bad(NoticeTopic::PastedText, text));
        }
    }

    fn layout(&mut self, ui: &mut Ui) -> Vec<Action> {
        let mut actions = Vec::new();
        let shows_form = self.side_panel.is_shown(&self.app);
        Panel::top("top").exact_size(size::TOP_BAR).frame(Frame::NONE).show(ui, |ui| {
            actions.extend(self.top_bar.show(ui, &self.app, shows_form, self.presenter.is_on()));
        });
        if self.presenter.is_on() {
            presenter::show_address(ui, &self.app);
        }
        if shows_form {
            let panel = Panel::left("left").exact_size(size::SIDE_PANEL).resizable(false).frame(Frame::NONE);
            panel.show(ui, |ui| {
                actions.extend(self.side_panel.show(ui, &self.app, self.failed_just_now));
            });
        }
        // Most tabs paint no background of their own.
        let canvas = Frame::new().fill(Palette::of(ui).canvas);
        // Its own id, so that its content keeps its state when the panels around it appear and disappear.
        let center = UiBuilder::new().scope_id(Id::unique("center"));
        ui.scope_builder(center, |ui| {
            CentralPanel::default().frame(canvas).show(ui, |ui| actions.extend(self.center(ui)));
        });
        actions
    }

    fn center(&mut self, ui: &mut Ui) -> Vec<Action> {
        let mut actions = Vec::new();
        actions.extend(self.lesson.show(ui, &self.app));
        let views = self.tabs.arrange(ui, self.app.settings().split);
        if !self.tabs.shows(LessonPlace::Live) {
            self.live.hide(&self.app);
        }
        for (index, view) in views.iter().enumerate() {
            if index == 1 {
                let moved = self.tabs.show_splitter(ui, views[0].area, view.area);
                actions.extend(moved.map(|share| Command::set(Setting::Split, share).into()));
            }
            // Each tab has the same id on either side, so that it keeps its state and the keyboard focus.
            let id = Id::unique("view").with(view.tab);
            let builder = UiBuilder::new().max_rect(view.area).scope_id(id);
            let builder = builder.accessibility_role(Role::TabPanel);
            let builder = builder.accessibility_label(format!("{} tab", tabs::name(view.tab)));
            ui.scope_builder(builder, |ui| {
                ui.shrink_clip_rect(view.area);
                Panel::top("tabs").exact_size(size::TABS).frame(Frame::NONE).show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = 0.0;
                    actions.extend(tabs::show(ui, view).map(|tab| Action::ChooseTab(view.side, tab)));
                });
                actions.extend(self.tab(ui, view.tab));
            });
        }
        actions
    }

    fn tab(&mut self, ui: &mut Ui, tab: LessonPlace) -> Vec<Action> {
        let min_size = vec2(0.0, size::MIN_TAB);
        match tab {
            LessonPlace::Live if self.app.shows_start_screen() => {
                start_screen::show(ui).into_iter().collect()
            }
            LessonPlace::Live => self.live.show(ui, &self.app),
            LessonPlace::Log => scroll_when_small(ui, "log tab", min_size, |ui| self.log_tab(ui)),
            LessonPlace::Client => self.client.show(ui, &self.app),
            LessonPlace::Code => self.code.show(ui, &self.app),
            _ => {
                let show = |ui: &mut Ui| self.wire.show(ui, &self.app);
                scroll_when_small(ui, "wire tab", min_size, show).into_iter().collect()
            }
        }
    }

    /// Makes the connection that was selected in one tab the selected one in all tabs.
    fn share_selection(&mut self) {
        let now = self.selections();
        let before = std::mem::replace(&mut self.selections, now);
        let entry = self.log.current(self.app.log());
        let entry_client = entry.and_then(|entry| entry.event.client).map(|client| client.id);
        let selected = if now.live != before.live {
            now.live
        } else if now.log != before.log {
            let format = self.app.settings().data_format;
            if let Some(text) = entry.map(|entry| line::line(&entry.event, format)) {
                self.app.apply(Command::Selected(RowPlace::Log, text));
            }
            entry_client
        } else if now.client != before.client {
            now.client.and_then(|tab| self.app.connection_of(tab))
        } else if now.wire != before.wire {
            now.wire
        } else {
            return;
        };
        self.log.marked = selected;
        if now.log == before.log && selected.is_some() && entry_client != selected {
            self.log.deselect();
        }
        if now.live != before.live || selected.is_some() {
            self.live.selected = selected;
        }
        if let Some(id) = selected {
            self.client.choose(&self.app, id);
            self.wire.choose(id);
        }
        self.selections = self.selections();
    }

    fn selections(&self) -> Selections {
        Selections {
            live: self.live.selected,
            log: self.log.current(self.app.log()).map(|entry| entry.number),
            client: self.client.chosen(),
            wire: self.wire.chosen(),
        }
    }

    fn log_tab(&mut self, ui: &mut Ui) -> Vec<Action> {
        let mut actions = Vec::new();
        actions.extend(log_toolbar::show(ui, &self.app, &mut self.log));
        let format = self.app.settings().data_format;
        let entry = self.log.current(self.app.log()).map(|entry| log_entry::detail(entry, format));
        if let (None, Some(text)) = (&entry, log_panel::evicted_text(self.app.log())) {
            detail_view::show_hint(ui, &text);
        } else {
            let detail = show_panel(ui, entry, format);
            actions.extend(detail.action);
            if detail.closed {
                self.log.deselect();
            }
        }
        actions.extend(self.log.show(ui, &self.app));
        actions
    }

    fn overlays(&mut self, ui: &Ui) -> Vec<Action> {
        let mut actions = self.tls_dialogs.show(ui, &self.app);
        actions.extend(self.check_dialog.show(ui, &self.app));
        let about = About { settings_file: self.app.settings_file(), device: self.device.as_ref() };
        actions.extend(self.help.show(ui, &about));
        actions.extend(self.crash_dialog.show(ui, &self.app));
        actions.extend(self.file_dialogs.poll(ui.ctx()));
        actions.extend(self.file_dialogs.show_prompt(ui, &self.app));
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
    let text = "Drop a certificate or a key here. It goes into the matching field.";
    painter.text(area.center(), Align2::CENTER_CENTER, text, theme::strong(16.0), palette.text);
}

fn set_theme(ctx: &Context, choice: ThemeChoice) {
    ctx.set_theme(match choice {
        ThemeChoice::System => ThemePreference::System,
        ThemeChoice::Light => ThemePreference::Light,
        ThemeChoice::Dark => ThemePreference::Dark,
    });
}

impl eframe::App for Window {
    fn logic(&mut self, ctx: &Context, frame: &mut eframe::Frame) {
        self.frames.begin_frame(ctx, frame.info().cpu_usage);
        self.app.poll();
        let failed = matches!(self.app.state(), ServerState::Failed(_));
        self.failed_just_now = failed && !self.was_failed;
        self.was_failed = failed;
        if self.failed_just_now && !self.presenter.is_on() {
            // It has the reason, and often also a way out.
            self.show_side_panel(true);
        }
        let timer = WorkTimer::start();
        let log_complete = self.log.update(self.app.log());
        let wire_complete = self.wire.update(&self.app, self.tabs.shows(LessonPlace::Wire));
        self.app.add_log_time(timer.elapsed());
        if !(log_complete && wire_complete) {
            ctx.request_repaint();
        }
        // The rate falls even if there are no new events, and nothing else would repaint it.
        if self.app.rate() > 0 {
            frame_pacing::repaint_after(ctx, Duration::from_millis(250));
        }
        set_theme(ctx, self.app.settings().theme);
    }

    fn ui(&mut self, ui: &mut Ui, frame: &mut eframe::Frame) {
        self.frames.begin_drawing();
        self.handle_input(ui.ctx());
        track_window_size(ui.ctx());
        self.save_zoom(ui.ctx());
        let is_narrow = ui.ctx().content_rect().width() < size::LAYOUT_MIN[0];
        self.side_panel.make_room(is_narrow, self.presenter.is_on());
        panic_if_requested("ui");
        // While one of these dialogs is open, shortcuts are off.
        let is_dialog_open =
            self.tls_dialogs.is_open() || self.check_dialog.is_open() || self.crash_dialog.is_open;
        let mut actions = if is_dialog_open { Vec::new() } else { shortcuts::read(ui.ctx()) };
        // A shortcut that shows one of these tabs also focuses it, so that the Tab key leads into its content. In the Log
        // tab, it focuses the list, and in the Client tab the control that is needed first.
        let focused_tabs =
            [LessonPlace::Live, LessonPlace::Code, LessonPlace::Wire].map(|tab| Action::ChooseTab(None, tab));
        let focus_tab = actions.iter().any(|action| focused_tabs.contains(action));
        let focus_log = actions.contains(&Action::ChooseTab(None, LessonPlace::Log));
        actions.extend(self.presenter.ended(ui.ctx()));
        let [mut min_width, min_height] = size::LAYOUT_MIN;
        if !self.side_panel.is_shown(&self.app) {
            min_width = size::LAYOUT_MIN_WITHOUT_PANEL;
        }
        // The status bar, which also shows notices, doesn't scroll with the rest.
        let area = ui.available_rect_before_wrap();
        let (above, bar) = area.split_top_bottom_at_y(area.bottom() - size::STATUS_BAR);
        ui.scope_builder(UiBuilder::new().max_rect(above), |ui| {
            let min_size = vec2(min_width, min_height - size::STATUS_BAR);
            actions.extend(scroll_when_small(ui, "window", min_size, |ui| self.layout(ui)));
        });
        ui.scope_builder(UiBuilder::new().max_rect(bar), |ui| {
            // A prompt itself shows why a file could not be saved.
            let toast = (!self.file_dialogs.is_prompting()).then_some(&mut self.toast);
            actions.extend(status_bar::show(ui, &self.app, toast));
        });
        self.share_selection();
        hovered_data::end_frame(ui.ctx());
        actions.extend(self.overlays(ui));
        if self.will_maximize {
            self.will_maximize = remembered::maximize(ui.ctx());
        } else {
            actions.extend(remembered::changes(ui.ctx(), &self.app, self.tabs.current()));
        }
        if !actions.is_empty() {
            // The effect of the actions is visible in the next frame.
            ui.ctx().request_repaint();
        }
        let ctx = ui.ctx().clone();
        for action in actions {
            self.handle_action(&ctx, frame, action);
        }
        if focus_tab {
            tabs::focus(&ctx, self.tabs.side(), self.tabs.current());
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
