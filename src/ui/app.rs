//! The window's one object: takes in what is new in `logic`, paints in `ui`, fulfils wishes in between.

use std::path::Path;
use std::time::Duration;

use eframe::egui::{CentralPanel, Context, Event, Frame, Margin, Panel, ThemePreference, Ui, Visuals};

use super::client::ClientPanel;
use super::code::CodePanel;
use super::connections::ConnectionsPanel;
use super::detail::DetailPanel;
use super::dialogs::{Dialogs, Outcome, Purpose};
use super::lab::Lab;
use super::left::LeftSide;
use super::lesson::{self, LessonBar};
use super::log_panel::LogPanel;
use super::notice::NoticeBar;
use super::overlays::{self, TypePath};
use super::tabs::Tabs;
use super::theme::{self, Palette, size};
use super::widgets::room::{look_at_size, with_height, with_least};
use super::wire::WirePanel;
use super::wish::{Tab, Wish};
use super::zoom::ZoomMemory;
use super::{help, log_toolbar, shortcuts, status_bar, top_bar};
use crate::server::status::State;
use crate::session::{Command, Session};
use crate::settings::ThemeChoice;

/// The window: the session that it shows, and what each panel remembers for itself.
pub struct App {
    session: Session,
    theme: Option<ThemeChoice>,
    zoom: ZoomMemory,
    tab: Tab,
    tabs: Tabs,
    left: LeftSide,
    log: LogPanel,
    detail: DetailPanel,
    connections: ConnectionsPanel,
    client: ClientPanel,
    code: CodePanel,
    wire: WirePanel,
    dialogs: Dialogs,
    type_path: Option<TypePath>,
    notice: NoticeBar,
    /// Where the log was to be saved when a path was typed last.
    save_path: Option<String>,
    /// The same for the program.
    program_path: Option<String>,
    lab: Lab,
    lesson: LessonBar,
    help: bool,
    failed: bool,
    /// Whether a start has failed since the last frame: why it did is brought into view then.
    failed_just_now: bool,
    settings_file: Option<String>,
}

impl App {
    /// A window onto a session. Gives the context its fonts and colours.
    #[must_use]
    pub fn new(ctx: &Context, session: Session) -> Self {
        theme::install(ctx);
        Self {
            session,
            theme: None,
            zoom: ZoomMemory::default(),
            tab: Tab::default(),
            tabs: Tabs::default(),
            left: LeftSide::new(),
            log: LogPanel::new(),
            detail: DetailPanel::default(),
            connections: ConnectionsPanel::default(),
            client: ClientPanel::default(),
            code: CodePanel::default(),
            wire: WirePanel::default(),
            dialogs: Dialogs::new(),
            type_path: None,
            notice: NoticeBar::default(),
            save_path: None,
            program_path: None,
            lab: Lab::default(),
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
        self.dialogs = Dialogs::none();
        self
    }

    /// The session that the window shows.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    fn fulfil(&mut self, ctx: &Context, frame: &eframe::Frame, wish: Wish) {
        if let Some(opened) = lesson::opened(&wish) {
            self.session.apply(Command::Lesson(opened));
        }
        match wish {
            Wish::Session(command) => {
                // Who starts a server wants to see what it does.
                self.log.follow |= command == Command::Start;
                self.session.apply(command);
            }
            Wish::Browse(Purpose::SaveLog) if self.session.journal().is_empty() => {}
            Wish::Browse(purpose) => self.dialogs.open(ctx, frame, purpose),
            Wish::Lab(ask) => self.lab.open(ctx, ask, &self.session),
            Wish::CopyText(text) => ctx.copy_text(text),
            Wish::ToggleHelp => self.help = !self.help,
            Wish::Show(tab) => {
                self.tab = tab;
                if tab == Tab::Client {
                    self.client.arrive();
                }
            }
            Wish::ShowWire(id) => {
                self.tab = Tab::Wire;
                self.wire.choose(id);
            }
            Wish::FocusFilter => {
                self.tab = Tab::Log;
                ctx.memory_mut(|memory| memory.request_focus(log_toolbar::filter_id()));
            }
            Wish::CopyEntries => {
                let format = self.session.settings().data_format;
                let now = ctx.input(|input| input.time);
                let copied = match self.tab {
                    Tab::Client => self.client.copy(&self.session),
                    _ => self.log.copy(self.session.journal(), format, now),
                };
                if let Some(text) = copied {
                    ctx.copy_text(text);
                }
            }
            Wish::ToggleStepping => {
                self.session.apply(Command::SetStepping(!self.session.is_stepping()));
            }
            Wish::StepNext => {
                if let Some(halt) = self.session.halts().first() {
                    self.session.apply(Command::Step(halt.id()));
                }
            }
            Wish::StartOrStop => match self.session.state() {
                State::Starting if self.session.is_stepping() => self.session.apply(Command::Stop),
                State::Listening { .. } => self.session.apply(Command::Stop),
                State::Stopped | State::Failed(_) => match self.session.missing() {
                    None => {
                        self.log.follow = true;
                        self.session.apply(Command::Start);
                    }
                    Some(field) => self.left.focus(ctx, field),
                },
                _ => {}
            },
        }
    }

    fn follow_theme(&mut self, ctx: &Context) {
        let wanted = self.session.settings().theme;
        if self.theme != Some(wanted) {
            self.theme = Some(wanted);
            ctx.set_theme(match wanted {
                ThemeChoice::System => ThemePreference::System,
                ThemeChoice::Light => ThemePreference::Light,
                ThemeChoice::Dark => ThemePreference::Dark,
            });
        }
    }

    fn window(&mut self, ui: &mut Ui) -> Vec<Wish> {
        let mut wishes = Vec::new();
        let bar = Frame::NONE;
        Panel::top("top").exact_size(size::TOP_BAR).resizable(false).frame(bar).show(ui, |ui| {
            wishes.extend(top_bar::show(ui, &self.session));
        });
        let counters = |ui: &mut Ui| status_bar::show(ui, &self.session);
        wishes.extend(self.notice.show(ui, &self.session, bar, counters));
        Panel::left("left").exact_size(size::LEFT).resizable(false).frame(bar).show(ui, |ui| {
            wishes.extend(self.left.show(ui, &self.session, self.failed_just_now));
        });
        // Its colour shows beside what scrolls, too, under the bar.
        let canvas = Frame::new().fill(Palette::of(ui).canvas);
        CentralPanel::default().frame(canvas).show(ui, |ui| wishes.extend(self.centre(ui)));
        wishes
    }

    fn centre(&mut self, ui: &mut Ui) -> Vec<Wish> {
        let palette = Palette::of(ui);
        let mut wishes = Vec::new();
        let bar = Frame::NONE;
        wishes.extend(self.notice.row(ui, &self.session));
        wishes.extend(self.lesson.show(ui, &self.session));
        Panel::top("tabs").exact_size(size::TABS).resizable(false).frame(bar).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            wishes.extend(self.tabs.show(ui, &self.session, self.tab).map(Wish::Show));
        });
        let canvas = Frame::new().fill(palette.canvas);
        match self.tab {
            Tab::Log => wishes.extend(with_height(ui, "log tab", size::TAB_LEAST, |ui| self.log_tab(ui))),
            Tab::Client => {
                CentralPanel::default().frame(bar).show(ui, |ui| {
                    wishes.extend(self.client.show(ui, &self.session));
                });
            }
            Tab::Connections => {
                wishes.extend(with_height(ui, "connections tab", size::TAB_LEAST, |ui| {
                    let table = |ui: &mut Ui| self.connections.show(ui, &self.session);
                    CentralPanel::default().frame(canvas).show(ui, table).inner
                }));
            }
            Tab::Code => {
                CentralPanel::default().frame(canvas).show(ui, |ui| {
                    wishes.extend(self.code.show(ui, &self.session));
                });
            }
            Tab::Wire => wishes
                .extend(with_height(ui, "wire tab", size::TAB_LEAST, |ui| self.wire.show(ui, &self.session))),
        }
        wishes
    }

    fn log_tab(&mut self, ui: &mut Ui) -> Vec<Wish> {
        let palette = Palette::of(ui);
        let (bar, canvas) = (Frame::NONE, Frame::new().fill(palette.canvas));
        let mut wishes = Vec::new();
        Panel::top("toolbar").resizable(false).frame(bar).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            wishes.extend(log_toolbar::show(ui, &self.session, &mut self.log));
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
                let entry = self.log.current(self.session.journal());
                // Whatever is shown, the panel keeps the height that it has.
                ui.set_min_size(ui.available_size());
                wishes.extend(self.detail.show(ui, entry, self.session.settings().data_format));
            });
        CentralPanel::default().frame(canvas).show(ui, |ui| self.log.show(ui, &self.session));
        wishes
    }

    fn overlays(&mut self, ui: &Ui) -> Vec<Wish> {
        let mut wishes = self.lab.show(ui, &self.session);
        if self.help {
            self.help = help::show(ui, self.settings_file.as_deref());
        }
        if let Some(question) = &mut self.type_path {
            let (answered, answer) = question.show(ui);
            if answered {
                self.type_path = None;
            }
            match &answer {
                Some(Wish::Session(Command::SaveLog { path, .. })) => {
                    self.save_path = Some(path.to_string_lossy().into_owned());
                }
                Some(Wish::Session(Command::SaveProgram(path))) => {
                    self.program_path = Some(path.to_string_lossy().into_owned());
                }
                _ => {}
            }
            wishes.extend(answer);
        }
        overlays::drop_hint(ui);
        wishes
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.session.poll();
        let failed = matches!(self.session.state(), State::Failed(_));
        self.failed_just_now = failed && !self.failed;
        self.failed = failed;
        match self.dialogs.poll() {
            Some(Outcome::Chosen(command)) => self.session.apply(command),
            Some(Outcome::ForLab(purpose, path)) => self.lab.chosen(purpose, &path),
            Some(Outcome::Unavailable(Purpose::NewFolder | Purpose::Roots)) => self.lab.unavailable(),
            Some(Outcome::Unavailable(purpose)) => {
                let saved =
                    if purpose == Purpose::SaveProgram { &self.program_path } else { &self.save_path };
                self.type_path = Some(TypePath::new(purpose, &self.session, saved.as_deref()));
            }
            None => {}
        }
        let dropped = ctx.input(|input| input.raw.dropped_files.clone());
        for file in dropped {
            self.session.apply(Command::DropFile(file.path().to_path_buf()));
        }
        let came_back = ctx.input(|input| input.events.contains(&Event::WindowFocused(true)));
        if came_back && self.session.form().tls() {
            // Somebody who comes back from a terminal may have made the files anew there.
            self.session.apply(Command::CheckFiles);
        }
        if !self.log.update(self.session.journal()) {
            ctx.request_repaint();
        }
        if !self.wire.update(&self.session, self.tab == Tab::Wire) {
            ctx.request_repaint();
        }
        // The rate falls by itself, with nobody there to wake the window.
        if self.session.rate() > 0.0 {
            ctx.request_repaint_after(Duration::from_millis(250));
        }
        self.follow_theme(ctx);
        if let Some(percent) = self.zoom.follow(ctx, self.session.settings().zoom) {
            self.session.apply(Command::SetZoom(percent));
        }
    }

    fn ui(&mut self, ui: &mut Ui, frame: &mut eframe::Frame) {
        look_at_size(ui.ctx());
        // A dialog has the keyboard to itself.
        let mut wishes = if self.lab.is_open() { Vec::new() } else { shortcuts::read(ui.ctx()) };
        // The log's keys work from everywhere, and the Client tab knows better what is needed first.
        let leads_in = |wish: &Wish| matches!(wish, Wish::Show(Tab::Connections | Tab::Code | Tab::Wire));
        let by_key = wishes.iter().any(leads_in);
        wishes.extend(with_least(ui, "window", size::LAYOUT_MIN.into(), |ui| self.window(ui)));
        wishes.extend(self.overlays(ui));
        if !wishes.is_empty() {
            // What was wished for shows in the next frame.
            ui.ctx().request_repaint();
        }
        let ctx = ui.ctx().clone();
        if by_key {
            self.tabs.take_keyboard();
        }
        for wish in wishes {
            self.fulfil(&ctx, frame, wish);
        }
    }

    // The colour of all bars: they need no paint of their own, of which each layer costs as much as the whole picture
    // where software draws.
    fn clear_color(&self, visuals: &Visuals) -> [f32; 4] {
        Palette::for_theme(visuals.dark_mode).panel.to_normalized_gamma_f32()
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.session.shutdown();
    }
}
